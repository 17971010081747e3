"""Fictitious countries whose demand and lists come about by themselves: people queue, councils build, clerks err.

Belongs here: generators by mechanism, with nothing of the model in them: no rate times level, no negative binomial, no
list that is what is missing. What is asked, served and written down follows from what single people or councils do:

- `queue_world`: people come one by one, stay, turn away from long queues (balking) and give up (reneging);
- `lagged_world`: places follow demand some years later, as far as money goes, while levels wander;
- `neighbour_world`: who finds no place goes to a neighbour that has one, and is counted there; some enter two lists;
- `clerk_world`: returns are copied from last year, rounded, counted over the year, or without the list that is kept;
- `homes_world`: buildings of fixed size, most of them full for years, few lists, and demand that wanders with age;
- `staffed_world`: places on paper that want for staff, so that services stop at another occupancy every year, and lists
  that keep who has gone until they are audited.

A world of a mechanism differs from the next one in its laws, drawn by its seed.
"""

import heapq
from collections import deque
from dataclasses import dataclass

import numpy as np

from ossu_analysis.evaluation.demand_worlds import World, codes, reported_world

YEARS, AHEAD, BEFORE = np.arange(2014, 2022), 5, 8
"""Years with returns, years ahead of them with a truth, and years that a queue runs before the first return."""

TIMES = 20
"""Runs of a queue that are averaged where the wait is asked for."""


@dataclass(frozen=True)
class _Country:
    """What every world begins with: its random numbers, its areas and the persons exposed, (areas, years)."""

    rng: np.random.Generator
    areas: np.ndarray
    parents: np.ndarray
    calendar: np.ndarray
    persons: np.ndarray

    @classmethod
    def of(cls, seed: int, kind: int) -> "_Country":
        """A few towns, many small places, most of them losing people."""
        rng, (areas, parents) = np.random.default_rng([seed, kind]), codes()
        calendar = np.arange(YEARS[0], YEARS[-1] + 1 + AHEAD)
        size = 900 * rng.pareto(1.3, len(areas)) + rng.uniform(400, 2500, len(areas))
        change = np.cumsum(rng.normal(-0.01, 0.006, (len(areas), len(calendar))), axis=1)
        persons = np.round(np.minimum(size, 60_000)[:, None] * np.exp(change))
        return cls(rng, areas, parents, calendar, persons)

    def by_parent(self, sd: float) -> np.ndarray:
        """A factor of each area that those of one oblast share."""
        names, at = np.unique(self.parents, return_inverse=True)
        return np.exp(self.rng.normal(0, sd, len(names)))[at]

    def wandering(self, sd: float, yearly: float) -> np.ndarray:
        """Levels (areas, years) that differ and wander."""
        start = np.log(self.by_parent(0.2)) + sd * self.rng.standard_t(8, len(self.areas)) * np.sqrt(6 / 8)
        return np.exp(start[:, None] + np.cumsum(self.rng.normal(0, yearly, self.persons.shape), axis=1))

    def listed(self, entries: np.ndarray, low: float, high: float) -> np.ndarray:
        """The lists of a share of the areas, drawn between two bounds; NaN elsewhere."""
        return np.where(self.rng.random(len(self.areas))[:, None] < self.rng.uniform(low, high), entries, np.nan)

    def world(
        self, users: np.ndarray, places: np.ndarray, waiting: np.ndarray, demand: np.ndarray, expected: np.ndarray
    ) -> World:
        """The tables of the world; some municipalities have no service, some open one midway."""
        areas, years = users.shape
        opening = np.where(self.rng.random(areas) < 0.1, self.rng.integers(1, years, areas), 0)
        opening = np.where(self.rng.random(areas) < self.rng.uniform(0.05, 0.25), years, opening)
        present = np.arange(years)[None, :] >= opening[:, None]
        reports = {"users": users, "places": places, "waiting": waiting, "present": present}
        return reported_world(self.areas, self.parents, self.calendar, self.persons, reports, demand, expected)


