"""The finished runs of a project: which is the newest, which are approved, and what the manifest of one says."""

import json
import os
from pathlib import Path
from typing import Any

from ossu_analysis.errors import OssuError
from ossu_analysis.store import Store
from ossu_analysis.texts import day, number, text

LATEST, APPROVED, MANIFEST, WAREHOUSE = "latest", "approved.json", "manifest.json", "ossu.duckdb"


def latest_run(store: Store) -> Path | None:
    """Folder of the newest complete run; None before the first."""
    link = store.runs / LATEST
    if link.is_symlink() or link.is_dir():
        folder = link.resolve()
    elif link.is_file():
        folder = store.runs / link.read_text(encoding="utf-8", errors="replace").strip()
    else:
        return None
    return folder if (folder / MANIFEST).exists() else None


def read_manifest(run: Path) -> dict[str, Any]:
    """``manifest.json`` of a finished run.

    Raises
    ------
    OssuError
        ``report.damaged_run`` when it cannot be read.
    """
    return _read_json(run / MANIFEST, "report.damaged_run")


def _read_json(file: Path, code: str) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OssuError(code, file=file) from error
    if not isinstance(content, dict):
        raise OssuError(code, file=file)
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
    return _read_json(path, "report.damaged_approvals") if path.exists() else {}


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
    write_json(building, approved_runs(store) | {planning_round: run.name})
    os.replace(building, store.runs / APPROVED)
    return text("report.run.now_approved", name=run.name, round=planning_round)


def write_json(path: Path, content: Any) -> None:
    """Write what JSON can hold, dates and paths as text."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
