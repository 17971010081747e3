"""From tables to options in words: what is missing is named, numbers in sentences are those of the tables."""

import datetime
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import FaultsFound
from ossu_analysis.proposal.allocation.case import decided_places, draws_of_year, frame_case
from ossu_analysis.proposal.allocation.chain import TABLES as MADE
from ossu_analysis.proposal.allocation.chain import area_options, read_request
from ossu_analysis.proposal.allocation.demonstration import demonstration_inputs, read_demonstration_options
from ossu_analysis.proposal.allocation.inputs import OptionInputs, missing_inputs
from ossu_analysis.proposal.allocation.sourced import read_ceilings, real_inputs
from ossu_analysis.proposal.allocation.words import as_text
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.store import Store
from ossu_analysis.texts import number

STORE = Store(Path(__file__).parents[3])
CODES = ["AAA01", "AAA02", "BBB01"]
SERVICES = ["DAY-CH", "DAY-OLD"]
MUNICIPALITY = pd.DataFrame(
    {
        "municipality_code": CODES,
        "name_bg": ["Първа", "Втора", "Чужда"],
        "oblast_code": ["AAA", "AAA", "BBB"],
        "seat_lat": [42.0, 42.1, 43.0],
        "seat_lon": [24.0, 24.1, 25.0],
    }
)
SERVICE = pd.DataFrame(
    {
        "service_code": [*SERVICES, "MUN-PATRON"],
        "short_name_bg": ["Дневна грижа: деца", "Дневна грижа: възрастни хора", "Домашен патронаж"],
        "planning_level": ["municipal", "municipal", "municipal_budget"],
    }
)
TABLES = {"municipality": MUNICIPALITY, "service": SERVICE}


def gap_rows():
    rows = pd.MultiIndex.from_product([CODES, SERVICES], names=["municipality_code", "service_code"]).to_frame(
        index=False
    )
    places = pd.array([10, 0, 2, 12, 5, 5], dtype="Int64")
    return rows.assign(
        places=places,
        occupied=places,
        demand_median=[16.0, 9, 8, 20, 6, 6],
        map_number=np.nan,
        criterion_maximum=np.nan,
        decided=np.inf,
        status="observed",
    )


def draws():
    rng = np.random.default_rng(1)
    middle = gap_rows().set_index(["service_code", "municipality_code"])["demand_median"]
    return {code: rng.normal(middle[code][CODES].to_numpy(dtype=float), 2.0, (50, 3)).clip(0) for code in SERVICES}


def inputs(**changed):
    made = demonstration_inputs(read_demonstration_options(STORE), gap_rows(), MUNICIPALITY)
    return OptionInputs(**{**made.__dict__, **changed})


def options(area="AAA", given=None, rows=None, **limits):
    rows = gap_rows() if rows is None else rows
    return area_options(area, rows, SERVICES, draws, TABLES, given or inputs(), **limits)


def test_options_are_marked_stay_in_the_oblast_and_under_the_ceilings():
    found = options()
    table = found.options
    assert 1 <= len(table) <= 5 and table["option"].is_unique
    assert (table["status"] == "demonstration").all() and (
        found.tables["allocation_place"]["status"] == "demonstration"
    ).all()
    assert (table["yearly_cost"] <= table["budget"] + 1e-6).all()
    assert (table["staff_posts"] <= table["staff_ceiling"] + 1e-6).all()
    assert set(found.tables["allocation_place"]["municipality_code"]) <= {"AAA01", "AAA02"}
    assert (table["optimality_gap"] <= 0.01).all()


def test_tables_are_what_their_classes_declare():
    found = options()
    assert set(found.tables) == set(MADE) - {"allocation_note"}
    for name, table in found.tables.items():
        made = validated(table_class("proposal", name), table.assign(planning_year=2034))
        assert len(made) == len(table) > 0


