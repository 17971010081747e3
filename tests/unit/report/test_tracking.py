"""Monitoring, mid-term evaluation, yearly plan and consultation pack on made-up figures."""

import pandas as pd
import pytest

from ossu_analysis.report.content import SLOT, Heading, Paragraph, in_sections
from ossu_analysis.report.documents.consultation import consultation_pack
from ossu_analysis.report.documents.monitoring import midterm_evaluation, monitoring_report
from ossu_analysis.report.documents.yearly import plan_rows, yearly_plan
from ossu_analysis.report.sections import tracking
from ossu_analysis.report.sections.subject import Subject
from tests.unit.report import made_up

FIRST, LAST = "2018-12-31", "2021-12-31"


def two_periods() -> pd.DataFrame:
    """ASSIST opens in RSE04 and closes in VAR05 between two years; nobody reported how many wait at first."""
    head = {"staff_posts": 4.0, "staff_filled": 3.0, "status": "observed", "service_code": "ASSIST"}
    rows = [
        {"municipality_code": "VAR05", "period_end": FIRST, "places": 10, "occupied": 9, "waiting": None},
        {"municipality_code": "VAR06", "period_end": FIRST, "places": 20, "occupied": 20, "waiting": None},
        {"municipality_code": "VAR06", "period_end": LAST, "places": 25, "occupied": 22, "waiting": 3},
        {"municipality_code": "RSE04", "period_end": LAST, "places": 8, "occupied": 8, "waiting": 1},
    ]
    extra = {"funding_type": "project", "is_closing": False, "is_empty": False}
    table = pd.DataFrame([head | extra | row for row in rows])
    return table.astype(dict.fromkeys(("places", "occupied", "waiting"), "Int64"))


def subject(**changes) -> Subject:
    return Subject(made_up.facts(capacity=two_periods(), **changes), made_up.imprint(), made_up.OBLAST)


def test_opened_and_closed_are_municipalities_of_one_period_only():
    row = tracking.service_changes(subject(), FIRST, LAST).iloc[0]
    assert (row["opened"], row["closed"], row["towns_then"], row["towns_now"]) == (1, 1, 2, 2)
    assert (row["places_then"], row["places_now"], row["places_change"]) == (30, 33, 3)


def test_nobody_knows_is_not_zero_waiting():
    row = tracking.service_changes(subject(), FIRST, LAST).iloc[0]
    assert pd.isna(row["waiting_then"])
    assert row["waiting_now"] == 4


def test_risks_count_services_on_project_money():
    said = [block.text for block in tracking.risks(subject()) if isinstance(block, Paragraph)]
    assert any("2 услуги с 30 потребители се издържат по проект" in one for one in said)


def test_one_period_has_nothing_to_be_compared_with():
    one = two_periods()
    blocks = tracking.services(case_of(one[one["period_end"] == LAST]))
    assert "само един период" in blocks[-1].text


def case_of(capacity: pd.DataFrame) -> Subject:
    return Subject(made_up.facts(capacity=capacity), made_up.imprint(), made_up.OBLAST)


@pytest.mark.parametrize("build", [monitoring_report, midterm_evaluation])
def test_reports_stand_without_an_earlier_forecast(build):
    document = build(made_up.facts(), made_up.OBLAST, made_up.imprint())
    assert any("не е изчислена" in block.text for block in document.blocks if isinstance(block, Paragraph))


def test_yearly_plan_never_prices_what_no_decision_has_priced():
    facts = made_up.facts(capacity=two_periods())
    rows = plan_rows(Subject(facts, made_up.imprint(), "VAR06"))
    assert set(rows["standard"]) == {"няма стандарт"}
    assert set(rows["amount"]) == {SLOT}
    assert rows["users"].tolist() == [25.0]
    assert "проект" in rows["remark"].item()
    assert "2027" in yearly_plan(facts, "VAR06", made_up.imprint()).title


def test_consultation_pack_keeps_the_record_that_the_law_asks_for():
    document = consultation_pack(made_up.facts(), "VAR05", made_up.imprint())
    assert {"table-opinion", "table-register", "table-moved", "table-attendance"} <= {
        table.key for table in document.tables
    }
    said = " ".join(block.text for block in document.blocks if isinstance(block, Paragraph))
    assert "30 дни" in said


def test_sections_are_numbered_in_order_and_only_on_the_first_level():
    blocks = in_sections([Heading("a", "Първо"), Heading("b", "Вътре", 2), Heading("c", "Второ")])
    assert [block.text for block in blocks] == ["1. Първо", "Вътре", "2. Второ"]
