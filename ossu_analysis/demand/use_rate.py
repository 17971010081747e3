"""Rates at which people ask for a service, from returns in which full services hide part of demand.

Belongs here: the model of one service and its fit. Demand of municipality a in year t is negative binomial with mean

    persons[a,t] * exp(year[t]) * level[a],    level[a] ~ Gamma(mean = level of the oblast, relative variance = 1/shape)

and the oblast levels are pooled towards 1. Known cells enter with their probability, floors with the probability of
reaching them. The fit is expectation-maximisation: the expected counts behind the floors, then the year effects by a
statsmodels negative-binomial GLM with the log of expected persons as offset, then levels, spreads and dispersion.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ossu_analysis.demand import ceiling
from ossu_analysis.demand.panel import EITHER, IF_OPEN, IF_STOPPED, Cells, Panel, informative_cells
from ossu_analysis.demand.pooling import (
    Levels,
    expected_above,
    log_floor,
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
    """

    panel: Panel
    cells: Cells
    year_effects: np.ndarray
    covariance: np.ndarray
    parent_levels: np.ndarray
    shape: float
    dispersion: float
    levels: Levels


@dataclass(frozen=True)
class _State:
    """What the rounds of the fit hand on: year effects, oblast levels, gamma shape, dispersion, stops, grids."""

    years: np.ndarray
    parents: np.ndarray
    shape: float
    dispersion: float
    stops: np.ndarray
    grid: np.ndarray


@dataclass(frozen=True)
class _Expected:
    """What a round knows: levels by reading and together, and of each cell its weight, expected count and means."""

    by_reading: tuple[np.ndarray, np.ndarray]
    levels: Levels
    share: np.ndarray
    counts: np.ndarray
    mean: np.ndarray


def fit(panel: Panel, cells: Cells | None = None) -> UseRate:
    """Fit the rates of one service.

    Parameters
    ----------
    panel : Panel
    cells : Cells, optional
        Other than `informative_cells` of the panel: how a baseline reads the same returns.

    Returns
    -------
    UseRate
    """
    cells = informative_cells(panel) if cells is None else cells
    state = _start(panel, cells)
    for round_ in range(ROUNDS):
        found = _expect(state, panel, cells)
        moved, _ = _year_effects(state, cells, found)
        before, state = state.years, _maximise(replace(state, years=moved), panel, cells, found)
        if round_ % 3 == 2:
            state = replace(state, dispersion=_dispersion(state.dispersion, cells, found))
        if round_ > 8 and np.nanmax(np.abs(state.years - before)) < SETTLED:
            break
    found = _expect(state, panel, cells)
    _, covariance = _year_effects(state, cells, found)
    return UseRate(panel, cells, state.years, covariance, state.parents, state.shape, state.dispersion, found.levels)


def _start(panel: Panel, cells: Cells) -> _State:
    """First values: floors taken at face value, levels pooled from them."""
    years, areas = len(panel.years), len(panel.areas)
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.log(np.bincount(cells.year, cells.count, years) / np.bincount(cells.year, cells.persons, years))
    effects[np.isneginf(effects)] = np.nan
    expected = np.bincount(cells.area, cells.persons * np.exp(effects[cells.year]), areas)
    observed = np.bincount(cells.area, cells.count, areas)
    level = np.maximum(pooled_levels(observed, np.nan_to_num(expected), panel.parents), 0.05)
    grid = own_grids(np.log(level), np.full(areas, 0.25))
    return _State(effects, np.ones(len(panel.parent_codes)), 8.0, 0.03, ceiling.start(), grid)


def _expect(state: _State, panel: Panel, cells: Cells) -> _Expected:
    """Posterior of the levels under both readings of the tops, and the expected demand of every cell."""
    base = cells.persons * np.exp(state.years[cells.year])
    mean = base[:, None] * np.exp(state.grid[cells.area])
    evidence, expected = np.empty_like(mean), np.broadcast_to(cells.count[:, None], mean.shape).copy()
    known, floor = ~cells.is_floor, cells.is_floor
    evidence[known] = log_known(cells.count[known], mean[known], state.dispersion)
    evidence[floor] = log_floor(cells.count[floor], mean[floor], state.dispersion)
    expected[floor] = expected_above(cells.count[floor], mean[floor], state.dispersion, evidence[floor])
    by_reading = _by_reading(evidence, state, panel, cells)
    weights = _of_cells(by_reading, cells)
    share = weights.sum(axis=1)
    counts = (weights * expected).sum(axis=1) / np.maximum(share, 1e-12)
    return _Expected(by_reading, Levels(state.grid, by_reading[0] + by_reading[1]), share, counts, mean)


