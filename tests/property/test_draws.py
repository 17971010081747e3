"""Statistics over draws are NumPy's own, whatever the kind of number; a key's random numbers are its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import invgauss, kstest, norm, t
from scipy.stats import poisson as poisson_law

from ossu_analysis.draws import (
    OUTPUTS,
    QUANTILES,
    draw_quantiles,
    inverse_gaussian,
    normals,
    poisson,
    statistics,
    stream,
    student_t,
)


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


def test_laws_are_those_of_their_inverse_functions() -> None:
    """Against exact distribution functions; 0.009 is beyond what 40,000 draws differ by chance (Kolmogorov)."""
    many = (40_000,)
    for drawn, law in (
        (normals(stream(1, "n"), many), norm()),
        (student_t(stream(1, "t"), 4, many), t(4)),
        (inverse_gaussian(stream(1, "w"), 2.0, many), invgauss(1 / 2, scale=2.0)),
    ):
        assert kstest(drawn, law.cdf).statistic < 0.009


@pytest.mark.parametrize("draw", [normals, lambda g, n: student_t(g, 4, n), lambda g, n: inverse_gaussian(g, 1, n)])
def test_every_number_takes_the_same_count_of_uniforms(draw):
    left = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        start = generator.bit_generator.state["state"]["state"]
        draw(generator, (50,))
        after = np.random.default_rng(seed)
        steps = next(
            n
            for n in range(201)
            if after.bit_generator.advance(1 if n else 0).state["state"]["state"]
            == generator.bit_generator.state["state"]["state"]
        )
        left.append((steps, start != generator.bit_generator.state["state"]["state"]))
    assert len(set(left)) == 1


def test_counts_meet_the_exact_law_below_the_limit() -> None:
    chance = (np.arange(4096) + 0.5) / 4096
    for mean in (0.0, 0.2, 3.0, 5.99):
        drawn = poisson(chance, norm.ppf(chance), np.full(4096, mean))
        np.testing.assert_array_equal(drawn, poisson_law.ppf(chance, mean))
