"""Leakage: the whole engine, fed what was known at the base year, gives what it gives when fed everything."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ossu_analysis.config import RunSettings
from ossu_analysis.population.age_structure import estimate_age_structure, municipality_age_table
from ossu_analysis.population.bulgaria import bulgarian_population
from ossu_analysis.population.exposure import ExposureGroups, exposure_groups, exposure_observed
from ossu_analysis.population.history import history_of
from ossu_analysis.population.inputs import age_inputs
from ossu_analysis.population.simulation import SimulationSettings
from ossu_analysis.population.tables_read import AGES_AND_TOTALS, SOURCE_TABLES
from ossu_analysis.population.totals import forecast_totals
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.schemas.sources import LAYOUTS
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store
from tests.unit.population.alone import simulate_alone

Tables = dict[str, pd.DataFrame]
ROOT = Path(__file__).parents[3]
DRAWS, AHEAD = 10, 2


def with_noise_after(tables: Tables, base_year: int) -> Tables:
    """The tables with noise in place of every figure that was not known then, and a year more of it."""
    generator = np.random.default_rng(base_year)
    taken_in = tables["population_municipality"].query("year <= @base_year")["basis"].max()
    changed = dict(tables)
    for name in (name for name, link in AGES_AND_TOTALS.items() if link == "sources"):
        table, figure = tables[name], LAYOUTS[name].figure
        if "year" in table:
            newest = table[table["year"] == table["year"].max()]
            later_still = max(table["year"].max(), base_year) + 1
            table = pd.concat([table, newest.assign(year=later_still)], ignore_index=True)
        later = table["year"] > base_year if "year" in table else pd.Series(False, index=table.index)
        if "published" in table:
            edition = table["published"].str[:4].astype(int)
            later |= (table["period_to"] > base_year) | ((edition > base_year + 1) & (edition > edition.min()))
        for census in ("basis", "census_year"):
            if census in table:
                later |= (table[census] > taken_in).fillna(False).astype(bool)
        noise = generator.integers(1, 1000, len(table))
        changed[name] = table.assign(**{figure: table[figure].where(~later, noise)})
    return changed


def everything(
    tables: Tables, settings: RunSettings, groups: ExposureGroups, oblasts: list[str]
) -> dict[str, pa.Table]:
    """All chunks of the simulation, and the exposure observed, from totals, ages and rates fitted to ``tables``."""
    structure = estimate_age_structure(age_inputs(tables, settings.base_year))
    history = history_of(tables, settings.base_year)
    totals = forecast_totals(history, settings.years, DRAWS, settings.seed)
    chosen = SimulationSettings(settings.seed, run_id="r")
    found = {
        f"{at} {name}": table
        for at, chunk in enumerate(simulate_alone(oblasts, bulgarian_population(structure, totals), chosen, groups))
        for name, table in chunk.items()
    }
    observed = exposure_observed(
        municipality_age_table(structure), groups.of_years(range(2011, settings.base_year + 1))
    )
    return found | {"observed": pa.Table.from_pandas(observed)}


@pytest.fixture(scope="module")
def all_years() -> ExposureGroups:
    store = Store(ROOT)
    tables = REFERENCE["target_group"](store), REFERENCE["retirement_age"](store)
    return exposure_groups(*tables, SOURCES["longstanding_illness"](store), range(2011, 2027))


@pytest.mark.parametrize("base_year", [2015, 2018, 2021, 2024])
def test_figures_after_the_base_year_change_nothing(
    official_tables: Tables, all_years: ExposureGroups, base_year: int
) -> None:
    settings = RunSettings(base_year=base_year, until_year=base_year + AHEAD, seed=3)
    blind = with_noise_after(official_tables, base_year)
    assert sum(not blind[name].equals(official_tables[name]) for name in SOURCE_TABLES) >= 7
    full, noisy = (everything(tables, settings, all_years, ["SML", "VID"]) for tables in (official_tables, blind))
    assert full.keys() == noisy.keys()
    assert [name for name, table in full.items() if not table.equals(noisy[name])] == []


def test_a_figure_of_the_base_year_changes_something(official_tables: Tables, all_years: ExposureGroups) -> None:
    settings = RunSettings(base_year=2015, until_year=2016, seed=3)
    deaths = official_tables["deaths_municipality"]
    fewer = deaths["deaths"].where(deaths["year"] != 2015, (deaths["deaths"] * 0.5).round())
    changed = official_tables | {"deaths_municipality": deaths.assign(deaths=fewer)}
    before, after = (everything(tables, settings, all_years, ["SML"]) for tables in (official_tables, changed))
    assert any(not table.equals(after[name]) for name, table in before.items() if name.endswith("forecast"))
