"""One row of a file as typed values: codes, years, numbers, days; every fault is recorded on the row it stands in.

Belongs here: what one cell may look like and what it means. Files and tables are read in `inbox` and `residence`.
"""

import datetime
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from ossu_analysis.collection.columns import column_of
from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK, Fault
from ossu_analysis.funding import FUNDING_TYPES
from ossu_analysis.tabular import Cell, Sheet, Unreadable, number, shown
from ossu_analysis.tabular.cells import code as code_of
from ossu_analysis.tabular.cells import is_unknown
from ossu_analysis.texts import text

KEY_COLUMNS = ("municipality_code", "service_code", "year")
FIRST_YEAR, LAST_YEAR = 1900, 2150
OLDEST = 120
"""Ages above it are slips of the pen."""

MOST = 10_000_000
"""No municipality has so many users, places or posts."""
_DAY = re.compile(r"([0-9]{1,2})[.]([0-9]{1,2})[.]([0-9]{4})( ?\w\.?)?")
_YEAR = re.compile(r"(?:31[.-]12[.-])?([0-9]{4})(?:-12-31)?(?: ?\w\.?)?")


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

    def nearest(self, said: str) -> list[str]:
        """Municipalities whose names are most like a text, with their codes."""
        names = difflib.get_close_matches(said.lower(), self.codes_by_name, cutoff=0.7)
        return [f"{name.title()} ({code})" for name in names for code in self.codes_by_name[name]]

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
class Row:
    """One row of a file on its way to a return: where it stands, its cells by our names, the faults so far."""

    sheet: Sheet
    number: int
    labels: dict[str, str]
    cells: dict[str, Cell]
    faults: list[Fault] = field(default_factory=list)

    def text(self, column: str) -> str:
        """A cell as text; one that cannot be read is a fault and an empty text."""
        cell = self.cells.get(column, "")
        if isinstance(cell, Unreadable):
            self.wrong(cell.reason, column)
            return ""
        return code_of(cell)

    def is_faulty(self, column: str) -> bool:
        """Whether something was wrong with a cell."""
        return any(fault.column == self.labels.get(column, column) for fault in self.faults)

    def wrong(self, code: str, column: str = "", expected: str = "", severity: str = BLOCKING, found: str = "") -> None:
        """Record a fault of this row; of one cell the first."""
        if severity == BLOCKING and column and self.is_faulty(column):
            return
        place = (self.sheet.file, self.sheet.name, self.number, self.labels.get(column, column))
        said = found or shown(self.cells.get(column, ""))
        self.faults.append(
            Fault(code, *place, said, expected, severity, shown(self.cells.get("municipality_code", "")))
        )


def rows_of(sheet: Sheet) -> Iterator[Row]:
    """Rows where something is reported: services of the form that were left empty and totals are passed over."""
    named = {column: place for place, label in enumerate(sheet.header) if (column := column_of(label))}
    labels = {column: sheet.header[place] for column, place in named.items()}
    totals = tuple(text("collection.totals").split("|"))
    for at, cells in sheet.rows:
        first = next((shown(cell) for cell in cells if cell != "" and not isinstance(cell, Unreadable)), "")
        row = {column: cells[place] if place < len(cells) else "" for column, place in named.items()}
        reported = any(cell != "" for column, cell in row.items() if column not in KEY_COLUMNS)
        if reported and not first.lower().startswith(totals):
            yield Row(sheet, at, labels, row)


def area_code(said: str) -> str:
    """A municipality code as typed, with Cyrillic look-alike letters made Latin."""
    look_alike = str.maketrans(*text("collection.look_alike").split("|"))
    return said.upper().translate(look_alike)


