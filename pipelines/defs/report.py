"""Assets of ``report``: headline numbers, documents of the chosen oblasts, and the finished run."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import Field

from ossu_analysis import lineage
from ossu_analysis.report.facts import tables_read
from ossu_analysis.schemas import all_tables
from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.store import Store
from ossu_analysis.texts import text
from pipelines.assets import MAIN, OWNERS, Step, as_failure, asset_key, table_asset
from pipelines.checks import link_checks
from pipelines.code_version import code_version
from pipelines.execute import UNCHANGED
from pipelines.history import check_results, seconds_by_link
from pipelines.resources import Models, Settings, Workspace, short_run_id

ON_DEMAND = ("demand.driver", "demand.scenario_forecast", "gap.change", *(f"proposal.{name}" for name in PLAN_TABLES))
"""What the jobs ``scenarios`` and ``options`` make; documents do without it where it is missing or old."""
READ_BY_DOCUMENTS = tuple(name for name in tables_read() if name not in ON_DEMAND)


class DocumentChoice(dg.Config):
    """За кои области да се изготвят документи."""

    oblasts: list[str] = Field(default=["SML"], description=text("pipelines.choice.oblasts"))
    all_oblasts: bool = Field(default=False, description=text("pipelines.choice.all_oblasts"))


@table_asset(
    "report",
    "headline",
    deps=("population.forecast", "gap.service_gap"),
    settings=("base_year", "until_year", "scenario"),
)
def headline(step: Step) -> pd.DataFrame:
    """The few numbers by which two runs are compared."""
    from ossu_analysis.report.run.headlines import headlines

    chosen = step.settings
    return headlines(step.store, chosen.base_year, chosen.until_year, chosen.scenario)


@table_asset(
    "report",
    "count",
    reads={"capacity": "capacity.current", "municipality": "reference.municipality"},
    settings=("smallest_count",),
)
def count(capacity: pd.DataFrame, municipality: pd.DataFrame, step: Step) -> pd.DataFrame:
    """Counts of persons at every level, and which of them everything that is published hides."""
    from ossu_analysis.report.disclosure.counts import released_counts

    return released_counts(capacity, municipality, step.settings.smallest_count)


@table_asset(
    "report",
    "document",
    deps=READ_BY_DOCUMENTS,
    if_made=ON_DEMAND,
    files=("assumptions/demand_scenarios/*.yaml", "assumptions/standards/unit_costs.yaml", "reference/*.csv"),
    settings=(*MAIN, "as_of"),
    config=DocumentChoice,
)
def document(step: Step) -> pd.DataFrame:
    """A proposal per municipality and a summary per oblast, as DOCX, XLSX and HTML."""
    from ossu_analysis.reference.names import area_code
    from ossu_analysis.report.documents.writing import all_oblasts, write_documents
    from ossu_analysis.report.imprint import imprint_of

    store = step.store
    imprint = imprint_of(store, step.settings, step.run_id)
    asked = [area_code(store, oblast, ("oblast",)) for oblast in step.config["oblasts"]]
    chosen = all_oblasts(store) if step.config["all_oblasts"] else asked
    kept = documents_that_hold(step, chosen)
    made = write_documents(store, chosen, imprint, documents_folder(store), step.context.log.info, step.settings.jobs)
    return pd.concat([made, kept], ignore_index=True) if len(kept) else made


def documents_that_hold(step: Step, chosen: list[str]) -> pd.DataFrame:
    """Documents of other oblasts from the same tables: they stay beside those made now. The folder holds no others."""
    from ossu_analysis.report.documents.writing import INTERNAL

    folder, name = documents_folder(step.store), ("report", "document")
    if not lineage.has_inputs(step.store, name, step.recipe) or not folder.is_dir():
        for one in (folder, folder.with_name(INTERNAL)):
            shutil.rmtree(one, ignore_errors=True)
        return pd.DataFrame()
    rows = step.store.read(*name)
    return rows[~rows["oblast_code"].isin([*chosen, "BG"])]


@dg.asset(
    key=["report", "published_run"],
    group_name="report",
    owners=OWNERS,
    kinds={"duckdb", "html"},
    deps=[asset_key(f"{link}.{table}") for link, table in sorted(all_tables())],
    description=text("pipelines.published_run"),
)
def published_run(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings, models: Models
) -> dg.MaterializeResult:
    """Publish what stands in the working tables; a finished run is never written again."""
    from ossu_analysis.report.run.publish import publish_run
    from ossu_analysis.report.run.registry import latest_run
    from pipelines.definitions import defs
    from pipelines.pages import run_links

    with as_failure():
        chosen = settings.run_settings(workspace.store)
        store = Store(workspace.store.root, without=lineage.outdated(workspace.store))
        values = chosen.model_dump(mode="json", exclude={"jobs"})
        recipe = lineage.recipe_of(store, code_version(publish_run, "report"), values, store.existing(), ())
        former, note = latest_run(store), store.tables / "report" / "published_run.json"
        if former and not settings.force and _published(note) == {"run": former.name, **_plain(recipe)}:
            return dg.MaterializeResult(metadata=run_links(former, store.read("report", "document")), tags=UNCHANGED)
        store.write_catalogue()
        folder = publish_run(
            store,
            short_run_id(context.run_id),
            chosen,
            documents_folder(store),
            check_results(context.instance, defs().resolve_asset_graph().asset_check_keys),
            seconds_by_link(context.instance, context.run_id),
        )
        note.write_text(json.dumps({"run": folder.name, **_plain(recipe)}, ensure_ascii=False), encoding="utf-8")
    return dg.MaterializeResult(metadata=run_links(folder, store.read("report", "document")))


def _plain(recipe: lineage.Recipe) -> Any:
    return json.loads(json.dumps(asdict(recipe)))


def _published(note: Path) -> object:
    try:
        return json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


report_checks = link_checks(
    "report",
    must={"document": ("documents_open",)},
    asks={"document": ("nothing_left_to_fill_in",), "headline": ("near_the_last_run",)},
)


def documents_folder(store: Store) -> Path:
    """Where documents wait to be published."""
    return store.tables / "report" / "documents"
