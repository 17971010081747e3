"""Tables of the link ``sources``, one declaration each: the raw file, what must hold in it, and the tidy table.

A raw file is a CSV under ``data/raw/<source>/<vintage>/`` whose ``keys`` name a row and whose ``values`` hold figures,
often one column per sex or per age. The tidy table has one figure per row, unchanged, with source and vintage beside.
``year`` is the year at whose end (31 December) a stock stands, or in which an event happened: Eurostat's 1 January t+1
is stored as year t, with the day as published in ``reference_date``. A figure that the publisher does not have is NULL.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ossu_analysis.schemas.base import Table, column, declare
from ossu_analysis.status import STATUSES

SEXES = ("F", "M", "T")
LEVELS = ("country", "region", "oblast", "municipality", "facility")
NSI_MARKS: Mapping[str, float | None] = {"x": None, "-": 0.0}
"""NSI: ``x`` suppressed or no such unit in that year, ``-`` no cases, which is a zero."""
NO_FIGURE: Mapping[str, float | None] = {":": None}
AREAS, SEX, RESIDENCE, AGES = "areas", "sexes", "residences", "ages"
WHOLE = pd.Int64Dtype


@dataclass(frozen=True)
class Column:
    """What a column of a tidy table holds."""

    kind: type
    comment: str
    unit: str = ""
    checks: Mapping[str, Any] = field(default_factory=dict)


def _of(kind: type, comment: str, unit: str = "", **checks: Any) -> Column:
    return Column(kind, comment, unit, checks)


COLUMNS = {
    "area_level": _of(
        str, "ниво на територията: country, region, oblast, municipality; facility заведение", isin=LEVELS
    ),
    "area_code": _of(str, "код на територията (BG; BG42; SML; SML02); за заведение кодът на общината"),
    "municipality_code": _of(str, "код на общината"),
    "year": _of(int, "година: състояние към 31 декември или събития през годината", "година", ge=1900, le=2200),
    "census_year": _of(int, "година на преброяването", "година", ge=1900, le=2200),
    "quarter": _of(int, "тримесечие", "1-4", ge=1, le=4),
    "period_from": _of(int, "първа година на периода", "година"),
    "period_to": _of(int, "последна година на периода", "година"),
    "residence": _of(str, "местоживеене: total, urban в градовете, rural в селата", isin=("total", "urban", "rural")),
    "sex": _of(str, "пол: F жени, M мъже, T общо", isin=SEXES),
    "age_from": _of(int, "първа навършена възраст на групата", "години", ge=0, le=120),
    "age_to": _of(WHOLE, "последна възраст на групата; NULL значи отворена група", "години", nullable=True),
    "age": _of(int, "навършена (в таблици за смъртност точна) възраст", "години", ge=0, le=120),
    "is_open": _of(bool, "дали възрастта е начало на отворената група"),
    "variant": _of(str, "вариант: medium, high, low; граници low_80, high_80, low_95, high_95"),
    "event": _of(str, "събитие: births живородени, deaths умрели", isin=("births", "deaths")),
    "function": _of(str, "social_services: социални услуги; all_delegated: всички делегирани дейности"),
    "education": _of(str, "степен: tertiary висше, upper_secondary средно, lower_secondary основно, primary_or_lower"),
    "rate": _of(str, "коефициент: activity_rate активност, employment_rate заетост, unemployment_rate безработица"),
    "dependants": _of(str, "зависими възрасти: total 0-14 и 65+, old 65+", isin=("total", "old")),
    "indicator": _of(str, "показател, напр. recognised_disability, households"),
    "category": _of(str, "разрез на показателя, напр. all, degree_50_70"),
    "published_name_bg": _of(str, "име на услугата, както е публикувано"),
    "service_code": _of(str, "услуга от reference.service; NULL: името не е една услуга", nullable=True),
    "facility": _of(str, "заведение, когато числото е за едно заведение", nullable=True),
    "measure": _of(
        str, "мярка: users, places, free_places, waiting, services, quota, planned_places, municipalities_*"
    ),
    "population": _of(int, "преброено население на общината", "лица", ge=0),
    "persons": _of(WHOLE, "брой лица; NULL: издателят няма число", "лица", nullable=True, ge=0),
    "births": _of(WHOLE, "живородени през годината; NULL: издателят няма число", "лица", nullable=True, ge=0),
    "deaths": _of(WHOLE, "умрели през годината; NULL: издателят няма число", "лица", nullable=True, ge=0),
    "persons_thousand": _of(float, "брой лица", "хил. лица", ge=0),
    "share": _of(float, "дял на възрастовата група", "дял", ge=0, le=1),
    "net_migration_per_1000": _of(float, "заселени минус изселени; NULL: няма число", "на 1000 души", nullable=True),
    "life_expectancy": _of(float, "очаквани оставащи години; NULL: няма число", "години", nullable=True, ge=0),
    "percent": _of(float, "дял от тоталната плодовитост", "%", ge=0, le=100),
    "mx": _of(float, "умрели на човекогодина", "1/година", ge=0),
    "male_per_female": _of(float, "живородени момчета на едно момиче", "отношение", ge=0),
    "rate_percent": _of(float, "дял или коефициент", "%", ge=0, le=100),
    "dependency_percent": _of(
        float, "зависими на 100 души на 15-64 години; NULL: няма число", "%", nullable=True, ge=0
    ),
    "amount_thousand": _of(float, "сума", "хил. от валутата", ge=0),
    "value": _of(int, "стойност", "според unit", ge=0),
    "unit": _of(str, "единица: persons, households, per_1000, places, services, municipalities"),
    "currency": _of(str, "валута: BGN, EUR", isin=("BGN", "EUR")),
    "legal_reference": _of(str, "закон, член и брой на Държавен вестник"),
    "title_bg": _of(str, "какво се брои"),
    "publisher_bg": _of(str, "издател"),
    "read_from": _of(str, "страница, от която е взето числото"),
    "note_bg": _of(str, "забележка", nullable=True),
    "is_low_reliability": _of(bool, "дали издателят го дава в скоби (ниска надеждност)"),
    "basis": _of(WHOLE, "преброяване, на което се опира броят; NULL: не е известно", "година", nullable=True),
    "is_revised": _of(bool, "дали издателят е преработил годината назад по по-късно преброяване"),
    "reference_date": _of(str, "дата (ГГГГ-ММ-ДД), година или сезон, към които издателят дава числото"),
    "published": _of(str, "кога е публикувано изданието (ГГГГ-ММ)"),
    "note": _of(str, "знак на издателя: „x“ няма данни, „-“ няма случаи", nullable=True),
    "source_id": _of(str, "източник (reference.source)"),
    "vintage": _of(str, "издание на източника (папката под data/raw/<източник>)"),
    "status": _of(str, "как е получено: observed, estimated, imputed, forecast, demonstration", isin=STATUSES),
}
TIDY = {
    "area_code": ("area_level", "area_code"),
    "age": ("age_from", "age_to"),
    "period": ("period_from", "period_to"),
    "published_name_bg": ("published_name_bg", "service_code"),
    "mark": ("is_low_reliability",),
}
"""Columns of a raw file that become others in the tidy table."""
PROVENANCE = ("source_id", "vintage", "status")


@dataclass(frozen=True)
class Layout:
    """One table of the publishers.

    Parameters
    ----------
    table : str
        Name of the tidy table and of the raw file without ``.csv``.
    sources : tuple of str
        Folders under ``data/raw``. Editions of several sources stand beside each other; where two vintages of one
        source give the same figure, the newer wins.
    comment : str
        What the table holds, in Bulgarian.
    keys : tuple of str
        Columns that name a row; no two rows may agree in all of them.
    figure : str
        Name of the figure in the tidy table. Its column says whether it is a count (a fraction is then a fault) and
        what its bounds are.
    values : tuple of str
        Columns that hold figures; the one named like the figure when there is one figure per row.
    across : str
        Column of the tidy table whose values are the headers of ``values``.
    beside : tuple of str
        Further columns of the tidy table: those that the record or the publisher's marks give.
    counts, texts : tuple of str
        Columns carried over as whole numbers and as text.
    marks : mapping
        Text of the publisher in place of a figure, and the figure it stands for.
    sums : tuple of str
        What must add up: ``areas``, ``sexes``, ``residences``, ``ages``. With ``ages`` the file has the age ``total``,
        which serves the check only and is not carried over.
    adds_to : float or None
        Sum of the figures of a row, within 0.1 %: 1 for shares, 100 for percent.
    single_ages : bool
        Whether ages are single years, so that the tidy table has ``age`` and ``is_open``.
    """

    table: str
    sources: tuple[str, ...]
    comment: str
    keys: tuple[str, ...]
    figure: str
    values: tuple[str, ...]
    across: str = ""
    beside: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    marks: Mapping[str, float | None] = field(default_factory=dict)
    sums: tuple[str, ...] = ()
    adds_to: float | None = None
    single_ages: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the file must have."""
        return (*self.keys, *self.counts, *self.texts, *self.values)

    @property
    def cell_keys(self) -> tuple[str, ...]:
        """Columns that name one figure in the long form."""
        return (*self.keys, self.across) if self.across else self.keys

    @property
    def tidy_keys(self) -> list[str]:
        """Columns of the tidy table that name one figure."""
        found = [name for key in self.cell_keys for name in self._tidy(key)]
        return list(dict.fromkeys([*found, *(["source_id"] if len(self.sources) > 1 else [])]))

    @property
    def tidy_columns(self) -> list[str]:
        """Columns of the tidy table, in its order."""
        named = (*self.cell_keys, *self.counts, self.figure, *self.texts, *self.beside, *PROVENANCE)
        return list(dict.fromkeys(name for key in named for name in self._tidy(key)))

    @property
    def is_count(self) -> bool:
        """Whether the figure is a whole number."""
        return COLUMNS[self.figure].kind is not float

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Smallest and largest figure that can be."""
        checks = COLUMNS[self.figure].checks
        return checks.get("ge"), checks.get("le")

    def _tidy(self, key: str) -> tuple[str, ...]:
        return ("age", "is_open") if key == "age" and self.single_ages else TIDY.get(key, (key,))

    def table_class(self) -> type[Table]:
        """The class that describes the tidy table."""
        chosen = {name: COLUMNS[name] for name in self.tidy_columns}
        fields = {name: column(one.comment, one.unit, **one.checks) for name, one in chosen.items()}
        kinds = {"__annotations__": {name: one.kind for name, one in chosen.items()}}
        return type(self.table.title().replace("_", ""), (Table,), {"__doc__": self.comment} | kinds | fields)


def _by_sex(table: str, source: str, comment: str, keys: tuple[str, ...], figure: str, **more: Any) -> Layout:
    return Layout(table, (source,), comment, keys, figure, SEXES, across="sex", **more)


AREA_YEAR, AREA_YEAR_AGE = ("area_code", "year"), ("area_code", "year", "age")
AREA_CENSUS = ("area_code", "census_year")
STOCK, ALL_SUMS = ("basis", "reference_date"), (SEX, RESIDENCE, AGES, AREAS)


def _population() -> Iterator[Layout]:
    # NSI 1169. Breaks at the censuses: never join two values of ``basis`` as one series.
    yield _by_sex(
        "population_municipality",
        "nsi_population",
        "Население към 31 декември по община, област и страна, местоживеене и пол (НСИ)",
        ("area_code", "year", "residence"),
        "persons",
        beside=(*STOCK, "note"),
        marks=NSI_MARKS,
        sums=(SEX, RESIDENCE, AREAS),
    )
    # Eurostat demo_r_pjangrp3. Groups are disjoint; the total of ages is their sum.
    yield _by_sex(
        "population_oblast_age",
        "eurostat_population",
        "Население по област, район и страна, пол и петгодишни групи до 90+ (Евростат)",
        AREA_YEAR_AGE,
        "persons",
        beside=STOCK,
        sums=(SEX, AGES, AREAS),
    )
    # Oblasts and the country, ages 0, 1-4, 5-9 ... 95-99, 100+.
    yield _by_sex(
        "population_oblast_residence_age",
        "nsi_population_oblast",
        "Население по област и страна, местоживеене, пол и възраст до 100+ (НСИ)",
        ("area_code", "year", "residence", "age"),
        "persons",
        beside=(*STOCK, "note"),
        marks=NSI_MARKS,
        sums=ALL_SUMS,
    )
    # NSI 1942: ages 0, 1-4, 5-9 ... 95-99, 100+.
    yield _by_sex(
        "population_region_residence_age",
        "nsi_population_region",
        "Население по район и страна, местоживеене, пол и възраст до 100+ (НСИ)",
        ("area_code", "year", "residence", "age"),
        "persons",
        beside=(*STOCK, "note"),
        marks=NSI_MARKS,
        sums=ALL_SUMS,
    )
    # Eurostat demo_r_pjanaggr3: country from 1989, oblasts from 1999. Years 2001-2010 were revised back.
    yield _by_sex(
        "population_broad_age",
        "eurostat_population",
        "Население по област, район и страна, пол и широки групи 0-14, 15-64, 65+ (Евростат, дълъг ред)",
        AREA_YEAR_AGE,
        "persons",
        beside=("basis", "is_revised", "reference_date"),
        sums=(SEX, AREAS),
    )
    # The same, totals: oblasts 1989-1994 and from 1999.
    yield _by_sex(
        "population_total_long",
        "eurostat_population",
        "Население по област, район и страна и пол, общо за възрастите (Евростат, дълъг ред)",
        AREA_YEAR,
        "persons",
        beside=("basis", "is_revised", "reference_date"),
        sums=(SEX, AREAS),
    )
    # Single ages 0-109 and 110+; the country only.
    yield _by_sex(
        "population_single_age",
        "undata_population",
        "Население на страната по единични възрасти и пол (UNdata, по данни на НСИ)",
        ("year", "age"),
        "persons",
        beside=STOCK,
        sums=(SEX, AGES),
        single_ages=True,
    )


def _events() -> Iterator[Layout]:
    # NSI 1130 and 1139, calendar years.
    for event, who in (("births", "Живородени"), ("deaths", "Умрели")):
        yield _by_sex(
            f"{event}_municipality",
            "nsi_vital",
            f"{who} по община, област и страна и пол (НСИ)",
            AREA_YEAR,
            event,
            beside=("note",),
            marks=NSI_MARKS,
            sums=(SEX, AREAS),
        )
    # Eurostat demo_r_magec3; age is that at death, in completed years.
    yield _by_sex(
        "deaths_oblast_age",
        "eurostat_deaths",
        "Умрели по област, район и страна, пол и петгодишни групи до 90+ (Евростат)",
        AREA_YEAR_AGE,
        "deaths",
        sums=(SEX, AGES, AREAS),
    )
    # Regional figures are rounded by the publisher in 1990-1994 and 2001-2005; from 2000 the NSI tables are exact.
    yield Layout(
        "vital_events_long",
        ("eurostat_deaths",),
        "Живородени и умрели общо по област, район и страна от 1990 г. (Евростат, дълъг ред)",
        AREA_YEAR,
        "persons",
        ("births", "deaths"),
        across="event",
    )
    # As the NSI publishes it, per 1000 inhabitants at the end of the year; the years that take a census in.
    yield Layout(
        "registered_migration",
        ("nsi_migration",),
        "Регистрирана нетна миграция по общини в годините, в които редът приема преброяване (НСИ)",
        ("municipality_code", "year"),
        "net_migration_per_1000",
        ("net_migration_per_1000",),
        marks=NO_FIGURE,
    )
    # Eurostat demo_r_mlifexp: remaining years at exact age, rounded to 0.1.
    yield Layout(
        "life_expectancy_region",
        ("eurostat_life_expectancy",),
        "Очаквана продължителност на живота по възраст, пол, район и страна (Евростат)",
        ("area_code", "year", "sex"),
        "life_expectancy",
        (*map(str, range(85)), "85+"),
        across="age",
        marks=NO_FIGURE,
        single_ages=True,
    )
    yield _by_sex(
        "life_expectancy_oblast",
        "nsi_life_expectancy",
        "Очаквана продължителност на живота при раждане по област и пол, за три години (НСИ)",
        ("area_code", "period"),
        "life_expectancy",
    )
    yield _by_sex(
        "life_expectancy_country",
        "nsi_life_expectancy",
        "Очаквана продължителност на живота по единични възрасти и пол, страната, за три години (НСИ)",
        ("period", "age"),
        "life_expectancy",
        single_ages=True,
    )


def _censuses() -> Iterator[Layout]:
    # 1 February 2011. Shares of a municipality add up to 1. PAZ39 did not exist.
    yield Layout(
        "census_profile",
        ("nsi_census_2011",),
        "Население и дялове по възраст на общините при преброяването от 2011 г.",
        ("municipality_code",),
        "share",
        ("0-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+"),
        across="age",
        beside=("basis",),
        counts=("population",),
        adds_to=1,
    )
    # 7 September 2021 and later; the country, oblasts and municipalities.
    yield Layout(
        "census_age",
        ("nsi_census",),
        "Население по община, област и страна и широки възрастови групи при преброяване (НСИ)",
        AREA_CENSUS,
        "persons",
        ("total", "0-14", "15-29", "30-44", "45-64", "65+"),
        across="age",
        sums=(AGES, AREAS),
    )
    yield _by_sex(
        "census_sex",
        "nsi_census",
        "Население по община, област и страна и пол при преброяване (НСИ)",
        AREA_CENSUS,
        "persons",
        sums=(SEX, AREAS),
    )
    # Persons of 7 and over.
    yield Layout(
        "census_education",
        ("nsi_census",),
        "Население на 7 и повече години по община, област и страна и образование при преброяване (НСИ)",
        AREA_CENSUS,
        "persons",
        ("tertiary", "upper_secondary", "lower_secondary", "primary_or_lower"),
        across="education",
        sums=(AREAS,),
    )
    # Not comparable with the Labour Force Survey.
    yield Layout(
        "census_labour",
        ("nsi_census",),
        "Активност, заетост и безработица по община, област и страна при преброяване (НСИ)",
        AREA_CENSUS,
        "rate_percent",
        ("activity_rate", "employment_rate", "unemployment_rate"),
        across="rate",
    )


def _projections() -> Iterator[Layout]:
    # Past periods only. Adds up to 100 in a period.
    yield Layout(
        "fertility_schedule",
        ("un_wpp2019", "un_wpp2024"),
        "Разпределение на раждаемостта по възраст на майката за страната (ООН, по издания)",
        ("period",),
        "percent",
        ("15-19", "20-24", "25-29", "30-34", "35-39", "40-44", "45-49"),
        across="age",
        beside=("published",),
        adds_to=100,
    )
    # Central death rates m(x), past periods only.
    yield Layout(
        "mortality_schedule",
        ("un_wpp2019",),
        "Коефициенти на смъртност по възраст и пол за страната (ООН)",
        ("period", "sex"),
        "mx",
        ("0", "1-4", *(f"{age}-{age + 4}" for age in range(5, 100, 5)), "100+"),
        across="age",
    )
    # For recent years compute it from births_municipality.
    yield Layout(
        "sex_ratio_at_birth",
        ("un_wpp2019",),
        "Момчета на едно момиче при раждането (ООН)",
        ("period",),
        "male_per_female",
        ("male_per_female",),
    )
    # On 1 July (UN 2019) or 31 December: see reference_date. Bounds only in total.
    yield Layout(
        "official_projection",
        ("un_wpp2019", "un_wpp2024", "nsi_projection_2023"),
        "Официални прогнози за страната по издания: варианти и граници (ООН, НСИ)",
        ("variant", "year", "sex", "age"),
        "persons_thousand",
        ("persons_thousand",),
        beside=("reference_date", "published"),
    )
    yield Layout(
        "oblast_projection",
        ("eurostat_europop2019",),
        "Официална прогноза за областите EUROPOP2019: начало и 31.12.2049 г. (Евростат)",
        AREA_YEAR,
        "persons",
        ("persons",),
        beside=("reference_date",),
    )
    # Main variant.
    yield Layout(
        "dependency_projection",
        ("nsi_projection_2023",),
        "Възрастова зависимост в страната по прогнозата на НСИ от 2023 г.",
        ("year", "sex"),
        "dependency_percent",
        ("total", "old"),
        across="dependants",
    )


def _society() -> Iterator[Layout]:
    # NSI 176 (EU-SILC). Oblasts only for all ages together; the survey's year, incomes are a year older.
    yield Layout(
        "at_risk_of_poverty",
        ("nsi_poverty",),
        "Дял на хората в риск от бедност (праг 60 % от медианата) по област, район и страна (НСИ)",
        ("area_code", "year", "sex", "age"),
        "rate_percent",
        ("rate_percent",),
    )
    # NSI 1011 (Labour Force Survey), percent of the labour force of 15 and over.
    yield Layout(
        "unemployment_rate",
        ("nsi_labour",),
        "Коефициент на безработица по област, район и страна и пол, средногодишно (НСИ)",
        ("area_code", "year", "sex"),
        "rate_percent",
        ("rate_percent",),
        texts=("mark",),
    )
    # NSI 939 (Labour Force Survey); quarters as published, a yearly mean is a computation.
    yield _by_sex(
        "employment_rate",
        "nsi_labour",
        "Коефициент на заетост на 15-64 години по област, район и страна, по тримесечия (НСИ)",
        ("area_code", "year", "quarter"),
        "rate_percent",
    )
    # Eurostat hlth_silc_19 (EU-SILC): what people say of themselves. For the shape by sex and age only.
    yield Layout(
        "longstanding_illness",
        ("eurostat_illness",),
        "Дял на хората с продължително заболяване по пол и възраст, България (Евростат)",
        ("area_code", "year", "sex", "age"),
        "rate_percent",
        ("rate_percent",),
        texts=("mark",),
    )
    # Quotations, each with its page. The censuses of 2011 and 2021 count disability differently: no series.
    yield Layout(
        "national_count",
        ("national_counts",),
        "Национален брой хора и домакинства: увреждания, здраве, домакинства, помощи",
        ("indicator", "category", "age", "reference_date", "unit"),
        "value",
        ("value",),
        texts=("title_bg", "publisher_bg", "read_from", "note_bg"),
    )
    # Published cells by published name; service_code is set where a name means one service of reference.service.
    yield Layout(
        "service_total",
        ("service_totals",),
        "Публикувани числа за социални услуги: места, потребители, чакащи, обхват",
        ("published_name_bg", "area_level", "area_code", "facility", "reference_date", "measure"),
        "value",
        ("value",),
        texts=("unit", "publisher_bg", "read_from", "note_bg"),
    )
    # State Budget Acts, as planned. Thousand leva in 2024 and 2025, thousand euro in 2026: never add the two.
    yield Layout(
        "subsidy_social",
        ("state_subsidy",),
        "Субсидия за делегирани от държавата дейности по общини: социални услуги и общо",
        ("municipality_code", "year"),
        "amount_thousand",
        ("social_services", "all_delegated"),
        across="function",
        texts=("currency", "legal_reference"),
    )


LAYOUTS = {
    layout.table: layout for group in (_population, _events, _censuses, _projections, _society) for layout in group()
}
for _layout in LAYOUTS.values():
    declare("sources", _layout.table, _layout.comment)(_layout.table_class())
