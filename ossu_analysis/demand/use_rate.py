"""Rates at which people ask for a service, from returns in which full services hide part of demand.

Belongs here: the model of one service and its fit. Demand of municipality a in year t is negative binomial with mean

    persons[a,t] * exp(year[t]) * level[a],    level[a] ~ Gamma(mean = level of the oblast, relative variance = 1/shape)

and the oblast levels are pooled towards 1. Known cells enter with their probability, right-censored ones with
the probability of reaching them. The fit is expectation-maximisation: the expected counts behind those, then the year
effects by a statsmodels negative-binomial GLM with the log of expected persons as offset, then levels, spreads and
dispersion.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ossu_analysis.demand import ceiling, movement
from ossu_analysis.demand.movement import Movement
from ossu_analysis.demand.panel import EITHER, IF_OPEN, IF_STOPPED, Cells, Panel, informative_cells, log_coverage
from ossu_analysis.demand.pooling import (
    Levels,
    expected_above,
    log_censored,
    log_known,
    log_prior,
    own_grids,
    pooled_levels,
)

ROUNDS, SETTLED = 40, 5e-4
"""Most rounds of expectation-maximisation, and the change of a year effect below which they stop."""

DISPERSIONS = (1e-4, 1.0)
SHAPES = (0.5, 400.0)
"""Bounds of the dispersion of counts and of the gamma shape, so that a service with few cells still has a model."""

NOBODY = 0.5
"""Users put for a year in which the country had none, half a person (Jeffreys): the rate is small and not zero."""

FEWEST_PLACES = 10
"""Municipalities with a figure below which no slope on it is estimated."""

VALIDITIES = (0.4, 8.0)
"""Bounds of the persons behind an entry of a waiting list."""

FEWEST_LISTS = 30
"""Lists beside years without one from which a service tells others what an entry is worth."""


CALMEST = 0.05
"""Least share of the chance of counts that is taken for the chance of a year."""


@dataclass(frozen=True)
class ListWorth:
    """Normal prior of the log of persons behind an entry of a waiting list.

    Double entries make it less than one person; who gave up, or never entered a list, makes it more. The spread before
    anything is seen is our assumption, tried on worlds with a known truth (`evaluation.demand_mechanisms`).
    """

    middle: float = 0.0
    spread: float = 0.5


@dataclass(frozen=True)
class UseRate:
    """A fitted service.

    Parameters
    ----------
    panel : Panel
    cells : Cells
    year_effects : numpy.ndarray, shape (years,)
        Log demand per exposed person at level 1; NaN in a year without information.
    covariance : numpy.ndarray, shape (years, years)
        Of the year effects.
    parent_levels : numpy.ndarray, shape (parents,)
    shape : float
        Of the gamma distribution of municipal levels around their oblast's.
    dispersion : float
        Variance of counts = mean + dispersion * mean^2.
    levels : Levels
        Posterior of each municipality's level; those without the service keep the prior of their oblast.
    validity : float
        Persons behind an entry of a waiting list.
    follow, size : float
        Slopes of the log level on the log of places per person and on the log of persons.
    moves : Movement
        How far the levels move from year to year; `levels` are those of the last year.
    shows_trend : bool
        Whether the years may show a trend of the rate (`rate_path`); years of a demonstration may not.
    """

    panel: Panel
    cells: Cells
    year_effects: np.ndarray
    covariance: np.ndarray
    parent_levels: np.ndarray
    shape: float
    dispersion: float
    levels: Levels
    validity: float
    follow: float
    size: float
    moves: Movement
    shows_trend: bool = True


@dataclass(frozen=True)
class _State:
    """What the rounds of the fit hand on.

    Year effects, oblast levels, gamma shape, what places and size tell of the level, dispersion, worth of a
    waiting-list entry, movement of levels, stops (`ceiling`) and the grids of the levels.
    """

    years: np.ndarray
    parents: np.ndarray
    shape: float
    follow: float
    size: float
    dispersion: float
    validity: float
    moves: Movement
    stops: np.ndarray
    grid: np.ndarray

    def prior(self, panel: Panel, coverage: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prior mean and shape of the level of each area; without places the spread that they explain comes on top."""
        there = np.isfinite(coverage)
        told = np.exp(self.follow * np.where(there, coverage, 0.0))
        seen = told[there] if there.any() else np.ones(1)
        told /= seen.mean()
        shape = np.where(there, self.shape, 1 / (1 / self.shape + np.var(seen / seen.mean())))
        sized = np.exp(self.size * _log_size(panel))
        return self.parents[panel.parents] * np.where(there, told, 1.0) * sized / sized.mean(), shape


