"""Jobs (what the buttons do), the yearly schedule and the sensor for returns that arrive."""

import dagster as dg

from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.store import project_root

OUTLOOK = dg.AssetSelection.assets(["demand", "driver"], ["demand", "scenario_forecast"], ["gap", "change"])
ALLOCATION = dg.AssetSelection.assets(*(["proposal", table] for table in PLAN_TABLES))
FULL_REFRESH = dg.define_asset_job(
    "full_refresh",
    selection=dg.AssetSelection.all() - OUTLOOK - ALLOCATION,
    description="Пълно обновяване: от таблиците на издателите до документите и новия ход в data/runs.",
)
DOCUMENTS = dg.define_asset_job(
    "documents",
    selection=dg.AssetSelection.groups("report"),
    description="Само документите и публикуването, от вече изчислените таблици (изберете области в настройките).",
)
FORECAST = dg.define_asset_job(
    "forecast",
    selection=dg.AssetSelection.groups("reference", "sources", "population"),
    description="Само прогнозата за населението; сценарият се избира в настройките.",
)
MONITORING_REPORT = dg.define_asset_job(
    "monitoring_report",
    selection=dg.AssetSelection.groups("reference", "sources", "monitoring", "evaluation")
    | dg.AssetSelection.assets(["report", "headline"], ["report", "published_run"]),
    description="Мониторинг: по-ранна прогноза срещу публикуваното, точност спрямо прости методи и нов ход с двете.",
)
SCENARIOS = dg.define_asset_job(
    "scenarios",
    selection=OUTLOOK | dg.AssetSelection.groups("report"),
    description="Сценарии за търсенето един до друг и защо се променя то; после документите и нов ход с двете таблици.",
)
OPTIONS = dg.define_asset_job(
    "options",
    selection=ALLOCATION | dg.AssetSelection.groups("report"),
    description="Варианти под бюджет и щат за избрани области, от какво се отказва всеки; после документите и нов ход.",
)
CHECK_FIGURES = dg.define_asset_job(
    "check_figures",
    selection=dg.AssetSelection.groups("reference") | dg.AssetSelection.assets(["collection", "error"]),
    description="Само проверка: номенклатурите, всички числа в data/raw и отчетите в data/inbox; нищо не се изчислява.",
)
JOBS = [CHECK_FIGURES, FULL_REFRESH, DOCUMENTS, FORECAST, MONITORING_REPORT, SCENARIOS, OPTIONS]

YEARLY = dg.ScheduleDefinition(
    name="yearly_refresh",
    job=FULL_REFRESH,
    cron_schedule="0 6 15 5 *",
    execution_timezone="Europe/Sofia",
    description="Всяка година на 15 май, след като НСИ публикува населението към 31 декември. Отначало е изключен.",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
SCHEDULES = [YEARLY]


@dg.sensor(
    name="returns_arrived",
    job=FULL_REFRESH,
    minimum_interval_seconds=60,
    description="Нов или променен отчет в data/inbox пуска пълно обновяване. По подразбиране е изключен.",
    default_status=dg.DefaultSensorStatus.STOPPED,
)
def returns_arrived(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Start a refresh when the set of return files, their sizes or times change."""
    files = sorted(
        file for file in (project_root() / "data" / "inbox").glob("*") if file.suffix.lower() in {".csv", ".xlsx"}
    )
    seen = ";".join(f"{file.name}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in files)
    if not files or seen == context.cursor:
        return dg.SkipReason("Няма нови отчети в data/inbox.")
    context.update_cursor(seen)
    return dg.RunRequest(run_key=seen)


SENSORS = [returns_arrived]
