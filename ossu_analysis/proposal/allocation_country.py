"""Many oblasts under one ceiling: the model with fractional places splits money and posts, then each oblast is solved.

The fractional model of the whole country is exact about who should get the money and gives a bound that no plan in
whole places can exceed. Each oblast is then solved in whole places with its share; what it leaves goes to the next one.
Sharing stays inside the oblast, where agreements are made (ЗСУ 33(3)), in the bound as well as in the plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.proposal.allocation import RELATIVE_GAP, Case, Limits, Model, Plan, solve


@dataclass(frozen=True)
class CountryPlan:
    """Plans by oblast number, the persons they serve, and the most that any plan could serve."""

    plans: Mapping[int, Plan]
    served: float
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the plan can be from the best one, as a share of what it serves."""
        return max(self.bound - self.served, 0.0) / max(self.served, 1e-9)


def solve_country(case: Case, limits: Limits, relative_gap: float = RELATIVE_GAP) -> CountryPlan | None:
    """Expected persons served in all oblasts under common ceilings; None when no plan keeps the limits.

    Parameters
    ----------
    case, limits : Case, Limits
        All municipalities; ``shared_places`` holds for each oblast.
    relative_gap : float
        When the search of each oblast ends.

    Returns
    -------
    CountryPlan or None
        Its ``gap`` is measured against the fractional bound of the whole country.
    """
    inside = case.oblast[:, None] == case.oblast[None, :]
    case = replace(case, distance=np.where(inside, case.distance, np.inf))
    relaxed = Model(case, limits).relaxed("served", {})
    if relaxed is None:
        return None
    plans, left = {}, np.zeros(2)
    for number in np.unique(case.oblast):
        members = np.flatnonzero(case.oblast == number)
        part = part_of(case, members)
        share = _needs(part, relaxed.new_places[members]) + left
        plan = solve(part, _limits_of(part, limits, share, members), "served", None, relative_gap)
        if plan is None:
            return None
        plans[int(number)], left = plan, share - _needs(part, plan.new_places)
    served = sum(plan.scores["served"] for plan in plans.values())
    missed = sum(curve.error for row in case.curves for curve in row)
    cost = sum(plan.scores["cost"] for plan in plans.values())
    return CountryPlan(plans, served, cost, relaxed.value + missed)


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
    return np.array([(new_places * case.unit_cost).sum(), (new_places * case.staff_per_place).sum()])


def _limits_of(part: Case, limits: Limits, share: NDArray, members: NDArray) -> Limits:
    extra = None if limits.extra_places is None else limits.extra_places[members]
    return replace(
        limits,
        budget=limits.budget if np.isinf(limits.budget) else part.existing_cost + share[0] + 1e-6,
        staff=limits.staff if np.isinf(limits.staff) else part.existing_staff + share[1] + 1e-6,
        extra_places=extra,
    )
