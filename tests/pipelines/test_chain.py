"""The whole chain on real figures: contract tables, sums, the base year as published, the trace, one cell moved."""

import json

import duckdb
import pandas as pd
import pytest

from ossu_analysis.schemas import all_tables
from ossu_analysis.trace import trace_row

CONTRACT = [
    "population.forecast",
    "population.component",
    "population.exposure_draw",
    "demand.need_forecast",
    "demand.demand_forecast",
    "demand.use_forecast",
    "capacity.current",
    "gap.service_gap",
    "proposal.line",
    "proposal.option",
    "monitoring.deviation",
    "evaluation.score",
    *(
        f"reference.{name}"
        for name in (
            "municipality",
            "oblast",
            "service",
            "target_group",
            "legacy_service",
            "source",
            "assumption",
            "rule",
        )
    ),
]
TOTAL = "sex = 'T' and age_from = 0 and age_to is null"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chain")]


@pytest.fixture(scope="module")
def db(finished):
    with duckdb.connect(str(finished / "ossu.duckdb"), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("name", CONTRACT)
def test_contract_table_is_published(db, name):
    assert db.sql(f"select count(*) as n from {name}").df()["n"][0] > 0


def test_every_column_has_a_comment(db):
    links = {link for link, _ in all_tables()}
    bare = db.sql("select schema_name, table_name, column_name from duckdb_columns() where comment is null").df()
    bare = bare[bare["schema_name"].isin(links)]
    assert bare.empty, bare.to_string()


def test_published_tables_are_those_that_the_refresh_makes(db):
    """Everything declared but what has a job of its own; the draws are a view over lists."""
    from pipelines.definitions import defs

    job = defs().resolve_job_def("full_refresh")
    made = {tuple(key.path) for key in job.asset_layer.executable_asset_keys} & set(all_tables())
    names = (
        "select schema_name, table_name from duckdb_tables() union select schema_name, view_name from duckdb_views()"
    )
    found = set(map(tuple, db.sql(names).df().to_numpy())) & set(all_tables())
    assert found == made
    assert len(made) > 45


def test_base_year_is_what_was_published(db):
    base = f"from population.forecast where year = 2024 and {TOTAL}"
    country = db.sql(f"select persons, status {base} and area_code = 'BG'")
    assert country.df().to_numpy().tolist() == [[6_437_360.0, "observed"]]
    off = db.sql(
        f"""select area_code, f.persons, s.persons from population.forecast f join sources.population_municipality s
        using (area_code, year, sex) where year = 2024 and residence = 'total' and {TOTAL} and f.persons <> s.persons"""
    ).df()
    assert off.empty
    assert db.sql(f"select count(*) n {base}").df()["n"][0] >= 265 + 28 + 1


def test_oblast_ages_of_the_base_year_are_what_was_published(db):
    off = db.sql(
        """select * from population.forecast f join sources.population_oblast_age s
        using (area_level, area_code, year, sex, age_from) where year = 2024 and area_level = 'oblast'
        and f.age_to is not distinct from s.age_to and f.persons <> s.persons"""
    ).df()
    assert off.empty


@pytest.mark.parametrize("lower, upper", [("municipality", "oblast"), ("oblast", "region"), ("region", "country")])
def test_means_add_up(db, lower, upper):
    parent = {"municipality": "left(area_code, 3)", "oblast": "region_code", "region": "'BG'"}[lower]
    joined = "join reference.oblast o on o.oblast_code = f.area_code" if lower == "oblast" else ""
    sums = f"""select {parent} as area_code, year, sex, age_from, age_to, sum(persons) as persons
        from population.forecast f {joined} where area_level = '{lower}' and output_type = 'mean' group by all"""
    off = db.sql(
        f"""select count(*) as rows, max(abs(s.persons - f.persons) / greatest(f.persons, 1)) as off
        from ({sums}) s join population.forecast f on f.area_code = s.area_code and f.year = s.year and f.sex = s.sex
        and f.age_from = s.age_from and f.age_to is not distinct from s.age_to
        where f.area_level = '{upper}' and f.output_type = 'mean'"""
    ).df()
    assert off["rows"][0] > 100
    assert off["off"][0] < 1e-6


def test_every_municipality_for_every_service_with_a_return(db):
    off = db.sql(
        """select service_code, year, count(distinct municipality_code) as n from gap.service_gap group by all
        having n <> 265"""
    ).df()
    services = db.sql("select count(distinct service_code) n from gap.service_gap").df()["n"][0]
    assert off.empty and services == db.sql("select count(distinct service_code) n from capacity.current").df()["n"][0]


def test_made_from_demonstration_says_so(db):
    for table in ("capacity.current", "gap.service_gap", "proposal.line", "demand.demand_forecast"):
        assert db.sql(f"select distinct status from {table}").df()["status"].tolist() == ["demonstration"], table


def test_groups_without_a_rate_are_named_not_guessed(db):
    missing = db.sql("select target_group, remark_bg from demand.group_status where not has_rate").df()
    assert "TG-OLDUNABLE" in set(missing["target_group"]) and missing["remark_bg"].str.contains("няма данни").all()
    guessed = db.sql("select distinct target_group from demand.need_forecast").df()["target_group"]
    assert not set(guessed) & set(missing["target_group"])


def test_manifest_names_settings_sources_and_checks(finished):
    manifest = json.loads((finished / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["draws"] == 200 and manifest["settings"]["base_year"] == 2024
    assert all(source["sha256"] and source["vintage"] for source in manifest["sources"])
    assert len(manifest["checks"]) >= 6


@pytest.mark.parametrize("table", ["gap", "forecast", "need"])
def test_traced_number_is_recomputed_from_its_inputs(finished, table):
    steps = list(trace_row(finished, table, "SML02", "TG-POV" if table == "need" else "ASSIST")[0].walk())
    assert [step.label for step in steps if step.is_confirmed is False] == []
    assert any(step.is_confirmed for step in steps)
    raw = next(step for step in steps if step.table == "sources.population_municipality")
    assert raw.value == 2957 and "population_municipality.csv, ред" in raw.source


def test_one_return_moves_the_gap_and_its_trace(own_project, finished):
    """A real return in the inbox replaces the made-up ones; the gap falls by exactly the places it adds."""
    before = trace_row(finished, "gap", "SML02", "ASSIST", 2027)[0]
    (own_project / "data" / "inbox" / "SML02.csv").write_text(
        "Код на община;Код на услуга;Година;Места;Потребители;Чакащи\n"
        "SML02;ASSIST;2020;60;31;0\nSML02;ASSIST;2021;64;33;0\n",
        encoding="utf-8",
    )
    (own_project / "data" / "inbox" / "SML02_ages.csv").write_text(
        "Код на община;Код на услуга;Година;Пол;Възраст от;Възраст до;Потребители\n"
        "SML02;ASSIST;2021;жени;65;79;6\nSML02;ASSIST;2021;жени;80;;17\nSML02;ASSIST;2021;мъже;65;;10\n",
        encoding="utf-8",
    )
    moved = ("collection/*", "capacity/*", "demand/*", "gap/*", "proposal/*", "monitoring/*", "report/*")
    later = rerun(own_project, *moved)
    after = trace_row(later, "gap", "SML02", "ASSIST", 2027)[0]
    places = next(step for step in after.walk() if step.table == "collection.return")
    assert places.value == 64 and "SML02.csv" in places.source and places.status == "observed"
    assert all(step.is_confirmed is not False for step in after.walk())
    assert after.value != before.value
    with duckdb.connect(str(later / "ossu.duckdb"), read_only=True) as db:
        labels = db.sql("select distinct data_label from gap.oblast_gap where area_code = 'SML'").df()["data_label"]
        by_age = db.sql("select distinct service_code, method like '%пола и%' as m from demand.use_rate").df()
        ages = db.sql("select sum(users) as n from collection.user_profile").df()["n"][0]
    assert labels.tolist() == ["смесени данни"]
    assert ages == 33 and by_age.loc[by_age["m"], "service_code"].tolist() == ["ASSIST"]


def test_one_raw_cell_moves_the_traced_number(own_project, finished):
    """The poverty rate of one oblast, edited in the publisher's file, moves the need that was computed from it."""
    before = trace_row(finished, "need", "SML02", "TG-POV", 2025)[0]
    file = next((own_project / "data" / "raw" / "nsi_poverty").glob("*/at_risk_of_poverty.csv"))
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    cell = rows["area_code"].eq("SML") & rows["year"].eq(rows.loc[rows["area_code"].eq("SML"), "year"].max())
    cell &= rows["sex"].eq("T")
    assert cell.sum() == 1
    rows.loc[cell, "rate_percent"] = str(float(rows.loc[cell, "rate_percent"].iloc[0]) + 10)
    rows.to_csv(file, index=False)
    moved = (
        "reference/source",
        "sources/at_risk_of_poverty",
        "demand/*",
        "gap/*",
        "proposal/*",
        "monitoring/*",
        "report/*",
    )
    later = rerun(own_project, *moved)
    after = trace_row(later, "need", "SML02", "TG-POV", 2025)[0]
    rates = [next(s.value for s in found.walk() if s.table == "demand.group_rate") for found in (before, after)]
    assert rates[1] > rates[0] and after.value > before.value


def rerun(project, *patterns):
    """Materialise some assets of the project again and return the folder of the new finished run."""
    from fnmatch import fnmatch

    from pipelines.definitions import defs
    from pipelines.execute import run_job
    from tests.pipelines.conftest import run_config

    keys = [
        key
        for key in defs().resolve_job_def("full_refresh").asset_layer.executable_asset_keys
        if any(fnmatch(key.to_user_string(), pattern) for pattern in patterns)
    ]
    outcome = run_job("full_refresh", run_config(), lambda event: None, selection=keys)
    assert outcome.success, outcome.failures
    return (project / "data" / "runs" / "latest").resolve()
