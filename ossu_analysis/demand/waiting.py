"""How long a waiting list lasts under today's places and under more, and the places that bring the wait below a target.

Belongs here: a flow model of one service, as a model and no register of waits: nobody publishes who waited how long.
With demand D (persons who would use the service if places were no limit), places C < D, a mean stay S in years and an
entry of the list worth v persons (`use_rate`), in a steady state

- entries are D / S a year, and C / S places are freed and taken;
- the list stands at W = (D - C) / v, so who gives up, or never enters, leaves it at the rate v / S;
- who enters at its end and stays is served when all before have been served or have given up: after
  ``(S / v) * log(D / C)`` years;
- a wait below t years takes ``D * exp(-v * t / S)`` places.

The stay is read from how much counts move from one year to the next in years that are not full: of the persons counted
a share ``exp(-1 / S)`` is still there a year later, and the rest is new by chance.
"""

import numpy as np
import pandas as pd

from ossu_analysis.demand.draws import DemandDraws
from ossu_analysis.demand.panel import EITHER
from ossu_analysis.demand.service import Service
from ossu_analysis.demand.use_rate import UseRate
from ossu_analysis.draws import draw_quantiles

FEWEST_PAIRS = 50
"""Pairs of years from which a stay is read."""

MOVED = (0.02, 0.95)
"""Share of persons who are new after a year, outside which counts say nothing of a stay."""

MORE_PLACES = (0, 1, 2, 5, 10, 20)
TARGETS = (0.25, 0.5, 1.0)
"""Years of waiting for which places are given."""


def mean_stay(fitted: UseRate) -> float:
    """Mean stay in years, from municipalities in years that are not full; NaN where returns cannot tell."""
    cells = fitted.cells
    plain = ~cells.is_censored & (cells.waiting == 0) & (cells.when == EITHER)
    shape = fitted.panel.persons.shape
    count, mean = np.full(shape, np.nan), np.full(shape, np.nan)
    at = cells.area[plain], cells.year[plain]
    count[at] = cells.count[plain]
    level = np.exp(fitted.year_effects)[cells.year] * fitted.levels.mean()[cells.area]
    mean[at] = (cells.persons * level)[plain]
    steps = np.diff(count - mean, axis=1)
    told = np.isfinite(steps)
    if told.sum() < FEWEST_PAIRS:
        return np.nan
    chance = mean[:, 1:] + mean[:, :-1]
    new = float((steps[told] ** 2).sum() / chance[told].sum())
    return -1 / np.log1p(-new) if MOVED[0] < new < MOVED[1] else np.nan


def wait_years(demand: np.ndarray, places: np.ndarray, stay: float, validity: float) -> np.ndarray:
    """Years from entering the list to being served; zero where places are enough, infinite without any."""
    with np.errstate(divide="ignore"):
        return np.asarray(stay / validity * np.log(np.maximum(demand / places, 1.0)))


def places_for(demand: np.ndarray, target: float, stay: float, validity: float) -> np.ndarray:
    """Places with which the wait is `target` years."""
    return np.asarray(demand * np.exp(-validity * target / stay))


def waiting_rows(simulated: DemandDraws, fitted: UseRate, service: Service, places: np.ndarray) -> pd.DataFrame:
    """Rows of ``demand.waiting_time`` of one service, in the first simulated year.

    Parameters
    ----------
    simulated : DemandDraws
    fitted : UseRate
    service : Service
    places : numpy.ndarray, shape (areas,)
        Of today; municipalities without any have no row.

    Returns
    -------
    pandas.DataFrame
        One row per municipality and number of added places; empty where the stay is not known.
    """
    stay = mean_stay(fitted)
    there = np.flatnonzero(places > 0) if np.isfinite(stay) else np.array([], int)
    demand = simulated.persons[there, 0].astype(float)
    parts = []
    for more in MORE_PLACES:
        wait = wait_years(demand, places[there, None] + more, stay, fitted.validity)
        low, middle, high = draw_quantiles(wait, (0.1, 0.5, 0.9)).T
        parts.append(
            pd.DataFrame(
                {
                    "municipality_code": simulated.areas[there],
                    "service_code": service.code,
                    "year": int(simulated.years[0]),
                    "places": places[there],
                    "added_places": more,
                    "stay_years": stay,
                    "validity": fitted.validity,
                    "wait_years": middle,
                    "wait_low": low,
                    "wait_high": high,
                }
                | {
                    f"places_for_{round(12 * target)}_months": np.ceil(
                        draw_quantiles(places_for(demand, target, stay, fitted.validity), (0.5,))[:, 0]
                    )
                    for target in TARGETS
                }
            )
        )
    return pd.concat(parts, ignore_index=True).assign(status=service.status)
