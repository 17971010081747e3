"""One spoilt cell, row or file of the raw figures is met with its sentence: file, row, column, found, expected."""

import re
from pathlib import Path

import pytest

from ossu_analysis.errors import BLOCKING, NOTICE, FaultsFound, OssuError, told
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.sources import READERS, check_sources
from ossu_analysis.texts import text


def faults_of(project, table):
    with pytest.raises(FaultsFound) as raised:
        READERS[table](project.store)
    return list(raised.value.faults)


def only(faults, code):
    found = [fault for fault in faults if fault.code == code]
    assert len(found) == 1, [fault.sentence() for fault in faults]
    return found[0]


SPOILT_CELLS = [
    ("negative", "population_municipality", ("SML02", "2018", "total"), "M", "-5", "sources.too_small"),
    ("half a person", "births_municipality", ("SML02", "2018"), "F", "12.5", "sources.fraction"),
    ("thousands", "population_municipality", ("BG", "2018", "total"), "T", "7 000 039", "sources.not_a_number"),
    ("decimal comma", "at_risk_of_poverty", ("SML", "2018", "T"), "rate_percent", "22,4", "sources.not_a_number"),
    ("exponent", "population_municipality", ("BG", "2018", "total"), "T", "7.00E+06", "sources.not_a_number"),
    ("infinity", "births_municipality", ("SML02", "2018"), "F", "inf", "sources.not_a_number"),
    ("text nan", "births_municipality", ("SML02", "2018"), "F", "nan", "sources.not_a_number"),
    ("nothing", "deaths_municipality", ("SML02", "2018"), "F", "", "sources.missing_figure"),
    ("foreign mark", "deaths_oblast_age", ("SML", "2018", "90+"), "F", "-", "sources.not_a_number"),
    (
        "unknown code",
        "population_municipality",
        ("SML02", "2018", "total"),
        "area_code",
        "SML99",
        "sources.unknown_area",
    ),
    ("NA is a text", "population_municipality", ("SML02", "2018", "total"), "area_code", "NA", "sources.unknown_area"),
    ("Cyrillic code", "births_municipality", ("SML02", "2018"), "area_code", "SМL02", "sources.unknown_area"),
    ("year as float", "births_municipality", ("SML02", "2018"), "year", "2018.0", "sources.unknown_value"),
    ("residence", "population_municipality", ("SML02", "2018", "total"), "residence", "all", "sources.unknown_value"),
    ("age", "population_oblast_age", ("SML", "2018", "0-4"), "age", "под 5", "sources.unknown_value"),
    ("percent", "unemployment_rate", ("SML", "2018", "T"), "rate_percent", "101", "sources.too_large"),
    ("share", "census_profile", ("SML02",), "70+", "0.9", "sources.row_does_not_add"),
    (
        "service name",
        "service_total",
        ("Асистентска подкрепа",),
        "published_name_bg",
        "Помощ",
        "sources.unknown_service",
    ),
]


@pytest.mark.parametrize(
    ("table", "key", "column", "cell", "code"), [c[1:] for c in SPOILT_CELLS], ids=[c[0] for c in SPOILT_CELLS]
)
def test_a_spoilt_cell_is_named_with_its_place(project, table, key, column, cell, code):
    from ossu_analysis.sources import LAYOUTS

    project.take(LAYOUTS[table].sources[0])
    row = project.find(table, *key)
    project.change(table, row, column, cell)
    fault = only(faults_of(project, table), code)
    assert (fault.file, fault.row) == (project.file(table), row)
    if code != "sources.row_does_not_add":
        assert (fault.column, fault.found) == (column, cell or fault.found)
    assert fault.expected
    assert f"ред {row}" in fault.sentence()
    assert text(f"{code}.todo") in fault.sentence()


def test_sexes_that_do_not_add_up_say_what_they_should_be(project):
    project.take("nsi_population")
    row = project.find("population_municipality", "SML02", "2018", "total")
    published = int(project.change("population_municipality", row, "T", "1"))
    faults = faults_of(project, "population_municipality")
    fault = only(faults, "sources.sexes_do_not_add")
    assert (fault.row, fault.column, fault.expected) == (row, "T", str(published))
    oblast = only(faults, "sources.areas_do_not_add")
    assert (oblast.row, oblast.column) == (project.find("population_municipality", "SML", "2018", "total"), "T")
    assert int(oblast.expected) == int(oblast.found.split()[0]) - published + 1
    assert only(faults, "sources.residences_do_not_add").row == row


