"""The table ``population.forecast``: means, medians and quantiles of summed draws, and the base year as published.

Belongs here: published age groups and the rows of the table. Quantiles are of the summed persons of
an area and group, never sums of quantiles; linear between order statistics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import OUTPUTS, statistics
from ossu_analysis.population.arrow import along
from ossu_analysis.population.cells import AGES, Floats

GROUPS: tuple[tuple[int, int | None], ...] = (
    *((age, age + 4) for age in range(0, 90, 5)),
    (90, None),
    (0, 17),
    (18, 64),
    (65, None),
    (80, None),
    (0, None),
)
FIVE_YEAR = tuple(range(0, 91, 5))
"""Groups that are published for oblasts, of which the wider ones are sums when they begin and end with them."""
SEX_ROWS = ("F", "M", "T")


@dataclass(frozen=True)
class Layout:
    """Rows of one area and year: sexes and age groups, in order."""

    sexes: tuple[str, ...] = SEX_ROWS
    groups: tuple[tuple[int, int | None], ...] = GROUPS


TOTALS_ALONE = Layout(("T",), ((0, None),))


@dataclass(frozen=True)
class BaseYear:
    """Counts of the base year as they are shown.

    Attributes
    ----------
    year : int
    counts : mapping of str to ndarray (S, K)
        By area, in the sexes and groups of the layout.
    status : mapping of str to sequence of str, length K
        By level.
    """

    year: int
    counts: Mapping[str, Floats]
    status: Mapping[str, Sequence[str]]


def group_starts() -> tuple[int, ...]:
    """Every age at which a published group begins or the next one would."""
    return tuple(sorted({first for first, _ in GROUPS} | {last + 1 for _, last in GROUPS if last is not None}))


def published_groups(
    running: NDArray[np.int32] | NDArray[np.int64],
    bounds: Sequence[int],
    groups: Sequence[tuple[int, int | None]] = GROUPS,
) -> NDArray[np.int32] | NDArray[np.int64]:
    """Persons by sex (F, M, T) and published group out of running sums over classes.

    Parameters
    ----------
    running : int array (..., 2 A + 1, draws)
        As in `yearly_step.AreaDraws.cumulated`.
    bounds : sequence of int, length A
    groups : sequence of (int, int or None), length K

    Returns
    -------
    int array (..., 3, K, draws)
    """
    first, last = _positions(tuple(bounds), tuple(groups))
    women, men = (
        running.take(last + offset, axis=-2) - running.take(first + offset, axis=-2) for offset in (0, len(bounds))
    )
    return np.stack([women, men, women + men], axis=-3)


@lru_cache(maxsize=8)
def _positions(
    bounds: tuple[int, ...], groups: tuple[tuple[int, int | None], ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first = np.array([bounds.index(low) for low, _ in groups])
    return first, np.array([len(bounds) if high is None else bounds.index(high + 1) for _, high in groups])


def area_statistics(
    cumulated: NDArray[np.int32] | NDArray[np.int64], bounds: Sequence[int], layout: Layout = Layout()
) -> Floats:
    """Statistics of the published rows of one area, (H, S, K, 8); year by year, which keeps them in the cache."""
    if layout == TOTALS_ALONE:
        return statistics(cumulated[:, -1])[:, None, None]
    return np.stack([statistics(published_groups(year, bounds, layout.groups)) for year in cumulated])


def area_tables(
    level: str,
    codes: Sequence[str],
    years: Sequence[int],
    values: Floats,
    base: BaseYear,
    layout: Layout,
    facts: dict[str, Any],
) -> list[Any]:
    """Rows of some areas of a level: the base year as it was published, then the forecast years.

    Parameters
    ----------
    level : str
    codes : sequence of str
    years : sequence of int, length H
    values : ndarray (areas, H, S, K, 8)
        From `area_statistics`.
    base : BaseYear
    layout : Layout
    facts : dict
        ``scenario, base_year, run_id``.

    Returns
    -------
    list of pyarrow.Table
        Each sorted by area, year, sex, group, output.
    """
    counted = np.stack([base.counts[code] for code in codes])[:, None, ..., None]
    first = _rows(level, codes, [base.year], OUTPUTS[:1], counted, base.status[level], layout, facts)
    return [first, _rows(level, codes, years, OUTPUTS, values, ["forecast"] * len(layout.groups), layout, facts)]


def in_groups(persons: Floats, groups: Sequence[tuple[int, int | None]] = GROUPS) -> Floats:
    """Single ages (..., 2, 101) in age groups, women, men and both, (..., 3, K)."""
    grouped = np.stack(
        [persons[..., low : len(AGES) if high is None else high + 1].sum(axis=-1) for low, high in groups], axis=-1
    )
    return with_both(grouped)


def with_both(by_sex: Floats) -> Floats:
    """Women and men, (..., 2, K), and their sum."""
    return np.concatenate([by_sex, by_sex.sum(axis=-2, keepdims=True)], axis=-2)


def is_published(group: tuple[int, int | None]) -> bool:
    """Whether a group is a sum of the five-year groups that are published."""
    return group[0] in FIVE_YEAR and (group[1] is None or group[1] + 1 in FIVE_YEAR)


def _rows(
    level: str,
    codes: Sequence[str],
    years: Sequence[int],
    outputs: Sequence[tuple[str, str | None]],
    values: Floats,
    status: Sequence[str],
    layout: Layout,
    facts: dict[str, Any],
) -> Any:
    import pyarrow as pa

    shape = values.shape
    return pa.table(
        {
            "area_level": along([level], 0, (1, values.size)),
            "area_code": along(codes, 0, shape),
            "year": along(list(years), 1, shape),
            "sex": along(layout.sexes, 2, shape),
            "age_from": along([low for low, _ in layout.groups], 3, shape),
            "age_to": _last_ages(layout, shape),
            "scenario": along([facts["scenario"]], 0, (1, values.size)),
            "output_type": along([kind for kind, _ in outputs], 4, shape),
            "output_type_id": along([name for _, name in outputs], 4, shape),
            "persons": pa.array(values.ravel().astype(float)),
            "base_year": along([facts["base_year"]], 0, (1, values.size)),
            "run_id": along([facts["run_id"]], 0, (1, values.size)),
            "status": along(list(status), 3, shape),
        }
    )


def _last_ages(layout: Layout, shape: tuple[int, ...]) -> Any:
    """Column of whole numbers, also where every group is open."""
    import pyarrow as pa

    if all(high is None for _, high in layout.groups):
        return pa.nulls(int(np.prod(shape)), pa.int32())
    return along([high for _, high in layout.groups], 3, shape)
