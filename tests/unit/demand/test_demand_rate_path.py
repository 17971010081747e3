"""The rate over time: short series stay put, steady trends are followed, drift is held."""

import numpy as np
import pytest

from ossu_analysis.demand.rate_path import DRIFT, LARGEST_DRIFT_OF_TEN_YEARS, draw_rate_path


def paths(effects: list[float], wanted: range, draws: int = 4000, seed: int = 1) -> np.ndarray:
    years = np.arange(2022 - len(effects), 2022)
    covariance = np.eye(len(effects)) * 1e-4
    rng = np.random.default_rng(seed)
    return draw_rate_path(years, np.array(effects), covariance, np.array(wanted), draws, rng, True)


def test_one_year_is_a_constant_rate_with_the_cited_drift() -> None:
    drawn = paths([-5.0], range(2021, 2027))
    assert drawn.mean(axis=1) == pytest.approx(-5.0, abs=0.02)
    assert 0.5 * DRIFT < drawn[5].std() / 5 < 1.6 * DRIFT


def test_a_steady_trend_goes_on_nearly_as_it_was() -> None:
    drawn = paths([-5 + 0.03 * t for t in range(10)], range(2021, 2027))
    assert 0.08 < drawn[5].mean() - drawn[0].mean() < 0.16


def test_no_trend_is_read_into_noise() -> None:
    drawn = paths([-5, -4.97, -5.01, -4.98, -5.02, -5.0, -4.99, -5.01], range(2021, 2027))
    assert abs(drawn[5].mean() - drawn[0].mean()) < 0.02


def test_a_missing_year_stays_missing() -> None:
    whole = [-5 + 0.02 * t for t in range(8)]
    holed = [*whole[:4], float("nan"), *whole[5:]]
    assert paths(holed, range(2021, 2027)).mean(axis=1) == pytest.approx(
        paths(whole, range(2021, 2027)).mean(axis=1), abs=0.02
    )


def test_ten_years_of_drift_stay_within_a_factor_of_two() -> None:
    drawn = paths([-5 + 0.15 * t for t in range(8)], range(2021, 2032))
    assert np.abs(drawn[10] - drawn[0]).max() <= LARGEST_DRIFT_OF_TEN_YEARS + 1e-9


def test_the_same_stream_gives_the_same_paths() -> None:
    assert (paths([-5.0, -4.9], range(2021, 2024)) == paths([-5.0, -4.9], range(2021, 2024))).all()


@pytest.mark.parametrize("jump", [-0.5, 0.3])
@pytest.mark.parametrize("years", [6, 12])
def test_a_reform_is_a_step_that_stays_and_not_a_trend(jump: float, years: int) -> None:
    """A fall by two fifths three years ago was once carried on as if every year would bring more of it."""
    calendar, rng = np.arange(years), np.random.default_rng(1)
    effects = -4 + jump * (calendar >= years - 3) + rng.normal(0, 0.005, years)
    ahead = draw_rate_path(calendar, effects, np.eye(years) * 0.005**2, np.array([years + 4]), 2000, rng, True)
    assert ahead.mean() == pytest.approx(-4 + jump, abs=0.05)


def test_a_steady_trend_is_no_series_of_steps() -> None:
    calendar, rng = np.arange(10), np.random.default_rng(1)
    effects = -4 + 0.04 * calendar + rng.normal(0, 0.005, 10)
    ahead = draw_rate_path(calendar, effects, np.eye(10) * 0.005**2, np.array([14]), 2000, rng, True)
    assert ahead.mean() == pytest.approx(-4 + 0.04 * 14, abs=0.04)


def test_years_that_may_show_no_trend_leave_the_rate_at_its_level() -> None:
    years, effects = np.arange(2016, 2022), -5 + 0.05 * np.arange(6)
    wanted = np.array([2021, 2031])
    for shows, low, high in ((True, 0.1, 0.6), (False, -0.06, 0.06)):
        drawn = draw_rate_path(years, effects, np.eye(6) * 1e-4, wanted, 4000, np.random.default_rng(1), shows)
        assert low < np.diff(drawn.mean(axis=1))[0] < high
        assert drawn[1].std() > 0.1, "that it is not known where the rate goes stays in the range"
