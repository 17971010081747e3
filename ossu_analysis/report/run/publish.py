"""A finished run: everything that was computed, in one folder that is never written again.

``data/runs/<date>-<id>/`` holds ``ossu.duckdb`` (a schema per link, every table with its comments), the documents,
charts, ``index.html`` and ``manifest.json``. Everything is safe to publish but ``ossu.duckdb`` and ``internal/``, whose
papers hold every count; the proof of it is made again for each run. A run is built in ``data/runs/.building-<id>/`` and
takes its name by one rename; only then does ``latest`` move. One that fails or is killed leaves the former run as it
was; its leftovers are removed when the next one starts.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ossu_analysis import __version__
from ossu_analysis.config import RunSettings
from ossu_analysis.errors import OssuError
from ossu_analysis.report.disclosure.proof import prove
from ossu_analysis.report.documents.writing import INTERNAL
from ossu_analysis.report.facts import table_or_empty
from ossu_analysis.report.imprint import Imprint, imprint_of
from ossu_analysis.report.run.index import write_index
from ossu_analysis.report.run.municipality_pages import write_municipality_pages
from ossu_analysis.report.run.open_data import FOLDER as OPEN_DATA
from ossu_analysis.report.run.open_data import write_open_data
from ossu_analysis.report.run.options_page import write_options_page
from ossu_analysis.report.run.registry import LATEST, MANIFEST, WAREHOUSE, latest_run, write_json
from ossu_analysis.report.run.trace_page import write_trace_pages
from ossu_analysis.report.run.warehouse import write_warehouse
from ossu_analysis.status import weakest
from ossu_analysis.store import Store

BUILDING = ".building-"


@dataclass(frozen=True)
class CheckResult:
    """What one check of the chain found; ``message`` says in Bulgarian what to do when it did not pass."""

    name: str
    passed: bool
    message: str = ""
    blocking: bool = False


def publish_run(
    store: Store,
    run_id: str,
    settings: RunSettings,
    documents_folder: Path,
    checks: Sequence[CheckResult] = (),
    timings: Mapping[str, float] | None = None,
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

    Returns
    -------
    Path
        ``data/runs/<date>-<id>``.

    Raises
    ------
    OssuError
        ``report.run_exists`` when a finished run has that name; it is not touched. ``report.open_count`` when a
        count of few persons could be told from what would be published: nothing is.
    """
    proof = prove(table_or_empty(store, "report", "count"), settings.smallest_count)
    imprint = imprint_of(store, settings, run_id)
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
            for folder in (documents_folder, documents_folder.with_name(INTERNAL)):
                if folder.exists():
                    shutil.copytree(folder, building / folder.name)
            rows = row_counts(store)
            write_open_data(store, building / OPEN_DATA, imprint)
            write_options_page(store, building, imprint)
            write_trace_pages(store, building, imprint, settings)
            places = write_municipality_pages(store, building, imprint, settings.jobs)
            headlines = write_index(store, building, imprint, finished.name, checks, rows, former, places)
            warehouse.result()
        manifest = _manifest(store, settings, imprint, finished.name, checks, timings or {}, rows, headlines)
        manifest["disclosure"] = asdict(proof)
        write_json(building / MANIFEST, manifest)
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
        "settings": settings.model_dump(mode="json"),
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


def _point_at(link: Path, name: str) -> None:
    """Replace ``latest`` in one step: a symbolic link, or a text file with the name where links are not allowed."""
    building = link.with_name(f".{link.name}.new")
    building.unlink(missing_ok=True)
    try:
        building.symlink_to(name, target_is_directory=True)
    except OSError:
        building.write_text(name, encoding="utf-8")
    os.replace(building, link)
