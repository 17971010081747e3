"""Tables of the link ``sources``: what the publishers say, figures unchanged.

``year`` is the year at whose end (31 December) a stock stands, or in which an event happened. Eurostat's 1 January t+1
is stored as year t, with the day as published in ``reference_date``. A figure that the publisher does not have is NULL.
"""

import pandas as pd

from ossu_analysis.schemas.base import Table, column, declare, status_column

LEVELS = ("country", "region", "oblast", "municipality")
RESIDENCES = ("total", "urban", "rural")
SEXES = ("F", "M", "T")


def _level() -> str:
    return column("ниво на територията: country, region, oblast, municipality", isin=LEVELS)


def _area() -> str:
    return column("код на територията (BG; BG42; SML; SML02)")


def _year() -> int:
    return column("година: състояние към 31 декември или събития през годината", "година", ge=1900, le=2200)


def _sex() -> str:
    return column("пол: F жени, M мъже, T общо", isin=SEXES)


def _residence() -> str:
    return column("местоживеене: total общо, urban в градовете, rural в селата", isin=RESIDENCES)


def _age_from() -> int:
    return column("първа навършена възраст на групата", "години", ge=0, le=120)


def _age_to() -> pd.Int64Dtype:
    return column("последна възраст на групата; NULL значи отворена група", "години", nullable=True)


def _persons() -> pd.Int64Dtype:
    return column("брой лица; NULL: издателят няма число", "лица", nullable=True, ge=0)


def _basis() -> pd.Int64Dtype:
    return column("преброяване, на което се опира броят; NULL: не е известно", "година", nullable=True)


def _reference_date() -> str:
    return column("дата, към която издателят дава числото (ГГГГ-ММ-ДД)")


def _note() -> str:
    return column("знак на издателя: „x“ няма данни, „-“ няма случаи", nullable=True)


def _source_id() -> str:
    return column("източник (reference.source)")


def _vintage() -> str:
    return column("издание на източника (папката под data/raw/<източник>)")


@declare(
    "sources",
    "population_municipality",
    "Население към 31 декември по община, област и страна, местоживеене и пол (НСИ)",
)
class PopulationMunicipality(Table):
    """NSI 1169. Breaks at the censuses of 2001 and 2011: never join two values of ``basis`` as one series."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    residence: str = _residence()
    sex: str = _sex()
    persons: pd.Int64Dtype = _persons()
    basis: pd.Int64Dtype = _basis()
    reference_date: str = _reference_date()
    note: str = _note()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "births_municipality", "Живородени по община, област и страна и пол (НСИ)")
class BirthsMunicipality(Table):
    """NSI 1130, calendar years."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    births: pd.Int64Dtype = column("живородени през годината; NULL: издателят няма число", "лица", nullable=True, ge=0)
    note: str = _note()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "deaths_municipality", "Умрели по община, област и страна и пол (НСИ)")
class DeathsMunicipality(Table):
    """NSI 1139, calendar years."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    deaths: pd.Int64Dtype = column("умрели през годината; NULL: издателят няма число", "лица", nullable=True, ge=0)
    note: str = _note()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources", "population_oblast_age", "Население по област, район и страна, пол и петгодишни групи до 90+ (Евростат)"
)
class PopulationOblastAge(Table):
    """Eurostat demo_r_pjangrp3. Groups are disjoint; the total of ages is their sum."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    persons: pd.Int64Dtype = _persons()
    basis: pd.Int64Dtype = _basis()
    reference_date: str = _reference_date()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources",
    "population_broad_age",
    "Население по област, район и страна, пол и широки групи 0-14, 15-64, 65+ (Евростат, дълъг ред)",
)
class PopulationBroadAge(Table):
    """Eurostat demo_r_pjanaggr3: country from 1989, oblasts from 1999. Years 2001-2010 were revised back."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    persons: pd.Int64Dtype = _persons()
    basis: pd.Int64Dtype = _basis()
    is_revised: bool = column("дали издателят е преработил годината назад по по-късно преброяване")
    reference_date: str = _reference_date()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources",
    "population_total_long",
    "Население по област, район и страна и пол, общо за възрастите (Евростат, дълъг ред)",
)
class PopulationTotalLong(Table):
    """Eurostat demo_r_pjanaggr3, totals: oblasts 1989-1994 and 1999-2018. Years 2001-2010 were revised back."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    persons: pd.Int64Dtype = _persons()
    basis: pd.Int64Dtype = _basis()
    is_revised: bool = column("дали издателят е преработил годината назад по по-късно преброяване")
    reference_date: str = _reference_date()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "deaths_oblast_age", "Умрели по област, район и страна, пол и петгодишни групи до 90+ (Евростат)")
