"""From working tables to population tables: what the assets, the notebooks and the command call.

Belongs here: which table feeds which step. Arithmetic is in the modules named.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ossu_analysis.config import RunSettings
from ossu_analysis.population.age_structure import AgeStructure, estimate_age_structure
from ossu_analysis.population.constraint import COMPARED, adjustment_table, constrained_to_official, reaches
from ossu_analysis.population.exposure import ExposureGroups, exposure_groups, exposure_observed
from ossu_analysis.population.history import TotalsHistory, prepare_history
from ossu_analysis.population.inputs import FIRST_YEAR, AgeInputs, age_inputs
from ossu_analysis.population.jump_off import prepare_jump_off
from ossu_analysis.population.names import REFERENCE_TABLES, SOURCE_TABLES
from ossu_analysis.population.scenario import (
    Scenario,
    extra_growth,
    fertility_factors,
    read_scenario,
    with_migration,
)
from ossu_analysis.population.simulate import SimulationSettings, simulate
from ossu_analysis.population.totals import TotalDraws, TotalsModel, fit_totals, forecast_totals
from ossu_analysis.sources.known import newest_edition
from ossu_analysis.store import Store, connect, write_side_by_side


def read_age_inputs(store: Store, base_year: int) -> AgeInputs:
    """Arrays of the age model from the working tables, cut at the base year."""
    tables = {name: store.read("sources", name) for name in SOURCE_TABLES}
    tables |= {name: store.read("reference", name) for name in REFERENCE_TABLES}
    return age_inputs(tables, base_year)


def age_structure(store: Store, base_year: int) -> AgeStructure:
    """Ages of municipalities and pooled ratios of oblasts.

    Several tables of one run rest on it: the last one is kept as long as the tables it was read from are the same.
    """
    tables = [("sources", name) for name in SOURCE_TABLES] + [("reference", name) for name in REFERENCE_TABLES]
    return _age_structure(store.root, base_year, store.stamp(*tables))


@lru_cache(maxsize=1)
def _age_structure(root: Path, base_year: int, stamp: object) -> AgeStructure:
    return estimate_age_structure(read_age_inputs(Store(root), base_year))


def groups_of_years(store: Store, years: Collection[int]) -> ExposureGroups:
    """Weights of the target groups that ages define, for the years given."""
    target_group, retirement_age = (store.read("reference", name) for name in ("target_group", "retirement_age"))
    return exposure_groups(target_group, retirement_age, list(years))


def observed_exposure(store: Store, base_year: int) -> pd.DataFrame:
    """Rows of ``population.exposure_observed``."""
    groups = groups_of_years(store, range(FIRST_YEAR, base_year + 1))
    return exposure_observed(age_structure(store, base_year), groups)


def fitted_totals(tables: Mapping[str, pd.DataFrame], settings: RunSettings) -> TotalsModel:
    """Model of the municipal totals from ``sources.*_municipality`` and ``reference.area_change``."""
    return fit_totals(history_of(tables, settings.base_year), settings.years)


def scenario_of(store: Store, settings: RunSettings) -> Scenario:
    """The scenario that the settings name."""
    return read_scenario(store.assumptions / "scenarios", settings.scenario)


def drawn_totals(
    tables: Mapping[str, pd.DataFrame], settings: RunSettings, scenario: Scenario | None = None
) -> TotalDraws:
    """Joint draws of the municipal totals, under the reference scenario when none is given."""
    history = history_of(tables, settings.base_year)
    totals = _unconstrained(history, settings, scenario)
    if scenario is None or not scenario.constraint:
        return totals
    projection = newest_edition(tables["official_projection"], settings.base_year)
    return constrained_to_official(totals, projection, scenario.constraint, history)[0]


def adjustment(tables: Mapping[str, pd.DataFrame], settings: RunSettings, scenario: Scenario) -> pd.DataFrame:
    """Rows of ``population.adjustment``: how far the official projection is from our mean, applied or not."""
    history = history_of(tables, settings.base_year)
    projection = newest_edition(tables["official_projection"], settings.base_year)
    variant = scenario.constraint or COMPARED
    if not scenario.constraint and not reaches(projection, variant, settings.until_year):
        return adjustment_table([], scenario.id, variant, False, "")
    totals = _unconstrained(history, settings, scenario)
    _, moved = constrained_to_official(totals, projection, variant, history)
    source = ", ".join(sorted(set(projection["source_id"])))
    return adjustment_table(moved, scenario.id, variant, bool(scenario.constraint), source)


def _unconstrained(history: TotalsHistory, settings: RunSettings, scenario: Scenario | None) -> TotalDraws:
    changed = (scenario.migration_factor, extra_growth(scenario, history)) if scenario else ()
    return forecast_totals(history, settings.years, settings.draws, settings.seed, *changed)


def history_of(tables: Mapping[str, pd.DataFrame], base_year: int) -> TotalsHistory:
    """History of the municipal totals at constant geography, up to the base year."""
    names = ("population_municipality", "births_municipality", "deaths_municipality", "area_change")
    population, births, deaths, area_change = (tables[name] for name in names)
    return prepare_history(population, births, deaths, area_change, base_year)


def read_total_draws(store: Store) -> TotalDraws:
    """``population.total_draw`` as arrays again."""
    path = store.made("population", "total_draw")
    order = "order by municipality_code, year, draw"
    with connect() as db:
        axes = [
            db.sql(f"select distinct {name} from read_parquet('{path}') order by 1").df()[name].to_numpy()
            for name in ("municipality_code", "year", "draw")
        ]
        values = db.sql(f"select persons, hidden_loss from read_parquet('{path}') {order}").fetchnumpy()
    shape = tuple(len(axis) for axis in axes)
    persons, loss = (
        np.asarray(values[name], np.float32).reshape(shape).transpose(2, 0, 1) for name in ("persons", "hidden_loss")
    )
    return TotalDraws(tuple(map(str, axes[0])), axes[1].astype(int), persons, loss, pd.DataFrame())


def simulate_into(
    store: Store, settings: RunSettings, run_id: str, tables: Collection[str], link: str = "population"
) -> None:
    """Write ``forecast``, ``component`` and ``exposure_draw``, those that are asked for, in one pass.

    Raises
    ------
    OssuError
        When a table that the simulation reads has not been made; the former tables stay.
    """
    scenario = scenario_of(store, settings)
    jump_off = with_migration(prepare_jump_off(age_structure(store, settings.base_year)), scenario.migration_factor)
    totals = read_total_draws(store)
    factors = fertility_factors(scenario, jump_off.fertility.level, settings.years, settings.base_year)
    chosen = SimulationSettings(settings.seed, scenario.id, run_id, settings.jobs, tuple(factors))
    chunks = simulate(jump_off, totals, groups_of_years(store, settings.years), chosen, tables)
    write_side_by_side(store, link, chunks)
    # The simulation is the last to need it in a run.
    _age_structure.cache_clear()


def write_exposure(store: Store, settings: RunSettings, path: str) -> None:
    """Write draws of exposed persons under the scenario of the settings to a file of their own, totals drawn anew."""
    import pyarrow.parquet as parquet

    names = ("population_municipality", "births_municipality", "deaths_municipality", "official_projection")
    tables = {name: store.read("sources", name) for name in names}
    tables["area_change"] = store.read("reference", "area_change")
    scenario = scenario_of(store, settings)
    jump_off = with_migration(prepare_jump_off(age_structure(store, settings.base_year)), scenario.migration_factor)
    factors = fertility_factors(scenario, jump_off.fertility.level, settings.years, settings.base_year)
    chosen = SimulationSettings(settings.seed, scenario.id, "", settings.jobs, tuple(factors))
    totals, writer = drawn_totals(tables, settings, scenario), None
    for chunk in simulate(jump_off, totals, groups_of_years(store, settings.years), chosen, ["exposure_draw"]):
        if "exposure_draw" in chunk:
            writer = writer or parquet.ParquetWriter(path, chunk["exposure_draw"].schema)
            writer.write_table(chunk["exposure_draw"])
    if writer is not None:
        writer.close()
