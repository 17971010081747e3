"""The workbook that a municipality fills: yellow cells to fill, grey ones from its last return, drop-downs, totals.

Made fresh for each municipality from the code lists, never edited from somebody's file. What comes back is read by
`inbox`, which ignores the grey columns and every service that was left empty.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ossu_analysis.collection.columns import COLUMNS, HOME, PROFILE
from ossu_analysis.collection.rows import FIRST_YEAR, LAST_YEAR, CodeLists
from ossu_analysis.errors import OssuError
from ossu_analysis.funding import FUNDING_TYPES
from ossu_analysis.texts import text

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

VERSION = "3"
_YELLOW, _GREY, _HEAD = "FFFFF2CC", "FFE7E6E6", "FFD9E2F3"
_BEFORE = ("places", "users", "waiting")
_FILLED = tuple(column for column in COLUMNS if column not in ("municipality_code", "service_code", "year"))
_COUNTED = ("services_count", "places", "users", "waiting", "approved", "map_number", "staff_posts", "staff_filled")
_LISTS = {
    "residence": (("municipality_code", "service_code", "year", HOME, "users"), 60),
    "profile": (("municipality_code", "service_code", "year", *PROFILE, "users"), 200),
}
"""Columns and empty lines of the sheets of users by address, and by sex and age."""

_WIDTHS = {"municipality_code": 11, "service_code": 14, "name": 44, "year": 8, "funding_type": 14, "note": 28}
_HEADER_ROW, _LINE_HEIGHT = 4, 15
_A3 = 8
"""Paper size of the form, whose many columns are too small on A4."""


def write_template(
    path: Path, municipality_code: str, year: int, lists: CodeLists, returns: pd.DataFrame | None = None
) -> Path:
    """Write the workbook of one municipality for the return of one year.

    Parameters
    ----------
    path : Path
        Where to write the XLSX.
    municipality_code : str
        Code in ``reference.municipality``.
    year : int
        Year reported on, as at 31 December.
    lists : CodeLists
        Services and municipalities.
    returns : DataFrame, optional
        ``collection.return``; the municipality's own observed rows of its last year fill the grey cells.

    Raises
    ------
    OssuError
        ``collection.unknown_municipality`` when the code does not exist, ``collection.bad_report_year``.
    """
    import openpyxl

    if municipality_code not in lists.municipalities:
        raise OssuError("collection.unknown_municipality")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OssuError("collection.bad_report_year", year=year)
    names = lists.municipality.set_index("municipality_code")["name_bg"]
    book = openpyxl.Workbook()
    guide = book.active
    assert guide is not None
    guide.title = text("collection.template.guide_sheet")
    _write_guide(guide, names[municipality_code], municipality_code, year)
    _write_services(book, municipality_code, year, lists.service, _last_return(returns, municipality_code))
    for kind in _LISTS:
        _write_list(book, kind, municipality_code, year)
    _write_lists(book)
    _write_version(book, municipality_code, year)
    book.active = 1
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _last_return(returns: pd.DataFrame | None, municipality_code: str) -> dict[tuple[str, str], int]:
    """Figures of the municipality's last real return by service and measure; a made-up one never fills a form."""
    if returns is None:
        return {}
    own = returns[returns["municipality_code"].eq(municipality_code) & returns["status"].eq("observed")]
    last = own[own["period_end"].eq(own["period_end"].max())].set_index("service_code")
    return {
        (str(code), f"before_{measure}"): int(value)
        for measure in _BEFORE
        for code, value in last[measure].dropna().astype("int64").items()
    }


def _write_guide(sheet: "Worksheet", name: str, code: str, year: int) -> None:
    lines = text("collection.template.guide", name=name, code=code, year=year).split("\n")
    for row, line in enumerate(lines, 1):
        sheet.cell(row, 1, line)
    sheet.column_dimensions["A"].width = 110
    sheet.protection.sheet = True


