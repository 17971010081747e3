"""Real returns: what stands in ``data/inbox``, checked against the code lists, with every fault of every file at once.

A file with a blocking fault is not used at all, so that half a return never replaces anything; the run goes on with
what is sound, and the faults stand in ``collection.error``. Each file is one or more municipalities; two files may not
report the same municipality, service and year.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ossu_analysis.collection.columns import LEAST, REQUIRED, column_of, is_profile, is_residence, required
from ossu_analysis.collection.profile import COLUMNS as PROFILE
from ossu_analysis.collection.profile import beside_returns, profile_rows
from ossu_analysis.collection.residence import COLUMNS as RESIDENCE
from ossu_analysis.collection.residence import residence_rows
from ossu_analysis.collection.rows import (
    CodeLists,
    Row,
    count_of,
    day_of,
    funding_of,
    municipality_of,
    number_of,
    rows_of,
    served_of,
    service_of,
    year_of,
)
from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK, Fault
from ossu_analysis.store import Store
from ossu_analysis.tabular import Sheet, folded, open_sheets
from ossu_analysis.tabular.personal import personal_data
from ossu_analysis.texts import text

_COUNTS = ("services_count", "places", "users", "waiting", "approved", "map_number")
_POSTS = ("staff_posts", "staff_filled")
_KEY = ["municipality_code", "service_code", "period_end"]
_KINDS = ("returns", "residence", "profile")


@dataclass(frozen=True)
class ReturnFile:
    """What one file holds: returns, users by municipality of address and by sex and age, and its faults."""

    returns: pd.DataFrame
    residence: pd.DataFrame
    profile: pd.DataFrame
    faults: list[Fault]

    @property
    def is_sound(self) -> bool:
        """Whether the file may be used."""
        return not any(fault.severity == BLOCKING for fault in self.faults)


@dataclass(frozen=True)
class Inbox:
    """What the sound files of ``data/inbox`` hold, and every fault of every file.

    Attributes
    ----------
    returns, residence, profile : DataFrame
        ``collection.return``, ``residence`` and ``user_profile`` with status observed; empty without files.
    faults : list of Fault
        Blocking ones (their file is not used), ones to check, and notices.
    """

    returns: pd.DataFrame
    residence: pd.DataFrame
    profile: pd.DataFrame
    faults: list[Fault]


def read_inbox(store: Store, lists: CodeLists) -> Inbox:
    """Read every file of ``data/inbox`` and check it against the code lists."""
    files = _read_files(store, lists)
    sound = [file for file in files if file.is_sound]
    return Inbox(
        _joined("return", [file.returns for file in sound]),
        _joined("residence", [file.residence for file in sound]),
        _joined("user_profile", [file.profile for file in sound]),
        [fault for file in files for fault in file.faults],
    )


def _read_files(store: Store, lists: CodeLists) -> list[ReturnFile]:
    found, reported = list[ReturnFile](), dict[tuple[str, ...], str]()
    for path in _files(store):
        file = read_return(path, path.relative_to(store.root).as_posix(), lists)
        if file.is_sound:
            file.faults.extend(_reported_twice(file.returns, reported))
        if file.is_sound:
            reported |= dict.fromkeys(_keys(file.returns), path.relative_to(store.root).as_posix())
        found.append(file)
    users = {
        key: n for file in found if file.is_sound for key, n in zip(_keys(file.returns), _users(file), strict=True)
    }
    for file in found:
        if file.is_sound and len(file.profile):
            file.faults.extend(beside_returns(file.profile, users, str(file.profile["source_id"].iloc[0])))
    return found


def _joined(table: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    from ossu_analysis.schemas import table_class, validated
    from ossu_analysis.schemas.base import columns

    declared, filled = table_class("collection", table), [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=[info.name for info in columns(declared)])
    return validated(declared, pd.concat(filled, ignore_index=True))


def read_code_lists(store: Store) -> CodeLists:
    """The code lists of ``data/reference``."""
    from ossu_analysis.reference import READERS

    return CodeLists(*(READERS[table](store) for table in ("municipality", "service", "legacy_service")))


def error_table(faults: list[Fault]) -> pd.DataFrame:
    """Faults as table ``collection.error``, one line each, the blocking ones first."""
    order = [BLOCKING, TO_CHECK, NOTICE]
    rows = [
        {
            "municipality_code": fault.municipality_code,
            "file": fault.file,
            "sheet": fault.sheet,
            "row": fault.row,
            "field": fault.column,
            "rule": fault.code,
            "found": fault.found,
            "expected": fault.expected,
            "severity": fault.severity,
            "message": text(fault.code),
            "how_to_fix": text(f"{fault.code}.todo"),
        }
        for fault in sorted(faults, key=lambda fault: (order.index(fault.severity), fault.file, fault.row or 0))
    ]
    names = ["municipality_code", "file", "sheet", "row", "field", "rule", "found", "expected", "severity"]
    table = pd.DataFrame(rows, columns=[*names, "message", "how_to_fix"])
    return table.astype({name: "Int64" if name == "row" else "str" for name in table})


def read_return(path: Path, file: str, lists: CodeLists) -> ReturnFile:
    """What one file holds and what is wrong with it; it is only meant for use when no fault blocks."""
    nothing = pd.DataFrame(columns=_KEY), pd.DataFrame(columns=RESIDENCE), pd.DataFrame(columns=list(PROFILE))
    sheets, faults = open_sheets(path, file, column_of, LEAST)
    if not sheets and not any(fault.severity == BLOCKING for fault in faults):
        labels = ", ".join(text(f"collection.column.{column}") for column in REQUIRED)
        faults.append(Fault("tabular.no_header", file, expected=labels))
    for sheet in sheets:
        personal = list(personal_data(sheet, ()))
        faults += [*personal, *_header_faults(sheet, {fault.column for fault in personal})]
    if any(fault.severity == BLOCKING for fault in faults):
        return ReturnFile(*nothing, faults)
    kinds = {kind: [row for sheet in sheets if _kind(sheet) == kind for row in rows_of(sheet)] for kind in _KINDS}
    rows, homes, ages = (kinds[kind] for kind in _KINDS)
    if not any(kinds.values()):
        return ReturnFile(*nothing, [*faults, Fault("collection.empty_file", file)])
    values = [_values(row, lists) for row in rows]
    _mark_duplicates(rows, values)
    users = {tuple(value[name] for name in _KEY): value["users"] for value in values}
    residence = residence_rows(homes, lists, users).assign(source_id=file)
    profile = profile_rows(ages, lists).assign(source_id=file)
    faults += [fault for row in [*rows, *homes, *ages] for fault in row.faults]
    returns = pd.DataFrame(values).assign(source_id=file) if values else nothing[0]
    return ReturnFile(returns, residence, profile, faults)


def _kind(sheet: Sheet) -> str:
    return _KINDS[1] if is_residence(sheet) else _KINDS[2] if is_profile(sheet) else _KINDS[0]


def _files(store: Store) -> list[Path]:
    if not store.inbox.is_dir():
        return []
    hidden = (".", "~$", "README")
    return sorted(path for path in store.inbox.iterdir() if path.is_file() and not path.name.startswith(hidden))


def _header_faults(sheet: Sheet, told: Collection[str]) -> Iterator[Fault]:
    """Missing, unknown and repeated columns, without unknown ones of which something else was told already."""
    known = [column_of(label) for label in sheet.header]
    ignored = {*map(folded, text("collection.ignored").split("|")), *map(folded, told)}
    for column in required(sheet):
        if column not in known:
            label = text(f"collection.column.{column}")
            yield Fault("collection.missing_column", sheet.file, sheet.name, sheet.header_row, expected=label)
    for label, name in zip(sheet.header, known, strict=True):
        if name is None and label and folded(label) not in ignored:
            yield Fault("collection.unknown_column", sheet.file, sheet.name, sheet.header_row, label, severity=NOTICE)
        if name is not None and known.count(name) > 1:
            yield Fault("collection.repeated_column", sheet.file, sheet.name, sheet.header_row, label)


def _values(row: Row, lists: CodeLists) -> dict[str, object]:
    """Typed values of one row in the columns of ``collection.return``; faults are recorded on the row."""
    municipality, service = municipality_of(row, lists), service_of(row, lists)
    year = year_of(row)
    counts = {column: count_of(row, column) for column in _COUNTS}
    posts = {column: number_of(row, column) for column in _POSTS}
    funding, ends, empty = funding_of(row), day_of(row, "funding_end"), day_of(row, "empty_since")
    _check_counts(row, counts, posts)
    _check_days(row, funding, ends, empty, counts["users"])
    return {
        "municipality_code": municipality,
        "service_code": service,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        **{column: pd.NA if value is None else value for column, value in counts.items()},
        **posts,
        "funding_type": funding,
        "funding_end": ends,
        "mobile_to": served_of(row, lists),
        "empty_since": empty,
        "source_class": "official",
        "published_total": False,
        "status": "observed",
        "note": row.text("note") or None,
    }


def _check_counts(row: Row, counts: dict[str, int | None], posts: dict[str, float | None]) -> None:
    users, places = counts["users"], counts["places"]
    if users is None:
        row.wrong("collection.missing_value", "users")
    if users is not None and places is not None and users > places and not row.text("note"):
        row.wrong("collection.users_above_places", "users", f"≤ {places}")
    filled, wanted = posts["staff_filled"], posts["staff_posts"]
    if filled is not None and wanted is not None and filled > wanted:
        row.wrong("collection.filled_above_posts", "staff_filled", f"≤ {wanted:g}", TO_CHECK)
    approved, mapped = counts["approved"], counts["map_number"]
    if approved is not None and mapped is not None and approved > mapped:
        row.wrong("collection.approved_above_map", "approved", f"≤ {mapped}", TO_CHECK)


def _check_days(row: Row, funding: str | None, ends: str | None, empty: str | None, users: int | None) -> None:
    """Project money ends some day; a service with users is not empty."""
    if funding in ("project", "donation") and ends is None and not row.text("funding_end"):
        row.wrong("collection.no_funding_end", "funding_end", severity=TO_CHECK)
    if ends is not None and funding not in ("project", "donation"):
        row.wrong("collection.end_without_project", "funding_end", severity=TO_CHECK)
    if empty is not None and users:
        row.wrong("collection.empty_with_users", "empty_since", found=f"{empty}, {users}")


def _mark_duplicates(rows: list[Row], values: list[dict[str, object]]) -> None:
    """A second row of the same municipality, service and year names the first."""
    first = dict[tuple[object, ...], int]()
    for row, value in zip(rows, values, strict=True):
        key = tuple(value[name] for name in _KEY)
        if key in first:
            row.wrong("collection.duplicate_row", "service_code", text("collection.first_row", row=first[key]))
        first.setdefault(key, row.number)


def _keys(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(rows[_KEY].itertuples(index=False, name=None))


def _users(file: ReturnFile) -> list[object]:
    return file.returns["users"].tolist() if len(file.returns) else []


def _reported_twice(rows: pd.DataFrame, reported: dict[tuple[str, ...], str]) -> Iterator[Fault]:
    """A fault when an earlier file reports the same municipality, service and year; it names both files."""
    for key in _keys(rows):
        if key in reported:
            municipality, service, period_end = key
            found = f"{service}, {period_end[:4]}"
            yield Fault(
                "collection.reported_twice",
                rows["source_id"].iloc[0],
                found=found,
                expected=reported[key],
                municipality_code=municipality,
            )
            return
