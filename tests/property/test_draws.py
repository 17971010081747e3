"""Statistics over draws are NumPy's own, whatever the kind of number; a key's random numbers are its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.draws import OUTPUTS, QUANTILES, draw_quantiles, statistics, stream


@given(st.integers(1, 60), st.integers(0, 2**31), st.sampled_from(["int32", "int64", "float32", "float64"]))
def test_statistics_equal_those_of_numpy(n, seed, kind):
    draws = np.random.default_rng(seed).gamma(2, 300, size=(3, 2, n)).astype(kind)
    before = draws.copy()
    made = statistics(draws)
    assert made.shape == (3, 2, len(OUTPUTS))
    np.testing.assert_allclose(made[..., 0], draws.astype(float).mean(axis=2))
    golden = np.quantile(draws.astype(float), [0.5, *QUANTILES], axis=2)
    np.testing.assert_allclose(np.moveaxis(made[..., 1:], -1, 0), golden, rtol=1e-12)
    assert (draws == before).all()


def test_ends_are_the_smallest_and_the_largest():
    assert draw_quantiles(np.array([3, 1, 2], np.int32), (0.0, 1.0)).tolist() == [1.0, 3.0]


def test_a_key_has_the_same_numbers_whatever_else_is_drawn():
    first = stream(1, "SML02").random(3)
    stream(1, "SML01").random(100)
    assert stream(1, "SML02").random(3) == pytest.approx(first, abs=0)
    assert stream(1, "SML01").random(3)[0] != first[0] != stream(2, "SML02").random(3)[0]
