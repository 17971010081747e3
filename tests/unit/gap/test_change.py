"""Why a gap moved: the causes add up exactly, and a cause alone gets the whole change."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.gap.change import CAUSES, GapFactors, explain_gap_change, gap_changes
from ossu_analysis.schemas import table_class, validated

NOW = GapFactors(
    persons=np.array([1000.0, 400.0]),
    age_shares=np.array([[0.7, 0.3], [0.5, 0.5]]),
    rates=np.array([[0.01, 0.05], [0.01, 0.05]]),
    waiting=np.array([2.0, 0.0]),
    places=np.array([20.0, 0.0]),
    closed=np.zeros(2),
    opened=np.zeros(2),
)


def random_factors(seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([1, 1], 2)
    return replace(
        NOW,
        persons=rng.uniform(0, 2000, 2),
        age_shares=shares,
        rates=rng.uniform(0, 0.1, (2, 2)),
        waiting=rng.uniform(0, 20, 2),
        closed=rng.uniform(0, 10, 2),
        opened=rng.uniform(0, 10, 2),
    )


@given(st.integers(0, 10_000))
def test_today_plus_causes_is_then(seed):
    table = explain_gap_change(random_factors(seed), NOW)
    np.testing.assert_allclose(table["gap_now"] + table[list(CAUSES)].sum(axis=1), table["gap_then"], atol=1e-9)


@given(st.integers(0, 10_000))
def test_places_get_exactly_what_they_move(seed):
    then = random_factors(seed)
    table = explain_gap_change(then, NOW)
    np.testing.assert_allclose(table["closures"], then.closed, atol=1e-9)
    np.testing.assert_allclose(table["openings"], -then.opened, atol=1e-9)


def test_a_worked_case():
    """1000 people, 22 users by rate; 1100 people, 24.2: population alone brings 2.2 places."""
    table = explain_gap_change(replace(NOW, persons=np.array([1100.0, 400.0])), NOW)
    assert table["gap_now"].tolist() == pytest.approx([4.0, 12.0])
    assert table["population"].tolist() == pytest.approx([2.2, 0.0])
    assert table[list(CAUSES[1:])].abs().to_numpy().max() == pytest.approx(0.0, abs=1e-12)


def test_an_older_population_of_the_same_size_is_age_structure():
    table = explain_gap_change(replace(NOW, age_shares=np.array([[0.5, 0.5], [0.5, 0.5]])), NOW)
    assert table.loc[0, "age_structure"] == pytest.approx(8.0)
    assert table.loc[1, "age_structure"] == pytest.approx(0.0)


def test_places_today_are_not_a_cause():
    with pytest.raises(ValueError, match="places today"):
        explain_gap_change(replace(NOW, places=NOW.places + 1), NOW)


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
    return pd.DataFrame(head).assign(places=pd.array([now, then], dtype="Int64"))


@pytest.mark.parametrize(("now", "then", "closed", "opened"), [(20, 15, 5, 0), (20, 32, 0, -12), (20, 20, 0, 0)])
def test_causes_of_demand_and_of_places_stand_in_one_row(now, then, closed, opened):
    table = validated(table_class("gap", "change"), gap_changes(drivers(), places(now, then)))
    (row,) = table.to_dict("records")
    assert (row["closures"], row["openings"], row["waiting"], row["status"]) == (closed, opened, 6, "demonstration")
    assert (row["gap_now"], row["gap_then"]) == (20 - now, 27.5 - then)


def test_an_occupancy_target_scales_people_and_not_places():
    (row,) = gap_changes(drivers(), places(20, 15), occupancy_target=0.8).to_dict("records")
    assert row["population"] == -5 and row["closures"] == 5
    assert row["gap_then"] == pytest.approx(27.5 / 0.8 - 15)


def test_unknown_places_have_no_row():
    assert gap_changes(drivers(), places(20, None)).empty


def test_a_home_that_must_close_has_no_gap_to_explain():
    closing = {"service_code": "LEG-PSY"}
    assert gap_changes(drivers(**closing), places(20, 15).assign(**closing)).empty
