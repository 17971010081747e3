"""Access: distances, travel times with missing pairs, the catchment's books."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.capacity.access import (
    access,
    nearest,
    seat_distances_km,
    travel_minutes,
    two_step_catchment,
    ways_between,
)
from ossu_analysis.errors import FaultsFound
from ossu_analysis.schemas import table_class, validated

CODES = ["SML01", "SML02", "SML03"]
MUNICIPALITY = pd.DataFrame(
    {
        "municipality_code": CODES,
        "oblast_code": "SML",
        "seat_lat": [41.58, 41.58, 41.90],
        "seat_lon": [24.70, 24.70, 25.10],
    }
)


def pairs(*rows):
    return pd.DataFrame(rows, columns=["from_code", "to_code", "minutes"])


def test_distance_by_another_formula_and_two_municipalities_with_one_seat():
    """The spherical law of cosines, independent of the haversine, for Sofia and Burgas."""
    latitude, longitude = np.array([42.70, 42.50, 42.70]), np.array([23.32, 27.46, 23.32])
    km = seat_distances_km(latitude, longitude)
    a, b, step = *np.radians(latitude[:2]), np.radians(27.46 - 23.32)
    angle = math.acos(math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(step))
    assert km[0, 1] == pytest.approx(6371.0088 * angle, rel=1e-9)
    assert km[0, 2] == 0
    np.testing.assert_allclose(km, km.T)


def test_a_pair_given_one_way_holds_both_ways():
    matrix = travel_minutes(pairs(("SML01", "SML02", 20), ("SML03", "SML01", 35), ("SML02", "SML03", 50)), CODES)
    assert matrix.tolist() == [[0, 20, 35], [20, 0, 50], [35, 50, 0]]


def test_missing_pairs_are_named():
    with pytest.raises(FaultsFound, match=r"пътуване.csv.*липсва времето за път.*SML02 – SML03") as caught:
        travel_minutes(pairs(("SML01", "SML02", 20), ("SML03", "SML01", 35)), CODES, file="пътуване.csv")
    assert len(caught.value.faults) == 1


def test_bad_rows_and_missing_pairs_come_together():
    with pytest.raises(FaultsFound) as caught:
        travel_minutes(pairs(("SML01", "SML2", 20), ("SML03", "SML01", -5), ("SML02", "SML01", "бързо")), CODES)
    said = str(caught.value)
    assert "ред 2" in said and "SML2" in said and "-5" in said and "бързо" in said and "SML02 – SML03" in said


def test_pairs_that_nobody_asked_for_may_be_missing():
    required = np.zeros((3, 3), dtype=bool)
    required[0, 1] = True
    matrix = travel_minutes(pairs(("SML01", "SML02", 20)), CODES, required)
    assert np.isinf(matrix[0, 2]) and nearest(matrix, np.array([False, False, True]))[1].tolist() == [-1, -1, 2]


def test_the_nearest_place_is_at_home_first():
    way = np.array([[0.0, 5.0, 9.0], [5.0, 0.0, 2.0], [9.0, 2.0, 0.0]])
    far, where = nearest(way, np.array([True, False, True]))
    assert far.tolist() == [0, 2, 0] and where.tolist() == [0, 2, 2]
    assert np.isnan(nearest(way, np.zeros(3, dtype=bool))[0]).all()


@given(st.integers(0, 10_000), st.floats(0, 80))
def test_the_catchment_neither_makes_nor_loses_places(seed, reach):
    rng = np.random.default_rng(seed)
    seats = rng.uniform(0, 100, (6, 2))
    way = np.hypot(*(seats[:, None] - seats).transpose(2, 0, 1))
    places, persons = rng.integers(0, 30, (6, 2)).astype(float), rng.uniform(1, 500, (6, 2))
    reached = two_step_catchment(way, places, persons, reach)
    np.testing.assert_allclose((reached * persons).sum(axis=0), places.sum(axis=0))


def capacity_of(*rows):
    names = ["municipality_code", "service_code", "places", "is_closing"]
    return pd.DataFrame(rows, columns=names).astype({"places": "Int64"}).assign(
        period_end="2021-12-31", status="observed"
    )  # fmt: skip


LEDGER = pd.DataFrame(columns=["municipality_code", "home_code", "service_code", "period_end", "places", "is_mobile"])
LEDGER["is_mobile"] = LEDGER["is_mobile"].astype(bool)
PERSONS = pd.DataFrame(
    {"municipality_code": CODES, "service_code": "DAY-CH", "persons": [100.0, 300.0, 50.0], "persons_group": "TG-POP"}
)
SEVERAL = [("SML01", "DAY-CH", 20, False), ("SML03", "DAY-CH", 10, False), ("SML02", "LEG-PSY", 50, True)]


def test_places_of_closing_homes_are_not_access():
    table = access(capacity_of(*SEVERAL), LEDGER, PERSONS, MUNICIPALITY, ways_between(MUNICIPALITY), reach=10)
    table = validated(table_class("capacity", "access"), table).set_index("municipality_code")
    assert set(table["service_code"]) == {"DAY-CH"}
    assert table["km_to_nearest"].tolist() == [0, 0, 0] and table["minutes_to_nearest"].isna().all()
    assert table["places_per_thousand"].tolist() == pytest.approx([50, 50, 200])
    assert set(table["remark"]) == {"разстоянието е по права линия"}


def test_travel_times_decide_where_they_are_given():
    times = pairs(("SML01", "SML02", 90), ("SML01", "SML03", 60), ("SML02", "SML03", 15))
    ways = ways_between(MUNICIPALITY, times, terrain_factor=1.26)
    table = access(capacity_of(*SEVERAL), LEDGER, PERSONS, MUNICIPALITY, ways, reach=20).set_index("municipality_code")
    assert table.loc["SML02", ["minutes_to_nearest", "nearest_municipality_code"]].tolist() == [15, "SML03"]
    assert set(table["reach_unit"]) == {"минути"}


def test_a_pair_of_one_oblast_that_is_missing_is_named():
    with pytest.raises(FaultsFound, match="SML02 – SML03"):
        ways_between(MUNICIPALITY, pairs(("SML01", "SML02", 90), ("SML01", "SML03", 60)))


def test_a_mobile_team_is_where_it_goes():
    ledger = pd.DataFrame(
        {
            "municipality_code": ["SML01"],
            "home_code": ["SML02"],
            "service_code": ["DAY-CH"],
            "period_end": ["2021-12-31"],
            "places": [8.0],
            "is_mobile": [True],
        }
    )
    ways = ways_between(MUNICIPALITY.assign(seat_lon=[24.0, 25.0, 26.0]))
    table = access(capacity_of(("SML01", "DAY-CH", 20, False)), ledger, PERSONS, MUNICIPALITY, ways, reach=10)
    table = table.set_index("municipality_code")
    assert table.loc[["SML01", "SML02"], "places"].tolist() == [12, 8]
    assert table.loc[["SML01", "SML02"], "km_to_nearest"].tolist() == [0, 0] and table.loc["SML03", "km_to_nearest"] > 0
    assert table["places_per_thousand"].mul(PERSONS.set_index("municipality_code")["persons"]).sum() == pytest.approx(
        20_000
    )
