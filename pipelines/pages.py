"""What an analyst sees on an asset page: columns with units, row count, statuses, sources, a preview, a chart."""

import os
from pathlib import Path
from typing import Any

import dagster as dg

from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import Store

PREVIEW_ROWS = 8
PREVIEW_COLUMNS = 9


def column_schema(link: str, table: str) -> dg.TableSchema:
    """Columns of a declared table for the section „Columns“ of its page."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(info.name, info.sql_type, f"{info.comment} [{info.unit}]" if info.unit else info.comment)
            for info in columns(table_class(link, table))
        ]
    )


def table_page(store: Store, link: str, table: str) -> dict[str, Any]:
    """Row count, statuses, sources and first rows of a working table, as Dagster metadata."""
    from ossu_analysis.store import connect

    path = store.made(link, table)
    with connect() as db:
        db.execute(f"create view shown as select * from read_parquet('{path}')")
        first = db.sql(f"select * from shown limit {PREVIEW_ROWS}").df()
        page: dict[str, Any] = {
            "dagster/row_count": int(db.sql("select count(*) as n from shown").df()["n"].iloc[0]),
            "преглед": dg.MetadataValue.md(first.iloc[:, :PREVIEW_COLUMNS].to_markdown(index=False)),
            "файл": dg.MetadataValue.path(str(path)),
        }
        for column, title in (("status", "статус"), ("source_id", "източник")):
            if column in first:
                counted = db.sql(f"select {column} as kind, count(*) as n from shown group by 1 order by 2 desc").df()
                page[title] = ", ".join(f"{row.kind}: {row.n}" for row in counted.head(12).itertuples())
    return page


def failing_rows(faulty: Any, limit: int = 50) -> dg.MetadataValue:
    """Rows that break a table's declaration, as a table for the page."""
    cases = faulty.failure_cases.head(limit)
    records = [
        dg.TableRecord(
            {
                "колона": str(case.column),
                "правило": str(case.check),
                "стойност": str(case.failure_case),
                "ред": str(case.index),
            }
        )
        for case in cases.itertuples(index=False)
    ]
    return dg.MetadataValue.table(records)


def picture(png: bytes, title: str) -> dg.MetadataValue:
    """A chart as a data URI: „Show Markdown“ on the asset page opens it, also when no file server runs."""
    import base64

    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")


def run_links(folder: Path) -> dict[str, Any]:
    """Links to a finished run: clickable while `ossu ui` serves the runs, and the folder as text in any case."""
    base = os.environ.get("OSSU_FILES_URL", "http://127.0.0.1:3001")
    url = f"{base}/{folder.name}"
    return {
        "начална страница": dg.MetadataValue.url(f"{url}/index.html"),
        "папка": dg.MetadataValue.path(str(folder)),
    }
