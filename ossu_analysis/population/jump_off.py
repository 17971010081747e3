"""Where the simulation starts: persons by area, sex and age, rates, and how uncertain each of them is.

Belongs here: what the simulation needs (`JumpOff`), how it is put together, and the spreads of ages, the same for
every hierarchy. Vital events come from `registered_events` where births and deaths are registered by area, and from
`counts_alone` where nothing but counts is known.

- Ages: what a year does to a broad age class beside the pooled ratio and the total. Country and areas with counted
  ages: from the residuals of the years with ages. Areas whose ages are estimated: c^2 (n / 10000)^-0.4 / 5 a year, n
  inhabitants, c by age (`AGE_ERROR`), plus the binomial noise of survival.

References
----------
.. [1] Rees and Wilson (2023), Population Research and Policy Review 42:91, on uncertainty of small-area ages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.births import Fertility
from ossu_analysis.population.cells import AGES, BROAD, Floats, cohort_source, smooth_over_age, sum_groups
from ossu_analysis.population.epidemic import Epidemics
from ossu_analysis.population.municipality_age import OLD_AGE, OLD_CAP
from ossu_analysis.population.ratios import CohortRatios, direct_ratios
from ossu_analysis.population.tree_ratios import WINDOW, AgedAreas

AGE_ERROR = np.array([0.04, 0.06, 0.045, 0.02, 0.02, 0.02])
"""Sd c of the log error of a broad class of 10,000 inhabitants after five years without ages: fitted on 1,195 European
NUTS 3 regions aged 2014-2019 inside their NUTS 2 regions (Eurostat demo_r_pjangrp3); extrapolated below 11,000."""
LOSS_BANDWIDTH = 2.0
"""Years: the counts are of five-year groups, in which single ages are estimated."""
SIZE_POWER, AGE_ERROR_YEARS, AGE_ERROR_TAILS = -0.4, 5, 4


@dataclass(frozen=True)
class VitalEvents:
    """Births and deaths: rates of the base year and how they move.

    Attributes
    ----------
    fertility : Fertility
        ``local`` by lowest area.
    mu : ndarray (G, 2, 101);  theta : ndarray (M,)
        Death rates of the groups of lowest areas, and the mortality of each lowest area over that of its group.
    mu_year : float
        Year in which the death rates stand.
    rho : float
        Yearly decline of old-age mortality.
    epidemics : Epidemics
        Years in which all areas lose more than these rates say.
    fertility_spread, mortality_spread : tuple of float
        Sds of a year's step of the log level: of the country, of a group beside it, of an area beside its group.
    """

    fertility: Fertility
    mu: Floats
    theta: Floats
    mu_year: float
    rho: float
    epidemics: Epidemics
    fertility_spread: tuple[float, float, float]
    mortality_spread: tuple[float, float, float]


@dataclass(frozen=True)
class JumpOff:
    """Everything the simulation needs to know about the base year.

    Attributes
    ----------
    base_year : int
    root : str
        The area that holds all others.
    leaves : tuple of str, length M
        Lowest areas; those of a group stand together.
    groups : tuple of str, length G
        Areas directly above the leaves, each simulated in one go; a leaf without an area above it is a group itself.
    group_of : int array (M,)
    persons : ndarray (M, 2, 101)
    totals : ndarray (M,)
        Published totals.
    start_spread : ndarray (M, 6)
        Sd of the log error of broad ages in the base year; 0 where they are counted.
    ratios : CohortRatios
        Of the groups.
    local : ndarray (M, 2, 101)
        Ratio of a leaf over that of its group.
    events : VitalEvents
    response, loss_response : ndarray (101,)
        How much each age takes part in a change of the total, and in what a census takes away.
    age_spread : ndarray (2, 6)
        Yearly sd of broad ages: country; groups beside it.
    """

    base_year: int
    root: str
    leaves: tuple[str, ...]
    groups: tuple[str, ...]
    group_of: NDArray[np.int64]
    persons: Floats
    totals: Floats
    start_spread: Floats
    ratios: CohortRatios
    local: Floats
    events: VitalEvents
    response: Floats
    loss_response: Floats
    age_spread: Floats


def loss_response(national: Floats, births: Floats, new_base: NDArray[np.bool_], response: Floats) -> Floats:
    """What the last census took away at each age, relative to what it took of everybody.

    Counts after the census over those before it, a year older by the ratios of the years that follow; births are
    registered, so that nobody is missing at age 0. Ages that gained take no part, ages from 60 at most a quarter: both
    are as in the 2011 correction. Without ages on both sides of a census the loss falls as other changes do.

    Parameters
    ----------
    national : ndarray (T, 2, 101)
    births : ndarray (T, 2)
    new_base : bool array (T,)
    response : ndarray (101,)
    """
    breaks = np.flatnonzero(new_base)
    if not len(breaks) or breaks[-1] == len(national) - 1:
        return response
    at = int(breaks[-1])
    after = slice(at, at + WINDOW + 1)
    ratio, _ = direct_ratios(national[None, after], births[None, after])
    expected = (cohort_source(national[at - 1]) * ratio[0])[:, 1:].sum(axis=0)
    counted = national[at, :, 1:].sum(axis=0)
    taken = np.append(0.0, smooth_over_age(np.log(counted / expected), counted, LOSS_BANDWIDTH))
    relative = np.maximum(taken / np.log(counted.sum() / expected.sum()), 0.0)
    return np.where(AGES < OLD_AGE, relative, np.minimum(relative, OLD_CAP))


def start_spreads(persons: Floats, years: int) -> Floats:
    """Sd of the log error of broad ages that were estimated, ``years`` after the census they rest on.

    Parameters
    ----------
    persons : ndarray (M, 2, 101)
    years : int

    Returns
    -------
    ndarray (M, 6)
    """
    classes = sum_groups(persons.sum(axis=1), BROAD)
    size = (np.maximum(classes.sum(axis=1, keepdims=True), 1) / 1e4) ** SIZE_POWER
    return np.sqrt(AGE_ERROR**2 * size * years / AGE_ERROR_YEARS + 1 / np.maximum(classes, 1))


def age_spreads(areas: AgedAreas, codes: Sequence[str], death_share: Floats) -> Floats:
    """Yearly sd of broad ages beside ratios and totals, of all areas together and of each beyond it, shape (2, 6).

    Parameters
    ----------
    areas : AgedAreas
    codes : sequence of str
        Areas that are compared, over the years in which all of them have ages.
    death_share : ndarray (6,)
        Yearly deaths per person: the binomial noise of a class of one person.
    """
    cells, entrants = (np.stack([of[code] for code in codes]) for of in (areas.cells, areas.entrants))
    known = np.asarray(np.isfinite(cells).all(axis=(0, 2, 3)))
    steps = areas.sound_steps
    return residual_spreads(cells, entrants, death_share, steps[known[steps] & known[steps + 1]])


def residual_spreads(persons: Floats, births: Floats, death_share: Floats, steps: NDArray[np.int64]) -> Floats:
    """Yearly sd of broad ages of all areas together and of each beyond it, shape (2, 6); 0 from under two transitions.

    Parameters
    ----------
    persons : ndarray (A, T, 2, 101)
    births : ndarray (A, T, 2)
    death_share : ndarray (6,)
    steps : int array
        Numbers of the transitions that are compared.
    """
    if len(steps) < 2:
        return np.zeros((2, len(BROAD)))
    ratio, _ = direct_ratios(persons, births, steps)
    expected = cohort_source(persons[:, :-1], births[:, 1:])[:, steps] * ratio[:, None]
    actual = sum_groups(persons[:, 1:][:, steps].sum(axis=2), BROAD)
    residual = np.log(actual / sum_groups(expected.sum(axis=2), BROAD))
    residual -= np.average(residual, axis=-1, weights=actual)[..., None]
    residual *= np.sqrt(residual.shape[1] / (residual.shape[1] - 1))
    country = residual.mean(axis=0)
    own = residual - country
    noise = (1 / np.maximum(actual, 1)).mean(axis=(0, 1)) * death_share
    beyond = np.maximum((own**2).mean(axis=(0, 1)) - noise, 0.0)
    return np.sqrt(np.stack([(country**2).mean(axis=0), beyond]))
