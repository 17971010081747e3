"""The shipped figures: known facts, agreement of publishers with each other, figures unchanged, lists that close."""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.reference.given import GIVEN
from ossu_analysis.schemas import all_tables, columns, table_class, validated
from ossu_analysis.schemas.sources import AGES
from ossu_analysis.sources import LAYOUTS, READERS, check_sources
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[2]
STORE = Store(ROOT)
_read: dict[str, pd.DataFrame] = {}


def source(table):
    """A table of the shipped figures, read once."""
    if table not in _read:
        _read[table] = READERS[table](STORE)
    return _read[table]


def reference(table):
    if f"reference.{table}" not in _read:
        _read[f"reference.{table}"] = REFERENCE[table](STORE)
    return _read[f"reference.{table}"]


def test_no_fault_in_the_shipped_figures():
    assert [fault.sentence() for fault in check_sources(STORE)] == []


@pytest.mark.parametrize("table", sorted(LAYOUTS))
def test_every_source_matches_its_declaration(table):
    frame = validated(table_class("sources", table), source(table))
    assert len(frame) > 0
    assert not set(frame["status"]) & {"demonstration", "imputed"}


@pytest.mark.parametrize("table", sorted(REFERENCE))
def test_every_code_list_matches_its_declaration(table):
    rows = validated(table_class("reference", table), reference(table))
    assert len(rows) > 0 or table in GIVEN


def test_every_declared_table_has_a_reader_and_comments_in_bulgarian():
    declared = {table for link, table in all_tables() if link == "sources"}
    assert declared == set(READERS)
    assert {table for link, table in all_tables() if link == "reference"} == set(REFERENCE)
    for (link, _), entry in all_tables().items():
        if link in {"sources", "reference"}:
            comments = [entry.comment, *(info.comment for info in columns(entry.schema))]
            assert all(re.search("[а-я]{3}|ЕБК", comment) for comment in comments), entry.table


