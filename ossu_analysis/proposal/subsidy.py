"""Top-down check: what users and standards explain of the state subsidy for social services of each municipality.

``known cost = sum over services with a published standard of users x standard``, for services paid by the state; the
subsidy is the one printed in the State Budget Act. Both are shown in euro at the fixed rate, the originals stay beside.
The difference is the cost of services without a standard, of prices that have moved since, and of everything else; the
table names how many services it stands for and explains no part of it.
"""

import math

import pandas as pd

from ossu_analysis.gap.standards import Standards, UnitCost
from ossu_analysis.status import STATUSES, weakest
from ossu_analysis.texts import text

PAID_BY_STATE = "state_delegated|mixed"
_FUNCTION = "social_services"


def subsidy_check(
    capacity: pd.DataFrame, subsidy_social: pd.DataFrame, standards: Standards, leva_per_euro: float
) -> pd.DataFrame:
    """Subsidy beside the cost that standards explain, as table ``proposal.subsidy_check``.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``; the last period of each municipality counts.
    subsidy_social : DataFrame
        ``sources.subsidy_social``, thousands of the stated currency.
    standards : Standards
        Unit costs per user and year.
    leva_per_euro : float
        Leva for one euro.

    Returns
    -------
    DataFrame
        One row per municipality and budget year; known cost is missing where no service of it has a standard.
    """
    subsidy = subsidy_social[subsidy_social["function"].eq(_FUNCTION)]
    per_euro = subsidy["currency"].map({"EUR": 1.0, "BGN": leva_per_euro})
    subsidy = subsidy.assign(
        subsidy=subsidy["amount_thousand"] * 1000, subsidy_eur=subsidy["amount_thousand"] * 1000 / per_euro
    )
    table = subsidy.merge(_known_costs(capacity, standards, leva_per_euro), on="municipality_code", how="left")
    table["services_without_standard"] = table["services_without_standard"].fillna(0).astype(int)
    table["difference_eur"] = table["subsidy_eur"] - table["known_cost_eur"]
    table["known_share"] = (table["known_cost_eur"] / table["subsidy_eur"]).where(table["subsidy_eur"] > 0)
    table["status"] = table["capacity_status"].fillna(STATUSES[0])
    table["note"] = [_note(row) for row in table.to_dict("records")]
    return table


def euro_rate(assumption: pd.DataFrame) -> float:
    """Leva for one euro, from ``reference.assumption``."""
    return float(assumption.loc[assumption["assumption_id"].eq("euro_rate"), "value"].iloc[-1])


def _known_costs(capacity: pd.DataFrame, standards: Standards, leva_per_euro: float) -> pd.DataFrame:
    """Per municipality: period, users and cost of services with a standard, number of services without one."""
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    paid = capacity["funding_type"].fillna("").str.contains(PAID_BY_STATE)
    rows = capacity[capacity["period_end"].eq(last) & paid]
    costs = rows["service_code"].map(standards.unit_costs)
    priced = costs.notna()
    euro = costs.map(lambda cost: _in_euro(cost, leva_per_euro), na_action="ignore").astype("float64")
    users = rows["occupied"].astype("float64")
    rows = rows.assign(
        users_with_standard=users.where(priced),
        known_cost_eur=users * euro,
        services_without_standard=(~priced).astype(int),
        price_year=costs.map(lambda cost: cost.price_year, na_action="ignore").astype("float64"),
    )
    grouped = rows.groupby("municipality_code")
    added = grouped[["users_with_standard", "known_cost_eur"]].sum(min_count=1)
    return added.assign(
        services_without_standard=grouped["services_without_standard"].sum(),
        price_year=grouped["price_year"].min(),
        period_end=grouped["period_end"].first(),
        capacity_status=grouped["status"].agg(weakest),
    ).reset_index()


def _in_euro(cost: UnitCost, leva_per_euro: float) -> float:
    return (cost.amount or math.nan) / (leva_per_euro if cost.currency == "BGN" else 1.0)


def _note(row: dict) -> str:
    facts = {"unpriced": row["services_without_standard"], "year": row["year"]}
    if pd.isna(row["known_cost_eur"]):
        return text("proposal.subsidy.nothing_known", **facts)
    return text("proposal.subsidy.known", **facts, price_year=int(row["price_year"]), period=row["period_end"][:4])
