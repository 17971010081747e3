"""One simulated country: whole persons that add up, in every draw and in means, the same however it is run."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import OssuError
from ossu_analysis.population.age_structure import AgeStructure
from ossu_analysis.population.bulgaria import bulgarian_population
from ossu_analysis.population.component import COMPONENTS
from ossu_analysis.population.exposure import ExposureGroups
from ossu_analysis.population.inputs import AgeInputs
from ossu_analysis.population.simulation import Population, SimulationSettings, already_drawn, simulate
from ossu_analysis.population.totals import TotalDraws
from ossu_analysis.schemas import table_class, validated
from tests.unit.population.alone import simulate_alone

Tables = dict[str, pd.DataFrame]
GROUP = ["year", "sex", "age_from", "age_to"]


def chunk_of(chunks: list[dict[str, Any]], oblast: str) -> dict[str, Any]:
    """The chunk with the municipalities of an oblast."""
    named = (
        table.column("municipality_code" if "draw" in table.column_names else "area_code")
        for chunk in chunks
        for table in list(chunk.values())[:1]
    )
    return next(
        chunk
        for chunk, codes in zip(chunks, named, strict=True)
        if any(code.startswith(oblast) for code in codes.unique().to_pylist())
    )


def means(table: pd.DataFrame) -> pd.DataFrame:
    chosen = table[table["output_type"] == "mean"].copy()
    chosen["age_to"] = chosen["age_to"].fillna(-1)
    return chosen.astype({name: "str" for name in ("area_level", "area_code", "sex")})


@pytest.mark.parametrize("name", ["forecast", "component", "exposure_draw"])
def test_tables_are_what_is_declared(tables: Tables, name: str) -> None:
    rows = (
        tables[name]
        .sample(4000, random_state=1)
        .astype({column: "str" for column in tables[name].select_dtypes("category") if column != "output_type_id"})
    )
    rows = rows.astype({"output_type_id": "object"} if "output_type_id" in rows else {})
    assert len(validated(table_class("population", name), rows)) == 4000


def test_base_year_is_what_was_published(tables: Tables, inputs: AgeInputs) -> None:
    base = means(tables["forecast"]).query("year == 2018")
    everybody = base.query("age_from == 0 and age_to == -1 and sex == 'T'").set_index("area_code")["persons"]
    assert everybody["BG"] == 7_000_039
    published = pd.Series(inputs.totals[:, -1].sum(axis=(1, 2)), index=list(inputs.municipalities))
    pd.testing.assert_series_equal(everybody[published.index], published, check_names=False)
    first = base.query("area_code == @inputs.oblasts[0] and sex == 'F' and age_from == 0 and age_to == 4")
    assert first["persons"].item() == pytest.approx(inputs.oblast_cells[0, -1, 0, :5].sum(), abs=1e-6)
    assert set(base["status"]) == {"observed", "estimated"}


def test_means_of_areas_add_up_to_the_country(tables: Tables) -> None:
    by_level = means(tables["forecast"]).groupby(["area_level", *GROUP], observed=True)["persons"].sum().unstack(0)
    for level in ("municipality", "oblast", "region"):
        np.testing.assert_allclose(by_level[level], by_level["country"], rtol=1e-6)


def test_sexes_and_broad_ages_add_up(tables: Tables) -> None:
    rows = means(tables["forecast"])
    wide = rows.pivot(index=["area_code", "year", "age_from", "age_to"], columns="sex", values="persons")
    np.testing.assert_allclose(wide["F"] + wide["M"], wide["T"], rtol=1e-9, atol=1e-6)
    by_age = rows.set_index([*GROUP[:2], "area_code", "age_from", "age_to"])["persons"].unstack([-2, -1])
    np.testing.assert_allclose(by_age[0, 17] + by_age[18, 64] + by_age[65, -1], by_age[0, -1], rtol=1e-6)
    five = sum(by_age[age, age + 4] for age in range(0, 90, 5)) + by_age[90, -1]
    np.testing.assert_allclose(five, by_age[0, -1], rtol=1e-6)


def test_quantiles_are_ordered_and_hold_the_median(tables: Tables) -> None:
    rows = tables["forecast"].query("year == 2022 and sex == 'T'")
    rows = rows.assign(name=rows["output_type_id"].astype("object").fillna(rows["output_type"].astype("object")))
    wide = rows.assign(age_to=rows["age_to"].fillna(-1)).pivot(
        index=["area_code", "age_from", "age_to"], columns="name", values="persons"
    )
    ordered = wide[["0.025", "0.1", "0.25", "median", "0.75", "0.9", "0.975"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all() and (ordered >= 0).all()
    assert (ordered[:, -1] > ordered[:, 0]).mean() > 0.99


def test_every_draw_has_the_total_drawn_for_it(tables: Tables, totals: TotalDraws) -> None:
    drawn = tables["exposure_draw"].query("target_group == 'TG-POP'")
    simulated = drawn.set_index(["draw", "municipality_code", "year"])["persons"].sort_index()
    wanted = pd.DataFrame(
        {"persons": np.rint(totals.persons).ravel()},
        index=pd.MultiIndex.from_product([range(len(totals.persons)), totals.areas, totals.years]),
    )["persons"].sort_index()
    np.testing.assert_array_equal(simulated.to_numpy(), wanted.to_numpy())


def test_groups_hold_whole_persons_that_split_the_population(tables: Tables) -> None:
    wide = tables["exposure_draw"].pivot(
        index=["municipality_code", "year", "draw"], columns="target_group", values="persons"
    )
    whole = wide.drop(columns=["TG-OLD", "TG-WA", "AGE-16-ILL"])
    assert (whole == np.rint(whole)).all(axis=None) and (wide >= 0).all(axis=None)
    pd.testing.assert_series_equal(wide["TG-CHILD"] + wide["TG-ADULT"], wide["TG-POP"], check_names=False)
    pd.testing.assert_series_equal(wide["AGE-0-15"] + wide["AGE-16-PLUS"], wide["TG-POP"], check_names=False)
    np.testing.assert_allclose(wide["AGE-0-15"] + wide["TG-WA"] + wide["TG-OLD"], wide["TG-POP"], rtol=1e-5)
    assert (wide["TG-80"] <= wide["TG-65"]).all() and (wide["TG-CH07"] <= wide["TG-CHILD"]).all()


def test_exposure_chunks_can_be_reshaped(chunks: list[dict[str, Any]], totals: TotalDraws) -> None:
    table = chunks[0]["exposure_draw"].to_pandas()
    order = table[["target_group", "municipality_code", "year", "draw"]].astype(
        {"target_group": "str", "municipality_code": "str"}
    )
    assert order.equals(order.sort_values(list(order.columns), kind="stable"))
    groups = order["target_group"].nunique()
    assert len(table) == groups * order["municipality_code"].nunique() * len(totals.years) * len(totals.persons)


def test_components_are_the_change(tables: Tables) -> None:
    parts = means(tables["component"].assign(age_to=-1, sex="T")).set_index(["area_code", "year"]).sort_index()
    people = means(tables["forecast"]).query("age_from == 0 and age_to == -1 and sex == 'T'")
    people = people.set_index(["area_code", "year"])["persons"].sort_index()
    change = people.groupby(level=0).diff().dropna()
    said = parts["births"] - parts["deaths"] + parts["net_migration"] + parts["hidden_loss"]
    np.testing.assert_allclose(said[change.index], change, atol=1e-6)
    by_level = parts.groupby(["area_level", "year"])[list(COMPONENTS)].sum()
    np.testing.assert_allclose(by_level.loc["municipality"], by_level.loc["country"], atol=1e-6)


def test_an_oblast_alone_and_in_parallel_is_the_same(
    population: Population, groups: ExposureGroups, chunks: list[dict[str, Any]]
) -> None:
    of_smolyan = chunk_of(chunks, "SML")
    alone = list(simulate_alone(["SML"], population, SimulationSettings(5, run_id="test"), groups))
    assert len(alone) == 1
    for name, table in alone[0].items():
        assert table.equals(of_smolyan[name])
    pair = ["SML", "VID"]
    both = list(simulate_alone(pair, population, SimulationSettings(5, run_id="test", jobs=2), groups))
    assert chunk_of(both, "SML")["forecast"].equals(of_smolyan["forecast"])


def test_each_table_alone_is_the_same(
    population: Population, groups: ExposureGroups, chunks: list[dict[str, Any]]
) -> None:
    of_vidin = chunk_of(chunks, "VID")
    for name in ("forecast", "component", "exposure_draw"):
        (alone,) = simulate_alone(["VID"], population, SimulationSettings(5, run_id="test"), groups, {name})
        assert list(alone) == [name] and alone[name].equals(of_vidin[name])


def test_another_seed_gives_other_numbers(
    population: Population, groups: ExposureGroups, chunks: list[dict[str, Any]]
) -> None:
    (other,) = simulate_alone(["SML"], population, SimulationSettings(6, run_id="test"), groups, {"component"})
    assert not other["component"].equals(chunk_of(chunks, "SML")["component"])


def test_totals_that_cannot_be_are_refused(structure: AgeStructure, totals: TotalDraws) -> None:
    broken = totals.persons.copy()
    broken[0, 3, 1] = np.inf
    bad = TotalDraws(totals.areas, totals.years, broken, totals.hidden_loss)
    with pytest.raises(OssuError, match=totals.areas[3]):
        bulgarian_population(structure, bad)
    fewer = TotalDraws(totals.areas[1:], totals.years, totals.persons[:, 1:], totals.hidden_loss[:, 1:])
    with pytest.raises(OssuError, match=totals.areas[0]):
        next(simulate(bulgarian_population(structure, fewer), SimulationSettings(1), outputs={"forecast"}))


def test_fewer_births_lower_the_totals_by_themselves(
    population: Population, totals: TotalDraws, tables: Tables
) -> None:
    half = SimulationSettings(5, scenario="low", fertility_factors=(0.5,) * len(totals.years))
    (low,) = simulate_alone(["SML"], population, half, outputs={"forecast", "component"})
    part = low["component"].to_pandas().query("area_code == 'SML' and output_type == 'mean'").set_index("year")
    before = tables["component"].query("area_code == 'SML' and output_type == 'mean'").set_index("year")
    assert (part["births"] / before["births"]).to_numpy() == pytest.approx(0.5, abs=0.06)
    everybody = "area_code == 'SML' and output_type == 'mean' and sex == 'T' and age_from == 0 and age_to != age_to"
    less = (
        low["forecast"]
        .to_pandas()
        .query(everybody)
        .set_index("year")["persons"]
        .sub(tables["forecast"].query(everybody).set_index("year")["persons"])
    )
    assert less[2022] == pytest.approx(-part["births"].sum(), rel=0.05)


def test_what_a_census_takes_away_is_not_taken_from_births_deaths_and_the_old(
    population: Population, totals: TotalDraws
) -> None:
    """The same totals with the census loss and, without it, as migration: nobody was there to give birth or to die."""
    step = totals.persons.copy()
    step[:, :, 2:] *= 0.9
    loss = np.zeros_like(step)
    loss[:, :, 2] = step[:, :, 2] * (1 - 1 / 0.9)
    tables = {}
    for name, hidden in (("census", loss), ("migration", np.zeros_like(loss))):
        given = TotalDraws(totals.areas, totals.years, step, hidden)
        moved = replace(population, totals=already_drawn(given))
        (tables[name],) = simulate_alone(["PDV"], moved, SimulationSettings(5), outputs={"forecast", "component"})
    (before,) = simulate_alone(["PDV"], population, SimulationSettings(5), outputs={"forecast", "component"})
    births, old = {}, {}
    for name, chunk in (*tables.items(), ("before", before)):
        rows = chunk["component"].to_pandas().query("area_code == 'PDV' and output_type == 'mean'").set_index("year")
        births[name] = rows.loc[2022, "births"]
        rows = chunk["forecast"].to_pandas().query("area_code == 'PDV' and output_type == 'mean' and year == 2021")
        old[name] = rows.query("sex == 'T' and age_from == 65 and age_to != age_to")["persons"].item()
    assert births["census"] == pytest.approx(births["before"], rel=0.03)
    assert births["migration"] < 0.95 * births["before"]
    assert old["census"] == pytest.approx(old["before"], rel=0.01) and old["migration"] < 0.985 * old["before"]


@pytest.mark.parametrize(("event", "column"), [("mortality_spread", "deaths"), ("fertility_spread", "births")])
@pytest.mark.parametrize("level", [0, 1])
def test_shocks_of_country_and_oblast_are_shared_by_what_is_below(
    population: Population, event: str, column: str, level: int
) -> None:
    """A walk of sd 0.15 of the country or of an oblast widens the events of a whole oblast by as much."""
    width = {}
    for sd in (0.0, 0.15):
        spreads = tuple(sd if at == level else 0.0 for at in range(3))
        jump_off = population.jump_off
        assert jump_off is not None
        events = replace(jump_off.events, **{event: spreads})
        moved = replace(population, jump_off=replace(jump_off, events=events))
        (chunk,) = simulate_alone(["SML"], moved, SimulationSettings(5), outputs={"component"})
        rows = chunk["component"].to_pandas().query("area_code == 'SML' and year == 2020")
        value = rows.set_index(rows["output_type_id"].astype("object").fillna("-"))[column]
        width[sd] = (value["0.9"] - value["0.1"]) / value["0.025":"0.975"].mean()
    # Two steps: 0.15 sqrt(2), and 80 % of a normal law within 1.28 on each side.
    assert 0.33 < width[0.15] < 0.85 and width[0.0] < 0.2
