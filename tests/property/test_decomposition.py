"""Laws of the order-free split: it adds up, ignores order, gives nothing to what did not move."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.decomposition import shapley_split

NUMBER = st.floats(-1e3, 1e3, allow_nan=False)


def demand_gap(factors):
    return np.maximum(factors["persons"] * factors["rate"] + factors["waiting"], 0.0) - factors["places"]


FACTORS = st.fixed_dictionaries({name: NUMBER for name in ("persons", "rate", "waiting", "places")})


@given(FACTORS, FACTORS)
def test_parts_add_up_to_the_change(then, now):
    parts = shapley_split(demand_gap, then, now)
    assert sum(parts.values()) == pytest.approx(demand_gap(then) - demand_gap(now), abs=1e-6)


@given(FACTORS, FACTORS)
def test_the_split_is_the_mean_over_all_orders(then, now):
    """Golden by definition: walk every order of replacement and average what each factor brought."""
    brought = dict.fromkeys(now, 0.0)
    for order in itertools.permutations(now):
        state = dict(now)
        for name in order:
            before = demand_gap(state)
            state[name] = then[name]
            brought[name] += (demand_gap(state) - before) / math.factorial(len(now))
    parts = shapley_split(demand_gap, then, now)
    assert {n: float(p) for n, p in parts.items()} == pytest.approx(brought, abs=1e-6)


@given(FACTORS, FACTORS)
def test_what_did_not_move_gets_nothing(then, now):
    parts = shapley_split(demand_gap, then | {"rate": now["rate"]}, now)
    assert parts["rate"] == pytest.approx(0.0, abs=1e-9)


def test_going_back_turns_every_sign():
    then, now = {"a": np.array([1.0, 2.0]), "b": 3.0}, {"a": np.array([4.0, 0.0]), "b": 5.0}
    there = shapley_split(lambda f: f["a"] * f["b"], then, now)
    back = shapley_split(lambda f: f["a"] * f["b"], now, then)
    for name in then:
        np.testing.assert_allclose(there[name], -back[name])


def test_factors_must_be_the_same_ones():
    with pytest.raises(ValueError, match="differ"):
        shapley_split(lambda f: 0, {"a": 1}, {"b": 1})
