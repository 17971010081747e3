"""Many oblasts under one ceiling: the model with fractional places splits money and posts, then each oblast is solved.

The fractional model of the whole country is exact about who should get the money and gives a bound that no plan in
whole places can exceed. Each oblast is then solved in whole places with its share of money, posts and, where travel is
held, of travel; what it leaves goes to the next one. Sharing stays inside the oblast, where agreements are made (ЗСУ
33(3)), in the bound as well as in the plan.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.proposal.allocation.model import (
    RELATIVE_GAP,
    Case,
    Limits,
    Model,
    Plan,
    Relaxed,
    expected_served,
    plan_scores,
    solve,
    total,
    way_total,
)

SLACK = 1e-6
FLOORS = (0.99, 0.97, 0.95, 0.9, 0.8)
"""Shares of the fractional best for the worst-off municipality that are tried as a floor in whole places, in turn."""


def solve_country(
    case: Case,
    limits: Limits,
    goal: str = "served",
    held: Mapping[str, float] | None = None,
    relative_gap: float = RELATIVE_GAP,
) -> Plan | None:
    """Best plan of all oblasts under common ceilings; asked like `ossu_analysis.proposal.allocation.model.solve`.

    Parameters
    ----------
    case, limits : Case, Limits
        All municipalities; ``shared_places`` holds for each oblast.
    goal : {"served", "worst"}
        As in `solve`.
    held : mapping of str to float
        As in `solve`: cost and travel of all oblasts together, the share of the worst-off municipality of any.
    relative_gap : float
        When the search of each oblast ends.

    Returns
    -------
    Plan or None
        Its ``gap`` is measured against the fractional bound of the whole country. None when no plan was found.
    """
    held = dict(held or {})
    case = inside_oblasts(case)
    if "cost" in held:
        limits = replace(limits, budget=min(limits.budget, held.pop("cost")))
    if goal == "worst":
        return _fairest(case, limits, held, relative_gap)
    relaxed = Model(case, limits).relaxed(goal, held)
    if relaxed is None:
        return None
    found, left = [], np.zeros(3)
    for number in np.unique(case.oblast):
        members = np.flatnonzero(case.oblast == number)
        part = part_of(case, members)
        share = _needs_of_relaxed(case, relaxed, members) + left
        kept = held if "travel" not in held else held | {"travel": share[2] + SLACK}
        plan = solve(part, _limits_of(part, limits, share, members), goal, kept, relative_gap)
        if plan is None:
            return None
        found.append((members, plan))
        left = share - np.r_[_needs(part, plan.new_places), plan.scores["travel"]]
    return _together(case, found, relaxed.value)


def _fairest(case: Case, limits: Limits, held: Mapping[str, float], relative_gap: float) -> Plan | None:
    """The highest floor for every municipality that is found in whole places, and its distance from the bound."""
    relaxed = Model(case, limits).relaxed("worst", held)
    if relaxed is None:
        return None
    for share in FLOORS:
        floor = max(limits.least_coverage, share * relaxed.value)
        plan = solve_country(case, limits, "served", {**held, "worst": floor}, relative_gap)
        if plan is not None:
            reached = plan.scores["worst"]
            return replace(plan, goal="worst", gap=max(relaxed.value - reached, 0.0) / max(reached, 1e-9))
    return None


def inside_oblasts(case: Case) -> Case:
    """The case without ways from one oblast to another."""
    inside = case.oblast[:, None] == case.oblast[None, :]
    return replace(case, distance=np.where(inside, case.distance, np.inf))


def part_of(case: Case, members: NDArray) -> Case:
    """The same case for some of the municipalities."""
    return replace(
        case,
        municipalities=[case.municipalities[i] for i in members],
        demand=case.demand[:, members],
        places=case.places[members],
        occupied=case.occupied[members],
        map_number=case.map_number[members],
        criterion=case.criterion[members],
        distance=case.distance[np.ix_(members, members)],
        oblast=case.oblast[members],
    )


def _needs(case: Case, new_places: NDArray) -> NDArray:
    """Money and posts of new places."""
    return np.array([total(new_places, case.unit_cost), total(new_places, case.staff_per_place)])


def _needs_of_relaxed(case: Case, relaxed: Relaxed, members: NDArray) -> NDArray:
    """Money, posts and travel that the fractional plan gives to one oblast."""
    mine = np.isin(relaxed.guest, members)
    travel = way_total(relaxed.kept[mine], case.distance[relaxed.guest[mine], relaxed.host[mine]])
    return np.r_[_needs(part_of(case, members), relaxed.new_places[members]), travel]


def _limits_of(part: Case, limits: Limits, share: NDArray, members: NDArray) -> Limits:
    extra = None if limits.extra_places is None else limits.extra_places[members]
    return replace(
        limits,
        budget=limits.budget if np.isinf(limits.budget) else part.existing_cost + share[0] + SLACK,
        staff=limits.staff if np.isinf(limits.staff) else part.existing_staff + share[1] + SLACK,
        extra_places=extra,
    )


def _together(case: Case, found: list[tuple[NDArray, Plan]], bound: float) -> Plan:
    """The plans of the oblasts, each of which serves most, as one plan of the whole case."""
    new = np.zeros(case.places.shape)
    for members, plan in found:
        new[members] = plan.new_places
    guest, host = (
        np.concatenate([members[getattr(plan, end)] for members, plan in found]) for end in ("guest", "host")
    )
    service, kept = (np.concatenate([getattr(plan, name) for _, plan in found]) for name in ("service", "kept_places"))
    residents = np.zeros(case.places.shape)
    np.add.at(residents, (guest, service), kept)
    served = expected_served(case.demand, residents)
    scores = plan_scores(case, served, new, way_total(kept, case.distance[guest, host]))
    missed = sum(curve.error for row in case.curves for curve in row)
    gap = max(bound + missed - scores["served"], 0.0) / max(scores["served"], 1e-9)
    return Plan(new, guest, host, service, kept, served, scores, "served", gap)
