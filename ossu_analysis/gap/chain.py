"""From working tables to the gap: what the assets call. Arithmetic is in `service_gap`."""

import pandas as pd

from ossu_analysis.capacity.current import map_numbers
from ossu_analysis.config import RunSettings
from ossu_analysis.demand.chain import DemandModel, planning_years
from ossu_analysis.gap.formulas import gap_to_demand_places, places_for_residents, planning_quantile
from ossu_analysis.gap.service_gap import GapSettings, gap_tables
from ossu_analysis.gap.standards import read_standards
from ossu_analysis.reference.records import assumed
from ossu_analysis.store import Store


def occupancy_target(store: Store) -> float:
    """Share of places meant to be occupied, from ``reference.assumption``."""
    return assumed(store.read("reference", "assumption"), "occupancy_target")


def compare(store: Store, model: DemandModel, settings: RunSettings) -> dict[str, pd.DataFrame]:
    """``service_gap`` and ``oblast_gap`` for the base year and the years ahead."""
    assumption = store.read("reference", "assumption")
    wanted = GapSettings(
        planning_years(settings).tolist(),
        settings.scenario,
        assumed(assumption, "occupancy_target"),
        planning_quantile(assumed(assumption, "unserved_to_empty")),
        assumed(assumption, "terrain_factor"),
        standards=read_standards(store),
    )
    service, municipality, rules = (store.read("reference", name) for name in ("service", "municipality", "rule"))
    need = store.read("demand", "need_forecast", "output_type = 'median'")
    draws = model.draws(settings)
    capacity = store.read("capacity", "current")
    mapped = map_numbers(capacity, store.read("reference", "map_number"))
    residents, travel = store.read("capacity", "by_residence"), store.read("reference", "travel_time")
    return gap_tables(capacity, draws, service, municipality, wanted, need, rules, mapped, residents, travel)


def unexplained(store: Store) -> pd.DataFrame:
    """Rows of ``gap.service_gap`` whose gap is not the formula of the columns beside it."""
    gap = store.read("gap", "service_gap", "gap_to_demand_places is not null")
    places = ["places", "places_for_others", "places_elsewhere"]
    theirs = places_for_residents(*(gap[name].astype(float).fillna(0.0) for name in places))
    expected = gap_to_demand_places(gap["demand_median"], theirs, occupancy_target(store))
    off = (gap["gap_to_demand_places"] - expected).abs() > 1e-6
    return gap.loc[off, ["municipality_code", "service_code", "year", "demand_median", *places, "gap_to_demand_places"]]
