"""Runs of a few assets in processes of their own, for tests of locks, kills and the command line."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.execute import Outcome, run_job

REFERENCE = ("reference.oblast", "reference.region")
SOURCES = ("reference.source", "sources.population_municipality", "sources.population_oblast_age")
SCRIPT = """
import os, sys, signal
from pipelines.execute import run_job
import dagster as dg
from ossu_analysis.errors import OssuError
chosen, when, then = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
def on_event(event):
    if f"{event.event_type_value}:{event.step_key}" == when:
        print("reached", flush=True)
        if then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        sys.stdin.readline()
try:
    outcome = run_job("forecast", {}, on_event, [dg.AssetKey(name.split(".")) for name in chosen])
except OssuError as error:
    print(error); sys.exit(3)
print("success" if outcome.success else outcome.failures, flush=True)
sys.exit(0 if outcome.success else 1)
"""


def environment(folder: Path) -> dict[str, str]:
    """The process belongs to the project in ``folder`` and to no other."""
    return os.environ | {"OSSU_ROOT": str(folder), "DAGSTER_HOME": str(folder / ".dagster_home")}


def start_run(folder: Path, chosen: tuple[str, ...], when: str = "", then: str = "") -> subprocess.Popen:
    """Begin a run; at the event ``when`` (``STEP_START:reference__oblast``) it dies or waits for a line."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, ",".join(chosen), when, then],
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_here(folder: Path, chosen: tuple[str, ...]) -> Outcome:
    """The same run in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OSSU_ROOT", "DAGSTER_HOME"):
            patch.setenv(name, environment(folder)[name])
        return run_job("forecast", {}, lambda event: None, [dg.AssetKey(name.split(".")) for name in chosen])


def statuses(folder: Path) -> list[str]:
    """Status of every run that the project's instance remembers, newest first."""
    with dg.DagsterInstance.from_config(str(folder / ".dagster_home")) as instance:
        return [record.dagster_run.status.value for record in instance.get_run_records()]
