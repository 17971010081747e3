"""Why 35? Every number of gap and proposal of a real run answers, on its page, in the command, in the document."""

import datetime
import html
import re

import pytest

from ossu_analysis.config import run_settings
from ossu_analysis.errors import OssuError
from ossu_analysis.proposal.allocation.chain import make_options, read_request
from ossu_analysis.report.disclosure.masking import Hidden
from ossu_analysis.report.facts import empty
from ossu_analysis.report.run.trace_page import Concealed, trace_page, working_tables
from ossu_analysis.store import Store
from ossu_analysis.trace import trace_row
from ossu_analysis.trace.proposal import plan_numbers
from tests.pipelines.conftest import SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chain")]
CELL = re.compile(r'<td class="n">(.*?)</td>', re.S)
TABLE = re.compile(r'<table id="(table-(?:gap|proposal-\d))">.*?</table>', re.S)


@pytest.fixture(scope="module")
def settings(project):
    return run_settings(Store(project), **SETTINGS)


def as_number(printed: str) -> float:
    """The first number of a cell: „12 (7–18)“ is 12."""
    found = re.match(r"[+\-−]?[\d\u00a0]+(?:,\d+)?", printed).group(0)
    return float(found.replace("\u00a0", "").replace(",", ".").replace("−", "-"))


def test_every_number_of_a_municipal_proposal_leads_to_its_origin(finished):
    documents = sorted((finished / "documents" / "SML").glob("SML_SML*_predlozhenie_*.html"))
    assert len(documents) == 10
    seen = 0
    for document in documents:
        page = document.read_text(encoding="utf-8")
        tables = [found.group(0) for found in TABLE.finditer(page)]
        assert len(tables) == 4
        for cell in (cell for table in tables for cell in CELL.findall(table)):
            printed = html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            if not re.search(r"\d", printed):
                continue
            file, _, anchor = re.search(r'href="([^"]+)"', cell).group(1).partition("#")
            origin = (document.parent / file).read_text(encoding="utf-8")
            row = re.search(rf'<tr id="{re.escape(anchor)}">.*?</tr>', origin, re.S)
            assert row, (document.name, anchor)
            value = re.search(r'<td class="n"[^>]*>(.*?)</td>', row.group(0), re.S).group(1)
            if "%" not in printed:
                # The document rounds to whole persons and places.
                assert abs(as_number(printed) - as_number(html.unescape(value))) <= 0.51, (anchor, printed, value)
            seen += 1
    assert seen > 200


def test_no_number_of_a_trace_page_is_without_origin_or_differs(project, settings):
    areas, year = ("SML", "SML02", "SML31", "BG"), settings.until_year
    everything = Concealed(Hidden(empty("report", "count")), {}, year)
    with working_tables(Store(project), areas[:-1], year, settings) as tracer:
        pages = [trace_page(tracer, area, year, area, everything) for area in areas]
    for page in pages:
        rows = [row for *_, rows in page.groups for row in rows]
        assert page.counts["differs"] == 0 and page.counts["same"] > page.counts["count"] / 4
        anchors = {row.anchor for row in [*rows, *page.shared]}
        for row in rows:
            has_number = re.search(r"\d", row.value)
            assert not has_number or row.inputs or len(row.where) > 2, (page.area, row.anchor)
            assert not {address[1:] for address, _ in row.inputs if address.startswith("#")} - anchors
        said = " ".join(f"{row.formula} {row.value} {' '.join(row.where)}" for row in [*rows, *page.shared])
        assert not re.search(r"\b(?:trace|common|gap)\.[a-z]+\.[a-z]|\bNone\b|\bnan\b", said)


@pytest.mark.parametrize("area, service", [("SML02", "ASSIST"), ("SML31", "SP-INFO")])
def test_a_line_is_drawn_and_added_up_again_down_to_the_publisher(finished, area, service):
    steps = [below for step in trace_row(finished, "proposal", area, service) for below in step.walk()]
    assert all(step.is_confirmed is not False for step in steps)
    first = steps[0]
    assert first.anchor == f"line-{service}-proposed_users" and "ЗСУ" in first.article
    assert any(step.table == "sources.population_municipality" and "ред" in step.source for step in steps)
    assert {step.table for step in steps} >= {"collection.return", "demand.use_rate", "gap.service_gap"}
    assert all(step.has_origin or step.anchor or step.table for step in steps)


def test_what_is_not_loaded_says_so_instead_of_a_number(finished):
    said = {step.anchor: step.said for step in trace_row(finished, "gap", "SML02", "ASSIST")}
    assert said["gap-ASSIST-criterion_maximum"] == "критерият не е зареден"
    assert said["gap-ASSIST-staff_needed"] == "няма стандарт"


def test_an_unknown_line_and_a_run_without_options_are_sentences(finished):
    with pytest.raises(OssuError, match="няма такова число"):
        trace_row(finished, "proposal", "SML02", "NO-SUCH")
    with pytest.raises(OssuError, match="ossu options"):
        trace_row(finished, "options", "SML")


def test_options_are_judged_again_from_their_stored_places(own_project, settings):
    store = Store(own_project)
    made = make_options(store, settings, read_request({"areas": ["SML"]}), datetime.date(2026, 11, 22))
    again = make_options(store, settings, read_request({"areas": ["SML"]}), datetime.date(2026, 11, 22))
    for name, table in made.items():
        assert table.equals(again[name]), f"{name}: the same question has another answer"
    for name, table in made.items():
        store.write("proposal", name, table)
    with working_tables(store, ["SML"], settings.until_year, settings) as tracer:
        for option in made["allocation"]["option"]:
            steps = plan_numbers(tracer, "SML", option)
            assert all(step.is_confirmed is not False for step in steps), option
            assert sum(step.is_confirmed is True for step in steps) >= 6
