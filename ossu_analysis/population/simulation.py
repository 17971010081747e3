"""The simulation: joint draws of persons by municipality, sex and age, one oblast at a time.

Belongs here: the yearly step and the random streams; rates come from `jump_off`, totals from `totals`, tables are
made in `forecast`, `component` and `exposure`. One year of one municipality and draw, x single years of age, s sex:

    births    B ~ Poisson(f(t) b sum_x w[x] N[F, x])
    survivors N'[x+1] = N[x] R[s, x+1](t) (1 + a(x) . z)        z: mortality, broad ages; country, oblast,
    municipality total     N = N' (1 + lambda g[x]),  lambda = (T - sum N') / sum g N'

so that every draw has the total T drawn for it, with gains and losses of people at the ages that move. (Where lambda
would leave fewer than a fifth of an age, the rest is proportional.) deaths ~ Poisson(sum mu N); net migration is
what remains. State is real-valued; counts are made whole by cumulative rounding with one uniform number u per year
and draw, floor(C[i] + u) - floor(C[i-1] + u), C the sum up to age group i: unbiased, any run of ages within one
person of its value, and whole totals are met exactly. Everything above the municipality is a sum of whole persons of
the same draw.

Streams: country, oblast and municipality each have their own, keyed by code (`numpy.random.SeedSequence` spawn
keys), so an oblast alone, a serial run and a parallel run give the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import seeds
from ossu_analysis.population.cells import AGES, BROAD, OPEN_AGE, Floats, group_index, sum_groups
from ossu_analysis.population.jump_off import (
    AGE_ERROR,
    AGE_ERROR_TAILS,
    AGE_ERROR_YEARS,
    SIZE_POWER,
    JumpOff,
)

Whole = NDArray[np.int32]
Single = NDArray[np.float32]

SOURCE_ROWS, CLASSES = 2 * len(AGES), len(BROAD)
MOST_LOST, LARGEST_SD = 0.8, 0.15
RAKING_SWEEPS = 12


@dataclass(frozen=True)
class OblastDraws:
    """Draws of one oblast.

    Attributes
    ----------
    oblast : int
        Its position in the jump-off.
    municipalities : int array (m,)
        Positions of its municipalities in the jump-off.
    cumulated : int32 array (m, H, 2 A + 1, draws)
        Running sum of persons over the A age classes of women, then of men, from 0 to everybody.
    births, deaths, net_migration, hidden_loss : int32 array (m, H, draws)
    """

    oblast: int
    municipalities: NDArray[np.int64]
    cumulated: Whole
    births: Whole
    deaths: Whole
    net_migration: Whole
    hidden_loss: Whole


@dataclass(frozen=True)
class Paths:
    """Shocks of the country by year and draw: log fertility, log mortality and broad ages."""

    fertility: Floats
    mortality: Floats
    ages: Floats


def _stream(seed: int, *names: str) -> np.random.Generator:
    """The random numbers of an area; SFC64 because most of a simulation's time goes into drawing."""
    return np.random.Generator(np.random.SFC64(seeds(seed, "".join(f"{name}\0" for name in names))))


def national_paths(jump_off: JumpOff, years: Sequence[int], draws: int, seed: int, country: str = "BG") -> Paths:
    """Shocks that all areas share."""
    return _paths(jump_off, 0, _stream(seed, country), (len(years), draws))


def _paths(jump_off: JumpOff, level: int, generator: np.random.Generator, shape: tuple[int, int]) -> Paths:
    spread = jump_off.spread
    fertility = np.cumsum(spread.fertility[level] * generator.standard_normal(shape), axis=0)
    mortality = np.cumsum(spread.mortality[level] * generator.standard_normal(shape), axis=0)
    ages = spread.ages[level, :, None] if level < len(spread.ages) else np.zeros((CLASSES, 1))
    return Paths(fertility, mortality, ages * generator.standard_normal((shape[0], CLASSES, shape[1])))


