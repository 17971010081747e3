"""Assets of ``gap``: demand against places, per municipality and per oblast, in one pass over the draws."""

import pandas as pd

from pipelines.assets import MAIN, Step, table_asset
from pipelines.checks import link_checks
from pipelines.defs.demand import MODEL_READ

TABLES = ("service_gap", "oblast_gap")
LIMITS = (
    "capacity.current",
    "reference.assumption",
    "reference.rule",
    "reference.map_number",
    "reference.travel_time",
)
STANDARDS = ("assumptions/standards/*.yaml",)


@table_asset(
    "gap",
    *TABLES,
    name="comparison",
    deps=("demand.need_forecast", *LIMITS, *MODEL_READ),
    files=STANDARDS,
    settings=MAIN,
)
def comparison(step: Step) -> dict[str, pd.DataFrame]:
    """The gap of every draw, municipality by municipality and summed."""
    from ossu_analysis.gap.chain import compare

    return compare(step.store, step.models.demand(step.store), step.settings)


@table_asset(
    "gap",
    "change",
    reads={"drivers": "demand.driver", "service_gap": "gap.service_gap", "service": "reference.service"},
    deps=("reference.assumption",),
)
def change(step: Step, drivers: pd.DataFrame, service_gap: pd.DataFrame, service: pd.DataFrame) -> pd.DataFrame:
    """Why each gap moves from the base year to the horizon."""
    from ossu_analysis.gap.chain import occupancy_target
    from ossu_analysis.gap.change import gap_changes

    return gap_changes(drivers, service_gap, service, occupancy_target(step.store))


gap_checks = link_checks(
    "gap",
    must={"service_gap": ("every_municipality_for_every_service", "gap_is_demand_minus_places")},
    asks={"service_gap": ("free_places_beside_a_gap",)},
)
