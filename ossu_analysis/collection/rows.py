"""One row of a file as typed values: codes, years, numbers, days; every fault is recorded on the row it stands in.

Belongs here: what one cell may look like and what it means. Files and tables are read in `inbox` and `residence`.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from ossu_analysis.collection.cells import Sheet, column_of
from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK, Fault
from ossu_analysis.funding import FUNDING_TYPES
from ossu_analysis.texts import text

KEY_COLUMNS = ("municipality_code", "service_code", "year")
_UNKNOWN = ("", "..", "x", "х", "н.д.", "няма данни")
_NONE = ("-", "–", "—")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
"""``1.000`` may be one or one thousand; nobody is asked to guess."""

OLDEST = 120
"""Ages above it are slips of the pen."""

_TOTALS = ("общо", "всичко", "сума")
_LOOK_ALIKE = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")
_DAY = re.compile(r"(\d{1,2})[.](\d{1,2})[.](\d{4})( ?г\.?)?")


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
class Row:
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


def rows_of(sheet: Sheet) -> Iterator[Row]:
    """Rows where something is reported: services of the form that were left empty and totals are passed over."""
    named = {column: place for place, label in enumerate(sheet.header) if (column := column_of(label))}
    labels = {column: sheet.header[place] for column, place in named.items()}
    for number, cells in sheet.rows:
        first = next(cell for cell in cells if cell)
        row = {column: cells[place] if place < len(cells) else "" for column, place in named.items()}
        reported = any(cell for column, cell in row.items() if column not in KEY_COLUMNS)
        if reported and not first.lower().startswith(_TOTALS):
            yield Row(sheet, number, labels, row)


def area_code(said: str) -> str:
    """A municipality code as typed, with Cyrillic look-alike letters made Latin."""
    return said.upper().translate(_LOOK_ALIKE)


def municipality_of(row: Row, lists: CodeLists) -> str:
    """Code of the municipality that reports; a name is answered with the codes it may be."""
    said = row.cells["municipality_code"]
    code = area_code(said)
    if code not in lists.municipalities:
        row.wrong(
            "collection.unknown_municipality", "municipality_code", ", ".join(lists.codes_by_name.get(said.lower(), []))
        )
        return code
    row.cells["municipality_code"] = code
    return code


def home_of(row: Row, lists: CodeLists) -> str:
    """Municipality of the users' address: a code, or a name that only one municipality has."""
    said = row.cells["home_code"]
    code, named = area_code(said), lists.codes_by_name.get(said.lower(), [])
    if code in lists.municipalities or len(named) == 1:
        return code if code in lists.municipalities else named[0]
    row.wrong("collection.unknown_municipality", "home_code", ", ".join(named))
    return code


def served_of(row: Row, lists: CodeLists) -> str | None:
    """Municipalities that a mobile team goes to, beside its own: codes divided by „|“; None without a team."""
    said = row.cells.get("mobile_to", "")
    if said.lower() in _UNKNOWN or said in _NONE:
        return None
    codes = [area_code(part) for part in re.split(r"[\s,;|]+", said) if part]
    wrong = [code for code in codes if code not in lists.municipalities]
    if wrong:
        row.wrong("collection.unknown_mobile", "mobile_to", found=", ".join(wrong))
    return "|".join(sorted(set(codes) - {row.cells["municipality_code"]})) or None


def service_of(row: Row, lists: CodeLists) -> str:
    """Code of the service from its code, its name or its only name of before 2020."""
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


def year_of(row: Row) -> int:
    """Year reported on, from a year or a 31 December."""
    said = row.cells["year"]
    found = re.fullmatch(r"(?:31[.-]12[.-])?((?:19|20)\d\d)(?:-12-31)?(?: ?г\.?)?", said)
    if found:
        return int(found.group(1))
    row.wrong("collection.bad_year", "year")
    return 1900


def sex_of(row: Row) -> str:
    """F or M."""
    said = row.cells["sex"].lower()
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


def day_of(row: Row, column: str) -> str | None:
    """A day as ISO text, from ``31.12.2027`` or ``2027-12-31``; None when the cell is empty."""
    said = row.cells.get(column, "")
    if said.lower() in _UNKNOWN or said in _NONE:
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
        row.wrong("collection.not_whole", column)
        return None
    return None if value is None else int(value)


def funding_of(row: Row) -> str | None:
    """Our name of the kind of funding; None when it is empty or unknown."""
    said = row.cells.get("funding_type", "").lower()
    if said in _UNKNOWN or said in _NONE:
        return None
    known = {text(f"collection.funding.{kind}").lower(): kind for kind in FUNDING_TYPES}
    known |= {kind: kind for kind in FUNDING_TYPES}
    if said not in known:
        expected = ", ".join(text(f"collection.funding.{kind}") for kind in FUNDING_TYPES)
        row.wrong("collection.unknown_funding", "funding_type", expected, TO_CHECK)
    return known.get(said)
