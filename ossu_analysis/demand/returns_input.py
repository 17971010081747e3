"""Returns and exposed persons as anyone may hand them in, and everything that is wrong with them, named.

Belongs here: reading two tables (CSV or Parquet) and judging rows; no estimation. Faults of the whole table (a missing
column, an unknown group, an old service code that may be several services) stop the work. An impossible row (users
above the exposed persons, a negative waiting list) is named and left out while such rows are few; when they are many,
the tables do not belong together and the work stops.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ossu_analysis.collection.plausibility import is_steep
from ossu_analysis.demand.breaks import series_breaks
from ossu_analysis.demand.panel import SLIP
from ossu_analysis.errors import BLOCKING, NAMED, NOTICE, TO_CHECK, Fault, FaultsFound
from ossu_analysis.tabular import MOST_PERSONS, YEARS, folded_codes, numbers, open_frame, shown, unreadable_codes

RETURNS = ("area_code", "parent_code", "service_code", "year", "users", "places", "waiting")
EXPOSED = ("area_code", "service_code", "year", "persons")
GROUPING = ("sex", "age_from", "age_to")
CODES = ("area_code", "parent_code", "service_code", "sex", "target_group")
NUMBERS = ("year", "users", "places", "waiting", "persons", "draw", "age_from", "age_to")
UNKNOWN_IF_ABSENT = ("places", "waiting")
MAY_BE_ABSENT = ("parent_code", *UNKNOWN_IF_ABSENT)
FEW = 0.05
"""Share of impossible rows up to which they are left out instead of stopping the work."""


@dataclass(frozen=True)
class Handed:
    """Two readable tables and what was found in them.

    Parameters
    ----------
    returns, exposed : pandas.DataFrame
        With numeric columns; impossible rows are left out.
    faults : tuple of Fault
        What was named on the way, none of it blocking.
    """

    returns: pd.DataFrame
    exposed: pd.DataFrame
    faults: tuple[Fault, ...]


def read_handed(
    returns: Path,
    exposed: Path,
    legacy_service: pd.DataFrame | None = None,
    services: Mapping[str, str] | None = None,
    target_groups: Sequence[str] = (),
) -> Handed:
    """Read and judge both tables.

    Parameters
    ----------
    returns, exposed : Path
        CSV or Parquet.
    legacy_service : pandas.DataFrame, optional
        ``reference.legacy_service``: codes and names of the old typology.
    services : mapping of str to str, optional
        Code of a service by what people write for it, in lower case.
    target_groups : sequence of str
        With target groups given, a ``target_group`` of the exposed table must be one of them.

    Raises
    ------
    FaultsFound
        With every blocking fault of both tables.
    """
    known = {said: code for said, code in (services or {}).items() if "," not in code}
    spelling = {name: {} if name != "service_code" else dict(known) for name in CODES}
    spelling["parent_code"] = spelling["area_code"]
    tables = _read(returns, RETURNS, spelling), _read(exposed, EXPOSED, spelling)
    faults = [fault for _, found in tables for fault in found]
    _stop(faults)
    (users, _), (people, _) = tables
    users, found = _mapped(users, legacy_service, set(known.values()), returns.name)
    faults += [*found, *_unknown_groups(people, target_groups, exposed.name)]
    (users, flags), (people, more) = _numeric(users, returns.name), _numeric(people, exposed.name)
    faults += [*flags, *more]
    for table, judge in ((users, _impossible_returns(users, people)), (people, _impossible_exposed(people))):
        name = returns.name if table is users else exposed.name
        faults += _judged(table, judge, name)
    faults += _without_users(users, returns.name)
    faults += [*_doubtful(users, returns.name), *_broken(users, people, returns.name)]
    _stop(faults)
    return Handed(_without_bad(users), _without_bad(people), tuple(faults))


def _stop(faults: Sequence[Fault]) -> None:
    if any(fault.severity == BLOCKING for fault in faults):
        raise FaultsFound(faults)


def _read(path: Path, wanted: Sequence[str], spelling: dict[str, dict[str, str]]) -> tuple[pd.DataFrame, list[Fault]]:
    """One table with its row numbers, codes as text and everything else as cells, and faults of its shape."""
    required = [name for name in wanted if name not in MAY_BE_ABSENT]
    table, faults = open_frame(path, path.name, required, (*MAY_BE_ABSENT, *GROUPING, "target_group", "draw", "remark"))
    if any(fault.severity == BLOCKING for fault in faults):
        return table, faults
    faults += unreadable_codes(table, [name for name in CODES if name in table], path.name)
    for name in wanted:
        if name in UNKNOWN_IF_ABSENT and name not in table:
            table[name] = ""
            faults.append(Fault(f"demand.no_{name}_column", path.name, row=1, column=name, severity=NOTICE))
    for name in CODES:
        if name in table:
            table[name] = folded_codes(table[name], spelling[name])
    return table.assign(bad=False), faults


def _mapped(
    table: pd.DataFrame, legacy: pd.DataFrame | None, known: Collection[str], file: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """Old service codes and names put into today's; one that may be several services is a fault that lists them."""
    if legacy is None:
        return table, []
    faults, today = [], {}
    for code in sorted(set(table["service_code"]) - set(known)):
        old = (legacy[["old_name_bg", "old_abbreviation", "activity_code"]].astype("str") == code).any(axis=1)
        new = sorted(set(legacy.loc[old, "service_code"]))
        row = int(table.loc[table["service_code"] == code, "row"].iloc[0])
        if len(new) > 1:
            facts = {"row": row, "column": "service_code", "found": code, "expected": ", ".join(new)}
            faults.append(Fault("demand.old_service_is_several", file, **facts))
        elif new:
            today[code] = new[0]
            facts = {"row": row, "column": "service_code", "found": code, "expected": new[0], "severity": NOTICE}
            faults.append(Fault("demand.old_service", file, **facts))
        elif known:
            facts = {"row": row, "column": "service_code", "found": code, "severity": NOTICE}
            faults.append(Fault("demand.unknown_service", file, **facts))
    return table.assign(service_code=table["service_code"].replace(today)), faults


