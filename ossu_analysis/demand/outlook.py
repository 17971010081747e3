"""What else may happen, and why demand moves: scenarios side by side and the split of the change, from working tables.

Belongs here: the two tables that are made beside the forecast, ``demand.scenario_forecast`` and ``demand.driver``.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ossu_analysis.config import RunSettings
from ossu_analysis.demand.chain import DemandModel, planning_years
from ossu_analysis.demand.draws import DemandDraws, demand_draws
from ossu_analysis.demand.driver import demand_drivers
from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.forecast import Labels, forecast_chunk
from ossu_analysis.demand.scenario import DemandScenario, age_factors, change_rates, read_scenario, runnable, with_moves
from ossu_analysis.demand.service import latest_places
from ossu_analysis.population.bulgaria import write_exposure
from ossu_analysis.store import Store, quoted
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
    aged: np.ndarray | None = None,
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
    aged : numpy.ndarray, shape (areas, years), optional
        Of `age_factors_of`, for a scenario that moves shares by age.
    """
    last_return = int(model.returns["year"].max())
    last = model.returns[model.returns["year"] == last_return]
    residents = {str(code): rows.set_index("area_code")["users"] for code, rows in last.groupby("service_code")}
    by_code = {service.code: service for service in model.services}
    change = partial(change_rates, scenario)

    def persons(code: str, wanted: np.ndarray) -> np.ndarray:
        return by_code[code].weighted(exposed[by_code[code].exposed_group], wanted)

    drawn = demand_draws(model.fits, persons, years, settings.seed, change)
    return with_moves(scenario, _aged(scenario, drawn, aged), residents, last_return)


def _aged(
    scenario: DemandScenario, simulated: Iterator[DemandDraws], factors: np.ndarray | None
) -> Iterator[DemandDraws]:
    """Demand of the services whose shares by age move; `factors` (areas, years) are of `scenario.age_factors`."""
    for drawn in simulated:
        moves = scenario.age_shift is not None and drawn.service_code in scenario.age_shift.services
        if moves and factors is not None:
            drawn = replace(drawn, persons=drawn.persons * factors.astype(np.float32)[:, :, None])
        yield drawn


def age_factors_of(store: Store, model: DemandModel, scenario: DemandScenario, years: np.ndarray) -> np.ndarray | None:
    """Factors (areas, years) of a scenario that moves shares by age, from ``population.forecast``; else None."""
    if scenario.age_shift is None:
        return None
    bands = store.sql(
        """select area_code, year, age_from, age_to, sum(persons) as persons from population.forecast
        where area_level = 'municipality' and output_type = 'mean' and sex in ('F', 'M')
          and (age_to = age_from + 4 or (age_to is null and age_from = 90)) group by all""",
        ("population", "forecast"),
    )
    wide = bands.pivot(index=["area_code", "year"], columns="age_from", values="persons").fillna(0.0)
    rows = pd.MultiIndex.from_product([model.exposure.areas, years])
    persons = wide.reindex(rows).to_numpy(float).reshape(len(model.exposure.areas), len(years), -1)
    ages = wide.columns.to_numpy(float) + 2.5
    return age_factors(scenario.age_shift, ages, persons, years - int(model.returns["year"].max()))


def exposure_of(store: Store, model: DemandModel, settings: RunSettings, population_scenario: str) -> Exposure:
    """Persons exposed under another scenario of the population: its draws made again, by the same random numbers.

    Without a name, or with that of the run, the draws of the run themselves.
    """
    if population_scenario in ("", settings.scenario):
        return model.exposure
    wanted = RunSettings(**(settings.model_dump() | {"scenario": population_scenario}))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/exposure_draw.parquet"
        write_exposure(store, wanted, path)
        exposure = replace(model.exposure, drawn=f"select * from read_parquet({quoted(path)})", _kept={}, _years=[])
        exposure.keep()
    return exposure


def exposed_draws(
    model: DemandModel, years: np.ndarray, most: int | None = None, exposure: Exposure | None = None
) -> dict[str, np.ndarray]:
    """Draws of persons of every exposed group, the first `most` of them; those of the run unless others are given."""
    groups = sorted({service.exposed_group for service in model.services})
    return {group: (exposure or model.exposure).path(group, years)[:, :, :most].copy() for group in groups}


def scenario_chunks(
    store: Store, model: DemandModel, settings: RunSettings, run_id: str
) -> "Iterator[pyarrow_types.Table]":
    """Rows of ``demand.scenario_forecast``, of every scenario whose numbers are known, from oblasts up."""
    folder = store.assumptions / "demand_scenarios"
    by_code = {service.code: service for service in model.services}
    years = planning_years(settings)
    for name in runnable(folder):
        scenario = read_scenario(folder, name)
        exposure = exposure_of(store, model, settings, scenario.population_scenario)
        exposed, aged = exposed_draws(model, years, COMPARED, exposure), age_factors_of(store, model, scenario, years)
        for simulated in scenario_draws(model, settings, scenario, exposed, years, aged):
            service = by_code[simulated.service_code]
            labels = Labels(service.code, service.exposed_group, name, text("demand.method.demand"), run_id)
            status = np.full(len(simulated.years), service.status)
            yield forecast_chunk(simulated.persons, simulated.years, model.levels[1:], labels, status)


def driver_table(store: Store, model: DemandModel, settings: RunSettings, scenario: str) -> pd.DataFrame:
    """``demand.driver``: why demand moves from the base year to the horizon, for every service and area.

    Under a scenario of another population the first two causes are those of that population; policy is the rest.
    """
    folder = store.assumptions / "demand_scenarios"
    ends = np.array([settings.base_year, settings.until_year])
    by_code = {service.code: service for service in model.services}
    chosen = read_scenario(folder, scenario)
    exposure = exposure_of(store, model, settings, chosen.population_scenario)
    exposed, aged = exposed_draws(model, ends, exposure=exposure), age_factors_of(store, model, chosen, ends)
    kept = scenario_draws(model, settings, read_scenario(folder, "reference"), exposed, ends)
    moved = scenario_draws(model, settings, chosen, exposed, ends, aged)
    parts = []
    for before, simulated in zip(kept, moved, strict=True):
        code = simulated.service_code
        places = latest_places(model.returns, code, simulated.areas)
        parts.append(demand_drivers(simulated, by_code[code], places, exposure, model.levels, scenario, before))
    return pd.concat(parts, ignore_index=True)
