"""Tables of the link ``reference``: code lists, crosswalks, sources, assumptions and rules."""

import pandas as pd

from ossu_analysis.schemas.base import MUNICIPALITY, OBLAST, Table, column, declare, status_column

REGION = r"^BG\d{2}$"


@declare("reference", "region", "Райони за планиране (NUTS 2)")
class Region(Table):
    """The six planning regions."""

    region_code: str = column("код на района за планиране (NUTS 2)", str_matches=REGION, unique=True)
    name_bg: str = column("наименование")
    name_en: str = column("наименование на английски")


@declare("reference", "oblast", "Области")
class Oblast(Table):
    """The 28 oblasts with the codes of NSI and of Eurostat."""

    oblast_code: str = column("код на областта (НСИ)", str_matches=OBLAST, unique=True)
    name_bg: str = column("наименование")
    name_en: str = column("наименование на английски")
    region_code: str = column("район за планиране", str_matches=REGION)
    nuts3_code: str = column("код NUTS 3 на Евростат", str_matches=r"^BG\d{3}$", unique=True)


@declare("reference", "municipality", "Общини: 265, с наименование, област, категория, център и площ")
class Municipality(Table):
    """The 265 municipalities. Names are not keys: two are called Бяла (RSE04 and VAR05)."""

    municipality_code: str = column("код на общината (НСИ)", str_matches=MUNICIPALITY, unique=True)
    name_bg: str = column("наименование")
    name_en: str = column("наименование на английски")
    oblast_code: str = column("област", str_matches=OBLAST)
    category: int = column("категория на общината, 0 (столица) до 5", ge=0, le=5)
    seat_lat: float = column("ширина на общинския център, закръглена до 0,01", "градуси", ge=41, le=45)
    seat_lon: float = column("дължина на общинския център, закръглена до 0,01", "градуси", ge=22, le=29)
    area_km2: float = column("площ", "кв. км", gt=0)
    valid_from: pd.Int64Dtype = column("първа година с този код; NULL: преди 2000 г.", "година", nullable=True)
    valid_to: pd.Int64Dtype = column("последна година с този код; NULL: и сега", "година", nullable=True)


@declare("reference", "area_change", "Промени на общините: стар код, нов код, година и дял")
class AreaChange(Table):
    """Dated crosswalk; ``share`` of the old unit that went to the new one, NULL when it is to be computed from data."""

    old_code: str = column("код преди промяната", str_matches=MUNICIPALITY)
    new_code: str = column("код след промяната", str_matches=MUNICIPALITY)
    year: int = column("първа година с данни по новия код", "година")
    kind: str = column("вид: recode прекодиране, split отделяне", isin=("recode", "split"))
    share: float = column("дял от населението на старата единица в годината на промяната", "дял", ge=0, le=1)
    note_bg: str = column("какво е станало")
    source_bg: str = column("откъде е числото")


@declare("reference", "census", "Преброявания на населението: година и първи ден")
class CensusDay(Table):
    """Day from which a census counts; how long it takes to enter the published series is read from it."""

    year: int = column("година на преброяването", "година")
    day: str = column("първи ден на преброяването", str_matches=r"^\d{4}-\d{2}-\d{2}$")
    source_bg: str = column("откъде е датата")


CONFIDENCE = ("verified", "secondary", "inferred", "computed_from_rule", "later_acts_not_checked")


