"""What an analyst meets in the UI: groups, a page in Bulgarian, a check that says what to do, a job that runs."""

import json
import re
import time
import urllib.request
from pathlib import Path

import pytest

from ossu_analysis.texts import text
from pipelines.progress import LINKS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_every_link_is_a_group_of_the_lineage(page):
    page.goto("/asset-groups")
    for link in LINKS:
        page.get_by_text(link, exact=True).first.wait_for()


def test_asset_page_describes_the_table_its_columns_and_its_publisher(page):
    page.goto("/assets/sources/population_municipality")
    page.get_by_text("Население към 31 декември по община").first.wait_for()
    page.get_by_text("код на територията").first.wait_for()
    page.get_by_text("Национален статистически институт").first.wait_for()
    page.get_by_text(text("pipelines.page.preview"), exact=True).first.wait_for()


def test_check_says_what_to_do_and_shows_the_rows(page):
    page.goto("/assets/reference/rule?view=checks")
    page.get_by_text("Въведете нормата с основание в data/rules").first.wait_for()
    page.get_by_text("Асистентска подкрепа").first.wait_for()


def test_job_started_by_its_button_succeeds(page, screen):
    page.goto("/locations/pipelines.definitions/jobs/check_figures/playground")
    page.get_by_text("Launch Run").last.click()
    assert finished_status(screen, "check_figures") == "SUCCESS"


def test_only_this_machine_can_connect(screen):
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("listening addresses are read from /proc")
    for port in (screen.port, screen.port + 1):
        assert listening(table, port) == {"0100007F"}
        assert listening(Path("/proc/net/tcp6"), port) == set()


def listening(table: Path, port: int) -> set[str]:
    """Hexadecimal local addresses on which a port listens."""
    rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []
    return {row[1].split(":")[0] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}


def finished_status(screen, job: str) -> str:
    """Status of the newest run of a job, when it has ended."""
    query = f'{{runsOrError(filter: {{pipelineName: "{job}"}}, limit: 1) {{... on Runs {{results {{status}}}}}}}}'
    until = time.monotonic() + 300
    while time.monotonic() < until:
        asked = urllib.request.Request(
            f"{screen.address}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        found = re.findall(r'"status": ?"(\w+)"', urllib.request.urlopen(asked, timeout=30).read().decode())
        if found and found[0] in {"SUCCESS", "FAILURE", "CANCELED"}:
            return found[0]
        time.sleep(2)
    return "too late"
