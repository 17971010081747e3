"""Any returns: contract rows out, every impossible row named, nothing guessed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.demand.external import forecast_handed
from ossu_analysis.demand.profile import relative_rates
from ossu_analysis.demand.returns_input import read_handed
from ossu_analysis.errors import FaultsFound
from ossu_analysis.evaluation.demand_worlds import Mechanism, World, make_world
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import write_out

LEGACY = pd.DataFrame(
    [("Център", "ЦСРИ", "550", "SP-THER-AD"), ("Център", "ЦСРИ", "550", "SP-SKILL"), ("Дом", "ДСХ", "999", "RES-OLD")],
    columns=["old_name_bg", "old_abbreviation", "activity_code", "service_code"],
)


SEED = 1


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Mechanism(), seed=4, years=range(2016, 2022))


def handed(folder: Path, returns: pd.DataFrame, exposed: pd.DataFrame, suffix: str = ".csv") -> tuple[Path, Path]:
    files = folder / f"returns{suffix}", folder / f"exposed{suffix}"
    for file, table in zip(files, (returns, exposed), strict=True):
        table.to_csv(file, index=False) if suffix == ".csv" else table.to_parquet(file)
    return files


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_two_tables_give_the_contract_columns(world: World, tmp_path: Path, suffix: str) -> None:
    files = handed(tmp_path, world.returns, world.exposed.drop(columns="parent_code"), suffix)
    write_out(forecast_handed(read_handed(*files), 5, SEED), tmp_path / f"out{suffix}", "demand_forecast")
    out = tmp_path / f"out{suffix}"
    rows = pd.read_csv(out) if suffix == ".csv" else pd.read_parquet(out)
    assert list(rows.columns) == [info.name for info in columns(table_class("demand", "demand_forecast"))]
    assert set(rows["area_level"]) == {"municipality", "oblast", "country"}
    assert sorted(rows["year"].unique()) == list(range(2021, 2027))
    means = rows[(rows["output_type"] == "mean") & (rows["year"] == 2026)]
    came = world.truth.query("year == 2026")["expected_demand"].sum()
    assert means.query("area_level == 'country'")["persons"].item() == pytest.approx(came, rel=0.15)
    assert len(means.query("area_level == 'municipality'")) == 265, "areas without the service are forecast too"


def test_draws_of_the_population_are_used(world: World, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    level = rng.normal(0, 0.2, 60)
    drawn = pd.concat(
        [world.exposed.assign(draw=d, persons=world.exposed["persons"] * np.exp(level[d])) for d in range(60)]
    )
    files = handed(tmp_path, world.returns, drawn, ".parquet")
    fixed = handed(tmp_path / "..", world.returns, world.exposed, ".parquet")
    spreads = []
    for pair in (files, fixed):
        (rows,) = forecast_handed(read_handed(*pair), 1, SEED)
        table = (
            rows.to_pandas().query("area_level == 'country' and year == 2022").set_index("output_type_id")["persons"]
        )
        spreads.append(np.log(table["0.9"] / table["0.1"]))
    assert spreads[0] > spreads[1] + 0.2


def test_foreign_codes_are_levels_by_number(world: World, tmp_path: Path) -> None:
    returns = world.returns.assign(area_code="nuts-" + world.returns["area_code"])
    exposed = world.exposed.assign(area_code="nuts-" + world.exposed["area_code"])
    (rows,) = forecast_handed(read_handed(*handed(tmp_path, returns, exposed)), 2, SEED)
    assert set(rows.to_pandas()["area_level"]) == {"level_0", "level_1", "level_2"}


def bad_world(world: World) -> pd.DataFrame:
    bad = world.returns.head(12).copy()
    bad.loc[0, "waiting"] = -3
    bad.loc[1, "users"] = 1e7
    bad.loc[2, "users"] = bad.loc[2, "places"] + 5
    return bad


def test_every_fault_of_a_small_table_is_named_with_its_row(world: World, tmp_path: Path) -> None:
    bad = bad_world(world).astype({"service_code": object})
    bad.loc[3, "service_code"] = "ЦСРИ"
    groups = world.exposed.assign(target_group="TG-NONE")
    with pytest.raises(FaultsFound) as raised:
        read_handed(*handed(tmp_path, bad, groups), LEGACY, {"mun-patron": "MUN-PATRON"}, ["TG-OLD"])
    found = {fault.code: fault for fault in raised.value.faults}
    assert found["demand.negative_waiting"].row == 2
    assert found["demand.users_above_exposed"].row == 3
    assert found["demand.users_above_places"].row == 4
    assert found["demand.old_service_is_several"].expected == "SP-SKILL, SP-THER-AD"
    assert found["demand.unknown_group"].found == "TG-NONE"
    assert all(fault.sentence().count("demand.") == 0 for fault in raised.value.faults), "each has its sentence"


def test_a_remark_explains_use_above_places(world: World, tmp_path: Path) -> None:
    bad = world.returns.copy()
    bad.loc[2, "users"] = bad.loc[2, "places"] + 5
    remarked = bad.assign(remark=np.where(bad.index == 2, "две смени", ""))
    plain = read_handed(*handed(tmp_path, bad, world.exposed))
    explained = read_handed(*handed(tmp_path, remarked, world.exposed))
    assert [fault.code for fault in plain.faults] == ["demand.users_above_places"]
    assert not explained.faults


def test_few_impossible_rows_of_a_large_table_are_named_and_left_out(world: World, tmp_path: Path) -> None:
    bad = world.returns.copy()
    bad.loc[0, "waiting"] = -3
    read = read_handed(*handed(tmp_path, bad, world.exposed))
    assert len(read.returns) == len(bad) - 1
    assert [fault.code for fault in read.faults] == ["demand.negative_waiting"]


def test_an_old_name_of_one_service_is_read_as_it(world: World, tmp_path: Path) -> None:
    returns = world.returns.assign(service_code="ДСХ")
    read = read_handed(
        *handed(tmp_path, returns, world.exposed.assign(service_code="RES-OLD")), LEGACY, {"res-old": "RES-OLD"}
    )
    assert set(read.returns["service_code"]) == {"RES-OLD"}
    assert read.faults[0].code == "demand.old_service"


def test_a_service_nobody_knows_is_named_and_still_forecast(world: World, tmp_path: Path) -> None:
    """Any returns may be handed in, so an unknown code is a notice, not an end."""
    read = read_handed(*handed(tmp_path, world.returns, world.exposed), LEGACY, {"res-old": "RES-OLD"})
    (fault,) = read.faults
    assert (fault.code, fault.found) == ("demand.unknown_service", world.returns["service_code"].iloc[0])
    assert len(read.returns) == len(world.returns) and fault.sentence()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda returns, exposed: (returns.drop(columns="users"), exposed), "tabular.missing_column"),
        (lambda returns, exposed: (returns.assign(users="много"), exposed), "tabular.not_a_number"),
        (lambda returns, exposed: (pd.concat([returns, returns]), exposed), "demand.repeated_row"),
        (lambda returns, exposed: (returns, exposed.assign(persons=-1)), "demand.negative_persons"),
        (lambda returns, exposed: (returns, exposed.query("year > 2018")), "demand.no_exposed_row"),
        (lambda returns, exposed: (returns.head(0), exposed), "tabular.no_rows"),
    ],
)
def test_hostile_tables_are_refused_with_the_reason(world: World, tmp_path: Path, spoil: object, code: str) -> None:
    tables = spoil(world.returns, world.exposed)  # type: ignore[operator]
    with pytest.raises(FaultsFound) as raised:
        read_handed(*handed(tmp_path, *tables))
    assert code in {fault.code for fault in raised.value.faults}


def test_people_that_end_before_the_horizon_are_named(world: World, tmp_path: Path) -> None:
    read = read_handed(*handed(tmp_path, world.returns, world.exposed))
    with pytest.raises(FaultsFound) as raised:
        list(forecast_handed(read, 9, SEED))
    assert raised.value.faults[0].expected == "2030"


def test_a_profile_of_sex_is_learnt_and_an_ageing_area_expects_more() -> None:
    people = pd.DataFrame({"area_code": "A", "year": [2019, 2019, 2020, 2020], "sex": ["F", "M"] * 2, "persons": 1e4})
    returns = people.drop(columns="persons").assign(users=[300.0, 100.0, 330.0, 110.0])
    weight = relative_rates(returns, people, ["sex"]).set_index("sex")["weight"]
    assert weight["F"] / weight["M"] == pytest.approx(3.0, rel=0.02)


def test_an_open_oldest_group_is_a_kind_like_the_others(world: World, tmp_path: Path) -> None:
    """Users and persons by sex and age, the oldest without an upper age; the oldest ask four times as often."""
    bands = pd.DataFrame([("F", 65, 79, 0.2), ("M", 65, 79, 0.2), ("F", 80, None, 0.3), ("M", 80, None, 0.3)])
    bands.columns = ["sex", "age_from", "age_to", "share"]
    returns, exposed = world.returns.merge(bands, how="cross"), world.exposed.merge(bands, how="cross")
    returns["users"] = (returns["users"] * returns.pop("share")).round()
    exposed["persons"] *= exposed.pop("share").map({0.2: 0.35, 0.3: 0.15})
    (rows,) = forecast_handed(read_handed(*handed(tmp_path, returns, exposed)), 5, SEED)
    came = world.truth.query("year == 2026")["expected_demand"].sum()
    found = rows.to_pandas().query("area_level == 'country' and year == 2026 and output_type == 'mean'")
    assert found["persons"].item() == pytest.approx(came, rel=0.2)


def test_a_reform_is_named_and_read_as_a_step(world: World, tmp_path: Path) -> None:
    """From 2019 only half of those served before have the right: what is forecast is the new half, not its decay."""
    late = world.returns["year"] >= 2019
    halved = world.returns.assign(users=np.where(late, np.floor(world.returns["users"] / 2), world.returns["users"]))
    halved = halved.assign(places=1e4, waiting=np.nan)
    read = read_handed(*handed(tmp_path, halved, world.exposed))
    assert "demand.users_break" in {fault.code for fault in read.faults}
    (rows,) = forecast_handed(read, 5, SEED)
    country = rows.to_pandas().query("area_level == 'country' and output_type == 'mean'").set_index("year")["persons"]
    assert country[2026] == pytest.approx(country[2021], rel=0.12)


def test_a_count_of_places_that_breaks_is_named_and_is_no_fall_in_demand(world: World, tmp_path: Path) -> None:
    """As the children's services of 2020 and 2021 (634 and 339) while the users stay as they were."""
    flat = world.returns.assign(users=20.0, waiting=np.nan)
    broken = flat.assign(places=np.where(flat["year"] < 2020, 63.4, 33.9).round())
    exposed = world.exposed.assign(persons=2000.0)
    read = read_handed(*handed(tmp_path, broken, exposed))
    named = [fault.found for fault in read.faults if fault.code == "demand.places_break"]
    assert len(named) == 1 and "(2019)" in named[0] and "(2020)" in named[0]
    (rows,) = forecast_handed(read, 3, SEED)
    means = rows.to_pandas().query("area_level == 'country' and output_type == 'mean'")["persons"]
    assert means.to_numpy() == pytest.approx(265 * 20, rel=0.05)


