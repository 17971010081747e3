"""Bulgaria as one hierarchy: its tables, its levels and the figures of its base year.

Belongs here: which table feeds which step, and what the assets, the notebooks and the command call. Arithmetic is in
the modules named. What several tables of one run rest on is estimated by the caller and passed, never kept here.
"""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from ossu_analysis.config import RunSettings
from ossu_analysis.population.age_structure import (
    AgeStructure,
    estimate_age_structure,
    score_at_census,
    score_hidden_ages,
)
from ossu_analysis.population.cells import AGES, SEXES, Axis, Floats, table_array
from ossu_analysis.population.constraint import COMPARED, adjustment_table, constrained_to_official, reaches
from ossu_analysis.population.exposure import ExposureGroups, exposure_groups
from ossu_analysis.population.forecast import GROUPS, BaseYear, in_groups, is_published, with_both
from ossu_analysis.population.history import TotalsHistory, history_of
from ossu_analysis.population.inputs import AgeInputs, age_inputs
from ossu_analysis.population.registered_events import prepare_jump_off, registered_events
from ossu_analysis.population.scenario import (
    Scenario,
    extra_growth,
    fertility_factors,
    read_scenario,
    with_migration,
)
from ossu_analysis.population.simulation import Chunk, Population, SimulationSettings, already_drawn, simulate
from ossu_analysis.population.tables_read import REFERENCE_TABLES, SOURCE_TABLES, TOTALS_TABLES
from ossu_analysis.population.totals import TotalDraws, TotalsModel, fit_totals, forecast_totals
from ossu_analysis.sources.known import newest_edition
from ossu_analysis.store import Store, connect, quoted, write_side_by_side

LEVELS = ("country", "region", "oblast", "municipality")


def read_age_inputs(store: Store, base_year: int) -> AgeInputs:
    """Arrays of the age model from the working tables, cut at the base year."""
    tables = {name: store.read("sources", name) for name in SOURCE_TABLES}
    tables |= {name: store.read("reference", name) for name in REFERENCE_TABLES}
    return age_inputs(tables, base_year)


def age_structure(store: Store, base_year: int) -> AgeStructure:
    """Ages of municipalities and pooled ratios of oblasts."""
    return estimate_age_structure(read_age_inputs(store, base_year))


