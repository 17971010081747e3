"""What a census takes away: past corrections, a history without them, and the step to expect at the next census.

Recorded emigration is too low, so the running estimate drifts up until a census takes the loss in one step. Published
counts therefore drift between censuses and step in census years, and so do our forecasts of them. A correction is the
residual change of the census year less the median of its neighbours. The next one is expected from corrections up to
the origin only: ``step / years between = level + b * log size + c * recorded net migration + shared residual``,
fitted to each past census by Huber regression and averaged over them. The slope on migration needs a period between
two censuses on record (people who were registered and are not found); the shared residual needs two corrections and
is shrunk by their correlation. What is not known is zero. The error of a census base is part of the spread between
corrections.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ossu_analysis.population.component_method import SMALLEST, migration_rates, residual_rates
from ossu_analysis.population.history import EU_CENSUS_STEP, Floats, Ints, TotalsHistory
from ossu_analysis.population.pooling import NORMAL_80, NORMAL_MEDIAN, spread_between_groups

NEIGHBOURS = 3
"""Years on each side that tell what the residual change of a census year would have been."""


@dataclass(frozen=True)
class Correction:
    """One past census: the log step of every area per year since the census before, and what goes with it."""

    year: int
    yearly_step: Floats
    interval: int
    log_size: Floats
    recorded_migration: Floats | None


@dataclass(frozen=True)
class ExpectedSteps:
    """Log steps to expect at the censuses of the horizon.

    Attributes
    ----------
    years : tuple of int
    mean : float array (A, n)
    residuals : float array (K, A, 1)
        Log steps of the past censuses about what this pattern gives for them: the spread between areas.
    country_sd : float
        Standard deviation of the country's step about its expectation.
    """

    years: tuple[int, ...]
    mean: Floats
    residuals: Floats
    country_sd: float


def without_steps(history: TotalsHistory) -> Floats:
    """Logarithm of the counts (A, T) on the newest base: census years grow as their neighbours did."""
    log_counts = np.log(np.maximum(history.population, SMALLEST))
    growth = np.diff(log_counts, axis=1)
    for at in np.flatnonzero(np.isin(history.years[1:], history.census_years)).tolist():
        growth[:, at] = _neighbours_median(growth, at, history)
    backwards = np.cumsum(growth[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([log_counts[:, -1:] - backwards, log_counts[:, -1:]], axis=1)


def past_corrections(history: TotalsHistory) -> list[Correction]:
    """Every census between the first and the last year of a history, with what it corrected."""
    residual, recorded = residual_rates(history), migration_rates(history)
    found = []
    for at in np.flatnonzero(np.isin(history.years[1:], history.census_years)).tolist():
        year = int(history.years[at + 1])
        interval = _interval(history, year)
        usual = np.nan_to_num(_neighbours_median(residual, at, history))
        step = np.log1p(np.maximum(residual[:, at] - usual, -0.9)) / interval
        log_size = np.log(np.maximum(history.population[:, at], SMALLEST))
        found.append(Correction(year, step, interval, log_size, _mean_recorded(recorded, history, year, interval)))
    return found


def expected_steps(history: TotalsHistory, years: Ints, expected_migration: Floats) -> ExpectedSteps:
    """Expect the steps at the censuses among ``years`` from the corrections up to the origin.

    Parameters
    ----------
    history : TotalsHistory
    years : int array (H,)
        Forecast years.
    expected_migration : float array (A,)
        Recorded net migration rate expected after the origin.
    """
    ahead = tuple(int(year) for year in years if year in history.census_years)
    corrections = past_corrections(history)
    if not ahead or not corrections:
        areas = len(history.areas)
        return ExpectedSteps(ahead, np.zeros((areas, len(ahead))), np.zeros((0, areas, 1)), 0.0)
    level, by_size, by_migration = _pattern(corrections)
    residuals = np.array([_residual(one, corrections) for one in corrections])
    shared = _shared(residuals)
    log_size = np.log(np.maximum(history.population[:, -1], SMALLEST))
    steps = []
    for year in ahead:
        migration = _recorded_until(history, year, expected_migration)
        yearly = _yearly(log_size, migration, level, by_size, by_migration) + shared
        steps.append(yearly * _interval(history, year))
    intervals = np.array([one.interval for one in corrections])[:, None]
    spread = (residuals - shared) * intervals
    return ExpectedSteps(ahead, np.stack(steps, axis=1), spread[:, :, None], _country_sd(corrections, history))


def _interval(history: TotalsHistory, year: int) -> int:
    before = [census for census in history.census_years if census < year]
    return year - max(before) if before else EU_CENSUS_STEP


def _neighbours_median(values: Floats, at: int, history: TotalsHistory) -> Floats:
    census = np.isin(history.years[1:], history.census_years)
    near = [k for k in range(at - NEIGHBOURS, at + NEIGHBOURS + 1) if 0 <= k < values.shape[1] and not census[k]]
    known = np.isfinite(values[:, near]).any(axis=1) if near else np.zeros(len(values), dtype=bool)
    usual = np.full(len(values), 0.0 if not near else np.nan)
    usual[known] = np.nanmedian(values[known][:, near], axis=1) if near else 0.0
    return usual


def _mean_recorded(recorded: Floats, history: TotalsHistory, year: int, interval: int) -> Floats | None:
    between = (history.years[1:] > year - interval) & (history.years[1:] < year)
    # Less than half of the period on record would compare different things.
    if between.sum() < interval / 2:
        return None
    return np.nan_to_num(np.nanmean(recorded[:, between], axis=1))


def _recorded_until(history: TotalsHistory, year: int, expected: Floats) -> Floats:
    """Mean yearly recorded migration between the census before ``year`` and it: on record, then expected."""
    years_between = range(year - _interval(history, year) + 1, year)
    recorded = migration_rates(history)
    on_record = {int(known): recorded[:, at] for at, known in enumerate(history.years[1:])}
    rates = [np.where(np.isfinite(r), r, expected) for r in (on_record.get(y, expected) for y in years_between)]
    return np.mean(rates, axis=0) if rates else expected


def _yearly(log_size: Floats, migration: Floats | None, level: float, by_size: float, by_migration: float) -> Floats:
    moved = 0.0 if migration is None else by_migration * (migration - migration.mean())
    return level + by_size * (log_size - np.nanmean(log_size)) + moved


def _residual(correction: Correction, corrections: Sequence[Correction]) -> Floats:
    """What the pattern of the other censuses gets wrong about one, level aside; its own pattern where it is alone."""
    others = [one for one in corrections if one is not correction] or [correction]
    _, by_size, by_migration = _pattern(others)
    off = correction.yearly_step - _yearly(
        correction.log_size, correction.recorded_migration, 0.0, by_size, by_migration
    )
    return off - np.nanmedian(off)


def _pattern(corrections: Sequence[Correction]) -> tuple[float, float, float]:
    """Level, slope on log size and slope on recorded migration, averaged over the censuses that can tell."""
    fits = np.array([_huber(one) for one in corrections])
    told = np.isfinite(fits[:, 2])
    return float(fits[:, 0].mean()), float(fits[:, 1].mean()), float(fits[told, 2].mean()) if told.any() else 0.0


def _huber(correction: Correction) -> tuple[float, float, float]:
    from statsmodels.robust.robust_linear_model import RLM

    columns = [np.ones_like(correction.log_size), correction.log_size - np.nanmean(correction.log_size)]
    if correction.recorded_migration is not None:
        columns.append(correction.recorded_migration - correction.recorded_migration.mean())
    design = np.column_stack(columns)
    known = np.isfinite(correction.yearly_step) & np.isfinite(design).all(axis=1)
    usable = known.sum() > 2 * design.shape[1] and np.linalg.matrix_rank(design[known]) == design.shape[1]
    if not usable:
        return float(np.median(correction.yearly_step[known])), 0.0, np.nan
    slopes = RLM(correction.yearly_step[known], design[known]).fit().params
    return float(slopes[0]), float(slopes[1]), float(slopes[2]) if len(slopes) > 2 else np.nan


def _shared(residuals: Floats) -> Floats:
    """What the corrections of an area have in common: their mean, shrunk by their mean correlation (none: zero)."""
    count = len(residuals)
    if count < 2 or residuals.shape[1] < 3:
        return np.zeros(residuals.shape[1])
    bound = 3 * np.nanmedian(np.abs(residuals), axis=1, keepdims=True) / NORMAL_MEDIAN
    tame = np.clip(np.nan_to_num(residuals), -bound, bound)
    correlation = np.atleast_2d(np.corrcoef(tame))
    alike = max(float(correlation[np.triu_indices(count, 1)].mean()), 0.0)
    return tame.mean(axis=0) * count * alike / (1 + (count - 1) * alike)


def _country_sd(corrections: Sequence[Correction], history: TotalsHistory) -> float:
    """How far the country's next step may be from its expectation.

    From one census: the error of a mean over parents and areas. From several: their spread with the width of the 80 %
    range of Student's t, as a normal, so that means of draws exist.
    """
    steps = np.array([one.yearly_step * one.interval for one in corrections])
    parents = history.parent_index
    last = np.nan_to_num(steps[-1])
    within = float(np.median(np.abs(last - np.median(last)))) / NORMAL_MEDIAN
    sampling = np.hypot(spread_between_groups(last, parents) / np.sqrt(parents.max() + 1), within / np.sqrt(len(last)))
    if len(corrections) == 1:
        return float(sampling)
    from scipy.stats import t

    weights = np.nan_to_num(np.exp([one.log_size for one in corrections]))
    national = np.sum(np.nan_to_num(steps) * weights, axis=1) / weights.sum(axis=1)
    count = len(national)
    wide = t.ppf(0.9, count - 1) / NORMAL_80
    return float(max(sampling, np.std(national, ddof=1) * np.sqrt(1 + 1 / count) * wide))
