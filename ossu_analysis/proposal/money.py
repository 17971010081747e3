"""Money of services: what a standard in force says that users cost, and how that compares with the state's subsidy.

``yearly cost = users x unit cost``, the unit cost being the newest with a known amount that is in force on the day.
Leva to the end of 2025, euro from 2026 at the fixed rate; the original amount and currency stay beside a conversion. A
service without a standard costs nothing that anybody knows: „няма стандарт“, never 0.

The check from above puts users x standard beside the subsidy for social services in the State Budget Act: what the
priced services explain of it. Services without a standard are counted, so a large difference can be read.
"""

import datetime
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ossu_analysis.reference.standards import UnitCost, converted, currency_of, in_force
from ossu_analysis.status import weakest
from ossu_analysis.texts import text


def unit_costs_on(unit_costs: Iterable[UnitCost], day: datetime.date, services: Iterable[str]) -> pd.DataFrame:
    """Unit cost of each service in force on a day, in the currency of that day's year.

    Parameters
    ----------
    unit_costs : iterable of UnitCost
        All decisions, those with an unseen amount included.
    day : date
        Day for which money is reckoned.
    services : iterable of str
        Services to answer for.

    Returns
    -------
    DataFrame
        service_code, unit_cost, currency, original_amount, original_currency, price_year, decision, note, unseen.
        Without a standard ``unit_cost`` is NaN and ``note`` says „няма стандарт“; when a later decision is known but
        its amount is not, ``note`` names it too and ``unseen`` is its number.
    """
    known, currency = tuple(unit_costs), currency_of(day.year)
    found = in_force(known, day)
    rows = [_unit_cost_row(code, found.get(code), known, day, currency) for code in services]
    return pd.DataFrame(rows).astype({"unit_cost": float, "original_amount": float, "price_year": "Int64"})


def _unit_cost_row(
    code: str, entry: UnitCost | None, unit_costs: tuple[UnitCost, ...], day: datetime.date, currency: str
) -> dict[str, object]:
    since = entry.valid_from if entry else datetime.date.min
    unseen = [
        other.decision
        for other in unit_costs
        if other.service_code == code and other.amount is None and since < other.valid_from <= day
    ]
    if entry is None or entry.amount is None:
        note, fields = text("common.no_standard"), dict.fromkeys(_UNIT_COST_FIELDS)
    else:
        note = ""
        amount = converted(entry.amount, entry.currency, currency)
        values = (amount, currency, entry.amount, entry.currency, entry.price_year, entry.decision)
        fields = dict(zip(_UNIT_COST_FIELDS, values, strict=True))
    if unseen:
        note = "; ".join(filter(None, [note, text("allocation.money.unseen", decision=", ".join(unseen))]))
    return {"service_code": code, **fields, "note": note, "unseen": ", ".join(unseen)}


_UNIT_COST_FIELDS = ("unit_cost", "currency", "original_amount", "original_currency", "price_year", "decision")


def priced(lines: pd.DataFrame, unit_costs: pd.DataFrame) -> pd.DataFrame:
    """Lines with ``yearly_cost``, ``currency``, ``price_year`` and ``cost_note``; unknown users cost an unknown amount.

    Parameters
    ----------
    lines : DataFrame
        service_code, users.
    unit_costs : DataFrame
        From `unit_costs_on`.
    """
    standards = unit_costs.set_index("service_code")
    known = lines["service_code"].map(standards["unit_cost"]).astype(float)
    return lines.assign(
        yearly_cost=lines["users"].astype("float64") * known,
        currency=lines["service_code"].map(standards["currency"]),
        price_year=lines["service_code"].map(standards["price_year"]).astype("Int64"),
        cost_note=lines["service_code"].map(standards["note"]).fillna(text("common.no_standard")),
    )


def subsidy_check(users: pd.DataFrame, unit_costs: Iterable[UnitCost], subsidy: pd.DataFrame) -> pd.DataFrame:
    """Users x standard beside the state subsidy for social services, per municipality and budget year.

    Parameters
    ----------
    users : DataFrame
        municipality_code, service_code, users, status: the latest count of each service on state money.
    unit_costs : iterable of UnitCost
        All decisions; those in force on 31 December of the budget year count.
    subsidy : DataFrame
        ``sources.subsidy_social``; rows of function ``social_services`` are used, thousands of their own currency.

    Returns
    -------
    DataFrame
        municipality_code, year, currency, subsidy, users_times_standard, difference (subsidy less users x standard),
        explained_share, priced_users, users_without_standard, services_without_standard, status. Money in whole units
        of the year's currency. A municipality whose users all lack a standard has NULL, not 0.
    """
    costs = tuple(unit_costs)
    rows = subsidy[subsidy["function"] == "social_services"]
    years = [
        _checked_year(users, costs, rows[rows["year"] == year], int(year)) for year in sorted(rows["year"].unique())
    ]
    return pd.concat(years, ignore_index=True)


def _checked_year(
    users: pd.DataFrame, unit_costs: tuple[UnitCost, ...], subsidy: pd.DataFrame, year: int
) -> pd.DataFrame:
    standards = unit_costs_on(unit_costs, datetime.date(year, 12, 31), users["service_code"].unique())
    lines = priced(users, standards)
    has = lines["yearly_cost"].notna()
    lines = lines.assign(
        priced_users=lines["users"].where(has, 0).astype(float),
        users_without_standard=lines["users"].where(~has, 0).astype(float),
        services_without_standard=~has,
    )
    grouped = lines.groupby("municipality_code")
    sums = grouped[["priced_users", "users_without_standard", "services_without_standard"]].sum()
    sums["users_times_standard"] = grouped["yearly_cost"].sum(min_count=1)
    sums["status"] = grouped["status"].agg(weakest)
    table = subsidy[["municipality_code", "year", "currency", "amount_thousand"]].merge(
        sums.reset_index(), on="municipality_code", how="left"
    )
    # Standards come in the currency of the year; a subsidy table may still be printed in the other one.
    rate = np.array([converted(1.0, currency_of(year), into) for into in table["currency"]])
    table["users_times_standard"] = table["users_times_standard"] * rate
    table["subsidy"] = 1000.0 * table.pop("amount_thousand")
    table["difference"] = table["subsidy"] - table["users_times_standard"]
    table["explained_share"] = table["users_times_standard"] / table["subsidy"].where(table["subsidy"] > 0)
    table["status"] = table["status"].fillna("observed")
    return table[_CHECK_COLUMNS]


_CHECK_COLUMNS = ["municipality_code", "year", "currency", "subsidy", "users_times_standard", "difference"]
_CHECK_COLUMNS += ["explained_share", "priced_users", "users_without_standard", "services_without_standard", "status"]
