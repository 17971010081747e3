"""Who serves whom: places of a municipality as its own residents and those of others have them.

A return counts the users of a service where the service is. Where it also lists them by the municipality of their
address, or names a mobile team, the places are divided among the municipalities that they serve (ЗСУ 56):

- users take their places with them: a guest's place belongs to the municipality of the guest's address;
- the free places of a mobile team are shared among its own municipality and those that it goes to, by the number of
  people in each, as in the two-step floating catchment of `access` with the list as catchment;
- all other places belong to the municipality where they are.

So places are only divided, never made: ``sum over homes = places of the host``. A year without addresses takes the
shares of the nearest year that has them (the later one of two), because a series that is counted by service in one year
and by address in the next would read as a fall of demand; such rows are ``estimated``. Users without an address
in the return count as residents of the municipality that serves them.
"""

import numpy as np
import pandas as pd

from ossu_analysis.reference.services import counted_as
from ossu_analysis.status import STATUSES

HOST, HOME = "municipality_code", "home_code"
_PERIOD = ["period_start", "period_end"]
_KEY = [HOST, "service_code", *_PERIOD]


def cross_boundary(
    capacity: pd.DataFrame, residence: pd.DataFrame, persons: "pd.Series[float]", service: pd.DataFrame
) -> pd.DataFrame:
    """Users and places that belong to other municipalities than the one that serves, as ``capacity.cross_boundary``.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    residence : DataFrame
        ``collection.residence``.
    persons : Series
        Inhabitants by municipality; they divide the free places of mobile teams.
    service : DataFrame
        ``reference.service``: which services are counted as others.

    Returns
    -------
    DataFrame
        One row per serving municipality, municipality of address, service and period; never the same municipality
        twice, and closing homes excepted: their places are nobody's.
    """
    served = capacity[~capacity["is_closing"].astype(bool) & capacity["occupied"].notna()]
    served = served.rename(columns={"source_id": "return_id", "status": "return_status"})
    listed = residence.assign(service_code=residence["service_code"].replace(counted_as(service)))
    persons_served = pd.concat([_guests(served, listed), _mobile(served, persons)], ignore_index=True)
    grouped = persons_served.groupby([HOST, HOME, "service_code", *_PERIOD], as_index=False, sort=True)
    table = grouped.agg(users=("users", "sum"), places=("places", "sum"), is_mobile=("is_mobile", "max"),
                        source_id=("source_id", "first"), rank=("rank", "max"))  # fmt: skip
    return table.assign(status=table.pop("rank").map(lambda worst: STATUSES[int(worst)]))


