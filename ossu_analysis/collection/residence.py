"""Users of a service by the municipality of their address: who serves whom, as the return of the serving one lists it.

Belongs here: reading the sheet „Потребители по адрес“ of a return. What follows from it for places and for demand is
computed in `capacity.cross_boundary`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ossu_analysis.collection.rows import CodeLists, Row, count_of, municipality_of, service_of, year_of
from ossu_analysis.texts import text

_KEY = ("municipality_code", "service_code", "period_end")
COLUMNS = ("municipality_code", "home_code", "service_code", "period_start", "period_end", "users", "status")


def residence_rows(rows: Iterable[Row], lists: CodeLists, reported: Mapping[tuple[Any, ...], Any]) -> pd.DataFrame:
    """Typed rows of ``collection.residence`` without their source; faults are recorded on the rows.

    Parameters
    ----------
    rows : iterable of Row
        Rows of the sheets that name a municipality of address.
    lists : CodeLists
        Municipalities and services.
    reported : mapping
        Users of the same file by municipality, service and end of period: the addresses may not add up to more.
    """
    listed, first, summed = list[dict[str, object]](), dict[tuple[Any, ...], int](), dict[tuple[Any, ...], int]()
    for row in rows:
        value = _value(row, lists)
        key, users = tuple(value[name] for name in _KEY), value["users"]
        same = (*key, value["home_code"])
        if same in first:
            row.wrong("collection.duplicate_row", "home_code", text("collection.first_row", row=first[same]))
        first.setdefault(same, row.number)
        summed[key] = summed.get(key, 0) + (users if isinstance(users, int) else 0)
        if not pd.isna(reported.get(key)) and summed[key] > reported[key]:
            row.wrong("collection.homes_above_users", "users", f"≤ {reported[key]}", found=str(summed[key]))
        listed.append(value)
    return pd.DataFrame(listed, columns=COLUMNS)


def _value(row: Row, lists: CodeLists) -> dict[str, object]:
    municipality, service, year = municipality_of(row, lists), service_of(row, lists), year_of(row)
    users = count_of(row, "users")
    if users is None and not row.faults:
        row.wrong("collection.missing_value", "users")
    return {
        "municipality_code": municipality,
        "home_code": municipality_of(row, lists, "home_code"),
        "service_code": service,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "users": users or 0,
        "status": "observed",
    }
