"""Rules of numbers: totals that their parts do not give, shares above the whole, values beyond their range."""

import re
from collections.abc import Iterator

from ossu_analysis.monitoring.lint.paper import Grid, Paper, Row
from ossu_analysis.monitoring.lint.reading import (
    Finding,
    cell,
    column,
    is_total,
    moments,
    number,
    plain_number,
    sentences,
    words,
)
from ossu_analysis.texts import number as printed


def tables(paper: Paper) -> Iterator[Finding]:
    """Rows and columns of totals that the numbers beside them do not give."""
    for grid in paper.grids:
        yield from _total_rows(grid)
        yield from _total_columns(grid)


def _additive(grid: Grid) -> list[int]:
    return [at for at, label in enumerate(grid.header.cells) if not words("not_additive").search(label)]


def _total_rows(grid: Grid) -> Iterator[Finding]:
    totals = [row for row in range(len(grid.rows)) if is_total(grid, row)]
    for at in _additive(grid):
        plain = {row: plain_number(cell(grid, row, at)) for row in range(len(grid.rows))}
        after = 0
        for row in totals:
            stated = plain[row]
            block = [plain[one] for one in range(after, row) if one not in totals]
            above = [plain[one] for one in range(row) if one not in totals]
            after = row + 1
            if stated is not None and any(part is not None for part in block or above):
                sums = [_sum(block), _sum(above), _sum([plain[one] for one in totals if one < row])]
                if not any(_equal(stated, found, grid, at) for found in sums):
                    yield _wrong_sum(grid, row, at, stated, sums[0] if block else sums[1])


def _sum(parts: list[float | None]) -> float:
    return sum(part for part in parts if part is not None)


def _equal(stated: float, found: float, grid: Grid, at: int) -> bool:
    """Equal to what rounding at print leaves; whole numbers must agree."""
    cells = [cell(grid, row, at) for row in range(len(grid.rows))]
    digits = max((len(one.rpartition(",")[2]) for one in cells if re.search(r"\d,\d", one)), default=0)
    return abs(stated - found) <= (0.5 * 10**-digits * len(cells) if digits else 1e-9)


def _total_columns(grid: Grid) -> Iterator[Finding]:
    at = next((i for i in range(1, len(grid.header.cells)) if words("total").match(grid.header.cells[i])), None)
    if at is None:
        return
    counted = [
        i
        for i in _additive(grid)
        if i != at and any(plain_number(cell(grid, r, i)) is not None for r in range(len(grid.rows)))
    ]
    counted = [i for i in counted if i > 0]
    for parts in ([i for i in counted if i < at], [i for i in counted if i > at], counted):
        if len(parts) < 2:
            continue
        wrong = [row for row in range(len(grid.rows)) if not _row_adds_up(grid, row, at, parts)]
        # Where no row adds up the column is no sum of these; a wrong line makes the line of totals wrong as well.
        if len(wrong) < len(grid.rows):
            lines = [row for row in wrong if not is_total(grid, row)] or wrong
            for row in lines:
                stated = plain_number(cell(grid, row, at))
                if stated is not None:
                    yield _wrong_sum(grid, row, at, stated, _sum([plain_number(cell(grid, row, i)) for i in parts]))
            return


def _row_adds_up(grid: Grid, row: int, at: int, parts: list[int]) -> bool:
    stated = plain_number(cell(grid, row, at))
    return stated is None or _equal(stated, _sum([plain_number(cell(grid, row, i)) for i in parts]), grid, at)


def _wrong_sum(grid: Grid, row: int, at: int, stated: float, found: float) -> Finding:
    facts = {"column": grid.header.cells[at], "stated": _shown(stated), "found": _shown(found)}
    return Finding(
        "sum_table", grid.rows[row].place, grid.rows[row].said, facts | {"difference": _shown(stated - found)}
    )


def _shown(value: float) -> str:
    return printed(value, 0 if value == round(value) else 2)


def prose(paper: Paper) -> Iterator[Finding]:
    """A number in a sentence and its parts that do not give it."""
    for part in paper.prose:
        for said in sentences(part.said):
            mark = words("parts").search(said)
            before = said[: mark.start()] if mark else ""
            if mark is None or (mark.group() == ":" and not words("all_of").search(before)):
                continue
            stated, parts = _last_count(before), _parts(said[mark.end() :])
            if stated is not None and len(parts) > 1 and abs(stated - sum(parts)) > 1e-9:
                yield Finding("sum_prose", part.place, said, {"stated": _shown(stated), "found": _shown(sum(parts))})