def test_tables_agree_with_each_other_and_with_the_sentences():
    found = options()
    for row in found.options.to_dict("records"):
        places, sharing = (
            table[table["option"] == row["option"]]
            for table in (found.tables["allocation_place"], found.tables["allocation_sharing"])
        )
        assert places["new_places"].sum() == row["new_places"]
        assert places["for_others"].sum() == sharing["places"].sum() == row["shared_places"]
        used = places["for_residents"] + places["for_others"]
        assert (used <= places["existing_places"] + places["new_places"]).all()
        assert row["existing_cost"] + places["new_cost"].sum() == pytest.approx(row["yearly_cost"])
        for shown in (row["expected_served"], row["expected_demand"], row["yearly_cost"], row["new_places"]):
            assert number(shown) in row["description"]
        assert "Доказано" in row["binding"]
        assert (row["gives_up"] + row["binding"] + row["description"]).count("allocation.") == 0


def test_nobody_gives_up_less_than_nothing_and_the_first_serves_most():
    table = options().options
    assert table["expected_served"].idxmax() == 0
    assert "обслужените са с" not in table["gives_up"].iloc[0]


def never_asked():
    raise AssertionError("nothing may be drawn while inputs are missing")


def test_real_inputs_only_name_what_is_missing(tmp_path):
    shutil.copytree(STORE.assumptions, tmp_path / "data" / "assumptions")
    real = real_inputs(Store(tmp_path), pd.Timestamp("2026-11-21").date(), SERVICES)
    found = area_options("AAA", gap_rows(), SERVICES, never_asked, TABLES, real)
    assert not found.tables
    for missing in (
        "единичен разход за DAY-CH, DAY-OLD",
        "щатен коефициент за DAY-OLD",
        "бюджет за AAA",
        "Националната карта за 4",
    ):
        assert missing in found.message


def test_nothing_is_missing_on_the_demonstration_set():
    assert missing_inputs(inputs(), SERVICES, CODES, "AAA", ["AAA"]) == []


def test_every_number_that_a_plan_used_has_a_source_and_a_unit():
    used = options().tables["allocation_input"]
    assert set(used["input"]) == {
        "unit_cost",
        "staff_per_user",
        "smallest_unit",
        "map_number",
        "budget",
        "staff",
        "reach",
    }
    for column in ("source", "unit"):
        assert used[column].str.len().gt(0).all() and not used[column].str.startswith("allocation.").any()
    assert used["source"].str.contains("измислен").all()
    with pytest.raises(KeyError):
        options(given=inputs(sources={}))


def test_ceilings_that_were_asked_for_hold_and_say_so():
    given = inputs().with_ceilings("AAA", 300_000.0, None)
    found = options(given=given)
    assert (found.options["budget"] == 300_000).all()
    used = found.tables["allocation_input"].set_index("input")
    assert used.loc["budget", "value"] == 300_000 and "зададено" in used.loc["budget", "source"]
    assert "измислено" in used.loc["staff", "source"]


def test_the_country_is_planned_under_one_ceiling():
    found = options("BG")
    table = found.options
    assert set(table["area_code"]) == {"BG"} and (table["yearly_cost"] <= table["budget"] + 1e-6).all()
    together = sum(inputs().budget.values())
    assert table["budget"].iloc[0] == pytest.approx(together)
    assert set(found.tables["allocation_place"]["municipality_code"]) == set(CODES)
    pairs = found.tables["allocation_sharing"]
    assert (pairs["host_code"].str[:3] == pairs["guest_code"].str[:3]).all()


def test_the_terminal_says_the_options_and_the_mark():
    tables = {name: table.assign(planning_year=2034) for name, table in options().tables.items()}
    none = pd.DataFrame(columns=["area_code", "kind", "message", "planning_year"])
    said = as_text({"allocation": tables["allocation"], "allocation_note": none})
    assert "ДЕМОНСТРАЦИОННИ ДАННИ" in said and said.count("Доказано") == len(tables["allocation"])
    missing = pd.DataFrame([["RSE", "missing", "липсва бюджет", 2034]], columns=none.columns)
    assert "липсва бюджет" in as_text({"allocation": tables["allocation"].head(0), "allocation_note": missing})


