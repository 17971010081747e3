"""Assets of ``gap``: demand against places, per municipality and per oblast, in one pass over the draws."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets import speaking_errors, table_spec
from pipelines.checks import rule
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


@dg.asset_check(
    asset=["gap", "service_gap"],
    name="every_municipality_for_every_service",
    blocking=True,
    description="Всяка община има ред за всяка услуга с отчет.",
)
def every_municipality_for_every_service(workspace: Workspace) -> dg.AssetCheckResult:
    """Nobody is missing from the comparison."""
    bad = workspace.store.sql(
        """select service_code, year, count(distinct municipality_code) as общини from gap.service_gap
        group by all having общини <> (select count(*) from reference.municipality)""",
        ("gap", "service_gap"),
        ("reference", "municipality"),
    )
    return rule(bad, "pipelines.municipalities_missing")


@dg.asset_check(
    asset=["gap", "service_gap"],
    name="gap_is_demand_minus_places",
    blocking=True,
    description="Недостигът е търсенето, разделено на целевата заетост, без местата.",
)
def gap_is_demand_minus_places(workspace: Workspace) -> dg.AssetCheckResult:
    """Every gap can be recomputed from the columns beside it."""
    from ossu_analysis.gap.chain import unexplained

    return rule(unexplained(workspace.store), "pipelines.gap_unexplained")
