"""Formulas of the gap on numbers that can be checked by hand: each fails when a sign, factor or comparison moves."""

import numpy as np
import pytest

from ossu_analysis.draws import add_up
from ossu_analysis.gap import formulas
from ossu_analysis.gap.formulas import AREA_FORMULAS, FORMULAS


def test_residents_have_places_at_home_less_those_of_guests_and_those_elsewhere():
    assert formulas.places_for_residents(30, 8, 3) == 25


def test_a_gap_is_what_places_at_the_target_do_not_hold():
    assert formulas.gap_to_demand_places(36.0, 30.0, 0.9) == pytest.approx(10.0)
    assert formulas.gap_to_demand_places(18.0, 30.0, 0.9) == pytest.approx(-10.0)
    assert np.isnan(formulas.gap_to_demand_places(36.0, np.nan, 1.0))


@pytest.mark.parametrize(("draws", "share"), [([10.4, 10.49, 10.5, 12.0], 0.5), ([10.5] * 4, 1.0), ([10.0] * 4, 0.0)])
def test_half_a_place_is_one_and_less_is_none(draws, share):
    assert formulas.probability_gap_positive(np.array(draws), 10.0, 1.0) == share


def test_a_target_below_one_asks_for_more_places():
    # 9.5 / 0.9 = 10.56 is a place short of 10, 9.4 / 0.9 = 10.44 is not.
    assert formulas.probability_gap_positive(np.array([9.4, 9.5]), 10.0, 0.9) == 0.5
    assert np.isnan(formulas.probability_gap_positive(np.array([9.4, 9.5]), np.nan, 0.9))


def test_demand_range_is_the_tenth_and_ninetieth_of_a_hundred():
    low, middle, high = formulas.demand_range(np.arange(101.0))
    assert (low, middle, high) == (10, 50, 90)
    assert [formula(np.arange(101.0)) for formula in (formulas.demand_low, formulas.demand_high)] == [10, 90]
    assert formulas.demand_median(np.arange(101.0)) == 50


def test_without_sharing_a_free_place_next_door_helps_nobody():
    draws = np.array([[8.0, 8.0, 8.0], [12.0, 12.0, 14.0]])
    # The first municipality has 2 free places of 10 in every draw; the second lacks 2, 2 and 4 of 10.
    assert formulas.missing_without_sharing_places(draws, np.array([10.0, 10.0]), 1.0) == 2
    # At a target of 0.8 it lacks 12 / 0.8 - 10 = 5 in the middle draw, and the first one none.
    assert formulas.missing_without_sharing_places(draws, np.array([10.0, 10.0]), 0.8) == pytest.approx(5)
    assert np.isnan(formulas.missing_without_sharing_places(draws, np.array([10.0, np.nan]), 1.0))


def test_differences_to_limits_keep_their_sign():
    assert (formulas.gap_to_map_places(73, 64), formulas.gap_to_criterion_places(50, 64)) == (9, -14)


def test_money_and_posts_are_for_missing_places_only():
    assert formulas.yearly_cost(np.array([2.5, -3.0]), np.array([1000.0, 1000.0])).tolist() == [2500, 0]
    assert formulas.staff_needed(np.array([4.0, -1.0]), 0.5).tolist() == [2, 0]


def test_sums_know_what_they_do_not_know():
    parts = np.array([[9.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    np.testing.assert_array_equal(formulas.sum_of_parts(parts), [12, np.nan, np.nan])
    np.testing.assert_array_equal(formulas.sum_of_known_parts(parts), [12, 4, np.nan])
    assert formulas.municipalities_with_service(np.array([0.0, 1.0, np.nan, 5.0])) == 2


def test_the_map_of_an_oblast_is_compared_where_it_is_given():
    """A municipality without a map number once entered the difference with all its places: 9 became 73."""
    mapped, places = np.array([73.0, np.nan]), np.array([64.0, 64.0])
    assert AREA_FORMULAS["gap_to_map_places"].of({"parts": formulas.gap_to_map_places(mapped, places)}) == 9


def test_a_formula_names_its_inputs_and_is_silent_without_one_of_them():
    gap = FORMULAS["gap_to_demand_places"]
    assert gap.inputs == ("demand_median", "places_for_residents", "occupancy_target")
    given = {"demand_median": 36.0, "places_for_residents": 30.0, "occupancy_target": 0.9}
    assert gap.of(given) == pytest.approx(10) and gap.of(given | {"demand_median": None}) is None
    assert gap.of(given | {"places_for_residents": float("nan")}) is None


def test_draws_are_added_in_double_precision_and_within_a_draw():
    draws = np.full((3, 1, 2), 2.0**24, dtype=np.float32)
    draws[1] = 1.0
    added = add_up(draws, np.array([0, 0, 1]))
    assert added.tolist() == [[[2.0**24 + 1] * 2], [[2.0**24] * 2]]
    assert add_up(draws, np.arange(3)) is draws
