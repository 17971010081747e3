"""From returns to capacity: several returns of one service add up, and old homes count as the law says.

- Places of homes for older people count as residential care for older people (ЗСУ § 35): the code of a service that
  ``reference.service`` counts as another one becomes that one's, the reported code is kept beside it.
- Homes that must close (ЗСУ § 33-34, ``closes_on``) keep their row and their residents, and offer no free place.
- A service without users for three months is to be ended (ЗСУ 58): ``empty_months`` counts from the day that
  the return names; without it only the empty end of the period is known.
- Project money of several returns ends when the first of them ends.
- An unknown part makes the sum unknown: ``waiting`` is NULL when one of the added returns does not report it.
"""

import numpy as np
import pandas as pd

from ossu_analysis.reference.services import closing_services, counted_as
from ossu_analysis.status import STATUSES
from ossu_analysis.texts import text

_KEY = ["municipality_code", "service_code", "period_start", "period_end"]
_COUNTS = ["places", "occupied", "waiting", "approved", "map_number", "staff_posts", "staff_filled", "services_count"]
_TEXTS = ["funding_type", "source_id", "source_class", "reported_service_code", "mobile_to"]
_DAYS = {"funding_end": "min", "empty_since": "max"}
PAID_BY_STATE = "state_delegated|mixed"
"""Kinds of funding of which the state pays all or a part."""

MONTHS_EMPTY = 3
"""Months without users after which a service ends by decision of the council (ЗСУ 58)."""


def current_capacity(returns: pd.DataFrame, service: pd.DataFrame) -> pd.DataFrame:
    """Capacity per municipality, service and period, as table ``capacity.current``.

    Parameters
    ----------
    returns : DataFrame
        ``collection.return``.
    service : DataFrame
        ``reference.service``: which services close and which are counted as others.

    Returns
    -------
    DataFrame
        Sorted by municipality, service and period; one row each.
    """
    rows = returns.rename(columns={"users": "occupied"})
    counted = rows["service_code"].replace(counted_as(service))
    rows = rows.assign(reported_service_code=rows["service_code"], service_code=counted)
    capacity = _added_up(rows).sort_values(_KEY, ignore_index=True)
    capacity["is_closing"] = capacity["service_code"].isin(list(closing_services(service)))
    capacity["free_places"] = free_places(capacity)
    capacity["is_empty"] = (capacity["occupied"] == 0).fillna(False).astype(bool)
    capacity["empty_months"] = empty_months(capacity)
    capacity["remark"] = _remark(capacity)
    return capacity


def free_places(capacity: pd.DataFrame) -> "pd.Series[int]":
    """Places that a new user could take: places less occupied, never below 0, none in a closing home."""
    free = (capacity["places"] - capacity["occupied"]).clip(lower=0)
    return free.mask(capacity["is_closing"], 0)


def empty_months(capacity: pd.DataFrame) -> "pd.Series[int]":
    """Whole months without users up to the end of the period; NULL where there are users or no day was reported."""
    # The day after the period's end, so that a service empty since 1 October is empty for three months on 31 December.
    ends = pd.to_datetime(capacity["period_end"]) + pd.Timedelta(days=1)
    since = pd.to_datetime(capacity["empty_since"])
    months = (ends.dt.year - since.dt.year) * 12 + (ends.dt.month - since.dt.month) - (ends.dt.day < since.dt.day)
    return months.where(capacity["is_empty"]).clip(lower=0).astype("Int64")


def map_numbers(capacity: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Users by the National Map: the number that an expert gave, else the one in the municipality's last return.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    given : DataFrame
        ``reference.map_number``.

    Returns
    -------
    DataFrame
        municipality_code, service_code, users.
    """
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    reported = capacity[capacity["period_end"].eq(last) & capacity["map_number"].notna()]
    reported = reported.rename(columns={"map_number": "users"})
    key = ["municipality_code", "service_code"]
    both = pd.concat([given[[*key, "users"]], reported[[*key, "users"]]], ignore_index=True)
    return both.astype({"users": float}).drop_duplicates(key, ignore_index=True)


def _added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum of the returns of one municipality, service and period; most have one, and only the others are grouped."""
    several = rows.duplicated(_KEY, keep=False)
    single = rows[~several]
    if not several.any():
        return single[[*_KEY, *_COUNTS, *_TEXTS, *_DAYS, "published_total", "status"]].copy()
    rank = rows["status"].map(STATUSES.index)
    grouped = rows.assign(rank=rank)[several].groupby(_KEY, sort=False)
    counts = grouped[_COUNTS].sum(skipna=False)
    texts = grouped[_TEXTS].agg(_joined)
    flags = pd.DataFrame(
        {
            "published_total": grouped["published_total"].all(),
            "status": grouped["rank"].max().map(lambda worst: STATUSES[worst]),
        }
    )
    days = grouped[list(_DAYS)].agg(_DAYS)
    added = pd.concat([counts, texts, days, flags], axis=1).reset_index()
    return pd.concat([single[added.columns], added], ignore_index=True)


def _joined(column: "pd.Series[str]") -> str | None:
    """Different values divided by „|“, those of lists among them; None without any."""
    return "|".join(sorted({part for value in column.dropna() for part in value.split("|")})) or None


def _remark(capacity: pd.DataFrame) -> "pd.Series[str]":
    # Several returns may be added up; one code that differs from the service's own was counted as it.
    is_moved = capacity["reported_service_code"].ne(capacity["service_code"])
    long_empty = (capacity["empty_months"] >= MONTHS_EMPTY).fillna(False).astype(bool)
    chosen = np.select(
        [capacity["is_closing"], long_empty, capacity["is_empty"], is_moved],
        [text(f"capacity.{reason}") for reason in ("closing", "empty_for_months", "empty", "moved_to_map")],
        default="",
    )
    return pd.Series(chosen, index=capacity.index, dtype="str").replace("", None)
