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
