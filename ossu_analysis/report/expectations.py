"""What documents and the finished run must hold, and what is worth asking: each function returns the rows that fail."""

import zipfile
from pathlib import Path

import pandas as pd

from ossu_analysis.report.run.registry import WAREHOUSE, latest_run
from ossu_analysis.store import Store, connect, quoted, readable
from ossu_analysis.texts import text

_MOVED = ["area_code", "year", "new_mean", "former_low", "former_high"]
_TOTAL = "sex = 'T' and age_from = 0 and age_to is null and output_type = 'mean'"


def documents_open(store: Store) -> pd.DataFrame:
    """Listed files that are missing, empty or not what their ending says."""
    listed = store.read("report", "document")[["file", "format"]]
    faults = [_fault(store.tables / "report" / file, form) for file, form in listed.to_numpy()]
    return listed.assign(fault=faults).query("fault != ''")


def _fault(path: Path, form: str) -> str:
    if not path.is_file():
        return text("pipelines.document.missing")
    if form == "html":
        return "" if path.read_bytes().rstrip().endswith(b"</html>") else text("pipelines.document.cut")
    try:
        with zipfile.ZipFile(path) as parts:
            return text("pipelines.document.cut") if parts.testzip() else ""
    except zipfile.BadZipFile:
        return text("pipelines.document.cut")


def nothing_left_to_fill_in(store: Store) -> pd.DataFrame:
    """Documents with the mark of a text that only people can write, and how many such places each has."""
    listed = store.read("report", "document", "format = 'html'")
    mark = text("common.fill_in").encode()
    paths = [store.tables / "report" / file for file in listed["file"]]
    left = [path.read_bytes().count(mark) if path.is_file() else 0 for path in paths]
    rows = pd.DataFrame({"document": listed["title"], "place": listed["place"], "left_to_fill": left})
    return rows[rows["left_to_fill"] > 0]


def near_the_last_run(store: Store) -> pd.DataFrame:
    """Country and oblasts whose new mean lies outside the 80 % range of the newest finished run, same base year.

    Empty before the first run, and when the base years differ: then the figures are meant to move.
    """
    finished, nothing = latest_run(store), pd.DataFrame(columns=_MOVED)
    if finished is None:
        return nothing
    with connect(":memory:") as db:
        with readable(finished / WAREHOUSE):
            db.execute(f"attach {quoted(finished / WAREHOUSE)} as finished (read_only)")
        known = db.sql("select 1 from duckdb_tables() where schema_name = 'population' and table_name = 'forecast'")
        if not known.fetchall():
            return nothing
        fresh = store.made("population", "forecast")
        db.execute(f"create or replace temp view fresh as select * from read_parquet({quoted(fresh)})")
        return db.sql(
            f"""with former as (select area_code, year, scenario, base_year,
              max(persons) filter (output_type_id = '0.1') as low, max(persons) filter (output_type_id = '0.9') as high
              from finished.population.forecast
              where area_level in ('country', 'oblast') and sex = 'T' and age_from = 0 and age_to is null group by all)
            select area_code, year, persons as new_mean, low as former_low, high as former_high
            from fresh join former using (area_code, year, scenario, base_year)
            where {_TOTAL} and persons not between low and high order by 2, 1"""
        ).df()
