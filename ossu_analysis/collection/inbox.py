"""Real returns: what stands in ``data/inbox``, checked against the code lists, with every fault of every file at once.

A file with a blocking fault is not used at all, so that half a return never replaces anything; the run goes on with
what is sound, and the faults stand in ``collection.error``. Each file is one or more municipalities; two files may not
report the same municipality, service and year.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from ossu_analysis.collection.cells import REQUIRED, Sheet, column_of, open_return
from ossu_analysis.collection.settings import FUNDING_TYPES
from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK, Fault
from ossu_analysis.store import Store
from ossu_analysis.texts import text

_KEY_COLUMNS = ("municipality_code", "service_code", "year")
_COUNTS = ("services_count", "places", "users", "waiting")
_POSTS = ("staff_posts", "staff_filled")
_UNKNOWN = ("", "..", "x", "х", "н.д.", "няма данни")
_NONE = ("-", "–", "—")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
"""``1.000`` may be one or one thousand; nobody is asked to guess."""

_TOTALS = ("общо", "всичко", "сума")
_LOOK_ALIKE = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")
_KEY = ["municipality_code", "service_code", "period_end"]


@dataclass(frozen=True)
class CodeLists:
    """The code lists that a return is checked against.

    Parameters
    ----------
    municipality, service, legacy_service : DataFrame
        ``reference.municipality``, ``reference.service`` and ``reference.legacy_service``.
    """

    municipality: pd.DataFrame
    service: pd.DataFrame
    legacy_service: pd.DataFrame

    @cached_property
    def municipalities(self) -> set[str]:
        """Known municipality codes."""
        return set(self.municipality["municipality_code"])

    @cached_property
    def codes_by_name(self) -> dict[str, list[str]]:
        """Municipality codes by name; two are called Бяла."""
        named = self.municipality.groupby(self.municipality["name_bg"].str.lower())["municipality_code"]
        return {str(name): codes for name, codes in named.agg(list).items()}

    @cached_property
    def services(self) -> dict[str, str]:
        """Service code by code and by each of its present names, in lower case."""
        known = dict[str, str]()
        for column in ("name_bg", "short_name_bg", "service_code"):
            known |= dict(zip(self.service[column].str.lower(), self.service["service_code"], strict=True))
        return known

    @cached_property
    def legacy(self) -> dict[str, list[str]]:
        """Service codes by name or abbreviation of the old typology, in lower case."""
        names = [self.legacy_service[column].dropna() for column in ("old_name_bg", "old_abbreviation")]
        pairs = pd.concat(names).to_frame("name").join(self.legacy_service["service_code"])
        pairs = pairs[pairs["name"] != ""]
        grouped = pairs.groupby(pairs["name"].str.lower())["service_code"]
        return {str(name): codes for name, codes in grouped.agg(list).items()}


@dataclass
class _Row:
    """One row of a file on its way to a return: where it stands, its cells by our names, the faults so far."""

    sheet: Sheet
    number: int
    labels: dict[str, str]
    cells: dict[str, str]
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, code: str, column: str = "", expected: str = "", severity: str = BLOCKING, found: str = "") -> None:
        """Record a fault of this row."""
        shown = found or self.cells.get(column, "")
        label = self.labels.get(column, column)
        where = (self.sheet.file, self.sheet.name, self.number, label)
        municipality = self.cells.get("municipality_code", "")
        self.faults.append(Fault(code, *where, shown, expected, severity, municipality))


def read_inbox(store: Store, lists: CodeLists | None = None) -> tuple[pd.DataFrame, list[Fault]]:
    """Sound real returns of ``data/inbox``, and every fault of every file in it.

    Parameters
    ----------
    store : Store
        Project folders.
    lists : CodeLists, optional
        Code lists; without them those of ``data/reference``.

    Returns
    -------
    returns : DataFrame
        Columns of ``collection.return`` with status observed; empty when nothing was handed in.
    faults : list of Fault
        Blocking ones (their file is not used), ones to check, and notices.
    """
    from ossu_analysis.schemas import table_class, validated
    from ossu_analysis.schemas.base import columns

    declared = table_class("collection", "return")
    lists = lists or read_code_lists(store)
    kept, faults, reported = list[pd.DataFrame](), list[Fault](), dict[tuple[str, ...], str]()
    for path in _files(store):
        rows, found = read_return(path, path.relative_to(store.root).as_posix(), lists)
        if not any(fault.severity == BLOCKING for fault in found):
            found = [*found, *_reported_twice(rows, reported)]
        if not any(fault.severity == BLOCKING for fault in found):
            kept.append(rows)
            reported |= dict.fromkeys(_keys(rows), rows["source_id"].iloc[0])
        faults += found
    if not kept:
        return pd.DataFrame(columns=[info.name for info in columns(declared)]), faults
    return validated(declared, pd.concat(kept, ignore_index=True)), faults


def check_inbox(store: Store) -> list[Fault]:
    """Every fault of every file in ``data/inbox``, without using any of it."""
    return read_inbox(store)[1]


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


def read_return(path: Path, file: str, lists: CodeLists) -> tuple[pd.DataFrame, list[Fault]]:
    """Rows of one file and its faults; the rows are only meant for use when no fault blocks."""
    if path.suffix.lower() not in (".csv", ".xlsx"):
        return pd.DataFrame(), [Fault("collection.unsupported_file", file, found=path.suffix, expected="CSV, XLSX")]
    sheets, faults = open_return(path, file)
    rows = [row for sheet in sheets for row in _rows(sheet)]
    for sheet in sheets:
        faults += _header_faults(sheet)
    if any(fault.severity == BLOCKING for fault in faults):
        return pd.DataFrame(), faults
    if not rows:
        return pd.DataFrame(), [*faults, Fault("collection.empty_file", file)]
    values = [_values(row, lists) for row in rows]
    _mark_duplicates(rows, values)
    faults += [fault for row in rows for fault in row.faults]
    return pd.DataFrame(values).assign(source_id=file), faults


def _files(store: Store) -> list[Path]:
    if not store.inbox.is_dir():
        return []
    hidden = (".", "~$", "README")
    return sorted(path for path in store.inbox.iterdir() if path.is_file() and not path.name.startswith(hidden))


def _header_faults(sheet: Sheet) -> Iterator[Fault]:
    known = [column_of(label) for label in sheet.header]
    ignored = text("collection.ignored").split("|")
    for column in REQUIRED:
        if column not in known:
            label = text(f"collection.column.{column}")
            yield Fault("collection.missing_column", sheet.file, sheet.name, sheet.header_row, expected=label)
    for label, name in zip(sheet.header, known, strict=True):
        if name is None and label and label not in ignored:
            yield Fault("collection.unknown_column", sheet.file, sheet.name, sheet.header_row, label, severity=NOTICE)
        if name is not None and known.count(name) > 1:
            yield Fault("collection.repeated_column", sheet.file, sheet.name, sheet.header_row, label)


def _rows(sheet: Sheet) -> Iterator[_Row]:
    """Rows where something is reported: services of the form that were left empty and totals are passed over."""
    named = {column: place for place, label in enumerate(sheet.header) if (column := column_of(label))}
    labels = {column: sheet.header[place] for column, place in named.items()}
    for number, cells in sheet.rows:
        first = next(cell for cell in cells if cell)
        row = {column: cells[place] if place < len(cells) else "" for column, place in named.items()}
        reported = any(cell for column, cell in row.items() if column not in _KEY_COLUMNS)
        if reported and not first.lower().startswith(_TOTALS):
            yield _Row(sheet, number, labels, row)


def _values(row: _Row, lists: CodeLists) -> dict[str, object]:
    """Typed values of one row in the columns of ``collection.return``; faults are recorded on the row."""
    municipality, service = _municipality(row, lists), _service(row, lists)
    year = _year(row)
    counts = {column: _count(row, column) for column in _COUNTS}
    posts = {column: _number(row, column) for column in _POSTS}
    _check_counts(row, counts, posts)
    return {
        "municipality_code": municipality,
        "service_code": service,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        **{column: pd.NA if value is None else value for column, value in counts.items()},
        **posts,
        "funding_type": _funding(row),
        "source_class": "official",
        "published_total": False,
        "status": "observed",
        "note": row.cells.get("note") or None,
    }


def _municipality(row: _Row, lists: CodeLists) -> str:
    said = row.cells["municipality_code"]
    code = said.upper().translate(_LOOK_ALIKE)
    if code not in lists.municipalities:
        row.wrong(
            "collection.unknown_municipality", "municipality_code", ", ".join(lists.codes_by_name.get(said.lower(), []))
        )
        return code
    row.cells["municipality_code"] = code
    return code


def _service(row: _Row, lists: CodeLists) -> str:
    said = row.cells["service_code"]
    for spelling in (said, said.upper().translate(_LOOK_ALIKE)):
        if spelling.lower() in lists.services:
            return lists.services[spelling.lower()]
    candidates = lists.legacy.get(said.lower(), [])
    if not candidates:
        row.wrong("collection.unknown_service", "service_code")
    elif len(candidates) > 1:
        row.wrong("collection.ambiguous_service", "service_code", ", ".join(candidates))
    else:
        row.wrong("collection.legacy_service", "service_code", candidates[0], NOTICE)
    return candidates[0] if candidates else said


def _year(row: _Row) -> int:
    said = row.cells["year"]
    found = re.fullmatch(r"(?:31[.-]12[.-])?((?:19|20)\d\d)(?:-12-31)?(?: ?г\.?)?", said)
    if found:
        return int(found.group(1))
    row.wrong("collection.bad_year", "year")
    return 1900


def _number(row: _Row, column: str) -> float | None:
    """Number in Bulgarian form: spaces between thousands, decimal comma; None for a value that is not known."""
    said = row.cells.get(column, "")
    if said.lower() in _UNKNOWN:
        return None
    if said in _NONE:
        return 0.0
    digits = said.replace(" ", "").replace("'", "")
    if not _NUMBER.fullmatch(digits):
        row.wrong("collection.not_a_number", column)
        return None
    if _AMBIGUOUS.fullmatch(digits):
        row.wrong("collection.ambiguous_number", column)
        return None
    value = float(digits.replace(",", "."))
    if value < 0:
        row.wrong("collection.negative", column)
        return None
    return value


def _count(row: _Row, column: str) -> int | None:
    value = _number(row, column)
    if value is not None and not value.is_integer():
        row.wrong("collection.not_whole", column)
        return None
    return None if value is None else int(value)


def _check_counts(row: _Row, counts: dict[str, int | None], posts: dict[str, float | None]) -> None:
    users, places = counts["users"], counts["places"]
    if users is None and not any(fault.column == row.labels["users"] for fault in row.faults):
        row.wrong("collection.missing_value", "users")
    if users is not None and places is not None and users > places and not row.cells.get("note"):
        row.wrong("collection.users_above_places", "users", f"≤ {places}")
    filled, wanted = posts["staff_filled"], posts["staff_posts"]
    if filled is not None and wanted is not None and filled > wanted:
        row.wrong("collection.filled_above_posts", "staff_filled", f"≤ {wanted:g}", TO_CHECK)


def _funding(row: _Row) -> str | None:
    said = row.cells.get("funding_type", "").lower()
    if said in _UNKNOWN or said in _NONE:
        return None
    known = {text(f"collection.funding.{kind}").lower(): kind for kind in FUNDING_TYPES}
    known |= {kind: kind for kind in FUNDING_TYPES}
    if said not in known:
        expected = ", ".join(text(f"collection.funding.{kind}") for kind in FUNDING_TYPES)
        row.wrong("collection.unknown_funding", "funding_type", expected, TO_CHECK)
    return known.get(said)


def _mark_duplicates(rows: list[_Row], values: list[dict[str, object]]) -> None:
    """A second row of the same municipality, service and year names the first."""
    first = dict[tuple[object, ...], int]()
    for row, value in zip(rows, values, strict=True):
        key = tuple(value[name] for name in _KEY)
        if key in first:
            row.wrong("collection.duplicate_row", "service_code", text("collection.first_row", row=first[key]))
        first.setdefault(key, row.number)


def _keys(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(rows[_KEY].itertuples(index=False, name=None))


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
