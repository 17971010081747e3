"""Assets of ``capacity``: places, use, waiting lists and staff."""

import dagster as dg
import pandas as pd

from pipelines.assets import table_asset
from pipelines.checks import rule
from pipelines.resources import Workspace


@table_asset("capacity", "current", reads={"returns": "collection.return"})
def current(returns: pd.DataFrame) -> pd.DataFrame:
    """What is there, from what was reported."""
    from ossu_analysis.capacity import current_capacity

    return current_capacity(returns)


@dg.asset_check(
    asset=["capacity", "current"],
    name="published_totals_hold",
    blocking=True,
    description="Сборовете на демонстрационните отчети са равни на публикуваните стойности за страната.",
)
def published_totals_hold(workspace: Workspace) -> dg.AssetCheckResult:
    """Every published cell of the country equals the sum of the returns, unless a real return replaced some."""
    from ossu_analysis.collection.published import published_beside_returns

    store = workspace.store
    tables = (("collection", "return"), ("sources", "service_total"), ("reference", "municipality"))
    beside = published_beside_returns(*(store.read(*name) for name in tables))
    return rule(beside[beside["difference"] != 0], "pipelines.published_totals_differ")


@dg.asset_check(
    asset=["capacity", "current"],
    name="nobody_left_out",
    description="Услуги с места, но без нито един потребител към края на периода (ЗСУ, чл. 58).",
)
def nobody_left_out(workspace: Workspace) -> dg.AssetCheckResult:
    """Warn of services without users."""
    bad = workspace.store.read("capacity", "current", "is_empty and places > 0")
    return rule(bad[["municipality_code", "service_code", "period_end", "places"]], "pipelines.empty_services", False)
