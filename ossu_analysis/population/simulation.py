"""One streaming pass over the areas of a hierarchy that makes the population tables, each alone or all at once.

Belongs here: the order of the work, the chunks and the threads; arithmetic is in `yearly_step` and the table modules.
Areas are simulated a block of sisters at a time; what stands above them is a running sum of whole persons, which is
shown when its last area has come. Memory is bounded by the blocks under way and the sums that are not complete.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import statistics
from ossu_analysis.errors import OssuError
from ossu_analysis.population.arrow import along, unify
from ossu_analysis.population.cells import Floats
from ossu_analysis.population.component import component_table
from ossu_analysis.population.exposure import ExposureGroups, class_bounds, class_weights
from ossu_analysis.population.forecast import BaseYear, Layout, area_statistics, area_tables, group_starts
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.totals import TotalDraws
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.population.yearly_step import (
    AreaDraws,
    Group,
    Single,
    national_paths,
    shared_by_group,
    simulate_areas,
)
from ossu_analysis.store import ROWS_TOGETHER

ALL_OUTPUTS = ("forecast", "component", "exposure_draw")
TOGETHER = 64
"""Sisters that are simulated and held at once."""
Chunk = dict[str, Any]
TotalsOf = Callable[[Sequence[str]], Iterable[tuple[Single, Single]]]
"""Draws of the total and of the hidden loss, (H, draws) each, of every area named."""


@dataclass(frozen=True)
class Population:
    """One root with all below it, ready to be simulated.

    Attributes
    ----------
    tree : AreaTree
    level : mapping of str to str
        Name of the level of every area that is shown; the others stand in sums only.
    years : tuple of int, length H
    draws : int
    totals : TotalsOf
    jump_off : JumpOff or None
        None forecasts totals alone.
    base : BaseYear
    layout : Layout
    remainder : mapping of str to ndarray
        Areas that differ from the sum of those below them: how many times theirs every class of age and sex is.
    """

    tree: AreaTree
    level: Mapping[str, str]
    years: tuple[int, ...]
    draws: int
    totals: TotalsOf
    jump_off: JumpOff | None
    base: BaseYear
    layout: Layout = field(default_factory=Layout)
    remainder: Mapping[str, Floats] = field(default_factory=dict)


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

    persons: Any = None
    components: Any = None

    def add(self, other: "AreaDraws | _Sum") -> None:
        self.persons = _added(self.persons, other.cumulated if isinstance(other, AreaDraws) else other.persons)
        self.components = _added(self.components, other.components)


def _added(total: Any, part: Any) -> Any:
    """The total with a part more, in its own memory."""
    if total is None or part is None:
        return part if part is None else part.astype(np.int64)
    total += part
    return total


class _Above:
    """The sums of all areas above the leaves, let go as soon as they are complete."""

    def __init__(self, population: Population) -> None:
        self.tree, self.remainder = population.tree, population.remainder
        self.sums: dict[str, _Sum] = {}
        self.waiting = {code: len(below) for code, below in self.tree.below.items()}

    def add(self, areas: Sequence[str], total: _Sum) -> Iterator[tuple[str, _Sum]]:
        """Add the sum of some sisters; yield the areas that are now complete, the lowest first."""
        above = self.tree.parent[areas[0]]
        if not above:
            return
        self.sums.setdefault(above, _Sum()).add(total)
        self.waiting[above] -= len(areas)
        if not self.waiting[above]:
            whole = self.sums.pop(above)
            if above in self.remainder:
                whole.persons = with_remainder(whole.persons, self.remainder[above])
            yield above, whole
            yield from self.add([above], whole)


def with_remainder(running: NDArray[np.int64], factor: Floats) -> NDArray[np.int64]:
    """Running sums (H, C + 1 or 1, draws) of an area whose every class is ``factor`` (C or 1) times its children's."""
    parts = np.diff(running, axis=1, prepend=0) if running.shape[1] == 1 else np.diff(running, axis=1)
    whole = np.rint(np.cumsum(parts * factor[:, None], axis=1)).astype(np.int64)
    return whole if running.shape[1] == 1 else np.pad(whole, ((0, 0), (1, 0), (0, 0)))


@dataclass(frozen=True)
class Work:
    """What every block needs."""

    population: Population
    groups: ExposureGroups | None
    bounds: tuple[int, ...]
    settings: SimulationSettings
    outputs: frozenset[str]

    @property
    def facts(self) -> dict[str, Any]:
        """Columns that are the same in every row."""
        return {
            "scenario": self.settings.scenario,
            "base_year": self.population.base.year,
            "run_id": self.settings.run_id,
        }

    @property
    def factors(self) -> Floats:
        """Factor of fertility of every forecast year."""
        return np.array(self.settings.fertility_factors or [1.0] * len(self.population.years))