def municipality_of(row: Row, lists: CodeLists, column: str = "municipality_code") -> str:
    """Code of a municipality from its code or from a name that only one has; others are answered with the nearest."""
    said = row.text(column)
    named = lists.codes_by_name.get(said.lower(), [])
    code = named[0] if len(named) == 1 else area_code(said)
    if code not in lists.municipalities:
        row.wrong("collection.unknown_municipality", column, ", ".join(named or lists.nearest(said)))
        return code
    row.cells[column] = code
    return code


def served_of(row: Row, lists: CodeLists) -> str | None:
    """Municipalities that a mobile team goes to, beside its own: codes divided by „|“; None without a team."""
    said = row.text("mobile_to")
    if is_unknown(said):
        return None
    codes = [area_code(part) for part in re.split(r"[\s,;|]+", said) if part]
    wrong = [code for code in codes if code not in lists.municipalities]
    if wrong:
        row.wrong("collection.unknown_mobile", "mobile_to", found=", ".join(wrong))
    return "|".join(sorted(set(codes) - {row.cells["municipality_code"]})) or None


def service_of(row: Row, lists: CodeLists) -> str:
    """Code of the service from its code, its name or its only name of before 2020."""
    said = row.text("service_code")
    for spelling in (said, area_code(said)):
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


def year_of(row: Row) -> int:
    """Year reported on, from a year or a 31 December."""
    found = _YEAR.fullmatch(row.text("year"))
    if found and FIRST_YEAR <= int(found.group(1)) <= LAST_YEAR:
        return int(found.group(1))
    row.wrong("collection.bad_year", "year")
    return FIRST_YEAR


def sex_of(row: Row) -> str:
    """F or M."""
    said = row.text("sex").lower()
    for sex in ("F", "M"):
        if said in text(f"collection.sex.{sex}").split("|"):
            return sex
    row.wrong("collection.unknown_sex", "sex", ", ".join(text(f"collection.sex.{sex}").split("|")[0] for sex in "FM"))
    return ""


def age_of(row: Row, column: str) -> int | None:
    """Completed years; None for an empty cell, which is an open group."""
    age = count_of(row, column)
    if age is not None and age > OLDEST:
        row.wrong("collection.bad_age", column, f"0-{OLDEST}")
    return age


def number_of(row: Row, column: str) -> float | None:
    """A number of at least 0 by the rule of `tabular.cells`; None for a value that is not known or was faulty."""
    reading = number(row.cells.get(column, ""))
    if reading.problem:
        row.wrong(reading.problem, column)
        return None
    if reading.value is not None and not 0 <= reading.value <= MOST:
        row.wrong("tabular.negative" if reading.value < 0 else "tabular.too_many_persons", column)
        return None
    if reading.flag:
        found = f"{shown(row.cells[column])}"
        row.wrong("tabular.flags", column, severity=NOTICE, found=found)
    return reading.value


def day_of(row: Row, column: str) -> str | None:
    """A day as ISO text, from ``31.12.2027`` or ``2027-12-31``; None when the cell is empty."""
    said = row.text(column)
    if is_unknown(said):
        return None
    found = _DAY.fullmatch(said)
    try:
        year, month, day = (found[3], found[2], found[1]) if found else said.split("-")
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        row.wrong("collection.bad_day", column)
        return None


def count_of(row: Row, column: str) -> int | None:
    """A whole number; None for a value that is not known."""
    value = number_of(row, column)
    if value is not None and not value.is_integer():
        row.wrong("tabular.not_whole", column)
        return None
    return None if value is None else int(value)


def funding_of(row: Row) -> str | None:
    """Our name of the kind of funding; None when it is empty or unknown."""
    said = row.text("funding_type").lower()
    if is_unknown(said):
        return None
    known = {text(f"collection.funding.{kind}").lower(): kind for kind in FUNDING_TYPES}
    known |= {kind: kind for kind in FUNDING_TYPES}
    if said not in known:
        expected = ", ".join(text(f"collection.funding.{kind}") for kind in FUNDING_TYPES)
        row.wrong("collection.unknown_funding", "funding_type", expected, TO_CHECK)
    return known.get(said)
