"""Ages of municipalities and pooled ratios on official figures: margins met, errors known, nothing looks ahead."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import OssuError
from ossu_analysis.population.age_structure import (
    AgeStructure,
    estimate_age_structure,
    municipality_age_table,
    score_at_census,
    score_hidden_ages,
)
from ossu_analysis.population.cells import AGES, SEXES, age_groups, grouped_array, sum_groups, table_array
from ossu_analysis.population.exposure import ExposureGroups, exposure_observed
from ossu_analysis.population.inputs import AgeInputs, age_inputs
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.middle_path import project_oblasts
from ossu_analysis.population.registered_events import local_ratios
from ossu_analysis.population.scenario import with_migration
from ossu_analysis.schemas import table_class, validated

Tables = dict[str, pd.DataFrame]


def test_ages_add_up_to_everything_published(structure: AgeStructure) -> None:
    inputs, cells = structure.inputs, structure.cells
    assert cells.shape == (265, 8, 2, 101) and (cells >= 0).all()
    np.testing.assert_allclose(cells.sum(axis=3), inputs.totals.sum(axis=2), rtol=1e-6, atol=1e-6)
    oblasts = np.stack([cells[inputs.oblast_of == o, -1].sum(axis=0) for o in range(28)])
    np.testing.assert_allclose(oblasts, inputs.oblast_cells[:, -1], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(oblasts.sum(axis=0), inputs.national[-1], rtol=1e-6, atol=1e-6)


@pytest.fixture(scope="module")
def today(official_tables: Tables) -> AgeStructure:
    return estimate_age_structure(age_inputs(official_tables, 2024))


def test_the_newest_base_equals_everything_published(today: AgeStructure, official_tables: Tables) -> None:
    inputs, cells = today.inputs, today.cells[:, -1]
    assert cells.sum() == pytest.approx(6_437_360)
    published = official_tables["population_municipality"].query("year == 2024 and residence == 'total' and sex != 'T'")
    towns = table_array(published, "persons", area_code=inputs.municipalities, sex=SEXES)
    np.testing.assert_allclose(cells.sum(axis=2), towns, atol=1e-6)
    ages = official_tables["population_oblast_residence_age"].query("residence == 'total'")
    starts = age_groups(ages)
    known = grouped_array(ages, "persons", starts, area_code=inputs.oblasts, sex=SEXES)
    oblasts = np.stack([cells[inputs.oblast_of == o].sum(axis=0) for o in range(28)])
    np.testing.assert_allclose(sum_groups(oblasts, starts), known, atol=1e-6)


def test_no_step_of_the_pandemic_or_to_another_census_is_learnt_from(today: AgeStructure) -> None:
    inputs = today.inputs
    assert inputs.years[inputs.recent_steps + 1].tolist() == [2017, 2018, 2019, 2023, 2024]
    assert inputs.years[inputs.new_base].tolist() == [2022]
    assert [inputs.years[census.first] for census in inputs.censuses] == [2011, 2022]


def test_ages_carried_to_the_next_census_are_half_as_wrong_as_shares(
    today: AgeStructure, structure: AgeStructure
) -> None:
    score = score_at_census(today.cells, today.inputs)
    validated(table_class("population", "age_score"), score)
    value = score.set_index(["method", "age_group"])["value"]
    assert value["estimate", "cells"] < 2.6 < 5.2 < value["oblast_shares", "cells"]
    assert all(value["estimate", group] < value["oblast_shares", group] for group in ("0-14", "15-29", "45-64", "65+"))
    assert score_at_census(structure.cells, structure.inputs).empty, "one census alone was known at the end of 2018"


def test_hidden_oblasts_are_found_from_the_census_of_2021(today: AgeStructure) -> None:
    value = score_hidden_ages(today.inputs).set_index(["method", "age_group"])["value"]
    assert value["estimate", "cells"] < 2.4 < 6 < value["region_shares", "cells"]


def test_table_is_what_is_declared(structure: AgeStructure) -> None:
    table = municipality_age_table(structure)
    assert len(validated(table_class("population", "municipality_age"), table.head(5000))) == 5000
    assert table.loc[table["year"] == 2018, "persons"].sum() == pytest.approx(7_000_039)


def test_hidden_ages_are_found_better_than_by_shares(inputs: AgeInputs) -> None:
    score = score_hidden_ages(inputs)
    validated(table_class("population", "age_score"), score)
    value = score.set_index(["method", "age_group"])["value"]
    assert value["estimate", "cells"] < 2.4 < value["region_shares", "cells"]
    groups = ("0-14", "15-29", "30-44", "45-64", "65+", "80+")
    assert all(value["estimate", group] < value["region_shares", group] / 2 for group in groups)


@pytest.mark.parametrize(("base_year", "oblast_80", "region_65"), [(2013, 1.8, 0.5), (2015, 1.6, 0.7)])
def test_old_ages_are_forecast_within_what_was_promised(
    official_tables: Tables, inputs: AgeInputs, base_year: int, oblast_80: float, region_65: float
) -> None:
    past = estimate_age_structure(age_inputs(official_tables, base_year))
    guess = project_oblasts(past, range(base_year + 1, 2019))[:, -1].sum(axis=1)
    order = [inputs.oblasts.index(code) for code in past.inputs.oblasts]
    actual = inputs.oblast_cells[order, -1].sum(axis=1)
    assert np.abs(guess[:, 80:].sum(1) / actual[:, 80:].sum(1) - 1).mean() * 100 < oblast_80
    if base_year == 2015:
        assert np.abs(guess[:, 15:65].sum(1) / actual[:, 15:65].sum(1) - 1).mean() * 100 < 0.8
    owner = past.inputs.region_of_oblast
    region = [np.stack([part[owner == r, 65:].sum() for r in range(6)]) for part in (guess, actual)]
    assert np.abs(region[0] / region[1] - 1).mean() * 100 < region_65


@pytest.mark.parametrize("base_year", [2012, 2023, 2099])
def test_a_year_without_ages_is_named(official_tables: Tables, base_year: int) -> None:
    with pytest.raises(OssuError, match=str(base_year)) as caught:
        age_inputs(official_tables, base_year)
    assert "population" in str(caught.value) and "2013–2021, 2024" in str(caught.value)


def test_a_split_municipality_has_a_past(structure: AgeStructure) -> None:
    new, old = (structure.inputs.municipalities.index(code) for code in ("PAZ39", "PAZ08"))
    persons = structure.cells.sum(axis=(2, 3))
    assert 4_000 < persons[new, 0] < 6_000
    assert abs(persons[old, 4] / persons[old, 3] - 1) < 0.03


def test_local_ratios_leave_the_oblasts_alone(structure: AgeStructure) -> None:
    inputs, local = structure.inputs, local_ratios(structure)
    cells = structure.cells[:, -1]
    source = cells[..., 17:30] * local[..., 18:31]
    for oblast in (0, 13, 27):
        inside = inputs.oblast_of == oblast
        np.testing.assert_allclose(source[inside].sum(axis=0), cells[inside, :, 17:30].sum(axis=0), rtol=1e-6)


def test_without_migration_only_survival_is_left(jump_off: JumpOff) -> None:
    still = with_migration(jump_off, 0.0)
    np.testing.assert_allclose(still.ratios.ratio[..., 1:], np.exp(-jump_off.events.mu[..., :-1]))
    np.testing.assert_array_equal(still.local, 1.0)
    assert with_migration(jump_off, 1.0) is jump_off


def test_mortality_falls_and_fertility_is_plausible(jump_off: JumpOff) -> None:
    assert 0.005 < jump_off.ratios.rho < 0.02
    assert 1.2 < jump_off.events.fertility.level < 1.9 and 0.5 < jump_off.events.fertility.boys_share < 0.53
    # Migration that lasts, so that mortality alone moves the ratios.
    lasting = replace(jump_off.ratios, usual=jump_off.ratios.ratio)
    later, now = lasting.in_year(2035), lasting.in_year(2019)
    assert (later[..., 70:] > now[..., 70:]).mean() > 0.99
    np.testing.assert_array_equal(later[..., :60], now[..., :60])


def test_observed_exposure_is_published_where_it_can_be(structure: AgeStructure, groups: ExposureGroups) -> None:
    table = exposure_observed(municipality_age_table(structure), groups.of_years(range(2011, 2019)))
    validated(table_class("population", "exposure_observed"), table)
    everybody = table.query("target_group == 'TG-POP' and year == 2018")
    assert everybody["persons"].sum() == pytest.approx(7_000_039) and set(everybody["status"]) == {"observed"}
    wide = table.pivot(index=["municipality_code", "year"], columns="target_group", values="persons")
    np.testing.assert_allclose(wide["AGE-0-15"] + wide["TG-WA"] + wide["TG-OLD"], wide["TG-POP"], rtol=1e-6)


def test_legal_threshold_splits_its_age_by_months(groups: ExposureGroups) -> None:
    above = groups.weights[groups.codes.index("TG-OLD"), groups.years.index(2018)]
    # 2018: women 61 years 2 months, men 64 years 1 month.
    assert above[0, 60] == 0 and above[0, 61] == pytest.approx(10 / 12) and above[0, 62] == 1
    assert above[1, 63] == 0 and above[1, 64] == pytest.approx(11 / 12)
    working = groups.weights[groups.codes.index("TG-WA"), groups.years.index(2018)]
    np.testing.assert_allclose(working[:, 16:] + above[:, 16:], 1.0)
    assert (working[:, :16] == 0).all() and (np.diff(above, axis=1) >= 0).all()
    old = groups.weights[groups.codes.index("TG-OLD")].sum(axis=2)
    assert (np.diff(old, axis=0) <= 1e-9).all(), "the legal age never falls"
    assert len(AGES) == groups.weights.shape[-1]
