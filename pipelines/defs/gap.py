"""Assets of ``gap``: demand against places, per municipality and per oblast, in one pass over the draws."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from ossu_analysis.schemas.proposal import PLAN_TABLES
from pipelines.assets import speaking_errors, table_asset, table_spec
from pipelines.checks import link_checks
from pipelines.defs.demand import READS
from pipelines.resources import Settings, Workspace

TABLES = ("service_gap", "oblast_gap")
LIMITS = (
    "capacity.current",
    "reference.assumption",
    "reference.rule",
    "reference.map_number",
    "reference.travel_time",
)

MADE_FROM_GAP = (("gap", "change"), *(("proposal", table) for table in PLAN_TABLES))


@dg.multi_asset(
    name="gap__comparison",
    specs=[table_spec("gap", table, ("demand.use_rate", "demand.need_forecast", *LIMITS, *READS)) for table in TABLES],
    can_subset=True,
)
@speaking_errors
def comparison(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings
) -> Iterator[dg.MaterializeResult]:
    """The gap of every draw, municipality by municipality and summed."""
    from ossu_analysis.gap.chain import compare
    from pipelines.pages import table_page

    store = workspace.store
    made = compare(store, workspace.demand_model(), settings.run_settings())
    # What was split or chosen from the former gap does not belong to this one.
    for link, table in MADE_FROM_GAP:
        store.remove(link, table)
    for table in TABLES:
        if dg.AssetKey(["gap", table]) in context.selected_asset_keys:
            store.write("gap", table, made[table])
            yield dg.MaterializeResult(asset_key=["gap", table], metadata=table_page(store, "gap", table))


@table_asset(
    "gap",
    "change",
    reads={"drivers": "demand.driver", "service_gap": "gap.service_gap", "service": "reference.service"},
)
def change(
    workspace: Workspace, drivers: pd.DataFrame, service_gap: pd.DataFrame, service: pd.DataFrame
) -> pd.DataFrame:
    """Why each gap moves from the base year to the horizon."""
    from ossu_analysis.gap.chain import occupancy_target
    from ossu_analysis.gap.change import gap_changes

    return gap_changes(drivers, service_gap, service, occupancy_target(workspace.store))


gap_checks = link_checks(
    "gap",
    must={"service_gap": ("every_municipality_for_every_service", "gap_is_demand_minus_places")},
    asks={"service_gap": ("free_places_beside_a_gap",)},
)
