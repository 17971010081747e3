"""Too few for a unit of their own: who joins whom, one service of a whole oblast at once.

Places that need fewer than the smallest unit go, each as a whole, to a service that is there or to a joint one that
opens for at least the smallest unit, within reach; nobody is split. Served persons come first, then services that are
there, then short ways. A mixed-integer model solved by HiGHS within `GAP` of its bound:

``min sum_ij persons_i way_ij x_ij + reach sum_i 2 persons_i u_i + reach smallest sum_j o_j``,
``sum_j x_ij + u_i = 1``, ``sum_i persons_i x_ij >= smallest o_j``, ``sum_i persons_i x_ij <= room_j``,
``x_ij <= o_j``, ``x_jj >= o_j`` for joint units. Nobody goes farther than ``reach``, so a joint unit for ``smallest``
people or more is better than leaving them. Without whole numbers the same model is a bound for any grouping.

Huangfu and Hall (2018), Parallelizing the dual revised simplex method, Mathematical Programming Computation 10.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.solver import quiet_solver

GAP = 0.01
"""The search ends when no grouping can be better by more than this share."""


@dataclass(frozen=True)
class Small:
    """Places that cannot have a unit of their own, and where they could go.

    Attributes
    ----------
    persons : ndarray of int, shape (n,)
        People of each place who have no service; 0 for those that do not ask.
    has_service : ndarray of bool, shape (n,)
        Where a service stays that may take others.
    way : ndarray of shape (n, n)
    reach : float
        Farthest way, in the unit of ``way``.
    smallest : int
        Smallest unit.
    room : ndarray of shape (n,), optional
        Most people of others that a service may take; none without it.
    """

    persons: NDArray
    has_service: NDArray
    way: NDArray
    reach: float
    smallest: int
    room: NDArray | None = None

    @cached_property
    def joint(self) -> NDArray:
        """Where a joint unit may open: enough people are near, and the place itself asks."""
        return ~self.has_service & (self._near.T @ self.persons >= self.smallest) & (self.persons > 0)

    @cached_property
    def arcs(self) -> tuple[NDArray, NDArray]:
        """Guest and host of every way that somebody may go."""
        asks, takes = self.persons > 0, self.has_service | self.joint
        guest, host = np.nonzero(asks[:, None] & self._near & takes[None, :])
        return guest, host

    @cached_property
    def unserved_cost(self) -> NDArray:
        """What it costs to leave each place without a service."""
        return 2 * self.reach * self.persons.astype(float)

    @property
    def _near(self) -> NDArray:
        return (self.way <= self.reach) & np.isfinite(self.way)


@dataclass(frozen=True)
class Grouping:
    """Who is served where.

    Attributes
    ----------
    host : ndarray of int, shape (n,)
        Number of the host of each place; -1 where none is within reach.
    opens : ndarray of bool, shape (n,)
        Places where a joint unit opens.
    cost, bound : float
        Of this grouping, and what no other one can be below.
    """

    host: NDArray
    opens: NDArray
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """By how much of its cost another grouping may be better."""
        return max(self.cost - self.bound, 0.0) / self.cost if self.cost > 0 else 0.0


def group(small: Small) -> Grouping:
    """Hosts for places with too few people for a unit, within `GAP` of the best grouping."""
    n, (guest, host) = len(small.persons), small.arcs
    if not len(guest):
        cost = float(small.unserved_cost.sum())
        return Grouping(np.full(n, -1), np.zeros(n, dtype=bool), cost, cost)
    result = _solved(small, whole=True)
    chosen = np.round(result.x).astype(bool)
    hosts, opens = np.full(n, -1), np.zeros(n, dtype=bool)
    hosts[guest[chosen[: len(guest)]]] = host[chosen[: len(guest)]]
    joints = np.flatnonzero(small.joint)
    opens[joints[chosen[len(chosen) - len(joints) :]]] = True
    return Grouping(hosts, opens, float(result.fun), float(result.mip_dual_bound))


def lower_bound(small: Small) -> float:
    """What no grouping can cost less than: the model with fractional places."""
    if not len(small.arcs[0]):
        return float(small.unserved_cost.sum())
    return float(_solved(small, whole=False).fun)


def _solved(small: Small, whole: bool) -> Any:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    guest, host = small.arcs
    people, n, arcs = small.persons.astype(float), len(small.persons), len(guest)
    askers, joints = np.flatnonzero(people > 0), np.flatnonzero(small.joint)
    unserved, opening = arcs + np.arange(len(askers)), arcs + len(askers) + np.arange(len(joints))
    # A way that is a little longer decides between hosts at the same distance, the same way every time.
    ways = people[guest] * small.way[guest, host] + 1e-6 * small.reach * host / n
    cost = np.r_[ways, small.unserved_cost[askers], np.full(len(joints), small.reach * small.smallest)]
    rows: list[tuple[NDArray, NDArray, float, float]] = []
    for column, asker in zip(unserved, askers, strict=True):
        mine = np.flatnonzero(guest == asker)
        rows.append((np.r_[mine, column], np.ones(len(mine) + 1), 1.0, 1.0))
    for column, place in zip(opening, joints, strict=True):
        theirs = np.flatnonzero(host == place)
        rows.append((np.r_[theirs, column], np.r_[people[guest[theirs]], -float(small.smallest)], 0.0, np.inf))
        own = theirs[guest[theirs] == place][0]
        rows.append((np.array([own, column]), np.array([1.0, -1.0]), 0.0, np.inf))
        rows += [(np.array([arc, column]), np.array([1.0, -1.0]), -np.inf, 0.0) for arc in theirs]
    if small.room is not None:
        for place in np.flatnonzero(np.isfinite(small.room)):
            theirs = np.flatnonzero((host == place) & (guest != place))
            rows.append((theirs, people[guest[theirs]], -np.inf, float(small.room[place])))
    at = np.concatenate([np.full(len(columns), row) for row, (columns, *_) in enumerate(rows)])
    columns, values = (np.concatenate([row[part] for row in rows]) for part in (0, 1))
    matrix = csr_array((values, (at, columns)), shape=(len(rows), len(cost)))
    limits = LinearConstraint(matrix, [row[2] for row in rows], [row[3] for row in rows])
    with quiet_solver():
        return milp(cost, integrality=np.full(len(cost), int(whole)), bounds=Bounds(0, 1),
                    options={"mip_rel_gap": GAP}, constraints=limits)  # fmt: skip
