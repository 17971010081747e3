"""Fertility at the origin: level, local differences, schedule and the step of its walk, worked by hand."""

import numpy as np
import pytest

from ossu_analysis.population.births import estimate_fertility, single_age_schedule

STARTS = (15, 20, 25, 30, 35, 40, 45)


def test_schedule_keeps_the_shares_of_its_groups() -> None:
    shares = np.array([2.0, 20, 30, 28, 15, 4, 1])
    schedule = single_age_schedule(shares, STARTS)
    assert schedule.sum() == pytest.approx(1) and schedule[:15].sum() == 0 and schedule[50:].sum() == 0
    np.testing.assert_allclose([schedule[s : s + 5].sum() for s in STARTS], shares / 100)


def test_level_is_that_of_the_last_year_and_local_levels_are_drawn_to_it() -> None:
    schedule = single_age_schedule(np.ones(7), STARTS)
    women = np.full((3, 4, 101), 1000.0)
    at_level = 1000.0 * np.array([1.2, 1.3, 1.4, 1.5])
    births = at_level[None, :, None] * np.array([0.5, 1.0, 1.5])[:, None, None] * np.array([0.48, 0.52])
    crude = np.array([10.0, 11.0, np.nan, 10.0, 12.0]) / 1000
    found = estimate_fertility(women, births, women.sum(axis=0), births.sum(axis=0), schedule, crude)
    assert found.level == pytest.approx(1.5) and found.boys_share == pytest.approx(0.52)
    assert 0.5 < found.local[0] < 0.6 and found.local[1] == pytest.approx(1) and 1.4 < found.local[2] < 1.5
    assert found.sigma == pytest.approx(np.std(np.log([1.1, 1.2]), ddof=1))
