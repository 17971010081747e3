"""A possible figure that is unlike the others is asked about; growth of all, census breaks and small noise are not."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.sources.surprise import surprising_changes


def table(persons, basis=None):
    """A table of totals by municipality (rows) and year (columns) from 2011 on."""
    years = range(2011, 2011 + persons.shape[1])
    rows = [
        ("municipality", f"AAA{m:02d}", year, "total", "T", persons[m, y], (basis or {}).get(year, 2011), "s")
        for m in range(len(persons))
        for y, year in enumerate(years)
    ]
    names = ["area_level", "area_code", "year", "residence", "sex", "persons", "basis", "source_id"]
    return pd.DataFrame(rows, columns=names).astype({"persons": "Int64"})


def calm(seed=1, municipalities=99, years=8):
    noise = np.random.default_rng(seed).normal(-0.01, 0.004, (municipalities, years)).cumsum(axis=1)
    return np.round(10_000 * np.exp(noise)).astype(int)


def test_swapped_digits_are_asked_about():
    persons = calm()
    persons[7, -1] = 2 * persons[7, -2]
    first = surprising_changes(table(persons), "persons")[0]
    assert first.municipality_code == "AAA07"
    assert str(persons[7, -1]) in first.sentence()


def test_calm_years_ask_about_a_handful_at_most():
    assert len(surprising_changes(table(calm()), "persons")) <= 3


def test_a_fall_that_all_share_is_no_surprise():
    persons = calm()
    persons[:, -1] = persons[:, -1] * 8 // 10
    assert len(surprising_changes(table(persons), "persons")) <= 3


def test_a_census_between_the_last_two_years_is_not_compared():
    persons = calm()
    persons[7, -1] = 2 * persons[7, -2]
    assert not any(
        fault.municipality_code == "AAA07" for fault in surprising_changes(table(persons, {2018: 2021}), "persons")
    )


@pytest.mark.parametrize("years", [1, 2])
def test_too_few_years_ask_nothing(years):
    assert surprising_changes(table(calm(years=years)), "persons") == []


def test_events_of_large_municipalities_are_not_surprising_for_their_size():
    """A Poisson count of 10 000 moves by hundreds: only a municipality that moves beyond chance is asked about."""
    rng = np.random.default_rng(3)
    level = np.geomspace(5, 20_000, 99)[:, None]
    births = rng.poisson(np.broadcast_to(level, (99, 8)))
    births[50, -1] += int(12 * np.sqrt(level[50, 0]))
    asked = surprising_changes(table(births).rename(columns={"persons": "births"}), "births")
    assert asked[0].municipality_code == "AAA50"
    assert len(asked) <= 4
