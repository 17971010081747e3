"""The vectorised damped trend against `statsmodels`, whose model it is."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from ossu_analysis.evaluation import ets


def made_up_series(count: int, length: int) -> np.ndarray:
    generator = np.random.default_rng(11)
    trend = np.cumsum(generator.normal(-0.01, 0.004, (count, length)), axis=1)
    return 9 + trend + generator.normal(0, 0.006, (count, length))


def reference_model(series: np.ndarray) -> ETSModel:
    years = pd.period_range("2000", periods=len(series), freq="Y")
    return ETSModel(pd.Series(series, index=years), error="add", trend="add", damped_trend=True)


@pytest.mark.parametrize("length", [8, 19])
def test_at_the_same_constants_and_start_the_forecasts_are_those_of_statsmodels(length: int) -> None:
    for series in made_up_series(6, length):
        constants, _, errors = ets.fit(series[None])
        alpha, ratio, phi = constants[0]
        model = reference_model(series)
        # Errors are linear in the start: three runs of statsmodels tell the best one.
        zero, unit_level, unit_trend = (
            model.smooth(np.array([alpha, alpha * ratio, phi, *start])).resid.to_numpy() for start in np.eye(3)[:, 1:]
        )
        start = np.linalg.lstsq(np.stack([zero - unit_level, zero - unit_trend], axis=1), zero)[0]
        smoothed = model.smooth(np.array([alpha, alpha * ratio, phi, *start]))
        np.testing.assert_allclose(smoothed.sse, errors[0], rtol=1e-6)
        np.testing.assert_allclose(ets.damped_trend(series[None], 10)[0], smoothed.forecast(10), rtol=1e-8)


@pytest.mark.filterwarnings("ignore")
def test_the_search_never_ends_with_larger_errors_than_that_of_statsmodels() -> None:
    series = made_up_series(12, 15)
    _, _, errors = ets.fit(series)
    fitted = np.array([reference_model(one).fit(disp=False).sse for one in series])
    assert (errors <= fitted * 1.001).all()


def test_missing_values_weigh_nothing() -> None:
    series = made_up_series(1, 12)
    gappy = series.copy()
    gappy[0, 5] = np.nan
    line = 2.0 + 0.5 * np.arange(12.0)
    with_hole = line.copy()
    with_hole[4] = np.nan
    assert np.isfinite(ets.damped_trend(gappy, 5)).all()
    spike = series.copy()
    spike[0, 5] = 50.0
    assert abs(ets.damped_trend(gappy, 5) - ets.damped_trend(series, 5)).max() < 0.2
    assert abs(ets.damped_trend(spike, 5) - ets.damped_trend(series, 5)).max() > 0.2


def test_series_in_one_call_are_those_alone() -> None:
    series = made_up_series(70, 10)
    together = ets.damped_trend(series, 4)
    alone = np.concatenate([ets.damped_trend(one[None], 4) for one in series])
    np.testing.assert_allclose(together, alone, rtol=1e-12)
