"""Tables of the link ``proposal``."""

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ossu_analysis.schemas.base import MUNICIPALITY, OBLAST, Table, column, declare, status_column

AREA = rf"^BG$|{OBLAST}"
"""An oblast, or the country under one ceiling."""

SCOPES = ("municipality", "oblast", "country", "integrated", "municipal_budget", "closing")
DECISIONS = (
    "keep", "expand", "reduce", "close", "open", "serve_by_neighbour", "mobile_team", "transform", "study",
    "not_proposed",
)  # fmt: skip
SERVED = ("serve_by_neighbour", "mobile_team", "oblast", "country")
OPTIONS = ("decisions", "keep_places", "cover_waiting", "cover_demand")


@declare("proposal", "line", "Предложение за услуги: най-много потребители по община или област, с обосновка")
class Line(Table):
    """One service proposed for one municipality (parts 1 and 3), one oblast or the country (part 2)."""

    oblast_code: str = column("код на областта; BG за услуга за цялата страна", str_matches=AREA)
    area_level: str = column("за кого: municipality, oblast, country", isin=("municipality", "oblast", "country"))
    area_code: str = column("код на общината или на областта; BG за страната")
    part: int = column("част: 1 общинско ниво, 2 областно ниво, 3 извън картата (общински бюджет)", isin=(1, 2, 3))
    scope: str = column("обхват: municipality, oblast, country, integrated, municipal_budget", isin=SCOPES)
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
    demand_planned: float = column("търсене, за което се планират места", "лица", nullable=True, ge=0)
    decision: str = column(
        "решение: keep, expand, reduce, close, open, serve_by_neighbour, mobile_team, transform, study, not_proposed",
        isin=DECISIONS,
    )
    reason: str = column("код на причината, казана в обосновката")
    held_by: str = column("какво не допуска повече места: criterion, money, map, staff, unit; празно: нищо")
    change: pd.Int64Dtype = column("изменение на местата; NULL: местата са неизвестни", "места", nullable=True)
    proposed_users: pd.Int64Dtype = column(
        "предложени най-много потребители: места + изменение", "лица", nullable=True, ge=0
    )
    rule_users: pd.Int64Dtype = column(
        "места само по правилата, преди приемащите общини и числата на експерти", "места", nullable=True, ge=0
    )
    effective_year: pd.Int64Dtype = column("година, от която; NULL: нищо не се променя", "година", nullable=True)
    host_code: str = column("община, в която е услугата, когато не е тук; NULL: тук или никъде", nullable=True)
    needed: pd.Int64Dtype = column(
        "места, за които правилата планират хората тук в последната година; 0: няма търсене",
        "места",
        nullable=True,
        ge=0,
    )
    way_to_host: float = column("път до приемащата община; NULL: няма такава", "км или минути", nullable=True, ge=0)
    persons_elsewhere: pd.Int64Dtype = column("лица, които решението насочва към друга община", "лица", ge=0)
    persons_of_others: pd.Int64Dtype = column("лица от други общини, които услугата поема", "лица", ge=0)
    own_people: pd.Int64Dtype = column("от предложените места: за хора от същата територия", "места", ge=0)
    residents_here: pd.Int64Dtype = column("от предложените места: за живеещи в закриващи се домове", "места", ge=0)
    free_places: pd.Int64Dtype = column("от предложените места: свободни", "места", ge=0)
    unit_size_minimum: pd.Int64Dtype = column("най-малък размер на една услуга", "места", nullable=True, ge=1)
    unit_size_maximum: pd.Int64Dtype = column(
        "най-голям размер на една услуга; NULL: не е наблюдаван", "места", nullable=True, ge=1
    )
    yearly_cost: float = column(
        "годишен разход за предложените потребители във валутата на годината; NULL: няма стандарт",
        "пари",
        nullable=True,
        ge=0,
    )
    staff_posts: float = column(
        "щатни бройки за предложените потребители; NULL: няма стандарт", "бройки", nullable=True, ge=0
    )
    places_by_year: str = column("места по години на плана")
    analyst_users: pd.Int64Dtype = column("число на експерта вместо предложеното", "лица", nullable=True, ge=0)
    analyst_reason: str = column("защо експертът го променя", nullable=True)
    analyst_by: str = column("кой го променя", nullable=True)
    analyst_date: str = column("кога", nullable=True)
    map_number: float = column("потребители по Националната карта; NULL: не е заредено", "лица", nullable=True, ge=0)
    state_funded_users: float = column(
        "от предложените в рамките на картата (ЗСУ, чл. 43, ал. 2); NULL: картата не е заредена",
        "лица",
        nullable=True,
        ge=0,
    )
    residents_to_move: pd.Int64Dtype = column(
        "живеещи в закриващи се домове от същия вид; местата за тях са в предложеното число",
        "лица",
        nullable=True,
        ge=0,
    )
    need_by_criterion: float = column(
        "потребност по критерия; NULL: критерият не е зареден", "лица", nullable=True, ge=0
    )
    criterion_note: str = column("защо няма потребност по критерия")
    justification: str = column("обосновка, съставена от числата")
    sources: str = column("източници")
    agreement_reference: str = column("споразумение или решение; попълва се от експерта")
    confidence: str = column(
        "увереност: какво би се решило в краищата на 80-процентния интервал: A същото; B друго в единия, но най-много "
        "с едно най-малко звено или пета от местата разлика; C друго в единия и по-далече; D друго и в двата или "
        "неизвестни места",
        isin=("A", "B", "C", "D"),
    )
    status: str = status_column()

    class Config:
        """One line per area and service."""

        unique = ("area_level", "area_code", "service_code", "planning_year")

    @pa.dataframe_check
    @classmethod
    def state_money_stays_within_the_map(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """ЗСУ 43(2): the state pays no more users than the map has."""
        return ~(table["state_funded_users"] > table["map_number"])

    @pa.dataframe_check
    @classmethod
    def places_and_change_are_proposed(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """Places + change = proposed, in every line."""
        return (table["existing_places"] + table["change"] == table["proposed_users"]).fillna(True).astype(bool)

    @pa.dataframe_check
    @classmethod
    def decisions_change_what_they_say(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """More is more, less is less, and what is kept does not move."""
        sign = table["decision"].map({"expand": 1, "open": 1, "keep": 0, "reduce": -1, "close": -1})
        return sign.isna() | (np.sign(table["change"].fillna(0).astype(float)) == sign)

    @pa.dataframe_check
    @classmethod
    def nothing_opens_below_the_smallest_unit(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """A new unit has at least the places of the smallest one."""
        small = table["decision"].eq("open") & table["reason"].ne("expert")
        return ~small | (table["proposed_users"] >= table["unit_size_minimum"]).fillna(False)

    @pa.dataframe_check
    @classmethod
    def proposed_places_are_for_somebody_or_free(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """Own people, people of others, residents of homes and free places are the proposed places."""
        kinds = table["own_people"] + table["persons_of_others"] + table["residents_here"] + table["free_places"]
        return table["decision"].eq("transform") | (kinds == table["proposed_users"].fillna(0)).astype(bool)


@declare(
    "proposal", "path", "Места по години на плана с обхвата на търсенето: следваща година, трета, хоризонт на картата"
)
class PathRow(Table):
    """One path of places per line."""

    oblast_code: str = column("код на областта; BG за услуга за цялата страна", str_matches=AREA)
    area_level: str = column("за кого: municipality, oblast, country")
    area_code: str = column("код на общината или на областта; BG за страната")
    service_code: str = column("код на услугата")
    year: int = column("година на плана, към 31 декември", "година")
    decision: str = column("решение", isin=DECISIONS)
    places: int = column("места в края на годината", "места", ge=0)
    demand_low: float = column("търсене, долна граница на 80 %", "лица", nullable=True, ge=0)
    demand_planned: float = column("търсене, за което се планират места", "лица", nullable=True, ge=0)
    demand_high: float = column("търсене, горна граница на 80 %", "лица", nullable=True, ge=0)
    status: str = status_column()

    class Config:
        """One row per line and year."""

        unique = ("area_level", "area_code", "service_code", "year")


@declare("proposal", "served", "Кой къде се обслужва: лица по община на живеене и приемаща община")
class Served(Table):
    """Persons by municipality for every host: neighbours, mobile teams, services of the oblast and of the country."""

    oblast_code: str = column("код на областта", str_matches=AREA)
    municipality_code: str = column("община, в която живеят", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    host_code: str = column("приемаща община; NULL: не е определена", nullable=True)
    kind: str = column("как: serve_by_neighbour, mobile_team, oblast, country", isin=SERVED)
    persons: pd.Int64Dtype = column("лица, за които се планира", "лица", ge=1)
    year: int = column("година на планиране", "година")
    status: str = status_column()

    class Config:
        """One row per municipality and service."""

        unique = ("municipality_code", "service_code")


@declare("proposal", "agreement", "Проекти на споразумения: приемаща община, за кого, колко лица от коя община")
class Agreement(Table):
    """One draft per host, service and kind; persons by municipality also stand in ``proposal.served``."""

    kind: str = column("вид: serve_by_neighbour, mobile_team, oblast, country", isin=SERVED)
    service_code: str = column("код на услугата")
    host_code: str = column("приемаща община", str_matches=MUNICIPALITY)
    host_oblast_code: str = column("област на приемащата община", str_matches=OBLAST)
    legal_ref: str = column("правно основание на споразумението")
    target_group: str = column("за кого: целева група (reference.target_group)")
    municipalities: int = column("общини, чиито жители се обслужват", "общини", ge=1)
    persons: int = column("лица, за които се планира", "лица", ge=1)
    places: pd.Int64Dtype = column("предложени места в приемащата община или област", "места", nullable=True, ge=0)
    effective_year: pd.Int64Dtype = column(
        "година, от която местата се променят; NULL: местата ги има", "година", nullable=True
    )
    people_by_municipality: str = column("лица по община на живеене")
    status: str = status_column()

    class Config:
        """One draft per host, service and kind."""

        unique = ("kind", "service_code", "host_code")


@declare("proposal", "balance", "Как общините се събират в областта: места и търсене по съставки")
class Balance(Table):
    """The items of a quantity add up to its ``total``; nothing else stands between municipalities and their oblast."""

    oblast_code: str = column("код на областта", str_matches=AREA)
    service_code: str = column("код на услугата")
    quantity: str = column("величина: places места, demand търсене, за което се планира", isin=("places", "demand"))
    item: str = column(
        "съставка: own_people за хора от същата територия, persons_of_others за хора от други, residents за живеещи в "
        "домове, free_places свободни; municipalities сбор на общините, together разликата между средата на сбора "
        "и сбора на средите; total общо",
        isin=("own_people", "persons_of_others", "residents", "free_places", "municipalities", "together", "total"),
    )
    value: float = column("стойност", "места или лица")
    status: str = status_column()

    class Config:
        """One value per oblast, service, quantity and item."""

        unique = ("oblast_code", "service_code", "quantity", "item")

    @pa.dataframe_check
    @classmethod
    def items_are_the_total(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """Items of a quantity add up to its total."""
        sign = table["item"].eq("total").map({True: -1.0, False: 1.0})
        left = (sign * table["value"]).groupby([table[name] for name in ("oblast_code", "service_code", "quantity")])
        return left.transform("sum").abs() <= 1e-6 * (1 + table["value"].abs())


@declare(
    "proposal", "cluster", "Колко добро е групирането на общини под най-малкия размер: доказано разстояние до границата"
)
class Cluster(Table):
    """One row per oblast and service with municipalities too small for a unit; ``BG`` bounds the whole country."""

    area_code: str = column("област; BG: страната", str_matches=AREA)
    service_code: str = column("код на услугата")
    joined: int = column("територии, присъединени към приемаща", "територии", ge=0)
    by_team: int = column("територии с мобилен екип", "територии", ge=0)
    joint_units: int = column("нови общи звена", "звена", ge=0)
    left: int = column("територии без услуга", "територии", ge=0)
    gap_to_bound: float = column("с колко най-много друго групиране може да е по-добро", "дял", ge=0, le=1)
    status: str = status_column()

    class Config:
        """One row per area and service."""

        unique = ("area_code", "service_code")


@declare("proposal", "service", "Всяка услуга от списъка: какви решения има за нея или защо няма")
class ServiceDecision(Table):
    """All services of the code list."""

    service_code: str = column("код на услугата", unique=True)
    lines: int = column("редове в предложението", "реда", ge=0)
    decisions: str = column("решения и колко пъти")
    reason: str = column("защо няма решение")


@declare("proposal", "consistency", "Разлики между предложенията на общините, на областта и годишните планове")
class Consistency(Table):
    """One difference per row; no rows mean that the plans agree, or that none was handed in."""

    oblast_code: str = column("код на областта; BG за страната", str_matches=AREA)
    area_code: str = column("код на общината или на областта")
    service_code: str = column("код на услугата")
    rule: str = column("вид на разликата")
    number: float = column("числото в плана или на експерта", "лица", ge=0)
    other_number: float = column("с какво се сравнява; NULL: няма ред", "лица", nullable=True, ge=0)
    message: str = column("в какво е разликата")
    status: str = status_column()

    class Config:
        """One row per area, service and kind of difference."""

        unique = ("area_code", "service_code", "rule")


@declare(
    "proposal", "option", "Варианти за всяка област: места, обхванати лица, разход и от какво се отказва вариантът"
)
class Option(Table):
    """What three simple choices mean for one service of one oblast."""

    oblast_code: str = column("код на областта", str_matches=OBLAST)
    option: str = column("вариант: decisions, keep_places, cover_waiting, cover_demand", isin=OPTIONS)
    service_code: str = column("код на услугата")
    planning_year: int = column("година на планиране", "година")
    places: pd.Int64Dtype = column("места по варианта", "места", nullable=True, ge=0)
    places_added: pd.Int64Dtype = column("изменение на местата спрямо днес", "места", nullable=True)
    decisions_changed: int = column("решения от предложението, които вариантът променя", "решения", ge=0)
    demand_median: float = column(
        "прогнозно търсене: сбор на медианите по общини и живеещите в закриващи се домове", "лица", nullable=True, ge=0
    )
    persons_covered: float = column("обхванати от медианното търсене", "лица", nullable=True, ge=0)
    persons_not_covered: float = column("останали без място от медианното търсене", "лица", nullable=True, ge=0)
    yearly_cost: float = column("годишен разход за новите места; NULL: няма стандарт", "пари", nullable=True, ge=0)
    unit_cost: float = column(
        "разход за потребител за година във валутата на годината на планиране; NULL: няма стандарт",
        "пари",
        nullable=True,
        ge=0,
    )
    currency: str = column("валута на разхода: левове до 2025 г., евро от 2026 г. (1,95583)", nullable=True)
    original_amount: float = column("сума за потребител по решението", "пари", nullable=True, ge=0)
    original_currency: str = column("валута на решението", nullable=True)
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


@declare(
    "proposal", "allocation", "Варианти под бюджет и щат: какво постигат, от какво се отказват, какво ги ограничава"
)
class Allocation(Table):
    """Options of which none is better in everything; made on the demonstration set of money, posts, caps and ways."""

    area_code: str = column("код на областта; BG: страната под общ таван", str_matches=AREA)
    option: str = column("вариант: most_served, fairest, between, half_money, near_home")
    title: str = column("наименование на варианта")
    planning_year: int = column("година на планиране", "година")
    expected_demand: float = column("очаквано търсене (средно от симулациите)", "лица", ge=0)
    expected_served: float = column("очаквани обслужени (средно от симулациите)", "лица", ge=0)
    worst_share: float = column("дял обслужени в най-слабо обслужената община", "дял", ge=0, le=1)
    worst_municipality_code: str = column("най-слабо обслужената община")
    yearly_cost: float = column("годишен разход за съществуващи и нови места", "пари", ge=0)
    existing_cost: float = column("от него за съществуващите места", "пари", ge=0)
    budget: float = column("таван на годишния разход; NULL: без таван", "пари", nullable=True)
    currency: str = column("валута")
    price_year: int = column("година на цените", "година")
    staff_posts: float = column("щатни бройки за съществуващи и нови места", "бройки", ge=0)
    staff_ceiling: float = column("таван на щата; NULL: без таван", "бройки", nullable=True)
    new_places: int = column("нови места", "места", ge=0)
    shared_places: int = column("места, пазени за жители на други общини", "места", ge=0)
    travel: float = column("сбор на пътя до местата извън общината", "според travel_unit", ge=0)
    travel_unit: str = column("единица на пътя")
    optimality_gap: float = column("с колко най-много друг вариант може да е по-добър", "дял", ge=0)
    description: str = column("какво прави вариантът")
    gives_up: str = column("от какво се отказва")
    changes: str = column("кои решения от предложението променя")
    binding: str = column("какво го ограничава и какво носи единица повече")
    status: str = status_column()

    @pa.dataframe_check
    @classmethod
    def ceilings_hold(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """No option costs more or needs more posts than allowed."""
        money = table["budget"].isna() | (table["yearly_cost"] <= table["budget"] + 0.01)
        return money & (table["staff_ceiling"].isna() | (table["staff_posts"] <= table["staff_ceiling"] + 0.01))


@declare(
    "proposal", "allocation_place", "Места по вариант, община и услуга: съществуващи, нови, за свои и за чужди жители"
)
class AllocationPlace(Table):
    """Where the places of an option are."""

    area_code: str = column("код на областта; BG: страната под общ таван", str_matches=AREA)
    option: str = column("вариант")
    municipality_code: str = column("община, в която са местата")
    service_code: str = column("код на услугата")
    planning_year: int = column("година на планиране", "година")
    existing_places: int = column("съществуващи места", "места", ge=0)
    new_places: int = column("нови места", "места", ge=0)
    for_residents: int = column("от тях за жителите на общината", "места", ge=0)
    for_others: int = column("от тях за жители на други общини", "места", ge=0)
    new_cost: float = column("годишен разход за новите места", "пари", ge=0)
    price_year: int = column("година на цените", "година")
    status: str = status_column()


@declare(
    "proposal", "allocation_sharing", "Кой кого обслужва по вариант: приемаща община, община на жителите, услуга, места"
)
class AllocationSharing(Table):
    """Agreements that an option needs (ЗСУ 33, 56)."""

    area_code: str = column("код на областта; BG: страната под общ таван", str_matches=AREA)
    option: str = column("вариант")
    host_code: str = column("приемаща община")
    guest_code: str = column("община на жителите")
    service_code: str = column("код на услугата")
    planning_year: int = column("година на планиране", "година")
    places: int = column("места", "места", ge=1)
    way: float = column("път между общинските центрове", "минути или км", ge=0)
    price_year: int = column("година на цените", "година")
    status: str = status_column()


@declare("proposal", "budget_curve", "Какво купува всеки бюджет, ако се цели най-много обслужени")
class BudgetCurve(Table):
    """Persons served by rising budgets of one area; more money never serves fewer."""

    area_code: str = column("код на областта", str_matches=AREA)
    planning_year: int = column("година на планиране", "година")
    budget: float = column("таван на годишния разход", "пари", ge=0)
    expected_served: float = column("очаквани обслужени (средно от симулациите)", "лица", ge=0)
    worst_share: float = column("дял обслужени в най-слабо обслужената община", "дял", ge=0, le=1)
    yearly_cost: float = column("годишен разход за съществуващи и нови места", "пари", ge=0)
    new_places: int = column("нови места", "места", ge=0)
    optimality_gap: float = column("с колко най-много друг план може да е по-добър", "дял", ge=0)
    currency: str = column("валута")
    price_year: int = column("година на цените", "година")
    status: str = status_column()

    class Config:
        """One row per area and budget."""

        unique = ("area_code", "budget")

    @pa.dataframe_check
    @classmethod
    def more_money_never_serves_fewer(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """Served persons do not fall as the budget rises."""
        rising = table.sort_values(["area_code", "budget"])
        change = rising.groupby("area_code")["expected_served"].diff().fillna(0.0)
        return (change >= -1e-6).reindex(table.index)


@declare(
    "proposal", "allocation_input", "От какво са съставени вариантите: всяко число за пари, щат и път с източника му"
)
class AllocationInput(Table):
    """Numbers beside the gap that the options of an area were made from."""

    area_code: str = column("код на областта; BG: страната", str_matches=AREA)
    input: str = column("вид: unit_cost, staff_per_user, smallest_unit, map_number, budget, staff, reach")
    service_code: str = column("код на услугата; NULL: за всички", nullable=True)
    municipality_code: str = column("код на общината; NULL: за всички", nullable=True)
    planning_year: int = column("година на планиране", "година")
    value: float = column("стойност", "според unit", ge=0)
    unit: str = column("мерна единица")
    price_year: int = column("година на цените", "година")
    source: str = column("откъде е числото")
    status: str = status_column()


@declare(
    "proposal", "allocation_note", "Защо няма варианти или кой не участва: липсващи данни, ограничения в противоречие"
)
class AllocationNote(Table):
    """What could not be planned, said in a sentence."""

    area_code: str = column("код на областта; BG: страната", str_matches=AREA)
    kind: str = column("вид: missing, conflict, left_out", isin=("missing", "conflict", "left_out"))
    message: str = column("какво и защо")
    planning_year: int = column("година на планиране", "година")


@declare(
    "proposal",
    "funding_cliff",
    "Услуги на проектно финансиране: край, потребители, последен месец за искане на делегиране",
)
class FundingCliff(Table):
    """When project money ends and until when delegation can be asked for."""

    municipality_code: str = column("код на общината")
    service_code: str = column("код на услугата")
    funding_end: str = column("последен ден на финансирането; NULL: не е известен", nullable=True)
    users: pd.Int64Dtype = column("засегнати потребители", "лица", nullable=True, ge=0)
    last_month_to_apply: str = column("последен месец (ГГГГ-ММ) за искане на делегиране", nullable=True)
    months_left: pd.Int64Dtype = column("оставащи месеци; отрицателно: срокът е минал", "месеци", nullable=True)
    remark: str = column("забележка")
    status: str = status_column()


PLAN_TABLES = (
    "allocation",
    "allocation_place",
    "allocation_sharing",
    "allocation_input",
    "allocation_note",
    "budget_curve",
)
"""Tables of ``proposal`` that the job ``options`` makes for the areas asked for; the full refresh does not."""
