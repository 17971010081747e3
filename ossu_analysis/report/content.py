"""The content model: a document as data, which the Word, Excel and HTML renderers print alike.

Belongs here: what a document consists of, how a table's values are printed, and the numbers of tables and figures.
Does not belong here: any file format, and any sentence about a municipality (see `municipal` and `oblast`).

A `Table` keeps its frame unrounded. Rounding happens once, in `Column.cells`, so every format shows the same figure
and totals are computed from unrounded numbers.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd

from ossu_analysis import texts
from ossu_analysis.report.charts.base import Chart
from ossu_analysis.report.disclosure.asterisk import known, starred
from ossu_analysis.report.imprint import Imprint

SLOT = texts.text("common.fill_in")
NUMERIC = {"count", "change", "share", "probability", "interval", "money"}


class Printable:
    """Whatever text a part of a document holds can be written to every format."""

    def __post_init__(self) -> None:
        for one in fields(self):  # type: ignore[arg-type]
            said = getattr(self, one.name)
            if isinstance(said, str) and said != texts.printable(said):
                object.__setattr__(self, one.name, texts.printable(said))


@dataclass(frozen=True)
class Column(Printable):
    """How one column of a table is printed.

    Parameters
    ----------
    name : str
        Column of the frame; the middle value when ``kind`` is ``interval``.
    heading : str
        Bulgarian heading, with the unit where the caption does not name it.
    kind : str
        ``text``, ``year``, ``count``, ``change`` (signed), ``share``, ``probability``, ``interval`` or ``money``.
    low, high : str
        Columns of the bounds of an ``interval``.
    width : float
        Relative width on paper.
    upright : bool
        Whether the heading is printed from bottom to top, for many narrow columns.
    minus : str
        Column that is taken from ``name`` as both are printed, so that a reader who subtracts finds the same.
    origin : str, optional
        Number of the trace page that a cell leads to, where the frame has a column ``trace`` with the rest of the
        address; without it the column's own name if it is numeric, and ``""`` for none.
    """

    name: str
    heading: str
    kind: str = "text"
    digits: int = 0
    low: str = ""
    high: str = ""
    width: float = 1.0
    upright: bool = False
    origin: str | None = None
    minus: str = ""

    @property
    def is_numeric(self) -> bool:
        """Whether the printed cells are aligned to the right."""
        return self.kind in NUMERIC

    def addresses(self, frame: pd.DataFrame) -> list[str]:
        """Where each number comes from, as addresses on the trace pages; empty where nothing leads."""
        number = self.origin if self.origin is not None else self.name if self.is_numeric else ""
        if not number or "trace" not in frame:
            return [""] * len(frame)
        return [f"{address}{number}" if address else "" for address in frame["trace"]]

    def cells(self, frame: pd.DataFrame) -> list[str]:
        """Printed values of the column, rounded here and nowhere else."""
        if self.kind == "interval":
            bounds = zip(frame[self.name], frame[self.low], frame[self.high], strict=True)
            return [spoken_interval(*values, digits=self.digits) for values in bounds]
        return [self._printed(value) for value in self.values(frame)]

    def values(self, frame: pd.DataFrame) -> "pd.Series[Any]":
        """Values behind the cells: unrounded, but a difference is one of printed numbers, and hidden if one is."""
        if not self.minus:
            return frame[self.name]
        ends = frame[self.name], frame[self.minus]
        return starred(known(ends[0]).round(self.digits) - known(ends[1]).round(self.digits), *ends)

    def _printed(self, value: Any) -> str:
        if value is None or pd.isna(value):
            return ".." if self.is_numeric else "–"
        if isinstance(value, str) or self.kind == "text":
            return texts.printable(str(value))
        return _PRINTERS[self.kind](float(value), self.digits)


def trace_address(area: str, table: str, service: str, column: str) -> str:
    """Address of a number on the trace page of its area, from a document of the run (``documents/<oblast>/``)."""
    return f"../../trace/{area}.html#{table}-{service}-{column}"


def signed(value: float, digits: int) -> str:
    """``+12`` or ``-12``: a change shows its sign."""
    printed = texts.number(value, digits)
    return f"+{printed}" if value > 0 and printed.strip("0,") else printed


def spoken_interval(middle: float, low: float, high: float, *, digits: int = 0) -> str:
    """``120 (95–150)``; with „от … до …“ where a bound is negative, since a dash beside a minus misleads."""
    if pd.isna(middle):
        return ".."
    if pd.isna(low) or pd.isna(high):
        return texts.number(middle, digits)
    if round(low, digits) < 0:
        said = {"middle": middle, "low": low, "high": high}
        return texts.text("report.words.interval", **{name: texts.number(said[name], digits) for name in said})
    return texts.interval(middle, low, high, digits)


_PRINTERS = {
    "year": lambda value, digits: f"{value:.0f}",
    "count": texts.number,
    "change": signed,
    "share": lambda value, digits: texts.percent(value, digits or 1),
    "probability": lambda share, digits: texts.probability(share),
    "money": texts.number,
}


@dataclass(frozen=True)
class Heading(Printable):
    """A heading; ``key`` is its stable anchor.

    ``new_page`` starts a page on paper; ``wide`` lays the section out on pages turned on their side, up to the next
    heading of level 1.
    """

    key: str
    text: str
    level: int = 1
    new_page: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Paragraph(Printable):
    """A paragraph of kind ``text``, ``bullet``, ``note`` or ``warning``; ``[ДОПЪЛНЕТЕ]`` in it is a slot to fill."""

    text: str
    kind: str = "text"

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """Pieces of the text with a flag: whether the piece is a slot, to be marked in yellow."""
        pieces = re.split(f"({re.escape(SLOT)})", self.text)
        return [(piece, piece == SLOT) for piece in pieces if piece]


@dataclass(frozen=True)
class Table(Printable):
    """A table: unrounded frame, typed columns, and where the figures come from.

    ``sheet`` names the Excel sheet; ``status`` is the weakest status of the rows, or ``mixed``.
    """

    key: str
    caption: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    source: str = ""
    note: str = ""
    status: str = ""
    sheet: str = ""

    @property
    def is_demonstration(self) -> bool:
        """Whether any figure of the table is made from demonstration returns."""
        return self.status in {"demonstration", "mixed"}

    @property
    def mark(self) -> str:
        """„демонстрационни данни“ or „смесени данни“ where that is what the table holds; else empty."""
        return {"demonstration": texts.text("common.demonstration"), "mixed": texts.text("common.mixed")}.get(
            self.status, ""
        )

    @property
    def title(self) -> str:
        """Caption with the demonstration mark."""
        return f"{self.caption} ({self.mark})" if self.mark else self.caption

    def origins(self) -> list[tuple[str, ...]]:
        """Addresses of the cells of `rows`, in the same order."""
        if self.frame.empty:
            return [("",) * len(self.columns)]
        return list(zip(*(column.addresses(self.frame) for column in self.columns), strict=True))

    def rows(self) -> list[tuple[str, ...]]:
        """Printed rows; one row „няма данни“ when the frame is empty."""
        if self.frame.empty:
            return [(texts.text("common.no_data"), *[""] * (len(self.columns) - 1))]
        return list(zip(*(column.cells(self.frame) for column in self.columns), strict=True))


@dataclass(frozen=True)
class Picture(Printable):
    """A chart with its caption; the source is printed on the chart itself."""

    key: str
    caption: str
    chart: Chart


Block = Heading | Paragraph | Table | Picture


def in_sections(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The same blocks with the headings of level 1 numbered in order: „1. Резюме“."""
    count, numbered = 0, []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            count += 1
            block = replace(block, text=f"{count}. {block.text}")
        numbered.append(block)
    return tuple(numbered)


