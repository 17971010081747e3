"""Opening a return: from a CSV or XLSX file to text cells with their row numbers, and the header found among them.

Nothing is interpreted here. CSV may be UTF-8 or Windows-1251, separated by semicolon, comma or tab; XLSX sheets are all
looked at. A sheet without a recognisable header is passed over; a file without any is a fault.
"""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ossu_analysis.errors import NOTICE, Fault
from ossu_analysis.texts import text

COLUMNS = (
    "municipality_code",
    "service_code",
    "year",
    "services_count",
    "places",
    "users",
    "waiting",
    "approved",
    "map_number",
    "staff_posts",
    "staff_filled",
    "funding_type",
    "funding_end",
    "mobile_to",
    "empty_since",
    "note",
)
REQUIRED = ("municipality_code", "service_code", "year", "users")
HOME = "home_code"
"""A sheet with this column lists users by the municipality of their address, not services."""
PROFILE = ("sex", "age_from", "age_to")
"""A sheet with one of these columns lists users by sex and age."""
_HEADER_ROWS = 30
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_PERSONAL_NUMBER = re.compile(r"\d{10}")


@dataclass(frozen=True)
class Sheet:
    """One table of cells: ``rows`` are (row number as a spreadsheet shows it, cells as text)."""

    file: str
    name: str
    header_row: int
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def is_residence(self) -> bool:
        """Whether the rows are users by municipality of address."""
        return any(column_of(label) == HOME for label in self.header)

    @property
    def is_profile(self) -> bool:
        """Whether the rows are users by sex and age."""
        return not self.is_residence and any(column_of(label) in PROFILE for label in self.header)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that the sheet must have."""
        return (*REQUIRED, *((HOME,) if self.is_residence else PROFILE if self.is_profile else ()))


def plain(value: object) -> str:
    """Text of a cell without odd spaces: dates in ISO form, whole floats without a fraction."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()[:10]
    return _SPACES.sub(" ", str(value)).strip()


def open_return(path: Path, file: str) -> tuple[list[Sheet], list[Fault]]:
    """Sheets of one file that hold a return, and what was wrong with opening it.

    Parameters
    ----------
    path : Path
        CSV or XLSX.
    file : str
        How faults name it.
    """
    try:
        tables, faults = _workbook(path) if path.suffix.lower() == ".xlsx" else _text_file(path, file)
    except Exception as error:  # openpyxl and zipfile raise whatever a broken file leads them to
        return [], [Fault("collection.unreadable_file", file=file, found=type(error).__name__)]
    sheets = [sheet for name, rows in tables for sheet in _with_header(file, name, rows)]
    if not sheets:
        labels = ", ".join(text(f"collection.column.{column}") for column in REQUIRED)
        faults = [*faults, Fault("collection.no_header", file=file, expected=labels)]
    return sheets, [*faults, *(fault for sheet in sheets for fault in _personal_data(sheet))]


def column_of(label: str) -> str | None:
    """Our name of a column from its label in the file, or None."""
    return _labels().get(_key(label))


def _key(label: str) -> str:
    return re.sub(r"[\s.,:;()„“\"*]+", " ", label.lower()).strip()


@cache
def _labels() -> dict[str, str]:
    known = {}
    for column in (*COLUMNS, HOME, *PROFILE):
        known[_key(column)] = column
        known[_key(text(f"collection.column.{column}"))] = column
        for alias in text(f"collection.alias.{column}").split("|"):
            known[_key(alias)] = column
    return known


def _workbook(path: Path) -> tuple[list[tuple[str, list[tuple[str, ...]]]], list[Fault]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return [(sheet.title, _plain_rows(sheet.iter_rows(values_only=True))) for sheet in visible], []
    finally:
        book.close()


def _plain_rows(rows: Iterable[Iterable[object]]) -> list[tuple[str, ...]]:
    return [tuple(plain(value) for value in row) for row in rows]


def _text_file(path: Path, file: str) -> tuple[list[tuple[str, list[tuple[str, ...]]]], list[Fault]]:
    content, faults = path.read_bytes(), []
    try:
        said = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = content.decode("cp1251")
        faults.append(Fault("collection.other_encoding", file=file, severity=NOTICE))
    counts = {mark: said.count(mark) for mark in (";", "\t", ",")}
    # Semicolon and tab do not occur inside numbers, a comma does: it separates only when the others are absent.
    mark = ";" if counts[";"] else "\t" if counts["\t"] else ","
    return [("", _plain_rows(csv.reader(io.StringIO(said), delimiter=mark)))], faults


def _with_header(file: str, name: str, rows: list[tuple[str, ...]]) -> Iterator[Sheet]:
    for position, cells in enumerate(rows[:_HEADER_ROWS]):
        if sum(column_of(cell) is not None for cell in cells) >= 3:
            header, first = _second_header_row(cells, rows[position + 1 : position + 2]), position + 1
            first += header != cells
            below = [(number, row) for number, row in enumerate(rows[first:], first + 1) if any(row)]
            yield Sheet(file, name, position + 1, header, tuple(below))
            return


def _second_header_row(upper: tuple[str, ...], next_row: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Labels when a merged cell spans two header rows: the lower label where it is a column of ours."""
    lower = next_row[0] if next_row else ()
    holds_data = any(any(mark.isdigit() for mark in cell) and column_of(cell) is None for cell in lower)
    if holds_data or not any(column_of(cell) for cell in lower):
        return upper
    wide = max(len(upper), len(lower))
    pairs = zip(upper + ("",) * (wide - len(upper)), lower + ("",) * (wide - len(lower)), strict=True)
    return tuple(below if column_of(below) else above for above, below in pairs)


def _personal_data(sheet: Sheet) -> Iterator[Fault]:
    """Ten digits in a cell look like a personal number; the number itself is never repeated in a message."""
    for position, label in enumerate(sheet.header):
        cells = [row[position] for _, row in sheet.rows if position < len(row)]
        hits = sum(bool(_PERSONAL_NUMBER.fullmatch(cell.replace(" ", ""))) for cell in cells)
        if hits:
            found = text("collection.ten_digits", count=hits)
            yield Fault("collection.personal_data", sheet.file, sheet.name, column=label, found=found)
