"""How demand, places, staff and waiting lists bring about the use that a return reports.

Shared by the demonstration returns and by any generator of a world with a known truth. All arrays run over
municipalities; nothing here reads a file, knows a service, or is used for estimation.

Mechanics, for exposed persons E, rate r, places C, staffed share f, reported share q:

- latent demand ``D ~ NegativeBinomial(mean = E * r * exp(u_oblast + u_municipality), dispersion)``;
- usable places ``K = floor(C * f)``: an empty post closes places;
- use ``U = min(D, K)``;
- waiting list ``W = round(q * (D - U))``: not everyone who is turned away is registered.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Variation:
    """How much municipalities differ: standard deviations on the log scale, and the dispersion of counts."""

    oblast: float = 0.2
    municipality: float = 0.35
    dispersion: float = 0.05


def demand_mean(
    exposed: NDArray, oblast: NDArray, per_person: float, variation: Variation, rng: np.random.Generator
) -> NDArray:
    """Expected persons who ask, by municipality: exposure times rate times log-normal local effects of mean one.

    Parameters
    ----------
    exposed : ndarray of shape (n,)
        Persons exposed.
    oblast : ndarray of int, shape (n,)
        Number of the oblast of each municipality, from 0.
    per_person : float
        National rate, users per exposed person.
    variation : Variation
        Spread between oblasts and between municipalities.
    rng : numpy.random.Generator
        Source of randomness.
    """
    shared = rng.normal(0.0, variation.oblast, oblast.max() + 1)[oblast]
    own = rng.normal(0.0, variation.municipality, len(exposed))
    correction = (variation.oblast**2 + variation.municipality**2) / 2
    return exposed * per_person * np.exp(shared + own - correction)


def latent_demand(mean: NDArray, variation: Variation, rng: np.random.Generator) -> NDArray:
    """Persons who ask: negative binomial counts with variance ``mean + dispersion * mean**2``."""
    shape = 1.0 / max(variation.dispersion, 1e-9)
    return rng.poisson(rng.gamma(shape, mean / shape))


def staffed_share(n: int, short_of_staff: float, typical_vacancy: float, rng: np.random.Generator) -> NDArray:
    """Share of posts that are filled: 1 in most municipalities, less in the share that is short of staff."""
    vacancy = rng.beta(2.0, 2.0 / typical_vacancy - 2.0, n)
    return np.where(rng.random(n) < short_of_staff, 1.0 - vacancy, 1.0)


def limited_use(demand: NDArray, places: NDArray, staffed: NDArray, reported: float) -> tuple[NDArray, NDArray]:
    """Persons served and persons on the waiting list, given demand, places and the share of posts filled.

    Returns
    -------
    users, waiting : ndarray of int64
        Never more users than places; a waiting list only where someone was turned away.
    """
    usable = np.floor(places * staffed + 1e-9)
    users = np.minimum(demand, usable).astype(np.int64)
    return users, np.rint(reported * (demand - users)).astype(np.int64)
