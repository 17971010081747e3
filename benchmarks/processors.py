"""The same persons on every processor: the population tables of the default base under two sets of machine code.

``python -m benchmarks.processors`` makes totals and the three tables of the simulation from the figures on, once as
this machine does and once with OpenBLAS for an old processor and none of NumPy's dispatched features, and counts the
cells that differ as whole persons.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from ossu_analysis.config import run_settings
from ossu_analysis.population.age_structure import estimate_age_structure
from ossu_analysis.population.bulgaria import bulgarian_population, drawn_totals
from ossu_analysis.population.exposure import exposure_groups
from ossu_analysis.population.inputs import age_inputs
from ossu_analysis.population.scenario import read_scenario
from ossu_analysis.population.simulation import ALL_OUTPUTS, SimulationSettings, simulate
from ossu_analysis.population.tables_read import AGES_AND_TOTALS, TOTALS_TABLES
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[1]
DRAWS = 200


def main() -> None:
    """Make the tables twice and print how many cells differ."""
    old = {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": " ".join(_dispatched())}
    with tempfile.TemporaryDirectory() as folder:
        for name, more in (("here", {}), ("old", old)):
            command = [sys.executable, "-m", "benchmarks.processors", str(Path(folder) / f"{name}.npz")]
            subprocess.run(command, cwd=ROOT, check=True, env=os.environ | more)
        here, there = (np.load(Path(folder) / f"{name}.npz") for name in ("here", "old"))
        print(f"{DRAWS} draws, {old}")
        for table in here:
            differ = int((np.rint(here[table]) != np.rint(there[table])).sum())
            print(f"{table}: {differ} of {here[table].size:,} cells differ as whole persons")


def _dispatched() -> list[str]:
    """Features that NumPy looks for on this machine and has beyond its baseline."""
    import numpy._core._multiarray_umath as core

    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]


def make(file: str) -> None:
    """Persons of every row of the tables, by table."""
    store, readers = Store(ROOT), {"sources": SOURCES, "reference": REFERENCE}
    tables = {name: readers[link][name](store) for name, link in (AGES_AND_TOTALS | TOTALS_TABLES).items()}
    settings = run_settings(store, draws=DRAWS)
    totals = drawn_totals(tables, settings, read_scenario(store.assumptions / "scenarios", settings.scenario))
    structure = estimate_age_structure(age_inputs(tables, settings.base_year))
    illness = SOURCES["longstanding_illness"](store)
    known = (REFERENCE["target_group"](store), REFERENCE["retirement_age"](store), illness)
    groups = exposure_groups(*known, list(settings.years))
    found: dict[str, list[np.ndarray]] = {"total_draw": [totals.persons.ravel()]}
    chosen = SimulationSettings(settings.seed)
    for chunk in simulate(bulgarian_population(structure, totals), chosen, groups, ALL_OUTPUTS):
        for name, rows in chunk.items():
            values = [c for c in rows.column_names if c in ("persons", "births", "deaths", "migration", "hidden_loss")]
            found.setdefault(name, []).extend(rows[c].to_numpy() for c in values)
    np.savez(file, allow_pickle=False, **{name: np.concatenate(parts) for name, parts in found.items()})


if __name__ == "__main__":
    if sys.argv[1:]:
        make(sys.argv[1])
    else:
        main()
