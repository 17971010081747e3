"""A return that is possible and unlike the others is asked about, and what was accepted is said."""

import datetime

import pandas as pd
import pytest

from ossu_analysis.collection import accepted, doubts
from ossu_analysis.errors import TO_CHECK

TODAY = datetime.date(2026, 11, 28)
PERSONS = pd.Series({"SML02": 3000.0})


def returned(year: int, status: str = "observed", **figures: int) -> pd.DataFrame:
    row = {"municipality_code": "SML02", "service_code": "DAY-CH", "period_end": f"{year}-12-31", "status": status}
    row |= {"source_id": "data/inbox/a.csv", "places": 20, "users": 18, "waiting": 2} | figures
    return pd.DataFrame([row]).assign(period_start=f"{year}-01-01")


NOTHING = returned(2020)[:0]


def codes(found) -> list[str]:
    assert all(fault.severity == TO_CHECK and fault.sentence() for fault in found)
    return [fault.code.removeprefix("collection.") for fault in found]


def test_a_return_like_the_one_before_is_not_asked_about():
    assert doubts(returned(2021), returned(2020), PERSONS, TODAY) == []


@pytest.mark.parametrize("former", ["same file", "last run"])
def test_places_that_jump_are_asked_about_beside_the_former_ones(former):
    jumped, before = returned(2021, places=1025), returned(2020)
    handed = pd.concat([before, jumped], ignore_index=True) if former == "same file" else jumped
    (fault,) = doubts(handed, NOTHING if former == "same file" else before, PERSONS, TODAY)
    assert fault.code == "collection.steep_change" and "1025" in fault.found and "20" in fault.expected


def test_made_up_rows_and_the_row_that_is_replaced_are_no_return_before():
    assert doubts(returned(2021, places=1025), returned(2020, "demonstration"), PERSONS, TODAY) == []
    assert doubts(returned(2021, places=1025), returned(2021), PERSONS, TODAY) == []


def test_small_numbers_may_change_by_times():
    assert doubts(returned(2021, waiting=12), returned(2020, waiting=2), PERSONS, TODAY) == []


def test_more_than_the_inhabitants_and_a_year_to_come_are_asked_about():
    assert codes(doubts(returned(2021, waiting=3001), NOTHING, PERSONS, TODAY)) == ["above_persons"]
    assert codes(doubts(returned(2031), NOTHING, PERSONS, TODAY)) == ["future_year"]


def test_what_was_accepted_is_said_beside_the_return_before():
    (line,) = accepted(pd.concat([returned(2020), returned(2021, users=21)]), returned(2019, users=15))
    assert all(part in line for part in ("a.csv", "SML02", "2020–2021", "редове 2", "21", "15"))
