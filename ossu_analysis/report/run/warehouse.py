"""``ossu.duckdb`` of a finished run: a schema per link, every table with its comments, draws as lists under a view."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ossu_analysis.schemas import all_tables, columns
from ossu_analysis.store import ROWS_TOGETHER, Store, connect
from ossu_analysis.texts import text


def write_warehouse(store: Store, target: Path) -> dict[str, int]:
    """Write every working table into one DuckDB file: a schema per link, comments on tables and columns.

    Parameters
    ----------
    store : Store
        Whose tables are written.
    target : Path
        File to create; it must not exist.

    Returns
    -------
    dict
        Rows by ``link.table``.
    """
    declared, rows = all_tables(), {}
    with connect(target) as db:
        for link, table in store.existing():
            name = f'"{link}"."{table}"'
            db.execute(f'create schema if not exists "{link}"')
            rows[f"{link}.{table}"], draws = _shape(store.path(link, table))
            if draws > 1:
                _write_draws(db, link, table, store.path(link, table), draws)
            else:
                db.execute(f"create table {name} as from read_parquet(?)", [str(store.path(link, table))])
            if (link, table) in declared:
                _comment(db, name, declared[link, table], "view" if draws > 1 else "table")
    return rows


def _shape(file: Path) -> tuple[int, int]:
    """Rows of a Parquet file, and how many stand together as the draws of one cell; 1 for an ordinary table."""
    import pyarrow.parquet as parquet

    about = parquet.read_metadata(file)
    return about.num_rows, int((about.metadata or {}).get(ROWS_TOGETHER, 1))


def _write_draws(db: Any, link: str, table: str, file: Path, draws: int) -> None:
    """Store joint draws as one list per municipality, year and group, under a view with the declared columns.

    A list of draws takes half the room of as many rows and a fraction of the time.
    """
    lists = f'"{link}"."{table}_list"'
    keys = "municipality_code varchar, year smallint, target_group varchar"
    db.execute(f"create table {lists} ({keys}, persons float[], status varchar)")
    for listed in _draw_lists(file, draws):
        db.register("listed", listed)
        db.execute(f"insert into {lists} select * from listed")
        db.unregister("listed")
    db.execute(
        f'create view "{link}"."{table}" as select generate_subscripts(persons, 1) - 1 as draw, municipality_code, '
        f"year::bigint as year, target_group, unnest(persons) as persons, status from {lists}"
    )
    declared = all_tables().get((link, table))
    if declared:
        _comment(db, lists, declared, "table")
    db.execute(f"comment on table {lists} is {_quoted(text('report.draws_list'))}")


def _draw_lists(file: Path, draws: int) -> Iterator[Any]:
    """Row groups of the draws with one row per municipality, year and group; the draws of one stand together."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    source = parquet.ParquetFile(file)
    for group in range(source.num_row_groups):
        rows = source.read_row_group(group)
        first = rows.take(np.arange(0, rows.num_rows, draws))
        persons = pa.ListArray.from_arrays(
            np.arange(first.num_rows + 1, dtype=np.int32) * draws, rows["persons"].combine_chunks()
        )
        keys = ["municipality_code", "year", "target_group"]
        yield pa.table([*(first[key] for key in keys), persons, first["status"]], [*keys, "persons", "status"])


def _comment(db: Any, name: str, declared: Any, kind: str) -> None:
    present = {column[0] for column in db.execute(f"describe {name}").fetchall()}
    db.execute(f"comment on {kind} {name} is {_quoted(declared.comment)}")
    for info in columns(declared.schema):
        if info.name in present:
            said = f"{info.comment} [{info.unit}]" if info.unit else info.comment
            db.execute(f'comment on column {name}."{info.name}" is {_quoted(said)}')


def _quoted(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
