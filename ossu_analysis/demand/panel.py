"""Returns of one service as a panel: what is known of demand in each municipality and year, and what is only a floor.

Belongs here: the rule that tells a full service from a free one, and the shape of the data that the model reads.

A cell (municipality, year) is

- **known**: the service was neither full nor had a waiting list, so use is demand; or its waiting list was reported, so
  demand is use plus waiting;
- **at least**: the service was full (use at or above `FULL` of its places, or of the ceiling at which services of this
  kind stop in practice) and the list is unknown, or the service opened only that year: demand is at least use;
- **missing**: no service, or no return. That is no information, never zero.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FULL = 0.97
"""Share of places in use from which a service counts as full (censoring rule of the project's forecasting notes)."""


@dataclass(frozen=True)
class Panel:
    """One service: municipalities x years.

    Parameters
    ----------
    service_code : str
    areas : numpy.ndarray of str, shape (areas,)
    parents : numpy.ndarray of int, shape (areas,)
        Position of the parent in `parent_codes`.
    parent_codes : numpy.ndarray of str
    years : numpy.ndarray of int, shape (years,)
    persons : numpy.ndarray, shape (areas, years)
        Exposed persons.
    users, places, waiting : numpy.ndarray, shape (areas, years)
        As reported; NaN is unknown.
    """

    service_code: str
    areas: np.ndarray
    parents: np.ndarray
    parent_codes: np.ndarray
    years: np.ndarray
    persons: np.ndarray
    users: np.ndarray
    places: np.ndarray
    waiting: np.ndarray


@dataclass(frozen=True)
class Cells:
    """The cells that carry information, flat.

    Parameters
    ----------
    area, year : numpy.ndarray of int
        Positions in the panel.
    persons, count : numpy.ndarray
        Exposed persons; demand, or its floor.
    is_floor : numpy.ndarray of bool
        True where `count` is only a floor.
    """

    area: np.ndarray
    year: np.ndarray
    persons: np.ndarray
    count: np.ndarray
    is_floor: np.ndarray


def informative_cells(panel: Panel) -> Cells:
    """Cells of a panel that say something about demand, each known or a floor."""
    full = is_full(panel.users, panel.places)
    listed = panel.waiting > 0
    opening = _opening_year(panel.users)
    area, year = np.nonzero(np.isfinite(panel.users) & (panel.persons > 0))
    at = (area, year)
    count = panel.users + np.where(listed, panel.waiting, 0.0)
    is_floor = (full & ~listed) | opening
    return Cells(area, year, panel.persons[at], count[at], is_floor[at])


def is_full(users: np.ndarray, places: np.ndarray) -> np.ndarray:
    """True where use is at or above the practical ceiling of this service's places; unknown places are never full."""
    return users >= np.floor(ceiling(users, places) * places + 1e-9)


def ceiling(users: np.ndarray, places: np.ndarray) -> float:
    """Share of places at which services of this kind stop in practice: `FULL`, or lower where use piles up lower.

    Beds are kept free between residents, rooms are shared by sex: some services are full at 92 %. Such a ceiling shows
    as a pile of cells at one occupancy with next to nothing above it. A candidate is taken when at least three times as
    many cells lie within 1.5 points of it as in a window of the same width below, and fewer than 3 % of cells above.
    """
    occupancy = (users / places)[np.isfinite(users / places) & (places >= 10)]
    if len(occupancy) < 50:
        return FULL
    for candidate in np.arange(0.80, FULL, 0.01):
        above = np.mean(occupancy > candidate + 0.015)
        pile = np.mean(np.abs(occupancy - candidate) <= 0.015)
        below = np.mean((occupancy < candidate - 0.015) & (occupancy >= candidate - 0.105)) / 3
        if above < 0.03 and pile > 3 * below and pile > 0.05:
            return float(candidate) - 0.015
    return FULL


def _opening_year(users: np.ndarray) -> np.ndarray:
    """True in the first year of a service that was absent at the start of the panel: the year may not be whole."""
    present = np.isfinite(users)
    first = present & (np.cumsum(present, axis=1) == 1)
    first[:, 0] = False
    return first


def panels(returns: pd.DataFrame, exposed: pd.DataFrame, areas: pd.DataFrame) -> "list[Panel]":
    """Return one panel per service with returns, in order of service code.

    Parameters
    ----------
    returns : pandas.DataFrame
        ``area_code, service_code, year, users, places, waiting``.
    exposed : pandas.DataFrame
        ``area_code, service_code, year, persons``: one row per area, service and year with a return.
    areas : pandas.DataFrame
        ``area_code, parent_code``: every area to forecast, with or without the service.
    """
    ordered = areas.sort_values(["parent_code", "area_code"], na_position="last").reset_index(drop=True)
    parent_codes, parents = np.unique(ordered["parent_code"].fillna("").to_numpy(str), return_inverse=True)
    codes = ordered["area_code"].to_numpy(str)
    people = dict(tuple(exposed.groupby("service_code", sort=False)))
    made = []
    for service, table in returns.groupby("service_code"):
        years = np.arange(table["year"].min(), table["year"].max() + 1)
        figures = {name: grid(table, name, codes, years) for name in ("users", "places", "waiting")}
        persons = grid(people[service], "persons", codes, years)
        made.append(Panel(str(service), codes, parents, parent_codes, years, persons, **figures))
    return made


def grid(table: pd.DataFrame, column: str, areas: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Spread a column over areas x years; what has no row is NaN."""
    wide = np.full((len(areas), len(years)), np.nan)
    at = pd.Index(areas).get_indexer(table["area_code"])
    when = table["year"].to_numpy() - years[0]
    inside = (at >= 0) & (when >= 0) & (when < len(years))
    wide[at[inside], when[inside]] = table[column].to_numpy(float)[inside]
    return wide
