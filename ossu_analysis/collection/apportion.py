"""Exact integer sharing of a published total among municipalities, inside bounds.

Method: find the scale ``s`` at which ``sum(clip(s * weight, lower, upper))`` equals the total (the sum grows with
``s``, so bisection finds it), take whole parts, and give the units that remain to the largest fractions (Hamilton's
method of largest remainders). A cell with a published figure is fixed by equal bounds.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ossu_analysis.errors import OssuError

_BISECTIONS = 200


def apportion(
    total: int, weights: ArrayLike, lower: ArrayLike = 0, upper: ArrayLike | None = None, what: str = ""
) -> NDArray:
    """Share ``total`` whole units in proportion to ``weights``, each share within its bounds.

    Parameters
    ----------
    total : int
        Units to share.
    weights : array_like of shape (n,)
        Non-negative; a cell of weight zero receives more than ``lower`` only when the others are full.
    lower, upper : array_like, scalar or of shape (n,)
        Whole bounds of each share; ``upper`` None means the total itself.
    what : str
        What is shared, for the error.

    Returns
    -------
    ndarray of int64, shape (n,)
        Shares that add up to ``total`` exactly.

    Raises
    ------
    OssuError
        ``collection.infeasible_total`` if the bounds leave no room for the total.

    Examples
    --------
    >>> apportion(10, [1, 1, 1])
    array([4, 3, 3])
    >>> apportion(10, [5, 1, 1], upper=[4, 10, 10])
    array([4, 3, 3])
    """
    raw = np.asarray(weights, dtype=float)
    low = np.broadcast_to(np.asarray(lower, dtype=np.int64), raw.shape)
    high = np.broadcast_to(np.asarray(total if upper is None else upper, dtype=np.int64), raw.shape)
    if low.sum() > total or high.sum() < total or (low > high).any():
        raise OssuError("collection.infeasible_total", what=what, total=total, low=int(low.sum()), high=int(high.sum()))
    # A tiny floor lets cells without weight fill up when nothing else can.
    positive = np.maximum(raw, 1e-9 * max(raw.max(initial=0.0), 1e-9))
    ideal = np.clip(_scale(total, positive, low, high) * positive, low, high)
    shares = np.floor(ideal + 1e-9).astype(np.int64)
    return _hand_out(total - int(shares.sum()), shares, ideal - shares, high)


def _scale(total: int, weights: NDArray, low: NDArray, high: NDArray) -> float:
    below, above = 0.0, (total + 1.0) / weights.min()
    for _ in range(_BISECTIONS):
        middle = (below + above) / 2
        reached = np.clip(middle * weights, low, high).sum()
        below, above = (middle, above) if reached < total else (below, middle)
    return above


def _hand_out(units: int, shares: NDArray, fractions: NDArray, high: NDArray) -> NDArray:
    while units > 0:
        order = np.argsort(np.where(shares < high, -fractions, np.inf), kind="stable")
        lucky = order[: min(units, int((shares < high).sum()))]
        shares[lucky] += 1
        units -= len(lucky)
    return shares