def test_oblasts_that_do_not_add_up_to_the_country_point_to_the_country_row(project):
    project.take("nsi_vital")
    row = project.find("births_municipality", "BG", "2018")
    for column, cell in (("F", "1"), ("T", str(62_197 - int(project.rows("births_municipality")[row - 1][2]) + 1))):
        project.change("births_municipality", row, column, cell)
    assert {f.row for f in faults_of(project, "births_municipality") if f.code == "sources.areas_do_not_add"} == {row}


def test_ages_that_do_not_add_up_point_to_the_total_row(project):
    project.take("eurostat_population")
    row = project.find("population_oblast_age", "SML", "2018", "40-44")
    values = project.rows("population_oblast_age")[row - 1]
    project.change("population_oblast_age", row, "F", str(int(values[3]) + 7))
    project.change("population_oblast_age", row, "T", str(int(values[5]) + 7))
    faults = [f for f in faults_of(project, "population_oblast_age") if f.code == "sources.ages_do_not_add"]
    assert {fault.row for fault in faults} == {project.find("population_oblast_age", "SML", "2018", "total")}


def test_a_wrong_cell_is_not_reported_again_as_a_sum(project):
    project.take("nsi_vital")
    row = project.find("births_municipality", "SML02", "2018")
    project.change("births_municipality", row, "F", "много")
    assert [fault.code for fault in faults_of(project, "births_municipality")] == ["sources.not_a_number"]


def test_a_missing_year_and_a_missing_area_are_named(project):
    project.take("nsi_vital")
    rows = project.rows("deaths_municipality")
    kept = [r for r in rows if r[:2] != ["SML02", "2005"] and r[0] != "VAR05"]
    project.write("deaths_municipality", kept)
    faults = faults_of(project, "deaths_municipality")
    year = only(faults, "sources.missing_year")
    assert (year.found, year.expected) == ("SML02", "2005")
    assert only(faults, "sources.missing_area").expected == "VAR05"


def test_units_that_did_not_exist_yet_are_not_missing(project):
    """Sarnitsa exists from 2015, Knezha was VRC19 in 2000: the shipped file has no rows for the other years."""
    project.take("nsi_vital")
    rows = project.rows("deaths_municipality")
    assert not any(row[:2] == ["PAZ39", "2014"] for row in rows)
    assert len(READERS["deaths_municipality"](project.store)) == 3 * (len(rows) - 1)


def test_a_repeated_row_names_the_first_one(project):
    project.take("nsi_vital")
    rows = project.rows("births_municipality")
    first = project.find("births_municipality", "SML02", "2018")
    project.write("births_municipality", [*rows, rows[first - 1]])
    fault = only(faults_of(project, "births_municipality"), "sources.repeated_row")
    assert fault.row == len(rows) + 1
    assert str(first) in fault.expected


@pytest.mark.parametrize(
    ("spoil", "code", "row"),
    [
        (lambda content: content.decode().encode("cp1251", "replace"), None, None),
        (lambda content: content.replace(b"BG,2000", "Смолян,2000".encode("cp1251"), 1), "reference.wrong_encoding", 2),
        (lambda content: content.replace(b",", b";"), "reference.wrong_delimiter", 1),
        (lambda content: content.replace(b"area_code", b"code", 1), "reference.missing_column", 1),
        (lambda content: content.replace(b",T\n", b",T,T\n", 1), "reference.repeated_column", 1),
        (lambda content: content.replace(b"\nBG,2001", b"\n\nBG,2001", 1), "reference.blank_row", 3),
        (lambda content: content.replace(b"BG,2001,", b"BG,2001,1,", 1), "reference.broken_row", 3),
        (lambda content: content[: content.index(b"\n") + 1], "reference.empty_file", 2),
        (lambda content: b"", "reference.empty_file", 2),
    ],
    ids=["ascii is fine", "cp1251", "semicolons", "renamed", "twice", "blank row", "longer row", "no rows", "empty"],
)
def test_a_spoilt_file_is_named(project, spoil, code, row):
    project.take("nsi_vital")
    path = project.path("births_municipality")
    path.write_bytes(spoil(path.read_bytes()))
    if code is None:
        assert len(READERS["births_municipality"](project.store)) == 16_758
        return
    faults = faults_of(project, "births_municipality")
    assert {fault.code for fault in faults} == {code}
    assert (faults[0].file, faults[0].row) == (project.file("births_municipality"), row)


def test_a_wrong_encoding_shows_the_text_as_a_person_would_read_it(project):
    project.take("nsi_vital")
    path = project.path("births_municipality")
    path.write_bytes(path.read_bytes().replace(b"BG,2000", "Смолян,2000".encode("cp1251"), 1))
    assert "Смолян" in faults_of(project, "births_municipality")[0].found


