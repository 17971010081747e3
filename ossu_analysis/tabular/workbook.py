"""A workbook of any maker: Excel (also Strict), LibreOffice, Google Sheets; values by openpyxl, the rest from its XML.

Not readable is not the same as not reported: a formula whose value is not stored, an error value and a cell under a
merge are cells that say so. Hidden rows and columns are read and named. The stored size of a sheet is not believed.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ossu_analysis.errors import TO_CHECK, Fault
from ossu_analysis.tabular.cells import Unreadable
from ossu_analysis.tabular.raw import MOST_COLUMNS, NameOf, RawSheet, cleaned

MOST_CELLS, MOST_UNPACKED = 600_000, 80_000_000
_STRICT = b"http://purl.oclc.org/ooxml/"
_OLE = b"\xd0\xcf\x11\xe0"
_NAMESPACES = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/": b"http://schemas.openxmlformats.org/drawingml/2006/",
    b"http://purl.oclc.org/ooxml/officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
}
"""What the Strict variant calls the same things; openpyxl knows the other names only."""


@dataclass
class Structure:
    """What a sheet says beside its values."""

    unread: dict[tuple[int, int], Unreadable] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: dict[tuple[int, int], tuple[int, int, str]] = field(default_factory=dict)
    """Cell under a merge -> row and column of its first cell, and the merge."""
    cells: int = 0


def read(path: Path, file: str, name_of: NameOf) -> tuple[list[RawSheet], list[Fault]]:
    """Every sheet of a workbook, the hidden ones marked, and what was wrong with opening it."""
    content = path.read_bytes()
    if content.startswith(_OLE):
        return [], [Fault("tabular.protected_or_old", file)]
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
        size = sum(entry.file_size for entry in package.infolist())
        if size > MOST_UNPACKED:
            most = f"≤ {MOST_UNPACKED / 1e6:.0f} MB"
            return [], [Fault("tabular.too_large", file, found=f"{size / 1e6:.0f} MB", expected=most)]
        return _sheets(_transitional(package, content), file)
    except Exception:  # openpyxl and zipfile raise whatever a broken file leads them to
        return [], [Fault("tabular.unreadable_file", file)]


def _transitional(package: zipfile.ZipFile, content: bytes) -> bytes:
    """The package with the names that openpyxl knows."""
    parts = [name for name in package.namelist() if name.endswith((".xml", ".rels"))]
    if not any(_STRICT in package.read(name) for name in parts if name.endswith("workbook.xml")):
        return content
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in package.namelist():
            part = package.read(name)
            for strict, usual in _NAMESPACES.items():
                part = part.replace(strict, usual) if name in parts else part
            target.writestr(name, part)
    return made.getvalue()


def _sheets(content: bytes, file: str) -> tuple[list[RawSheet], list[Fault]]:
    import openpyxl

    structures = _structures(content)
    if full := [name for name, about in structures.items() if about.cells > MOST_CELLS]:
        fault = Fault("tabular.too_many_cells", file, full[0], found=f"> {MOST_CELLS}", expected=f"≤ {MOST_CELLS}")
        return [], [fault]
    with warnings.catch_warnings(action="ignore"):  # what openpyxl leaves out (rules, pictures) is no figure
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    raw, faults = [], list[Fault]()
    try:
        for sheet in book.worksheets:
            about = structures.get(sheet.title, Structure())
            sheet.reset_dimensions()
            rows = cleaned(_rows(sheet, about))
            faults += _far_cells(rows, file, sheet.title)
            rows = [(number, cells) for number, cells in rows if len(cells) <= MOST_COLUMNS]
            raw.append(RawSheet(sheet.title, rows, is_hidden=sheet.sheet_state != "visible"))
            faults += _hidden(rows, about, raw[-1], file)
    finally:
        book.close()
    if not any(one.rows for one in raw):
        faults.append(Fault("tabular.no_cells", file, found=", ".join(book.sheetnames)))
    elif not any(one.rows for one in raw if not one.is_hidden):
        faults.append(Fault("tabular.only_hidden_sheets", file, found=", ".join(one.name for one in raw if one.rows)))
    return raw, faults


def _rows(sheet: Any, about: Structure) -> Iterator[tuple[int, list[object]]]:
    firsts = {(row, column) for row, column, _ in about.merged.values()}
    filled = set[tuple[int, int]]()
    wide: dict[int, int] = {}
    for row, column in about.merged:
        wide[row] = max(column, wide.get(row, 0))
    for number, cells in enumerate(sheet.iter_rows(), 1):
        values = [_value(cell, number, column, about) for column, cell in enumerate(cells, 1)]
        values += [None] * (wide.get(number, 0) - len(values))
        filled |= {(number, at) for at, value in enumerate(values, 1) if value is not None and (number, at) in firsts}
        for at, value in enumerate(values, 1):
            *first, merge = about.merged.get((number, at), (0, 0, ""))
            # Under a merge without a value there is nothing to read; under one with a value nobody knows what is meant.
            if value is None and tuple(first) in filled:
                values[at - 1] = Unreadable("tabular.merged_cell", f"{_place(number, at)} ({merge})")
        while values and values[-1] is None:
            values.pop()
        yield number, values


def _value(cell: Any, row: int, column: int, about: Structure) -> object:
    if (row, column) in about.unread:
        return about.unread[row, column]
    if cell.data_type == "e":
        return Unreadable("tabular.error_value", f"{_place(row, column)}: {cell.value}")
    return cell.value


def _far_cells(rows: list[tuple[int, tuple[Any, ...]]], file: str, sheet: str) -> Iterator[Fault]:
    """The first row that is wider than any table: somebody left a value far outside."""
    for number, cells in rows:
        if len(cells) > MOST_COLUMNS:
            yield Fault("tabular.too_many_columns", file, sheet, number, found=_place(number, len(cells)))
            return


def _hidden(rows: list[tuple[int, tuple[Any, ...]]], about: Structure, raw: RawSheet, file: str) -> Iterator[Fault]:
    if raw.is_hidden:
        return
    filled = [number for number, _ in rows if number in about.hidden_rows]
    if filled:
        found = ", ".join(map(str, filled[:10])) + (" …" if len(filled) > 10 else "")
        yield Fault("tabular.hidden_rows", file, raw.name, filled[0], found=found, severity=TO_CHECK)
    columns = [at for at in about.hidden_columns if any(len(cells) >= at and cells[at - 1] != "" for _, cells in rows)]
    if columns:
        found = ", ".join(re.sub(r"\d", "", _place(1, at)) for at in sorted(columns)[:10])
        yield Fault("tabular.hidden_columns", file, raw.name, found=found, severity=TO_CHECK)


def _place(row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(column)}{row}"


def _structures(content: bytes) -> dict[str, Structure]:
    """What each sheet says beside its values, by its name: read as a stream, whatever prefix its maker writes."""
    from xml.etree import ElementTree

    with zipfile.ZipFile(io.BytesIO(content)) as package:
        book = next(name for name in package.namelist() if name.endswith("workbook.xml"))
        folder, _, name = book.rpartition("/")
        links = ElementTree.fromstring(package.read(f"{folder}/_rels/{name}.rels".lstrip("/")))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        found, tags = {}, list(ElementTree.fromstring(package.read(book)).iter())
        # A program that computes nothing stores 0 for each formula and asks Excel to compute them all.
        uncomputed = any(_local(tag.tag) == "calcPr" and tag.get("fullCalcOnLoad") in ("1", "true") for tag in tags)
        for sheet in tags:
            if _local(sheet.tag) == "sheet":
                part = targets.get(next((v for key, v in sheet.attrib.items() if _local(key) == "id"), None), "")
                part = part.lstrip("/") if part.startswith("/") else f"{folder}/{part}".lstrip("/")
                if part in package.namelist():
                    with package.open(part) as stream:
                        found[sheet.get("name", "")] = _structure(stream, {None, "", "0"} if uncomputed else {None, ""})
        return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _structure(stream: Any, unstored: Collection[str | None]) -> Structure:
    """Formulas whose stored value is one of ``unstored`` have none."""
    from xml.etree import ElementTree

    from openpyxl.utils.cell import coordinate_to_tuple

    about, row, column = Structure(), 0, 0
    for event, element in ElementTree.iterparse(stream, events=("start", "end")):
        tag = _local(element.tag)
        if event == "start" and tag == "row":
            row, column = int(element.get("r") or row + 1), 0
            if element.get("hidden") in ("1", "true"):
                about.hidden_rows.add(row)
        elif event == "start" and tag == "c":
            row, column = coordinate_to_tuple(element.get("r")) if element.get("r") else (row, column + 1)
            about.cells += 1
            if about.cells > MOST_CELLS:
                return about
        elif event == "end" and tag == "c":
            parts = {_local(part.tag): part for part in element}
            value = parts.get("v")
            is_text = element.get("t") == "str" and value is not None
            if "f" in parts and not is_text and (value is None or value.text in unstored):
                place = f"{_place(row, column)}: ={parts['f'].text or ''}"
                about.unread[row, column] = Unreadable("tabular.formula_without_value", place)
            element.clear()
        elif event == "end" and tag == "row":
            element.clear()
        elif event == "start" and tag == "col" and element.get("hidden") in ("1", "true"):
            first, last = int(element.get("min", 0)), int(element.get("max", 0))
            about.hidden_columns |= set(range(first, min(last, MOST_COLUMNS) + 1))
        elif event == "end" and tag == "mergeCell":
            _mark_merged(about, element.get("ref", ""))
    return about


def _mark_merged(about: Structure, merge: str) -> None:
    """The cells under a merge; what stands in its first cell is not what the others report."""
    from openpyxl.utils.cell import range_boundaries

    left, top, right, bottom = (limit or 1 for limit in range_boundaries(merge))
    for row in range(top, min(bottom, top + 2000) + 1):
        for column in range(left, min(right, left + MOST_COLUMNS) + 1):
            if (row, column) != (top, left):
                about.merged[row, column] = (top, left, merge)
