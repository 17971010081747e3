"""A change of counting is named; growth is not called one."""

import pandas as pd

from ossu_analysis.demand.breaks import series_breaks


def totals(services: list[float], users: list[float]) -> pd.DataFrame:
    years = range(2016, 2016 + len(users))
    return pd.DataFrame(
        {"service_code": "SP-INFO", "year": years, "users": users, "services_count": services, "places": users}
    )


def test_the_published_fall_of_childrens_services_is_a_break() -> None:
    """634 services in 2020 and 339 in 2021, users between 13 877 and 15 859; other years filled in."""
    found = series_breaks(
        totals([605, 612, 620, 628, 634, 339, 351], [13877, 14200, 14500, 14800, 15100, 15400, 15859])
    )
    assert found[["measure", "year", "before", "after"]].values.tolist() == [["services_count", 2021, 634, 339]]


def test_services_that_grow_with_their_users_are_no_break() -> None:
    assert series_breaks(totals([10, 11, 12, 20, 21, 22], [100, 112, 118, 205, 211, 220])).empty


def test_three_years_say_nothing() -> None:
    assert series_breaks(totals([10, 10, 3], [100, 100, 100])).empty