def _last_count(said: str) -> float | None:
    found = list(re.finditer(r"\d{1,3}(?:\s\d{3})+|\d+", _without_dates(said)))
    return number(found[-1].group()) if found else None


def _without_dates(said: str) -> str:
    for moment in reversed(moments(said)):
        said = said[: moment.span[0]] + " " * (moment.span[1] - moment.span[0]) + said[moment.span[1] :]
    return said


def _parts(said: str) -> list[float]:
    """Numbers that follow each other, one at the beginning of every member of the list; shares are no parts."""
    found = list[float]()
    for member in re.split(rf",\s+|;\s+|\s+{words('and').pattern}\s+", _without_dates(said).strip()):
        match = re.match(r"\s*(\d{1,3}(?:\s\d{3})+|\d+)(?![\d.,]*\s*%)", member)
        if match is None:
            break
        found.append(float(re.sub(r"\D", "", match.group(1))))
    return found


def shares(paper: Paper) -> Iterator[Finding]:
    """Shares above 100 %, alone or together, where nothing says that they are growth or performance."""
    for part in paper.prose:
        for said in sentences(part.said):
            values = [float(match["value"].replace(",", ".")) for match in words("percent").finditer(said)]
            if words("growth").search(said):
                continue
            yield from (
                Finding("share_over_100", part.place, said, {"value": _shown(one)}) for one in values if one > 100
            )
            if (
                len(values) > 2
                and max(values) <= 100
                and sum(values) > 100.5
                and words("whole").search(said)
                and not moments(said)
            ):
                yield Finding("share_over_100_sum", part.place, said, {"value": _shown(sum(values))})
    for grid in paper.grids:
        yield from _grid_shares(grid)


def _grid_shares(grid: Grid) -> Iterator[Finding]:
    for at, label in enumerate(grid.header.cells):
        if words("growth").search(label) or words("date_column").search(label):
            continue
        rows = [row for row in range(len(grid.rows)) if not is_total(grid, row)]
        values = {row: plain_number(cell(grid, row, at)) for row in rows}
        is_share = bool(words("share").search(label))
        for row, value in values.items():
            line = grid.rows[row]
            if (
                value is not None
                and value > 100
                and (is_share or (at and _is_share_row(line, at)))
                and not words("growth").search(line.said)
            ):
                yield Finding("share_over_100", line.place, line.said, {"value": _shown(value)})
        together = _sum(list(values.values()))
        is_whole = bool(words("group_column").search(grid.header.cells[0]) or words("whole").search(grid.caption))
        if (
            is_share
            and is_whole
            and len(rows) > 1
            and together > 100.5
            and all((v or 0) <= 100 for v in values.values())
        ):
            quote = f"{label}: {', '.join(cell(grid, row, at) for row in rows)}"
            yield Finding("share_over_100_sum", grid.header.place, quote, {"value": _shown(together)})


def _is_share_row(line: Row, at: int) -> bool:
    return "%" in line.cells[at] or bool(words("share").search(line.cells[0]))


def ranges(paper: Paper) -> Iterator[Finding]:
    """Planned values that lie outside the range that stands beside them."""
    for part in paper.prose:
        for said in sentences(part.said) if len(sentences(part.said)) == 1 else [part.said]:
            told = _without_dates(said)
            limits, value = words("range").search(told), words("planned").search(told)
            if limits and value:
                low, high = (number(limits[name] or limits[f"{name}2"]) for name in ("low", "high"))
                yield from _beyond(part.place, said, number(value["value"]), low, high)
    for grid in paper.grids:
        target, both = column(grid, "target_column"), column(grid, "range_column")
        low_at, high_at = column(grid, "low_column"), column(grid, "high_column")
        for row, line in enumerate(grid.rows):
            if low_at is not None and high_at is not None:
                low, high = plain_number(cell(grid, row, low_at)), plain_number(cell(grid, row, high_at))
            else:
                found = re.findall(r"\d+(?:,\d+)?", cell(grid, row, both))
                low, high = (plain_number(one) for one in found) if len(found) == 2 else (None, None)
            yield from _beyond(line.place, line.said, plain_number(cell(grid, row, target)), low, high)


def _beyond(place: str, quote: str, value: float | None, low: float | None, high: float | None) -> Iterator[Finding]:
    if value is not None and low is not None and high is not None and not low <= value <= high:
        facts = {"value": _shown(value), "low": _shown(low), "high": _shown(high)}
        yield Finding("beyond_range", place, quote, facts)
