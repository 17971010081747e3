"""Spreads: what was put into made-up errors is found again, and draws have the width that was measured."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ossu_analysis.population.spread import Growth, gamma_fit, measure_spread, size_score, tailed_quantile

GENERATOR = np.random.default_rng(7)
SIZE = np.exp(GENERATOR.normal(9, 1.2, 400))
PARENT = np.arange(400) % 25


def made_up(
    windows: int = 30, horizon: int = 5, slope: float = 0.0, common: float = 0.0, country: float = 0.0
) -> NDArray[np.float64]:
    """Errors of a random walk whose areas have 1 % a year at 8,000 persons, with shared parts of the given size."""
    generator = np.random.default_rng(3)
    own = generator.standard_normal((windows, 400, horizon)) * np.sqrt(1 - common)
    own += generator.standard_normal((windows, 25, horizon))[:, PARENT] * np.sqrt(common)
    yearly = 0.01 * np.sqrt(8_000 / SIZE)[:, None] * own
    yearly += slope * generator.standard_normal((windows, 1, horizon)) * size_score(SIZE)[:, None]
    return np.cumsum(yearly + country * generator.standard_normal((windows, 1, horizon)), axis=2)


def test_the_scale_of_small_areas_is_found_from_the_law_of_size() -> None:
    found = measure_spread(made_up(), SIZE, PARENT)
    expected = 0.01 * np.sqrt(8_000 / SIZE) * np.sqrt(5)
    np.testing.assert_allclose(found.scale * found.area.sd(5.0), expected, rtol=0.1, atol=0.001)
    assert found.shape == 16
    assert found.common < 0.05


def test_what_towns_share_against_villages_is_told_from_what_is_the_area_s_own() -> None:
    with_slope, without = measure_spread(made_up(slope=0.01), SIZE, PARENT), measure_spread(made_up(), SIZE, PARENT)
    assert with_slope.slope.sd(5.0) == pytest.approx(0.01 * np.sqrt(5), rel=0.35)
    assert without.slope.sd(5.0) < 0.002
    np.testing.assert_allclose(
        with_slope.scale * with_slope.area.sd(5.0), without.scale * without.area.sd(5.0), rtol=0.1, atol=0.001
    )


def test_the_share_of_the_parent_and_the_country_are_found_again() -> None:
    found = measure_spread(made_up(common=0.4, country=0.01), SIZE, PARENT)
    assert found.common == pytest.approx(0.4, abs=0.1)
    assert found.country.sd(5.0) == pytest.approx(0.01 * np.sqrt(5), rel=0.35)


def test_few_windows_widen_what_all_areas_share() -> None:
    errors = made_up(windows=40, country=0.01)
    few = [measure_spread(errors[at : at + 3], SIZE, PARENT).country.sd(5.0) for at in range(0, 39, 3)]
    assert np.mean(few) > 1.2 * measure_spread(errors, SIZE, PARENT).country.sd(5.0)


def test_windows_that_knew_little_are_not_taken_for_what_a_longer_history_can_do() -> None:
    known = np.array([1.0, 1.0, 2.0, 3.0, 5.0, 5.0, 10.0])
    generator = np.random.default_rng(5)
    past = 0.01 * generator.standard_normal((7, 400, 1)) / np.sqrt(known[:, None, None])
    errors = np.cumsum(0.01 * generator.standard_normal((7, 400, 6)) - past, axis=2)
    equal = np.full(400, 10_000.0) + np.arange(400)
    found = measure_spread(errors, equal, PARENT, np.append(known, 10.0))
    naive = measure_spread(errors, equal, PARENT)
    truth = 0.01 * np.sqrt(6 + 36 / 10)
    assert np.median(found.scale) * found.area.sd(6.0) == pytest.approx(truth, rel=0.1)
    assert np.median(naive.scale) * naive.area.sd(6.0) > 1.15 * truth


def test_one_lucky_horizon_does_not_pull_the_others_down() -> None:
    steps = np.arange(1.0, 9)
    variance = np.where(steps == 8, 1e-6, 1e-4 * steps)
    assert gamma_fit(steps[:, None], variance)[0] == pytest.approx(1e-4 * (7 + 0.01 / 8) / 8)
    assert gamma_fit(steps[:, None], -variance)[0] == 0


def test_growth_adds_its_parts() -> None:
    steps = np.array([1.0, 4.0])
    np.testing.assert_allclose(Growth(drift=4.0).sd(steps), [2, 8])
    np.testing.assert_allclose(Growth(noise=1.0).sd(steps), [1, 2])
    np.testing.assert_allclose(Growth(noise=1.0, known=2.0).sd(steps) ** 2, [1.5, 12])
    np.testing.assert_allclose(Growth(turn=1.0).sd(steps) ** 2, [1, 1 + 4 + 9 + 16])


@pytest.mark.parametrize("shape", [0.25, 1.0, 16.0])
def test_draws_of_parent_and_area_have_the_width_that_was_measured(shape: float) -> None:
    spread = measure_spread(made_up(windows=4), SIZE, PARENT)
    made = type(spread)(**(vars(spread) | {"shape": shape, "common": 0.0}))
    generator = np.random.default_rng(1)
    drawn = made.own_part(np.zeros((60_000, 1)), generator.standard_normal((60_000, 1)), generator)
    assert np.quantile(drawn, 0.9) == pytest.approx(1.2816, rel=0.03)
    assert np.quantile(drawn, 0.975) / np.quantile(drawn, 0.9) == pytest.approx(
        tailed_quantile(0.975, shape) / tailed_quantile(0.9, shape), rel=0.05
    )


def test_capitals_and_equal_sizes_have_scores_like_others() -> None:
    score = size_score(np.array([1e3, 2e3, 2e3, 5e3, 1e7]))
    assert score[1] == score[2]
    assert score[4] == -score[0] < 1
    assert (np.diff(score) >= 0).all()
