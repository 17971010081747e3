"""Laws of sharing a total in whole units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.collection.apportion import apportion
from ossu_analysis.errors import OssuError

cells = st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 50), st.integers(0, 500)), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(cells, st.floats(0, 1))
def test_shares_add_up_inside_their_bounds(drawn, fill):
    weights = np.array([weight for weight, _, _ in drawn])
    low = np.array([least for _, least, _ in drawn])
    high = low + np.array([room for _, _, room in drawn])
    total = int(low.sum() + round(fill * (high - low).sum()))
    shares = apportion(total, weights, low, high)
    assert shares.sum() == total
    assert (low <= shares).all() and (shares <= high).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=40), st.integers(0, 100_000))
def test_without_bounds_no_share_is_a_unit_away_from_proportion(weights, total):
    shares = apportion(total, weights)
    exact = total * np.array(weights) / np.sum(weights)
    assert (np.abs(shares - exact) < 1 + 1e-6 * total).all()


@given(st.integers(1, 1000))
def test_bounds_without_room_are_refused(excess):
    with pytest.raises(OssuError, match="противоречат"):
        apportion(10 + excess, [1.0, 1.0], 0, 5)
    with pytest.raises(OssuError, match="противоречат"):
        apportion(9, [1.0, 1.0], 5, 50)
