"""Census steps: what is read from the past, what is expected, and what stays unknown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.population.census import expected_steps, past_corrections, without_steps
from ossu_analysis.population.component_method import (
    MEMORIES,
    Memory,
    component_path,
    expected_migration,
    expected_natural,
    migration_rates,
    years_of_memory,
)
from ossu_analysis.population.history import TotalsHistory, census_years

YEARS = np.arange(2000, 2019)


def steady_history(drift: np.ndarray, steps: dict[int, np.ndarray], censuses: tuple[int, ...]) -> TotalsHistory:
    """Areas that change by exactly their drift, and by their step in census years; no births or deaths."""
    areas = len(drift)
    growth = np.repeat(drift[:, None], len(YEARS), axis=1)
    for year, step in steps.items():
        growth[:, year == YEARS] += step[:, None]
    population = 10_000 * np.exp(np.cumsum(growth, axis=1)) * np.linspace(0.5, 4, areas)[:, None]
    names = tuple(f"AAA{number:02d}" for number in range(areas))
    none = np.zeros_like(population)
    parents = tuple(f"P{number % 4}" for number in range(areas))
    return TotalsHistory(
        names, parents, YEARS, population, none, none, censuses, names, np.arange(areas), np.ones(areas)
    )


def test_a_correction_is_the_step_and_not_the_drift() -> None:
    drift, step = np.linspace(-0.02, 0.01, 12), np.linspace(-0.08, 0.02, 12)
    history = steady_history(drift, {2011: step}, (2001, 2011))
    found = {one.year: one for one in past_corrections(history)}
    assert set(found) == {2001, 2011}
    assert found[2011].interval == 10
    np.testing.assert_allclose(10 * found[2011].yearly_step, step, atol=2e-3)
    np.testing.assert_allclose(found[2001].yearly_step, 0, atol=1e-12)


def test_a_history_without_steps_ends_where_it_did_and_only_drifts() -> None:
    drift = np.linspace(-0.02, 0.01, 12)
    history = steady_history(drift, {2011: np.full(12, -0.05)}, (2001, 2011))
    smooth = without_steps(history)
    np.testing.assert_allclose(smooth[:, -1], np.log(history.population[:, -1]))
    np.testing.assert_allclose(np.diff(smooth, axis=1), np.repeat(drift[:, None], 18, axis=1), atol=1e-9)


def test_one_correction_gives_its_mean_per_year_and_says_nothing_of_single_areas() -> None:
    generator = np.random.default_rng(1)
    step = -0.04 + 0.02 * generator.standard_normal(40)
    history = steady_history(np.full(40, -0.01), {2011: step}, (2001, 2011, 2026)).until(2018)
    history = replace(
        history, census_years=(2001, 2011, 2026), years=history.years[5:], population=history.population[:, 5:]
    )
    history = replace(history, births=history.births[:, 5:], deaths=history.deaths[:, 5:])
    expected = expected_steps(history, np.arange(2019, 2030), np.full(40, -0.01))
    assert expected.years == (2026,)
    # Fifteen years of loss at the rate of ten years, the same for all but for size and recorded migration.
    assert np.median(expected.mean) == pytest.approx(1.5 * -0.04, abs=0.012)
    assert np.corrcoef(expected.mean[:, 0], step)[0, 1] < 0.5
    assert expected.mean.std() < 0.02


def test_two_corrections_that_agree_are_expected_again_and_two_that_do_not_are_not() -> None:
    generator = np.random.default_rng(2)
    lasting = 0.03 * generator.standard_normal(60)
    other = 0.03 * generator.standard_normal(60)
    agree = steady_history(np.full(60, 0.0), {2006: lasting, 2012: lasting}, (2000, 2006, 2012, 2020))
    differ = steady_history(np.full(60, 0.0), {2006: lasting, 2012: other}, (2000, 2006, 2012, 2020))
    years, still = np.arange(2019, 2022), np.zeros(60)
    assert np.corrcoef(expected_steps(agree, years, still).mean[:, 0], lasting)[0, 1] > 0.9
    assert expected_steps(differ, years, still).mean.std() < 0.5 * expected_steps(agree, years, still).mean.std()


def test_people_who_came_by_the_books_are_expected_to_be_missed_where_they_were_before() -> None:
    generator = np.random.default_rng(3)
    drift = 0.01 * generator.standard_normal(80)
    history = steady_history(drift, {2011: -0.02 - 4 * drift}, (2001, 2011, 2021))
    expected = expected_steps(history, np.arange(2019, 2022), drift)
    slope = np.polyfit(drift, expected.mean[:, 0], 1)[0]
    assert slope == pytest.approx(-4, rel=0.25)


def test_without_a_census_on_record_nothing_is_expected() -> None:
    history = steady_history(np.full(6, 0.0), {}, ())
    expected = expected_steps(history, np.arange(2019, 2030), np.zeros(6))
    assert expected.years == ()
    assert expected.mean.shape == (6, 0)
    assert expected.country_sd == 0


def test_census_years_come_from_the_basis_up_to_the_base_year_and_from_the_law_after_it() -> None:
    counts = pd.DataFrame({"year": range(2000, 2019)})
    counts["basis"] = np.where(counts["year"] < 2001, 1992, np.where(counts["year"] < 2011, 2001, 2011))
    assert census_years(counts, 2018)[:4] == (1992, 2001, 2011, 2021)
    # In 2008 the count of 2011 did not exist, but its year was law.
    assert census_years(counts, 2008)[:3] == (1992, 2001, 2011)
    assert census_years(counts.drop(columns="basis"), 2018) == ()


def test_components_of_a_steady_area_go_on_steadily() -> None:
    history = steady_history(np.full(9, -0.01), {2011: np.full(9, -0.03)}, (2001, 2011))
    rates = migration_rates(history)
    assert np.isnan(rates[:, np.isin(YEARS[1:], (2001, 2011))]).all()
    start, migration = np.log(history.population[:, -1]), np.full(9, np.expm1(-0.01))
    path = component_path(
        start, expected_natural(history), migration, history.parent_index, Memory("mean", 0.8, 0.9), 5
    )
    np.testing.assert_allclose(np.diff(path, axis=1), -0.01, atol=1e-9)


def test_what_an_area_has_of_its_own_fades_sooner_than_what_it_shares_with_its_neighbours() -> None:
    parent = np.repeat([0, 1, 2], 3)
    migration = np.array([0.0, 0.0, 0.03, -0.02, -0.02, -0.02, 0.01, 0.01, 0.01])
    path = component_path(np.zeros(9), np.zeros(9), migration, parent, Memory("mean", 0.8, 0.9), 2)
    # The middle of all is 0: the third area is alone with its gain, the areas of the second parent lose together.
    np.testing.assert_allclose(path[2], np.cumsum(np.log1p([0.03 * 0.8, 0.03 * 0.64])))
    np.testing.assert_allclose(path[4], np.cumsum(np.log1p([-0.02 * 0.9, -0.02 * 0.81])))
    np.testing.assert_allclose(path[0], 0)


def test_migration_is_the_mean_of_its_readings_over_three_lengths() -> None:
    rates = np.tile(np.r_[np.zeros(5), np.full(2, 0.1), np.full(3, 0.2)], (6, 1))
    history = steady_history(np.zeros(6), {}, ())
    found = expected_migration(rates, history, "mean")
    np.testing.assert_allclose(found, (0.2 + 0.16 + 0.08) / 3)
    assert years_of_memory(10) == pytest.approx(1 / (3 * 0.2111**2 + 2 * 0.1**2 + 5 * 0.0333**2), rel=1e-3)
    assert years_of_memory(1) == 1


def test_the_search_range_holds_robust_and_sensitive_lasting_and_passing_memories() -> None:
    assert {memory.centre for memory in MEMORIES} == {"mean", "median"}
    assert len(set(MEMORIES)) == len(MEMORIES) > 10
    assert all(memory.fade <= memory.parent_fade for memory in MEMORIES)
