"""Standards that somebody has set: yearly money for one user of a service, and posts for one user, by decision and day.

Read from ``data/assumptions/standards/unit_costs.yaml`` and ``staffing.yaml``. A decision whose amount nobody has seen
is listed with an empty amount, so that it is named as missing instead of forgotten. Amounts stay in the currency of
their decision and are converted where they are used: leva to the end of 2025, euro from 2026 at the fixed rate.
"""

import datetime
from collections.abc import Iterable
from typing import Literal, TypeVar

from pydantic import Field

from ossu_analysis.inputs import Strict, parse_file
from ossu_analysis.store import Store

FOLDER = "standards"
BGN_PER_EUR = 1.95583
"""Fixed rate of the currency board and of the changeover on 1 January 2026."""

FIRST_EURO_YEAR = 2026


def currency_of(year: int) -> str:
    """Currency of public money in a year: leva to 2025, euro from 2026."""
    return "EUR" if year >= FIRST_EURO_YEAR else "BGN"


def converted(amount: float, currency: str, into: str) -> float:
    """An amount in the other currency at the fixed rate; unchanged when it is the same one.

    Raises
    ------
    ValueError
        For a currency that is neither BGN nor EUR.

    Examples
    --------
    >>> round(converted(3985, "BGN", "EUR"), 2)
    2037.5
    """
    in_leva = {"BGN": 1.0, "EUR": BGN_PER_EUR}
    if currency not in in_leva or into not in in_leva:
        raise ValueError(f"unknown currency: {currency}, {into}")
    return amount * in_leva[currency] / in_leva[into]


class UnitCost(Strict):
    """Money for one user and year, by the act that set it; ``amount`` is None when it has not been seen."""

    service_code: str
    decision: str = ""
    valid_from: datetime.date
    price_year: int
    amount: float | None = Field(gt=0)
    currency: Literal["BGN", "EUR"]
    per: Literal["user_year"]
    source: str = Field(min_length=1)

    def in_currency_of(self, year: int) -> float | None:
        """The amount in the currency of public money in a year; None where it has not been seen."""
        return None if self.amount is None else converted(self.amount, self.currency, currency_of(year))


class StaffStandard(Strict):
    """Posts for one user; ``mode`` tells day from weekly care."""

    service_code: str
    mode: Literal["", "day", "weekly"] = ""
    valid_from: datetime.date
    posts_per_user: float = Field(gt=0)
    source: str = Field(min_length=1)


class _UnitCostFile(Strict):
    unit_costs: tuple[UnitCost, ...]


class _StaffingFile(Strict):
    staff_per_user: tuple[StaffStandard, ...]


def read_unit_costs(store: Store) -> tuple[UnitCost, ...]:
    """Unit costs of all decisions, those with an unseen amount included; empty when the file is not there.

    Raises
    ------
    FaultsFound
        When a key is misspelt or a value is out of range.
    """
    path = store.assumptions / FOLDER / "unit_costs.yaml"
    return parse_file(_UnitCostFile, path, store.root).unit_costs if path.exists() else ()


def read_staffing(store: Store) -> tuple[StaffStandard, ...]:
    """Staffing standards of all services and modes; empty when the file is not there.

    Raises
    ------
    FaultsFound
        When a key is misspelt or a value is out of range.
    """
    path = store.assumptions / FOLDER / "staffing.yaml"
    return parse_file(_StaffingFile, path, store.root).staff_per_user if path.exists() else ()


Standard = TypeVar("Standard", UnitCost, StaffStandard)


def in_force(standards: Iterable[Standard], day: datetime.date) -> dict[str, Standard]:
    """The newest standard of each service that is in force on a day and has a number."""
    usable = [entry for entry in standards if entry.valid_from <= day and getattr(entry, "amount", 0) is not None]
    return {entry.service_code: entry for entry in sorted(usable, key=lambda entry: entry.valid_from)}
