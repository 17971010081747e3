"""A change of counting is named; growth is not called one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ossu_analysis.demand.breaks import series_breaks
from ossu_analysis.demand.expectations import series_are_unbroken


def totals(services: list[float], users: list[float]) -> pd.DataFrame:
    years = range(2016, 2016 + len(users))
    return pd.DataFrame(
        {"service_code": "SP-INFO", "year": years, "users": users, "services_count": services, "places": users}
    )


CHILDREN = pd.DataFrame(
    {
        "service_code": "children",
        "year": [2016, 2020, 2021, 2022],
        "users": [13_877, np.nan, np.nan, 15_859],
        "services_count": [605, 634, 339, 351],
        "places": [13_462, np.nan, np.nan, 11_719],
    }
)
"""Services for children as published: users and places are known only for the first and the last year."""


def test_the_published_fall_of_childrens_services_is_a_break_of_counting() -> None:
    found = series_breaks(CHILDREN)
    named = found[["measure", "year_before", "year", "before", "after"]].values.tolist()
    assert named == [["services_count", 2020, 2021, 634, 339]]
    assert (found["users_after"] / found["users_before"]).between(0.95, 1.05).all()


def test_fewer_places_over_six_years_with_nothing_between_are_no_break() -> None:
    assert "places" not in set(series_breaks(CHILDREN)["measure"])


def test_a_steady_fall_over_missing_years_is_no_break() -> None:
    one = totals([100, 90, 81, 53.1441, 47.82969], [100] * 5).assign(year=[2010, 2011, 2012, 2016, 2017])
    assert series_breaks(one).empty


def test_users_are_not_made_up_after_the_last_known_year() -> None:
    one = totals([10, 10, 10, 10, 2], [100, 101, 99, 100, np.nan])
    assert series_breaks(one).empty


def test_the_check_names_service_measure_and_years() -> None:
    returns = pd.DataFrame(
        {
            "service_code": "ASSIST",
            "year": range(2016, 2022),
            "users": 100,
            "services_count": [9, 9, 9, 4, 4, 4],
            "places": 120,
        }
    )

    @dataclass
    class Returns:
        def sql(self, *_: object) -> pd.DataFrame:
            return returns

    (row,) = series_are_unbroken(Returns()).to_dict("records")
    assert row == {
        "service_code": "ASSIST", "measure": "брой услуги", "year_before": 2018, "year_after": 2019,
        "before": 9, "after": 4, "users_change": 0,
    }  # fmt: skip


def test_services_that_grow_with_their_users_are_no_break() -> None:
    assert series_breaks(totals([10, 11, 12, 20, 21, 22], [100, 112, 118, 205, 211, 220])).empty


def test_three_years_say_nothing() -> None:
    assert series_breaks(totals([10, 10, 3], [100, 100, 100])).empty
