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
    mirrored_chances,
    mirrored_normals,
    normals,
    paired_chances,
    poisson,
    smoothed_quantile,
    statistics,
    strata,
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


@given(st.integers(1, 60), st.integers(0, 1000))
def test_every_part_of_the_last_axis_has_one_stratified_chance(count, seed):
    drawn = strata(np.random.default_rng(seed), (3, count))
    assert (np.sort((drawn * count).astype(int), axis=-1) == np.arange(count)).all()


@given(st.integers(1, 30).map(lambda half: 2 * half), st.integers(0, 1000))
def test_the_second_half_mirrors_the_first(draws, seed):
    rng, half = np.random.default_rng(seed), draws // 2
    normal, chance = mirrored_normals(rng, (2, draws)), mirrored_chances(rng, (2, draws))
    shared = paired_chances(rng, draws)
    assert (normal[:, :half] == -normal[:, half:]).all()
    np.testing.assert_allclose(chance[:, :half], 1 - chance[:, half:])
    assert (shared[:half] == shared[half:]).all()


def test_an_odd_number_of_draws_is_given_as_asked():
    rng = np.random.default_rng(1)
    assert mirrored_normals(rng, (2, 7)).shape == mirrored_chances(rng, (2, 7)).shape == (2, 7)
    assert paired_chances(rng, 7).shape == (7,)


@given(st.floats(0, 1000), st.integers(1, 50), st.floats(0.1, 0.9))
def test_draws_that_agree_have_no_other_quantile(value, count, level):
    np.testing.assert_allclose(smoothed_quantile(np.full((2, count), value), level), value, rtol=1e-9, atol=1e-9)


def test_a_smoothed_quantile_is_near_the_true_one_and_hardly_depends_on_the_seed():
    from scipy.stats import gamma

    draws = np.random.default_rng(7).gamma(20.0, 2.0, (400, 500))
    for level in (0.3, 0.5, 0.7):
        true, found = gamma.ppf(level, 20.0, scale=2.0), smoothed_quantile(draws, level)
        plain = draw_quantiles(draws, (level,))[:, 0]
        assert abs(found.mean() / true - 1) < 0.003 and found.std() < 0.95 * plain.std()
