"""Whatever a check or the page of a table shows stands under a Bulgarian heading, from tables without a row."""

import datetime
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isfunction
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ossu_analysis import texts
from ossu_analysis.reference import READERS
from ossu_analysis.report.asset_view import PREVIEWS
from ossu_analysis.schemas import all_tables, table_class
from ossu_analysis.sources.vintages import late_vintages, newer_than
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[2]
LINKS = sorted(file.parent.name for file in (ROOT / "ossu_analysis").glob("*/expectations.py"))


def checks() -> Iterator[pytest.param]:
    for link in LINKS:
        module = import_module(f"ossu_analysis.{link}.expectations")
        for name, function in getmembers(module, isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield pytest.param(function, id=f"{link}.{name}")


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Store:
    store = Store(tmp_path_factory.mktemp("empty"))
    for link, table in all_tables():
        store.write(link, table, table_class(link, table).empty())
    store.write("reference", "assumption", READERS["assumption"](Store(ROOT)))
    return store


@pytest.mark.parametrize("check", checks())
def test_rows_that_fail_a_check_have_headings(empty, check):
    assert_headed(check(empty))


def assert_headed(shown: pd.DataFrame) -> None:
    assert len(shown.columns)
    headings = [texts.heading(name) for name in shown.columns]
    assert not [name for name in headings if name.startswith("heading.")]
    assert len(set(headings)) == len(headings)


def test_vintages_asked_about_have_headings(empty):
    assert_headed(late_vintages(empty, datetime.date(2026, 1, 1)))
    assert_headed(newer_than(empty, 2024))


@pytest.mark.parametrize(("link", "table"), PREVIEWS, ids=".".join)
def test_first_rows_of_a_table_have_headings(link, table):
    with duckdb.connect() as db:
        db.register("shown", table_class(link, table).empty())
        assert_headed(db.sql(PREVIEWS[link, table]).df())
