"""What differs between machines and runs: the project's folder with its lock, the run's settings, and table IO.

`Workspace` takes the one lock under which files are written, for the length of a run, whether the button in the UI or
the command line started it. `Settings` is the short form that an analyst sees in the launchpad.
"""

from enum import Enum
from typing import Any

import dagster as dg
from pydantic import Field, PrivateAttr

from ossu_analysis.config import RunSettings
from ossu_analysis.demand.chain import DemandModel, KeptModel
from ossu_analysis.inputs import scenario_names
from ossu_analysis.store import Store, project_root
from ossu_analysis.texts import text
from pipelines.lock import run_lock


class Workspace(dg.ConfigurableResource):
    """Папката на проекта; държи ключалката, докато един ход пише."""

    _lock: Any = PrivateAttr(default=None)
    _demand: KeptModel = PrivateAttr(default_factory=KeptModel)

    @property
    def store(self) -> Store:
        """The tables of the project."""
        return Store(project_root())

    def demand_model(self) -> "DemandModel":
        """The model of demand that the tables of this run share."""
        return self._demand.of(self.store)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the lock, or fail with a sentence that says who holds it."""
        import filelock

        lock = run_lock()
        try:
            lock.acquire()
        except filelock.Timeout as held:
            raise dg.Failure(description=text("pipelines.locked"), allow_retries=False) from held
        self._lock = lock

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let the next run begin."""
        if self._lock is not None:
            self._lock.release()


def _names_of(kind: str, folder: str) -> Any:
    """The scenario files of a folder as choices: the launchpad offers them and refuses any other name."""
    names = scenario_names(Store(project_root()).assumptions / folder) or ["reference"]
    return Enum(kind, {name: name for name in names}, type=str)


PopulationScenario = _names_of("PopulationScenario", "scenarios")
DemandScenario = _names_of("DemandScenario", "demand_scenarios")


class Settings(dg.ConfigurableResource):
    """Настройки на хода; стойностите по подразбиране са за редовното обновяване."""

    base_year: int = Field(default=2018, description=RunSettings.model_fields["base_year"].description)
    until_year: int = Field(default=2035, description=RunSettings.model_fields["until_year"].description)
    draws: int = Field(default=500, description=RunSettings.model_fields["draws"].description)
    seed: int = Field(default=20181231, description=RunSettings.model_fields["seed"].description)
    scenario: PopulationScenario = Field(  # type: ignore[valid-type]
        default=PopulationScenario["reference"], description=RunSettings.model_fields["scenario"].description
    )
    demand_scenario: DemandScenario = Field(  # type: ignore[valid-type]
        default=DemandScenario["reference"],
        description="Сценарий за търсенето по име на файл в data/assumptions/demand_scenarios",
    )
    jobs: int = Field(default=2, description=RunSettings.model_fields["jobs"].description)
    past_base_year: int = Field(
        default=2015, description="Базова година на по-ранната прогноза, с която мониторингът сравнява действителното"
    )

    def run_settings(self) -> RunSettings:
        """The settings of the main run."""
        return RunSettings(**self.model_dump(mode="json", include=set(RunSettings.model_fields)))

    def demand_scenario_name(self) -> str:
        """The demand scenario chosen, by the name of its file."""
        return str(self.model_dump(mode="json")["demand_scenario"])

    def past_settings(self) -> RunSettings:
        """The same run as if it were ``past_base_year``, up to the base year of the main run."""
        past = {"base_year": self.past_base_year, "until_year": self.base_year, "scenario": "reference"}
        return RunSettings(**(self.run_settings().model_dump() | past))


def short_run_id(dagster_run_id: str) -> str:
    """``3f9c2a10``: the beginning of Dagster's own id; with the day it names the folder of the finished run."""
    return dagster_run_id[:8]


class TableIO(dg.ConfigurableIOManager):
    """Всяка таблица минава през DuckDB в Parquet и обратно; страницата ѝ показва какво е записано."""

    workspace: Workspace

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Write a frame as the working table named by the asset key and describe it on the asset page."""
        from pandera.errors import SchemaErrors

        from pipelines.pages import failing_rows, table_page

        link, table = context.asset_key.path
        try:
            self.workspace.store.write(link, table, obj)
        except SchemaErrors as faulty:
            said = text("pipelines.not_as_declared", table=f"{link}.{table}", count=len(faulty.failure_cases))
            raise dg.Failure(said, metadata={"редове": failing_rows(faulty)}, allow_retries=False) from faulty
        context.add_output_metadata(table_page(self.workspace.store, link, table))

    def load_input(self, context: dg.InputContext) -> Any:
        """Read the working table named by the asset key."""
        link, table = context.asset_key.path
        return self.workspace.store.read(link, table)
