"""Random draws, the same way in every link: whose random numbers they are, and what is published of them.

Belongs here: the stream of a text key, and the mean, median and quantiles over draws. What is drawn is decided in the
links. Quantiles are linear between order statistics, as `numpy.quantile` defines them; sorting all draws is faster
here than partial sorting, because NumPy sorts numbers several at a time.
"""

import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.025, 0.1, 0.25, 0.75, 0.9, 0.975)
OUTPUTS: tuple[tuple[str, str | None], ...] = (
    ("mean", None),
    ("median", None),
    *(("quantile", str(q)) for q in QUANTILES),
)
"""Columns ``output_type, output_type_id`` of every forecast table, in the order of `statistics`."""


def seeds(seed: int, key: str) -> np.random.SeedSequence:
    """The seed of one text key (an area, a service): the same whatever else is drawn, in any order or process."""
    return np.random.SeedSequence(seed, spawn_key=tuple(key.encode()))


def stream(seed: int, key: str) -> np.random.Generator:
    """The random numbers that belong to one text key, independent of all others."""
    return np.random.default_rng(seeds(seed, key))


def add_up(draws: NDArray, member: NDArray) -> NDArray:
    """Sums of draws over the members of each area, in double precision whatever the draws are kept in.

    Parameters
    ----------
    draws : ndarray of shape (parts, ..., n_draws)
        Draw k of every part is one coherent future, so sums are taken within a draw.
    member : ndarray of int, shape (parts,)
        Number of the area of each part, from 0; every number up to the last has a part.

    Returns
    -------
    ndarray of float64, shape (areas, ..., n_draws)
        The draws themselves where every area has one part, in their order.
    """
    if np.array_equal(member, np.arange(len(draws))):
        return draws
    order = np.argsort(member, kind="stable")
    first = np.searchsorted(member[order], np.arange(member.max(initial=0) + 1))
    return np.add.reduceat(draws[order], first, axis=0, dtype=np.float64)


def normals(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal numbers by inverse transform: one uniform per number.

    A sampler that rejects takes more or fewer numbers from its stream when the last bit of a logarithm differs, and
    then all that follow are others; here such a bit moves one number in its last place.
    """
    from scipy.special import ndtri

    chance = np.maximum(rng.random(shape, dtype=np.float32), np.float32(2**-25))
    return np.asarray(ndtri(chance, out=chance))


def draw_quantiles(draws: NDArray, levels: tuple[float, ...]) -> NDArray[np.float64]:
    """Quantiles over the last axis.

    Parameters
    ----------
    draws : ndarray of shape (..., n_draws)
    levels : tuple of float
        Between 0 and 1.

    Returns
    -------
    ndarray of float64, shape (..., len(levels))
    """
    ordered = _ordered(draws)
    at = np.array(levels) * (draws.shape[-1] - 1)
    low = np.floor(at).astype(int)
    lower, upper = (ordered.take(rank, axis=-1).astype(float) for rank in (low, np.ceil(at).astype(int)))
    return lower + (at - low) * (upper - lower)


def statistics(draws: NDArray) -> NDArray[np.float64]:
    """Mean, median and `QUANTILES` over the last axis, in the order of `OUTPUTS`: (..., n_draws) -> (..., 8)."""
    return np.concatenate([_mean(draws), draw_quantiles(draws, (0.5, *QUANTILES))], axis=-1)


def _ordered(draws: NDArray) -> NDArray:
    """Sorted over the last axis; counts that fit in 16 bits by radix, which takes a third of the time."""
    if _largest(draws) < 2**15:
        return np.sort(draws.astype(np.int16), axis=-1, kind="stable")
    return np.sort(draws, axis=-1)


def _mean(draws: NDArray) -> NDArray[np.float64]:
    """Mean over the last axis, which stays; counts whose sum fits are added as they are, in a tenth of the time."""
    count = draws.shape[-1]
    if draws.dtype == np.int32 and _largest(draws) * count < 2**31:
        return np.add.reduce(draws, axis=-1, keepdims=True, dtype=np.int32) / count
    return draws.mean(axis=-1, dtype=np.float64, keepdims=True)


def _largest(draws: NDArray) -> float:
    """Largest absolute value of integers; infinite for other numbers."""
    if not np.issubdtype(draws.dtype, np.integer):
        return np.inf
    return max(int(draws.max(initial=0)), -int(draws.min(initial=0)))
