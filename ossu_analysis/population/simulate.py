"""One streaming pass over the oblasts that makes the population tables, each alone or all at once.

Belongs here: the order of the work, the chunks and the processes; arithmetic is in `simulation` and the table
modules. Memory is bounded by one oblast (times the number of processes) plus the running sums of the regions and the
country.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import statistics
from ossu_analysis.errors import OssuError
from ossu_analysis.population.arrow import along, unify
from ossu_analysis.population.component import component_table
from ossu_analysis.population.exposure import ExposureGroups, class_bounds, class_weights
from ossu_analysis.population.forecast import (
    base_year_tables,
    forecast_table,
    group_starts,
    published_groups,
)
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.simulation import OblastDraws, Paths, national_paths, simulate_oblast
from ossu_analysis.population.totals import TotalDraws
from ossu_analysis.store import ROWS_TOGETHER

ALL_OUTPUTS = ("forecast", "component", "exposure_draw")
Chunk = dict[str, Any]


@dataclass(frozen=True)
class SimulationSettings:
    """What may differ between two passes; ``fertility_factors`` has one factor per forecast year, or none."""

    seed: int
    scenario: str = "reference"
    run_id: str = ""
    jobs: int = 1
    fertility_factors: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Work:
    """What every oblast needs."""

    jump_off: JumpOff
    groups: ExposureGroups
    bounds: tuple[int, ...]
    national: Paths
    settings: SimulationSettings
    outputs: frozenset[str]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "scenario": self.settings.scenario,
            "base_year": self.jump_off.base_year,
            "run_id": self.settings.run_id,
        }


def simulate(
    jump_off: JumpOff,
    totals: TotalDraws,
    groups: ExposureGroups,
    settings: SimulationSettings,
    outputs: Collection[str] = ALL_OUTPUTS,
    oblasts: Sequence[str] | None = None,
) -> Iterator[Chunk]:
    """Simulate oblast by oblast and yield the tables of each.

    Parameters
    ----------
    jump_off : JumpOff
    totals : TotalDraws
        Joint draws of the totals of all municipalities of the jump-off.
    groups : ExposureGroups
        Of the forecast years.
    settings : SimulationSettings
    outputs : collection of str
        Tables wanted: ``forecast``, ``component``, ``exposure_draw``.
    oblasts : sequence of str, optional
        Oblast codes; all when not given. Regions and the country are made only from all.

    Yields
    ------
    dict of str to pyarrow.Table
        One per oblast, by table; a last one with regions and the country.

    Raises
    ------
    OssuError
        ``population.unknown_oblast``, ``population.no_totals``.
    """
    years = [int(year) for year in totals.years]
    chosen = _positions(jump_off, oblasts)
    order = _order_of(jump_off, totals)
    wanted = groups.of_years(years)
    bounds = class_bounds(wanted, group_starts())
    national = national_paths(jump_off, years, totals.persons.shape[0], settings.seed)
    work = _Work(jump_off, wanted, bounds, national, settings, frozenset(outputs))
    sums = _Sums(len(jump_off.regions))
    for oblast, (chunk, running, components) in zip(chosen, _run(work, totals, order, chosen, years), strict=True):
        sums.add(int(jump_off.region_of_oblast[oblast]), running, components)
        yield chunk
    if len(chosen) == len(jump_off.oblasts):
        yield _upper_levels(work, sums, years)


def _positions(jump_off: JumpOff, oblasts: Sequence[str] | None) -> list[int]:
    for code in oblasts or ():
        if code not in jump_off.oblasts:
            raise OssuError("population.unknown_oblast", oblast=code, known=", ".join(jump_off.oblasts))
    return [at for at, code in enumerate(jump_off.oblasts) if oblasts is None or code in oblasts]


def _order_of(jump_off: JumpOff, totals: TotalDraws) -> NDArray[np.int64]:
    position = {code: at for at, code in enumerate(totals.areas)}
    missing = [code for code in jump_off.municipalities if code not in position]
    if missing:
        raise OssuError("population.no_totals", areas=", ".join(missing))
    sound = np.isfinite(totals.persons).all(axis=(0, 2)) & (totals.persons >= 0).all(axis=(0, 2))
    if not sound.all():
        raise OssuError("population.bad_totals", areas=", ".join(np.array(totals.areas)[~sound]))
    return np.array([position[code] for code in jump_off.municipalities])


def _run(
    work: _Work, totals: TotalDraws, order: NDArray[np.int64], chosen: list[int], years: list[int]
) -> Iterator[tuple[Chunk, NDArray[np.int32], NDArray[np.int32]]]:
    """Results of the oblasts in order; processes get only their oblast's totals."""
    from joblib import Parallel, delayed

    def tasks() -> Iterator[Any]:
        for oblast in chosen:
            mine = order[work.jump_off.oblast_of == oblast]
            persons, loss = (
                np.ascontiguousarray(part[:, mine].transpose(1, 2, 0)) for part in (totals.persons, totals.hidden_loss)
            )
            yield delayed(_one_oblast)(work, oblast, years, persons, loss)

    parallel = Parallel(n_jobs=work.settings.jobs, return_as="generator", pre_dispatch="n_jobs")
    yield from parallel(tasks())


