"""From tables to options in words: what is missing is named, numbers in sentences are those of the tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import FaultsFound
from ossu_analysis.proposal.allocation_case import draws_of_year, frame_case
from ossu_analysis.proposal.allocation_chain import oblast_options
from ossu_analysis.proposal.cliff import funding_cliffs
from ossu_analysis.proposal.option_inputs import (
    OptionInputs,
    demonstration_inputs,
    missing_inputs,
    read_demonstration_options,
    real_inputs,
)
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
        criterion_maximum=np.nan,
        status="observed",
    )


def draws():
    rng = np.random.default_rng(1)
    middle = gap_rows().set_index(["service_code", "municipality_code"])["demand_median"]
    return {code: rng.normal(middle[code][CODES].to_numpy(dtype=float), 2.0, (50, 3)).clip(0) for code in SERVICES}


def inputs(**changed):
    made = demonstration_inputs(read_demonstration_options(STORE), gap_rows(), MUNICIPALITY)
    return OptionInputs(**{**made.__dict__, **changed})


def options(**changed):
    return oblast_options("AAA", gap_rows(), draws(), CODES, TABLES, inputs(), **changed)


def test_options_are_marked_stay_in_the_oblast_and_under_the_ceilings():
    found = options()
    table = found.options
    assert 1 <= len(table) <= 5 and table["option"].is_unique
    assert (table["status"] == "demonstration").all() and (found.places["status"] == "demonstration").all()
    assert (table["yearly_cost"] <= table["budget"] + 1e-6).all()
    assert (table["staff_posts"] <= table["staff_ceiling"] + 1e-6).all()
    assert set(found.places["municipality_code"]) <= {"AAA01", "AAA02"}
    assert (table["optimality_gap"] <= 0.01).all()


def test_tables_are_what_their_classes_declare():
    found = options()
    for name, table in (("", found.options), ("_place", found.places), ("_sharing", found.sharing)):
        made = validated(table_class("proposal", f"allocation{name}"), table.assign(planning_year=2034))
        assert len(made) == len(table) > 0
    cliffs = funding_cliffs(inputs().projects, "2026-11-21")
    assert len(validated(table_class("proposal", "funding_cliff"), cliffs)) == len(cliffs) > 0
    assert (cliffs["status"] == "demonstration").all()


def test_tables_agree_with_each_other_and_with_the_sentences():
    found = options()
    for row in found.options.to_dict("records"):
        places = found.places[found.places["option"] == row["option"]]
        sharing = found.sharing[found.sharing["option"] == row["option"]]
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


def test_real_inputs_only_name_what_is_missing():
    real = real_inputs(STORE, pd.Timestamp("2026-11-21").date(), SERVICES)
    found = oblast_options("AAA", gap_rows(), draws(), CODES, TABLES, real)
    assert found.options.empty and found.places.empty
    for missing in (
        "единичен разход за DAY-CH, DAY-OLD",
        "щатен коефициент за DAY-OLD",
        "бюджет",
        "Националната карта за 4",
    ):
        assert missing in found.message


def test_nothing_is_missing_on_the_demonstration_set():
    assert missing_inputs(inputs(), SERVICES, CODES) == []


def test_a_budget_below_what_exists_is_a_fault():
    with pytest.raises(FaultsFound, match=r"бюджетът е под разхода.*1\s000.*≥"):
        oblast_options("AAA", gap_rows(), draws(), CODES, TABLES, inputs(budget={"AAA": 1000.0}))


def test_travel_times_with_missing_pairs_are_a_fault():
    travel = inputs().travel
    with pytest.raises(FaultsFound, match="AAA01 – AAA02"):
        oblast_options("AAA", gap_rows(), draws(), CODES, TABLES, inputs(travel=travel[travel["from_code"] != "AAA01"]))


def test_limits_that_conflict_are_named_with_what_helps():
    found = oblast_options("AAA", gap_rows(), draws(), CODES, TABLES, inputs(), least_coverage=0.99)
    assert found.options.empty
    assert "Няма вариант" in found.message and "най-малкото покритие с" in found.message


def test_a_municipality_with_unknown_places_is_left_out_and_named():
    rows = gap_rows()
    rows.loc[0, "places"] = pd.NA
    found = oblast_options("AAA", rows, draws(), CODES, TABLES, inputs())
    assert set(found.places["municipality_code"]) == {"AAA02"} and "AAA01" in found.message


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


def test_draws_are_thinned_evenly_and_ordered():
    class Simulated:
        service_code, areas, years = "DAY-CH", np.array(["AAA02", "AAA01"]), np.array([2027, 2028])
        persons = np.arange(2 * 2 * 1000, dtype=float).reshape(2, 2, 1000)

    found = draws_of_year([Simulated()], 2028, ["DAY-CH"], ["AAA01", "AAA02"])["DAY-CH"]
    assert found.shape == (200, 2)
    assert found[0].tolist() == [3000, 1000] and found[-1].tolist() == [3999, 1999]
    assert draws_of_year([Simulated()], 2028, [], ["AAA01"]) == {}