def simulate_oblast(
    jump_off: JumpOff,
    oblast: int,
    years: Sequence[int],
    totals: Single,
    hidden_loss: Single,
    bounds: Sequence[int],
    national: Paths,
    seed: int,
    fertility_factors: Floats | None = None,
) -> OblastDraws:
    """Simulate the municipalities of one oblast.

    Parameters
    ----------
    jump_off : JumpOff
    oblast : int
        Position of the oblast.
    years : sequence of int, length H
        Consecutive, from the year after the base year.
    totals, hidden_loss : float32 array (m, H, draws)
        Draws of the totals of the oblast's municipalities, in the order of the jump-off.
    bounds : sequence of int
        First ages of the classes in which persons are counted, beginning with 0.
    national : Paths
    seed : int
    fertility_factors : ndarray (H,), optional
        Scenario: births of each year times this; totals move by the births that come or do not come.

    Returns
    -------
    OblastDraws
    """
    factors = np.ones(len(years)) if fertility_factors is None else fertility_factors
    members = np.flatnonzero(jump_off.oblast_of == oblast)
    draws = totals.shape[-1]
    local = _paths(jump_off, 1, _stream(seed, jump_off.oblasts[oblast]), (len(years), draws))
    shared = Paths(*(getattr(national, n) + getattr(local, n) for n in ("fertility", "mortality", "ages")))
    whole, loss = np.rint(totals).astype(np.int32), np.rint(hidden_loss).astype(np.int32)
    start = _starting_errors(jump_off, members, draws, seed)
    shape = (len(members), len(years))
    cumulated = np.empty((*shape, 2 * len(bounds) + 1, draws), dtype=np.int32)
    births, deaths = np.empty((2, *shape, draws), dtype=np.int32)
    ratios = np.stack([jump_off.ratios.in_year(year)[oblast] for year in years])
    for at, member in enumerate(members):
        walk = _Municipality(jump_off, int(member), ratios, shared, seed)
        cumulated[at], births[at], deaths[at] = walk.run(start[at], years, whole[at], bounds, factors)
    whole = cumulated[:, :, -1]
    start_totals = np.rint(jump_off.totals[members].sum(axis=1)).astype(np.int32)
    change = np.diff(whole, axis=1, prepend=np.broadcast_to(start_totals[:, None, None], (len(members), 1, draws)))
    migration = change - births + deaths - loss
    return OblastDraws(oblast, members, cumulated, births, deaths, migration, loss)


def _starting_errors(jump_off: JumpOff, members: NDArray[np.int64], draws: int, seed: int) -> Single:
    """Factor by municipality, broad age and draw: error of the estimated ages, within totals and the oblast's ages."""
    groups = sum_groups(jump_off.persons[members].sum(axis=1), BROAD)
    inhabitants = groups.sum(axis=1, keepdims=True)
    scale = np.minimum(jump_off.start_spread[members], 2 * LARGEST_SD)
    errors = np.stack(
        [
            _stream(seed, jump_off.municipalities[m], "ages").standard_t(AGE_ERROR_TAILS, (CLASSES, draws))
            for m in members
        ]
    )
    persons = groups[..., None] * np.exp(np.clip(scale[..., None] * errors, -1.0, 1.0))
    for _ in range(RAKING_SWEEPS):
        persons *= (groups.sum(axis=0)[:, None] / np.maximum(persons.sum(axis=0), 1e-9))[None]
        persons *= inhabitants[..., None] / np.maximum(persons.sum(axis=1, keepdims=True), 1e-9)
    return (persons / np.maximum(groups, 1e-9)[..., None]).astype(np.float32)


