"""Funding cliffs: services on project money, when it ends, whom it leaves, and until when delegation can be asked for.

A service goes on without a gap when the state pays from the month after the project's last one. The state pays what the
annual municipal plan for that calendar year holds (ЗСУ 38, 53), and those plans are voted by the end of August of the
year before (council decisions of 28-29.08.2025 for 2026; the legal date has not been found, so the month is a parameter
of `PLAN_MONTH` and is printed as observed practice). Hence

``last month to apply = August of the year before the first month without project money``
"""

import datetime

import pandas as pd

from ossu_analysis.texts import text

PLAN_MONTH = 8
"""Month in which councils vote the next year's plan (observed practice: Полски Тръмбеш, Лозница, 2025)."""


def first_unfunded_month(end: datetime.date) -> tuple[int, int]:
    """Year and month of the day after a project's last day.

    Examples
    --------
    >>> first_unfunded_month(datetime.date(2027, 12, 31))
    (2028, 1)
    """
    day = end + datetime.timedelta(days=1)
    return day.year, day.month


def last_month_to_apply(end: datetime.date) -> str:
    """Year and month (``2026-08``) by which the service must stand in the municipal plan of the next year.

    Examples
    --------
    >>> last_month_to_apply(datetime.date(2027, 6, 30)), last_month_to_apply(datetime.date(2027, 12, 31))
    ('2026-08', '2027-08')
    """
    return f"{first_unfunded_month(end)[0] - 1}-{PLAN_MONTH:02}"


def funding_cliff_table(capacity: pd.DataFrame, today: datetime.date) -> pd.DataFrame:
    """Cliffs of the services on project money in the last return of each municipality, as ``proposal.funding_cliff``.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    today : date
        Day from which the months to apply are counted.
    """
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    return funding_cliffs(capacity[capacity["period_end"].eq(last)].rename(columns={"occupied": "users"}), today)


def funding_cliffs(projects: pd.DataFrame, today: datetime.date | str) -> pd.DataFrame:
    """Services on project money, the soonest to end first.

    Parameters
    ----------
    projects : DataFrame
        municipality_code, service_code, users, funding_type (``project`` among values divided by „|“), funding_end (ISO
        day, may be missing), status.
    today : date or ISO string
        Day from which ``months_left`` to apply are counted.

    Returns
    -------
    DataFrame
        municipality_code, service_code, funding_end, users, last_month_to_apply, months_left (negative: too late),
        remark, status. A project without an end date is kept and says so.
    """
    on_projects = projects["funding_type"].fillna("").str.split("|").map(lambda kinds: "project" in kinds)
    rows = projects[on_projects].sort_values(["funding_end", "municipality_code", "service_code"], na_position="last")
    ends = [None if pd.isna(end) else datetime.date.fromisoformat(str(end)[:10]) for end in rows["funding_end"]]
    months = [None if end is None else last_month_to_apply(end) for end in ends]
    now = _months(str(today)[:7])
    left = [None if month is None else _months(month) - now for month in months]
    table = rows[["municipality_code", "service_code", "funding_end", "users", "status"]].assign(
        last_month_to_apply=pd.Series(months, index=rows.index, dtype="str"),
        months_left=pd.Series(left, index=rows.index, dtype="Int64"),
        remark=[_remark(months_left) for months_left in left],
    )
    return table.reset_index(drop=True)


def _months(month: str) -> int:
    year, number = month.split("-")
    return 12 * int(year) + int(number)


def _remark(left: int | None) -> str:
    if left is None:
        return text("allocation.cliff.no_end")
    return text("allocation.cliff.late" if left < 0 else "allocation.cliff.in_time", months=abs(left))
