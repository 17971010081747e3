"""An earlier forecast made again from what was known then, written beside the present one."""

from collections.abc import Collection, Iterator
from typing import Any

from ossu_analysis.config import RunSettings
from ossu_analysis.population.chain import age_structure, drawn_totals, groups_of_years
from ossu_analysis.population.jump_off import prepare_jump_off
from ossu_analysis.population.simulate import SimulationSettings, simulate
from ossu_analysis.store import Store, write_side_by_side

TABLES = {"past_forecast": "forecast", "past_component": "component"}
"""Table of this link -> output of the simulation that it holds."""


def forecast_again(store: Store, settings: RunSettings, run_id: str, tables: Collection[str]) -> None:
    """Write ``past_forecast`` and ``past_component``, those asked for.

    Parameters
    ----------
    settings : RunSettings
        With the earlier base year; nothing after it is used.
    """
    names = ("population_municipality", "births_municipality", "deaths_municipality")
    sources = {name: store.read("sources", name) for name in names}
    sources["area_change"] = store.read("reference", "area_change")
    jump_off = prepare_jump_off(age_structure(store, settings.base_year))
    chosen = SimulationSettings(settings.seed, settings.scenario, run_id, settings.jobs)
    groups = groups_of_years(store, settings.years)
    outputs = {TABLES[table]: table for table in tables}

    def chunks() -> Iterator[dict[str, Any]]:
        for chunk in simulate(jump_off, drawn_totals(sources, settings), groups, chosen, list(outputs)):
            yield {outputs[name]: rows for name, rows in chunk.items()}

    write_side_by_side(store, "monitoring", chunks())
