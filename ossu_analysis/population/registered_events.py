"""Births and deaths registered by area: the jump-off of a hierarchy whose lowest areas have events and estimated ages.

Belongs here: what registers add to counts. An area's walk of fertility or mortality away from the area above it is
found from long differences of log events: with r the log of an area's events over its parent's, Var(r(T) - r(0)) =
T sigma^2 + Poisson noise, weighted by events.
"""

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.age_structure import AgeStructure
from ossu_analysis.population.births import Fertility, estimate_fertility, single_age_schedule
from ossu_analysis.population.cells import AGES, BROAD, Floats, cohort_source, group_index
from ossu_analysis.population.inputs import AgeInputs
from ossu_analysis.population.jump_off import JumpOff, VitalEvents, age_spreads, loss_response, start_spreads
from ossu_analysis.population.mortality import mortality_drift
from ossu_analysis.population.municipality_age import PLACE_AGES, PLACE_SHAPE
from ossu_analysis.population.tree_ratios import AgedAreas

LEAST_YEARS = 3
"""Years of ages from which the residuals of an area tell a spread."""


def prepare_jump_off(structure: AgeStructure) -> JumpOff:
    """Put the estimates of the base year together."""
    inputs, areas = structure.inputs, structure.areas
    persons = structure.cells[:, -1]
    return JumpOff(
        base_year=inputs.base_year,
        root=areas.tree.codes[0],
        leaves=inputs.municipalities,
        groups=inputs.oblasts,
        group_of=inputs.oblast_of,
        # Contiguous, so that sums run in the same order whatever array they are cut from.
        persons=np.ascontiguousarray(persons),
        totals=inputs.totals[:, -1].sum(axis=(1, 2)),
        start_spread=start_spreads(persons, len(inputs.years) - inputs.censuses[-1].first),
        ratios=structure.ratios,
        local=local_ratios(structure),
        events=registered_events(structure),
        response=structure.response,
        loss_response=loss_response(*inputs.across_census(), structure.response),
        age_spread=age_spreads(areas, _compared(inputs, areas), death_shares(inputs)),
    )


def registered_events(structure: AgeStructure) -> VitalEvents:
    """Rates of births and deaths at the base year, and how they walk."""
    inputs = structure.inputs
    fertility, drift = fertility_of(structure), mortality_drift(inputs.expectancy)
    return VitalEvents(
        fertility=fertility,
        mu=structure.mu * death_levels(structure)[:, None, None],
        theta=structure.theta,
        mu_year=float(inputs.years[inputs.recent_steps + 1].mean()),
        rho=structure.ratios.rho,
        epidemics=inputs.epidemics,
        fertility_spread=(fertility.sigma, *walk_spreads(inputs.births.sum(axis=2), inputs.oblast_of)),
        mortality_spread=(drift.sigma, *walk_spreads(inputs.deaths, inputs.oblast_of)),
    )


def _compared(inputs: AgeInputs, areas: AgedAreas) -> list[str]:
    """Oblasts, or planning regions while oblasts have too few years of ages."""
    return list(inputs.oblasts if len(inputs.oblast_years) >= LEAST_YEARS else areas.tree.below[areas.tree.codes[0]])


def death_levels(structure: AgeStructure) -> Floats:
    """Deaths of the oblasts in recent years over those that rates by age give, for the persons in mid-year."""
    inputs, owner = structure.inputs, structure.inputs.oblast_of
    middle = (structure.cells[:, :-1] + structure.cells[:, 1:])[:, inputs.recent_steps].sum(axis=1) / 2
    expected = (middle * structure.mu[owner]).sum(axis=(1, 2)) * structure.theta
    observed = inputs.deaths[:, inputs.recent_steps + 1].sum(axis=1)
    return np.bincount(owner, observed) / np.bincount(owner, expected)


def fertility_of(structure: AgeStructure) -> Fertility:
    """Level of fertility of the country, and local levels of the municipalities."""
    inputs, years = structure.inputs, structure.inputs.on_last_census
    return estimate_fertility(
        women=structure.cells[:, years, 0],
        births=inputs.births[:, years],
        national_women=inputs.national[years, 0],
        national_births=inputs.births[:, years].sum(axis=0),
        schedule=single_age_schedule(inputs.schedule_shares, inputs.schedule_starts),
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


def death_shares(inputs: AgeInputs) -> Floats:
    """Yearly deaths per person of the country by broad age, (6,)."""
    classes = len(BROAD)
    group = group_index(BROAD, np.asarray(inputs.death_starts))
    whole = inputs.death_groups[0].sum(axis=0), inputs.person_groups[0].sum(axis=0)
    return np.bincount(group, whole[0], classes) / np.bincount(group, whole[1], classes)
