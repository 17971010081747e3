"""The yearly step: joint draws of persons by area, sex and age, area by area.

Belongs here: the yearly step and the random streams; rates come from `jump_off`, totals from `totals`, tables are
made in `forecast`, `component` and `exposure`. One year of one area and draw, x single years of age, s sex:

    births    B ~ Poisson(f(t) b sum_x w[x] N[F, x])
    survivors N'[x+1] = N[x] R[s, x+1](t) (1 + a(x) . z)        z: mortality, broad ages; country, group,
    total                  N = N' (1 + lambda g[x]),  lambda = (T - sum N') / sum g N'

so that every draw has the total T drawn for it, with gains and losses of people at the ages that move; what a census
takes away is taken first, at the ages of the last one, and leaves registered births and deaths as they are. (Where
lambda would leave fewer than a fifth of an age, the rest is proportional.) deaths ~ Poisson(sum mu N); net migration is
what remains. State is real-valued; counts are made whole by cumulative rounding with one uniform number u per year
and draw, floor(C[i] + u) - floor(C[i-1] + u), C the sum up to age group i: unbiased, any run of ages within one
person of its value, and whole totals are met exactly. Everything above the area is a sum of whole persons of
the same draw.

Streams: country, group and area each have their own, keyed by code (`numpy.random.SeedSequence` spawn
keys), so a group alone, a serial run and a parallel run give the same numbers; events have one of their own, so
that a scenario of fertility leaves all other shocks as they are.

Speed: all draws of one area stay in the processor's cache. Persons grow older where they lie in memory: the window
of 101 ages moves down by one row a year, births are written in front of it. Normal numbers are the middle quantiles
of 65,536 equal parts.

The same on every processor: numbers are drawn by inverse transform, so that a stream never gets out of step. The state
is moved by additions, multiplications and divisions of single precision, which are exact everywhere; what depends on
the processor (matrix products, exponentials) is computed in double precision and rounded to single.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import poisson, seeds, student_t
from ossu_analysis.population.cells import AGES, BROAD, OPEN_AGE, Floats, group_index, sum_groups
from ossu_analysis.population.epidemic import draw_excess
from ossu_analysis.population.jump_off import AGE_ERROR, AGE_ERROR_TAILS, AGE_ERROR_YEARS, SIZE_POWER, JumpOff

Whole = NDArray[np.int32]
Single = NDArray[np.float32]

CLASSES, COUNT = len(BROAD), len(AGES)
MOST_LOST, LARGEST_SD = 0.8, 0.15
RAKING_SWEEPS = 12
PARTS = 2**16
"""Equal parts of the normal law."""
AT_ONCE = 500
"""Draws that are summed at once in double precision, so that they stay in the cache."""
STEP = 5
"""Ages summed at once; bounds between them are summed on their own."""


@dataclass(frozen=True)
class AreaDraws:
    """Draws of one area.

    Attributes
    ----------
    code : str
    cumulated : int32 array (H, 2 A + 1, draws)
        Running sum of persons over the A age classes of women, then of men, from 0 to everybody; (H, 1, draws) where
        totals alone are forecast.
    components : int32 array (4, H, draws), optional
        Births, deaths, net migration and hidden loss.
    """

    code: str
    cumulated: Whole
    components: Whole | None


@dataclass(frozen=True)
class Paths:
    """Shocks by year and draw: log fertility, log mortality (H, draws) and broad ages (H, 6, draws)."""

    fertility: Single
    mortality: Single
    ages: Single


def _stream(seed: int, *names: str) -> np.random.Generator:
    """The random numbers of an area; SFC64 because drawing takes a good part of a simulation's time."""
    return np.random.Generator(np.random.SFC64(seeds(seed, "".join(f"{name}\0" for name in names))))


@cache
def _normal_quantiles() -> Single:
    quantile = NormalDist().inv_cdf
    middle = np.array([quantile((rank + 0.5) / PARTS) for rank in range(PARTS)])
    return (middle / middle.std()).astype(np.float32)


