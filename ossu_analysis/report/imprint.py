"""Which run made a document: the years, rules, scenario and software that its footer names."""

from dataclasses import dataclass, field, replace

from ossu_analysis import __version__, texts
from ossu_analysis.config import RunSettings
from ossu_analysis.report.facts import table_or_empty
from ossu_analysis.store import Store
from ossu_analysis.texts import text


@dataclass(frozen=True)
class Imprint:
    """What every document says of its own making: its footer.

    Parameters
    ----------
    round_name : str
        Planning round, e.g. ``2018`` (the base year) or the name of the cycle.
    data_as_of : str
        ISO date of the last observed population.
    rules_version, software_version, scenario, run_id : str
        Identity of what computed the figures.
    made_on : str
        ISO date on which the run was made.
    """

    round_name: str
    base_year: int
    until_year: int
    data_as_of: str
    run_id: str
    rules_version: str
    software_version: str
    scenario: str
    made_on: str
    state: str = field(default_factory=lambda: texts.text("common.draft"))
    is_internal: bool = False

    def internal(self) -> "Imprint":
        """The imprint of the same paper with every count in it, for official use only: each page says so."""
        state = f"{self.state}; {texts.text('report.words.internal')}"
        return replace(self, state=state, is_internal=True)

    def lines(self) -> list[tuple[str, str]]:
        """``(label, value)`` pairs for the first page, the first sheet and the page head."""
        values = {
            "round": self.round_name,
            "base_year": str(self.base_year),
            "until_year": str(self.until_year),
            "data_as_of": texts.day(self.data_as_of),
            "scenario": scenario_name(self.scenario),
            "run": self.run_id,
            "rules": self.rules_version,
            "software": self.software_version,
            "made_on": texts.day(self.made_on),
            "state": self.state,
        }
        return [(texts.text(f"report.imprint.{key}"), value) for key, value in values.items()]

    def footer(self) -> str:
        """One line for the foot of every page."""
        return texts.text(
            "report.imprint.footer",
            round=self.round_name,
            day=texts.day(self.data_as_of),
            run=self.run_id,
            rules=self.rules_version,
            software=self.software_version,
            scenario=scenario_name(self.scenario),
            state=self.state,
        )


def scenario_name(code: str) -> str:
    """Bulgarian name of a scenario; the code where the texts have none."""
    key = f"report.scenario.{code}"
    name = texts.text(key)
    return code if name == key else name


def imprint_of(store: Store, settings: RunSettings, run_id: str) -> Imprint:
    """What every document of the run says of its making.

    Parameters
    ----------
    store : Store
        Holds ``reference.rule``, whose version is named.
    settings : RunSettings
        Settings of the run.
    run_id : str
        Short ASCII id of the run.
    """
    rules = table_or_empty(store, "reference", "rule")
    return Imprint(
        round_name=str(settings.base_year),
        base_year=settings.base_year,
        until_year=settings.until_year,
        data_as_of=f"{settings.base_year}-12-31",
        run_id=run_id,
        rules_version="; ".join(sorted(set(rules["version"]))) or text("common.no_criterion"),
        software_version=__version__,
        scenario=settings.scenario,
        made_on=settings.as_of.isoformat(),
    )
