"""The subsidy beside users x standard: which users count, and what the difference stands for."""

import pandas as pd
import pytest

from ossu_analysis.proposal import subsidy_table
from ossu_analysis.reference.standards import UnitCost
from ossu_analysis.schemas import table_class, validated

ASSIST = UnitCost(
    service_code="ASSIST",
    valid_from="2021-01-01",
    price_year=2021,
    amount=3985,
    currency="BGN",
    per="user_year",
    source="РМС № 790/30.10.2020 г.",
)


def capacity_row(municipality="PER51", service="ASSIST", users=34, funding="state_delegated", year=2021):
    return {
        "municipality_code": municipality,
        "service_code": service,
        "period_end": f"{year}-12-31",
        "occupied": users,
        "funding_type": funding,
        "status": "demonstration",
    }


def subsidy_row(municipality="PER51", year=2024, thousand=1698.6, currency="BGN", function="social_services"):
    return {
        "municipality_code": municipality,
        "year": year,
        "function": function,
        "amount_thousand": thousand,
        "currency": currency,
        "legal_reference": "чл. 54",
    }


def check(capacity, subsidy, costs=(ASSIST,)):
    table = subsidy_table(pd.DataFrame(capacity), pd.DataFrame(subsidy), costs)
    return validated(table_class("proposal", "subsidy_check"), table)


def test_only_the_last_period_counts_and_the_rest_is_named():
    rows = [capacity_row(), capacity_row(service="DAY-CH", users=9), capacity_row(users=99, year=2020)]
    row = check(rows, [subsidy_row()]).iloc[0]
    # 34 users x 3 985 leva = 135 490 leva, the amount that the municipality's own decision states.
    assert row["users_times_standard"] == pytest.approx(135_490)
    assert row["difference"] == pytest.approx(1_698_600 - 135_490)
    assert (row["services_without_standard"], row["users_without_standard"], row["status"]) == (1, 9, "demonstration")
    assert "от 2021 г." in row["note"] and "Услуги без стандарт: 1" in row["note"]


def test_services_that_the_state_does_not_pay_are_left_out():
    rows = [capacity_row()]
    rows += [
        capacity_row(service="MUN-PATRON", funding="municipal"),
        capacity_row(service="GA-INFO", funding="project"),
    ]
    assert check(rows, [subsidy_row()]).iloc[0]["services_without_standard"] == 0


def test_without_a_standard_nothing_is_computed():
    row = check([capacity_row()], [subsidy_row()], ()).iloc[0]
    assert pd.isna(row["users_times_standard"]) and pd.isna(row["difference"]) and "Няма стандарт" in row["note"]


def test_a_municipality_without_returns_keeps_its_subsidy():
    row = check([capacity_row()], [subsidy_row("SML02", thousand=0.0)]).iloc[0]
    assert row["subsidy"] == 0 and pd.isna(row["users_times_standard"]) and pd.isna(row["explained_share"])
    assert "няма отчет" in row["note"]
