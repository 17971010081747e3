"""Assets of ``population``: ages and totals of municipalities, then one simulation that three tables can share.

The simulation streams oblast by oblast; selecting one of its three tables runs it for that table alone.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from ossu_analysis.population.tables_read import REFERENCE_TABLES, SOURCE_TABLES, TOTALS_TABLES
from pipelines.assets import speaking_errors, table_asset, table_spec
from pipelines.checks import link_checks
from pipelines.resources import Settings, Workspace, short_run_id

SIMULATED = ("forecast", "component", "exposure_draw")
AGES_READ = tuple(f"sources.{name}" for name in SOURCE_TABLES) + tuple(f"reference.{name}" for name in REFERENCE_TABLES)
TOTALS_READ = {table: f"{link}.{table}" for table, link in TOTALS_TABLES.items()}


@table_asset("population", "municipality_age", deps=AGES_READ)
def municipality_age(workspace: Workspace, settings: Settings) -> pd.DataFrame:
    """Ages fitted to what is published of each municipality, oblast and planning region."""
    from ossu_analysis.population.age_structure import municipality_age_table
    from ossu_analysis.population.bulgaria import age_structure

    return municipality_age_table(age_structure(workspace.store, settings.base_year))


@table_asset(
    "population", "age_score", deps=AGES_READ, more="Грешката е тази, която да се очаква за възрастите на общините"
)
def age_score(workspace: Workspace, settings: Settings) -> pd.DataFrame:
    """The same fit, one level up, where the ages are known."""
    from ossu_analysis.population.age_structure import score_hidden_ages
    from ossu_analysis.population.bulgaria import read_age_inputs

    return score_hidden_ages(read_age_inputs(workspace.store, settings.base_year))


@table_asset(
    "population",
    "exposure_observed",
    reads={"municipality_age": "population.municipality_age"},
    deps=("reference.target_group", "reference.retirement_age"),
)
def exposure_observed(workspace: Workspace, municipality_age: pd.DataFrame) -> pd.DataFrame:
    """Persons in each target group in the years up to the base year."""
    from ossu_analysis.population.bulgaria import groups_of_years
    from ossu_analysis.population.exposure import exposure_observed

    return exposure_observed(municipality_age, groups_of_years(workspace.store, municipality_age["year"].unique()))


@table_asset("population", "total_method", reads=TOTALS_READ)
def total_method(settings: Settings, **tables: pd.DataFrame) -> pd.DataFrame:
    """The middle path by method, for the report card and the trace."""
    from ossu_analysis.population.bulgaria import fitted_totals
    from ossu_analysis.population.totals import method_table

    return method_table(fitted_totals(tables, settings.run_settings()))


@table_asset("population", "adjustment", reads=TOTALS_READ)
def adjustment(workspace: Workspace, settings: Settings, **tables: pd.DataFrame) -> pd.DataFrame:
    """How far an official projection is from the forecast, whether the scenario follows it or not."""
    from ossu_analysis.population.bulgaria import adjustment, scenario_of

    wanted = settings.run_settings()
    return adjustment(tables, wanted, scenario_of(workspace.store, wanted))


@dg.multi_asset(
    name="population__total_draw",
    specs=[table_spec("population", "total_draw", tuple(TOTALS_READ.values()))],
)
@speaking_errors
def total_draw(workspace: Workspace, settings: Settings) -> dg.MaterializeResult:
    """Joint draws of the totals, written area by area."""
    from ossu_analysis.population.bulgaria import drawn_totals, read_totals_tables, scenario_of
    from ossu_analysis.population.totals import draw_chunks
    from pipelines.pages import table_page

    store, wanted = workspace.store, settings.run_settings()
    totals = drawn_totals(read_totals_tables(store), wanted, scenario_of(store, wanted))
    store.write_chunks("population", "total_draw", draw_chunks(totals))
    return dg.MaterializeResult(metadata=table_page(store, "population", "total_draw"))


@dg.multi_asset(
    name="population__simulation",
    specs=[
        table_spec(
            "population",
            table,
            ("population.total_draw", "reference.target_group", "reference.retirement_age", *AGES_READ),
        )
        for table in SIMULATED
    ],
    can_subset=True,
)
@speaking_errors
def simulation(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings
) -> Iterator[dg.MaterializeResult]:
    """One pass over the oblasts that writes those of the three tables that were asked for."""
    from ossu_analysis.population.bulgaria import simulate_into
    from pipelines.pages import table_page

    store, wanted = (
        workspace.store,
        [table for table in SIMULATED if dg.AssetKey(["population", table]) in context.selected_asset_keys],
    )
    simulate_into(store, settings.run_settings(), short_run_id(context.run_id), wanted)
    for table in wanted:
        yield dg.MaterializeResult(asset_key=["population", table], metadata=table_page(store, "population", table))


population_checks = link_checks(
    "population",
    must={
        "forecast": ("base_year_is_published", "areas_add_up", "sexes_add_up"),
        "component": ("people_are_conserved",),
    },
    asks={"forecast": ("changes_are_like_observed",)},
)