@dataclass(frozen=True)
class Document(Printable):
    """A document: title, imprint and blocks in reading order; ``name`` is its file name without ending.

    ``front`` is the answer: it stands on the first page, before the imprint and the contents.
    """

    name: str
    title: str
    subtitle: str
    imprint: Imprint
    blocks: tuple[Block, ...]
    front: tuple[Block, ...] = ()

    @property
    def headings(self) -> list[Heading]:
        """The headings, in order."""
        return [block for block in (*self.front, *self.blocks) if isinstance(block, Heading)]

    @property
    def tables(self) -> list[Table]:
        """The tables, in order."""
        return [block for block in (*self.front, *self.blocks) if isinstance(block, Table)]

    @property
    def pictures(self) -> list[Picture]:
        """The figures, in order."""
        return [block for block in (*self.front, *self.blocks) if isinstance(block, Picture)]

    @property
    def banner(self) -> str:
        """What stands on every page: for official use only, made from demonstration returns; else empty."""
        internal = texts.text("report.banner.internal") if self.imprint.is_internal else ""
        demonstration = texts.text("report.banner.demonstration") if self.is_demonstration else ""
        return " ".join(filter(None, (internal, demonstration)))

    @property
    def is_demonstration(self) -> bool:
        """Whether any figure of the document is made from demonstration returns."""
        parts = [*self.tables, *(picture.chart for picture in self.pictures)]
        return any(part.is_demonstration for part in parts)

    def numbered(self) -> Iterator[tuple[str, Block]]:
        """Blocks with their label, the front first: „Таблица 3“, „Фигура 1“, or empty for text."""
        counts = {Table: 0, Picture: 0}
        for block in (*self.front, *self.blocks):
            kind = type(block)
            if kind not in counts:
                yield "", block
                continue
            counts[kind] += 1
            word = "report.words.table" if kind is Table else "report.words.figure"
            yield f"{texts.text(word)} {counts[kind]}", block
