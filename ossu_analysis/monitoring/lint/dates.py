"""Rules of dates: stages that are counted and listed, periods that overlap or run backwards, dates told twice."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ossu_analysis.monitoring.lint.paper import Grid, Paper
from ossu_analysis.monitoring.lint.reading import (
    Finding,
    Moment,
    cell,
    column,
    moments,
    period_said,
    plan_period,
    sentences,
    words,
)
from ossu_analysis.texts import day, text


@dataclass(frozen=True)
class Stage:
    """A stage that the plan describes, where, and when."""

    name: str
    when: Moment | None
    place: str
    quote: str


def stages(paper: Paper) -> Iterator[Finding]:
    """Another number of stages than was promised; stages that begin before the last one has ended."""
    listed = _listed(paper)
    if not listed:
        return
    for part in paper.prose:
        for said in sentences(part.said):
            for match in words("counted").finditer(said):
                count = _count(match["count"])
                if count != len(listed):
                    names = ", ".join(stage.name for stage in listed)
                    yield Finding("stage_count", part.place, said,
                                  {"stated": count, "listed": len(listed), "stages": names})  # fmt: skip
    dated = [(stage, stage.when) for stage in listed if stage.when is not None and stage.when.start <= stage.when.end]
    for (before, earlier), (after, later) in itertools.pairwise(dated):
        if later.start <= earlier.end:
            yield Finding("dates_overlap", after.place, after.quote, {
                "this": period_said(later), "other": before.name, "that": period_said(earlier), "end": day(earlier.end)
            })  # fmt: skip


def _count(said: str) -> int:
    if said.isdigit():
        return int(said)
    return next(at for at, name in enumerate(text("lint.words.numerals").split(), 1) if said.lower().startswith(name))


def _listed(paper: Paper) -> list[Stage]:
    """Stages of a table where one lists them, else those of the prose."""
    for grid in paper.grids:
        at = column(grid, "stage_column")
        if at is not None and at < 2:
            rows = range(len(grid.rows))
            return [
                Stage(cell(grid, row, at), row_period(grid, row), grid.rows[row].place, grid.rows[row].said)
                for row in rows
            ]
    found: dict[str, Stage] = {}
    for part in paper.prose:
        marks = list(words("stage").finditer(part.said))
        for at, mark in enumerate(marks):
            end = marks[at + 1].start() if at + 1 < len(marks) else len(part.said)
            told = part.said[mark.end() : end]
            when = next(iter(moments(told)), None)
            if when or re.match(r"\s*[:(–—-]", told):
                name = mark.group()
                found.setdefault(_key(name), Stage(name, when, part.place, part.said[mark.start() : end].strip()))
    return list(found.values())


def _key(name: str) -> str:
    return name.lower()[:6] if name[0].isalpha() else name.lower()


def row_period(grid: Grid, row: int) -> Moment | None:
    """Period of a row: from its columns of beginning and end, else the first date of its columns of dates."""
    start, end = (_first(cell(grid, row, column(grid, key))) for key in ("start_column", "end_column"))
    if start and end:
        return Moment(start.start, end.end, (0, 0), grid.rows[row].said)
    return _first(cell(grid, row, column(grid, "date_column")))


def _first(said: str) -> Moment | None:
    return next(iter(moments(said)), None)


def backwards(paper: Paper) -> Iterator[Finding]:
    """Periods that end before they begin."""
    for part in paper.prose:
        for said in sentences(part.said):
            for moment in moments(said):
                if moment.end < moment.start:
                    yield _reversed(part.place, said, moment)
    for grid in paper.grids:
        for row, line in enumerate(grid.rows):
            in_cells = [moment for one in line.cells for moment in moments(one) if moment.end < moment.start]
            whole = row_period(grid, row)
            for moment in in_cells or ([whole] if whole and whole.end < whole.start else []):
                yield _reversed(line.place, line.said, moment)


def _reversed(place: str, quote: str, moment: Moment) -> Finding:
    return Finding("dates_reversed", place, quote, {"start": day(moment.start), "end": day(moment.end)})


def outside(paper: Paper) -> Iterator[Finding]:
    """Stages, deadlines and target years that lie outside the period of the plan."""
    period = plan_period(paper)
    if period is None or period.end < period.start:
        return
    for place, quote, when in _due(paper):
        if when.start < period.start or when.end > period.end:
            yield Finding("dates_outside", place, quote, {"this": period_said(when), "period": period_said(period)})


def _due(paper: Paper) -> Iterator[tuple[str, str, Moment]]:
    """Dates that the plan sets for itself; evaluations, reports and discussions may come before or after it."""
    for grid in paper.grids:
        if column(grid, "stage_column") is None:
            for row, line in enumerate(grid.rows):
                when = row_period(grid, row)
                if when and when.start <= when.end and not words("later_act").search(line.cells[0]):
                    yield line.place, line.said, when
    for stage in _listed(paper):
        if stage.when and stage.when.start <= stage.when.end:
            yield stage.place, stage.quote, stage.when
    for part in paper.prose:
        for said in sentences(part.said):
            if words("deadline").match(said) and not words("later_act").search(said):
                yield from ((part.place, said, when) for when in moments(said))


def events(paper: Paper) -> Iterator[Finding]:
    """The same evaluation at two times that have no day in common."""
    seen: dict[str, tuple[Moment, str]] = {}
    for place, said in _told(paper):
        marks = list(words("event").finditer(said))
        for at, mark in enumerate(marks):
            when = _nearest(said, mark, marks[at + 1].start() if at + 1 < len(marks) else len(said))
            if when is None:
                continue
            first, where = seen.setdefault(mark["which"].lower(), (when, place))
            if when.is_apart(first):
                facts = {"event": mark.group(), "this": when.said, "that": first.said, "where": where}
                yield Finding("event_twice", place, said, facts)


def _told(paper: Paper) -> Iterator[tuple[str, str]]:
    for part in paper.prose:
        yield from ((part.place, said) for said in sentences(part.said))
    for grid in paper.grids:
        yield from ((line.place, line.said) for line in grid.rows)


def _nearest(said: str, mark: re.Match[str], until: int) -> Moment | None:
    """The first date after the words, else the last one before them."""
    found = moments(said)
    after = [one for one in found if mark.end() <= one.span[0] < until]
    before = [one for one in found if one.span[1] <= mark.start()]
    return after[0] if after else before[-1] if before else None
