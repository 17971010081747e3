"""Epidemics: how they are drawn, and what one that is under way does."""

import numpy as np
import pytest

from ossu_analysis.population.epidemic import PANDEMICS, draw_excess, epidemics

USUAL = 1000 * np.exp(0.01 * np.sin(np.arange(30)))


def test_without_any_of_its_own_a_country_has_those_on_record() -> None:
    known = epidemics(USUAL, 2018)
    assert known.courses == PANDEMICS and known.chance == pytest.approx(4 / 101) and not known.under_way
    assert epidemics(np.full(30, np.nan), 2018) == known


def test_one_on_record_is_one_more_and_no_year_after_the_base_year_says_anything() -> None:
    ill = USUAL.copy()
    ill[20:23] *= [1.15, 1.38, 1.1]
    known = epidemics(ill, 2024)
    assert known.courses[:-1] == PANDEMICS and known.chance == pytest.approx(5 / 107)
    np.testing.assert_allclose(known.courses[-1], [0.15, 0.38, 0.10], atol=0.02)
    assert epidemics(ill[:20], 2018) == epidemics(USUAL[:20], 2018)


def test_excess_is_drawn_as_often_and_as_much_as_on_record() -> None:
    known = epidemics(USUAL, 2018)
    excess = draw_excess(known, 20, 4000, 1)
    mean = known.chance * np.mean([sum(course) for course in PANDEMICS])
    assert excess[5:].mean() == pytest.approx(mean, rel=0.15)
    assert (excess[0] > 0.5).mean() == pytest.approx(known.chance / 4, abs=0.005)
    np.testing.assert_array_equal(excess[:3], draw_excess(known, 20, 4000, 1)[:3])


def test_one_that_is_under_way_goes_on_in_half_of_the_draws_at_its_own_size() -> None:
    ill = USUAL.copy()
    ill[-1] *= 1.15
    known = epidemics(ill, 2020)
    assert known.courses == PANDEMICS and known.under_way[0] == pytest.approx(0.15, abs=0.02)
    excess = draw_excess(known, 4, 4000, 1)
    assert (np.abs(excess[0] - known.under_way[0]) < 1e-9).mean() == pytest.approx(0.5, abs=0.05)
    assert (np.abs(excess[1] - known.under_way[0]) < 1e-9).mean() == pytest.approx(0.25, abs=0.05)
    assert (excess[3] == 0).mean() > 0.8
