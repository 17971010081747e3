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
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.errors import Fault, raise_if_any
from ossu_analysis.status import weakest
from ossu_analysis.texts import number, text

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth, IUGG."""

EVERYBODY = "TG-POP"
PER_THOUSAND = 1000.0
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
    faults = []
    for column, where in (("from_code", start < 0), ("to_code", end < 0), ("minutes", ~(minutes >= 0))):
        code = "bad_minutes" if column == "minutes" else "unknown_code"
        # Row 1 of a file is its heading.
        faults += [
            Fault(
                f"allocation.access.{code}",
                file=file,
                row=int(row) + 2,
                column=column,
                found=str(table[column].iloc[row]),
            )
            for row in np.flatnonzero(where)
        ]
    return faults


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


@dataclass(frozen=True)
class Ways:
    """Ways between all municipalities in one order.

    Parameters
    ----------
    km : ndarray of shape (n, n)
        Great-circle distance times the terrain factor.
    minutes : ndarray of shape (n, n) or None
        Travel times where a table is given.
    how_measured : str
        How kilometres were measured, in Bulgarian; empty when travel times are given.
    """

    km: NDArray
    minutes: NDArray | None
    how_measured: str

    @property
    def way(self) -> NDArray:
        """What ways are compared by: minutes where they are given, else kilometres."""
        return self.km if self.minutes is None else self.minutes

    def to_nearest(self, has_places: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Kilometres, minutes and number of the nearest municipality with places; NaN and -1 without any."""
        far, where = nearest(self.way, has_places)
        known = where >= 0
        km = np.where(known, self.km[np.arange(len(self.km)), where], np.nan)
        return km, np.full(len(far), np.nan) if self.minutes is None else far, where


def ways_between(
    municipality: pd.DataFrame, travel_time: pd.DataFrame | None = None, terrain_factor: float = 1.0
) -> Ways:
    """Ways between municipal seats, in the order of ``municipality``.

    Parameters
    ----------
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code, seat_lat, seat_lon.
    travel_time : DataFrame, optional
        ``reference.travel_time``; without rows ways are kilometres. Municipalities of one oblast must all be there.
    terrain_factor : float
        Declared factor for the kilometres; see `seat_distances_km`.

    Raises
    ------
    FaultsFound
        Pairs of one oblast that the table of travel times lacks.
    """
    latitude, longitude = (municipality[name].to_numpy(dtype=float) for name in ("seat_lat", "seat_lon"))
    km = seat_distances_km(latitude, longitude, terrain_factor)
    if travel_time is None or travel_time.empty:
        how_measured = text("capacity.straight_line")
        if terrain_factor != 1.0:
            how_measured = text("capacity.times_factor", factor=number(terrain_factor, 2))
        return Ways(km, None, how_measured)
    oblast = municipality["oblast_code"].to_numpy(dtype=str)
    same = oblast[:, None] == oblast[None, :]
    codes = municipality["municipality_code"].tolist()
    return Ways(km, travel_minutes(travel_time, codes, same, "data/reference/travel_times.csv"), "")


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
    distance = way[np.arange(len(way)), there[chosen]]
    return np.where(np.isinf(distance), np.nan, distance), np.where(np.isinf(distance), -1, there[chosen])


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
    ledger: pd.DataFrame,
    persons: pd.DataFrame,
    municipality: pd.DataFrame,
    ways: Ways,
    reach: float,
) -> pd.DataFrame:
    """Access to every service from every municipality by the last returns, as table ``capacity.access``.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``; places of closing homes are no capacity.
    ledger : DataFrame
        ``capacity.cross_boundary``: places of mobile teams are where the teams go.
    persons : DataFrame
        service_code, municipality_code, persons_group, persons: who may use the service.
    municipality : DataFrame
        ``reference.municipality``.
    ways : Ways
        In the order of ``municipality``.
    reach : float
        Catchment, in minutes where ``ways`` has them and in kilometres otherwise.

    Returns
    -------
    DataFrame
        One row per municipality and service with places somewhere.
    """
    codes = municipality["municipality_code"].tolist()
    standing = _places_by_location(capacity, ledger)
    services = sorted(standing["service_code"].unique())
    places = _wide(standing, "places", codes, services)
    users = _wide(persons, "persons", codes, services)
    reached = two_step_catchment(ways.way, places, users, reach)
    groups = persons.drop_duplicates("service_code").set_index("service_code")["persons_group"]
    status = standing.groupby("service_code")["status"].agg(weakest)
    tables = []
    for column, service in enumerate(services):
        km, minutes, where = ways.to_nearest(places[:, column] > 0)
        table = {
            "municipality_code": codes,
            "service_code": service,
            "places": places[:, column],
            "km_to_nearest": km,
            "minutes_to_nearest": minutes,
            "nearest_municipality_code": [codes[at] if at >= 0 else None for at in where],
            "persons_group": groups.get(service),
            "persons": users[:, column],
            "places_per_thousand": PER_THOUSAND * reached[:, column],
            "reach": reach,
            "reach_unit": text(f"capacity.unit.{'km' if ways.minutes is None else 'minutes'}"),
            "remark": ways.how_measured or text("capacity.by_travel_times"),
            "status": weakest([status[service], "estimated"]),
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _places_by_location(capacity: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Places of the last return of each municipality, those of mobile teams in the municipalities that they go to."""
    key = ["municipality_code", "service_code", "period_end"]
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    rows = capacity.loc[capacity["period_end"].eq(last) & ~capacity["is_closing"], [*key, "places", "status"]]
    mobile = ledger[ledger["is_mobile"]].merge(rows[[*key, "status"]], on=key, suffixes=("", "_of_host"))
    gone = mobile.groupby(key)["places"].sum().rename("gone").reset_index()
    rows = rows.merge(gone, on=key, how="left")
    rows["places"] = rows["places"].astype(float) - rows["gone"].fillna(0.0)
    there = mobile.assign(municipality_code=mobile["home_code"])
    return pd.concat([rows, there], ignore_index=True)[["municipality_code", "service_code", "places", "status"]]


def persons_of_services(
    exposure_observed: pd.DataFrame, inhabitants: "pd.Series[float]", service: pd.DataFrame
) -> pd.DataFrame:
    """Who may use each service: its exposed group where it is counted by age, else all inhabitants.

    Parameters
    ----------
    exposure_observed : DataFrame
        ``population.exposure_observed``; its last year counts.
    inhabitants : Series
        Persons by municipality.
    service : DataFrame
        ``reference.service``: service_code, exposed_group.
    """
    last = exposure_observed[exposure_observed["year"].eq(exposure_observed["year"].max())]
    counted = {
        str(group): rows.set_index("municipality_code")["persons"] for group, rows in last.groupby("target_group")
    }
    parts = []
    for code, group in zip(service["service_code"], service["exposed_group"], strict=True):
        counts = counted.get(group, inhabitants)
        shown = group if group in counted else EVERYBODY
        parts.append(counts.rename("persons").rename_axis("municipality_code").reset_index().assign(
            service_code=code, persons_group=shown))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _wide(rows: pd.DataFrame, value: str, codes: list[str], services: list[str]) -> NDArray:
    grid = rows.astype({value: float}).pivot_table(
        index="municipality_code", columns="service_code", values=value, aggfunc="sum"
    )
    return grid.reindex(index=codes, columns=services).fillna(0.0).to_numpy(dtype=float)
