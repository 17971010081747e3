"""Quantiles of many cells over draws, by partial sorting: exact, and several times faster than sorting everything."""

import numpy as np
from numpy.typing import NDArray


def draw_quantiles(draws: NDArray, levels: tuple[float, ...]) -> NDArray:
    """Quantiles over the first axis with linear interpolation, as `numpy.quantile` defines them.

    Parameters
    ----------
    draws : ndarray of shape (n_draws, ...)
        Simulated values.
    levels : tuple of float
        Levels between 0 and 1.

    Returns
    -------
    ndarray of float64, shape (len(levels), ...)
        One slice per level.
    """
    n = draws.shape[0]
    positions = [level * (n - 1) for level in levels]
    ranks = sorted({rank for at in positions for rank in (int(np.floor(at)), int(np.ceil(at)))})
    by_cell = np.ascontiguousarray(draws.reshape(n, -1).T)
    by_cell.partition(ranks, axis=1)
    slices = []
    for at in positions:
        low, high = int(np.floor(at)), int(np.ceil(at))
        below, above = by_cell[:, low].astype(float), by_cell[:, high].astype(float)
        slices.append((below + (at - low) * (above - below)).reshape(draws.shape[1:]))
    return np.stack(slices)
