"""Why demand moves: from the persons served today to the persons who will ask, split exactly among its causes.

Belongs here: the factors and their split. For a municipality, with means over the draws,

    figure = population * share exposed * rate * share of demand that is served * policy

Today the served share is use / demand; at the target it is 1, for demand is not limited by places: that factor is the
unmet demand that comes to light. Policy is the scenario's demand over that of unchanged policy. The split is the
Shapley value (`ossu_analysis.decomposition`): the mean over all orders in which the factors may change, so it favours
none and adds up to the change. Parts of an oblast or of the country are sums of the parts of its municipalities.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.decomposition import shapley_split
from ossu_analysis.demand.draws import DemandDraws
from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.forecast import Level
from ossu_analysis.demand.service import Service

CAUSES = ("population_size", "age_structure", "rate_trend", "released_unmet", "policy")


def demand_drivers(
    simulated: DemandDraws,
    service: Service,
    places: np.ndarray,
    exposure: Exposure,
    all_levels: Sequence[Level],
    scenario: str,
    unchanged: DemandDraws,
) -> pd.DataFrame:
    """Rows of ``demand.driver`` of one service.

    Parameters
    ----------
    simulated : DemandDraws
        Its first year is today, its last the target.
    service : Service
    places : numpy.ndarray, shape (areas,)
        Of today (`service.latest_places`).
    exposure : Exposure
    all_levels : sequence of Level
    scenario : str
    unchanged : DemandDraws
        Demand under unchanged policy; with `simulated` itself policy moves nothing.

    Returns
    -------
    pandas.DataFrame
        One row per area: use today, one column per cause, demand at the target; ``use_today + causes = demand_then``.
    """
    ends = simulated.years[[0, -1]]
    now, then = _factors(simulated, unchanged, service, places, exposure, ends)
    parts = shapley_split(_figure, then, now)
    columns = {"use_today": _figure(now), **parts, "demand_then": _figure(then)}
    frames = [_summed(columns, level) for level in all_levels]
    table = pd.concat(frames, ignore_index=True)
    head: dict[str, Any] = {
        "service_code": service.code,
        "base_year": int(ends[0]),
        "target_year": int(ends[1]),
        "scenario": scenario,
    }
    return table.assign(**head, status=service.status)[
        ["area_level", "area_code", *head, "use_today", *CAUSES, "demand_then", "status"]
    ]


def against_the_group(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``demand.driver`` where demand rises though fewer people, or a smaller share of them, may ask.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of ``demand.driver``.

    Returns
    -------
    pandas.DataFrame
        The rows whose rise and whose fall by the group round to a person at least, with ``rise`` and ``by_group``.
    """
    told = rows.assign(
        rise=rows["demand_then"] - rows["use_today"], by_group=rows["population_size"] + rows["age_structure"]
    )
    return told[(told["rise"].round() >= 1) & (told["by_group"].round() <= -1)]


def _figure(factors: dict[str, np.ndarray]) -> np.ndarray:
    return np.prod([factors[cause] for cause in CAUSES], axis=0)


def _factors(
    simulated: DemandDraws,
    unchanged: DemandDraws,
    service: Service,
    places: np.ndarray,
    exposure: Exposure,
    ends: np.ndarray,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Factors of today and of the target year, each of shape (areas,)."""
    at = np.searchsorted(simulated.years, ends)
    population, exposed = (exposure.path(group, ends).mean(axis=2) for group in ("TG-POP", service.exposed_group))
    exposed = service.weighted(exposed, ends)
    demand, kept = (draws.persons[:, at].mean(axis=2) for draws in (simulated, unchanged))
    served = np.minimum(simulated.persons[:, at[0]], places.astype(np.float32)[:, None]).mean(axis=1)
    made = []
    for end in (0, 1):
        made.append(
            {
                "population_size": population[:, end],
                "age_structure": _ratio(exposed[:, end], population[:, end]),
                "rate_trend": _ratio(kept[:, end], exposed[:, end]),
                "released_unmet": _ratio(served, demand[:, 0]) if end == 0 else np.ones(len(demand)),
                "policy": _ratio(demand[:, end], kept[:, end]),
            }
        )
    return made[0], made[1]


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0, dtype=float)


def _summed(columns: dict[str, np.ndarray], level: Level) -> pd.DataFrame:
    sums = {name: np.bincount(level.member, values, len(level.codes)) for name, values in columns.items()}
    return pd.DataFrame({"area_level": level.name, "area_code": level.codes, **sums})
