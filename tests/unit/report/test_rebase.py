"""Sections of the mid-term evaluation and of the map: differences are of what is printed, few slots are left."""

import pandas as pd

from ossu_analysis.report.content import Paragraph, Table
from ossu_analysis.report.disclosure.masking import released
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.sections import map_update, rebase
from ossu_analysis.report.sections.subject import Subject


def indicator(code, kind="service", **more):
    row = {"area_level": "oblast", "area_code": "SML", "kind": kind, "indicator_code": code, "base_year": 2018}
    row |= {"year": 2021, "old_base": 50.0, "old_base_now": 52.0, "expected_mean": 60.2, "expected_median": 59.7}
    row |= {"expected_low": 55.0, "expected_high": 66.0, "actual": 70.0, "deviation": 9.8, "is_inside_80": False}
    row |= {f"cause_{cause}": 0.0 for cause in rebase.CAUSES} | {"cause_use": 9.8, "horizon_year": 2029}
    for side in ("old_target", "new_target"):
        row |= {side: 60.0, f"{side}_low": 50.0, f"{side}_high": 70.0}
    return row | {"is_moved": False, "run_id": "r", "status": "demonstration"} | more


def subject(rows, grounds=()):
    groups = pd.DataFrame({"target_group": ["TG-65"], "name_bg": ["Хора на 65 и повече години"]})
    services = pd.DataFrame({"service_code": ["ASSIST"], "short_name_bg": ["Асистентска подкрепа"]})
    towns = pd.DataFrame({"municipality_code": ["SML01", "SML02"], "name_bg": ["Баните", "Борино"]})
    tables = {"groups": groups, "services": services, "municipalities": towns, "map_update": pd.DataFrame(grounds)}
    facts = Facts("SML", "Смолян", {}, [], indicators=pd.DataFrame(rows).astype({"is_inside_80": "boolean"}), **tables)
    return Subject(facts, None, "SML")


def cells(blocks):
    table = next(block for block in blocks if isinstance(block, Table))
    return [column.heading for column in table.columns], table.rows()


def said(blocks):
    return " ".join(block.text for block in blocks if isinstance(block, Paragraph))


def test_difference_is_of_what_is_printed():
    blocks = rebase.expected(subject([indicator("ASSIST")]))
    _, rows = cells(blocks)
    assert "60 (55–66)" in rows[0] and rows[0][-2:] == ("+10", "не")


def test_unreported_is_not_zero_and_absent_services_are_left_out():
    gone = indicator("DAY-AD", old_base=0.0, expected_mean=0.0, actual=0.0, new_target=0.0)
    unknown = indicator("ASSIST", actual=float("nan"), deviation=float("nan"), is_inside_80=pd.NA)
    _, rows = cells(rebase.expected(subject([gone, unknown])))
    assert len(rows) == 1 and rows[0][-1] == "не е отчетено" and ".." in rows[0]
    assert rebase.causes(subject([unknown])) == []


def test_largest_deviation_names_its_cause():
    blocks = rebase.causes(subject([indicator("ASSIST")]))
    assert "главна причина: дял на търсещите" in said(blocks)


def test_without_an_earlier_plan_it_says_so():
    facts = Facts("SML", "Смолян", {}, [])
    blocks = rebase.expected(Subject(facts, None, "SML"))
    assert "Няма план от по-ранна базова година" in said(blocks)


def test_map_names_every_ground_and_asks_only_for_events():
    row = {"ground": "indicator", "subject": "TG-65", "since": "2024-12-31", "base": 100.0, "now": 130.0}
    row |= {"change": 30.0, "change_share": 0.3, "expected_low": 85.0, "expected_high": 110.0, "status": "estimated"}
    grounds = [row | {"municipality_code": town, "qualifies": town == "SML02"} for town in ("SML01", "SML02")]
    made = subject([indicator("ASSIST")], grounds)
    made.facts._tables["map_update"]["qualifies"] = made.facts.map_update["qualifies"].astype("boolean")
    blocks = map_update.grounds(made)
    assert "1 случая в 1 от 2 общини" in said(blocks) and "няма ново преброяване" in said(blocks)
    assert said(blocks).count("[ДОПЪЛНЕТЕ]") == 1
    _, rows = cells(blocks)
    assert rows[0][0] == "Борино (SML02)" and "30,0" in rows[0][-1]


def test_a_service_with_a_hidden_count_is_left_out():
    counts = pd.DataFrame(
        [("oblast", "SML", "BG", code, "occupied", "2021-12-31", code == "DAY-AD") for code in ("ASSIST", "DAY-AD")],
        columns=["area_level", "area_code", "parent_code", "service_code", "quantity", "period_end", "is_hidden"],
    )
    towns = counts.assign(area_level="municipality", area_code="SML02", parent_code="SML")
    counts = pd.concat([counts, towns], ignore_index=True).assign(persons=3)
    rows = pd.DataFrame([indicator("ASSIST"), indicator("DAY-AD"), indicator("TG-65", "group")])
    shown = released({"counts": counts, "indicators": rows})["indicators"]
    assert shown["indicator_code"].tolist() == ["ASSIST", "TG-65"]