@pytest.mark.parametrize("wrong", [{"budget": -1}, {"inputs": "guessed"}, {"least_coverage": 2}, {"areas": []}])
def test_a_wrong_request_is_a_fault(wrong):
    with pytest.raises(FaultsFound, match="настройки на вариантите"):
        read_request(wrong)


def test_what_an_analyst_has_written_down_is_used_with_its_source(tmp_path):
    folder = tmp_path / "data" / "assumptions" / "standards"
    folder.mkdir(parents=True)
    file = folder / "ceilings.yaml"
    line = "  - {oblast_code: AAA, valid_from: 2026-01-01, yearly_budget: 195583, currency: BGN, source: решение 7}\n"
    file.write_text(f"ceilings:\n{line}reach: {{value: 30, source: споразумение}}\n", encoding="utf-8")
    real = real_inputs(Store(tmp_path), datetime.date(2026, 11, 22), SERVICES)
    assert real.budget == {"AAA": pytest.approx(100_000)} and real.currency == "EUR"
    assert (real.reach, real.source_of("reach")) == (30, "споразумение")
    assert real.source_of("budget", "AAA") == "решение 7" and real.travel is None
    file.write_text(f"ceilings:\n{line.replace('195583', '-1')}reach: null\n", encoding="utf-8")
    with pytest.raises(FaultsFound, match=r"ceilings\.yaml.*-1"):
        read_ceilings(Store(tmp_path))


def test_a_budget_below_what_exists_is_a_fault():
    with pytest.raises(FaultsFound, match=r"бюджетът е под разхода.*1\s000.*≥.*недостигат"):
        options(given=inputs(budget={"AAA": 1000.0}))


def test_travel_times_with_missing_pairs_are_a_fault():
    travel = inputs().travel
    with pytest.raises(FaultsFound, match="AAA01 – AAA02"):
        options(given=inputs(travel=travel[travel["from_code"] != "AAA01"]))


def test_limits_that_conflict_are_named_with_what_helps():
    found = options(least_coverage=0.99)
    assert found.options.empty
    assert "Няма вариант" in found.message and "най-малкото покритие с" in found.message


def test_a_municipality_with_unknown_places_is_left_out_and_named():
    rows = gap_rows()
    rows.loc[0, "places"] = pd.NA
    found = options(rows=rows)
    assert set(found.tables["allocation_place"]["municipality_code"]) == {"AAA02"} and "AAA01" in found.message


def test_plans_start_from_the_decisions_and_say_which_they_change():
    rows = gap_rows().assign(decided=[14.0, 9, 8, 12, 5, 5])
    rows.loc[3, "decided"] = 9.0
    framed = frame_case(rows[:4], draws(), CODES, MUNICIPALITY, SERVICE, inputs())
    # Three places go by decision, and nobody's own people get more than was decided; guests may (ЗСУ 56).
    assert framed.case.places.sum() == 10 + 0 + 2 + 9
    found = options(rows=rows)
    made = found.tables["allocation_place"].merge(rows, on=["municipality_code", "service_code"])
    assert (made["for_residents"] <= made["decided"]).all()
    assert found.options["changes"].str.contains("решения").all()


def test_decided_places_are_those_of_the_line_and_of_the_seat_of_an_oblast():
    rows = gap_rows()[:4]
    lines = pd.DataFrame({
        "area_level": ["municipality", "oblast", "oblast"], "area_code": ["AAA01", "AAA", "BBB"],
        "service_code": [SERVICES[0], SERVICES[1], SERVICES[1]], "host_code": [None, "AAA02", None],
        "change": [4, 3, 2],
    })  # fmt: skip
    made = decided_places(rows, lines)
    expected = {("AAA01", SERVICES[0]): 14.0, ("AAA02", SERVICES[1]): float(rows["places"].iloc[3]) + 3}
    found = dict(zip(zip(rows["municipality_code"], rows["service_code"], strict=True), made, strict=True))
    assert {key: found[key] for key in expected} == expected
    assert found["AAA01", SERVICES[1]] == rows["places"].iloc[1]


