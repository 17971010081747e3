"""Running a job from the command line: the same jobs as the buttons, in the same instance, with progress.

`prepare_home` makes the local Dagster instance, `run_job` runs one of its jobs in this process and reports each step.
Nothing here computes a figure.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ossu_analysis.errors import OssuError
from ossu_analysis.store import Store, project_root
from ossu_analysis.texts import text
from pipelines.lock import run_lock

UNCHANGED = {"ossu/unchanged": "true"}
"""Tag of a materialisation that found its table as it should be and did not compute it."""

COMMAND_LINE = {"ossu/source": "cli"}


@dataclass
class Outcome:
    """What came of a job: what failed, warnings of checks, and how many of its tables did not change."""

    success: bool
    run_id: str
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    tables: int = 0
    unchanged: int = 0


def prepare_home() -> Path:
    """Point Dagster at the project's own instance folder, creating it at the first use."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(project_root() / ".dagster_home")))
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copy(Path(__file__).with_name("dagster.yaml"), home / "dagster.yaml")
    return home


@contextmanager
def sole_writer() -> Iterator[None]:
    """Hold the project's lock: one run writes at a time, and the lock goes with the process, however that ends.

    Raises
    ------
    OssuError
        ``pipelines.locked`` when another process holds it.
    """
    import filelock

    lock = run_lock()
    try:
        lock.acquire()
    except filelock.Timeout as held:
        raise OssuError("pipelines.locked") from held
    try:
        yield
    finally:
        lock.release()


def close_dead_runs(instance: Any) -> None:
    """Mark runs of the command line as failed whose process is gone; call it as the sole writer.

    Such a run takes the lock before it has a record and keeps it, so one that has begun and has no lock is dead.
    Dagster watches the processes of its own runs.
    """
    import dagster as dg

    active = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    for run in instance.get_runs(dg.RunsFilter(tags=COMMAND_LINE, statuses=active)):
        instance.report_run_failed(run, text("pipelines.interrupted"))


def run_job(
    name: str,
    run_config: dict[str, Any],
    on_event: Callable[[Any], None],
    selection: Any = None,
    on_plan: Callable[[list[str]], None] = lambda steps: None,
    on_message: Callable[[str], None] = lambda said: None,
) -> Outcome:
    """Run a job in this process, in the project's instance, and call ``on_event`` for each Dagster event.

    Parameters
    ----------
    name : str
        Name of a job of `pipelines.definitions`.
    run_config : dict
        Launchpad settings, for example ``{"resources": {"settings": {"config": {"draws": 500}}}}``.
    on_event : callable
        Receives every ``DagsterEvent`` as it happens.
    selection : sequence of AssetKey, optional
        Only these assets of the job.
    on_plan : callable
        Receives the names of the steps before the first one begins.
    on_message : callable
        Receives what a step says while it works.

    Raises
    ------
    OssuError
        ``pipelines.locked`` when another run is writing.
    """
    import warnings

    prepare_home()
    warnings.filterwarnings("ignore", module="dagster")
    import dagster as dg

    from pipelines.definitions import defs
    from pipelines.defs.automation import name_oblasts

    @dg.logger(None)
    def progress(_: dg.InitLoggerContext) -> logging.Logger:
        return _event_logger(on_event, on_message)

    job = dg.Definitions.merge(defs(), dg.Definitions(loggers={"progress": progress})).resolve_job_def(name)
    on_plan([node.name for node in job.nodes])
    with sole_writer(), dg.DagsterInstance.get() as instance:
        close_dead_runs(instance)
        name_oblasts(instance, Store(project_root()))
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=COMMAND_LINE,
            run_config=run_config | {"loggers": {"progress": {}}},
            asset_selection=selection,
        )
    return _outcome(result)


def _event_logger(on_event: Callable[[Any], None], on_message: Callable[[str], None]) -> logging.Logger:
    class Events(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            event = getattr(record, "dagster_event", None)
            if event:
                on_event(event)
            elif record.levelno >= logging.INFO:
                on_message(getattr(record, "dagster_meta", {}).get("orig_message", record.getMessage()))

    logger = logging.getLogger("ossu.progress")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.handlers[:] = [Events()]
    return logger


def _outcome(result: Any) -> Outcome:
    import dagster as dg

    outcome = Outcome(result.success, result.run_id)
    for event in result.all_events:
        if event.event_type_value == "ASSET_MATERIALIZATION":
            outcome.tables += 1
            outcome.unchanged += UNCHANGED.items() <= event.step_materialization_data.materialization.tags.items()
        if event.event_type_value == "STEP_FAILURE":
            outcome.failures += _said(event, result.run_id)
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if not check.passed:
                blocking = check.severity == dg.AssetCheckSeverity.ERROR
                (outcome.failures if blocking else outcome.warnings).append(check.description or check.check_name)
    # One cause is said once, however many tables it stopped.
    outcome.failures = list(dict.fromkeys(outcome.failures))
    return outcome


def _said(event: Any, run_id: str) -> list[str]:
    """Our own sentence of a failed step; a defect of the program in one line, its full record stays in Dagster."""
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return [failure.user_failure_data.description]
    if failure.error.cls_name == "DagsterAssetCheckFailedError":
        return []  # the check itself has said what is wrong
    cause = (failure.error.cause or failure.error).message.strip().splitlines()[0]
    return [text("pipelines.unforeseen", step=event.step_key, cause=cause, run=run_id)]
