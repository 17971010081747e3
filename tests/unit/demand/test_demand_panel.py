"""What a return says of demand: known, at least, either, or nothing."""

import numpy as np
import pandas as pd

from ossu_analysis.demand.panel import (
    EITHER,
    IF_OPEN,
    IF_STOPPED,
    Cells,
    Panel,
    counted_as_now,
    informative_cells,
    panels,
    slips,
)

NAN = float("nan")


def panel(users: list, places: list, waiting: list | None = None) -> Panel:
    users, places = np.atleast_2d(np.array(users, float)), np.atleast_2d(np.array(places, float))
    waiting = np.full_like(users, NAN) if waiting is None else np.atleast_2d(np.array(waiting, float))
    n, t = users.shape
    codes = np.array([f"A{i:02d}" for i in range(n)])
    persons = np.full((n, t), 5000.0)
    return Panel(
        "S", codes, np.zeros(n, int), np.array(["P"]), np.arange(2016, 2016 + t), persons, users, places, waiting
    )


def cell(cells: Cells, year: int) -> list[tuple[float, float, bool, int]]:
    at = cells.year == year
    return list(zip(cells.count[at], cells.waiting[at], cells.is_censored[at], cells.when[at], strict=True))


def test_a_free_service_shows_demand_and_a_full_one_a_floor() -> None:
    cells = informative_cells(panel([40, 55, 100, 98, 60, 50], [100] * 6))
    assert cell(cells, 0) == [(40, 0, False, EITHER)]
    assert cell(cells, 2) == [(97, 0, True, EITHER)], "all that is learnt is that demand reached 97 % of the places"
    assert cell(cells, 3) == [(97, 0, True, EITHER)]


def test_a_waiting_list_makes_demand_known_even_beside_free_places() -> None:
    cells = informative_cells(panel([100, 60, 50, 50], [100] * 4, [30, 12, NAN, NAN]))
    assert cell(cells, 0) == [(100, 30, False, EITHER)]
    assert cell(cells, 1) == [(60, 12, False, EITHER)]


def test_a_municipality_without_the_service_gives_no_cell_not_a_zero() -> None:
    cells = informative_cells(panel([[NAN] * 4, [30, 31, 30, 29]], [[NAN] * 4, [80] * 4]))
    assert set(cells.area) == {1}


def test_the_year_of_opening_is_only_a_floor() -> None:
    cells = informative_cells(panel([NAN, 12, 30, 31, 32], [NAN, 60, 60, 60, 60]))
    assert cell(cells, 1) == [(12, 0, True, EITHER)]
    assert cell(cells, 2)[0][2] is np.False_


def test_unknown_places_make_a_floor() -> None:
    cells = informative_cells(panel([[30, 31, 29], [20, 21, 22]], [[NAN, NAN, NAN], [40, 40, 40]]))
    assert cells.is_censored[cells.area == 0].all() and not cells.is_censored[cells.area == 1].any()


def test_a_service_that_nobody_counts_places_of_shows_its_demand() -> None:
    assert not informative_cells(panel([30, 31, 29], [NAN, NAN, NAN])).is_censored.any()


def test_a_service_that_always_ends_at_the_same_occupancy_is_read_both_ways() -> None:
    cells = informative_cells(panel([92, 92, 80, 92], [100] * 4))
    assert {(c[2], c[3]) for c in cell(cells, 0)} == {(False, IF_OPEN), (True, IF_STOPPED)}
    assert cell(cells, 2) == [(80, 0, False, EITHER)]


def test_a_waiting_list_at_the_top_proves_that_the_service_stops_there() -> None:
    cells = informative_cells(panel([92, 92, 70, 60], [100] * 4, [NAN, 20, NAN, NAN]))
    assert cells.stopped.tolist() == [True]


def test_zeros_for_lists_are_not_believed_when_most_full_services_write_zero() -> None:
    honest = panel([[100, 60], [100, 60], [100, 60]], [[100, 100]] * 3, [[0, 0], [25, 0], [40, 0]])
    unkept = panel([[100, 60], [100, 60], [100, 60]], [[100, 100]] * 3, [[0, 0]] * 3)
    assert not informative_cells(honest).is_censored.any()
    assert informative_cells(unkept).is_censored.sum() == 3


def test_a_digit_too_many_and_a_zero_for_a_missing_figure_are_slips() -> None:
    made = panel([[40, 410, 41, 39, 42], [40, 41, 0, 39, 42], [2, 3, 0, 1, 2]], [[60] * 5] * 3)
    assert slips(made).tolist() == [[False, True, False, False, False], [False, False, True, False, False], [False] * 5]


def test_use_that_grows_with_its_places_is_no_slip() -> None:
    made = panel([[20, 20, 20, 120, 121]], [[20, 20, 20, 120, 120]])
    assert not slips(made).any()


def test_panels_hold_every_area_and_leave_a_gap_year_empty() -> None:
    returns = pd.DataFrame(
        {"area_code": "A", "service_code": "S", "year": [2016, 2018], "users": 5.0, "places": 9.0, "waiting": NAN}
    )
    exposed = pd.DataFrame(
        {"area_code": ["A", "B"] * 3, "service_code": "S", "year": [2016, 2016, 2017, 2017, 2018, 2018], "persons": 7.0}
    )
    areas = pd.DataFrame({"area_code": ["B", "A"], "parent_code": ["P", "P"]})
    (made,) = panels(returns, exposed, areas)
    assert made.years.tolist() == [2016, 2017, 2018]
    assert np.isnan(made.users[:, 1]).all() and np.isnan(made.users[1]).all()


def test_places_counted_otherwise_before_a_break_never_make_a_service_full() -> None:
    """Half the places on paper from one year to the next, users as they were: the earlier occupancy means nothing."""
    rng = np.random.default_rng(3)
    users = rng.poisson(40, (30, 8)).astype(float)
    places = np.where(np.arange(8) < 4, 42.0, 90.0) * np.ones((30, 1))
    made = panel(users, places)
    assert counted_as_now(made).tolist() == [False] * 4 + [True] * 4
    cells = informative_cells(made)
    assert cells.is_censored[cells.year < 4].all(), "demand was at least use; more is not known"
    assert not cells.is_censored[cells.year >= 4].any()
    assert counted_as_now(panel(users, np.full((30, 8), 90.0))).all()
