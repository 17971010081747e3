"""Figures grow old by their publisher's date, not by when they were read; those after the base year are named."""

import datetime
import shutil
from pathlib import Path

import pytest

from ossu_analysis.reference import READERS
from ossu_analysis.sources.vintages import LATE_AFTER_DAYS, late_vintages, newer_than
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path):
    """The repository's source records as the table ``reference.source``."""
    for folder in ("raw", "reference"):
        shutil.copytree(ROOT / "data" / folder, tmp_path / "data" / folder)
    made = Store(tmp_path)
    made.write("reference", "source", READERS["source"](made))
    return made


def test_a_vintage_is_late_after_its_days_however_often_it_was_read(store):
    newest = store.read("reference", "source").groupby("table_name")["vintage"].max()
    oldest = datetime.date.fromisoformat(newest.min())
    last_day = oldest + datetime.timedelta(LATE_AFTER_DAYS)
    assert late_vintages(store, last_day).empty
    late = late_vintages(store, last_day + datetime.timedelta(1))
    assert set(late.iloc[:, 0]) == set(newest[newest == newest.min()].index)


def test_every_table_with_figures_after_the_base_year_is_named(store):
    last = store.read("reference", "source").sort_values("vintage").drop_duplicates("table_name", keep="last")
    for year in (2015, 2018, 2100):
        named = set(newer_than(store, year).iloc[:, 0])
        assert named == set(last.loc[last["last_year"] > year, "table_name"])
    assert "population_municipality" in set(newer_than(store, 2015).iloc[:, 0])