@declare("reference", "service", "Социални услуги: код, име, ниво на планиране, целева група и група за измерване")
class Service(Table):
    """Services of the law, closing homes and services of the municipal budget.

    ``target_group`` is the (first) group that the service is for; ``exposed_group`` has a real rate and is the group
    that use is measured against. ``confidence`` marks each statement of the row (name, level, indicator, rate).
    """

    service_code: str = column("код на услугата", unique=True)
    name_bg: str = column("наименование")
    short_name_bg: str = column("кратко наименование за таблици", unique=True)
    name_en: str = column("наименование на английски")
    service_group: str = column("код на групата по ЗСУ")
    service_group_bg: str = column("група по ЗСУ")
    planning_level: str = column(
        "ниво на планиране: municipal, oblast, country, municipal_budget, legacy (закрива се), legacy_in_map, unknown",
        isin=("municipal", "oblast", "country", "municipal_budget", "legacy", "legacy_in_map", "unknown"),
    )
    target_group: str = column("целева група, за която е услугата (първата)")
    target_groups: str = column("всички целеви групи, разделени с |")
    exposed_group: str = column("група с официална честота, спрямо която се мери ползването")
    exposed_reason_bg: str = column("защо се мери спрямо по-широка група; NULL: групата е същата", nullable=True)
    unit: str = column("в какво се брои: users потребители, places места", isin=("users", "places"))
    legal_ref: str = column("правно основание")
    is_capacity: bool = column("дали местата са капацитет; false: домът се закрива и живеещите са търсене")
    is_integrated: bool = column("дали е интегрирана здравно-социална услуга (ЗСУ, чл. 138-145)")
    counted_as: str = column("услуга, като която влизат местата в картата; NULL: самата тя", nullable=True)
    replaced_by: str = column("услуга, която заменя закриваната; NULL: не се закрива", nullable=True)
    closes_on: str = column(
        "ден, до който се закрива; NULL: не се закрива", nullable=True, str_matches=r"^\d{4}-\d{2}-\d{2}$"
    )
    note_bg: str = column("бележка", nullable=True)
    confidence: str = column("колко сигурни са името, нивото, показателят и нормата")
    criterion_loaded: bool = column("дали критерият за услугата е зареден в data/rules")


@declare("reference", "target_group", "Целеви групи: възраст, определение, източник и дали има официална честота")
class TargetGroup(Table):
    """Groups of the law and technical age classes. A group without a rate is listed, never guessed."""

    target_group: str = column("код на групата", unique=True)
    name_bg: str = column("наименование")
    name_en: str = column("наименование на английски")
    age_from: pd.Int64Dtype = column("първа възраст; NULL: не се определя с възраст", "години", nullable=True, ge=0)
    age_to: pd.Int64Dtype = column("последна възраст; NULL: без горна граница", "години", nullable=True, ge=0)
    age_rule: str = column(
        "как се брои: fixed по възраст, retirement_threshold по възрастта за пенсия, rate с честота, none не се брои",
        isin=("fixed", "retirement_threshold", "rate", "none"),
    )
    definition_bg: str = column("определение")
    official_source: str = column("кой води броя")
    has_rate: bool = column("дали има официален брой или честота")
    rate_source_id: str = column("източник на честотата (reference.source)", nullable=True)
    missing_note_bg: str = column("какво би дало липсващия брой", nullable=True)
    confidence: str = column("колко сигурно е определението", isin=CONFIDENCE)


@declare("reference", "retirement_age", "Възраст за пенсия по година и пол (граница на трудоспособната възраст)")
class RetirementAge(Table):
    """КСО, art. 68(1). Beyond the last year no number exists: the age is then tied to life expectancy."""

    year: int = column("година", "година")
    sex: str = column("пол", isin=("F", "M"))
    years: int = column("навършени години", "години", ge=50, le=75)
    months: int = column("и месеци", "месеци", ge=0, le=11)
    legal_ref: str = column("правно основание")
    confidence: str = column("колко сигурно е числото", isin=CONFIDENCE)


@declare("reference", "legacy_service", "Съответствие на старите имена на услуги с новите (много към много)")
class LegacyService(Table):
    """Names before the Social Services Act, still used by the budget, and the services of today they may be."""

    old_name_bg: str = column("старо име")
    old_abbreviation: str = column("съкращение", nullable=True)
    activity_code: str = column("дейност по ЕБК", nullable=True)
    service_code: str = column("услуга от reference.service")
    certainty: str = column("колко сигурно е съответствието", isin=CONFIDENCE)


@declare("reference", "budget_activity", "Дейности по единната бюджетна класификация за социални услуги")
class BudgetActivity(Table):
    """Codes of function 5 that are social services, as of the classification of 2026."""

    activity_code: str = column("код на дейността", str_matches=r"^\d{3}$", unique=True)
    name_bg: str = column("наименование")
    classification_year: int = column("година на класификацията", "година")


@declare("reference", "legal_deadline", "Срокове по закона и наредбата")
class LegalDeadline(Table):
    """Who must do what, when, by which article."""

    cycle: str = column("цикъл: planning, yearly, once", isin=("planning", "yearly", "once"))
    deadline_code: str = column("код", unique=True)
    what_bg: str = column("какво")
    who_bg: str = column("кой")
    when_bg: str = column("кога")
    legal_ref: str = column("правно основание")
    confidence: str = column("колко сигурно е", isin=CONFIDENCE)


