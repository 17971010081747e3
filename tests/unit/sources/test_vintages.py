"""Vintages of one source, marks of the publisher, and what a table says of each figure."""

import datetime

import pandas as pd
import pytest
import yaml

from ossu_analysis.errors import FaultsFound
from ossu_analysis.sources import READERS


def new_vintage(project, table, years, rows, vintage="2030-01-01", **changes):
    """Put rows of a table into a later folder with a record of its own."""
    old = project.folder(table)
    record = yaml.safe_load((old / "source.yaml").read_text(encoding="utf-8"))
    header = project.rows(table)[0]
    folder = old.parent / vintage
    folder.mkdir()
    entry = next(entry for entry in record["tables"] if entry["table"] == table) | {"years": years} | changes
    record |= {"vintage": vintage, "tables": [entry], "retrieved": datetime.date(2030, 1, 1)}
    (folder / "source.yaml").write_text(yaml.safe_dump(record, allow_unicode=True), encoding="utf-8")
    project.write(table, [header, *rows])


def shifted(project, table, year, to):
    return [[row[0], str(to), *row[2:]] for row in project.rows(table) if row[1] == str(year) and row[0] != "VRC19"]


def test_a_new_vintage_may_hold_one_more_year_only(project):
    project.take("nsi_vital")
    before = READERS["births_municipality"](project.store)
    new_vintage(project, "births_municipality", [2019, 2019], shifted(project, "births_municipality", 2018, 2019))
    after = READERS["births_municipality"](project.store)
    assert sorted(after["year"].unique()) == list(range(2000, 2020))
    assert set(after.loc[after["year"] == 2019, "vintage"]) == {"2030-01-01"}
    pd.testing.assert_frame_equal(after[after["year"] < 2019].reset_index(drop=True), before)


def test_where_two_vintages_give_a_figure_the_newest_wins(project):
    project.take("nsi_vital")
    before = READERS["deaths_municipality"](project.store)
    rows = [
        [r[0], r[1], *(str(2 * int(v)) for v in r[2:])] for r in shifted(project, "deaths_municipality", 2018, 2018)
    ]
    new_vintage(project, "deaths_municipality", [2018, 2018], rows)
    after = READERS["deaths_municipality"](project.store)
    assert len(after) == len(before)
    last = after["year"] == 2018
    assert after.loc[last, "deaths"].sum() == 2 * before.loc[before["year"] == 2018, "deaths"].sum()
    assert after.loc[~last, "deaths"].sum() == before.loc[before["year"] < 2018, "deaths"].sum()


def test_a_run_is_repeated_with_the_vintages_that_it_had(project):
    project.take("nsi_vital")
    before = READERS["births_municipality"](project.store)
    new_vintage(project, "births_municipality", [2019, 2019], shifted(project, "births_municipality", 2018, 2019))
    pd.testing.assert_frame_equal(READERS["births_municipality"](project.store, as_of="2029-12-31"), before)


def test_a_year_between_two_vintages_is_missed(project):
    project.take("nsi_vital")
    new_vintage(project, "births_municipality", [2020, 2020], shifted(project, "births_municipality", 2018, 2020))
    with pytest.raises(FaultsFound, match="2019-2019"):
        READERS["births_municipality"](project.store)


def test_a_record_in_the_wrong_folder_is_refused(project):
    project.take("nsi_vital")
    folder = project.folder("births_municipality")
    folder.rename(folder.with_name("2031-01-01"))
    with pytest.raises(FaultsFound) as raised:
        READERS["births_municipality"](project.store)
    assert [(f.column, f.found, f.expected) for f in raised.value.faults] == [("vintage", "2026-11-21", "2031-01-01")]


def test_a_misspelt_key_of_a_record_is_named(project):
    project.take("nsi_vital")
    path = project.folder("births_municipality") / "source.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("caveats_bg", "caveat_bg"), encoding="utf-8")
    with pytest.raises(FaultsFound) as raised:
        READERS["births_municipality"](project.store)
    assert {fault.column for fault in raised.value.faults} == {"tables.0.caveat_bg", "tables.1.caveat_bg"}


def test_marks_of_the_publisher_are_kept_and_x_is_not_zero(project):
    table = READERS["population_municipality"](project.take("nsi_population").store)
    persons = table.set_index(["area_code", "year", "residence", "sex"])[["persons", "note"]]
    gone = persons.loc[("VRC19", 2001, "total", "T")]
    assert pd.isna(gone["persons"])
    assert gone["note"] == "x"
    town = persons.loc[("SOF46", 2018, "urban", "T")]
    assert town["persons"] > 1_000_000
    assert pd.isna(town["note"])
    none = table[table["note"] == "-"]
    assert (none["persons"] == 0).all()
    assert set(none["residence"]) == {"urban", "rural"}


def test_years_name_the_census_they_rest_on_and_the_day_of_the_publisher(project):
    project.take("nsi_population", "eurostat_population")
    nsi = READERS["population_municipality"](project.store).drop_duplicates("year").set_index("year")
    assert nsi["basis"].to_dict() == {
        year: 1992 if year < 2001 else 2001 if year < 2011 else 2011 for year in range(2000, 2019)
    }
    assert nsi.loc[2018, "reference_date"] == "2018-12-31"
    broad = READERS["population_broad_age"](project.store).drop_duplicates("year").set_index("year")
    assert broad.loc[2018, "reference_date"] == "2019-01-01"
    assert broad.index[broad["is_revised"]].tolist() == list(range(2001, 2011))
    assert broad["basis"].isna().sum() == 3, "the census behind 1989-1991 is not known and not guessed"


def test_open_ages_and_totals(project):
    project.take("eurostat_population", "undata_population", "eurostat_life_expectancy", "un_wpp2019")
    groups = READERS["population_oblast_age"](project.store)[["age_from", "age_to"]].drop_duplicates()
    assert groups["age_from"].tolist() == list(range(0, 95, 5)), "disjoint groups, no row for the total"
    assert groups.loc[groups["age_to"].isna(), "age_from"].tolist() == [90]
    single = READERS["population_single_age"](project.store)
    assert single.loc[single["is_open"], "age"].unique().tolist() == [110]
    lives = READERS["life_expectancy_region"](project.store)
    assert lives.loc[lives["is_open"], "age"].unique().tolist() == [85]
    bounds = READERS["official_projection"](project.store).query("variant == 'low_80'")
    assert (bounds["age_from"] == 0).all()
    assert bounds["age_to"].isna().all()
