"""Vital events from counts alone: the jump-off of a hierarchy for which no births or deaths are registered.

Belongs here: what stands in the place of registers. Children of age 0 are measured against women aged 20-39. Old-age
mortality declines as it did in the root's own ratios, drawn to what is usual when they are few [1]_. A lowest area
without ages has its parent's shares, moved to its total, with the spread that shares of sisters with ages show; when
no sister has ages, that of all areas.

References
----------
.. [1] Kannisto, Lauritsen, Thatcher and Vaupel (1994), Population and Development Review 20.
.. [2] Preston, Heuveline and Guillot (2001), Demography, chapter 9.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.births import Fertility
from ossu_analysis.population.cells import AGES, BROAD, Floats, sum_groups
from ossu_analysis.population.epidemic import epidemics, usual_deaths
from ossu_analysis.population.graduation import national_single_ages, split_groups
from ossu_analysis.population.jump_off import JumpOff, VitalEvents, age_spreads
from ossu_analysis.population.mortality import DRIFT_FROM, DRIFT_TO, MortalityDrift, drift_of_hazard
from ossu_analysis.population.municipality_age import OLD_AGE, OLD_CAP, age_response
from ossu_analysis.population.ratios import CohortRatios
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.population.tree_ratios import WINDOW, AgedAreas, pool_over_tree, sound_steps

MOTHERS = slice(20, 40)
GOMPERTZ = 0.1
"""Yearly growth of the log death rate of adults [2]_."""
DECLINE, DECLINE_SD = 0.0125, 0.005
"""Yearly decline of old-age mortality where counts are too few to tell: mostly 0.5-2 % in 27 countries [1]_."""
USUAL_STEP, STEPS_OF_USUAL = 0.025, 5
"""Sd of a year's step of log old-age mortality (0.02-0.03 in national life tables), and how many steps of a table's own
it weighs as much as: a few quiet years do not say that mortality stands still."""
LEAST_LEVELS, LEAST_AREAS = 4, 5
"""Years and areas from which a slope is worth estimating: its error needs two more."""


def aged_from_groups(
    tree: AreaTree,
    years: NDArray[np.int64],
    new_base: NDArray[np.bool_],
    starts: Sequence[int],
    groups: Mapping[str, Floats],
) -> AgedAreas:
    """Single ages of all areas of one root out of age groups.

    Parameters
    ----------
    tree : AreaTree
        Of one root.
    years, new_base : arrays (T,)
        Years in which the root has ages, and whether each is the first on another census.
    starts : sequence of int
        First ages of the groups; the last is open.
    groups : mapping of str to ndarray (T, 2, G)
        NaN in years without ages.
    """
    bases = np.split(groups[tree.codes[0]], np.flatnonzero(new_base))
    whole = np.concatenate([national_single_ages(base, starts) for base in bases])
    cells = {code: split_groups(counted, starts, whole) for code, counted in groups.items()} | {tree.codes[0]: whole}
    entrants = {code: _mothers(own) for code, own in cells.items()}
    return AgedAreas(
        tree, years, new_base, ~usual_deaths(yearly_losses(whole, new_base)), cells, entrants, {}, starts[-1]
    )


def yearly_losses(whole: Floats, new_base: NDArray[np.bool_]) -> Floats:
    """Level of old-age losses in each year beside the usual decline (T,); NaN where no step leads to it."""
    steps, lost = sound_steps(new_base), np.full(len(whole), np.nan)
    lost[steps + 1] = _old_age_losses(whole, steps) * np.exp(DECLINE * steps)
    return lost


def _mothers(cells: Floats) -> Floats:
    """Women a year earlier who could have the children of age 0, once per sex of the child."""
    mothers = np.zeros(cells.shape[:2])
    mothers[1:] = cells[:-1, 0, MOTHERS].sum(axis=1)[:, None]
    return mothers


def jump_off_from_counts(areas: AgedAreas, totals: Mapping[str, float]) -> JumpOff:
    """Ages, ratios and spreads of one root's areas.

    Parameters
    ----------
    areas : AgedAreas
    totals : mapping of str to float
        Persons in the base year.
    """
    tree = areas.tree
    usable = {
        code: own for code, own in areas.cells.items() if np.isfinite(own[-1]).all() and areas.known_steps(code).size
    }
    pooled = pool_over_tree(areas)
    # Children of age 0 come from the level of fertility, so that their ratio is one.
    ratios = {code: np.concatenate([np.ones((2, 1)), ratio[:, 1:]], axis=1) for code, ratio in pooled.items()}
    groups = tuple(tree.sisters)
    position = {code: at for at, code in enumerate(groups)}
    group_of = np.array([position[tree.parent[leaf] or leaf] for leaf in tree.leaves])
    parents = np.stack([ratios[code] for code in groups])
    persons, start = _leaf_ages(areas, usable, totals)
    drift = _drift(areas.cells[tree.codes[0]], areas.sound_steps)
    response = _response(list(usable.values()))
    complete = [code for code in usable if np.isfinite(usable[code]).all()]
    return JumpOff(
        base_year=int(areas.years[-1]),
        root=tree.codes[0],
        leaves=tree.leaves,
        groups=tuple(f"{code}/" for code in groups),
        group_of=group_of,
        persons=persons,
        totals=persons.sum(axis=(1, 2)),
        start_spread=start,
        ratios=CohortRatios(parents, areas.middle, drift.rho, parents, int(areas.years[-1])),
        local=np.stack([ratios[leaf] / ratios[tree.parent[leaf] or leaf] for leaf in tree.leaves]),
        events=_events(areas, {code: float(ratio[:, 0].sum()) for code, ratio in pooled.items()}, parents, drift),
        response=response,
        loss_response=response,
        age_spread=age_spreads(areas, complete, np.zeros(len(BROAD))),
    )


def _events(areas: AgedAreas, children: Mapping[str, float], ratios: Floats, drift: MortalityDrift) -> VitalEvents:
    """Children per woman of each leaf, and losses from `DRIFT_FROM` as if all of them were deaths."""
    whole, leaves = areas.cells[areas.tree.codes[0]], areas.tree.leaves
    level = np.diff(np.log(whole[1:, :, 0].sum(axis=1) / whole[:-1, 0, MOTHERS].sum(axis=1))[areas.sound_steps])
    sigma = float(level.std(ddof=1)) if len(level) > 1 else 0.0
    schedule = np.isin(AGES, np.arange(MOTHERS.start, MOTHERS.stop)) / 1.0
    boys = float(whole[-1, 1, 0] / whole[-1, :, 0].sum())
    return VitalEvents(
        fertility=Fertility(schedule, 1.0, np.array([children[leaf] for leaf in leaves]), sigma, boys),
        mu=_death_rates(ratios, whole, areas.sound_steps),
        theta=np.ones(len(leaves)),
        mu_year=areas.middle,
        rho=drift.rho,
        epidemics=epidemics(yearly_losses(whole, areas.new_base), int(areas.years[-1])),
        fertility_spread=(sigma, 0.0, 0.0),
        mortality_spread=(drift.sigma, 0.0, 0.0),
    )


def _death_rates(ratios: Floats, whole: Floats, steps: NDArray[np.int64]) -> Floats:
    """Death rates by group, sex and age: losses of the old, and below them Gompertz's law from the root's.

    Counts do not tell deaths of younger persons from migration; rates of adults grow with age as they do nearly
    everywhere [2]_.
    """
    losses = np.maximum(-np.log(ratios[..., 1:]), 0.0)
    rates, old = np.concatenate([losses, losses[..., -1:]], axis=-1), slice(DRIFT_FROM, DRIFT_TO)
    source, reached = whole[:-1][steps][..., old], whole[1:][steps][..., DRIFT_FROM + 1 : DRIFT_TO + 1]
    law = np.exp(GOMPERTZ * (AGES - DRIFT_FROM))
    level = np.maximum((source - reached).sum(axis=(0, 2)), 0.0) / (source * law[old]).sum(axis=(0, 2))
    rates[..., :DRIFT_FROM] = (level[:, None] * law)[None, :, :DRIFT_FROM]
    return rates


def _response(cells: Sequence[Floats]) -> Floats:
    """How much each age takes part when a total moves: as areas differed, or all alike under 60 and less from there."""
    span = min(len(cells[0]) - 1, WINDOW)
    ends = [own[[-1 - span, -1]] for own in cells[1:]]
    known = [both for both in ends if np.isfinite(both).all()]
    if len(known) < LEAST_AREAS or span < 1:
        return np.where(AGES < OLD_AGE, 1.0, OLD_CAP)
    return age_response(np.stack(known)[:, 0], np.stack(known)[:, 1], span)


def _old_age_losses(whole: Floats, steps: NDArray[np.int64]) -> Floats:
    """Persons lost at ages 60-84 in each step, over those who would be at the mean hazard of each age.

    So that waves of cohorts do not look like a change of mortality.
    """
    source = whole[:-1, :, DRIFT_FROM:DRIFT_TO][steps]
    reached = whole[1:, :, DRIFT_FROM + 1 : DRIFT_TO + 1][steps]
    lost = 1 - reached.sum(axis=0) / source.sum(axis=0)
    return np.asarray((source - reached).sum(axis=(1, 2)) / (source * lost).sum(axis=(1, 2)))


def _drift(whole: Floats, steps: NDArray[np.int64]) -> MortalityDrift:
    """Decline of the root's old-age mortality: slope of its log level by year, drawn to `DECLINE` by its own error."""
    level = _old_age_losses(whole, steps)
    usable, logs = steps[level > 0], np.log(level[level > 0])
    if len(logs) < LEAST_LEVELS:
        return MortalityDrift(DECLINE, USUAL_STEP)
    (slope, _), covariance = np.polyfit(usable, logs, 1, cov="unscaled")
    error = (
        covariance[0, 0] * np.var(logs - np.polyval(np.polyfit(usable, logs, 1), usable)) * len(logs) / (len(logs) - 2)
    )
    weight = DECLINE_SD**2 / (DECLINE_SD**2 + error)
    own = len(logs) - 1
    variance = (own * drift_of_hazard(logs).sigma ** 2 + STEPS_OF_USUAL * USUAL_STEP**2) / (own + STEPS_OF_USUAL)
    return MortalityDrift(float(DECLINE - weight * (DECLINE + slope)), float(np.sqrt(variance)))


