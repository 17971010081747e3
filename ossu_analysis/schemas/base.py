"""The base of every table class, and what can be read off one: columns, units, comments, keys, storage types.

A table is declared once, as a subclass of `Table` in ``schemas/<link>.py``. From it come the check in Dagster, the
column schema in the UI, the comments in ``ossu.duckdb`` and the types in which DuckDB stores it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pandera.pandas as pa

from ossu_analysis.status import STATUSES

MUNICIPALITY = r"^[A-Z]{3}\d{2}$"
OBLAST = r"^[A-Z]{3}$"


def column(comment: str, unit: str = "", **checks: Any) -> Any:
    """Declare a column: its Bulgarian comment, its unit (empty for codes and names) and its checks."""
    return pa.Field(description=comment, metadata={"unit": unit}, **checks)


def status_column() -> Any:
    """Declare the column ``status`` that every contract table carries."""
    return column("как е получено числото: observed, estimated, imputed, forecast, demonstration", isin=STATUSES)


class Table(pa.DataFrameModel):
    """A table of the chain; subclasses list their columns in storage order and are named by `declare`."""

    class Config:
        """Columns are exactly those declared, in that order, converted to the declared types."""

        strict = True
        ordered = True
        coerce = True


@dataclass(frozen=True)
class Declared:
    """A table class with its place in the chain and its Bulgarian comment."""

    link: str
    table: str
    comment: str
    schema: type[Table]


REGISTRY: dict[tuple[str, str], Declared] = {}


def declare(link: str, table: str, comment: str) -> Callable[[type[Table]], type[Table]]:
    """Class decorator: this class declares the table ``link.table``; ``comment`` says in Bulgarian what it holds."""

    def register(schema: type[Table]) -> type[Table]:
        REGISTRY[link, table] = Declared(link, table, comment, schema)
        return schema

    return register


@dataclass(frozen=True)
class ColumnInfo:
    """What a reader needs to know of one column."""

    name: str
    comment: str
    unit: str
    sql_type: str
    pandas_type: str
    nullable: bool


_SQL = {"string": "VARCHAR", "str": "VARCHAR", "object": "VARCHAR", "int64": "BIGINT", "Int64": "BIGINT"}
_SQL |= {"int32": "INTEGER", "Int32": "INTEGER", "int16": "SMALLINT", "Int16": "SMALLINT", "bool": "BOOLEAN"}
_SQL |= {
    "float64": "DOUBLE",
    "float32": "FLOAT",
    "datetime64[ns]": "TIMESTAMP",
    "date": "DATE",
    "boolean": "BOOLEAN",
}


def columns(table: type[Table]) -> list[ColumnInfo]:
    """Columns of a table class, in storage order."""
    found = []
    for name, declared in table.to_schema().columns.items():
        kind = str(declared.dtype).removeprefix("string[").rstrip("]") if declared.dtype else "str"
        kind = "str" if kind in {"python", "pyarrow"} else kind
        unit = (declared.metadata or {}).get("unit", "")
        sql_type = _SQL.get(kind, "VARCHAR")
        found.append(ColumnInfo(name, declared.description or "", unit, sql_type, kind, declared.nullable))
    return found


def validated(table: type[Table], frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` in the declared columns, order and types; all faults of it at once.

    Raises
    ------
    pandera.errors.SchemaErrors
        With one row per fault in ``failure_cases``.
    """
    wanted = [info.name for info in columns(table)]
    missing = [name for name in wanted if name not in frame]
    ordered = frame[wanted] if not missing else frame
    return table.validate(ordered.reset_index(drop=True), lazy=True)
