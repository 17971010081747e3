"""Users of a service by sex and age: reading the sheet „Пол и възраст“ of a return.

Belongs here: rows of ``collection.user_profile`` and what must hold of them beside the users of the return. What
follows for the exposed persons is computed in `demand.profile`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from ossu_analysis.collection.rows import (
    OLDEST,
    CodeLists,
    Row,
    age_of,
    count_of,
    municipality_of,
    service_of,
    sex_of,
    year_of,
)
from ossu_analysis.errors import BLOCKING, NOTICE, Fault
from ossu_analysis.texts import text

KEY = ["municipality_code", "service_code", "period_end"]
COLUMNS = (
    *("municipality_code", "service_code", "period_start", "period_end", "sex", "age_from", "age_to", "users"),
    *("status", "sheet", "row"),
)
"""Of the table, without its source, and where the row stands, for faults found beside other files."""


def profile_rows(rows: Iterable[Row], lists: CodeLists) -> pd.DataFrame:
    """Typed rows of ``collection.user_profile`` without their source; faults are recorded on the rows.

    Parameters
    ----------
    rows : iterable of Row
        Rows of the sheets that name sex and age.
    lists : CodeLists
        Municipalities and services.
    """
    listed = list[dict[str, Any]]()
    earlier = dict[tuple[Any, ...], list[tuple[int, int, int]]]()
    for row in rows:
        value = _value(row, lists)
        ages = (value["age_from"], OLDEST if pd.isna(value["age_to"]) else value["age_to"], row.number)
        same = earlier.setdefault((*(value[name] for name in KEY), value["sex"]), [])
        overlapping = [first for begins, ends, first in same if begins <= ages[1] and ages[0] <= ends]
        if overlapping and not row.faults:
            row.wrong("collection.ages_overlap", "age_from", text("collection.first_row", row=overlapping[0]))
        same.append(ages)
        listed.append(value)
    table = pd.DataFrame(listed, columns=list(COLUMNS))
    return table.astype({name: "Int64" for name in ("age_from", "age_to", "users", "row")})


def _value(row: Row, lists: CodeLists) -> dict[str, Any]:
    municipality, service, year = municipality_of(row, lists), service_of(row, lists), year_of(row)
    sex, age_from, age_to = sex_of(row), age_of(row, "age_from"), age_of(row, "age_to")
    if age_from is None and not row.is_faulty("age_from"):
        row.wrong("collection.bad_age", "age_from", f"0-{OLDEST}")
    if age_from is not None and age_to is not None and age_to < age_from:
        row.wrong("collection.bad_age", "age_to", f"≥ {age_from}")
    users = count_of(row, "users")
    if users is None and not row.faults:
        row.wrong("collection.missing_value", "users")
    return {
        "municipality_code": municipality,
        "service_code": service,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "sex": sex,
        "age_from": age_from or 0,
        "age_to": pd.NA if age_to is None else age_to,
        "users": users or 0,
        "status": "observed",
        "sheet": row.sheet.name,
        "row": row.number,
    }


def beside_returns(profile: pd.DataFrame, reported: Mapping[tuple[Any, ...], Any], file: str) -> Iterator[Fault]:
    """Faults of the sums by sex and age beside the users of the returns, of this file or of another.

    Parameters
    ----------
    profile : DataFrame
        Of `profile_rows`, of one file.
    reported : mapping
        Users of all returns by municipality, service and end of period.
    file : str
        How faults name the file.
    """
    for key, rows in profile.groupby(KEY, sort=False):
        municipality, service, period_end = map(str, tuple(key))
        users, summed = reported.get((municipality, service, period_end)), int(rows["users"].sum())
        if users is None:
            code, expected, severity = "collection.profile_without_return", "", BLOCKING
        elif summed > users:
            code, expected, severity = "collection.profile_above_users", f"≤ {users}", BLOCKING
        elif summed < users:
            code, expected, severity = "collection.profile_below_users", str(users), NOTICE
        else:
            continue
        first = rows.iloc[0]
        yield Fault(
            code,
            file,
            str(first["sheet"]),
            int(first["row"]),
            text("collection.column.users"),
            f"{service}, {period_end[:4]}: {summed}",
            expected,
            severity,
            municipality,
        )
