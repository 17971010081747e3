"""Tables of the link ``monitoring``."""

import pandas as pd
import pandera.pandas as pa

from ossu_analysis.schemas.base import Table, column, declare, status_column
from ossu_analysis.schemas.population import Component, Forecast


@declare(
    "monitoring", "deviation", "Отклонение на населението от по-ранна прогноза, по територия и година, с причините"
)
class Deviation(Table):
    """Actual against an earlier forecast; the causes add up to the deviation of the mean."""

    area_level: str = column("ниво: country, oblast, municipality", isin=("country", "oblast", "municipality"))
    area_code: str = column("код на територията")
    year: int = column("година, към 31 декември", "година")
    base_year: int = column("последна наблюдавана година, от която тръгва прогнозата", "година")
    scenario: str = column("сценарий на прогнозата")
    forecast_mean: float = column("прогноза, средна", "лица", ge=0)
    forecast_median: float = column("прогноза, медиана", "лица", ge=0)
    forecast_low: float = column("прогноза, долна граница на 80 %", "лица", ge=0)
    forecast_high: float = column("прогноза, горна граница на 80 %", "лица", ge=0)
    actual: float = column("публикувано население", "лица", ge=0)
    deviation: float = column("публикувано минус средната прогноза", "лица")
    deviation_share: float = column("отклонение спрямо прогнозата", "дял", nullable=True)
    cause_births: float = column("от това: повече или по-малко раждания", "лица", nullable=True)
    cause_deaths: float = column("от това: по-малко или повече умирания", "лица", nullable=True)
    cause_migration: float = column("от това: миграция и статистическа корекция", "лица", nullable=True)
    cause_base: float = column("от това: поправена след прогнозата база", "лица", nullable=True)
    is_inside_80: bool = column("в границите на 80 % ли е публикуваното")
    run_id: str = column("изчислението, което се сверява")
    status: str = status_column()

    @pa.dataframe_check
    @classmethod
    def deviation_is_actual_minus_forecast(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """The deviation is recomputed from the two columns beside it."""
        return (table["actual"] - table["forecast_mean"] - table["deviation"]).abs() < 1e-6

    @pa.dataframe_check
    @classmethod
    def causes_add_up(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """The four causes add up to the deviation, wherever all of them are known."""
        causes = table["cause_births"] + table["cause_deaths"] + table["cause_migration"] + table["cause_base"]
        return causes.isna() | ((causes - table["deviation"]).abs() < 1e-6)


@declare("monitoring", "past_forecast", "По-ранната прогноза, направена отново от знаеното в нейната базова година")
class PastForecast(Forecast):
    """``population.forecast`` of the earlier base year."""


@declare("monitoring", "past_component", "Компоненти на по-ранната прогноза")
class PastComponent(Component):
    """``population.component`` of the earlier base year."""
