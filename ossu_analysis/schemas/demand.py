"""Tables of the link ``demand``: need, demand and use apart, and the rates that they rest on."""

import pandas as pd
import pandera.pandas as pa

from ossu_analysis.schemas.base import MUNICIPALITY, Table, column, declare, status_column
from ossu_analysis.schemas.population import OUTPUT_TYPES


@declare("demand", "group_rate", "Дял на целевите групи от населението: там, където има официално число")
class GroupRate(Table):
    """Share of a base group (ages of the population forecast) that belongs to a target group."""

    target_group: str = column("код на целевата група")
    area_level: str = column(
        "ниво, за което важи делът: country, oblast, municipality", isin=("country", "oblast", "municipality")
    )
    area_code: str = column("код на територията")
    sex: str = column("пол: T общо", isin=("F", "M", "T"))
    base_group: str = column("група по възраст, от която се взема делът")
    rate: float = column("дял, изчислен към датата на източника", "лица на лице", ge=0, le=1)
    published_rate: float = column("дял, както е публикуван за последната година", "лица на лице", nullable=True)
    published_persons: float = column("брой, както е публикуван към датата", "лица", nullable=True, ge=0)
    standard_error: float = column("стандартна грешка на логаритъма на дела", "лог. единици", ge=0)
    yearly_sd: float = column("стандартно отклонение на годишното движение на дела", "лог. единици", nullable=True)
    common_share: float = column("част от движението, обща за всички области", "дял", nullable=True, ge=0, le=1)
    reference_date: str = column("към коя дата е числото; при възрастовите групи: последното наблюдавано население")
    source_id: str = column("източник (reference.source)")
    source_class: str = column("вид на източника: official, municipal_study, context")
    note_bg: str = column("какво значи делът и как е получен")
    status: str = status_column()


@declare("demand", "local_group_rate", "Дял на целеви групи по общински проучвания; празна, когато няма такива")
class LocalGroupRate(Table):
    """Counts of municipalities, smoothed towards their oblast; beside the official rates and never among them."""

    target_group: str = column("код на целевата група")
    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    base_group: str = column("група, спрямо която се мери")
    counted: int = column("преброени лица", "лица", ge=0)
    base_persons: float = column("лица в групата, спрямо която се мери, в годината на преброяването", "лица", ge=0)
    direct_rate: float = column("преброени на лице", "лица на лице", ge=0, le=1, nullable=True)
    rate: float = column("дял, изгладен към областта", "лица на лице", ge=0, le=1)
    rate_low: float = column("долна граница (10 %)", "лица на лице", ge=0, le=1)
    rate_high: float = column("горна граница (90 %)", "лица на лице", ge=0, le=1)
    reference_date: str = column("към коя дата е преброяването")
    source: str = column("кой е преброил и как")
    source_class: str = column("вид на източника: municipal_study", str_matches="^municipal_study$")
    note_bg: str = column("какво значи делът и как е получен")
    status: str = status_column()

    class Config:
        """One row per group and municipality."""

        unique = ("target_group", "municipality_code")


@declare("demand", "group_status", "За кои целеви групи има реално число и какво липсва за останалите")
class GroupStatus(Table):
    """Every target group: the source of its rate, or what return would supply one; nothing is guessed."""

    target_group: str = column("код на целевата група", unique=True)
    name_bg: str = column("наименование")
    has_rate: bool = column("има ли официален дял или брой")
    area_level: str = column("ниво на дела", nullable=True)
    base_group: str = column("група по възраст, от която се взема делът", nullable=True)
    reference_date: str = column("към коя дата", nullable=True)
    source_id: str = column("източник", nullable=True)
    source_class: str = column("вид на източника", nullable=True)
    remark_bg: str = column("бележка; „няма данни“ и кой би ги дал, когато няма дял")
    status: str = status_column()


class _Forecast(Table):
    """The contract columns of a forecast of this link."""

    area_level: str = column("ниво на територията: country, region, oblast, municipality (или level_0, level_1, ...)")
    area_code: str = column("код на територията")
    service_code: str = column("код на услугата; NULL при потребност", nullable=True)
    target_group: str = column("целева група; при търсене и ползване: групата, спрямо която се мерят", nullable=True)
    year: int = column("година, към 31 декември", "година", ge=1950, le=2200)
    scenario: str = column("сценарий; reference е основният")
    output_type: str = column("вид на стойността: mean, median, quantile", isin=OUTPUT_TYPES)
    output_type_id: str = column("ниво на квантила, напр. '0.1'; NULL при mean и median", nullable=True)
    persons: float = column("брой лица", "лица", ge=0)
    method: str = column("как е получено")
    run_id: str = column("изчисление, от което идва редът")
    status: str = status_column()


@declare("demand", "need_forecast", "Потребност: лица, които отговарят на условията, по целева група")
class NeedForecast(_Forecast):
    """Persons who qualify, whether or not they would ask."""


@declare("demand", "demand_forecast", "Търсене: лица, които биха ползвали услугата, ако местата не са пречка")
class DemandForecast(_Forecast):
    """Persons who would use a service if places were no limit."""


