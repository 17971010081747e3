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


def yearly_cost(proposed_users: Numbers, unit_cost: Numbers) -> Numbers:
    """Yearly money for the proposed users, in the currency of the planning year; unknown without a standard."""
    return proposed_users * unit_cost


def staff_posts(proposed_users: Numbers, posts_per_user: Numbers) -> Numbers:
    """Posts for the proposed users; unknown without a standard."""
    return proposed_users * posts_per_user


FORMULAS = {
    "proposed_users": Formula(proposed_users, "proposal.rule"),
    "yearly_cost": Formula(yearly_cost, "trace.formula.line_cost"),
    "staff_posts": Formula(staff_posts, "trace.formula.line_posts"),
    "state_funded_users": Formula(state_funded_users, "trace.formula.state_funded_users"),
}
"""Columns of ``proposal.line`` that are made in it; the gap of the same area, service and year is an input."""
