"""Tables of the link ``population``."""

import pandas as pd

from ossu_analysis.schemas.base import Table, column, declare, status_column

LEVELS = ("country", "region", "oblast", "municipality")
OUTPUT_TYPES = ("mean", "median", "quantile")


@declare(
    "population",
    "forecast",
    "Население по община, област, район и страна към 31 декември: базова година и прогноза с граници",
)
class Forecast(Table):
    """Persons by area, year, sex, age group and scenario: the base year as observed rows, later years with ranges."""

    area_level: str = column("ниво на територията: country, region, oblast, municipality")
    area_code: str = column("код на територията (BG; BG42; SML; SML02)")
    year: int = column("година, към 31 декември", "година", ge=1950, le=2200)
    sex: str = column("пол: F жени, M мъже, T общо", isin=("F", "M", "T"))
    age_from: int = column("първа навършена възраст на групата", "години", ge=0, le=120)
    age_to: pd.Int64Dtype = column("последна възраст на групата; NULL значи отворена група", "години", nullable=True)
    scenario: str = column("сценарий; reference е основният")
    output_type: str = column("вид на стойността: mean, median, quantile", isin=OUTPUT_TYPES)
    output_type_id: str = column("ниво на квантила, напр. '0.1'; NULL при mean и median", nullable=True)
    persons: float = column("брой лица", "лица", ge=0)
    base_year: int = column("последна година с наблюдавано население", "година")
    run_id: str = column("изчисление, от което идва редът")
    status: str = status_column()


@declare(
    "population",
    "component",
    "Компоненти на изменението на населението: раждания, умирания, миграция, неотчетена загуба",
)
class Component(Table):
    """Births, deaths, net migration and hidden loss per area and year; births - deaths + migration + loss = change."""

    area_level: str = column("ниво на територията")
    area_code: str = column("код на територията")
    year: int = column("календарна година", "година")
    scenario: str = column("сценарий")
    output_type: str = column("вид на стойността: mean, median, quantile", isin=OUTPUT_TYPES)
    output_type_id: str = column("ниво на квантила; NULL при mean и median", nullable=True)
    births: float = column("живородени през годината", "лица", ge=0)
    deaths: float = column("умрели през годината", "лица", ge=0)
    net_migration: float = column("заселени минус изселени през годината", "лица")
    hidden_loss: float = column(
        "изменение, което текущата статистика не отчита и ще проличи при преброяване (отрицателно е загуба)", "лица"
    )
    base_year: int = column("последна година с наблюдавано население", "година")
    run_id: str = column("изчисление, от което идва редът")
    status: str = status_column()


@declare("population", "exposure_draw", "Съвместни симулации на броя лица по целева група, община и година")
class ExposureDraw(Table):
    """Joint draws of the persons in each target group: what demand reads. Large; written and read by chunk."""

    draw: int = column("номер на симулацията, от 0")
    municipality_code: str = column("код на общината")
    year: int = column("година, към 31 декември", "година")
    target_group: str = column("код на целевата група")
    persons: float = column("брой лица", "лица", ge=0)
    status: str = status_column()


@declare("population", "total_draw", "Съвместни симулации на общия брой жители по община и година")
class TotalDraw(Table):
    """Joint draws of municipal totals, with the part of the year's change that a census brings."""

    draw: int = column("номер на симулацията, от 0")
    municipality_code: str = column("код на общината")
    year: int = column("година, към 31 декември", "година")
    persons: float = column("брой лица", "лица", ge=0)
    hidden_loss: float = column(
        "изменение през годината, донесено от преброяване и неотчетено от текущата статистика (отрицателно е загуба)",
        "лица",
    )
    status: str = status_column()


@declare(
    "population",
    "adjustment",
    "Разлика между прогнозата и официалната прогноза по години: с колко сценарий, който я следва, умножава лицата",
)
class Adjustment(Table):
    """Mean of the draws, the official total and their ratio; ``applied`` in a scenario that follows the projection."""

    area_level: str = column("ниво на територията, за което е даден официалният общ брой")
    area_code: str = column("код на територията")
    year: int = column("година, към 31 декември", "година")
    persons_before: float = column("средно от нашите симулации преди изравняването", "лица", ge=0)
    persons: float = column("официална прогноза, пренесена към 31 декември", "лица", ge=0)
    factor: float = column("официалната прогноза, делена на нашата", "отношение", ge=0)
    scenario: str = column("сценарий; reference е основният")
    variant: str = column("вариант на официалната прогноза")
    applied: bool = column("дали сценарият следва официалната прогноза; иначе редът е само за сравнение")
    source_id: str = column("код на източника на официалната прогноза")
    status: str = status_column()


@declare(
    "population",
    "municipality_age",
    "Оценка на населението по община, пол и единична възраст от 2011 г. до базовата година",
)
class MunicipalityAge(Table):
    """Estimated: only totals by sex are published for municipalities; sums over ages are the published totals."""

    municipality_code: str = column("код на общината")
    year: int = column("година, към 31 декември", "година", ge=2011)
    sex: str = column("пол: F жени, M мъже", isin=("F", "M"))
    age: int = column("навършена възраст; последната е отворена", "години", ge=0, le=100)
    is_open: bool = column("дали възрастта е „и повече“")
    persons: float = column("брой лица", "лица", ge=0)
    status: str = status_column()


@declare("population", "exposure_observed", "Брой лица в целевите групи по община до базовата година")
class ExposureObserved(Table):
    """What past use of services is measured against: totals are published, ages are estimated."""

    municipality_code: str = column("код на общината")
    year: int = column("година, към 31 декември", "година")
    target_group: str = column("код на целевата група")
    persons: float = column("брой лица", "лица", ge=0)
    status: str = status_column()


@declare("population", "age_score", "Проверка на оценката на възрастите: скрити области и следващото преброяване")
class AgeScore(Table):
    """Ages estimated as if they were unknown, against published ones: of oblasts, and of municipalities at a census."""

    test: str = column("hidden_oblast: области, скрити в района си; next_census: общини при следващото преброяване")
    base_year: int = column("година на проверката", "година")
    method: str = column(
        "метод: estimate (нашата оценка), region_shares (дялове на района), oblast_shares (дялове на областта)"
    )
    age_group: str = column("възрастова група; cells: всички клетки пол x петгодишна група")
    metric: str = column("мярка: MAPE средна абсолютна грешка, WAPE претеглена", isin=("MAPE", "WAPE"))
    value: float = column("грешка", "процент", ge=0)
    status: str = status_column()
