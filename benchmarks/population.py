"""The simulation: time and peak memory beside named peers, its scaling, and any hierarchy at the size of Europe.

``python -m benchmarks.population [TABLE.parquet]``. Prints (1) 1,000 draws of 265 municipalities x 2 sexes x 101
ages x 20 years, the forecast alone and all three tables, in one and in two threads; (2) statsforecast AutoETS and
AutoTheta on the totals of the same municipalities (points and two ranges; ``uv sync --group bench``); (3) time and
peak memory against the number of areas; (4) errors of ages on the official figures, by base year; (5) when the path
of a Eurostat table ``demo_r_pjangrp3`` is given as Parquet (columns geo, nuts_level, sex, age, year on 1 January,
value; it is not shipped): all its NUTS 3 regions, and ages of NUTS 3 estimated from NUTS 2 as if they were unknown.
Each measurement runs in a process of its own, so that peaks are its own.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.totals import peer, peers
from ossu_analysis.config import RunSettings
from ossu_analysis.population.age_structure import TEST_GROUPS, estimate_age_structure, score_hidden_ages
from ossu_analysis.population.any_hierarchy import forecast_hierarchy
from ossu_analysis.population.bulgaria import bulgarian_population, drawn_totals
from ossu_analysis.population.exposure import ExposureGroups, exposure_groups
from ossu_analysis.population.forecast import GROUPS, BaseYear
from ossu_analysis.population.hierarchy_input import read_tree
from ossu_analysis.population.history import history_of
from ossu_analysis.population.inputs import age_inputs
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.middle_path import project_oblasts
from ossu_analysis.population.municipality_age import PLACE_AGES, PLACE_SHAPE
from ossu_analysis.population.registered_events import prepare_jump_off
from ossu_analysis.population.scenario import read_scenario
from ossu_analysis.population.simulation import ALL_OUTPUTS, Population, SimulationSettings, TotalsOf, simulate
from ossu_analysis.population.tables_read import AGES_AND_TOTALS, TOTALS_TABLES
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[1]
SETTINGS = RunSettings(base_year=2018, draws=1000, until_year=2038)
SIZES = 28, 265, 1_500, 10_000
PLACE_WEIGHT = 0.5
"""As estimated on hidden oblasts of Bulgaria (`age_structure.best_place_weight`), so that EU regions are new to it."""
AGE_GROUPS = {"15-64": slice(15, 65), "65+": slice(65, None), "80+": slice(80, None)}


def main() -> None:
    """Run the measurements."""
    for tables in ("forecast", ",".join(ALL_OUTPUTS)):
        for jobs in (1, 2):
            _alone("simulation", str(jobs), tables)
    _alone("peers")
    for areas in SIZES:
        _alone("scaling", str(areas))
    _alone("ages")
    if len(sys.argv) > 1:
        _alone("hierarchy", sys.argv[1])
        _alone("hidden", sys.argv[1])
    else:
        print("hierarchy: no table given; pass the path of demo_r_pjangrp3 as Parquet to measure all NUTS 3 regions")


def _alone(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.population", "--measure", *arguments], cwd=ROOT, check=True)


def _tables() -> dict[str, pd.DataFrame]:
    store, readers = Store(ROOT), {"sources": SOURCES, "reference": REFERENCE}
    return {name: readers[link][name](store) for name, link in (AGES_AND_TOTALS | TOTALS_TABLES).items()}


def measure_simulation(jobs: str, outputs: str) -> None:
    """One pass with some of the tables; estimation before it is measured apart."""
    population, groups = _estimated()
    started, busy, rows = time.perf_counter(), time.process_time(), 0
    chosen = SimulationSettings(1, jobs=int(jobs))
    for chunk in simulate(population, chosen, groups, outputs.split(",")):
        rows += sum(table.num_rows for table in chunk.values())
    _say(f"simulation of {outputs}, {jobs} thread(s): {rows:,} rows", started, busy)


def _estimated() -> tuple[Population, ExposureGroups]:
    tables, store, started, busy = _tables(), Store(ROOT), time.perf_counter(), time.process_time()
    known = REFERENCE["target_group"](store), REFERENCE["retirement_age"](store), SOURCES["longstanding_illness"](store)
    structure = estimate_age_structure(age_inputs(tables, SETTINGS.base_year))
    groups = exposure_groups(*known, list(SETTINGS.years))
    totals = drawn_totals(tables, SETTINGS, read_scenario(store.assumptions / "scenarios", SETTINGS.scenario))
    population = bulgarian_population(structure, totals)
    _say("ages, rates and totals", started, busy)
    return population, groups


def measure_peers() -> None:
    """Points and two ranges of the totals of the same municipalities, twenty years ahead."""
    history = history_of(_tables(), SETTINGS.base_year)
    if not peers():
        print("peers: statsforecast is not installed")
    for name in peers():
        peer(name, history.select(np.arange(5)), len(SETTINGS.years))
        started, busy = time.perf_counter(), time.process_time()
        peer(name, history, len(SETTINGS.years))
        _say(f"statsforecast {name}, totals of {len(history.areas)} municipalities", started, busy)


def measure_scaling(areas: str) -> None:
    """A made-up country of ``areas`` areas in groups of ten: real municipalities drawn again; the forecast alone."""
    population = _resampled(_estimated_ages(), int(areas))
    started, busy, rows = time.perf_counter(), time.process_time(), 0
    for chunk in simulate(population, SimulationSettings(1), outputs=("forecast",)):
        rows += chunk["forecast"].num_rows
    _say(f"{areas} areas: {rows:,} rows", started, busy)


def _estimated_ages() -> JumpOff:
    return prepare_jump_off(estimate_age_structure(age_inputs(_tables(), SETTINGS.base_year)))


def _resampled(real: JumpOff, areas: int) -> Population:
    picked = np.random.default_rng(0).integers(len(real.leaves), size=areas)
    group, above = np.arange(areas) // 10, real.group_of[picked[::10]]
    leaves = [f"M{number:05d}" for number in range(areas)]
    groups = [f"O{number:04d}" for number in range(len(above))]
    tree = AreaTree.in_order(
        {"BG": ""} | dict.fromkeys(groups, "BG") | {c: groups[g] for c, g in zip(leaves, group, strict=True)}
    )
    events = real.events
    jump_off = replace(
        real,
        leaves=tuple(leaves),
        groups=tuple(groups),
        group_of=group,
        persons=real.persons[picked],
        totals=real.totals[picked],
        ratios=replace(real.ratios, ratio=real.ratios.ratio[above], usual=real.ratios.usual[above]),
        local=real.local[picked],
        start_spread=real.start_spread[picked],
        events=replace(
            events,
            mu=events.mu[above],
            theta=events.theta[picked],
            fertility=replace(events.fertility, local=events.fertility.local[picked]),
        ),
    )
    level = {code: ("country", "oblast", "municipality")[tree.depth(code)] for code in tree.codes}
    counts = dict.fromkeys(tree.codes, np.zeros((3, len(GROUPS))))
    base = BaseYear(real.base_year, counts, dict.fromkeys(level.values(), ["estimated"] * len(GROUPS)))
    size = dict(zip(leaves, jump_off.totals, strict=True))
    return Population(tree, level, tuple(SETTINGS.years), SETTINGS.draws, _walking(size), jump_off, base)


def _walking(size: dict[str, float]) -> TotalsOf:
    """Made-up totals that shrink at random."""

    def of(codes: Sequence[str]) -> Iterator[tuple[Any, Any]]:
        for code in codes:
            steps = np.random.default_rng(int(code[1:])).normal(-0.01, 0.01, (len(SETTINGS.years), SETTINGS.draws))
            persons = (size[code] * np.exp(np.cumsum(steps, axis=0))).astype(np.float32)
            yield persons, np.zeros_like(persons)

    return of


def measure_ages() -> None:
    """Age estimate one level up, and ages of oblasts and regions forecast to the last year without totals."""
    tables = _tables()
    last = age_inputs(tables, SETTINGS.base_year)
    print(score_hidden_ages(last).pivot(index="method", columns="age_group", values="value").round(2).to_string())
    for base_year in range(2013, last.base_year):
        inputs = age_inputs(tables, base_year)
        guess = project_oblasts(estimate_age_structure(inputs), range(base_year + 1, last.base_year + 1))[:, -1]
        order = [last.oblasts.index(code) for code in inputs.oblasts]
        print(base_year, _errors(guess.sum(axis=1), last.oblast_cells[order, -1].sum(axis=1), inputs.region_of_oblast))


def _errors(guess: Any, actual: Any, owner: Any) -> str:
    said = []
    for level, group in (("oblast", np.arange(len(owner))), ("region", owner)):
        member = (np.arange(group.max() + 1)[:, None] == group).astype(float)
        for name, ages in AGE_GROUPS.items():
            ratio = (member @ guess[:, ages].sum(axis=1)) / (member @ actual[:, ages].sum(axis=1))
            said.append(f"{level} {name} {100 * np.abs(ratio - 1).mean():.2f}")
    return ", ".join(said)


def measure_hierarchy(path: str) -> None:
    """All regions of a Eurostat table, ten years and 1,000 draws."""
    if not Path(path).exists():
        print(f"hierarchy: {path} is not there")
        return
    started, busy, rows = time.perf_counter(), time.process_time(), 0
    made = forecast_hierarchy(eurostat_areas(pd.read_parquet(path)), 10, 1000, 0, path)
    for chunk in made.rows:
        rows += chunk.num_rows
    _say(f"hierarchy: {rows:,} rows, {len(made.faults)} messages", started, busy)


def measure_hidden(path: str) -> None:
    """Ages of NUTS 3 in the last year as if only those of five years before and those of NUTS 2 were known."""
    if not Path(path).exists():
        return
    tree, _ = read_tree(eurostat_areas(pd.read_parquet(path)))
    at = {code: number for number, code in enumerate(tree.codes)}
    known = np.isfinite(tree.ages[:, [0, -1]]).all(axis=(1, 2, 3))
    pairs = [(at[code], at[code[:-1]]) for code in tree.codes if len(code) == 5 and code[:-1] in at]
    child, parent = np.array([pair for pair in pairs if known[list(pair)].all()]).T
    before, actual = tree.ages[child, 0], tree.ages[child, -1]
    above, earlier = tree.ages[parent, -1], tree.ages[parent, 0]
    totals = actual.sum(axis=-1, keepdims=True)
    cohorts = np.maximum(_moved_cohorts(before, earlier, above), 1e-9)
    weight = PLACE_WEIGHT * np.interp(np.array(tree.starts) + 2.5, PLACE_AGES, PLACE_SHAPE)
    guesses = {
        "shares of NUTS 2": above,
        "own ages five years ago": before,
        "own cohorts moved as those of NUTS 2": cohorts,
        "the same, with place-bound ages": cohorts ** (1 - weight) * np.maximum(before, 1e-9) ** weight,
    }
    whole, owner = np.unique(parent, return_inverse=True)
    for name, guess in guesses.items():
        fitted, said = _raked(guess, totals, tree.ages[whole, -1], owner), []
        for group, low, high in TEST_GROUPS:
            ages = [low <= start < high for start in tree.starts]
            error = fitted[..., ages].sum(-1) / np.maximum(actual[..., ages].sum(-1), 1) - 1
            said.append(f"{group} {100 * np.abs(error).mean():.2f}")
        print(f"hidden ages of {len(child)} NUTS 3 regions, {name}: {', '.join(said)}")


def _raked(guess: Any, totals: Any, above: Any, owner: Any) -> Any:
    """Fit in turn to totals by sex and to the ages of the area above."""
    fitted = np.maximum(guess, 1e-9)
    for _ in range(20):
        inside = np.zeros_like(above)
        np.add.at(inside, owner, fitted)
        fitted = fitted * (above / np.maximum(inside, 1e-9))[owner]
        fitted *= totals / np.maximum(fitted.sum(axis=-1, keepdims=True), 1e-9)
    return fitted


def _moved_cohorts(before: Any, earlier: Any, above: Any) -> Any:
    """Five-year groups five years on: each cohort changes as its parent's did; the open group with the one below."""
    moved = before * above / np.maximum(earlier, 1)
    ratio = above[..., 1:-1] / np.maximum(earlier[..., :-2], 1)
    moved[..., 1:-1] = before[..., :-2] * ratio
    last = above[..., -1] / np.maximum(earlier[..., -2:].sum(axis=-1), 1)
    moved[..., -1] = before[..., -2:].sum(axis=-1) * last
    return moved


