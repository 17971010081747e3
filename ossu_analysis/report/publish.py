"""A finished run: everything that was computed, in one folder that is never written again.

``data/runs/<date>-<id>/`` holds ``ossu.duckdb`` (a schema per link, every table with its comments), the documents,
charts, ``index.html`` and ``manifest.json``. It is built in ``data/runs/.building-<id>/`` and takes its name by one
rename; only then does ``latest`` move. A run that fails or is killed leaves the former run as it was; its leftovers are
removed when the next one starts.
"""

import datetime
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ossu_analysis import __version__
from ossu_analysis.config import RunSettings
from ossu_analysis.errors import OssuError
from ossu_analysis.report.content import Imprint
from ossu_analysis.report.documents import FOLDER
from ossu_analysis.report.facts import table_or_empty
from ossu_analysis.schemas import all_tables, columns
from ossu_analysis.status import weakest
from ossu_analysis.store import MEMORY, ROWS_TOGETHER, Store, connect
from ossu_analysis.texts import day, number, text

BUILDING = ".building-"
LATEST, APPROVED, MANIFEST, WAREHOUSE = "latest", "approved.json", "manifest.json", "ossu.duckdb"


@dataclass(frozen=True)
class CheckResult:
    """What one check of the chain found; ``message`` says in Bulgarian what to do when it did not pass."""

    name: str
    passed: bool
    message: str = ""
    blocking: bool = False


def imprint_of(store: Store, settings: RunSettings, run_id: str, made_on: datetime.date | None = None) -> Imprint:
    """What every document of the run says of its making.

    Parameters
    ----------
    store : Store
        Holds ``reference.rule``, whose version is named.
    settings : RunSettings
        Settings of the run.
    run_id : str
        Short ASCII id of the run.
    made_on : date, optional
        Today unless given.
    """
    rules = table_or_empty(store, "reference", "rule")
    return Imprint(
        round_name=str(settings.base_year),
        base_year=settings.base_year,
        until_year=settings.until_year,
        data_as_of=f"{settings.base_year}-12-31",
        run_id=run_id,
        rules_version="; ".join(sorted(set(rules["version"]))) or text("common.no_criterion"),
        software_version=__version__,
        scenario=settings.scenario,
        made_on=(made_on or datetime.date.today()).isoformat(),
    )


def publish_run(
    store: Store,
    run_id: str,
    settings: RunSettings,
    documents_folder: Path,
    checks: Sequence[CheckResult] = (),
    timings: Mapping[str, float] | None = None,
    made_on: datetime.date | None = None,
) -> Path:
    """Make a finished run of the working tables and documents, and point ``latest`` at it.

    Parameters
    ----------
    store : Store
        Whose tables are published.
    run_id : str
        Short ASCII id; with the date it names the folder.
    settings : RunSettings
        Settings that made the tables.
    documents_folder : Path
        Folder with the documents of `write_documents`; copied.
    checks : sequence of CheckResult
        What the checks of the chain found.
    timings : mapping of str to float, optional
        Seconds per link.
    made_on : date, optional
        Today unless given.

    Returns
    -------
    Path
        ``data/runs/<date>-<id>``.

    Raises
    ------
    OssuError
        ``report.run_exists`` when a finished run has that name; it is not touched.
    """
    from ossu_analysis.report.index import write_index
    from ossu_analysis.report.open_data import FOLDER as OPEN_DATA
    from ossu_analysis.report.open_data import write_open_data
    from ossu_analysis.report.options_page import write_options_page
    from ossu_analysis.report.trace_page import write_trace_pages

    imprint = imprint_of(store, settings, run_id, made_on)
    finished = store.runs / f"{imprint.made_on}-{run_id}"
    if finished.exists():
        raise OssuError("report.run_exists", name=finished.name)
    remove_leftovers(store)
    former = latest_run(store)
    building = store.runs / f"{BUILDING}{run_id}"
    building.mkdir(parents=True)
    try:
        # DuckDB writes its file while the charts of the index are drawn.
        with ThreadPoolExecutor(max_workers=1) as thread:
            warehouse = thread.submit(write_warehouse, store, building / WAREHOUSE)
            if documents_folder.exists():
                shutil.copytree(documents_folder, building / FOLDER)
            rows = row_counts(store)
            write_open_data(store, building / OPEN_DATA, imprint)
            write_options_page(store, building, imprint)
            write_trace_pages(store, building, imprint, settings)
            headlines = write_index(store, building, imprint, finished.name, checks, rows, former)
            warehouse.result()
        manifest = _manifest(store, settings, imprint, finished.name, checks, timings or {}, rows, headlines)
        _write_json(building / MANIFEST, manifest)
        building.rename(finished)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _point_at(store.runs / LATEST, finished.name)
    return finished


