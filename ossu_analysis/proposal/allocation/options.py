"""Three to five plans of which none is better in everything, what each gives up, and what binds it.

Epsilon-constraint method: one goal is optimised while another is held at a level. The levels come from the plans
themselves: halfway between the plan that serves most and the plan that is best for the worst-off municipality; half of
the new money; half of the travel. Plans that another one equals or beats in every goal are left out.

What one unit more of a limit buys is the difference of two optima of the model with fractional places, solved again
with the limit moved by one unit: those optima are exact, whereas two searches in whole places may differ by their gaps.

Haimes, Lasdon and Wismer (1971), On a bicriterion formulation of the problems of integrated system identification and
system optimization, IEEE Transactions on Systems, Man, and Cybernetics 1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ossu_analysis.proposal.allocation.model import GOALS, RELATIVE_GAP, Case, Limits, Model, Plan, Solver, solve

UNITS = {"budget": 10_000.0, "staff": 1.0, "caps": 1.0, "sharing": 1.0, "reach": 10.0}
"""By how much each limit is moved to see what it is worth: money, posts, users, places, kilometres or minutes."""


@dataclass(frozen=True)
class Binding:
    """A limit that binds: one unit more of it brings ``gain`` of the option's goal; ``cell`` says which cap."""

    limit: str
    unit: float
    gain: float
    cell: tuple[int, int] | None = None


@dataclass(frozen=True)
class AllocationOption:
    """One plan with the levels at which other goals were held, what binds it and what it gives up to the others."""

    code: str
    plan: Plan
    held: Mapping[str, float]
    binding: tuple[Binding, ...] = ()
    gives_up: Mapping[str, float] | None = None


def allocation_options(
    case: Case,
    limits: Limits,
    relative_gap: float = RELATIVE_GAP,
    solver: Solver = solve,
) -> list[AllocationOption]:
    """Non-dominated options under one set of limits, the one that serves most first; empty when nothing is feasible.

    Parameters
    ----------
    case, limits : Case, Limits
        See `ossu_analysis.proposal.allocation.model`.
    relative_gap : float
        When each search ends; see `solve`.
    solver : callable
        `solve`, or `country.solve_country` for many oblasts under one ceiling.

    Returns
    -------
    list of AllocationOption
        At most five; same input, same options.
    """
    found = not_dominated(list(_candidates(case, limits, relative_gap, solver)))
    best = {goal: _best(goal, [option.plan for option in found]) for goal in GOALS} if found else {}
    return [
        replace(
            option,
            binding=what_binds(case, limits, option),
            gives_up={goal: abs(best[goal] - option.plan.scores[goal]) for goal in GOALS},
        )
        for option in found
    ]


def _candidates(case: Case, limits: Limits, relative_gap: float, solver: Solver) -> Iterator[AllocationOption]:
    def option(code: str, goal: str, held: Mapping[str, float]) -> AllocationOption | None:
        plan = solver(case, limits, goal, held, relative_gap)
        return None if plan is None else AllocationOption(code, plan, held)

    most = option("most_served", "served", {})
    if most is None:
        return
    scores = most.plan.scores
    fairest = option("fairest", "worst", {})
    levels = {
        "half_money": {"cost": (scores["cost"] + case.existing_cost) / 2},
        "near_home": {"travel": scores["travel"] / 2},
    }
    if fairest is not None:
        levels = {"between": {"worst": (scores["worst"] + fairest.plan.scores["worst"]) / 2}} | levels
    others = [option(code, "served", held) for code, held in levels.items()]
    yield from (found for found in (most, fairest, *others) if found is not None)


def not_dominated(options: list[AllocationOption]) -> list[AllocationOption]:
    """Options that no other one equals or beats in every goal; of equal ones the first stays."""
    kept: list[AllocationOption] = []
    for position, option in enumerate(options):
        rivals = kept + options[position + 1 :]
        if not any(_beats(rival.plan, option.plan, strictly=rival not in kept) for rival in rivals):
            kept.append(option)
    return kept


def _beats(rival: Plan, plan: Plan, strictly: bool) -> bool:
    ahead = [sign * (rival.scores[goal] - plan.scores[goal]) for goal, sign in GOALS.items()]
    small = [1e-9 * max(abs(plan.scores[goal]), 1.0) for goal in GOALS]
    never_behind = all(step >= -tolerance for step, tolerance in zip(ahead, small, strict=True))
    somewhere_ahead = any(step > tolerance for step, tolerance in zip(ahead, small, strict=True))
    return never_behind and (somewhere_ahead or not strictly)


def _best(goal: str, plans: list[Plan]) -> float:
    values = [plan.scores[goal] for plan in plans]
    return max(values) if GOALS[goal] > 0 else min(values)


def what_binds(case: Case, limits: Limits, option: AllocationOption) -> tuple[Binding, ...]:
    """Limits of which one unit more improves the option's goal, the most valuable first within `UNITS`."""
    goal = option.plan.goal
    today = Model(case, limits).relaxed(goal, option.held)
    if today is None:
        return ()
    found = []
    for name, unit in UNITS.items():
        cell = _dearest_cap(today.cap_price) if name == "caps" else None
        moved = _moved(case, limits, name, unit, cell)
        more = None if moved is None else Model(case, moved).relaxed(goal, option.held)
        gain = 0.0 if more is None else GOALS[goal] * (more.value - today.value)
        if gain > 1e-6:
            found.append(Binding(name, unit, gain, cell))
    return tuple(found)


def _dearest_cap(price: np.ndarray) -> tuple[int, int] | None:
    if price.max(initial=0.0) <= 0:
        return None
    at = np.unravel_index(int(price.argmax()), price.shape)
    return int(at[0]), int(at[1])


def _moved(case: Case, limits: Limits, name: str, unit: float, cell: tuple[int, int] | None) -> Limits | None:
    """The limits with one of them a unit wider; None where it does not exist."""
    if name == "caps":
        if cell is None:
            return None
        extra = np.zeros(case.places.shape) if limits.extra_places is None else limits.extra_places.copy()
        # A cap below the existing places takes effect only above them.
        cap = min(case.map_number[cell], case.criterion[cell]) + extra[cell]
        extra[cell] += unit + max(case.places[cell] - cap, 0.0)
        return replace(limits, extra_places=extra)
    field = {"sharing": "shared_places"}.get(name, name)
    value = getattr(limits, field)
    return None if np.isinf(value) else replace(limits, **{field: value + unit})
