"""Cohort-change ratios by sex and single age, pooled from area to parent to country (Hamilton-Perry, pooled).

Belongs here: estimating the ratios that the simulation applies, and how they move. R[a, s, x] leads to age x: persons
aged x at the end of a year over those who could reach it (births for 0, age x-1, the last two ages for the open
group),

    R[a, x] = sum_t N[a, x, t+1] / sum_t N[a, x-1, t]                 over the last W transitions of one census base
    d = log R[a] - log R[parent] - l[a],  v = 1 / max(numerator, 1),  d_s = d smoothed over age with weights 1/v
    log R*[a] = log R*[parent] + l[a] + tau2 / (tau2 + v_s) d_s,      tau2(x) = max(mean over areas (d_s^2 - v_s), 0)

v is the variance of a Poisson numerator, v_s that of the smoothed d, l the mean difference under 60 (itself pooled).
Mortality drift from age 60: the hazard h = -log R of the middle of the window becomes h exp(-rho (t - middle)).
What is migration in the ratios of older persons fades, as it does in totals (`component_method`).

References
----------
.. [1] Hamilton and Perry (1962), Social Forces 41.
.. [2] Fay and Herriot (1979), JASA 74.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.cells import AGES, Floats, cohort_source, smooth_over_age

BANDWIDTHS = (1.0, 2.0, 3.0, 4.0, 6.0)
FADE = 0.9
"""Part of an inflow or outflow that is left a year later: what trials of totals choose for what an oblast shares."""
_FADING = np.clip((AGES - 40) / 20, 0.0, 1.0)
"""How far ages take part in it: the young go where totals lead them, and to where one studies and works."""
DRIFT_AGE, MOST_APART = 60, 0.5
"""Age from which mortality declines, and how far the log ratio of an area may be from its parent's: beyond that a year
emptied or filled the area, which does not happen every year."""


@dataclass(frozen=True)
class CohortRatios:
    """Pooled ratios of a set of areas.

    Attributes
    ----------
    ratio : ndarray (A, 2, 101)
    middle : float
        Mean calendar year in which the pooled transitions ended.
    rho : float
        Yearly decline of the hazard from age 60.
    usual : ndarray (A, 2, 101)
        Where the ratios go as the migration of today fades; ``ratio`` itself where nothing says so.
    base_year : int
    """

    ratio: Floats
    middle: float
    rho: float
    usual: Floats
    base_year: int

    def in_year(self, year: int) -> Floats:
        """Ratios that lead to 31 December ``year``, shape (A, 2, 101)."""
        passed = _FADING * (1 - FADE ** max(year - self.base_year, 0))
        moved = self.ratio * (self.usual / self.ratio) ** passed
        return with_decline(moved, self.rho * (year - self.middle))


def with_decline(ratio: Floats, decline: float) -> Floats:
    """Ratios whose hazards from `DRIFT_AGE` are lower by a log ``decline``."""
    moved = ratio.copy()
    moved[..., DRIFT_AGE:] = np.exp(np.log(ratio[..., DRIFT_AGE:]) * np.exp(-decline))
    return moved


def direct_ratios(
    persons: Floats, births: Floats, steps: slice | NDArray[np.int64] = slice(None)
) -> tuple[Floats, Floats]:
    """Ratios pooled over consecutive years, and their numerators.

    Parameters
    ----------
    persons : ndarray (A, T, 2, 101)
        Persons at the ends of T consecutive years of one census base.
    births : ndarray (A, T, 2)
        Births of the same years (those of the first are not used).
    steps : slice or int array
        Positions of the transitions that are pooled; a table of several bases leaves out those between them.

    Returns
    -------
    ratio, reached : ndarray (A, 2, 101)
        1 where nobody could have reached the age; less than one person, which only a split of groups has, is nobody.
    """
    source = cohort_source(persons[:, :-1], births[:, 1:])[:, steps].sum(axis=1)
    reached = persons[:, 1:][:, steps].sum(axis=1)
    ratio = np.divide(reached, source, out=np.ones_like(reached), where=(source >= 1) & (reached > 0))
    return ratio, reached


def pool_ratios(direct: Floats, reached: Floats, parent_direct: Floats, parent: Floats) -> Floats:
    """Draw the direct ratios of areas towards those of their parents by empirical Bayes, smoothing over age.

    Parameters
    ----------
    direct, reached : ndarray (A, 2, 101)
        From `direct_ratios`.
    parent_direct : ndarray (A, 2, 101)
        Direct ratios of each area's parent over the same transitions.
    parent : ndarray (A, 2, 101)
        Pooled ratios of each area's parent, over all transitions it has.

    Returns
    -------
    ndarray (A, 2, 101)
    """
    scale, noise = _hazard_scale(parent_direct), 1.0 / np.maximum(reached, 1.0)
    level = _level(np.log(direct / parent_direct), noise)
    away = (np.log(direct / parent_direct) - level) / scale
    bandwidth = _best_bandwidth(away, noise / scale**2)
    smooth, smooth_noise = _smooth_with_noise(away, noise / scale**2, bandwidth)
    between = np.maximum((smooth**2 - smooth_noise).mean(axis=(0, 1)), 0.0)
    between = smooth_over_age(between, np.ones_like(between), 3.0)
    return parent * np.exp(
        np.clip(level + scale * between / (between + smooth_noise) * smooth, -MOST_APART, MOST_APART)
    )


def _level(away: Floats, noise: Floats) -> Floats:
    """What all ages of an area under `DRIFT_AGE` have in common, drawn to zero by its own small noise.

    One age alone shows little of it, so that drawing each age to the parent would lose most of an area's migration.
    """
    young = (AGES > 0) & (AGES < DRIFT_AGE)
    weight = young / noise
    total = weight.sum(axis=(1, 2), keepdims=True)
    level = (weight * away).sum(axis=(1, 2), keepdims=True) / total
    between = max(float((level**2 - 1 / total).mean()), 0.0)
    return young * level * between / (between + 1 / total)


def _hazard_scale(parent: Floats) -> Floats:
    """Unit in which areas differ: the parents' mean hazard from `DRIFT_AGE`, one constant before.

    Old-age mortality differs by a factor, so the log ratio grows with age; smoothed as it is, the many younger would
    pull the few oldest towards no difference.
    """
    hazard = np.maximum(-np.log(parent), 0.0).mean(axis=0, keepdims=True)
    least = np.maximum(hazard[..., DRIFT_AGE : DRIFT_AGE + 5].mean(axis=-1, keepdims=True), 1e-6)
    return np.where(AGES >= DRIFT_AGE, np.maximum(hazard, least), least)


def with_mortality(ratio: Floats, relative: Floats) -> Floats:
    """Ratios of areas whose mortality is ``relative`` times the given one: hazards from `DRIFT_AGE` are multiplied.

    Parameters
    ----------
    ratio : ndarray (A, 2, 101)
    relative : ndarray (A,)
    """
    hazard = np.maximum(-np.log(ratio), 0.0) * (AGES >= DRIFT_AGE)
    return ratio * np.exp(-hazard * (relative[:, None, None] - 1))


def _smooth_with_noise(away: Floats, noise: Floats, bandwidth: float) -> tuple[Floats, Floats]:
    """Smooth ages 1.. only: births come from another count, so age 0 stands alone."""
    smooth, smooth_noise = away.copy(), noise.copy()
    kernel = _kernel(bandwidth)
    weight = 1.0 / noise[..., 1:]
    total = weight @ kernel
    smooth[..., 1:] = (away[..., 1:] * weight) @ kernel / total
    smooth_noise[..., 1:] = weight @ kernel**2 / total**2
    return smooth, smooth_noise


def _kernel(bandwidth: float) -> Floats:
    ages = AGES[1:]
    return np.exp(-0.5 * ((ages[:, None] - ages[None, :]) / bandwidth) ** 2)


def _best_bandwidth(away: Floats, noise: Floats) -> float:
    """Width of the kernel with which each sex tells the other's ratios best: what is not noise, both have."""
    weight = 1.0 / noise[..., 1:]

    def error(bandwidth: float) -> float:
        smooth, _ = _smooth_with_noise(away, noise, bandwidth)
        return float((weight * (away - smooth[:, ::-1])[..., 1:] ** 2).sum())

    return min(BANDWIDTHS, key=error)
