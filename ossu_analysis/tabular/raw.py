"""Cells of a file before its header is known, and what a file may hold at most."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ossu_analysis.tabular.cells import Cell, plain

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 200_000_000, 500_000, 300
"""A country by municipality, sex, age group and thirty years is half of it."""

NameOf = Callable[[str], str | None]
"""Our name of a column from its label in the file, or None."""

Rows = list[tuple[int, tuple[Cell, ...]]]
"""Row number as a spreadsheet shows it, and cells."""


@dataclass(frozen=True)
class RawSheet:
    """Cells of a file before the header is known, by row number, and how they are stored."""

    name: str
    rows: Rows
    is_text: bool = False
    is_hidden: bool = False


def cleaned(rows: Iterator[tuple[int, Sequence[object]]]) -> Rows:
    """Rows that are not blank, with plain cells; equal cells are one object, so that a large table is held once."""
    memo: dict[object, Cell] = {}
    kept = []
    for number, values in rows:
        cells = tuple(memo[v] if v in memo else memo.setdefault(v, plain(v)) for v in values)
        if any(cell != "" for cell in cells):
            kept.append((number, cells))
    return kept
