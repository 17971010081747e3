"""Too few for a unit of their own: who joins whom, one service of a whole oblast at once.

Municipalities that need fewer places than the smallest unit go, each as a whole, to a service that is there or to a
joint one that opens for at least the smallest unit, within reach; nobody is split. Served persons come first, then
services that are there, then short ways. A mixed-integer model solved by HiGHS within `GAP` of its bound:

``min sum_ij persons_i way_ij x_ij + reach sum_i 2 persons_i u_i + reach smallest sum_j o_j``,
``sum_j x_ij + u_i = 1``, ``sum_i persons_i x_ij >= smallest o_j``, ``x_ij <= o_j``, ``x_jj >= o_j`` for joint units.
Nobody goes farther than ``reach``, so a joint unit for ``smallest`` people or more is better than leaving them.

Huangfu and Hall (2018), Parallelizing the dual revised simplex method, Mathematical Programming Computation 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.solver import quiet_solver

GAP = 0.01
"""The search ends when no grouping can be better by more than this share."""


@dataclass(frozen=True)
class Grouping:
    """Who is served where.

    Attributes
    ----------
    host : ndarray of int, shape (n,)
        Number of the host of each municipality; -1 where none is within reach.
    opens : ndarray of bool, shape (n,)
        Municipalities where a joint unit opens.
    gap : float
        By how much of its cost another grouping may be better.
    """

    host: NDArray
    opens: NDArray
    gap: float


def group(persons: Sequence[int], has_service: Sequence[bool], way: NDArray, reach: float, smallest: int) -> Grouping:
    """Hosts for municipalities with too few people for a unit.

    Parameters
    ----------
    persons : sequence of int
        People of each municipality who have no service; 0 for those that do not ask.
    has_service : sequence of bool
        Where a service stays that may take others.
    way : ndarray of shape (n, n)
    reach : float
        Farthest way, in the unit of ``way``.
    smallest : int
        Smallest unit.
    """
    people, there = np.asarray(persons, dtype=float), np.asarray(has_service, dtype=bool)
    n = len(people)
    near = (way <= reach) & np.isfinite(way)
    joint = ~there & (near.T @ people >= smallest) & (people > 0)
    guest, host = np.nonzero((people > 0)[:, None] & near & (there | joint)[None, :])
    if not len(guest):
        return Grouping(np.full(n, -1), np.zeros(n, dtype=bool), 0.0)
    return _solved(people, there, joint, guest, host, way, reach, smallest)


def _solved(
    people: NDArray, there: NDArray, joint: NDArray, guest: NDArray, host: NDArray, way: NDArray, reach: float,
    smallest: int,
) -> Grouping:  # fmt: skip
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    n, arcs = len(people), len(guest)
    askers, joints = np.flatnonzero(people > 0), np.flatnonzero(joint)
    unserved = arcs + np.arange(len(askers))
    opening = arcs + len(askers) + np.arange(len(joints))
    cost = np.r_[people[guest] * way[guest, host], 2 * reach * people[askers], np.full(len(joints), reach * smallest)]
    # A way that is a little longer decides between hosts at the same distance, the same way every time.
    cost[:arcs] += 1e-6 * reach * host / n
    rows: list[tuple[NDArray, NDArray, float, float]] = []
    for number, asker in enumerate(askers):
        mine = np.flatnonzero(guest == asker)
        rows.append((np.r_[mine, unserved[number]], np.ones(len(mine) + 1), 1.0, 1.0))
    for number, place in enumerate(joints):
        theirs = np.flatnonzero(host == place)
        rows.append((np.r_[theirs, opening[number]], np.r_[people[guest[theirs]], -float(smallest)], 0.0, np.inf))
        rows.append(
            (np.array([theirs[guest[theirs] == place][0], opening[number]]), np.array([1.0, -1.0]), 0.0, np.inf)
        )
        for arc in theirs:
            rows.append((np.array([arc, opening[number]]), np.array([1.0, -1.0]), -np.inf, 0.0))
    at = np.concatenate([np.full(len(columns), row) for row, (columns, *_) in enumerate(rows)])
    columns, values = (np.concatenate([row[part] for row in rows]) for part in (0, 1))
    matrix = csr_array((values, (at, columns)), shape=(len(rows), len(cost)))
    with quiet_solver():
        result = milp(
            cost, integrality=np.ones(len(cost)), bounds=Bounds(0, 1), options={"mip_rel_gap": GAP},
            constraints=LinearConstraint(matrix, [row[2] for row in rows], [row[3] for row in rows]),
        )  # fmt: skip
    chosen = np.round(result.x).astype(bool)
    hosts, opens = np.full(n, -1), np.zeros(n, dtype=bool)
    hosts[guest[chosen[:arcs]]] = host[chosen[:arcs]]
    opens[joints[chosen[opening]]] = True
    return Grouping(hosts, opens, float(result.mip_gap or 0.0))
