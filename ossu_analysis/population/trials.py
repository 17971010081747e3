"""Trial forecasts from earlier years of a history: how fast migration fades, and how far the same recipe was off.

From every earlier year with some history the components forecast the years that follow it up to the origin. The memory
is the one with the least mean absolute log error over these windows. Windows with a census inside say nothing of
recorded drift and are left out. The errors on the same windows are what `spread` calibrates ranges on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ossu_analysis.population.component_method import (
    MEMORIES,
    SMALLEST,
    Components,
    Memory,
    components,
    migration_rates,
    years_of_memory,
)
from ossu_analysis.population.history import Floats, Ints, TotalsHistory

SHORTEST, LONGEST_WINDOW = 3, 10
"""Years of history before a first trial forecast; longest horizon of a trial."""


@dataclass(frozen=True)
class Trials:
    """What the windows before the origin tell.

    Attributes
    ----------
    memory : Memory
    origins : int array (windows,)
    errors : float array (windows, A, h)
        log(actual / forecast) by origin and horizon; NaN where there is no actual value or a census lies between.
    years_known : float array (windows + 1,)
        Years of migration that each trial, and last the forecast itself, could read (see `years_of_memory`).
    """

    memory: Memory
    origins: Ints
    errors: Floats
    years_known: Floats


@dataclass(frozen=True)
class _Window:
    """One trial: what was known at its start, which areas it has, and the log counts that followed (A, h)."""

    origin: int
    components: Components
    years_known: float
    present: Ints
    actual: Floats


def try_before(history: TotalsHistory) -> Trials:
    """Forecast from every earlier year of a history without gaps up to its origin (see `history.filled`)."""
    windows = list(_windows(history))
    memory = _best_memory(windows)
    known = [*(window.years_known for window in windows), _years_known(history)]
    errors = np.full((len(windows), len(history.areas), LONGEST_WINDOW if windows else 1), np.nan)
    for at, window in enumerate(windows):
        horizon = window.actual.shape[1]
        errors[at, window.present, :horizon] = window.actual - window.components.path(memory, horizon)
    return Trials(memory, np.array([window.origin for window in windows], dtype=int), errors, np.array(known))


def _windows(history: TotalsHistory) -> Iterator[_Window]:
    """Windows from every earlier year; counts across a census are NaN."""
    for at in range(SHORTEST - 1, len(history.years) - 1):
        horizon = min(LONGEST_WINDOW, len(history.years) - 1 - at)
        ahead = history.years[at + 1 : at + 1 + horizon]
        crosses = np.cumsum(np.isin(ahead, history.census_years)) > 0
        present = np.flatnonzero(np.isfinite(history.population[:, at]))
        past = history.until(int(history.years[at])).select(present)
        if crosses.all() or not np.isfinite(migration_rates(past)).any():
            continue
        actual = np.log(np.maximum(history.population[present, at + 1 : at + 1 + horizon], SMALLEST))
        actual[:, crosses] = np.nan
        yield _Window(past.origin, components(past), _years_known(past), present, actual)


def _years_known(history: TotalsHistory) -> float:
    return years_of_memory(int(np.isfinite(migration_rates(history)).any(axis=0).sum()))


def _best_memory(windows: Sequence[_Window]) -> Memory:
    """The memory with the least mean absolute error; without any window the most passing one."""
    if not windows:
        return MEMORIES[-1]
    loss = [
        sum(np.nansum(np.abs(w.actual - w.components.path(memory, w.actual.shape[1]))) for w in windows)
        for memory in MEMORIES
    ]
    return MEMORIES[int(np.argmin(loss))]
