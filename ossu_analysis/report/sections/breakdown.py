"""Sections of an oblast or the country alone: population by part, heat map, and the territorial breakdown."""

import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.sections.subject import Subject, area_name, is_demonstration, ratio, status_of
from ossu_analysis.texts import text


def parts(subject: Subject) -> list[Block]:
    """Table of the municipalities of an oblast, or of the oblasts: total and 65+, base year and horizon."""
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    columns = (
        Column("part", text(f"report.column.part_{subject.level}"), width=2.2),
        Column("now", text("report.column.in_year", year=base), "count", width=1.1),
        Column("then", text("report.column.forecast_in", year=horizon), "interval", 0, "then_low", "then_high", 2.2),
        Column("change", text("report.column.change", base=base, horizon=horizon), "share", width=1.2),
        Column("old", text("report.column.old_then", year=horizon), "interval", 0, "old_low", "old_high", 2),
        Column("old_share", text("report.column.old_share", year=horizon), "share", width=1.1),
    )
    table = Table(
        "table-parts",
        text(f"report.caption.parts_{subject.level}", place=subject.label),
        part_rows(subject),
        columns,
        source=text("report.source.population"),
        note=text("report.note.parts"),
        sheet=text(f"report.sheet.parts_{subject.level}"),
    )
    return [table]


def part_rows(subject: Subject) -> pd.DataFrame:
    """One row per part of the territory and one for the whole, from its own draws."""
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    codes = [*subject.parts, subject.facts.oblast_code]
    rows = []
    for code in codes:
        one = Subject(subject.facts, subject.imprint, code)
        now, then, old = one.at(0, None, base), one.at(0, None, horizon), one.at(65, None, horizon)
        row = {
            "part": area_name(subject, code),
            "now": now.get("median"),
            "change": ratio(then.get("median"), now.get("median")) - 1,
        }
        for name, values in (("then", then), ("old", old)):
            row |= {
                name: values.get("median"),
                f"{name}_low": values.get("low_80"),
                f"{name}_high": values.get("high_80"),
            }
        rows.append(row | {"old_share": ratio(old.get("median"), then.get("median"))})
    return pd.DataFrame(rows)


def heat(subject: Subject) -> list[Block]:
    """Heat map of missing places at the horizon."""
    year = subject.planning_year
    return [
        Picture(
            "figure-heat",
            text(f"report.caption.heat_{subject.level}", place=subject.label, year=year),
            heat_chart(subject),
        )
    ]


def heat_chart(subject: Subject) -> charts.Chart:
    """Municipality by service, median of missing places."""
    year = subject.planning_year
    rows = subject.part_gap(year)
    values = matrix(subject, rows, "gap_to_demand_places")
    table = values.rename(columns=subject.service)
    known = table.notna().to_numpy()
    title = text(
        f"report.finding.gap_{subject.level}",
        year=year,
        count=int((table.to_numpy(float, na_value=0.0) >= 0.5).sum()),
        of=int(known.sum()),
    )
    return charts.gap_heatmap(
        table,
        key=f"gap_{subject.code}",
        title=title,
        subtitle=text("report.chart.heat", place=subject.label),
        source=text("report.source.demand"),
        is_demonstration=is_demonstration(rows),
    )


def matrix(subject: Subject, rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """Parts of the territory (in alphabetical order) by service; a service without any figure is left out."""
    table = rows.pivot(index="area_code", columns="service_code", values=value).dropna(axis="columns", how="all")
    return table.reindex(subject.parts).rename(index=lambda code: area_name(subject, code)).astype("float64")


def breakdown(subject: Subject) -> list[Block]:
    """Territorial breakdown: places, demand and gap apart, one table each, municipality by service."""
    year = subject.planning_year
    rows = subject.part_gap(year)
    lines = subject.facts.lines
    lines = lines[lines["area_level"] == "municipality"]
    tables = [
        _matrix_table(subject, "places", rows, "places", "count", year),
        _matrix_table(subject, "demand", rows, "demand_median", "count", year),
        _matrix_table(subject, "gap", rows, "gap_to_demand_places", "change", year),
        _matrix_table(subject, "users", lines, "proposed_users", "count", year),
    ]
    return [
        Heading("breakdown", text("report.heading.breakdown"), wide=True),
        Paragraph(text("report.sentence.breakdown")),
        Paragraph(text("report.sentence.breakdown_alone")),
        *tables,
        Paragraph(text("report.slot.breakdown")),
    ]


def _matrix_table(subject: Subject, key: str, rows: pd.DataFrame, value: str, kind: str, year: int) -> Table:
    table = matrix(subject, rows, value)
    columns = [Column("part", text(f"report.column.part_{subject.level}"), width=3.2)]
    columns += [
        Column(str(code), subject.service(str(code), True), kind, width=1.1, upright=True) for code in table.columns
    ]
    return Table(
        f"table-breakdown-{key}",
        text(f"report.caption.breakdown_{key}", place=subject.label, year=year),
        table.rename_axis(index="part", columns=None).reset_index(),
        tuple(columns),
        source=text("report.source.demand"),
        note=text("report.note.breakdown"),
        status=status_of(rows),
        sheet=text(f"report.sheet.breakdown_{key}"),
    )
