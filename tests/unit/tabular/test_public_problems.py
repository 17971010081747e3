"""Problems that people reported publicly for other tools of this job, of every kind that the one reader must know.

``docs/handed_tables.md`` lists them with what came of each; the addresses stand beside the inputs.
"""

import io
import re
import zipfile

import openpyxl
import pandas as pd
import pytest

from ossu_analysis.errors import BLOCKING
from ossu_analysis.tabular import number, numbers, open_frame

COLUMNS = ("area_code", "year", "persons")
HEAD = ";".join(COLUMNS)


def read(path):
    table, faults = open_frame(path, path.name, COLUMNS)
    return table, [fault.code.removeprefix("tabular.") for fault in faults if fault.severity == BLOCKING]


def persons(path):
    table, faults = read(path)
    assert not faults
    return numbers(table, "persons", path.name)[0].tolist()


@pytest.mark.parametrize(
    ("said", "value", "problem"),
    [
        ("1.234,56", 1234.56, ""),  # pandas-dev/pandas/issues/59299
        ("1.299,99", 1299.99, ""),  # pola-rs/polars/issues/18797
        ("1 ,", None, "tabular.not_a_number"),  # pandas-dev/pandas/pull/65397: became 1
        ("1,2,3", None, "tabular.not_a_number"),  # pandas-dev/pandas/pull/38420: became 1.2.3
        ("1a.2,3", None, "tabular.not_a_number"),  # the same: became 1a2.3
        ("1.2,3", None, "tabular.not_a_number"),
        ("53,2", 53.2, ""),  # pandas-dev/pandas/issues/25218: became 532
        ("1234 bu", 1234, ""),  # rOpenGov/eurostat/issues/87: the second letter was lost
        ("1234 c", 1234, ""),  # datacommonsorg/data/issues/128
        ("inf", None, "tabular.not_a_number"),  # OSGeo/gdal/pull/10279
        ("n/a", None, ""),  # bids-standard/bids-specification/issues/1938
        ("1,234,567", 1234567, ""),  # dathere/qsv/issues/2553: was a text
    ],
)
def test_numbers_and_flags(said, value, problem):
    reading = number(said)
    assert (reading.value, reading.problem) == (value, problem)
    assert said != "1234 bu" or reading.flag == "bu"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # Unstructured-IO/unstructured/issues/4443, HKUDS/Vibe-Trading/pull/865: "Unicode text" of Excel
        ("\ufeffarea_code\tyear\tpersons\nA\t2019\t5".encode("utf-16-le"), "utf16"),
        ("\ufeffarea_code\tyear\tpersons\nA\t2019\t5".encode("utf-16-be"), "utf16"),
        # docling-project/docling/issues/4097, open-apparel-registry/issues/473: the mark stood in the first header
        (f"\ufeff{HEAD}\nA;2019;5".encode(), [5.0]),
        # monarch-initiative/koza/issues/57: notes under the table
        (f"{HEAD}\nA;2019;5\n# MIM number prefix: none;;\n* Asterisk: Gene;;".encode(), [5.0]),
        # firecrawl/pdf-inspector/issues/288: a row of figures whose label begins as a note does was lost
        (f"{HEAD}\nA;2019;5\n*B;2019;6".encode(), [5.0, 6.0]),
        (f"{HEAD}\nA;2019;5\n(B);2019;6".encode(), [5.0, 6.0]),
    ],
)
def test_encodings_marks_and_notes(tmp_path, content, expected):
    (tmp_path / "a.csv").write_bytes(content)
    if isinstance(expected, str):
        assert read(tmp_path / "a.csv")[1] == [expected]
    else:
        assert persons(tmp_path / "a.csv") == expected


@pytest.mark.parametrize("name", ["[Avalon]_daily-avg.csv", "data[1-9]*.csv", "it's ?.csv"])
def test_names_with_marks_of_patterns(tmp_path, name):
    """duckdb/duckdb/issues/4699: "No files found"; duckdb/duckdb/pull/15722: the whole folder was looked through."""
    (tmp_path / "data1.csv").write_text(f"{HEAD}\nA;2019;1")
    (tmp_path / name).write_text(f"{HEAD}\nA;2019;7")
    assert persons(tmp_path / name) == [7]


def book(path, rows, change=lambda name, part: part, spoil=lambda sheet: None):
    made, content = openpyxl.Workbook(), io.BytesIO()
    for row in [list(COLUMNS), *rows]:
        made.active.append(row)
    spoil(made.active)
    made.save(content)
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return path


def test_a_stored_zero_of_a_program_that_computes_nothing_is_no_figure(tmp_path):
    """stackoverflow.com/questions/20736814: XlsxWriter stores 0 and asks Excel to compute on opening."""

    def zero(name, part):
        return re.sub(rb"(<f>1900\+8</f>)<v\s*/>|(<f>1900\+8</f>)<v></v>", rb"<f>1900+8</f><v>0</v>", part)

    path = book(tmp_path / "a.xlsx", [["A", 2019, "=1900+8"], ["B", 2019, 0]], zero)
    value, problem, _ = numbers(read(path)[0], "persons", path.name)
    assert problem.tolist() == ["tabular.formula_without_value", ""] and value.tolist()[1] == 0


def test_a_saved_size_of_one_cell_hides_nothing(tmp_path):
    """pandas-dev/pandas/issues/39001, wireservice/agate-excel/issues/22."""
    path = book(
        tmp_path / "a.xlsx",
        [["A", 2019, 5], ["B", 2019, 6]],
        lambda name, part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', part),
    )
    assert persons(path) == [5, 6]


def test_merged_codes_are_not_carried_down_and_not_empty(tmp_path):
    """pandas-dev/pandas/issues/34921, wireservice/csvkit/issues/293."""
    path = book(tmp_path / "a.xlsx", [["A", 2018, 5], [None, 2019, 6]], spoil=lambda sheet: sheet.merge_cells("A2:A3"))
    table, _ = read(path)
    assert table["area_code"].iloc[1].reason == "tabular.merged_cell"


def test_hidden_rows_and_columns_are_named_and_move_nothing(tmp_path):
    """pandas-dev/pandas/issues/42562 (hidden rows), pyexcel/pyexcel/issues/295 (a hidden column moved cells)."""

    def hide(sheet):
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["B"].hidden = True

    path = book(tmp_path / "a.xlsx", [["A", 2019, 5], ["B", 2019, 6]], spoil=hide)
    assert persons(path) == [5, 6]
    found = {fault.code for fault in open_frame(path, path.name, COLUMNS)[1]}
    assert {"tabular.hidden_rows", "tabular.hidden_columns"} <= found


def test_a_strict_workbook_has_its_sheets(tmp_path):
    """ExcelDataReader/ExcelDataReader/issues/498, EPPlusSoftware/EPPlus/issues/2325: it was read as empty."""
    usual = b"http://schemas.openxmlformats.org/"
    path = book(
        tmp_path / "a.xlsx",
        [["A", 2019, 5]],
        lambda name, part: part.replace(
            usual + b"spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
        ).replace(usual + b"officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/"),
    )
    assert persons(path) == [5]


def test_a_column_of_whole_numbers_with_a_gap_keeps_its_codes(tmp_path):
    """A frame turns whole codes with a missing one into floats; the codes are still ``100``, not ``100.0``."""
    frame = pd.DataFrame({"area_code": [100.0, 200.0], "year": [2019, 2019], "persons": [5.0, None]})
    frame.to_parquet(tmp_path / "a.parquet")
    table, faults = read(tmp_path / "a.parquet")
    assert not faults and [str(cell) for cell in table["area_code"]] == ["100", "200"]
