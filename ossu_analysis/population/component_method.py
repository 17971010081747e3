"""Totals by components: natural change from pooled crude rates plus recorded net migration, both by area.

``log P(t+k) = log P(t) + sum_j log(1 + n + u + (m_p - u) * parent_fade^j + (m_a - m_p) * fade^j)`` with ``n`` the
area's natural rate, ``m_a`` its pooled recorded net migration rate, ``m_p`` the median of its parent's areas and ``u``
the usual rate of all areas in the years on record: what sets an area apart from its neighbours passes sooner than what
they share, and an inflow or outflow of today does not last. Recorded means: as the running estimate books it; census
years are masked, what a census takes away is added by `census`. Years of an exceptional mortality say nothing of the
deaths to come (`epidemic`). Without births and deaths ``n`` is zero and ``m_a`` is the whole growth. Readings over
several lengths of the past are averaged, which beats choosing one (Timmermann 2006, Handbook of Economic Forecasting,
ch. 4); how fast deviations fade is chosen by `trials` on windows before the origin.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.epidemic import usual_deaths
from ossu_analysis.population.history import Floats, Ints, TotalsHistory
from ossu_analysis.population.pooling import scale_by_size, shrink_to_groups

VITAL_YEARS = 3
"""Births and deaths are averaged over three years, as usual for crude rates of small areas."""
SMALLEST = 0.5
"""An empty area counts as half a person, so that rates and logarithms exist."""


@dataclass(frozen=True)
class Memory:
    """How fast net migration fades: what an area has of its own, and what it shares with its parent's areas."""

    fade: float
    parent_fade: float


_FADES = (1.0, 0.95, 0.9, 0.8)
MEMORIES = tuple(Memory(*fades) for fades in product(_FADES, _FADES) if fades[0] <= fades[1])
"""The search range, not a choice: lasting or passing."""
LENGTHS = (3, 5, 10)
"""Years over which migration is read: short, middle and that of LINEXP; the three readings are averaged."""


def natural_rates(history: TotalsHistory) -> Floats:
    """Births minus deaths per person of the year before, (A, T-1); zero for areas without any figure."""
    rates = (history.births - history.deaths)[:, 1:] / np.maximum(history.population[:, :-1], SMALLEST)
    rates[~np.isfinite(rates).any(axis=1)] = 0.0
    return rates


def residual_rates(history: TotalsHistory) -> Floats:
    """Change that is not natural, per person of the year before, (A, T-1); census years included."""
    before = np.maximum(history.population[:, :-1], SMALLEST)
    return np.diff(history.population, axis=1) / before - natural_rates(history)


def migration_rates(history: TotalsHistory) -> Floats:
    """Recorded net migration rates (A, T-1): residual change with NaN in the years of a census."""
    rates = residual_rates(history)
    rates[:, np.isin(history.years[1:], history.census_years)] = np.nan
    return rates


def national_deaths(history: TotalsHistory) -> Floats:
    """Deaths of all areas by year, (T,); NaN where none is on record."""
    return np.where(np.isfinite(history.deaths).any(axis=0), np.nansum(history.deaths, axis=0), np.nan)


def crude_rates(history: TotalsHistory) -> tuple[Floats, Floats]:
    """Crude birth and death rates of each area over the last years, each shrunk to the parent's."""
    usual = usual_deaths(national_deaths(history))
    births = _pooled_rate(history.births, history, np.ones_like(usual))
    return births, _pooled_rate(history.deaths, history, usual)


def _pooled_rate(events: Floats, history: TotalsHistory, wanted: NDArray[np.bool_]) -> Floats:
    """Crude rate of each area over the last wanted years, shrunk to the parent's; zero where none is on record."""
    last = np.flatnonzero(wanted[1:])[-VITAL_YEARS:]
    events, people = events[:, 1:][:, last], history.population[:, :-1][:, last]
    known = np.isfinite(events) & np.isfinite(people)
    exposed, count = np.sum(people, axis=1, where=known), np.sum(events, axis=1, where=known)
    reported, rate = exposed > 0, np.zeros(len(events))
    if reported.any():
        # Poisson variance; half an event keeps areas without any from claiming certainty.
        variance = (count[reported] + 0.5) / exposed[reported] ** 2
        direct = count[reported] / exposed[reported]
        rate[reported] = shrink_to_groups(direct, variance, _numbered(history.parent_index[reported]))
    return rate


