"""Where the simulation starts: persons by municipality, sex and age, rates, and how uncertain each of them is.

Belongs here: putting the estimates together as `JumpOff`, and the spreads of the shocks, all estimated up to the
base year:

- Fertility and mortality of a country move as random walks (`births`, `mortality`). An oblast's walk away from the
  country and a municipality's away from its oblast are found from long differences of log events: with r the log of
  an area's events over its parent's, Var(r(T) - r(0)) = T sigma^2 + Poisson noise, weighted by events.
- Ages: what a year does to a broad age class beside the pooled ratio and the total. Country and oblasts: from the
  residuals of the years with ages. Municipality: c^2 (n / 10000)^-0.4 / 5 a year, n inhabitants, c by age
  (`AGE_ERROR`), plus the binomial noise of survival.

References
----------
.. [1] Rees and Wilson (2023), Population Research and Policy Review 42:91, on uncertainty of small-area ages.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.age_structure import AgeStructure
from ossu_analysis.population.births import Fertility, estimate_fertility, single_age_schedule
from ossu_analysis.population.cells import (
    AGES,
    BROAD,
    Floats,
    cohort_source,
    group_index,
    smooth_over_age,
    sum_groups,
)
from ossu_analysis.population.inputs import FIRST_YEAR, AgeInputs
from ossu_analysis.population.mortality import mortality_drift
from ossu_analysis.population.municipality_age import DEATH_YEARS, OLD_AGE, OLD_CAP, PLACE_AGES, PLACE_SHAPE
from ossu_analysis.population.ratios import WINDOW, CohortRatios, direct_ratios

AGE_ERROR = np.array([0.04, 0.06, 0.045, 0.02, 0.02, 0.02])
"""Sd c of the log error of a broad class of 10,000 inhabitants after five years without ages: fitted on 1,195 European
NUTS 3 regions aged 2014-2019 inside their NUTS 2 regions (Eurostat demo_r_pjangrp3); extrapolated below 11,000."""
LOSS_BANDWIDTH = 2.0
"""Years: the counts are of five-year groups, in which single ages are estimated."""
SIZE_POWER, AGE_ERROR_YEARS, AGE_ERROR_TAILS = -0.4, 5, 4


@dataclass(frozen=True)
class JumpOff:
    """Everything the simulation needs to know about the base year.

    Attributes
    ----------
    base_year : int
    municipalities, oblasts, regions : tuple of str
    oblast_of, region_of_oblast : int array
    persons : ndarray (M, 2, 101)
    oblast_persons : ndarray (P, 2, 101)
        Published groups in single years.
    totals : ndarray (M, 2)
        Published totals by sex.
    ratios : CohortRatios
        Of the oblasts.
    local : ndarray (M, 2, 101)
        Municipality's ratio over that of its oblast.
    mu : ndarray (P, 2, 101);  theta : ndarray (M,)
    mu_year : float
        Year in which the death rates stand.
    fertility : Fertility
    response, loss_response : ndarray (101,)
        How much each age takes part in a change of the total, and in what a census takes away.
    spread : Spreads
    start_spread : ndarray (M, 6)
        Sd of the log error of broad ages in the base year; 0 where they are counted.
    """

    base_year: int
    municipalities: tuple[str, ...]
    oblasts: tuple[str, ...]
    regions: tuple[str, ...]
    oblast_of: NDArray[np.int64]
    region_of_oblast: NDArray[np.int64]
    persons: Floats
    oblast_persons: Floats
    totals: Floats
    ratios: CohortRatios
    local: Floats
    mu: Floats
    theta: Floats
    mu_year: float
    fertility: Fertility
    response: Floats
    loss_response: Floats
    spread: "Spreads"
    start_spread: Floats


@dataclass(frozen=True)
class Spreads:
    """Sds of yearly shocks: walks of log fertility and mortality by level, and of broad ages by level.

    Attributes
    ----------
    fertility, mortality : tuple of float
        Country, oblast, municipality.
    ages : ndarray (2, 6)
        Broad classes; country and oblast.
    """

    fertility: tuple[float, float, float]
    mortality: tuple[float, float, float]
    ages: Floats


def prepare_jump_off(structure: AgeStructure) -> JumpOff:
    """Put the estimates of the base year together."""
    inputs = structure.inputs
    fertility = _fertility(structure)
    drift = mortality_drift(inputs.expectancy)
    births, deaths = inputs.births.sum(axis=2), inputs.deaths
    return JumpOff(
        base_year=inputs.base_year,
        municipalities=inputs.municipalities,
        oblasts=inputs.oblasts,
        regions=inputs.regions,
        oblast_of=inputs.oblast_of,
        region_of_oblast=inputs.region_of_oblast,
        # Contiguous, so that sums run in the same order here and in another process.
        persons=np.ascontiguousarray(structure.cells[:, -1]),
        oblast_persons=np.ascontiguousarray(inputs.oblast_cells[:, -1]),
        totals=inputs.totals[:, -1].sum(axis=1),
        ratios=structure.ratios,
        local=local_ratios(structure),
        mu=structure.mu * death_levels(structure)[:, None, None],
        theta=structure.theta,
        mu_year=float(inputs.years[1:][-DEATH_YEARS:].mean()),
        fertility=fertility,
        response=structure.response,
        loss_response=loss_response(inputs, structure.response),
        spread=Spreads(
            fertility=(fertility.sigma, *walk_spreads(births, inputs.oblast_of)),
            mortality=(drift.sigma, *walk_spreads(deaths, inputs.oblast_of)),
            ages=age_spreads(inputs),
        ),
        start_spread=start_spreads(structure.cells[:, -1], inputs.base_year - FIRST_YEAR + 1),
    )


def loss_response(inputs: AgeInputs, response: Floats) -> Floats:
    """What the last census took away at each age, relative to what it took of everybody.

    Counts after the census over those before it, a year older by the ratios of the years that follow; births are
    registered, so that nobody is missing at age 0. Ages that gained take no part, ages from 60 at most a quarter: both
    are as in the 2011 correction. Without ages before a census the loss falls as other changes do.
    """
    if inputs.before_census is None or len(inputs.years) < 2:
        return response
    ratio, _ = direct_ratios(inputs.national[None, : WINDOW + 1], inputs.births.sum(axis=0)[None, : WINDOW + 1])
    expected = (cohort_source(inputs.before_census) * ratio[0])[:, 1:].sum(axis=0)
    found = inputs.national[0, :, 1:].sum(axis=0)
    taken = np.append(0.0, smooth_over_age(np.log(found / expected), found, LOSS_BANDWIDTH))
    relative = np.maximum(taken / np.log(found.sum() / expected.sum()), 0.0)
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


def death_levels(structure: AgeStructure) -> Floats:
    """Deaths of the oblasts in the last years over those that rates by age give, for the persons in mid-year."""
    inputs, owner = structure.inputs, structure.inputs.oblast_of
    middle = (structure.cells[:, :-1] + structure.cells[:, 1:])[:, -DEATH_YEARS:].sum(axis=1) / 2
    expected = (middle * structure.mu[owner]).sum(axis=(1, 2)) * structure.theta
    observed = inputs.deaths[:, 1:][:, -DEATH_YEARS:].sum(axis=1)
    return np.bincount(owner, observed) / np.bincount(owner, expected)


def _fertility(structure: AgeStructure) -> Fertility:
    inputs = structure.inputs
    schedule = single_age_schedule(inputs.schedule_shares, inputs.schedule_starts)
    return estimate_fertility(
        women=structure.cells[:, :, 0],
        births=inputs.births,
        national_women=inputs.national[:, 0],
        national_births=inputs.births.sum(axis=0),
        schedule=schedule,
        crude=inputs.crude_births,
    )


def local_ratios(structure: AgeStructure) -> Floats:
    """Ratio of each municipality over its oblast's: local mortality, and students who live where they study.

    A place-bound age keeps its share of the oblast: with s the share of the oblast's persons of an age who live in the
    municipality, the ratio to age x is times (s[x] / s[x-1])^w. Weighted by persons the ratios give the oblast's.
    """
    inputs, cells = structure.inputs, structure.cells[:, -1]
    owner = inputs.oblast_of
    share = _moving_sum(cells) / _moving_sum(inputs.oblast_cells[:, -1])[owner]
    weight = structure.place_weight * np.interp(AGES, PLACE_AGES, PLACE_SHAPE)
    bound = np.ones_like(share)
    safe = np.maximum(share, 1e-9)
    bound[..., 1:] = (safe[..., 1:] / safe[..., :-1]) ** weight[1:]
    local = bound * np.exp(-0.5 * (structure.theta[:, None, None] - 1) * structure.mu[owner])
    source = cohort_source(cells, inputs.births[:, -1])
    weighted = np.stack([(source * local)[owner == o].sum(axis=0) for o in range(len(inputs.oblasts))])
    alone = np.stack([source[owner == o].sum(axis=0) for o in range(len(inputs.oblasts))])
    return local * (alone / np.maximum(weighted, 1e-9))[owner]


def _moving_sum(persons: Floats) -> Floats:
    """Five ages around each age, so that shares of small places do not jump from age to age."""
    padded = np.pad(persons, [(0, 0)] * (persons.ndim - 1) + [(2, 2)], mode="edge")
    return np.sum([padded[..., shift : shift + persons.shape[-1]] for shift in range(5)], axis=0)


def walk_spreads(events: Floats, owner: NDArray[np.int64]) -> tuple[float, float]:
    """Yearly sd of an oblast's walk away from the country, and of a municipality's away from its oblast.

    Parameters
    ----------
    events : ndarray (M, T)
        Births or deaths by municipality and year.
    owner : int array (M,)
        Oblast of each municipality.
    """
    oblasts = np.stack([events[owner == o].sum(axis=0) for o in range(int(owner.max()) + 1)])
    return _walk_spread(oblasts, events.sum(axis=0)[None]), _walk_spread(events, oblasts[owner])


def _walk_spread(events: Floats, parent: Floats) -> float:
    span, third = events.shape[1] - 1, max(1, events.shape[1] // 3)
    first, last = events[:, :third].sum(axis=1), events[:, -third:].sum(axis=1)
    used = (first > 0) & (last > 0)
    parents = np.broadcast_to(parent, events.shape)
    moved = np.log(np.maximum(last, 1) / np.maximum(first, 1))[used]
    moved = moved - np.log(parents[:, -third:].sum(axis=1) / parents[:, :third].sum(axis=1))[used]
    noise = (1 / np.maximum(first, 1) + 1 / np.maximum(last, 1))[used]
    weight = 1 / noise
    excess = (weight * (moved**2 - noise)).sum() / weight.sum()
    return float(np.sqrt(max(excess, 0.0) / max(span - third + 1, 1)))


def age_spreads(inputs: AgeInputs) -> Floats:
    """Yearly sd of broad ages beside ratios and totals, of the country and of oblasts beyond it, shape (2, 6).

    From the oblasts; from the planning regions while oblasts have fewer than three years of ages.
    """
    births, known = inputs.oblast_births(), inputs.oblast_years
    if len(known) > 2:
        persons, births = inputs.oblast_cells[:, known], births[:, known]
    else:
        owner, persons = inputs.region_of_oblast, inputs.region_cells.sum(axis=2)
        births = np.stack([births[owner == r].sum(axis=0) for r in range(len(persons))])
    return residual_spreads(persons, births, _death_share(inputs))


def residual_spreads(
    persons: Floats, births: Floats, death_share: Floats, steps: slice | NDArray[np.int64] = slice(None)
) -> Floats:
    """Yearly sd of broad ages of all areas together and of each beyond it, shape (2, 6); 0 from under three years.

    Parameters
    ----------
    persons : ndarray (A, T, 2, 101)
    births : ndarray (A, T, 2)
    death_share : ndarray (6,)
        Yearly deaths per person: the binomial noise of a class of one person.
    steps : slice or int array
        Positions of the transitions that are compared.
    """
    if len(np.arange(persons.shape[1] - 1)[steps]) < 2:
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


def _death_share(inputs: AgeInputs) -> Floats:
    classes = len(BROAD)
    group = group_index(BROAD, np.asarray(inputs.death_starts))
    whole = inputs.death_groups[0].sum(axis=0), inputs.person_groups[0].sum(axis=0)
    return np.bincount(group, whole[0], classes) / np.bincount(group, whole[1], classes)
