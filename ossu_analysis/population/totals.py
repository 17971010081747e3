"""Joint draws of the totals of all areas of the lowest level: the entry point of the forecast of totals.

``log P = median path + country + unequal * (size + parent + area) + census steps - epidemics``, each draw. The median
path is that of `component_method` (recorded drift between censuses); the shocks have the spreads measured by `spread`
on the trials before the origin, grow over the horizon, and are shared as their names say; steps come with censuses only
(`census`), in the year drawn for each where that is open; an epidemic (`epidemic`) takes its share of each area's usual
deaths in all areas at once. Draws are summed to upper levels, never quantiles. Every area and parent
has its own stream of random numbers, keyed by its code, so that some areas alone get the same draws as all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import normals, stream
from ossu_analysis.population.census import ExpectedSteps, expected_steps
from ossu_analysis.population.component_method import (
    SMALLEST,
    Components,
    components,
    jump_off,
    migration_rates,
    national_deaths,
)
from ossu_analysis.population.epidemic import Epidemics, draw_excess, epidemics
from ossu_analysis.population.history import Floats, Ints, TotalsHistory
from ossu_analysis.population.spread import Growth, Spread, measure_spread, unequal_windows
from ossu_analysis.population.trials import Trials, try_before

if TYPE_CHECKING:
    import pyarrow

MOST_GAINED = (0.05, 0.5)
"""Log growth a year and once that no area exceeds: a wave of registrations, and twice as many persons in 14 years."""
AREAS_PER_CHUNK = 64
"""Areas whose draws are written at once."""
Draws = NDArray[np.float32]


@dataclass(frozen=True)
class TotalsModel:
    """Everything that was learnt from a history; draws are made from it, for all areas or some.

    Attributes
    ----------
    history : TotalsHistory
    years : int array (H,)
    components : Components
    trials : Trials
    steps : ExpectedSteps
    drift_spread, step_spread : Spread
    epidemics : Epidemics
    """

    history: TotalsHistory
    years: Ints
    components: Components
    trials: Trials
    steps: ExpectedSteps
    drift_spread: Spread
    step_spread: Spread | None
    epidemics: Epidemics

    def median(self) -> Floats:
        """Logarithm of the median path (A, H), steps in the likeliest years included."""
        path = self.drift(1.0, 0.0)
        for census, step in zip(self.steps.censuses, self.steps.mean.T, strict=True):
            path[:, self.years >= census.likeliest] += step[:, None]
        return np.minimum(path, self.ceiling)

    @property
    def ceiling(self) -> Floats:
        """Logarithm (A, H) of what no draw goes beyond: as many as live there or came in a year, and `MOST_GAINED`.

        Where an area collapsed or was refilled, growth in per cent says nothing of persons to come.
        """
        population = self.history.population
        most = np.maximum(population[:, -1], np.nan_to_num(np.diff(population, axis=1)).max(axis=1))
        return np.log(np.maximum(most, SMALLEST))[:, None] + np.polyval(MOST_GAINED, np.arange(1, len(self.years) + 1))

    def drift(self, migration_factor: float, extra_growth: Floats | float) -> Floats:
        """Logarithm of the median path (A, H) under a scenario, without steps."""
        path = self.components.path(self.trials.memory, len(self.years), migration_factor)
        return path + np.cumsum(np.broadcast_to(extra_growth, path.shape), axis=1)


@dataclass(frozen=True)
class TotalDraws:
    """Joint draws of totals.

    Attributes
    ----------
    areas : tuple of str, length M
        Areas of today, in the order of ``history.members``.
    years : int array (H,)
    persons, hidden_loss : float32 array (draws, M, H)
        Persons on 31 December; change of the year's count that a census brings and the running estimate did not
        record (zero outside census years, negative is loss). It is part of the change of ``persons``.
    """

    areas: tuple[str, ...]
    years: Ints
    persons: Draws
    hidden_loss: Draws


def forecast_totals(
    history: TotalsHistory,
    years: range,
    draws: int,
    seed: int,
    migration_factor: float = 1.0,
    extra_growth: Floats | float = 0.0,
) -> TotalDraws:
    """Forecast the totals of every area as joint draws.

    Parameters
    ----------
    history : TotalsHistory
    years : range
        Consecutive forecast years, from the year after the history's last one.
    draws : int
    seed : int
    migration_factor : float
        Scenario: expected recorded migration and hidden loss times this (0: no migration).
    extra_growth : float array (A, H) or float
        Scenario: yearly log growth added to every draw.
    """
    model = fit_totals(history, years)
    persons, hidden_loss = draw_totals(model, draws, seed, None, migration_factor, extra_growth)
    return TotalDraws(history.members, model.years, persons, hidden_loss)


def fit_totals(history: TotalsHistory, years: range) -> TotalsModel:
    """Learn everything the forecast needs from a history.

    Raises
    ------
    ValueError
        If the years do not follow the history's last one, or there are fewer than three counts.
    """
    if years[0] != history.origin + 1 or len(history.years) < 3:
        raise ValueError(f"years {years} must follow {history.origin}, and at least three years of counts be known")
    history, ahead = history.filled(), np.array(years)
    trials, steps = try_before(history), expected_steps(history, ahead)
    return TotalsModel(
        history=history,
        years=ahead,
        components=components(history),
        trials=trials,
        steps=steps,
        drift_spread=_drift_spread(history, trials),
        step_spread=_step_spread(history, steps),
        epidemics=epidemics(national_deaths(history), history.origin),
    )


def _drift_spread(history: TotalsHistory, trials: Trials) -> Spread:
    """Spread of recorded drift: from the trials; without any, from how differently areas and years changed."""
    size, parents = jump_off(history), history.parent_index
    if np.isfinite(trials.errors).sum() <= 2:
        errors = _yearly_errors(history)
        return measure_spread(errors, size, parents, np.full(len(errors) + 1, np.inf))
    known = size, parents, trials.years_known
    return replace(
        measure_spread(trials.errors, *known), unequal=unequal_windows(trials.errors, *known, trials.origins)
    )


def _step_spread(history: TotalsHistory, steps: ExpectedSteps) -> Spread | None:
    """Spread of census steps, from what past ones were about the expectation; None without any."""
    if np.isfinite(steps.residuals).sum() <= 2:
        return None
    endless = np.full(len(steps.residuals) + 1, np.inf)
    return measure_spread(steps.residuals, jump_off(history), history.parent_index, endless, shared_by_country=False)


def draw_totals(
    model: TotalsModel,
    draws: int,
    seed: int,
    members: Ints | None = None,
    migration_factor: float = 1.0,
    extra_growth: Floats | float = 0.0,
) -> tuple[Draws, Draws]:
    """Draw persons and hidden loss (draws, M, H) for all areas of today, or those numbered in ``members``."""
    history = model.history
    members = np.arange(len(history.members)) if members is None else members
    units, place = np.unique(history.member_unit[members], return_inverse=True)
    log_persons, log_step = _log_draws(model, draws, seed, units)
    drift = model.drift(migration_factor, extra_growth)[units].astype(np.float32)
    log_persons += drift + np.float32(migration_factor) * np.cumsum(log_step, axis=2)
    np.minimum(log_persons, model.ceiling[units].astype(np.float32), out=log_persons)
    # In double precision, then rounded: exponentials of single precision differ between processors.
    whole = np.exp(log_persons, dtype=np.float64)[:, place] * history.member_share[members][:, None]
    # Of a count after a step s, the step brought count * (1 - exp(-s)).
    hidden_loss = whole * -np.expm1(-migration_factor * log_step[:, place].astype(np.float64))
    return whole.astype(np.float32), hidden_loss.astype(np.float32)


def draw_chunks(totals: TotalDraws) -> "Iterator[pyarrow.Table]":
    """Rows of ``population.total_draw``, some areas at a time, sorted by municipality, year, draw."""
    import pyarrow

    draws, _, horizon = totals.persons.shape
    for start in range(0, len(totals.areas), AREAS_PER_CHUNK):
        part = slice(start, start + AREAS_PER_CHUNK)
        codes, count = totals.areas[part], len(totals.areas[part])
        index = np.repeat(np.arange(count, dtype=np.int32), horizon * draws)
        yield pyarrow.table(
            {
                "draw": np.tile(np.arange(draws, dtype=np.int32), count * horizon),
                "municipality_code": pyarrow.DictionaryArray.from_arrays(index, pyarrow.array(codes)),
                "year": np.tile(np.repeat(totals.years.astype(np.int16), draws), count),
                "persons": totals.persons[:, part].transpose(1, 2, 0).ravel(),
                "hidden_loss": totals.hidden_loss[:, part].transpose(1, 2, 0).ravel(),
                "status": pyarrow.DictionaryArray.from_arrays(
                    np.zeros(len(index), np.int32), pyarrow.array(["forecast"])
                ),
            }
        )


def _log_draws(model: TotalsModel, draws: int, seed: int, units: Ints) -> tuple[Draws, Draws]:
    """Log deviations of drift from its median (draws, units, H), and the log steps in the years in which they enter."""
    history, spread, horizon = model.history, model.drift_spread, len(model.years)
    censuses = _CensusDraws(model, draws, seed)
    died = np.cumsum(draw_excess(model.epidemics, horizon, draws, seed), axis=0).T.astype(np.float32)
    deviation, steps = np.zeros((2, draws, len(units), horizon), dtype=np.float32)
    unequal = spread.volatility(stream(seed, "totals/unequal"), draws).astype(np.float32)
    country = _path(stream(seed, "totals/country"), draws, horizon, spread.country)
    slope = unequal * _path(stream(seed, "totals/size"), draws, horizon, spread.slope)
    shared: dict[str, tuple[Draws, Draws]] = {}
    for at, unit in enumerate(units):
        parent, own = history.parents[unit], stream(seed, f"totals/area/{history.areas[unit]}")
        if parent not in shared:
            generator = stream(seed, f"totals/parent/{parent}")
            shared[parent] = _path(generator, draws, horizon, spread.area), censuses.deviations(generator)
        drift = spread.own_part(shared[parent][0], _path(own, draws, horizon, spread.area), own)
        deviation[:, at] = country + spread.score[unit] * slope + spread.scale[unit] * unequal * drift
        deviation[:, at] -= np.float32(model.components.deaths[unit]) * died
        censuses.add(steps[:, at], int(unit), shared[parent][1], own)
    return deviation, steps


class _CensusDraws:
    """Steps of the censuses of the horizon in one run of draws: what is shared by all areas, and when they enter."""

    def __init__(self, model: TotalsModel, draws: int, seed: int) -> None:
        steps, spread = model.steps, model.step_spread
        self.shape = draws, len(steps.censuses)
        self.mean, self.spread = steps.mean, spread
        self.country = normals(stream(seed, "totals/census"), self.shape) * steps.country_sd
        score_sd = 0.0 if spread is None else float(spread.slope.sd(1.0))
        self.size = normals(stream(seed, "totals/census/size"), self.shape) * score_sd
        late = stream(seed, "totals/census/year").random(self.shape) >= [one.sooner for one in steps.censuses]
        enters = np.array([one.enters for one in steps.censuses], dtype=int)
        # One that can enter in a year before the first is in the first, since it is not in the counts.
        self.at = np.maximum(enters - ~late - model.years[0], 0)

    def deviations(self, generator: np.random.Generator) -> Draws:
        """Parts of a parent or an area in units of the spread: nothing in common between two censuses."""
        sd = 0.0 if self.spread is None else float(self.spread.area.sd(1.0))
        return normals(generator, self.shape) * np.float32(sd)

    def add(self, steps: Draws, unit: int, parent: Draws, own: np.random.Generator) -> None:
        """Put the steps of an area into its (draws, H)."""
        if self.spread is None or not self.shape[1]:
            return
        of_area = self.spread.own_part(parent, self.deviations(own), own)
        drawn = self.country + self.spread.score[unit] * self.size + self.spread.scale[unit] * of_area
        within = self.at < steps.shape[1]
        draw, census = np.nonzero(within)
        steps[draw, self.at[within]] += (self.mean[unit] + drawn)[draw, census]


def _path(generator: np.random.Generator, draws: int, horizon: int, growth: Growth) -> Draws:
    """A random slope, a random walk and, where growth itself walks, its sum: the variance of `Growth`."""
    normal = normals(generator, (draws, horizon + 1))
    path = np.cumsum(normal[:, 1:], axis=1) * np.float32(np.sqrt(growth.noise))
    path += normal[:, :1] * np.arange(1, horizon + 1, dtype=np.float32) * np.float32(growth.slope)
    if growth.turn:
        turns = normals(generator, (draws, horizon)) * np.float32(np.sqrt(growth.turn))
        path += np.cumsum(np.cumsum(turns, axis=1), axis=1)
    return path


def _yearly_errors(history: TotalsHistory) -> Floats:
    """Stand-in for trial forecasts of a history that is too short for any: how differently areas and years changed."""
    rates = migration_rates(history)
    rates = rates[:, np.isfinite(rates).any(axis=0)]
    return (rates - np.nanmedian(rates)).T[:, :, None]
