"""XLSX of a document: a contents sheet, one sheet per table with numbers as numbers, and a sheet of charts.

Belongs here: Excel only. Cells hold the unrounded value and a number format, so the sheet shows what the document
prints and still adds up.
"""

import io
import re
from math import ceil
from pathlib import Path
from typing import Any

import pandas as pd

from ossu_analysis import texts
from ossu_analysis.report.content import Column, Document, Table

FORMATS = {"year": "0", "count": "#,##0", "change": "+#,##0;-#,##0;0", "share": "0.0%", "probability": "0%"}
FORMATS |= {"interval": "#,##0", "money": "#,##0"}
FIRST_ROW = 4
"""Row of the table's headings: title, mark and link back stand above."""


def write_xlsx(document: Document, path: Path) -> Path:
    """Write ``document`` to ``path``: every table on a sheet of its own.

    Parameters
    ----------
    document : Document
        What to print.
    path : Path
        File to write; its folder exists.
    """
    from openpyxl import Workbook

    book = Workbook()
    names = sheet_names(document.tables)
    _contents(book.active, document, names)
    labels = [label for label, block in document.numbered() if isinstance(block, Table)]
    for label, name, table in zip(labels, names, document.tables, strict=True):
        _table(book.create_sheet(name), label, table, document)
    if document.pictures:
        _charts(book.create_sheet(texts.text("report.words.charts")), document)
    book.properties.title, book.properties.language = document.title, "bg-BG"
    book.properties.creator = texts.text("report.words.author")
    book.save(path)
    return path


def sheet_names(tables: list[Table]) -> list[str]:
    """Bulgarian sheet names: at most 31 characters, unique, without the characters that Excel forbids."""
    names: list[str] = []
    for table in tables:
        plain = re.sub(r"[\[\]:*?/\\']", " ", table.sheet or table.caption)[:31].strip()
        taken = [name for name in names if name[:28] == plain[:28]]
        names.append(f"{plain[:28]} {len(taken) + 1}" if taken else plain)
    return names


def _contents(sheet: Any, document: Document, names: list[str]) -> None:
    sheet.title = texts.text("report.words.contents")
    rows = [(document.title,), (document.subtitle,), (document.banner,), *document.imprint.lines(), ()]
    for row in rows:
        sheet.append(row)
    _bold(sheet["A1"], 14)
    for label, name, table in zip(
        [label for label, block in document.numbered() if isinstance(block, Table)],
        names,
        document.tables,
        strict=True,
    ):
        sheet.append((label, table.title))
        cell = sheet.cell(sheet.max_row, 1)
        cell.hyperlink, cell.style = f"#'{name}'!A1", "Hyperlink"
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 110
    _fit(sheet)


def _table(sheet: Any, label: str, table: Table, document: Document) -> None:
    sheet.append((f"{label}. {table.title}",))
    sheet.append((document.subtitle,))
    sheet.append((table.mark,))
    _bold(sheet["A1"], 12)
    columns = [part for column in table.columns for part in _parts(column)]
    sheet.append([column.heading for column in columns])
    for values in zip(*(_values(table.frame, column) for column in columns), strict=True):
        sheet.append(values)
        # What begins with an equals sign is a sentence here, never a formula.
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s" if cell.data_type == "f" else cell.data_type
    if table.frame.empty:
        sheet.append((texts.text("common.no_data"),))
    _style(sheet, columns, len(table.frame))
    _foot(sheet, table, document)


def _parts(column: Column) -> list[Column]:
    """An interval is one column on paper and three in a workbook: middle, low, high."""
    if column.kind != "interval":
        return [column]
    low, high = texts.text("report.words.low"), texts.text("report.words.high")
    return [
        Column(column.name, column.heading, "count", column.digits),
        Column(column.low, f"{column.heading} – {low}", "count", column.digits),
        Column(column.high, f"{column.heading} – {high}", "count", column.digits),
    ]


def _values(frame: pd.DataFrame, column: Column) -> list[Any]:
    """Numbers as numbers, missing ones as the sign the documents print; text as text."""
    printed = column.cells(frame)
    numeric = column.is_numeric or column.kind == "year"
    return [
        float(value) if numeric and pd.notna(value) and not isinstance(value, str) else shown
        for value, shown in zip(column.values(frame), printed, strict=True)
    ]


def _style(sheet: Any, columns: list[Column], rows: int) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    shade, bold = PatternFill("solid", fgColor="E8EDF2"), Font(name="Calibri", bold=True)
    wrap, right = Alignment(wrap_text=True, vertical="top"), Alignment(horizontal="right", vertical="top")
    for place, column in enumerate(columns, start=1):
        head = sheet.cell(FIRST_ROW, place)
        head.fill, head.font, head.alignment = shade, bold, wrap
        sheet.column_dimensions[get_column_letter(place)].width = 13 if column.is_numeric else _width(sheet, place)
        pattern = FORMATS.get(column.kind, "General") + ("." + "0" * column.digits if column.digits else "")
        for row in range(FIRST_ROW + 1, FIRST_ROW + 1 + rows):
            cell = sheet.cell(row, place)
            cell.number_format = pattern if column.kind != "share" else FORMATS["share"]
            cell.alignment = right if column.is_numeric else wrap
    sheet.freeze_panes = sheet.cell(FIRST_ROW + 1, 2)
    for row in range(FIRST_ROW, FIRST_ROW + 1 + rows):
        sheet.row_dimensions[row].height = _height(sheet, row, len(columns))
    _fit(sheet)
    sheet.print_title_rows = f"{FIRST_ROW}:{FIRST_ROW}"


def _fit(sheet: Any) -> None:
    """Print on A4 turned on its side, as wide as one page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _height(sheet: Any, row: int, columns: int) -> float:
    """Height for the longest wrapped cell; a workbook that is only converted or printed is never fitted by hand."""
    from openpyxl.utils import get_column_letter

    cells = ((sheet.cell(row, place).value, get_column_letter(place)) for place in range(1, columns + 1))
    texts_only = ((value, letter) for value, letter in cells if isinstance(value, str))
    lines = (ceil(1.15 * len(value) / sheet.column_dimensions[letter].width) for value, letter in texts_only)
    return 15.0 * max(1, *lines, 1)


def _width(sheet: Any, place: int) -> int:
    cells = (sheet.cell(row, place).value for row in range(FIRST_ROW, min(sheet.max_row, 60) + 1))
    longest = max((len(str(value)) for value in cells if value is not None), default=8)
    return min(max(longest + 2, 10), 60)


def _foot(sheet: Any, table: Table, document: Document) -> None:
    sheet.append(())
    if table.source:
        sheet.append((f"{texts.text('report.words.source')}: {table.source}",))
    if table.note:
        sheet.append((table.note,))
    sheet.append((document.imprint.footer(),))


def _charts(sheet: Any, document: Document) -> None:
    from openpyxl.drawing.image import Image

    row = 1
    for picture in document.pictures:
        sheet.cell(row, 1, picture.caption)
        _bold(sheet.cell(row, 1), 11)
        image = Image(io.BytesIO(picture.chart.png()))
        image.height, image.width = round(620 * image.height / image.width), 620
        sheet.add_image(image, f"A{row + 1}")
        row += round(image.height / 20) + 4
    _fit(sheet)


def _bold(cell: Any, size: int) -> None:
    from openpyxl.styles import Font

    cell.font = Font(name="Calibri", bold=True, size=size)
