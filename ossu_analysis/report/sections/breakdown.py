"""Sections of the oblast summary alone: population by municipality, heat map, and the territorial breakdown."""

import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.sections.case import Case, by_name, ratio, status_of
from ossu_analysis.texts import text


def municipalities(case: Case) -> list[Block]:
    """Table of the municipalities: total and 65+, base year and horizon."""
    base, horizon = case.imprint.base_year, case.imprint.until_year
    columns = (
        Column("municipality", text("report.column.municipality"), width=2.2),
        Column("now", text("report.column.in_year", year=base), "count", width=1.1),
        Column("then", text("report.column.forecast_in", year=horizon), "interval", 0, "then_low", "then_high", 2.2),
        Column("change", text("report.column.change", base=base, horizon=horizon), "share", width=1.2),
        Column("old", text("report.column.old_then", year=horizon), "interval", 0, "old_low", "old_high", 2),
        Column("old_share", text("report.column.old_share", year=horizon), "share", width=1.1),
    )
    table = Table(
        "table-municipalities",
        text("report.caption.municipalities", place=case.label),
        municipality_rows(case),
        columns,
        source=text("report.source.population"),
        note=text("report.note.municipalities"),
        sheet=text("report.sheet.municipalities"),
    )
    return [table]


def municipality_rows(case: Case) -> pd.DataFrame:
    """One row per municipality of the oblast and one for the oblast, from its own draws."""
    base, horizon = case.imprint.base_year, case.imprint.until_year
    codes = [*by_name(case.facts.municipalities, "name_bg")["municipality_code"], case.facts.oblast_code]
    rows = []
    for code in codes:
        one = Case(case.facts, case.imprint, code)
        now, then, old = one.at(0, None, base), one.at(0, None, horizon), one.at(65, None, horizon)
        row = {
            "municipality": area_name(case, code),
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


def area_name(case: Case, code: str) -> str:
    """``Бяла (VAR05)``: the name alone does not identify a municipality."""
    name = case.facts.name(code)
    return text("report.label.oblast", name=name, code=code) if code == case.facts.oblast_code else f"{name} ({code})"


def heat(case: Case) -> list[Block]:
    """Heat map of missing places at the horizon."""
    year = case.planning_year
    return [Picture("figure-heat", text("report.caption.heat", place=case.label, year=year), heat_chart(case))]


def heat_chart(case: Case) -> charts.Chart:
    """Municipality by service, median of missing places."""
    year = case.planning_year
    rows = case.municipal_gap(year)
    values = matrix(case, rows, "gap_to_demand_places")
    table = values.rename(columns=case.service)
    known = table.notna().to_numpy()
    title = text(
        "report.finding.gap",
        year=year,
        count=int((table.to_numpy(float, na_value=0.0) >= 0.5).sum()),
        of=int(known.sum()),
    )
    return charts.gap_heatmap(
        table,
        key=f"gap_{case.code}",
        title=title,
        subtitle=text("report.chart.heat", place=case.label),
        source=text("report.source.demand"),
        is_demonstration=status_of(rows) in {"demonstration", "mixed"},
    )


def matrix(case: Case, rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """Municipalities (in alphabetical order) by service; a service without any figure is left out."""
    towns = by_name(case.facts.municipalities, "name_bg")["municipality_code"]
    table = rows.pivot(index="municipality_code", columns="service_code", values=value).dropna(
        axis="columns", how="all"
    )
    return table.reindex(towns).rename(index=lambda code: area_name(case, code)).astype("float64")


def breakdown(case: Case) -> list[Block]:
    """Territorial breakdown: places, demand and gap apart, one table each, municipality by service."""
    year = case.planning_year
    rows = case.municipal_gap(year)
    lines = case.facts.lines
    lines = lines[lines["area_level"] == "municipality"].rename(columns={"area_code": "municipality_code"})
    tables = [
        _matrix_table(case, "places", rows, "places", "count", year),
        _matrix_table(case, "demand", rows, "demand_median", "count", year),
        _matrix_table(case, "gap", rows, "gap_to_demand_places", "change", year),
        _matrix_table(case, "users", lines, "proposed_users", "count", year),
    ]
    return [
        Heading("breakdown", text("report.heading.breakdown"), wide=True),
        Paragraph(text("report.sentence.breakdown")),
        Paragraph(text("report.sentence.breakdown_alone")),
        *tables,
        Paragraph(text("report.slot.breakdown")),
    ]


def _matrix_table(case: Case, key: str, rows: pd.DataFrame, value: str, kind: str, year: int) -> Table:
    table = matrix(case, rows, value)
    columns = [Column("municipality", text("report.column.municipality"), width=3.2)]
    columns += [
        Column(str(code), case.service(str(code), True), kind, width=1.1, upright=True) for code in table.columns
    ]
    return Table(
        f"table-breakdown-{key}",
        text(f"report.caption.breakdown_{key}", place=case.label, year=year),
        table.rename_axis(index="municipality", columns=None).reset_index(),
        tuple(columns),
        note=text("report.note.breakdown"),
        status=status_of(rows),
        sheet=text(f"report.sheet.breakdown_{key}"),
    )
