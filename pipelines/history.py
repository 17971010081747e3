"""What Dagster remembers: the last results of checks, and the time of the links of a run under way."""

from collections import defaultdict
from collections.abc import Iterable

import dagster as dg

from ossu_analysis.report.run.publish import CheckResult


def check_results(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey]) -> list[CheckResult]:
    """What each check found when it was last evaluated, in the form that the run's manifest and index print.

    A run that makes documents alone evaluates few checks; those of the tables it rests on hold from earlier runs.
    """
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(sorted(keys, key=str))
    found = []
    for record in latest.values():
        event = record.event and record.event.dagster_event
        if event is None or event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        check = event.asset_check_evaluation_data
        found.append(
            CheckResult(
                name=f"{'.'.join(check.asset_key.path)}: {check.check_name}",
                passed=check.passed,
                blocking=check.severity == dg.AssetCheckSeverity.ERROR,
                message=check.description or "",
            )
        )
    return found


def seconds_by_link(instance: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    """Seconds spent in the finished steps of each link."""
    spent: dict[str, float] = defaultdict(float)
    for record in instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_SUCCESS).records:
        event = record.event_log_entry.dagster_event
        if event is not None and event.step_key:
            spent[event.step_key.partition("__")[0]] += event.step_success_data.duration_ms / 1000
    return {link: round(seconds, 2) for link, seconds in spent.items()}