def test_services_of_every_size_get_figures(world: World, tmp_path: Path) -> None:
    """One year only, nobody served, one person here and there, a million: all in one table."""
    base, last = world.returns, world.returns["year"].max()
    kinds = {
        "ONE": base[base["year"] == last],
        "ZERO": base.assign(users=0.0),
        "TINY": base.assign(users=(base["users"] > 40).astype(float), places=2.0, waiting=np.nan),
        "HUGE": base.assign(users=base["users"] * 1000, places=base["places"] * 1000, waiting=base["waiting"] * 1000),
    }
    returns = pd.concat([rows.assign(service_code=code) for code, rows in kinds.items()])
    exposed = pd.concat(
        world.exposed.assign(service_code=code, persons=world.exposed["persons"] * (1000 if code == "HUGE" else 1))
        for code in kinds
    )
    rows = pd.concat(c.to_pandas() for c in forecast_handed(read_handed(*handed(tmp_path, returns, exposed)), 5, SEED))
    assert np.isfinite(rows["persons"]).all() and (rows["persons"] >= 0).all()
    ends = rows.query("area_level == 'country' and output_type == 'mean' and year == 2026").set_index("service_code")
    people = ends["persons"]
    assert people["ZERO"] < 2 and people["TINY"] < 300
    assert people["HUGE"] / 1000 == pytest.approx(people["ONE"], rel=0.3)


