"""Where tables live and how they are read and written: Parquet files through DuckDB, replaced whole.

``Store(root)`` knows the folders below ``data/``. Every write goes to a temporary file beside the target and takes
its name by `os.replace`, so a killed run leaves the former table. Nothing here knows what a table means.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ossu_analysis.errors import OssuError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pyarrow_types

BUILDING = ".building"
ROWS_TOGETHER = b"rows_together"
"""Metadata of an Arrow chunk: so many rows in a row belong together and are never split over two row groups."""
ROW_GROUP = 1_000_000
MEMORY = "600MB"
"""What DuckDB may hold; a laptop of 4 GB is the reference machine, and beyond this it works through files."""
NO_EXTENSIONS = ("autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions")
"""A file may ask DuckDB for an extension; none is fetched or loaded."""
LOCK = "data/.ossu.lock"
"""Whoever writes tables or publishes a run holds this file's lock, below the project's root."""


def project_root() -> Path:
    """The folder that holds ``data/``: ``OSSU_ROOT``, else the nearest one upwards from here, else that of this code.

    A command given from any folder (``ossu demand``, ``ossu project``) so finds the code lists; without any, here.
    """
    named = os.environ.get("OSSU_ROOT")
    if named:
        return Path(named).resolve()
    here = Path.cwd().resolve()
    folders = (here, *here.parents, Path(__file__).resolve().parents[1])
    return next((folder for folder in folders if (folder / "data" / "raw").is_dir()), here)


class Store:
    """The folders of one project and the tables in them.

    Parameters
    ----------
    root : Path
        Folder that holds ``data/``; the repository's root for a user.
    without : collection of (link, table)
        Tables that count as not made: those that no longer belong to the others.
    """

    def __init__(self, root: Path | str = ".", without: Collection[tuple[str, str]] = ()) -> None:
        self.root, self.without = Path(root).resolve(), frozenset(without)
        self.data = self.root / "data"
        self.raw, self.reference = self.data / "raw", self.data / "reference"
        self.assumptions, self.rules, self.inbox = (self.data / n for n in ("assumptions", "rules", "inbox"))
        self.tables, self.runs = self.data / "tables", self.data / "runs"

    def path(self, link: str, table: str) -> Path:
        """File of one working table, whether it exists or not."""
        return self.tables / link / f"{table}.parquet"

    def has(self, link: str, table: str) -> bool:
        """Whether the working table has been made."""
        return (link, table) not in self.without and self.path(link, table).exists()

    def stamp(self, *tables: tuple[str, str]) -> tuple[tuple[str, int, int], ...]:
        """What tells whether working tables have changed: file, time and size of each; for keys of a cache."""
        files = [self.made(*table) for table in tables]
        return tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)

    def existing(self) -> list[tuple[str, str]]:
        """``(link, table)`` of every working table that has been made, sorted."""
        found = ((file.parent.name, file.stem) for file in self.tables.glob("*/*.parquet"))
        return sorted(name for name in found if name not in self.without)

    def write(self, link: str, table: str, frame: "pd.DataFrame") -> Path:
        """Replace a working table; types come from its declared class.

        Raises
        ------
        pandera.errors.SchemaErrors
            If the frame is not what the class declares; the former table stays.
        """
        from ossu_analysis.schemas import columns, table_class, validated

        declared = table_class(link, table)
        checked = validated(declared, frame)
        casts = ", ".join(f'"{info.name}"::{info.sql_type} as "{info.name}"' for info in columns(declared))
        with self._replacing(link, table) as building, connect() as db:
            db.register("checked", checked)
            db.execute(f"copy (select {casts} from checked) to {quoted(building)} (format parquet, compression zstd)")
        return self.path(link, table)

    @contextmanager
    def chunk_writer(self, link: str, table: str) -> "Iterator[ChunkWriter]":
        """Replace a large working table chunk by chunk; it takes its name when the block ends without an error."""
        with self._replacing(link, table) as building:
            writer = ChunkWriter(building)
            try:
                yield writer
            finally:
                writer.close()
            if not writer.rows:
                raise OssuError("common.empty_table", table=f"{link}.{table}")

    def write_chunks(self, link: str, table: str, chunks: "Iterable[pyarrow_types.Table]") -> int:
        """Replace a large working table without holding it in memory; returns the number of rows."""
        with self.chunk_writer(link, table) as writer:
            for chunk in chunks:
                writer.write(chunk)
        return writer.rows

    def read(self, link: str, table: str, where: str = "") -> "pd.DataFrame":
        """Read a working table into pandas with its declared types; ``where`` is an SQL condition.

        Raises
        ------
        OssuError
            ``common.no_table`` when the table has not been made yet.
        """
        from ossu_analysis.schemas import columns, table_class

        condition = f" where {where}" if where else ""
        with connect() as db, readable(self.made(link, table)):
            frame = db.sql(f"select * from {self.source(link, table)}{condition}").df()
        kinds = {info.name: info.pandas_type for info in columns(table_class(link, table))}
        return frame.astype({name: kind for name, kind in kinds.items() if name in frame and kind != "date"})

    def sql(self, query: str, *tables: tuple[str, str]) -> "pd.DataFrame":
        """Ask a question of working tables by SQL; each of ``tables`` is visible as ``link.table``."""
        with connect(":memory:") as db:
            for link, table in tables or self.existing():
                db.execute(f'create schema if not exists "{link}"')
                with readable(self.made(link, table)):
                    db.execute(f'create view "{link}"."{table}" as select * from {self.source(link, table)}')
            return db.sql(query).df()

    def write_catalogue(self) -> Path:
        """Replace ``data/catalogue.duckdb``: a view per working table, so SQL sees the current state."""
        target, building = self.data / "catalogue.duckdb", self.data / f"catalogue.duckdb{BUILDING}"
        building.unlink(missing_ok=True)
        with connect(building) as db:
            for link, table in self.existing():
                db.execute(f'create schema if not exists "{link}"')
                db.execute(f'create view "{link}"."{table}" as select * from {self.source(link, table)}')
        os.replace(building, target)
        return target

    def remove(self, link: str, table: str) -> None:
        """Forget a working table that no longer belongs to the others; finished runs keep theirs."""
        self.path(link, table).unlink(missing_ok=True)

    def source(self, link: str, table: str) -> str:
        """A working table as SQL names it after ``from``."""
        return f"read_parquet({quoted(self.made(link, table))})"

    def made(self, link: str, table: str) -> Path:
        """File of a working table that exists; otherwise `OssuError` ``common.no_table``."""
        if not self.has(link, table):
            raise OssuError("common.no_table", table=f"{link}.{table}")
        return self.path(link, table)

    def sweep(self) -> None:
        """Remove what a killed run has half written; only for who holds the lock."""
        for building in self.tables.glob(f"*/.*{BUILDING}"):
            building.unlink(missing_ok=True)

    @contextmanager
    def _replacing(self, link: str, table: str) -> Iterator[Path]:
        target = self.path(link, table)
        target.parent.mkdir(parents=True, exist_ok=True)
        building = target.with_name(f".{target.name}{BUILDING}")
        building.unlink(missing_ok=True)
        try:
            yield building
            # Whatever is recorded of the former table does not hold for this one.
            target.with_suffix(".json").unlink(missing_ok=True)
            os.replace(building, target)
        finally:
            building.unlink(missing_ok=True)


class ChunkWriter:
    """Writes Arrow tables of one schema into one Parquet file."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, 0
        self._writer: Any = None

    def write(self, chunk: "pyarrow_types.Table") -> None:
        """Append the rows of a chunk."""
        import pyarrow.parquet as parquet

        if self._writer is None:
            self._writer = parquet.ParquetWriter(self.path, chunk.schema, compression="zstd")
        together = int((chunk.schema.metadata or {}).get(ROWS_TOGETHER, 1))
        self._writer.write_table(chunk, row_group_size=max(ROW_GROUP // together, 1) * together)
        self.rows += chunk.num_rows

    def close(self) -> None:
        """Finish the file and give back the memory that the chunks took."""
        import pyarrow as pa

        if self._writer is not None:
            self._writer.close()
        pa.default_memory_pool().release_unused()


@contextmanager
def connect(path: Path | str | None = None, read_only: bool = False) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Open DuckDB for the length of a ``with`` block; no file is kept open by us.

    Without a path this is a connection of its own to one in-memory database of the process, which takes a hundredth
    of the time of a new one: make only temporary views there. ``":memory:"`` gives a database of its own.
    """
    import duckdb

    with readable(path):
        opened = _scratch().cursor() if path is None else _bounded(duckdb.connect(str(path), read_only))
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def connect_to(file: Path) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Open DuckDB for one file that a person handed in: whatever is in it can reach no other file and no network."""
    with connect(":memory:") as db:
        db.execute(f"set allowed_paths = [{quoted(file)}]")
        db.execute("set enable_external_access = false")
        db.execute("set lock_configuration = true")
        yield db


def quoted(path: Path | str) -> str:
    """A path as an SQL text, whatever marks stand in it."""
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def readable(file: Path | str | None) -> Iterator[None]:
    """Name the file when DuckDB cannot read it.

    Raises
    ------
    OssuError
        ``common.damaged_file``.
    """
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
        raise OssuError("common.damaged_file", file=file) from error


@cache
def _scratch() -> "duckdb.DuckDBPyConnection":
    import atexit

    import duckdb

    atexit.register(_close_scratch)
    return _bounded(duckdb.connect(":memory:"))


def _bounded(connection: "duckdb.DuckDBPyConnection") -> "duckdb.DuckDBPyConnection":
    connection.execute(f"set memory_limit = '{MEMORY}'")
    for setting in NO_EXTENSIONS:
        connection.execute(f"set {setting} = false")
    return connection


def _close_scratch() -> None:
    _scratch().close()
    _scratch.cache_clear()


def write_side_by_side(store: Store, link: str, chunks: Iterator[dict[str, Any]]) -> None:
    """Write a stream of chunks, each a part of several tables; no table changes unless all of them are complete.

    A thread writes one chunk while the next one is computed.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    with ExitStack() as stack:
        writers: dict[str, ChunkWriter] = {}

        def write(chunk: dict[str, Any]) -> None:
            for table, rows in chunk.items():
                writers[table].write(rows)

        thread = stack.enter_context(ThreadPoolExecutor(max_workers=1))
        written: Future[None] | None = None
        for chunk in chunks:
            for table in chunk.keys() - writers.keys():
                writers[table] = stack.enter_context(store.chunk_writer(link, table))
            if written:
                written.result()
            written = thread.submit(write, chunk)
        if written:
            written.result()


def write_out(chunks: "Iterable[pyarrow_types.Table]", out: Path, name: str) -> tuple[Path, int]:
    """Write a stream of chunks to a file that a person asked for; it takes its name when it is complete.

    Parameters
    ----------
    chunks : iterable of pyarrow.Table
    out : Path
        A ``.parquet`` or ``.csv`` file, or a folder, which gets ``<name>.parquet``.
    name : str

    Returns
    -------
    Path, int
        The file and its number of rows.
    """
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet

    target = out if out.suffix in (".csv", ".parquet") else out / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_name(f".{target.name}{BUILDING}")
    open_writer = csv.CSVWriter if target.suffix == ".csv" else parquet.ParquetWriter
    rows, writer = 0, None
    try:
        for chunk in chunks:
            plain = _plain(chunk) if target.suffix == ".csv" else chunk
            writer = writer or open_writer(building, plain.schema)
            writer.write_table(plain)
            rows += chunk.num_rows
        if writer is None:
            raise OssuError("common.empty_table", table=name)
        writer.close()
        os.replace(building, target)
    finally:
        building.unlink(missing_ok=True)
    return target, rows


def _plain(chunk: "pyarrow_types.Table") -> "pyarrow_types.Table":
    """Dictionary-encoded text as plain text: what a CSV can hold."""
    import pyarrow as pa

    fields = [field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in chunk.schema]
    return chunk.cast(pa.schema(fields))
