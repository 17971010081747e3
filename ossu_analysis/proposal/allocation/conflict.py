"""When no plan keeps all limits: which limits conflict, and by how much each would have to give way.

The elastic model lets a limit be broken at a price of one a unit and minimises what is broken. Solved once per limit,
with all others hard, it says how much that limit alone must move, or that it alone does not help; solved once with all
limits elastic, each in shares of itself, it gives a smallest set of moves that helps together.

Chinneck (2008), Feasibility and infeasibility in optimization, chapter 6 (elastic filters).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ossu_analysis.proposal.allocation.model import RELATIVE_GAP, Case, Limits, Model

LIMITS = ("budget", "staff", "caps", "sharing", "coverage")


@dataclass(frozen=True)
class Conflict:
    """How far limits must move for a plan to exist.

    ``alone``: by limit, the least move when only that one gives way; None when it does not help alone. ``together``:
    a smallest set of moves when all may give way.
    """

    alone: dict[str, float | None]
    together: dict[str, float]


def explain_conflict(case: Case, limits: Limits) -> Conflict | None:
    """Which limits to move and by how much; None when a plan exists or no move of these limits helps."""
    present = [name for name in LIMITS if _is_set(name, limits)]
    together = _least_move(case, limits, present)
    if together is None or not together:
        return None
    alone = {name: _least_move(case, limits, [name]) for name in present}
    moves = {name: None if move is None else move.get(name, 0.0) for name, move in alone.items()}
    return Conflict(moves, together)


def _is_set(name: str, limits: Limits) -> bool:
    if name == "coverage":
        return limits.least_coverage > 0
    if name == "caps":
        return True
    return bool(np.isfinite({"sharing": limits.shared_places}.get(name, getattr(limits, name, np.inf))))


def _least_move(case: Case, limits: Limits, elastic: Sequence[str]) -> dict[str, float] | None:
    model = Model(case, limits, elastic)
    objective = np.zeros(model.columns)
    for name, columns in model.elastic_columns.items():
        objective[columns] = 1.0 / _size(name, case, limits)
    whole = slice(0, model.first_segment)
    result = model.minimise(objective, model.bounds(), whole, RELATIVE_GAP)
    if result.x is None:
        return None
    moved = {name: float(result.x[columns].sum()) for name, columns in model.elastic_columns.items()}
    return {name: amount for name, amount in moved.items() if amount > 1e-6}


def _size(name: str, case: Case, limits: Limits) -> float:
    """What a move is measured against, so that money, posts and places weigh alike."""
    caps = limits.caps(case)
    sizes = {
        "budget": limits.budget,
        "staff": limits.staff,
        "sharing": limits.shared_places,
        "caps": float(caps[np.isfinite(caps)].sum()),
        "coverage": 1.0,
    }
    return max(sizes[name], 1.0)
