"""Sections 5 to 7: the network of services as reported, the demand ahead, and what is missing."""

from typing import Any

import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table, trace_address
from ossu_analysis.report.disclosure.asterisk import HIDDEN, known, starred
from ossu_analysis.report.disclosure.counts import QUANTITIES
from ossu_analysis.report.sections.subject import Subject, by_name, named, status_of
from ossu_analysis.texts import day, interval, number, probability, text

SHOWN_PANELS = 6
"""Services drawn as small multiples: those with the largest demand at the horizon."""
GAPS_TOLD = 3
"""Services whose missing places are told in sentences: those that lack the most."""
SAID_BESIDE = ("common.demonstration", "common.no_criterion", "gap.no_map_number", "gap.no_cost_standard",
               "gap.no_staff_standard", "capacity.straight_line")  # fmt: skip
SUMS = ["places", "staff_posts", "staff_filled"]


def network(subject: Subject) -> list[Block]:
    """Places, occupied and waiting as reported, kept apart, per service."""
    rows = network_rows(subject)
    columns = (
        Column("service", text("report.column.service"), width=3.2),
        Column("as_of", text("report.column.as_of"), width=1.3),
        Column("municipalities", text("report.column.municipalities"), "count", width=1.1),
        Column("places", text("report.column.places"), "count"),
        Column("occupied", text("report.column.occupied"), "count"),
        Column("occupancy", text("report.column.occupancy"), "share", width=1.1),
        Column("waiting", text("report.column.waiting"), "count", width=1.1),
        Column("staff_filled", text("report.column.staff_filled"), "count", width=1.1),
        Column("staff_posts", text("report.column.staff_posts"), "count", width=1.1),
    )
    shown = columns if subject.level != "municipality" else tuple(c for c in columns if c.name != "municipalities")
    table = Table(
        "table-network",
        text("report.caption.network", place=subject.label),
        rows,
        shown,
        source=text("report.source.returns"),
        note=text("report.note.network"),
        status=status_of(subject.capacity),
        sheet=text("report.sheet.network"),
    )
    return [
        Heading("network", text("report.heading.network")),
        Paragraph(text("report.sentence.network", place=subject.label, count=len(rows))),
        table,
        Paragraph(text("report.slot.network")),
    ]


def network_rows(subject: Subject) -> pd.DataFrame:
    """One row per service: sums over the territory, newest period; a figure nobody reported stays missing."""
    rows = subject.capacity
    if rows.empty:
        return pd.DataFrame(columns=["service", "as_of", "municipalities", "occupancy", *QUANTITIES, *SUMS])
    grouped = rows.astype(dict.fromkeys(SUMS, "Float64")).groupby("service_code")
    table = grouped[SUMS].sum(min_count=1).astype("Float64")
    table["municipalities"] = grouped["municipality_code"].nunique()
    ends = grouped["period_end"].max()
    table["as_of"] = ends.map(day)
    counts = subject.counts.reindex(pd.MultiIndex.from_arrays([ends.index, ends]))
    table[list(QUANTITIES)] = counts.to_numpy()
    table["occupancy"] = occupancy(table)
    table["service"] = [subject.service(code, True) for code in table.index]
    return by_name(table.reset_index(), "service")


def occupancy(rows: pd.DataFrame) -> "pd.Series[Any]":
    """Share of places that are taken; hidden where the persons who take them are."""
    return starred(known(rows["occupied"]) / rows["places"].where(rows["places"] > 0), rows["occupied"])


def demand(subject: Subject) -> list[Block]:
    """Fans of the main services and the table of all, with 80 % ranges."""
    horizon = subject.planning_year
    chart = demand_chart(subject)
    caption = text("report.caption.demand_chart", place=subject.label)
    return [
        Heading("demand", text("report.heading.demand")),
        Paragraph(text("report.sentence.demand", horizon=horizon)),
        Picture("figure-demand", caption, chart),
        _demand_table(subject),
        Paragraph(text("report.slot.demand")),
    ]


