"""What came of the plan: population against the earlier forecast, services then and now, money, indicators re-based.

Sections of the monitoring report and of the mid-term evaluation. The earlier forecast is the one that `monitoring`
makes again from what was known in its base year; services are compared between two reported periods, as reported.
"""

from typing import Any

import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.disclosure.asterisk import HIDDEN, known, starred
from ossu_analysis.report.sections.subject import Subject, area_name, by_name, status_of
from ossu_analysis.texts import day, number, text

CAUSES = ("births", "deaths", "migration", "base", "centre")
PROJECT = "project"
"""Funding type of a service that ends with its project."""


def scope(subject: Subject) -> list[Block]:
    """Which periods are compared, and what is not in the tables."""
    rows = _deviation(subject)
    years = {"base": rows["base_year"].max(), "year": rows["year"].max()} if len(rows) else {}
    first, last = _periods(subject)
    said = [text("report.sentence.tracked_people", **years)] if years else [text("report.sentence.not_tracked")]
    if first:
        said.append(text("report.sentence.tracked_services", first=day(first), last=day(last)))
    return [Heading("scope", text("report.heading.scope")), *map(Paragraph, said)]


def people_deviation(subject: Subject) -> list[Block]:
    """Every part of the territory against the earlier forecast, and the causes that add up to the difference."""
    rows = _deviation(subject)
    heading = Heading("deviation", text("report.heading.deviation"), wide=True)
    if rows.empty:
        return [heading, Paragraph(text("report.sentence.not_tracked"))]
    rows = rows.assign(
        name=[area_name(subject, code) for code in rows["area_code"]],
        inside=[text(f"report.words.{'yes' if inside else 'no'}") for inside in rows["is_inside_80"]],
    )
    year, base = int(rows["year"].max()), int(rows["base_year"].max())
    facts: dict[str, Any] = {"place": subject.label, "year": year, "base": base}
    parts = rows[rows["area_code"] != subject.code]
    names = {"forecast_median": "median", "forecast_low": "low", "forecast_high": "high"}
    chart = charts.monitoring_dots(
        parts.rename(columns=names)[["name", "actual", "median", "low", "high"]],
        key=f"monitoring_{subject.code}",
        title=text(
            "report.finding.monitoring_parts", inside=int(parts["is_inside_80"].sum()), all=len(parts), year=year
        ),
        subtitle=text("report.chart.monitoring", year=year, base=base),
        source=text("report.source.population"),
    )
    columns = (
        Column("name", text("report.column.part_oblast"), width=2.2),
        Column("forecast_median", text("report.column.forecast"), "interval", 0, "forecast_low", "forecast_high", 2.2),
        Column("actual", text("report.column.actual"), "count"),
        Column("actual", text("report.column.deviation"), "change", minus="forecast_median"),
        *(Column(f"cause_{cause}", text(f"report.column.cause_{cause}"), "change", width=1.2) for cause in CAUSES),
        Column("inside", text("report.column.inside")),
    )
    table = Table("table-deviation", text("report.caption.deviation", **facts), rows, columns,
                  source=text("report.source.population"), note=text("report.note.monitoring"),
                  sheet=text("report.sheet.deviation"))  # fmt: skip
    picture = Picture("figure-deviation", text("report.caption.deviation_chart", **facts), chart)
    return [heading, Paragraph(text("report.sentence.monitoring")), picture, table]


def _deviation(subject: Subject) -> pd.DataFrame:
    """Last compared year of the territory and its parts, parts in alphabetical order, the whole last."""
    rows = subject.facts.deviation
    if rows.empty:
        return rows
    rows = with_centre(rows[rows["year"] == rows["year"].max()])
    return rows.set_index("area_code").reindex([*subject.parts, subject.code]).dropna(subset=["actual"]).reset_index()


def with_centre(rows: pd.DataFrame) -> pd.DataFrame:
    """Causes add up to the difference from the mean forecast; the median is printed, and this cause lies between."""
    return rows.assign(cause_centre=rows["forecast_mean"] - rows["forecast_median"])


def services(subject: Subject) -> list[Block]:
    """Services opened, changed and closed between two reported periods, and users, waiting and staff beside them."""
    first, last = _periods(subject)
    heading = Heading("services", text("report.heading.services_tracked"), wide=True)
    if not first:
        return [heading, Paragraph(text("report.sentence.no_periods"))]
    facts: dict[str, Any] = {"place": subject.label, "first": day(first), "last": day(last)}
    rows, status = service_changes(subject, first, last), status_of(subject.facts.capacity)
    places = (
        Column("service", text("report.column.service"), width=3),
        *_pair("towns", "municipalities"),
        Column("opened", text("report.column.opened"), "count", width=1.1),
        Column("closed", text("report.column.closed"), "count", width=1.1),
        *_pair("places", "places"),
        Column("places_change", text("report.column.difference"), "change"),
    )
    people = (
        Column("service", text("report.column.service"), width=3),
        *_pair("occupied", "occupied"),
        Column("occupied_change", text("report.column.difference"), "change"),
        *_pair("waiting", "waiting"),
        *_pair("staff_filled", "staff_filled"),
    )
    made = [
        Table(f"table-{key}", text(f"report.caption.{key}", **facts), rows, columns,
              source=text("report.source.returns"), note=text("report.note.tracked"), status=status,
              sheet=text(f"report.sheet.{key}"))
        for key, columns in (("services_tracked", places), ("users_tracked", people))
    ]  # fmt: skip
    return [heading, Paragraph(text("report.sentence.services_tracked", **facts)), *made]


