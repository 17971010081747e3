"""From a file to its tables: kind of file by its ending, header among the first rows, rows below it, notes under it.

A file name is a name and never a pattern; endings in capitals are the same endings. What cannot be read is a fault with
its place, and limits are checked before anything large is held in memory.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK, Fault
from ossu_analysis.tabular import parquet, text_file, workbook
from ossu_analysis.tabular.cells import Cell, Unreadable, shown
from ossu_analysis.tabular.cells import number as read_number
from ossu_analysis.tabular.raw import MOST_BYTES, NameOf, RawSheet, Rows
from ossu_analysis.texts import text

_HEADER_ROWS = 30
_READERS = {
    ".csv": text_file.read,
    ".txt": text_file.read,
    ".xlsx": workbook.read,
    ".xlsm": workbook.read,
    ".parquet": parquet.read,
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Sheet:
    """One table of cells.

    Attributes
    ----------
    file, name : str
        File, and sheet of a workbook; how faults name them.
    header_row : int
        Row of the header as a spreadsheet shows it.
    header : tuple of str
    rows : tuple of (int, tuple of Cell)
        Row number and cells of every row below the header that is not blank and no note.
    """

    file: str
    name: str
    header_row: int
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def folded(label: str) -> str:
    """A label without case, marks and odd spaces, as labels are compared.

    Examples
    --------
    >>> folded("  Брой  чакащи*: "), folded("Area_Code")
    ('брой чакащи', 'area_code')
    """
    return re.sub(r"[\s.,:;()„“\"*]+", " ", label.casefold()).strip()


def open_sheets(path: Path, file: str, name_of: NameOf, least: int) -> tuple[list[Sheet], list[Fault]]:
    """Tables of a file whose header names at least ``least`` known columns, and what was wrong with opening it.

    Parameters
    ----------
    path : Path
        CSV, XLSX or Parquet.
    file : str
        How faults name it.
    name_of : callable
        Our name of a column from its label.
    least : int
        So many known labels make a header.
    """
    raw, faults = _raw(path, file, name_of)
    sheets, hidden = list[Sheet](), list[str]()
    for one in raw:
        sheet, found = _with_header(one, file, name_of, least)
        if sheet and one.is_hidden:
            hidden.append(one.name)
        elif sheet:
            sheets.append(sheet)
            faults += found
    # A file whose only table is hidden cannot be read; one beside others is named.
    severity = TO_CHECK if sheets else BLOCKING
    return sheets, [*faults, *(Fault("tabular.hidden_sheet", file, name, severity=severity) for name in hidden)]


def _raw(path: Path, file: str, name_of: NameOf) -> tuple[list[RawSheet], list[Fault]]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        return [], [Fault("tabular.unsupported_file", file, found=path.suffix, expected="CSV, XLSX, Parquet")]
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            return [], [
                Fault("tabular.too_large", file, found=f"{size / 1e6:.0f} MB", expected=f"{MOST_BYTES / 1e6:.0f} MB")
            ]
        if not size:
            return [], [Fault("tabular.empty_file", file)]
        return reader(path, file, name_of)
    except FileNotFoundError:
        return [], [Fault("tabular.missing_file", file)]
    except (OSError, MemoryError) as error:
        return [], [
            Fault("tabular.unreadable_file", file, found=getattr(error, "strerror", "") or type(error).__name__)
        ]


def _with_header(raw: RawSheet, file: str, name_of: NameOf, least: int) -> tuple[Sheet | None, list[Fault]]:
    for at, (number, cells) in enumerate(raw.rows[:_HEADER_ROWS]):
        labels = tuple("" if isinstance(cell, Unreadable) else shown(cell) for cell in cells)
        if sum(name_of(label) is not None for label in labels) >= least:
            following = raw.rows[at + 1 : at + 2]
            header = _second_header_row(labels, following[0][1] if following else (), name_of)
            rows = raw.rows[at + 1 + (header != labels) :]
            kept, faults = _below(rows, len(header), raw, file)
            return Sheet(file, raw.name, number, _trimmed(header), tuple(kept)), faults
    return None, []


def _trimmed(header: tuple[str, ...]) -> tuple[str, ...]:
    """A header without the empty labels at its end."""
    last = max(at for at, label in enumerate(header) if label)
    return header[: last + 1]


def _second_header_row(upper: tuple[str, ...], below: Sequence[Cell], name_of: NameOf) -> tuple[str, ...]:
    """Labels when a merged cell spans two header rows: the lower label where it is a column of ours."""
    lower = tuple("" if isinstance(cell, Unreadable) else shown(cell) for cell in below)
    holds_data = any(any(mark.isdigit() for mark in cell) and name_of(cell) is None for cell in lower)
    if holds_data or not any(name_of(cell) for cell in lower):
        return upper
    wide = max(len(upper), len(lower))
    pairs = zip(upper + ("",) * (wide - len(upper)), lower + ("",) * (wide - len(lower)), strict=True)
    return tuple(under if name_of(under) else above for above, under in pairs)


def _below(rows: Rows, wide: int, raw: RawSheet, file: str) -> tuple[Rows, list[Fault]]:
    """Rows of figures, without the notes under them; a row longer or shorter than the header is a fault."""
    kept = list(rows)
    while kept and _is_note(kept[-1][1]):
        kept.pop()
    faults = list(_row_faults(kept, wide, raw, file))
    if len(kept) < len(rows):
        first, cells = rows[len(kept)]
        facts = {"found": f"{next(filter(None, map(shown, cells)))} ({len(rows) - len(kept)})", "severity": NOTICE}
        faults.append(Fault("tabular.notes", file, raw.name, first, **facts))
    return kept, faults


def _is_note(cells: Sequence[Cell]) -> bool:
    """A row under a table that only explains it: one cell of text, or one that begins as a source or a note does.

    A row with two numbers is one of figures, whatever its label begins with.
    """
    filled = [cell for cell in cells if cell != "" and not isinstance(cell, Unreadable)]
    figures = sum(read_number(cell).value is not None for cell in filled)
    if not filled or not isinstance(filled[0], str) or figures > 1:
        return False
    begins = filled[0].casefold().startswith(tuple(text("tabular.note_marks").split("|")))
    return begins or (len(filled) == 1 and cells[0] == filled[0] and " " in filled[0])


def _row_faults(rows: Rows, wide: int, raw: RawSheet, file: str) -> Iterator[Fault]:
    for number, cells in rows:
        if any(cell != "" for cell in cells[wide:]):
            yield Fault("tabular.long_row", file, raw.name, number, found=str(len(cells)), expected=str(wide))
        elif raw.is_text and len(cells) < wide:
            yield Fault("tabular.short_row", file, raw.name, number, found=str(len(cells)), expected=str(wide))
        if any(isinstance(cell, str) and _CONTROL.search(cell) for cell in cells):
            yield Fault("tabular.control_character", file, raw.name, number)