@pytest.mark.parametrize("table", sorted(LAYOUTS))
def test_figures_are_unchanged(table):
    """Every figure of the CSV files is in the table, and nothing else: the sorted lists are equal."""
    layout, rows = LAYOUTS[table], []
    for file in sorted(path for name in layout.sources for path in (STORE.raw / name).glob(f"*/{table}.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows += [row for row in csv.DictReader(lines) if row.get("age") != "total" or AGES not in layout.sums]
    figures = [row[name] for row in rows for name in layout.values if name != "total" or AGES not in layout.sums]
    printed = sorted(float(text) for text in figures if text[-1].isdigit())
    frame = source(table)
    kept = frame[frame["note"].isna()] if "note" in frame else frame
    assert sorted(kept[layout.figure].dropna().astype(float)) == printed


def value(table, **keys):
    frame = source(table)
    for name, key in keys.items():
        frame = frame[frame[name] == key]
    (row,) = frame[LAYOUTS[table].figure].tolist()
    return row


def test_facts_that_everybody_can_look_up():
    whole = {"area_code": "BG", "sex": "T"}
    assert value("population_municipality", year=2018, residence="total", **whole) == 7_000_039
    assert value("population_municipality", year=2000, residence="total", **whole) == 8_149_468
    assert value("births_municipality", year=2018, **whole) == 62_197
    assert value("deaths_municipality", year=2018, **whole) == 108_526
    assert value("population_municipality", year=2024, residence="total", **whole) == 6_437_360
    assert value("births_municipality", year=2024, **whole) == 53_428
    assert value("deaths_municipality", year=2024, **whole) == 100_736
    assert value("vital_events_long", area_code="BG", year=1990, event="births") == 105_180
    assert [value("life_expectancy_region", year=year, age=0, **whole) for year in (2018, 2021)] == [75.0, 71.4]
    assert value("unemployment_rate", year=2019, **whole) == 4.2
    assert source("census_profile").drop_duplicates("municipality_code")["population"].sum() == 7_364_570
    assert source("population_single_age").query("sex == 'T'")["persons"].sum() == 7_000_039


def test_the_united_nations_figures():
    projection = source("official_projection").query("source_id == 'un_wpp2019'")
    total = projection[projection["age_from"].eq(0) & projection["age_to"].isna()]
    assert set(total["variant"]) == {"low_80", "high_80", "low_95", "high_95"}, "the variants are by age"
    medium = projection[projection["variant"] == "medium"].groupby("year")["persons_thousand"].sum()
    assert round(medium[2020]) == 6_948
    assert round(medium[2050]) == 5_385
    assert source("fertility_schedule")["period_to"].max() == 2020, "no projected schedules"
    assert source("mortality_schedule")["period_to"].max() == 2020


def test_official_projections_of_today():
    projection = source("official_projection").set_index(["source_id", "variant", "year"])["persons_thousand"]
    assert projection["un_wpp2024", "medium", 2024].sum() == pytest.approx(6_737.155)
    assert projection["nsi_projection_2023", "medium", 2090].item() == 4_915.423
    oblasts = source("oblast_projection").set_index(["year", "area_code"])["persons"]
    assert oblasts.groupby("year").sum().to_dict() == {2018: 7_000_039, 2049: 5_655_026}


def test_the_census_of_2021_by_municipality():
    age, sex = source("census_age"), source("census_sex")
    towns = age[age["area_level"] == "municipality"]
    assert towns["area_code"].nunique() == 265
    assert towns["persons"].sum() == 6_519_789 == sex.query("area_code == 'BG' and sex == 'T'")["persons"].item()
    by_area = age.groupby("area_code")["persons"].sum()
    pd.testing.assert_series_equal(
        by_area, sex[sex["sex"] == "T"].set_index("area_code")["persons"].sort_index(), check_names=False
    )
    education = source("census_education").query("area_code == 'BG'").set_index("education")["persons"]
    assert education["tertiary"] == 1_560_028
    labour = source("census_labour").query("area_code == 'BG'").set_index("rate")["rate_percent"]
    assert labour.to_dict() == {"activity_rate": 52.7, "employment_rate": 47.5, "unemployment_rate": 9.9}


def test_oblast_ages_of_the_last_year_close_with_the_other_tables():
    """NSI by oblast and age, NSI by municipality and NSI by region and age say the same of 31.12.2024."""
    ages = source("population_oblast_residence_age").query("year == 2024")
    whole = ages.groupby(["area_code", "residence", "sex"])["persons"].sum()
    assert whole["BG", "total", "T"] == 6_437_360
    totals = source("population_municipality").query("year == 2024 and area_level != 'municipality'")
    totals = totals.set_index(["area_code", "residence", "sex"])["persons"].sort_index()
    pd.testing.assert_series_equal(whole, totals, check_names=False, check_dtype=False)
    keys = ["residence", "sex", "age_from"]
    country = ages.query("area_code == 'BG'").set_index(keys)["persons"].sort_index()
    regions = source("population_region_residence_age").query("area_code == 'BG' and year == 2024")
    assert (country == regions.set_index(keys)["persons"].sort_index()).all()
    assert (
        ages.query("area_code == 'BG' and residence == 'total' and sex == 'T' and age_to < 15")["persons"].sum()
        == 901_843
    )


def test_registered_migration_explains_a_part_of_the_step_of_2022():
    """Change minus natural increase minus registered migration, per 1000 at the year's end: -352 740 in 264 places."""

    def places(table, figure):
        rows = source(table).query("area_level == 'municipality' and sex == 'T'")
        rows = rows[rows["residence"] == "total"] if "residence" in rows else rows
        return rows.pivot(index="area_code", columns="year", values=figure).astype(float)

    persons = places("population_municipality", "persons")
    natural = places("births_municipality", "births") - places("deaths_municipality", "deaths")
    rates = source("registered_migration").pivot(
        index="municipality_code", columns="year", values="net_migration_per_1000"
    )
    assert rates.isna().sum().to_dict() == {2011: 2, 2022: 1}
    step = persons[2022] - persons[2021] - natural[2022] - rates[2022] * persons[2022] / 1000
    assert step.count() == 264 and step.sum() == pytest.approx(-352_740, abs=200)


def test_the_subsidy_of_each_year_is_the_printed_total():
    sums = source("subsidy_social").groupby(["year", "function"])["amount_thousand"].sum().round(1)
    assert sums.xs("social_services", level="function").to_dict() == {
        2024: 902_666.2,
        2025: 1_051_667.4,
        2026: 610_923.7,
    }
    assert sums.xs("all_delegated", level="function").to_dict() == {
        2024: 6_927_959.1,
        2025: 7_892_909.1,
        2026: 4_351_706.0,
    }
    assert source("subsidy_social").groupby("year")["currency"].unique().map(list).to_dict() == {
        2024: ["BGN"],
        2025: ["BGN"],
        2026: ["EUR"],
    }


def test_published_totals_of_services():
    totals = (
        source("service_total")
        .query("area_level == 'country'")
        .set_index(["service_code", "measure", "reference_date"])["value"]
    )
    expected = {
        ("LEG-OLD", "services"): 82,
        ("LEG-OLD", "places"): 5_598,
        ("LEG-OLD", "users"): 4_098,
        ("LEG-OLD", "waiting"): 892,
        ("ASSIST", "users"): 14_343,
        ("ASSIST", "waiting"): 2_478,
        ("ASSIST", "municipalities_with_waiting"): 132,
        ("SP-THER-AD", "users"): 4_817,
        ("SP-THER-AD", "municipalities_with_service"): 86,
    }
    assert {(code, measure): totals[code, measure, "2021-12-31"] for code, measure in expected} == expected
    assert totals["MUN-PATRON", "users", "2019-12-31"] == 37_943
    assert totals["MUN-PATRON", "municipalities_without_service", "2019-12-31"] == 33
    assert totals["SP-THER-AD", "services", "2017-12-31"] == 91
    assert totals["ASSIST", "quota", "2021"] == 19_993


def test_disability_counts_close():
    counts = source("national_count").query(
        "indicator == 'recognised_disability' and unit == 'persons' and reference_date == '2021-09-07'"
    )
    whole = counts[counts["category"] == "all"].set_index("age_from")["value"]
    children = counts[(counts["category"] != "all") & (counts["age_to"] == 15)]["value"].sum()
    every = counts[(counts["category"] == "all") & (counts["age_from"] == 0) & counts["age_to"].isna()]["value"].item()
    assert children == 22_248
    assert 22_248 + whole[16] == every == 654_547


def test_nsi_and_eurostat_agree_where_they_should_and_only_there():
    """Oblast totals by sex: equal in 2000 and from 2011; 2001-2010 were revised by Eurostat and not by the NSI."""
    keys = ["area_code", "year", "sex"]
    nsi = (
        source("population_municipality")
        .query("residence == 'total' and area_level == 'oblast'")
        .set_index(keys)["persons"]
    )
    eurostat = source("population_total_long").query("area_level == 'oblast'").set_index(keys)["persons"]
    difference = (nsi - eurostat).dropna().abs().groupby("year").max()
    assert difference[[2000, *range(2011, 2021)]].eq(0).all()
    assert difference[range(2001, 2011)].gt(0).all()


def test_years_rest_on_the_census_that_the_series_had_taken_in():
    """The series takes a census in at the end of the year of 2011, and at the end of the year after that of 2021."""
    rows = source("population_municipality").drop_duplicates("year").set_index("year")["basis"]
    starts = {census: rows.index[rows == census].min() for census in rows.unique()}
    assert starts == {1992: 2000, 2001: 2001, 2011: 2011, 2021: 2022}
    whole = source("population_municipality").query("area_code == 'BG' and sex == 'T' and residence == 'total'")
    persons = whole.set_index("year")["persons"]
    events = {name: source(f"{name}_municipality").query("area_code == 'BG' and sex == 'T'").set_index("year")[name]
              for name in ("births", "deaths")}  # fmt: skip
    unexplained = persons.diff() - events["births"] + events["deaths"]
    assert unexplained[2022] == -329_009
    assert unexplained[[2019, 2020, 2021, 2023, 2024]].between(-2_500, 42_000).all()


def test_deaths_of_nsi_and_eurostat_agree():
    keys = ["area_code", "year", "sex"]
    nsi = (
        source("deaths_municipality").query("area_level == 'oblast' and 2013 <= year <= 2021").set_index(keys)["deaths"]
    )
    eurostat = source("deaths_oblast_age").query("area_level == 'oblast'").groupby(keys)["deaths"].sum()
    pd.testing.assert_series_equal(nsi.sort_index(), eurostat.sort_index(), check_names=False)


def test_ages_of_regions_agree_between_publishers():
    keys = ["area_code", "year", "sex", "age_from"]
    nsi = source("population_region_residence_age").query("residence == 'total' and 2013 <= year <= 2021")
    nsi = (
        nsi.assign(age_from=nsi["age_from"].where(nsi["age_from"] != 1, 0).clip(upper=90))
        .groupby(keys)["persons"]
        .sum()
    )
    eurostat = source("population_oblast_age").query("area_level != 'oblast'").set_index(keys)["persons"]
    assert (nsi.sort_index() == eurostat.sort_index()).all()
    assert len(nsi) == len(eurostat)


def test_territory():
    municipality, oblast = reference("municipality"), reference("oblast")
    assert (len(municipality), len(oblast), len(reference("region"))) == (265, 28, 6)
    assert municipality.loc[municipality["name_bg"] == "Бяла", "municipality_code"].tolist() == ["RSE04", "VAR05"]
    assert (municipality["municipality_code"].str[:3] == municipality["oblast_code"]).all()
    assert set(municipality["oblast_code"]) == set(oblast["oblast_code"])
    assert set(oblast["region_code"]) == set(reference("region")["region_code"])
    assert round(municipality["area_km2"].sum()) == pytest.approx(111_002, abs=5)
    assert not (municipality[["seat_lat", "seat_lon"]] * 100 % 1).round(6).isin([0, 1]).eq(False).any().any()


def test_shares_of_split_municipalities_come_from_the_figures():
    people = (
        source("population_municipality")
        .query("residence == 'total' and sex == 'T'")
        .set_index(["area_code", "year"])["persons"]
    )
    for change in reference("area_change").itertuples():
        assert pd.isna(people.get((change.new_code, change.year - 1), pd.NA))
        if change.kind == "split":
            new, old = people[change.new_code, change.year], people[change.old_code, change.year]
            assert change.share == pytest.approx(new / (new + old), abs=5e-5)
        else:
            assert change.share == 1
            assert pd.isna(people[change.old_code, change.year])


def test_every_service_is_measured_against_a_group_with_a_rate():
    services, groups = reference("service"), reference("target_group").set_index("target_group")
    assert groups.loc[services["exposed_group"], "has_rate"].all()
    assert set(services["target_group"]) <= set(groups.index)
    wider = services["exposed_group"] != services["target_group"]
    assert services.loc[wider, "exposed_reason_bg"].notna().all(), "a wider group needs its reason"
    closing = services.loc[~services["is_capacity"], "service_code"].tolist()
    assert closing == ["LEG-ID", "LEG-PSY", "LEG-PHYS", "LEG-SENS", "LEG-DEM"]


def test_groups_without_a_rate_say_what_would_supply_it():
    groups = reference("target_group")
    without = groups[~groups["has_rate"]]
    assert without["missing_note_bg"].str.len().gt(20).all()
    assert without["rate_source_id"].isna().all()
    assert set(groups.loc[groups["has_rate"], "rate_source_id"]) <= set(reference("source")["source_id"])
    assert (groups["has_rate"] == (groups["age_rule"] != "none")).all()


def test_no_criterion_is_invented():
    rules = reference("rule")
    assert set(rules["service_code"]) == set(reference("service")["service_code"])
    assert rules["rate"].isna().all()
    assert rules["legal_ref"].str.len().gt(5).all()


def test_the_retirement_age_follows_the_law():
    ages = reference("retirement_age").assign(age=lambda table: 12 * table["years"] + table["months"])
    by_year = ages.pivot(index="year", columns="sex", values="age")
    assert by_year.loc[2021].to_dict() == {"F": 61 * 12 + 8, "M": 64 * 12 + 4}
    assert by_year.loc[2026].to_dict() == {"F": 62 * 12 + 6, "M": 64 * 12 + 9}
    assert by_year.index.tolist() == list(range(2011, 2038))
    steps = by_year.diff().loc[2017:]
    assert set(steps.loc[2017:2029, "F"]) == {2}
    assert set(steps.loc[2030:2037, "F"]) == {3}
    assert set(steps.loc[2018:2029, "M"]) == {1}
    assert by_year.loc[2037].tolist() == [780, 780]


def test_old_names_lead_to_services_that_exist():
    legacy = reference("legacy_service")
    assert set(legacy["service_code"]) <= set(reference("service")["service_code"])
    assert set(legacy["activity_code"].dropna()) <= set(reference("budget_activity")["activity_code"])
    assert legacy.groupby("old_name_bg").size().max() > 1, "one old name, several services"
    assert legacy.groupby("service_code").size().max() > 1, "one service, several old names"


def test_every_figure_leads_to_its_source():
    known = set(reference("source")[["source_id", "vintage", "table_name"]].itertuples(index=False, name=None))
    for table in LAYOUTS:
        seen = source(table)[["source_id", "vintage"]].drop_duplicates().itertuples(index=False, name=None)
        assert {(*pair, table) for pair in seen} <= known
    assert not reference("source")["is_edited"].any()


def test_files_stay_small_and_nothing_leads_outside():
    for path in (ROOT / "data").rglob("*"):
        if path.suffix in {".csv", ".yaml"} and {"raw", "reference", "rules", "assumptions"} & set(path.parts):
            assert path.stat().st_size < 1_000_000, path
            assert "/work" not in path.read_text(encoding="utf-8"), path
