"""Census steps: what is read from the past, what is expected, and what stays unknown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.population.census import expected_steps, past_corrections
from ossu_analysis.population.component_method import (
    MEMORIES,
    Components,
    Memory,
    components,
    expected_migration,
    migration_rates,
    usual_migration,
    years_of_memory,
)
from ossu_analysis.population.epidemic import usual_deaths
from ossu_analysis.population.history import Census, TotalsHistory, known_censuses, prepare_history

YEARS = np.arange(2000, 2019)


def steady_history(drift: np.ndarray, steps: dict[int, np.ndarray], censuses: tuple[int, ...]) -> TotalsHistory:
    """Areas that change by exactly their drift, and by their step in census years; no births or deaths."""
    areas = len(drift)
    growth = np.repeat(drift[:, None], len(YEARS), axis=1)
    for year, step in steps.items():
        growth[:, year == YEARS] += step[:, None]
    population = 10_000 * np.exp(np.cumsum(growth, axis=1)) * np.linspace(0.5, 4, areas)[:, None]
    names = tuple(f"AAA{number:02d}" for number in range(areas))
    none, unknown, units = np.zeros_like(population), np.full_like(population, np.nan), np.arange(areas)
    parents = tuple(f"P{number % 4}" for number in range(areas))
    # Held on the first day of the year at whose end they enter.
    held = tuple(Census(year, float(year), year) for year in censuses)
    return TotalsHistory(names, parents, YEARS, population, none, none, unknown, held, names, units, np.ones(areas))


def test_a_correction_is_the_step_and_not_the_drift() -> None:
    drift, step = np.linspace(-0.02, 0.01, 12), np.linspace(-0.08, 0.02, 12)
    history = steady_history(drift, {2011: step}, (1991, 2001, 2011))
    found = {one.year: one for one in past_corrections(history)}
    assert set(found) == {2001, 2011}
    assert found[2011].interval == 10
    np.testing.assert_allclose(found[2011].step, step, atol=3e-3)
    np.testing.assert_allclose(found[2001].step, 0, atol=1e-12)


def test_registered_migration_of_the_census_year_is_no_part_of_the_correction() -> None:
    history = steady_history(np.zeros(12), {2011: np.full(12, -0.03)}, (2001, 2011))
    before = history.population[:, YEARS == 2010]
    registered = np.where(YEARS == 2011, 0.01 * before, np.nan)
    (found,) = past_corrections(replace(history, registered=registered))
    np.testing.assert_allclose(np.expm1(found.step), np.expm1(-0.03) - 0.01, atol=1e-9)


def test_one_correction_gives_its_level_per_year_and_says_nothing_of_single_areas() -> None:
    generator = np.random.default_rng(1)
    step = -0.04 + 0.02 * generator.standard_normal(40)
    history = steady_history(np.full(40, -0.01), {2011: step}, (2001, 2011, 2026))
    expected = expected_steps(history, np.arange(2019, 2030))
    assert [one.held for one in expected.censuses] == [2026]
    # Fifteen years of loss at the rate of ten years, the same for all, since all had the same recorded migration.
    np.testing.assert_allclose(expected.mean, np.median(expected.mean), atol=1e-6)
    assert np.median(expected.mean) == pytest.approx(1.5 * -0.04, abs=0.012)


def test_people_who_came_by_the_books_are_expected_to_be_missed_for_as_much_as_is_on_record() -> None:
    drift = 0.01 * np.random.default_rng(3).standard_normal(80)
    history = steady_history(drift, {2011: -0.02 - 4 * drift}, (2001, 2011, 2021))
    expected = expected_steps(history, np.arange(2019, 2022))
    # Nine years were on record before 2011 and seven of ten are now: -4/9 of the sum of seven years, times 7/10.
    slope = np.polyfit(drift, expected.mean[:, 0], 1)[0]
    assert slope == pytest.approx(-4 / 9 * 7 * 0.7, rel=0.1)


def test_without_a_census_on_record_nothing_is_expected() -> None:
    history = steady_history(np.full(6, 0.0), {}, ())
    expected = expected_steps(history, np.arange(2019, 2030))
    assert expected.censuses == ()
    assert expected.mean.shape == (6, 0)
    assert expected.country_sd == 0


DAYS = tuple(Census(*one) for one in ((1992, 1992.93, 1992), (2001, 2001.16, 2001), (2011, 2011.08, 2011)))
LATE = Census(2021, 2021.68, 2022)


@pytest.mark.parametrize(("base", "enters", "sooner"), [(2006, 2012, 0.16), (2018, 2022, 0.16), (2021, 2022, 0.0)])
def test_a_census_enters_as_long_after_its_day_as_the_quickest_before_it(base: int, enters: int, sooner: float) -> None:
    following = known_censuses((*DAYS, LATE), base)[len([one for one in DAYS if one.enters <= base])]
    assert following.enters == enters
    assert following.sooner == pytest.approx(sooner, abs=0.01)


def test_the_day_of_a_census_is_not_known_before_its_year_and_is_after_it() -> None:
    assert known_censuses((*DAYS, LATE), 2018)[3].time == 2021.5
    assert known_censuses((*DAYS, LATE), 2021)[3].time == 2021.68
    assert [one.held for one in known_censuses((*DAYS, LATE), 2024)][3:6] == [2021, 2031, 2041]


def test_censuses_come_from_the_basis_and_without_their_days_enter_as_those_before() -> None:
    counts = pd.DataFrame({"year": range(2000, 2025)}).assign(area_level="municipality", area_code="AAA01", persons=9.0)
    year = counts["year"]
    counts["basis"] = np.select([year < 2001, year < 2011, year < 2022], [1992, 2001, 2011], 2021)
    assert prepare_history(counts, 2018).census_years[:4] == (1992, 2001, 2011, 2021)
    # The census of 2021 was held and is not in the counts of that year.
    assert prepare_history(counts, 2021).census_years[:4] == (1992, 2001, 2011, 2022)
    assert prepare_history(counts, 2024).census_years[:5] == (1992, 2001, 2011, 2022, 2031)
    assert prepare_history(counts.drop(columns="basis"), 2018).census_years == ()


def test_years_of_an_epidemic_are_not_usual_and_other_years_are() -> None:
    national = 1e5 * np.exp(0.016 * np.random.default_rng(2).standard_normal(25).clip(-2, 2))
    ill = national.copy()
    ill[20:23] *= [1.14, 1.37, 1.15]
    assert usual_deaths(national).all()
    assert np.flatnonzero(~usual_deaths(ill)).tolist() == [20, 21, 22]
    assert usual_deaths(np.where(np.arange(25) < 4, national, np.nan)).all()


def test_deaths_of_an_epidemic_do_not_enter_the_natural_change_to_come() -> None:
    history = steady_history(np.zeros(8), {}, ())
    deaths = np.round(0.015 * history.population * (1 + 0.01 * np.sin(YEARS)))
    ill = np.where(YEARS >= 2017, 1.4 * deaths, deaths)
    with_epidemic, without = (components(replace(history, deaths=one)).deaths for one in (ill, deaths))
    np.testing.assert_allclose(with_epidemic, without, rtol=0.02)


def test_components_of_a_steady_area_go_on_steadily() -> None:
    history = steady_history(np.full(9, -0.01), {2011: np.full(9, -0.03)}, (2001, 2011))
    rates = migration_rates(history)
    assert np.isnan(rates[:, np.isin(YEARS[1:], (2001, 2011))]).all()
    assert usual_migration(rates) == pytest.approx(np.expm1(-0.01))
    np.testing.assert_allclose(np.diff(components(history).path(Memory(0.8, 0.9), 5), axis=1), -0.01, atol=1e-9)


def test_what_an_area_has_of_its_own_fades_sooner_than_what_it_shares_and_all_goes_back_to_what_is_usual() -> None:
    parent = np.repeat([0, 1, 2], 3)
    migration = np.array([0.0, 0.0, 0.03, -0.02, -0.02, -0.02, 0.01, 0.01, 0.01])
    moved = Components(np.zeros(9), np.zeros(9), np.zeros(9), migration, 0.001, parent)
    path = moved.path(Memory(0.8, 0.9), 2)
    of_parent = 0.001 - 0.001 * np.array([0.9, 0.81])
    np.testing.assert_allclose(path[2], np.cumsum(np.log1p(of_parent + 0.03 * np.array([0.8, 0.64]))))
    np.testing.assert_allclose(path[4], np.cumsum(np.log1p(0.001 - 0.021 * np.array([0.9, 0.81]))))
    np.testing.assert_allclose(path[0], np.cumsum(np.log1p(of_parent)))
    np.testing.assert_allclose(moved.path(Memory(0.8, 0.9), 2, migration_factor=0.0), 0)


def test_migration_is_the_mean_of_its_readings_over_three_lengths() -> None:
    rates = np.tile(np.r_[np.zeros(5), np.full(2, 0.1), np.full(3, 0.2)], (6, 1))
    history = steady_history(np.zeros(6), {}, ())
    np.testing.assert_allclose(expected_migration(rates, history), (0.2 + 0.16 + 0.08) / 3)
    assert years_of_memory(10) == pytest.approx(1 / (3 * 0.2111**2 + 2 * 0.1**2 + 5 * 0.0333**2), rel=1e-3)
    assert years_of_memory(1) == 1


def test_the_search_range_holds_lasting_and_passing_memories() -> None:
    assert len(set(MEMORIES)) == len(MEMORIES) == 10
    assert all(memory.fade <= memory.parent_fade for memory in MEMORIES)
