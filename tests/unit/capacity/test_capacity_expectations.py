"""Each law and question of capacity finds the row that breaks it."""

from pathlib import Path

import pandas as pd
import pytest

from ossu_analysis.capacity import by_residence, cross_boundary, current_capacity, expectations
from ossu_analysis.reference import READERS
from ossu_analysis.reference import expectations as reference
from ossu_analysis.store import Store
from tests.unit.capacity.made_up import returned, services

NO_MAP = {"municipality_code": "str", "service_code": "str", "users": "int64", "source": "str"}


def stored(tmp_path, **changed) -> Store:
    store = Store(tmp_path)
    returns = returned({"approved": 30, "map_number": 30} | changed)
    residence = pd.DataFrame(
        {
            "municipality_code": ["SML02"],
            "home_code": ["SML05"],
            "service_code": ["DAY-CH"],
            "period_start": ["2021-01-01"],
            "period_end": ["2021-12-31"],
            "users": [4],
            "source_id": ["a.csv"],
            "status": ["observed"],
        }
    )
    capacity = current_capacity(returns, services())
    ledger = cross_boundary(capacity, residence, pd.Series({"SML02": 1.0, "SML05": 1.0}), services())
    store.write("capacity", "current", capacity)
    store.write("capacity", "by_residence", by_residence(capacity, ledger))
    store.write("reference", "map_number", pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in NO_MAP.items()}))
    return store


def test_whole_tables_break_nothing(tmp_path):
    store = stored(tmp_path)
    assert expectations.places_are_divided_not_made(store).empty
    assert expectations.state_money_within_the_map(store).empty
    assert expectations.project_money_has_an_end(store).empty


def test_places_made_by_the_division_are_found(tmp_path):
    store = stored(tmp_path)
    store.write("capacity", "by_residence", store.read("capacity", "by_residence").assign(places=20.0))
    assert expectations.places_are_divided_not_made(store)["service_code"].tolist() == ["DAY-CH"]


def test_users_on_state_money_beyond_the_map_are_found(tmp_path):
    assert expectations.state_money_within_the_map(stored(tmp_path, map_number=20))["on_map"].tolist() == [20]
    assert expectations.state_money_within_the_map(stored(tmp_path, map_number=20, funding_type="municipal")).empty


def test_the_number_that_an_expert_gave_wins_over_the_return(tmp_path):
    store = stored(tmp_path, map_number=20)
    given = pd.DataFrame([("SML02", "DAY-CH", 24, "РМС")], columns=list(NO_MAP))
    store.write("reference", "map_number", given)
    assert expectations.state_money_within_the_map(store).empty


def test_project_money_without_an_end_is_found(tmp_path):
    assert len(expectations.project_money_has_an_end(stored(tmp_path, funding_type="project"))) == 1


ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("times", "missing"), [([], 0), [[("SML05", "SML02", 20.0)], 2]])
def test_pairs_without_a_travel_time_are_found_where_a_table_is_given(tmp_path, times, missing):
    store = Store(tmp_path)
    towns = READERS["municipality"](Store(ROOT)).set_index("municipality_code").loc[["SML02", "SML05", "SML09"]]
    store.write("reference", "municipality", towns.reset_index())
    rows = pd.DataFrame(times, columns=["from_code", "to_code", "minutes"])
    store.write("reference", "travel_time", rows.astype({"from_code": "str", "to_code": "str", "minutes": float}))
    assert len(expectations.travel_times_are_complete(store)) == missing


def test_a_rule_with_an_indicator_that_nobody_counts_is_found(tmp_path):
    store, shipped = Store(tmp_path), Store(ROOT)
    store.write("reference", "target_group", READERS["target_group"](shipped))
    rules = READERS["rule"](shipped)
    store.write("reference", "rule", rules)
    assert reference.rules_are_sound(store).empty
    loaded = rules["service_code"].eq("DAY-CH")
    change = {"rate": 0.1, "rate_unit": "потребители", "base": "share", "indicator": "TG-CRISIS"}
    for name, value in change.items():
        rules[name] = rules[name].astype(object).mask(loaded, value)
    store.write("reference", "rule", rules.astype({"rate": float}))
    found = reference.rules_are_sound(store)
    assert set(found["column"]) == {"rate_unit", "indicator"} and found["found"].str.contains("DAY-CH").all()
