"""Small-area rates: golden values from scipy.stats and brute force, and the gain over direct rates."""

import numpy as np
import pytest

from ossu_analysis.demand.pooling import Levels, expected_above, log_censored, log_known, own_grids, pooled_levels


@pytest.mark.parametrize("dispersion", [0.01, 0.05, 0.4])
def test_probabilities_equal_those_of_scipy(dispersion: float) -> None:
    from scipy.stats import nbinom

    count, mean = np.array([3.0, 25.0, 140.0]), np.array([[4.0, 9.0], [20.0, 30.0], [100.0, 180.0]])
    r = 1 / dispersion
    golden = nbinom(r, r / (r + mean))
    assert log_known(count, mean, dispersion) == pytest.approx(golden.logpmf(count[:, None]), rel=1e-9)
    assert log_censored(count, mean, dispersion) == pytest.approx(golden.logsf(count[:, None] - 1), rel=1e-6)


def test_expected_demand_above_a_floor_equals_the_sum_over_counts() -> None:
    from scipy.stats import nbinom

    floor, mean, dispersion = np.array([25.0]), np.array([[18.0, 31.0]]), 0.08
    counts = np.arange(25, 2000)
    for node in range(2):
        weight = nbinom(1 / dispersion, 1 / (1 + dispersion * mean[0, node])).pmf(counts)
        brute = (counts * weight).sum() / weight.sum()
        found = expected_above(floor, mean, dispersion, log_censored(floor, mean, dispersion))
        assert found[0, node] == pytest.approx(brute, rel=1e-6)


def test_a_floor_far_beyond_the_mean_gives_the_floor_and_no_warning() -> None:
    floor, mean = np.array([1e6]), np.array([[3.0]])
    tail = log_censored(floor, mean, 0.01)
    assert np.isfinite(tail).all()
    assert expected_above(floor, mean, 0.01, tail)[0, 0] == 1e6


def test_pooling_cuts_the_error_of_small_rates_by_a_quarter() -> None:
    """265 areas, rate 0.8 %, 20 seeds; 0.5 is added to the direct counts so that their log exists."""
    ratios = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        parents = np.arange(265) % 28
        persons = np.exp(rng.normal(np.log(2500), 1.0, 265))
        rate = 0.008 * np.exp(rng.normal(0, 0.2, 28)[parents] + rng.normal(0, 0.3, 265))
        users = rng.poisson(persons * rate).astype(float)
        pooled, direct = pooled_levels(users, persons, parents), (users + 0.5) / persons
        ratios.append(_error(pooled, rate) / _error(direct, rate))
    assert np.mean(ratios) <= 0.75


def _error(found: np.ndarray, rate: np.ndarray) -> float:
    return float(np.sqrt(np.mean((np.log(found) - np.log(rate)) ** 2)))


def test_an_area_with_nobody_exposed_takes_the_level_of_its_parent() -> None:
    users, persons = np.array([50.0, 60.0, 0.0, 5.0, 6.0]), np.array([1e3, 1e3, 0.0, 1e3, 1e3])
    level = pooled_levels(users, persons, np.array([0, 0, 0, 1, 1]))
    assert level[3] < level[2] <= level[1]


def test_draws_of_a_level_have_its_mean_and_spread() -> None:
    nodes = own_grids(np.array([0.0, 1.0]), np.array([0.1, 0.4]))
    weights = np.exp(-0.5 * ((nodes - np.array([[0.0], [1.0]])) / np.array([[0.1], [0.4]])) ** 2)
    levels = Levels(nodes, weights / weights.sum(axis=1, keepdims=True))
    drawn = np.log(levels.draw(np.random.default_rng(3), 20_000))
    assert drawn.mean(axis=1) == pytest.approx([0.0, 1.0], abs=0.02)
    assert drawn.std(axis=1) == pytest.approx([0.1, 0.4], rel=0.05)
