"""The plan made again from its own base year: what it expected, what came, why otherwise, which targets move.

Sections of the mid-term evaluation over ``monitoring.indicator``, for an oblast or one of its municipalities.
"""

from textwrap import shorten
from typing import Any

import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.sections.subject import Subject, is_demonstration, status_of
from ossu_analysis.texts import number, sort_key, text

LONGEST = 38
"""Letters of a name that fit beside a chart."""
CAUSES = ("population", "age_structure", "use", "places", "definition", "rest")


def expected(subject: Subject) -> list[Block]:
    """Every indicator: base then and now, what the plan expected, what came, and whether it is in the range."""
    rows = indicators(subject)
    heading = Heading("expected", text("monitoring.heading.expected"), wide=True)
    if rows.empty:
        return [heading, Paragraph(text("monitoring.sentence.nothing"))]
    facts = _facts(subject, rows)
    said = [text("monitoring.sentence.expected", **_counted(rows)), text("monitoring.sentence.source")]
    if "service" not in set(rows["kind"]):
        said.append(text("monitoring.sentence.no_returns", **facts))
    columns = (
        Column("name", text("monitoring.column.indicator"), width=2.6),
        Column("year", text("monitoring.column.year"), "year", width=0.8),
        Column("old_base", text("monitoring.column.old_base", year=facts["base"]), "count"),
        Column("old_base_now", text("monitoring.column.old_base_now"), "count"),
        _range("expected_median", "expected", text("monitoring.column.expected")),
        Column("actual", text("monitoring.column.actual"), "count"),
        Column("actual", text("monitoring.column.difference"), "change", minus="expected_median"),
        Column("inside", text("monitoring.column.inside")),
    )
    return [heading, *map(Paragraph, said), _picture(subject, rows), _table("expected", rows, columns, facts)]


def causes(subject: Subject) -> list[Block]:
    """The deviation of every indicator by cause, and the largest in words."""
    rows = indicators(subject)
    rows = rows[rows["deviation"].notna()] if len(rows) else rows
    if rows.empty:
        return []
    rows = rows.assign(centre=rows["expected_mean"] - rows["expected_median"])
    columns = (
        Column("name", text("monitoring.column.indicator"), width=2.6),
        Column("actual", text("monitoring.column.difference"), "change", minus="expected_median"),
        *(Column(f"cause_{cause}", text(f"monitoring.column.{cause}"), "change") for cause in CAUSES),
        Column("centre", text("monitoring.column.centre"), "change"),
    )
    table = _table("causes", rows, columns, _facts(subject, rows))
    said = [Paragraph(one) for one in _largest(rows)]
    return [Heading("causes", text("monitoring.heading.causes"), wide=True), *said, table]


def targets(subject: Subject) -> list[Block]:
    """The target of every indicator as the plan would set it and as it would be set today."""
    rows = indicators(subject)
    if rows.empty:
        return []
    facts = _facts(subject, rows) | {"year": int(rows["horizon_year"].max())}
    moved = text("monitoring.sentence.targets", year=facts["year"], moved=int(rows["is_moved"].sum()), all=len(rows))
    columns = (
        Column("name", text("monitoring.column.indicator"), width=2.6),
        _range("old_target", "old_target", text("monitoring.column.old_target", **facts)),
        _range("new_target", "new_target", text("monitoring.column.new_target", **facts)),
        Column("new_target", text("monitoring.column.difference"), "change", minus="old_target"),
        Column("moves", text("monitoring.column.moved")),
    )
    heading = Heading("targets", text("monitoring.heading.targets"), wide=True)
    return [heading, Paragraph(moved), _table("targets", rows, columns, facts)]


def relevance(subject: Subject) -> list[Block]:
    """How the target groups have changed since the base, by today's figures."""
    rows = indicators(subject)
    rows = rows[rows["kind"].eq("group") & rows["old_base_now"].gt(0)] if len(rows) else rows
    if rows.empty:
        return []
    change = 100 * (rows["actual"] / rows["old_base_now"] - 1)
    listed = [
        text("monitoring.sentence.changed", name=name, change=number(value, 1))
        for name, value in zip(rows["name"], change, strict=True)
    ]
    facts: dict[str, Any] = _facts(subject, rows) | {"year": int(rows["year"].max()), "listed": "; ".join(listed)}
    said = Paragraph(text("monitoring.sentence.relevance", **facts))
    return [Heading("relevance", text("report.heading.relevance")), said]