class DeathsOblastAge(Table):
    """Eurostat demo_r_magec3, calendar years; age is that at death, in completed years."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    deaths: pd.Int64Dtype = column("умрели през годината", "лица", nullable=True, ge=0)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources",
    "vital_events_long",
    "Живородени и умрели общо по област, район и страна от 1990 г. (Евростат, дълъг ред)",
)
class VitalEventsLong(Table):
    """Regional figures are rounded by the publisher in 1990-1994 and 2001-2005; from 2000 use the NSI tables."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    event: str = column("събитие: births живородени, deaths умрели", isin=("births", "deaths"))
    persons: pd.Int64Dtype = _persons()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources",
    "population_region_residence_age",
    "Население по район и страна, местоживеене, пол и възраст до 100+ (НСИ)",
)
class PopulationRegionResidenceAge(Table):
    """NSI 1942: ages 0, 1-4, 5-9 ... 95-99, 100+."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    residence: str = _residence()
    sex: str = _sex()
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    persons: pd.Int64Dtype = _persons()
    basis: pd.Int64Dtype = _basis()
    reference_date: str = _reference_date()
    note: str = _note()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources", "life_expectancy_region", "Очаквана продължителност на живота по възраст, пол, район и страна (Евростат)"
)
class LifeExpectancyRegion(Table):
    """Eurostat demo_r_mlifexp: remaining years at exact age, rounded to 0.1."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    age: int = column("точна възраст", "години", ge=0, le=120)
    is_open: bool = column("дали възрастта е начало на отворената група (85+)")
    life_expectancy: float = column(
        "очаквани оставащи години; NULL: издателят няма число", "години", nullable=True, ge=0
    )
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "census_profile", "Население и дялове по възраст на общините при преброяването от 2011 г.")
class CensusProfile(Table):
    """One row per municipality and age class; shares of a municipality add up to 1. PAZ39 did not exist."""

    municipality_code: str = column("код на общината")
    population: int = column("преброено население на общината", "лица", ge=0)
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    share: float = column("дял на възрастовата група", "дял", ge=0, le=1)
    basis: pd.Int64Dtype = _basis()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources", "population_single_age", "Население на страната по единични възрасти и пол (UNdata, по данни на НСИ)"
)
class PopulationSingleAge(Table):
    """Single ages 0-109 and 110+; the country only."""

    year: int = _year()
    sex: str = _sex()
    age: int = column("навършена възраст", "години", ge=0, le=120)
    is_open: bool = column("дали групата е отворена (110+)")
    persons: pd.Int64Dtype = _persons()
    basis: pd.Int64Dtype = _basis()
    reference_date: str = _reference_date()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "fertility_schedule", "Разпределение на раждаемостта по възраст на майката за страната (ООН)")
class FertilitySchedule(Table):
    """UN WPP 2019: percent of total fertility by age of mother; adds up to 100 in a period."""

    period_from: int = column("начало на периода (средата на годината)", "година")
    period_to: int = column("край на периода (средата на годината)", "година")
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    percent: float = column("дял от тоталната плодовитост", "%", ge=0, le=100)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "mortality_schedule", "Коефициенти на смъртност по възраст и пол за страната (ООН)")
class MortalitySchedule(Table):
    """UN WPP 2019: central death rates m(x)."""

    period_from: int = column("начало на периода (средата на годината)", "година")
    period_to: int = column("край на периода (средата на годината)", "година")
    sex: str = _sex()
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    mx: float = column("умрели на човекогодина", "1/година", ge=0)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "sex_ratio_at_birth", "Момчета на едно момиче при раждането (ООН)")
class SexRatioAtBirth(Table):
    """UN WPP 2019; for recent years compute it from births_municipality."""

    period_from: int = column("начало на периода (средата на годината)", "година")
    period_to: int = column("край на периода (средата на годината)", "година")
    male_per_female: float = column("живородени момчета на едно момиче", "отношение", ge=0)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "official_projection", "Официална прогноза на ООН за страната (WPP 2019): варианти и граници")
