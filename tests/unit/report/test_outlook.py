"""Why demand moves and scenarios in documents: present when their tables are, one sentence when not."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.report import charts
from ossu_analysis.report.content import Paragraph, Picture, Table
from ossu_analysis.report.sections import outlook
from ossu_analysis.report.sections.subject import Subject
from tests.unit.report import made_up

CAUSES = list(outlook.CAUSES)


def drivers(scenario: str = "reference", status: str = "demonstration") -> pd.DataFrame:
    rows = pd.DataFrame({"area_code": ["VAR05"] * 2 + ["VAR"] * 2, "service_code": ["ASSIST", "RES-OLD"] * 2})
    rows[CAUSES] = [[-40.0, 39.0, 57.0, 50.0, 0.0], [-12.0, 12.0, 8.0, 4.0, 0.0]] * 2
    rows = rows.assign(use_today=[115.0, 45.0] * 2, base_year=2018, target_year=2023, scenario=scenario, status=status)
    return rows.assign(demand_then=rows["use_today"] + rows[CAUSES].sum(axis=1))


def scenarios() -> pd.DataFrame:
    parts = []
    for name, size in (("reference", 100.0), ("status_quo", 80.0), ("coverage_convergence", 120.0)):
        keys = pd.DataFrame({"service_code": "ASSIST", "year": range(2018, 2024)})
        spread = made_up.spread(keys, np.full(len(keys), size))
        parts.append(spread.assign(area_level="oblast", area_code="VAR", scenario=name, status="demonstration"))
    return pd.concat(parts, ignore_index=True)


def subject(**tables) -> Subject:
    return Subject(made_up.facts(**tables), made_up.imprint(), "VAR05")


def block(blocks, kind, key: str):
    return next(one for one in blocks if isinstance(one, kind) and one.key == key)


def test_without_tables_one_sentence_names_the_command() -> None:
    heading, only = outlook.outlook(subject())
    assert isinstance(only, Paragraph) and "сценарии" in only.text
    assert heading.text == "Защо се променя търсенето"


def test_the_printed_causes_are_those_of_the_territory_and_add_up() -> None:
    table = block(outlook.outlook(subject(driver=drivers())), Table, "table-drivers")
    assert len(table.frame) == 2 and table.is_demonstration
    causes = [column.name for column in table.columns if column.name in CAUSES]
    assert "policy" not in causes  # nothing moves by policy under the reference
    parts = table.frame["use_today"] + table.frame[causes].sum(axis=1)
    np.testing.assert_allclose(parts, table.frame["demand_then"])


def test_policy_has_its_column_under_another_scenario() -> None:
    table = block(outlook.outlook(subject(driver=drivers("status_quo"))), Table, "table-drivers")
    assert "policy" in [column.name for column in table.columns]


def test_finding_names_the_cause_that_leads_in_most_services() -> None:
    title = outlook._leading_cause(drivers().iloc[:3], CAUSES)
    assert "дял на търсещите" in title and "2 от 3" in title


def test_every_scenario_stands_in_one_table_and_one_chart() -> None:
    blocks = outlook.outlook(subject(scenarios=scenarios()))
    table = block(blocks, Table, "table-scenarios")
    row = table.frame.iloc[0]
    names = ["reference", "coverage_convergence", "status_quo"]
    assert row[names].tolist() == pytest.approx([99.8, 119.8, 79.8], abs=0.1)
    assert [column.name for column in table.columns[1:]] == names
    chart = block(blocks, Picture, "figure-scenarios").chart
    assert chart.data["scenario"].tolist() == names
    assert chart.is_demonstration and "при 1 от 1" in chart.title and "при 0 е под" in chart.title
    assert chart.png(40).startswith(b"\x89PNG")


def test_a_waterfall_steps_from_today_to_the_target() -> None:
    steps = pd.DataFrame({"step": list("abcd"), "persons": [10.0, -4, 3, 9], "is_total": [True, False, False, True]})
    chart = charts.waterfalls([("Услуга", steps)], key="w", title="т", subtitle="п")
    assert chart.data[["before", "after"]].to_numpy().tolist() == [[0, 10], [10, 6], [6, 9], [0, 9]]


@pytest.mark.parametrize("panels", [[], [("У", [0.0, 0.0, 0.0])], [("У", [5.0, -5.0, 0.0])] * 7])
def test_waterfalls_are_drawn_at_their_edges(panels) -> None:
    made = [
        (name, pd.DataFrame({"step": list("abc"), "persons": persons, "is_total": [True, False, True]}))
        for name, persons in panels
    ]
    assert charts.waterfalls(made, key="w", title="т", subtitle="п").png(40).startswith(b"\x89PNG")
