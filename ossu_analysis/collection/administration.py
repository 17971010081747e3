"""What made-up returns say beside places and users: map number, approved users, project money, mobile teams, addresses.

Belongs here: columns of ``collection.return`` and the table ``collection.residence`` that are made from finished
demonstration rows of one service, each from a random stream of its own, so that no other figure moves. Only the last
year carries them. ``data/demo/returns.yaml`` explains the parameters.
"""

import numpy as np
import pandas as pd

from ossu_analysis.collection.settings import DEMONSTRATION, DemonstrationSettings, ServiceMechanics
from ossu_analysis.draws import stream

_ADDRESS = ["municipality_code", "home_code", "service_code", "period_start", "period_end"]


def with_administration(
    rows: pd.DataFrame, settings: DemonstrationSettings, municipality: pd.DataFrame
) -> pd.DataFrame:
    """Rows of one service with approved, map_number, funding_end, mobile_to and empty_since.

    Parameters
    ----------
    rows : DataFrame
        Made-up returns of one service, without those columns.
    settings : DemonstrationSettings
        Mechanics and seed.
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code.
    """
    code = str(rows["service_code"].iloc[0])
    service, last = settings.services[code], rows["period_end"].eq(f"{settings.last_year}-12-31")
    factor = stream(settings.seed, f"map {code}").uniform(settings.map_number.low, settings.map_number.high, len(rows))
    mapped = (rows["places"].astype(float) * factor).round().astype("Int64").where(last & service.in_map)
    on_project = last & _on_project(rows, service, settings.seed)
    ends = pd.Series(None, index=rows.index, dtype=object)
    ends[rows["funding_type"].eq("project")] = f"{service.project_until}-12-31"
    ends[on_project] = service.project.funding_end.isoformat() if service.project else None
    return rows.assign(
        approved=np.minimum(rows["places"].astype(float), mapped.astype(float)).astype("Int64"),
        map_number=mapped,
        funding_type=rows["funding_type"].mask(on_project, "project"),
        funding_end=ends,
        mobile_to=_mobile_to(rows, last, service, settings.seed, municipality),
        empty_since=pd.Series(None, index=rows.index, dtype=object),
    )


def _on_project(rows: pd.DataFrame, service: ServiceMechanics, seed: int) -> "pd.Series[bool]":
    share = service.project.share if service.project else 0.0
    chosen = stream(seed, f"project {rows['service_code'].iloc[0]}").random(len(rows)) < share
    return pd.Series(chosen, index=rows.index)


def _mobile_to(
    rows: pd.DataFrame, last: "pd.Series[bool]", service: ServiceMechanics, seed: int, municipality: pd.DataFrame
) -> "pd.Series[str]":
    """Municipalities of the same oblast without the service, beside the hosts that have a mobile team."""
    oblast = municipality.set_index("municipality_code")["oblast_code"]
    without = oblast[~oblast.index.isin(rows.loc[last, "municipality_code"])]
    served = without.groupby(without).apply(lambda codes: "|".join(sorted(codes.index)))
    mobile = stream(seed, f"mobile {rows['service_code'].iloc[0]}").random(len(rows)) < service.mobile
    lists = rows["municipality_code"].map(oblast).map(served).astype(object)
    return lists.where(last & mobile & lists.notna(), None)


def demonstration_residence(
    returns: pd.DataFrame, municipality: pd.DataFrame, persons: "pd.Series[float]", settings: DemonstrationSettings
) -> pd.DataFrame:
    """Made-up users by municipality of address, as table ``collection.residence``.

    The residents of municipalities without the service are spread over its hosts in the same oblast: each host has a
    binomial number of them, by how many people those municipalities have.

    Parameters
    ----------
    returns : DataFrame
        Made-up rows of ``collection.return``.
    municipality : DataFrame
        ``reference.municipality``.
    persons : Series
        Inhabitants by municipality.
    settings : DemonstrationSettings
        Mechanics and seed.
    """
    last = returns[returns["period_end"].eq(f"{settings.last_year}-12-31")]
    oblast = municipality.set_index("municipality_code")["oblast_code"]
    parts = []
    for code, service in settings.services.items():
        hosts = last[last["service_code"].eq(code) & last["users"].gt(0)]
        if service.from_outside and len(hosts):
            parts.append(
                _addresses(hosts, oblast, persons, service.from_outside, stream(settings.seed, f"home {code}"))
            )
    made = pd.concat(parts, ignore_index=True)
    return made.assign(source_id=DEMONSTRATION, status="demonstration")


def _addresses(
    hosts: pd.DataFrame,
    oblast: "pd.Series[str]",
    persons: "pd.Series[float]",
    share: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    found = []
    for host in hosts.to_dict("records"):
        near = oblast.index[
            oblast.eq(oblast[host["municipality_code"]]) & ~oblast.index.isin(hosts["municipality_code"])
        ]
        weights = persons.reindex(near).fillna(0.0).to_numpy(dtype=float)
        guests = rng.binomial(int(host["users"]), share)
        if weights.sum() > 0:
            users = rng.multinomial(guests, weights / weights.sum())
            found.append(pd.DataFrame({"home_code": near, "users": users}).assign(**{k: host[k] for k in _HOST}))
    rows = pd.concat(found, ignore_index=True)
    return rows.loc[rows["users"] > 0, [*_ADDRESS, "users"]].astype({"users": "Int64"})


_HOST = [name for name in _ADDRESS if name != "home_code"]
