"""Proposal lines and options: the rule, the parts of the law, and sentences that say what the numbers say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.gap import Standards
from ossu_analysis.gap.standards import UnitCost
from ossu_analysis.proposal import planning_year, proposal_options
from ossu_analysis.proposal.agreements import agreement_table, balance_table, served_table
from ossu_analysis.proposal.decision import Terms
from ossu_analysis.proposal.hosts import Network
from ossu_analysis.proposal.line import Reference, decided_areas, line_table, path_table, service_table
from ossu_analysis.proposal.plan import Known, closing_homes, make_plan, months_without_users, seats_of_oblasts
from ossu_analysis.proposal.wording import expert_sentence
from ossu_analysis.reference import READERS
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.store import Store
from tests.unit.capacity.made_up import services

MUNICIPALITY = pd.DataFrame(
    {"municipality_code": ["SML02", "SML31"], "oblast_code": ["SML", "SML"], "name_bg": ["Баните", "Смолян"]}
)
TERMS = Terms((2027, 2029, 2034), smallest_change=0.05)
LEVELS = {"DAY-CH": "municipal", "RES-PSY": "oblast", "SHE-CRISIS": "unknown", "MUN-PATRON": "municipal_budget"}
LEVELS |= {"LEG-PSY": "legacy", "RES-SENS": "country", "IHS-RES-OLD": "oblast"}
ELSEWHERE = {"SP-INFO": "municipal"}


def gap_row(
    municipality="SML02",
    service="DAY-CH",
    year=2034,
    places=10,
    demand=14.2,
    waiting=3,
    occupied=9,
    km=0.0,
    criterion=None,
    mapped=None,
    elsewhere=0.0,
):
    known = places is not None and demand is not None and service != "LEG-PSY"
    return {
        "municipality_code": municipality,
        "service_code": service,
        "year": year,
        "scenario": "reference",
        "planning_level": (LEVELS | ELSEWHERE)[service],
        "places": places,
        "occupied": occupied,
        "waiting": waiting,
        "demand_median": demand if known else np.nan,
        "demand_low": demand - 4 if known else np.nan,
        "demand_high": demand + 4 if known else np.nan,
        "demand_planned": demand if known else np.nan,
        "gap_to_demand_places": demand - places if known else np.nan,
        "probability_gap_positive": (0.9 if demand >= places + 0.5 else 0.2) if known else np.nan,
        "km_to_nearest": km,
        "places_elsewhere": elsewhere,
        "places_for_others": 0.0,
        "places_for_residents": np.nan if places is None else places + elsewhere,
        "map_number": mapped,
        "criterion_maximum": criterion,
        "rules_version": "тест 1" if criterion is not None else None,
        "confidence": "D",
        "status": "demonstration",
    }


def tables(*rows):
    whole = {"places": "Int64", "occupied": "Int64", "waiting": "Int64"}
    municipal = pd.DataFrame(rows).astype(
        {**whole, "criterion_maximum": "float64", "map_number": "float64", "rules_version": "str"}
    )
    oblast = municipal.drop(columns=["municipality_code", "planning_level", "km_to_nearest", "confidence"])
    measures = [name for name in oblast if name not in ("service_code", "year", "scenario", "status", "rules_version")]
    grouped = oblast.groupby(["service_code", "year", "scenario", "status"])[measures].sum(min_count=1).reset_index()
    grouped["probability_gap_positive"] = grouped["probability_gap_positive"].clip(upper=1)
    grouped = grouped.assign(area_level="oblast", area_code="SML", rules_version=municipal["rules_version"].iloc[0])
    return municipal, grouped.astype(whole)


OVERRIDE = ["area_code", "service_code", "users", "reason", "by", "date"]
SIZES = READERS["unit_size"](Store(Path(__file__).parents[3]))


def proposal(*rows, overrides=None, agreed=None, km=20.0, country=False, standards=None):
    """All tables of a proposal made from rows of the horizon that hold in every year of the plan."""
    overrides = pd.DataFrame(columns=OVERRIDE) if overrides is None else overrides
    years = [row | {"year": year} for row in rows for year in (2018, *TERMS.years)]
    towns, oblasts = tables(*years)
    if country:
        oblasts = pd.concat([oblasts, oblasts.assign(area_level="country", area_code="BG")], ignore_index=True)
    horizon = towns[towns["year"].eq(2034)]
    returned = horizon.assign(period_end="2021-12-31", empty_months=None)
    returned["is_empty"] = returned["occupied"].eq(0).fillna(False)
    areas = decided_areas(towns, oblasts, MUNICIPALITY, TERMS.years)
    lead = dict(zip(SIZES["service_code"], SIZES["lead_years"], strict=True))
    homes = closing_homes(returned, services(), dict.fromkeys(MUNICIPALITY["municipality_code"], "SML"), TERMS, lead)
    own = {(row.area_code, row.service_code): int(row.users) for row in overrides.itertuples()}
    codes = MUNICIPALITY["municipality_code"].tolist()
    network = Network(codes, ["SML", "SML"], np.array([[0.0, km], [km, 0.0]]), 32.0, "км")
    seats = seats_of_oblasts(horizon, homes, MUNICIPALITY)
    known = Known(empty_months=months_without_users(returned), own=own, agreed=agreed or {})
    plan = make_plan(areas, homes, known, SIZES, network, seats, ["RES-PSY"], TERMS, 1.0)
    about = Reference(services(), SIZES, MUNICIPALITY, overrides, standards or Standards())
    made = line_table(plan, areas, about)
    served = served_table(plan, made, towns, MUNICIPALITY)
    found = {"line": made, "path": path_table(plan, areas, made), "service": service_table(services(), made),
             "served": served, "agreement": agreement_table(served, made, services(), about.town_names),
             "balance": balance_table(made, towns, oblasts)}  # fmt: skip
    if len(plan.groups):
        found["cluster"] = plan.groups.assign(status="demonstration")
    return {name: validated(table_class("proposal", name), table) for name, table in found.items()}


def lines(*rows, **options):
    return proposal(*rows, **options)["line"]


def test_a_list_longer_than_the_free_places_is_answered_by_places_for_it():
    line = lines(gap_row()).iloc[0]
    assert (line["decision"], line["reason"], line["part"]) == ("expand", "list", 1)
    assert (line["existing_places"], line["change"], line["proposed_users"]) == (10, 2, 12)
    # A building takes until the third year of the plan.
    assert (line["effective_year"], line["places_by_year"]) == (2029, "2027: 10; 2029: 12; 2034: 12")


def test_sentence_is_built_from_the_numbers():
    said = lines(gap_row(places=1200, demand=1504.0, occupied=1200, waiting=260)).iloc[0]["justification"]
    for part in (
        "1\u00a0200 места",
        "1\u00a0200 заети",
        "Чакащи: 260",
        "31.12.2034",
        "1\u00a0504\u00a0лица",
        "1\u00a0500–1\u00a0508",
        "90\u00a0%",
        "разширяване от 1\u00a0200 на 1\u00a0460 места (+260) от 2029 г.",
    ):
        assert part in said, part
    assert "{" not in said and "proposal." not in said


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"places": 0, "km": 23.4, "occupied": 0}, "най-близката община с места е на около 23 км"),
        ({"waiting": None}, "Чакащи не се отчитат"),
        ({"demand": 6.0, "waiting": 0}, "местата се запазват (10)"),
        ({"places": None}, "местата са неизвестни"),
        ({"demand": 8.0}, "под 20 потребители"),
        ({"places": 30, "demand": 9.0}, "намаляване от 30 на 13 места (−17) от 2027 г."),
        ({"places": 12, "occupied": 0, "waiting": 0, "demand": 5.0}, "не е отчетено откога"),
    ],
)
def test_sentence_says_what_is_special(row, part):
    assert part in lines(gap_row(**row)).iloc[0]["justification"]


def test_criterion_is_never_replaced_by_the_rule():
    line = lines(gap_row()).iloc[0]
    assert pd.isna(line["need_by_criterion"]) and line["criterion_note"] == "критерият не е зареден"


def test_a_loaded_criterion_names_the_rules_and_bounds_the_proposal():
    line = lines(gap_row(criterion=11.0)).iloc[0]
    assert line["need_by_criterion"] == 11 and "тест 1" in line["criterion_note"] and line["proposed_users"] == 11


def test_parts_follow_the_level_of_planning():
    rows = [gap_row(service=service) for service in LEVELS if service != "RES-SENS"] + [gap_row("SML31", "RES-PSY")]
    table = lines(*rows)
    assert table.set_index("service_code")["part"].to_dict() == {
        "DAY-CH": 1,
        "RES-PSY": 2,
        "SHE-CRISIS": 2,
        "MUN-PATRON": 3,
        "IHS-RES-OLD": 2,
        "LEG-PSY": 2,
    }
    whole = table[table["service_code"] == "RES-PSY"].iloc[0]
    assert (whole["area_level"], whole["area_code"], whole["existing_places"]) == ("oblast", "SML", 20)
    assert whole["agreement_reference"] == "[ДОПЪЛНЕТЕ]"
    assert "трябва да се потвърди" in table.loc[table["service_code"] == "SHE-CRISIS", "justification"].iloc[0]


def test_residents_of_closing_homes_have_places_in_what_replaces_them():
    made = proposal(gap_row(service="RES-PSY", waiting=1), gap_row(service="LEG-PSY", places=60, occupied=55))
    table = made["line"].set_index("service_code")
    new, home = table.loc["RES-PSY"], table.loc["LEG-PSY"]
    assert (new["decision"], new["residents_to_move"], new["proposed_users"]) == ("expand", 55, 10 + 55)
    assert (home["decision"], home["proposed_users"], home["residents_to_move"]) == ("transform", 0, 55)
    assert "живеят 55\u00a0лица" in new["justification"] and new["host_code"] == "SML02"
    path = made["path"].set_index(["service_code", "year"])["places"]
    assert path["RES-PSY"].tolist() == [10, 10, 65] and path["LEG-PSY"].tolist() == [60, 60, 0]


def test_replacement_of_a_closing_home_opens_where_nobody_offers_it():
    table = lines(gap_row(), gap_row(service="LEG-PSY", places=60, occupied=5))
    line = table[table["service_code"] == "RES-PSY"].iloc[0]
    assert (line["decision"], line["area_code"], line["residents_to_move"]) == ("open", "SML", 5)
    # Five residents, but the smallest unit seen has fifteen places.
    assert (line["proposed_users"], line["unit_size_minimum"], line["host_code"]) == (15, 15, "SML02")


def test_a_municipality_with_too_few_is_served_by_its_neighbour_and_the_host_makes_room():
    made = proposal(gap_row("SML31"), gap_row(places=0, occupied=0, waiting=0, demand=5.0))
    table = made["line"].set_index("area_code")
    guest, host = table.loc["SML02"], table.loc["SML31"]
    assert (guest["decision"], guest["host_code"], guest["persons_elsewhere"]) == ("serve_by_neighbour", "SML31", 5)
    assert (guest["existing_places"], guest["change"], guest["proposed_users"]) == (0, 0, 0)
    # Ten places for twelve registered and five guests.
    assert (host["proposed_users"], host["persons_of_others"]) == (17, 5)
    assert "Смолян обслужва 5\u00a0лица оттук (път: 20 км)" in guest["justification"]
    served = made["served"].set_index("municipality_code")
    assert (served.loc["SML02", "persons"], served.loc["SML02", "kind"]) == (5, "serve_by_neighbour")


def test_out_of_reach_a_mobile_team_comes_where_the_service_can_travel_and_nobody_where_it_cannot():
    def far(service):
        return lines(gap_row("SML31", service), gap_row("SML02", service, places=0, occupied=0, demand=5.0), km=70.0)

    for service, decision, host in (("SP-INFO", "mobile_team", "SML31"), ("DAY-CH", "not_proposed", None)):
        line = far(service).set_index("area_code").loc["SML02"]
        assert line["decision"] == decision and (line["host_code"] == host or pd.isna(line["host_code"]))


def test_a_fraction_of_a_person_is_not_proposed():
    assert lines(gap_row(), gap_row("SML31", places=0, demand=0.4, occupied=0))["area_code"].tolist() == ["SML02"]


def test_lines_of_nothing_are_left_out():
    assert len(lines(gap_row(), gap_row("SML31", places=0, demand=0.0, occupied=0))) == 1


def test_every_service_of_the_list_has_a_decision_or_the_reason_why_none_can_be_made():
    table = proposal(gap_row())["service"].set_index("service_code")
    assert len(table) == 39 and table.loc["DAY-CH", "decisions"] == "разширява се: 1"
    assert (table["decisions"].ne("") | table["reason"].ne("")).all() and "§ 35" in table.loc["LEG-OLD", "reason"]


def test_planning_year_stops_before_the_deadline_of_the_map():
    assert planning_year([2019, 2035, 2040]) == 2034 and planning_year([2019, 2030]) == 2030


def options(*rows, standards=None):
    found = proposal_options(lines(*rows), standards or Standards())
    return validated(table_class("proposal", "option"), found).set_index("option")


def test_options_start_from_the_decisions_and_say_which_they_change():
    # SML02: 10 places, 9 taken, 3 waiting, 14.2 asked: 12; SML31: 20 places, 5 taken, 2 waiting, 6 asked: 10.
    found = options(gap_row(), gap_row("SML31", places=20, occupied=5, waiting=2, demand=6.0))
    assert found["places_added"].to_dict() == {
        "decisions": -8, "keep_places": 0, "cover_waiting": -8, "cover_demand": -5,
    }  # fmt: skip
    assert found["decisions_changed"].to_dict() == {
        "decisions": 0, "keep_places": 2, "cover_waiting": 0, "cover_demand": 1,
    }  # fmt: skip
    assert found["persons_covered"].to_dict() == pytest.approx(
        {"decisions": 18.0, "keep_places": 16.0, "cover_waiting": 18.0, "cover_demand": 20.2}
    )
    assert set(found["cost_note"]) == {"няма стандарт"} and found["yearly_cost"].isna().all()
    assert "3 чакащи са записани при свободни места" in found.loc["keep_places", "gives_up"]
    assert "Променя решения от предложението: 2." in found.loc["keep_places", "gives_up"]


def test_options_hold_the_residents_of_closing_homes():
    found = options(gap_row(service="RES-PSY", waiting=1), gap_row(service="LEG-PSY", places=60, occupied=55))
    assert found.loc["decisions", "places"] == 65 and found.loc["keep_places", "places"] == 10
    assert found.loc["keep_places", "persons_not_covered"] == pytest.approx(14.2 + 55 - 10)
    assert set(found["service_code"]) == {"RES-PSY"}


def test_cost_only_where_a_standard_is_loaded():
    cost = UnitCost(
        service_code="DAY-CH",
        valid_from="2021-01-01",
        price_year=2021,
        amount=100,
        currency="BGN",
        per="user_year",
        source="измислен в теста",
    )
    found = options(gap_row(), standards=Standards({"DAY-CH": cost}))
    # Leva of the decision in euro of the planning year, the decision's own amount beside it.
    euro = {"decisions": 200, "keep_places": 0, "cover_waiting": 200, "cover_demand": 500}
    assert found["yearly_cost"].to_dict() == pytest.approx({name: leva / 1.95583 for name, leva in euro.items()})
    assert set(found["currency"]) == {"EUR"} and set(found["original_currency"]) == {"BGN"}
    assert set(found["original_amount"]) == {100} and set(found["price_year"]) == {2021}
    assert found["cost_note"].isna().all()
    line = lines(gap_row(), standards=Standards({"DAY-CH": cost})).iloc[0]
    assert line["yearly_cost"] == pytest.approx(12 * 100 / 1.95583) and pd.isna(line["staff_posts"])


def test_probabilities_are_never_certain():
    sure = gap_row(demand=40.0) | {"probability_gap_positive": 1.0}
    assert "с вероятност за недостиг над 99\u00a0%" in lines(sure).iloc[0]["justification"]


def test_an_experts_number_is_the_decision_and_goes_with_its_file():
    given = pd.DataFrame([("SML02", "DAY-CH", 14, "Нова група", "И. И.", "2026-11-01")], columns=OVERRIDE)
    line = lines(gap_row(), overrides=given).iloc[0]
    assert (line["proposed_users"], line["rule_users"], line["analyst_by"]) == (14, 12, "И. И.")
    assert (line["decision"], line["reason"], line["change"]) == ("expand", "expert", 4)
    assert expert_sentence(line.to_dict()) == "Експертът предлага 14 вместо 12: Нова група (И. И., 01.11.2026 г.)."
    line = lines(gap_row(), overrides=given[:0]).iloc[0]
    assert pd.isna(line["analyst_users"]) and expert_sentence(line.to_dict()) == ""


def test_an_experts_number_flows_into_the_group_of_its_service():
    small = gap_row(places=0, occupied=0, waiting=0, demand=5.0)
    four = pd.DataFrame([("SML31", "DAY-CH", 16, "Сграда за 16", "И.", "2026-11-01")], columns=OVERRIDE)
    # Twelve are registered in Smolyan: sixteen places have room for four guests and not for five.
    made = lines(gap_row("SML31"), small, overrides=four).set_index("area_code")
    assert made["decision"].to_dict() == {"SML02": "not_proposed", "SML31": "expand"}
    assert made.loc["SML31", "persons_of_others"] == 0 and made.loc["SML31", "proposed_users"] == 16
    made = lines(gap_row("SML31"), small, overrides=four.assign(users=17)).set_index("area_code")
    assert (made.loc["SML02", "host_code"], made.loc["SML31", "persons_of_others"]) == ("SML31", 5)
    # None at home sends the people to the neighbour.
    made = lines(gap_row("SML31"), gap_row(places=0, occupied=0, waiting=0, demand=12.0),
                 overrides=four.assign(area_code="SML02", users=0)).set_index("area_code")  # fmt: skip
    assert (made.loc["SML02", "decision"], made.loc["SML02", "reason"]) == ("serve_by_neighbour", "expert")
    assert made.loc["SML31", "persons_of_others"] == 12


def test_who_has_agreed_with_a_host_goes_there_however_far():
    rows = gap_row("SML31"), gap_row(places=0, occupied=0, waiting=0, demand=5.0)
    assert lines(*rows, km=60.0).set_index("area_code").loc["SML02", "decision"] == "not_proposed"
    made = lines(*rows, km=60.0, agreed={("SML02", "DAY-CH"): "SML31"}).set_index("area_code")
    assert (made.loc["SML02", "decision"], made.loc["SML02", "host_code"]) == ("serve_by_neighbour", "SML31")


def test_a_return_that_changes_by_one_person_changes_only_its_own_cluster():
    def made(waiting):
        rows = gap_row("SML31", waiting=waiting), gap_row(places=0, occupied=0, waiting=0, demand=5.0)
        others = (
            gap_row(service="SP-INFO", places=20, occupied=20),
            gap_row("SML31", "SP-INFO", places=0, occupied=0, demand=5.0),
        )
        return lines(*rows, *others).set_index(["area_code", "service_code"])[
            ["decision", "proposed_users", "host_code"]
        ]

    before, after = (made(waiting).astype(object).fillna("") for waiting in (3, 4))
    changed = before.index[before.ne(after).any(axis=1)].tolist()
    assert changed == [("SML31", "DAY-CH")]


def test_draft_agreements_name_host_people_and_article():
    made = proposal(
        gap_row("SML31"),
        gap_row(places=0, occupied=0, waiting=0, demand=5.0),
        gap_row(service="RES-PSY"),
        gap_row("SML31", "RES-PSY", places=2, occupied=1, waiting=0, demand=6.0),
    )
    drafts = made["agreement"].set_index("kind")
    near, whole = drafts.loc["serve_by_neighbour"], drafts.loc["oblast"]
    assert (near["host_code"], near["persons"], near["legal_ref"]) == ("SML31", 5, "ЗСУ, чл. 56")
    assert near["people_by_municipality"] == "Баните: 5" and near["places"] == 17
    assert whole["host_code"] == "SML02" and "чл. 33, ал. 2, т. 1" in whole["legal_ref"]
    line = made["line"].query("service_code == 'RES-PSY'").iloc[0]
    assert whole["persons"] == line["own_people"] == line["proposed_users"] - line["free_places"]


def test_municipalities_add_up_to_their_oblast_item_by_item():
    rows = gap_row("SML31"), gap_row(places=0, occupied=0, waiting=0, demand=5.0)
    made = proposal(*rows)["balance"].set_index(["quantity", "item"])["value"]
    assert made["places"].to_dict() == {
        "own_people": 12, "persons_of_others": 5, "residents": 0, "free_places": 0, "total": 17,
    }  # fmt: skip
    assert made["demand"].to_dict() == pytest.approx({"municipalities": 19.2, "together": 0.0, "total": 19.2})


def test_a_line_of_nothing_stays_when_an_expert_asks_for_it():
    given = pd.DataFrame([("SML02", "DAY-CH", 8, "Споразумение", "И.", "2026-11-01")], columns=OVERRIDE)
    table = lines(gap_row(places=0, occupied=0, demand=0.2) | {"demand_low": 0.0}, gap_row("SML31"), overrides=given)
    assert table.set_index("area_code")["analyst_users"].dropna().to_dict() == {"SML02": 8}


def test_state_money_stays_within_the_map():
    line = lines(gap_row(mapped=11)).iloc[0]
    assert (line["proposed_users"], line["state_funded_users"], line["map_number"]) == (12, 11, 11)
    assert "По Националната карта са 11 потребители" in line["justification"]
    line = lines(gap_row()).iloc[0]
    assert pd.isna(line["state_funded_users"]) and "картата" not in line["justification"]


def test_part_two_tells_the_oblast_the_country_and_integrated_services_apart():
    table = lines(*(gap_row(service=code) for code in ("RES-PSY", "RES-SENS", "IHS-RES-OLD")), country=True)
    found = table.set_index("service_code")[["part", "scope", "area_code"]].to_numpy().tolist()
    assert sorted(found) == [[2, "country", "BG"], [2, "integrated", "SML"], [2, "oblast", "SML"]]
    assert "В страната има" in table.set_index("service_code").loc["RES-SENS", "justification"]


def test_residents_served_by_a_neighbour_are_named():
    said = lines(gap_row(places=0, occupied=0, elsewhere=6.0, demand=9.0)).iloc[0]["justification"]
    assert "В общината няма такава услуга. Места в други общини, които се падат на нейните жители: 6" in said