@dataclass(frozen=True)
class Block:
    """Some sisters, the area above them, and what their group shares."""

    above: str
    leaves: list[str]
    part: slice
    group: Group | None


def simulate(
    population: Population,
    settings: SimulationSettings,
    groups: ExposureGroups | None = None,
    outputs: Collection[str] = ALL_OUTPUTS,
) -> Iterator[Chunk]:
    """Simulate block by block and yield the tables of each.

    Parameters
    ----------
    population : Population
    settings : SimulationSettings
    groups : ExposureGroups
        Of the forecast years; needed for ``exposure_draw``.
    outputs : collection of str
        Tables wanted: ``forecast``, ``component``, ``exposure_draw``.

    Yields
    ------
    dict of str to pyarrow.Table
        One per block of sisters, with the area above them after its last one; areas further above stand alone.

    Raises
    ------
    OssuError
        ``population.no_totals``.
    """
    work = work_of(population, settings, groups, outputs)
    yield from tables_of(work, blocks_of(work))


def work_of(
    population: Population, settings: SimulationSettings, groups: ExposureGroups | None, outputs: Collection[str]
) -> Work:
    """What every block needs to make the tables that are wanted; parameters as of `simulate`."""
    wanted = groups.of_years(population.years) if groups and "exposure_draw" in outputs else None
    bounds = class_bounds(wanted, group_starts()) if wanted else group_starts()
    return Work(population, wanted, bounds, settings, frozenset(outputs))


def tables_of(work: Work, blocks: Iterable[Block]) -> Iterator[Chunk]:
    """Tables of some blocks, as `simulate` yields them; an area above is shown when all of it has come."""
    population, above = work.population, _Above(work.population)
    for leaves, rows, total in _run(work, blocks):
        complete = list(above.add(leaves, total))
        direct = [each for each in complete if each[0] == population.tree.parent[leaves[0]]]
        apart = ([each] for each in complete if each not in direct)
        chunks = [_chunk(work, rows, direct), *(_chunk(work, {}, above_it) for above_it in apart)]
        yield from (chunk for chunk in chunks if chunk)


def blocks_of(work: Work) -> Iterator[Block]:
    """All areas of the population, some sisters at a time."""
    population, jump_off, seed = work.population, work.population.jump_off, work.settings.seed
    national = None if jump_off is None else national_paths(jump_off, population.years, population.draws, seed)
    for at, (above, sisters) in enumerate(population.tree.sisters.items()):
        shared = None
        if jump_off is not None and national is not None:
            shared = shared_by_group(jump_off, at, population.years, national, seed)
        for start in range(0, len(sisters), TOGETHER):
            part = slice(start, start + TOGETHER)
            yield Block(above, sisters[part], part, shared)


def _run(work: Work, blocks: Iterable[Block]) -> Iterator[tuple[list[str], dict[str, list[Any]], _Sum]]:
    """Results of the blocks in order. Threads, because nearly all work is done in arrays, and nothing is copied."""
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=work.settings.jobs, backend="threading", return_as="generator", pre_dispatch="n_jobs")
    with _one_thread():
        yield from parallel(delayed(_one_block)(work, block) for block in blocks)