@declare("demand", "use_forecast", "Ползване: лица, които ще бъдат обслужени при днешните места")
class UseForecast(_Forecast):
    """Persons served if places stay as they were last reported."""


@declare("demand", "scenario_forecast", "Търсене по сценарии, един до друг, по област, район и страна")
class ScenarioForecast(_Forecast):
    """Demand under the named scenarios of ``data/assumptions/demand_scenarios``, by the same random numbers."""


@declare("demand", "driver", "Защо се променя търсенето: от обслужените днес до търсещите в целевата година")
class Driver(Table):
    """use_today + population_size + age_structure + rate_trend + released_unmet + policy = demand_then."""

    area_level: str = column("ниво на територията: municipality, oblast, region, country")
    area_code: str = column("код на територията")
    service_code: str = column("код на услугата")
    base_year: int = column("базова година", "година")
    target_year: int = column("целева година", "година")
    scenario: str = column("сценарий; reference е основният")
    use_today: float = column("обслужени в базовата година (средно от симулациите)", "лица", ge=0)
    population_size: float = column("от промяната на броя на населението", "лица")
    age_structure: float = column("от промяната на дела на групата, която може да ползва услугата", "лица")
    rate_trend: float = column("от промяната на дела на търсещите", "лица")
    released_unmet: float = column("от търсене, което днес остава без места", "лица")
    policy: float = column("от сценария спрямо непроменена политика", "лица")
    demand_then: float = column("търсене в целевата година (средно от симулациите)", "лица", ge=0)
    status: str = status_column()

    class Config:
        """One row per area, service, target year and scenario."""

        unique = ("area_level", "area_code", "service_code", "target_year", "scenario")

    @pa.dataframe_check
    @classmethod
    def causes_add_up(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """The causes are the whole difference."""
        causes = ["use_today", "population_size", "age_structure", "rate_trend", "released_unmet", "policy"]
        return (table[causes].sum(axis=1) - table["demand_then"]).abs() <= 1e-6 * (1 + table["demand_then"])


@declare("demand", "above_places", "Вероятност търсенето да надхвърли местата, по община, услуга и година")
class AbovePlaces(Table):
    """Places as last reported, and the share of draws in which demand is above them."""

    municipality_code: str = column("код на общината")
    service_code: str = column("код на услугата")
    year: int = column("година, към 31 декември", "година")
    scenario: str = column("сценарий")
    places: float = column("места по последния отчет; 0 без услуга", "места", ge=0)
    probability: float = column("вероятност търсенето да е над местата", "дял", ge=0, le=1)
    status: str = status_column()


@declare("demand", "waiting_time", "Колко трае чакането при днешните места и при повече: по модел, не по регистър")
class WaitingTime(Table):
    """Years of waiting by a flow model, and the places that bring the wait below a target."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    year: int = column("година, чието търсене е взето", "година")
    places: float = column("места по последния отчет", "места", gt=0)
    added_places: int = column("колко места се добавят към тях", "места", ge=0)
    stay_years: float = column("среден престой, прочетен от движението на броя на ползващите", "години", gt=0)
    validity: float = column("колко търсещи стоят зад един записан в списъка на чакащите", "лица", gt=0)
    wait_years: float = column("чакане от записването до мястото, медиана", "години", ge=0)
    wait_low: float = column("долна граница (10 %)", "години", ge=0)
    wait_high: float = column("горна граница (90 %)", "години", ge=0)
    places_for_3_months: float = column("места, с които чакането е три месеца", "места", ge=0)
    places_for_6_months: float = column("места, с които чакането е шест месеца", "места", ge=0)
    places_for_12_months: float = column("места, с които чакането е една година", "места", ge=0)
    status: str = status_column()

    class Config:
        """One row per municipality, service and number of added places."""

        unique = ("municipality_code", "service_code", "added_places")


@declare("demand", "use_rate", "Дял на търсещите услугата от лицата, които може да я търсят: по община, с граници")
class UseRate(Table):
    """What the returns say of the rate of each municipality, pooled with its oblast."""

    service_code: str = column("код на услугата")
    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    oblast_code: str = column("област")
    exposed_group: str = column("група, спрямо която се мери")
    year: int = column("последна година с отчети", "година")
    rate: float = column("търсещи на лице от групата, изгладено към областта", "лица на лице", ge=0)
    rate_low: float = column("долна граница (10 %)", "лица на лице", ge=0)
    rate_high: float = column("горна граница (90 %)", "лица на лице", ge=0)
    direct_rate: float = column("отчетени търсещи на лице; NULL без отчет", "лица на лице", nullable=True, ge=0)
    parent_rate: float = column("равнище на областта", "лица на лице", ge=0)
    known_cells: int = column("години, в които търсенето е известно", "години", ge=0)
    censored_cells: int = column("години, в които услугата е пълна: известно е само най-малкото", "години", ge=0)
    pooled: bool = column("под 20 очаквани потребители: числото е главно от областта")
    dispersion: float = column("свръхразсейване: дисперсия = средно + дял x средно^2", ge=0)
    method: str = column("как е получено")
    status: str = status_column()

    class Config:
        """One row per service and municipality."""

        unique = ("service_code", "municipality_code")
