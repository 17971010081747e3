"""A finished run: complete or absent, never half; the former run untouched; comments on every column."""

import json
import re

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from ossu_analysis.config import RunSettings
from ossu_analysis.errors import OssuError
from ossu_analysis.report.charts import Chart
from ossu_analysis.report.run import publish
from ossu_analysis.report.run.headlines import compare, headlines
from ossu_analysis.report.run.publish import CheckResult, publish_run
from ossu_analysis.report.run.registry import approve_run, finished_runs, latest_run, read_manifest
from ossu_analysis.store import ROWS_TOGETHER

from . import made_up

SETTINGS = RunSettings(base_year=made_up.BASE, until_year=made_up.HORIZON)
CHECKS = [CheckResult("gap/places", True), CheckResult("capacity/returns", False, "Поискайте отчета на SML02.")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    return made_up.store(root)


@pytest.fixture
def store(project):
    """The project without finished runs."""
    yield project
    if project.runs.exists():
        for path in sorted(project.runs.rglob("*"), reverse=True):
            path.unlink() if path.is_symlink() or path.is_file() else path.rmdir()


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Charts are drawn by the tests of charts; here their files only have to be there."""
    monkeypatch.setattr(Chart, "_saved", lambda chart, form, **options: form.encode())


def published(store, run_id="ab12cd"):
    return publish_run(store, run_id, SETTINGS, store.root / "none", CHECKS, {"population": 1.23456})


def test_run_holds_everything_and_latest_names_it(store):
    folder = published(store)
    pages = {"index.html", "report_card.html"}
    assert {file.name for file in folder.iterdir()} == pages | {
        "ossu.duckdb",
        "manifest.json",
        "charts",
        "open_data",
        "municipalities",
    }
    assert latest_run(store) == folder
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}-ab12cd", folder.name)
    manifest = read_manifest(folder)
    assert manifest["settings"]["base_year"] == made_up.BASE
    assert manifest["tables"]["gap.service_gap"] == len(made_up.gap())
    assert manifest["timings_seconds"] == {"population": 1.235}
    assert manifest["sources"][0]["source_id"] == "nsi"
    assert manifest["checks"][1]["message"] == "Поискайте отчета на SML02."


def test_warehouse_comments_every_table_and_column(store):
    folder = published(store)
    with duckdb.connect(str(folder / "ossu.duckdb"), read_only=True) as db:
        bare = db.sql(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal and comment is null"
        )
        assert bare.fetchall() == []
        assert db.sql("select count(*) from duckdb_tables() where comment is null").fetchall() == [(0,)]
        where = "area_code='BG' and year=2018 and sex='T' and age_from=0 and age_to is null"
        people = db.sql(f"select persons from population.forecast where {where}").fetchall()
    assert people == [(made_up.sizes()["BG"],)]


@pytest.mark.parametrize("together", [1, 3])
def test_draws_are_read_row_by_row_however_they_are_stored(store, together):
    rows = [
        (draw, town, 2020, "TG-65", 100.0 * draw + place)
        for place, town in enumerate(made_up.TOWNS)
        for draw in range(3)
    ]
    draws = pd.DataFrame(rows, columns=["draw", "municipality_code", "year", "target_group", "persons"])
    table = pa.Table.from_pandas(draws.assign(status="forecast"), preserve_index=False)
    store.write_chunks("population", "exposure_draw", [table.replace_schema_metadata({ROWS_TOGETHER: str(together)})])
    try:
        with duckdb.connect(str(published(store) / "ossu.duckdb"), read_only=True) as db:
            back = db.sql("select draw, municipality_code, year, target_group, persons from population.exposure_draw "
                          "order by municipality_code, draw").fetchall()  # fmt: skip
            kinds = db.sql(
                "select table_type from information_schema.tables where table_name = 'exposure_draw'"
            ).fetchall()
    finally:
        store.path("population", "exposure_draw").unlink()
    assert back == sorted(rows, key=lambda row: (row[1], row[0]))
    assert kinds == [("VIEW" if together > 1 else "BASE TABLE",)]


def test_interrupted_publication_leaves_the_former_run(store, monkeypatch):
    former = published(store)
    before = {file: file.read_bytes() for file in former.rglob("*") if file.is_file()}

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(publish, "_manifest", killed)
    with pytest.raises(KeyboardInterrupt):
        published(store, "cc22dd")
    assert latest_run(store) == former
    assert {file: file.read_bytes() for file in former.rglob("*") if file.is_file()} == before
    assert sorted(path.name for path in store.runs.iterdir()) == sorted([former.name, "latest"])


def test_leftovers_of_a_killed_process_go_at_the_next_start(store):
    leftover = store.runs / ".building-dead01"
    (leftover / "charts").mkdir(parents=True)
    (leftover / "ossu.duckdb").write_bytes(b"half")
    folder = published(store)
    assert not leftover.exists()
    assert latest_run(store) == folder


def test_finished_run_is_never_written_again(store):
    folder = published(store)
    before = (folder / "manifest.json").stat().st_mtime_ns
    with pytest.raises(OssuError, match="вече съществува"):
        published(store)
    assert (folder / "manifest.json").stat().st_mtime_ns == before


def test_latest_is_a_text_file_where_links_are_not_allowed(store, monkeypatch):
    from pathlib import Path

    def refused(*args, **kwargs):
        raise OSError("links are not allowed")

    monkeypatch.setattr(Path, "symlink_to", refused)
    first, second = published(store), published(store, "cc22dd")
    assert not (store.runs / "latest").is_symlink()
    assert latest_run(store) == second != first


def test_second_run_compares_itself_with_the_first(store):
    first = published(store)
    page = (published(store, "cc22dd") / "index.html").read_text(encoding="utf-8")
    assert first.name in page
    assert "Поискайте отчета на SML02." in page
    assert "демонстрационни данни" in page
    assert "Критерият не е зареден за 1 от 1 услуги" in page
    assert not re.findall(r"[{}]{2}|\bNone\b|report\.\w+\.", re.sub(r"<style>.*?</style>", "", page, flags=re.S))
    links = re.findall(r'(?:src|href)="([^#"][^"]*)"', page)
    assert all((first / link).exists() for link in links)


def test_headlines_equal_the_tables(store):
    known = headlines(store, made_up.BASE, made_up.HORIZON).set_index("key")["value"]
    assert known["people_base"] == made_up.sizes()["BG"]
    assert known["people_horizon_low"] < known["people_horizon"] < known["people_horizon_high"]
    assert known["gap_pairs"] == 6


def test_compare_says_nothing_about_what_one_run_does_not_know():
    now = pd.DataFrame({"key": ["a", "b"], "label": ["А", "Б"], "value": [12.0, 0.25], "unit": ["persons", "share"],
                        "digits": [0, 1], "status": "forecast"})  # fmt: skip
    table = compare(now, [{"key": "b", "value": 0.2}, {"key": "z", "value": 1.0}])
    assert table.loc[0, ["before", "change"]].tolist() == ["–", "–"]
    assert table.loc[1, ["before", "now", "change"]].tolist() == [f"{n}\u00a0%" for n in ("20,0", "25,0", "5,0")]


def test_approval_marks_one_run_per_round_and_touches_none(store):
    folder = published(store)
    before = (folder / "manifest.json").read_bytes()
    assert folder.name in approve_run(store, folder.name)
    assert approve_run(store, "latest") == approve_run(store, folder.name)
    assert json.loads((store.runs / "approved.json").read_text()) == {str(made_up.BASE): folder.name}
    assert "одобрен" in finished_runs(store)[0]
    assert (folder / "manifest.json").read_bytes() == before
    with pytest.raises(OssuError, match="няма-такъв"):
        approve_run(store, "няма-такъв")


def test_manifest_is_strict_json(store):
    content = (published(store) / "manifest.json").read_text(encoding="utf-8")

    def refused(name):
        raise AssertionError(name)

    json.loads(content, parse_constant=refused)


def test_every_municipality_with_a_proposal_has_a_page_that_the_start_page_finds(store):
    """Pages hold no reported users or waiting, and the start page opens with the search, before documents."""
    run = published(store)
    index = (run / "index.html").read_text(encoding="utf-8")
    lines = store.read("proposal", "line", "area_level = 'municipality'")
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (run / "municipalities").glob("*.html")}
    assert set(pages) == set(lines["area_code"]) and pages
    for code, page in pages.items():
        assert f'href="municipalities/{code}.html"' in index and "Чакащи" not in page and "Заети" not in page
        assert len(page.encode()) < 300_000 and 'id="table-gap"' in page
    assert index.index('id="places"') < index.index('id="documents"') < index.index('id="warnings"')