def age_scores(store: Store, base_year: int, municipality_age: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``population.age_score`` for the ages that a run has estimated."""
    inputs = read_age_inputs(store, base_year)
    axes: dict[str, Axis] = {
        "municipality_code": inputs.municipalities,
        "year": inputs.years,
        "sex": SEXES,
        "age": AGES,
    }
    cells = table_array(municipality_age, "persons", **axes)
    return pd.concat([score_hidden_ages(inputs), score_at_census(cells, inputs)], ignore_index=True)


def groups_of_years(store: Store, years: Collection[int], base_year: int) -> ExposureGroups:
    """Weights of the target groups that ages define, for the years given, by what was known at the base year."""
    target_group, retirement_age = (store.read("reference", name) for name in ("target_group", "retirement_age"))
    illness = store.read("sources", "longstanding_illness", f"year <= {base_year}")
    return exposure_groups(target_group, retirement_age, illness, list(years))


def read_totals_tables(store: Store) -> dict[str, pd.DataFrame]:
    """Tables that the totals rest on, by name."""
    return {table: store.read(link, table) for table, link in TOTALS_TABLES.items()}


def fitted_totals(tables: Mapping[str, pd.DataFrame], settings: RunSettings) -> TotalsModel:
    """Model of the municipal totals from ``sources.*_municipality`` and ``reference.area_change``."""
    return fit_totals(history_of(tables, settings.base_year), settings.years)


def scenario_of(store: Store, settings: RunSettings) -> Scenario:
    """The scenario that the settings name."""
    return read_scenario(store.assumptions / "scenarios", settings.scenario)


def drawn_totals(tables: Mapping[str, pd.DataFrame], settings: RunSettings, scenario: Scenario) -> TotalDraws:
    """Joint draws of the municipal totals under a scenario."""
    history = history_of(tables, settings.base_year)
    totals = _unconstrained(history, settings, scenario)
    if not scenario.constraint:
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


def _unconstrained(history: TotalsHistory, settings: RunSettings, scenario: Scenario) -> TotalDraws:
    changed = scenario.migration_factor, extra_growth(scenario, history)
    return forecast_totals(history, settings.years, settings.draws, settings.seed, *changed)


def read_total_draws(store: Store) -> TotalDraws:
    """``population.total_draw`` as arrays again."""
    path = store.made("population", "total_draw")
    order = "order by municipality_code, year, draw"
    with connect() as db:
        axes = [
            db.sql(f"select distinct {name} from read_parquet({quoted(path)}) order by 1").df()[name].to_numpy()
            for name in ("municipality_code", "year", "draw")
        ]
        values = db.sql(f"select persons, hidden_loss from read_parquet({quoted(path)}) {order}").fetchnumpy()
    shape = tuple(len(axis) for axis in axes)
    persons, loss = (
        np.asarray(values[name], np.float32).reshape(shape).transpose(2, 0, 1) for name in ("persons", "hidden_loss")
    )
    return TotalDraws(tuple(map(str, axes[0])), axes[1].astype(int), persons, loss)


def bulgarian_population(structure: AgeStructure, totals: TotalDraws, migration_factor: float = 1.0) -> Population:
    """The country, its planning regions, oblasts and municipalities, ready to be simulated.

    Parameters
    ----------
    structure : AgeStructure
    totals : TotalDraws
        Joint draws of the totals of the municipalities.
    migration_factor : float
        Scenario: the part of the ratios that is migration, this many times.
    """
    jump_off = with_migration(prepare_jump_off(structure), migration_factor)
    tree = structure.areas.tree
    level = {code: LEVELS[tree.depth(code)] for code in tree.codes}
    years = tuple(int(year) for year in totals.years)
    return Population(tree, level, years, len(totals.persons), already_drawn(totals), jump_off, base_year_of(structure))


def base_year_of(structure: AgeStructure) -> BaseYear:
    """The base year: published figures as they are, ages of municipalities as estimated."""
    inputs, tree = structure.inputs, structure.areas.tree
    exact = np.array([is_published(group) for group in GROUPS])
    municipal = in_groups(structure.cells[:, -1])
    municipal[:, :, -1] = with_both(np.rint(inputs.totals[:, -1].sum(axis=1))[..., None])[..., 0]
    oblast = in_groups(inputs.oblast_cells[:, -1])
    oblast = np.where(exact, np.rint(oblast), oblast)
    counts: dict[str, Floats] = dict(zip(inputs.municipalities, municipal, strict=True))
    counts |= dict(zip(inputs.oblasts, oblast, strict=True))
    for code in (*inputs.regions, tree.codes[0]):
        inside = [code in tree.above(oblast_code) for oblast_code in inputs.oblasts]
        counts[code] = oblast[inside].sum(axis=0)
    published = ["observed" if whole else "estimated" for whole in exact]
    estimated = ["estimated"] * (len(GROUPS) - 1) + ["observed"]
    status = dict.fromkeys(LEVELS[:3], published) | {LEVELS[3]: estimated}
    return BaseYear(inputs.base_year, counts, status)


def simulated(
    store: Store, settings: RunSettings, totals: TotalDraws, tables: Collection[str], run_id: str
) -> Iterator[Chunk]:
    """Chunks of ``forecast``, ``component`` and ``exposure_draw``, those asked for, under the settings' scenario."""
    scenario, structure = scenario_of(store, settings), age_structure(store, settings.base_year)
    population = bulgarian_population(structure, totals, scenario.migration_factor)
    level = registered_events(structure).fertility.level
    factors = tuple(fertility_factors(scenario, level, settings.years, settings.base_year))
    chosen = SimulationSettings(settings.seed, scenario.id, run_id, settings.jobs, factors)
    return simulate(population, chosen, groups_of_years(store, settings.years, settings.base_year), tables)


def simulate_into(store: Store, settings: RunSettings, run_id: str, tables: Collection[str]) -> None:
    """Write ``forecast``, ``component`` and ``exposure_draw``, those that are asked for, in one pass.

    Raises
    ------
    OssuError
        When a table that the simulation reads has not been made; the former tables stay.
    """
    chunks = simulated(store, settings, read_total_draws(store), tables, run_id)
    write_side_by_side(store, "population", chunks)


def write_exposure(store: Store, settings: RunSettings, path: str) -> None:
    """Write draws of exposed persons under the scenario of the settings to a file of their own, totals drawn anew."""
    import pyarrow.parquet as parquet

    totals, writer = drawn_totals(read_totals_tables(store), settings, scenario_of(store, settings)), None
    for chunk in simulated(store, settings, totals, ["exposure_draw"], ""):
        writer = writer or parquet.ParquetWriter(path, chunk["exposure_draw"].schema)
        writer.write_table(chunk["exposure_draw"])
    if writer is not None:
        writer.close()
