"""Births from the women of an area: a national schedule by age, a national level and local levels pooled to it.

Belongs here: fertility at the origin and how uncertain its path is.

    B[a, t] = f(t) b[a] sum_x w[x] N[a, F, x, t]                  w sums to 1 over single ages 15..49
    f = births / sum_x w[x] N[F, x] of the country in the last year;   b[a] = (B[a] + k) / (E[a] + k) over three years

E are the births expected at the national level and k = 1 / variance of the true ratio between areas (method of
moments). Single ages of w: monotone spline of the cumulated five-year schedule. The level moves as a random walk
whose yearly sd is that of the log of national births per inhabitant, whose history is the longest; of a random walk
the last value is the best forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ossu_analysis.population.cells import AGES, Floats
from ossu_analysis.population.mortality import pooled_ratio

LEVEL_YEARS = 3
"""Years pooled for the local levels of births, so that small areas have some."""


@dataclass(frozen=True)
class Fertility:
    """Births of an area = ``level`` x ``local[a]`` x sum of ``schedule`` x women.

    Attributes
    ----------
    schedule : ndarray (101,)
        Share of each age in the sum of age-specific rates.
    level : float
        Sum of age-specific rates of the country (children per woman) at the origin.
    local : ndarray (A,)
    sigma : float
        Sd of a year's step of log ``level``.
    boys_share : float
    """

    schedule: Floats
    level: float
    local: Floats
    sigma: float
    boys_share: float


def single_age_schedule(shares: Floats, starts: Sequence[int]) -> Floats:
    """Spread five-year shares of fertility over single ages; sums to 1.

    Parameters
    ----------
    shares : ndarray (G,)
        Share of each group in the sum of rates, in any unit.
    starts : sequence of int, length G
        First ages; groups are five years wide.
    """
    from scipy.interpolate import PchipInterpolator

    knots = np.append(np.asarray(starts, float), starts[-1] + 5.0)
    curve = PchipInterpolator(knots, np.append(0.0, np.cumsum(shares)), extrapolate=False)
    cumulated = np.where(knots[0] > AGES, 0.0, np.where(knots[-1] <= AGES, np.sum(shares), curve(AGES)))
    inside = np.diff(np.append(cumulated, np.sum(shares)))
    return inside / inside.sum()


def estimate_fertility(
    women: Floats, births: Floats, national_women: Floats, national_births: Floats, schedule: Floats, crude: Floats
) -> Fertility:
    """Estimate the level of fertility and its local differences.

    Parameters
    ----------
    women : ndarray (A, T, 101)
        Women by age at the ends of consecutive years, by area; births are measured against the year end before them,
        as they are simulated.
    births : ndarray (A, T, 2)
        Births of the same years by sex; the last three are pooled.
    national_women, national_births : ndarray (T, 101), (T, 2)
    schedule : ndarray (101,)
    crude : ndarray (Y,)
        National births per inhabitant by year, up to the origin; NaN in a year whose population base changed.

    Returns
    -------
    Fertility
    """
    last = slice(-min(LEVEL_YEARS, women.shape[1] - 1), None)
    levels = national_births[1:].sum(axis=1) / (national_women[:-1] @ schedule)
    expected = ((women[:, :-1] @ schedule) * levels)[:, last].sum(axis=1)
    local = pooled_ratio(births[:, last].sum(axis=(1, 2)), expected)
    steps = np.diff(np.log(crude))
    steps = steps[np.isfinite(steps)]
    sigma = float(steps.std(ddof=1)) if len(steps) > 1 else 0.0
    boys = national_births[:, 1].sum() / national_births.sum()
    return Fertility(schedule, float(levels[-1]), local, sigma, float(boys))
