"""Settings of a run, as frozen objects; no data is read when this module is imported.

`RunSettings` is what may differ between two runs of the whole chain; every default stands here and nowhere else. The
launchpad, the command line, a scenario file and a notebook all build it through `run_settings`, which fills in what
depends on the figures (the base year) or on the day, and answers a wrong value with a sentence in Bulgarian.
"""

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator

from ossu_analysis.texts import text

if TYPE_CHECKING:
    from ossu_analysis.store import Store

YEARS_BACK = 3
"""The monitored forecast is the one that could have been made so many years before the base year."""


def _about(name: str) -> str:
    return text(f"common.setting.{name}")


def _said(name: str) -> str:
    """The setting as a fault names it; a rule between two settings has no name."""
    return f"{text('common.setting')} {name}".strip()


class RunSettings(BaseModel):
    """Everything that may differ between two runs of the chain.

    Raises
    ------
    FaultsFound
        When a value is out of range or a key is not known: one Bulgarian sentence for each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_year: int = Field(ge=2001, le=2100, description=_about("base_year"))
    until_year: int = Field(default=2045, ge=2002, le=2150, description=_about("until_year"))
    draws: int = Field(default=500, ge=200, le=20_000, description=_about("draws"))
    seed: int = Field(default=20181231, ge=0, description=_about("seed"))
    scenario: str = Field(default="reference", description=_about("scenario"))
    demand_scenario: str = Field(default="reference", description=_about("demand_scenario"))
    as_of: datetime.date = Field(default_factory=datetime.date.today, description=_about("as_of"))
    past_base_year: int = Field(
        default_factory=lambda chosen: chosen.get("base_year", 0) - YEARS_BACK, description=_about("past_base_year")
    )
    smallest_count: int = Field(default=5, ge=1, le=100, description=_about("smallest_count"))
    jobs: int = Field(default=2, ge=-1, description=_about("jobs"))

    @model_validator(mode="after")
    def _years_follow_each_other(self) -> "RunSettings":

        for earlier, later in (("base_year", "until_year"), ("past_base_year", "base_year")):
            first, then = getattr(self, earlier), getattr(self, later)
            if then <= first:
                said = text("common.years_order", later=later, then=then, earlier=earlier, first=first)
                raise ValueError(said)
        return self

    # The last validator is the outermost: it sees what the others have found.
    @model_validator(mode="wrap")
    @classmethod
    def _answers_in_bulgarian(cls, chosen: Any, check: ModelWrapValidatorHandler["RunSettings"]) -> "RunSettings":
        from ossu_analysis.errors import FaultsFound
        from ossu_analysis.inputs import faults_of

        try:
            return check(chosen)
        except ValidationError as error:
            wrong = (replace(fault, file=_said(fault.column), column="") for fault in faults_of(error, ""))
            raise FaultsFound(wrong, "common.settings_wrong") from error

    @property
    def years(self) -> range:
        """The forecast years, from the year after the base to the horizon."""
        return range(self.base_year + 1, self.until_year + 1)

    def past(self) -> "RunSettings":
        """The same run as if it were ``past_base_year``, up to the base year of this one."""
        then = {"base_year": self.past_base_year, "until_year": self.base_year, "scenario": "reference"}
        kept = self.model_dump(exclude={"past_base_year"})
        return RunSettings(**(kept | then))


DEFAULTS: dict[str, Any] = {
    name: None if field.is_required() or field.default_factory else field.default
    for name, field in RunSettings.model_fields.items()
}
"""What a setting is when nobody chooses it; None where the figures or the day decide."""


def run_settings(store: "Store", **chosen: Any) -> RunSettings:
    """Settings as somebody chose them; what is None or absent has its default.

    Without a base year it is the newest for which the figures suffice, and the earlier forecast of the monitoring is
    made `YEARS_BACK` years before it, or from the first year for which it can be made.

    Parameters
    ----------
    store : Store
        Whose figures and scenarios are used.
    **chosen
        Values by the names of the fields of `RunSettings`.

    Raises
    ------
    FaultsFound
        When a value is out of range or a name is not known.
    OssuError
        ``common.no_such_base_year``: the figures do not suffice for it; ``population.no_scenario``,
        ``demand.no_scenario``: no file describes the scenario.
    """
    from ossu_analysis.errors import OssuError
    from ossu_analysis.sources.base_years import base_years

    known = {name: value for name, value in chosen.items() if value is not None}
    years = base_years(store)
    known.setdefault("base_year", years[-1])
    if isinstance(known["base_year"], int):
        known.setdefault("past_base_year", _years_back(known["base_year"], years[0]))
    settings = RunSettings(**known)
    if settings.base_year not in years:
        raise OssuError("common.no_such_base_year", year=settings.base_year, first=years[0], last=years[-1])
    _described(store, "population", "scenarios", settings.scenario)
    _described(store, "demand", "demand_scenarios", settings.demand_scenario)
    return settings


def _years_back(base_year: int, first: int) -> int:
    return min(max(base_year - YEARS_BACK, first), base_year - 1)


def _described(store: "Store", link: str, folder: str, scenario: str) -> None:
    from ossu_analysis.errors import OssuError
    from ossu_analysis.inputs import scenario_names

    known = scenario_names(store.assumptions / folder)
    if scenario not in known:
        raise OssuError(f"{link}.no_scenario", scenario=scenario, known=", ".join(known))
