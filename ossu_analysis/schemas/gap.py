"""Tables of the link ``gap``."""

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ossu_analysis.schemas.base import MUNICIPALITY, Table, column, declare, status_column


@declare("gap", "service_gap", "Недостиг на места по община, услуга и година: търсене спрямо места, карта и критерий")
class ServiceGap(Table):
    """Places missing per municipality, service, year and scenario; quantities are kept apart."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    target_group: str = column("целева група на услугата", nullable=True)
    year: int = column("година на планиране, към 31 декември", "година", ge=1990, le=2200)
    scenario: str = column("сценарий")
    planning_level: str = column("ниво на планиране: municipal, oblast, municipal_budget ...", nullable=True)
    target_population: float = column("лица в целевата група (медиана); NULL: няма данни", "лица", nullable=True, ge=0)
    places: pd.Int64Dtype = column("съществуващи места по последния отчет", "места", nullable=True, ge=0)
    occupied: pd.Int64Dtype = column("заети места по последния отчет", "лица", nullable=True, ge=0)
    waiting: pd.Int64Dtype = column("чакащи по последния отчет; NULL: не се отчитат", "лица", nullable=True, ge=0)
    places_for_others: float = column(
        "места тук, които се падат на жители на други общини", "места", nullable=True, ge=0
    )
    places_elsewhere: float = column("места в други общини, които се падат на жителите", "места", nullable=True, ge=0)
    places_for_residents: float = column(
        "места на жителите, където и да са: без тези за други общини, с тези в други общини",
        "места",
        nullable=True,
        ge=0,
    )
    map_number: float = column("потребители по Националната карта; NULL: не е заредено", "лица", nullable=True, ge=0)
    criterion_maximum: float = column(
        "най-много потребители по критерия; NULL: не е зареден", "лица", nullable=True, ge=0
    )
    demand_median: float = column("търсене, медиана на симулациите", "лица", nullable=True, ge=0)
    demand_low: float = column("търсене, долна граница на 80 %", "лица", nullable=True, ge=0)
    demand_high: float = column("търсене, горна граница на 80 %", "лица", nullable=True, ge=0)
    demand_planned: float = column("търсене, за което се планират места", "лица", nullable=True, ge=0)
    gap_to_demand_places: float = column(
        "търсене / целева заетост - места за жителите (медиана)", "места", nullable=True
    )
    gap_to_map_places: float = column("число по картата - места", "места", nullable=True)
    gap_to_criterion_places: float = column("най-много по критерия - места", "места", nullable=True)
    probability_gap_positive: float = column(
        "дял на симулациите, в които липсва поне едно място", "дял", nullable=True, ge=0, le=1
    )
    km_to_nearest: float = column(
        "до най-близката община с места; как е мерено, казва remark", "км", nullable=True, ge=0
    )
    minutes_to_nearest: float = column(
        "до най-близката община с места; NULL: няма таблица с времена", "минути", nullable=True, ge=0
    )
    staff_needed: float = column(
        "щатни бройки за недостигащите места; NULL: няма стандарт", "бройки", nullable=True, ge=0
    )
    yearly_cost: float = column(
        "годишен разход за недостигащите места; NULL: няма стандарт", "пари", nullable=True, ge=0
    )
    currency: str = column("валута на разхода: лева до 2025 г., евро от 2026 г.", nullable=True)
    price_year: pd.Int64Dtype = column("година на цените", "година", nullable=True)
    rules_version: str = column("версия на правилата, по които е критерият; NULL: не е зареден", nullable=True)
    confidence: str = column("увереност A-D по правило, дадено в gap.confidence", isin=("A", "B", "C", "D"))
    remark: str = column("забележка: какво липсва и защо")
    status: str = status_column()

    class Config:
        """One row per municipality, service, year and scenario."""

        unique = ("municipality_code", "service_code", "year", "scenario")

    @pa.dataframe_check
    @classmethod
    def range_is_ordered(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """The median lies inside the 80 % range."""
        inside = (table["demand_low"] <= table["demand_median"]) & (table["demand_median"] <= table["demand_high"])
        return inside | table["demand_median"].isna()

    @pa.dataframe_check
    @classmethod
    def gap_and_probability_agree(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """A median gap of at least half a place is more likely than not, a smaller one is not."""
        sign = np.sign(table["gap_to_demand_places"].fillna(0.5) - 0.5)
        return sign * (table["probability_gap_positive"].fillna(0.5) - 0.5) >= -0.01


@declare("gap", "oblast_gap", "Недостиг на места по област и за страната: симулациите на общините са събрани")
class OblastGap(Table):
    """Sums of municipal draws per oblast and for the country."""

    area_level: str = column("ниво: oblast, country", isin=("oblast", "country"))
    area_code: str = column("код на областта или BG")
    service_code: str = column("код на услугата")
    year: int = column("година на планиране, към 31 декември", "година", ge=1990, le=2200)
    scenario: str = column("сценарий")
    municipalities_with_service: int = column("общини с места", "общини", ge=0)
    places: pd.Int64Dtype = column("съществуващи места; NULL: община без отчет", "места", nullable=True, ge=0)
    occupied: pd.Int64Dtype = column("заети места", "лица", nullable=True, ge=0)
    waiting: pd.Int64Dtype = column("чакащи в общините, които ги отчитат", "лица", nullable=True, ge=0)
    places_for_residents: float = column(
        "места, които се падат на жителите: без тези за други области, с тези в други области",
        "места",
        nullable=True,
        ge=0,
    )
    map_number: float = column(
        "потребители по Националната карта в общините, за които е въведена; NULL: за никоя", "лица", nullable=True, ge=0
    )
    criterion_maximum: float = column(
        "най-много потребители по критерия; NULL: не е зареден", "лица", nullable=True, ge=0
    )
    demand_median: float = column("търсене, медиана на събраните симулации", "лица", nullable=True, ge=0)
    demand_low: float = column("търсене, долна граница на 80 %", "лица", nullable=True, ge=0)
    demand_high: float = column("търсене, горна граница на 80 %", "лица", nullable=True, ge=0)
    demand_planned: float = column("търсене, за което се планират места", "лица", nullable=True, ge=0)
    residents_to_move: float = column(
        "живеещи в закриващи се домове, които услугата заменя (ЗСУ, § 33-34)", "лица", ge=0
    )
    gap_to_demand_places: float = column(
        "търсене / целева заетост + живеещи в закриващи се домове - места за жителите (медиана)",
        "места",
        nullable=True,
    )
    gap_to_map_places: float = column("число по картата - места, в същите общини", "места", nullable=True)
    gap_to_criterion_places: float = column("най-много по критерия - места", "места", nullable=True)
    missing_without_sharing_places: float = column(
        "сбор на недостига по общини, ако никоя не приема чужди потребители (медиана)", "места", nullable=True, ge=0
    )
    probability_gap_positive: float = column(
        "дял на симулациите, в които липсва поне едно място", "дял", nullable=True, ge=0, le=1
    )
    confidence: str = column("увереност A-D по правило, дадено в gap.confidence", isin=("A", "B", "C", "D"))
    rules_version: str = column("версия на правилата, по които е критерият; NULL: не е зареден", nullable=True)
    data_label: str = column("демонстрационни данни, смесени данни или празно")
    status: str = status_column()

    class Config:
        """One row per area, service, year and scenario."""

        unique = ("area_level", "area_code", "service_code", "year", "scenario")


@declare("gap", "change", "Защо се променя недостигът: от базовата до целевата година, по причини")
class Change(Table):
    """gap_now + population + age_structure + rate + waiting + policy + closures + openings = gap_then."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    base_year: int = column("базова година", "година")
    target_year: int = column("целева година", "година")
    scenario: str = column("сценарий")
    gap_now: float = column("обслужени / целева заетост - места в базовата година", "места")
    population: float = column("от броя на населението", "места")
    age_structure: float = column("от възрастовия състав", "места")
    rate: float = column("от дела на търсещите", "места")
    waiting: float = column("от търсене, което днес остава без места", "места")
    policy: float = column("от сценария спрямо непроменена политика", "места")
    closures: float = column("от закрити места", "места", ge=0)
    openings: float = column("от открити места (намалява недостига)", "места", le=0)
    gap_then: float = column("търсене / целева заетост - места в целевата година (средно)", "места")
    status: str = status_column()

    class Config:
        """One row per municipality, service, target year and scenario."""

        unique = ("municipality_code", "service_code", "target_year", "scenario")

    @pa.dataframe_check
    @classmethod
    def causes_add_up(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """Today's gap and the causes are the gap then."""
        causes = ["gap_now", "population", "age_structure", "rate", "waiting", "policy", "closures", "openings"]
        return (table[causes].sum(axis=1) - table["gap_then"]).abs() <= 1e-6 * (1 + table["gap_then"].abs())
