"""The run's ``index.html``: what was made, from which figures, with which warnings, what changed, what to do next.

Belongs here: choosing and ordering what the page shows. The look stands in ``templates/index.html``; charts are also
written as files (PNG, SVG, CSV) in the folder ``charts`` beside the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ossu_analysis.errors import told
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.charts import Chart
from ossu_analysis.report.charts.boundaries import Outlines, read_outlines
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.facts import read_facts, table_or_empty
from ossu_analysis.report.formats.page import render
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.run import overview
from ossu_analysis.report.run.headlines import compare, headlines, printed
from ossu_analysis.report.run.registry import read_manifest
from ossu_analysis.report.run.report_card import backtest_table, write_report_card
from ossu_analysis.report.sections.notes import sources_table
from ossu_analysis.report.sections.people import fan_chart
from ossu_analysis.report.sections.subject import Subject
from ossu_analysis.report.sections.tracking import CAUSES, with_centre
from ossu_analysis.schemas import all_tables
from ossu_analysis.store import Store
from ossu_analysis.texts import number, text

CHARTS = "charts"
SHOWN_DOCUMENTS = ("docx", "xlsx", "html")


@dataclass(frozen=True)
class Page:
    """What the template prints."""

    name: str
    imprint: Imprint
    banner: str
    cards: list[tuple[str, str]]
    warnings: list[str]
    checks: list[Any]
    documents: list[dict[str, Any]]
    sections: list[list[Block]]
    next_steps: list[str]
    tables: list[tuple[str, str, str]]
    places: Sequence[tuple[str, str, str]]


def write_index(
    store: Store,
    folder: Path,
    imprint: Imprint,
    name: str,
    checks: Sequence[Any],
    rows: Mapping[str, int],
    former: Path | None,
    places: Sequence[tuple[str, str, str]] = (),
) -> pd.DataFrame:
    """Write ``index.html``, the report card and the headline charts of a run.

    Parameters
    ----------
    store : Store
        The working tables.
    folder : Path
        Folder of the run; documents are already in it.
    imprint : Imprint
        Identity of the run.
    name : str
        Name that the folder will have.
    checks : sequence of CheckResult
        What the checks found.
    rows : mapping of str to int
        Rows by ``link.table``.
    former : Path or None
        Folder of the former run, to compare with.
    places : sequence of (address, name, services)
        Pages of the municipalities.

    Returns
    -------
    DataFrame
        Table ``report.headline`` of this run.
    """
    known = headlines(store, imprint.base_year, imprint.until_year, imprint.scenario)
    towns = table_or_empty(store, "reference", "municipality")
    outlines, unusable = read_outlines(store.reference, towns["municipality_code"])
    sections = [
        _country(store, imprint, towns, outlines),
        _accuracy(store),
        _monitoring(store),
        _sources(store),
        _changes(known, former),
    ]
    pictures = [block for section in sections for block in section if isinstance(block, Picture)]
    _write_charts([picture.chart for picture in pictures], folder / CHARTS)
    page = Page(
        name=name,
        imprint=imprint,
        banner=_banner(store, rows),
        cards=_cards(known),
        warnings=[*_warnings(store, checks), *told(unusable)],
        checks=list(checks),
        documents=_documents(store),
        sections=sections,
        next_steps=_next_steps(store, name),
        tables=_tables(rows),
        places=places,
    )
    write_report_card(store, folder, imprint)
    html = render("index.html", page=page, pages=_pages(folder), shown=SHOWN_DOCUMENTS)
    (folder / "index.html").write_text(html, encoding="utf-8")
    return known


def _write_charts(drawn: Sequence[Chart], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for chart in drawn:
        for ending, content in (("png", chart.png()), ("svg", chart.svg()), ("csv", chart.csv())):
            (folder / f"{chart.key}.{ending}").write_bytes(content)


def _pages(folder: Path) -> list[tuple[str, str]]:
    """Addresses of the pages that already stand in the folder, and what they hold."""
    held = {
        "options.html": "allocation.page.link",
        "trace/index.html": "trace.page.link",
        "open_data/datapackage.json": "report.open_data.link",
    }
    return [(address, text(said)) for address, said in held.items() if (folder / address).exists()]


def _cards(known: pd.DataFrame) -> list[tuple[str, str]]:
    """Printed headline numbers; the bounds of the horizon stand beside its median."""
    values = {row["key"]: row for row in known.to_dict("records")}
    cards = []
    for key, row in values.items():
        if key.endswith(("_low", "_high")):
            continue
        shown = printed(row["value"], row["unit"], int(row["digits"]))
        if f"{key}_low" in values:
            bounds = "–".join(number(values[f"{key}_{side}"]["value"]) for side in ("low", "high"))
            shown = f"{shown} ({bounds})"
        cards.append((shown, row["label"]))
    return cards


def _banner(store: Store, rows: Mapping[str, int]) -> str:
    if "capacity.current" not in rows:
        return ""
    statuses = store.sql("select distinct status from capacity.current", ("capacity", "current"))["status"]
    if "demonstration" not in set(statuses):
        return ""
    return text("report.banner.demonstration" if len(statuses) == 1 else "report.banner.mixed")


# --- sections


def country_subject(store: Store, imprint: Imprint) -> Subject:
    """The country as a subject."""
    return Subject(read_facts(store, COUNTRY, imprint.scenario), imprint, COUNTRY)


def _country(store: Store, imprint: Imprint, towns: pd.DataFrame, outlines: Outlines | None) -> list[Block]:
    base, year = imprint.base_year, imprint.until_year
    squares = overview.tiles(towns)
    totals = (
        f"area_level = 'municipality' and sex = 'T' and age_from = 0 and age_to is null and year in ({base}, {year})"
    )
    forecast = table_or_empty(store, "population", "forecast", f"{totals} and scenario = '{imprint.scenario}'")
    gaps = table_or_empty(store, "gap", "service_gap", f"year = {year} and scenario = '{imprint.scenario}'")
    blocks: list[Block] = [Heading("country", text("report.heading.country"))]
    if len(forecast):
        blocks.append(Picture("fan", text("report.caption.country_fan"), fan_chart(country_subject(store, imprint))))
        change = overview.population_change(forecast, base, year)
        chart = overview.change_map(change, squares, base, year, outlines)
        blocks.append(Picture("map-change", _map_caption("map_change", outlines), chart))
    if len(gaps):
        chart = overview.gap_map(gaps, squares, year, outlines)
        blocks.append(Picture("map-gap", _map_caption("map_gap", outlines), chart))
    return blocks


def _map_caption(name: str, outlines: Outlines | None) -> str:
    return text(f"boundaries.caption.{name}" if outlines else f"report.caption.{name}")


def _accuracy(store: Store) -> list[Block]:
    score, card = table_or_empty(store, "evaluation", "score"), table_or_empty(store, "evaluation", "report_card")
    heading = Heading("accuracy", text("report.heading.accuracy"))
    if score.empty:
        return [heading, Paragraph(text("evaluation.summary.none"))]
    return [
        heading,
        Paragraph(text("evaluation.lead")),
        Picture("backtest", text("report.caption.backtest"), overview.backtest_chart(score)),
        backtest_table(score),
        Picture("calibration", text("report.caption.calibration"), overview.calibration_chart(score)),
        *_report_card(card),
    ]


def _report_card(card: pd.DataFrame) -> list[Block]:
    """How often a simple method was better, and our error and coverage with and without a census."""
    if card.empty:
        return []
    horizon = int(card["horizon_years"].max())
    groups = card.groupby("crosses_census", as_index=False)
    rows = groups.agg(mape=("mape", "mean"), malpe=("malpe", "mean"), coverage=("coverage_80", "mean"),
                      worse=("is_baseline_better", "mean"))  # fmt: skip
    rows["census"] = [text(f"report.census.{bool(crosses)}") for crosses in rows["crosses_census"]]
    columns = (
        Column("census", text("report.column.window"), width=2),
        Column("mape", text("evaluation.metric.mape"), "share"),
        Column("malpe", text("evaluation.metric.malpe"), "share"),
        Column("coverage", text("evaluation.metric.coverage_80"), "share"),
        Column("worse", text("report.column.baseline_better"), "share"),
    )
    table = Table(
        "table-card",
        text("report.caption.report_card", horizon=horizon),
        rows,
        columns,
        note=text("report.note.report_card"),
    )
    return [table]


def _monitoring(store: Store) -> list[Block]:
    deviation, oblasts = table_or_empty(store, "monitoring", "deviation"), table_or_empty(store, "reference", "oblast")
    heading = Heading("monitoring", text("report.heading.monitoring"))
    if deviation.empty:
        return [heading, Paragraph(text("common.no_data"))]
    chart = overview.monitoring_chart(deviation, oblasts)
    return [
        heading,
        Paragraph(text("report.sentence.monitoring")),
        Picture("monitoring-chart", text("report.caption.monitoring"), chart),
        monitoring_table(deviation, oblasts),
    ]


def monitoring_table(deviation: pd.DataFrame, oblasts: pd.DataFrame) -> Table:
    """Earlier forecast and actual of every oblast, with the causes that add up to the difference."""
    rows = with_centre(overview.monitoring_rows(deviation, oblasts))
    rows["inside"] = [text(f"report.words.{'yes' if inside else 'no'}") for inside in rows["is_inside_80"]]
    columns = (
        Column("name", text("report.column.oblast"), width=2),
        Column("forecast_median", text("report.column.forecast"), "interval", 0, "forecast_low", "forecast_high", 2),
        Column("actual", text("report.column.actual"), "count"),
        Column("actual", text("report.column.deviation"), "change", minus="forecast_median"),
        *(Column(f"cause_{cause}", text(f"report.column.cause_{cause}"), "change") for cause in CAUSES),
        Column("inside", text("report.column.inside")),
    )
    year = int(rows["year"].max()) if len(rows) else 0
    base = int(rows["base_year"].max()) if len(rows) else 0
    caption = text("report.caption.monitoring_table", year=year, base=base)
    return Table("table-monitoring", caption, rows, columns, source=text("report.source.population"),
                 note=text("report.note.monitoring"))  # fmt: skip


def _sources(store: Store) -> list[Block]:
    table = sources_table(table_or_empty(store, "reference", "source"))
    return [Heading("sources", text("report.heading.from_figures")), table]


def _changes(known: pd.DataFrame, former: Path | None) -> list[Block]:
    heading = Heading("changes", text("report.heading.changes"))
    if former is None:
        return [heading, Paragraph(text("report.sentence.first_run"))]
    columns = (
        Column("label", text("report.column.measure"), width=3),
        Column("before", former.name),
        Column("now", text("report.column.this_run")),
        Column("change", text("report.column.difference")),
    )
    rows = compare(known, read_manifest(former)["headlines"])
    return [heading, Table("table-changes", text("report.caption.changes", name=former.name), rows, columns)]


# --- warnings, documents, what next


def _warnings(store: Store, checks: Sequence[Any]) -> list[str]:
    said = [check.message or check.name for check in checks if not check.passed]
    rules = table_or_empty(store, "reference", "rule")
    # A run of the documents alone has no check of the rules; otherwise the check has said it already.
    if len(rules) and not any(check.name.startswith("reference.rule") for check in checks):
        missing = rules.groupby("service_code")["rate"].apply(lambda rates: rates.isna().all())
        if missing.any():
            said.append(text("report.warning.criteria", count=number(int(missing.sum())), of=number(len(missing))))
    groups = table_or_empty(store, "demand", "group_status")
    groups = groups[groups["target_group"].str.startswith("TG-")]
    if len(groups) and not groups["has_rate"].all():
        said.append(
            text("report.warning.groups", count=number(int((~groups["has_rate"]).sum())), of=number(len(groups)))
        )
    edited = table_or_empty(store, "reference", "source")
    said += [text("report.warning.edited", file=row["file"]) for row in edited.to_dict("records") if row["is_edited"]]
    return said


def _documents(store: Store) -> list[dict[str, Any]]:
    """One row per document with its files by format, oblast summaries before their municipalities."""
    files = table_or_empty(store, "report", "document")
    rows = []
    for (oblast, area, _), group in files.groupby(["oblast_code", "area_code", "output"], sort=False):
        links = dict(zip(group["format"], group["file"], strict=True))
        first = group.iloc[0]
        rows.append({"oblast": oblast, "area": area, "title": first["title"], "place": first["place"], "links": links,
                     "mark": text("common.demonstration") if first["status"] == "demonstration" else ""})  # fmt: skip
    return sorted(rows, key=lambda row: (row["oblast"], row["area"] != row["oblast"], row["area"]))


def _next_steps(store: Store, name: str) -> list[str]:
    steps = ["returns", "criteria", "fill_in", "approve"]
    return [text(f"report.next.{step}", name=name) for step in steps]


def _tables(rows: Mapping[str, int]) -> list[tuple[str, str, str]]:
    comments = {f"{link}.{table}": declared.comment for (link, table), declared in all_tables().items()}
    return [(name, number(count), comments.get(name, "")) for name, count in sorted(rows.items())]
