"""Yearly cost per user and staff per user of a service, where somebody has published them.

Read from ``data/assumptions/standards/services.yaml``. A service that is not there has no standard, and nothing is
computed for it; the original amount and currency are kept.
"""

import datetime
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from ossu_analysis.inputs import Strict, parse_file
from ossu_analysis.store import Store

FILE = "standards/services.yaml"


class UnitCost(Strict):
    """Money for one user and year, by the act that set it."""

    service_code: str
    valid_from: datetime.date
    price_year: int
    amount: float = Field(gt=0)
    currency: Literal["BGN", "EUR"]
    per: Literal["user_year"]
    source: str = Field(min_length=1)


class StaffStandard(Strict):
    """Posts for one user."""

    service_code: str
    valid_from: datetime.date
    posts_per_user: float = Field(gt=0)
    source: str = Field(min_length=1)


class _StandardsFile(Strict):
    unit_costs: tuple[UnitCost, ...] = ()
    staff_per_user: tuple[StaffStandard, ...] = ()


@dataclass(frozen=True)
class Standards:
    """The newest standard of each service; services without one are absent."""

    unit_costs: dict[str, UnitCost] = field(default_factory=dict)
    staff: dict[str, StaffStandard] = field(default_factory=dict)


def read_standards(store: Store) -> Standards:
    """Standards by service; of several for one service the one valid from the latest date.

    Raises
    ------
    FaultsFound
        When a key is misspelt or a value is out of range.
    """
    path = store.assumptions / FILE
    if not path.exists():
        return Standards()
    content = parse_file(_StandardsFile, path, store.root)
    costs = sorted(content.unit_costs, key=lambda entry: entry.valid_from)
    staff = sorted(content.staff_per_user, key=lambda entry: entry.valid_from)
    return Standards({entry.service_code: entry for entry in costs}, {entry.service_code: entry for entry in staff})
