"""Quantiles of many cells over draws, by partial sorting: exact, and several times faster than sorting everything."""

import numpy as np
from numpy.typing import NDArray


def draw_quantiles(draws: NDArray, levels: tuple[float, ...]) -> NDArray:
    """Quantiles over the last axis with linear interpolation, as `numpy.quantile` defines them.

    Parameters
    ----------
    draws : ndarray of shape (..., n_draws)
        Simulated values.
    levels : tuple of float
        Levels between 0 and 1.

    Returns
    -------
    ndarray of float64, shape (len(levels), ...)
        One slice per level.
    """
    n = draws.shape[-1]
    positions = [level * (n - 1) for level in levels]
    ranks = sorted({rank for at in positions for rank in (int(np.floor(at)), int(np.ceil(at)))})
    sorted_at = np.partition(draws, ranks, axis=-1)
    slices = []
    for at in positions:
        below, above = (sorted_at[..., int(rank)].astype(float) for rank in (np.floor(at), np.ceil(at)))
        slices.append(below + (at - np.floor(at)) * (above - below))
    return np.stack(slices)
