"""Capacity from returns: what adds up, what the law counts where, what stays unknown."""

import pandas as pd

from ossu_analysis.capacity import current_capacity
from ossu_analysis.schemas import table_class, validated
from tests.unit.capacity.made_up import returned, services


def capacity(*rows: dict) -> pd.DataFrame:
    return validated(table_class("capacity", "current"), current_capacity(returned(*rows), services()))


def test_homes_for_older_people_count_as_residential_care_and_keep_their_code():
    row = capacity({"service_code": "LEG-OLD"}).iloc[0]
    assert (row["service_code"], row["reported_service_code"], row["free_places"]) == ("RES-OLD", "LEG-OLD", 6)
    assert "§ 35" in row["remark"] and not row["is_closing"]


def test_old_and_new_care_of_one_municipality_add_up():
    table = capacity({"service_code": "LEG-OLD", "places": 60, "users": 50}, {"service_code": "RES-OLD"})
    row = table.iloc[0]
    assert len(table) == 1
    assert (row["places"], row["occupied"], row["services_count"]) == (90, 74, 2)
    assert row["reported_service_code"] == "LEG-OLD|RES-OLD"


def test_closing_homes_offer_no_place():
    row = capacity({"service_code": "LEG-PSY", "places": 60, "users": 40}).iloc[0]
    assert row["is_closing"] and row["free_places"] == 0 and (row["places"], row["occupied"]) == (60, 40)


def test_an_unknown_waiting_list_makes_the_sum_unknown_and_the_weakest_status_wins():
    row = capacity({"waiting": None}, {"status": "demonstration", "source_id": "made_up"}).iloc[0]
    assert pd.isna(row["waiting"]) and row["places"] == 60
    assert row["status"] == "demonstration" and row["source_id"] == "a.csv|made_up"


def test_more_users_than_places_leaves_no_negative_free_places():
    assert capacity({"users": 31, "note": "приети временно"}).iloc[0]["free_places"] == 0


def test_no_users_is_flagged():
    row = capacity({"users": 0}).iloc[0]
    assert row["is_empty"] and "чл. 58" in row["remark"]


def test_periods_stay_apart():
    assert len(capacity({}, {"period_start": "2020-01-01", "period_end": "2020-12-31"})) == 2


def test_nothing_is_lost_of_the_published_homes(returns):
    table = current_capacity(returns, services())
    homes = table[(table["service_code"] == "RES-OLD") & (table["period_end"] == "2021-12-31")]
    assert (homes["services_count"].sum(), homes["places"].sum(), homes["occupied"].sum()) == (82, 5598, 4098)
    assert len(table) == len(returns)


def test_three_months_without_users_end_a_service():
    empty = {"users": 0, "empty_since": "2021-10-01"}
    row = capacity(empty).iloc[0]
    assert row["empty_months"] == 3 and "се прекратява" in row["remark"]
    assert capacity(empty | {"empty_since": "2021-10-02"}).iloc[0]["empty_months"] == 2
    assert pd.isna(capacity({"users": 0}).iloc[0]["empty_months"])


def test_project_money_of_several_returns_ends_with_the_first():
    ends = [{"funding_type": "project", "funding_end": day} for day in ("2027-12-31", "2026-06-30")]
    row = capacity(ends[0], ends[1] | {"service_code": "DAY-CH", "mobile_to": "SML05"}).iloc[0]
    assert (row["funding_type"], row["funding_end"], row["mobile_to"]) == ("project", "2026-06-30", "SML05")
