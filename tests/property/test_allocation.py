"""Laws of the allocation model: proved optimal by trying everything, monotone in money, never beyond a limit."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ossu_analysis.proposal.allocation.conflict import explain_conflict
from ossu_analysis.proposal.allocation.country import solve_country
from ossu_analysis.proposal.allocation.model import (
    MOST_SEGMENTS,
    Case,
    Limits,
    budget_curve,
    expected_served,
    served_curve,
    solve,
)
from ossu_analysis.proposal.allocation.options import allocation_options

FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEEDS = st.integers(0, 10_000)
TIGHT = 1e-7


def made_up(seed, municipalities=3, services=2, draws=7, largest=4, oblasts=1):
    """A small case with every feature: free places, caps below and above them, smallest units, an oblast service."""
    rng = np.random.default_rng(seed)
    shape = municipalities, services
    places = rng.integers(0, largest, shape) * rng.integers(0, 2, shape)
    seats = rng.uniform(0, 50, (municipalities, 2))
    return Case(
        municipalities=[f"AAA{i:02}" for i in range(municipalities)],
        services=[f"S{s}" for s in range(services)],
        demand=rng.uniform(0, largest, (draws, *shape)),
        places=places.astype(float),
        occupied=np.minimum(places, rng.integers(0, largest, shape)).astype(float),
        unit_cost=rng.integers(1, 5, services).astype(float),
        staff_per_place=rng.integers(1, 3, services) / 2,
        smallest_unit=rng.integers(1, 3, services).astype(float),
        map_number=rng.integers(0, largest + 2, shape).astype(float),
        criterion=np.where(rng.random(shape) < 0.5, np.inf, rng.integers(0, largest + 2, shape)),
        distance=np.hypot(*(seats[:, None] - seats).transpose(2, 0, 1)),
        serves_oblast=np.arange(services) == services - 1,
        oblast=np.arange(municipalities) % oblasts,
    )


def some_limits(case, seed):
    rng = np.random.default_rng([seed, 1])
    return Limits(
        budget=case.existing_cost + rng.integers(0, 15),
        staff=case.existing_staff + rng.integers(0, 6),
        reach=float(rng.choice([0, 25, 100])),
        shared_places=float(rng.choice([0, 1, 5, np.inf])),
    )


def allowed_ways(case, limits):
    n, m = case.places.shape
    for i, j, s in itertools.product(range(n), range(n), range(m)):
        together = case.serves_oblast[s] and case.oblast[i] == case.oblast[j]
        near = limits.shared_places > 0 and case.distance[i, j] <= limits.reach and not case.serves_oblast[s]
        if i == j or near or together:
            yield i, j, s


def best_by_trying_everything(case, limits):
    """Most expected persons served over every whole-number plan: an independent statement of the rules."""
    ways, caps = list(allowed_ways(case, limits)), limits.caps(case)
    top = np.maximum(np.minimum(caps, np.ceil(case.demand.max(axis=0))), case.kept)
    ranges = [range(int(case.kept[i, s]) if i == j else 0, int(top[i, s]) + 1) for i, j, s in ways]
    best = -np.inf
    for chosen in itertools.product(*ranges):
        used, mine, shared = np.zeros(case.places.shape), np.zeros(case.places.shape), 0
        for (i, j, s), count in zip(ways, chosen, strict=True):
            used[j, s] += count
            mine[i, s] += count
            shared += count * (i != j and not case.serves_oblast[s])
        new = np.maximum(used - case.places, 0)
        new = np.where((new > 0) & (case.places == 0), np.maximum(new, case.smallest_unit), new)
        affordable = case.existing_cost + (new * case.unit_cost).sum() <= limits.budget + 1e-9
        staffed = case.existing_staff + (new * case.staff_per_place).sum() <= limits.staff + 1e-9
        if affordable and staffed and shared <= limits.shared_places and (mine <= caps + 1e-9).all():
            best = max(best, expected_served(case.demand, mine).sum())
    return best


@pytest.mark.parametrize("seed", range(12))
def test_nothing_better_exists(seed):
    case = made_up(seed, municipalities=2, services=2, largest=3)
    limits = some_limits(case, seed)
    plan = solve(case, limits, relative_gap=TIGHT)
    # The tie-break may cost at most its weight.
    assert plan.scores["served"] == pytest.approx(best_by_trying_everything(case, limits), rel=5e-3)
    assert plan.scores["served"] <= best_by_trying_everything(case, limits) + 1e-9


@FEW
@given(SEEDS)
def test_no_option_breaks_a_limit(seed):
    case = made_up(seed)
    limits = some_limits(case, seed)
    for option in allocation_options(case, limits):
        plan = option.plan
        assert plan.scores["cost"] <= limits.budget + 1e-6
        assert case.existing_staff + (plan.new_places * case.staff_per_place).sum() <= limits.staff + 1e-6
        assert (plan.for_residents <= limits.caps(case) + 1e-6).all()
        assert (plan.for_residents >= case.kept - 1e-6).all()
        away = (plan.guest != plan.host) & ~case.serves_oblast[plan.service]
        assert plan.kept_places[away].sum() <= limits.shared_places + 1e-6
        assert (case.distance[plan.guest, plan.host][away] <= limits.reach).all()
        opened = (plan.new_places > 0) & (case.places == 0)
        assert (plan.new_places >= case.smallest_unit)[opened].all()
        for goal, level in option.held.items():
            better = 1 if goal in {"served", "worst"} else -1
            assert better * (plan.scores[goal] - level) >= -1e-6


@FEW
@given(SEEDS)
def test_no_option_is_beaten_in_everything(seed):
    case = made_up(seed)
    options = allocation_options(case, some_limits(case, seed), relative_gap=TIGHT)
    for one, other in itertools.permutations(options, 2):
        signs = np.array([1, 1, -1, -1])
        ahead = signs * (np.array(list(one.plan.scores.values())) - np.array(list(other.plan.scores.values())))
        assert not (ahead >= 0).all() or np.allclose(ahead, 0)


@FEW
@given(SEEDS)
def test_more_money_never_serves_fewer(seed):
    case = made_up(seed)
    limits = replace(some_limits(case, seed), staff=np.inf)
    budgets = [case.existing_cost + extra for extra in (-1, 0, 3, 6, 12, 1e6)]
    below, *plans = budget_curve(case, limits, budgets)
    served = [plan.scores["served"] for plan in plans]
    assert below is None
    assert (np.diff(served) >= 0).all()
    assert all(plan.scores["cost"] <= budget + 1e-6 for plan, budget in zip(plans, budgets[1:], strict=True))
    exact = [solve(case, replace(limits, budget=budget), relative_gap=TIGHT).scores["served"] for budget in budgets[1:]]
    assert (np.diff(exact) >= -1e-3 * np.array(exact[1:])).all()


@FEW
@given(SEEDS)
def test_the_stated_gap_holds_against_every_plan(seed):
    case = made_up(seed, municipalities=2, largest=3)
    limits = some_limits(case, seed)
    plan = solve(case, limits, relative_gap=0.05)
    assert best_by_trying_everything(case, limits) <= plan.scores["served"] * (1 + plan.gap) + 1e-9


@FEW
@given(SEEDS)
def test_sharing_off_is_an_allowance_of_zero(seed):
    case = made_up(seed)
    limits = some_limits(case, seed)
    alone = replace(case, distance=np.where(np.eye(3, dtype=bool) | case.serves_oblast.all(), 0.0, np.inf))
    off = replace(limits, shared_places=0.0)
    municipal = replace(alone, serves_oblast=np.zeros(2, dtype=bool))
    nobody_near = solve(municipal, replace(limits, shared_places=np.inf), relative_gap=TIGHT)
    allowance = solve(replace(case, serves_oblast=np.zeros(2, dtype=bool)), off, relative_gap=TIGHT)
    assert nobody_near.scores["served"] == pytest.approx(allowance.scores["served"], rel=5e-3)
    assert allowance.shared == 0


@FEW
@given(SEEDS)
def test_same_question_same_answer(seed):
    case = made_up(seed)
    first, second = (solve(case, some_limits(case, seed)) for _ in range(2))
    np.testing.assert_array_equal(first.new_places, second.new_places)
    np.testing.assert_array_equal(first.kept_places, second.kept_places)


@FEW
@given(SEEDS)
def test_a_named_move_of_one_limit_makes_the_impossible_possible(seed):
    case = made_up(seed)
    assume(case.expected_demand.sum() > 0)
    limits = replace(some_limits(case, seed), least_coverage=0.95)
    conflict = explain_conflict(case, limits)
    if conflict is None:
        assert solve(case, limits) is not None
        return
    assert solve(case, limits) is None
    fields = {"budget": "budget", "staff": "staff", "sharing": "shared_places"}
    for name, move in conflict.alone.items():
        if name in fields and move:
            wider = replace(limits, **{fields[name]: getattr(limits, fields[name]) + move * 1.01 + 1e-4})
            assert solve(case, wider) is not None
    enough = conflict.alone["coverage"]
    if enough:
        assert solve(case, replace(limits, least_coverage=limits.least_coverage - enough * 1.01 - 1e-4)) is not None


@given(st.lists(st.floats(0, 30), min_size=1, max_size=20))
def test_the_curve_is_the_mean_of_what_each_draw_serves(draws):
    demand = np.array(draws)
    curve = served_curve(demand)
    points = np.r_[0, np.cumsum(curve.lengths)]
    exact = [np.minimum(demand, places).mean() for places in points]
    np.testing.assert_allclose(np.r_[0, np.cumsum(curve.lengths * curve.slopes)], exact, atol=1e-9)
    assert (np.diff(curve.slopes) < 1e-12).all()


def test_a_long_curve_is_joined_and_says_by_how_much():
    demand = np.random.default_rng(0).normal(2000, 300, 200)
    curve = served_curve(demand)
    places = np.arange(1000, 3000)
    joined = np.interp(places, np.r_[0, np.cumsum(curve.lengths)], np.r_[0, np.cumsum(curve.lengths * curve.slopes)])
    exact = np.minimum(demand[:, None], places).mean(axis=0)
    assert len(curve.slopes) <= MOST_SEGMENTS
    assert (joined <= exact + 1e-9).all()
    assert (exact - joined).max() == pytest.approx(curve.error, abs=1e-6)


def test_the_country_stays_under_its_bound_and_its_ceilings():
    case = made_up(5, municipalities=9, services=2, largest=6, oblasts=3)
    limits = Limits(budget=case.existing_cost + 20, staff=case.existing_staff + 8, reach=30)
    country = solve_country(case, limits)
    whole = solve(replace(case, distance=np.where(case.oblast[:, None] == case.oblast, case.distance, np.inf)), limits)
    assert country.scores["cost"] <= limits.budget + 1e-6
    assert country.scores["served"] <= whole.scores["served"] * (1 + whole.gap) + 1e-6
    assert whole.scores["served"] <= country.scores["served"] * (1 + country.gap) + 1e-6
    half = solve_country(case, limits, "served", {"travel": country.scores["travel"] / 2})
    assert half.scores["travel"] <= country.scores["travel"] / 2 + 1e-6
    fair = solve_country(case, limits, "worst")
    assert fair.scores["worst"] >= country.scores["worst"] - 1e-6
