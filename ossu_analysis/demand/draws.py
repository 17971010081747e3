"""Joint simulations of demand: population draws x rate path x municipal level and its movement x chance of the count.

Belongs here: what is drawn for a service, and in which order. Each service has a stream keyed by its code, so one
service alone gives the same numbers as the whole run, in any order and in any process.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from ossu_analysis.demand.movement import walk
from ossu_analysis.demand.rate_path import draw_rate_path
from ossu_analysis.demand.use_rate import UseRate
from ossu_analysis.draws import mirrored_normals, stream

SMALLEST_SHAPE = np.float32(0.05)
"""Shape of the gamma below which its spread no longer grows: a twentieth of a person."""


@dataclass(frozen=True)
class DemandDraws:
    """Simulated demand of one service.

    Parameters
    ----------
    service_code : str
    areas : numpy.ndarray of str, shape (areas,)
    years : numpy.ndarray of int, shape (years,)
    persons : numpy.ndarray of float32, shape (areas, years, draws)
        The same draw is one coherent future: sums over areas are sums within a draw.
    """

    service_code: str
    areas: np.ndarray
    years: np.ndarray
    persons: np.ndarray


Change = Callable[[UseRate, np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""What a scenario does to rates: (fit, log path, levels, years) -> log path and levels, of the same shapes."""


def draw_demand(
    fitted: UseRate,
    exposed: np.ndarray,
    years: np.ndarray,
    seed: int,
    change: Change | None = None,
) -> DemandDraws:
    """Simulate the demand of one service.

    Parameters
    ----------
    fitted : UseRate
    exposed : numpy.ndarray, shape (areas, years, draws)
        Draws of exposed persons; a last axis of length 1 is a population known for sure (then 1,000 draws are made).
    years : numpy.ndarray of int, shape (years,)
    seed : int
    change : callable, optional
        Of a scenario; the random numbers are those of the reference, so scenarios differ only by what they change.

    Returns
    -------
    DemandDraws
    """
    panel = fitted.panel
    draws = exposed.shape[2] if exposed.shape[2] > 1 else 1000
    rng = stream(seed, panel.service_code)
    path = draw_rate_path(panel.years, fitted.year_effects, fitted.covariance, years, draws, rng, fitted.shows_trend)
    levels = fitted.levels.draw(rng, draws).astype(np.float32)[:, None, :]
    levels = levels * walk(fitted.moves, years - panel.years[-1], len(panel.areas), draws, rng)
    path, levels = change(fitted, path, levels, years) if change else (path, levels)
    place = mirrored_order(exposed) if exposed.shape[2] > 1 else np.zeros(draws, dtype=int)
    mean = exposed[..., place] * np.exp(path).astype(np.float32)[None]
    mean *= levels.astype(np.float32)
    counts = counts_around(mean, fitted.dispersion, rng)
    return DemandDraws(panel.service_code, panel.areas, years, counts[..., np.argsort(place, kind="stable")])


def mirrored_order(exposed: np.ndarray) -> np.ndarray:
    """Order of the draws in which the second half mirrors the first: few people in all then meet many.

    Draws of the population are not mirrored themselves; put so, they turn around like the rates they are multiplied by.
    """
    draws = exposed.shape[2]
    rising = np.argsort(exposed[:, -1].sum(axis=0, dtype=np.float64), kind="stable")
    half = (draws + 1) // 2
    return np.concatenate([rising[:half], rising[half:][::-1]])


def counts_around(mean: np.ndarray, dispersion: float, rng: np.random.Generator) -> np.ndarray:
    """Counts around their means: the gamma with the negative binomial's mean and variance (whole numbers gain nothing).

    Variance = mean + dispersion * mean^2, so the shape is ``mean / (1 + dispersion * mean)``. The gamma is that of
    Wilson and Hilferty (1931, PNAS 17): the cube of a normal, cut at zero; it keeps the mean at every shape.

    Parameters
    ----------
    mean : numpy.ndarray of float32
    dispersion : float
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of float32
    """
    shape = np.maximum(mean / (np.float32(1) + np.float32(dispersion) * mean), SMALLEST_SHAPE)
    ninth = 1 / (9 * shape)
    root = mirrored_normals(rng, mean.shape)
    root *= np.sqrt(ninth)
    root += 1 - ninth
    np.maximum(root, 0, out=root)
    counts = root * root
    counts *= root
    counts *= mean
    few = shape < 1
    counts[few] /= np.interp(shape[few], *_means_of_small_shapes())
    return counts


@cache
def _means_of_small_shapes() -> tuple[np.ndarray, np.ndarray]:
    """Shapes up to one and the mean that the cut cube has at each: between these points it is straight within 1e-5."""
    shapes = np.geomspace(SMALLEST_SHAPE, 1.0, 400)
    return shapes, _mean_of_cube(1 / (9 * shapes))


def _mean_of_cube(ninth: np.ndarray) -> np.ndarray:
    """Mean of the cube of a normal with mean ``1 - ninth`` and variance `ninth`, cut at zero."""
    from scipy.special import ndtr

    middle, spread = 1 - ninth, np.sqrt(ninth)
    ratio = middle / spread
    density = np.exp(-(ratio**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray((middle**3 + 3 * middle * ninth) * ndtr(ratio) + (middle**2 + 2 * ninth) * spread * density)


def demand_draws(
    fits: Iterable[UseRate],
    exposed: Callable[[str, np.ndarray], np.ndarray],
    years: np.ndarray,
    seed: int,
    change: Change | None = None,
) -> Iterator[DemandDraws]:
    """Simulate service by service, one in memory at a time.

    Parameters
    ----------
    fits : iterable of UseRate
    exposed : callable
        ``exposed(service_code, years)`` gives the draws of exposed persons, shape (areas, years, draws).
    years : numpy.ndarray of int
    seed : int
    change : callable, optional
    """
    for fitted in fits:
        yield draw_demand(fitted, exposed(fitted.panel.service_code, years), years, seed, change)
