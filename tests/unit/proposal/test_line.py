"""Proposal lines and options: the rule, the parts of the law, and sentences that say what the numbers say."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.gap import Standards
from ossu_analysis.gap.standards import UnitCost
from ossu_analysis.proposal import planning_year, proposal_lines, proposal_options
from ossu_analysis.proposal.line import expert_sentence
from ossu_analysis.schemas import table_class, validated
from tests.unit.capacity.made_up import services

MUNICIPALITY = pd.DataFrame({"municipality_code": ["SML02", "SML31"], "oblast_code": ["SML", "SML"]})
LEVELS = {"DAY-CH": "municipal", "RES-PSY": "oblast", "SHE-CRISIS": "unknown", "MUN-PATRON": "municipal_budget"}
LEVELS |= {"LEG-PSY": "legacy", "RES-SENS": "country", "IHS-RES-OLD": "oblast"}


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
        "planning_level": LEVELS[service],
        "places": places,
        "occupied": occupied,
        "waiting": waiting,
        "demand_median": demand if known else np.nan,
        "demand_low": demand - 4 if known else np.nan,
        "demand_high": demand + 4 if known else np.nan,
        "gap_to_demand_places": demand - places if known else np.nan,
        "probability_gap_positive": (0.9 if demand >= places + 0.5 else 0.2) if known else np.nan,
        "km_to_nearest": km,
        "places_elsewhere": elsewhere,
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


def lines(*rows, overrides=None):
    overrides = pd.DataFrame(columns=OVERRIDE) if overrides is None else overrides
    found = proposal_lines(*tables(*rows), MUNICIPALITY, services(), overrides)
    return validated(table_class("proposal", "line"), found)


def test_places_and_the_gap_rounded_up_are_proposed():
    line = lines(gap_row()).iloc[0]
    assert (line["proposed_users"], line["existing_places"], line["part"]) == (15, 10, 1)
    assert lines(gap_row(demand=14.0)).iloc[0]["proposed_users"] == 14
    assert lines(gap_row(demand=6.0)).iloc[0]["proposed_users"] == 10


def test_sentence_is_built_from_the_numbers():
    said = lines(gap_row(places=1200, demand=1504.0, occupied=1100)).iloc[0]["justification"]
    for part in (
        "1\u00a0200 места",
        "1\u00a0100 заети",
        "Чакащи: 3",
        "31.12.2034",
        "1\u00a0504 лица",
        "1\u00a0500–1\u00a0508",
        "90\u00a0%",
    ):
        assert part in said, part
    assert "{" not in said and "proposal." not in said


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"places": 0, "km": 23.4}, "най-близката община с места е на около 23 км"),
        ({"waiting": None}, "Чакащи не се отчитат"),
        ({"demand": 6.0}, "запазване на 10 места"),
        ({"places": None}, "местата са неизвестни"),
        ({"demand": 6.0}, "под 20 потребители"),
    ],
)
def test_sentence_says_what_is_special(row, part):
    assert part in lines(gap_row(**row)).iloc[0]["justification"]


def test_criterion_is_never_replaced_by_the_rule():
    line = lines(gap_row()).iloc[0]
    assert pd.isna(line["need_by_criterion"]) and line["criterion_note"] == "критерият не е зареден"


def test_need_by_a_loaded_criterion_names_the_rules_and_leaves_the_proposal_alone():
    line = lines(gap_row(criterion=40.0)).iloc[0]
    assert line["need_by_criterion"] == 40 and "тест 1" in line["criterion_note"] and line["proposed_users"] == 15


def test_parts_follow_the_level_of_planning():
    rows = [gap_row(service=service) for service in LEVELS] + [gap_row("SML31", "RES-PSY")]
    found = lines(*rows)
    assert found.set_index("service_code")["part"].to_dict() == {
        "DAY-CH": 1,
        "RES-PSY": 2,
        "SHE-CRISIS": 2,
        "MUN-PATRON": 3,
        "IHS-RES-OLD": 2,
    }
    whole = found[found["service_code"] == "RES-PSY"].iloc[0]
    assert (whole["area_level"], whole["area_code"], whole["existing_places"]) == ("oblast", "SML", 20)
    assert whole["agreement_reference"] == "[ДОПЪЛНЕТЕ]"
    assert "трябва да се потвърди" in found.loc[found["service_code"] == "SHE-CRISIS", "justification"].iloc[0]


def test_residents_of_closing_homes_are_named_beside_and_not_inside():
    found = lines(gap_row(service="RES-PSY"), gap_row(service="LEG-PSY", places=60, occupied=55))
    line = found.iloc[0]
    assert len(found) == 1 and line["residents_to_move"] == 55 and line["proposed_users"] == 15
    assert "които се закриват до 01.01.2035 г., живеят 55 лица" in line["justification"]
    assert "друга община" not in line["justification"]


def test_replacement_of_a_closing_home_has_a_line_even_where_nobody_offers_it():
    found = lines(gap_row(), gap_row(service="LEG-PSY", places=60, occupied=55))
    line = found[found["service_code"] == "RES-PSY"].iloc[0]
    assert (line["part"], line["area_code"], line["residents_to_move"]) == (2, "SML", 55)
    assert pd.isna(line["proposed_users"]) and "55 лица" in line["justification"]
    assert "В областта няма такава услуга" in line["justification"]


def test_a_fraction_of_a_person_is_not_proposed():
    assert lines(gap_row(), gap_row("SML31", places=0, demand=0.4, occupied=0))["area_code"].tolist() == ["SML02"]
    assert lines(gap_row(demand=10.4)).iloc[0]["proposed_users"] == 10


def test_lines_of_nothing_are_left_out():
    assert len(lines(gap_row(), gap_row("SML31", places=0, demand=0.0, occupied=0))) == 1


def test_planning_year_stops_before_the_deadline_of_the_map():
    assert planning_year([2019, 2035, 2040]) == 2034 and planning_year([2019, 2030]) == 2030


def options(*rows, standards=None):
    found = proposal_options(tables(*rows)[0], MUNICIPALITY, standards or Standards())
    return validated(table_class("proposal", "option"), found).set_index("option")


def test_three_options_by_hand():
    # SML02: 10 places, 9 taken, 3 waiting, 14.2 asked; SML31: 20 places, 5 taken, 2 waiting, 6 asked.
    found = options(gap_row(), gap_row("SML31", places=20, occupied=5, waiting=2, demand=6.0))
    assert found["places_added"].to_dict() == {"keep_places": 0, "cover_waiting": 2, "cover_demand": 5}
    assert found["persons_covered"].to_dict() == pytest.approx(
        {"keep_places": 16.0, "cover_waiting": 18.0, "cover_demand": 20.2}
    )
    assert set(found["cost_note"]) == {"няма стандарт"} and found["yearly_cost"].isna().all()
    assert "3 чакащи са записани при свободни места" in found.loc["keep_places", "gives_up"]


def test_an_oblast_service_is_decided_for_the_oblast_as_a_whole():
    found = options(
        gap_row(service="RES-PSY"), gap_row("SML31", "RES-PSY", places=20, occupied=5, waiting=2, demand=6.0)
    )
    assert found["places_added"].to_dict() == {"keep_places": 0, "cover_waiting": 0, "cover_demand": 0}


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
    euro = {"keep_places": 0, "cover_waiting": 200 / 1.95583, "cover_demand": 500 / 1.95583}
    assert found["yearly_cost"].to_dict() == pytest.approx(euro)
    assert set(found["currency"]) == {"EUR"} and set(found["original_currency"]) == {"BGN"}
    assert set(found["original_amount"]) == {100} and set(found["price_year"]) == {2021}
    assert found["cost_note"].isna().all()


def test_probabilities_are_never_certain():
    sure = gap_row(demand=40.0) | {"probability_gap_positive": 1.0}
    assert "с вероятност за недостиг над 99\u00a0%" in lines(sure).iloc[0]["justification"]


def test_an_experts_number_stands_beside_the_proposed_one_and_goes_with_its_file():
    given = pd.DataFrame([("SML02", "DAY-CH", 12, "Нова група", "И. И.", "2026-11-01")], columns=OVERRIDE)
    line = lines(gap_row(), overrides=given).iloc[0]
    assert (line["proposed_users"], line["analyst_users"], line["analyst_by"]) == (15, 12, "И. И.")
    assert expert_sentence(line.to_dict()) == "Експертът предлага 12 вместо 15: Нова група (И. И., 01.11.2026 г.)."
    line = lines(gap_row(), overrides=given[:0]).iloc[0]
    assert pd.isna(line["analyst_users"]) and expert_sentence(line.to_dict()) == ""


def test_a_line_of_nothing_stays_when_an_expert_asks_for_it():
    given = pd.DataFrame([("SML02", "DAY-CH", 8, "Споразумение", "И.", "2026-11-01")], columns=OVERRIDE)
    table = lines(gap_row(places=0, occupied=0, demand=0.2) | {"demand_low": 0.0}, gap_row("SML31"), overrides=given)
    assert table.set_index("area_code")["analyst_users"].dropna().to_dict() == {"SML02": 8}


def test_state_money_stays_within_the_map():
    line = lines(gap_row(mapped=12)).iloc[0]
    assert (line["proposed_users"], line["state_funded_users"], line["map_number"]) == (15, 12, 12)
    assert "По Националната карта са 12 потребители" in line["justification"]
    line = lines(gap_row()).iloc[0]
    assert pd.isna(line["state_funded_users"]) and "картата" not in line["justification"]


def test_part_two_tells_the_oblast_the_country_and_integrated_services_apart():
    rows = [gap_row(service=code) for code in ("RES-PSY", "RES-SENS", "IHS-RES-OLD")]
    municipal, oblast = tables(*rows)
    areas = pd.concat([oblast, oblast.assign(area_level="country", area_code="BG")], ignore_index=True)
    table = validated(
        table_class("proposal", "line"),
        proposal_lines(municipal, areas, MUNICIPALITY, services(), pd.DataFrame(columns=OVERRIDE)),
    )
    found = table.set_index("service_code")[["part", "scope", "area_code"]].to_numpy().tolist()
    assert sorted(found) == [[2, "country", "BG"], [2, "integrated", "SML"], [2, "oblast", "SML"]]
    assert "В страната има" in table.set_index("service_code").loc["RES-SENS", "justification"]


def test_residents_served_by_a_neighbour_are_named():
    said = lines(gap_row(places=0, occupied=0, elsewhere=6.0, demand=9.0)).iloc[0]["justification"]
    assert "В общината няма такава услуга. Места в други общини, които се падат на нейните жители: 6" in said