def _pair(name: str, heading: str) -> list[Column]:
    """A figure of the earlier and of the later period side by side."""
    ends = (("then", "report.column.earlier"), ("now", "report.column.later"))
    return [
        Column(f"{name}_{end}", text(key, what=text(f"report.column.{heading}")), "count", width=1.2)
        for end, key in ends
    ]


def service_changes(subject: Subject, first: str, last: str) -> pd.DataFrame:
    """One row per service: sums of both periods, and the municipalities where it opened or closed between them.

    Parameters
    ----------
    subject : Subject
    first, last : str
        ISO ends of the periods.

    Returns
    -------
    DataFrame
        ``service, towns_, places_, occupied_, waiting_, staff_filled_`` each with ``then`` and ``now``, ``opened``,
        ``closed``, and ``places_change``, ``occupied_change``.
    """
    summed = ["places", "staff_filled"]
    rows = subject.facts.capacity.astype(dict.fromkeys(summed, "Float64"))
    sides, where = [], {}
    for end, period in (("then", first), ("now", last)):
        one = rows[rows["period_end"] == period]
        where[end] = one.groupby("service_code")["municipality_code"].agg(set)
        sides.append(one.groupby("service_code")[summed].sum(min_count=1).add_suffix(f"_{end}"))
        of_period = subject.counts[subject.counts.index.get_level_values("period_end") == period]
        sides[-1] = sides[-1].join(of_period.droplevel("period_end").add_suffix(f"_{end}"))
    table = sides[0].join(sides[1], how="outer")
    before, after = ([where[end].get(code, set()) for code in table.index] for end in ("then", "now"))
    table["towns_then"], table["towns_now"] = [*map(len, before)], [*map(len, after)]
    table["opened"] = [len(new - old) for old, new in zip(before, after, strict=True)]
    table["closed"] = [len(old - new) for old, new in zip(before, after, strict=True)]
    for name in ("places", "occupied"):
        ends = table[f"{name}_now"], table[f"{name}_then"]
        table[f"{name}_change"] = starred(known(ends[0]) - known(ends[1]), *ends)
    table["service"] = [subject.service(code, True) for code in table.index]
    return by_name(table.reset_index(), "service")


def _periods(subject: Subject) -> tuple[str, str]:
    """Ends of the base year's period (the first one, where that is the newest) and of the newest; else empty."""
    known = sorted(set(subject.facts.capacity["period_end"])) if len(subject.facts.capacity) else []
    if len(known) < 2:
        return "", ""
    base = [end for end in known[:-1] if end.startswith(str(subject.imprint.base_year))]
    return (base or known)[0], known[-1]


def money(subject: Subject) -> list[Block]:
    """State subsidy of each municipality beside what its reported users would cost by the loaded standards."""
    rows = subject.facts.subsidy_check
    heading = Heading("money", text("report.heading.money"), wide=True)
    if rows.empty:
        return [heading, Paragraph(text("common.no_data"))]
    rows = rows[rows["year"] == rows["year"].max()]
    rows = rows.set_index("municipality_code").reindex(subject.parts).dropna(subset=["subsidy"]).reset_index()
    rows["name"] = [area_name(subject, code) for code in rows["municipality_code"]]
    facts: dict[str, Any] = {
        "place": subject.label,
        "year": int(rows["year"].max()),
        "currency": str(rows["currency"].iloc[0]),
    }
    columns = (
        Column("name", text("report.column.part_oblast"), width=2.2),
        Column("subsidy", text("report.column.subsidy"), "money", width=1.4),
        Column("priced_users", text("report.column.priced_users"), "count", width=1.3),
        Column("users_times_standard", text("report.column.users_times_standard"), "money", width=1.5),
        Column("users_without_standard", text("report.column.users_without_standard"), "count", width=1.5),
        Column("subsidy", text("report.column.difference"), "change", width=1.4, minus="users_times_standard"),
    )
    table = Table("table-money", text("report.caption.money", **facts), rows, columns,
                  source=text("report.source.subsidy"), note=text("report.note.money"), status=status_of(rows),
                  sheet=text("report.sheet.money"))  # fmt: skip
    return [heading, table]


def risks(subject: Subject) -> list[Block]:
    """What the figures show of risk: services on project money, empty services, full services with people waiting."""
    rows = subject.capacity
    said = []
    for name, chosen in (
        ("project", rows["funding_type"] == PROJECT),
        ("empty", rows["is_empty"].astype("boolean").fillna(False) & (rows["places"] > 0).fillna(False)),
        ("queue", rows["waiting"].astype(object).eq(HIDDEN) | (known(rows["waiting"]) > 0).fillna(False)),
    ):
        found = rows[chosen.astype(bool)]
        if len(found):
            persons = found["waiting" if name == "queue" else "occupied"]
            told = HIDDEN if persons.astype(object).eq(HIDDEN).any() else number(known(persons).sum())
            said.append(text(f"report.sentence.risk_{name}", count=number(len(found)), persons=told))
    return [
        Heading("risks", text("report.heading.risks")),
        *[Paragraph(one, "bullet") for one in said or [text("report.sentence.risk_none")]],
        Paragraph(text("report.slot.risks")),
    ]


def slot_sections(names: tuple[str, ...]) -> list[Block]:
    """Headings under which only people can write, each with a slot to fill."""
    return [
        block
        for name in names
        for block in (Heading(name, text(f"report.heading.{name}")), Paragraph(text(f"report.slot.{name}")))
    ]
