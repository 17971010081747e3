"""Random draws, the same way in every link: whose random numbers they are, and what is published of them.

Belongs here: the stream of a text key, and the mean, median and quantiles over draws. What is drawn is decided in the
links. Numbers are drawn by inverse transform from a fixed count of uniforms: a sampler that rejects gets out of step
when the last bit of a logarithm differs between processors, and then all that follow are others. Quantiles are linear
between order statistics, as `numpy.quantile` defines them; sorting all draws is faster here than partial sorting,
because NumPy sorts numbers several at a time.
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
EXACT_BELOW, LARGEST_OF_FEW = 6.0, 60
"""Mean from which Poisson numbers follow an expansion, and a count that none with a smaller mean reaches."""


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


def student_t(rng: np.random.Generator, freedom: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Numbers of Student's t with given degrees of freedom by inverse transform, as `normals`."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, np.maximum(rng.random(shape), 2.0**-53)))


def inverse_gaussian(rng: np.random.Generator, form: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Numbers of the inverse Gaussian law with mean one and shape ``form``; two uniforms each, none rejected.

    References
    ----------
    .. [1] Michael, Schucany and Haas (1976), The American Statistician 30.
    """
    squared = normals(rng, shape).astype(np.float64) ** 2 / (2 * form)
    root = 1 + squared - np.sqrt(squared * (squared + 2))
    return np.where(rng.random(shape) * (1 + root) <= 1, root, 1 / root)


def poisson(
    chance: NDArray[np.floating], normal: NDArray[np.floating], mean: NDArray[np.floating]
) -> NDArray[np.int32]:
    """Whole numbers of the Poisson law by inverse transform.

    Exact below `EXACT_BELOW`; from there on the normal expansion of the inverse [1]_, whose distribution function
    differs from the exact one by less than 0.0006.

    Parameters
    ----------
    chance : ndarray
        Uniform between 0 and 1.
    normal : ndarray
        The standard normal numbers that those chances stand for.
    mean : ndarray

    References
    ----------
    .. [1] Giles (2016), ACM Transactions on Mathematical Software 42.
    """
    root = np.sqrt(np.maximum(mean, EXACT_BELOW))
    square = normal * normal
    counts = (mean + root * normal + (square + 2) / 6 - normal * (square + 2) / (72 * root)).astype(np.int32)
    few = mean < EXACT_BELOW
    if few.any():
        counts[few] = _few(chance[few], mean[few].astype(np.float64))
    return counts


def _few(chance: NDArray[np.floating], mean: NDArray[np.float64]) -> NDArray[np.int32]:
    """Smallest counts whose distribution function reaches the chance, counted up from zero."""
    probability = np.exp(-mean)
    reached, counts, at = probability.copy(), np.zeros(len(mean), dtype=np.int32), 0
    while (below := reached < chance).any() and at < LARGEST_OF_FEW:
        at += 1
        probability *= mean / at
        reached += probability
        counts[below] = at
    return counts


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
    ordered = np.sort(draws, axis=-1)
    at = np.array(levels) * (draws.shape[-1] - 1)
    low = np.floor(at).astype(int)
    lower, upper = (ordered.take(rank, axis=-1).astype(float) for rank in (low, np.ceil(at).astype(int)))
    return lower + (at - low) * (upper - lower)


def statistics(draws: NDArray) -> NDArray[np.float64]:
    """Mean, median and `QUANTILES` over the last axis, in the order of `OUTPUTS`: (..., n_draws) -> (..., 8)."""
    return np.concatenate([_mean(draws), draw_quantiles(draws, (0.5, *QUANTILES))], axis=-1)


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
