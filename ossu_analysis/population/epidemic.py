"""Epidemics: years in which far more die than is usual, how they are recognised, and how those to come are drawn.

Belongs here: everything that makes such years different. They teach no trend, no ratio and no level of mortality
(`usual_deaths`), and any year to come may be one: four pandemics began in the 101 years from 1918 to 2018, and each is
as likely to be repeated as the others. What they cost is the excess over a usual year's deaths, year by year:

- 1918: 86 % of a year's deaths in 14 European countries (Bulgaria 102 %) [1]_;
- 1957: 1.9 persons of 10,000 a year for three years [2]_, where usually about 100 of 10,000 die;
- 1968: taken as one of the size of 1957, over its two winters [3]_;
- 2009: a tenth of 1957 [2]_, one year.

Epidemics on record up to the base year count as further ones. One that is under way goes on in the course of another
that lasted longer than it has so far, at its own size.

References
----------
.. [1] Ansart et al. (2009), Influenza and Other Respiratory Viruses 3: 99-106.
.. [2] Viboud et al. (2016), Journal of Infectious Diseases 213: 738-745.
.. [3] Viboud et al. (2005), Journal of Infectious Diseases 192: 233-248.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import stream

Floats = NDArray[np.float64]
Course = tuple[float, ...]

PANDEMICS: tuple[Course, ...] = ((0.86,), (0.019, 0.019, 0.019), (0.019, 0.019), (0.0019,))
FIRST_YEAR = 1918
"""The record of pandemics begins here; the chance of another is their number over its years."""
_YEARS_BEFORE, _FEWEST, _EXCEPTIONAL = 10, 5, 3.0
"""Years that tell what deaths are usual, the fewest that can, and the standard deviations beyond which one is not."""
_LEAST_SD, _SMALLEST = 0.01, 0.5


@dataclass(frozen=True)
class Epidemics:
    """What is known of epidemics at the end of a base year.

    Attributes
    ----------
    chance : float
        That one begins in a year.
    courses : tuple of tuple of float
        Those on record: excess deaths by year, over those of a usual year.
    under_way : tuple of float
        The same of one that had not ended in the base year; empty without one.
    """

    chance: float
    courses: tuple[Course, ...]
    under_way: Course


def usual_deaths(deaths: Floats) -> NDArray[np.bool_]:
    """Years whose deaths in the country are not far above those of the usual years before them, as in an epidemic.

    Parameters
    ----------
    deaths : float array (T,)
        Deaths in the country, or their level; NaN where unknown.

    Returns
    -------
    bool array (T,)
        False for a year whose log deaths are more than three standard deviations above the median of the last ten
        usual years; True where fewer than five are known.
    """
    return _excess(deaths)[0]


def _excess(deaths: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Whether each year is usual, and its deaths over those of the usual years before it less one; 0 where unknown."""
    logs, usual, excess = np.log(np.maximum(deaths, _SMALLEST)), np.ones(len(deaths), dtype=bool), np.zeros(len(deaths))
    for at in np.flatnonzero(np.isfinite(deaths)):
        before = logs[:at][usual[:at] & np.isfinite(deaths[:at])][-_YEARS_BEFORE:]
        if len(before) >= _FEWEST:
            above = logs[at] - np.median(before)
            usual[at] = above <= _EXCEPTIONAL * max(float(np.std(before, ddof=1)), _LEAST_SD)
            excess[at] = np.expm1(above)
    return usual, excess


def epidemics(deaths: Floats, base_year: int) -> Epidemics:
    """What deaths by year up to the base year (T,) and the record of pandemics tell of those to come."""
    usual, excess = _excess(deaths)
    ends = np.flatnonzero(np.diff(np.concatenate([[True], usual, [True]]).astype(int)))
    runs = [tuple(excess[first:last].tolist()) for first, last in zip(ends[::2], ends[1::2], strict=True)]
    under_way = runs.pop() if runs and not usual[-1] else ()
    courses = (*PANDEMICS, *runs)
    return Epidemics(len(courses) / max(base_year - FIRST_YEAR + 1, len(courses)), courses, under_way)


def draw_excess(known: Epidemics, horizon: int, draws: int, seed: int) -> Floats:
    """Excess deaths of every year over those of a usual one, (H, draws): the same for all who ask with one seed."""
    generator = stream(seed, "epidemic")
    longest = max(len(course) for course in known.courses)
    table = np.array([[*course, *[0.0] * (longest - len(course))] for course in known.courses])
    begins = generator.random((horizon, draws)) < known.chance
    which = (generator.random((horizon + 1, draws)) * len(table)).astype(int)
    excess = np.zeros((horizon + longest, draws))
    for year in range(horizon):
        excess[year : year + longest] += np.where(begins[year], table[which[year]].T, 0.0)
    past = len(known.under_way)
    if 0 < past < longest:
        # Its size is known; of the others it takes how they went on after as many years.
        went_on = table[:, past:] / np.maximum(table[:, past - 1 : past], _SMALLEST * 1e-6)
        excess[: longest - past] += known.under_way[-1] * went_on[which[-1]].T
    return excess[:horizon]