def remove_leftovers(store: Store) -> None:
    """Remove what a killed publication left behind."""
    for folder in store.runs.glob(f"{BUILDING}*"):
        shutil.rmtree(folder, ignore_errors=True)


def row_counts(store: Store) -> dict[str, int]:
    """Rows of every working table by ``link.table``, as its file says."""
    import pyarrow.parquet as parquet

    return {
        f"{link}.{table}": parquet.read_metadata(store.path(link, table)).num_rows for link, table in store.existing()
    }


def write_warehouse(store: Store, target: Path) -> dict[str, int]:
    """Write every working table into one DuckDB file: a schema per link, comments on tables and columns.

    Parameters
    ----------
    store : Store
        Whose tables are written.
    target : Path
        File to create; it must not exist.

    Returns
    -------
    dict
        Rows by ``link.table``.
    """
    declared, rows = all_tables(), {}
    with connect(target, config={"memory_limit": MEMORY}) as db:
        for link, table in store.existing():
            name = f'"{link}"."{table}"'
            db.execute(f'create schema if not exists "{link}"')
            rows[f"{link}.{table}"], draws = _shape(store.path(link, table))
            if draws > 1:
                _write_draws(db, link, table, store.path(link, table), draws)
            else:
                db.execute(f"create table {name} as from read_parquet(?)", [str(store.path(link, table))])
            if (link, table) in declared:
                _comment(db, name, declared[link, table], "view" if draws > 1 else "table")
    return rows


def _shape(file: Path) -> tuple[int, int]:
    """Rows of a Parquet file, and how many stand together as the draws of one cell; 1 for an ordinary table."""
    import pyarrow.parquet as parquet

    about = parquet.read_metadata(file)
    return about.num_rows, int((about.metadata or {}).get(ROWS_TOGETHER, 1))


def _write_draws(db: Any, link: str, table: str, file: Path, draws: int) -> None:
    """Store joint draws as one list per municipality, year and group, under a view with the declared columns.

    A list of draws takes half the room of as many rows and a fraction of the time.
    """
    lists = f'"{link}"."{table}_list"'
    keys = "municipality_code varchar, year smallint, target_group varchar"
    db.execute(f"create table {lists} ({keys}, persons float[], status varchar)")
    for listed in _draw_lists(file, draws):
        db.register("listed", listed)
        db.execute(f"insert into {lists} select * from listed")
        db.unregister("listed")
    db.execute(
        f'create view "{link}"."{table}" as select generate_subscripts(persons, 1) - 1 as draw, municipality_code, '
        f"year::bigint as year, target_group, unnest(persons) as persons, status from {lists}"
    )
    declared = all_tables().get((link, table))
    if declared:
        _comment(db, lists, declared, "table")
    db.execute(f"comment on table {lists} is {_quoted(text('report.draws_list'))}")


