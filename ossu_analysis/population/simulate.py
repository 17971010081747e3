"""One streaming pass over the oblasts that makes the population tables, each alone or all at once.

Belongs here: the order of the work, the chunks and the threads; arithmetic is in `yearly_step` and the
table modules. Memory is bounded by one area and the published rows of one oblast (times the number of threads) plus
the running sums of the regions and the country.
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
    area_statistics,
    base_year_tables,
    forecast_table,
    group_starts,
)
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.totals import TotalDraws
from ossu_analysis.population.yearly_step import AreaDraws, Paths, national_paths, simulate_oblast
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


@dataclass
class _Sum:
    """Running sums of the draws of areas: whole persons, so their order does not matter."""

    persons: Any = 0
    components: Any = 0

    def add(self, persons: NDArray[np.int32], components: NDArray[np.int32]) -> None:
        self.persons, self.components = self.persons + persons, self.components + components


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
        Joint draws of the totals of the municipalities of the oblasts asked for.
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
    order = _order_of(jump_off, totals, chosen)
    wanted = groups.of_years(years)
    bounds = class_bounds(wanted, group_starts()) if "exposure_draw" in outputs else group_starts()
    national = national_paths(jump_off, years, totals.persons.shape[0], settings.seed)
    work = _Work(jump_off, wanted, bounds, national, settings, frozenset(outputs))
    regions = [_Sum() for _ in jump_off.regions]
    for oblast, (chunk, total) in zip(chosen, _run(work, totals, order, chosen, years), strict=True):
        regions[int(jump_off.region_of_oblast[oblast])].add(total.persons, total.components)
        yield chunk
    if len(chosen) == len(jump_off.oblasts):
        yield _upper_levels(work, regions, years)


def _positions(jump_off: JumpOff, oblasts: Sequence[str] | None) -> list[int]:
    for code in oblasts or ():
        if code not in jump_off.oblasts:
            raise OssuError("population.unknown_oblast", oblast=code, known=", ".join(jump_off.oblasts))
    return [at for at, code in enumerate(jump_off.oblasts) if oblasts is None or code in oblasts]


def _order_of(jump_off: JumpOff, totals: TotalDraws, chosen: list[int]) -> NDArray[np.int64]:
    """Position in the totals of each municipality; -1 in oblasts that were not chosen and have no totals."""
    position = {code: at for at, code in enumerate(totals.areas)}
    wanted = np.flatnonzero(np.isin(jump_off.oblast_of, chosen))
    missing = [code for code in (jump_off.municipalities[at] for at in wanted) if code not in position]
    if missing:
        raise OssuError("population.no_totals", areas=", ".join(missing))
    sound = np.isfinite(totals.persons).all(axis=(0, 2)) & (totals.persons >= 0).all(axis=(0, 2))
    if not sound.all():
        raise OssuError("population.bad_totals", areas=", ".join(np.array(totals.areas)[~sound]))
    return np.array([position.get(code, -1) for code in jump_off.municipalities])


def _run(
    work: _Work, totals: TotalDraws, order: NDArray[np.int64], chosen: list[int], years: list[int]
) -> Iterator[tuple[Chunk, _Sum]]:
    """Results of the oblasts in order. Threads, because nearly all work is done in arrays, and nothing is copied."""
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=work.settings.jobs, backend="threading", return_as="generator", pre_dispatch="n_jobs")
    with _one_thread():
        yield from parallel(
            delayed(_one_oblast)(work, oblast, years, totals, order[work.jump_off.oblast_of == oblast])
            for oblast in chosen
        )


def _one_oblast(
    work: _Work, oblast: int, years: list[int], totals: TotalDraws, mine: NDArray[np.int64]
) -> tuple[Chunk, _Sum]:
    factors = np.array(work.settings.fertility_factors) if work.settings.fertility_factors else None
    drawn_totals = ((totals.persons[:, area].T, totals.hidden_loss[:, area].T) for area in mine)
    codes, total = [], _Sum()
    rows: dict[str, list[Any]] = {name: [] for name in work.outputs}
    drawn = simulate_oblast(
        work.jump_off, oblast, years, drawn_totals, work.bounds, work.national, work.settings.seed, factors
    )
    for area in drawn:
        codes.append(work.jump_off.municipalities[area.member])
        for name, made in _published(work, area).items():
            rows[name].append(made)
        total.add(area.cumulated, area.components)
    return _oblast_chunk(work, oblast, codes, years, rows, total), total


def _published(work: _Work, area: AreaDraws) -> dict[str, Any]:
    """What is kept of the draws of one area, by table."""
    kept: dict[str, Any] = {}
    if "forecast" in work.outputs:
        kept["forecast"] = area_statistics(area.cumulated, work.bounds)
    if "component" in work.outputs:
        kept["component"] = statistics(area.components)
    if "exposure_draw" in work.outputs:
        kept["exposure_draw"] = _in_groups(work, area.cumulated)
    return kept


def _one_thread() -> AbstractContextManager[Any]:
    """One BLAS thread each: for matrices this small, threads that wait for each other cost more than they do."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)


