"""Actual against an earlier forecast: the causes add up, by hand and for any figures."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.monitoring import population_deviation
from ossu_analysis.schemas import table_class, validated

AREAS = [("country", "BG"), ("oblast", "SML"), ("municipality", "SML02")]


def forecast_of(means, base, base_year=2015):
    """Rows of population.forecast: the base year and years after it, 80 % range 10 persons each side."""
    rows = []
    for (level, code), start, path in zip(AREAS, base, means, strict=True):
        points = [(base_year, "mean", None, start)]
        for step, mean in enumerate(path, 1):
            year = base_year + step
            points += [(year, "mean", None, mean), (year, "median", None, mean + 1)]
            points += [(year, "quantile", "0.1", mean - 10), (year, "quantile", "0.9", mean + 10)]
            points += [(year, "quantile", "0.025", mean - 20)]
        rows += [
            {
                "area_level": level,
                "area_code": code,
                "year": year,
                "sex": "T",
                "age_from": 0,
                "age_to": pd.NA,
                "scenario": "reference",
                "output_type": kind,
                "output_type_id": level_id,
                "persons": persons,
                "base_year": base_year,
                "run_id": "past",
            }
            for year, kind, level_id, persons in points
        ]
    table = pd.DataFrame(rows).astype({"age_to": "Int64", "output_type_id": "str"})
    children = table.assign(age_to=17, persons=0.0).astype({"age_to": "Int64"})
    return pd.concat([table, children, table.assign(sex="F"), table.assign(scenario="low")], ignore_index=True)


def component_of(births, deaths, base_year=2015):
    rows = [
        {
            "area_level": level,
            "area_code": code,
            "year": base_year + 1 + step,
            "scenario": "reference",
            "output_type": "mean",
            "births": births[area][step],
            "deaths": deaths[area][step],
        }
        for area, (level, code) in enumerate(AREAS)
        for step in range(len(births[area]))
    ]
    table = pd.DataFrame(rows)
    return pd.concat([table, table.assign(output_type="median", births=0.0)], ignore_index=True)


def source_of(measure, values, first_year):
    rows = [
        {"area_level": level, "area_code": code, "year": first_year + step, "sex": "T", measure: value}
        for (level, code), series in zip(AREAS, values, strict=True)
        for step, value in enumerate(series)
    ]
    table = pd.DataFrame(rows).astype({measure: "Int64"})
    table = pd.concat([table, table.assign(sex="F", **{measure: table[measure] // 2})], ignore_index=True)
    if measure == "persons":
        table = pd.concat([table.assign(residence="total"), table.assign(residence="urban")], ignore_index=True)
    return table


def deviation(means, base, births_f, deaths_f, population, births, deaths):
    table = population_deviation(
        forecast_of(means, base),
        component_of(births_f, deaths_f),
        source_of("persons", population, 2015),
        source_of("births", births, 2015),
        source_of("deaths", deaths, 2015),
    )
    return validated(table_class("monitoring", "deviation"), table)


def test_causes_of_one_municipality_by_hand():
    flat = [[1000.0, 1000.0]] * 2
    table = deviation(
        means=[*flat, [990.0, 980.0]],
        base=[1000, 1000, 1000],
        births_f=[[0.0, 0.0]] * 2 + [[10.0, 10.0]],
        deaths_f=[[0.0, 0.0]] * 2 + [[15.0, 15.0]],
        population=[[1000, 1000, 1000]] * 2 + [[1000, 985, 955]],
        births=[[0, 0, 0]] * 2 + [[99, 8, 7]],
        deaths=[[0, 0, 0]] * 2 + [[99, 16, 20]],
    )
    last = table[(table["area_code"] == "SML02") & (table["year"] == 2017)].iloc[0]
    assert last["deviation"] == -25
    # Births 15 against 20 expected, deaths 36 against 30; the rest left.
    assert (last["cause_births"], last["cause_deaths"], last["cause_migration"]) == (-5, -6, -14)
    assert (last["forecast_low"], last["forecast_high"], last["forecast_median"]) == (970, 990, 981)
    assert not last["is_inside_80"]
    first = table[(table["area_code"] == "SML02") & (table["year"] == 2016)].iloc[0]
    assert first["is_inside_80"] and first["deviation"] == -5
    assert len(table) == 6


def test_a_base_that_was_corrected_later_is_a_cause_of_its_own():
    still = [[0.0]] * 3
    table = deviation([[100.0]] * 3, [100] * 3, still, still, [[90, 90]] * 3, [[0, 0]] * 3, [[0, 0]] * 3)
    assert table["cause_base"].tolist() == [-10, -10, -10] and table["cause_migration"].tolist() == [0, 0, 0]


def test_missing_births_leave_the_causes_unknown_and_the_deviation_known():
    still = [[0.0, 0.0]] * 3
    births = [[0, pd.NA, 0]] * 3
    table = deviation([[100.0, 100.0]] * 3, [100] * 3, still, still, [[100, 95, 90]] * 3, births, [[0, 0, 0]] * 3)
    assert table["cause_births"].isna().all() and table["cause_migration"].isna().all()
    assert sorted(table["deviation"]) == [-10, -10, -10, -5, -5, -5]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_causes_add_up_and_agree_with_the_balance_of_the_forecast(seed, years):
    rng = np.random.default_rng(seed)
    births_f, deaths_f, moved_f = (rng.uniform(0, 50, (3, years)) for _ in range(3))
    births, deaths, moved = (rng.integers(0, 50, (3, years + 1)) for _ in range(3))
    base = np.array([5000, 3000, 2000])
    means = base[:, None] + np.cumsum(births_f - deaths_f + moved_f, axis=1)
    change = np.cumsum(births[:, 1:] - deaths[:, 1:] + moved[:, 1:], axis=1)
    population = np.column_stack([base, base[:, None] + change])
    table = deviation(means, base, births_f, deaths_f, population, births, deaths)
    added = table[["cause_births", "cause_deaths", "cause_migration", "cause_base"]].sum(axis=1)
    assert added.to_numpy() == pytest.approx(table["deviation"].to_numpy(), abs=1e-6)
    expected = np.cumsum(moved[:, 1:] - moved_f, axis=1)
    for area, (_, code) in enumerate(AREAS):
        found = table[table["area_code"] == code].sort_values("year")["cause_migration"]
        assert found.to_numpy() == pytest.approx(expected[area], abs=1e-6)
