"""Tables of every maker: what is read, what is refused, and that nothing is guessed or lost in silence."""

import codecs
import datetime
import decimal
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK
from ossu_analysis.tabular import number, numbers, open_frame, shown

COLUMNS = ("area_code", "year", "persons")
ROWS = [["A", 2019, 1908], ["B", 2019, 20]]


def read(path: Path):
    return open_frame(path, path.name, COLUMNS)


def persons(path: Path) -> list[float]:
    table, faults = read(path)
    assert not [fault for fault in faults if fault.severity == BLOCKING], faults
    return numbers(table, "persons", path.name)[0].tolist()


def codes(path: Path, severity: str = BLOCKING) -> list[str]:
    return [fault.code.removeprefix("tabular.") for fault in read(path)[1] if fault.severity == severity]


def csv_of(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def book_of(path: Path, rows=ROWS, spoil=lambda sheet: None) -> Path:
    book = openpyxl.Workbook()
    for row in [list(COLUMNS), *rows]:
        book.active.append(row)
    spoil(book.active)
    book.save(path)
    return path


def rewritten(path: Path, change) -> Path:
    """A workbook whose parts are changed as another maker would have written them."""
    made = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    path.write_bytes(made.getvalue())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_encodings_and_separators(tmp_path, encoding, mark):
    lines = [mark.join(map(str, row)) for row in (COLUMNS, ["Бяла", 2019, 1908], ["Баните", 2019, 20])]
    path = csv_of(tmp_path / "a.CSV", *lines, encoding=encoding)
    assert persons(path) == [1908, 20] and read(path)[0]["area_code"].tolist() == ["Бяла", "Баните"]
    assert codes(path, NOTICE) == (["other_encoding"] if encoding == "cp1251" else [])


def test_separators_inside_quotes_are_text(tmp_path):
    path = csv_of(tmp_path / "a.csv", '"area_code","year","persons"', '"Смолян; град, община",2019,"1908"')
    assert read(path)[0]["area_code"].tolist() == ["Смолян; град, община"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (codecs.BOM_UTF16_LE + "area_code;year".encode("utf-16-le"), "utf16"),
        ("area_code;year;persons\nА;2019;5".encode("utf-16-le"), "utf16"),
        ("area_code;year;persons\nСмолян;2019;5\nСмо".encode()[:-1], "broken_utf8"),
        (b"area_code;year;persons\n\x98;2019;5", "unknown_encoding"),
        (b"", "empty_file"),
        (b'area_code;year;persons\n"A;2019;5\nB;2019;6\n', "broken_row"),
        (b"area_code,year,persons\nA,2019,1,5\n", "long_row"),
        (b"area_code;year;persons\nA;2019;5\nB;20", "short_row"),
        (b"area_code;year;persons\nA\x07;2019;5\n", "control_character"),
        (b"area_code;year;persons\n", "no_rows"),
        (b"one;two\n1;2\n", "no_header"),
        (b"area_code;year\nA;2019\n", "missing_column"),
        (b"area_code;year;persons;persons\nA;2019;5;6\n", "repeated_column"),
    ],
)
def test_damaged_files_are_faults_with_a_sentence(tmp_path, content, code):
    (tmp_path / "a.csv").write_bytes(content)
    assert codes(tmp_path / "a.csv") == [code]
    assert all("tabular." not in fault.sentence() for fault in read(tmp_path / "a.csv")[1])


@pytest.mark.parametrize(
    ("said", "value"),
    [("1 908", 1908), ("1\u00a0908", 1908), ("1'908", 1908), ("1,908,000", 1908000), ("1.908.000", 1908000),
     ("1.908,5", 1908.5), ("1,908.5", 1908.5), ("1 908,5", 1908.5), ("12,5", 12.5), ("0,908", 0.908),
     ("1908,000", 1908), ("19,08", 19.08), ("1e3", 1000), ("-5", -5), ("\u22125", -5), (1.908, 1.908), (1908, 1908)],
)  # fmt: skip
def test_numbers_by_the_one_rule(said, value):
    assert number(said.replace("\u00a0", " ") if isinstance(said, str) else said).value == pytest.approx(value)


@pytest.mark.parametrize("said", ["1,908", "1.908", "-1,908", "12.345", "999,999"])
def test_a_mark_before_three_digits_is_never_guessed(said):
    assert number(said).problem == "tabular.ambiguous_number"