def test_the_least_that_may_be_handed_in(world: World, tmp_path: Path) -> None:
    least = world.returns[["area_code", "service_code", "year", "users"]]
    read = read_handed(*handed(tmp_path, least, world.exposed.drop(columns="parent_code")))
    assert [fault.code for fault in read.faults] == ["demand.no_places_column", "demand.no_waiting_column"]
    (rows,) = forecast_handed(read, 2, SEED)
    country = rows.to_pandas().query("output_type == 'mean' and year == 2021").groupby("area_level")["persons"].sum()
    last = world.returns.query("year == 2021")["users"].sum()
    assert set(country.index) == {"municipality", "country"} and country["country"] > last


def test_a_slip_of_the_pen_is_no_reform(world: World, tmp_path: Path) -> None:
    bad = world.returns.copy()
    at = bad["users"].idxmax()
    bad.loc[at, "users"] *= 10
    read = read_handed(*handed(tmp_path, bad, world.exposed.assign(persons=world.exposed["persons"] * 9)))
    assert "demand.users_break" not in {fault.code for fault in read.faults}


def test_users_that_nobody_knows_are_named(world: World, tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as raised:
        read_handed(*handed(tmp_path, world.returns.assign(users=np.nan), world.exposed))
    assert "demand.no_users" in {fault.code for fault in raised.value.faults}


def test_persons_missing_ahead_are_named_and_no_smaller_forecast_is_made(world: World, tmp_path: Path) -> None:
    hole = (world.exposed["area_code"] == "XAA01") & (world.exposed["year"] == 2023)
    with pytest.raises(FaultsFound) as found:
        list(forecast_handed(read_handed(*handed(tmp_path, world.returns, world.exposed[~hole])), 5, SEED))
    assert [fault.code for fault in found.value.faults] == ["demand.exposed_missing"]
    assert "XAA01" in found.value.faults[0].found and "2023" in found.value.faults[0].found


def test_a_missing_draw_is_named(world: World, tmp_path: Path) -> None:
    drawn = world.exposed.merge(pd.DataFrame({"draw": range(3)}), how="cross")
    hole = (drawn["area_code"] == "XAA02") & (drawn["year"] == 2024) & (drawn["draw"] == 1)
    with pytest.raises(FaultsFound) as found:
        list(forecast_handed(read_handed(*handed(tmp_path, world.returns, drawn[~hole])), 5, SEED))
    assert "XAA02" in found.value.faults[0].found and "1" in found.value.faults[0].found


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_an_infinite_number_is_no_number(world: World, tmp_path: Path, suffix: str) -> None:
    returns = world.returns.copy()
    returns.loc[3, "users"] = np.inf
    read = read_handed(*handed(tmp_path, returns, world.exposed, suffix))
    assert "tabular.not_a_number" in {fault.code for fault in read.faults}
    assert np.isfinite(read.returns["users"]).all()