def test_a_criterion_that_is_not_loaded_is_no_cap_and_a_loaded_one_is():
    rows = gap_rows()
    framed = frame_case(rows[:4], draws(), CODES, MUNICIPALITY, SERVICE, inputs())
    assert np.isinf(framed.case.criterion).all()
    loaded = frame_case(rows[:4].assign(criterion_maximum=11.0), draws(), CODES, MUNICIPALITY, SERVICE, inputs())
    assert (
        loaded.limits.caps(loaded.case) == np.maximum(np.minimum(11, loaded.case.map_number), loaded.case.places)
    ).all()


def test_demonstration_inputs_are_seeded_and_fit_the_gaps():
    first, second = inputs(), inputs()
    pd.testing.assert_frame_equal(first.map_number, second.map_number)
    pd.testing.assert_frame_equal(first.travel, second.travel)
    both = first.map_number.merge(gap_rows())
    assert (both["users"] >= both["places"]).all() and (first.map_number["status"] == "demonstration").all()
    fewer = demonstration_inputs(
        read_demonstration_options(STORE), gap_rows().query("service_code == 'DAY-OLD'"), MUNICIPALITY
    )
    kept = first.map_number.query("service_code == 'DAY-OLD'").reset_index(drop=True)
    pd.testing.assert_frame_equal(fewer.map_number, kept)


def test_the_map_number_of_the_gap_is_the_one_of_the_options():
    rows = gap_rows()
    rows.loc[0, "map_number"] = 37.0
    found = demonstration_inputs(read_demonstration_options(STORE), rows, MUNICIPALITY)
    known = found.map_number.query("municipality_code == 'AAA01' and service_code == 'DAY-CH'").iloc[0]
    assert known["users"] == 37 and "недостиг" in known["source"] and "измислено" not in known["source"]
    others = found.map_number.drop(known.name)
    assert others["source"].str.startswith("измислено").all()
    pd.testing.assert_frame_equal(others, inputs().map_number.drop(known.name))
    table = options(given=found, rows=rows).tables["allocation_input"].query("input == 'map_number'")
    assert table.set_index(["municipality_code", "service_code"]).loc[("AAA01", "DAY-CH"), "value"] == 37


def test_real_options_read_the_map_numbers_of_real_returns_only(tmp_path):
    store = Store(tmp_path)
    rows = pd.DataFrame({"municipality_code": ["AAA01", "AAA02"], "service_code": "DAY-CH", "period_end": "2025-12-31",
                         "map_number": [12, 13], "status": ["observed", "demonstration"]})  # fmt: skip
    store.path("capacity", "current").parent.mkdir(parents=True)
    rows.to_parquet(store.path("capacity", "current"))
    found = real_inputs(store, datetime.date(2026, 11, 22), SERVICES).map_number
    assert found[["municipality_code", "users"]].to_numpy().tolist() == [["AAA01", 12.0]]
    assert found["source"].str.contains("отчет").all()


def test_draws_are_thinned_evenly_and_ordered():
    class Simulated:
        service_code, areas, years = "DAY-CH", np.array(["AAA02", "AAA01"]), np.array([2027, 2028])
        persons = np.arange(2 * 2 * 1000, dtype=float).reshape(2, 2, 1000)

    found = draws_of_year([Simulated()], 2028, ["DAY-CH"], ["AAA01", "AAA02"])["DAY-CH"]
    assert found.shape == (200, 2)
    assert found[0].tolist() == [3000, 1000] and found[-1].tolist() == [3999, 1999]
    assert draws_of_year([Simulated()], 2028, [], ["AAA01"]) == {}
