"""The table ``population.forecast``: means, medians and quantiles of summed draws, and the base year as published.

Belongs here: published age groups and the rows of the table. Quantiles are of the summed persons of
an area and group, never sums of quantiles; linear between order statistics.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import OUTPUTS, statistics
from ossu_analysis.population.arrow import along, unify
from ossu_analysis.population.cells import AGES, Floats
from ossu_analysis.population.jump_off import JumpOff

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
    cumulated: NDArray[np.int32] | NDArray[np.int64],
    bounds: Sequence[int],
    groups: Sequence[tuple[int, int | None]] = GROUPS,
) -> Floats:
    """Statistics of the published groups of one area, (H, 3, K, 8); year by year, which keeps them in the cache."""
    return np.stack([statistics(published_groups(year, bounds, groups)) for year in cumulated])


def forecast_table(
    level: str, codes: Sequence[str], years: Sequence[int], values: Floats, facts: dict[str, Any]
) -> Any:
    """Rows of forecast years.

    Parameters
    ----------
    level : str
    codes, years : sequence
    values : ndarray (areas, years, 3, 24, 8)
        From `area_statistics`.
    facts : dict
        ``scenario, base_year, run_id``.

    Returns
    -------
    pyarrow.Table
        Sorted by area, year, sex, group, output.
    """
    return _rows(level, codes, years, OUTPUTS, values, ["forecast"] * len(GROUPS), facts)


def base_year_tables(jump_off: JumpOff, facts: dict[str, Any], oblasts: Sequence[int]) -> dict[str, Any]:
    """Rows of the base year by level: published figures as they are, ages of municipalities as estimated."""
    made: dict[str, Any] = {}
    members = np.flatnonzero(np.isin(jump_off.oblast_of, oblasts))
    municipal = _grouped(jump_off.persons[members])
    municipal[:, :, -1] = _with_both(np.rint(jump_off.totals[members]))
    status = ["estimated"] * (len(GROUPS) - 1) + ["observed"]
    codes = [jump_off.municipalities[m] for m in members]
    made["municipality"] = _base_rows("municipality", codes, municipal, status, jump_off, facts)
    status = ["observed" if _is_published(group) else "estimated" for group in GROUPS]
    oblast = _grouped(jump_off.oblast_persons[list(oblasts)])
    exact = np.array([_is_published(group) for group in GROUPS])
    oblast = np.where(exact, np.rint(oblast), oblast)
    codes = [jump_off.oblasts[o] for o in oblasts]
    made["oblast"] = _base_rows("oblast", codes, oblast, status, jump_off, facts)
    if len(oblasts) == len(jump_off.oblasts):
        owner = jump_off.region_of_oblast[list(oblasts)]
        region = np.stack([oblast[owner == r].sum(axis=0) for r in range(len(jump_off.regions))])
        made["region"] = _base_rows("region", jump_off.regions, region, status, jump_off, facts)
        made["country"] = _base_rows("country", ["BG"], oblast.sum(axis=0)[None], status, jump_off, facts)
    return made


def area_rows(
    level: str,
    code: str,
    base_year: int,
    years: Sequence[int],
    groups: Sequence[tuple[int, int | None]],
    sexes: Sequence[str],
    base: Floats,
    made: Floats,
    facts: dict[str, Any],
) -> Any:
    """Rows of one area of any hierarchy.

    Parameters
    ----------
    level, code : str
    base_year : int
    years : sequence of int
    groups : sequence of (int, int or None)
    sexes : sequence of str
    base : ndarray (1, sexes, groups)
        Counts of the base year.
    made : ndarray (1, years, sexes, groups, 8)
        From `statistics`.
    facts : dict
        ``scenario, base_year, run_id``.
    """
    observed = ["estimated" if group in ((0, 17), (18, 64)) else "observed" for group in groups]
    first = _rows(level, [code], [base_year], OUTPUTS[:1], base[:, None, :, :, None], observed, facts, groups, sexes)
    status = ["forecast"] * len(groups)
    return unify([first, _rows(level, [code], years, OUTPUTS, made, status, facts, groups, sexes)])


def _grouped(persons: Floats) -> Floats:
    grouped = np.stack(
        [persons[..., low : len(AGES) if high is None else high + 1].sum(-1) for low, high in GROUPS], -1
    )
    return np.concatenate([grouped, grouped.sum(axis=1, keepdims=True)], axis=1)


def _with_both(by_sex: Floats) -> Floats:
    return np.concatenate([by_sex, by_sex.sum(axis=1, keepdims=True)], axis=1)


def _is_published(group: tuple[int, int | None]) -> bool:
    return group[0] in FIVE_YEAR and (group[1] is None or group[1] + 1 in FIVE_YEAR)


def _base_rows(
    level: str, codes: Sequence[str], values: Floats, status: list[str], jump_off: JumpOff, facts: dict[str, Any]
) -> Any:
    return _rows(level, codes, [jump_off.base_year], OUTPUTS[:1], values[:, None, :, :, None], status, facts)


def _rows(
    level: str,
    codes: Sequence[str],
    years: Sequence[int],
    outputs: Sequence[tuple[str, str | None]],
    values: Floats,
    status: Sequence[str],
    facts: dict[str, Any],
    groups: Sequence[tuple[int, int | None]] = GROUPS,
    sexes: Sequence[str] = SEX_ROWS,
) -> Any:
    import pyarrow as pa

    shape = values.shape
    return pa.table(
        {
            "area_level": along([level], 0, (1, values.size)),
            "area_code": along(codes, 0, shape),
            "year": along(list(years), 1, shape),
            "sex": along(sexes, 2, shape),
            "age_from": along([low for low, _ in groups], 3, shape),
            "age_to": along([high if high is not None else None for _, high in groups], 3, shape),
            "scenario": along([facts["scenario"]], 0, (1, values.size)),
            "output_type": along([kind for kind, _ in outputs], 4, shape),
            "output_type_id": along([name for _, name in outputs], 4, shape),
            "persons": pa.array(values.ravel().astype(float)),
            "base_year": along([facts["base_year"]], 0, (1, values.size)),
            "run_id": along([facts["run_id"]], 0, (1, values.size)),
            "status": along(list(status), 3, shape),
        }
    )
