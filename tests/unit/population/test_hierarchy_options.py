"""A forecast of any hierarchy under a scenario, and held to totals that somebody gave."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import OssuError
from ossu_analysis.population.any_hierarchy import HierarchyForecast, forecast_hierarchy
from ossu_analysis.population.arrow import unify
from ossu_analysis.population.history import prepare_history
from ossu_analysis.population.scenario import Scenario, read_scenario
from ossu_analysis.population.totals import forecast_totals
from ossu_analysis.store import Store, project_root
from tests.unit.population.test_hierarchy import LEAVES, made_up, mean_of

SCENARIOS = Store(project_root()).assumptions / "scenarios"


def made(scenario: str = "reference", targets: list[tuple[str, float, float]] | None = None) -> HierarchyForecast:
    rows = None
    if targets is not None:
        rows = pd.DataFrame(targets, columns=["area_code", "year", "persons"]).assign(file="t.csv", row=2)
    return forecast_hierarchy(made_up(), 4, 60, 1, "", read_scenario(SCENARIOS, scenario), rows)


def table(forecast: HierarchyForecast) -> pd.DataFrame:
    return unify(list(forecast.rows)).to_pandas()


def test_means_meet_the_totals_given_on_every_level_and_how_far_is_said() -> None:
    free = mean_of(table(made()), 2021)
    wanted = {"X": 1.02 * free["X"], "XA1": 0.9 * free["XA1"]}
    held = made(targets=[(code, 2021, persons) for code, persons in wanted.items()])
    rows = table(held)
    people = mean_of(rows, 2021)
    for code, persons in wanted.items():
        assert people[code] == pytest.approx(persons, rel=1e-4)
    assert people["X"] == pytest.approx(people[list(LEAVES)].sum())
    # What is left over is shared by the others as they are.
    assert people["XB1"] / people["XB2"] == pytest.approx(free["XB1"] / free["XB2"], rel=1e-3)
    said = held.moved.set_index("area_code")
    assert said["factor"].to_dict() == pytest.approx({"X": 1.02, "XA1": 0.9}, rel=1e-3)
    # Half way there in the year before, and no further after it.
    before, after = mean_of(rows, 2020)["XA1"], mean_of(rows, 2023)["XA1"]
    free_rows = table(made())
    assert before / mean_of(free_rows, 2020)["XA1"] == pytest.approx(0.95, rel=1e-3)
    assert after / mean_of(free_rows, 2023)["XA1"] == pytest.approx(0.9, rel=1e-3)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (("Y", 2021, 5000), "target_area"),
        (("X", 2019, 5000), "target_year"),
        (("X", 2021, -5), "target_persons"),
        (("X", 2021, 7), "target_conflict"),
    ],
)
def test_a_total_that_cannot_be_met_is_named_and_not_followed(target: tuple[str, float, float], code: str) -> None:
    held = made(targets=[target])
    assert [fault.code for fault in held.faults] == [f"population.{code}"] and held.moved.empty
    pd.testing.assert_series_equal(mean_of(table(held), 2021), mean_of(table(made()), 2021))


def test_totals_below_that_leave_nothing_are_a_conflict() -> None:
    free = mean_of(table(made()), 2021)
    held = made(targets=[("XA1", 2021, free["XA1"]), ("XA", 2021, free["XA1"] - 100)])
    assert [fault.code for fault in held.faults] == ["population.target_conflict"]


def test_without_migration_births_and_deaths_alone_move_the_areas() -> None:
    rows, alone = table(made()), table(made("zero_migration"))
    growth = mean_of(alone, 2023)[list(LEAVES)] / mean_of(alone, 2019)[list(LEAVES)]
    usual = mean_of(rows, 2023)[list(LEAVES)] / mean_of(rows, 2019)[list(LEAVES)]
    # All leaves have the same ages, so that nothing but migration sets them apart.
    assert np.ptp(growth) < 0.25 * np.ptp(usual)
    young = mean_of(alone, 2023, 25, 29) / mean_of(alone, 2019, 20, 24)
    assert (young[list(LEAVES)] > 0.9).all()


def test_more_children_make_more_people_and_leave_the_old_alone() -> None:
    rows, more = table(made()), table(made("high_fertility"))
    assert (mean_of(more, 2023, 0, 4)[list(LEAVES)] > mean_of(rows, 2023, 0, 4)[list(LEAVES)]).all()
    np.testing.assert_allclose(mean_of(more, 2023, 65), mean_of(rows, 2023, 65), rtol=2e-3)
    assert set(more["scenario"]) == {"high_fertility"}


@pytest.mark.parametrize("scenario", ["zero_migration", "high_fertility"])
def test_a_scenario_that_needs_ages_says_so(scenario: str) -> None:
    with pytest.raises(OssuError, match="възрасти"):
        forecast_hierarchy(made_up(with_ages=False), 2, 20, 1, "", read_scenario(SCENARIOS, scenario))


def test_a_projection_of_one_country_is_not_for_others() -> None:
    chosen: Scenario = read_scenario(SCENARIOS, "un_medium")
    with pytest.raises(OssuError, match="--constraint"):
        forecast_hierarchy(made_up(), 2, 20, 1, "", chosen)


@pytest.mark.parametrize("path", [(6000, 6000, 6000, 6000, 6000, 6), (6000, 5900, 5800, 5700, 60, 6)])
def test_an_area_that_collapsed_is_not_refilled_by_its_spread(path: tuple[int, ...]) -> None:
    rows = made_up(with_ages=False).query("area_code in @LEAVES").assign(area_level="leaf")
    rows.loc[rows["area_code"] == "XA1", "persons"] = path
    history = prepare_history(rows, 2019, parents=rows.groupby("area_code")["parent_code"].first(), area_level="leaf")
    drawn = forecast_totals(history, range(2020, 2030), 100, 1).persons
    means = dict(zip(history.members, drawn.mean(axis=0), strict=True))
    assert (means["XA1"] < 20).all() and (drawn >= 0).all() and (means["XB2"] < 60_000).all()
