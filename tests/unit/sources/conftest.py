"""A copy of the shipped raw figures that a test may spoil."""

import csv
import shutil
from pathlib import Path

import pytest

from ossu_analysis.sources import LAYOUTS
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]


class Project:
    """A project folder with some sources of the repository."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root)
        shutil.copytree(ROOT / "data/reference", root / "data/reference")

    def take(self, *sources: str) -> "Project":
        """Copy the oldest vintage of some sources, so that a newer one in the repository changes no test."""
        for source in sources:
            oldest = min((ROOT / "data/raw" / source).iterdir())
            shutil.copytree(oldest, self.store.raw / source / oldest.name)
        return self

    def folder(self, table: str) -> Path:
        return sorted((self.store.raw / LAYOUTS[table].sources[0]).iterdir())[-1]

    def path(self, table: str) -> Path:
        return self.folder(table) / f"{table}.csv"

    def file(self, table: str) -> str:
        return self.path(table).relative_to(self.store.root).as_posix()

    def rows(self, table: str) -> list[list[str]]:
        with self.path(table).open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))

    def write(self, table: str, rows: list[list[str]]) -> None:
        with self.path(table).open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(rows)

    def find(self, table: str, *key: str) -> int:
        """Row of the file (the header is row 1) that begins with these cells."""
        return next(n for n, row in enumerate(self.rows(table), 1) if tuple(row[: len(key)]) == key)

    def change(self, table: str, row: int, column: str, text: str) -> str:
        """Put a text into one cell; returns what stood there."""
        rows = self.rows(table)
        at = rows[0].index(column)
        former, rows[row - 1][at] = rows[row - 1][at], text
        self.write(table, rows)
        return former


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)