@dataclass(frozen=True)
class _Expected:
    """What a round knows: levels by reading and together, and of each cell its weight, expected count and means."""

    by_reading: tuple[np.ndarray, np.ndarray]
    levels: Levels
    share: np.ndarray
    counts: np.ndarray
    mean: np.ndarray


def fit_all(panels: Sequence[Panel]) -> list[UseRate]:
    """Fit every service; those with few waiting lists take the worth of an entry from those that have many."""
    cells = [informative_cells(panel) for panel in panels]
    telling = [len(_telling_lists(of_panel)) >= FEWEST_LISTS for of_panel in cells]
    fits = {at: fit(panels[at], cells[at]) for at, tells in enumerate(telling) if tells}
    worth = _common_worth([found.validity for found in fits.values()])
    return [fits[at] if at in fits else fit(panel, cells[at], worth) for at, panel in enumerate(panels)]


def _common_worth(validities: Sequence[float]) -> ListWorth:
    """What an entry is worth in other services: their mean, and a spread that also holds how far they differ."""
    if not validities:
        return ListWorth()
    logs, prior = np.log(validities), ListWorth()
    between = (np.sum((logs - logs.mean()) ** 2) + prior.spread**2) / len(logs)
    return ListWorth(float(logs.mean()), float(np.sqrt(between)))


def fit(panel: Panel, cells: Cells | None = None, worth: ListWorth = ListWorth()) -> UseRate:
    """Fit the rates of one service.

    Parameters
    ----------
    panel : Panel
    cells : Cells, optional
        Other than `informative_cells` of the panel: how a baseline reads the same returns.
    worth : ListWorth
        Of an entry of a waiting list, before the lists of this service are seen.

    Returns
    -------
    UseRate
    """
    cells = informative_cells(panel) if cells is None else cells
    coverage = _beyond_size(log_coverage(panel), _log_size(panel))
    state = replace(_start(panel, cells), validity=float(np.exp(worth.middle)))
    for round_ in range(ROUNDS):
        found = _expect(state, panel, cells, coverage)
        moved, _ = _year_effects(state, cells, found)
        before, state = state.years, _maximise(replace(state, years=moved), panel, cells, coverage, found)
        if round_ % 3 == 2:
            state = replace(state, dispersion=_dispersion(state, cells, found))
            state = replace(state, validity=_validity(state, panel, cells, found, worth))
            state = replace(state, moves=_moves(state, panel, cells, found))
        if round_ > 8 and np.nanmax(np.abs(state.years - before)) < SETTLED:
            break
    found = _expect(state, panel, cells, coverage)
    _, covariance = _year_effects(state, cells, found)
    return UseRate(
        panel=panel,
        cells=cells,
        year_effects=state.years,
        covariance=covariance,
        parent_levels=state.parents,
        shape=state.shape,
        dispersion=state.dispersion,
        levels=found.levels,
        validity=state.validity,
        follow=state.follow,
        size=state.size,
        moves=state.moves,
    )


def _start(panel: Panel, cells: Cells) -> _State:
    """First values: right-censored counts taken at face value, levels pooled from them."""
    years, areas = len(panel.years), len(panel.areas)
    count, persons = (np.bincount(cells.year, x, years) for x in (cells.count, cells.persons))
    effects = np.full(years, np.nan)
    effects[persons > 0] = np.log(np.maximum(count, NOBODY)[persons > 0] / persons[persons > 0])
    expected = np.bincount(cells.area, cells.persons * np.exp(effects[cells.year]), areas)
    observed = np.bincount(cells.area, cells.count, areas)
    level = np.maximum(pooled_levels(observed, np.nan_to_num(expected), panel.parents), 0.05)
    grid = own_grids(np.log(level), np.full(areas, 0.25))
    parents = np.ones(len(panel.parent_codes))
    return _State(effects, parents, 8.0, 0.0, 0.0, 0.03, 1.0, Movement(0.0, 1e-9), ceiling.start(), grid)


