"""Grounds to update the map: each is told apart, ordinary change is none, and unknown stays unknown."""

import pandas as pd
import pytest

from ossu_analysis.monitoring.map_update import MAP_BASE_YEAR, map_update_table
from ossu_analysis.schemas import table_class, validated

TOWNS = ("SML01", "SML02")


def observed():
    rows = [
        (town, year, group, persons)
        for town in TOWNS
        for group in ("TG-65", "AGE-0-15")
        for year, persons in ((MAP_BASE_YEAR, 100.0), (MAP_BASE_YEAR + 3, 90.0 if town == "SML01" else 130.0))
    ]
    return pd.DataFrame(rows, columns=["municipality_code", "year", "target_group", "persons"])


def indicators(base_year=MAP_BASE_YEAR):
    rows = [("municipality", town, "group", "TG-65", base_year, 85.0, 110.0, town == "SML01") for town in TOWNS]
    names = ["area_level", "area_code", "kind", "indicator_code", "base_year", "expected_low", "expected_high"]
    return pd.DataFrame(rows, columns=[*names, "is_inside_80"])


CENSUS = pd.DataFrame({"year": [2011, 2021], "day": ["2011-02-01", "2021-09-07"]})
RULES = pd.DataFrame(
    {"service_code": ["ASSIST", "DAY-AD"], "rate": [float("nan"), 0.1], "valid_from": ["2025-01-01"] * 2}
)


def made(census=CENSUS, rules=RULES.head(1), base_year=MAP_BASE_YEAR):
    return validated(
        table_class("monitoring", "map_update"), map_update_table(observed(), indicators(base_year), census, rules)
    )


def test_only_what_left_the_expected_range_is_a_changed_indicator():
    rows = made().set_index("municipality_code")
    assert set(rows["ground"]) == {"indicator"} and set(rows["subject"]) == {"TG-65"}
    assert rows["qualifies"].to_dict() == {"SML01": False, "SML02": True}
    assert rows["change_share"].to_dict() == pytest.approx({"SML01": -0.1, "SML02": 0.3})


def test_a_new_census_is_a_ground_everywhere():
    newer = pd.concat([CENSUS, pd.DataFrame({"year": [2031], "day": ["2031-09-01"]})])
    rows = made(census=newer)
    found = rows[rows["ground"] == "census"]
    assert sorted(found["municipality_code"]) == list(TOWNS) and found["qualifies"].all()
    assert set(found["since"]) == {"2031-09-01"}


def test_only_a_loaded_criterion_has_changed():
    rows = made(rules=RULES)
    assert set(rows.loc[rows["ground"] == "criterion", "subject"]) == {"DAY-AD"}


def test_without_the_plan_of_the_base_nothing_is_judged():
    assert made(base_year=2018)["qualifies"].isna().all()
