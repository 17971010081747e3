"""Why a gap moves: the gap today, plus what each cause brings, equals the gap then.

Belongs here: the causes of demand, as ``demand.driver`` has split them (Shapley value, `ossu_analysis.decomposition`),
put beside the places that close and open:

- ``population``: how many people the exposed group has;
- ``age_structure``: which ages they are;
- ``rate``: how many of an age ask for the service;
- ``waiting``: registered and not served, beyond what the rate already holds;
- ``policy``: what a scenario of demand changes;
- ``closures`` and ``openings``: places that go and places that come.

Places enter the gap linearly, so closures and openings bring exactly what they move, in whatever order they come.
"""

import pandas as pd

from ossu_analysis.gap.formulas import gap_to_demand_places
from ossu_analysis.reference.services import closing_services

_OF_DRIVER = {
    "population_size": "population",
    "age_structure": "age_structure",
    "rate_trend": "rate",
    "released_unmet": "waiting",
    "policy": "policy",
}


def gap_changes(
    drivers: pd.DataFrame, service_gap: pd.DataFrame, service: pd.DataFrame, occupancy_target: float
) -> pd.DataFrame:
    """Why the gap of each municipality and service moves, as table ``gap.change``.

    Today's gap is that of the people served (``use_today / target`` less the places of the residents, negative where
    places are free); those who ask and are not served come in as the cause ``waiting``. Means over the draws, so
    ``gap_then`` may differ from the median in ``gap.service_gap``.

    Parameters
    ----------
    drivers : DataFrame
        ``demand.driver``; rows of municipalities are used.
    service_gap : DataFrame
        ``gap.service_gap``: places of the base and the target year.
    service : DataFrame
        ``reference.service``: which services close.
    occupancy_target : float
        Share of places meant to be occupied.

    Returns
    -------
    DataFrame
        One row per municipality, service, target year and scenario with known places:
        ``gap_now + causes = gap_then``. Homes that must close have no gap and no row.
    """
    rows = drivers[
        drivers["area_level"].eq("municipality") & ~drivers["service_code"].isin(list(closing_services(service)))
    ]
    rows = rows.rename(columns={"area_code": "municipality_code"})
    # Places are what they are under every scenario of demand; the run has one table of them.
    places = service_gap[["municipality_code", "service_code", "year"]].assign(
        places=service_gap["places_for_residents"]
    )
    for end, year in (("now", "base_year"), ("then", "target_year")):
        known = places.rename(columns={"places": f"places_{end}", "year": year})
        rows = rows.merge(known, on=["municipality_code", "service_code", year])
    rows = rows.dropna(subset=["places_now", "places_then"])
    moved = (rows["places_then"] - rows["places_now"]).astype(float)
    causes = {cause: rows[name] / occupancy_target for name, cause in _OF_DRIVER.items()}
    # Adding 0 turns the minus zero of a place that did not move into zero.
    causes |= {"closures": (-moved).clip(lower=0) + 0.0, "openings": -moved.clip(lower=0) + 0.0}
    table = rows.assign(
        gap_now=gap_to_demand_places(rows["use_today"], rows["places_now"], occupancy_target),
        **causes,
        gap_then=gap_to_demand_places(rows["demand_then"], rows["places_then"], occupancy_target),
    )
    head = ["municipality_code", "service_code", "base_year", "target_year", "scenario"]
    return table[[*head, "gap_now", *causes, "gap_then", "status"]].reset_index(drop=True)