def _by_reading(evidence: np.ndarray, state: _State, panel: Panel, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the nodes of each area if its service is open to its places, and if it stops at its own top."""
    prior = log_prior(state.grid, state.parents[panel.parents], state.shape)
    sums = [_sum_by_area(evidence, cells, len(panel.areas), when) for when in (EITHER, IF_OPEN, IF_STOPPED)]
    open_ = prior + sums[0] + sums[1]
    stopped = prior + sums[0] + sums[2] + ceiling.log_odds(cells, state.stops)[:, None]
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
    import statsmodels.api as sm

    present = np.unique(cells.year)
    design = (cells.year[:, None] == present[None, :]).astype(float)
    family = sm.families.NegativeBinomial(alpha=state.dispersion)
    offset = np.log(cells.persons * found.levels.mean()[cells.area])
    model = sm.GLM(found.counts, design, family=family, offset=offset, freq_weights=found.share)
    result = model.fit(start_params=state.years[present], maxiter=8)
    effects, covariance = np.full(len(state.years), np.nan), np.zeros((len(state.years),) * 2)
    effects[present] = result.params
    covariance[np.ix_(present, present)] = result.cov_params()
    return effects, covariance


def _maximise(state: _State, panel: Panel, cells: Cells, found: _Expected) -> _State:
    """Oblast levels, spread of municipal levels, stops and new grids from the posterior of this round."""
    levels, informed = found.levels, np.unique(cells.area)
    mean, (middle, spread) = levels.mean(), levels.log_moments()
    prior = state.parents[panel.parents]
    variance = (levels.weights * (np.exp(levels.nodes) - mean[:, None]) ** 2).sum(axis=1)
    learnt = np.clip(1 - variance * state.shape / prior**2, 0.05, 1.0)
    unpooled = np.maximum(prior + (mean - prior) / learnt, 0.02)
    parents = _parent_levels(unpooled[informed], learnt[informed], panel.parents[informed], state)
    common = np.average(parents[panel.parents[informed]])
    shape = _gamma_shape(mean[informed] / prior[informed], (middle - np.log(prior))[informed])
    prior_middle, prior_spread = np.log(parents[panel.parents]), np.sqrt(1 / shape)
    bare = np.setdiff1d(np.arange(len(mean)), informed)
    middle[bare], spread[bare] = prior_middle[bare] - 0.5 * prior_spread**2, 1.2 * prior_spread
    grid = own_grids(middle - np.log(common), np.maximum(spread, 1e-3))
    stops = ceiling.shares(cells, state.stops, found.by_reading[1].sum(axis=1))
    years = state.years + np.log(common)
    return replace(state, years=years, parents=parents / common, shape=shape, stops=stops, grid=grid)


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


def _dispersion(now: float, cells: Cells, found: _Expected) -> float:
    """Better dispersion: the top of a parabola through the expected log likelihood at three values around it."""
    steps = np.array([-0.35, 0.0, 0.35])
    heights = np.array([_expected_log(now * np.exp(step), cells, found) for step in steps])
    curve = heights[0] - 2 * heights[1] + heights[2]
    slope = heights[2] - heights[0]
    step = np.sign(slope) * 0.7 if curve >= 0 else np.clip(-0.175 * slope / curve, -0.7, 0.7)
    return float(np.clip(now * np.exp(step), *DISPERSIONS))


def _expected_log(dispersion: float, cells: Cells, found: _Expected) -> float:
    """Log likelihood of the cells at a dispersion, averaged over the posterior of the levels."""
    weights = _of_cells(found.by_reading, cells)
    known, floor = ~cells.is_floor, cells.is_floor
    of_known = log_known(cells.count[known], found.mean[known], dispersion)
    of_floor = log_floor(cells.count[floor], found.mean[floor], dispersion)
    return float((weights[known] * of_known).sum() + (weights[floor] * of_floor).sum())


def fit_table(fitted: UseRate) -> pd.DataFrame:
    """The rate of each municipality in the last year with information, with what it rests on (`demand.use_rate`)."""
    panel, cells = fitted.panel, fitted.cells
    last = int(np.flatnonzero(np.isfinite(fitted.year_effects))[-1])
    base = np.exp(fitted.year_effects[last])
    middle, spread = fitted.levels.log_moments()
    areas = len(panel.areas)
    floors = np.bincount(cells.area[cells.is_floor & (cells.when == EITHER)], minlength=areas)
    known = np.bincount(cells.area[~cells.is_floor], minlength=areas)
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
            "direct_rate": np.where(known + floors > 0, direct, np.nan),
            "parent_rate": base * fitted.parent_levels[panel.parents],
            "known_cells": known,
            "floor_cells": floors,
            "shape": fitted.shape,
            "dispersion": fitted.dispersion,
        }
    )
