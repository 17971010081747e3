"""Totals by components: natural change from pooled crude rates plus recorded net migration, both by area.

``log P(t+k) = log P(t) + sum_j log(1 + n + m + (m_p - m) * parent_fade^j + (m_a - m_p) * fade^j)`` with ``n`` the
area's natural rate, ``m_a`` its pooled recorded net migration rate, ``m_p`` the median of its parent's areas and ``m``
that of all: what sets an area apart from its neighbours passes sooner than what sets them apart together. Recorded
means: as the running estimate books it; census years are masked, what a census takes away is added by `census`.
Without births and deaths ``n`` is zero and ``m_a`` is the whole growth. Readings over several lengths of the past are
averaged, which beats choosing one (Timmermann 2006, Handbook of Economic Forecasting, ch. 4); by which centre, and how
fast deviations fade, is chosen by `combination` on windows before the origin.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from ossu_analysis.population.history import Floats, Ints, TotalsHistory
from ossu_analysis.population.pooling import scale_by_size, shrink_to_groups

VITAL_YEARS = 3
"""Births and deaths are averaged over three years, as usual for crude rates of small areas."""
SMALLEST = 0.5
"""An empty area counts as half a person, so that rates and logarithms exist."""


@dataclass(frozen=True)
class Memory:
    """How the past of net migration is read: by which centre of its last years, and how fast deviations fade."""

    centre: str
    fade: float
    parent_fade: float


_FADES = (1.0, 0.95, 0.9, 0.8)
MEMORIES = tuple(Memory(*kind) for kind in product(("mean", "median"), _FADES, _FADES) if kind[1] <= kind[2])
"""The search range, not a choice: sensitive or robust to single years, lasting or passing."""
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


def expected_natural(history: TotalsHistory) -> Floats:
    """Natural rate of each area: crude birth and death rates of the last years, each shrunk to the parent's."""
    people = history.population[:, -VITAL_YEARS - 1 : -1]
    pooled = []
    for events in (history.births[:, 1:][:, -VITAL_YEARS:], history.deaths[:, 1:][:, -VITAL_YEARS:]):
        known = np.isfinite(events) & np.isfinite(people)
        exposed = np.sum(people, axis=1, where=known)
        count = np.sum(events, axis=1, where=known)
        reported = exposed > 0
        rate = np.zeros(len(count))
        # Poisson variance; half an event keeps areas without any from claiming certainty.
        variance = (count[reported] + 0.5) / exposed[reported] ** 2
        if reported.any():
            direct = count[reported] / exposed[reported]
            rate[reported] = shrink_to_groups(direct, variance, _numbered(history.parent_index[reported]))
        pooled.append(rate)
    return pooled[0] - pooled[1]


def expected_migration(rates: Floats, history: TotalsHistory, centre: str) -> Floats:
    """Net migration rate of each area, read over each of `LENGTHS`, shrunk to the parent's, and averaged.

    Parameters
    ----------
    rates : float array (A, T-1)
        From `migration_rates`.
    centre : str
        ``mean`` or ``median`` of the years.
    """
    recorded = rates[:, np.isfinite(rates).any(axis=0)]
    if not recorded.shape[1]:
        return np.zeros(len(rates))
    noise = scale_by_size(recorded - _row_median(recorded), jump_off(history))
    return np.mean([_pooled(recorded[:, -years:], noise, history, centre) for years in LENGTHS], axis=0)


def years_of_memory(recorded: int) -> float:
    """How many years of equal weight say as much as those that are averaged (Kish 1965, Survey Sampling, ch. 11)."""
    weight = np.zeros(max(recorded, 1))
    for years in LENGTHS:
        weight[:years] += 1 / min(years, len(weight))
    return float(weight.sum() ** 2 / (weight**2).sum())


def _pooled(last: Floats, noise: Floats, history: TotalsHistory, centre: str) -> Floats:
    known = np.isfinite(last).sum(axis=1)
    level = np.full(len(last), np.nan)
    level[known > 0] = (np.nanmedian if centre == "median" else np.nanmean)(last[known > 0], axis=1)
    level = np.where(known > 0, level, np.nanmedian(level))
    return shrink_to_groups(level, noise**2 / np.maximum(known, 1), history.parent_index)


def jump_off(history: TotalsHistory) -> Floats:
    """Population at the origin, as `SMALLEST` says."""
    return np.maximum(history.population[:, -1], SMALLEST)


def component_path(
    start: Floats, natural: Floats, migration: Floats, parent: Ints, memory: Memory, horizon: int
) -> Floats:
    """Logarithm of the median path (A, horizon) from the log of the population at the origin."""
    common = np.median(migration)
    of_parent = _medians(migration, parent)
    steps = np.arange(1, horizon + 1)
    growth = natural[:, None] + common + (of_parent - common)[:, None] * memory.parent_fade**steps
    growth += (migration - of_parent)[:, None] * memory.fade**steps
    return start[:, None] + np.cumsum(np.log1p(np.maximum(growth, -0.5)), axis=1)


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
