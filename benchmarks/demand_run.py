"""Time and memory of the demand of a whole run, on the working tables of the last one; nothing there is replaced.

python -m benchmarks.demand_run [step ...]     steps: fits need forecast waiting driver scenarios; all unless named
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ossu_analysis.config import RunSettings, run_settings
from ossu_analysis.demand import outlook
from ossu_analysis.demand.chain import DemandModel, simulate_into, waiting_table, write_need
from ossu_analysis.store import Store

TABLES = ("demand_forecast", "use_forecast", "above_places")


def main(*wanted: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = _beside(Store(), Path(folder))
        settings = run_settings(store)
        started = time.perf_counter(), time.process_time()
        model = DemandModel.of_store(store)
        for name, step in _steps(store, model, settings).items():
            if not wanted or name in wanted:
                step()
                now = time.perf_counter(), time.process_time()
                print(f"{name:10} {now[0] - started[0]:6.1f} s by the clock, {now[1] - started[1]:6.1f} s of processor")
                started = now
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = f"{len(model.services)} services, {settings.draws} draws, {settings.base_year} to {settings.until_year}"
    print(f"{size}: {peak:.0f} MB")


def _steps(store: Store, model: DemandModel, settings: RunSettings) -> dict[str, Callable[[], object]]:
    """What the assets of the link do, in their order."""
    return {
        "fits": lambda: model.fits,
        "need": lambda: write_need(store, model, settings, ""),
        "forecast": lambda: simulate_into(store, model, settings, "", TABLES),
        "waiting": lambda: waiting_table(model, settings),
        "driver": lambda: outlook.driver_table(store, model, settings, settings.demand_scenario),
        "scenarios": lambda: store.write_chunks(
            "demand", "scenario_forecast", outlook.scenario_chunks(store, model, settings, "")
        ),
    }


def _beside(store: Store, folder: Path) -> Store:
    """The same inputs by link, with a folder of its own for the tables of demand."""
    (folder / "data" / "tables" / "demand").mkdir(parents=True)
    for path in store.data.iterdir():
        if path != store.tables:
            (folder / "data" / path.name).symlink_to(path)
    for path in store.tables.iterdir():
        if path.name != "demand":
            (folder / "data" / "tables" / path.name).symlink_to(path)
    for name in ("group_rate", "group_status"):
        for path in (store.tables / "demand").glob(f"{name}.*"):
            (folder / "data" / "tables" / "demand" / path.name).symlink_to(path)
    return Store(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