@pytest.mark.parametrize("said", ["много", "1 90", "19 08", "1.90.8", "1,2.3,4", "٣", "1908лв", "1e999", "inf", "1/2"])
def test_what_is_no_number_is_a_fault(said):
    assert number(said).problem == "tabular.not_a_number"


@pytest.mark.parametrize("said", [":", "..", "...", "x", "-", "–", "", "n/a", "няма данни"])
def test_marks_of_statistics_are_unknown_and_never_persons(said):
    assert (number(said).value, number(said).problem) == (None, "")


def test_flags_are_kept_and_told(tmp_path):
    path = csv_of(tmp_path / "a.csv", "area_code;year;persons", "A;2019;1908 b", "B;2020;20p", "C;2019;15")
    table, _ = read(path)
    value, problem, (notice,) = numbers(table, "persons", path.name)
    assert value.tolist() == [1908, 20, 15] and set(problem) == {""}
    assert "2" in notice.found and "b, p" in notice.found and notice.severity == NOTICE


def test_a_file_name_is_a_name_and_never_a_pattern(tmp_path):
    csv_of(tmp_path / "ret1.csv", "area_code;year;persons", "A;2019;1")
    assert persons(csv_of(tmp_path / "ret[1].csv", "area_code;year;persons", "A;2019;476")) == [476]


def test_blank_rows_titles_notes_and_odd_headers(tmp_path):
    lines = ["Население", "", " AREA_CODE ; Year;Persons", "A;2019;1908", ";;", "", "B;2019;20", "Източник: НСИ;;"]
    path = csv_of(tmp_path / "a.csv", *lines, "* предварителни данни;;")
    table, faults = read(path)
    assert persons(path) == [1908, 20] and table["row"].tolist() == [4, 7]
    (notice,) = faults
    assert (notice.code, notice.row, notice.severity) == ("tabular.notes", 8, NOTICE)


def test_parquet_with_decimals_categories_and_whole_floats(tmp_path):
    frame = pd.DataFrame({"area_code": [100.0, 7.0], "year": [2019, 2019]})
    frame["persons"] = [decimal.Decimal("1908.00"), decimal.Decimal("20.00")]
    frame["area_code"] = frame["area_code"].astype("category")
    frame.to_parquet(tmp_path / "a.parquet")
    assert persons(tmp_path / "a.parquet") == [1908, 20]
    assert read(tmp_path / "a.parquet")[0]["area_code"].map(shown).tolist() == ["100", "7"]
    frame.assign(persons=[[1], [2]]).to_parquet(tmp_path / "a.parquet")
    assert codes(tmp_path / "a.parquet") == ["nested_column"]
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing")
    assert codes(tmp_path / "a.parquet") == ["unreadable_file"]


def test_the_stored_size_of_a_sheet_is_not_believed(tmp_path):
    def lie(name, part):
        return re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:A1"', part)

    assert persons(rewritten(book_of(tmp_path / "a.xlsx"), lie)) == [1908, 20]


def test_a_strict_workbook_and_one_with_prefixes_are_read(tmp_path):
    strict = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
    }

    def as_strict(name, part):
        for usual, other in strict.items():
            part = part.replace(usual, other)
        return part

    assert persons(rewritten(book_of(tmp_path / "a.xlsx"), as_strict)) == [1908, 20]


def test_a_formula_without_value_and_an_error_are_not_unreported(tmp_path):
    path = book_of(tmp_path / "a.xlsx", [["A", 2019, "=1900+8"], ["B", 2019, "#N/A"]])
    table, _ = read(path)
    value, problem, _ = numbers(table, "persons", path.name)
    assert value.isna().all()
    assert problem.tolist() == ["tabular.formula_without_value", "tabular.error_value"]
    assert [shown(cell) for cell in table["persons"]] == ["C2: =1900+8", "C3: #N/A"]


def test_a_formula_with_its_value_is_its_value(tmp_path):
    def stored(name, part):
        return re.sub(rb"(<f>1900\+8</f>)<v\s*/>|(<f>1900\+8</f>)<v></v>", rb"<f>1900+8</f><v>1908</v>", part)

    path = book_of(tmp_path / "a.xlsx", [["A", 2019, "=1900+8"]])
    assert persons(rewritten(path, stored)) == [1908]


