"""The standards that a gap is priced with: the newest one of each service, whatever the planning year.

A service without one has no standard, and nothing is computed for it.
"""

import datetime
from dataclasses import dataclass, field

from ossu_analysis.reference.standards import StaffStandard, UnitCost, in_force, read_staffing, read_unit_costs
from ossu_analysis.store import Store

__all__ = ["StaffStandard", "Standards", "UnitCost", "read_standards"]


@dataclass(frozen=True)
class Standards:
    """The newest standard of each service; services without one are absent."""

    unit_costs: dict[str, UnitCost] = field(default_factory=dict)
    staff: dict[str, StaffStandard] = field(default_factory=dict)


def read_standards(store: Store) -> Standards:
    """Standards by service; of several for one service the one valid from the latest date, day care before weekly.

    Raises
    ------
    FaultsFound
        When a key is misspelt or a value is out of range.
    """
    staff = [entry for entry in read_staffing(store) if entry.mode != "weekly"]
    newest = datetime.date.max
    return Standards(in_force(read_unit_costs(store), newest), in_force(staff, newest))
