"""One whole run of the chain on the real figures, short and with few draws, shared by the tests that look at it."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("raw", "reference", "assumptions", "rules", "demo")
SETTINGS = {"draws": 200, "until_year": 2029}
RECORDED: dict[Path, object] = {}
"""What was read during the run of a project."""


def project_copy(folder: Path) -> Path:
    """A project with the repository's figures and nothing computed."""
    for name in FOLDERS:
        shutil.copytree(ROOT / "data" / name, folder / "data" / name)
    (folder / "data" / "inbox").mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project whose chain has run once, with ``OSSU_ROOT`` and ``DAGSTER_HOME`` pointing at it."""
    folder = project_copy(tmp_path_factory.mktemp("project"))
    former = {name: os.environ.get(name) for name in ("OSSU_ROOT", "DAGSTER_HOME")}
    os.environ.update(OSSU_ROOT=str(folder), DAGSTER_HOME=str(folder / ".dagster_home"))
    from pipelines.execute import run_job
    from tests.pipelines.recorded import recording

    with recording(folder) as recorder:
        outcome = run_job("full_refresh", run_config(), lambda event: None)
    assert outcome.success, outcome.failures
    RECORDED[folder] = recorder
    yield folder
    for name, value in former.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def own_project(project, finished, tmp_path, monkeypatch):
    """A copy of the project for a test that changes it: tables and runs as hard links, since they are only replaced."""
    folder = project_copy(tmp_path / "own")
    for name in ("tables", "runs"):
        shutil.copytree(project / "data" / name, folder / "data" / name, symlinks=True, copy_function=os.link)
    shutil.copytree(project / ".dagster_home", folder / ".dagster_home")
    monkeypatch.setenv("OSSU_ROOT", str(folder))
    monkeypatch.setenv("DAGSTER_HOME", str(folder / ".dagster_home"))
    return folder


def run_config() -> dict:
    """Launchpad settings of the short run."""
    return {
        "resources": {"settings": {"config": SETTINGS}},
        "ops": {"report__document": {"config": {"oblasts": ["SML"]}}},
    }


@pytest.fixture(scope="session")
def recorder(project):
    """What the assets of that run have read."""
    return RECORDED[project]


@pytest.fixture(scope="session")
def finished(project):
    """Folder of the finished run."""
    return (project / "data" / "runs" / "latest").resolve()