def _expect(state: _State, panel: Panel, cells: Cells, coverage: np.ndarray) -> _Expected:
    """Posterior of the levels under both readings of the tops, and the expected demand of every cell."""
    base = cells.persons * np.exp(state.years[cells.year])
    mean = base[:, None] * np.exp(state.grid[cells.area])
    count = _asking(cells, state.validity)
    evidence, expected = np.empty_like(mean), np.broadcast_to(count[:, None], mean.shape).copy()
    known, censored = ~cells.is_censored, cells.is_censored
    evidence[known] = log_known(count[known], mean[known], state.dispersion)
    evidence[censored] = log_censored(count[censored], mean[censored], state.dispersion)
    expected[censored] = expected_above(count[censored], mean[censored], state.dispersion, evidence[censored])
    remembered = _remembered(state, cells, base)
    evidence *= remembered[:, None]
    prior = log_prior(state.grid, *state.prior(panel, coverage))
    by_reading = _by_reading(evidence, prior, state.stops, cells)
    weights = _of_cells(by_reading, cells)
    share = weights.sum(axis=1)
    counts = (weights * expected).sum(axis=1) / np.maximum(share, 1e-12)
    return _Expected(by_reading, Levels(state.grid, by_reading[0] + by_reading[1]), share * remembered, counts, mean)


