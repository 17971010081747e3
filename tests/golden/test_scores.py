"""CRPS and WIS against `scoringrules`, and scores of forecasts whose value is known."""

import numpy as np
import pytest
import scoringrules

from ossu_analysis.evaluation import metrics


def test_crps_and_wis_are_those_of_scoringrules() -> None:
    generator = np.random.default_rng(2)
    draws, actual = generator.normal(100, 10, (500, 7)), generator.normal(100, 12, 7)
    ordered = np.sort(draws, axis=0)
    np.testing.assert_allclose(metrics.crps(ordered, actual), scoringrules.crps_ensemble(actual, draws, m_axis=0))
    # The weighted sum is written out after Bracher et al. (2021): the library's own differs between its backends.
    weighted = np.abs(actual - np.median(ordered, axis=0)) / 2
    for percent in metrics.RANGES:
        lower, upper = metrics.central_range(ordered, percent)
        alpha = 1 - percent / 100
        weighted = weighted + alpha / 2 * scoringrules.interval_score(actual, lower, upper, alpha)
    reference = weighted / (len(metrics.RANGES) + 0.5)
    np.testing.assert_allclose(metrics.interval_score(ordered, actual), reference)


def test_a_sure_and_right_forecast_scores_nothing() -> None:
    actual = np.array([10.0, 200.0])
    scores = metrics.draw_scores(np.repeat(actual[None], 20, axis=0), actual)
    assert scores["wis"].sum() == scores["crps"].sum() == 0
    assert all(scores[f"coverage_{percent}"].all() for percent in metrics.RANGES)


def test_calibrated_draws_cover_what_they_promise_and_fill_the_tenths_evenly() -> None:
    generator = np.random.default_rng(3)
    centre = generator.uniform(50, 100, 4000)
    draws, actual = centre + generator.normal(0, 5, (200, 4000)), centre + generator.normal(0, 5, 4000)
    scores = metrics.draw_scores(draws, actual)
    for percent in metrics.RANGES:
        assert scores[f"coverage_{percent}"].mean() == pytest.approx(percent / 100, abs=0.03)
    tenths = [scores[f"pit_{at + 1}"].mean() for at in range(metrics.PIT_BINS)]
    assert sum(tenths) == pytest.approx(1)
    assert max(tenths) < 0.13
    assert min(tenths) > 0.07


def test_point_scores_by_hand() -> None:
    scores = metrics.point_scores(np.array([90.0, 130.0, 100.0]), np.array([100.0, 100.0, 100.0]))
    assert metrics.over_areas("mape", scores["mape"]) == pytest.approx(0.4 / 3)
    assert metrics.over_areas("medape", scores["medape"]) == pytest.approx(0.1)
    assert metrics.over_areas("malpe", scores["malpe"]) == pytest.approx(0.2 / 3)
    assert metrics.over_areas("within_10", scores["within_10"]) == pytest.approx(2 / 3)
