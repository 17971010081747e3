"""Rules of completeness: indicators, bases, dates, sources of money; and names that the law no longer knows."""

import re
from collections.abc import Iterator

import pandas as pd

from ossu_analysis.monitoring.lint.dates import row_period
from ossu_analysis.monitoring.lint.paper import Grid, Paper
from ossu_analysis.monitoring.lint.reading import (
    Finding,
    cell,
    column,
    is_blank,
    is_total,
    moments,
    plain_number,
    plan_period,
    sentences,
    words,
)
from ossu_analysis.texts import text

OLD_REGIME_ENDED = 2020
"""Plans that end by this year speak the old names, and rightly so: the act is in force since 1 July 2020."""


def indicators(paper: Paper) -> Iterator[Finding]:
    """Measures and services that nothing measures."""
    for grid in paper.grids:
        measure, indicator = column(grid, "measure_column"), column(grid, "indicator_column")
        if measure is not None and indicator is not None and measure != indicator:
            for row, line in enumerate(grid.rows):
                name = cell(grid, row, measure)
                if not is_blank(name) and not is_total(grid, row) and is_blank(cell(grid, row, indicator)):
                    yield Finding("no_indicator", line.place, line.said, {"name": name})
    yield from _never_measured(paper)


def _never_measured(paper: Paper) -> Iterator[Finding]:
    """Services of a list of services that no row of a table of indicators speaks of."""
    measured = [
        _stems(line.said) for grid in paper.grids if _is_of_indicators(grid) for line in grid.rows
    ]  # fmt: skip
    for grid in paper.grids if measured else []:
        at = column(grid, "service_column")
        if at is None or column(grid, "indicator_column") is not None:
            continue
        for row, line in enumerate(grid.rows):
            name = cell(grid, row, at)
            own = _stems(name)
            if own and not is_total(grid, row) and not any(2 * len(own & one) >= min(len(own), 4) for one in measured):
                yield Finding("no_indicator", line.place, line.said, {"name": name})


def _is_of_indicators(grid: Grid) -> bool:
    return column(grid, "indicator_column") == 0 and column(grid, "target_column") is not None


def _stems(said: str) -> set[str]:
    return {word[:6].lower() for word in re.findall(r"\w{5,}", said)}


def targets(paper: Paper) -> Iterator[Finding]:
    """Targets without a base or a date; an indicator with two bases or targets."""
    seen: dict[tuple[str, str, str], tuple[str, str]] = {}
    for grid in paper.grids:
        target, base = column(grid, "target_column"), column(grid, "base_column")
        rows = [
            row
            for row in range(len(grid.rows))
            if plain_number(cell(grid, row, target)) is not None and not is_total(grid, row)
        ]
        for row in rows:
            line, value = grid.rows[row], cell(grid, row, target)
            if is_blank(cell(grid, row, base)):
                yield Finding("no_base", line.place, line.said, {"target": value})
            if (
                row_period(grid, row) is None
                and not moments(grid.header.cells[target or 0])
                and not moments(grid.caption)
            ):
                yield Finding("no_date", line.place, line.said, {"target": value})
            yield from _told_otherwise(grid, row, {"base": base, "target": target}, seen)
    yield from _prose_targets(paper)


def _told_otherwise(
    grid: Grid, row: int, columns: dict[str, int | None], seen: dict[tuple[str, str, str], tuple[str, str]]
) -> Iterator[Finding]:
    line = grid.rows[row]
    name_at = column(grid, "indicator_column") or 0
    name, when = cell(grid, row, name_at), row_period(grid, row)
    for what, at in columns.items():
        value = cell(grid, row, at)
        if is_blank(value):
            continue
        first, where = seen.setdefault((name.lower(), what, str(when and when.end)), (value, line.place))
        if plain_number(first) != plain_number(value):
            facts = {"name": name, "what": text(f"lint.{what}"), "this": value, "that": first, "where": where}
            yield Finding("two_values", line.place, line.said, facts)


