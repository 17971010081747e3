"""A finished run as a place to read tables from: notebooks draw the charts of the documents from it."""

from pathlib import Path

import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.report.imprint import Imprint, imprint_of
from ossu_analysis.report.run.registry import WAREHOUSE, latest_run, read_manifest
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import Store, connect


class FinishedRun(Store):
    """Tables of one finished run, read-only; the working tables of its project are not touched.

    Parameters
    ----------
    folder : Path, optional
        ``data/runs/<name>``; the newest run of ``root`` unless given.
    root : Path
        Project of which the newest run is meant.

    Raises
    ------
    OssuError
        ``report.no_run`` when there is none.
    """

    def __init__(self, folder: Path | None = None, root: Path | str = ".") -> None:
        found = folder or latest_run(Store(root))
        if found is None or not (found / WAREHOUSE).exists():
            raise OssuError("report.no_run", name=found or "latest")
        self.folder = found.resolve()
        super().__init__(self.folder.parents[2])

    def has(self, link: str, table: str) -> bool:
        """Whether the run holds the table."""
        asked = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
        with connect(self.folder / WAREHOUSE, read_only=True) as db:
            return db.execute(asked, [link, table]).fetchone() is not None

    def read(self, link: str, table: str, where: str = "") -> pd.DataFrame:
        """Read a table of the run with its declared types; ``where`` is an SQL condition."""
        if not self.has(link, table):
            raise OssuError("common.no_table", table=f"{link}.{table}")
        condition = f" where {where}" if where else ""
        with connect(self.folder / WAREHOUSE, read_only=True) as db:
            frame = db.sql(f'select * from "{link}"."{table}"{condition}').df()
        kinds = {info.name: info.pandas_type for info in columns(table_class(link, table))}
        return frame.astype({name: kind for name, kind in kinds.items() if name in frame and kind != "date"})

    def path(self, link: str, table: str) -> Path:
        """A finished run has no working files.

        Raises
        ------
        OssuError
            ``common.no_table``, always: nothing is written through a finished run.
        """
        raise OssuError("common.no_table", table=f"{link}.{table}")

    def imprint(self) -> Imprint:
        """What the documents of the run say of its making, with the settings it was made with."""
        from ossu_analysis.config import RunSettings

        manifest = read_manifest(self.folder)
        return imprint_of(self, RunSettings(**manifest["settings"]), manifest["run_id"])
