"""What a machine may do to a project: kills, readers, full and read-only disks, another user, damaged files.

``make faults`` runs every row in a project of its own and prints a table: how many were tried, what was lost (a table
or a finished run that is not as it was), and how many ended in a traceback instead of a sentence. Disks need the right
to mount; without it their rows say so. Processes are forks of this one, which has loaded everything and has
no threads: it never opens DuckDB itself.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

import pipelines.definitions  # noqa: F401 - loaded once, before the forks
from ossu_analysis.report.charts import Chart
from ossu_analysis.report.run.publish import publish_run
from ossu_analysis.report.run.registry import approve_run, latest_run
from ossu_analysis.store import Store, connect
from pipelines import cli
from pipelines.cli_words import _answered
from tests.pipelines.conftest import project_copy
from tests.pipelines.small_runs import REFERENCE, SOURCES
from tests.unit.report import made_up
from tests.unit.report.test_publish import CHECKS, SETTINGS

NOBODY = 65534
TABLES = (*REFERENCE, *SOURCES)


@dataclass
class Row:
    """One row of the table."""

    name: str
    tried: int = 0
    lost: int = 0
    tracebacks: int = 0
    unforeseen: list[str] = field(default_factory=list)
    said: str = ""

    def add(self, code: int, output: str, may: tuple[int, ...], lost: int) -> None:
        """Count one outcome."""
        self.tried += 1
        self.lost += lost
        self.tracebacks += "Traceback (most recent call last)" in output
        if code not in may:
            self.unforeseen.append(f"{code}: {output.strip()[-300:]}")
        lines = [line for line in output.splitlines() if line.strip() and code == 1]
        self.said = self.said or (lines[0][:160] if lines else "")


class Project:
    """A project with a small run behind it, and what its tables hold."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = project_copy(folder), Store(folder)
        self.output = folder / "output.txt"
        os.environ.update(OSSU_ROOT=str(folder), DAGSTER_HOME=str(folder / ".dagster_home"))

    def start(self, work: Callable[[], object]) -> int:
        """Begin work in a fork; what it says goes to a file."""
        pid = os.fork()
        if pid:
            return pid
        with self.output.open("wb") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        code = 70
        try:
            code = _code_of(work)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def ended(self, work: Callable[[], object]) -> tuple[int, str]:
        """Exit code and words of work in a fork that comes to its end."""
        _, status = os.waitpid(self.start(work), 0)
        return os.waitstatus_to_exitcode(status), self.output.read_text(encoding="utf-8", errors="replace")

    def contents(self) -> dict[str, pd.DataFrame]:
        """Every table as a person would read it."""
        return {str(file): pd.read_parquet(file) for file in sorted(self.store.tables.glob("*/*.parquet"))}

    def lost(self, before: dict[str, pd.DataFrame]) -> int:
        """Tables that cannot be read or are not what they were."""
        count = 0
        for file, table in before.items():
            try:
                count += not pd.read_parquet(file).equals(table)
            except Exception:
                count += 1
        return count


def _code_of(work: Callable[[], object]) -> int:
    import typer

    try:
        work()
    except typer.Exit as left:
        return left.exit_code
    except SystemExit as left:
        return int(left.code or 0)
    except Exception as error:
        return _answered(error)
    return 0


def small_run(names: tuple[str, ...] = TABLES) -> None:
    """The same path as ``ossu run``, for a few tables, computed whether or not they changed."""
    import dagster as dg

    config = {"resources": {"settings": {"config": {"force": True}}}}
    cli._run_job("forecast", config, [dg.AssetKey(name.split(".")) for name in dict.fromkeys(names)])


def code_lists() -> None:
    """The shortest run: two tables."""
    small_run(REFERENCE)


def command(*words: str) -> Callable[[], None]:
    """A command as the terminal gives it."""

    def work() -> None:
        sys.argv = ["ossu", *words]
        cli.app()

    return work


def kills(folder: Path, count: int, rng: random.Random) -> Row:
    """A run is killed at any moment; the next one completes, and no table was ever half."""
    row, project = Row("убит ход и завършен повторен"), Project(folder)
    began = time.monotonic()
    code, said = project.ended(code_lists)
    assert code == 0, said
    took, before = time.monotonic() - began, project.contents()
    killed = 0
    for _ in range(count):
        pid = project.start(code_lists)
        time.sleep(rng.uniform(0.02, took))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        killed += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
        lost = project.lost(before)
        code, said = project.ended(code_lists)
        lost += project.lost(before) + len(list(project.store.tables.glob("*/.*.building")))
        row.add(code, said, (0,), lost)
    row.said = f"{killed} убити по средата"
    return row


