"""What a census takes away: past corrections, and the step to expect at the next census.

Recorded emigration is too low, so the running estimate drifts up until a census takes the loss in one step. Published
counts therefore drift between censuses and step in census years, and so do our forecasts of them. A correction is the
residual change of the census year less the registered net migration of that year (the mean of the neighbouring years
where it is not published). The next one is expected from corrections up to the origin only:
``step = years between * level + years on record / years between * slope * recorded net migration since the last one``:
who was registered and is not found, where people came by the books. Level and slope are fitted to each past census by
Huber regression and averaged over them; the slope needs a period between two censuses on record, and counts for as
much of the interval as is on record at the origin. What is not known is zero. The error of a census base is part of the
spread between corrections.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ossu_analysis.population.component_method import SMALLEST, migration_rates, residual_rates
from ossu_analysis.population.history import Census, Floats, Ints, TotalsHistory
from ossu_analysis.population.pooling import NORMAL_80, NORMAL_MEDIAN, spread_between_groups

NEIGHBOURS = 3
"""Years on each side that tell what the migration of a census year was, where it is not published."""


@dataclass(frozen=True)
class Correction:
    """One past census.

    Attributes
    ----------
    year : int
    step : float array (A,)
        Logarithm of what it did to the count of each area.
    interval : float
        Years between its day and that of the census before.
    size : float array (A,)
        Persons before it.
    recorded : float array (A,) or None
        Net migration recorded since the census before, deviation of the sum of yearly rates from the median of all
        areas; None where less than half of the interval is on record.
    """

    year: int
    step: Floats
    interval: float
    size: Floats
    recorded: Floats | None


@dataclass(frozen=True)
class ExpectedSteps:
    """Log steps to expect at the censuses of the horizon.

    Attributes
    ----------
    censuses : tuple of Census
    mean : float array (A, n)
    residuals : float array (K, A, 1)
        Log steps of the past censuses about what is expected of them: the spread between areas.
    country_sd : float
        Standard deviation of the country's step about its expectation.
    """

    censuses: tuple[Census, ...]
    mean: Floats
    residuals: Floats
    country_sd: float


def past_corrections(history: TotalsHistory) -> list[Correction]:
    """Every census between the first and the last year of a history, with what it corrected."""
    residual = residual_rates(history)
    registered = history.registered[:, 1:] / np.maximum(history.population[:, :-1], SMALLEST)
    found = []
    for before, census in zip(history.censuses, history.censuses[1:], strict=False):
        at = census.enters - 1 - int(history.years[0])
        if not 0 <= at < residual.shape[1]:
            continue
        moved = np.where(np.isfinite(registered[:, at]), registered[:, at], _neighbours(residual, at, history))
        step = np.log1p(np.maximum(residual[:, at] - moved, -0.9))
        recorded, share = _recorded(history, before, census)
        size = np.maximum(history.population[:, at], SMALLEST)
        # Less than half of the interval on record would compare different things.
        of_half = recorded if share >= 0.5 else None
        found.append(Correction(census.enters, step, census.time - before.time, size, of_half))
    return found


def expected_steps(history: TotalsHistory, years: Ints) -> ExpectedSteps:
    """Expect the steps at the censuses among the forecast ``years`` (H,) from the corrections up to the origin."""
    ahead = tuple(one for one in history.censuses if one.enters in years or (one.sooner and one.enters - 1 in years))
    corrections, areas = past_corrections(history), len(history.areas)
    if not ahead or not corrections:
        return ExpectedSteps(ahead, np.zeros((areas, len(ahead))), np.zeros((0, areas, 1)), 0.0)
    level, slope = _pattern(corrections)
    steps = []
    for census in ahead:
        before = history.censuses[history.censuses.index(census) - 1]
        recorded, share = _recorded(history, before, census)
        steps.append((census.time - before.time) * level + share * slope * recorded)
    residuals = np.array([_residual(one, corrections) for one in corrections])
    return ExpectedSteps(ahead, np.stack(steps, axis=1), residuals[:, :, None], _country_sd(corrections, history))


def _neighbours(values: Floats, at: int, history: TotalsHistory) -> Floats:
    """Mean of the neighbouring years without a census, (A,); zero where none is known."""
    census = np.isin(history.years[1:], history.census_years)
    near = [k for k in range(at - NEIGHBOURS, at + NEIGHBOURS + 1) if 0 <= k < values.shape[1] and not census[k]]
    known = np.isfinite(values[:, near])
    return np.sum(values[:, near], axis=1, where=known) / np.maximum(known.sum(axis=1), 1)


def _recorded(history: TotalsHistory, before: Census, census: Census) -> tuple[Floats, float]:
    """Net migration recorded between two censuses up to the origin, and the share of the interval on record."""
    between = (history.years[1:] > before.enters) & (history.years[1:] < census.enters)
    total = np.nansum(migration_rates(history)[:, between], axis=1)
    return total - np.median(total), min(between.sum() / (census.time - before.time), 1.0)


def _residual(correction: Correction, corrections: Sequence[Correction]) -> Floats:
    """What the others would have got wrong about one, level aside."""
    slope = _pattern([one for one in corrections if one is not correction])[1]
    off = correction.step - (0.0 if correction.recorded is None else slope * correction.recorded)
    return off - np.nanmedian(off)


def _pattern(corrections: Sequence[Correction]) -> tuple[float, float]:
    """Level per year between censuses and slope on recorded migration, averaged over the censuses that tell them."""
    fits = np.array([_huber(one) for one in corrections]).reshape(-1, 2)
    told = np.isfinite(fits[:, 1])
    return float(fits[:, 0].mean()) if len(fits) else 0.0, float(fits[told, 1].mean()) if told.any() else 0.0


def _huber(correction: Correction) -> tuple[float, float]:
    """Level per year and slope on recorded migration of one census; NaN for a slope that it cannot tell."""
    from statsmodels.robust.robust_linear_model import RLM

    recorded = correction.recorded
    columns = [np.ones_like(correction.step), *([] if recorded is None or not np.ptp(recorded) > 1e-9 else [recorded])]
    design, known = np.column_stack(columns), np.isfinite(correction.step)
    if known.sum() <= 2 * design.shape[1] or not np.ptp(correction.step[known]):
        return float(np.median(correction.step[known])) / correction.interval, np.nan
    fitted = RLM(correction.step[known], design[known]).fit().params
    return float(fitted[0]) / correction.interval, float(fitted[1]) if len(fitted) > 1 else np.nan


def _country_sd(corrections: Sequence[Correction], history: TotalsHistory) -> float:
    """How far the country's next step may be from its expectation.

    From one census: the step itself, which tells its size and nothing of how sizes vary, and the error of a mean over
    parents and areas. From several: their spread with the width of the 80 % range of Student's t, as a normal, so that
    means of draws exist.
    """
    steps = np.nan_to_num([one.step for one in corrections])
    parents, last = history.parent_index, steps[-1]
    within = float(np.median(np.abs(last - np.median(last)))) / NORMAL_MEDIAN
    sampling = np.hypot(spread_between_groups(last, parents) / np.sqrt(parents.max() + 1), within / np.sqrt(len(last)))
    weights = np.nan_to_num([one.size for one in corrections])
    interval = np.array([one.interval for one in corrections])
    national = np.sum(steps * weights, axis=1) / weights.sum(axis=1) * interval.mean() / interval
    count = len(national)
    if count == 1:
        return float(np.hypot(sampling, national[0]))
    from scipy.stats import t

    wide = t.ppf(0.9, count - 1) / NORMAL_80
    return float(max(sampling, np.std(national, ddof=1) * np.sqrt(1 + 1 / count) * wide))
