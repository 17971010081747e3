"""Why a gap moved: the causes add up exactly, and a cause alone gets the whole change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.gap.change import CAUSES, GapFactors, explain_gap_change

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
