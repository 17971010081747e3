"""Assets of ``evaluation``: forecasts from past years against what happened, beside simple methods."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets import speaking_errors, table_spec
from pipelines.checks import link_checks
from pipelines.defs.population import AGES_READ
from pipelines.resources import Settings, Workspace

TABLES = ("score", "report_card")


@dg.multi_asset(
    name="evaluation__backtest",
    specs=[table_spec("evaluation", table, AGES_READ) for table in TABLES],
    can_subset=True,
)
@speaking_errors
def backtest(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings
) -> Iterator[dg.MaterializeResult]:
    """Rolling origins up to the base year, and ages from one earlier year."""
    from ossu_analysis.evaluation import quick_backtest
    from pipelines.pages import table_page

    store = workspace.store
    for table, rows in zip(TABLES, quick_backtest(store, settings.base_year), strict=True):
        if dg.AssetKey(["evaluation", table]) in context.selected_asset_keys:
            store.write("evaluation", table, rows)
            yield dg.MaterializeResult(asset_key=["evaluation", table], metadata=table_page(store, "evaluation", table))


evaluation_checks = link_checks(
    "evaluation", must={"score": ("methods_are_judged_alike",)}, asks={"score": ("better_than_simple_methods",)}
)
