"""Questions to the tables of one run: rows, names, sources, and draws made again from the run's own inputs and seed."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ossu_analysis.errors import OssuError
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.texts import text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ossu_analysis.demand.draws import DemandDraws

Answer = TypeVar("Answer")


class Tracer:
    """Questions to the tables of one run; what was asked once is remembered.

    With ``redraws`` a median is drawn again from the run's own inputs; without it, as on the pages that every run
    writes, a number of the gap is held against the table of demand, which another pass over the draws has written.
    """

    def __init__(self, db: Any, root: Path, settings: dict[str, Any], redraws: bool) -> None:
        self.db, self.root, self.settings, self.redraws = db, root, settings, redraws
        self.base_year, self.last_year = self.settings["base_year"], self.settings["until_year"]
        self._known: dict[tuple[Any, ...], Any] = {}

    def once(self, key: tuple[Any, ...], find: Callable[[], Answer]) -> Answer:
        """What ``find`` says, asked once for each key."""
        if key not in self._known:
            self._known[key] = find()
        answer: Answer = self._known[key]
        return answer

    @cached_property
    def tables(self) -> set[str]:
        """Tables that the run has."""
        return set(self.rows("select table_schema || '.' || table_name as name from information_schema.tables")["name"])

    def rows(self, query: str, **facts: Any) -> "pd.DataFrame":
        """Answer of a query; the same question is asked once."""
        asked = tuple((name, str(value)) for name, value in facts.items())
        return self.once(("rows", query, *asked), lambda: self.db.execute(query, facts or None).df())

    def lookup(self, table: str, **keys: Any) -> list[dict[str, Any]]:
        """Rows of a table under these keys; pages ask for thousands, so there a table is read once and indexed."""
        if self.redraws:
            where = " and ".join(f"{name} = ${name}" for name in keys)
            return _records(self.rows(f"select * from {table} where {where}", **keys))
        index = self.once(("index", table, *keys), lambda: self._index(table, list(keys)))
        return index.get(tuple(keys.values()), [])

    def _index(self, table: str, keys: list[str]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
        index: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in _records(self.rows(f"select * from {table}")):
            index.setdefault(tuple(row[key] for key in keys), []).append(row)
        return index

    def row_of(self, table: str, **keys: Any) -> dict[str, Any]:
        """The only row under these keys.

        Raises
        ------
        OssuError
            ``trace.no_row``.
        """
        rows = self.lookup(table, **keys)
        if not rows:
            area, service, *year = (str(value) for value in keys.values())
            years = f"{self.base_year}–{self.last_year}"
            raise OssuError("trace.no_row", table=table, years=years, area=area, service=service, year="".join(year))
        return rows[0]

    def only_row(self, table: str, where: str, **facts: Any) -> dict[str, Any]:
        """The only row of a table under a condition.

        Raises
        ------
        OssuError
            ``trace.no_row``.
        """
        rows = self.rows(f"select * from {table} where {where}", **facts)
        if rows.empty:
            asked = {"service": "", "year": "", **facts, "years": f"{self.base_year}–{self.last_year}"}
            raise OssuError("trace.no_row", table=table, **asked)
        return _records(rows)[0]

    def drawn(self, areas: Sequence[str], service: str, year: int) -> "NDArray":
        """Draws of demand of one service and year, drawn again: shape (areas, draws), in the order of the areas."""
        import pandas as pd

        made = self.once(("draws", service), lambda: self._draw(service))
        return made.persons[pd.Index(made.areas).get_indexer(pd.Index(areas)), made.years.tolist().index(year)]

    def _draw(self, service: str) -> "DemandDraws":
        from ossu_analysis.config import RunSettings
        from ossu_analysis.demand.chain import DemandModel

        return next(iter(DemandModel.of_warehouse(self.db, service).draws(RunSettings(**self.settings))))

    def towns_of(self, area: str) -> list[str]:
        """Municipalities of an oblast or of the country, or the municipality itself."""
        every = self.rows("select municipality_code as code, oblast_code as oblast from reference.municipality")
        inside = every["oblast"].eq(area) | every["code"].eq(area) | (area == COUNTRY)
        return sorted(every.loc[inside, "code"])

    def source_of(self, source_id: str) -> str:
        """Publisher, dataset and vintage of a source."""
        import pandas as pd

        rows = self.rows("select * from reference.source where source_id = $id order by vintage desc", id=source_id)
        if rows.empty:
            return source_id
        row = rows.iloc[0]
        named = [row["publisher_bg"], row["dataset_code"], text("trace.vintage", vintage=row["vintage"])]
        return ", ".join(str(part) for part in named if pd.notna(part))

    def name_of(self, area: str) -> str:
        """Name and code of a municipality or an oblast."""
        names = self.rows(
            "select municipality_code as code, name_bg from reference.municipality "
            "union all select oblast_code, name_bg from reference.oblast"
        )
        known = self.once(("names",), lambda: dict(names.to_numpy().tolist()))
        return f"{known[area]} ({area})" if area in known else area


def _records(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
