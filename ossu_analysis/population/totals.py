"""Joint draws of the totals of all areas of the lowest level: the entry point of the forecast of totals.

``log P = median path + country + size + parent + area + census steps``, each draw. The median path is the combination
of `combination` (recorded drift between censuses); the shocks have the spreads measured by `spread` on windows before
the origin, grow over the horizon, and are shared as their names say; steps come in census years only (`census`). Draws
are summed to upper levels, never quantiles. Every area and parent has its own stream of random numbers, keyed by its
code, so that some areas alone get the same draws as all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.draws import normals, stream
from ossu_analysis.population.census import ExpectedSteps, expected_steps
from ossu_analysis.population.combination import METHODS, Combination, combine
from ossu_analysis.population.component_method import expected_migration, jump_off, migration_rates
from ossu_analysis.population.history import Floats, Ints, TotalsHistory
from ossu_analysis.population.spread import Growth, Spread, measure_spread

if TYPE_CHECKING:
    import pyarrow

Draws = NDArray[np.float32]


@dataclass(frozen=True)
class TotalsModel:
    """Everything that was learnt from a history; draws are made from it, for all areas or some.

    Attributes
    ----------
    history : TotalsHistory
    years : int array (H,)
    combination : Combination
    migration : float array (A,)
        Recorded net migration rate expected after the origin.
    steps : ExpectedSteps
    drift_spread, step_spread : Spread
    """

    history: TotalsHistory
    years: Ints
    combination: Combination
    migration: Floats
    steps: ExpectedSteps
    drift_spread: Spread
    step_spread: Spread | None

    def median(self, migration_factor: float = 1.0, extra_growth: Floats | float = 0.0) -> Floats:
        """Logarithm of the median path (A, H) under a scenario, steps included."""
        ahead = np.arange(1, len(self.years) + 1)
        path = self.combination.paths["combined"] + (migration_factor - 1) * self.migration[:, None] * ahead
        path = path + np.cumsum(np.broadcast_to(extra_growth, path.shape), axis=1)
        for year, step in zip(self.steps.years, self.steps.mean.T, strict=True):
            path[:, self.years >= year] += migration_factor * step[:, None]
        return path


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
    method : DataFrame
        Rows of ``population.total_method``: median path by method.
    """

    areas: tuple[str, ...]
    years: Ints
    persons: Draws
    hidden_loss: Draws
    method: pd.DataFrame = field(repr=False)


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
    return TotalDraws(history.members, model.years, persons, hidden_loss, method_table(model))


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
    combination = combine(history, len(ahead))
    migration = expected_migration(migration_rates(history), history, combination.memory.centre)
    steps = expected_steps(history, ahead, migration)
    size, parents = jump_off(history), history.parent_index
    tried = np.isfinite(combination.errors).sum() > 2
    errors = combination.errors if tried else _yearly_errors(history)
    stepped = np.isfinite(steps.residuals).sum() > 2
    step_spread = measure_spread(steps.residuals, size, parents, shared_by_country=False) if stepped else None
    drift_spread = measure_spread(errors, size, parents, combination.years_known if tried else None)
    return TotalsModel(history, ahead, combination, migration, steps, drift_spread, step_spread)


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
    median = model.median(migration_factor, extra_growth)[units].astype(np.float32)
    # In double precision, then rounded: exponentials of single precision differ between processors.
    whole = np.exp(log_persons + median, dtype=np.float64)[:, place] * history.member_share[members][:, None]
    # Of a count after a step s, the step brought count * (1 - exp(-s)).
    hidden_loss = whole * -np.expm1(-migration_factor * log_step[:, place].astype(np.float64))
    return whole.astype(np.float32), hidden_loss.astype(np.float32)


def method_table(model: TotalsModel) -> pd.DataFrame:
    """Rows of ``population.total_method``: median persons by year and method; ``combined`` has the census steps."""
    shares = model.history.member_share[:, None]
    paths = {name: model.combination.paths[name] for name in METHODS} | {"combined": model.median()}
    tables = []
    for path in paths.values():
        persons = np.exp(path)[model.history.member_unit] * shares
        wide = pd.DataFrame(persons, index=list(model.history.members), columns=model.years)
        tables.append(
            wide.rename_axis("municipality_code").melt(ignore_index=False, var_name="year", value_name="persons")
        )
    named = pd.concat(tables, keys=paths, names=["method"]).reset_index()
    named["weight"] = named["method"].map(model.combination.weights).astype(float)
    return named.assign(status="forecast")[["municipality_code", "year", "method", "weight", "persons", "status"]]


def draw_chunks(totals: TotalDraws, areas_per_chunk: int = 64) -> "Iterator[pyarrow.Table]":
    """Rows of ``population.total_draw``, some areas at a time, sorted by municipality, year, draw."""
    import pyarrow

    draws, _, horizon = totals.persons.shape
    for start in range(0, len(totals.areas), areas_per_chunk):
        part = slice(start, start + areas_per_chunk)
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
    """Log deviations from the median (draws, units, H), steps included, and the log steps in census years alone."""
    history, spread, horizon = model.history, model.drift_spread, len(model.years)
    at_step = np.flatnonzero(np.isin(model.years, model.steps.years))
    steps = np.zeros((draws, len(units), horizon), dtype=np.float32)
    deviation = np.empty((draws, len(units), horizon), dtype=np.float32)
    country = _path(stream(seed, "totals/country"), draws, horizon, spread.country)
    slope = _path(stream(seed, "totals/size"), draws, horizon, spread.slope)
    country_step = normals(stream(seed, "totals/census"), (draws, len(at_step))) * model.steps.country_sd
    step_slope = _independent(stream(seed, "totals/census/size"), draws, len(at_step), model.step_spread, "slope")
    shared: dict[str, tuple[Draws, Floats]] = {}
    for at, unit in enumerate(units):
        parent, own = history.parents[unit], stream(seed, f"totals/area/{history.areas[unit]}")
        if parent not in shared:
            generator = stream(seed, f"totals/parent/{parent}")
            shared[parent] = (
                _path(generator, draws, horizon, spread.area),
                _independent(generator, draws, len(at_step), model.step_spread, "area"),
            )
        drift = spread.own_part(shared[parent][0], _path(own, draws, horizon, spread.area), own)
        deviation[:, at] = country + spread.score[unit] * slope + spread.scale[unit] * drift
        if model.step_spread is not None and len(at_step):
            of_census = model.step_spread
            step = of_census.own_part(shared[parent][1], _independent(own, draws, len(at_step), of_census, "area"), own)
            steps[:, at, at_step] = country_step + of_census.score[unit] * step_slope + of_census.scale[unit] * step
    deviation += np.cumsum(steps, axis=2)
    steps[:, :, at_step] += model.steps.mean[units].astype(np.float32)
    return deviation, steps


def _independent(generator: np.random.Generator, draws: int, count: int, spread: Spread | None, part: str) -> Floats:
    """Steps of some censuses: normal, and nothing in common between two of them."""
    sd = 0.0 if spread is None else getattr(spread, part).sd(1)
    return normals(generator, (draws, count)) * sd


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
