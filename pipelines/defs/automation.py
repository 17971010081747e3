"""Jobs (what the buttons do), the yearly schedule, and what starts by itself once it is switched on."""

import datetime
import hashlib
from typing import Any

import dagster as dg

from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.store import Store, project_root
from ossu_analysis.texts import text

OUTLOOK = dg.AssetSelection.assets(["demand", "driver"], ["demand", "scenario_forecast"], ["gap", "change"])
ALLOCATION = dg.AssetSelection.assets(*(["proposal", table] for table in PLAN_TABLES))
REPORT = dg.AssetSelection.groups("report")
OBLASTS = dg.DynamicPartitionsDefinition(name="oblast")
"""Oblasts by name; `name_oblasts` fills them from the code list, since loading the definitions reads no data."""
SELECTIONS = {
    "check_figures": dg.AssetSelection.groups("reference") | dg.AssetSelection.assets(["collection", "error"]),
    "full_refresh": dg.AssetSelection.all() - ALLOCATION,
    "documents": REPORT,
    "forecast": dg.AssetSelection.groups("reference", "sources", "population"),
    "monitoring_report": dg.AssetSelection.groups("reference", "sources", "monitoring", "evaluation")
    | dg.AssetSelection.assets(["monitoring", "map_update"]).upstream()
    | dg.AssetSelection.assets(["report", "headline"], ["report", "published_run"]),
    "scenarios": OUTLOOK | REPORT,
    "options": ALLOCATION | REPORT,
}


def _job(name: str, selection: dg.AssetSelection, config: dg.PartitionedConfig | None = None) -> Any:
    return dg.define_asset_job(name, selection, config=config, description=text(f"pipelines.job.{name}"))


def _documents_of(oblast: str) -> dict[str, object]:
    return {"ops": {"report__document": {"config": {"oblasts": [oblast]}}}}


BY_OBLAST = dg.PartitionedConfig(OBLASTS, run_config_for_partition_key_fn=_documents_of)
JOBS = [_job(name, selection) for name, selection in SELECTIONS.items()]
JOBS += [_job("documents_by_oblast", REPORT, BY_OBLAST)]


def name_oblasts(instance: dg.DagsterInstance, store: Store) -> None:
    """Offer the oblasts of the code list, by name, where a job asks for one."""
    from ossu_analysis.reference import read_reference_table

    names = read_reference_table(store, "oblast")["name_bg"].tolist()
    new = [name for name in names if not instance.has_dynamic_partition(OBLASTS.name or "", name)]
    instance.add_dynamic_partitions(OBLASTS.name or "", new)


SCHEDULES = [
    dg.ScheduleDefinition(
        name="yearly_refresh",
        job_name="full_refresh",
        cron_schedule="0 6 15 5 *",
        execution_timezone="Europe/Sofia",
        description=text("pipelines.schedule.yearly_refresh"),
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
]


@dg.sensor(
    name="returns_changed",
    job_name="full_refresh",
    minimum_interval_seconds=60,
    description=text("pipelines.sensor.returns_changed"),
    default_status=dg.DefaultSensorStatus.STOPPED,
)
def returns_changed(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Start a refresh whenever the contents of the inbox differ: a return that came, changed, left or came back.

    The cursor counts the changes and holds the contents seen last, so that a key never occurs twice, and a folder seen
    for the first time starts nothing unless there is something in it.
    """
    seen, (count, _, former) = _inbox_contents(), (context.cursor or f"0:{EMPTY}").partition(":")
    if seen == former:
        return dg.SkipReason(text("pipelines.sensor.nothing_new"))
    cursor = f"{int(count) + 1}:{seen}"
    context.update_cursor(cursor)
    return dg.RunRequest(run_key=cursor)


EMPTY = "empty"


def _inbox_contents() -> str:
    """A checksum of names and contents; hidden files of an office program that has one open do not count."""
    inbox = project_root() / "data" / "inbox"
    files = sorted(file for file in inbox.glob("*") if file.is_file() and not file.name.startswith((".", "~")))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    return digest.hexdigest() if files else EMPTY


@dg.sensor(
    name="deadline_near",
    minimum_interval_seconds=86_400,
    description=text("pipelines.sensor.deadline_near"),
    default_status=dg.DefaultSensorStatus.STOPPED,
)
def deadline_near(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Warn of what is due soon; it starts nothing, the reason stands in the list of its ticks."""
    from ossu_analysis.monitoring import calendar

    store, today = Store(project_root()), datetime.date.today()
    last = today + datetime.timedelta(days=calendar.REMIND_DAYS)
    rows = calendar.entries(calendar.read_obligations(store), calendar.cliffs_of(store, COUNTRY), today, last)
    for row in calendar.records(rows):
        context.log.warning(text("calendar.soon", **row))
    return dg.SkipReason(calendar.as_text(rows))


SENSORS = [
    returns_changed,
    deadline_near,
    dg.AutomationConditionSensorDefinition(
        "tables_follow_their_inputs",
        target=dg.AssetSelection.all(),
        description=text("pipelines.sensor.tables_follow_their_inputs"),
        default_status=dg.DefaultSensorStatus.STOPPED,
    ),
]
