"""Assets of ``demand``: rates of target groups, need, rates of use, demand and use; large ones are streamed."""

import pandas as pd

from pipelines.assets import MAIN, Step, table_asset
from pipelines.checks import link_checks
from pipelines.defs.population import AGES_READ, GROUPS_READ, TOTALS_READ

MODEL_READ = (
    "capacity.by_residence",
    "reference.service",
    "reference.municipality",
    "reference.oblast",
    "demand.group_rate",
    "population.exposure_draw",
    "population.exposure_observed",
    "collection.user_profile",
)
"""What the model of demand is read from."""
RATES_READ = (
    *(f"sources.{table}" for table in ("national_count", "at_risk_of_poverty", "unemployment_rate", "employment_rate")),
    *("sources.census_labour", "sources.census_age", "reference.municipality"),
    *("population.exposure_observed", "population.exposure_draw"),
)
"""What rates of target groups are read from."""
SIMULATED = ("demand_forecast", "use_forecast", "above_places")
SCENARIOS = ("assumptions/demand_scenarios/*.yaml", "assumptions/scenarios/*.yaml")
OTHER_PEOPLE = tuple(sorted({*AGES_READ, *TOTALS_READ.values(), *GROUPS_READ} - {*MODEL_READ}))
"""Read where a scenario of demand rests on another population, whose draws are made again."""
BY_AGE = "population.forecast"
"""Read where a scenario moves shares by age."""


@table_asset("demand", "group_rate", deps=RATES_READ, settings=("base_year",))
def group_rate(step: Step) -> pd.DataFrame:
    """Shares of the target groups for which a publisher gives a figure."""
    from ossu_analysis.demand.chain import rates_of_groups

    return rates_of_groups(step.store, step.settings.base_year)


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
)
def local_group_rate(
    step: Step,
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
    exposure = Exposure.of_store(step.store, ordered_areas(municipality), spread)
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


@table_asset("demand", "use_rate", deps=MODEL_READ)
def use_rate(step: Step) -> pd.DataFrame:
    """Rates of use by municipality and service, pooled towards the oblast."""
    from ossu_analysis.demand.service import use_rate_table

    model = step.models.demand(step.store)
    return use_rate_table(model.fits, model.services)


@table_asset("demand", "need_forecast", deps=MODEL_READ, settings=MAIN)
def need_forecast(step: Step) -> None:
    """People who belong to each target group with a real rate."""
    from ossu_analysis.demand.chain import write_need

    write_need(step.store, step.models.demand(step.store), step.settings, step.run_id)


@table_asset("demand", *SIMULATED, name="simulation", deps=MODEL_READ, settings=MAIN)
def simulation(step: Step) -> None:
    """One pass over the services that writes those of the three tables that were asked for."""
    from ossu_analysis.demand.chain import simulate_into

    simulate_into(step.store, step.models.demand(step.store), step.settings, step.run_id, step.tables)


@table_asset("demand", "waiting_time", deps=MODEL_READ, settings=MAIN)
def waiting_time(step: Step) -> pd.DataFrame:
    """How long people wait, and the places that shorten it."""
    from ossu_analysis.demand.chain import waiting_table

    return waiting_table(step.models.demand(step.store), step.settings)


@table_asset(
    "demand",
    "driver",
    deps=MODEL_READ,
    if_made=(*OTHER_PEOPLE, BY_AGE),
    files=SCENARIOS,
    settings=(*MAIN, "demand_scenario"),
)
def driver(step: Step) -> pd.DataFrame:
    """Why demand moves from the base year to the horizon."""
    from ossu_analysis.demand.outlook import driver_table

    model = step.models.demand(step.store)
    return driver_table(step.store, model, step.settings, step.settings.demand_scenario)


@table_asset(
    "demand",
    "scenario_forecast",
    deps=(*MODEL_READ, *OTHER_PEOPLE),
    if_made=(BY_AGE,),
    files=SCENARIOS,
    settings=MAIN,
)
def scenario_forecast(step: Step) -> None:
    """Demand under every scenario whose numbers are known, side by side."""
    from ossu_analysis.demand.outlook import scenario_chunks

    chunks = scenario_chunks(step.store, step.models.demand(step.store), step.settings, step.run_id)
    step.store.write_chunks("demand", "scenario_forecast", chunks)


demand_checks = link_checks(
    "demand",
    must={
        "demand_forecast": ("services_have_a_real_group", "persons_are_counts", "municipalities_add_up"),
        "use_forecast": ("use_is_within_demand", "use_is_within_places"),
    },
    asks={
        "use_rate": ("rates_are_near_the_oblast", "series_are_unbroken", "figures_are_not_newer_than_the_base"),
        "driver": ("rises_follow_their_group",),
        "scenario_forecast": ("every_scenario_has_its_figures",),
    },
)
