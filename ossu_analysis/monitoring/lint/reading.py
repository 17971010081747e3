"""What words and cells of a plan say: sentences, dates, periods and numbers, and where a finding stands.

Belongs here: what every rule of the linter reads by. The Bulgarian words are in ``texts/bg/lint.yaml``.
"""

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ossu_analysis.monitoring.lint.paper import Grid, Paper
from ossu_analysis.texts import day, text

_SENTENCE_ENDS = re.compile(r"[.!?;]\s+(?=\S)")
_NUMBER = re.compile(r"(?<![\d,.])-?\d{1,3}(?:\s\d{3})+(?:,\d+)?|-?\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Finding:
    """One thing to look at in a plan.

    Attributes
    ----------
    kind : str
        Key below ``lint.kind``.
    place, quote : str
        Where, and what stands there.
    facts : dict
        Fill the sentences.
    """

    kind: str
    place: str
    quote: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """What is wrong, in one sentence."""
        return text(f"lint.kind.{self.kind}", **self.facts)

    @property
    def todo(self) -> str:
        """What could be done."""
        return text(f"lint.kind.{self.kind}.todo", **self.facts)


@dataclass(frozen=True)
class Moment:
    """A day, month, year or period that a text names: first and last day, and where in the text it stands."""

    start: datetime.date
    end: datetime.date
    span: tuple[int, int]
    said: str

    def is_apart(self, other: "Moment") -> bool:
        """Whether no day is in both."""
        return self.end < other.start or other.end < self.start


@cache
def words(key: str) -> re.Pattern[str]:
    """Pattern of a group of words."""
    return re.compile(text(f"lint.words.{key}"), re.IGNORECASE)


def sentences(said: str) -> list[str]:
    """Sentences of a paragraph; a point after an abbreviation does not end one."""
    found, start = [], 0
    for stop in _SENTENCE_ENDS.finditer(said):
        if not said[stop.end()].isupper() and said[stop.end()] != "\u201e":
            continue
        if not words("abbreviation").search(said[start : stop.start() + 1].split(" ")[-1]):
            found.append(said[start : stop.end()].strip())
            start = stop.end()
    return [one for one in [*found, said[start:].strip()] if one]


@cache
def _moment() -> re.Pattern[str]:
    months = text("lint.words.months")
    return re.compile(
        rf"(?P<iso>\d{{4}}-\d\d-\d\d)|(?P<day>\d{{1,2}}\.\d{{1,2}}\.\d{{4}})"
        rf"|(?P<month>\b(?:{months})\b)\s*(?P<of>(?:19|20)\d\d)?"
        rf"|(?<![\d.,])(?<!\d )(?P<year>(?:19[89]|20[0-9])\d)(?![\d%])(?![.,]\d)(?! \d\d\d)",
        re.IGNORECASE,
    )


def moments(said: str) -> list[Moment]:
    """Dates and periods of a text, in order; two dates joined by a dash or a word are one period."""
    found = list[Moment]()
    for one in _single(said):
        between = said[found[-1].span[1] : one.span[0]] if found else ""
        if found and words("joined").search(between) and _may_join(said, found[-1], between):
            first = found.pop()
            one = Moment(first.start, one.end, (first.span[0], one.span[1]), said[first.span[0] : one.span[1]])
        found.append(one)
    return found


def _may_join(said: str, first: Moment, between: str) -> bool:
    """The word for „and“ joins two dates only after the one for „between“."""
    return not words("and").search(between) or bool(words("between").search(said[: first.span[0]]))


def _single(said: str) -> Iterator[Moment]:
    found = [match for match in _moment().finditer(said) if not words("not_a_year").match(said[match.end() :])]
    for at, match in enumerate(found):
        try:
            start, end = _days(match, found[at + 1 : at + 2])
        except ValueError:  # no such day in the calendar
            continue
        yield Moment(start, end, match.span(), match.group())


def _days(match: re.Match[str], following: list[re.Match[str]]) -> tuple[datetime.date, datetime.date]:
    if match["iso"]:
        start = end = datetime.date.fromisoformat(match["iso"])
    elif match["day"]:
        of_day, of_month, of_year = map(int, match["day"].split("."))
        start = end = datetime.date(of_year, of_month, of_day)
    elif match["year"]:
        start, end = datetime.date(int(match["year"]), 1, 1), datetime.date(int(match["year"]), 12, 31)
    else:
        # A month without a year is of the year of the month that follows: from January to June 2016.
        said_year = match["of"] or (following[0]["of"] if following else None)
        year = int(said_year or "0")  # zero is no year of the calendar
        month = text("lint.words.months").split("|").index(match["month"].lower()) + 1
        start = datetime.date(year, month, 1)
        end = datetime.date(year, month, calendar.monthrange(year, month)[1])
    return start, end


def number(cell: str) -> float | None:
    """Number of a cell or of words; None where there is none, and for a date."""
    match = _NUMBER.search(cell)
    if match is None or moments(cell) or re.search(r"\d\s*[–-]\s*\d", cell):
        return None
    return float(re.sub(r"\s", "", match.group()).replace(",", "."))


def plain_number(cell: str) -> float | None:
    """Number of a cell that a table counts, where four digits are a count and no year."""
    match = re.fullmatch(
        r"-?\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?|-?\d+(?:[.,]\d+)?", re.sub(r"\s*(?:%|€|\D{2,6}\.?)$", "", cell)
    )
    return float(re.sub(r"\s", "", match.group()).replace(",", ".")) if match else None


def is_blank(cell: str) -> bool:
    """Whether a cell says nothing: empty, a dash, or words for „none“."""
    return bool(words("blank").match(cell.strip()))


def column(grid: Grid, key: str) -> int | None:
    """First column whose label is of the group of words; None where there is none."""
    return next((at for at, label in enumerate(grid.header.cells) if words(key).search(label)), None)


def cell(grid: Grid, row: int, at: int | None) -> str:
    """Cell of a row; empty where the row is short or there is no such column."""
    cells = grid.rows[row].cells
    return cells[at] if at is not None and at < len(cells) else ""


def is_total(grid: Grid, row: int) -> bool:
    """Whether a row says the total of those above it."""
    return bool(words("total").match(next(filter(None, grid.rows[row].cells), "")))


def plan_period(paper: Paper) -> Moment | None:
    """Period of the plan: of the first heading or sentence that speaks of a plan and names one; None for a report."""
    headings = [part.said for part in paper.prose if part.is_heading]
    if any(words("no_plan").search(said) for said in headings[:1]):
        return None
    told = [said for said in headings if words("plan").search(said)]
    told += [
        one for part in paper.prose for one in sentences(part.said)
        if words("plan_period").search(one) and words("plan").search(one)
    ]  # fmt: skip
    return next((found[0] for said in told if (found := moments(said))), None)


def period_said(moment: Moment) -> str:
    """A period in words."""
    return day(moment.start) if moment.start == moment.end else f"{day(moment.start)} – {day(moment.end)}"
