"""Returns of one service as a panel: in which municipality and year demand is known, and where it is right-censored.

Belongs here: the rule that tells a full service from a free one, and the shape of the data that the model reads.

A cell (municipality, year) is

- **known**: the service was neither full nor had a waiting list, so use is demand; or its waiting list was reported, so
  demand is use plus waiting;
- **at least**: the service was full (use at or above `FULL` of its places) and the list is unknown, or the service
  opened only that year, or its places are not known or were counted otherwise (`breaks`): demand is at least use;
- **known or at least**: use stood at the highest occupancy of that municipality, which is below `FULL`. Services may
  stop early (beds kept free, rooms shared by sex, posts not filled) or may just not have more users; the fit weighs
  both readings (`ceiling`);
- **missing**: no service, no return, or a figure that is a slip beside the other years. No information, never zero.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ossu_analysis.demand.breaks import series_breaks

EITHER, IF_OPEN, IF_STOPPED = -1, 0, 1
"""When a cell counts: always, if the municipality's service is open to its places, if it stops at its own top."""

FULL = 0.97
"""Share of places in use from which a service counts as full: a convention, nobody publishes where full begins."""

LOWEST_TOP = 0.75
"""Occupancy below which a service that has never been fuller is not suspected of stopping early."""

SLIP = 4.0
"""Use this many times above or below the median of the same municipality's other years is a slip of the pen."""

TRUSTED_ZEROS = 0.5
"""Share of full services with a waiting list of zero above which zero stands for „no list kept“."""


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
    """The cells that carry information, flat and in order of area; an ambiguous cell stands twice.

    Parameters
    ----------
    area, year : numpy.ndarray of int
        Positions in the panel.
    persons, count : numpy.ndarray
        Exposed persons; users, or the least demand.
    waiting : numpy.ndarray
        Length of the waiting list where one was reported, else 0. Demand is count + validity * waiting.
    is_censored : numpy.ndarray of bool
        True where the count is right-censored: demand is at least `count`.
    when : numpy.ndarray of int
        `EITHER`, or the reading (`IF_OPEN`, `IF_STOPPED`) under which the cell counts.
    top : numpy.ndarray, shape (areas,)
        Highest occupancy of each area where it is below `FULL`; NaN where the question does not arise.
    window : numpy.ndarray, shape (areas,)
        Width in occupancy within which a cell counts as being at the top.
    stopped : numpy.ndarray of bool, shape (areas,)
        True where a waiting list at the top proves that the service stops there.
    """

    area: np.ndarray
    year: np.ndarray
    persons: np.ndarray
    count: np.ndarray
    waiting: np.ndarray
    is_censored: np.ndarray
    when: np.ndarray
    top: np.ndarray
    window: np.ndarray
    stopped: np.ndarray


def informative_cells(panel: Panel) -> Cells:
    """Cells of a panel that say something about demand: known, right-censored, or either."""
    users = np.where(slips(panel), np.nan, panel.users)
    places = np.where(counted_as_now(panel), _filled(panel.places), np.nan)
    listed = panel.waiting > 0
    full = users >= FULL * places - 1e-9
    empty_list = (panel.waiting == 0) & _zeros_mean_empty(panel.waiting, full)
    top, window, at_top = _own_tops(users, places, full & (users <= places))
    stopped = np.any(at_top & listed, axis=1)
    unsure = at_top & ~listed & ~full & ~((panel.waiting == 0) & empty_list)
    # Where nobody reports places (help at home), nothing tells a full service and use is taken as demand.
    unlimited = np.isnan(panel.places).all()
    is_censored = (full | (np.isnan(places) & ~unlimited)) & ~listed & ~empty_list
    is_censored |= _opening_year(panel.users) & ~listed
    # What is learnt from a full cell is only that demand reached FULL of the places: had it stopped between there and
    # the places, the cell would look the same. Taking use itself as the least demand would overstate demand.
    least = np.where(full, np.fmin(users, np.ceil(FULL * places - 1e-9)), users)
    informative = np.isfinite(users) & (panel.persons > 0)
    area, year, censored, when = _stacked(informative, is_censored, unsure & ~is_censored)
    at = (area, year)
    count, waiting = np.where(censored, least[at], users[at]), np.where(listed[at], panel.waiting[at], 0.0)
    return Cells(area, year, panel.persons[at], count, waiting, censored, when, top, window, stopped)