def eurostat_areas(table: pd.DataFrame) -> pd.DataFrame:
    """Eurostat's codes as the columns of `hierarchy`; 1 January t is 31 December t-1."""
    used = table[table["nuts_level"].le(3) & table["age"].ne("UNK")]
    code, age = used["geo"].astype(str), used["age"].astype(str)
    bounds = {name: _age_bounds(name) for name in age.unique()}
    return pd.DataFrame(
        {
            "area_code": code,
            "parent_code": code.str[:-1].where(code.str.len() > 2, ""),
            "sex": used["sex"].astype(str),
            "age_from": age.map({name: first for name, (first, _) in bounds.items()}),
            "age_to": age.map({name: last for name, (_, last) in bounds.items()}).astype("Float64"),
            "year": used["year"].astype(int) - 1,
            "persons": used["value"].astype("Float64"),
        }
    )


def _age_bounds(name: str) -> tuple[int, int | None]:
    if name == "TOTAL":
        return 0, None
    digits = name.removeprefix("Y").removeprefix("_LT").removeprefix("_GE")
    if name.startswith("Y_LT"):
        return 0, int(digits) - 1
    first, _, last = digits.partition("-")
    return int(first), int(last) if last else None


def _say(what: str, started: float, busy: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    elapsed, busy = time.perf_counter() - started, time.process_time() - busy
    print(f"{what}: {elapsed:.1f} s, {busy:.1f} s of processor, peak {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        globals()[f"measure_{sys.argv[2]}"](*sys.argv[3:])
    else:
        main()
