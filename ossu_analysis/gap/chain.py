"""From working tables to the gap: what the assets call. Arithmetic is in `service_gap`."""

import pandas as pd

from ossu_analysis.config import RunSettings
from ossu_analysis.demand.chain import DemandModel, forget_model, planning_years
from ossu_analysis.gap.service_gap import GapSettings, gap_tables
from ossu_analysis.gap.standards import read_standards
from ossu_analysis.store import Store

OCCUPANCY_TARGET = "occupancy_target"


def occupancy_target(store: Store) -> float:
    """Share of places meant to be occupied, from ``reference.assumption``."""
    rows = store.read("reference", "assumption", f"assumption_id = '{OCCUPANCY_TARGET}'")
    return float(rows["value"].iloc[-1])


def compare(store: Store, settings: RunSettings) -> dict[str, pd.DataFrame]:
    """``service_gap`` and ``oblast_gap`` for the base year and the years ahead."""
    wanted = GapSettings(
        planning_years(settings).tolist(),
        settings.scenario,
        occupancy_target(store),
        standards=read_standards(store),
    )
    service, municipality, rules = (store.read("reference", name) for name in ("service", "municipality", "rule"))
    need = store.read("demand", "need_forecast", "output_type = 'median'")
    draws = DemandModel.of_store(store).draws(settings)
    capacity = store.read("capacity", "current")
    made = gap_tables(capacity, draws, service, municipality, wanted, need, rules)
    forget_model()
    return made


def unexplained(store: Store) -> pd.DataFrame:
    """Rows of ``gap.service_gap`` whose gap is not demand / target - places."""
    gap = store.read("gap", "service_gap", "gap_to_demand_places is not null")
    expected = gap["demand_median"] / occupancy_target(store) - gap["places"].astype(float).fillna(0.0)
    off = (gap["gap_to_demand_places"] - expected).abs() > 1e-6
    return gap.loc[
        off, ["municipality_code", "service_code", "year", "demand_median", "places", "gap_to_demand_places"]
    ]
