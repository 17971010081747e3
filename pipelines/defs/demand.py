"""Assets of ``demand``: rates of target groups, need, rates of use, demand and use; large ones are streamed."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from pipelines.assets import speaking_errors, table_asset, table_spec
from pipelines.checks import link_checks
from pipelines.resources import Settings, Workspace, short_run_id

READS = (
    "capacity.by_residence",
    "reference.service",
    "reference.municipality",
    "reference.oblast",
    "demand.group_rate",
    "population.exposure_draw",
    "population.exposure_observed",
    "population.municipality_age",
    "population.forecast",
    "collection.user_profile",
    "reference.target_group",
    "reference.retirement_age",
)
SIMULATED = ("demand_forecast", "use_forecast", "above_places")
OUTLOOK = ("driver", "scenario_forecast")
"""Made on demand by the job ``scenarios``, not by the full refresh."""


@table_asset(
    "demand",
    "group_rate",
    reads={
        "national_count": "sources.national_count",
        "at_risk_of_poverty": "sources.at_risk_of_poverty",
        "unemployment_rate": "sources.unemployment_rate",
        "employment_rate": "sources.employment_rate",
    },
)
def group_rate(
    settings: Settings,
    national_count: pd.DataFrame,
    at_risk_of_poverty: pd.DataFrame,
    unemployment_rate: pd.DataFrame,
    employment_rate: pd.DataFrame,
) -> pd.DataFrame:
    """Shares of the target groups for which a publisher gives a figure."""
    from ossu_analysis.demand.group_rate import group_rates

    return group_rates(
        national_count,
        at_risk_of_poverty,
        unemployment_rate,
        employment_rate,
        settings.base_year,
    )


@table_asset(
    "demand",
    "local_group_rate",
    reads={
        "counts": "reference.group_count",
        "rates": "demand.group_rate",
        "municipality": "reference.municipality",
        "service": "reference.service",
    },
    deps=("population.exposure_observed", "population.exposure_draw"),
    more="От data/reference/group_counts.csv",
)
def local_group_rate(
    workspace: Workspace,
    counts: pd.DataFrame,
    rates: pd.DataFrame,
    municipality: pd.DataFrame,
    service: pd.DataFrame,
) -> pd.DataFrame:
    """Target groups as municipalities counted them."""
    from ossu_analysis.demand.exposure import Exposure
    from ossu_analysis.demand.group_rate import by_municipality
    from ossu_analysis.demand.local_rate import local_group_rates
    from ossu_analysis.demand.service import ordered_areas

    spread = by_municipality(rates, municipality)
    exposure = Exposure.of_store(workspace.store, ordered_areas(municipality), spread)
    return local_group_rates(counts, exposure, municipality, service)


@table_asset(
    "demand",
    "group_status",
    reads={
        "rates": "demand.group_rate",
        "target_group": "reference.target_group",
        "local": "demand.local_group_rate",
    },
)
def group_status(rates: pd.DataFrame, target_group: pd.DataFrame, local: pd.DataFrame) -> pd.DataFrame:
    """Which target groups have a figure, and what would supply the others."""
    from ossu_analysis.demand.group_rate import group_status as status_of_groups

    return status_of_groups(rates, target_group, local)


@table_asset("demand", "use_rate", deps=READS)
def use_rate(workspace: Workspace) -> pd.DataFrame:
    """Rates of use by municipality and service, pooled towards the oblast."""
    from ossu_analysis.demand.service import use_rate_table

    model = workspace.demand_model()
    return use_rate_table(model.fits, model.services)


@dg.multi_asset(name="demand__need_forecast", specs=[table_spec("demand", "need_forecast", READS)])
@speaking_errors
def need_forecast(context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings) -> dg.MaterializeResult:
    """People who belong to each target group with a real rate."""
    from ossu_analysis.demand.chain import write_need
    from pipelines.pages import table_page

    write_need(workspace.store, workspace.demand_model(), settings.run_settings(), short_run_id(context.run_id))
    return dg.MaterializeResult(metadata=table_page(workspace.store, "demand", "need_forecast"))


@dg.multi_asset(
    name="demand__simulation",
    specs=[table_spec("demand", table, ("demand.use_rate", *READS)) for table in SIMULATED],
    can_subset=True,
)
@speaking_errors
def simulation(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings
) -> Iterator[dg.MaterializeResult]:
    """One pass over the services that writes those of the three tables that were asked for."""
    from ossu_analysis.demand.chain import simulate_into
    from pipelines.pages import table_page

    store = workspace.store
    wanted = [table for table in SIMULATED if dg.AssetKey(["demand", table]) in context.selected_asset_keys]
    simulate_into(store, workspace.demand_model(), settings.run_settings(), short_run_id(context.run_id), wanted)
    # What was split or compared from the former forecast does not belong to this one.
    for table in OUTLOOK:
        store.remove("demand", table)
    for table in wanted:
        yield dg.MaterializeResult(asset_key=["demand", table], metadata=table_page(store, "demand", table))


@table_asset("demand", "driver", deps=("demand.demand_forecast", *READS))
def driver(workspace: Workspace, settings: Settings) -> pd.DataFrame:
    """Why demand moves from the base year to the horizon, under the demand scenario of the settings."""
    from ossu_analysis.demand.outlook import driver_table

    model = workspace.demand_model()
    return driver_table(workspace.store, model, settings.run_settings(), settings.demand_scenario_name())


@dg.multi_asset(
    name="demand__scenario_forecast",
    specs=[table_spec("demand", "scenario_forecast", ("demand.demand_forecast", *READS))],
)
@speaking_errors
def scenario_forecast(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings
) -> dg.MaterializeResult:
    """Demand under every scenario whose numbers are known, side by side."""
    from ossu_analysis.demand.outlook import scenario_chunks
    from pipelines.pages import table_page

    store = workspace.store
    chunks = scenario_chunks(store, workspace.demand_model(), settings.run_settings(), short_run_id(context.run_id))
    store.write_chunks("demand", "scenario_forecast", chunks)
    return dg.MaterializeResult(metadata=table_page(store, "demand", "scenario_forecast"))


demand_checks = link_checks(
    "demand",
    must={
        "demand_forecast": ("services_have_a_real_group", "persons_are_counts", "municipalities_add_up"),
        "use_forecast": ("use_is_within_demand", "use_is_within_places"),
    },
    asks={
        "use_rate": ("rates_are_near_the_oblast", "series_are_unbroken"),
        "scenario_forecast": ("every_scenario_has_its_figures",),
    },
)