@declare("reference", "source", "Източници: издател, набор, издание, срокове, известни недостатъци, контролна сума")
class Source(Table):
    """One row per raw file and vintage, from the ``source.yaml`` beside it."""

    source_id: str = column("източник (папка под data/raw)")
    vintage: str = column("издание (папка под източника)")
    table_name: str = column("таблица от sources")
    publisher: str = column("издател на английски")
    publisher_bg: str = column("издател")
    source_class: str = column("вид: official официален, municipal_study проучване на общината, context контекст")
    dataset_code: str = column("набор на издателя", nullable=True)
    title_bg: str = column("заглавие")
    reference_bg: str = column("към коя дата или период са числата")
    first_year: int = column("първа година", "година")
    last_year: int = column("последна година", "година")
    status: str = status_column()
    licence: str = column("условия за ползване")
    landing_page: str = column("страница на издателя", nullable=True)
    read_from: str = column("откъде е взет файлът", nullable=True)
    published: str = column("дата на публикуване; NULL: не е известна", nullable=True)
    retrieved: str = column("дата на изтегляне")
    file: str = column("файл")
    row_count: int = column("редове във файла при изтеглянето", "редове")
    sha256: str = column("контролна сума при изтеглянето")
    is_edited: bool = column("дали файлът е променен след изтеглянето")
    caveats_bg: str = column("известни недостатъци и прекъсвания", nullable=True)
    checks_bg: str = column("направени сверки", nullable=True)


@declare("reference", "assumption", "Параметри, които не се оценяват от данни: стойност, дата, източник, качество")
class AssumptionValue(Table):
    """One row per dated value of ``data/assumptions``."""

    assumption_id: str = column("код")
    title_bg: str = column("наименование")
    unit: str = column("мерна единица")
    valid_from: str = column("в сила от (ГГГГ-ММ-ДД)")
    value: float = column("стойност", "според unit")
    quality: str = column("качество: law закон, observed наблюдавано, convention уговорка, weak слабо")
    source_bg: str = column("източник")
    note_bg: str = column("бележка", nullable=True)
    file: str = column("файл")


@declare("reference", "unit_size", "Размер на една услуга и срок за откриване: най-малък, най-голям, източник")
class UnitSizeRow(Table):
    """How small and how large one unit may be; nothing here is a norm, and ``quality`` says so."""

    service_code: str = column("услуга", unique=True)
    smallest: int = column("най-малък размер на една услуга", "потребители", ge=1)
    largest: pd.Int64Dtype = column(
        "най-голям размер на една услуга; NULL: не е наблюдаван", "потребители", nullable=True
    )
    lead_years: int = column("години от решението до първия потребител", "години", ge=0)
    is_mobile: bool = column("дали може да се предоставя мобилно (ЗСУ, чл. 17)")
    quality: str = column(
        "качество: observed наблюдавано, convention уговорка, no_unit услуга без звено",
        isin=("observed", "convention", "no_unit"),
    )
    source_bg: str = column("източник")
    file: str = column("файл")


@declare("reference", "rule", "Критерии за планиране по услуги; празна норма значи „критерият не е зареден“")
class RuleRow(Table):
    """One row per service and period of validity, from ``data/rules``."""

    service_code: str = column("услуга")
    level: str = column("ниво на планиране")
    legal_ref: str = column("правно основание")
    indicator: str = column("показател (целева група)", nullable=True)
    condition_indicator: str = column("показател на условието; NULL: без условие", nullable=True)
    condition_comparison: str = column("сравнение: >=, >, <=, <, ==", nullable=True)
    condition_value: float = column("с коя стойност се сравнява", "според показателя", nullable=True)
    base: str = column("основа: count брой, share дял, per_n на всеки per, table по таблица", nullable=True)
    rate: float = column("норма; NULL: критерият не е зареден", "според rate_unit", nullable=True, ge=0)
    rate_unit: str = column("мерна единица на нормата", nullable=True)
    steps: str = column("таблица „от стойност: потребители“, редовете са разделени с „;“", nullable=True)
    per: float = column("на колко души е нормата при per_n", "лица", nullable=True)
    minimum: pd.Int64Dtype = column("най-малко потребители", "потребители", nullable=True)
    maximum: pd.Int64Dtype = column("най-много потребители", "потребители", nullable=True)
    smallest_unit: pd.Int64Dtype = column("най-малко потребители на една услуга", "потребители", nullable=True)
    unit_size: pd.Int64Dtype = column("най-много потребители на една услуга", "потребители", nullable=True)
    rounding: str = column("закръгляване: up, down, nearest", nullable=True)
    valid_from: str = column("в сила от (ГГГГ-ММ-ДД)")
    valid_to: str = column("в сила до; NULL: без край", nullable=True)
    verified_by: str = column("кой е проверил нормата", nullable=True)
    verified_on: str = column("кога е проверена", nullable=True)
    note_bg: str = column("бележка", nullable=True)
    version: str = column("версия на правилата")
    file: str = column("файл")


