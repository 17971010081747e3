"""Mortality at the highest ages, where counts stop at an open group: a law of age whose level is read off the group.

Belongs here: Kannisto's logistic law [1]_, how the persons of an open group are spread over its ages, and the level
of mortality that leads to the persons who were counted. A year's loss of an open group says how high mortality is in
it; single ages inside it are never read off the data, since nothing there tells them apart.

    hazard(x) = 1 / (1 + exp(-level - SLOPE (x - 80)))
    persons(x) in the open group ~ exp(-growth (x - first)) x survival from its first age to x

References
----------
.. [1] Thatcher, Kannisto and Vaupel (1998), The Force of Mortality at Ages 80 to 120, Odense.
"""

import numpy as np

from ossu_analysis.population.cells import OPEN_AGE, Floats

SLOPE, PIVOT = 0.11, 80
"""Yearly growth of the log odds of the hazard: 0.10-0.12 in the countries of [1]_."""
LOWEST, HIGHEST, USUAL = -5.0, 0.5, -2.6
"""Range of the level, and that of a country of which only one year is known."""
OLDEST, MOST_GROWTH = 125, 0.08


def yearly_survival(level: float, ages: Floats) -> Floats:
    """Share of those of each age who are alive a year later."""
    return np.exp(-1 / (1 + np.exp(-level - SLOPE * (ages - PIVOT))))


def open_shares(level: float, growth: float, first: int) -> Floats:
    """Shares of the ages ``first``..100 (and over) in an open group, (101 - first,)."""
    ages = np.arange(first, OLDEST, dtype=np.float64)
    persons = np.cumprod(np.append(1.0, yearly_survival(level, ages[:-1]) * np.exp(-growth)))
    inside = OPEN_AGE - first
    return np.append(persons[:inside], persons[inside:].sum()) / persons.sum()


def survivors(level: float, source: Floats, first: int) -> Floats:
    """Persons of the ages ``first``..100 a year after ``source``, who could reach each of them.

    The oldest are taken to be as old as the law leaves them in a population that does not grow.
    """
    ages = np.arange(first - 1, OPEN_AGE).astype(float)
    survival = yearly_survival(level, ages)
    oldest = np.arange(OPEN_AGE - 1, OLDEST).astype(float)
    alive = yearly_survival(level, oldest)
    weight = np.cumprod(np.append(1.0, alive[:-1]))
    survival[-1] = (weight @ alive) / weight.sum()
    return source * survival


def level_that_leads_to(counted: float, source: Floats, first: int) -> float:
    """Level at which ``source``, those who could reach the ages from ``first`` on, leaves the persons counted."""
    from scipy.optimize import brentq

    def too_many(level: float) -> float:
        return float(survivors(level, source, first).sum() - counted)

    if too_many(LOWEST) <= 0:
        return LOWEST
    return HIGHEST if too_many(HIGHEST) >= 0 else float(brentq(too_many, LOWEST, HIGHEST))


def spread_open_group(group: Floats, entering: Floats, first: int) -> Floats:
    """Single ages from ``first`` to 100 of an open group over consecutive years.

    Parameters
    ----------
    group : ndarray (T,)
        Persons of the open group.
    entering : ndarray (T,)
        Persons a year younger than its first age.
    first : int

    Returns
    -------
    ndarray (T, 101 - first)
        The same shares in every year.
    """
    if len(group) == 1 or group.min() <= 0:
        return group[:, None] * open_shares(USUAL, 0.0, first)
    growth = float(np.clip(np.log(group[-1] / group[0]) / (len(group) - 1), -MOST_GROWTH, MOST_GROWTH))
    shares, level = open_shares(USUAL, growth, first), USUAL
    for _ in range(3):
        source = np.append(entering[:-1].sum(), group[:-1].sum() * shares[:-1])
        source[-1] += group[:-1].sum() * shares[-1]
        level = level_that_leads_to(float(group[1:].sum()), source, first)
        shares = open_shares(level, growth, first)
    return group[:, None] * shares
