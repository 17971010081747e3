"""Assets of ``population``: ages and totals of municipalities, then one simulation that three tables can share.

The simulation streams oblast by oblast; selecting one of its three tables runs it for that table alone.
"""

import pandas as pd

from ossu_analysis.population.tables_read import REFERENCE_TABLES, SOURCE_TABLES, TOTALS_TABLES
from pipelines.assets import MAIN, Step, table_asset
from pipelines.checks import link_checks

SIMULATED = ("forecast", "component", "exposure_draw")
AGES_READ = tuple(f"sources.{name}" for name in SOURCE_TABLES) + tuple(f"reference.{name}" for name in REFERENCE_TABLES)
TOTALS_READ = {table: f"{link}.{table}" for table, link in TOTALS_TABLES.items()}
GROUPS_READ = ("reference.target_group", "reference.retirement_age", "sources.longstanding_illness")
SCENARIOS = "assumptions/scenarios/*.yaml"


@table_asset("population", "municipality_age", deps=AGES_READ, settings=("base_year",))
def municipality_age(step: Step) -> pd.DataFrame:
    """Ages fitted to what is published of each municipality, oblast and planning region."""
    from ossu_analysis.population.age_structure import municipality_age_table
    from ossu_analysis.population.bulgaria import age_structure

    return municipality_age_table(age_structure(step.store, step.settings.base_year))


@table_asset(
    "population",
    "age_score",
    reads={"municipality_age": "population.municipality_age"},
    deps=AGES_READ,
    settings=("base_year",),
)
def age_score(step: Step, municipality_age: pd.DataFrame) -> pd.DataFrame:
    """The same fit where the ages are known: one level up, and at the next census."""
    from ossu_analysis.population.bulgaria import age_scores

    return age_scores(step.store, step.settings.base_year, municipality_age)


@table_asset(
    "population", "exposure_observed", reads={"municipality_age": "population.municipality_age"}, deps=GROUPS_READ
)
def exposure_observed(step: Step, municipality_age: pd.DataFrame) -> pd.DataFrame:
    """Persons in each target group in the years up to the base year."""
    from ossu_analysis.population.bulgaria import groups_of_years
    from ossu_analysis.population.exposure import exposure_observed

    years = municipality_age["year"].unique()
    return exposure_observed(municipality_age, groups_of_years(step.store, years, years.max()))


@table_asset("population", "adjustment", reads=TOTALS_READ, files=(SCENARIOS,), settings=MAIN)
def adjustment(step: Step, **tables: pd.DataFrame) -> pd.DataFrame:
    """How far an official projection is from the forecast, whether the scenario follows it or not."""
    from ossu_analysis.population.bulgaria import adjustment, scenario_of

    return adjustment(tables, step.settings, scenario_of(step.store, step.settings))


@table_asset("population", "total_draw", reads=TOTALS_READ, files=(SCENARIOS,), settings=MAIN)
def total_draw(step: Step, **tables: pd.DataFrame) -> None:
    """Joint draws of the totals, written area by area."""
    from ossu_analysis.population.bulgaria import drawn_totals, scenario_of
    from ossu_analysis.population.totals import draw_chunks

    totals = drawn_totals(tables, step.settings, scenario_of(step.store, step.settings))
    step.store.write_chunks("population", "total_draw", draw_chunks(totals))


@table_asset(
    "population",
    *SIMULATED,
    name="simulation",
    deps=("population.total_draw", *GROUPS_READ, *AGES_READ),
    files=(SCENARIOS,),
    settings=MAIN,
)
def simulation(step: Step) -> None:
    """One pass over the oblasts that writes those of the three tables that were asked for."""
    from ossu_analysis.population.bulgaria import simulate_into

    simulate_into(step.store, step.settings, step.run_id, step.tables)


population_checks = link_checks(
    "population",
    must={
        "forecast": ("base_year_is_published", "areas_add_up", "sexes_add_up"),
        "component": ("people_are_conserved",),
    },
    asks={"forecast": ("changes_are_like_observed",)},
)
