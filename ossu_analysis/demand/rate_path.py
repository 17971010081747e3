"""The rate over time: from year effects to joint draws of the rate in any year, observed or ahead.

Belongs here: the time model of the country's log rate. It is a level plus a trend that may fade,

    rate[t] = level + slope * (fade + fade^2 + ... + fade^t) + random walk,   effect[t] = rate[t] + shock[t] + error[t]

with error of known covariance (from the GLM), a flat level and slope ~ Normal(0, `DRIFT`). Fade, the step of the random
walk and the shock are not chosen by hand: every combination is weighted by the product of its one-step-ahead
predictive densities over the observed years (a rolling origin at every year), and draws mix the combinations by that
weight. One observed year gives a constant rate whose drift has standard deviation `DRIFT`; a short series moves little
from it.

A trend must earn its place: beside the ways in which it may fade stands a rate that keeps its level and only drifts
after the last return, by Normal(0, `DRIFT`) in the first year and by less in each that follows, so that no observed
year says in which direction. Unless the years are likelier with a trend than without, it is not told from noise: the
mean rate of the draws then keeps the level, and what slopes the years allow widens the range alone. Where a series is
too poor to show a trend, none of those that fade is tried.

A reform may move the rate in one step that is no trend: every combination is also tried with a step, ~ Normal(0,
`LARGE_STEP`), before each year that has two observed years on either side. No step and one step somewhere weigh the
same before anything is seen, so that a step is read from the series with its own uncertainty, and stays ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ossu_analysis.draws import mirrored_chances, paired_chances

DRIFT = 0.03
"""Prior standard deviation of the yearly drift of a log rate, 3 % a year: a convention."""

LARGEST_DRIFT_OF_TEN_YEARS = np.log(2.0)
"""A rate neither doubles nor halves by trend alone in ten years: a convention."""

FADES = (0.9, 0.97, 1.0)
STEPS = (0.0, 0.01, 0.02)
SHOCKS = (0.0, 0.01, 0.02, 0.05)
LARGE_STEP = np.log(1.25)
"""Prior standard deviation of a step of the log rate: what `breaks.LEAST_STEP` calls the least break of a series."""


@dataclass(frozen=True)
class _Candidate:
    """One combination; the trend begins with the year `since`, a step of the rate in the year `broken` if any."""

    fade: float
    since: int
    step: float
    shock: float
    broken: int | None


def draw_rate_path(
    years: np.ndarray,
    effects: np.ndarray,
    covariance: np.ndarray,
    wanted: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    shows_trend: bool,
) -> np.ndarray:
    """Draw the log rate of the wanted years jointly.

    Parameters
    ----------
    years : numpy.ndarray of int, shape (n,)
        Years of the effects; an effect that is NaN is missing.
    effects : numpy.ndarray, shape (n,)
        Log rate of the country by year.
    covariance : numpy.ndarray, shape (n, n)
        Of the effects.
    wanted : numpy.ndarray of int, shape (m,)
    draws : int
    rng : numpy.random.Generator
    shows_trend : bool
        Whether the effects may show a trend; if not, the rate stays at its level and drifts by chance alone.

    Returns
    -------
    numpy.ndarray, shape (m, draws)
    """
    seen = np.isfinite(effects)
    years, effects, covariance = years[seen], effects[seen], covariance[np.ix_(seen, seen)]
    steps = _step_years(years)
    trends = [(FADES[0], int(years.max())), *((fade, int(years.min())) for fade in FADES if shows_trend)]
    candidates = [_Candidate(*t, s, e, b) for b in (None, *steps) for t in trends for s in STEPS for e in SHOCKS]
    fitted = [_condition(c, years, effects, covariance, wanted) for c in candidates]
    log_weight = np.array([height for height, _, _ in fitted])
    log_weight -= [0.0 if c.broken is None else np.log(len(steps)) for c in candidates]
    weight = np.exp(log_weight - log_weight.max())
    paths = _mixed([moments for _, *moments in fitted], weight / weight.sum(), draws, rng)
    moves = np.array([c.since < years.max() for c in candidates])
    if not moves.any() or weight[moves].mean() < weight[~moves].mean():
        level = np.average([mean for _, mean, _ in fitted], axis=0, weights=np.where(moves, 0.0, weight))
        ahead = wanted > years.max()
        paths[ahead] += (level - np.log(np.exp(paths).mean(axis=1)))[ahead, None]
    return _held(paths, wanted, years)


def _mixed(
    moments: Sequence[Sequence[np.ndarray]], weight: np.ndarray, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draws of a mixture of normals, each given by mean and covariance; shape (m, draws)."""
    from scipy.special import ndtri

    chosen = np.searchsorted(np.cumsum(weight).round(9), paired_chances(rng, draws))
    chance = ndtri(mirrored_chances(rng, (len(moments[0][0]), draws)))
    paths = np.empty_like(chance)
    for at in np.unique(np.minimum(chosen, len(moments) - 1)):
        mean, spread = moments[at]
        of_this = chosen == at
        paths[:, of_this] = mean[:, None] + _root(spread) @ chance[:, of_this]
    return paths


