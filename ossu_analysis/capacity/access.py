"""How far people are from a service, and how many places they have within reach.

Way between municipal seats: the great-circle distance times a declared terrain factor (1.0 says „по права линия“), or,
where a table of travel times is given, its minutes instead. Distances between seats say nothing of villages far from
their own seat; two municipalities that share a seat are at distance 0.

Two-step floating catchment: every place is shared among the people within its catchment,
``R_j = places_j / sum of persons_k with way_kj <= reach``, and everybody adds up what reaches them,
``A_i = sum of R_j with way_ij <= reach`` (places a person). Places are conserved: ``sum persons_i A_i = sum places_j``
over places that reach anybody.

Luo and Wang (2003), Measures of spatial accessibility to health care in a GIS environment: synthesis and a case study
in the Chicago region, Environment and Planning B 30.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.errors import Fault, raise_if_any

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth, IUGG."""

MOST_NAMED = 20
"""Missing pairs that are named one by one; a file without most of its pairs needs no longer list."""


def seat_distances_km(latitude: NDArray, longitude: NDArray, terrain_factor: float = 1.0) -> NDArray:
    """Distances between all pairs of seats by the haversine formula, times the terrain factor.

    Parameters
    ----------
    latitude, longitude : ndarray of shape (n,)
        Degrees.
    terrain_factor : float
        What a straight kilometre counts for on the road.

    Returns
    -------
    ndarray of shape (n, n)
        Kilometres; symmetric, zero on the diagonal.

    Examples
    --------
    >>> seat_distances_km(np.array([42.70, 43.21]), np.array([23.32, 27.92])).round(0)[0, 1]
    np.float64(379.0)
    """
    phi, lam = np.radians(latitude), np.radians(longitude)
    haversine = np.sin((phi[:, None] - phi) / 2) ** 2
    haversine = haversine + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * terrain_factor * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))


def travel_minutes(
    table: pd.DataFrame, codes: Sequence[str], required: NDArray | None = None, file: str = ""
) -> NDArray:
    """A table of travel times as a matrix; a pair given one way only holds both ways.

    Parameters
    ----------
    table : DataFrame
        from_code, to_code, minutes.
    codes : sequence of str
        Municipalities in the order of the matrix.
    required : ndarray of bool, shape (n, n), optional
        Pairs that must be there; without it all of them.
    file : str
        Named in faults.

    Returns
    -------
    ndarray of shape (n, n)
        Minutes; ``inf`` for pairs that are neither given nor required, 0 on the diagonal.

    Raises
    ------
    FaultsFound
        Unknown codes, negative or unreadable minutes, pairs that are missing.
    """
    place = pd.Index(codes)
    start, end = (place.get_indexer(pd.Index(table[name])) for name in ("from_code", "to_code"))
    minutes = pd.to_numeric(table["minutes"], errors="coerce").to_numpy(dtype=float)
    faults = _bad_rows(table, start, end, minutes, file)
    usable = (start >= 0) & (end >= 0) & (minutes >= 0)
    matrix = np.full((len(codes), len(codes)), np.inf)
    matrix[start[usable], end[usable]] = minutes[usable]
    matrix = np.where(np.isinf(matrix), matrix.T, matrix)
    np.fill_diagonal(matrix, 0.0)
    raise_if_any([*faults, *_missing_pairs(matrix, codes, required, file)])
    return matrix


def _bad_rows(table: pd.DataFrame, start: NDArray, end: NDArray, minutes: NDArray, file: str) -> list[Fault]:
    found = []
    for column, where in (("from_code", start < 0), ("to_code", end < 0), ("minutes", ~(minutes >= 0))):
        code = "bad_minutes" if column == "minutes" else "unknown_code"
        # Row 1 of a file is its heading.
        found += [
            Fault(
                f"allocation.access.{code}",
                file=file,
                row=int(row) + 2,
                column=column,
                found=str(table[column].iloc[row]),
            )
            for row in np.flatnonzero(where)
        ]
    return found


def _missing_pairs(matrix: NDArray, codes: Sequence[str], required: NDArray | None, file: str) -> list[Fault]:
    asked = np.ones(matrix.shape, dtype=bool) if required is None else required | required.T
    first, second = np.nonzero(np.triu(asked & np.isinf(matrix)))
    named = [
        Fault("allocation.access.missing_pair", file=file, found=f"{codes[i]} – {codes[j]}")
        for i, j in zip(first[:MOST_NAMED], second[:MOST_NAMED], strict=True)
    ]
    if len(first) > MOST_NAMED:
        named.append(Fault("allocation.access.more_pairs", file=file, found=str(len(first) - MOST_NAMED)))
    return named


