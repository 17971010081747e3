"""Which methods to trust, learnt from windows before the origin: the combination of components, LINEXP, damped trend.

From every earlier year with some history the three methods forecast the years that follow it up to the origin. The
memory of the components is the one with the least mean absolute log error over these windows; the weights of the three
are those of the convex combination with the least, which is the robust form of stacking (Bates and Granger 1969;
Breiman 1996). Windows with a census inside say nothing of recorded drift and are left out. The errors of the
combination on the same windows are what `spread` calibrates ranges on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ossu_analysis.population import component_method as by_components
from ossu_analysis.population.baselines import linexp_log
from ossu_analysis.population.census import without_steps
from ossu_analysis.population.component_method import MEMORIES, Memory
from ossu_analysis.population.ets import damped_trend
from ossu_analysis.population.history import Floats, Ints, TotalsHistory

METHODS = ("components", "linexp", "damped_ets")
SHORTEST, LONGEST_WINDOW = 3, 10
"""Years of history before a first trial forecast; longest horizon of a trial."""
_TWENTIETHS = 20


@dataclass(frozen=True)
class Combination:
    """Median paths of recorded drift and how far the same recipe was off before.

    Attributes
    ----------
    paths : dict of str to float array (A, H)
        Logarithm of persons by method, and ``combined``.
    memory : Memory
    weights : dict of str to float
    errors : float array (windows, A, h)
        log(actual / combined) of the trial forecasts by their origin and horizon; NaN where there is no actual value
        or a census lies between.
    years_known : float array (windows + 1,)
        Years of migration that each trial, and last the forecast itself, could read (see `years_of_memory`).
    """

    paths: dict[str, Floats]
    memory: Memory
    weights: dict[str, float]
    errors: Floats
    years_known: Floats


def combine(history: TotalsHistory, horizon: int) -> Combination:
    """Choose and weigh the methods on windows before the origin, and forecast from the origin.

    Parameters
    ----------
    history : TotalsHistory
        Without gaps up to the origin (see `history.filled`).
    horizon : int
    """
    trials = list(_trials(history))
    memory = _best_memory(trials)
    errors = [_errors(trial, memory) for trial in trials]
    weights = _best_weights(errors)
    paths = _paths(history, horizon, memory)
    paths["combined"] = np.tensordot(weights, np.stack(list(paths.values())), axes=1)
    combined = _aligned([np.tensordot(weights, one, axes=1) for one in errors], len(history.areas))
    known = np.array([_years_known(past) for past in (*(trial.past for trial in trials), history)])
    return Combination(paths, memory, dict(zip(METHODS, weights.tolist(), strict=True)), combined, known)


def _years_known(history: TotalsHistory) -> float:
    return by_components.years_of_memory(int(np.isfinite(by_components.migration_rates(history)).any(axis=0).sum()))


@dataclass(frozen=True)
class Trial:
    """A window before the origin: what was known at its start, and the log counts that followed (A, h)."""

    past: TotalsHistory
    present: Ints
    actual: Floats


def _trials(history: TotalsHistory) -> Iterator[Trial]:
    """Windows from every earlier year; counts across a census are NaN."""
    for at in range(SHORTEST - 1, len(history.years) - 1):
        horizon = min(LONGEST_WINDOW, len(history.years) - 1 - at)
        ahead = history.years[at + 1 : at + 1 + horizon]
        crosses = np.cumsum(np.isin(ahead, history.census_years)) > 0
        present = np.flatnonzero(np.isfinite(history.population[:, at]))
        past = history.until(int(history.years[at])).select(present)
        if crosses.all() or not np.isfinite(by_components.migration_rates(past)).any():
            continue
        actual = np.log(np.maximum(history.population[:, at + 1 : at + 1 + horizon], by_components.SMALLEST))
        actual[:, crosses] = np.nan
        yield Trial(past, present, actual)


def _best_memory(trials: Sequence[Trial]) -> Memory:
    """The memory with the least mean absolute error; without any window the longest, most robust and passing one."""
    loss, count = np.zeros(len(MEMORIES)), 0
    for trial in trials:
        actual = trial.actual[trial.present]
        count += int(np.isfinite(actual).sum())
        loss += [np.nansum(np.abs(actual - path)) for path in _component_paths(trial.past, actual.shape[1], MEMORIES)]
    return MEMORIES[int(np.argmin(loss))] if count else MEMORIES[-1]


def _errors(trial: Trial, memory: Memory) -> Floats:
    """log(actual / forecast) of the three methods on a window, (3, A, h)."""
    forecasts = np.full((len(METHODS), *trial.actual.shape), np.nan)
    forecasts[:, trial.present] = np.stack(list(_paths(trial.past, trial.actual.shape[1], memory).values()))
    return trial.actual - forecasts


def _paths(history: TotalsHistory, horizon: int, memory: Memory) -> dict[str, Floats]:
    """Logarithm of persons (A, horizon) by each of the methods."""
    (components,) = _component_paths(history, horizon, (memory,))
    smooth = without_steps(history)
    methods = (components, linexp_log(smooth, horizon), damped_trend(smooth, horizon))
    return dict(zip(METHODS, methods, strict=True))


def _component_paths(history: TotalsHistory, horizon: int, memories: Sequence[Memory]) -> list[Floats]:
    natural, rates = by_components.expected_natural(history), by_components.migration_rates(history)
    start, parent = np.log(by_components.jump_off(history)), history.parent_index
    migration = {one: by_components.expected_migration(rates, history, one) for one in {m.centre for m in memories}}
    return [
        by_components.component_path(start, natural, migration[memory.centre], parent, memory, horizon)
        for memory in memories
    ]


def _best_weights(errors: Sequence[Floats]) -> Floats:
    """Weights on a grid of twentieths with the least mean absolute error; equal weights without any window."""
    if not errors:
        return np.full(len(METHODS), 1 / len(METHODS))
    stacked = np.concatenate([one.reshape(len(METHODS), -1) for one in errors], axis=1)
    stacked = stacked[:, np.isfinite(stacked).all(axis=0)]
    grid = [(a, b, _TWENTIETHS - a - b) for a, b in product(range(_TWENTIETHS + 1), repeat=2) if a + b <= _TWENTIETHS]
    candidates = np.array(grid) / _TWENTIETHS
    loss = [np.abs(weights @ stacked).mean() for weights in candidates]
    return candidates[int(np.argmin(loss))]


def _aligned(errors: Sequence[Floats], areas: int) -> Floats:
    longest = max((one.shape[1] for one in errors), default=1)
    aligned = np.full((len(errors), areas, longest), np.nan)
    for at, one in enumerate(errors):
        aligned[at, :, : one.shape[1]] = one
    return aligned