def _condition(
    c: _Candidate, years: np.ndarray, effects: np.ndarray, covariance: np.ndarray, wanted: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log marginal density of the effects, and mean and covariance of the rate in the wanted years."""
    every = np.concatenate([years, wanted])
    rate = _prior_covariance(c, every, min(years.min(), wanted.min()))
    n = len(years)
    noise = covariance + np.eye(n) * (c.shock**2 + 1e-8)
    seen = rate[:n, :n] + noise
    ahead = (wanted > years.max()).astype(float) * c.shock**2
    inverse = np.linalg.inv(seen)
    ones = np.ones(n)
    weight = inverse @ ones / (ones @ inverse @ ones)
    level = weight @ effects
    left = effects - level
    gain = rate[n:, :n] @ inverse
    mean = level + gain @ left
    remainder = 1 - gain @ ones
    spread = rate[n:, n:] - gain @ rate[:n, n:] + np.outer(remainder, remainder) / (ones @ inverse @ ones)
    height = -0.5 * (left @ inverse @ left + np.linalg.slogdet(seen)[1] + np.log(ones @ inverse @ ones))
    return float(height), mean, spread + np.diag(ahead)


def _prior_covariance(c: _Candidate, years: np.ndarray, first: int) -> np.ndarray:
    """Prior covariance of the rate (without its level) at all years: trend of uncertain slope, and random walk."""
    elapsed, moving = years - first, np.maximum(years - c.since, 0)
    trend = moving.astype(float) if c.fade == 1 else c.fade * (1 - c.fade**moving) / (1 - c.fade)
    rate = DRIFT**2 * np.outer(trend, trend) + c.step**2 * np.minimum.outer(elapsed, elapsed)
    if c.broken is None:
        return rate
    after = (years >= c.broken).astype(float)
    return rate + LARGE_STEP**2 * np.outer(after, after)


def _step_years(years: np.ndarray) -> list[int]:
    """Years before which a step can be told from a shock: two observed years on either side."""
    return [int(year) for year in np.sort(years)[2:-1]]


def _root(matrix: np.ndarray) -> np.ndarray:
    """Upper root of a covariance that may be singular: the last year takes one number, the years before are bridges.

    Unlike a root of eigenvectors it has no sign to choose.
    """
    turned = ((matrix + matrix.T) / 2 + 1e-9 * np.eye(len(matrix)))[::-1, ::-1]
    return np.linalg.cholesky(turned)[::-1, ::-1]


def _held(paths: np.ndarray, wanted: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Hold the drift after the last observed year within a factor of two per ten years."""
    last = years.max()
    at_last = paths[np.argmin(np.abs(wanted - last))]
    most = LARGEST_DRIFT_OF_TEN_YEARS * np.maximum(wanted - last, 0)[:, None] / 10
    moved = np.clip(paths - at_last, -most, most)
    return np.where((wanted > last)[:, None], at_last + moved, paths)
