"""The screen of Dagster over a small project, and a browser page; skipped where there is no browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipelines.conftest import project_copy
from tests.pipelines.small_runs import environment, run_here

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
REFERENCE = ("rule", "service", "oblast", "municipality", "target_group", "source")
MADE = (*(f"reference.{table}" for table in REFERENCE), "sources.population_municipality")
SECONDS_TO_LOAD = 240


@dataclass(frozen=True)
class Screen:
    """A running `ossu ui`: its project and the port of Dagster; finished runs are on the next port."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def screen(tmp_path_factory):
    """`ossu ui` on a free port, over a project in which a few assets have been made."""
    folder = project_copy(tmp_path_factory.mktemp("screen"))
    assert run_here(folder, MADE).success
    port = free_port()
    command = [sys.executable, "-m", "pipelines.cli", "ui", "--port", str(port)]
    log = (folder / "ui.log").open("w")
    process = subprocess.Popen(command, env=environment(folder), stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until_loaded(f"http://127.0.0.1:{port}/server_info", process)
        yield Screen(folder, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def browser():
    """A browser of this machine, driven by playwright."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, BROWSERS)), os.environ.get("CHROMIUM"))
    if not found:
        pytest.skip("no browser on this machine")
    with playwright.sync_playwright() as driver:
        one = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture
def page(browser, screen):
    """An empty page at the address of the screen."""
    page = browser.new_page(base_url=screen.address, viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(120_000)
    yield page
    page.close()


def free_port() -> int:
    """A port that is free together with the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def wait_until_loaded(address: str, process: subprocess.Popen) -> None:
    """Return when the server answers; fail when it ends or takes too long."""
    until = time.monotonic() + SECONDS_TO_LOAD
    while time.monotonic() < until:
        assert process.poll() is None, "ossu ui ended"
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(1)
    raise AssertionError("the screen did not load")