def _one_thread() -> AbstractContextManager[Any]:
    """One BLAS thread each: for matrices this small, threads that wait for each other cost more than they do."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)


def _one_block(work: Work, block: Block) -> tuple[list[str], dict[str, list[Any]], _Sum]:
    shown, total = [], _Sum()
    kept: dict[str, list[Any]] = {name: [] for name in work.outputs}
    for area in _drawn(work, block):
        total.add(area)
        if area.code in work.population.level:
            shown.append(area.code)
            for name, made in _published(work, area).items():
                kept[name].append(made)
    return block.leaves, _leaf_tables(work, shown, kept) if shown else {}, total


def _drawn(work: Work, block: Block) -> Iterator[AreaDraws]:
    population, totals = work.population, work.population.totals(block.leaves)
    if population.jump_off is None or block.group is None:
        for code, (persons, _) in zip(block.leaves, totals, strict=True):
            yield AreaDraws(code, np.rint(persons).astype(np.int32)[:, None], None)
        return
    years, seed = population.years, work.settings.seed
    yield from simulate_areas(
        population.jump_off, block.group, block.part, years, totals, work.bounds, seed, work.factors
    )


def _published(work: Work, area: AreaDraws) -> dict[str, Any]:
    """What is kept of the draws of one area, by table."""
    kept: dict[str, Any] = {}
    if "forecast" in work.outputs:
        kept["forecast"] = area_statistics(area.cumulated, work.bounds, work.population.layout)
    if area.components is not None and "component" in work.outputs:
        kept["component"] = statistics(area.components)
    if "exposure_draw" in work.outputs:
        kept["exposure_draw"] = _in_target_groups(work, area.cumulated)
    return kept


def _leaf_tables(work: Work, codes: list[str], kept: dict[str, list[Any]]) -> dict[str, list[Any]]:
    tables: dict[str, list[Any]] = {}
    if "exposure_draw" in work.outputs:
        tables["exposure_draw"] = [_exposure_table(work, np.stack(kept["exposure_draw"], axis=1), codes)]
    if "forecast" in work.outputs:
        tables["forecast"] = _forecast_tables(work, codes, np.stack(kept["forecast"]))
    if "component" in work.outputs:
        tables["component"] = [_component_table(work, codes, np.stack(kept["component"], axis=1))]
    return tables


def _forecast_tables(work: Work, codes: list[str], values: Floats) -> list[Any]:
    population = work.population
    level = population.level[codes[0]]
    return area_tables(level, codes, population.years, values, population.base, population.layout, work.facts)


def _component_table(work: Work, codes: list[str], values: Floats) -> Any:
    population = work.population
    return component_table(population.level[codes[0]], codes, population.years, values, work.facts)


def _chunk(work: Work, rows: dict[str, list[Any]], above: list[tuple[str, _Sum]]) -> Chunk:
    """Tables of a block's leaves and of the areas above that are complete."""
    tables = {name: list(parts) for name, parts in rows.items()}
    for code, total in above:
        if "forecast" in work.outputs:
            values = area_statistics(total.persons, work.bounds, work.population.layout)[None]
            tables.setdefault("forecast", []).extend(_forecast_tables(work, [code], values))
        if "component" in work.outputs:
            tables.setdefault("component", []).append(
                _component_table(work, [code], statistics(total.components)[:, None])
            )
    return {name: unify(parts) if len(parts) > 1 else parts[0] for name, parts in tables.items()}


def _in_target_groups(work: Work, cumulated: NDArray[np.int32]) -> NDArray[np.float32]:
    """Persons of one area in the target groups, (groups, H, draws)."""
    groups = work.groups
    if groups is None:
        raise ValueError("exposure needs the weights of the target groups")
    weights = class_weights(groups, work.bounds).transpose(1, 0, 2, 3)
    counts = np.diff(cumulated, axis=1).astype(np.float64)
    persons = weights.reshape(len(weights), len(groups.codes), -1) @ counts
    return persons.transpose(1, 0, 2).astype(np.float32)


def _exposure_table(work: Work, persons: NDArray[np.float32], codes: list[str]) -> Any:
    """Rows sorted by target group, municipality, year and draw."""
    import pyarrow as pa

    shape, draws = persons.shape, persons.shape[-1]
    groups = work.groups.codes if work.groups else ()
    table = pa.table(
        {
            "draw": along(range(draws), 3, shape),
            "municipality_code": along(codes, 1, shape),
            "year": along(work.population.years, 2, shape),
            "target_group": along(groups, 0, shape),
            "persons": pa.array(persons.ravel()),
            "status": along(["forecast"], 0, (1, persons.size)),
        }
    )
    return table.replace_schema_metadata({ROWS_TOGETHER: str(draws)})


def already_drawn(totals: TotalDraws) -> TotalsOf:
    """Totals that were drawn before, by area.

    Raises
    ------
    OssuError
        ``population.bad_totals`` when a draw is negative or no number; ``population.no_totals``, when areas are asked
        for that have none.
    """
    position = {code: at for at, code in enumerate(totals.areas)}
    sound = np.isfinite(totals.persons).all(axis=(0, 2)) & (totals.persons >= 0).all(axis=(0, 2))
    if not sound.all():
        raise OssuError("population.bad_totals", areas=", ".join(np.array(totals.areas)[~sound]))

    def of(codes: Sequence[str]) -> Iterator[tuple[Single, Single]]:
        missing = [code for code in codes if code not in position]
        if missing:
            raise OssuError("population.no_totals", areas=", ".join(missing))
        at = [position[code] for code in codes]
        return ((totals.persons[:, area].T, totals.hidden_loss[:, area].T) for area in at)

    return of
