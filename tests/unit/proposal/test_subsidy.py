"""The subsidy beside what standards explain of it, by hand."""

import pandas as pd
import pytest

from ossu_analysis.gap import Standards
from ossu_analysis.gap.standards import UnitCost
from ossu_analysis.proposal import subsidy_check
from ossu_analysis.proposal.subsidy import euro_rate
from ossu_analysis.schemas import table_class, validated

EURO_RATE = 1.95583
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


def check(capacity, subsidy, standards=None):
    known = standards if standards is not None else Standards({"ASSIST": ASSIST})
    table = subsidy_check(pd.DataFrame(capacity), pd.DataFrame(subsidy), known, EURO_RATE)
    return validated(table_class("proposal", "subsidy_check"), table)


def test_tran_in_leva_and_in_euro():
    rows = [capacity_row(), capacity_row(service="DAY-CH", users=9), capacity_row(users=99, year=2020)]
    table = check(rows, [subsidy_row(), subsidy_row(year=2026, thousand=1128.5, currency="EUR")]).set_index("year")
    # 34 users x 3 985 leva = 135 490 leva, the amount that the municipality's own decision states.
    assert table.loc[2024, "known_cost_eur"] * EURO_RATE == pytest.approx(135_490)
    assert table.loc[2024, "subsidy_eur"] == pytest.approx(1_698_600 / EURO_RATE)
    assert table.loc[2026, "subsidy_eur"] == 1_128_500
    assert table.loc[2026, "difference_eur"] == pytest.approx(1_128_500 - 135_490 / EURO_RATE)
    assert set(table["services_without_standard"]) == {1} and set(table["status"]) == {"demonstration"}
    assert "1 услуги нямат стандарт" in table.loc[2024, "note"]


def test_services_that_the_state_does_not_pay_are_left_out():
    rows = [
        capacity_row(),
        capacity_row(service="MUN-PATRON", funding="municipal"),
        capacity_row(service="X", funding="project"),
    ]
    assert check(rows, [subsidy_row()]).iloc[0]["services_without_standard"] == 0


def test_without_a_standard_nothing_is_computed():
    row = check([capacity_row()], [subsidy_row()], Standards()).iloc[0]
    assert pd.isna(row["known_cost_eur"]) and pd.isna(row["difference_eur"]) and "Няма стандарт" in row["note"]


def test_a_municipality_without_returns_keeps_its_subsidy():
    row = check([capacity_row()], [subsidy_row("SML02", thousand=0.0)]).iloc[0]
    assert row["subsidy"] == 0 and pd.isna(row["known_cost_eur"]) and pd.isna(row["known_share"])
    assert row["status"] == "observed"


def test_the_rate_is_the_one_of_the_assumptions():
    assumption = pd.DataFrame({"assumption_id": ["occupancy_target", "euro_rate"], "value": [1.0, EURO_RATE]})
    assert euro_rate(assumption) == EURO_RATE


def test_all_functions_together_are_not_the_social_services():
    both = [subsidy_row(), subsidy_row(function="all_delegated", thousand=9999.0)]
    assert check([capacity_row()], both)["subsidy"].tolist() == [1_698_600]