class OfficialProjection(Table):
    """Mid-year (1 July), thousands. medium, high and low by sex and age; the bounds low_80 ... only in total."""

    variant: str = column("вариант: medium, high, low; граници low_80, high_80, low_95, high_95")
    year: int = column("година, към 1 юли", "година")
    sex: str = _sex()
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    persons_thousand: float = column("брой лица", "хил. лица", ge=0)
    reference_date: str = _reference_date()
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources",
    "at_risk_of_poverty",
    "Дял на хората в риск от бедност (праг 60 % от медианата) по област, район и страна (НСИ)",
)
class AtRiskOfPoverty(Table):
    """NSI 176 (EU-SILC). Oblasts only for all ages together; the survey's year, incomes are a year older."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    rate_percent: float = column("относителен дял в риск от бедност", "%", ge=0, le=100)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources", "unemployment_rate", "Коефициент на безработица по област, район и страна и пол, средногодишно (НСИ)"
)
class UnemploymentRate(Table):
    """NSI 1011 (Labour Force Survey), percent of the labour force of 15 and over."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    sex: str = _sex()
    rate_percent: float = column("коефициент на безработица", "%", ge=0, le=100)
    is_low_reliability: bool = column("дали издателят го дава в скоби (ниска надеждност)")
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare(
    "sources", "employment_rate", "Коефициент на заетост на 15-64 години по област, район и страна, по тримесечия (НСИ)"
)
class EmploymentRate(Table):
    """NSI 939 (Labour Force Survey); quarters as published, a yearly mean is a computation."""

    area_level: str = _level()
    area_code: str = _area()
    year: int = _year()
    quarter: int = column("тримесечие", "1-4", ge=1, le=4)
    sex: str = _sex()
    rate_percent: float = column("коефициент на заетост", "%", ge=0, le=100)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "national_count", "Национални брой хора и домакинства: увреждания, здраве, домакинства, помощи")
class NationalCount(Table):
    """Quotations, each with its page. The censuses of 2011 and 2021 count disability differently: no series."""

    indicator: str = column("показател, напр. recognised_disability, households")
    category: str = column("разрез на показателя, напр. all, degree_50_70")
    age_from: int = _age_from()
    age_to: pd.Int64Dtype = _age_to()
    reference_date: str = column("дата, година или сезон, към които е числото")
    unit: str = column("единица: persons, households, per_1000")
    value: float = column("стойност", "според unit", ge=0)
    title_bg: str = column("какво се брои")
    publisher_bg: str = column("издател")
    read_from: str = column("страница, от която е взето числото")
    note_bg: str = column("забележка", nullable=True)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "service_total", "Публикувани числа за социални услуги: места, потребители, чакащи, обхват")
class ServiceTotal(Table):
    """Published cells by published name; service_code is set where a name means one service of reference.service."""

    published_name_bg: str = column("име на услугата, както е публикувано")
    service_code: str = column("услуга от reference.service; NULL: името не е една услуга", nullable=True)
    area_level: str = column("ниво: country, municipality, facility", isin=("country", "municipality", "facility"))
    area_code: str = column("код на територията; за заведение кодът на общината")
    facility: str = column("заведение, когато числото е за едно заведение", nullable=True)
    reference_date: str = column("дата или година, към която е числото")
    measure: str = column(
        "мярка: users, places, free_places, waiting, services, quota, planned_places, municipalities_*"
    )
    value: int = column("стойност", "според unit", ge=0)
    unit: str = column("единица: persons, places, services, municipalities")
    publisher_bg: str = column("издател")
    read_from: str = column("страница, от която е взето числото")
    note_bg: str = column("забележка", nullable=True)
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()


@declare("sources", "subsidy_social", "Субсидия за делегирани от държавата дейности по общини: социални услуги и общо")
class SubsidySocial(Table):
    """State Budget Acts, as planned. Thousand leva in 2024 and 2025, thousand euro in 2026: never add the two."""

    municipality_code: str = column("код на общината")
    year: int = _year()
    function: str = column("social_services: социални услуги; all_delegated: всички делегирани дейности")
    amount_thousand: float = column("сума", "хил. от валутата", ge=0)
    currency: str = column("валута: BGN, EUR", isin=("BGN", "EUR"))
    legal_reference: str = column("закон, член и брой на Държавен вестник")
    source_id: str = _source_id()
    vintage: str = _vintage()
    status: str = status_column()
