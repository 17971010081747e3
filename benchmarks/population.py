"""The simulation: time and peak memory of one pass, and any hierarchy at the size of Europe.

``python -m benchmarks.population [TABLE.parquet]``. Prints (1) 1,000 draws of 265 municipalities x 2 sexes x 101
ages x 17 years with all tables, by number of processes; (2) errors of ages on the official figures, by base year;
(3) all NUTS 3 regions of a Eurostat table ``demo_r_pjangrp3`` as Parquet (columns geo, nuts_level, sex, age, year on
1 January, value), when its path is given; it is not shipped. Each measurement runs in a process of its own, so that
peaks are its own.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor

from ossu_analysis.config import RunSettings
from ossu_analysis.population.age_structure import estimate_age_structure, score_hidden_ages
from ossu_analysis.population.chain import drawn_totals
from ossu_analysis.population.exposure import exposure_groups
from ossu_analysis.population.hierarchy import hierarchy_chunks
from ossu_analysis.population.inputs import age_inputs
from ossu_analysis.population.jump_off import prepare_jump_off
from ossu_analysis.population.names import REFERENCE_TABLES, SOURCE_TABLES
from ossu_analysis.population.projection import project_oblasts
from ossu_analysis.population.simulate import SimulationSettings, simulate
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[1]
AGE_GROUPS = {"15-64": slice(15, 65), "65+": slice(65, None), "80+": slice(80, None)}


def main() -> None:
    """Run the three measurements."""
    for jobs in (1, 2):
        _alone("simulation", str(jobs))
    _alone("ages")
    if len(sys.argv) > 1:
        _alone("hierarchy", sys.argv[1])
    else:
        print("hierarchy: no table given; pass the path of demo_r_pjangrp3 as Parquet to measure all NUTS 3 regions")


def _alone(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.population", "--measure", *arguments], cwd=ROOT, check=True)


def _tables() -> dict[str, pd.DataFrame]:
    store = Store(ROOT)
    names = {name: SOURCES[name] for name in SOURCE_TABLES} | {name: REFERENCE[name] for name in REFERENCE_TABLES}
    return {name: reader(store) for name, reader in names.items()}


def measure_simulation(jobs: str) -> None:
    """One pass with all three tables."""
    tables, store, settings = _tables(), Store(ROOT), RunSettings(jobs=int(jobs))
    jump_off = prepare_jump_off(estimate_age_structure(age_inputs(tables, settings.base_year)))
    groups = exposure_groups(REFERENCE["target_group"](store), REFERENCE["retirement_age"](store), list(settings.years))
    totals, start, rows = drawn_totals(tables, settings), time.perf_counter(), 0
    for chunk in simulate(jump_off, totals, groups, SimulationSettings(settings.seed, jobs=settings.jobs)):
        rows += sum(table.num_rows for table in chunk.values())
    get_reusable_executor().shutdown()
    _say(f"simulation, {jobs} process(es): {rows:,} rows", time.perf_counter() - start)


def measure_ages() -> None:
    """Age estimate one level up, and ages of oblasts and regions forecast to the last year without totals."""
    tables = _tables()
    last = age_inputs(tables, RunSettings().base_year)
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
    start, rows = time.perf_counter(), 0
    chunks, faults = hierarchy_chunks(eurostat_areas(pd.read_parquet(path)), horizon=10)
    for chunk in chunks:
        rows += chunk.num_rows
    _say(f"hierarchy: {rows:,} rows, {len(faults)} messages", time.perf_counter() - start)


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


def _say(what: str, seconds: float) -> None:
    use = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak, busy = max(one.ru_maxrss for one in use) / 1024, sum(one.ru_utime + one.ru_stime for one in use)
    print(f"{what}: {seconds:.1f} s, largest process {peak:.0f} MB, {busy:.0f} s of processor in all", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        globals()[f"measure_{sys.argv[2]}"](*sys.argv[3:])
    else:
        main()
