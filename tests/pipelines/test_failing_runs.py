"""Runs that fail, are killed or meet each other: what they say, and that nothing of the former run is lost."""

import pytest

from ossu_analysis.errors import OssuError
from tests.pipelines.conftest import project_copy
from tests.pipelines.small_runs import REFERENCE, SOURCES, run_here, start_run, statuses


@pytest.fixture(scope="module")
def quiet_project(tmp_path_factory):
    """A project in which a small run has succeeded."""
    folder = project_copy(tmp_path_factory.mktemp("quiet"))
    assert run_here(folder, REFERENCE).success
    return folder


def test_faulty_cell_stops_the_run_before_any_figure_is_read(tmp_path):
    folder = project_copy(tmp_path)
    former = folder / "data" / "runs" / "2026-01-01-former"
    former.mkdir(parents=True)
    (former / "index.html").write_text("former")
    file = max((folder / "data" / "raw").glob("nsi_population/*/population_municipality.csv"))
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    row = next(i for i, line in enumerate(lines) if "SML02" in line and ",total," in line)
    area, year, residence, _, *others = lines[row].split(",")
    lines[row] = ",".join([area, year, residence, "-5", *others])
    broken = "".join(lines)
    file.write_text(broken, encoding="utf-8")

    outcome = run_here(folder, SOURCES)

    assert not outcome.success
    (said,) = outcome.failures
    place = f"data/raw/{file.relative_to(folder / 'data' / 'raw').as_posix()}, ред {row + 1}"
    (about_it,) = [line for line in said.splitlines() if place in line and "Намерено: -5." in line]
    assert "колона „F“" in about_it and "Traceback" not in said
    assert not (folder / "data" / "tables" / "sources").exists()
    assert file.read_text(encoding="utf-8") == broken
    assert (former / "index.html").read_text() == "former"


def test_killed_run_is_closed_by_the_next_one_which_succeeds(quiet_project):
    victim = start_run(quiet_project, REFERENCE, "STEP_SUCCESS:reference__oblast", "die")
    victim.communicate(timeout=300)
    assert victim.returncode == -9
    assert statuses(quiet_project)[0] == "STARTED"

    assert run_here(quiet_project, REFERENCE).success
    assert statuses(quiet_project)[:2] == ["SUCCESS", "FAILURE"]


def test_half_written_table_of_a_killed_run_is_swept_away(quiet_project):
    table = quiet_project / "data" / "tables" / "reference" / "oblast.parquet"
    building = table.with_name(f".{table.name}.building")
    building.write_bytes(b"half a table")

    assert run_here(quiet_project, REFERENCE).success
    assert table.read_bytes()[:4] == b"PAR1"
    assert not building.exists()


def test_second_run_is_refused_while_the_first_goes_on(quiet_project):
    first = start_run(quiet_project, REFERENCE, "STEP_START:reference__oblast", "wait")
    assert first.stdout.readline().strip() == "reached"

    with pytest.raises(OssuError, match="Вече върви друг ход"):
        run_here(quiet_project, REFERENCE)

    told, _ = first.communicate("go on\n", timeout=300)
    assert first.returncode == 0, told
    assert statuses(quiet_project)[0] == "SUCCESS"


@pytest.mark.slow
def test_of_runs_started_at_once_one_succeeds_and_the_others_are_refused_or_wait_their_turn(quiet_project):
    before = len(statuses(quiet_project))
    racers = [start_run(quiet_project, REFERENCE) for _ in range(2)]
    ends = [(process.communicate(timeout=300)[0], process.returncode) for process in racers]

    codes = [code for _, code in ends]
    assert 0 in codes and set(codes) <= {0, 3}, ends
    assert all("Вече върви друг ход" in said for said, code in ends if code == 3)
    fresh = statuses(quiet_project)[: len(statuses(quiet_project)) - before]
    assert fresh == ["SUCCESS"] * codes.count(0)
