"""Tables of the link ``proposal``."""

import pandas as pd
import pandera.pandas as pa

from ossu_analysis.schemas.base import MUNICIPALITY, OBLAST, Table, column, declare, status_column

OPTIONS = ("keep_places", "cover_waiting", "cover_demand")


@declare("proposal", "line", "Предложение за услуги: най-много потребители по община или област, с обосновка")
class Line(Table):
    """One service proposed for one municipality (parts 1 and 3) or one oblast (part 2)."""

    oblast_code: str = column("код на областта", str_matches=OBLAST)
    area_level: str = column("за кого: municipality, oblast", isin=("municipality", "oblast"))
    area_code: str = column("код на общината или на областта")
    part: int = column("част: 1 общинско ниво, 2 областно ниво, 3 извън картата (общински бюджет)", isin=(1, 2, 3))
    service_code: str = column("код на услугата")
    planning_level: str = column("ниво на планиране по reference.service")
    planning_year: int = column("година, за която се предлага, към 31 декември", "година")
    existing_places: pd.Int64Dtype = column("съществуващи места", "места", nullable=True, ge=0)
    occupied: pd.Int64Dtype = column("заети места", "лица", nullable=True, ge=0)
    waiting: pd.Int64Dtype = column("чакащи; NULL: не се отчитат", "лица", nullable=True, ge=0)
    demand_median: float = column("прогнозно търсене, медиана", "лица", nullable=True, ge=0)
    demand_low: float = column("прогнозно търсене, долна граница на 80 %", "лица", nullable=True, ge=0)
    demand_high: float = column("прогнозно търсене, горна граница на 80 %", "лица", nullable=True, ge=0)
    probability_gap_positive: float = column("вероятност за недостиг", "дял", nullable=True, ge=0, le=1)
    proposed_users: pd.Int64Dtype = column(
        "предложени най-много потребители: места + недостиг, закръглен нагоре", "лица", nullable=True, ge=0
    )
    analyst_users: pd.Int64Dtype = column("число на експерта вместо предложеното", "лица", nullable=True, ge=0)
    analyst_reason: str = column("защо експертът го променя", nullable=True)
    residents_to_move: pd.Int64Dtype = column(
        "живеещи в закриващи се домове от същия вид; не са в предложеното число", "лица", nullable=True, ge=0
    )
    need_by_criterion: float = column(
        "потребност по критерия; NULL: критерият не е зареден", "лица", nullable=True, ge=0
    )
    criterion_note: str = column("защо няма потребност по критерия")
    justification: str = column("обосновка, съставена от числата")
    sources: str = column("източници")
    agreement_reference: str = column("споразумение или решение; попълва се от експерта")
    confidence: str = column("увереност A-D; празно за област", nullable=True)
    status: str = status_column()

    class Config:
        """One line per area and service."""

        unique = ("area_level", "area_code", "service_code", "planning_year")

    @pa.dataframe_check
    @classmethod
    def never_below_existing_places(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """The rule adds to what exists and takes nothing away."""
        return (table["proposed_users"] >= table["existing_places"]).fillna(True)


@declare(
    "proposal", "option", "Варианти за всяка област: места, обхванати лица, разход и от какво се отказва вариантът"
)
class Option(Table):
    """What three simple choices mean for one service of one oblast."""

    oblast_code: str = column("код на областта", str_matches=OBLAST)
    option: str = column("вариант: keep_places, cover_waiting, cover_demand", isin=OPTIONS)
    service_code: str = column("код на услугата")
    planning_year: int = column("година на планиране", "година")
    places: pd.Int64Dtype = column("места по варианта", "места", nullable=True, ge=0)
    places_added: pd.Int64Dtype = column("нови места спрямо днес", "места", nullable=True, ge=0)
    demand_median: float = column("прогнозно търсене, сбор на медианите по общини", "лица", nullable=True, ge=0)
    persons_covered: float = column("обхванати от медианното търсене", "лица", nullable=True, ge=0)
    persons_not_covered: float = column("останали без място от медианното търсене", "лица", nullable=True, ge=0)
    yearly_cost: float = column("годишен разход за новите места; NULL: няма стандарт", "пари", nullable=True, ge=0)
    currency: str = column("валута", nullable=True)
    price_year: pd.Int64Dtype = column("година на цените", "година", nullable=True)
    cost_note: str = column("защо няма разход", nullable=True)
    gives_up: str = column("от какво се отказва вариантът")
    status: str = status_column()


@declare("proposal", "subsidy_check", "Проверка отгоре: субсидията за социални услуги спрямо потребители по стандарт")
class SubsidyCheck(Table):
    """State subsidy of a municipality beside users x standard, in the currency of the budget year."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    year: int = column("бюджетна година", "година")
    currency: str = column("валута на субсидията", isin=("BGN", "EUR"))
    subsidy: float = column("субсидия за социални услуги по закона за държавния бюджет", "според currency", ge=0)
    period_end: str = column("край на периода, от който са потребителите", nullable=True)
    priced_users: float = column("потребители на услуги със стандарт", "лица", nullable=True, ge=0)
    users_times_standard: float = column(
        "потребители x стандарт; NULL: няма стандарт", "според currency", nullable=True
    )
    users_without_standard: float = column("потребители на услуги без стандарт", "лица", nullable=True, ge=0)
    services_without_standard: pd.Int64Dtype = column(
        "услуги на държавна издръжка без стандарт", "услуги", nullable=True
    )
    difference: float = column("субсидия - потребители x стандарт", "според currency", nullable=True)
    explained_share: float = column("потребители x стандарт спрямо субсидията", "дял", nullable=True, ge=0)
    note: str = column("какво стои в разликата")
    status: str = status_column()

    class Config:
        """One row per municipality and budget year."""

        unique = ("municipality_code", "year")
