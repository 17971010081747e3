"""The check from above as a table: state subsidy of each municipality beside users x standard, and what is not in it.

The arithmetic is in `money`. Counted are the users of the municipality's last period in services that the state pays,
wholly or partly; project and municipal money is not part of the subsidy.
"""

from collections.abc import Iterable

import pandas as pd

from ossu_analysis.capacity.current import PAID_BY_STATE
from ossu_analysis.proposal.money import subsidy_check
from ossu_analysis.reference.standards import UnitCost
from ossu_analysis.texts import text


def subsidy_table(capacity: pd.DataFrame, subsidy_social: pd.DataFrame, unit_costs: Iterable[UnitCost]) -> pd.DataFrame:
    """Subsidy beside the cost that standards explain, as table ``proposal.subsidy_check``.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    subsidy_social : DataFrame
        ``sources.subsidy_social``.
    unit_costs : iterable of UnitCost
        All decisions, those with an unseen amount included.

    Returns
    -------
    DataFrame
        One row per municipality and budget year; the cost is missing where no service has a standard.
    """
    users = _paid_by_state(capacity)
    table = subsidy_check(users, unit_costs, subsidy_social)
    periods = users.groupby("municipality_code")["period_end"].first()
    table = table.merge(periods.reset_index(), on="municipality_code", how="left")
    table["services_without_standard"] = table["services_without_standard"].astype("Int64")
    table["note"] = [_note(row) for row in table.to_dict("records")]
    return table


def _paid_by_state(capacity: pd.DataFrame) -> pd.DataFrame:
    """Users of each service on state money in the last period of its municipality."""
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    paid = capacity["funding_type"].fillna("").str.contains(PAID_BY_STATE)
    rows = capacity[capacity["period_end"].eq(last) & paid].rename(columns={"occupied": "users"})
    return rows[["municipality_code", "service_code", "users", "period_end", "status"]]


def _note(row: dict) -> str:
    if pd.isna(row["period_end"]):
        return text("proposal.subsidy.no_return")
    facts = {"unpriced": row["services_without_standard"], "period": row["period_end"][:4]}
    return text(f"proposal.subsidy.{'nothing_known' if pd.isna(row['users_times_standard']) else 'known'}", **facts)
