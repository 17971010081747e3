"""An earlier forecast made again from what was known then, written beside the present one."""

from collections.abc import Collection

from ossu_analysis.config import RunSettings
from ossu_analysis.population.bulgaria import drawn_totals, read_totals_tables, scenario_of, simulated
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
    totals = drawn_totals(read_totals_tables(store), settings, scenario_of(store, settings))
    named = {TABLES[table]: table for table in tables}
    chunks = simulated(store, settings, totals, list(named), run_id)
    write_side_by_side(store, "monitoring", ({named[name]: rows for name, rows in chunk.items()} for chunk in chunks))
