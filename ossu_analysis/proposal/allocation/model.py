"""Where to open places under ceilings: a mixed-integer model over the draws of demand, solved by HiGHS.

Decided now, before demand is known: new places ``x[j, s]`` at municipality ``j`` for service ``s``, and how many places
there are kept for residents of municipality ``i`` (``a[i, j, s]``, by agreement, ЗСУ 33 and 56). With ``p = sum_j a``
the expected persons served is the sample average over draws, ``mean_d min(D_d, p)``: concave in ``p`` and known exactly
at whole places, so it enters as segments of falling slope and needs no decision per draw.

- places: ``sum_i a[i, j, s] <= existing[j, s] + x[j, s]``; a service that is not there opens with at least its smallest
  unit; who has a place keeps it (``a[i, i, s] >= occupied``);
- caps: residents of ``i`` get no new place beyond the smaller of map number and criterion, wherever they are served
  (the number travels with the residents: ЗСУ 43(2), 56; places that exist above the cap stay, 49(3));
- ceilings on yearly money and posts, existing and new places together; sharing only within reach, and at most an
  allowance of places in all; services of the oblast level serve the whole oblast (ЗСУ 33(2));
- optionally a least share of expected demand met in every municipality.

Not modelled: opening costs, wages, the date of opening, and moving residents who already have a place.

Kleywegt, Shapiro and Homem-de-Mello (2002), The sample average approximation method for stochastic discrete
optimization, SIAM Journal on Optimization 12. Huangfu and Hall (2018), Parallelizing the dual revised simplex method,
Mathematical Programming Computation 10 (HiGHS).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.solver import quiet_solver

GOALS = {"served": 1.0, "worst": 1.0, "cost": -1.0, "travel": -1.0}
"""What a plan is judged by, and whether more is better."""

TIE_BREAK = 2e-4
"""Weight of the other goals beside the one that is optimised: among equals the plan better in the rest is taken."""

MOST_SEGMENTS = 60
"""Pieces of one curve of expected persons served; the error of joining pieces is part of the stated gap."""


MOST_SECONDS = 60.0
"""The search ends then at the latest; the plan states the gap that was reached."""

RELATIVE_GAP = 5e-3
"""The search ends when no plan can be better by more than this share."""


@dataclass(frozen=True)
class Case:
    """What is there and what is asked for, in one planning year.

    Parameters
    ----------
    municipalities, services : sequence of str
        Codes, in the order of the arrays.
    demand : ndarray of shape (n_draws, n_municipalities, n_services)
        Persons who would use the service.
    places, occupied : ndarray of shape (n_municipalities, n_services)
        Existing places and how many of them are taken.
    unit_cost, staff_per_place : ndarray of shape (n_services,)
        Money and posts for one place and year.
    smallest_unit : ndarray of shape (n_services,)
        Fewest places with which a service opens where it is not.
    map_number, criterion : ndarray of shape (n_municipalities, n_services)
        Most users of the municipality's own residents; ``inf`` where there is no such cap.
    distance : ndarray of shape (n_municipalities, n_municipalities)
        Kilometres or minutes between seats; ``inf`` where there is no way.
    serves_oblast : ndarray of bool, shape (n_services,)
        Services of the oblast level.
    oblast : ndarray of int, shape (n_municipalities,)
        Number of the oblast of each municipality.
    """

    municipalities: Sequence[str]
    services: Sequence[str]
    demand: NDArray
    places: NDArray
    occupied: NDArray
    unit_cost: NDArray
    staff_per_place: NDArray
    smallest_unit: NDArray
    map_number: NDArray
    criterion: NDArray
    distance: NDArray
    serves_oblast: NDArray
    oblast: NDArray

    @cached_property
    def expected_demand(self) -> NDArray:
        """Mean of the draws, ``[municipality, service]``."""
        return self.demand.mean(axis=0)

    @cached_property
    def kept(self) -> NDArray:
        """Places whose users stay where they are."""
        return np.minimum(self.occupied, self.places)

    @cached_property
    def existing_cost(self) -> float:
        """Yearly money of the existing places at the unit costs of the case."""
        return total(self.places, self.unit_cost)

    @cached_property
    def existing_staff(self) -> float:
        """Posts of the existing places at the staffing of the case."""
        return total(self.places, self.staff_per_place)

    @cached_property
    def curves(self) -> "list[list[Curve]]":
        """Expected persons served by places, per municipality and service."""
        n, m = self.places.shape
        return [[served_curve(self.demand[:, i, s]) for s in range(m)] for i in range(n)]


@dataclass(frozen=True)
class Limits:
    """Ceilings and floors of a plan; ``inf`` and 0 mean none.

    Parameters
    ----------
    budget : float
        Yearly money for existing and new places together.
    staff : float
        Posts for existing and new places together.
    reach : float
        Farthest municipality, in the unit of ``Case.distance``, whose residents one may serve.
    shared_places : float
        Most places kept for residents of other municipalities in all; 0 turns sharing off.
    least_coverage : float
        Least share of expected demand met in every municipality.
    extra_places : ndarray of shape (n_municipalities, n_services), optional
        Added to the caps.
    """

    budget: float = np.inf
    staff: float = np.inf
    reach: float = np.inf
    shared_places: float = np.inf
    least_coverage: float = 0.0
    extra_places: NDArray | None = None

    def caps(self, case: Case) -> NDArray:
        """Most places for residents of each municipality and service; existing places stay."""
        cap = np.minimum(case.map_number, case.criterion)
        return np.maximum(cap if self.extra_places is None else cap + self.extra_places, case.places)


@dataclass(frozen=True)
class Curve:
    """Expected persons served as segments of falling slope: ``lengths`` in places, ``slopes`` in persons a place."""

    lengths: NDArray
    slopes: NDArray
    error: float


@dataclass(frozen=True)
class Plan:
    """A solved plan, judged exactly on the draws.

    ``guest``, ``host``, ``service`` and ``kept_places`` are parallel: places at ``host`` kept for residents of
    ``guest``. ``gap``: no plan is better in ``goal`` by more than this share of the plan's own value.
    """

    new_places: NDArray
    guest: NDArray
    host: NDArray
    service: NDArray
    kept_places: NDArray
    served: NDArray
    scores: Mapping[str, float]
    goal: str
    gap: float

    @cached_property
    def for_residents(self) -> NDArray:
        """Places kept for the residents of each municipality, ``[municipality, service]``."""
        total = np.zeros_like(self.new_places)
        np.add.at(total, (self.guest, self.service), self.kept_places)
        return total

    @cached_property
    def shared(self) -> float:
        """Places kept for residents of other municipalities."""
        return float(self.kept_places[self.guest != self.host].sum())


def served_curve(draws: NDArray) -> Curve:
    """Expected persons served, ``mean(min(draws, places))``, as segments between whole numbers of places.

    Parameters
    ----------
    draws : ndarray of shape (n_draws,)
        Persons.

    Returns
    -------
    Curve
        Exact at every whole place where these are no more than `MOST_SEGMENTS`; ``error`` is the most persons by which
        the segments stay below the exact curve.

    Examples
    --------
    >>> served_curve(np.array([2.0, 4.0])).slopes.tolist()
    [1.0, 0.5]
    """
    sure, top = int(np.floor(draws.min())), int(np.ceil(draws.max()))
    whole = np.arange(sure, top + 1)
    exact = np.minimum(draws[:, None], whole).mean(axis=0)
    chosen = (
        np.unique(np.linspace(0, len(whole) - 1, MOST_SEGMENTS).round().astype(int))
        if len(whole) > MOST_SEGMENTS
        else slice(None)
    )
    points, values = whole[chosen], exact[chosen]
    error = float((exact - np.interp(whole, points, values)).max())
    lengths = np.diff(points, prepend=0).astype(float)
    gains = np.diff(values, prepend=0.0)
    slopes = np.divide(gains, lengths, out=np.zeros_like(gains), where=lengths > 0)
    # Two halves of one straight line are one segment; what brings nobody is left out.
    return _joined(lengths, slopes, error)


def _joined(lengths: NDArray, slopes: NDArray, error: float) -> Curve:
    useful = (lengths > 0) & (slopes > 1e-9)
    lengths, slopes = lengths[useful], slopes[useful]
    if not len(slopes):
        return Curve(lengths, slopes, error)
    first = np.r_[True, np.abs(np.diff(slopes)) > 1e-9]
    return Curve(np.add.reduceat(lengths, np.flatnonzero(first)), slopes[first], error)


def total(places: NDArray, per_place: NDArray) -> float:
    """Money or posts of some places, at so much for one of them."""
    return float((places * per_place).sum())


def way_total(places: NDArray, way: NDArray) -> float:
    """Sum of the ways to some places."""
    return float(places @ way)


def worst_share(served: NDArray, expected: NDArray) -> float:
    """Least share of the expected demand that is met in one municipality; ``[municipality, service]`` both."""
    met, asked = served.sum(axis=1), expected.sum(axis=1)
    return float(np.divide(met, asked, out=np.ones_like(asked), where=asked > 0).min())


def expected_served(demand: NDArray, places: NDArray) -> NDArray:
    """Mean over draws of ``min(demand, places)``, ``[municipality, service]``."""
    return np.minimum(demand, places).mean(axis=0)


def solve(
    case: Case,
    limits: Limits,
    goal: str = "served",
    held: Mapping[str, float] | None = None,
    relative_gap: float = RELATIVE_GAP,
) -> Plan | None:
    """Best plan for one goal under the limits; ``held`` keeps the other goals at least (or at most) at a value.

    Parameters
    ----------
    case, limits : Case, Limits
        What is there, and what may be done.
    goal : str
        One of `GOALS`: expected persons served, share of demand met in the worst-off municipality, yearly cost, travel.
    held : mapping of str to float, optional
        Worst value allowed for other goals (epsilon-constraint).
    relative_gap : float
        The search ends when the plan is proved to be within this share of the best.

    Returns
    -------
    Plan or None
        None when no plan keeps all limits.
    """
    model = Model(case, limits)
    return model.solve(goal, held or {}, relative_gap)


Solver = Callable[[Case, Limits, str, Mapping[str, float], float], Plan | None]
"""Answers one question: `solve`, or `country.solve_country`."""


@dataclass(frozen=True)
class Relaxed:
    """Best value of a goal with fractional places, the worth of one more place under each cap, and the plan itself."""

    value: float
    cap_price: NDArray
    new_places: NDArray
    guest: NDArray
    host: NDArray
    kept: NDArray


def budget_curve(
    case: Case, limits: Limits, budgets: Sequence[float], relative_gap: float = RELATIVE_GAP
) -> list[Plan | None]:
    """The plan that serves most under each budget, in the order of rising budgets; None below what exists.

    A plan for less money is a plan for more money too, so where a search ends earlier than the one before it, the
    former plan stays: more money never serves fewer.
    """
    found: list[Plan | None] = []
    for budget in sorted(budgets):
        plan, former = (
            solve(case, replace(limits, budget=budget), relative_gap=relative_gap),
            found[-1] if found else None,
        )
        is_worse = former is not None and (plan is None or plan.scores["served"] < former.scores["served"])
        found.append(former if is_worse else plan)
    return found


class Rows:
    """Linear constraints collected block by block."""

    def __init__(self) -> None:
        self._at: list[NDArray] = []
        self._column: list[NDArray] = []
        self._value: list[NDArray] = []
        self.lower: list[NDArray] = []
        self.upper: list[NDArray] = []
        self.count = 0

    def add(self, at: NDArray, column: NDArray, value: Any, lower: Any, upper: Any, count: int) -> slice:
        """Append ``count`` rows; entry k stands in row ``at[k]`` of the block. Returns where the rows stand."""
        self._at.append(np.asarray(at) + self.count)
        self._column.append(np.asarray(column))
        self._value.append(np.broadcast_to(np.asarray(value, dtype=float), np.shape(at)))
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=float), count))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=float), count))
        self.count += count
        return slice(self.count - count, self.count)

    def matrix(self, columns: int) -> Any:
        """All rows as a sparse matrix."""
        from scipy.sparse import csr_array

        entries = np.concatenate(self._value), (np.concatenate(self._at), np.concatenate(self._column))
        return csr_array(entries, shape=(self.count, columns))


class Model:
    """The variables and rows of one case under one set of limits.

    Columns stand in the order: kept places per arc, new places and opening per host and service, segments, worst
    coverage. An arc is a (guest, host, service) that the limits allow.
    """

    def __init__(self, case: Case, limits: Limits, elastic: Sequence[str] = ()) -> None:
        self.case, self.limits = case, limits
        self._lay_out()
        self.rows = Rows()
        self._places_rows()
        self._served_rows()
        self._coverage_rows()
        self._limit_rows(set(elastic))

    def _lay_out(self) -> None:
        case = self.case
        n, m = case.places.shape
        self.guest, self.host, self.service = arcs(case, self.limits)
        self.cap = self.limits.caps(case)
        pieces = [(i, s, case.curves[i][s]) for i in range(n) for s in range(m)]
        self.segment_cell = np.concatenate([np.full(len(c.slopes), i * m + s) for i, s, c in pieces]).astype(int)
        self.segment_length = np.concatenate([c.lengths for _, _, c in pieces])
        self.segment_slope = np.concatenate([c.slopes for _, _, c in pieces])
        self.n_arcs, self.n_cells, self.n_segments = len(self.guest), n * m, len(self.segment_cell)
        self.first_new = self.n_arcs
        self.first_open = self.first_new + self.n_cells
        self.first_segment = self.first_open + self.n_cells
        self.worst = self.first_segment + self.n_segments
        self.columns = self.worst + 1
        self.elastic_columns: dict[str, NDArray] = {}

    @cached_property
    def arc_host_cell(self) -> NDArray:
        """Flat (host, service) of each arc."""
        return self.host * len(self.case.services) + self.service

    @cached_property
    def arc_guest_cell(self) -> NDArray:
        """Flat (guest, service) of each arc."""
        return self.guest * len(self.case.services) + self.service

    def _places_rows(self) -> None:
        cells, arc = np.arange(self.n_cells), np.arange(self.n_arcs)
        at = np.r_[self.arc_host_cell, cells]
        column = np.r_[arc, self.first_new + cells]
        value = np.r_[np.ones(self.n_arcs), -np.ones(self.n_cells)]
        self.rows.add(at, column, value, -np.inf, self.case.places.ravel(), self.n_cells)
        smallest = np.broadcast_to(self.case.smallest_unit, self.case.places.shape).ravel()
        pair_at, pair = np.r_[cells, cells], np.r_[self.first_new + cells, self.first_open + cells]
        unit = np.where(self.case.places.ravel() > 0, 0.0, smallest)
        self.rows.add(pair_at, pair, np.r_[np.ones(self.n_cells), -unit], 0.0, np.inf, self.n_cells)
        self.rows.add(pair_at, pair, np.r_[np.ones(self.n_cells), -self.most_new], -np.inf, 0.0, self.n_cells)

    @cached_property
    def most_new(self) -> NDArray:
        """Most new places that any plan could want at each host and service, flat."""
        top = np.ceil(self.case.demand.max(axis=0))
        wanted = np.minimum(self.cap, np.maximum(top, self.case.kept)).ravel()
        total = np.bincount(self.arc_host_cell, wanted[self.arc_guest_cell], self.n_cells)
        smallest = np.broadcast_to(self.case.smallest_unit, self.case.places.shape).ravel()
        return np.maximum(total, smallest)

    def _served_rows(self) -> None:
        at = np.r_[self.segment_cell, self.arc_guest_cell]
        column = np.r_[self.first_segment + np.arange(self.n_segments), np.arange(self.n_arcs)]
        value = np.r_[np.ones(self.n_segments), -np.ones(self.n_arcs)]
        self.rows.add(at, column, value, -np.inf, 0.0, self.n_cells)

    def _coverage_rows(self) -> None:
        services = len(self.case.services)
        expected = self.case.expected_demand.sum(axis=1)
        asked = np.flatnonzero(expected > 0)
        place = np.full(len(expected), -1)
        place[asked] = np.arange(len(asked))
        at = place[self.segment_cell // services]
        column = self.first_segment + np.arange(self.n_segments)
        every = np.r_[at, np.arange(len(asked))]
        value = np.r_[self.segment_slope, -expected[asked]]
        self.rows.add(every, np.r_[column, np.full(len(asked), self.worst)], value, 0.0, np.inf, len(asked))

    def _limit_rows(self, elastic: set[str]) -> None:
        case, limits = self.case, self.limits
        new, municipalities = self.first_new + np.arange(self.n_cells), len(case.municipalities)
        shared = np.flatnonzero((self.guest != self.host) & ~case.serves_oblast[self.service])
        money = np.tile(case.unit_cost, municipalities)
        posts = np.tile(case.staff_per_place, municipalities)
        self._ceiling("budget", new, money, limits.budget - case.existing_cost, elastic)
        self._ceiling("staff", new, posts, limits.staff - case.existing_staff, elastic)
        self._ceiling("sharing", shared, np.ones(len(shared)), limits.shared_places, elastic)
        self._cap_rows("caps" in elastic)
        self._least_row("coverage" in elastic)

    def _ceiling(self, name: str, column: NDArray, value: NDArray, upper: float, elastic: set[str]) -> None:
        if np.isinf(upper):
            return
        if name in elastic:
            column, value = np.r_[column, self._slack(name, 1)], np.r_[value, -1.0]
        self.rows.add(np.zeros(len(column), dtype=int), column, value, -np.inf, upper, 1)

    def _cap_rows(self, is_elastic: bool) -> None:
        at, column, value = self.arc_guest_cell, np.arange(self.n_arcs), np.ones(self.n_arcs)
        if is_elastic:
            cells = np.arange(self.n_cells)
            at, column = np.r_[at, cells], np.r_[column, self._slack("caps", self.n_cells)]
            value = np.r_[value, -np.ones(self.n_cells)]
        self.cap_rows = self.rows.add(at, column, value, -np.inf, self.cap.ravel(), self.n_cells)

    def _least_row(self, is_elastic: bool) -> None:
        column, value = np.array([self.worst]), np.array([1.0])
        if is_elastic:
            column, value = np.r_[column, self._slack("coverage", 1)], np.r_[value, 1.0]
        self.rows.add(np.zeros(len(column), dtype=int), column, value, self.limits.least_coverage, np.inf, 1)

    def _slack(self, name: str, count: int) -> NDArray:
        columns = self.columns + np.arange(count)
        self.elastic_columns[name] = columns
        self.columns += count
        return columns

    def gradient(self, goal: str) -> NDArray:
        """Coefficients of one goal over the columns; existing places' cost is a constant beside it."""
        found = np.zeros(self.columns)
        if goal == "served":
            found[self.first_segment : self.worst] = self.segment_slope
        elif goal == "worst":
            found[self.worst] = 1.0
        elif goal == "cost":
            found[self.first_new : self.first_open] = np.tile(self.case.unit_cost, len(self.case.municipalities))
        else:
            found[: self.n_arcs] = self.case.distance[self.guest, self.host]
        return found

    @cached_property
    def scale(self) -> dict[str, float]:
        """What each goal is divided by, so that they weigh alike: all demand, one, money and travel of all demand."""
        persons = max(float(self.case.expected_demand.sum()), 1.0)
        money = float((self.case.expected_demand * self.case.unit_cost).sum())
        way = self.case.distance[self.guest, self.host]
        return {
            "served": persons,
            "worst": 1.0,
            "cost": max(money, 1.0),
            "travel": max(persons * float(way.max(initial=0.0)), 1.0),
        }

    def bounds(self) -> tuple[NDArray, NDArray]:
        """Lowest and highest value of every column."""
        low, high = np.zeros(self.columns), np.full(self.columns, np.inf)
        own = self.guest == self.host
        low[: self.n_arcs] = np.where(own, self.case.kept[self.guest, self.service], 0.0)
        high[self.first_open : self.first_segment] = 1.0
        high[self.first_segment : self.worst] = self.segment_length
        high[self.worst] = 1.0
        return low, high

    def solve(self, goal: str, held: Mapping[str, float], relative_gap: float) -> Plan | None:
        """Best plan for the goal, or None when there is none.

        New places and openings are whole in the search; kept places then mostly come out whole by themselves (they are
        a transport problem). Where a held goal splits one, they are searched again with the new places fixed, and if
        that costs more than another gap, with everything free and whole.
        """
        for name, worst_allowed in held.items():
            self._hold(name, worst_allowed)
        new, every = slice(self.first_new, self.first_segment), slice(0, self.first_segment)
        objective, bounds = self.objective(goal), self.bounds()
        result = self.minimise(objective, bounds, new, relative_gap)
        if result.x is None:
            return None
        bound = float(result.mip_dual_bound)
        if self._is_whole(result.x):
            return self._plan(result.x, goal, bound)
        fixed = tuple(side.copy() for side in bounds)
        fixed[0][new] = fixed[1][new] = np.round(result.x[new])
        rounded = self.minimise(objective, fixed, every, relative_gap)
        plan = None if rounded.x is None else self._plan(rounded.x, goal, bound)
        if plan is not None and plan.gap <= 2 * relative_gap:
            return plan
        whole = self.minimise(objective, bounds, every, relative_gap)
        return plan if whole.x is None else self._plan(whole.x, goal, max(bound, float(whole.mip_dual_bound)))

    def _is_whole(self, x: NDArray) -> bool:
        kept = x[: self.n_arcs]
        return bool(np.abs(kept - np.round(kept)).max(initial=0.0) <= 1e-6)

    def objective(self, goal: str, tie_break: float = TIE_BREAK) -> NDArray:
        """What is minimised: the goal, with the other goals as tie-break."""
        weights = {name: sign * (1.0 if name == goal else tie_break) / self.scale[name] for name, sign in GOALS.items()}
        gradients = np.stack([self.gradient(name) for name in weights])
        return -np.array(list(weights.values())) @ gradients

    def _hold(self, name: str, value: float) -> None:
        at = np.flatnonzero(self.gradient(name))
        fixed = self.case.existing_cost if name == "cost" else 0.0
        lower, upper = (value, np.inf) if GOALS[name] > 0 else (-np.inf, value - fixed)
        self.rows.add(np.zeros(len(at), dtype=int), at, self.gradient(name)[at], lower, upper, 1)

    def minimise(self, objective: NDArray, bounds: Any, whole: slice, relative_gap: float) -> Any:
        """HiGHS on the model as it stands, with the columns of ``whole`` as whole numbers."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        integrality = np.zeros(self.columns, dtype=int)
        integrality[whole] = 1
        lower, upper = np.concatenate(self.rows.lower), np.concatenate(self.rows.upper)
        with quiet_solver():
            return milp(
                objective,
                integrality=integrality,
                bounds=Bounds(*bounds),
                constraints=LinearConstraint(self.rows.matrix(self.columns), lower, upper),
                options={"mip_rel_gap": relative_gap, "time_limit": MOST_SECONDS},
            )

    def relaxed(self, goal: str, held: Mapping[str, float]) -> "Relaxed | None":
        """The same question with fractional places: a bound, and what every limit is worth; None if infeasible."""
        from scipy.optimize import linprog
        from scipy.sparse import vstack

        for name, worst_allowed in held.items():
            self._hold(name, worst_allowed)
        matrix = self.rows.matrix(self.columns)
        lower, upper = np.concatenate(self.rows.lower), np.concatenate(self.rows.upper)
        above, below = np.isfinite(upper), np.isfinite(lower)
        result = linprog(
            self.objective(goal, tie_break=0.0),
            A_ub=vstack([matrix[above], -matrix[below]]),
            b_ub=np.r_[upper[above], -lower[below]],
            bounds=np.stack(self.bounds(), axis=1),
            method="highs",
        )
        if result.x is None:
            return None
        price = np.zeros(self.rows.count)
        price[above] = -result.ineqlin.marginals[: above.sum()]
        new = result.x[self.first_new : self.first_open].reshape(self.case.places.shape)
        caps = price[self.cap_rows].reshape(new.shape)
        value = -float(result.fun) * self.scale[goal]
        return Relaxed(value, caps, new, self.guest, self.host, result.x[: self.n_arcs])

    def _plan(self, x: NDArray, goal: str, dual_bound: float) -> Plan:
        kept = np.round(x[: self.n_arcs])
        used = np.bincount(self.arc_host_cell, kept, self.n_cells).reshape(self.case.places.shape)
        new = np.maximum(used - self.case.places, 0.0)
        # A service that opens does so with its smallest unit, even if fewer places are kept for anybody yet.
        opens = (new > 0) & (self.case.places == 0)
        new = np.where(opens, np.maximum(new, self.case.smallest_unit), new)
        residents = np.bincount(self.arc_guest_cell, kept, self.n_cells).reshape(self.case.places.shape)
        served = expected_served(self.case.demand, residents)
        taken = kept > 0
        scores = plan_scores(self.case, served, new, way_total(kept, self.case.distance[self.guest, self.host]))
        parts = (self.guest[taken], self.host[taken], self.service[taken], kept[taken])
        return Plan(new, *parts, served, scores, goal, self._gap(scores, goal, dual_bound))

    def _gap(self, scores: Mapping[str, float], goal: str, dual_bound: float) -> float:
        """How far the plan can be from the best one, as a share of its own value of the goal."""
        reached = GOALS[goal] * scores[goal] / self.scale[goal]
        if goal == "cost":
            reached += self.case.existing_cost / self.scale["cost"]
        missed = sum(curve.error for row in self.case.curves for curve in row) / self.scale["served"]
        possible = -dual_bound + TIE_BREAK * self._most_drawback + missed
        return max(possible - reached, 0.0) / max(abs(scores[goal] / self.scale[goal]), 1e-9)

    @cached_property
    def _most_drawback(self) -> float:
        """Most by which cost and travel may weigh on a plan that is better in the goal: the price of the tie-break."""
        limit = self.limits.budget - self.case.existing_cost
        money = min(limit, float(self.most_new @ np.tile(self.case.unit_cost, len(self.case.municipalities))))
        way = self.case.distance[self.guest, self.host].max(initial=0.0)
        kept = np.minimum(self.cap, np.ceil(self.case.demand.max(axis=0))).sum()
        return money / self.scale["cost"] + float(kept * way) / self.scale["travel"]


def plan_scores(case: Case, served: NDArray, new: NDArray, travel: float) -> dict[str, float]:
    """What a plan reaches in each of `GOALS`, judged on the draws.

    Parameters
    ----------
    case : Case
    served, new : ndarray of shape (n_municipalities, n_services)
        Expected persons served by residence, and new places.
    travel : float
        Sum of the ways to all kept places.
    """
    cost = case.existing_cost + total(new, case.unit_cost)
    worst = worst_share(served, case.expected_demand)
    return {"served": float(served.sum()), "worst": worst, "cost": cost, "travel": travel}


def arcs(case: Case, limits: Limits) -> tuple[NDArray, NDArray, NDArray]:
    """Guest, host and service of every way in which a resident may be served.

    At home always; elsewhere within reach while sharing is on; a service of the oblast level anywhere in the oblast.
    Two municipalities with one seat are at distance 0, so sharing off is an allowance of 0, not a reach of 0.
    """
    n = len(case.municipalities)
    home = np.eye(n, dtype=bool)
    near = (case.distance <= limits.reach) & (limits.shared_places > 0)
    together = (case.oblast[:, None] == case.oblast[None, :]) & np.isfinite(case.distance)
    allowed = home[:, :, None] | np.where(case.serves_oblast, together[:, :, None], near[:, :, None])
    asked = (case.expected_demand > 0)[:, None, :] | home[:, :, None]
    guest, host, service = np.nonzero(allowed & asked)
    return guest, host, service
