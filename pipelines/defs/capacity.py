"""Assets of ``capacity``: places, use, waiting lists and staff; who serves whom."""

import pandas as pd

from pipelines.assets import table_asset
from pipelines.checks import link_checks


@table_asset("capacity", "current", reads={"returns": "collection.return", "service": "reference.service"})
def current(returns: pd.DataFrame, service: pd.DataFrame) -> pd.DataFrame:
    """What is there, from what was reported."""
    from ossu_analysis.capacity import current_capacity

    return current_capacity(returns, service)


@table_asset(
    "capacity",
    "cross_boundary",
    reads={
        "capacity": "capacity.current",
        "residence": "collection.residence",
        "population_municipality": "sources.population_municipality",
        "service": "reference.service",
    },
)
def cross_boundary(
    capacity: pd.DataFrame, residence: pd.DataFrame, population_municipality: pd.DataFrame, service: pd.DataFrame
) -> pd.DataFrame:
    """Places and users that belong to other municipalities than the one that serves."""
    from ossu_analysis import capacity as link
    from ossu_analysis.collection import newest_persons

    last_year = int(capacity["period_end"].max()[:4])
    return link.cross_boundary(capacity, residence, newest_persons(population_municipality, last_year), service)


@table_asset("capacity", "by_residence", reads={"capacity": "capacity.current", "ledger": "capacity.cross_boundary"})
def by_residence(capacity: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Capacity as the residents of each municipality have it."""
    from ossu_analysis import capacity as link

    return link.by_residence(capacity, ledger)


@table_asset(
    "capacity",
    "access",
    reads={
        "capacity": "capacity.current",
        "ledger": "capacity.cross_boundary",
        "exposure_observed": "population.exposure_observed",
        "population_municipality": "sources.population_municipality",
        "municipality": "reference.municipality",
        "service": "reference.service",
        "travel_time": "reference.travel_time",
        "assumption": "reference.assumption",
    },
)
def access(
    capacity: pd.DataFrame,
    ledger: pd.DataFrame,
    exposure_observed: pd.DataFrame,
    population_municipality: pd.DataFrame,
    municipality: pd.DataFrame,
    service: pd.DataFrame,
    travel_time: pd.DataFrame,
    assumption: pd.DataFrame,
) -> pd.DataFrame:
    """Way to the nearest place and places within reach, for every municipality and service."""
    from ossu_analysis import capacity as link
    from ossu_analysis.collection import newest_persons
    from ossu_analysis.reference.records import assumed

    inhabitants = newest_persons(population_municipality, int(exposure_observed["year"].max()))
    persons = link.persons_of_services(exposure_observed, inhabitants, service)
    ways = link.ways_between(municipality, travel_time, assumed(assumption, "terrain_factor"))
    reach = assumed(assumption, "service_reach_km" if ways.minutes is None else "service_reach_minutes")
    return link.access(capacity, ledger, persons, municipality, ways, reach)


capacity_checks = link_checks(
    "capacity",
    must={"current": ("published_totals_hold",), "by_residence": ("places_are_divided_not_made",)},
    asks={
        "current": ("nobody_left_out", "state_money_within_the_map", "project_money_has_an_end"),
        "access": ("travel_times_are_complete",),
    },
)
