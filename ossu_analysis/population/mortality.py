"""How mortality differs by area and moves in time.

Belongs here: death rates by single age, their yearly decline, local levels; nothing is projected here.

- Survival from a life table's remaining expectancy e[x] (deaths in mid-year): p[x] = (e[x] - 1/2) / (e[x+1] + 1/2).
- Decline: cumulated hazard between ages 60 and 85, H(t) = -sum log p[x] = a telescoping product that rounding of e
  hardly touches; log H(t) as a random walk with drift: rho = -(log H(T) - log H(0)) / (T - 0), sd from its yearly
  steps.
- Local level: theta = (D + k) / (E + k), D deaths, E deaths expected from the parent's rates, k = 1 / variance of
  the true ratio between areas (method of moments: Var(D/E) - mean 1/E).

References
----------
.. [1] Preston, Heuveline and Guillot (2001), Demography, chapters 3 and 7.
.. [2] Marshall (1991), Applied Statistics 40: empirical-Bayes smoothing of rates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.cells import AGES, OPEN_AGE, Floats

DRIFT_FROM, DRIFT_TO = 60, 85
"""Ages of the hazard whose decline is measured: ratios below 1 are mostly survival from 60, tables end at 85."""


@dataclass(frozen=True)
class MortalityDrift:
    """Yearly decline of old-age mortality: mean ``rho`` and sd ``sigma`` of a year's step of the log hazard."""

    rho: float
    sigma: float


def survival_from_expectancy(expectancy: Floats) -> Floats:
    """Probability of surviving a year from remaining life expectancy, age by age.

    Parameters
    ----------
    expectancy : ndarray (..., A)
        Remaining years at ages 0, 1, ... A-1.

    Returns
    -------
    ndarray (..., A - 1)
        Between 0 and 1.

    Examples
    --------
    >>> survival_from_expectancy(np.array([2.5, 1.5]))
    array([1.])
    """
    return np.clip((expectancy[..., :-1] - 0.5) / (expectancy[..., 1:] + 0.5), 0.0, 1.0)


def mortality_drift(expectancy: Floats) -> MortalityDrift:
    """Estimate the decline of mortality between 60 and 85 from yearly life tables.

    Parameters
    ----------
    expectancy : ndarray (T, 2, 86)
        Remaining years by calendar year, sex and age 0..85; years with gaps are skipped.

    Returns
    -------
    MortalityDrift
        No decline and no spread when fewer than three years are complete.
    """
    survival = survival_from_expectancy(expectancy)[..., DRIFT_FROM:DRIFT_TO]
    hazard = -np.log(np.maximum(survival, 1e-6)).sum(axis=-1)
    return drift_of_hazard(np.log(hazard[np.isfinite(hazard).all(axis=1)]).mean(axis=1))


def drift_of_hazard(level: Floats) -> MortalityDrift:
    """Random walk with drift of a log hazard by year; neither where a series is too short to show them."""
    if len(level) < 3:
        return MortalityDrift(0.0, 0.0)
    steps = np.diff(level)
    return MortalityDrift(float(-steps.mean()), float(steps.std(ddof=1)))


def death_rates(deaths: Floats, persons: Floats, starts: Sequence[int]) -> Floats:
    """Death rates by single age of areas, pooled to the first area's (the country's) level, group by group.

    Parameters
    ----------
    deaths, persons : ndarray (A, S, G)
        Deaths and person-years of the same years; area 0 is the whole.
    starts : sequence of int, length G

    Returns
    -------
    ndarray (A, S, 101)
        Yearly rates; log-linear between the middles of groups, so that they have no steps.
    """
    whole = deaths[:1] / np.maximum(persons[:1], 1.0)
    expected = whole * persons
    variance = ratio_variance(deaths[1:], expected[1:], axis=0)
    k = 1.0 / np.maximum(variance, 1e-6)
    rates = np.maximum(whole * (deaths + k) / (expected + k), 1e-6)
    rates[:1] = np.maximum(whole, 1e-6)
    ends = np.append(np.asarray(starts[1:], float), OPEN_AGE - 5.0)
    middles = (np.asarray(starts, float) + ends) / 2.0
    return np.exp(_interpolate(AGES.astype(np.float64) + 0.5, middles, np.log(rates)))


def ratio_variance(observed: Floats, expected: Floats, axis: int | None = None) -> NDArray[np.float64]:
    """Variance of true ratios observed/expected between areas, after taking off Poisson noise (at least zero)."""
    safe = np.maximum(expected, 1e-9)
    weight = safe / safe.sum(axis=axis, keepdims=True)
    ratio = observed / safe
    centre = (weight * ratio).sum(axis=axis, keepdims=True)
    spread = (weight * (ratio - centre) ** 2).sum(axis=axis) - (weight * centre / safe).sum(axis=axis)
    return np.maximum(spread, 0.0)


def pooled_ratio(observed: Floats, expected: Floats) -> Floats:
    """Ratio observed/expected of each area, drawn towards 1 by its noise (gamma-Poisson empirical Bayes)."""
    k = 1.0 / np.maximum(ratio_variance(observed, expected), 1e-6)
    return (observed + k) / (expected + k)


def _interpolate(at: Floats, knots: Floats, values: Floats) -> Floats:
    right = np.clip(np.searchsorted(knots, at), 1, len(knots) - 1)
    share = (at - knots[right - 1]) / (knots[right] - knots[right - 1])
    share = np.maximum(share, 0.0)
    return values[..., right - 1] * (1 - share) + values[..., right] * share
