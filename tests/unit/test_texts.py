"""Texts and Bulgarian forms: numbers, order, and every fault sentence with its advice."""

import re
from pathlib import Path

import pytest
import yaml

from ossu_analysis import texts
from ossu_analysis.errors import Fault, FaultsFound, raise_if_any

FOLDER = Path(texts.__file__).parent


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(12345.6, 1, "12\u00a0345,6"), (0.04, 0, "0"), (-0.4, 0, "0"), (1234, 0, "1\u00a0234"), (float("nan"), 0, "..")],
)
def test_numbers_in_bulgarian_form(value, digits, expected):
    assert texts.number(value, digits) == expected


def test_interval_share_money_and_day():
    assert texts.interval(120, 95, 150) == "120 (95–150)"
    assert texts.percent(0.123) == "12,3\u00a0%"
    assert texts.money(1234.4, "BGN") == "1\u00a0234\u00a0лв."
    assert texts.day("2026-11-21") == "21.11.2026 г."


@pytest.mark.parametrize(("share", "said"), [(1.0, "над 99\u00a0%"), (0.0, "под 1\u00a0%"), (0.416, "42\u00a0%")])
def test_probability_is_never_certain(share, said):
    assert texts.probability(share) == said


@pytest.mark.parametrize(("count", "said"), [("1", "1\u00a0място"), ("−1", "−1\u00a0място"), ("11", "11\u00a0места")])
def test_one_place_and_many(count, said):
    assert texts.text("report.decisions.from_to", first="0", then=count) == f"от 0 на {said}"


def test_no_line_divides_a_number_from_what_it_counts():
    said = "чл. 43, ал. 2: 12 лица на 31.12.2029 г.; § 33"
    assert texts.printable(said) == said.replace("чл. ", "чл.\xa0").replace("ал. ", "ал.\xa0").replace(
        "12 ", "12\xa0").replace("2029 ", "2029\xa0").replace("§ ", "§\xa0")  # fmt: skip


def test_order_is_bulgarian_not_bytes():
    assert sorted(["Ямбол", "ботевград", "Бургас"], key=texts.sort_key) == ["ботевград", "Бургас", "Ямбол"]


@pytest.mark.parametrize("file", sorted((FOLDER / "bg").glob("*.yaml")), ids=lambda file: file.stem)
def test_bulgarian_texts_hold_no_latin_sentences(file):
    def sentences(entry):
        for value in entry.values():
            yield from sentences(value) if isinstance(value, dict) else [str(value)]

    for sentence in sentences(yaml.safe_load(file.read_text(encoding="utf-8"))):
        plain = re.sub(r"\{[^}]*\}|`[^`]*`|„[^“]*“", "", sentence)
        assert not re.search(r"\b[a-z]{4,} [a-z]{3,} [a-z]{3,}\b", plain), sentence


def test_faults_are_collected_and_one_cause_is_one_sentence_with_its_count():
    place = {"file": "a.csv", "column": "persons", "expected": "0 или повече"}
    faults = [Fault("common.no_data", row=row, found=f"-{row}", **place) for row in range(3, 11)]
    with pytest.raises(FaultsFound) as found:
        raise_if_any([*faults, Fault("common.no_data", file="b.csv", times=756)])
    _, first, second = str(found.value).splitlines()
    assert "a.csv, редове 3, 4, 5, 6, 7 …, колона „persons“, общо 8: " in first and "-3; -4; -5; -6; -7 …" in first
    assert first.count("0 или повече") == 1
    assert "b.csv, общо 756: " in second
    assert "a.csv, ред 3, колона „persons“: " in faults[0].sentence()