@declare("reference", "map_number", "Национална карта: потребители по община и услуга, въведени от експерт")
class MapNumber(Table):
    """``data/reference/map_numbers.csv``; empty while nobody has put the file there."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    users: int = column("най-много потребители с държавни средства", "лица", ge=0)
    source: str = column("решение или страница, от която е числото")

    class Config:
        """One row per municipality and service."""

        unique = ("municipality_code", "service_code")


@declare("reference", "travel_time", "Време за пътуване между общинските центрове, въведено от експерт")
class TravelTime(Table):
    """``data/reference/travel_times.csv``; a pair given one way holds both ways."""

    from_code: str = column("от община", str_matches=MUNICIPALITY)
    to_code: str = column("до община", str_matches=MUNICIPALITY)
    minutes: float = column("време за пътуване", "минути", ge=0)

    class Config:
        """One row per pair."""

        unique = ("from_code", "to_code")


@declare("reference", "annual_plan", "Годишни планове на общините: одобрени потребители по услуга (ЗСУ, чл. 38)")
class AnnualPlan(Table):
    """``data/reference/annual_plan.csv``; compared with the proposal in ``proposal.consistency``."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    year: int = column("година на плана", "година", ge=2000, le=2200)
    users: int = column("най-много потребители по плана", "лица", ge=0)
    source: str = column("решение на общинския съвет")

    class Config:
        """One row per municipality, service and year."""

        unique = ("municipality_code", "service_code", "year")


@declare("reference", "override", "Числа на експерта вместо предложените, с основание, име и дата")
class Override(Table):
    """``data/assumptions/overrides.csv``; both numbers stay in ``proposal.line``, removing the file undoes it."""

    area_code: str = column("код на общината или, при услуга на областно ниво, на областта")
    service_code: str = column("код на услугата")
    users: int = column("предложени от експерта потребители", "лица", ge=0)
    reason: str = column("защо")
    by: str = column("кой")
    date: str = column("кога (ГГГГ-ММ-ДД)", str_matches=r"^\d{4}-\d{2}-\d{2}$")

    class Config:
        """One row per area and service."""

        unique = ("area_code", "service_code")


@declare("reference", "host", "Договорени приемащи общини: кой обслужва жителите на общината, с основание, име и дата")
class Host(Table):
    """``data/assumptions/hosts.csv``; people who are too few for a unit go there, however far it is."""

    municipality_code: str = column("код на общината, чиито жители се обслужват", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    host_code: str = column("код на приемащата община в същата област", str_matches=MUNICIPALITY)
    reason: str = column("защо")
    by: str = column("кой")
    date: str = column("кога (ГГГГ-ММ-ДД)", str_matches=r"^\d{4}-\d{2}-\d{2}$")

    class Config:
        """One row per municipality and service."""

        unique = ("municipality_code", "service_code")


@declare("reference", "group_count", "Преброени от общината лица в целева група (общинско проучване)")
class GroupCount(Table):
    """``data/reference/group_counts.csv``; empty while nobody has put the file there."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    target_group: str = column("код на целевата група")
    persons: int = column("преброени лица", "лица", ge=0)
    as_of: str = column("към коя дата (ГГГГ-ММ-ДД)", str_matches=r"^\d{4}-\d{2}-\d{2}$")
    source: str = column("кой е преброил и как")

    class Config:
        """One row per municipality and group: the newest count."""

        unique = ("municipality_code", "target_group")