def _oblast_chunk(
    work: _Work, oblast: int, codes: list[str], years: list[int], rows: dict[str, list[Any]], total: "_Sum"
) -> Chunk:
    facts, chunk, name = work.facts, Chunk(), [work.jump_off.oblasts[oblast]]
    if "exposure_draw" in work.outputs:
        chunk["exposure_draw"] = _exposure_table(work, np.stack(rows["exposure_draw"], axis=1), codes, years)
    if "forecast" in work.outputs:
        base = base_year_tables(work.jump_off, facts, [oblast])
        above = area_statistics(total.persons, work.bounds)[None]
        parts = [base["municipality"], forecast_table("municipality", codes, years, np.stack(rows["forecast"]), facts)]
        chunk["forecast"] = unify([*parts, base["oblast"], forecast_table("oblast", name, years, above, facts)])
    if "component" in work.outputs:
        parts = [component_table("municipality", codes, years, np.stack(rows["component"], axis=1), facts)]
        above = statistics(total.components)[:, None]
        chunk["component"] = unify([*parts, component_table("oblast", name, years, above, facts)])
    return chunk


def _in_groups(work: _Work, cumulated: NDArray[np.int32]) -> NDArray[np.float32]:
    """Persons of one area in the target groups, (groups, H, draws)."""
    weights = class_weights(work.groups, work.bounds).astype(np.float32).transpose(1, 0, 2, 3)
    counts = np.diff(cumulated, axis=1).astype(np.float32)
    return (weights.reshape(len(weights), len(work.groups.codes), -1) @ counts).transpose(1, 0, 2)


def _exposure_table(work: _Work, persons: NDArray[np.float32], codes: list[str], years: list[int]) -> Any:
    """Rows sorted by target group, municipality, year and draw."""
    import pyarrow as pa

    shape, draws = persons.shape, persons.shape[-1]
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


def _upper_levels(work: _Work, regions: "list[_Sum]", years: list[int]) -> Chunk:
    jump_off, facts, chunk = work.jump_off, work.facts, Chunk()
    country = _Sum()
    for region in regions:
        country.add(region.persons, region.components)
    levels = {"region": (list(jump_off.regions), regions), "country": (["BG"], [country])}
    if "forecast" in work.outputs:
        base = base_year_tables(jump_off, facts, range(len(jump_off.oblasts)))
        parts = []
        for level, (codes, sums) in levels.items():
            made = np.stack([area_statistics(each.persons, work.bounds) for each in sums])
            parts += [base[level], forecast_table(level, codes, years, made, facts)]
        chunk["forecast"] = unify(parts)
    if "component" in work.outputs:
        parts = []
        for level, (codes, sums) in levels.items():
            components = np.stack([statistics(each.components) for each in sums], axis=1)
            parts.append(component_table(level, codes, years, components, facts))
        chunk["component"] = unify(parts)
    return chunk
