"""Money, posts and funding cliffs: known payments reproduced, what is not known said, never zero."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.proposal.cliff import funding_cliff_table, funding_cliffs
from ossu_analysis.proposal.money import priced, subsidy_check, unit_costs_on
from ossu_analysis.reference.standards import (
    UnitCost,
    converted,
    currency_of,
    in_force,
    read_staffing,
    read_unit_costs,
)
from ossu_analysis.store import Store

STORE = Store(Path(__file__).parents[3])
COSTS = read_unit_costs(STORE)


@pytest.mark.parametrize(("users", "leva"), [(34, 135_490), (30, 119_550), (37, 147_445), (47, 187_295)])
def test_assistant_support_2021_as_four_municipalities_were_paid(users, leva):
    standards = unit_costs_on(COSTS, datetime.date(2021, 6, 30), ["ASSIST"])
    line = priced(pd.DataFrame({"service_code": ["ASSIST"], "users": [users]}), standards).iloc[0]
    assert (line["yearly_cost"], line["currency"], line["price_year"], line["cost_note"]) == (leva, "BGN", 2021, "")


def test_from_2026_the_same_amount_is_in_euro_and_the_later_decision_is_named():
    row = unit_costs_on(COSTS, datetime.date(2026, 12, 31), ["ASSIST"]).iloc[0]
    assert row["unit_cost"] == pytest.approx(2037.50, abs=0.005)
    assert (row["currency"], row["original_amount"], row["original_currency"]) == ("EUR", 3985, "BGN")
    assert "РМС № 497/03.07.2026" in row["note"]


@pytest.mark.parametrize("day", [datetime.date(2020, 12, 31), datetime.date(2026, 12, 31)])
def test_without_a_standard_there_is_no_cost(day):
    standards = unit_costs_on(COSTS, day, ["DAY-CH"])
    line = priced(pd.DataFrame({"service_code": ["DAY-CH"], "users": [30]}), standards).iloc[0]
    assert np.isnan(line["yearly_cost"]) and line["cost_note"].startswith("няма стандарт")


def test_a_service_nobody_asked_about_has_no_standard_either():
    standards = unit_costs_on(COSTS, datetime.date(2021, 6, 30), ["ASSIST"])
    assert (
        priced(pd.DataFrame({"service_code": ["MUN-CLUB"], "users": [1]}), standards)["cost_note"]
        .eq("няма стандарт")
        .all()
    )


def test_currency_of_public_money():
    assert [currency_of(year) for year in (2021, 2025, 2026, 2030)] == ["BGN", "BGN", "EUR", "EUR"]
    assert converted(converted(123.45, "BGN", "EUR"), "EUR", "BGN") == pytest.approx(123.45)
    with pytest.raises(ValueError, match="USD"):
        converted(1.0, "USD", "EUR")


def test_users_times_standard_beside_the_subsidy():
    users = pd.DataFrame(
        {
            "municipality_code": ["AAA01", "AAA01", "AAA02"],
            "service_code": ["ASSIST", "DAY-CH", "DAY-CH"],
            "users": [100, 20, 10],
            "status": ["observed", "demonstration", "observed"],
        }
    )
    subsidy = pd.DataFrame(
        {
            "municipality_code": ["AAA01", "AAA02", "AAA03"] * 2,
            "year": [2025] * 3 + [2026] * 3,
            "function": "social_services",
            "amount_thousand": [1000.0, 500.0, 0.0, 511.3, 255.6, 0.0],
            "currency": ["BGN"] * 3 + ["EUR"] * 3,
        }
    )
    table = subsidy_check(users, COSTS, subsidy).set_index(["municipality_code", "year"])
    assert table.loc[("AAA01", 2025), "users_times_standard"] == pytest.approx(398_500)
    assert table.loc[("AAA01", 2025), "difference"] == pytest.approx(601_500)
    assert table.loc[("AAA01", 2026), "users_times_standard"] == pytest.approx(203_750, abs=0.5)
    assert table.loc[("AAA01", 2025), "users_without_standard"] == 20
    assert table.loc[("AAA01", 2025), "status"] == "demonstration"
    assert np.isnan(table.loc[("AAA02", 2025), "users_times_standard"])
    assert np.isnan(table.loc[("AAA03", 2026), "explained_share"])


def test_published_staffing_coefficients():
    def posts(mode, day):
        standards = [entry for entry in read_staffing(STORE) if entry.mode == mode]
        return {code: entry.posts_per_user for code, entry in in_force(standards, day).items()}

    assert posts("day", datetime.date(2026, 1, 1)) == {"DAY-CH": 0.4}
    assert posts("weekly", datetime.date(2026, 1, 1)) == {"DAY-CH": 0.6}
    assert posts("day", datetime.date(2012, 1, 1)) == {}


def test_of_two_decisions_the_later_one_in_force_counts():
    later = UnitCost(
        service_code="ASSIST", decision="Б", valid_from=datetime.date(2022, 7, 1), price_year=2022, amount=5000.0,
        currency="BGN", per="user_year", source="измислено",
    )  # fmt: skip
    for day, amount in ((datetime.date(2022, 6, 30), 3985), (datetime.date(2022, 7, 1), 5000)):
        assert unit_costs_on([later, *COSTS], day, ["ASSIST"])["unit_cost"].tolist() == [amount]


def test_cliffs_say_until_when_to_apply():
    projects = pd.DataFrame(
        {
            "municipality_code": ["AAA01", "AAA02", "AAA03", "AAA04", "AAA05"],
            "service_code": "SP-EARLY",
            "users": [10, 20, 30, 40, 50],
            "funding_type": ["project", "state_delegated", "mixed|project", "project", None],
            "funding_end": ["2028-06-30", "2027-01-01", "2027-12-31", None, "2027-01-01"],
            "status": "observed",
        }
    )
    table = funding_cliffs(projects, "2026-11-21")
    assert table["municipality_code"].tolist() == ["AAA03", "AAA01", "AAA04"]
    assert table["last_month_to_apply"].tolist()[:2] == ["2027-08", "2027-08"]
    assert table["months_left"].tolist()[:2] == [9, 9]
    assert "не е известна" in table["remark"].iloc[2]
    assert funding_cliffs(projects, "2027-10-01")["months_left"].iloc[0] == -2
    assert "минал преди 2" in funding_cliffs(projects, "2027-10-01")["remark"].iloc[0]


def test_cliffs_are_those_of_the_last_return():
    rows = pd.DataFrame(
        {
            "municipality_code": ["AAA01", "AAA01", "AAA02"],
            "service_code": "SP-EARLY",
            "period_end": ["2020-12-31", "2021-12-31", "2020-12-31"],
            "occupied": [9, 10, 5],
            "funding_type": ["project", "state_delegated", "project"],
            "funding_end": ["2021-12-31", None, "2027-06-30"],
            "status": "observed",
        }
    )
    table = funding_cliff_table(rows, datetime.date(2026, 11, 22))
    assert table[["municipality_code", "users"]].to_numpy().tolist() == [["AAA02", 5]]
