"""From draws to contract tables: means, medians and ranges at every level, as Arrow chunks.

Belongs here: summing draws over areas (never quantiles), and the shape of the published rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ossu_analysis.draws import OUTPUTS, add_up, statistics

if TYPE_CHECKING:
    import pyarrow as pyarrow_types


@dataclass(frozen=True)
class Level:
    """A level of area: its name, its codes, and the position of each municipality's area among them."""

    name: str
    codes: np.ndarray
    member: np.ndarray


def bulgarian_levels(areas: np.ndarray, municipality: pd.DataFrame, oblast: pd.DataFrame) -> list[Level]:
    """Municipality, oblast, region and country of ``reference.municipality`` and ``reference.oblast``."""
    of = municipality.set_index("municipality_code")["oblast_code"].reindex(areas).to_numpy(str)
    region_of = oblast.set_index("oblast_code")["region_code"].reindex(of).to_numpy(str)
    return levels(areas, {"oblast": of, "region": region_of, "country": np.full(len(areas), "BG")})


def levels(areas: np.ndarray, above: dict[str, np.ndarray], lowest: str = "municipality") -> list[Level]:
    """Levels from the lowest up; ``above`` names, for each higher level, the code of every area."""
    made = [Level(lowest, areas, np.arange(len(areas)))]
    return made + [Level(name, *np.unique(codes, return_inverse=True)) for name, codes in above.items()]


@dataclass(frozen=True)
class Labels:
    """What is the same in every row of a chunk."""

    service_code: str | None
    target_group: str | None
    scenario: str
    method: str
    run_id: str


def forecast_chunk(
    persons: np.ndarray, years: np.ndarray, all_levels: Sequence[Level], labels: Labels, status: np.ndarray
) -> "pyarrow_types.Table":
    """Contract rows of one service or group.

    Parameters
    ----------
    persons : numpy.ndarray, shape (areas, years, draws)
    years : numpy.ndarray of int
    all_levels : sequence of Level
    labels : Labels
    status : numpy.ndarray of str, shape (years,)

    Returns
    -------
    pyarrow.Table
        ``area_level, area_code, service_code, target_group, year, scenario, output_type, output_type_id, persons,
        method, run_id, status``; text columns are dictionary-encoded.
    """
    import pyarrow as pa

    figures = [(level, statistics(sums)) for level, sums in zip(all_levels, _sums(persons, all_levels), strict=True)]
    rows = sum(values.size for _, values in figures)
    n, outputs = len(years), len(OUTPUTS)
    codes = np.concatenate([level.codes for level, _ in figures])
    repeat = n * outputs
    area = np.repeat(np.arange(len(codes)), repeat)
    of_level = np.repeat(np.arange(len(figures)), [values.size for _, values in figures])
    output = np.tile(np.arange(outputs), rows // outputs)
    year_at = np.tile(np.repeat(np.arange(n), outputs), len(codes))
    ids = sorted({text for _, text in OUTPUTS if text})
    id_at = np.array([-1 if text is None else ids.index(text) for _, text in OUTPUTS])[output]
    kinds = ["mean", "median", "quantile"]
    kind_at = np.array([kinds.index(kind) for kind, _ in OUTPUTS])[output]
    statuses, status_at = np.unique(status, return_inverse=True)
    columns = {
        "area_level": _coded(of_level, [level.name for level, _ in figures]),
        "area_code": _coded(area, codes.tolist()),
        "service_code": _constant(labels.service_code, rows),
        "target_group": _constant(labels.target_group, rows),
        "year": pa.array(years.astype(np.int64)[year_at]),
        "scenario": _constant(labels.scenario, rows),
        "output_type": _coded(kind_at, kinds),
        "output_type_id": _coded(id_at, ids),
        "persons": pa.array(np.concatenate([values.ravel() for _, values in figures]).astype(float)),
        "method": _constant(labels.method, rows),
        "run_id": _constant(labels.run_id, rows),
        "status": _coded(status_at[year_at], statuses.tolist()),
    }
    return pa.table(columns)


def _sums(persons: np.ndarray, all_levels: Sequence[Level]) -> Iterator[np.ndarray]:
    """Draws of each level, added up from the level below, which it is made of."""
    below, sums = None, persons
    for level in all_levels:
        within = level.member
        if below is not None:
            within = np.zeros(len(below.codes), int)
            within[below.member] = level.member
        below, sums = level, add_up(sums, within)
        yield sums


def _coded(position: np.ndarray, texts: list[str]) -> "pyarrow_types.DictionaryArray":
    """Dictionary-encoded text; a negative position is NULL."""
    import pyarrow as pa

    indices = pa.array(position.astype(np.int32), mask=position < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string()))


def _constant(value: str | None, rows: int) -> "pyarrow_types.DictionaryArray":
    return _coded(np.full(rows, -1 if value is None else 0), [value or ""])