class _Municipality:
    """One municipality's walk through the years; rows of the state are women by age, then men by age."""

    def __init__(self, jump_off: JumpOff, member: int, ratios: Floats, shared: Paths, seed: int) -> None:
        oblast = jump_off.oblast_of[member]
        self.jump_off, self.member, self.shared = jump_off, member, shared
        self.ratios = (ratios * jump_off.local[member]).reshape(len(ratios), SOURCE_ROWS).astype(np.float32)
        self.generator = _stream(seed, jump_off.municipalities[member])
        self.response = np.tile(jump_off.response, 2).astype(np.float32)
        self.rates = (jump_off.mu[oblast] * jump_off.theta[member]).ravel()
        self.persons = jump_off.persons[member].reshape(SOURCE_ROWS).astype(np.float32)
        self.group = np.tile(group_index(BROAD), 2)

    def run(
        self, start: Single, years: Sequence[int], totals: Whole, bounds: Sequence[int], factors: Floats
    ) -> tuple[Whole, ...]:
        """Cumulated counts (H, 2 A + 1, draws), births and deaths (H, draws)."""
        draws = totals.shape[-1]
        state = self.persons[:, None] * start[self.group]
        births, deaths = np.empty((2, len(years), draws), dtype=np.int32)
        cumulated = np.empty((len(years), 2 * len(bounds) + 1, draws), dtype=np.int32)
        walks, rates = self._walks((len(years), draws)), self.rates.astype(np.float32)
        dying, more = rates @ state, np.zeros(draws)
        source, factor = np.empty_like(state), np.empty_like(state)
        moved = np.stack([np.ones(SOURCE_ROWS, dtype=np.float32), self.response])
        for at, year in enumerate(years):
            births[at] = self._births(state, walks[0][at] + np.log(np.maximum(factors[at], 1e-12)))
            more += births[at] * (1 - 1 / max(factors[at], 1e-12)) if factors[at] != 1 else 0
            reached = np.maximum(totals[at] + np.rint(more).astype(np.int32), 0)
            _move_up(state, births[at], self.jump_off.fertility.boys_share, source)
            np.matmul(self._loadings(at), self._shocks(at, walks[1][at]), out=factor)
            np.multiply(source, factor, out=state)
            _move_to_totals(state, reached, moved, factor)
            before, dying = dying, rates @ state
            deaths[at] = self._deaths((before + dying) / 2, walks[1][at], year)
            cumulated[at] = _whole_persons(state, reached, bounds, self.generator)
        return cumulated, births, deaths

    def _walks(self, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        """Log fertility and log mortality of the municipality beside the rates of the base year."""
        own = _paths(self.jump_off, 2, self.generator, shape)
        return self.shared.fertility + own.fertility, self.shared.mortality + own.mortality

    def _births(self, state: Single, walk: Floats) -> NDArray[np.int64]:
        fertility = self.jump_off.fertility
        rates = (fertility.level * fertility.local[self.member] * fertility.schedule).astype(np.float32)
        return self.generator.poisson((rates @ state[: len(AGES)]) * np.exp(walk))

    def _deaths(self, at_base_rates: Floats, walk: Floats, year: int) -> NDArray[np.int64]:
        """Deaths of persons in mid-year; those at the ends of the year are given at the rates of the base."""
        drift = np.exp(-self.jump_off.ratios.rho * (year - self.jump_off.mu_year))
        return self.generator.poisson(at_base_rates * (drift * np.exp(walk)))

    def _shocks(self, at: int, mortality: Floats) -> Single:
        """What moves the ratios of a year, by draw: one, mortality, broad ages shared and own, women against men."""
        shocks = np.empty((2 + 3 * CLASSES, len(mortality)), dtype=np.float32)
        shocks[0], shocks[1], shocks[2 : 2 + CLASSES] = 1, mortality, self.shared.ages[at]
        self.generator.standard_normal(dtype=np.float32, out=shocks[2 + CLASSES :])
        return shocks

    def _loadings(self, at: int) -> Single:
        """Effect of each shock on each row: mortality on survival, broad ages on their rows, women against men."""
        ratios = self.ratios[at]
        member = (self.group[:, None] == np.arange(CLASSES)).astype(float)
        sign = np.repeat([1.0, -1.0], len(AGES))[:, None]
        own, between = self._own_spreads()
        hazard = np.log(np.minimum(ratios, 1.0))[:, None]
        parts = np.concatenate([np.ones_like(hazard), hazard, member, member * own, sign * member * between], axis=1)
        return (ratios[:, None] * parts).astype(np.float32)

    def _own_spreads(self) -> tuple[Floats, Floats]:
        """Yearly sds of broad ages in the municipality: error of ages and survival, survival of one sex alone."""
        groups = np.bincount(self.group, self.persons, CLASSES)
        dying = np.bincount(self.group, self.persons * self.rates, CLASSES) / np.maximum(groups, 1)
        noise = dying / np.maximum(groups, 1)
        size = (max(float(groups.sum()), 1.0) / 1e4) ** SIZE_POWER
        own = AGE_ERROR**2 * size / AGE_ERROR_YEARS + noise
        return np.minimum(np.sqrt(own), LARGEST_SD), np.minimum(np.sqrt(noise), LARGEST_SD)


def _move_up(state: Single, births: Whole, boys: float, source: Single) -> None:
    """Fill ``source`` with the persons who can reach each age: births, everybody a year older, the open group twice."""
    for first, share in ((0, 1 - boys), (len(AGES), boys)):
        source[first] = births * np.float32(share)
        source[first + 1 : first + len(AGES)] = state[first : first + OPEN_AGE]
        source[first + OPEN_AGE] += state[first + OPEN_AGE]


def _move_to_totals(state: Single, totals: Whole, moved: Single, factor: Single) -> None:
    """Move every draw to its total, at the ages that move; what would take more than `MOST_LOST` is proportional."""
    sums, mobile = moved @ state
    most = np.float32(MOST_LOST / moved[1].max())
    step = np.clip((totals - sums) / np.maximum(mobile, 1e-6), -most, None).astype(np.float32)
    np.matmul(moved.T, np.stack([np.ones_like(step), step]), out=factor)
    state *= factor
    reached = sums + step * mobile
    if (np.abs(reached - totals) > 0.5).any():
        state *= (totals / np.maximum(reached, 1e-6)).astype(np.float32)


def _whole_persons(state: Single, totals: Whole, bounds: Sequence[int], generator: np.random.Generator) -> Whole:
    """Whole persons up to each age bound, women then men, after a first row of zeros: cumulative rounding."""
    edges = [*bounds, *(len(AGES) + bound for bound in bounds), SOURCE_ROWS]
    running = np.zeros((len(edges), state.shape[1]))
    for at, (first, last) in enumerate(pairwise(edges)):
        np.add.reduce(state[first:last], axis=0, dtype=np.float32, out=running[at + 1])
        running[at + 1] += running[at]
    running *= totals / np.maximum(running[-1], 1e-9)
    running += generator.random(running.shape[1])
    below = running.astype(np.int32)
    below[-1] = totals
    return below