@dataclass(frozen=True)
class _Queue:
    """The laws of a country of queues: persons who come by (areas, years), places, and how they stay and wait."""

    country: _Country
    coming: np.ndarray
    capacity: np.ndarray
    stay: float
    patience: float
    balking: float
    kept: float

    @classmethod
    def of(cls, seed: int) -> "_Queue":
        """Laws drawn by the seed; years begin `BEFORE` the first return."""
        country = _Country.of(seed, 1)
        rng, areas, calendar, persons = country.rng, country.areas, country.calendar, country.persons
        stay, patience = rng.uniform(1.0, 4.0), rng.uniform(0.4, 3.0)
        balking, kept = rng.uniform(0.0, 0.3), rng.uniform(0.3, 0.9)
        rate, growth, load = np.exp(rng.uniform(-5.3, -3.6)), rng.uniform(-0.02, 0.03), rng.uniform(0.5, 0.9)
        own = rng.gamma(8.0, 1 / 8.0, len(areas)) * country.by_parent(0.2)
        back = np.concatenate([np.repeat(persons[:, :1], BEFORE, axis=1), persons], axis=1)
        years = np.arange(calendar[0] - BEFORE, calendar[-1] + 1)
        coming = back * (rate * own / stay)[:, None] * np.exp(growth * (years - YEARS[-1]))
        usual = coming[:, BEFORE] * stay
        capacity = np.maximum(np.round(usual * load * np.exp(rng.normal(0, 0.25, len(areas)))), 2)
        grown = capacity[:, None] * (1 + 0.15 * (rng.random(coming.shape) < 0.06).cumsum(axis=1))
        return cls(country, coming, np.round(grown), stay, patience, balking, kept)

    def serve(self, area: int, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Let the people of one municipality come, over the years of the places given."""
        coming = self.coming[area, : len(places)]
        return serve(self.country.rng, coming, places, self.stay, self.patience, self.balking)


def queue_world(seed: int) -> World:
    """People come one by one to a municipality's service; truth is how many would be there had nobody been refused."""
    queue = _Queue.of(seed)
    country, capacity = queue.country, queue.capacity
    rows = [queue.serve(area, places) for area, places in enumerate(capacity)]
    users, line, demand, _ = (np.array(values) for values in zip(*rows, strict=True))
    expected = _present(queue.coming, queue.stay)
    waiting = np.where(country.rng.random(len(capacity))[:, None] < queue.kept, line, np.nan)
    seen = slice(BEFORE, BEFORE + len(YEARS))
    reported = users[:, seen], capacity[:, seen], waiting[:, seen]
    return country.world(*reported, demand[:, BEFORE:], expected[:, BEFORE:])


def queue_waits(seed: int, areas: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Mean years that people of `queue_world` wait in its last year with returns, shape (areas,).

    Parameters
    ----------
    seed : int
    areas : numpy.ndarray of int
        Positions of the municipalities.
    places : numpy.ndarray, shape (areas,)
        Held from the first return on.
    """
    queue, until = _Queue.of(seed), BEFORE + len(YEARS)
    capacity = queue.capacity[areas, :until]
    capacity[:, BEFORE:] = places[:, None]
    return np.array(
        [np.mean([queue.serve(area, own)[3] for _ in range(TIMES)]) for area, own in zip(areas, capacity, strict=True)]
    )


def serve(
    rng: np.random.Generator, coming: np.ndarray, places: np.ndarray, stay: float, patience: float, balking: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Let the people of one municipality come, wait, stay and leave.

    Parameters
    ----------
    rng : numpy.random.Generator
    coming, places : numpy.ndarray, shape (years,)
        Persons expected to come in a year, and places in it.
    stay, patience : float
        Mean years that a person stays, and that one waits before giving up.
    balking : float
        How readily a long queue turns people away.

    Returns
    -------
    users, queue, demand : numpy.ndarray, shape (years,)
        At each year's end: persons served, persons waiting, and persons who would be there had nobody been refused.
    waited : float
        Mean years that those who were served from the line in the last year had waited.
    """
    counts = rng.poisson(coming)
    arrivals = np.sort(np.repeat(np.arange(len(coming)), counts) + rng.random(counts.sum()))
    stays = rng.gamma(2.0, stay / 2.0, len(arrivals))
    deadlines = arrivals + rng.exponential(patience, len(arrivals))
    mood = rng.random(len(arrivals))
    leaving: list[float] = []
    line: deque[tuple[float, float, float]] = deque()
    waits: list[float] = []
    users, queue = np.zeros(len(coming)), np.zeros(len(coming))

    def until(moment: float, room: float) -> None:
        """Let people leave up to a moment, and those first in line who are still there take their places."""
        while leaving and leaving[0] <= moment:
            freed = heapq.heappop(leaving)
            while line and len(leaving) < room:
                came, deadline, length = line.popleft()
                if deadline > freed:
                    heapq.heappush(leaving, freed + length)
                    if freed > len(coming) - 1:
                        waits.append(freed - came)

    at = 0
    for year, room in enumerate(places):
        while at < len(arrivals) and arrivals[at] < year + 1:
            now = arrivals[at]
            until(now, room)
            if len(leaving) < room:
                heapq.heappush(leaving, now + stays[at])
            elif mood[at] >= balking * min(len(line) / room, 2.0) * 2:
                line.append((now, deadlines[at], stays[at]))
            at += 1
        until(year + 1.0, room)
        users[year], queue[year] = len(leaving), sum(deadline > year + 1 for _, deadline, _ in line)
    ends = np.arange(1, len(coming) + 1)[:, None]
    demand = ((arrivals <= ends) & (arrivals + stays > ends)).sum(axis=1).astype(float)
    return users, queue, demand, float(np.mean(waits)) if waits else 0.0


def _present(coming: np.ndarray, stay: float) -> np.ndarray:
    """Persons expected at each year's end if nobody is refused, stays being gamma with shape two."""
    lags = (np.arange(12 * coming.shape[1]) + 0.5) / 12
    still = np.exp(-2 * lags / stay) * (1 + 2 * lags / stay) / 12
    monthly = np.repeat(coming, 12, axis=1)
    return np.stack([monthly[:, :end][:, ::-1] @ still[:end] for end in range(12, monthly.shape[1] + 1, 12)], axis=1)


def lagged_world(seed: int) -> World:
    """Councils build for the list they saw two or three years before; levels wander; lists lose who gave up."""
    country = _Country.of(seed, 2)
    rng, areas, calendar, persons = country.rng, country.areas, country.calendar, country.persons
    lag, reach = int(rng.integers(1, 4)), rng.uniform(0.2, 0.8)
    level = country.wandering(rng.uniform(0.2, 0.45), rng.uniform(0.02, 0.07))
    bend = np.cumsum(rng.uniform(-0.01, 0.04) * 0.9 ** np.arange(len(calendar)))
    expected = persons * np.exp(rng.uniform(-5.3, -3.6)) * level * np.exp(bend)
    demand = rng.poisson(expected * rng.gamma(60, 1 / 60, expected.shape)).astype(float)
    places = np.zeros((len(areas), len(YEARS)))
    places[:, 0] = np.maximum(np.round(expected[:, 0] * rng.uniform(0.5, 1.1, len(areas))), 1)
    registered, gives_up = rng.uniform(0.5, 1.0), rng.uniform(0.1, 0.5)
    stock = np.zeros_like(places)
    for year in range(len(YEARS)):
        if year:
            seen = stock[:, max(year - lag, 0)] if year >= lag else 0.0
            places[:, year] = places[:, year - 1] + np.round(reach * seen * (rng.random(len(areas)) < 0.5))
        missing = np.maximum(demand[:, year] - places[:, year], 0)
        before = stock[:, year - 1] if year else 0.0
        stock[:, year] = np.minimum(np.round((1 - gives_up) * before + registered * missing * gives_up), 1.5 * missing)
    users = np.minimum(demand[:, : len(YEARS)], places)
    return country.world(users, places, country.listed(stock, 0.3, 0.9), demand, expected)


def neighbour_world(seed: int) -> World:
    """Who finds no place at home goes next door where one is free; lists hold some people twice."""
    country = _Country.of(seed, 3)
    rng, areas, calendar, persons = country.rng, country.areas, country.calendar, country.persons
    level = country.wandering(rng.uniform(0.2, 0.4), 0.0)
    path = np.exp(rng.uniform(-0.02, 0.03) * np.arange(len(calendar)))
    expected = persons * np.exp(rng.uniform(-5.3, -3.6)) * level * path
    demand = rng.binomial(np.maximum(persons, 1).astype(int), np.minimum(expected / np.maximum(persons, 1), 0.9))
    wished = expected[:, 0] * np.exp(rng.normal(rng.uniform(-0.35, 0.1), 0.35, len(areas)))
    places = np.maximum(np.round(wished), 1)[:, None] * np.ones(len(YEARS))
    at_home = np.minimum(demand[:, : len(YEARS)], places)
    missing = demand[:, : len(YEARS)] - at_home
    travel = rng.uniform(0.1, 0.5)
    guests = np.zeros_like(places)
    moved = np.zeros_like(places)
    for here, next_door in ((a, b) for a in range(len(areas)) for b in (a - 1, a + 1)):
        if 0 <= next_door < len(areas) and country.parents[here] == country.parents[next_door]:
            free = places[next_door] - at_home[next_door] - guests[next_door]
            went = np.floor(np.minimum(travel * (missing[here] - moved[here]), np.maximum(free, 0)))
            guests[next_door] += went
            moved[here] += went
    double = rng.uniform(0.0, 0.3)
    entries = np.round((missing - moved) * (1 + double))
    waiting = np.where(rng.random(places.shape) < rng.uniform(0.2, 0.8), entries, np.nan)
    return country.world(at_home + guests, places, waiting, demand.astype(float), expected)


def clerk_world(seed: int) -> World:
    """An ordinary service whose returns are copied, rounded, counted over the year, or silent on the list."""
    country = _Country.of(seed, 4)
    rng, areas, calendar, persons = country.rng, country.areas, country.calendar, country.persons
    level = country.wandering(rng.uniform(0.25, 0.4), 0.02)
    expected = (
        persons * np.exp(rng.uniform(-5.0, -3.6)) * level * np.exp(rng.uniform(-0.02, 0.03) * np.arange(len(calendar)))
    )
    demand = rng.poisson(expected).astype(float)
    seen = demand[:, : len(YEARS)]
    places = np.maximum(np.round(seen.mean(axis=1) * np.exp(rng.normal(rng.uniform(-0.2, 0.15), 0.3, len(areas)))), 1)
    places = places[:, None] * np.ones(len(YEARS))
    users = np.minimum(seen, places)
    waiting = country.listed(seen - users, 0.3, 0.8)
    silent = rng.random(len(areas)) < 0.1
    waiting[silent] = np.where(np.isfinite(waiting[silent]), 0.0, np.nan)
    for year in range(1, len(YEARS)):
        copied = rng.random(len(areas)) < 0.05
        for table in (users, places, waiting):
            table[copied, year] = table[copied, year - 1]
    heaped = rng.random(len(areas)) < 0.1
    users[heaped] = np.where(users[heaped] >= 20, 5 * np.round(users[heaped] / 5), users[heaped])
    over_year = rng.random(users.shape) < 0.02
    users = np.where(over_year, np.round(users * rng.uniform(1.1, 1.5, users.shape)), users)
    slips = rng.random(users.shape)
    users = np.where(slips < 0.004, users * 10, np.where(slips < 0.008, 0.0, users))
    return country.world(users, places, waiting, demand, expected)


def homes_world(seed: int) -> World:
    """Homes of fixed sizes, most full for years, lists in few of them and shorter than what is missing."""
    country = _Country.of(seed, 5)
    rng, areas, calendar, persons = country.rng, country.areas, country.calendar, country.persons
    level = country.wandering(rng.uniform(0.15, 0.3), 0.03)
    expected = (
        persons * np.exp(rng.uniform(-4.8, -3.6)) * level * np.exp(rng.uniform(-0.01, 0.02) * np.arange(len(calendar)))
    )
    demand = rng.poisson(expected * np.exp(rng.normal(0, 0.1, expected.shape))).astype(float)
    sizes = np.array([8, 10, 12, 15, 20, 30, 45, 60, 90, 120, 200])
    aim = expected[:, 0] * rng.uniform(0.55, 0.85) * np.exp(rng.normal(0, 0.3, len(areas)))
    places = sizes[np.abs(np.log(np.maximum(aim, 1))[:, None] - np.log(sizes)).argmin(axis=1)].astype(float)
    places = places[:, None] * np.ones(len(YEARS))
    users = np.minimum(demand[:, : len(YEARS)], places)
    named = rng.uniform(0.5, 0.9) * np.exp(rng.normal(0, 0.15, (len(areas), 1)))
    entries = np.round(named * (demand[:, : len(YEARS)] - users))
    return country.world(users, places, country.listed(entries, 0.1, 0.5), demand, expected)


def staffed_world(seed: int) -> World:
    """Places stand on paper, as many are used as there is staff for; lists keep who has gone until they are audited."""
    country = _Country.of(seed, 6)
    rng, areas, persons = country.rng, country.areas, country.persons
    rate = np.exp(rng.uniform(-5.0, -3.6)) * np.exp(rng.uniform(-0.015, 0.025) * np.arange(persons.shape[1]))
    expected = persons * rate * country.wandering(rng.uniform(0.2, 0.35), rng.uniform(0.0, 0.03))
    demand = _coming_and_going(rng, expected, rng.uniform(0.4, 0.85))
    seen = demand[:, : len(YEARS)]
    wished = expected[:, 0] * np.exp(rng.normal(rng.uniform(-0.25, 0.2), 0.3, len(areas)))
    places = np.maximum(np.round(wished), 1)[:, None] * np.ones(len(YEARS))
    vacant = np.cumsum(rng.normal(0, 0.05, places.shape), axis=1) + rng.exponential(
        rng.uniform(0.03, 0.1), (len(areas), 1)
    )
    users = np.minimum(seen, np.maximum(np.floor(places * (1 - np.clip(vacant, 0.0, 0.4))), 1))
    named, leaves, audit = rng.uniform(0.5, 1.0), rng.uniform(0.1, 0.4), rng.integers(0, 4, len(areas))
    gone, entries = np.zeros(len(areas)), np.zeros_like(places)
    for year in range(len(YEARS)):
        waits = rng.binomial((seen - users)[:, year].astype(int), named)
        gone = np.where(year % 4 == audit, 0.0, gone + leaves * (entries[:, year - 1] - gone if year else 0.0))
        entries[:, year] = waits + np.round(gone)
    return country.world(users, places, country.listed(entries, 0.2, 0.8), demand, expected)


def _coming_and_going(rng: np.random.Generator, expected: np.ndarray, stays: float) -> np.ndarray:
    """Persons of whom a share stays to the next year while others come, Poisson around what is expected."""
    present = [rng.poisson(expected[:, 0])]
    for before, now in zip(expected.T[:-1], expected.T[1:], strict=True):
        kept = np.minimum(stays, now / before)
        present.append(rng.binomial(present[-1], kept) + rng.poisson(now - kept * before))
    return np.array(present, float).T


MECHANISMS = {
    "queue": queue_world,
    "lagged": lagged_world,
    "neighbour": neighbour_world,
    "clerk": clerk_world,
    "homes": homes_world,
    "staffed": staffed_world,
}
