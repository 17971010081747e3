"""Assets of ``sources``: one per table of the publishers, figures unchanged, read only when all of them are sound."""

import dagster as dg
import pandas as pd

from pipelines.assets import Step, table_asset
from pipelines.checks import link_checks


def _source_asset(table: str, sources: tuple[str, ...]) -> dg.AssetsDefinition:
    # The check of all figures stands on reference.source: nothing is read before it has passed.
    @table_asset(
        "sources",
        table,
        after=("reference.source",),
        files=(*(f"raw/{source}/*/*" for source in sources), "reference/*.csv", "reference/*.yaml"),
        settings=("as_of",),
    )
    def read(step: Step) -> pd.DataFrame:
        from ossu_analysis.sources import READERS

        return READERS[step.tables[0]](step.store, as_of=step.settings.as_of.isoformat())

    return read


def _tables() -> dict[str, tuple[str, ...]]:
    from ossu_analysis.sources import LAYOUTS

    return {table: layout.sources for table, layout in LAYOUTS.items()}


source_assets = [_source_asset(table, sources) for table, sources in _tables().items()]


sources_checks = link_checks(
    "sources",
    must={"population_municipality": ("municipalities_make_the_country",)},
    asks={
        "population_municipality": ("population_moved_as_before",),
        "births_municipality": ("births_moved_as_before",),
        "deaths_municipality": ("deaths_moved_as_before",),
    },
)
