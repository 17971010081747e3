"""Why a gap moves: the causes add up exactly, and places bring what they move."""

import pandas as pd
import pytest

from ossu_analysis.gap.change import gap_changes
from ossu_analysis.schemas import table_class, validated
from tests.unit.capacity.made_up import services


def drivers(**changed):
    row = {
        "area_level": "municipality",
        "area_code": "SML02",
        "service_code": "DAY-OLD",
        "base_year": 2018,
        "target_year": 2030,
        "scenario": "reference",
        "use_today": 20.0,
        "population_size": -4.0,
        "age_structure": 3.0,
        "rate_trend": 2.5,
        "released_unmet": 6.0,
        "policy": 0.0,
        "demand_then": 27.5,
        "status": "demonstration",
    }
    return pd.DataFrame([row | changed, row | {"area_level": "oblast", "area_code": "SML"}])


def places(now, then):
    head = {"municipality_code": "SML02", "service_code": "DAY-OLD", "scenario": "reference", "year": [2018, 2030]}
    known = pd.array([now, then], dtype="Int64")
    return pd.DataFrame(head).assign(places=known, places_for_residents=known.astype("Float64"))


@pytest.mark.parametrize(("now", "then", "closed", "opened"), [(20, 15, 5, 0), (20, 32, 0, -12), (20, 20, 0, 0)])
def test_causes_of_demand_and_of_places_stand_in_one_row(now, then, closed, opened):
    table = validated(table_class("gap", "change"), gap_changes(drivers(), places(now, then), services(), 1.0))
    (row,) = table.to_dict("records")
    assert (row["closures"], row["openings"], row["waiting"], row["status"]) == (closed, opened, 6, "demonstration")
    assert (row["gap_now"], row["gap_then"]) == (20 - now, 27.5 - then)


def test_an_occupancy_target_scales_people_and_not_places():
    (row,) = gap_changes(drivers(), places(20, 15), services(), 0.8).to_dict("records")
    assert row["population"] == -5 and row["closures"] == 5
    assert row["gap_then"] == pytest.approx(27.5 / 0.8 - 15)


def test_unknown_places_have_no_row():
    assert gap_changes(drivers(), places(20, None), services(), 1.0).empty


def test_a_home_that_must_close_has_no_gap_to_explain():
    closing = {"service_code": "LEG-PSY"}
    assert gap_changes(drivers(**closing), places(20, 15).assign(**closing), services(), 1.0).empty


def test_places_elsewhere_are_the_residents_own_and_those_of_guests_are_not():
    moved = places(20, 20).assign(places_for_residents=[15.0, 23.0])
    (row,) = gap_changes(drivers(), moved, services(), 1.0).to_dict("records")
    assert (row["gap_now"], row["openings"], row["gap_then"]) == (20 - 15, -8, 27.5 - 23)


def test_a_scenario_of_demand_is_set_against_the_places_of_the_run() -> None:
    """Places do not depend on who asks; a driver of another scenario once found none and the table was empty."""
    (row,) = gap_changes(drivers(scenario="status_quo"), places(20, 15), services(), 1.0).to_dict("records")
    assert row["scenario"] == "status_quo"