def readers(folder: Path, count: int, publications: int) -> Row:
    """Readers open the newest run again and again while runs are published."""
    row, project = Row(f"{count} четящи при {publications} публикувания"), Project(folder)
    project.ended(lambda: made_up.store(folder))
    Chart._saved = lambda chart, form, **options: form.encode()  # type: ignore[method-assign]
    publish = lambda number: publish_run(project.store, f"run{number}", SETTINGS, folder / "none", CHECKS)  # noqa: E731
    code, said = project.ended(lambda: publish(0))
    assert code == 0, said
    stop, counted = folder / "stop", folder / "counted"
    counted.mkdir()

    def read() -> None:
        good = bad = 0
        while not stop.exists():
            try:
                run = latest_run(project.store)
                with connect(run / "ossu.duckdb", read_only=True) as db:
                    rows = db.sql("select count(*) from gap.service_gap").fetchone()[0]
                good, bad = good + (rows == len(made_up.gap())), bad + (rows != len(made_up.gap()))
            except Exception:
                bad += 1
        (counted / str(os.getpid())).write_text(f"{good} {bad}")

    pids = [project.start(read) for _ in range(count)]
    for number in range(1, publications + 1):
        row.add(*project.ended(lambda: publish(number)), (0,), 0)  # noqa: B023 - called at once
        time.sleep(1)
    stop.touch()
    for pid in pids:
        os.waitpid(pid, 0)
    numbers = [file.read_text().split() for file in counted.iterdir()]
    row.lost = sum(int(bad) for _, bad in numbers) + (count - len(numbers))
    row.said = f"{sum(int(good) for good, _ in numbers)} прочитания"
    return row


@contextlib.contextmanager
def disk(place: Path, size: str, read_only: bool) -> Iterator[bool]:
    """A disk of its own in the place of a folder, with what was in it; False where nobody may mount."""
    kept = place.with_name(place.name + ".kept")
    shutil.copytree(place, kept, symlinks=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True)
    try:
        if done.returncode == 0:
            shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)
            if read_only:
                subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(place)], check=True)
        shutil.rmtree(kept)


def disks(folder: Path, read_only: bool) -> Row:
    """Tables, Dagster's own folder, runs, returns and what is asked for with ``--out``, on a full or read-only disk."""
    row, project = Row("диск само за четене" if read_only else "пълен диск"), Project(folder)
    project.ended(small_run)
    before, out = project.contents(), folder / "изход"
    out.mkdir()
    counts, asked = folder / "counts.csv", str(out)
    rows = [f"{a};;{s};0;;{y};{900 + y % 7}" for a in ("R", "A") for y in range(2010, 2020) for s in "FM"]
    counts.write_text("\n".join(["area_code;parent_code;sex;age_from;age_to;year;persons", *rows]), encoding="utf-8")
    works: list[tuple[Path, Callable[[], object]]] = [
        (project.store.tables, small_run),
        (folder / ".dagster_home", small_run),
        (folder / "data", small_run),
        (out, command("template", "Чепеларе", "--year", "2025", "--out", f"{asked}/t.xlsx")),
        (out, command("project", str(counts), "--horizon", "20", "--draws", "200", "--out", asked)),
        (out, command("project", str(counts), "--draws", "200", "--out", f"{asked}/f.csv")),
    ]
    for place, work in works:
        used = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        size = "64m" if read_only else f"{max(used // 1024 + 4, 4)}k"
        with disk(place, size, read_only) as mounted:
            if not mounted:
                row.said = "няма право за монтиране: не е опитано"
                return row
            row.add(*project.ended(work), (1,), 0)
        row.lost += project.lost(before)
    return row


def other_user(folder: Path) -> Row:
    """A run by a user to whom the project does not belong."""
    row, project = Row("ход с друг потребител"), Project(folder)
    before: dict[str, pd.DataFrame] = {}

    def work() -> None:
        small_run()  # loads what is loaded late, from folders that the other may not enter
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        small_run()

    if os.getuid() == 0:
        project.ended(small_run)
        before = project.contents()
        row.add(*project.ended(work), (1,), project.lost(before))
        row.lost += project.lost(before)
    else:
        row.said = "иска права на администратор: не е опитано"
    return row


