"""Damped-trend exponential smoothing of many short series at once (ETS(A,Ad,N)).

The model is that of `statsmodels.tsa.exponential_smoothing.ets.ETSModel` with additive error and damped additive
trend: ``y = l + phi*b + e; l' = l + phi*b + alpha*e; b' = phi*b + beta*e`` (Hyndman, Koehler, Ord, Snyder 2008).
statsmodels fits one series in about 12 ms, by a local search that depends on its start; rolling origins need
thousands of fits. For given ``alpha, beta, phi`` the errors are linear in the initial level and trend, so these are
solved exactly and the three constants are searched on a grid that closes in. The tests hold it to statsmodels: same
forecasts at the same constants, and never a larger sum of squared errors.
"""

import numpy as np

from ossu_analysis.population.history import Floats

LOWER, UPPER = np.array([1e-4, 1e-4, 0.8]), np.array([1 - 1e-4, 1 - 1e-4, 0.98])
"""Bounds of alpha, beta / alpha and phi: those of `ETSModel`."""
_GRID, _CLOSER, _CHUNK = (7, 7, 4), 8, 64
"""Points of the first grid, times it closes in, series at a time (so that arrays stay in the cache)."""


def damped_trend(series: Floats, horizon: int) -> Floats:
    """Forecast every series by a damped trend.

    Parameters
    ----------
    series : float array (A, T)
        Values (logarithms of persons, for totals); NaN where there is none.
    horizon : int

    Returns
    -------
    float array (A, horizon)
    """
    chunks = [series[at : at + _CHUNK] for at in range(0, len(series), _CHUNK)]
    return np.concatenate([_forecast(*fit(chunk), horizon) for chunk in chunks])


def fit(series: Floats) -> tuple[Floats, Floats, Floats]:
    """Constants ``alpha, beta/alpha, phi`` (A, 3), last level and trend (A, 2), sum of squared errors (A,)."""
    centre = np.nanmean(series, axis=1, keepdims=True)
    centred = (series - centre)[:, None, :]
    constants, width = LOWER + _cube(*_GRID) * (UPPER - LOWER), (UPPER - LOWER) / (np.array(_GRID) - 1)
    for _ in range(_CLOSER + 1):
        errors, states = filtered(centred, constants)
        best = errors.argmin(axis=1)[:, None]
        chosen = np.take_along_axis(np.broadcast_to(constants, (*errors.shape, 3)), best[..., None], axis=1)
        constants = np.clip(chosen + (2 * _cube(3, 3, 3) - 1) * (width := width / 1.8), LOWER, UPPER)
    state = np.take_along_axis(states, best[..., None], axis=1)[:, 0]
    state[:, 0] += centre[:, 0]
    return chosen[:, 0], state, np.take_along_axis(errors, best, axis=1)[:, 0]


def filtered(series: Floats, constants: Floats) -> tuple[Floats, Floats]:
    """Sum of squared errors and last state at given constants, the initial state being the best one.

    Parameters
    ----------
    series : float array (A, 1, T)
    constants : float array (A or 1, G, 3)

    Returns
    -------
    errors : float array (A, G)
    states : float array (A, G, 2)
        Level and trend after the last value.
    """
    alpha, phi = constants[..., 0], constants[..., 2]
    beta = alpha * constants[..., 1]
    shape = np.broadcast_shapes(series.shape[:2], alpha.shape)
    # Three runs of one recursion: on the data from a zero start, and of a unit level and a unit trend without data.
    level, trend = np.zeros((3, *shape)), np.zeros((3, *shape))
    level[1], trend[2] = 1.0, 1.0
    products = np.zeros((6, *shape))
    for value in np.moveaxis(series, -1, 0):
        seen = np.isfinite(value)
        predicted = level + phi * trend
        error = -predicted
        error[0] += np.where(seen, value, 0.0)
        error *= seen
        products[:3] += error[0] * error
        products[3:5] += error[1] * error[1:]
        products[5] += error[2] * error[2]
        level, trend = predicted + alpha * error, phi * trend + beta * error
    start_level, start_trend = _best_start(products)
    errors = products[0] + start_level * products[1] + start_trend * products[2]
    states = np.stack([run[0] + start_level * run[1] + start_trend * run[2] for run in (level, trend)], axis=-1)
    return np.maximum(errors, 0.0), states


def _best_start(products: Floats) -> tuple[Floats, Floats]:
    _, y_l, y_b, l_l, l_b, b_b = products
    determinant = l_l * b_b - l_b**2
    # A single observation cannot tell level from trend: the trend is then zero.
    told_apart = determinant > 1e-12 * l_l * b_b
    safe = np.where(told_apart, determinant, 1.0)
    start_level = np.where(told_apart, (l_b * y_b - b_b * y_l) / safe, -y_l / np.maximum(l_l, 1e-300))
    return start_level, np.where(told_apart, (l_b * y_l - l_l * y_b) / safe, 0.0)


def _forecast(constants: Floats, state: Floats, _: Floats, horizon: int) -> Floats:
    damping = np.cumsum(constants[:, 2:] ** np.arange(1, horizon + 1), axis=1)
    return state[:, :1] + state[:, 1:] * damping


def _cube(*sizes: int) -> Floats:
    axes = np.meshgrid(*(np.linspace(0.0, 1.0, size) for size in sizes), indexing="ij")
    return np.stack(axes, axis=-1).reshape(1, -1, len(sizes))
