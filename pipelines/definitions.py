"""What Dagster loads: every asset, check, job, schedule and sensor of ``pipelines/defs``, run in one process."""

import warnings
from functools import cache

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning)


@dg.definitions
@cache
def defs() -> dg.Definitions:
    """Gather the links of the chain; the in-process executor spares a laptop a process per step."""
    from importlib import import_module
    from pkgutil import iter_modules

    from pipelines import defs as package
    from pipelines.defs import automation
    from pipelines.resources import Models, Settings, Workspace

    modules = [import_module(f"{package.__name__}.{module.name}") for module in iter_modules(package.__path__)]
    return dg.Definitions(
        assets=dg.load_assets_from_modules(modules),
        asset_checks=dg.load_asset_checks_from_modules(modules),
        jobs=automation.JOBS,
        schedules=automation.SCHEDULES,
        sensors=automation.SENSORS,
        resources={"workspace": Workspace(), "settings": Settings(), "models": Models()},
        executor=dg.in_process_executor,
    )