def _unknown_groups(people: pd.DataFrame, known: Sequence[str], file: str) -> list[Fault]:
    if "target_group" not in people or not known:
        return []
    wrong = people[~people["target_group"].isin(known)].drop_duplicates("target_group")
    return [
        Fault("demand.unknown_group", file, row=int(row), column="target_group", found=str(group))
        for row, group in zip(wrong["row"], wrong["target_group"], strict=True)
    ]


def _numeric(table: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Numbers as floats, with what could not be read beside them; an empty cell stays unknown."""
    made, faults = table.copy(), list[Fault]()
    for name in NUMBERS:
        if name in made:
            written = made[name].map(shown)
            made[name], problem, found = numbers(table, name, file)
            made[f"{name}_text"], made[f"{name}_problem"] = written.where(problem != ""), problem
            faults += found
    return made, faults


Judgement = tuple[str, str, "pd.Series[bool]", "pd.Series[str] | str"]


def _impossible_returns(users: pd.DataFrame, people: pd.DataFrame) -> Iterator[Judgement]:
    """Code, column, bad rows and what was expected."""
    yield from _not_numbers(users, ("year", "users", "places", "waiting"))
    for name in ("users", "places", "waiting"):
        yield f"demand.negative_{name}", name, users[name] < 0, "0"
    keys = [name for name in ("area_code", "service_code", "year", *GROUPING) if name in users]
    yield "demand.repeated_row", "area_code", users.duplicated(keys, keep="first"), ""
    join = [name for name in keys if name in people]
    rows = people.groupby([*join, "draw"] if "draw" in people else join, dropna=False)["persons"].sum()
    exposed = rows.groupby(level=join, dropna=False).mean().rename("exposed")
    persons = users.join(exposed, on=join)["exposed"]
    yield "demand.no_exposed_row", "area_code", persons.isna() & users["year"].notna(), ""
    for name in ("users", "waiting"):
        yield f"demand.{name}_above_exposed", name, users[name] > persons, persons.map("{:.0f}".format)


def _impossible_exposed(people: pd.DataFrame) -> Iterator[Judgement]:
    yield from _not_numbers(people, ("year", "persons"))
    yield "demand.negative_persons", "persons", people["persons"] < 0, "0"
    keys = [n for n in ("area_code", "service_code", "year", "draw", *GROUPING) if n in people]
    yield "demand.repeated_row", "area_code", people.duplicated(keys, keep="first"), ""


def _not_numbers(table: pd.DataFrame, names: Sequence[str]) -> Iterator[Judgement]:
    for name in names:
        for problem in sorted(set(table[f"{name}_problem"]) - {""}):
            yield problem, name, table[f"{name}_problem"] == problem, ""
        if name in ("year", "persons"):
            yield "demand.missing_number", name, table[name].isna() & (table[f"{name}_problem"] == ""), ""
        yield "tabular.too_many_persons", name, table[name] > MOST_PERSONS, ""
    yield (
        "tabular.year_outside",
        "year",
        ~table["year"].between(*YEARS) & table["year"].notna(),
        "-".join(map(str, YEARS)),
    )
    yield "tabular.not_whole", "year", table["year"] % 1 > 0, ""


def _judged(table: pd.DataFrame, judgements: Iterator[Judgement], file: str) -> list[Fault]:
    """Faults of impossible rows, which are marked bad; blocking when such rows are many."""
    found: list[tuple[str, str, pd.DataFrame, pd.Series[str] | str]] = []
    for code, column, bad, expected in judgements:
        if bad.any():
            table.loc[bad, "bad"] = True
            found.append((code, column, table[bad], expected))
    severity = BLOCKING if table["bad"].mean() > FEW else TO_CHECK
    return [fault for entry in found for fault in _faults(*entry, file, severity)]


def _doubtful(users: pd.DataFrame, file: str) -> list[Fault]:
    """What is possible and unlike the rest is named: parts of persons, and numbers unlike those of the year before.

    Use above places without a remark is also read as „at least“ (places are then not what limits).
    """
    remark = users["remark"].astype("str").str.strip() if "remark" in users else pd.Series("", index=users.index)
    above = (users["users"] > users["places"]) & ~users["bad"] & remark.isin(["", "nan", "None"])
    found = [("demand.users_above_places", "users", above, users["places"].map("{:.0f}".format))]
    rows = users[~users["bad"]].sort_values("year", kind="stable")
    series = [rows[name] for name in ("area_code", "service_code", *GROUPING) if name in rows]
    for name in ("users", "places", "waiting"):
        last = rows.groupby(series, dropna=False)[name].shift()
        steep = is_steep(rows[name], last).reindex(users.index, fill_value=False)
        found.append(("demand.steep_change", name, steep, last.map("≈ {:.0f}".format).reindex(users.index)))
        found.append(("tabular.not_whole", name, (users[name] % 1 > 0) & ~users["bad"], ""))
    return [fault for code, name, where, expected in found if where.any()
            for fault in _faults(code, name, users[where], expected, file, TO_CHECK)]  # fmt: skip


def _without_users(users: pd.DataFrame, file: str) -> list[Fault]:
    """Services of which no number of users is known in any row that may be used."""
    known = users["users"].notna() & ~users["bad"]
    none = sorted(set(users["service_code"]) - set(users.loc[known, "service_code"]))
    return [Fault("demand.no_users", file, column="users", found=code) for code in none]


def _broken(users: pd.DataFrame, people: pd.DataFrame, file: str) -> list[Fault]:
    """Years in which places of a service, or its users, step away from the rest: named, and read as a step."""
    keys = ["area_code", "service_code", "year"]
    usual = users.groupby(["area_code", "service_code"])["users"].transform("median")
    slip = np.abs(np.log((users["users"] + 1) / (usual + 1))) > np.log(SLIP)
    good = users[~users["bad"] & ~slip]
    exposed = people[~people["bad"]].groupby(keys)["persons"].mean()
    both = good.dropna(subset=["users", "places"]).groupby(["service_code", "year"])[["users", "places"]].sum()
    rate = good.groupby(keys)[["users"]].sum().join(exposed, how="inner").groupby(["service_code", "year"]).sum()
    rate = rate.rename(columns={"users": "asking", "persons": "users"})
    found = pd.concat(
        [series_breaks(both.reset_index(), ("places",)), series_breaks(rate.reset_index(), ("asking",))],
        ignore_index=True,
    )
    return [
        Fault(
            "demand.places_break" if row.measure == "places" else "demand.users_break",
            file,
            column="places" if row.measure == "places" else "users",
            found=f"{row.service_code}: {row.before:.0f} ({row.year_before}) → {row.after:.0f} ({row.year})",
            severity=TO_CHECK,
        )
        for row in found.itertuples()
    ]


def _faults(
    code: str, column: str, rows: pd.DataFrame, expected: "pd.Series[str] | str", file: str, severity: str
) -> list[Fault]:
    """A fault for each of the first rows; the last of them stands for the rest too."""
    made, first = [], rows.head(NAMED)
    limits = [expected] * len(first) if isinstance(expected, str) else expected.loc[first.index].tolist()
    for at, (limit, (_, row)) in enumerate(zip(limits, first.iterrows(), strict=True), 1):
        number = row.get(column)
        written = row.get(f"{column}_text")
        shown = written if isinstance(written, str) else f"{number:g}" if isinstance(number, float) else str(number)
        shown = f"{shown} ({row['area_code']}, {row['service_code']}, {row['year']:.0f})"
        times = 1 + (len(rows) - at if at == len(first) else 0)
        made.append(Fault(code, file, "", int(row["row"]), column, shown, limit, severity, times=times))
    return made


def _without_bad(table: pd.DataFrame) -> pd.DataFrame:
    kept = table[~table["bad"]].drop(columns=["bad", *(n for n in table if str(n).endswith(("_text", "_problem")))])
    return kept.assign(year=kept["year"].astype(int)).reset_index(drop=True)
