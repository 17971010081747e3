"""What else may happen, and why demand moves: scenarios side by side and the split of the change, from working tables.

Belongs here: the two tables that are made beside the forecast, ``demand.scenario_forecast`` and ``demand.driver``.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ossu_analysis.config import RunSettings
from ossu_analysis.demand.chain import DemandModel, planning_years
from ossu_analysis.demand.draws import DemandDraws, demand_draws
from ossu_analysis.demand.driver import demand_drivers
from ossu_analysis.demand.forecast import Labels, forecast_chunk
from ossu_analysis.demand.scenario import DemandScenario, change_rates, read_scenario, runnable, with_moves
from ossu_analysis.demand.service import latest_places
from ossu_analysis.store import Store
from ossu_analysis.texts import text

if TYPE_CHECKING:
    import pyarrow as pyarrow_types

COMPARED = 200
"""Draws of each scenario in the table that shows scenarios side by side: enough for its 80 % range."""


def scenario_draws(
    model: DemandModel,
    settings: RunSettings,
    scenario: DemandScenario,
    exposed: dict[str, np.ndarray],
    years: np.ndarray,
) -> Iterator[DemandDraws]:
    """Joint draws of demand under a scenario, one service at a time; scenarios share their random numbers.

    Parameters
    ----------
    model : DemandModel
    settings : RunSettings
    scenario : DemandScenario
    exposed : dict
        Draws of persons, shape (areas, years, draws), by exposed group.
    years : numpy.ndarray of int
    """
    last_return = int(model.returns["year"].max())
    last = model.returns[model.returns["year"] == last_return]
    residents = {str(code): rows.set_index("area_code")["users"] for code, rows in last.groupby("service_code")}
    group = {service.code: service.exposed_group for service in model.services}
    change = partial(change_rates, scenario)
    drawn = demand_draws(model.fits, lambda code, _: exposed[group[code]], years, settings.seed, change)
    return with_moves(scenario, drawn, residents, last_return)


def exposed_draws(model: DemandModel, years: np.ndarray, most: int | None = None) -> dict[str, np.ndarray]:
    """Draws of persons of every exposed group, the first `most` of them."""
    groups = sorted({service.exposed_group for service in model.services})
    return {group: model.exposure.path(group, years)[:, :, :most].copy() for group in groups}


def scenario_chunks(
    store: Store, settings: RunSettings, run_id: str, names: Sequence[str] = ()
) -> "Iterator[pyarrow_types.Table]":
    """Rows of ``demand.scenario_forecast`` for oblasts, regions and the country.

    Parameters
    ----------
    store : Store
    settings : RunSettings
    run_id : str
    names : sequence of str
        Scenarios of ``data/assumptions/demand_scenarios``; without names, all whose numbers are known.
    """
    model, folder = DemandModel.of_store(store), store.assumptions / "demand_scenarios"
    by_code = {service.code: service for service in model.services}
    years = planning_years(settings)
    exposed = exposed_draws(model, years, COMPARED)
    for name in names or runnable(folder):
        for simulated in scenario_draws(model, settings, read_scenario(folder, name), exposed, years):
            service = by_code[simulated.service_code]
            labels = Labels(service.code, service.exposed_group, name, text("demand.method.demand"), run_id)
            status = np.full(len(simulated.years), service.status)
            yield forecast_chunk(simulated.persons, simulated.years, model.levels[1:], labels, status)


def driver_table(
    store: Store, settings: RunSettings, scenario: str = "reference", target_year: int | None = None
) -> pd.DataFrame:
    """``demand.driver``: why demand moves from the base year to the target year, for every service and area."""
    model, folder = DemandModel.of_store(store), store.assumptions / "demand_scenarios"
    ends = np.array([settings.base_year, target_year or settings.until_year])
    by_code = {service.code: service for service in model.services}
    exposed = exposed_draws(model, ends)
    kept = scenario_draws(model, settings, read_scenario(folder, "reference"), exposed, ends)
    moved = scenario_draws(model, settings, read_scenario(folder, scenario), exposed, ends)
    parts = []
    for before, simulated in zip(kept, moved, strict=True):
        code = simulated.service_code
        places = latest_places(model.returns, code, simulated.areas)
        drivers = demand_drivers(
            simulated, by_code[code], places, model.exposure, model.levels, scenario=scenario, unchanged=before
        )
        parts.append(drivers)
    return pd.concat(parts, ignore_index=True)
