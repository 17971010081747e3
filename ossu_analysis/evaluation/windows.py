"""Forecasts from earlier years beside what happened: rolling origins for municipalities, oblasts and the country.

From every origin the whole engine runs on the history cut there, constants and calibration included, and the baselines
run on the same. Upper levels are sums of the same draws; those of a baseline are sums of its points.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.evaluation.baselines import BASELINES
from ossu_analysis.population.history import Floats, Ints, TotalsHistory
from ossu_analysis.population.spread import SIZE_LIMITS, size_class
from ossu_analysis.population.totals import TotalsModel, draw_totals, fit_totals

Bools = NDArray[np.bool_]
OURS, GIVEN_COUNTRY, LEVEL_STEP = "ossu", "ossu_given_country", "ossu_constant_step"
"""Our forecast; ours scaled to the true country total, which leaves only the error of distribution; ours with the same
step of a census for every area."""
LONGEST, DRAWS = 10, 400
"""Longest horizon in years, and draws of our forecast."""
LEVELS = ("municipality", "oblast", "country")
SIZE_NAMES = tuple(
    f"{low}-{high}" for low, high in zip(("0", *map(str, SIZE_LIMITS)), (*map(str, SIZE_LIMITS), ""), strict=True)
)
"""Names of the size classes, persons at the origin: ``0-3000`` ... ``40000-``."""
SHORTEST = 3


@dataclass(frozen=True)
class Window:
    """One origin, one level: every method's forecast of all horizons, and the actual values.

    Attributes
    ----------
    areas : tuple of str, length A
    points : dict of str to float array (A, H)
    draws : float array (R, A, H)
        Of our method.
    actual : float array (A, H)
    crosses_census : bool array (H,)
    sizes : list of str, length A
        Size class at the origin.
    is_calibrated : bool array (H,)
        Whether a window of that length, and of that kind (with or without a census), lay before the origin.
    """

    origin: int
    level: str
    areas: tuple[str, ...]
    points: dict[str, Floats]
    draws: Floats
    actual: Floats
    crosses_census: Bools
    sizes: list[str]
    is_calibrated: Bools


def admissible_origins(history: TotalsHistory) -> list[int]:
    """Every year with enough history before it and a count after it.

    The shortest history holds one change that no census broke.
    """
    years = history.years[SHORTEST - 1 : -1]
    return [int(year) for year in years if not _only_census_changes(history, int(year))]


def rolling_windows(history: TotalsHistory, origins: Sequence[int]) -> Iterator[Window]:
    """Forecast from every origin; yields a window per origin and level."""
    for origin in origins:
        years = range(origin + 1, min(origin + LONGEST, history.origin) + 1)
        past = history.until(origin)
        present = np.flatnonzero(np.isfinite(past.population[:, -1]))
        past = past.select(present)
        model = fit_totals(past, years)
        sampled = draw_totals(model, DRAWS, 0)[0].astype(float)
        actual = history.population[present][:, np.isin(history.years, years)]
        points = {OURS: np.median(sampled, axis=0), LEVEL_STEP: _with_one_step(model)}
        points |= {name: method(past, len(years)) for name, method in BASELINES.items()}
        crosses = np.cumsum(np.isin(years, history.census_years)) > 0
        yield from _levels(past, points, sampled, actual, crosses, _calibrated(model, crosses))


def _with_one_step(model: TotalsModel) -> Floats:
    """Persons (A, H) of the middle path when every area has the middle step of all at a census."""
    path = model.drift(1.0, 0.0)
    for census, step in zip(model.steps.censuses, model.steps.mean.T, strict=True):
        path[:, model.years >= census.likeliest] += np.median(step)
    return np.exp(path)


def _calibrated(model: TotalsModel, crosses: Bools) -> Bools:
    tried = np.isfinite(model.trials.errors).any(axis=(0, 1))
    longest = int(np.flatnonzero(tried).max()) + 1 if tried.any() else 0
    # A census was inside an earlier window when a forecast could have been made before one that is now past.
    history = model.history
    census_tried = any(history.years[0] + SHORTEST <= year <= history.origin for year in history.census_years)
    return np.where(crosses, census_tried, np.arange(len(crosses)) < longest)


def _levels(
    past: TotalsHistory,
    points: dict[str, Floats],
    draws: Floats,
    actual: Floats,
    crosses: Bools,
    calibrated: Bools,
) -> Iterator[Window]:
    everything = np.zeros(len(past.areas), dtype=np.int64)
    parents = tuple(sorted(set(past.parents)))
    for level, group, names in (
        ("municipality", None, past.areas),
        ("oblast", past.parent_index, parents),
        ("country", everything, ("country",)),
    ):
        if level == "oblast" and len(names) == 1:
            continue
        of_level = {name: _summed(point, group) for name, point in points.items()}
        of_draws, of_actual = _summed(draws, group), _summed(actual, group)
        of_level[OURS] = np.median(of_draws, axis=0)
        if level != "country":
            of_level[GIVEN_COUNTRY] = of_level[OURS] * actual.sum(axis=0) / points[OURS].sum(axis=0)
        size = _summed(past.population[:, -1:], group)[:, 0]
        sizes = [SIZE_NAMES[at] for at in size_class(size)]
        yield Window(past.origin, level, names, of_level, of_draws, of_actual, crosses, sizes, calibrated)


def _summed(values: Floats, group: Ints | None) -> Floats:
    """Sum the area axis (the last but one) by group; no group leaves it as it is."""
    if group is None:
        return values
    matrix = (group[None, :] == np.arange(group.max() + 1)[:, None]).astype(values.dtype)
    return matrix @ values


def _only_census_changes(history: TotalsHistory, origin: int) -> bool:
    changes = history.years[1:][history.years[1:] <= origin]
    return bool(np.isin(changes, history.census_years).all())
