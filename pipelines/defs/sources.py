"""Assets of ``sources``: one per table of the publishers, figures unchanged, read only when all of them are sound."""

from datetime import timedelta

import dagster as dg
import pandas as pd

from pipelines.assets import table_asset
from pipelines.checks import link_checks
from pipelines.resources import Workspace

YEARLY = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=370), fail_window=timedelta(days=400))
"""Publishers give a new vintage once a year; a table that nobody has read again for longer is late."""


def _source_asset(table: str) -> dg.AssetsDefinition:
    @table_asset("sources", table, deps=("reference.source",), freshness=YEARLY)
    def read(workspace: Workspace) -> pd.DataFrame:
        from ossu_analysis.sources import READERS

        return READERS[table](workspace.store)

    return read


def _tables() -> list[str]:
    from ossu_analysis.sources import READERS

    return list(READERS)


source_assets = [_source_asset(table) for table in _tables()]


sources_checks = link_checks(
    "sources",
    must={"population_municipality": ("municipalities_make_the_country",)},
    asks={
        "population_municipality": ("population_moved_as_before",),
        "births_municipality": ("births_moved_as_before",),
        "deaths_municipality": ("deaths_moved_as_before",),
    },
)
