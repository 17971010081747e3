"""A Parquet file as a table of cells: decimals, categories and moments as what they mean."""

import decimal
from pathlib import Path

from ossu_analysis.errors import Fault
from ossu_analysis.tabular.raw import MOST_COLUMNS, MOST_ROWS, NameOf, RawSheet, cleaned


def read(path: Path, file: str, name_of: NameOf) -> tuple[list[RawSheet], list[Fault]]:
    """The one table of a Parquet file with its column names as header, and what was wrong with opening it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.ParquetFile(path)
        rows, columns = about.metadata.num_rows, len(about.schema_arrow)
        if rows > MOST_ROWS:
            return [], [Fault("tabular.too_many_rows", file, found=str(rows), expected=f"≤ {MOST_ROWS}")]
        if columns > MOST_COLUMNS:
            return [], [Fault("tabular.too_many_columns", file, found=str(columns), expected=f"≤ {MOST_COLUMNS}")]
        nested = [field.name for field in about.schema_arrow if pa.types.is_nested(field.type)]
        if nested:
            return [], [Fault("tabular.nested_column", file, column=nested[0])]
        table = about.read()
    except (pa.ArrowException, ValueError) as error:
        return [], [Fault("tabular.unreadable_file", file, found=str(error).split("\n")[0][:120])]
    values = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    cells = zip(*values, strict=True) if values else iter(())
    return [RawSheet("", cleaned(iter(enumerate([tuple(table.column_names), *cells], 1))))], []


def _plain(value: object) -> object:
    return float(value) if isinstance(value, decimal.Decimal) else value.decode() if isinstance(value, bytes) else value
