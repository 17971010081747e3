"""Why a gap moves: the gap today, plus what each cause brings, equals the gap then; order-free and exact.

The gap of a municipality and service is a function of factors,

``gap = persons x sum over ages (share of age x rate of age) + released waiting - places kept - places opened``

and the change is split among them by the Shapley value (`ossu_analysis.decomposition`):

- ``population``: how many people the exposed group has;
- ``age_structure``: which ages they are;
- ``rate``: how many of an age ask for the service;
- ``waiting``: registered and not served, beyond what the rate already holds;
- ``closures`` and ``openings``: places that go and places that come.

Demand that is not known by age enters with one age (all shares 1), and then nothing is attributed to age structure. A
change of places enters linearly, so closures and openings get exactly what they move; that is why `gap_changes` may
take the causes of demand as ``demand.driver`` has split them and put the places beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.capacity import CLOSING
from ossu_analysis.decomposition import shapley_split

CAUSES = ("population", "age_structure", "rate", "waiting", "closures", "openings")


@dataclass(frozen=True)
class GapFactors:
    """What a gap is made of at one moment; arrays over cells (municipality x service, draws ...).

    Parameters
    ----------
    persons : ndarray of shape (n_cells,)
        Exposed people.
    age_shares : ndarray of shape (n_cells, n_ages)
        Their shares by age, adding up to 1.
    rates : ndarray of shape (n_cells, n_ages)
        Users per person of the age.
    waiting : ndarray of shape (n_cells,)
        Demand beside the rate: waiting people who are not in it.
    closed, opened : ndarray of shape (n_cells,)
        Places closed and opened since ``places``; 0 today.
    places : ndarray of shape (n_cells,)
        Places today; the same at both moments.
    occupancy_target : float
        Share of places meant to be occupied.
    """

    persons: NDArray
    age_shares: NDArray
    rates: NDArray
    waiting: NDArray
    places: NDArray
    closed: NDArray
    opened: NDArray
    occupancy_target: float = 1.0


def explain_gap_change(then: GapFactors, now: GapFactors) -> pd.DataFrame:
    """Gap today, the part of each cause, gap then; one row per cell.

    Parameters
    ----------
    then, now : GapFactors
        The same cells, at the target moment and today.

    Returns
    -------
    DataFrame
        gap_now, population, age_structure, rate, waiting, closures, openings, gap_then, in places;
        ``gap_now`` plus the causes is ``gap_then``.

    Raises
    ------
    ValueError
        If places today or the occupancy target differ between the two: they are not causes.
    """
    if not np.array_equal(then.places, now.places) or then.occupancy_target != now.occupancy_target:
        raise ValueError("places today and the occupancy target must be the same at both moments")

    def gap(factors: Mapping[str, Any]) -> NDArray:
        users = factors["population"] * (factors["age_structure"] * factors["rate"]).sum(axis=1) + factors["waiting"]
        return users / now.occupancy_target - (now.places - factors["closures"] + factors["openings"])

    factors_then, factors_now = _by_cause(then), _by_cause(now)
    parts = shapley_split(gap, factors_then, factors_now)
    return pd.DataFrame({"gap_now": gap(factors_now), **parts, "gap_then": gap(factors_then)})


def _by_cause(factors: GapFactors) -> dict[str, NDArray]:
    values = (factors.persons, factors.age_shares, factors.rates, factors.waiting, factors.closed, factors.opened)
    return dict(zip(CAUSES, values, strict=True))


_OF_DRIVER = {
    "population_size": "population",
    "age_structure": "age_structure",
    "rate_trend": "rate",
    "released_unmet": "waiting",
    "policy": "policy",
}


def gap_changes(drivers: pd.DataFrame, service_gap: pd.DataFrame, occupancy_target: float = 1.0) -> pd.DataFrame:
    """Why the gap of each municipality and service moves, as table ``gap.change``.

    Today's gap is that of the people served (``use_today / target - places``, negative where places are free); those
    who ask and are not served come in as the cause ``waiting``. Means over the draws, so ``gap_then`` may differ from
    the median in ``gap.service_gap``.

    Parameters
    ----------
    drivers : DataFrame
        ``demand.driver``; rows of municipalities are used.
    service_gap : DataFrame
        ``gap.service_gap``: places of the base and the target year.
    occupancy_target : float
        Share of places meant to be occupied.

    Returns
    -------
    DataFrame
        One row per municipality, service, target year and scenario with known places:
        ``gap_now + causes = gap_then``. Homes that must close have no gap and no row.
    """
    rows = drivers[drivers["area_level"].eq("municipality") & ~drivers["service_code"].isin(CLOSING)]
    rows = rows.rename(columns={"area_code": "municipality_code"})
    places = service_gap[["municipality_code", "service_code", "scenario", "year", "places"]]
    for end, year in (("now", "base_year"), ("then", "target_year")):
        known = places.rename(columns={"places": f"places_{end}", "year": year})
        rows = rows.merge(known, on=["municipality_code", "service_code", "scenario", year])
    rows = rows.dropna(subset=["places_now", "places_then"])
    moved = (rows["places_then"] - rows["places_now"]).astype(float)
    causes = {cause: rows[name] / occupancy_target for name, cause in _OF_DRIVER.items()}
    # Adding 0 turns the minus zero of a place that did not move into zero.
    causes |= {"closures": (-moved).clip(lower=0) + 0.0, "openings": -moved.clip(lower=0) + 0.0}
    table = rows.assign(
        gap_now=rows["use_today"] / occupancy_target - rows["places_now"].astype(float),
        **causes,
        gap_then=rows["demand_then"] / occupancy_target - rows["places_then"].astype(float),
    )
    head = ["municipality_code", "service_code", "base_year", "target_year", "scenario"]
    return table[[*head, "gap_now", *causes, "gap_then", "status"]].reset_index(drop=True)