def _write_services(book: "Workbook", code: str, year: int, service: pd.DataFrame, before: dict) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(text("collection.template.services_sheet"))
    sheet.cell(1, 1, text("collection.template.title", code=code, year=year)).font = Font(bold=True, size=14)
    sheet.cell(2, 1, text("collection.template.hint"))
    keys = ["municipality_code", "service_code", "name", "year", *_FILLED, *(f"before_{name}" for name in _BEFORE)]
    last_row = _HEADER_ROW + len(service)
    thin = Side(style="thin", color="FFBFBFBF")
    sheet.row_dimensions[_HEADER_ROW].height = 3 * _LINE_HEIGHT
    for place, key in enumerate(keys, 1):
        head = sheet.cell(_HEADER_ROW, place, _label(key))
        head.font, head.fill = Font(bold=True), PatternFill("solid", _HEAD)
        head.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(key, 11)
    for row, (service_code, name) in enumerate(
        zip(service["service_code"], service["name_bg"], strict=True), _HEADER_ROW + 1
    ):
        known = {"municipality_code": code, "service_code": service_code, "name": name, "year": year}
        sheet.row_dimensions[row].height = _LINE_HEIGHT * -(-len(name) // _WIDTHS["name"])
        for place, key in enumerate(keys, 1):
            cell = sheet.cell(row, place, known.get(key, before.get((service_code, key))))
            colour = _YELLOW if key in _FILLED else _GREY if key.startswith("before_") else None
            if colour:
                cell.fill = PatternFill("solid", colour)
            cell.alignment = Alignment(wrap_text=key in ("name", "note"), vertical="top")
            cell.border = Border(thin, thin, thin, thin)
            cell.protection = Protection(locked=key not in _FILLED)
    sheet.cell(last_row + 1, 1, text("collection.template.total")).font = Font(bold=True)
    for key in _COUNTED:
        letter = get_column_letter(keys.index(key) + 1)
        sheet[f"{letter}{last_row + 1}"] = f"=SUM({letter}{_HEADER_ROW + 1}:{letter}{last_row})"
    _add_rules(sheet, keys, last_row)
    sheet.freeze_panes = sheet.cell(_HEADER_ROW + 1, 5)
    sheet.page_setup.paperSize = _A3
    _fit_width(sheet)
    sheet.protection.sheet = True


def _write_list(book: "Workbook", kind: str, code: str, year: int) -> None:
    """Users who live elsewhere, or by sex and age: one line per service and municipality of address or ages."""
    from openpyxl.styles import Alignment, Font, PatternFill, Protection
    from openpyxl.worksheet.datavalidation import DataValidation

    keys, lines = _LISTS[kind]
    last = _HEADER_ROW + lines
    sheet = book.create_sheet(text(f"collection.template.{kind}_sheet"))
    sheet.cell(1, 1, text(f"collection.template.{kind}_title", code=code, year=year)).font = Font(bold=True, size=14)
    sheet.cell(2, 1, text(f"collection.template.{kind}_hint")).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=len(keys))
    sheet.row_dimensions[2].height = 3 * _LINE_HEIGHT
    for place, key in enumerate(keys, 1):
        head = sheet.cell(_HEADER_ROW, place, _label(key))
        head.font, head.fill = Font(bold=True), PatternFill("solid", _HEAD)
        sheet.column_dimensions["ABCDEFG"[place - 1]].width = 20
    for row in range(_HEADER_ROW + 1, last + 1):
        for place, key in enumerate(keys, 1):
            cell = sheet.cell(row, place, {"municipality_code": code, "year": year}.get(key))
            if cell.value is None:
                cell.fill, cell.protection = PatternFill("solid", _YELLOW), Protection(locked=False)
    if "sex" in keys:
        sexes = ",".join(text(f"collection.sex.{sex}").split("|")[0] for sex in "FM")
        rule, letter = (
            DataValidation(type="list", formula1=f'"{sexes}"', allow_blank=True),
            "ABCDEFG"[keys.index("sex")],
        )
        rule.add(f"{letter}{_HEADER_ROW + 1}:{letter}{last}")
        sheet.add_data_validation(rule)
    sheet.freeze_panes = sheet.cell(_HEADER_ROW + 1, 1)
    _fit_width(sheet)
    sheet.protection.sheet = True


def _fit_width(sheet: "Worksheet") -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _label(key: str) -> str:
    if key in (*COLUMNS, HOME, *PROFILE):
        return text(f"collection.column.{key}")
    return text(f"collection.template.{key}")


def _add_rules(sheet: "Worksheet", keys: list[str], last_row: int) -> None:
    """Drop-down of funding types; counts are whole, posts may be halves, neither is negative."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = text("collection.template.lists_sheet")
    for key in (*_COUNTED, "funding_type"):
        if key == "funding_type":
            rule = DataValidation(
                type="list", formula1=f"='{lists}'!$A$2:$A${len(FUNDING_TYPES) + 1}", allow_blank=True
            )
        else:
            rule = DataValidation(
                type="decimal" if key.startswith("staff") else "whole",
                operator="greaterThanOrEqual",
                formula1="0",
                allow_blank=True,
            )
        rule.error, rule.showErrorMessage = text("collection.template.wrong_value"), True
        letter = get_column_letter(keys.index(key) + 1)
        rule.add(f"{letter}{_HEADER_ROW + 1}:{letter}{last_row}")
        sheet.add_data_validation(rule)


def _write_lists(book: "Workbook") -> None:
    sheet = book.create_sheet(text("collection.template.lists_sheet"))
    sheet.cell(1, 1, text("collection.column.funding_type"))
    for row, kind in enumerate(FUNDING_TYPES, 2):
        sheet.cell(row, 1, text(f"collection.funding.{kind}"))
    sheet.protection.sheet = True


def _write_version(book: "Workbook", code: str, year: int) -> None:
    sheet = book.create_sheet("template")
    for row, (key, value) in enumerate({"version": VERSION, "municipality": code, "year": year}.items(), 1):
        sheet.cell(row, 1, key)
        sheet.cell(row, 2, value)
    sheet.sheet_state = "hidden"
