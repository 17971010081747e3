"""What the command ``ossu trace`` answers: every number of a row of a finished run, the first with its whole tree."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ossu_analysis.errors import OssuError
from ossu_analysis.trace import people
from ossu_analysis.trace.gap import capacity, gap_row, is_municipality
from ossu_analysis.trace.proposal import LineRow, option_numbers, plan_numbers
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step

WAREHOUSE, MANIFEST = "ossu.duckdb", "manifest.json"

TREES: dict[str, Callable[[Tracer, str, str, int], Step]] = {
    "demand": people.demand,
    "capacity": lambda tracer, area, service, year: capacity(tracer, area, service),
    "forecast": lambda tracer, area, service, year: people.population(tracer, area, year),
    "need": people.need,
}
"""Tables of which one number is traced; a service code is a target group for ``need``."""

TABLES = ("gap", "proposal", "options", *TREES)


def trace_row(run: Path, table: str, area: str, service: str = "", year: int | None = None) -> list[Step]:
    """Every number of a row of a finished run; the first one carries the tree below it.

    Parameters
    ----------
    run : Path
        Folder of the run.
    table : str
        One of `TABLES`.
    area : str
        Municipality code; may be an oblast for ``gap``, ``proposal`` and ``options``.
    service : str
        Service code; a target group for ``need``; for ``options`` it asks for the simple choices of that service
        instead of those under ceilings.
    year : int, optional
        The last year of the run when not given.

    Raises
    ------
    OssuError
        ``trace.no_run``, ``trace.unknown_table``, ``trace.no_row``, ``trace.no_options``.
    """
    with _tracing(run, table) as tracer:
        return list(_rows(tracer, table, area, service, year or tracer.last_year))


def _rows(tracer: Tracer, table: str, area: str, service: str, year: int) -> Iterator[Step]:
    if table == "options":
        yield from _options(tracer, area, service)
    elif table == "proposal":
        line = LineRow(tracer, area, service)
        yield line.number("proposed_users")
        if is_municipality(area):
            yield gap_row(tracer, area, service, line.year).number("gap_to_demand_places")
        yield from (step for step in line.steps() if not step.anchor.endswith("proposed_users"))
    elif table == "gap":
        row = gap_row(tracer, area, service, year)
        yield row.number("gap_to_demand_places")
        yield from (step for step in row.steps() if not step.anchor.endswith("gap_to_demand_places"))
    else:
        yield TREES[table](tracer, area, service, year)


def _options(tracer: Tracer, area: str, service: str) -> Iterator[Step]:
    from ossu_analysis.schemas.proposal import OPTIONS

    if service:
        for option in OPTIONS:
            yield from option_numbers(tracer, area, service, option)
        return
    made = tracer.lookup("proposal.allocation", area_code=area) if "proposal.allocation" in tracer.tables else []
    if not made:
        raise OssuError("trace.no_options", area=area)
    for plan in made:
        yield from plan_numbers(tracer, area, str(plan["option"]))


@contextmanager
def _tracing(run: Path, table: str) -> Iterator[Tracer]:
    from ossu_analysis.store import connect

    if not (run / WAREHOUSE).exists():
        raise OssuError("trace.no_run", folder=run)
    if table not in TABLES:
        raise OssuError("trace.unknown_table", table=table, known=", ".join(TABLES))
    try:
        manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise OssuError("report.damaged_run", file=run / MANIFEST) from error
    with connect(run / WAREHOUSE, read_only=True) as db:
        yield Tracer(db, run.resolve().parents[2], manifest["settings"], redraws=True)