def _remembered(state: _State, cells: Cells, base: np.ndarray) -> np.ndarray:
    """What each cell still says of the level of the last year; 1 where levels do not move."""
    areas = len(state.grid)
    typical = np.bincount(cells.area, base, areas) / np.maximum(np.bincount(cells.area, minlength=areas), 1)
    variance = np.exp(-state.grid[:, state.grid.shape[1] // 2]) / np.maximum(typical, 1e-9) + state.dispersion
    kept = movement.memory(max(state.moves.middle, 0.0), variance)
    return kept[cells.area] ** (cells.year.max() - cells.year)


def _moves(state: _State, panel: Panel, cells: Cells, found: _Expected) -> Movement:
    """Movement of the levels, from areas mostly known: beside censored years only low counts are known."""
    known = ~cells.is_censored & (cells.when == EITHER)
    mostly = np.bincount(cells.area, np.where(known, 1, -1), len(panel.areas)) > 0
    known &= mostly[cells.area]
    at = cells.area[known], cells.year[known]
    mean = (cells.persons * np.exp(state.years[cells.year]) * found.levels.mean()[cells.area])[known]
    relative, chance = (np.full(panel.persons.shape, np.nan) for _ in range(2))
    relative[at], chance[at] = _asking(cells, state.validity)[known] / mean - 1, 1 / mean
    return movement.estimate(relative, chance, state.dispersion)


def _asking(cells: Cells, validity: float) -> np.ndarray:
    """Persons who ask, or the censored count: users and waiting, an entry of the list being worth `validity` persons.

    A list of one entry stands for the demands nearest to it, the lowest of which is one person above the users
    whatever an entry is worth; without the half the density would gain room as the worth falls, and pull it down.
    """
    return cells.count + np.where(cells.waiting > 0, 0.5 + validity * (cells.waiting - 0.5), 0.0)


def _by_reading(
    evidence: np.ndarray, prior: np.ndarray, stops: np.ndarray, cells: Cells
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the nodes of each area if its service is open to its places, and if it stops at its own top."""
    sums = [_sum_by_area(evidence, cells, len(prior), when) for when in (EITHER, IF_OPEN, IF_STOPPED)]
    open_ = prior + sums[0] + sums[1]
    stopped = prior + sums[0] + sums[2] + ceiling.log_odds(cells, stops)[:, None]
    highest = np.maximum(open_, stopped).max(axis=1, keepdims=True)
    open_, stopped = np.exp(open_ - highest), np.exp(stopped - highest)
    total = (open_ + stopped).sum(axis=1, keepdims=True)
    return open_ / total, stopped / total


def _of_cells(by_reading: tuple[np.ndarray, np.ndarray], cells: Cells) -> np.ndarray:
    """Weights of the nodes for each cell: of both readings together, or of the one under which the cell counts."""
    open_, stopped = by_reading
    as_open = (cells.when != IF_STOPPED)[:, None]
    as_stopped = (cells.when != IF_OPEN)[:, None]
    return open_[cells.area] * as_open + stopped[cells.area] * as_stopped


def _sum_by_area(values: np.ndarray, cells: Cells, areas: int, when: int) -> np.ndarray:
    """Sum the rows of each area that count in one reading; cells come in order of area."""
    chosen = cells.when == when
    total = np.zeros((areas, values.shape[1]))
    present, first = np.unique(cells.area[chosen], return_index=True)
    if len(present):
        total[present] = np.add.reduceat(values[chosen], first, axis=0)
    return total


def _year_effects(state: _State, cells: Cells, found: _Expected) -> tuple[np.ndarray, np.ndarray]:
    """Year effects and their covariance from a negative-binomial GLM on the expected counts."""
    from statsmodels.genmod.families import NegativeBinomial
    from statsmodels.genmod.generalized_linear_model import GLM

    present = np.unique(cells.year)
    design = (cells.year[:, None] == present[None, :]).astype(float)
    family = NegativeBinomial(alpha=state.dispersion)
    offset = np.log(cells.persons * found.levels.mean()[cells.area])
    total, cells_of = (np.bincount(cells.year, x, len(state.years)) for x in (found.counts * found.share, found.share))
    missing = np.maximum(NOBODY - total, 0) / np.maximum(cells_of, 1e-12)
    counts = found.counts + missing[cells.year]
    model = GLM(counts, design, family=family, offset=offset, freq_weights=found.share)
    with warnings.catch_warnings():
        # A year with one municipality is met exactly; the negative binomial does not use the scale that then fails.
        warnings.simplefilter("ignore")
        result = model.fit(start_params=state.years[present], maxiter=8)
    effects, covariance = np.full(len(state.years), np.nan), np.zeros((len(state.years),) * 2)
    effects[present] = result.params
    covariance[np.ix_(present, present)] = result.cov_params()
    return effects, covariance


def _maximise(state: _State, panel: Panel, cells: Cells, coverage: np.ndarray, found: _Expected) -> _State:
    """Oblast levels, spread, what places tell, stops and new grids from the posterior of this round."""
    informed = np.unique(cells.area)
    mean, (middle, spread) = found.levels.mean(), found.levels.log_moments()
    prior, shape = state.prior(panel, coverage)
    told = prior / state.parents[panel.parents]
    learnt = _learnt(found.levels, mean, prior, shape)
    unpooled = np.maximum(prior + (mean - prior) / learnt, 0.02) / told
    parents = _parent_levels(unpooled[informed], learnt[informed], panel.parents[informed], state)
    common = np.average(parents[panel.parents[informed]])
    moved = replace(
        state,
        years=state.years + np.log(common),
        parents=parents / common,
        shape=_gamma_shape((mean / prior)[informed], (middle - np.log(prior))[informed]),
        follow=_slope(state.follow, (mean / prior - 1)[informed], learnt[informed], coverage[informed]),
        size=_slope(state.size, (mean / prior - 1)[informed], learnt[informed], _log_size(panel)[informed]),
        stops=ceiling.shares(cells, state.stops, found.by_reading[1].sum(axis=1)),
    )
    return replace(moved, grid=_grids(moved, panel, coverage, informed, middle - np.log(common), spread))


def _learnt(levels: Levels, mean: np.ndarray, prior: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Share of the prior variance of each level that its returns took away; shape (areas,)."""
    variance = (levels.weights * (np.exp(levels.nodes) - mean[:, None]) ** 2).sum(axis=1)
    return np.clip(1 - variance * shape / prior**2, 0.05, 1.0)


def _log_size(panel: Panel) -> np.ndarray:
    """Log of persons exposed around its mean over areas; shape (areas,)."""
    persons = np.log(np.maximum(np.nan_to_num(panel.persons).mean(axis=1), 1.0))
    return np.asarray(np.clip(persons - persons.mean(), -3 * persons.std(), 3 * persons.std()))


def _beyond_size(coverage: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Log places per person less its line over the log of persons; NaN stays NaN.

    Small municipalities have more places per person (a home is never built for one), and those without the service are
    mostly small. At equal places they would look as if they asked less or more than they do; with places read beside
    those of their size, the slope on size is the one that holds where places are not known.
    """
    there = np.isfinite(coverage)
    if there.sum() < FEWEST_PLACES or not np.var(size[there]) > 0:
        return coverage
    line = np.polynomial.Polynomial.fit(size[there], coverage[there], 1)
    return np.asarray(coverage - line(size))


def _slope(now: float, residual: np.ndarray, learnt: np.ndarray, told: np.ndarray) -> float:
    """Better slope of the log level on the log of places per person or of persons.

    Municipalities build where people ask, and towns may ask more than villages. Without the slopes a municipality that
    has been full all along would be put at the level of those with few places, or of the small ones.
    """
    there = np.isfinite(told)
    x, weight = told[there], learnt[there]
    if len(x) < FEWEST_PLACES or not np.var(x) > 0:
        return 0.0
    residual = residual[there] - np.average(residual[there])
    return float(np.clip(now + (x * residual).sum() / (weight * x**2).sum(), -0.5, 1.0))


def _grids(
    state: _State, panel: Panel, coverage: np.ndarray, informed: np.ndarray, middle: np.ndarray, spread: np.ndarray
) -> np.ndarray:
    """New grids: around the posterior, or around the prior where nothing was returned."""
    prior, shape = state.prior(panel, coverage)
    bare = np.ones(len(prior), bool)
    bare[informed] = False
    middle = np.where(bare, np.log(prior) - 0.5 / shape, middle)
    return own_grids(middle, np.maximum(np.where(bare, 1.2 / np.sqrt(shape), spread), 1e-3))


def _parent_levels(unpooled: np.ndarray, learnt: np.ndarray, parents: np.ndarray, state: _State) -> np.ndarray:
    """Levels of the oblasts, pooled towards their common mean by the variance between them beyond chance."""
    n = len(state.parents)
    weight = np.bincount(parents, learnt, n)
    raw = np.bincount(parents, learnt * unpooled, n) / np.maximum(weight, 1e-9)
    common = np.average(unpooled, weights=learnt)
    chance = common**2 / state.shape / np.maximum(weight, 1e-9)
    seen = weight > 0
    between = max(np.average((raw - common)[seen] ** 2 - chance[seen], weights=weight[seen]), 1e-4 * common**2)
    share = np.where(seen, between / (between + chance), 0.0)
    return np.maximum(common + share * (raw - common), 0.02)


def _gamma_shape(mean: np.ndarray, log_mean: np.ndarray) -> float:
    """Maximum-likelihood shape of gamma levels of mean 1 from their expected value and expected log."""
    from scipy.optimize import brentq
    from scipy.special import digamma

    target = float(np.mean(mean - log_mean)) - 1
    low, high = (np.log(k) - digamma(k) for k in SHAPES)
    if not high < target < low:
        return SHAPES[0] if target >= low else SHAPES[1]
    return float(brentq(lambda k: np.log(k) - digamma(k) - target, *SHAPES, xtol=1e-3))


def _dispersion(state: _State, cells: Cells, found: _Expected) -> float:
    """Better dispersion of counts."""
    weights, known, censored = _of_cells(found.by_reading, cells), ~cells.is_censored, cells.is_censored
    count = _asking(cells, state.validity)
    every_other = slice(None, None, 2)
    mean, weights = found.mean[:, every_other], weights[:, every_other]
    weights = weights * (found.share / np.maximum(weights.sum(axis=1), 1e-12))[:, None]

    def height(dispersion: float) -> float:
        of_known = log_known(count[known], mean[known], dispersion)
        of_censored = log_censored(count[censored], mean[censored], dispersion)
        return float((weights[known] * of_known).sum() + (weights[censored] * of_censored).sum())

    return float(np.clip(_uphill(state.dispersion, height), *DISPERSIONS))


def _validity(state: _State, panel: Panel, cells: Cells, found: _Expected, worth: ListWorth) -> float:
    """Better worth of a waiting-list entry: below 1 with double entries, above where people give up unlisted.

    The density of a reported list W is that of demand at ``users + validity * W`` times the validity. Years of one
    municipality are not independent, so that the evidence counts by municipality. One always full tells nothing. Where
    the same persons stay for years, counts move less than by chance, and evidence is sharper by as much
    (quasi-likelihood, Wedderburn 1974, Biometrika 61): otherwise lists would be stretched until they look like chance.
    """
    listed = _telling_lists(cells)
    if not len(listed):
        return state.validity
    weights, mean = _of_cells(found.by_reading, cells)[listed], found.mean[listed]
    independent = len(np.unique(cells.area[listed])) / len(listed)
    calm = _calm(state, panel, cells, found)

    def height(validity: float) -> float:
        count = _asking(cells, validity)[listed]
        evidence = (weights * log_known(count, mean, state.dispersion)).sum() / calm + len(listed) * np.log(validity)
        return float(independent * evidence - 0.5 * ((np.log(validity) - worth.middle) / worth.spread) ** 2)

    return float(np.clip(_uphill(state.validity, height), *VALIDITIES))


def _calm(state: _State, panel: Panel, cells: Cells, found: _Expected) -> float:
    """Variance of counts around their means over that of the model, at most 1, from the years that were not full.

    That a year was not full cuts the upper end of its chance off; the variance that is left is that of a normal so cut.
    """
    from scipy.special import ndtr

    plain = ~cells.is_censored & (cells.waiting == 0) & (cells.when == EITHER)
    count, area, year = cells.count[plain], cells.area[plain], cells.year[plain]
    free = len(count) - len(np.unique(area))
    if free < FEWEST_LISTS:
        return 1.0
    mean = (cells.persons * np.exp(state.years[cells.year]) * found.levels.mean()[cells.area])[plain]
    spread = np.sqrt(mean + state.dispersion * mean**2)
    room = np.clip((np.nan_to_num(panel.places[area, year], nan=np.inf) - mean) / spread, -5.0, 5.0)
    density = np.exp(-(room**2) / 2) / np.sqrt(2 * np.pi)
    left = 1 - room * density / ndtr(room) - (density / ndtr(room)) ** 2
    squares = ((count - mean) / spread + density / ndtr(room)) ** 2
    return float(np.clip(squares.sum() / left.sum() * len(count) / free, CALMEST, 1.0))


def _telling_lists(cells: Cells) -> np.ndarray:
    """Positions of the lists of municipalities that also have a known year without one."""
    return np.flatnonzero((cells.waiting > 0) & _seen_without_list(cells)[cells.area])


def _seen_without_list(cells: Cells) -> np.ndarray:
    """True for areas with a known year that has no waiting list; shape (areas,)."""
    bare = ~cells.is_censored & (cells.waiting == 0) & (cells.when == EITHER)
    return np.bincount(cells.area[bare], minlength=len(cells.top)) > 0


def _uphill(now: float, height: Callable[[float], float]) -> float:
    """Top of a parabola through the heights at three values around a positive one, a step at most doubled."""
    step = 0.35
    below, here, above = (height(now * np.exp(move)) for move in (-step, 0.0, step))
    curve, slope = below - 2 * here + above, above - below
    if curve >= 0:
        return float(now * np.exp(2 * step * np.sign(slope)))
    return float(now * np.exp(np.clip(-0.5 * step * slope / curve, -2 * step, 2 * step)))


def fit_table(fitted: UseRate) -> pd.DataFrame:
    """The rate of each municipality in the last year with information, with what it rests on (`demand.use_rate`)."""
    panel, cells = fitted.panel, fitted.cells
    last = int(np.flatnonzero(np.isfinite(fitted.year_effects))[-1])
    base = np.exp(fitted.year_effects[last])
    middle, spread = fitted.levels.log_moments()
    areas = len(panel.areas)
    censored = np.bincount(cells.area[cells.is_censored & (cells.when == EITHER)], minlength=areas)
    known = np.bincount(cells.area[~cells.is_censored], minlength=areas)
    direct = np.bincount(cells.area, cells.count, areas) / np.bincount(
        cells.area, np.maximum(cells.persons, 1e-9), areas
    ).clip(min=1e-9)
    return pd.DataFrame(
        {
            "service_code": panel.service_code,
            "area_code": panel.areas,
            "parent_code": panel.parent_codes[panel.parents],
            "year": int(panel.years[last]),
            "rate": base * fitted.levels.mean(),
            "rate_low": base * np.exp(middle - 1.2816 * spread),
            "rate_high": base * np.exp(middle + 1.2816 * spread),
            "direct_rate": np.where(known + censored > 0, direct, np.nan),
            "parent_rate": base * fitted.parent_levels[panel.parents],
            "known_cells": known,
            "censored_cells": censored,
            "shape": fitted.shape,
            "dispersion": fitted.dispersion,
        }
    )
