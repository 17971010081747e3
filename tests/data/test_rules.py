"""The rules engine: worked cases that an analyst reads, shipped rules that compute nothing, faults in Bulgarian."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.errors import FaultsFound
from ossu_analysis.gap.rules import check_rules, criterion_maximum, maximum_users, rules_by_year
from ossu_analysis.inputs import RuleFile, parse
from ossu_analysis.reference.records import _rule_row, read_rule_table, read_services
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[2]
WORKED = yaml.safe_load((Path(__file__).parent / "rules" / "worked_cases.yaml").read_text(encoding="utf-8"))
CASES = WORKED["cases"]
LEVEL_OF_LENGTH = {2: "country", 3: "oblast", 5: "municipality"}


def rule_table(rules):
    content = parse(RuleFile, {"version": "тест 1", "ordinance_bg": "измислена", "rules": rules}, "test.yaml")
    return pd.DataFrame([_rule_row(rule, content.version, "test.yaml") for rule in content.rules])


def indicators(area, values):
    rows = [(LEVEL_OF_LENGTH[len(area)], area, name, value) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["area_level", "area_code", "indicator", "value"]).astype({"value": float})


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_worked_case(case):
    rules = rule_table([rule for rule in WORKED["rules"] if rule["service_code"] == case["service"]])
    found = criterion_maximum(rules, indicators(case["area"], case["indicators"]), case["on_date"])
    if case["expected"] == "absent":
        assert found.empty
        return
    (row,) = found.to_dict("records")
    assert row["rules_version"] == "тест 1"
    assert (None if np.isnan(row["criterion_maximum"]) else row["criterion_maximum"]) == case["expected"]
    assert row["reason"].startswith(case.get("reason", ""))
    if "units" in case:
        assert row["units"] == case["units"]


def test_shipped_rules_have_no_rates_and_yield_nothing_but_the_reason():
    rules = read_rule_table(Store(ROOT))
    assert check_rules(rules) == []
    found = criterion_maximum(rules, indicators("SML02", {"TG-POP": 4175.0}), "2026-11-21")
    assert found["criterion_maximum"].isna().all() and len(found) > 10
    assert set(found["reason"]) == {"критерият не е зареден"}
    assert found["legal_ref"].ne("").all()


RATE = {
    "service_code": "DAY-CH",
    "level": "municipal",
    "legal_ref": "измислено",
    "indicator": "TG-DISCH",
    "base": "share",
    "rate": 0.5,
    "rate_unit": "потребители/лице",
    "rounding": "up",
    "valid_from": "2021-04-06",
    "verified_by": "тест",
    "verified_on": "2026-01-01",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rate_unit": None}, "rate_unit"),
        ({"rate_unit": "потребители"}, "потребители/лице"),
        ({"rate": -1}, "не по-малко от"),
        ({"valid_from": "32.13.2021"}, "дата ГГГГ-ММ-ДД"),
        ({"valid_to": "2020-01-01"}, "valid_from .* е над valid_to"),
        ({"condition": {"indicator": "TG-OLD", "comparison": "import os", "value": 1}}, "comparison"),
        ({"base": "table", "rate_unit": None}, "steps"),
        ({"formula": "rate * 2"}, "formula"),
        ({"smallest_unit": 40, "unit_size": 30}, "smallest_unit"),
    ],
)
def test_a_bad_entry_is_a_fault_in_bulgarian(changed, said):
    with pytest.raises(FaultsFound, match=said):
        rule_table([{name: value for name, value in (RATE | changed).items() if value is not None}])


def test_two_versions_at_once_are_named_with_both():
    rules = pd.concat([rule_table([RATE]), rule_table([RATE | {"valid_from": "2025-01-01"}]).assign(version="нова")])
    with pytest.raises(FaultsFound, match=r"два заредени критерия.*2025-01-01.*„тест 1“"):
        criterion_maximum(rules, indicators("SML02", {"TG-DISCH": 16}), "2026-01-01")


def test_an_indicator_without_values_is_named_with_those_that_have_some():
    with pytest.raises(FaultsFound, match=r"TG-DISCH.*Очаква се: TG-OLD, TG-POP"):
        criterion_maximum(rule_table([RATE]), indicators("SML02", {"TG-POP": 1, "TG-OLD": 2}), "2026-01-01")


def test_all_faults_of_a_table_come_at_once():
    rules = rule_table([RATE]).assign(rate_unit=None, valid_from="2021-4-6", valid_to="2020-99-99", file="rules.yaml")
    codes = [fault.code for fault in check_rules(rules, {"TG-POP"})]
    assert {"rules.bad_date", "rules.no_unit", "rules.unknown_indicator"} <= set(codes)
    assert all("DAY-CH" in fault.sentence() and "rules.yaml" in fault.sentence() for fault in check_rules(rules))


def test_an_empty_new_version_does_not_take_a_loaded_rate_away():
    empty = {key: RATE[key] for key in ("service_code", "level", "legal_ref")} | {"valid_from": "2025-01-01"}
    rules = pd.concat([rule_table([RATE]), rule_table([empty]).assign(version="нова")])
    found = criterion_maximum(rules, indicators("SML02", {"TG-DISCH": 16}), "2026-01-01")
    assert found[["criterion_maximum", "rules_version"]].to_numpy().tolist() == [[8.0, "тест 1"]]


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from([("share", 0.07), ("per_n", 12.0), ("table", None)]))
def test_more_persons_never_lower_the_maximum(one, other, base):
    rule = {"base": base[0], "rate": base[1], "per": 1000, "rounding": "up", "steps": "0: 5; 200: 9; 1e5: 50"}
    low, high = maximum_users(rule, np.array(sorted([one, other])))
    assert 0 <= low <= high


def test_loading_a_rate_is_an_edit_of_one_file(tmp_path):
    """The shipped file with one rule filled in: the gap has a maximum and names the version; nothing else changes."""
    shutil.copytree(ROOT / "data" / "reference", tmp_path / "data" / "reference")
    shutil.copytree(ROOT / "data" / "rules", tmp_path / "data" / "rules")
    store, file = Store(tmp_path), tmp_path / "data" / "rules" / "npsu_2021.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    loaded = {name: value for name, value in RATE.items() if name not in ("level", "legal_ref", "valid_from")}
    content["version"] = "тест 2"
    content["rules"] = [rule | loaded if rule["service_code"] == "DAY-CH" else rule for rule in content["rules"]]
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    rules = read_rule_table(store)
    assert check_rules(rules, {"TG-DISCH"}) == []
    found = rules_by_year(rules, "DAY-CH", [2030])
    assert found[2030]["version"] == "тест 2" and maximum_users(found[2030], np.array([41.0])).tolist() == [21]
    assert rules_by_year(rules, "DAY-AD", [2030]) == {}
    assert read_services(store).set_index("service_code")["criterion_loaded"].sum() == 1


@pytest.mark.parametrize("case", [one for one in CASES if one["expected"] != "absent"], ids=lambda case: case["name"])
def test_the_gap_applies_rules_as_the_worked_cases_say(case):
    """The gap reads the rule of 31 December; on that day it and the table of maxima agree."""
    rules = rule_table([rule for rule in WORKED["rules"] if rule["service_code"] == case["service"]])
    day = f"{str(case['on_date'])[:4]}-12-31"
    (row,) = criterion_maximum(rules, indicators(case["area"], case["indicators"]), day).to_dict("records")
    rule = rules_by_year(rules, case["service"], [int(day[:4])]).get(int(day[:4]))
    if rule is None:
        assert np.isnan(row["criterion_maximum"]) and row["reason"] == "критерият не е зареден"
        return
    value, asked = (np.array([case["indicators"].get(rule[name], np.nan)], dtype=float) for name in
                    ("indicator", "condition_indicator"))  # fmt: skip
    np.testing.assert_equal(maximum_users(rule, value, asked)[0], row["criterion_maximum"])
