"""Assets of ``gap``: demand against places, per municipality and per oblast, in one pass over the draws."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets import speaking_errors, table_spec
from pipelines.checks import link_checks
from pipelines.defs.demand import READS
from pipelines.resources import Settings, Workspace

TABLES = ("service_gap", "oblast_gap")


@dg.multi_asset(
    name="gap__comparison",
    specs=[
        table_spec(
            "gap", table, ("demand.use_rate", "demand.need_forecast", "reference.assumption", "reference.rule", *READS)
        )
        for table in TABLES
    ],
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
    made = compare(store, settings.run_settings())
    for table in TABLES:
        if dg.AssetKey(["gap", table]) in context.selected_asset_keys:
            store.write("gap", table, made[table])
            yield dg.MaterializeResult(asset_key=["gap", table], metadata=table_page(store, "gap", table))


gap_checks = link_checks(
    "gap",
    must={"service_gap": ("every_municipality_for_every_service", "gap_is_demand_minus_places")},
    asks={"service_gap": ("free_places_beside_a_gap",)},
)