def _prose_targets(paper: Paper) -> Iterator[Finding]:
    for part in paper.prose:
        for said in sentences(part.said):
            goal = words("goal").search(said)
            value = re.search(r"\d[\d ]*", said[goal.end() :]) if goal else None
            if goal is None or value is None:
                continue
            facts = {"target": value.group().strip()}
            if not words("has_base").search(said):
                yield Finding("no_base", part.place, said, facts)
            if not moments(said):
                yield Finding("no_date", part.place, said, facts)


def money(paper: Paper) -> Iterator[Finding]:
    """Amounts of which nobody says who pays them."""
    for part in paper.prose:
        for said in sentences(part.said):
            amount = words("amount").search(said)
            if amount and not words("paid_by").search(part.said) and not words("not_spent").search(said):
                yield Finding("money_no_source", part.place, said, {"amount": amount.group()})
    for grid in paper.grids:
        yield from _grid_money(grid)


def _grid_money(grid: Grid) -> Iterator[Finding]:
    source = column(grid, "source_column")
    labels = grid.header.cells
    amounts = [
        at
        for at, label in enumerate(labels)
        if words("money_column").search(label) or words("money_name").search(label)
    ]
    amounts = [
        at for at in amounts if at != source and any(plain_number(cell(grid, r, at)) for r in range(len(grid.rows)))
    ]
    amounts = [at for at in amounts if words("money_column").search(labels[at] + grid.caption) or source is not None]
    if amounts and source is None:
        told = " ".join([grid.caption, *labels, *(line.said for line in grid.rows)])
        if not words("paid_by").search(told) and words("money_column").search(" ".join(labels)):
            yield Finding("money_no_source_table", grid.header.place, grid.header.said)
        return
    for row, line in enumerate(grid.rows):
        found = [cell(grid, row, at) for at in amounts if plain_number(cell(grid, row, at))]
        if found and not is_total(grid, row) and is_blank(cell(grid, row, source)):
            yield Finding("money_no_source", line.place, line.said, {"amount": found[0]})


def old_names(paper: Paper, legacy: pd.DataFrame, services: pd.DataFrame) -> Iterator[Finding]:
    """Names from before the act, unless the plan is of that time or says that they are of the past.

    Parameters
    ----------
    paper : Paper
    legacy, services : DataFrame
        ``reference.legacy_service`` and ``reference.service``.
    """
    period = plan_period(paper)
    if period is not None and period.end.year <= OLD_REGIME_ENDED:
        return
    told = [(part.place, said) for part in paper.prose for said in sentences(part.said)]
    told += [(line.place, line.said) for grid in paper.grids for line in grid.rows]
    for pattern, new in _old_patterns(legacy, services):
        found = [(place, said, match) for place, said in told for match in pattern.finditer(said)]
        found = [one for one in found if not words("passed").search(one[1])]
        if found:
            place, said, match = found[0]
            times = text("lint.times", count=len(found)) if len(found) > 1 else ""
            yield Finding("old_name", place, said, {"name": match.group(), "times": times, "new": new})


def _old_patterns(legacy: pd.DataFrame, services: pd.DataFrame) -> Iterator[tuple[re.Pattern[str], str]]:
    """Every old name, in any form of its words, and its abbreviation; with what the services are called now."""
    names = dict(zip(services["service_code"], services["name_bg"], strict=True))
    current = " ; ".join(names.values()).lower()
    for (old, short), rows in legacy.fillna({"old_abbreviation": ""}).groupby(
        ["old_name_bg", "old_abbreviation"], sort=False
    ):
        old, short = str(old), str(short)
        if old.lower() in current:
            continue
        new = "; ".join(dict.fromkeys(names[code] for code in rows["service_code"] if code in names))
        yield re.compile(_any_form(old) + (rf"|\b{re.escape(short)}\b" if short else "")), new


def _any_form(name: str) -> str:
    """Pattern of a name with the endings of its words free; capitals matter in abbreviations only."""
    stems = [_any_ending(word) for word in re.findall(r"\w+", name)]
    return rf"\b(?i:{_APART.join(stems)})"


def _any_ending(word: str) -> str:
    return re.escape(word) if len(word) < 4 else rf"{re.escape(word[: max(4, len(word) - 3)])}\w*"


_APART = r"\W+"