def _one_oblast(
    work: _Work, oblast: int, years: list[int], persons: NDArray[np.float32], loss: NDArray[np.float32]
) -> tuple[Chunk, NDArray[np.int32], NDArray[np.int32]]:
    with _one_thread():
        drawn = simulate_oblast(
            work.jump_off,
            oblast,
            years,
            persons,
            loss,
            work.bounds,
            work.national,
            work.settings.seed,
            np.array(work.settings.fertility_factors) if work.settings.fertility_factors else None,
        )
    running = drawn.cumulated.sum(axis=0, dtype=np.int32)
    components = np.stack([drawn.births, drawn.deaths, drawn.net_migration, drawn.hidden_loss])
    summed = components.sum(axis=1, dtype=np.int32)
    return _oblast_chunk(work, drawn, years, running, components, summed), running, summed


def _one_thread() -> AbstractContextManager[Any]:
    """One BLAS thread per process: for matrices this small, threads that wait for each other cost more than they do."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)


def _oblast_chunk(
    work: _Work,
    drawn: OblastDraws,
    years: list[int],
    running: NDArray[np.int32],
    components: NDArray[np.int32],
    summed: NDArray[np.int32],
) -> Chunk:
    jump_off, facts, chunk = work.jump_off, work.facts, Chunk()
    codes, name = [jump_off.municipalities[m] for m in drawn.municipalities], [jump_off.oblasts[drawn.oblast]]
    if "exposure_draw" in work.outputs:
        chunk["exposure_draw"] = _exposure_table(work, drawn, codes, years)
    if "forecast" in work.outputs:
        base = base_year_tables(jump_off, facts, [drawn.oblast])
        made = np.stack([statistics(published_groups(each, work.bounds)) for each in drawn.cumulated])
        above = statistics(published_groups(running, work.bounds))[None]
        parts = [base["municipality"], forecast_table("municipality", codes, years, made, facts)]
        parts += [base["oblast"], forecast_table("oblast", name, years, above, facts)]
        chunk["forecast"] = unify(parts)
    if "component" in work.outputs:
        parts = [component_table("municipality", codes, years, components, facts)]
        parts.append(component_table("oblast", name, years, summed[:, None].copy(), facts))
        chunk["component"] = unify(parts)
    return chunk


def _exposure_table(work: _Work, drawn: OblastDraws, codes: list[str], years: list[int]) -> Any:
    """Rows sorted by target group, municipality, year and draw."""
    import pyarrow as pa

    weights = class_weights(work.groups, work.bounds).astype(np.float32)
    weights = weights.transpose(1, 0, 2, 3).reshape(len(years), len(work.groups.codes), -1)
    draws = drawn.cumulated.shape[-1]
    persons = np.empty((len(work.groups.codes), len(codes), len(years), draws), dtype=np.float32)
    for at, municipality in enumerate(drawn.cumulated):
        counts = np.diff(municipality, axis=1).astype(np.float32)
        persons[:, at] = (weights @ counts).transpose(1, 0, 2)
    shape = persons.shape
    table = pa.table(
        {
            "draw": along(range(draws), 3, shape),
            "municipality_code": along(codes, 1, shape),
            "year": along(years, 2, shape),
            "target_group": along(work.groups.codes, 0, shape),
            "persons": pa.array(persons.ravel()),
            "status": along(["forecast"], 0, (1, persons.size)),
        }
    )
    return table.replace_schema_metadata({ROWS_TOGETHER: str(draws)})


class _Sums:
    """Running sums of the regions: whole persons, so their order does not matter."""

    def __init__(self, regions: int) -> None:
        self.persons: list[Any] = [0] * regions
        self.components: list[Any] = [0] * regions

    def add(self, region: int, running: NDArray[np.int32], components: NDArray[np.int32]) -> None:
        self.persons[region] = self.persons[region] + running.astype(np.int64)
        self.components[region] = self.components[region] + components.astype(np.int64)


def _upper_levels(work: _Work, sums: _Sums, years: list[int]) -> Chunk:
    jump_off, facts, chunk = work.jump_off, work.facts, Chunk()
    levels = {"region": (list(jump_off.regions), sums.persons, sums.components)}
    levels["country"] = (["BG"], [sum(sums.persons)], [sum(sums.components)])
    if "forecast" in work.outputs:
        base = base_year_tables(jump_off, facts, range(len(jump_off.oblasts)))
        parts = []
        for level, (codes, persons, _) in levels.items():
            made = np.stack([statistics(published_groups(each, work.bounds)) for each in persons])
            parts += [base[level], forecast_table(level, codes, years, made, facts)]
        chunk["forecast"] = unify(parts)
    if "component" in work.outputs:
        chunk["component"] = unify(
            [
                component_table(level, codes, years, np.stack(parts, axis=1), facts)
                for level, (codes, _, parts) in levels.items()
            ]
        )
    return chunk
