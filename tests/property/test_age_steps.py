"""Laws of the small steps: rounding, moving to totals, splitting groups, pooling, statistics of draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import poisson

from ossu_analysis.population.cells import AGES, cohort_source, group_index, sum_groups
from ossu_analysis.population.forecast import GROUPS, group_starts, published_groups
from ossu_analysis.population.graduation import national_single_ages, spline_single_ages, split_groups
from ossu_analysis.population.mortality import pooled_ratio, survival_from_expectancy
from ossu_analysis.population.municipality_age import tilt_to_totals
from ossu_analysis.population.ratios import CohortRatios, direct_ratios, pool_ratios
from ossu_analysis.population.tree_ratios import sound_steps
from ossu_analysis.population.yearly_step import _Mover, _poisson, _Rounding, _stream

FIVE = tuple(range(0, 101, 5))
counts = st.floats(0.0, 5e4, allow_subnormal=False)


@given(arrays(np.float32, (2, 101, 3), elements=st.floats(0, 5000, width=32)), st.integers(0, 2**31))
@settings(deadline=None, max_examples=40)
def test_rounding_is_whole_and_meets_the_total(state: np.ndarray, seed: int) -> None:
    state[0, 0] += 1
    totals = np.rint(state.sum(axis=(0, 1), dtype=float)).astype(np.int32)
    bounds, uniform = group_starts(), np.random.default_rng(seed).random(3, dtype=np.float32)
    below = np.empty((2 * len(bounds) + 1, 3), dtype=np.int32)
    _Rounding(bounds, 3).whole(state, totals, uniform, below)
    parts = np.diff(below, axis=0, prepend=0)
    assert (below[-1] == totals).all() and (parts >= 0).all() and (below[0] == 0).all()
    exact = np.add.reduceat(state.reshape(202, 3), [*bounds, *(b + 101 for b in bounds)], axis=0, dtype=float)
    assert (np.abs(parts[1:] - exact * totals / exact.sum(axis=0)) < 1.2).all()
    finer = np.empty((2 * 101 + 1, 3), dtype=np.int32)
    _Rounding(range(101), 3).whole(state, totals, uniform, finer)
    np.testing.assert_array_equal(finer[list(bounds)], below[: len(bounds)])


@given(
    arrays(np.float32, (2, 101, 4), elements=st.floats(1, 5000, width=32)),
    arrays(float, 4, elements=st.floats(0.05, 3.0)),
)
@settings(deadline=None, max_examples=40)
def test_moving_to_totals_never_makes_anybody_negative(state: np.ndarray, change: np.ndarray) -> None:
    totals = np.rint(state.sum(axis=(0, 1)) * change).astype(np.int32)
    response = np.linspace(0.2, 1.6, 101).astype(np.float32)
    effects = np.stack([np.ones((2, 101)), np.full((2, 101), 0.01)], axis=1)
    effects = np.concatenate([effects, effects * response], axis=1).astype(np.float32)
    persons, dying = _Mover(effects, response, 4).move(state, totals)
    assert (state >= 0).all()
    np.testing.assert_allclose(state.sum(axis=(0, 1), dtype=float), totals, rtol=1e-4, atol=1)
    np.testing.assert_allclose(persons, totals, rtol=1e-4, atol=1)
    np.testing.assert_allclose(dying, 0.01 * state.sum(axis=(0, 1), dtype=float), rtol=1e-3, atol=0.1)


@pytest.mark.parametrize("mean", [0.4, 5.9, 6.1, 24.0, 90.0, 4000.0])
def test_drawn_events_follow_the_poisson_law(mean: float) -> None:
    """Against the exact distribution function; 0.006 is beyond what 100,000 draws differ by chance (Kolmogorov)."""
    drawn = _poisson(_stream(3), np.full(100_000, mean, dtype=np.float32))
    seen = np.arange(drawn.max() + 1)
    share = np.searchsorted(np.sort(drawn), seen, side="right") / len(drawn)
    assert np.abs(share - poisson.cdf(seen, mean)).max() < 0.006
    assert drawn.mean() == pytest.approx(mean, abs=4 * (mean / len(drawn)) ** 0.5)


@given(arrays(float, (3, 101), elements=counts), arrays(float, 3, elements=st.floats(1.0, 1e5)))
@settings(deadline=None)
def test_tilt_meets_totals_and_keeps_order_of_response(cells: np.ndarray, totals: np.ndarray) -> None:
    cells = cells + 1
    moved = tilt_to_totals(cells, totals, np.linspace(0.3, 1.5, 101))
    np.testing.assert_allclose(moved.sum(axis=1), totals, rtol=1e-9)
    assert (moved > 0).all()


@given(arrays(float, (2, len(FIVE)), elements=counts), arrays(float, 101, elements=st.floats(0, 10)))
def test_split_groups_add_up(groups: np.ndarray, shape: np.ndarray) -> None:
    single = split_groups(groups, FIVE, shape)
    np.testing.assert_allclose(sum_groups(single, FIVE), groups, rtol=1e-9, atol=1e-9)
    assert (single >= 0).all()


@given(arrays(float, (2, len(FIVE)), elements=counts))
@settings(deadline=None)
def test_spline_adds_up_and_is_never_negative(groups: np.ndarray) -> None:
    single = spline_single_ages(groups, FIVE)
    np.testing.assert_allclose(sum_groups(single, FIVE), groups, rtol=1e-9, atol=1e-6)
    assert (single >= -1e-6).all()


def test_cohorts_are_found_again_from_groups() -> None:
    """Known single ages that survive at known rates, shown in five-year groups: waves inside a group come back."""
    first = 1000 * (1 + 0.3 * np.sin(AGES / 1.7)) * np.exp(-((AGES / 75.0) ** 6))
    survival = np.exp(-0.0003 * np.exp(0.09 * AGES))
    years = [np.stack([first, first])]
    for _ in range(7):
        years.append(np.stack([np.append(1000.0, sex[:-1] * survival[:-1]) for sex in years[-1]]))
    truth = np.stack(years)
    found = national_single_ages(sum_groups(truth, FIVE), FIVE)
    alone = spline_single_ages(sum_groups(truth, FIVE), FIVE)
    np.testing.assert_allclose(sum_groups(found, FIVE), sum_groups(truth, FIVE), rtol=1e-6, atol=1e-3)
    error, before = (np.abs(guess[-1] - truth[-1]).sum() for guess in (found, alone))
    assert error < before / 2


@given(st.integers(2, 9), st.floats(0.9, 1.0))
@settings(deadline=None)
def test_ratios_of_a_steady_population_are_found_exactly(years: int, survival: float) -> None:
    persons = [np.full((1, 2, 101), 1000.0)]
    births = np.full((1, years, 2), 1000.0)
    for year in range(1, years):
        persons.append(cohort_source(persons[-1], births[:, year]) * survival)
    ratio, reached = direct_ratios(np.stack(persons, axis=1), births)
    np.testing.assert_allclose(ratio, survival)
    pooled = pool_ratios(ratio, reached, ratio, ratio)
    np.testing.assert_allclose(pooled, ratio)


def test_small_areas_are_drawn_to_their_parent_and_large_ones_are_not() -> None:
    generator = np.random.default_rng(3)
    parent = np.full((40, 2, 101), 0.97)
    true = parent * np.exp(generator.normal(0, 0.02, (40, 1, 1)))
    small, large = np.full(parent.shape, 20.0), np.full(parent.shape, 1e7)
    seen = true * np.exp(generator.normal(0, 1 / np.sqrt(small)))
    near_truth = [
        np.abs(np.log(pool_ratios(d, n, parent, parent) / true)).mean() for d, n in ((seen, small), (true, large))
    ]
    assert near_truth[0] < np.abs(np.log(seen / true)).mean() / 4
    assert near_truth[1] < 1e-3


@given(arrays(float, 30, elements=st.floats(5, 500)), st.integers(0, 1000))
def test_pooled_ratios_lie_between_the_own_and_one(expected: np.ndarray, seed: int) -> None:
    observed = np.random.default_rng(seed).poisson(expected * 1.2).astype(float)
    pooled, own = pooled_ratio(observed, expected), observed / expected
    assert ((pooled >= np.minimum(own, 1) - 1e-9) & (pooled <= np.maximum(own, 1) + 1e-9)).all()


def test_hazard_moves_only_from_sixty_and_towards_survival() -> None:
    ratio = np.full((1, 2, 101), 0.9)
    moved = CohortRatios(ratio, 2016.0, 0.01, ratio, 2018).in_year(2026)
    np.testing.assert_array_equal(moved[..., :60], 0.9)
    np.testing.assert_allclose(np.log(moved[..., 60:]), np.log(0.9) * np.exp(-0.1))


def test_older_migrants_fade_to_what_is_usual_and_the_young_go_where_totals_lead_them() -> None:
    ratios = CohortRatios(np.full((1, 2, 101), 1.02), 2016.0, 0.0, np.full((1, 2, 101), 1.0), 2018)
    np.testing.assert_allclose(ratios.in_year(2018), 1.02)
    soon, late = ratios.in_year(2019), ratios.in_year(2118)
    np.testing.assert_allclose(np.log(soon[..., 60:]), 0.9 * np.log(1.02))
    np.testing.assert_allclose(late[..., 60:], 1.0, atol=1e-6)
    np.testing.assert_allclose(late[..., :41], 1.02)


def test_no_transition_leads_over_a_census() -> None:
    new_base = np.isin(np.arange(2005, 2014), 2011)
    np.testing.assert_array_equal(sound_steps(new_base), [0, 1, 2, 3, 4, 6, 7])
    np.testing.assert_array_equal(sound_steps(np.array([False, True])), [0])


@given(st.integers(2, 40))
def test_survival_of_a_constant_hazard(rate_percent: int) -> None:
    death = rate_percent / 100
    p = 1 - death
    expectancy = np.full(30, 0.5 * death + p * (0.5 * death + p) / death + p * 0.5)
    expectancy[:] = 1 / death - 0.5
    np.testing.assert_allclose(survival_from_expectancy(expectancy), p, rtol=1e-9)


@given(arrays(np.int32, (2, 53, 60), elements=st.integers(0, 4000)))
@settings(deadline=None, max_examples=20)
def test_statistics_and_groups_of_draws(parts: np.ndarray) -> None:
    bounds = group_starts()
    parts = parts[:, : 2 * len(bounds)]
    running = np.concatenate([np.zeros((2, 1, 60), np.int32), np.cumsum(parts, axis=1, dtype=np.int32)], axis=1)
    grouped = published_groups(running, bounds)
    np.testing.assert_array_equal(grouped[:, 2, -1], running[:, -1])
    first = GROUPS.index((0, 17))
    inside = group_index(bounds, np.arange(18))
    np.testing.assert_array_equal(grouped[:, 0, first], parts[:, : inside[-1] + 1].sum(axis=1))
