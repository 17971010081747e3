"""Laws of pooling and of measured spreads, over random inputs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ossu_analysis.population.pooling import power_of_size, scale_by_size, shrink_to_groups
from ossu_analysis.population.spread import measure_spread

COUNT = 24
values = arrays(float, COUNT, elements=st.floats(-1, 1, width=32))
variances = arrays(float, COUNT, elements=st.floats(0.0625, 1, width=32))
groups = arrays(np.int64, COUNT, elements=st.integers(0, 3)).map(lambda g: np.unique(g, return_inverse=True)[1])


@given(values, variances, groups)
def test_shrinking_never_leaves_the_range_between_the_value_and_its_group(value, variance, group) -> None:  # type: ignore[no-untyped-def]
    shrunk = shrink_to_groups(value, variance, group)
    mean = (np.bincount(group, value / variance) / np.bincount(group, 1 / variance))[group]
    assert (np.minimum(value, mean) - 1e-9 <= shrunk).all()
    assert (shrunk <= np.maximum(value, mean) + 1e-9).all()


@given(values, groups, st.floats(-5, 5))
def test_shrinking_moves_with_the_values(value, group, shift) -> None:  # type: ignore[no-untyped-def]
    variance = np.full(COUNT, 0.1)
    moved = shrink_to_groups(value + shift, variance, group)
    np.testing.assert_allclose(moved, shrink_to_groups(value, variance, group) + shift, atol=1e-6)


@given(st.floats(-1, 1), st.floats(-2, 2))
def test_a_power_of_size_is_found_again(exponent, level) -> None:  # type: ignore[no-untyped-def]
    size = np.geomspace(500, 500_000, 40)
    found = power_of_size(np.exp(level) * size**exponent, size)
    np.testing.assert_allclose(found, (exponent, level), atol=1e-6)


def test_equal_sizes_have_no_power() -> None:
    assert power_of_size(np.array([1.0, 4.0]), np.array([7.0, 7.0]))[0] == 0
    assert (scale_by_size(np.zeros((3, 4)), np.full(3, 10.0)) > 0).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.floats(0.001, 0.05))
def test_a_measured_spread_has_the_width_of_the_errors_and_scales_with_them(seed, scale) -> None:  # type: ignore[no-untyped-def]
    generator = np.random.default_rng(seed)
    size, parent = np.exp(generator.normal(9, 1, 60)), np.arange(60) % 5
    errors = scale * np.cumsum(generator.standard_normal((8, 60, 5)), axis=2)
    endless = np.full(9, np.inf)
    found, doubled = (measure_spread(times * errors, size, parent, endless) for times in (1, 2))
    steps = np.arange(1.0, 6)
    for part in ("country", "area"):
        np.testing.assert_allclose(getattr(doubled, part).sd(steps), 2 * getattr(found, part).sd(steps), rtol=1e-4)
    np.testing.assert_allclose(doubled.scale, found.scale, rtol=1e-4)
    assert 0.7 < np.median(found.scale) * found.area.sd(5.0) / (scale * np.sqrt(5)) < 1.4
