"""Pages of options: the same numbers as the tables, marked as demonstration everywhere, every table with its source."""

from types import SimpleNamespace

import pandas as pd
import pytest

from ossu_analysis.report.content import Document, Paragraph, Picture, Table
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.formats.page import write_html
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections.allocation import (
    Plans,
    annex,
    cliff_section,
    plans_section,
    public_money,
    subsidy_section,
)
from ossu_analysis.texts import number
from tests.unit.proposal.test_allocation_tables import MUNICIPALITY, SERVICE, options

NAMES = dict(zip(MUNICIPALITY["municipality_code"], MUNICIPALITY["name_bg"], strict=True)) | {"AAA": "Проба"}
IMPRINT = Imprint("2018", 2018, 2035, "2018-12-31", "abc", "без числа", "0.1", "reference", "2026-11-22")
NO_NOTES = pd.DataFrame(columns=["area_code", "kind", "message", "planning_year"])


def plans(area="AAA", notes=NO_NOTES, **changed):
    tables = {name: table.assign(planning_year=2034) for name, table in options(area, **changed).tables.items()}
    oblasts = dict(zip(MUNICIPALITY["municipality_code"], MUNICIPALITY["oblast_code"], strict=True))
    services = dict(zip(SERVICE["service_code"], SERVICE["short_name_bg"], strict=True))
    return Plans(area, "област Проба (AAA)", tables | {"allocation_note": notes}, NAMES, services, oblasts)


@pytest.fixture(scope="module")
def made():
    return plans()


def test_options_stand_side_by_side_with_the_numbers_of_their_table(made):
    table = next(block for block in plans_section(made) if isinstance(block, Table))
    printed = [" ".join(row) for row in table.rows()]
    for row, said in zip(made.options.to_dict("records"), printed, strict=True):
        for value in (row["expected_served"], row["yearly_cost"], row["new_places"]):
            assert number(value) in said
        assert row["title"] in said and row["worst_name"] in said


def test_every_table_and_chart_is_marked_and_says_its_source(made):
    blocks = plans_section(made)
    tables = [block for block in blocks if isinstance(block, Table)]
    charts = [block.chart for block in blocks if isinstance(block, Picture)]
    assert len(charts) == 2 and len(tables) >= 2 + len(made.options)
    assert all(table.is_demonstration and table.source for table in tables)
    assert all(chart.is_demonstration and chart.source and chart.png() for chart in charts)
    said = " ".join(block.text for block in blocks if isinstance(block, Paragraph))
    assert "ДЕМОНСТРАЦИОННИ ДАННИ" in said and "allocation." not in said


def test_the_page_says_its_mark_and_every_option(made, tmp_path):
    document = Document("options", "Варианти", "Проба", IMPRINT, tuple(plans_section(made)))
    page = write_html(document, tmp_path / "options.html").read_text(encoding="utf-8")
    assert document.banner and document.banner in page
    assert all(title in page for title in made.options["title"]) and "allocation." not in page


def test_an_area_without_options_says_why(tmp_path):
    notes = pd.DataFrame([["AAA", "missing", "липсва бюджет за AAA", 2034]], columns=NO_NOTES.columns)
    empty = {name: table.head(0) for name, table in plans().tables.items()} | {"allocation_note": notes}
    blocks = plans_section(Plans("AAA", "Проба", empty, NAMES, {}, {}))
    assert [block.text for block in blocks if isinstance(block, Paragraph)] == ["липсва бюджет за AAA"]


def test_the_country_shows_its_oblasts():
    blocks = plans_section(plans("BG"))
    grid = next(block.chart.data for block in blocks if isinstance(block, Picture) and "places" in block.key)
    assert set(grid["area"]) <= {"Проба", "BBB"}


def test_the_subsidy_keeps_its_currency_and_says_what_it_explains():
    checks = pd.DataFrame(
        {
            "municipality_code": ["AAA01", "AAA01"], "year": [2025, 2026], "currency": ["BGN", "EUR"],
            "subsidy": [1_000_000.0, 511_300.0], "users_times_standard": [398_500.0, None],
            "difference": [601_500.0, None], "priced_users": [100.0, 0.0], "users_without_standard": [20.0, 120.0],
            "note": ["едно", "друго"], "status": "observed",
        }
    )  # fmt: skip
    table = next(block for block in subsidy_section(checks, NAMES) if isinstance(block, Table))
    first, second = table.rows()
    assert number(601_500) in " ".join(first) and "BGN" in first and "EUR" in second and ".." in second
    assert subsidy_section(checks.head(0), NAMES) == []


def test_cliffs_name_the_day_and_the_last_month():
    cliffs = pd.DataFrame(
        {"municipality_code": ["AAA02", "AAA01"], "service_code": "DAY-CH", "funding_end": ["2027-12-31", None],
         "users": [12, 7], "last_month_to_apply": ["2027-08", None], "remark": ["остават", "не е известна"],
         "status": "demonstration"}
    )  # fmt: skip
    table = next(
        block for block in cliff_section(cliffs, NAMES, {"DAY-CH": "Дневна грижа"}) if isinstance(block, Table)
    )
    assert "31.12.2027\u00a0г." in table.rows()[0] and table.is_demonstration and table.source


def test_the_annex_is_empty_where_nothing_was_made():
    facts = Facts("AAA", "Проба", {}, (), municipalities=MUNICIPALITY)
    assert annex(SimpleNamespace(facts=facts, code="AAA", label="Проба")) == []


def test_public_money_of_a_municipality_is_its_own_and_of_an_oblast_all():
    made_up = {"subsidy_check": pd.DataFrame({
        "municipality_code": ["AAA01", "AAA02"], "year": 2026, "currency": "EUR", "subsidy": [5000.0, 7000.0],
        "users_times_standard": 1000.0, "difference": [4000.0, 6000.0], "priced_users": 1.0,
        "users_without_standard": 2.0, "note": "–", "status": "observed"}),
        "funding_cliff": pd.DataFrame({
            "municipality_code": ["AAA01", "AAA02"], "service_code": "DAY-CH", "funding_end": "2027-12-31", "users": 5,
            "last_month_to_apply": "2027-08", "remark": "–", "status": "observed"})}  # fmt: skip
    facts = Facts("AAA", "Проба", {}, (), municipalities=MUNICIPALITY, **made_up)
    for level, code, rows in (("municipality", "AAA02", 1), ("oblast", "AAA", 2)):
        blocks = public_money(SimpleNamespace(facts=facts, code=code, level=level))
        tables = [block for block in blocks if isinstance(block, Table)]
        assert [len(table.rows()) for table in tables] == [rows, rows]
        assert number(7000) in " ".join(sum(tables[0].rows(), ()))


def test_every_number_of_the_comparison_leads_to_its_origin(made):
    table = next(block for block in plans_section(made) if isinstance(block, Table))
    for addresses, cells in zip(table.origins(), table.rows(), strict=True):
        leads = dict(zip((column.name for column in table.columns), addresses, strict=True))
        assert leads["expected_served"].startswith("trace/AAA.html#plan-AAA-") and len(cells) == len(addresses)
        assert leads["share"] == leads["new_cost"] == "" and leads["gap"].endswith("-optimality_gap")
