"""Scenario files and what they do: births, migration, growth, and a total given from outside."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import FaultsFound, OssuError
from ossu_analysis.inputs import scenario_names
from ossu_analysis.population.constraint import adjustment_table, constrain, official_totals
from ossu_analysis.population.history import Census, TotalsHistory
from ossu_analysis.population.scenario import (
    extra_growth,
    fertility_factors,
    read_scenario,
)
from ossu_analysis.population.totals import TotalDraws
from ossu_analysis.schemas import table_class, validated

FOLDER = Path(__file__).parents[3] / "data" / "assumptions" / "scenarios"
NAMED = {"reference", "zero_migration", "low_fertility", "high_fertility", "higher_emigration", "return_migration"}


def test_every_file_can_be_read_and_says_where_it_is_from() -> None:
    assert set(scenario_names(FOLDER)) >= NAMED and scenario_names(FOLDER)[0] == "reference"
    for name in scenario_names(FOLDER):
        found = read_scenario(FOLDER, name)
        assert found.id == name and found.source_bg and found.meaning_bg and found.dated.year >= 2026


def test_an_unknown_name_or_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(OssuError, match="reference"):
        read_scenario(FOLDER, "nowhere")
    (tmp_path / "odd.yaml").write_text((FOLDER / "reference.yaml").read_text("utf-8") + "fertilty: 3\n", "utf-8")
    with pytest.raises(FaultsFound, match="fertilty"):
        read_scenario(tmp_path, "odd")


def test_children_are_added_in_steps() -> None:
    low = read_scenario(FOLDER, "low_fertility")
    factors = fertility_factors(low, 1.6, range(2019, 2031), 2018)
    np.testing.assert_allclose(factors, 1 - np.repeat([0.25, 0.4, 0.5], [5, 5, 2]) / 1.6)
    np.testing.assert_array_equal(fertility_factors(read_scenario(FOLDER, "reference"), 1.6, [2019], 2018), 1.0)


def history_with(rates: list[float], census: tuple[int, ...] = ()) -> TotalsHistory:
    """One area without births and deaths that changes by given migration rates."""
    persons = 1000 * np.cumprod(np.concatenate([[1.0], 1 + np.array(rates)]))[None]
    none = np.zeros_like(persons)
    years = np.arange(2000, 2000 + persons.shape[1])
    held = tuple(Census(year, float(year), year) for year in census)
    return TotalsHistory(("A",), ("P",), years, persons, none, none, none, held, ("A",), np.array([0]), np.ones(1))


def test_extreme_migration_is_the_worst_and_best_five_years_on_record() -> None:
    history = history_with([-0.02] * 5 + [0.01] * 5 + [-0.005] * 5)
    worst, best = (extra_growth(read_scenario(FOLDER, n), history) for n in ("higher_emigration", "return_migration"))
    assert worst == pytest.approx(-0.015) and best == pytest.approx(0.015)
    assert extra_growth(read_scenario(FOLDER, "reference"), history) == 0.0


def test_a_census_year_is_not_migration() -> None:
    rates = [-0.01] * 6 + [-0.30] + [-0.01] * 6
    quiet = history_with(rates, census=(2007,))
    worst = read_scenario(FOLDER, "higher_emigration")
    assert extra_growth(worst, quiet) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(OssuError):
        extra_growth(worst, history_with([-0.01] * 3 + [-0.3], census=(2004,)))


def test_draws_are_moved_to_the_given_total_and_the_move_is_shown() -> None:
    generator = np.random.default_rng(1)
    persons = generator.uniform(900, 1100, (50, 3, 2)).astype(np.float32)
    totals = TotalDraws(("A", "B", "C"), np.array([2020, 2021]), persons, persons * -0.01)
    moved, adjustment = constrain(totals, {"P": np.array([2200.0, 1800.0])}, ["P", "P", "Q"], "oblast")
    np.testing.assert_allclose(moved.persons[:, :2].sum(axis=1).mean(axis=0), [2200, 1800], rtol=1e-5)
    np.testing.assert_array_equal(moved.persons[:, 2], persons[:, 2])
    np.testing.assert_allclose(moved.hidden_loss / moved.persons, -0.01, rtol=1e-5)
    np.testing.assert_allclose(adjustment["persons"] / adjustment["persons_before"], adjustment["factor"])
    assert totals.persons is persons and list(adjustment["year"]) == [2020, 2021]


def test_official_totals_are_read_at_the_end_of_the_year() -> None:
    table = pd.DataFrame(
        {
            "variant": "medium",
            "year": [2015, 2020, 2025],
            "sex": "T",
            "persons_thousand": [99.0, 7.0, 6.0],
            "reference_date": ["2015-07-01", "2020-07-01", "2025-07-01"],
        }
    )
    found = official_totals(table, "medium", [2019, 2020, 2022], 2018, 7300.0)
    np.testing.assert_allclose(found, [7300 - 300 / 1.5, 7000 - 100, 7000 - 500])
    on_the_day = table.assign(reference_date=["2015-12-31", "2020-12-31", "2025-12-31"])
    moved = official_totals(on_the_day, "medium", [2021, 2025], 2020, 6300.0)
    np.testing.assert_allclose(moved, [6300 - 180, 5400])
    with pytest.raises(OssuError, match="medium"):
        official_totals(table, "lowest", [2020], 2018, 7300.0)
    with pytest.raises(OssuError, match="2026"):
        official_totals(table, "medium", [2026], 2018, 7300.0)


def test_a_scenario_is_frozen() -> None:
    chosen = read_scenario(FOLDER, "reference")
    with pytest.raises(ValueError):
        chosen.migration_factor = 2.0  # type: ignore[misc]


def test_the_size_of_an_adjustment_is_a_declared_table() -> None:
    years = np.array([2019, 2020])
    totals = TotalDraws(("A",), years, np.full((4, 1, 2), 900, np.float32), np.zeros((4, 1, 2), np.float32))
    _, moved = constrain(totals, {"BG": np.array([990.0, 450.0])}, ["BG"], "country")
    table = adjustment_table(moved, "un_medium", "medium", True, "un_wpp")
    checked = validated(table_class("population", "adjustment"), table)
    assert checked["factor"].tolist() == pytest.approx([1.1, 0.5]) and checked["applied"].all()
    assert (
        len(validated(table_class("population", "adjustment"), adjustment_table([], "reference", "medium", False, "")))
        == 0
    )


def test_the_year_of_a_census_interrupts_no_row_of_five_years() -> None:
    worst = read_scenario(FOLDER, "higher_emigration")
    plain, stepped = [-0.02] * 5 + [0.01] * 5, [-0.02] * 5 + [0.01] * 3 + [-0.3] + [0.01] * 2
    after_census = extra_growth(worst, history_with(stepped, census=(2009,)))
    assert after_census == pytest.approx(extra_growth(worst, history_with(plain))) == pytest.approx(-0.03)
