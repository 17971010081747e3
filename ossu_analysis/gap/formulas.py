"""The formulas of the gap, each once: `service_gap` calls them over arrays, the trace with the numbers of one row.

Every function takes numbers or arrays of one shape; draws have their own last axis. NaN is unknown and stays unknown.
The registries at the end name the formula of each column of ``gap.service_gap`` and ``gap.oblast_gap``.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import add_up, draw_quantiles, smoothed_quantile
from ossu_analysis.formula import Formula

Numbers = Any
"""A number, or an array or column of numbers."""

HALF_A_PLACE = 0.5
"""A gap below this rounds to nothing."""

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
"""The 80 % range of demand and its median."""

WIDTHS = (0.5, 1.0, 1.4)
"""Half of the range up to which confidence is A, B and C."""


def places_for_residents(places: Numbers, places_for_others: Numbers, places_elsewhere: Numbers) -> Numbers:
    """Places that the residents have, wherever they are (ЗСУ 56)."""
    return places - places_for_others + places_elsewhere


def demand_range(draws: NDArray) -> NDArray:
    """The 80 % range of demand with its median: low, median, high, on a first axis of three."""
    return np.moveaxis(draw_quantiles(draws, (LOW, MIDDLE, HIGH)), -1, 0)


def demand_low(draws: NDArray) -> NDArray:
    """Lower end of the 80 % range of demand."""
    return demand_range(draws)[0]


def demand_median(draws: NDArray) -> NDArray:
    """Median of demand."""
    return demand_range(draws)[1]


def demand_high(draws: NDArray) -> NDArray:
    """Upper end of the 80 % range of demand."""
    return demand_range(draws)[2]


def demand_planned(draws: NDArray, planning_quantile: float) -> NDArray:
    """Demand that places are planned for: the quantile that balances an empty place against a person not served.

    Smoothed, since whether a unit opens must not hang on one draw; at the middle it is the median within 0.3 %.
    """
    return smoothed_quantile(draws, planning_quantile)


def planning_quantile(unserved_to_empty: float) -> float:
    """Quantile at which one more place is as likely worth its emptiness as not: the newsvendor's critical ratio.

    Parameters
    ----------
    unserved_to_empty : float
        How many empty places one person not served weighs.

    Notes
    -----
    Arrow, Harris and Marschak (1951), Optimal inventory policy, Econometrica 19.
    """
    return unserved_to_empty / (1.0 + unserved_to_empty)


def gap_to_demand_places(demand_median: Numbers, places_for_residents: Numbers, occupancy_target: float) -> Numbers:
    """Places missing, negative where places are free; it rises with demand, so the median maps to the median."""
    return demand_median / occupancy_target - places_for_residents


def gap_with_residents(
    demand_median: Numbers, residents_to_move: Numbers, places_for_residents: Numbers, occupancy_target: float
) -> Numbers:
    """Places missing in an area whose closing homes have residents: they need a place each, beside the demand."""
    return gap_to_demand_places(demand_median, places_for_residents - residents_to_move, occupancy_target)


def chance_with_residents(
    draws: NDArray, residents_to_move: Numbers, places_for_residents: Numbers, occupancy_target: float
) -> NDArray:
    """Chance of a gap where residents of closing homes take their places first."""
    return probability_gap_positive(draws, places_for_residents - residents_to_move, occupancy_target)


def probability_gap_positive(draws: NDArray, places_for_residents: Numbers, occupancy_target: float) -> NDArray:
    """Share of draws in which the gap rounds to at least one place; unknown where the places are."""
    places = np.asarray(places_for_residents, dtype=float)
    enough = (places + HALF_A_PLACE) * occupancy_target
    return np.where(np.isnan(places), np.nan, (draws >= enough[..., None]).mean(axis=-1))


def confidence(places: Numbers, demand_low: Numbers, demand_median: Numbers, demand_high: Numbers) -> NDArray:
    """Letters by the half of the 80 % range in shares of the demand (of one person where fewer ask), `WIDTHS`.

    D is also what is not known, places or demand.
    """
    asked = np.maximum(demand_median, 1.0)
    half = (np.asarray(demand_high, dtype=float) - demand_low) / 2 / asked
    half = np.where(np.isnan(np.asarray(places, dtype=float)), np.nan, half)
    return np.select([half <= width for width in WIDTHS], list("ABC"), default="D")


def gap_to_map_places(map_number: Numbers, places: Numbers) -> Numbers:
    """Users by the National Map less the places."""
    return map_number - places


def gap_to_criterion_places(criterion_maximum: Numbers, places: Numbers) -> Numbers:
    """Legal maximum of users less the places."""
    return criterion_maximum - places


def missing_without_sharing_places(
    town_draws: NDArray, town_places_for_residents: NDArray, occupancy_target: float
) -> NDArray:
    """Median sum of the municipalities' own gaps when none serves another.

    Parameters
    ----------
    town_draws : ndarray of shape (municipalities, ..., draws)
    town_places_for_residents : ndarray of shape (municipalities, ...)
        Unknown in one municipality is unknown for all.
    occupancy_target : float
    """
    missing = np.maximum(town_draws / occupancy_target - np.nan_to_num(town_places_for_residents)[..., None], 0)
    middle = draw_quantiles(add_up(missing, np.zeros(len(missing), dtype=int))[0], (MIDDLE,))[..., 0]
    return np.where(np.isnan(town_places_for_residents).any(axis=0), np.nan, middle)


def staff_needed(gap_to_demand_places: Numbers, posts_per_user: float) -> NDArray:
    """Posts for the missing places; none where no place is missing."""
    return np.maximum(gap_to_demand_places, 0.0) * posts_per_user


def yearly_cost(gap_to_demand_places: Numbers, unit_cost: Numbers) -> NDArray:
    """Yearly money for the missing places, in the currency of the unit cost; none where no place is missing."""
    return np.maximum(gap_to_demand_places, 0.0) * unit_cost


def sum_of_parts(parts: NDArray) -> NDArray:
    """Sum over municipalities or oblasts (the first axis); unknown where one of them is."""
    return np.sum(parts, axis=0)


def sum_of_known_parts(parts: NDArray) -> NDArray:
    """Sum over the municipalities or oblasts that are known; unknown where none is."""
    known = ~np.isnan(parts)
    return np.where(known.any(axis=0), np.where(known, parts, 0.0).sum(axis=0), np.nan)


def municipalities_with_service(town_places: NDArray) -> NDArray:
    """How many municipalities have places of their own."""
    return (np.asarray(town_places) > 0).sum(axis=0)


FORMULAS = {
    function.__name__: Formula(function, f"trace.formula.{function.__name__}")
    for function in (
        places_for_residents,
        demand_low,
        demand_median,
        demand_high,
        demand_planned,
        gap_to_demand_places,
        gap_to_map_places,
        gap_to_criterion_places,
        probability_gap_positive,
        staff_needed,
        yearly_cost,
    )
}
"""Columns of ``gap.service_gap``; ``draws`` are those of the municipality."""

_SUM, _KNOWN = (Formula(function, "trace.formula.sum_of_towns") for function in (sum_of_parts, sum_of_known_parts))
AREA_FORMULAS = {
    **{name: FORMULAS[name] for name in ("demand_low", "demand_median", "demand_high", "demand_planned")},
    "gap_to_criterion_places": FORMULAS["gap_to_criterion_places"],
    "gap_to_demand_places": Formula(gap_with_residents, "trace.formula.gap_with_residents"),
    "probability_gap_positive": Formula(chance_with_residents, "trace.formula.chance_with_residents"),
    **dict.fromkeys(("places", "occupied", "places_for_residents"), _SUM),
    **dict.fromkeys(("waiting", "map_number", "gap_to_map_places"), _KNOWN),
    **{
        function.__name__: Formula(function, f"trace.formula.{function.__name__}")
        for function in (missing_without_sharing_places, municipalities_with_service)
    },
}
"""Columns of ``gap.oblast_gap``: ``parts`` are the same column of the municipalities, ``town_x`` their column x."""

COUNTRY_FORMULAS = AREA_FORMULAS | {"municipalities_with_service": _SUM}
"""As of an oblast, but the parts are the oblasts."""
