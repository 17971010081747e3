"""What the command ``ossu trace`` answers: one number of a finished run with its tree, or every number of a row."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ossu_analysis.errors import OssuError
from ossu_analysis.trace.gap import gap_numbers, is_municipality
from ossu_analysis.trace.proposal import line_number, line_numbers, option_numbers, plan_numbers
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step

WAREHOUSE, MANIFEST = "ossu.duckdb", "manifest.json"

TREES: dict[str, Callable[[Tracer, str, str, int], Step]] = {
    "gap": Tracer.gap,
    "demand": Tracer.demand,
    "capacity": Tracer.capacity,
    "forecast": Tracer.forecast,
    "need": Tracer.need,
    "proposal": lambda tracer, area, service, year: line_number(tracer, area, service),
}
TABLES = (*TREES, "options")


def trace_number(run: Path, table: str, area: str, service: str = "", year: int | None = None) -> Step:
    """Trace one number of a finished run, with everything below it.

    Parameters
    ----------
    run : Path
        Folder of the run.
    table : {"gap", "demand", "capacity", "forecast", "need", "proposal"}
    area : str
        Municipality code.
    service : str
        Service code; a target group for ``need``.
    year : int, optional
        The last year of the run when not given.

    Raises
    ------
    OssuError
        ``trace.no_run``, ``trace.unknown_table``, ``trace.no_row``.
    """
    with _tracing(run, table, TREES) as tracer:
        return TREES[table](tracer, area, service, year or tracer.last_year)


def trace_row(run: Path, table: str, area: str, service: str = "", year: int | None = None) -> list[Step]:
    """Every number of a row of a finished run; the first one carries the tree below it.

    Parameters
    ----------
    run, area, year
        As in `trace_number`; ``area`` may be an oblast for ``gap``, ``proposal`` and ``options``.
    table : str
        One of `TABLES`.
    service : str
        Service code; for ``options`` it asks for the simple choices of that service instead of those under ceilings.

    Raises
    ------
    OssuError
        ``trace.no_run``, ``trace.unknown_table``, ``trace.no_row``, ``trace.no_options``.
    """
    with _tracing(run, table, TABLES) as tracer:
        return list(_rows(tracer, table, area, service, year or tracer.last_year))


def _rows(tracer: Tracer, table: str, area: str, service: str, year: int) -> Iterator[Step]:
    if table == "options":
        yield from _options(tracer, area, service)
    elif table == "proposal":
        numbers = line_numbers(tracer, area, service)
        yield line_number(tracer, area, service)
        planned = tracer.one(
            "proposal.line", "area_code = $area and service_code = $service", area=area, service=service
        )
        if is_municipality(area):
            yield tracer.gap(area, service, int(planned["planning_year"]))
        yield from (step for step in numbers if not step.anchor.endswith("proposed_users"))
    elif table == "gap":
        if is_municipality(area):
            yield tracer.gap(area, service, year)
        yield from gap_numbers(tracer, area, service, year)
    else:
        yield TREES[table](tracer, area, service, year)


def _options(tracer: Tracer, area: str, service: str) -> Iterator[Step]:
    from ossu_analysis.schemas.proposal import OPTIONS

    if service:
        for option in OPTIONS:
            yield from option_numbers(tracer, area, service, option)
        return
    if "proposal.allocation" not in tracer.tables:
        raise OssuError("trace.no_options", area=area)
    made = tracer.rows("select option from proposal.allocation where area_code = $area", area=area)
    if made.empty:
        raise OssuError("trace.no_options", area=area)
    for option in made["option"]:
        yield from plan_numbers(tracer, area, str(option))


@contextmanager
def _tracing(run: Path, table: str, known: Any) -> Iterator[Tracer]:
    from ossu_analysis.store import connect

    if not (run / WAREHOUSE).exists():
        raise OssuError("trace.no_run", folder=run)
    if table not in known:
        raise OssuError("trace.unknown_table", table=table, known=", ".join(known))
    manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    with connect(run / WAREHOUSE, read_only=True) as db:
        yield Tracer(db, run.resolve().parents[2], manifest["settings"])