def test_column_order_and_windows_line_ends_do_not_matter(project):
    project.take("nsi_vital")
    before = READERS["births_municipality"](project.store)
    rows = [list(reversed(row)) for row in project.rows("births_municipality")]
    content = "\ufeff" + "\r\n".join(",".join(row) for row in rows) + "\r\n"
    project.path("births_municipality").write_bytes(content.encode())
    assert READERS["births_municipality"](project.store).equals(before)


def test_a_missing_file_and_a_missing_source_say_what_to_do(project):
    project.take("nsi_vital")
    project.path("births_municipality").unlink()
    assert only(faults_of(project, "births_municipality"), "reference.missing_file").file.endswith(
        "births_municipality.csv"
    )
    with pytest.raises(OssuError, match="population_municipality"):
        READERS["population_municipality"](project.store)


def test_all_faults_of_all_files_come_at_once(project):
    project.take("nsi_vital", "nsi_labour", "nsi_census_2011")
    project.change("births_municipality", 5, "F", "-1")
    project.change("unemployment_rate", 9, "area_code", "XX")
    project.path("census_profile").unlink()
    (project.store.raw / "nsi_new" / "2030").mkdir(parents=True)
    faults = [fault for fault in check_sources(project.store) if fault.severity == BLOCKING]
    absent = {fault.expected for fault in faults if fault.code == "sources.no_table"}
    assert {"population_municipality", "at_risk_of_poverty"} < absent
    assert not absent & {"births_municipality", "unemployment_rate"}
    assert {fault.code for fault in faults} >= {
        "sources.too_small",
        "sources.unknown_area",
        "reference.missing_file",
        "sources.no_record",
    }
    message = str(FaultsFound(faults))
    assert message.count("\n") == len(told(faults)) < len(faults)
    assert f" {len(faults)} " in message.splitlines()[0]
    assert all(line.startswith("- data/raw/") for line in message.splitlines()[1:])


def test_a_spoilt_code_list_is_told_before_any_figure(project):
    project.take("nsi_vital")
    path = project.store.reference / "municipality.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",SML,", ",,", 1), encoding="utf-8")
    assert [fault.code for fault in check_sources(project.store)] == ["reference.empty_cell"]


def test_all_records_are_read_before_the_first_one_stops(project):
    project.take("nsi_vital", "nsi_labour")
    for table in ("births_municipality", "unemployment_rate"):
        path = project.folder(table) / "source.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("licence:", "license:"), encoding="utf-8")
    with pytest.raises(FaultsFound) as raised:
        REFERENCE["source"](project.store)
    assert len({fault.file for fault in raised.value.faults}) == 2


def test_an_edit_that_breaks_nothing_is_a_notice_and_reaches_the_table(project):
    project.take("nsi_poverty")
    row = project.find("at_risk_of_poverty", "SML", "2018", "T")
    project.change("at_risk_of_poverty", row, "rate_percent", "33.3")
    faults = [fault for fault in check_sources(project.store) if fault.code != "sources.no_table"]
    assert [(fault.code, fault.severity) for fault in faults] == [("sources.edited", NOTICE)]
    rates = READERS["at_risk_of_poverty"](project.store)
    one = rates.query("area_code == 'SML' and year == 2018 and sex == 'T'")
    assert one["rate_percent"].tolist() == [33.3]


def test_a_flood_of_faults_is_cut_and_counted(project):
    project.take("nsi_vital")
    rows = project.rows("births_municipality")
    project.write("births_municipality", [rows[0], *([r[0], r[1], "?", r[3], r[4]] for r in rows[1:])])
    faults = faults_of(project, "births_municipality")
    assert len(faults) == 21
    assert faults[-1].found == str(len(rows) - 1 - 20)


NOT_FAULTS = {"sources.no_release", "sources.no_base_year"}


def test_every_fault_of_the_code_has_its_sentence_and_what_to_do():
    package = Path(__file__).parents[3] / "ossu_analysis"
    files = [*(package / "sources").glob("*.py"), *(package / "reference").glob("*.py")]
    files += [package / "inputs.py", package / "text_table.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    codes = set(re.findall(r'"((?:sources|reference)\.[a-z_]+)"', code)) - {
        "sources.no_release",
        "sources.no_base_year",
    }
    codes |= {f"sources.{name}_do_not_add" for name in ("sexes", "residences", "areas", "ages")}
    raised = {"reference.no_value", "reference.no_assumption", "reference.expected"}
    assert len(codes) > 25
    assert {code for code in codes - raised if text(code) == code or not text(f"{code}.todo")} == set()