def _ranks(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    return generator.integers(PARTS, size=shape, dtype=np.uint16)


def _normal(generator: np.random.Generator, shape: tuple[int, ...]) -> Single:
    return _normal_quantiles().take(_ranks(generator, shape))


def _poisson(generator: np.random.Generator, mean: Single | Floats) -> Whole:
    ranks = _ranks(generator, mean.shape)
    return poisson((ranks + np.float32(0.5)) / np.float32(PARTS), _normal_quantiles().take(ranks), mean)


def _exp(values: Single) -> Single:
    return np.exp(values, dtype=np.float64).astype(np.float32)


def national_paths(jump_off: JumpOff, years: Sequence[int], draws: int, seed: int) -> Paths:
    """Shocks that all areas share, epidemics among them."""
    shape = len(years), draws
    paths = _paths(jump_off, 0, _stream(seed, jump_off.root), shape)
    excess = np.log1p(draw_excess(jump_off.events.epidemics, *shape, seed)).astype(np.float32)
    return replace(paths, mortality=paths.mortality + excess)


def _paths(jump_off: JumpOff, level: int, generator: np.random.Generator, shape: tuple[int, int]) -> Paths:
    events = jump_off.events
    sds = np.minimum([events.fertility_spread[level], events.mortality_spread[level]], LARGEST_SD).astype(np.float32)
    fertility, mortality = (np.cumsum(sd * _normal(generator, shape), axis=0) for sd in sds)
    if level >= len(jump_off.age_spread):
        return Paths(fertility, mortality, np.zeros((shape[0], CLASSES, 1), dtype=np.float32))
    sd = np.minimum(jump_off.age_spread[level, :, None], LARGEST_SD).astype(np.float32)
    return Paths(fertility, mortality, sd * _normal(generator, (shape[0], CLASSES, shape[1])))


@dataclass(frozen=True)
class Group:
    """What the areas of one group share.

    Attributes
    ----------
    members : int array
        Positions of its leaves.
    ratios : ndarray (H, 2, 101)
    paths : Paths
        Shocks of the country and of the group together.
    start : ndarray (members, 6, draws or 1)
        Factor on broad ages: error of the estimated ages of the base year.
    """

    members: NDArray[np.int64]
    ratios: Floats
    paths: Paths
    start: Single


def shared_by_group(jump_off: JumpOff, group: int, years: Sequence[int], national: Paths, seed: int) -> Group:
    """Ratios and shocks of one group of areas."""
    members = np.flatnonzero(jump_off.group_of == group)
    draws = national.mortality.shape[-1]
    local = _paths(jump_off, 1, _stream(seed, jump_off.groups[group]), (len(years), draws))
    paths = Paths(*(getattr(national, n) + getattr(local, n) for n in ("fertility", "mortality", "ages")))
    ratios = np.stack([jump_off.ratios.in_year(year)[group] for year in years])
    return Group(members, ratios, paths, _starting_errors(jump_off, members, draws, seed))


def simulate_areas(
    jump_off: JumpOff,
    group: Group,
    part: slice,
    years: Sequence[int],
    totals: Iterable[tuple[Single, Single]],
    bounds: Sequence[int],
    seed: int,
    fertility_factors: Floats,
) -> Iterator[AreaDraws]:
    """Simulate some areas of a group, one after the other.

    Parameters
    ----------
    jump_off : JumpOff
    group : Group
    part : slice
        Which of its members.
    years : sequence of int, length H
        Consecutive, from the year after the base year.
    totals : iterable of two float32 arrays (H, draws)
        Draws of the total and the hidden loss of each of them.
    bounds : sequence of int
        First ages of the classes in which persons are counted, beginning with 0.
    seed : int
    fertility_factors : ndarray (H,)
        Scenario: births of each year times this; totals move by the births that come or do not come.

    Yields
    ------
    AreaDraws
    """
    for member, errors, drawn in zip(group.members[part], group.start[part], totals, strict=True):
        walk = _Walk(jump_off, int(member), group, years, seed)
        whole, loss = (np.rint(each).astype(np.int32) for each in drawn)
        yield walk.run(errors, whole, loss, bounds, fertility_factors)


def _starting_errors(jump_off: JumpOff, members: NDArray[np.int64], draws: int, seed: int) -> Single:
    """Factor by municipality, broad age and draw: error of the estimated ages, within totals and the oblast's ages."""
    if not jump_off.start_spread[members].any():
        return np.ones((len(members), CLASSES, 1), dtype=np.float32)
    groups = sum_groups(jump_off.persons[members].sum(axis=1), BROAD)
    inhabitants = groups.sum(axis=1, keepdims=True)
    scale = np.minimum(jump_off.start_spread[members], 2 * LARGEST_SD)
    errors = np.stack(
        [student_t(_stream(seed, jump_off.leaves[m], "ages"), AGE_ERROR_TAILS, (CLASSES, draws)) for m in members]
    )
    persons = groups[..., None] * np.exp(np.clip(scale[..., None] * errors, -1.0, 1.0))
    for _ in range(RAKING_SWEEPS):
        persons *= (groups.sum(axis=0)[:, None] / np.maximum(persons.sum(axis=0), 1e-9))[None]
        persons *= inhabitants[..., None] / np.maximum(persons.sum(axis=1, keepdims=True), 1e-9)
    return (persons / np.maximum(groups, 1e-9)[..., None]).astype(np.float32)


class _Walk:
    """One municipality's walk through the years; what the years do not wait for is computed for all of them at once."""

    def __init__(self, jump_off: JumpOff, member: int, group: Group, years: Sequence[int], seed: int) -> None:
        events, self.name = jump_off.events, jump_off.leaves[member]
        self.jump_off, self.member, self.shared = jump_off, member, group.paths
        self.persons = jump_off.persons[member]
        self.generator, self.events = _stream(seed, self.name), _stream(seed, self.name, "events")
        self.broad, self.dying = _loadings(group.ratios * jump_off.local[member])
        self.rates = events.mu[jump_off.group_of[member]] * events.theta[member]
        self.own, self.between = _own_spreads(self.persons, self.rates)
        self.decline = events.rho * (np.asarray(years)[:, None] - events.mu_year)

    def _mover(self, response: Floats, draws: int) -> "_Mover":
        """Sums persons, deaths and births to come over ages, and moves persons by a response."""
        fertility = self.jump_off.events.fertility
        bearing = np.zeros_like(self.rates)
        bearing[0] = fertility.level * fertility.local[self.member] * fertility.schedule
        alone = np.stack([np.ones_like(bearing), self.rates, bearing], axis=1)
        return _Mover(np.concatenate([alone, alone * response], axis=1), response.astype(np.float32), draws)

    def run(self, start: Single, totals: Whole, loss: Whole, bounds: Sequence[int], factors: Floats) -> AreaDraws:
        """Walk through all years."""
        horizon, draws = totals.shape
        # Row `low` holds age 0; a year later the same row holds age 1.
        lying = np.zeros((2, COUNT + horizon, draws), dtype=np.float32)
        lying[:, horizon:] = self.persons[..., None] * start[group_index(BROAD)]
        walk = self._walks((horizon, draws))
        shocks, fertility = self._shocks(walk), walk.fertility * factors.astype(np.float32)[:, None]
        births, reached = np.empty((2, horizon, draws), dtype=np.int32)
        dying = np.empty((horizon + 1, draws), dtype=np.float32)
        rounding, mover = _Rounding(bounds, draws), self._mover(self.jump_off.response, draws)
        taker = self._mover(self.jump_off.loss_response, draws) if loss.any() else mover
        uniform = self.generator.random((horizon, draws), dtype=np.float32)
        cumulated = np.empty((horizon, 2 * len(bounds) + 1, draws), dtype=np.int32)
        _, dying[0], bearing = mover.sums(lying[:, horizon:])[:3]
        more, registered = 0, np.ones((2, draws), dtype=np.float32)
        for at, low in enumerate(range(horizon - 1, -1, -1)):
            births[at] = _poisson(self.events, bearing * fertility[at])
            if factors[at] != 1:
                more = more + births[at] * (1 - 1 / max(factors[at], 1e-12))
            np.maximum(totals[at] + np.rint(more).astype(np.int32), 0, out=reached[at])
            _grow_older(lying, low, births[at], self.jump_off.events.fertility.boys_share)
            state = lying[:, low : low + COUNT]
            self._survive(at, state, shocks[at], mover)
            if loss[at].any():
                registered *= _take_away(taker, state, loss[at])
            dying[at + 1], bearing = mover.move(state, reached[at])[1:] * registered
            rounding.whole(state, reached[at], uniform[at], cumulated[at])
        rates = _exp(walk.mortality - self.decline.astype(np.float32))
        deaths = _poisson(self.events, (dying[:-1] + dying[1:]) / 2 * rates)
        began = np.full((1, draws), round(float(self.jump_off.totals[self.member])), dtype=np.int32)
        migration = np.diff(reached, axis=0, prepend=began) - births + deaths - loss
        return AreaDraws(self.name, cumulated, np.stack([births, deaths, migration, loss]))

    def _survive(self, at: int, state: Single, shocks: Single, taker: "_Mover") -> None:
        """Multiply every age by its ratio of the year, moved by the shock of its broad age and by mortality."""
        for sex in range(len(state)):
            np.matmul(self.broad[at, sex], shocks[sex], out=taker.factor)
            taker.factor += np.matmul(self.dying[at, sex], shocks[sex], out=taker.other)
            state[sex] *= taker.factor

    def _walks(self, shape: tuple[int, int]) -> Paths:
        """Fertility relative to the base year, log mortality and broad ages shared with other areas."""
        own = _paths(self.jump_off, 2, self.generator, shape)
        fertility = _exp(self.shared.fertility + own.fertility)
        return Paths(fertility, self.shared.mortality + own.mortality, self.shared.ages)

    def _shocks(self, walk: Paths) -> Single:
        """What moves the ratios, (H, 2, 7, draws) by year and sex: broad ages shared, own, of one sex; mortality."""
        horizon, draws = walk.mortality.shape
        own, between = _normal(self.generator, (2, horizon, CLASSES, draws))
        own *= self.own[:, None]
        own += 1 + walk.ages
        between *= self.between[:, None]
        shocks = np.empty((horizon, 2, CLASSES + 1, draws), dtype=np.float32)
        np.add(own, between, out=shocks[:, 0, :CLASSES])
        np.subtract(own, between, out=shocks[:, 1, :CLASSES])
        shocks[:, :, CLASSES] = (_exp(walk.mortality) - 1)[:, None]
        return shocks


def _take_away(taker: "_Mover", state: Single, loss: Whole) -> Single:
    """Take the hidden loss out of the state; return deaths and births before it over those after it, (2, draws).

    Who was not there was not in the registers of births and deaths either: both go on as they were.
    """
    everybody, *events = taker.sums(state)[:3]
    left = taker.move(state, everybody + loss)[1:]
    return (np.stack(events) / np.maximum(left, 1e-9)).astype(np.float32)


def _loadings(ratios: Floats) -> tuple[Single, Single]:
    """Effect of each shock of a sex on each age, (H, 2, 101, 7): of broad ages on their own, of mortality on survival.

    Apart, so that a matrix product has one product a cell and is exact on every processor.
    """
    member = group_index(BROAD)[:, None] == np.arange(CLASSES + 1)
    hazard = np.log(np.minimum(ratios, 1.0))[..., None] * (np.arange(CLASSES + 1) == CLASSES)
    return (ratios[..., None] * member).astype(np.float32), (ratios[..., None] * hazard).astype(np.float32)


def _own_spreads(persons: Floats, rates: Floats) -> tuple[Single, Single]:
    """Yearly sds of broad ages in a municipality: error of ages and survival, survival of one sex alone."""
    groups, dying = (sum_groups(part.sum(axis=0), BROAD) for part in (persons, persons * rates))
    noise = dying / np.maximum(groups, 1) ** 2
    size = (max(float(groups.sum()), 1.0) / 1e4) ** SIZE_POWER
    own = AGE_ERROR**2 * size / AGE_ERROR_YEARS + noise
    sds = (np.minimum(np.sqrt(variance), LARGEST_SD).astype(np.float32) for variance in (own, noise))
    return next(sds), next(sds)


def _grow_older(lying: Single, low: int, births: Whole, boys: float) -> None:
    """Make row ``low`` age 0: births before everybody, who are a year older; the open group takes in the next."""
    lying[:, low + OPEN_AGE] += lying[:, low + OPEN_AGE + 1]
    for sex, share in enumerate((1 - boys, boys)):
        np.multiply(births, np.float32(share), out=lying[sex, low])


class _Mover:
    """Moves every draw to its total, at the ages that move; what would take more than `MOST_LOST` is proportional.

    Parameters
    ----------
    effects : ndarray (2, 2 K, 101)
        What is summed over ages, the first persons: K as they are, then K times the response.
    response : ndarray (101,)
    draws : int
    """

    def __init__(self, effects: Floats, response: Single, draws: int) -> None:
        self.most = np.float32(MOST_LOST / float(response.max()))
        self.factor = np.empty((COUNT, draws), dtype=np.float32)
        self._effects = np.concatenate(list(effects), axis=1)
        self.other = np.empty((COUNT, draws), dtype=np.float32)
        self._double = np.empty((2, COUNT, min(draws, AT_ONCE)))
        # A product of one column is slow in some libraries; a second of zeros leaves it exact.
        self._response = np.stack([response, np.zeros_like(response)], axis=1)
        self._step = np.zeros((2, draws), dtype=np.float32)

    def sums(self, state: Single) -> Single:
        """Sums over sexes and ages, (2 K, draws)."""
        draws = state.shape[-1]
        sums = np.empty((len(self._effects), draws), dtype=np.float32)
        for start in range(0, draws, AT_ONCE):
            part = slice(start, min(start + AT_ONCE, draws))
            double = self._double[..., : part.stop - start]
            double[:] = state[..., part]
            sums[:, part] = self._effects @ double.reshape(2 * COUNT, -1)
        return sums

    def move(self, state: Single, totals: Whole | Single) -> Single:
        """Move the persons in ``state`` (2, 101, draws); return the K sums over ages after it."""
        sums = self.sums(state)
        half = len(sums) // 2
        step = self._step[0]
        np.divide(totals.astype(np.float32) - sums[0], np.maximum(sums[half], np.float32(1e-6)), out=step)
        too_much = step.min() < -self.most
        if too_much:
            np.maximum(step, -self.most, out=step)
        np.matmul(self._response, self._step, out=self.factor)
        self.factor += 1
        state *= self.factor
        moved = sums[:half] + step * sums[half:]
        if too_much:
            rest = totals.astype(np.float32) / np.maximum(moved[0], np.float32(1e-6))
            state *= rest
            moved *= rest
        return moved


class _Rounding:
    """Whole persons younger than each age bound: cumulative rounding.

    Parameters
    ----------
    bounds : sequence of int, length A
    draws : int
    """

    def __init__(self, bounds: Sequence[int], draws: int) -> None:
        self.bounds = bounds
        self._whole_steps = np.array([bound // STEP for bound in bounds])
        self._younger = np.zeros((OPEN_AGE // STEP + 1, draws), dtype=np.float32)
        self._running = np.empty((2 * len(bounds) + 1, draws), dtype=np.float32)

    def whole(self, state: Single, totals: Whole, uniform: Single, out: Whole) -> None:
        """Fill ``out`` (2 A + 1, draws) with persons younger than each bound, women then men, and everybody."""
        running, classes = self._running, len(self.bounds)
        self._sum(state[0], running[: classes + 1])
        women = running[classes].copy()
        self._sum(state[1], running[classes:])
        running[classes:] += women
        running *= totals.astype(np.float32) / np.maximum(running[-1], np.float32(1e-9))
        running += uniform
        out[:] = running
        np.minimum(out, totals, out=out)
        out[-1] = totals

    def _sum(self, persons: Single, out: Single) -> None:
        """Persons of one sex younger than each bound, and everybody; the same whatever other bounds there are."""
        younger = self._younger
        np.add.reduce(persons[:OPEN_AGE].reshape(OPEN_AGE // STEP, STEP, -1), axis=1, out=younger[1:])
        for at in range(1, len(younger)):
            younger[at] += younger[at - 1]
        np.take(younger, self._whole_steps, axis=0, out=out[:-1], mode="clip")
        for at, bound in enumerate(self.bounds):
            for age in range(bound - bound % STEP, bound):
                out[at] += persons[age]
        np.add(younger[-1], persons[OPEN_AGE], out=out[-1])