def _draw_lists(file: Path, draws: int) -> Iterator[Any]:
    """Row groups of the draws with one row per municipality, year and group; the draws of one stand together."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    source = parquet.ParquetFile(file)
    for group in range(source.num_row_groups):
        rows = source.read_row_group(group)
        first = rows.take(np.arange(0, rows.num_rows, draws))
        persons = pa.ListArray.from_arrays(
            np.arange(first.num_rows + 1, dtype=np.int32) * draws, rows["persons"].combine_chunks()
        )
        keys = ["municipality_code", "year", "target_group"]
        yield pa.table([*(first[key] for key in keys), persons, first["status"]], [*keys, "persons", "status"])


def _comment(db: Any, name: str, declared: Any, kind: str) -> None:
    present = {column[0] for column in db.execute(f"describe {name}").fetchall()}
    db.execute(f"comment on {kind} {name} is {_quoted(declared.comment)}")
    for info in columns(declared.schema):
        if info.name in present:
            said = f"{info.comment} [{info.unit}]" if info.unit else info.comment
            db.execute(f'comment on column {name}."{info.name}" is {_quoted(said)}')


def _quoted(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"


def _manifest(
    store: Store,
    settings: RunSettings,
    imprint: Imprint,
    name: str,
    checks: Sequence[CheckResult],
    timings: Mapping[str, float],
    rows: Mapping[str, int],
    headlines: Any,
) -> dict[str, Any]:
    sources = table_or_empty(store, "reference", "source")
    kept = [
        column for column in ("source_id", "vintage", "file", "title_bg", "retrieved", "sha256") if column in sources
    ]
    return {
        "name": name,
        "run_id": imprint.run_id,
        "made_on": imprint.made_on,
        "settings": settings.model_dump(),
        "seed": settings.seed,
        "code": {"version": __version__, "commit": code_commit(store.root)},
        "rules_version": imprint.rules_version,
        "sources": _without_nan(sources[kept]),
        "tables": dict(rows),
        "checks": [asdict(check) for check in checks],
        "timings_seconds": {link: round(seconds, 3) for link, seconds in timings.items()},
        "headlines": _without_nan(headlines[["key", "label", "value", "unit", "digits"]]),
        "status": weakest(headlines["status"]) if len(headlines) else "",
    }


def _without_nan(frame: Any) -> list[dict[str, Any]]:
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def code_commit(root: Path) -> str | None:
    """Commit of the code, with ``-dirty`` after changes that are not committed; None outside a git checkout."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def _point_at(link: Path, name: str) -> None:
    """Replace ``latest`` in one step: a symbolic link, or a text file with the name where links are not allowed."""
    building = link.with_name(f".{link.name}.new")
    building.unlink(missing_ok=True)
    try:
        building.symlink_to(name, target_is_directory=True)
    except OSError:
        building.write_text(name, encoding="utf-8")
    os.replace(building, link)


def latest_run(store: Store) -> Path | None:
    """Folder of the newest complete run; None before the first."""
    link = store.runs / LATEST
    if link.is_symlink() or link.is_dir():
        folder = link.resolve()
    elif link.is_file():
        folder = store.runs / link.read_text(encoding="utf-8").strip()
    else:
        return None
    return folder if (folder / MANIFEST).exists() else None


def read_manifest(run: Path) -> dict[str, Any]:
    """``manifest.json`` of a finished run."""
    content: dict[str, Any] = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    return content


def finished_runs(store: Store) -> list[str]:
    """One line per finished run, newest first: name, base year, documents, and whether it is the latest or approved."""
    latest, approved = latest_run(store), approved_runs(store)
    folders = (folder for folder in store.runs.glob("*/") if (folder / MANIFEST).exists() and not folder.is_symlink())
    lines = []
    for folder in sorted(folders, key=lambda folder: (folder / MANIFEST).stat().st_mtime, reverse=True):
        manifest = read_manifest(folder)
        marks = [text("report.run.latest")] if latest and folder.name == latest.name else []
        marks += [text("report.run.approved", round=key) for key, name in approved.items() if name == folder.name]
        lines.append(
            text(
                "report.run.line",
                name=folder.name,
                day=day(manifest["made_on"]),
                base=manifest["settings"]["base_year"],
                tables=number(len(manifest["tables"])),
                marks=", ".join(marks) or "–",
            )
        )
    return lines or [text("report.run.none")]


def approved_runs(store: Store) -> dict[str, str]:
    """Name of the approved run by planning round."""
    path = store.runs / APPROVED
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def approve_run(store: Store, name: str) -> str:
    """Mark a finished run as the approved one of its planning round; runs themselves stay as they are.

    Raises
    ------
    OssuError
        ``report.no_run`` when no finished run has that name.
    """
    run = latest_run(store) if name == LATEST else store.runs / name
    if run is None or not (run / MANIFEST).exists():
        raise OssuError("report.no_run", name=name)
    planning_round = str(read_manifest(run)["settings"]["base_year"])
    building = store.runs / f".{APPROVED}.new"
    _write_json(building, approved_runs(store) | {planning_round: run.name})
    os.replace(building, store.runs / APPROVED)
    return text("report.run.now_approved", name=run.name, round=planning_round)
