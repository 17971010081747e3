"""What an analyst sees on an asset page: chart, first rows, row count, statuses, sources, columns with units.

Which rows and which chart say the most of a table is decided in `ossu_analysis.report.asset_view`; here they become
Dagster metadata. A chart stands there twice: by address, inline while `ossu ui` serves it, and inside the page itself
behind „Show Markdown“.
"""

import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import Store, connect, quoted
from ossu_analysis.texts import day, heading, number, text

PREVIEW_ROWS = 8
PREVIEW_COLUMNS = 9
FILES_URL = "OSSU_FILES_URL"
TRACED = {
    ("gap", "service_gap"),
    ("gap", "oblast_gap"),
    ("proposal", "line"),
    ("proposal", "option"),
    ("proposal", "allocation"),
}
"""Tables whose every number has a place on the trace pages of a run."""
CELL = 60
"""Characters of a text in a preview."""
WRITTEN_AS_IS = 9999
"""Whole numbers up to here are years and small counts; larger ones get thousands apart."""


def column_schema(link: str, table: str) -> dg.TableSchema:
    """Columns of a declared table for the section „Columns“ of its page."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(info.name, info.sql_type, f"{info.comment} [{info.unit}]" if info.unit else info.comment)
            for info in columns(table_class(link, table))
        ]
    )


def table_page(store: Store, link: str, table: str) -> dict[str, Any]:
    """Chart, first rows, row count, statuses and sources of a working table, as Dagster metadata."""
    from ossu_analysis.report.asset_view import PREVIEWS

    path = store.made(link, table)
    page = _chart(store, link, table)
    with connect() as db:
        db.execute(f"create or replace temp view shown as select * from read_parquet({quoted(path)})")
        asked = PREVIEWS.get((link, table))
        first = db.sql(asked or f"select * from shown limit {PREVIEW_ROWS}").df()
        if "status" in first:
            first["status"] = first["status"].map(_status)
        first = first.rename(columns=heading) if asked else first.iloc[:, :PREVIEW_COLUMNS]
        page[text("pipelines.page.preview")] = markdown_table(first)
        page["dagster/row_count"] = int(db.sql("select count(*) as n from shown").df()["n"].iloc[0])
        known = db.sql("select * from shown limit 0").columns
        for column in [name for name in ("status", "source_id", "scenario") if name in known]:
            counted = db.sql(
                f"select {column} as kind, count(*) as n from shown group by 1 order by 2 desc limit 12"
            ).df()
            said = [f"{_status(row.kind)}: {number(row.n)}" for row in counted.itertuples()]
            page[text(f"pipelines.page.{column}")] = ", ".join(said)
    return (
        page
        | _origin(link, table)
        | (_publisher(store, table) if link == "sources" else {})
        | {text("pipelines.page.file"): dg.MetadataValue.path(str(path))}
    )


def _origin(link: str, table: str) -> dict[str, Any]:
    """Links to the pages of the latest run that say where the numbers of the table come from."""
    pages = {"origin": "trace/index.html"} if (link, table) in TRACED else {}
    pages |= {"options": "options.html"} if table.startswith(("allocation", "budget_curve")) else {}
    return {
        text(f"pipelines.page.{name}"): dg.MetadataValue.url(f"{files_address()}/latest/{page}")
        for name, page in pages.items()
    }


def _status(kind: object) -> str:
    said = text(f"common.status.{kind}")
    return str(kind) if said.startswith("common.") else said


def _chart(store: Store, link: str, table: str) -> dict[str, Any]:
    """The chart of a table, by address and inside the page; its file stands beside the table."""
    from ossu_analysis.report.asset_view import chart_of

    drawn = chart_of(store, link, table)
    if drawn is None:
        return {}
    png, title = drawn
    file = store.path(link, table).with_suffix(".png")
    file.write_bytes(png)
    address = f"{files_address()}/charts/{link}/{table}.png?{int(file.stat().st_mtime)}"
    inside = f"data:image/png;base64,{b64encode(png).decode()}"
    return {
        text("pipelines.page.chart"): dg.MetadataValue.md(f"![{title}]({address})"),
        text("pipelines.page.chart_inside"): dg.MetadataValue.md(f"![{title}]({inside})"),
    }


def _publisher(store: Store, table: str) -> dict[str, Any]:
    """Who published the figures, when they were taken, and to which dates they refer."""
    rows = store.read("reference", "source", f"table_name = '{table}'")
    if rows.empty:
        return {}
    newest = rows.sort_values("vintage").iloc[-1]
    return {
        text("pipelines.page.publisher"): f"{newest['publisher_bg']}, {newest['dataset_code']}: {newest['title_bg']}",
        text("pipelines.page.vintage"): ", ".join(day(vintage) for vintage in sorted(set(rows["vintage"]))),
        text("pipelines.page.refers_to"): f"{newest['first_year']}–{newest['last_year']}, {newest['reference_bg']}",
        text("pipelines.page.landing"): dg.MetadataValue.url(str(newest["landing_page"])),
        text("pipelines.page.raw"): dg.MetadataValue.path(str(newest["file"])),
    }


def markdown_table(rows: pd.DataFrame) -> dg.MetadataValue:
    """Rows as they read on an asset page, numbers in Bulgarian form."""
    shown = pd.DataFrame({name: [*map(printed, rows[name], [_digits(rows[name])] * len(rows))] for name in rows})
    sides = ["right" if pd.api.types.is_numeric_dtype(rows[name]) else "left" for name in rows]
    return dg.MetadataValue.md(shown.to_markdown(index=False, colalign=sides if len(shown) else None))


def _digits(values: "pd.Series[Any]") -> int:
    """Decimals of a column: none for counts and large figures, three for shares and rates."""
    if not pd.api.types.is_float_dtype(values):
        return 0
    known = values.dropna().abs()
    return 0 if known.empty or (known == known.round()).all() or known.max() >= 100 else 1 if known.max() > 1 else 3


def printed(value: Any, digits: int = 2) -> str:
    """A cell as an analyst reads it: decimals rounded, yes and no in words, „..“ where nothing is known."""
    if value is None or value is pd.NA or value != value:
        return ".."
    if str(value) in {"True", "False"}:
        return text(f"pipelines.{str(value).lower()}")
    if isinstance(value, float):
        return number(value, 0 if value == round(value) else digits)
    if isinstance(value, str):
        return (value if len(value) <= CELL else f"{value[:CELL]} …").replace("|", "·").replace("\n", " ")
    return number(value) if str(value).isdigit() and int(value) > WRITTEN_AS_IS else str(value)


def failing_rows(faulty: Any, limit: int = 50) -> dg.MetadataValue:
    """Rows that break a table's declaration, as a table for the page."""
    cases = faulty.failure_cases.head(limit)
    records = [
        dg.TableRecord(
            {
                heading("column"): str(case.column),
                heading("rule"): str(case.check),
                heading("value"): str(case.failure_case),
                heading("row"): str(case.index),
            }
        )
        for case in cases.itertuples(index=False)
    ]
    return dg.MetadataValue.table(records)


def files_address() -> str:
    """Where `ossu ui` serves finished runs and charts."""
    return os.environ.get(FILES_URL, "http://127.0.0.1:3001")


def run_links(folder: Path, documents: pd.DataFrame) -> dict[str, Any]:
    """Links to a finished run and its documents: clickable while `ossu ui` serves them, and the folder as text.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    documents : DataFrame
        Table ``report.document``.
    """
    run = f"{files_address()}/{folder.name}"
    links: dict[str, list[str]] = {}
    for row in documents.to_dict("records"):
        links.setdefault(f"{row['place']}: {row['title']}", []).append(
            f"[{row['format'].upper()}]({run}/{row['file']})"
        )
    lines = [f"- {place}: {' · '.join(found)}" for place, found in links.items()]
    return {
        text("pipelines.page.start"): dg.MetadataValue.url(f"{run}/index.html"),
        text("pipelines.page.documents"): dg.MetadataValue.md("\n".join(lines) or text("common.no_data")),
        text("pipelines.page.folder"): dg.MetadataValue.path(str(folder)),
    }
