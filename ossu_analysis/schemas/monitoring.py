"""Tables of the link ``monitoring``."""

import pandas as pd
import pandera.pandas as pa

from ossu_analysis.schemas.base import MUNICIPALITY, Table, column, declare, status_column
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


@declare(
    "monitoring",
    "indicator",
    "Показателите на по-ранния план срещу дошлото: целеви групи и потребители на услуги, с причините и новата база",
)
class Indicator(Table):
    """What a plan made in the base year expected of an indicator, what came, why otherwise, and the target made new."""

    area_level: str = column("ниво: municipality, oblast, region, country")
    area_code: str = column("код на територията")
    kind: str = column("group: лица в целева група; service: потребители на услуга", isin=("group", "service"))
    indicator_code: str = column("код на целевата група или на услугата")
    base_year: int = column("базова година на плана", "година")
    year: int = column("година, за която са сравнени очакваното и дошлото", "година")
    old_base: float = column("база, както е била известна при плана", "лица", ge=0, nullable=True)
    old_base_now: float = column("същата база по днешните данни", "лица", ge=0, nullable=True)
    expected_mean: float = column("очаквано от плана, средно", "лица", ge=0)
    expected_median: float = column("очаквано от плана, медиана", "лица", ge=0)
    expected_low: float = column("очаквано, долна граница на 80 %", "лица", ge=0)
    expected_high: float = column("очаквано, горна граница на 80 %", "лица", ge=0)
    actual: float = column("дошлото; нова база", "лица", ge=0, nullable=True)
    deviation: float = column("дошлото минус средното очаквано", "лица", nullable=True)
    cause_population: float = column("от това: друг брой на населението", "лица", nullable=True)
    cause_age_structure: float = column("от това: друг възрастов състав", "лица", nullable=True)
    cause_use: float = column("от това: друг дял на търсещите (при група: на хората в нея)", "лица", nullable=True)
    cause_places: float = column("от това: места, които не са открити или са закрити", "лица", nullable=True)
    cause_definition: float = column("от това: поправена база, определение или източник", "лица", nullable=True)
    cause_rest: float = column("от това: неотделимо, където чакащите не се отчитат", "лица", nullable=True)
    is_inside_80: pd.BooleanDtype = column("в границите на 80 % ли е дошлото", nullable=True)
    horizon_year: int = column("година на целта", "година")
    old_target: float = column("целта по по-ранния план, медиана", "лица", ge=0)
    old_target_low: float = column("долна граница на 80 %", "лица", ge=0)
    old_target_high: float = column("горна граница на 80 %", "лица", ge=0)
    new_target: float = column("целта по днешните данни, медиана", "лица", ge=0)
    new_target_low: float = column("долна граница на 80 %", "лица", ge=0)
    new_target_high: float = column("горна граница на 80 %", "лица", ge=0)
    is_moved: bool = column("новата цел е извън границите на старата")
    run_id: str = column("изчислението, което сверява")
    status: str = status_column()

    class Config:
        """One row per area and indicator."""

        unique = ("area_code", "kind", "indicator_code")

    @pa.dataframe_check
    @classmethod
    def causes_add_up(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """The six causes are the deviation, wherever somebody reported what came."""
        causes = [name for name in table if name.startswith("cause_")]
        gap = (table[causes].sum(axis=1) - table["deviation"]).abs()
        return gap.isna() | (gap <= 1e-9 * (1 + table["expected_mean"]))


@declare("monitoring", "map_update", "Основания за обновяване на Националната карта по общини (ЗСУ, чл. 36)")
class MapUpdate(Table):
    """A ground by row: a census, a changed criterion, or an indicator of the map's base that has changed."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    ground: str = column("основание: census, criterion, indicator", isin=("census", "criterion", "indicator"))
    subject: str = column("целева група или услуга; празно при преброяване")
    since: str = column("към коя дата е основанието", str_matches=r"^\d{4}-\d{2}-\d{2}$")
    base: float = column("показателят в базата на картата", "лица", nullable=True, ge=0)
    now: float = column("показателят днес", "лица", nullable=True, ge=0)
    change: float = column("изменение", "лица", nullable=True)
    change_share: float = column("изменение спрямо базата", "дял", nullable=True)
    expected_low: float = column("очаквано от базата на картата, долна граница на 80 %", "лица", nullable=True)
    expected_high: float = column("очаквано от базата на картата, горна граница на 80 %", "лица", nullable=True)
    qualifies: pd.BooleanDtype = column(
        "основание ли е; NULL: планът, с който се сравнява, не е от базата на картата", nullable=True
    )
    status: str = status_column()

    class Config:
        """One row per municipality, ground, subject and date."""

        unique = ("municipality_code", "ground", "subject", "since")