def indicators(subject: Subject) -> pd.DataFrame:
    """Indicators of the territory itself: groups first, each kind by the Bulgarian alphabet, with printed words."""
    rows = subject.facts.indicators
    rows = rows[(rows["area_code"] == subject.code) & ~_is_absent(rows)]
    if rows.empty:
        return rows
    groups = dict(subject.facts.groups[["target_group", "name_bg"]].to_numpy())
    names = [
        groups.get(code, code) if kind == "group" else subject.service(code)
        for kind, code in zip(rows["kind"], rows["indicator_code"], strict=True)
    ]
    inside = rows["is_inside_80"].map({True: "inside", False: "outside"}, na_action="ignore")
    rows = rows.assign(
        name=names,
        inside=[text(f"monitoring.word.{one if isinstance(one, str) else 'unknown'}") for one in inside],
        moves=[text(f"monitoring.word.{'moves' if one else 'stays'}") for one in rows["is_moved"]],
    )
    order = sorted(range(len(rows)), key=lambda at: (rows["kind"].iloc[at], sort_key(names[at])))
    return rows.iloc[order].reset_index(drop=True)


def _is_absent(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Services that nobody has, had or was expected to have here."""
    return rows[["old_base", "expected_mean", "actual", "new_target"]].eq(0).all(axis=1)


def _facts(subject: Subject, rows: pd.DataFrame) -> dict[str, Any]:
    return {"place": subject.label, "base": int(rows["base_year"].max())}


def _counted(rows: pd.DataFrame) -> dict[str, str]:
    known = rows["is_inside_80"].notna()
    return {"known": number(int(known.sum())), "inside": number(int(rows.loc[known, "is_inside_80"].sum()))}


def _range(name: str, bounds: str, title: str) -> Column:
    return Column(name, title, "interval", 0, f"{bounds}_low", f"{bounds}_high", 2)


def _table(name: str, rows: pd.DataFrame, columns: tuple[Column, ...], facts: dict[str, Any]) -> Table:
    return Table(
        f"table-indicator-{name}",
        text(f"monitoring.caption.{name}", **facts),
        rows,
        columns,
        source=text("monitoring.source", **facts),
        note=text(f"monitoring.note.{name}", **facts),
        status=status_of(rows),
        sheet=text(f"monitoring.sheet.{name}"),
    )


def _picture(subject: Subject, rows: pd.DataFrame) -> Picture:
    known = rows[rows["actual"].notna() & rows["expected_median"].gt(0)]
    names = {"expected_median": "median", "expected_low": "low", "expected_high": "high"}
    facts = _facts(subject, rows)
    known = known.assign(name=[shorten(name, LONGEST, placeholder="…") for name in known["name"]])
    chart = charts.monitoring_dots(
        known.rename(columns=names)[["name", "actual", "median", "low", "high"]],
        key=f"indicators_{subject.code}",
        title=text("monitoring.chart.title", **_counted(rows)),
        subtitle=text("monitoring.chart.subtitle", **facts),
        source=text("monitoring.source", **facts),
        is_demonstration=is_demonstration(rows),
    )
    return Picture("figure-indicators", text("monitoring.caption.chart", **facts), chart)


def _largest(rows: pd.DataFrame) -> list[str]:
    """The indicator of each kind that deviates most in persons, with the cause that moves it most."""
    said = []
    for _, of_kind in rows.groupby("kind", sort=True):
        row = of_kind.iloc[int(of_kind["deviation"].abs().argmax())]
        cause = max(CAUSES, key=lambda one: abs(row[f"cause_{one}"]))
        facts = {"indicator": row["name"], "difference": number(row["deviation"])}
        facts |= {"cause": text(f"monitoring.column.{cause}"), "part": number(row[f"cause_{cause}"])}
        said.append(text("monitoring.sentence.largest", **facts))
    return said
