"""Spreads: what was put into made-up errors is found again, and draws have the width that was measured."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ossu_analysis.population.spread import (
    Growth,
    Spread,
    gamma_fit,
    measure_spread,
    size_score,
    tailed_quantile,
    unequal_windows,
)

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


def measured(errors: NDArray[np.float64]) -> Spread:
    """The spread of errors of windows that all knew an endless past."""
    return measure_spread(errors, SIZE, PARENT, np.full(len(errors) + 1, np.inf))


def test_the_scale_of_small_areas_is_found_from_the_law_of_size() -> None:
    found = measured(made_up())
    expected = 0.01 * np.sqrt(8_000 / SIZE) * np.sqrt(5)
    np.testing.assert_allclose(found.scale * found.area.sd(5.0), expected, rtol=0.1, atol=0.001)
    assert found.shape == 16
    assert found.common < 0.05


def test_what_towns_share_against_villages_is_told_from_what_is_the_area_s_own() -> None:
    with_slope, without = measured(made_up(slope=0.01)), measured(made_up())
    assert with_slope.slope.sd(5.0) == pytest.approx(0.01 * np.sqrt(5), rel=0.35)
    assert without.slope.sd(5.0) < 0.002
    np.testing.assert_allclose(
        with_slope.scale * with_slope.area.sd(5.0), without.scale * without.area.sd(5.0), rtol=0.1, atol=0.001
    )


def test_the_share_of_the_parent_and_the_country_are_found_again() -> None:
    found = measured(made_up(common=0.4, country=0.01))
    assert found.common == pytest.approx(0.4, abs=0.1)
    assert found.country.sd(5.0) == pytest.approx(0.01 * np.sqrt(5), rel=0.35)


def test_few_windows_widen_what_all_areas_share() -> None:
    errors = made_up(windows=40, country=0.01)
    few = [measured(errors[at : at + 3]).country.sd(5.0) for at in range(0, 39, 3)]
    assert np.mean(few) > 1.2 * measured(errors).country.sd(5.0)


def test_windows_that_knew_little_are_not_taken_for_what_a_longer_history_can_do() -> None:
    known = np.array([1.0, 1.0, 2.0, 3.0, 5.0, 5.0, 10.0])
    generator = np.random.default_rng(5)
    past = 0.01 * generator.standard_normal((7, 400, 1)) / np.sqrt(known[:, None, None])
    errors = np.cumsum(0.01 * generator.standard_normal((7, 400, 6)) - past, axis=2)
    equal = np.full(400, 10_000.0) + np.arange(400)
    found = measure_spread(errors, equal, PARENT, np.append(known, 10.0))
    naive = measure_spread(errors, equal, PARENT, np.full(8, np.inf))
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
    spread = measured(made_up(windows=4))
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


def test_each_size_class_has_the_width_that_its_own_errors_show() -> None:
    errors, small, large = made_up(), SIZE < 3_000, SIZE > 12_000
    wider = np.where(small, 2.0, 1.0)
    width = [one.scale * one.area.sd(1.0) for one in (measured(errors), measured(errors * wider[None, :, None]))]
    assert np.median(width[1][small] / width[0][small]) == pytest.approx(2.0, rel=0.2)
    assert np.median(width[1][large] / width[0][large]) == pytest.approx(1.0, rel=0.2)


def test_windows_wider_than_those_before_them_said_are_found_and_lucky_ones_are_not() -> None:
    errors, origins, endless = made_up(windows=8, horizon=1), np.arange(2002, 2010), np.full(9, np.inf)
    errors[5] *= 3
    found = unequal_windows(errors, SIZE, PARENT, endless, origins)
    assert len(found) == 7
    assert found[4] == pytest.approx(3.0, rel=0.15)
    assert (found >= 1).all()
    assert np.delete(found, 4).max() < 1.3
    np.testing.assert_array_equal(unequal_windows(errors[:1], SIZE, PARENT, endless[:2], origins[:1]), [1.0])


def test_a_window_is_measured_by_what_had_ended_before_it() -> None:
    errors, origins = made_up(windows=6, horizon=3), np.arange(2002, 2008)
    later = errors.copy()
    later[2, :, 2] *= 50  # the third year of the window from 2004: known from 2007 on
    found, other = (unequal_windows(one, SIZE, PARENT, np.full(7, np.inf), origins) for one in (errors, later))
    np.testing.assert_array_equal(found[[0, 2, 3]], other[[0, 2, 3]])
    assert other[1] > found[1]


def test_all_areas_share_how_unequal_the_years_of_a_draw_are() -> None:
    spread = Spread(**(vars(measured(made_up(windows=4))) | {"unequal": np.array([1.0, 3.0])}))
    drawn = spread.volatility(np.random.default_rng(1), 4_000)
    assert drawn.shape == (4_000, 1)
    assert set(np.unique(drawn)) == {1.0, 3.0}
    assert np.mean(drawn == 3.0) == pytest.approx(0.5, abs=0.03)
