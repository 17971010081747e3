"""Assets of ``monitoring``: an earlier forecast made again, and what came otherwise."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from pipelines.assets import speaking_errors, table_asset, table_spec
from pipelines.checks import link_checks
from pipelines.defs.population import AGES_READ, TOTALS_READ
from pipelines.resources import Settings, Workspace, short_run_id

PAST = ("past_forecast", "past_component")


@dg.multi_asset(
    name="monitoring__past_run",
    specs=[
        table_spec(
            "monitoring",
            table,
            (*TOTALS_READ.values(), *AGES_READ, "reference.target_group", "reference.retirement_age"),
        )
        for table in PAST
    ],
    can_subset=True,
)
@speaking_errors
def past_run(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings
) -> Iterator[dg.MaterializeResult]:
    """The same forecast as if it were ``past_base_year``, from what was known then."""
    from ossu_analysis.monitoring.chain import forecast_again
    from pipelines.pages import table_page

    store = workspace.store
    wanted = [table for table in PAST if dg.AssetKey(["monitoring", table]) in context.selected_asset_keys]
    forecast_again(store, settings.past_settings(), short_run_id(context.run_id), wanted)
    for table in wanted:
        yield dg.MaterializeResult(asset_key=["monitoring", table], metadata=table_page(store, "monitoring", table))


@table_asset(
    "monitoring",
    "deviation",
    reads={
        "population": "sources.population_municipality",
        "births": "sources.births_municipality",
        "deaths": "sources.deaths_municipality",
    },
    deps=("monitoring.past_forecast", "monitoring.past_component"),
)
def deviation(
    workspace: Workspace, population: pd.DataFrame, births: pd.DataFrame, deaths: pd.DataFrame
) -> pd.DataFrame:
    """Actual against the earlier forecast, with one column per cause."""
    from ossu_analysis.monitoring import population_deviation

    store = workspace.store
    forecast = store.read("monitoring", "past_forecast", "sex = 'T' and age_from = 0 and age_to is null")
    return population_deviation(forecast, store.read("monitoring", "past_component"), population, births, deaths)


monitoring_checks = link_checks(
    "monitoring", must={"deviation": ("actual_is_published",)}, asks={"deviation": ("range_was_honest",)}
)