def log_coverage(panel: Panel) -> np.ndarray:
    """Log of places per exposed person around the mean of the areas with places; NaN without; shape (areas,)."""
    comparable = np.isfinite(panel.places) & (panel.persons > 0) & counted_as_now(panel)
    places, persons = (np.where(comparable, x, np.nan) for x in (panel.places, panel.persons))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(np.nansum(places, axis=1) / np.nansum(persons, axis=1))
    found[~np.isfinite(found)] = np.nan
    if np.isnan(found).all():
        return found
    centred = found - np.nanmean(found)
    return np.clip(centred, -3 * np.nanstd(centred), 3 * np.nanstd(centred))


def _stacked(
    informative: np.ndarray, is_censored: np.ndarray, unsure: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the cells with their reading; a cell that may be either stands twice, known and right-censored."""
    parts = []
    for chosen, as_censored, when in (
        (informative & ~unsure, None, EITHER),
        (informative & unsure, False, IF_OPEN),
        (informative & unsure, True, IF_STOPPED),
    ):
        area, year = np.nonzero(chosen)
        censored = is_censored[area, year] if as_censored is None else np.full(len(area), as_censored)
        parts.append((area, year, censored, np.full(len(area), when)))
    areas, years, censored, whens = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(areas, kind="stable")
    return areas[order], years[order], censored[order], whens[order]


def slips(panel: Panel) -> np.ndarray:
    """True where users cannot be right beside the other years of the same municipality.

    A figure `SLIP` times off the median rate of at least three other years, while places did not move alike: a digit
    too many, or a zero for a figure that was not at hand. One person more or less never makes a slip.
    """
    rate = panel.users / panel.persons
    usual, usual_places = _median(rate), _median(panel.places)
    expected = usual * panel.persons
    off = np.abs(np.log((panel.users + 1) / (expected + 1))) > np.log(SLIP)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.abs(np.log(panel.places / usual_places)) > np.log(SLIP) / 2
    return off & ~moved & (np.isfinite(panel.users).sum(axis=1, keepdims=True) > 3)


def _median(values: np.ndarray) -> np.ndarray:
    """Median over the years of each area, shape (areas, 1); NaN where there is none."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=1, keepdims=True)


def _filled(places: np.ndarray) -> np.ndarray:
    """Places with gaps filled from the nearest earlier, else later, year of the same municipality."""
    filled = pd.DataFrame(places.T).ffill().bfill()
    return filled.to_numpy().T


def counted_as_now(panel: Panel) -> np.ndarray:
    """Years after the last break of the country's places against its users (`breaks`); shape (years,), bool.

    Before it the same service had another number of places on paper, so its occupancy says nothing of being full.
    """
    both = np.isfinite(panel.users) & np.isfinite(panel.places)
    totals = {
        "users": np.where(both, panel.users, 0.0).sum(axis=0),
        "places": np.where(both, panel.places, 0.0).sum(axis=0),
    }
    found = series_breaks(
        pd.DataFrame({"service_code": panel.service_code, "year": panel.years, **totals}), ("places",)
    )
    return np.asarray(panel.years >= found["year"].max()) if len(found) else np.ones(len(panel.years), bool)


def _zeros_mean_empty(waiting: np.ndarray, full: np.ndarray) -> bool:
    """Whether a waiting list of zero beside full places can be believed: not when most full services report it."""
    reported = full & np.isfinite(waiting)
    return not reported.any() or float(np.mean(waiting[reported] == 0)) <= TRUSTED_ZEROS


def _own_tops(users: np.ndarray, places: np.ndarray, full: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Highest occupancy of each area below `FULL`, its window, and the cells that stand at it (within one person)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        occupancy = np.where(full, np.nan, users / places)
    highest = np.nanmax(np.where(np.isnan(occupancy), -1.0, occupancy), axis=1)
    top = np.where((highest >= LOWEST_TOP) & (highest < FULL) & ~full.any(axis=1), highest, np.nan)
    typical = _median(places)[:, 0]
    window = np.maximum(1 / np.maximum(typical, 1), 0.01)
    slack = np.maximum(1.0 - 1e-9, 0.01 * places)
    at_top = users > top[:, None] * places - slack
    return top, window, at_top


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
