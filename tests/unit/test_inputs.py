"""Typed YAML: misspelt keys, missing sources, rates without what they need, overlapping dates, days too early."""

import pytest

from ossu_analysis.errors import FaultsFound
from ossu_analysis.inputs import read_assumptions, read_published_names, read_rules
from ossu_analysis.store import Store

ASSUMPTION = """
assumptions:
  - id: price
    title_bg: Цена
    unit: лв.
    quality: observed
    values:
      - {valid_from: 2025-01-01, value: 2.0, source_bg: Решение Б}
      - {valid_from: 2020-01-01, value: 1.0, source_bg: Решение А}
"""

RULE = """
version: опит
ordinance_bg: Наредба
rules:
  - service_code: DAY-OLD
    level: municipal
    legal_ref: чл. 1
    indicator: TG-OLD
    base: per_n
    rate: 3
    rate_unit: потребители/per лица
    per: 1000
    rounding: up
    verified_by: И. Иванова
    verified_on: 2026-01-15
    valid_from: 2026-01-01
"""


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path)
    found.assumptions.mkdir(parents=True)
    found.rules.mkdir(parents=True)
    return found


def put(folder, content, name="one.yaml"):
    (folder / name).write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("unit:", "units:", "assumptions.0.unit"),
        ("source_bg: Решение А", "source_bg: ''", "assumptions.0.values.1.source_bg"),
        ("value: 1.0", "value: едно", "assumptions.0.values.1.value"),
        ("2025-01-01", "2020-01-01", "assumptions.0"),
        ("quality: observed", "quality: добро", "assumptions.0.quality"),
    ],
)
def test_a_wrong_assumption_is_named_by_file_and_place(store, old, new, place):
    put(store.assumptions, ASSUMPTION.replace(old, new))
    with pytest.raises(FaultsFound) as raised:
        read_assumptions(store)
    assert place in {fault.column for fault in raised.value.faults}
    assert {fault.file for fault in raised.value.faults} == {"data/assumptions/one.yaml"}
    assert not any("Input" in fault.sentence() for fault in raised.value.faults), "the sentence is Bulgarian"


def test_a_file_of_another_encoding_and_a_missing_one_are_faults(store):
    (store.rules / "one.yaml").write_bytes(RULE.encode("cp1251"))
    with pytest.raises(FaultsFound, match="опит") as raised:
        read_rules(store)
    assert [(fault.code, fault.row) for fault in raised.value.faults] == [("reference.wrong_encoding", 2)]
    with pytest.raises(FaultsFound, match="published_service_names"):
        read_published_names(store)


def test_faults_of_all_files_come_at_once_and_ids_are_unique(store):
    put(store.assumptions, ASSUMPTION.replace("unit:", "units:"), "a.yaml")
    put(store.assumptions, "assumptions: [", "b.yaml")
    with pytest.raises(FaultsFound) as raised:
        read_assumptions(store)
    assert {fault.file for fault in raised.value.faults} == {"data/assumptions/a.yaml", "data/assumptions/b.yaml"}
    put(store.assumptions, ASSUMPTION, "a.yaml")
    put(store.assumptions, ASSUMPTION, "b.yaml")
    with pytest.raises(FaultsFound, match="price"):
        read_assumptions(store)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value: 1.0", "value: .inf"),
        ("value: 1.0", "value: .nan"),
        ("value: 1.0", "value: 1e999"),
        ("value: 1.0", "value: 1:30"),
        ("value: 1.0", "value: yes"),
        ("value: 1.0", "value: 1.0, value: 2.0"),
        ("2025-01-01", "2025-02-30"),
        ("2025-01-01", "0000-01-01"),
        ("title_bg: Цена", "title_bg: &a [*a]"),
        ("title_bg: Цена", f"title_bg: {'[' * 5000}"),
        ("title_bg: Цена", f"title_bg: {'{a: ' * 900}{'}' * 900}"),
        ("title_bg: Цена", "title_bg: !!python/object/apply:os.getcwd []"),
    ],
)
def test_values_that_cannot_be_are_faults_with_their_place(store, old, new):
    put(store.assumptions, ASSUMPTION.replace(old, new))
    with pytest.raises(FaultsFound) as raised:
        read_assumptions(store)
    assert all(fault.row or fault.column for fault in raised.value.faults)


def test_references_that_grow_without_end_are_a_fault_and_zeros_before_a_number_change_nothing(store):
    doubled = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]\n" for n in range(1, 9))
    put(store.assumptions, f"k0: &k0 [x]\n{doubled}assumptions: *k8\n")
    with pytest.raises(FaultsFound, match=r"one\.yaml, ред"):
        read_assumptions(store)
    put(store.assumptions, ASSUMPTION.replace("value: 2.0", "value: 010"))
    assert read_assumptions(store)["price"][0].values[0].value == 10


def test_a_loaded_rule_is_read(store):
    put(store.rules, RULE)
    (rule,) = read_rules(store)["data/rules/one.yaml"].rules
    assert rule.is_loaded
    assert (rule.rate, rule.per) == (3, 1000)


@pytest.mark.parametrize(
    "line", ["base: per_n", "per: 1000", "indicator: TG-OLD", "rounding: up", "verified_on: 2026-01-15"]
)
def test_a_rate_without_what_it_needs_is_refused(store, line):
    put(store.rules, RULE.replace(f"    {line}\n", ""))
    with pytest.raises(FaultsFound) as raised:
        read_rules(store)
    said = " ".join(fault.expected for fault in raised.value.faults)
    assert line.split(":")[0] in said
    assert "Value error" not in said


def test_an_empty_rate_needs_nothing_else(store):
    put(store.rules, RULE.split("    indicator")[0] + "    valid_from: 2026-01-01\n")
    assert not read_rules(store)["data/rules/one.yaml"].rules[0].is_loaded


@pytest.mark.parametrize(("end", "is_refused"), [(None, True), ("2027-01-01", True), ("2026-12-31", False)])
def test_two_rules_of_a_service_may_not_hold_at_once(store, end, is_refused):
    first = RULE + (f"    valid_to: {end}\n" if end else "")
    second = RULE.split("rules:\n")[1].replace("valid_from: 2026-01-01", "valid_from: 2027-01-01")
    put(store.rules, first + second)
    if is_refused:
        with pytest.raises(FaultsFound, match="DAY-OLD"):
            read_rules(store)
    else:
        assert len(read_rules(store)["data/rules/one.yaml"].rules) == 2


def test_a_maximum_below_the_minimum_is_refused(store):
    put(store.rules, RULE + "    minimum: 20\n    maximum: 10\n")
    with pytest.raises(FaultsFound, match="minimum 20"):
        read_rules(store)