def damaged(folder: Path, rng: random.Random) -> Row:
    """Files of ten kinds, each empty, cut, zeroed, noisy and as text: a sentence, or a run that makes them again."""
    row, project = Row("повредени файлове, 10 вида"), Project(folder)
    code, said = project.ended(small_run)
    assert code == 0, said
    made = Project(folder.with_name("published"))
    made.ended(lambda: made_up.store(made.folder))
    publish = lambda: publish_run(made.store, "run0", SETTINGS, folder / "none", CHECKS)  # noqa: E731
    assert made.ended(publish)[0] == 0
    run = latest_run(made.store)
    assert run is not None
    approve_run(made.store, run.name)
    os.environ.update(OSSU_ROOT=str(folder), DAGSTER_HOME=str(folder / ".dagster_home"))
    table = project.store.path("reference", "oblast")
    inbox = project.store.inbox / "return.xlsx"
    assert project.ended(command("template", "Чепеларе", "--year", "2025", "--out", str(inbox)))[0] == 0
    raw = max(project.store.raw.glob("nsi_vital/*/births_municipality.csv"))
    home = sorted((folder / ".dagster_home").rglob("runs.db"))
    kinds: list[tuple[Path, Project, Callable[[], object]]] = [
        (table, project, lambda: project.store.read("reference", "oblast")),
        (table.with_suffix(".json"), project, small_run),
        (home[0], project, small_run),
        (raw, project, command("check")),
        (raw.with_name("source.yaml"), project, command("check")),
        (project.store.reference / "municipality.csv", project, command("check")),
        (inbox, project, command("check")),
        (run / "ossu.duckdb", made, command("trace", "gap", "SML02")),
        (run / "manifest.json", made, command("runs")),
        (made.store.runs / "approved.json", made, command("runs")),
    ]
    for file, owner, work in kinds:
        sound = file.read_bytes()
        os.environ.update(OSSU_ROOT=str(owner.folder), DAGSTER_HOME=str(owner.folder / ".dagster_home"))
        noise = bytearray(sound)
        for at in rng.sample(range(len(noise)), min(200, len(noise))):
            noise[at] = rng.randrange(256)
        for content in (b"", sound[: len(sound) // 2], b"\0" * len(sound), bytes(noise), "не това".encode()):
            file.write_bytes(content)
            row.add(*owner.ended(work), (0, 1), 0)
        file.write_bytes(sound)
        row.lost += owner.ended(work)[0] not in (0, 1)
    latest = made.store.runs / "latest"
    latest.unlink()
    for said in (run.name, "няма такъв", ""):
        latest.write_text(said, encoding="utf-8")
        row.add(*made.ended(command("runs")), (0, 1), 0)
    return row


ROWS: dict[str, Callable[[Path, argparse.Namespace], Row]] = {
    "full": lambda here, asked: disks(here, read_only=False),
    "read_only": lambda here, asked: disks(here, read_only=True),
    "user": lambda here, asked: other_user(here),
    "damaged": lambda here, asked: damaged(here, random.Random(asked.seed)),
    "readers": lambda here, asked: readers(here, 20, 5),
    "kills": lambda here, asked: kills(here, asked.kills, random.Random(asked.seed)),
}


def main() -> None:
    """Run the rows and print the table; exits with 1 when anything was lost or did not end as it should."""
    chosen = argparse.ArgumentParser()
    chosen.add_argument("rows", nargs="*", default=list(ROWS))
    chosen.add_argument("--kills", type=int, default=50)
    chosen.add_argument("--seed", type=int, default=1)
    asked, bad = chosen.parse_args(), 0
    print("| fault | tried | lost | tracebacks | not as foreseen | time | said |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        for name in asked.rows:
            here = Path(made) / f"проект с ' {name}"
            here.mkdir()
            began = time.monotonic()
            row = ROWS[name](here, asked)
            numbers = f"{row.tried} | {row.lost} | {row.tracebacks} | {len(row.unforeseen)}"
            print(f"| {row.name} | {numbers} | {time.monotonic() - began:.0f} s | {row.said} |", flush=True)
            print(*(f"    {said}" for said in row.unforeseen), sep="\n", file=sys.stderr, flush=True)
            bad += row.lost + row.tracebacks + len(row.unforeseen)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
