"""Running a job from the command line: the same jobs as the buttons, in the same instance, with progress.

`prepare_home` makes the local Dagster instance, `run_job` runs one of its jobs in this process and reports each step.
Nothing here computes a figure.
"""

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ossu_analysis.errors import OssuError
from ossu_analysis.store import LOCK, project_root

COMMAND_LINE = {"ossu/source": "cli"}


@dataclass
class Outcome:
    """What came of a job: success, sentences of what failed, warnings of checks, and Dagster's run id."""

    success: bool
    run_id: str
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def prepare_home() -> Path:
    """Point Dagster at the project's own instance folder, creating it at the first use."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(project_root() / ".dagster_home")))
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copy(Path(__file__).with_name("dagster.yaml"), home / "dagster.yaml")
    return home


def refuse_if_busy(instance: Any) -> None:
    """Raise when a run from the UI is under way; close runs of the command line whose process was killed."""
    import dagster as dg
    import filelock

    path = project_root() / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(path, timeout=0, is_singleton=True):
            killed = dg.RunsFilter(tags=COMMAND_LINE, statuses=[dg.DagsterRunStatus.STARTED])
            for record in instance.get_run_records(killed):
                instance.report_run_failed(record.dagster_run, "Процесът е прекъснат; отбелязано при следващия старт.")
            active = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
            if instance.get_run_records(dg.RunsFilter(statuses=active)):
                raise OssuError("pipelines.locked")
    except filelock.Timeout as held:
        raise OssuError("pipelines.locked") from held


def run_job(name: str, run_config: dict[str, Any], on_event: Callable[[Any], None], selection: Any = None) -> Outcome:
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

    @dg.logger(description="Събитията на хода към лентата за напредък")
    def progress(_: dg.InitLoggerContext) -> logging.Logger:
        return _event_logger(on_event)

    job = dg.Definitions.merge(defs(), dg.Definitions(loggers={"progress": progress})).resolve_job_def(name)
    with dg.DagsterInstance.get() as instance:
        refuse_if_busy(instance)
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=COMMAND_LINE,
            run_config=run_config | {"loggers": {"progress": {}}},
            asset_selection=selection,
        )
    return _outcome(result)


def _event_logger(on_event: Callable[[Any], None]) -> logging.Logger:
    class Events(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            event = getattr(record, "dagster_event", None)
            if event:
                on_event(event)

    logger = logging.getLogger("ossu.progress")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.handlers[:] = [Events()]
    return logger


def _outcome(result: Any) -> Outcome:
    import dagster as dg

    outcome = Outcome(result.success, result.run_id)
    for event in result.all_events:
        if event.event_type_value == "STEP_FAILURE":
            said = event.step_failure_data.user_failure_data
            outcome.failures.append(
                said.description if said and said.description else str(event.step_failure_data.error)
            )
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if not check.passed:
                blocking = check.severity == dg.AssetCheckSeverity.ERROR
                (outcome.failures if blocking else outcome.warnings).append(check.description or check.check_name)
    return outcome
