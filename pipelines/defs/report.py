"""Assets of ``report``: headline numbers, documents of the chosen oblasts, and the finished run."""

import shutil
from pathlib import Path

import dagster as dg
import pandas as pd
from pydantic import Field

from pipelines.assets import OWNERS, asset_key, speaking_errors, table_asset
from pipelines.checks import link_checks
from pipelines.history import check_results, seconds_by_link
from pipelines.resources import Settings, Workspace, short_run_id

READ_BY_DOCUMENTS = (
    "population.forecast",
    "population.component",
    "population.age_score",
    "population.total_method",
    "demand.group_status",
    "demand.need_forecast",
    "demand.demand_forecast",
    "demand.use_forecast",
    "demand.above_places",
    "demand.driver",
    "demand.scenario_forecast",
    "capacity.current",
    "collection.error",
    "gap.service_gap",
    "gap.oblast_gap",
    "gap.change",
    "proposal.line",
    "proposal.option",
    "monitoring.deviation",
    "evaluation.score",
    "evaluation.report_card",
    "reference.source",
    "reference.rule",
)


class DocumentChoice(dg.Config):
    """За кои области да се изготвят документи."""

    oblasts: list[str] = Field(default=["SML"], description="Кодове на области, напр. SML, RSE")
    all_oblasts: bool = Field(default=False, description="Документи за всички 28 области")
    jobs: int = Field(default=2, ge=-1, description="Процеси, които пишат документи едновременно; -1 значи всички ядра")


@table_asset("report", "headline", deps=("population.forecast", "gap.service_gap"))
def headline(workspace: Workspace, settings: Settings) -> pd.DataFrame:
    """The few numbers by which two runs are compared."""
    from ossu_analysis.report.run.headlines import headlines

    return headlines(workspace.store, settings.base_year, settings.until_year, settings.run_settings().scenario)


@table_asset("report", "document", deps=READ_BY_DOCUMENTS)
def document(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings, config: DocumentChoice
) -> pd.DataFrame:
    """A proposal per municipality and a summary per oblast, as DOCX, XLSX and HTML."""
    from ossu_analysis.report.documents.writing import all_oblasts, write_documents
    from ossu_analysis.report.imprint import imprint_of

    store = workspace.store
    imprint = imprint_of(store, settings.run_settings(), short_run_id(context.run_id))
    chosen = all_oblasts(store) if config.all_oblasts else config.oblasts
    return write_documents(store, chosen, imprint, fresh_folder(workspace), context.log.info, config.jobs)


@dg.asset(
    key=["report", "published_run"],
    group_name="report",
    owners=OWNERS,
    kinds={"duckdb", "html"},
    deps=[asset_key("report.document"), asset_key("report.headline")],
    description="Готовият ход в data/runs: ossu.duckdb с описани колони, документи, index.html, manifest.json.",
)
@speaking_errors
def published_run(context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings) -> dg.MaterializeResult:
    """Publish what stands in the working tables; a finished run is never written again."""
    from ossu_analysis.report.run.publish import publish_run
    from pipelines.pages import run_links

    store = workspace.store
    store.write_catalogue()
    folder = publish_run(
        store,
        short_run_id(context.run_id),
        settings.run_settings(),
        documents_folder(workspace),
        check_results(context.instance, context.run_id),
        seconds_by_link(context.instance, context.run_id),
    )
    return dg.MaterializeResult(metadata=run_links(folder, store.read("report", "document")))


report_checks = link_checks(
    "report",
    must={"document": ("documents_open",)},
    asks={"document": ("nothing_left_to_fill_in",), "headline": ("near_the_last_run",)},
)


def documents_folder(workspace: Workspace) -> Path:
    """Where documents wait to be published."""
    return workspace.store.tables / "report" / "documents"


def fresh_folder(workspace: Workspace) -> Path:
    """The same folder, empty: documents of an earlier choice of oblasts do not travel with this one."""
    folder = documents_folder(workspace)
    shutil.rmtree(folder, ignore_errors=True)
    return folder
