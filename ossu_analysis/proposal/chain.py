"""From working tables to the proposal: what the assets call. Decisions are made in `plan`, tables in `line`."""

import pandas as pd

from ossu_analysis.capacity.access import ways_between
from ossu_analysis.gap.grid import Grid
from ossu_analysis.proposal.decision import Terms
from ossu_analysis.proposal.line import decided_areas, line_table, path_table, served_table, service_table
from ossu_analysis.proposal.plan import closing_homes, make_plan, months_without_users, plan_years
from ossu_analysis.reference.records import assumed
from ossu_analysis.store import Store

REFERENCE = ("municipality", "service", "unit_size", "override", "travel_time", "assumption")
"""Tables of the link ``reference`` that decisions are made from."""


def propose(store: Store) -> dict[str, pd.DataFrame]:
    """``line``, ``path``, ``served`` and ``service`` of the link ``proposal``.

    Raises
    ------
    OssuError
        ``proposal.reach_not_positive``.
    """
    municipality, service, unit_size, overrides, travel, assumption = (
        store.read("reference", name) for name in REFERENCE
    )
    capacity, towns, oblasts = (
        store.read(*name) for name in (("capacity", "current"), ("gap", "service_gap"), ("gap", "oblast_gap"))
    )
    years = plan_years(towns["year"].unique().tolist(), int(assumed(assumption, "next_plan_year")))
    terms = Terms(years, assumed(assumption, "smallest_change"))
    areas = decided_areas(towns, oblasts, municipality, years)
    oblast_of = dict(zip(municipality["municipality_code"], municipality["oblast_code"], strict=True))
    lead = dict(zip(unit_size["service_code"], unit_size["lead_years"], strict=True))
    grid = Grid(municipality, years)
    ways = ways_between(grid.municipality, travel, assumed(assumption, "terrain_factor"))
    reach = assumed(assumption, "service_reach_km" if ways.minutes is None else "service_reach_minutes")
    own = {(row["area_code"], row["service_code"]): int(row["users"]) for row in overrides.to_dict("records")}
    plan = make_plan(
        areas, closing_homes(capacity, service, oblast_of, terms, lead), months_without_users(capacity), unit_size,
        ways, reach, grid.codes, own, terms, assumed(assumption, "occupancy_target"),
    )  # fmt: skip
    lines = line_table(plan, areas, towns, service, unit_size, municipality, overrides)
    return {
        "line": lines,
        "path": path_table(plan, areas, lines),
        "served": served_table(plan, lines, towns, municipality),
        "service": service_table(service, lines),
    }
