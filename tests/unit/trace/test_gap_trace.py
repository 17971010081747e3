"""The trace gives the numbers of the run from the same formulas, and says so when the table holds another one."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from ossu_analysis.gap import formulas
from ossu_analysis.trace.gap import gap_row
from ossu_analysis.trace.run import Tracer

TOWNS = {"AAA01": (64.0, 73.0), "AAA02": (20.0, np.nan)}


def town(code, places, mapped):
    return {
        "municipality_code": code, "service_code": "S", "year": 2030, "target_group": "G", "places": places,
        "occupied": places, "waiting": 1.0, "places_for_others": 0.0, "places_elsewhere": 2.0,
        "places_for_residents": places + 2.0, "map_number": mapped, "criterion_maximum": np.nan,
        "demand_median": 80.0, "gap_to_demand_places": 80.0 - places - 2.0,
        "gap_to_map_places": formulas.gap_to_map_places(mapped, places), "status": "observed",
    }  # fmt: skip


def tracer(**changed):
    towns = pd.DataFrame([town(code, *values) for code, values in TOWNS.items()])
    area = {"area_level": "oblast", "area_code": "AAA", "service_code": "S", "year": 2030, "status": "observed",
            "places": 84.0, "map_number": 73.0, "gap_to_map_places": 9.0, "municipalities_with_service": 2.0,
            "places_for_residents": 88.0, "waiting": 2.0} | changed  # fmt: skip
    tables = {
        "gap.service_gap": towns,
        "gap.oblast_gap": pd.DataFrame([area]),
        "reference.municipality": pd.DataFrame({"municipality_code": list(TOWNS), "oblast_code": "AAA",
                                                "name_bg": list(TOWNS)}),
        "reference.oblast": pd.DataFrame({"oblast_code": ["AAA"], "name_bg": ["Област"]}),
        "reference.service": pd.DataFrame({"service_code": ["S"], "planning_level": ["municipal"],
                                           "closes_on": [None], "replaced_by": [None]}),
        "capacity.current": pd.DataFrame({"municipality_code": list(TOWNS), "service_code": "S", "places": [64, 20],
                                          "occupied": [64, 20], "waiting": 1, "period_end": "2021-12-31",
                                          "reported_service_code": "S", "status": "observed", "source_id": "a.csv",
                                          "source_class": "official"}),
        "collection.return": pd.DataFrame({"municipality_code": ["AAA01", "AAA01"], "service_code": ["S", "OTHER"],
                                           "period_start": "2021-01-01", "period_end": "2021-12-31",
                                           "places": [64, 7], "status": "observed", "source_id": "a.csv",
                                           "source_class": "official"}),
        "reference.rule": pd.DataFrame({"service_code": pd.Series(dtype="str"), "valid_from": pd.Series(dtype="str")}),
        "reference.assumption": pd.DataFrame({"assumption_id": ["occupancy_target"], "title_bg": ["Цел"],
                                              "valid_from": ["2000-01-01"],
                                              "value": [1.0], "source_bg": ["решение"], "file": ["general.yaml"],
                                              "quality": ["observed"]}),
    }  # fmt: skip
    db = duckdb.connect()
    for name, frame in tables.items():
        link, table = name.split(".")
        db.execute(f"create schema if not exists {link}")
        db.register("made", frame)
        db.execute(f"create table {link}.{table} as select * from made")
    return Tracer(db, None, {"base_year": 2018, "until_year": 2035, "draws": 200, "seed": 1}, redraws=False)


AREA = {"places": 84, "map_number": 73, "gap_to_map_places": 9, "municipalities_with_service": 2,
        "places_for_residents": 88, "waiting": 2}  # fmt: skip


@pytest.mark.parametrize(("column", "value"), AREA.items())
def test_numbers_of_an_oblast_are_those_of_its_municipalities(column, value):
    """An oblast where one municipality has no map number: the difference is over the others, not over all places."""
    step = gap_row(tracer(), "AAA", "S", 2030).number(column)
    assert (step.value, step.recomputed, step.is_confirmed) == (value, value, True)
    assert [below.key for below in step.inputs] == ["AAA01 S 2030", "AAA02 S 2030"]


@pytest.mark.parametrize("column", AREA)
def test_a_table_that_holds_another_number_is_told(column):
    step = gap_row(tracer(**{column: 60.0}), "AAA", "S", 2030).number(column)
    assert step.is_confirmed is False and step.recomputed == AREA[column]


def test_the_gap_of_a_municipality_is_walked_by_the_formula_of_the_run():
    row = gap_row(tracer(), "AAA01", "S", 2030)
    assert row.formulas["gap_to_demand_places"].function is formulas.gap_to_demand_places
    theirs = row.number("places_for_residents")
    (places,) = row.number("places").inputs
    assert places.recomputed == 64 and [below.key for below in places.inputs] == ["AAA01 S 2021-12-31"]
    assert theirs.recomputed == 66 and theirs.anchor == "gap-S-places_for_residents"
    assert row.number("gap_to_map_places").recomputed == 9
    unknown = gap_row(tracer(), "AAA02", "S", 2030).number("gap_to_map_places")
    assert unknown.value is None and unknown.said == "числото по картата не е заредено"
