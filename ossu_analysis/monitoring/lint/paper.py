"""A plan as it was handed in (DOCX, XLSX or PDF) as prose and tables, each with the place where a reader finds it.

Belongs here: reading. What a paper means is judged in the modules beside this one.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ossu_analysis.errors import OssuError
from ossu_analysis.texts import day, text


@dataclass(frozen=True)
class Prose:
    """One paragraph.

    Attributes
    ----------
    said : str
    place : str
        In words.
    is_heading : bool
    """

    said: str
    place: str
    is_heading: bool = False


@dataclass(frozen=True)
class Row:
    """Cells of one row of a table, as text, and where it stands."""

    cells: tuple[str, ...]
    place: str

    @property
    def said(self) -> str:
        """The row as a reader would quote it."""
        return " | ".join(cell for cell in self.cells if cell)


@dataclass(frozen=True)
class Grid:
    """A table: its header, the rows below it, and the paragraph that stands before it."""

    header: Row
    rows: tuple[Row, ...]
    caption: str


@dataclass(frozen=True)
class Paper:
    """A plan in reading order."""

    name: str
    blocks: tuple[Prose | Grid, ...]

    @property
    def prose(self) -> list[Prose]:
        """Paragraphs and headings."""
        return [block for block in self.blocks if isinstance(block, Prose)]

    @property
    def grids(self) -> list[Grid]:
        """Tables."""
        return [block for block in self.blocks if isinstance(block, Grid)]


def read_paper(path: Path) -> Paper:
    """Read a plan.

    Parameters
    ----------
    path : Path
        ``.docx``, ``.xlsx`` or ``.pdf``.

    Raises
    ------
    OssuError
        If the file is missing, of another kind, damaged, locked, scanned or empty.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise OssuError("lint.not_a_plan", file=path.name, found=path.suffix or path.name)
    if not path.is_file():
        raise OssuError("lint.missing", file=path)
    try:
        found = list(reader(path))
    except OssuError:
        raise
    except Exception as error:  # each library raises what a broken file leads it to
        raise OssuError("lint.unreadable", file=path.name) from error
    if not found:
        raise OssuError("lint.empty", file=path.name)
    return Paper(path.name, tuple(found))


def _tidy(said: object) -> str:
    return re.sub(r"\s+", " ", str(said or "")).strip()


def _under(place: str, heading: str) -> str:
    return text("lint.place.under", place=place, heading=heading) if heading else place


def _grid(cells: list[tuple[tuple[str, ...], str]], caption: str) -> Iterator[Grid]:
    """A table with rows below its header; blank rows are left out."""
    kept = [Row(row, place) for row, place in cells if any(row)]
    if len(kept) > 1:
        yield Grid(kept[0], tuple(kept[1:]), caption)


def _docx(path: Path) -> Iterator[Prose | Grid]:
    import docx
    from docx.table import Table

    number, tables, heading, last = 0, 0, "", ""
    for part in docx.Document(str(path)).iter_inner_content():
        if isinstance(part, Table):
            tables += 1
            rows = [
                (_unmerged(row), text("lint.place.table", table=tables, row=at)) for at, row in enumerate(part.rows, 1)
            ]
            yield from _grid([(cells, _under(place, heading)) for cells, place in rows], last)
            continue
        said = _tidy(part.text)
        if not said:
            continue
        number, last = number + 1, said
        style = part.style.name if part.style is not None else ""
        is_heading = bool(re.match(text("lint.words.heading_style"), style or "", re.IGNORECASE))
        yield Prose(
            said, _under(text("lint.place.paragraph", number=number), "" if is_heading else heading), is_heading
        )
        heading = said if is_heading else heading


def _unmerged(row: Any) -> tuple[str, ...]:
    """Texts of a row; a cell that spans several columns is read once."""
    seen: set[int] = set()
    cells = []
    for cell in row.cells:
        cells.append("" if id(cell._tc) in seen else _tidy(cell.text))
        seen.add(id(cell._tc))
    return tuple(cells)


def _xlsx(path: Path) -> Iterator[Prose | Grid]:
    from ossu_analysis.errors import FaultsFound
    from ossu_analysis.tabular.cells import Unreadable
    from ossu_analysis.tabular.workbook import read

    sheets, faults = read(path, path.name, lambda label: None)
    if not sheets:
        raise FaultsFound(faults)
    for sheet in sheets:
        caption, cells, before = "", list[tuple[tuple[str, ...], str]](), 0
        for number, values in sheet.rows:
            row = tuple("" if isinstance(value, Unreadable) else _cell(value) for value in values)
            place = text("lint.place.sheet", sheet=sheet.name, row=number)
            if cells and (number > before + 1 or sum(map(bool, row)) < 2):
                yield from _grid(cells, caption)
                cells = []
            before = number
            if sum(map(bool, row)) >= 2:
                cells.append((row, place))
            elif any(row):
                caption = next(filter(None, row))
                yield Prose(caption, place, is_heading=not caption.endswith("."))
        yield from _grid(cells, caption)


def _cell(value: Any) -> str:
    import datetime

    if isinstance(value, (datetime.date, datetime.datetime)):
        return day(value).split()[0]
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", ",")
    return _tidy(value) if value != 0 else "0"


def _pdf(path: Path) -> Iterator[Prose | Grid]:
    import pdfplumber

    tables, is_blank = 0, True
    with pdfplumber.open(path) as file:
        for number, page in enumerate(file.pages, 1):
            found = page.find_tables()
            outside = page
            for table in found:
                outside = outside.outside_bbox(table.bbox)
            paragraphs = list(_paragraphs(outside.extract_text_lines()))
            is_blank = is_blank and not paragraphs and not found
            for said, is_heading in paragraphs:
                yield Prose(said, text("lint.place.page", page=number), is_heading)
            last = paragraphs[-1][0] if paragraphs else ""
            for table in found:
                tables += 1
                cells = [tuple(map(_tidy, row)) for row in table.extract()]
                places = [
                    text("lint.place.page_table", page=number, table=tables, row=at + 1) for at in range(len(cells))
                ]
                yield from _grid(list(zip(cells, places, strict=True)), last)
    if is_blank:
        raise OssuError("lint.no_text", file=path.name)


def _paragraphs(lines: list[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    """Lines joined to paragraphs; larger letters than the page's usual ones make a heading."""
    if not lines:
        return
    sizes = [max(char["size"] for char in line["chars"]) for line in lines]
    letters = Counter(round(char["size"], 1) for line in lines for char in line["chars"])
    usual = letters.most_common(1)[0][0]
    said, size = "", sizes[0]
    for line, own in zip(lines, sizes, strict=True):
        if said and (abs(own - size) > 0.5 or re.search(r"[.!?:;]$", said)):
            yield said, size > usual * 1.1
            said = ""
        said, size = _tidy(f"{said} {line['text']}"), own
    yield said, size > usual * 1.1


_READERS = {".docx": _docx, ".xlsx": _xlsx, ".xlsm": _xlsx, ".pdf": _pdf}
