"""Scenarios differ only by what their file says, and the causes of a change add up."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.demand.draws import DemandDraws, draw_demand
from ossu_analysis.demand.driver import CAUSES, against_the_group, demand_drivers
from ossu_analysis.demand.expectations import every_scenario_has_its_figures
from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.forecast import levels
from ossu_analysis.demand.panel import panels
from ossu_analysis.demand.scenario import (
    AgeShift,
    DemandScenario,
    age_factors,
    change_rates,
    read_scenario,
    runnable,
    with_moves,
)
from ossu_analysis.demand.service import Service
from ossu_analysis.demand.use_rate import UseRate, fit
from ossu_analysis.errors import FaultsFound, OssuError
from ossu_analysis.evaluation.demand_worlds import Mechanism, World, make_world
from ossu_analysis.inputs import scenario_names
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.store import Store

FOLDER = Path(__file__).parents[3] / "data" / "assumptions" / "demand_scenarios"
YEARS = np.arange(2021, 2036)
AREAS = np.array(["SML01", "SML02"])


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Mechanism(trend=0.04, full_share=0.3), seed=9, ahead=14)


@pytest.fixture(scope="module")
def fitted(world: World) -> UseRate:
    areas = world.exposed[["area_code", "parent_code"]].drop_duplicates()
    return fit(panels(world.returns, world.exposed, areas)[0])


def drawn(fitted: UseRate, name: str) -> DemandDraws:
    exposed = np.repeat(fitted.panel.persons[:, -1:, None], len(YEARS), axis=1) * np.ones(300)
    change = partial(change_rates, read_scenario(FOLDER, name))
    return draw_demand(fitted, exposed.astype(np.float32), YEARS, 3, change)


def test_every_file_reads_and_says_where_it_comes_from() -> None:
    names = scenario_names(FOLDER)
    assert names[0] == "reference" and len(names) >= 6
    assert set(names) - set(runnable(FOLDER)) == {"residential_to_home", "constant_disability"}
    assert all(read_scenario(FOLDER, name).source_bg for name in runnable(FOLDER))


def test_constant_rates_take_the_trend_away(fitted: UseRate) -> None:
    moving, still = (drawn(fitted, name).persons.sum(axis=0) for name in ("reference", "status_quo"))
    assert still[-1].mean() == pytest.approx(still[0].mean(), rel=0.02)
    assert moving[-1].mean() > 1.15 * moving[0].mean()


def test_demography_alone_has_narrower_ranges(fitted: UseRate) -> None:
    certain, unsure = (drawn(fitted, n).persons.sum(axis=0)[-1] for n in ("demographic_only", "status_quo"))
    assert certain.std() < unsure.std()
    assert certain.mean() == pytest.approx(unsure.mean(), rel=0.02)


def test_coverage_rises_to_the_reference_and_never_falls(fitted: UseRate) -> None:
    reference, risen = (drawn(fitted, name).persons.mean(axis=2) for name in ("reference", "coverage_convergence"))
    assert risen[:, 0].sum() == pytest.approx(reference[:, 0].sum(), rel=0.01)
    assert risen[:, -1].sum() > 1.1 * reference[:, -1].sum()


def simple(code: str, persons: float) -> DemandDraws:
    return DemandDraws(code, AREAS, YEARS, np.full((2, len(YEARS), 5), persons, np.float32))


def test_residents_of_closing_homes_become_demand_by_the_day_of_the_law() -> None:
    scenario = read_scenario(FOLDER, "deinstitutionalisation")
    residents = {"LEG-PSY": pd.Series({"SML02": 60.0})}
    (moved,) = with_moves(scenario, iter([simple("RES-PSY", 10)]), residents, 2021)
    assert moved.persons[0].max() == 10
    assert moved.persons[1, 0, 0] == 10 and moved.persons[1, YEARS.tolist().index(2034), 0] == 70


@pytest.mark.parametrize("order", [("RES-OLD", "ASSIST"), ("ASSIST", "RES-OLD")])
def test_a_shift_keeps_the_persons_of_both_services_together(order: tuple[str, str]) -> None:
    scenario = DemandScenario(
        id="x", title_bg="", meaning_bg="", dated="", source_bg="",
        shift={"from_service": "RES-OLD", "to_service": "ASSIST", "share": 0.25, "by_year": 2035},
    )  # fmt: skip
    made = {d.service_code: d for d in with_moves(scenario, iter([simple(code, 40) for code in order]), {}, 2021)}
    assert made["RES-OLD"].persons[0, -1, 0] == 30
    assert made["ASSIST"].persons[0, -1, 0] == 50


def test_a_number_that_nobody_published_is_asked_for() -> None:
    with pytest.raises(OssuError, match=r"Постоянна инвалидност.*няма данни по възраст"):
        read_scenario(FOLDER, "constant_disability")
    with pytest.raises(OssuError, match="няма данни какъв дял"):
        read_scenario(FOLDER, "residential_to_home")
    with pytest.raises(OssuError, match="reference"):
        read_scenario(FOLDER, "no_such")


def test_an_empty_share_must_say_what_is_missing(tmp_path: Path) -> None:
    lines = (FOLDER / "residential_to_home.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("missing_bg")]
    (tmp_path / "residential_to_home.yaml").write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(FaultsFound, match="missing_bg"):
        read_scenario(tmp_path, "residential_to_home")


def test_the_check_lists_scenarios_that_wait_for_figures() -> None:
    found = every_scenario_has_its_figures(Store(FOLDER.parents[2]))
    assert found["scenario"].tolist() == ["constant_disability", "residential_to_home"]


def test_a_misspelt_key_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "status_quo.yaml").read_text(encoding="utf-8").replace("trend:", "trnd:")
    (tmp_path / "status_quo.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound, match="trnd"):
        read_scenario(tmp_path, "status_quo")


def test_causes_add_up_and_each_goes_where_it_belongs(world: World, fitted: UseRate) -> None:
    """Population halves, the exposed group keeps its share, rates stay: only size and released demand may move."""
    codes = fitted.panel.areas
    people = pd.DataFrame({"municipality_code": codes, "persons": fitted.panel.persons[:, -1]})
    both = pd.concat(
        [people.assign(target_group="TG-OLD"), people.assign(target_group="TG-POP", persons=4 * people["persons"])]
    )
    later = pd.concat([both.assign(year=2035, draw=d, persons=both["persons"] / 2) for d in range(200)])
    exposure = Exposure(codes, both.assign(year=2021), later)
    ends = np.array([2021, 2035])
    change = partial(change_rates, read_scenario(FOLDER, "status_quo"))
    simulated = draw_demand(fitted, exposure.path("TG-OLD", ends), ends, 1, change)
    places = np.nan_to_num(fitted.panel.places[:, -1])
    above = {"oblast": fitted.panel.parent_codes[fitted.panel.parents], "country": np.full(len(codes), "BG")}
    service = Service("MUN-PATRON", "TG-OLD", "demonstration")
    table = demand_drivers(simulated, service, places, exposure, levels(codes, above), "reference", simulated)
    validated(table_class("demand", "driver"), table)
    country = table[table["area_level"] == "country"].iloc[0]
    assert country["population_size"] < 0 < country["released_unmet"]
    assert country["age_structure"] == pytest.approx(0, abs=1e-3 * country["use_today"])
    assert abs(country["rate_trend"]) < 0.02 * country["use_today"]
    assert country["policy"] == 0
    by_level = table.groupby("area_level")[[*CAUSES]].sum()
    assert by_level.loc["oblast"].to_numpy() == pytest.approx(by_level.loc["country"].to_numpy(), abs=1e-6)


def given(folder: Path, name: str, **figures: object) -> DemandScenario:
    """A copy of a shipped file in which an analyst has written the missing figure and its source."""
    import yaml

    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    content = {key: value for key, value in content.items() if key != "missing_bg"} | {
        "source_bg": "проучване",
        **figures,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return read_scenario(folder, name)


def test_an_analyst_who_has_the_share_that_stays_at_home_runs_the_scenario(tmp_path: Path) -> None:
    shift = {"from_service": "RES-OLD", "to_service": "ASSIST", "share": 0.2, "by_year": 2035}
    scenario = given(tmp_path, "residential_to_home", shift=shift)
    moved = {
        d.service_code: d for d in with_moves(scenario, iter([simple("ASSIST", 10), simple("RES-OLD", 50)]), {}, 2021)
    }
    assert moved["RES-OLD"].persons[:, -1] == pytest.approx(40)
    assert moved["ASSIST"].persons[:, -1] == pytest.approx(20)


def test_an_analyst_who_has_shares_by_age_runs_constant_disability(tmp_path: Path) -> None:
    shares = [{"age_from": age, "share": share} for age, share in ((0, 0.02), (50, 0.1), (70, 0.3), (85, 0.6))]
    shift = {"services": ["ASSIST"], "shares": shares, "yearly_gain": 0.1}
    scenario = given(tmp_path, "constant_disability", age_shift=shift)
    assert scenario.age_shift is not None
    ages, persons = np.array([30.0, 60.0, 80.0, 92.0]), np.ones((2, 15, 4))
    factors = age_factors(scenario.age_shift, ages, persons, YEARS - 2021)
    assert factors[:, 0] == pytest.approx(1.0), "in the year of the last return nothing has moved"
    assert (np.diff(factors, axis=1) < 0).all(), "longer life at the same years of disability asks for less"


def test_flat_shares_or_no_gain_move_nothing() -> None:
    ages, persons = np.array([30.0, 80.0]), np.ones((1, 15, 2))
    for shares, gain in ((((0, 0.1), (80, 0.1)), 0.3), (((0, 0.1), (80, 0.5)), 0.0)):
        shift = AgeShift(
            services=("ASSIST",), shares=[{"age_from": a, "share": s} for a, s in shares], yearly_gain=gain
        )
        assert age_factors(shift, ages, persons, YEARS - 2021) == pytest.approx(1.0)


def test_a_population_scenario_named_by_a_demand_scenario_exists() -> None:
    population = scenario_names(FOLDER.parent / "scenarios")
    named = {name: read_scenario(FOLDER, name).population_scenario for name in runnable(FOLDER)}
    assert named["higher_emigration"] == "higher_emigration"
    assert {name for name in named.values() if name} <= set(population)


def test_a_rise_against_the_group_is_found_and_others_are_not() -> None:
    columns = ["service_code", "use_today", "population_size", "age_structure", "demand_then"]
    rows = pd.DataFrame(
        [("UP", 100.0, -20.0, -5.0, 130.0), ("WITH", 100.0, 20.0, 0.0, 130.0), ("DOWN", 100.0, -20.0, 0.0, 90.0)],
        columns=columns,
    )
    found = against_the_group(rows)
    assert found["service_code"].tolist() == ["UP"]
    assert found[["rise", "by_group"]].to_numpy().tolist() == [[30.0, -25.0]]
