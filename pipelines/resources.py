"""What differs between machines and runs: the project's folder with its lock, the run's settings, what it shares.

`Workspace` takes the one lock under which files are written, for the length of a run, whether the button in the UI or
the command line started it. `Settings` is the short form that an analyst sees in the launchpad.
"""

from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, PrivateAttr

from ossu_analysis.config import DEFAULTS, RunSettings, run_settings
from ossu_analysis.store import Store, project_root
from ossu_analysis.texts import text
from pipelines.lock import run_lock

if TYPE_CHECKING:
    from ossu_analysis.demand.chain import DemandModel

SECONDS_BETWEEN_TRIES = 2.0


class Workspace(dg.ConfigurableResource):
    """Папката на проекта; държи ключалката, докато един ход пише."""

    _lock: Any = PrivateAttr(default=None)

    @property
    def store(self) -> Store:
        """The tables of the project."""
        return Store(project_root())

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the lock; a button waits here for its turn, the command line already holds it."""
        lock = run_lock()
        if context.log and not lock.is_locked:
            context.log.info(text("pipelines.waits"))
        lock.acquire(timeout=-1, poll_interval=SECONDS_BETWEEN_TRIES)
        self._lock = lock
        self.store.sweep()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let the next run begin."""
        if self._lock is not None:
            self._lock.release()


def _chosen(name: str) -> Any:
    """A field of the launchpad with the description and the default of the setting; empty where figures decide."""
    return Field(default=DEFAULTS[name], description=RunSettings.model_fields[name].description)


class Settings(dg.ConfigurableResource):
    """Настройки на хода; каквото не е дадено, има стойността си по подразбиране."""

    base_year: int | None = _chosen("base_year")
    until_year: int = _chosen("until_year")
    draws: int = _chosen("draws")
    seed: int = _chosen("seed")
    scenario: str = _chosen("scenario")
    demand_scenario: str = _chosen("demand_scenario")
    as_of: str | None = _chosen("as_of")
    past_base_year: int | None = _chosen("past_base_year")
    smallest_count: int = _chosen("smallest_count")
    jobs: int = _chosen("jobs")
    force: bool = Field(default=False, description=text("pipelines.force"))

    def run_settings(self, store: Store) -> RunSettings:
        """The settings of the run, checked and complete."""
        return run_settings(store, **self.model_dump(include=set(RunSettings.model_fields)))


class Models(dg.ConfigurableResource):
    """Какво таблиците на един ход ползват заедно; изчислява се веднъж и се предава."""

    _demand: Any = PrivateAttr(default=None)

    def demand(self, store: Store) -> "DemandModel":
        """Rates of use with what they rest on, and the persons exposed: read once for all tables of demand and gap."""
        from ossu_analysis.demand.chain import KeptModel

        self._demand = self._demand or KeptModel()
        model: DemandModel = self._demand.of(store)
        return model


def short_run_id(dagster_run_id: str) -> str:
    """``3f9c2a10``: the beginning of Dagster's own id; with the day it names the folder of the finished run."""
    return dagster_run_id[:8]
