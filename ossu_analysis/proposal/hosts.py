"""Who serves those too few for a unit of their own: municipalities inside their oblast, oblasts inside the country.

Belongs here: from decisions that are still ``pending`` to hosts, joint units, mobile teams and places for guests. The
grouping itself is in `clusters`. An expert's own number is a decision too: where it leaves room, others may join up to
it, and where it is nothing, the people of the place look for a host like everybody else.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.proposal.clusters import Grouping, Small, group, lower_bound
from ossu_analysis.proposal.decision import Decision, Situation, Terms, chosen_by_expert, with_guests
from ossu_analysis.reference.areas import COUNTRY

Key = tuple[str, str]
"""Area and service."""


@dataclass(frozen=True)
class Network:
    """Municipalities, the ways between them and how far is too far.

    Attributes
    ----------
    codes, oblasts : sequence of str
        Municipalities in the order of ``way``, and the oblast of each.
    way : ndarray of shape (n, n)
    reach : float
        Farthest way to a host, in the unit of ``way``.
    unit : str
        Of ``way``, for people.
    """

    codes: Sequence[str]
    oblasts: Sequence[str]
    way: NDArray
    reach: float
    unit: str

    def between(self, towns: Sequence[str]) -> NDArray:
        """Ways between some municipalities."""
        at = pd.Index(self.codes).get_indexer(pd.Index(towns))
        return self.way[np.ix_(at, at)]


@dataclass
class Hosting:
    """Decisions while the small find their hosts; `settle` changes them area by area.

    Attributes
    ----------
    decisions : dict of Key to Decision
    hosts : dict of Key to str
        Municipality that serves the people of an area without a service of its own.
    ways : dict of Key to float
        How far that is.
    guests : dict of Key to int
        People of other areas that a host takes.
    groups : list of dict
        Rows of ``proposal.cluster``.
    """

    situations: Mapping[Key, Situation]
    decisions: dict[Key, Decision]
    sizes: Mapping[str, Mapping[str, Any]]
    own: Mapping[Key, int]
    agreed: Mapping[Key, str]
    terms: Terms
    hosts: dict[Key, str] = field(default_factory=dict)
    ways: dict[Key, float] = field(default_factory=dict)
    guests: dict[Key, int] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for key in self.own.keys() & self.decisions.keys():
            about, made = self.situations[key], self.decisions[key]
            self.decisions[key] = chosen_by_expert(about, made, self.own[key], self.terms)

    def municipalities(self, services: Collection[str], network: Network) -> None:
        """Settle services that are decided in municipalities, oblast by oblast, and bound what the country could do."""
        oblasts = dict(zip(network.codes, network.oblasts, strict=True))
        for service in services:
            towns = [town for town in network.codes if (town, service) in self.decisions]
            if not self._pending(service, towns):
                continue
            whole = self._small(service, towns, network.between(towns), network.reach)
            made = []
            for oblast in dict.fromkeys(oblasts[town] for town in towns):
                inside = [town for town in towns if oblasts[town] == oblast]
                if self._pending(service, inside):
                    found = self.settle(service, inside, inside, network.between(inside), network.reach)
                    self._note(oblast, service, inside, found)
                    made.append(found)
            cost, bound = sum(one.cost for one in made), lower_bound(whole)
            self.groups.append(_row(COUNTRY, service, self.groups[-len(made) :], cost, min(bound, cost)))

    def oblasts(self, services: Collection[str], seats: Mapping[Key, str], network: Network) -> None:
        """Settle services in which people live and an oblast alone is too few: for people of the whole country."""
        for service in services:
            areas = sorted(area for area, code in seats if code == service and (area, code) in self.decisions)
            if self._pending(service, areas):
                towns = [seats[area, service] for area in areas]
                way = network.between(towns)
                found = self.settle(service, areas, towns, way, float(way[np.isfinite(way)].max()))
                self._note(COUNTRY, service, areas, found)

    def leave(self) -> None:
        """Whoever is still without a host has none."""
        for key, made in self.decisions.items():
            if made.kind == "pending":
                self.decisions[key] = replace(made, kind="not_proposed")

    def settle(
        self, service: str, areas: Sequence[str], seats: Sequence[str], way: NDArray, reach: float
    ) -> Grouping:  # fmt: skip
        """Find hosts for the areas that ask, and places for their people.

        Parameters
        ----------
        service : str
        areas, seats : sequence of str
            Areas where the service is decided, and the municipality that it would be in.
        way : ndarray of shape (n, n)
        reach : float
        """
        small = self._small(service, areas, way, reach)
        found = group(small)
        taken = np.zeros(len(areas), dtype=int)
        for at in np.flatnonzero(small.persons > 0).tolist():
            host = self._place(service, areas, seats, at, int(found.host[at]), small)
            if host >= 0 and host != at:
                taken[host] += int(small.persons[at])
        for at in np.flatnonzero((taken > 0) | found.opens).tolist():
            self._host((areas[at], service), int(taken[at]), int(small.persons[at]), bool(found.opens[at]))
        return found

    def _pending(self, service: str, areas: Sequence[str]) -> bool:
        return any(self.decisions[area, service].kind == "pending" for area in areas)

    def _small(self, service: str, areas: Sequence[str], way: NDArray, reach: float) -> Small:
        made = [self.decisions[area, service] for area in areas]
        needed = [self.situations[area, service].needed(self.terms.years[-1]) if one.kind == "pending" else 0
                  for area, one in zip(areas, made, strict=True)]  # fmt: skip
        there = np.array([(one.places or 0) > 0 for one in made])
        room = np.array([self._room((area, service)) for area in areas])
        for at, area in enumerate(areas):
            if (agreed := self.agreed.get((area, service))) is not None:
                # Who has agreed with a host goes there, however far it is, or nowhere.
                way = np.where((np.arange(len(areas)) == at)[:, None] & (np.array(areas) != agreed), np.inf, way)
                way[at] = np.minimum(way[at], np.where(np.array(areas) == agreed, reach, np.inf))
        return Small(np.array(needed), there, way, reach, int(self.sizes.get(service, {}).get("smallest", 1)), room)

    def _room(self, key: Key) -> float:
        """People of others whom an expert's own number has places for; any number where no expert has spoken."""
        if key not in self.own:
            return np.inf
        about = self.situations[key]
        return max(self.own[key] - max(about.registered, about.needed(self.terms.years[-1])), 0)

    def _place(
        self, service: str, areas: Sequence[str], seats: Sequence[str], at: int, host: int, small: Small
    ) -> int:  # fmt: skip
        """Decide for one area that asks; number of the area whose service takes its people, -1 for none."""
        key, made = (areas[at], service), self.decisions[areas[at], service]
        if host == at:
            return at
        if host >= 0:
            self.hosts[key], self.ways[key] = seats[host], float(small.way[at, host])
            self.decisions[key] = replace(made, kind="serve_by_neighbour")
            return host
        way = np.where(small.has_service, small.way[at], np.inf)
        if self.sizes.get(service, {}).get("is_mobile") and np.isfinite(way).any():
            nearest = int(way.argmin())
            self.hosts[key], self.ways[key] = seats[nearest], float(way[nearest])
            self.decisions[key] = replace(made, kind="mobile_team", reason=_unless_expert(made, "out_of_reach"))
            return nearest
        self.decisions[key] = replace(made, reason=_unless_expert(made, "nobody_near"))
        return -1

    def _host(self, key: Key, guests: int, own: int, opens: bool) -> None:
        """Places of a host for its own people, who may be too few alone, and its guests."""
        about, made = self.situations[key], self.decisions[key]
        if opens:
            places = max(own + guests, about.smallest)
            path = {y: places if self.terms.can_open(y, about.lead_years) else 0 for y in self.terms.years}
            self.decisions[key] = Decision("open", path, "joint_unit")
        elif made.path and key not in self.own:
            self.decisions[key] = with_guests(about, made, guests, self.terms)
        if guests:
            self.guests[key] = guests

    def _note(self, area: str, service: str, areas: Sequence[str], found: Grouping) -> None:
        kinds = [self.decisions[one, service].kind for one in areas if (one, service) in self.hosts]
        row = {
            "joined": kinds.count("serve_by_neighbour"),
            "by_team": kinds.count("mobile_team"),
            "joint_units": int(found.opens.sum()),
            "left": sum(self.decisions[one, service].kind == "pending" for one in areas),
        }
        self.groups.append(_row(area, service, [row], found.cost, found.bound))


def _row(area: str, service: str, parts: Sequence[Mapping[str, Any]], cost: float, bound: float) -> dict[str, Any]:
    counts = ("joined", "by_team", "joint_units", "left")
    gap = max(cost - bound, 0.0) / cost if cost > 0 else 0.0
    return {"area_code": area, "service_code": service, **{name: sum(part[name] for part in parts) for name in counts},
            "gap_to_bound": gap}  # fmt: skip


def _unless_expert(made: Decision, reason: str) -> str:
    return made.reason if made.reason == "expert" else reason
