"""Access: distances, travel times with missing pairs, the catchment's books."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.capacity.access import access, nearest, seat_distances_km, travel_minutes, two_step_catchment
from ossu_analysis.errors import FaultsFound

CODES = ["SML01", "SML02", "SML03"]
MUNICIPALITY = pd.DataFrame(
    {"municipality_code": CODES, "seat_lat": [41.58, 41.58, 41.90], "seat_lon": [24.70, 24.70, 25.10]}
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


def test_places_of_closing_homes_are_not_access():
    capacity = pd.DataFrame(
        {
            "municipality_code": ["SML01", "SML03", "SML02"],
            "service_code": ["DAY-CH", "DAY-CH", "LEG-PSY"],
            "places": pd.array([20, 10, 50], dtype="Int64"),
            "is_closing": [False, False, True],
        }
    )
    persons = pd.DataFrame({"municipality_code": CODES, "service_code": "DAY-CH", "persons": [100.0, 300.0, 50.0]})
    table = access(capacity, persons, MUNICIPALITY, reach=10).set_index("municipality_code")
    assert set(table["service_code"]) == {"DAY-CH"}
    assert table["km_to_nearest"].tolist() == [0, 0, 0] and table["minutes_to_nearest"].isna().all()
    assert table["accessibility"].tolist() == pytest.approx([0.05, 0.05, 0.2])
    minutes = np.array([[0.0, 90.0, 60.0], [90.0, 0.0, 15.0], [60.0, 15.0, 0.0]])
    timed = access(capacity, persons, MUNICIPALITY, reach=20, minutes=minutes).set_index("municipality_code")
    assert timed.loc["SML02", ["minutes_to_nearest", "nearest_municipality_code"]].tolist() == [15, "SML03"]
