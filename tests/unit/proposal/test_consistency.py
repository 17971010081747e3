"""Plans that differ are named, each difference once; plans that agree give no row."""

import pandas as pd
import pytest

from ossu_analysis.proposal import inconsistencies
from ossu_analysis.schemas import table_class, validated

MUNICIPALITY = pd.DataFrame({"municipality_code": ["SML02", "SML31"], "oblast_code": ["SML", "SML"]})
PLAN = ["municipality_code", "service_code", "year", "users", "source"]
OVERRIDE = ["area_code", "service_code", "users", "reason", "by", "date"]


def line(area="SML02", service="DAY-CH", **changed):
    known = {"oblast_code": "SML", "area_level": "municipality", "area_code": area, "service_code": service, "part": 1}
    known |= {"existing_places": 20, "occupied": 15, "proposed_users": 25, "analyst_users": None, "map_number": 30.0}
    return known | {"status": "demonstration"} | changed


OBLAST = line("SML", "RES-PSY", area_level="oblast", part=2)


def differences(lines, plan=(), overrides=()):
    table = inconsistencies(
        pd.DataFrame(lines).astype({"analyst_users": "Int64"}),
        pd.DataFrame([(*row, "решение") for row in plan], columns=PLAN),
        pd.DataFrame(overrides, columns=OVERRIDE),
        MUNICIPALITY,
    )
    return validated(table_class("proposal", "consistency"), table)


def test_plans_that_agree_or_are_not_there_give_no_row():
    assert differences([line()]).empty
    assert differences([line(), OBLAST], [("SML02", "DAY-CH", 2026, 20), ("SML02", "RES-PSY", 2026, 25)]).empty


@pytest.mark.parametrize(
    ("changed", "users", "rules"),
    [
        ({}, 31, ["plan_above_map", "plan_above_proposal"]),
        ({}, 26, ["plan_above_proposal"]),
        ({"analyst_users": 28}, 26, []),
        ({}, 14, ["plan_below_users"]),
        ({"map_number": None}, 25, []),
        ({"analyst_users": 35}, 20, ["expert_above_map"]),
    ],
)
def test_each_difference_is_named(changed, users, rules):
    table = differences([line(**changed)], [("SML02", "DAY-CH", 2026, users)])
    assert table["rule"].tolist() == rules
    assert table["message"].str.contains("потребители").all() and table["status"].eq("demonstration").all()


def test_only_the_last_plan_counts_and_what_it_leaves_out_is_named():
    plan = [("SML02", "DAY-CH", 2025, 99), ("SML02", "ASSIST", 2026, 5)]
    found = differences([line(), line("SML31")], plan).set_index("rule")["service_code"].to_dict()
    assert found == {"plan_without_line": "ASSIST", "line_without_plan": "DAY-CH"}


def test_plans_of_an_oblast_level_service_are_added_up():
    plan = [("SML02", "RES-PSY", 2026, 15), ("SML31", "RES-PSY", 2026, 15)]
    row = differences([OBLAST], plan).iloc[0]
    assert (row["rule"], row["area_code"], row["number"], row["other_number"]) == ("oblast_plans_above", "SML", 30, 25)


def test_an_experts_number_for_the_wrong_level_is_named():
    rows = differences([OBLAST], overrides=[("SML02", "RES-PSY", 9, "Защо", "И.", "2026-11-01")])
    assert rows[["rule", "oblast_code", "area_code"]].to_numpy().tolist() == [["expert_without_line", "SML", "SML02"]]


def test_a_number_beyond_the_map_is_explained_with_its_file_and_row():
    given = [("SML02", "DAY-CH", 21, "Група", "И.", "2026-11-01"), ("SML31", "DAY-CH", 35, "Група", "И.", "2026-11-01")]
    table = differences([line("SML31", analyst_users=35), line(analyst_users=21)], overrides=given)
    said = table.set_index("rule").loc["expert_above_map", "message"]
    assert "data/assumptions/overrides.csv, ред 3" in said and "35" in said and "30" in said


def test_a_number_for_a_service_without_a_line_names_its_row():
    said = differences([line()], overrides=[("SML31", "RES-PSY", 5, "x", "И.", "2026-11-01")])["message"].iloc[0]
    assert "overrides.csv, ред 2" in said