def _guests(served: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Guests of every period: the shares of the nearest period with addresses times its users."""
    listed = listed.groupby([HOST, HOME, "service_code", *_PERIOD], as_index=False).agg(
        listed=("users", "sum"), source_id=("source_id", "first"), status=("status", "first")
    )
    total = listed.groupby(_KEY, as_index=False).agg(all_listed=("listed", "sum"))
    shares = listed.merge(total, on=_KEY).merge(served[[*_KEY, "occupied"]], on=_KEY)
    shares["share"] = shares["listed"] / shares[["all_listed", "occupied"]].max(axis=1).clip(lower=1)
    shares = shares[shares[HOST] != shares[HOME]]
    shares = shares[[HOST, HOME, "service_code", "period_end", "share", "source_id", "status"]]
    nearest = _nearest_period(served, total)
    rows = nearest.merge(shares.rename(columns={"period_end": "listed_end"}), on=[HOST, "service_code", "listed_end"])
    # Whole persons, and never more of them than the service has.
    users = np.floor(rows["occupied"].astype(float) * rows["share"].astype(float) + 1e-9)
    room = (rows["places"].astype(float) / rows["occupied"].astype(float).clip(lower=1)).clip(upper=1.0).fillna(1.0)
    rank = _rank(rows["status"], rows["return_status"])
    estimated = rows["listed_end"] != rows["period_end"]
    return rows.assign(
        users=users,
        places=users * room,
        is_mobile=False,
        rank=np.where(estimated, np.maximum(rank, STATUSES.index("estimated")), rank),
    )[[*_COLUMNS]]


def _nearest_period(served: pd.DataFrame, total: pd.DataFrame) -> pd.DataFrame:
    """Each period of a service that ever listed addresses, with the listed period nearest to it."""
    ends = total.rename(columns={"period_end": "listed_end"})[[HOST, "service_code", "listed_end"]]
    pairs = served.merge(ends, on=[HOST, "service_code"])
    apart = pd.to_datetime(pairs["listed_end"]) - pd.to_datetime(pairs["period_end"])
    pairs = pairs.assign(apart=apart.abs(), earlier=apart.dt.days < 0).sort_values(["apart", "earlier"], kind="stable")
    return pairs.drop_duplicates(_KEY)


def _mobile(served: pd.DataFrame, persons: "pd.Series[float]") -> pd.DataFrame:
    """Free places of mobile teams that belong to the municipalities they go to."""
    teams = served[served["mobile_to"].notna()]
    teams = teams.assign(**{HOME: teams["mobile_to"].str.split("|")}).explode(HOME)
    weight = teams[HOME].map(persons).fillna(0.0).astype(float)
    own = teams[HOST].map(persons).fillna(0.0).astype(float)
    everybody = weight.groupby([teams[name] for name in _KEY]).transform("sum") + own
    share = (weight / everybody.where(everybody > 0)).fillna(0.0)
    return teams.assign(
        users=0.0,
        places=teams["free_places"].astype(float).fillna(0.0) * share,
        is_mobile=True,
        source_id=teams["return_id"],
        rank=_rank(teams["return_status"]),
    )[[*_COLUMNS]]


_COLUMNS = (HOST, HOME, "service_code", *_PERIOD, "users", "places", "is_mobile", "source_id", "rank")


def _rank(*statuses: "pd.Series[str]") -> np.ndarray:
    return np.max([status.map(STATUSES.index).to_numpy(dtype=int) for status in statuses], axis=0)


def by_residence(capacity: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Capacity as the residents of each municipality have it, as table ``capacity.by_residence``.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    ledger : DataFrame
        ``capacity.cross_boundary``.

    Returns
    -------
    DataFrame
        Every row of capacity with ``places`` and ``occupied`` less those of guests and plus those in other
        municipalities; and rows of municipalities without the service whose residents are served elsewhere. Closing
        homes stay as they are.
    """
    given = _moved(ledger, HOST, {"users": "guests", "places": "places_for_others"})
    taken = _moved(ledger, HOME, {"users": "served_elsewhere", "places": "places_elsewhere"})
    rows = capacity[[*_KEY, *_KEPT]].merge(given, on=_KEY, how="left").merge(taken, on=_KEY, how="outer")
    # Without a service of its own nothing is reported, and what is used elsewhere is all there is.
    own = rows[["places", "occupied"]].astype("Float64").mask(rows["is_closing"].isna(), 0.0)
    rows[_MOVED] = rows[_MOVED].astype("Float64").fillna(0.0)
    ranks = [
        rows[name].map(STATUSES.index, na_action="ignore") for name in ("status", f"status_{HOST}", f"status_{HOME}")
    ]
    return rows.assign(
        places=own["places"] - rows["places_for_others"] + rows["places_elsewhere"],
        occupied=own["occupied"] - rows["guests"] + rows["served_elsewhere"],
        has_service=rows["is_closing"].notna(),
        is_closing=rows["is_closing"].eq(True),
        is_mobile=rows["is_mobile"].eq(True),
        status=pd.concat(ranks, axis=1).max(axis=1).map(lambda worst: STATUSES[int(worst)]),
    ).sort_values(_KEY, ignore_index=True)


_KEPT = ["places", "occupied", "waiting", "staff_posts", "staff_filled", "is_closing", "status"]
_MOVED = ["guests", "served_elsewhere", "places_for_others", "places_elsewhere"]


def _moved(ledger: pd.DataFrame, side: str, names: dict[str, str]) -> pd.DataFrame:
    """What the ledger moves, summed over one side of it, with the weakest status under ``status_<side>``."""
    rows = ledger.assign(rank=ledger["status"].map(STATUSES.index), **{HOST: ledger[side]})
    grouped = rows.groupby(_KEY)
    summed = grouped[list(names)].sum().rename(columns=names)
    if side == HOME:
        summed["is_mobile"] = grouped["is_mobile"].max()
    return summed.assign(**{f"status_{side}": grouped["rank"].max().map(lambda worst: STATUSES[worst])}).reset_index()
