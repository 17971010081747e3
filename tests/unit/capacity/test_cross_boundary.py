"""Who serves whom: places are divided among the municipalities that they serve, never made and never lost."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.capacity import by_residence, cross_boundary
from ossu_analysis.schemas import table_class, validated
from tests.unit.capacity.made_up import services

PERSONS = pd.Series({"SML02": 1000.0, "SML05": 3000.0, "SML09": 6000.0})


def capacity(*rows: dict) -> pd.DataFrame:
    common = {
        "municipality_code": "SML02",
        "service_code": "DAY-CH",
        "period_end": "2021-12-31",
        "places": 30,
        "occupied": 20,
        "waiting": 3,
        "staff_posts": 12.0,
        "staff_filled": 11.0,
        "mobile_to": None,
        "is_closing": False,
        "source_id": "a.csv",
        "status": "observed",
    }
    table = pd.DataFrame([common | row for row in rows])
    table["period_start"] = table["period_end"].str[:4] + "-01-01"
    table[["places", "occupied"]] = table[["places", "occupied"]].astype("Int64")
    return table.assign(free_places=(table["places"] - table["occupied"]).clip(lower=0))


def residence(*rows: dict) -> pd.DataFrame:
    common = {"municipality_code": "SML02", "home_code": "SML05", "service_code": "DAY-CH", "users": 6}
    common |= {"period_start": "2021-01-01", "period_end": "2021-12-31", "source_id": "a.csv", "status": "observed"}
    return pd.DataFrame([common | row for row in rows], columns=list(common))


def both(capacity_rows, residence_rows):
    ledger = validated(
        table_class("capacity", "cross_boundary"), cross_boundary(capacity_rows, residence_rows, PERSONS, services())
    )
    return ledger, validated(table_class("capacity", "by_residence"), by_residence(capacity_rows, ledger))


def test_a_municipality_served_by_its_neighbour_has_places_there():
    _, table = both(capacity({}), residence({}))
    rows = table.set_index("municipality_code")
    assert rows.loc["SML02", ["places", "occupied", "guests", "places_for_others"]].tolist() == [24, 14, 6, 6]
    assert rows.loc["SML05", ["places", "occupied", "served_elsewhere"]].tolist() == [6, 6, 6]
    assert pd.isna(rows.loc["SML05", "waiting"])


def test_without_addresses_everybody_is_at_home():
    ledger, table = both(capacity({}), residence())
    assert ledger.empty
    assert table[["places", "occupied"]].to_numpy().tolist() == [[30, 20]]


def test_free_places_of_a_mobile_team_are_shared_by_the_number_of_people():
    ledger, table = both(capacity({"mobile_to": "SML05|SML09"}), residence())
    assert ledger.set_index("home_code")["places"].to_dict() == {"SML05": 3.0, "SML09": 6.0}
    assert ledger["is_mobile"].all() and ledger["users"].eq(0).all()
    assert table.set_index("municipality_code")["places"].to_dict() == {"SML02": 21.0, "SML05": 3.0, "SML09": 6.0}


def test_years_without_addresses_take_the_shares_of_the_nearest_year_and_say_so():
    rows = capacity({"period_end": "2019-12-31"}, {"period_end": "2020-12-31", "occupied": 10}, {})
    ledger, _ = both(rows, residence({}))
    assert ledger.set_index("period_end")["users"].to_dict() == {"2019-12-31": 6, "2020-12-31": 3, "2021-12-31": 6}
    assert ledger.set_index("period_end")["status"].to_dict() == {
        "2019-12-31": "estimated",
        "2020-12-31": "estimated",
        "2021-12-31": "observed",
    }


def test_homes_for_older_people_are_residential_care_in_the_ledger_too():
    ledger, _ = both(capacity({"service_code": "RES-OLD"}), residence({"service_code": "LEG-OLD"}))
    assert ledger["service_code"].tolist() == ["RES-OLD"]


def test_closing_homes_are_nobodys_places():
    ledger, _ = both(capacity({"service_code": "LEG-ID", "is_closing": True}), residence({"service_code": "LEG-ID"}))
    assert ledger.empty


def test_the_weakest_status_wins_on_both_sides():
    _, table = both(capacity({}, {"municipality_code": "SML05"}), residence({"status": "demonstration"}))
    assert table["status"].tolist() == ["demonstration", "demonstration"]


@settings(deadline=None, max_examples=30)
@pytest.mark.parametrize("year", ["2021", "2020"])
@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=2),
    st.integers(0, 30),
    st.integers(0, 50),
    st.booleans(),
)
def test_places_and_users_are_conserved(year, guests, occupied, places, is_mobile):
    rows = capacity({"places": places, "occupied": occupied, "mobile_to": "SML05|SML09" if is_mobile else None})
    listed = residence(*[
        {"home_code": home, "users": users, "period_end": f"{year}-12-31", "period_start": f"{year}-01-01"}
        for home, users in zip(["SML05", "SML09"], guests, strict=True)
    ])  # fmt: skip
    table = by_residence(rows, cross_boundary(rows, listed, PERSONS, services()))
    assert table["places"].sum() == pytest.approx(places)
    assert table["occupied"].sum() == pytest.approx(occupied)
    assert (table["places"] >= -1e-9).all() and (table["occupied"] >= 0).all()
