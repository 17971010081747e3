"""Settings of a run, as frozen objects; nothing is opened or read when this module is imported.

`RunSettings` is what may differ between two runs of the whole chain. The launchpad, the command line, a scenario file
and a notebook all build the same object, so a misspelt key is an error everywhere.
"""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class RunSettings(BaseModel):
    """Everything that may differ between two runs of the chain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_year: int = Field(
        2018, ge=2001, le=2100, description="Последна година (към 31 декември) с наблюдавано население"
    )
    until_year: int = Field(2035, ge=2002, le=2150, description="Последна година на прогнозата")
    draws: int = Field(500, ge=200, le=20_000, description="Брой симулации; най-малко 200")
    seed: int = Field(20181231, ge=0, description="Начално число: същото число дава същите резултати")
    scenario: str = Field("reference", description="Сценарий по име на файл в data/assumptions/scenarios")
    jobs: int = Field(2, ge=-1, description="Успоредни нишки за симулацията; -1 значи всички ядра")

    @model_validator(mode="after")
    def _horizon_is_ahead(self) -> "RunSettings":
        if self.until_year <= self.base_year:
            raise ValueError(f"until_year {self.until_year} трябва да е след base_year {self.base_year}")
        return self

    @property
    def years(self) -> range:
        """The forecast years, from the year after the base to the horizon."""
        return range(self.base_year + 1, self.until_year + 1)
