"""The formulas of a proposal, each once: `line` and `option` call them over columns, the trace with one row."""

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.formula import Formula
from ossu_analysis.gap.formulas import HALF_A_PLACE, Numbers

NOISE = 1e-9
"""Binary noise in a gap of whole persons must not push it over a whole number."""


def missing_places(gap_to_demand_places: Numbers) -> NDArray:
    """Whole places that close a gap; none below half a place, unknown where the gap is."""
    gap = np.asarray(gap_to_demand_places, dtype=float)
    return np.where(gap < HALF_A_PLACE, 0.0, np.ceil(gap - NOISE))


def change(proposed_users: Numbers, existing_places: Numbers) -> Numbers:
    """Places that a decision adds, negative where it takes some away."""
    return proposed_users - existing_places


def proposed_users(existing_places: Numbers, change: Numbers) -> Numbers:
    """Places that a line proposes: those there are and the change."""
    return existing_places + change


def state_funded_users(proposed_users: Numbers, map_number: Numbers) -> NDArray:
    """Proposed users within the National Map (ЗСУ 43(2)); unknown where the map number is."""
    return np.minimum(proposed_users, map_number)


FORMULAS = {
    "proposed_users": Formula(proposed_users, "proposal.rule"),
    "state_funded_users": Formula(state_funded_users, "trace.formula.state_funded_users"),
}
"""Columns of ``proposal.line`` that are made in it; the gap of the same area, service and year is an input."""
