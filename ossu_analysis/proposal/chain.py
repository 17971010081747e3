"""From working tables to the proposal: what the assets call. Decisions are made in `plan`, tables in `line`."""

import numpy as np
import pandas as pd

from ossu_analysis.capacity.access import ways_between
from ossu_analysis.gap.grid import Grid
from ossu_analysis.gap.standards import Standards, read_standards
from ossu_analysis.proposal.agreements import agreement_table, balance_table, served_table
from ossu_analysis.proposal.decision import Terms
from ossu_analysis.proposal.hosts import Key, Network
from ossu_analysis.proposal.line import Reference, decided_areas, line_table, path_table, service_table
from ossu_analysis.proposal.plan import (
    Known,
    closing_homes,
    make_plan,
    months_without_users,
    plan_years,
    planning_year,
    seats_of_oblasts,
    staffed_places,
)
from ossu_analysis.reference.records import assumed
from ossu_analysis.reference.standards import converted
from ossu_analysis.store import Store
from ossu_analysis.texts import text

REFERENCE = ("municipality", "service", "unit_size", "override", "host", "travel_time", "assumption")
"""Tables of the link ``reference`` that decisions are made from."""

LIVED_IN = ("ZSU15-8", "ZSU15-9", "ZSU143")
"""Groups of services in which people live: residential care, shelter, integrated care."""


def propose(store: Store) -> dict[str, pd.DataFrame]:
    """``line``, ``path``, ``served``, ``agreement``, ``balance``, ``cluster`` and ``service`` of the link ``proposal``.

    Raises
    ------
    OssuError
        ``proposal.reach_not_positive``.
    """
    municipality, service, unit_size, overrides, agreed, travel, assumption = (
        store.read("reference", name) for name in REFERENCE
    )
    capacity, towns, oblasts = (
        store.read(*name) for name in (("capacity", "current"), ("gap", "service_gap"), ("gap", "oblast_gap"))
    )
    standards = read_standards(store)
    years = plan_years(towns["year"].unique().tolist(), int(assumed(assumption, "next_plan_year")))
    terms = Terms(years, assumed(assumption, "smallest_change"))
    areas = decided_areas(towns, oblasts, municipality, years)
    oblast_of = dict(zip(municipality["municipality_code"], municipality["oblast_code"], strict=True))
    lead = dict(zip(unit_size["service_code"], unit_size["lead_years"], strict=True))
    homes = closing_homes(capacity, service, oblast_of, terms, lead)
    horizon = towns[towns["year"].eq(planning_year(towns["year"].unique().tolist()))]
    seats = seats_of_oblasts(horizon, homes, municipality)
    subsidy = store.read("sources", "subsidy_social", "function = 'social_services'")
    known = Known(
        months_without_users(capacity), staffed_places(capacity, oblast_of), _affordable(subsidy, standards),
        {(row["area_code"], row["service_code"]): int(row["users"]) for row in overrides.to_dict("records")},
        {(row["municipality_code"], row["service_code"]): row["host_code"] for row in agreed.to_dict("records")},
    )  # fmt: skip
    lived_in = service.loc[service["service_group"].isin(LIVED_IN), "service_code"].tolist()
    plan = make_plan(areas, homes, known, unit_size, _network(municipality, years, travel, assumption), seats, lived_in,
                     terms, assumed(assumption, "occupancy_target"))  # fmt: skip
    about = Reference(service, unit_size, municipality, overrides, standards)
    lines = line_table(plan, areas, about)
    served = served_table(plan, lines, towns, municipality)
    return {
        "line": lines,
        "path": path_table(plan, areas, lines),
        "served": served,
        "agreement": agreement_table(served, lines, service, about.town_names),
        "balance": balance_table(lines, towns, oblasts),
        "cluster": plan.groups.assign(status=lines["status"].iloc[0]),
        "service": service_table(service, lines),
    }


def _network(
    municipality: pd.DataFrame, years: tuple[int, ...], travel: pd.DataFrame, assumption: pd.DataFrame
) -> Network:
    grid = Grid(municipality, years)
    ways = ways_between(grid.municipality, travel, assumed(assumption, "terrain_factor"))
    reach = assumed(assumption, "service_reach_km" if ways.minutes is None else "service_reach_minutes")
    unit = text(f"proposal.unit_of_way.{'km' if ways.minutes is None else 'minutes'}")
    return Network(grid.codes, grid.oblasts.tolist(), ways.way, reach, unit)


def _affordable(subsidy: pd.DataFrame, standards: Standards) -> dict[Key, float]:
    """Users of a service that the whole state subsidy of a municipality for social services would pay."""
    newest = subsidy[subsidy["year"].eq(subsidy.groupby("municipality_code")["year"].transform("max"))]
    users = dict[Key, float]()
    for row in newest.to_dict("records"):
        for code, cost in standards.unit_costs.items():
            if cost.amount is not None:
                price = converted(cost.amount, cost.currency, row["currency"])
                users[row["municipality_code"], code] = np.floor(1000 * row["amount_thousand"] / price)
    return users