def nearest(way: NDArray, has_places: NDArray) -> tuple[NDArray, NDArray]:
    """Way to the nearest municipality with places and its number; NaN and -1 when nobody has any.

    Parameters
    ----------
    way : ndarray of shape (n, n)
        Kilometres or minutes.
    has_places : ndarray of bool, shape (n,)
        Where the service is.
    """
    if not has_places.any():
        return np.full(len(way), np.nan), np.full(len(way), -1)
    there = np.flatnonzero(has_places)
    chosen = way[:, there].argmin(axis=1)
    found = way[np.arange(len(way)), there[chosen]]
    return np.where(np.isinf(found), np.nan, found), np.where(np.isinf(found), -1, there[chosen])


def two_step_catchment(way: NDArray, places: NDArray, persons: NDArray, reach: float) -> NDArray:
    """Places a person within reach, by the two-step floating catchment.

    Parameters
    ----------
    way : ndarray of shape (n, n)
        Kilometres or minutes.
    places : ndarray of shape (n,) or (n, n_services)
        Places by municipality.
    persons : ndarray of the shape of ``places``
        People who may use them.
    reach : float
        Farthest way, in the unit of ``way``.

    Returns
    -------
    ndarray of the shape of ``places``
        Places a person.

    Examples
    --------
    >>> way = np.array([[0.0, 10.0], [10.0, 0.0]])
    >>> two_step_catchment(way, np.array([20.0, 0.0]), np.array([100.0, 300.0]), reach=15)
    array([0.05, 0.05])
    """
    within = (way <= reach).astype(float)
    asking = within.T @ persons
    ratio = np.divide(places, asking, out=np.zeros_like(asking), where=asking > 0)
    return within @ ratio


def access(
    capacity: pd.DataFrame,
    persons: pd.DataFrame,
    municipality: pd.DataFrame,
    reach: float,
    terrain_factor: float = 1.0,
    minutes: NDArray | None = None,
) -> pd.DataFrame:
    """Access to every service from every municipality.

    Parameters
    ----------
    capacity : DataFrame
        municipality_code, service_code, places, and ``is_closing`` (places of closing homes are no capacity).
    persons : DataFrame
        municipality_code, service_code, persons: who may use the service (demand or target group).
    municipality : DataFrame
        ``reference.municipality``: municipality_code, seat_lat, seat_lon.
    reach : float
        Catchment, in minutes when ``minutes`` is given and in kilometres otherwise.
    terrain_factor : float
        Declared factor for the fallback; see `seat_distances_km`.
    minutes : ndarray of shape (n, n), optional
        From `travel_minutes`, in the order of ``municipality``; used instead of distance wherever ways are compared.

    Returns
    -------
    DataFrame
        municipality_code, service_code, km_to_nearest, minutes_to_nearest (NaN without travel times),
        nearest_municipality_code, accessibility (places a person within reach).
    """
    codes = municipality["municipality_code"].tolist()
    latitude, longitude = (municipality[name].to_numpy(dtype=float) for name in ("seat_lat", "seat_lon"))
    km = seat_distances_km(latitude, longitude, terrain_factor)
    way = km if minutes is None else minutes
    open_places = capacity[~capacity["is_closing"].astype(bool)]
    services = sorted(open_places["service_code"].unique())
    places = _wide(open_places, "places", codes, services)
    reached = two_step_catchment(way, places, _wide(persons, "persons", codes, services), reach)
    tables = []
    for column, service in enumerate(services):
        far, where = nearest(way, places[:, column] > 0)
        known = where >= 0
        table = {
            "municipality_code": codes,
            "service_code": service,
            "km_to_nearest": np.where(known, km[np.arange(len(codes)), where], np.nan),
            "minutes_to_nearest": np.full(len(codes), np.nan) if minutes is None else far,
            "nearest_municipality_code": [codes[at] if at >= 0 else None for at in where],
            "accessibility": reached[:, column],
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _wide(rows: pd.DataFrame, value: str, codes: list[str], services: list[str]) -> NDArray:
    grid = rows.astype({value: float}).pivot_table(
        index="municipality_code", columns="service_code", values=value, aggfunc="sum"
    )
    return grid.reindex(index=codes, columns=services).fillna(0.0).to_numpy(dtype=float)