def usual_migration(rates: Floats) -> float:
    """What the areas of a country gain or lose in a year of the record: the mean over years of their median."""
    known = rates[:, np.isfinite(rates).any(axis=0)]
    return float(np.nanmedian(known, axis=0).mean()) if known.size else 0.0


def expected_migration(rates: Floats, history: TotalsHistory) -> Floats:
    """Net migration rate of each area, its mean over each of `LENGTHS`, shrunk to the parent's, and averaged.

    Parameters
    ----------
    rates : float array (A, T-1)
        From `migration_rates`.
    """
    recorded = rates[:, np.isfinite(rates).any(axis=0)]
    if not recorded.shape[1]:
        return np.zeros(len(rates))
    noise = scale_by_size(recorded - _row_median(recorded), jump_off(history))
    return np.mean([_pooled(recorded[:, -years:], noise, history) for years in LENGTHS], axis=0)


def years_of_memory(recorded: int) -> float:
    """How many years of equal weight say as much as those that are averaged (Kish 1965, Survey Sampling, ch. 11)."""
    weight = np.zeros(max(recorded, 1))
    for years in LENGTHS:
        weight[:years] += 1 / min(years, len(weight))
    return float(weight.sum() ** 2 / (weight**2).sum())


def _pooled(last: Floats, noise: Floats, history: TotalsHistory) -> Floats:
    known = np.isfinite(last).sum(axis=1)
    level = np.full(len(last), np.nan)
    level[known > 0] = np.nanmean(last[known > 0], axis=1)
    level = np.where(known > 0, level, np.nanmedian(level))
    return shrink_to_groups(level, noise**2 / np.maximum(known, 1), history.parent_index)


def jump_off(history: TotalsHistory) -> Floats:
    """Population at the origin, as `SMALLEST` says."""
    return np.maximum(history.population[:, -1], SMALLEST)


@dataclass(frozen=True)
class Components:
    """What moves the totals of a history: log of the population at the origin, rates by area, and the usual rate."""

    start: Floats
    births: Floats
    deaths: Floats
    migration: Floats
    usual: float
    parent: Ints

    def path(self, memory: Memory, horizon: int, migration_factor: float = 1.0) -> Floats:
        """Logarithm of the median path (A, horizon), with the migration part taken ``migration_factor`` times."""
        of_parent = _medians(self.migration, self.parent)
        steps = np.arange(1, horizon + 1)
        moved = self.usual + (of_parent - self.usual)[:, None] * memory.parent_fade**steps
        moved = moved + (self.migration - of_parent)[:, None] * memory.fade**steps
        growth = (self.births - self.deaths)[:, None] + migration_factor * moved
        return self.start[:, None] + np.cumsum(np.log1p(np.maximum(growth, -0.5)), axis=1)


def components(history: TotalsHistory) -> Components:
    """Read the components of a history up to its origin."""
    rates = migration_rates(history)
    return Components(
        np.log(jump_off(history)),
        *crude_rates(history),
        expected_migration(rates, history),
        usual_migration(rates),
        history.parent_index,
    )


def _medians(values: Floats, group: Ints) -> Floats:
    """The median of its group, for each value."""
    order = np.argsort(group, kind="stable")
    centres = [np.median(part) for part in np.split(values[order], np.flatnonzero(np.diff(group[order])) + 1)]
    return np.array(centres)[np.unique(group, return_inverse=True)[1]]


def _row_median(values: Floats) -> Floats:
    centre = np.full((len(values), 1), np.nan)
    known = np.isfinite(values).any(axis=1)
    centre[known, 0] = np.nanmedian(values[known], axis=1)
    return centre


def _numbered(group: Ints) -> Ints:
    return np.unique(group, return_inverse=True)[1].astype(np.int64)
