"""A fictitious country whose true demand is known, to grade any method that claims to see past full services.

Belongs here: the generator, and nothing of the model. It shares no code, no distribution family by necessity and no
constant with ``ossu_analysis.demand``: municipal levels may be lognormal, gamma or two-humped, places may follow demand
or ignore it, and a full service may stop below its nominal places. What comes out is what municipalities would report
(`World.returns`), the persons exposed (`World.exposed`) and the truth (`World.truth`), in that order of honesty.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Mechanism:
    """How one fictitious country works; every field is a law of that world, not an estimate of ours.

    Parameters
    ----------
    rate : float
        Demand per exposed person in the first year.
    trend : float
        Yearly growth of the log rate; `trend_fade` multiplies it every year (1 = steady).
    oblast_sd, municipality_sd : float
        Spread of the log rate between oblasts and between municipalities of one.
    level_shape : str
        Shape of the municipal levels: ``lognormal``, ``gamma`` or ``two_humps``.
    dispersion : float
        Extra variance of yearly counts: variance = mean + dispersion * mean^2.
    noise_memory : float
        Correlation of that extra variance from one year to the next.
    year_shock : float
        Standard deviation of a shock common to the country in a year.
    full_share : float
        Share of cells whose places are meant to be too few.
    places_follow : float
        0 = places ignore how much a municipality asks, 1 = they follow it.
    ceiling : float
        Occupancy at which a service is full in practice.
    ceiling_spread : float
        Spread of that ceiling between municipalities.
    waiting_known : float
        Share of cells whose waiting list is reported.
    duplicate_share : float
        Share of waiting-list entries that are double.
    absent, opens_midway : float
        Shares of municipalities without the service, and where it opens in the course of the years.
    faults : float
        Share of cells with a slip: a digit too many, a zero for a missing figure, no places.
    """

    rate: float = 0.008
    trend: float = 0.02
    trend_fade: float = 1.0
    oblast_sd: float = 0.2
    municipality_sd: float = 0.35
    level_shape: str = "lognormal"
    dispersion: float = 0.03
    noise_memory: float = 0.0
    year_shock: float = 0.0
    full_share: float = 0.5
    places_follow: float = 0.3
    ceiling: float = 1.0
    ceiling_spread: float = 0.0
    waiting_known: float = 0.0
    duplicate_share: float = 0.0
    absent: float = 0.15
    opens_midway: float = 0.1
    faults: float = 0.0


@dataclass(frozen=True)
class World:
    """What is reported, who is exposed, and what is true.

    Parameters
    ----------
    returns : pandas.DataFrame
        ``area_code, parent_code, service_code, year, users, places, waiting``; empty waiting = unknown, a missing row =
        no service.
    exposed : pandas.DataFrame
        ``area_code, parent_code, service_code, year, persons``, future years included.
    truth : pandas.DataFrame
        ``area_code, parent_code, service_code, year, demand, expected_demand``: the count, and its mean.
    """

    returns: pd.DataFrame
    exposed: pd.DataFrame
    truth: pd.DataFrame


SERVICE = "MUN-PATRON"
"""Code of the one service of every world."""


def make_world(mechanism: Mechanism, seed: int, years: range = range(2014, 2022), ahead: int = 5) -> World:
    """Make a country of 28 oblasts and 265 municipalities with one service.

    Parameters
    ----------
    mechanism : Mechanism
    seed : int
    years : range
        Years with returns; the truth and the exposed persons go on for `ahead` years.
    ahead : int
    """
    rng = np.random.default_rng([seed, 265])
    areas, parents = codes()
    calendar = np.arange(years.start, years.stop + ahead)
    persons = _persons(rng, len(areas), len(calendar))
    level = _levels(rng, parents, mechanism)
    expected = persons * mechanism.rate * level[:, None] * np.exp(_path(rng, mechanism, len(calendar)))
    demand = _counts(rng, expected, mechanism)
    wished = persons.mean(axis=1) * mechanism.rate * level**mechanism.places_follow
    reported = _reported(rng, wished, demand[:, : len(years)], mechanism)
    return reported_world(areas, parents, calendar, persons, reported, demand, expected)


def reported_world(
    areas: np.ndarray,
    parents: np.ndarray,
    calendar: np.ndarray,
    persons: np.ndarray,
    reported: dict[str, np.ndarray],
    demand: np.ndarray,
    expected: np.ndarray,
) -> World:
    """Put arrays of areas x years into the tables of a world.

    Parameters
    ----------
    areas, parents : numpy.ndarray of str, shape (areas,)
    calendar : numpy.ndarray of int, shape (years,)
    persons, demand, expected : numpy.ndarray, shape (areas, years)
    reported : dict
        ``users, places, waiting, present``, shape (areas, years with returns): the first of the calendar.
    """
    return World(
        _returns(reported, areas, parents, calendar[: reported["users"].shape[1]], SERVICE),
        _long(areas, parents, calendar, SERVICE, persons=persons),
        _long(areas, parents, calendar, SERVICE, demand=demand, expected_demand=expected),
    )


def standard_mechanisms(count: int = 20) -> list[Mechanism]:
    """Return mechanisms that differ in every law: full cells 20-70 %, trends, overdispersion, ceilings, faults."""
    rng = np.random.default_rng(4)
    made = []
    for number in range(count):
        base = Mechanism(
            rate=float(np.exp(rng.uniform(np.log(0.004), np.log(0.03)))),
            trend=float(rng.uniform(-0.02, 0.04)),
            trend_fade=float(rng.choice([1.0, 1.0, 0.9])),
            oblast_sd=float(rng.uniform(0.1, 0.3)),
            municipality_sd=float(rng.uniform(0.2, 0.45)),
            level_shape=("lognormal", "gamma", "two_humps")[number % 3],
            dispersion=float(rng.uniform(0.005, 0.06)),
            year_shock=float(rng.choice([0.0, 0.01, 0.02])),
            full_share=0.2 + 0.5 * number / max(count - 1, 1),
            places_follow=float(rng.choice([0.0, 0.3, 0.6])),
            waiting_known=float(rng.choice([0.0, 0.4, 0.8])),
            absent=float(rng.uniform(0.05, 0.25)),
        )
        made.append(replace(base, **_oddity(number % 5)))
    return made


def _oddity(kind: int) -> dict[str, Any]:
    """One further law per world, in turn: none, low ceiling, spread ceiling, double entries, faults."""
    return (
        {},
        {"ceiling": 0.92},
        {"ceiling": 0.95, "ceiling_spread": 0.03},
        {"duplicate_share": 0.2, "waiting_known": 0.5},
        {"faults": 0.02, "noise_memory": 0.4},
    )[kind]


def codes() -> tuple[np.ndarray, np.ndarray]:
    """Return 265 municipality codes in 28 oblasts of unequal size, all of them fictitious (``XAA01``)."""
    sizes = np.full(28, 9)
    sizes[:13] += 1
    oblasts = [f"X{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(28)]
    parents = np.repeat(oblasts, sizes)
    areas = [f"{code}{i:02d}" for code, n in zip(oblasts, sizes, strict=True) for i in range(1, n + 1)]
    return np.array(areas), parents


def _persons(rng: np.random.Generator, areas: int, years: int) -> np.ndarray:
    """Exposed persons (areas x years): sizes of many orders, most of them slowly falling."""
    start = np.exp(rng.normal(np.log(2500), 1.0, areas))
    growth = rng.normal(-0.008, 0.008, areas)
    return np.round(start[:, None] * np.exp(growth[:, None] * np.arange(years)))


def _levels(rng: np.random.Generator, parents: np.ndarray, law: Mechanism) -> np.ndarray:
    """Level of each municipality around 1."""
    _, oblast = np.unique(parents, return_inverse=True)
    of_oblast = np.exp(rng.normal(0, law.oblast_sd, oblast.max() + 1))[oblast]
    n, sd = len(parents), law.municipality_sd
    if law.level_shape == "gamma":
        own = rng.gamma(1 / sd**2, sd**2, n)
    elif law.level_shape == "two_humps":
        own = np.exp(np.where(rng.random(n) < 0.5, -sd, sd) + rng.normal(0, sd / 3, n))
    else:
        own = np.exp(rng.normal(0, sd, n))
    return of_oblast * own


def _path(rng: np.random.Generator, law: Mechanism, years: int) -> np.ndarray:
    """Log rate of the country over the years, from 0."""
    steps = law.trend * law.trend_fade ** np.arange(years - 1)
    return np.concatenate([[0.0], np.cumsum(steps)]) + rng.normal(0, law.year_shock, years)


def _counts(rng: np.random.Generator, expected: np.ndarray, law: Mechanism) -> np.ndarray:
    """Counts with extra variance that may have a memory."""
    areas, years = expected.shape
    shock = np.empty_like(expected)
    shock[:, 0] = rng.normal(size=areas)
    for year in range(1, years):
        new = rng.normal(size=areas)
        shock[:, year] = law.noise_memory * shock[:, year - 1] + np.sqrt(1 - law.noise_memory**2) * new
    sd = np.sqrt(np.log1p(law.dispersion))
    return rng.poisson(expected * np.exp(sd * shock - sd**2 / 2)).astype(float)


def _reported(
    rng: np.random.Generator, wished: np.ndarray, demand: np.ndarray, law: Mechanism
) -> dict[str, np.ndarray]:
    """Users, places, waiting and presence of the service (areas x years with returns).

    ``wished`` is the number of places, up to one factor for the country, that a municipality would build.
    """
    areas, years = demand.shape
    raw = wished * np.exp(rng.normal(0, 0.3, areas))
    factor = np.quantile((demand / raw[:, None]).ravel(), 1 - law.full_share)
    stop = np.clip(law.ceiling + law.ceiling_spread * rng.normal(size=areas), 0.8, 1.0)
    grows = 1 + 0.1 * (rng.random((areas, years)) < 0.1).cumsum(axis=1)
    places = np.maximum(np.round(raw[:, None] * factor / stop[:, None] * grows), 1)
    users = np.minimum(demand, np.maximum(np.floor(places * stop[:, None] + 1e-9), 1))
    queue = np.round((demand - users) / (1 - law.duplicate_share))
    waiting = np.where(rng.random((areas, years)) < law.waiting_known, queue, np.nan)
    present = _presence(rng, areas, years, law)
    users, places = _slips(rng, users, places, law.faults)
    return {"users": users, "places": places, "waiting": waiting, "present": present}


def _presence(rng: np.random.Generator, areas: int, years: int, law: Mechanism) -> np.ndarray:
    """True where the service exists: some never have it, some open midway."""
    opening = np.where(rng.random(areas) < law.opens_midway, rng.integers(1, years, areas), 0)
    opening = np.where(rng.random(areas) < law.absent, years, opening)
    return np.arange(years)[None, :] >= opening[:, None]


def _slips(
    rng: np.random.Generator, users: np.ndarray, places: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Slips of the pen: a digit too many, a zero for a figure that is missing, places left out."""
    kind = np.where(rng.random(users.shape) < share, rng.integers(1, 4, users.shape), 0)
    slipped = np.where(kind == 1, users * 10, np.where(kind == 2, 0.0, users))
    return slipped, np.where(kind == 3, np.nan, places)


def _returns(
    reported: dict[str, np.ndarray], areas: np.ndarray, parents: np.ndarray, years: np.ndarray, service: str
) -> pd.DataFrame:
    figures = {name: reported[name] for name in ("users", "places", "waiting", "present")}
    table = _long(areas, parents, years, service, **figures)
    return table[table["present"].astype(bool)].drop(columns="present").reset_index(drop=True)


def _long(
    areas: np.ndarray, parents: np.ndarray, years: np.ndarray, service: str, **figures: np.ndarray
) -> pd.DataFrame:
    n, t = len(areas), len(years)
    keys = {
        "area_code": np.repeat(areas, t),
        "parent_code": np.repeat(parents, t),
        "service_code": service,
        "year": np.tile(years, n),
    }
    return pd.DataFrame({**keys, **{name: values.ravel() for name, values in figures.items()}})
