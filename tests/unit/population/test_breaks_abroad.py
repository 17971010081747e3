"""Census breaks of other countries: what one break teaches for the next, and what is asked where a table is silent."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import Fault
from ossu_analysis.population.any_hierarchy import forecast_hierarchy
from ossu_analysis.population.arrow import unify

FOLDER = Path(__file__).parents[2] / "data" / "census_breaks"


def country(name: str, last: int, with_basis: bool = True) -> pd.DataFrame:
    """Totals of both sexes of the regions up to a year; regions above them are left out of the table."""
    rows = pd.read_csv(FOLDER / f"{name}.csv").query("year <= @last").assign(sex="T", age_from=0, age_to=pd.NA)
    return rows if with_basis else rows.drop(columns="basis")


@cache
def scored(name: str, origin: int, year: int, with_basis: bool = True) -> dict[str, float]:
    """MAPE (%) of the median, of no change, and the share of regions in the 80 % range (%)."""
    made = forecast_hierarchy(country(name, origin, with_basis), year - origin, 100, 0, "")
    rows = unify(list(made.rows)).to_pandas().query("year == @year")
    kind = rows["output_type"].astype(str) + rows["output_type_id"].astype(str).where(
        rows["output_type_id"].notna(), ""
    )
    wide = rows.assign(kind=kind, area_code=rows["area_code"].astype(str)).pivot(
        index="area_code", columns="kind", values="persons"
    )
    whole = pd.read_csv(FOLDER / f"{name}.csv").pivot(index="area_code", columns="year", values="persons")
    actual, wide = whole[year], wide.loc[whole.index]
    return {
        "ours": 100 * float((wide["median"] / actual - 1).abs().mean()),
        "no change": 100 * float((whole[origin] / actual - 1).abs().mean()),
        "inside": 100 * float(((wide["quantile0.1"] <= actual) & (actual <= wide["quantile0.9"])).mean()),
    }


def asked(name: str, last: int, with_basis: bool) -> list[Fault]:
    made = forecast_hierarchy(country(name, last, with_basis), 1, 20, 0, "")
    return [fault for fault in made.faults if fault.code == "population.input_break"]


@pytest.mark.parametrize(("origin", "year"), [(2006, 2011), (2010, 2013)])
def test_a_break_that_is_marked_teaches_the_next_one(origin: int, year: int) -> None:
    marked, silent = scored("romania", origin, year), scored("romania", origin, year, False)
    assert marked["ours"] < 0.85 * silent["ours"] and marked["ours"] < 0.7 * marked["no change"]


def test_one_break_is_not_taken_for_certain() -> None:
    """The break of 2011 was more than twice that of 2002; a fifth of the regions were inside before, half are now."""
    assert scored("romania", 2006, 2011)["inside"] >= 40


@pytest.mark.parametrize(
    ("name", "origin", "year", "most"),
    [("romania", 2013, 2018, 2.5), ("germany", 2012, 2017, 3.0), ("hungary", 2013, 2018, 1.3)],
)
def test_a_break_behind_is_no_trend(name: str, origin: int, year: int, most: float) -> None:
    marked = scored(name, origin, year)
    assert marked["ours"] < most and marked["ours"] < scored(name, origin, year, False)["ours"]


@pytest.mark.parametrize(("name", "year"), [("romania", 2001), ("romania", 2011), ("germany", 2010)])
def test_a_break_that_is_not_marked_is_asked_about(name: str, year: int) -> None:
    found = asked(name, 2018, False)
    assert any(str(year) in str(fault.found) for fault in found) and not asked(name, 2018, True)


def test_regions_above_that_a_table_leaves_out_are_sums() -> None:
    made = forecast_hierarchy(country("romania", 2018), 1, 20, 0, "")
    rows = unify(list(made.rows)).to_pandas().query("year == 2019 and output_type == 'mean'")
    persons = rows.set_index(rows["area_code"].astype(str))["persons"]
    parents = country("romania", 2018).groupby("parent_code")["area_code"].unique()
    for parent, regions in parents.items():
        assert persons[parent] == pytest.approx(persons[list(regions)].sum())
    assert {fault.found for fault in made.faults if fault.code == "population.input_sums"} == set(parents.index)
    assert np.isfinite(persons).all()