def _leaf_ages(areas: AgedAreas, usable: Mapping[str, Floats], totals: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Base-year cells of the leaves and the sd of their log error: counted ages, or the shares of the area above."""
    tree, ages = areas.tree, []
    spread, unknown = np.zeros((len(tree.leaves), len(BROAD))), _sister_spread(tree, usable)
    for at, leaf in enumerate(tree.leaves):
        own = areas.cells[leaf][-1] if leaf in areas.cells else np.full((2, len(AGES)), np.nan)
        if not np.isfinite(own).all():
            own = usable[next(code for code in tree.above(leaf) if code in usable)][-1]
            spread[at] = unknown
        ages.append(own * totals[leaf] / max(own.sum(), 1e-9))
    return np.stack(ages), spread


def _sister_spread(tree: AreaTree, cells: Mapping[str, Floats]) -> Floats:
    """Sd, over areas with ages, of the log share of each broad age beside the parent's."""
    away = []
    for code, own in cells.items():
        if tree.parent[code] in cells:
            classes, above = (sum_groups(each[-1].sum(axis=0), BROAD) for each in (own, cells[tree.parent[code]]))
            away.append(np.log(np.maximum(classes, 1) / classes.sum()) - np.log(np.maximum(above, 1) / above.sum()))
    return np.std(away, axis=0) if len(away) > 1 else np.zeros(len(BROAD))
