"""Levels that move are found to move, levels that stand are left alone, and old years count for less by the filter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.demand.movement import Movement, estimate, memory, walk


def known_years(sd: float, areas: int = 265, years: int = 10, mean: float = 200.0) -> tuple[np.ndarray, np.ndarray]:
    """Relative deviations of Poisson counts whose log level walks with a yearly standard deviation."""
    rng = np.random.default_rng(4)
    level = np.cumsum(rng.normal(0, sd, (areas, years)), axis=1)
    expected = mean * np.exp(level - level.mean(axis=1, keepdims=True))
    return rng.poisson(expected) / mean - 1, np.full((areas, years), 1 / mean)


@pytest.mark.parametrize("sd", [0.04, 0.08])
def test_the_yearly_movement_is_found(sd: float) -> None:
    assert np.sqrt(estimate(*known_years(sd), 0.0).mean()) == pytest.approx(sd, rel=0.2)


def test_levels_that_stand_are_left_nearly_alone() -> None:
    still = estimate(*known_years(0.0), 0.0)
    assert np.sqrt(still.mean()) < 0.015


def test_a_good_year_that_lingers_is_not_another_level() -> None:
    """Chance with a memory of one year: its variogram is flat from the second lag on."""
    rng = np.random.default_rng(2)
    shocks = rng.normal(0, 0.1, (265, 13))
    lingering = (shocks[:, 1:] + shocks[:, :-1]) / np.sqrt(2)
    found = estimate(lingering, np.zeros_like(lingering), 0.01)
    assert np.sqrt(found.mean()) < 0.02


def test_nothing_known_leaves_the_prior() -> None:
    nothing = np.full((265, 6), np.nan)
    assert 0 < estimate(nothing, nothing, 0.02).mean() < 0.03**2


@given(st.floats(0.0, 0.02), st.floats(0.001, 0.5))
def test_memory_is_the_steady_gain_of_the_filter(movement: float, variance: float) -> None:
    """Run the filter of a random walk seen with noise until its gain stands still."""
    state = variance
    for _ in range(4000):
        ahead = state + movement
        state = ahead * variance / (ahead + variance)
    gain = (state + movement) / (state + movement + variance)
    assert memory(movement, np.array([variance]))[0] == pytest.approx(1 - gain, abs=2e-3)


def test_levels_move_ahead_only_and_keep_their_mean() -> None:
    factors = walk(Movement(0.004, 1e-5), np.array([-1, 0, 1, 5]), 40, 4000, np.random.default_rng(1))
    assert (factors[:, :2] == 1).all()
    assert factors[:, 3].mean() == pytest.approx(1, abs=0.005)
    assert np.log(factors[:, 3]).var() == pytest.approx(5 * 0.004, rel=0.05)
