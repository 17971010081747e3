"""Files that an analyst may give: absent ones are empty tables, faulty ones name every fault in Bulgarian."""

import shutil
from pathlib import Path

import pytest

from ossu_analysis.errors import FaultsFound
from ossu_analysis.reference import READERS
from ossu_analysis.reference.given import GIVEN
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    shutil.copytree(ROOT / "data" / "reference", tmp_path / "data" / "reference")
    (tmp_path / "data" / "assumptions").mkdir()
    return Store(tmp_path)


def give(store: Store, table: str, *lines: str) -> None:
    (store.data / GIVEN[table].file).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("table", GIVEN)
def test_without_its_file_a_table_is_empty_in_its_declared_columns(store, table):
    assert validated(table_class("reference", table), READERS[table](store)).empty


def test_a_given_table_is_read_and_removing_the_file_undoes_it(store):
    give(
        store, "override", "area_code,service_code,users,reason,by,date", "SML02,DAY-CH,12,Нова група,И. И.,2026-11-01"
    )
    row = validated(table_class("reference", "override"), READERS["override"](store)).iloc[0]
    assert (row["users"], row["by"]) == (12, "И. И.")
    (store.data / GIVEN["override"].file).unlink()
    assert READERS["override"](store).empty


def test_every_fault_of_a_file_comes_at_once_in_bulgarian(store):
    lines = ["SML99,DAY-CH,12,Повече,И.,2026-11-01", "SML02,XXX,-1,,И.,1.11.2026", "SML02,DAY-CH,1.5,Да,И.,2026-11-01"]
    give(store, "override", "area_code,service_code,users,reason,by,date", *lines, lines[2])
    with pytest.raises(FaultsFound) as raised:
        READERS["override"](store)
    said = [(fault.code.removeprefix("reference."), fault.row, fault.column) for fault in raised.value.faults]
    assert set(said) == {
        ("empty_cell", 3, "reason"),
        ("unknown_code", 2, "area_code"),
        ("unknown_code", 3, "service_code"),
        ("not_a_count", 3, "users"),
        ("not_a_count", 4, "users"),
        ("not_a_count", 5, "users"),
        ("bad_day", 3, "date"),
        ("repeated_row", 5, "service_code"),
    }
    assert "data/assumptions/overrides.csv, ред 3, колона „date“: датата не се чете." in str(raised.value)


def test_an_oblast_may_have_a_number_of_its_own_and_minutes_may_be_parts(store):
    give(store, "override", "area_code,service_code,users,reason,by,date", "SML,RES-PSY,30,Решение,И.,2026-11-01")
    assert READERS["override"](store)["area_code"].tolist() == ["SML"]
    give(store, "travel_time", "from_code,to_code,minutes", "SML02,SML05,17.5")
    assert READERS["travel_time"](store)["minutes"].tolist() == [17.5]


def test_names_and_any_case_are_read_as_codes_and_ambiguous_ones_ask(store):
    give(
        store,
        "map_number",
        "municipality_code;service_code;users;source",
        "Чепеларе;day-ch;1 200;НКСУ",
        "",
        "sml02;ASSIST;5;НКСУ",
    )
    read = READERS["map_number"](store)
    assert read["municipality_code"].tolist() == ["SML38", "SML02"] and read["users"].tolist() == [1200, 5]
    give(
        store,
        "map_number",
        "municipality_code,service_code,users,source",
        "Бяла,ASSIST,5,НКСУ",
        "Чепеларо,ASSIST,5,НКСУ",
    )
    with pytest.raises(FaultsFound) as raised:
        READERS["map_number"](store)
    assert [fault.expected for fault in raised.value.faults] == ["RSE04, VAR05", "SML38"]


def test_a_number_is_never_guessed_and_a_control_character_is_a_fault_of_its_row(store):
    head = "municipality_code,service_code,users,source"
    give(store, "map_number", head, 'SML02,ASSIST,"1,908",НКСУ', "SML05,ASSIST,..,НКСУ", "SML38,ASSIST,5,НКСУ")
    with pytest.raises(FaultsFound) as raised:
        READERS["map_number"](store)
    assert [(fault.code, fault.row) for fault in raised.value.faults] == [
        ("tabular.ambiguous_number", 2),
        ("reference.not_a_count", 3),
    ]
    give(store, "map_number", head, "SML02,ASSIST,5,НК\x07СУ")
    with pytest.raises(FaultsFound) as raised:
        READERS["map_number"](store)
    assert [(fault.code, fault.row) for fault in raised.value.faults] == [("tabular.control_character", 2)]
