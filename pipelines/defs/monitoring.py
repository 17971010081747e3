"""Assets of ``monitoring``: an earlier forecast made again, and what came otherwise."""

import pandas as pd

from pipelines.assets import MAIN, Step, table_asset
from pipelines.checks import link_checks
from pipelines.defs.demand import MODEL_READ, RATES_READ
from pipelines.defs.population import AGES_READ, GROUPS_READ, SCENARIOS, TOTALS_READ

PAST = ("past_forecast", "past_component")


@table_asset(
    "monitoring",
    *PAST,
    name="past_run",
    deps=tuple(sorted({*TOTALS_READ.values(), *AGES_READ, *GROUPS_READ})),
    files=(SCENARIOS,),
    settings=("past_base_year", "base_year", "draws", "seed"),
)
def past_run(step: Step) -> None:
    """The same forecast as if it were ``past_base_year``, from what was known then."""
    from ossu_analysis.monitoring.chain import forecast_again

    forecast_again(step.store, step.settings.past(), step.run_id, step.tables)


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
def deviation(step: Step, population: pd.DataFrame, births: pd.DataFrame, deaths: pd.DataFrame) -> pd.DataFrame:
    """Actual against the earlier forecast, with one column per cause."""
    from ossu_analysis.monitoring import population_deviation

    store = step.store
    forecast = store.read("monitoring", "past_forecast", "sex = 'T' and age_from = 0 and age_to is null")
    return population_deviation(forecast, store.read("monitoring", "past_component"), population, births, deaths)


@table_asset(
    "monitoring",
    "indicator",
    deps=tuple(sorted({*TOTALS_READ.values(), *AGES_READ, *GROUPS_READ, *MODEL_READ, *RATES_READ})),
    files=(SCENARIOS,),
    settings=(*MAIN, "past_base_year"),
)
def indicator(step: Step) -> pd.DataFrame:
    """Target groups and services of the plan of ``past_base_year`` against what came, with causes and new targets."""
    from ossu_analysis.monitoring.plan_again import indicator_table

    return indicator_table(step.store, step.models.demand(step.store), step.settings, step.run_id)


@table_asset(
    "monitoring",
    "map_update",
    reads={
        "observed": "population.exposure_observed",
        "indicators": "monitoring.indicator",
        "census": "reference.census",
        "rules": "reference.rule",
    },
)
def map_update(
    observed: pd.DataFrame, indicators: pd.DataFrame, census: pd.DataFrame, rules: pd.DataFrame
) -> pd.DataFrame:
    """Which municipalities have a ground to update the map."""
    from ossu_analysis.monitoring.map_update import map_update_table

    return map_update_table(observed, indicators, census, rules)


monitoring_checks = link_checks(
    "monitoring", must={"deviation": ("actual_is_published",)}, asks={"deviation": ("range_was_honest",)}
)