def test_cells_under_a_merge_have_no_value_of_their_own(tmp_path):
    def merge(sheet):
        sheet.merge_cells("C2:C3")
        sheet.merge_cells("A8:C8")

    path = book_of(tmp_path / "a.xlsx", spoil=merge)
    table, _ = read(path)
    assert numbers(table, "persons", path.name)[1].tolist() == ["", "tabular.merged_cell"]
    assert len(table) == 2, "an empty merge below the table is nothing"


def test_hidden_rows_columns_and_sheets_are_named(tmp_path):
    def hide(sheet):
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True
        other = sheet.parent.create_sheet("2018")
        for row in [list(COLUMNS), *ROWS]:
            other.append(row)
        other.sheet_state = "hidden"

    path = book_of(tmp_path / "a.xlsx", spoil=hide)
    assert persons(path) == [1908, 20]
    assert sorted(codes(path, TO_CHECK)) == ["hidden_columns", "hidden_rows", "hidden_sheet"]


def test_a_workbook_without_anything_to_read_says_which_and_why(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Празен"
    book.save(tmp_path / "a.xlsx")
    assert codes(tmp_path / "a.xlsx") == ["no_cells"]

    def hide(sheet):
        sheet.parent.create_sheet("Указания")
        sheet.sheet_state = "hidden"

    assert "only_hidden_sheets" in codes(book_of(tmp_path / "a.xlsx", spoil=hide))
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0 old or locked")
    assert codes(tmp_path / "a.xlsx") == ["protected_or_old"]
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    assert codes(tmp_path / "a.xls") == ["unsupported_file"]
    assert codes(tmp_path / "none.xlsx") == ["missing_file"]


def test_a_cell_far_outside_is_named_and_a_formatted_one_is_nothing(tmp_path):
    def far(value):
        return lambda sheet: sheet.cell(30, 16384, value)

    assert codes(book_of(tmp_path / "a.xlsx", spoil=far("x"))) == ["too_many_columns"]
    assert persons(book_of(tmp_path / "a.xlsx", spoil=far(None))) == [1908, 20]
    below = book_of(tmp_path / "a.xlsx", spoil=lambda sheet: sheet.cell(1_048_576, 1, "край на листа"))
    assert persons(below) == [1908, 20] and codes(below, NOTICE) == ["notes"]


def test_limits_are_said_before_anything_is_held(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"area_code;year;persons\n" + b"A;2019;5\n" * 1_000_000)
    assert codes(tmp_path / "a.csv") == ["too_many_rows"]
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", b"<workbook/>")
        bomb.writestr("xl/worksheets/sheet1.xml", b"0" * 90_000_000)
    assert codes(tmp_path / "a.xlsx") == ["too_large"]


def test_days_are_no_numbers(tmp_path):
    path = book_of(tmp_path / "a.xlsx", [["A", 2019, datetime.datetime(2026, 1, 5)]])
    assert numbers(read(path)[0], "persons", path.name)[1].tolist() == ["tabular.day_for_number"]


def test_personal_numbers_block_by_cell_and_telephones_do_not(tmp_path):
    egn = csv_of(tmp_path / "a.csv", "area_code;year;persons;лице", "A;2019;5;7501020018", "B;2019;5;няма")
    (fault,) = [fault for fault in read(egn)[1] if fault.severity == BLOCKING]
    assert (fault.code, fault.row, fault.column) == ("tabular.personal_data", 2, "лице")
    phone = csv_of(tmp_path / "a.csv", "area_code;year;persons;телефон", "A;2019;5;0888123456", "B;2019;5;02 9876543")
    assert codes(phone) == [] and "phone" in codes(phone, NOTICE)
    assert not any(re.search(r"\d{9}", fault.sentence()) for file in (egn, phone) for fault in read(file)[1])


def test_a_number_that_lost_its_first_zero_is_still_personal_and_codes_of_ten_digits_are_not(tmp_path):
    assert codes(book_of(tmp_path / "a.xlsx", [["A", 2019, 147010019]])) == ["personal_data"]
    fips = csv_of(tmp_path / "a.csv", "area_code;year;persons", "0100190171;2019;5", "0100390172;2019;6")
    assert persons(fips) == [5, 6]
