"""Assets of ``reference``: code lists, sources, assumptions and rules, and the check of every raw figure."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from ossu_analysis.texts import text
from pipelines.assets import Step, as_failure, table_asset
from pipelines.checks import fault_table, link_checks, rule
from pipelines.resources import Settings, Workspace

FILES = ("reference/*", "assumptions/*.yaml", "rules/*.yaml", "raw/*/*/*")
"""What people edit and what publishers say of their figures; a table whose content stays moves nothing after it."""
YEARS = ("vintages_are_recent", "newer_figures_are_named")


def _reference_asset(table: str) -> dg.AssetsDefinition:
    @table_asset("reference", table, files=FILES)
    def read(step: Step) -> pd.DataFrame:
        from ossu_analysis.reference import READERS

        return READERS[step.tables[0]](step.store)

    return read


def _tables() -> list[str]:
    from ossu_analysis.reference import READERS

    return list(READERS)


reference_assets = [_reference_asset(table) for table in _tables()]


@dg.asset_check(
    asset=["reference", "source"],
    name="source__figures_are_sound",
    blocking=True,
    description=text("pipelines.check.figures_are_sound"),
)
def figures_are_sound(workspace: Workspace) -> dg.AssetCheckResult:
    """Stop the run before anything is made from faulty figures, with one line per fault."""
    from ossu_analysis.sources import check_sources

    return fault_table(check_sources(workspace.store))


@dg.multi_asset_check(
    name="reference__source_years",
    specs=[
        dg.AssetCheckSpec(f"source__{name}", asset=["reference", "source"], description=text(f"pipelines.check.{name}"))
        for name in YEARS
    ],
)
def source_years(workspace: Workspace, settings: Settings) -> Iterator[dg.AssetCheckResult]:
    """How old the publishers' figures are by their own dates, and which are newer than this run takes for known."""
    from ossu_analysis.sources.vintages import late_vintages, newer_than

    store = workspace.store
    with as_failure():
        chosen = settings.run_settings(store)
        found = (late_vintages(store, chosen.as_of), newer_than(store, chosen.base_year))
    for name, bad in zip(YEARS, found, strict=True):
        key = dg.AssetCheckKey(dg.AssetKey(["reference", "source"]), f"source__{name}")
        yield rule(key, bad, f"pipelines.check.{name}.said", blocking=False)


reference_checks = link_checks(
    "reference",
    must={"service": ("codes_are_known",), "rule": ("rules_are_sound",)},
    asks={"rule": ("criteria_are_loaded",)},
)
