"""The legal maximum, with rates that were made up for these tests and stand nowhere else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.gap import GapSettings, gap_tables
from ossu_analysis.gap.rules import maximum_users, rules_by_year

MUNICIPALITY = pd.DataFrame(
    {
        "municipality_code": ["AAA01", "AAA02", "BBB01"],
        "oblast_code": ["AAA", "AAA", "BBB"],
        "seat_lat": [42.0, 42.0, 43.0],
        "seat_lon": [24.0, 25.0, 24.0],
    }
)
SERVICE = pd.DataFrame({"service_code": ["DAY-CH"], "target_group": ["TG-DISCH"], "planning_level": ["municipal"]})
SERVICE = SERVICE.assign(closes_on=None, replaced_by=None)


def rule(**fields):
    empty = dict.fromkeys(["rate", "per", "minimum", "maximum", "indicator", "valid_to"])
    known = {"service_code": "DAY-CH", "level": "municipal", "base": "per_n", "rounding": "up", "version": "тест 1"}
    return {**empty, **known, "valid_from": "2021-01-01", **fields}


@pytest.mark.parametrize(
    ("fields", "persons", "expected"),
    [
        ({"base": "per_n", "rate": 30, "per": 1000}, 1500, 45),
        ({"base": "per_n", "rate": 30, "per": 1000}, 1501, 46),
        ({"base": "per_n", "rate": 30, "per": 1000, "rounding": "down"}, 1501, 45),
        ({"base": "share", "rate": 0.07}, 100, 7),
        ({"base": "share", "rate": 0.025, "rounding": "nearest"}, 100, 2),
        ({"base": "share", "rate": 0.5, "minimum": 10}, 4, 10),
        ({"base": "share", "rate": 0.5, "maximum": 40}, 400, 40),
        ({"base": "count", "rate": 15}, 0, 15),
        ({"base": "share", "rate": 0.0}, 1000, 0),
    ],
)
def test_worked_cases(fields, persons, expected):
    assert maximum_users(rule(**fields), np.array([float(persons)])).tolist() == [expected]


def test_unknown_persons_give_no_maximum():
    assert np.isnan(maximum_users(rule(base="share", rate=0.1, minimum=5), np.array([np.nan]))).all()


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.sampled_from(["up", "down", "nearest"]))
def test_more_persons_never_lower_the_maximum(fewer, more, rounding):
    case = rule(base="per_n", rate=7, per=250, rounding=rounding, minimum=2, maximum=900)
    low, high = maximum_users(case, np.sort(np.array([fewer, more])))
    assert 2 <= low <= high <= 900


def test_the_rule_in_force_on_the_last_day_of_the_year_counts():
    rules = pd.DataFrame(
        [
            rule(rate=1, version="стара", valid_to="2024-12-30"),
            rule(rate=2, version="нова", valid_from="2024-12-31"),
            rule(rate=None, version="празна", valid_from="2030-01-01"),
        ]
    )
    found = rules_by_year(rules, "DAY-CH", [2020, 2021, 2024, 2031])
    assert {year: row["version"] for year, row in found.items()} == {2021: "стара", 2024: "нова", 2031: "нова"}


def compared(*rules):
    persons = {"AAA01": 100.0, "AAA02": 150.0, "BBB01": None, "AAA": 260.0, "BBB": 90.0}
    need = pd.DataFrame(
        {
            "area_level": ["municipality"] * 3 + ["oblast"] * 2,
            "area_code": list(persons),
            "target_group": "TG-DISCH",
            "year": 2030,
            "scenario": "reference",
            "output_type": "median",
            "persons": list(persons.values()),
        }
    ).dropna(subset="persons")
    capacity = pd.DataFrame(
        {
            "municipality_code": ["AAA01", "AAA02", "BBB01"],
            "service_code": "DAY-CH",
            "period_end": "2021-12-31",
            "places": [10, 20, 30],
            "occupied": 1,
            "waiting": 0,
            "status": "observed",
        }
    )
    tables = gap_tables(capacity, [], SERVICE, MUNICIPALITY, GapSettings([2030]), need, pd.DataFrame(rules))
    return tables["service_gap"].set_index("municipality_code"), tables["oblast_gap"].set_index("area_code")


def test_an_empty_rate_computes_nothing():
    municipal, areas = compared(rule(rate=None, base=None))
    assert municipal["criterion_maximum"].isna().all() and areas["criterion_maximum"].isna().all()
    assert municipal["remark"].str.contains("критерият не е зареден").all()
    assert municipal["rules_version"].isna().all()


def test_a_municipal_rule_adds_up_and_names_its_version():
    municipal, areas = compared(rule(rate=0.1, base="share", indicator="TG-DISCH"))
    assert municipal.loc[["AAA01", "AAA02"], "criterion_maximum"].tolist() == [10, 15]
    assert municipal.loc["AAA02", "gap_to_criterion_places"] == -5
    assert areas.loc["AAA", "criterion_maximum"] == 25 and np.isnan(areas.loc["BG", "criterion_maximum"])
    assert set(municipal["rules_version"]) == {"тест 1"}
    assert "няма данни за показателя" in municipal.loc["BBB01", "remark"]
    assert "критерият не е зареден" not in municipal.loc["AAA01", "remark"]


def test_a_rule_of_the_oblast_speaks_of_the_oblast_only():
    municipal, areas = compared(rule(rate=0.1, base="share", indicator="TG-DISCH", level="oblast"))
    assert municipal["criterion_maximum"].isna().all()
    assert municipal["remark"].str.contains("за областта или страната").all()
    assert areas.loc[["AAA", "BBB", "BG"], "criterion_maximum"].tolist() == [26, 9, 35]


def test_map_numbers_are_compared_where_they_are_given():
    numbers = pd.DataFrame({"municipality_code": ["AAA01"], "service_code": ["DAY-CH"], "users": [35]})
    capacity = pd.DataFrame(
        {
            "municipality_code": ["AAA01", "AAA02", "BBB01"],
            "service_code": "DAY-CH",
            "period_end": "2021-12-31",
            "places": [10, 20, 30],
            "occupied": 1,
            "waiting": 0,
            "status": "observed",
        }
    )
    tables = gap_tables(capacity, [], SERVICE, MUNICIPALITY, GapSettings([2030]), map_numbers=numbers)
    municipal = tables["service_gap"].set_index("municipality_code")
    assert municipal.loc["AAA01", "gap_to_map_places"] == 25 and np.isnan(municipal.loc["AAA02", "map_number"])
    assert "Националната карта" not in municipal.loc["AAA01", "remark"]
    assert "Националната карта" in municipal.loc["AAA02", "remark"]
