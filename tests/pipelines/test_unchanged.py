"""What did not change is not computed again; what is damaged or rests on another file is: on a few small tables."""

import dagster as dg
import pytest

from ossu_analysis.store import Store
from pipelines.execute import run_job
from tests.pipelines.conftest import project_copy

TABLES = ("reference.source", "reference.region", "reference.oblast", "sources.at_risk_of_poverty")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with nothing computed."""
    folder = project_copy(tmp_path)
    monkeypatch.setenv("OSSU_ROOT", str(folder))
    monkeypatch.setenv("DAGSTER_HOME", str(folder / ".dagster_home"))
    return folder


def run(*tables, force=False):
    settings = {"resources": {"settings": {"config": {"force": force}}}}
    keys = [dg.AssetKey(name.split(".")) for name in tables]
    return run_job("forecast", settings, lambda event: None, keys)


def test_only_what_changed_is_computed_again(project):
    first, again, forced = run(*TABLES), run(*TABLES), run(*TABLES, force=True)
    assert all(outcome.success for outcome in (first, again, forced))
    assert (first.unchanged, again.unchanged, forced.unchanged) == (0, len(TABLES), 0)

    table = Store(project).path("reference", "oblast")
    table.write_bytes(table.read_bytes()[:-8])
    assert run(*TABLES).unchanged == len(TABLES) - 1, "a damaged table is made again"

    file = max((project / "data" / "raw" / "nsi_poverty").glob("*/source.yaml"))
    file.write_text(file.read_text(encoding="utf-8") + "# read again, nothing new\n", encoding="utf-8")
    before = table.stat().st_mtime_ns
    assert run(*TABLES).success
    assert table.stat().st_mtime_ns > before, "its files are among those that decide it"
    assert run(*TABLES).unchanged == len(TABLES)
