"""A finished run is read like working tables, and cannot be written."""

import pandas as pd
import pytest

from ossu_analysis.config import RunSettings
from ossu_analysis.errors import OssuError
from ossu_analysis.report.facts import read_facts
from ossu_analysis.report.run.publish import publish_run
from ossu_analysis.report.run.reading import FinishedRun
from tests.unit.report import made_up


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Working tables and the run that was published from them."""
    root = tmp_path_factory.mktemp("project")
    store = made_up.store(root)
    settings = RunSettings(base_year=made_up.BASE, until_year=made_up.HORIZON)
    publish_run(store, "ab12cd", settings, root / "none")
    return store, FinishedRun(root=root)


def test_tables_are_those_that_were_published(both):
    store, run = both
    for table in (("gap", "service_gap"), ("reference", "municipality")):
        pd.testing.assert_frame_equal(run.read(*table), store.read(*table))
    assert not run.has("demand", "driver")


def test_facts_of_an_oblast_come_from_the_run(both):
    store, run = both
    pd.testing.assert_frame_equal(read_facts(run, made_up.OBLAST).gap, read_facts(store, made_up.OBLAST).gap)
    assert run.imprint().base_year == made_up.BASE


def test_nothing_is_written_through_it(both):
    store, run = both
    with pytest.raises(OssuError):
        run.write("gap", "service_gap", store.read("gap", "service_gap"))


def test_project_without_a_run_is_said(tmp_path):
    with pytest.raises(OssuError, match="latest"):
        FinishedRun(root=tmp_path)
