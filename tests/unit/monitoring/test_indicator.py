"""A plan's indicators against what came: exact parts, the same whatever areas are called, and nothing lost by twice."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.demand.forecast import levels
from ossu_analysis.monitoring.indicator import CAUSES, Compared, Side, causes_of, indicator_rows

figures = st.lists(st.integers(0, 20_000).map(lambda quarters: quarters / 4), min_size=3, max_size=3)


def side(values):
    """Any side: population and exposed in both years, demand, users."""
    return Side(*(np.array(one, dtype=float) for one in values))


sides = st.lists(figures, min_size=6, max_size=6).map(side)


@given(sides, sides)
def test_parts_add_up_to_the_deviation(expected, came):
    parts = causes_of(expected, came)
    total = np.sum([parts[cause] for cause in CAUSES], axis=0)
    assert total == pytest.approx(came.figure - expected.figure, abs=1e-6)


@given(sides, sides, st.permutations(range(3)))
def test_parts_do_not_depend_on_the_order_of_areas(expected, came, order):
    def moved(one):
        return side([values[list(order)] for values in vars(one).values()])

    parts, others = causes_of(expected, came), causes_of(moved(expected), moved(came))
    for cause in CAUSES:
        assert others[cause] == pytest.approx(parts[cause][list(order)], rel=1e-9, abs=1e-9)


@given(sides)
def test_what_came_as_expected_has_no_cause(one):
    assert all(np.allclose(part, 0, atol=1e-6) for part in causes_of(one, one).values())


def test_each_cause_is_the_factor_that_moved():
    plan = {"population": [100], "exposed": [20], "population_base": [100], "exposed_base": [20]}
    expected = side([*plan.values(), [10], [8]])
    one_more_place = causes_of(expected, side([*plan.values(), [10], [9]]))
    assert one_more_place["places"] == pytest.approx([1])
    more_ask = causes_of(expected, side([*plan.values(), [12.5], [10]]))
    assert more_ask["use"] == pytest.approx([2])
    fewer = causes_of(expected, side([[50], [10], [100], [20], [5], [4]]))
    assert fewer["population"] == pytest.approx([-4])
    older = causes_of(expected, side([[100], [40], [100], [20], [20], [16]]))
    assert older["age_structure"] == pytest.approx([8])
    recounted = causes_of(expected, side([[100], [10], [100], [10], [5], [4]]))
    assert recounted["definition"] == pytest.approx([-4])


def test_unreported_waiting_goes_to_the_rest_and_unreported_users_to_nothing():
    people = [[100, 100], [20, 20], [100, 100], [20, 20]]
    expected = side([*people, [10, 10], [8, 8]])
    parts = causes_of(expected, side([*people, [np.nan, np.nan], [6, np.nan]]))
    assert parts["rest"][0] == pytest.approx(-2) and parts["use"][0] == parts["places"][0] == 0
    assert all(np.isnan(part[1]) for part in parts.values())


def compared(actual):
    rng = np.random.default_rng(7)
    drawn = rng.normal(100, 5, (2, 400))
    people = [np.array([1000.0, 1000.0])] * 4
    means = drawn.mean(axis=1)
    expected, came = side([*people, means, means]), side([*people, actual, actual])
    bases = np.array([90.0, 95.0])
    return Compared("service", "ASSIST", "forecast", 2021, expected, came, drawn, drawn, drawn + 30, bases, bases)


def made(actual):
    above = {"country": np.array(["BG", "BG"])}
    return indicator_rows(compared(actual), levels(np.array(["SML01", "SML02"]), above)).set_index("area_code")


def test_rows_of_areas_and_their_sum():
    rows = made([101.0, 140.0])
    assert rows["is_inside_80"].tolist() == [True, False, False]
    assert rows.loc["BG", "actual"] == 241 and rows.loc["BG", "old_base"] == 185
    causes = [f"cause_{cause}" for cause in CAUSES]
    assert rows[causes].sum(axis=1).to_numpy() == pytest.approx(rows["deviation"].to_numpy(), abs=1e-9)
    assert rows["is_moved"].all()
    # A sum of ranges would be wider than the range of the sum.
    width = rows["expected_high"] - rows["expected_low"]
    assert width["BG"] < width["SML01"] + width["SML02"]


def test_what_nobody_reported_stays_unknown_in_the_sum():
    rows = made([101.0, np.nan])
    assert pd.isna(rows.loc["BG", "actual"]) and pd.isna(rows.loc["BG", "is_inside_80"])
    assert rows.loc["SML01", "is_inside_80"]


def test_made_new_twice_is_made_new_once():
    pd.testing.assert_frame_equal(made([101.0, 140.0]), made([101.0, 140.0]))