def demand_chart(subject: Subject) -> charts.Chart:
    """Small multiples: reported users, forecast demand, places today."""
    at_horizon = subject.demand[subject.demand["year"] == subject.planning_year]
    largest = at_horizon.nlargest(SHOWN_PANELS, "median")["service_code"]
    newest = subject.capacity.groupby("service_code")["places"].sum(min_count=1)
    panels = [
        (subject.service(code), *_panel(subject, code), float(newest.get(code, float("nan")))) for code in largest
    ]
    wanted = at_horizon.set_index("service_code")["median"]
    above = sum(bool(wanted[code] > newest.get(code, float("nan"))) for code in largest)
    known = sum(panel[3] == panel[3] for panel in panels)
    finding = "demand_unknown" if not known else "demand" if above else "demand_none"
    title = text(f"report.finding.{finding}", above=above, known=known, horizon=subject.planning_year)
    return charts.demand_multiples(
        panels,
        key=f"demand_{subject.code}",
        title=title,
        subtitle=text("report.chart.demand", place=subject.label),
        source=text("report.source.demand"),
        is_demonstration=subject.demand_status in {"demonstration", "mixed"},
    )


def _panel(subject: Subject, code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reported users by year and the forecast of one service."""
    rows = subject.counts["occupied"].reset_index()
    rows = rows[rows["service_code"] == code]
    rows = rows.assign(year=rows["period_end"].str[:4].astype(int), persons=known(rows["occupied"]))
    # A count that is hidden has no point in the chart.
    history = rows.dropna(subset=["persons"])[["year", "persons"]].astype(float)
    ahead = subject.demand[subject.demand["service_code"] == code].sort_values("year")
    ahead = ahead[ahead["year"] > history["year"].max()] if len(history) else ahead
    ahead = ahead[ahead["year"] > subject.imprint.base_year]
    return history, ahead.drop(columns=["service_code", "service", "mean"], errors="ignore").astype(float)


def _demand_table(subject: Subject) -> Table:
    first, last = subject.imprint.base_year, subject.planning_year
    years = [first + 1, (first + last + 1) // 2, last]
    table = pd.DataFrame({"service_code": sorted(subject.demand["service_code"].unique())})
    table["service"] = [subject.service(code, True) for code in table["service_code"]]
    table = by_name(table, "service")
    columns = [Column("service", text("report.column.service"), width=3)]
    for year in years:
        one = subject.demand[subject.demand["year"] == year].set_index("service_code")
        for name in ("median", "low_80", "high_80"):
            table[f"{name}_{year}"] = table["service_code"].map(one[name]) if name in one else float("nan")
        heading = text("report.column.demand_in", year=year)
        columns.append(Column(f"median_{year}", heading, "interval", 0, f"low_80_{year}", f"high_80_{year}", 1.6))
    return Table(
        "table-demand",
        text("report.caption.demand", place=subject.label),
        table,
        tuple(columns),
        source=text("report.source.demand"),
        note=text("report.note.demand"),
        status=subject.demand_status,
        sheet=text("report.sheet.demand"),
    )


def gap_rows(subject: Subject, year: int) -> pd.DataFrame:
    """Gap of one year with what is printed in words: service, level, criterion and map."""
    rows = (
        subject.gap(year)
        .sort_values("gap_to_demand_places", ascending=False, na_position="last")
        .reset_index(drop=True)
    )
    rows["trace"] = [trace_address(subject.code, "gap", code, "") for code in rows["service_code"]]
    rows["service"] = [subject.service(code, True) for code in rows["service_code"]]
    if "planning_level" in rows:
        rows["level"] = [named("report.planning_level", level) for level in rows["planning_level"]]
        rows["criterion"] = said(rows["criterion_maximum"], "common.no_criterion")
        rows["map"] = said(rows["map_number"], "common.no_data")
    return rows


def said(values: "pd.Series[Any]", missing: str) -> list[Any]:
    """Numbers, with the sentence of a text key where there is none; the asterisk of a hidden count stays."""
    return [text(missing) if pd.isna(value) else value if value == HIDDEN else float(value) for value in values]


def gap(subject: Subject) -> list[Block]:
    """Gap table of the planning year, on a page on its side."""
    year = subject.planning_year
    rows = gap_rows(subject, year)
    return [
        Heading("gap", text("report.heading.gap"), wide=True),
        Paragraph(text("report.sentence.gap", year=year)),
        *[Paragraph(sentence, "bullet") for sentence in gap_sentences(rows, year)],
        _gap_table(subject, rows, year),
        *_means(subject, rows, year),
        Paragraph(text("report.slot.gap")),
    ]


def _means(subject: Subject, rows: pd.DataFrame, year: int) -> list[Block]:
    """Way to the nearest place, posts and yearly cost of what is missing, and what weakens each figure."""
    if "km_to_nearest" not in rows:
        return []
    rows = rows.assign(
        staff=said(rows["staff_needed"], "common.no_standard"),
        cost=said(rows["yearly_cost"], "common.no_standard"),
        money=[_money(*row) for row in zip(rows["currency"], rows["price_year"], strict=True)],
        remark=rows["remark"].fillna("").map(_unsaid),
    )
    columns = (
        Column("service", text("report.column.service"), width=2.4),
        Column("occupancy", text("report.column.occupancy"), "share", width=0.9, origin="occupied"),
        Column("km_to_nearest", text("report.column.km_to_nearest"), "count", width=1.1),
        Column("gap_to_map_places", text("report.column.gap_to_map"), "change", width=1.1),
        Column("gap_to_criterion_places", text("report.column.gap_to_criterion"), "change", width=1.1),
        Column("staff", text("report.column.staff_needed"), "count", 1, width=1.1, origin="staff_needed"),
        Column("cost", text("report.column.cost"), "count", width=1.1, origin="yearly_cost"),
        Column("money", text("report.column.currency"), width=0.9),
        Column("remark", text("report.column.remark"), width=6.4),
    )
    rows = rows.assign(occupancy=occupancy(rows))
    table = Table(
        "table-gap-means",
        text("report.caption.gap_means", place=subject.label, year=year),
        rows,
        columns,
        source=text("report.source.demand"),
        note=text("report.note.gap_means"),
        status=status_of(rows),
        sheet=text("report.sheet.gap_means"),
    )
    return [table]


def _money(currency: Any, year: Any) -> str:
    """Currency and the year of its prices."""
    return "–" if pd.isna(currency) or pd.isna(year) else f"{currency}, {year}"


def _unsaid(remark: str) -> str:
    """A remark without what the title, a column or the note below the table says already."""
    said_already, measured = {text(key) for key in SAID_BESIDE}, text("capacity.times_factor").partition("{")[0]
    kept = (part for part in remark.split("; ") if part not in said_already and not part.startswith(measured))
    return "; ".join(kept) or "–"


def gap_sentences(rows: pd.DataFrame, year: int) -> list[str]:
    """One sentence per service with the largest missing places; one sentence when nothing is missing."""
    missing = rows[rows["gap_to_demand_places"] >= 0.5].nlargest(GAPS_TOLD, "gap_to_demand_places")
    if rows.empty:
        return [text("report.sentence.gap_unknown", year=year)]
    if missing.empty:
        return [text("report.sentence.gap_none", year=year)]
    return [
        text(
            "report.sentence.gap_service",
            service=row["service"],
            year=year,
            demand=interval(row["demand_median"], row["demand_low"], row["demand_high"]),
            places=number(row["places"]),
            gap=number(row["gap_to_demand_places"]),
            probability=probability(row["probability_gap_positive"]),
        )
        for row in missing.to_dict("records")
    ]


def _gap_table(subject: Subject, rows: pd.DataFrame, year: int) -> Table:
    demand_heading = text("report.column.demand_in", year=year)
    columns = (
        Column("service", text("report.column.service"), width=3.2),
        Column("level", text("report.column.level"), width=1.5),
        Column("municipalities_with_service", text("report.column.municipalities"), "count", width=1.2),
        Column("target_population", text("report.column.target_population"), "count", width=1.2),
        Column("places", text("report.column.places"), "count", width=0.9),
        Column("occupied", text("report.column.occupied"), "count", width=0.9),
        Column("waiting", text("report.column.waiting"), "count", width=1.1),
        Column("map", text("report.column.map_number"), "count", width=1.2, origin="map_number"),
        Column("criterion", text("report.column.criterion"), "count", width=1.6, origin="criterion_maximum"),
        Column("demand_median", demand_heading, "interval", 0, "demand_low", "demand_high", 2.0),
        Column("gap_to_demand_places", text("report.column.gap"), "change", width=1.2),
        Column("missing_without_sharing_places", text("report.column.gap_alone"), "count", width=1.7),
        Column("probability_gap_positive", text("report.column.probability"), "probability", width=1.4),
        Column("confidence", text("report.column.confidence"), width=1.3),
    )
    return Table(
        "table-gap",
        text("report.caption.gap", place=subject.label, year=year),
        rows,
        tuple(column for column in columns if column.name in rows),
        source=text("report.source.demand"),
        note=text(f"report.note.gap_{subject.level}"),
        status=status_of(rows),
        sheet=text("report.sheet.gap"),
    )
