"""One formula per draw, areas from summed draws, and a reason for everything that is empty."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ossu_analysis.demand.draws import DemandDraws
from ossu_analysis.errors import OssuError
from ossu_analysis.gap import GapSettings, Standards, formulas, gap_tables
from ossu_analysis.gap.standards import UnitCost
from ossu_analysis.schemas import table_class, validated

MUNICIPALITY = pd.DataFrame(
    {
        "municipality_code": ["AAA01", "AAA02", "BBB01"],
        "oblast_code": ["AAA", "AAA", "BBB"],
        "seat_lat": [42.0, 42.0, 43.0],
        "seat_lon": [24.0, 25.0, 24.0],
    }
)
SERVICE = pd.DataFrame(
    {
        "service_code": ["DAY-CH", "ASSIST", "MUN-PATRON", "LEG-PSY", "RES-PSY"],
        "target_group": ["TG-DISCH", "TG-OLD", "TG-65", "TG-PSY", "TG-PSY"],
        "planning_level": ["municipal", "municipal", "municipal_budget", "legacy", "oblast"],
        "closes_on": [None, None, None, "2035-01-01", None],
        "replaced_by": [None, None, None, "RES-PSY", None],
    }
)
YEARS = [2019, 2030]


def capacity_row(
    municipality="AAA01", service="DAY-CH", year=2021, places=10, occupied=8, waiting=2, status="observed"
):
    return {
        "municipality_code": municipality,
        "service_code": service,
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "places": places,
        "occupied": occupied,
        "waiting": waiting,
        "status": status,
    }


def capacity_of(*rows):
    everywhere = [capacity_row(code, "ASSIST", places=5, occupied=5) for code in MUNICIPALITY["municipality_code"]]
    return pd.DataFrame([*everywhere, *rows]).astype({"places": "Int64", "occupied": "Int64", "waiting": "Int64"})


def draws_of(persons, service="DAY-CH", areas=("AAA01", "AAA02", "BBB01"), years=YEARS):
    return DemandDraws(service, np.array(areas), np.array(years), np.asarray(persons, dtype=np.float32))


def spread(seed=1, n=400):
    return np.random.default_rng(seed).gamma(4.0, 5.0, (3, 2, n))


def gaps(capacity, *draws, **options):
    tables = gap_tables(capacity, draws, SERVICE, MUNICIPALITY, GapSettings(YEARS, **options))
    return {name: validated(table_class("gap", name), table) for name, table in tables.items()}


def cell(table, municipality, service, year):
    keys = (table["municipality_code"] == municipality) & (table["service_code"] == service) & (table["year"] == year)
    assert keys.sum() == 1
    return table[keys].iloc[0]


def test_gap_is_the_formula_on_the_draws():
    persons = spread()
    table = gaps(capacity_of(capacity_row()), draws_of(persons), occupancy_target=0.8)["service_gap"]
    row = cell(table, "AAA01", "DAY-CH", 2030)
    per_draw = persons[0, 1].astype(np.float32) / 0.8 - 10
    assert row["gap_to_demand_places"] == pytest.approx(np.median(per_draw), abs=1e-4)
    assert row["probability_gap_positive"] == pytest.approx((per_draw >= 0.5).mean())
    assert row["demand_low"] == pytest.approx(np.quantile(persons[0, 1], 0.1), rel=1e-6)


def test_a_fraction_of_a_person_is_no_gap():
    row = cell(gaps(capacity_of(), draws_of(np.full((3, 2, 50), 0.3)))["service_gap"], "AAA01", "DAY-CH", 2030)
    assert row["gap_to_demand_places"] == pytest.approx(0.3) and row["probability_gap_positive"] == 0


def test_every_municipality_has_a_row_for_every_service_with_a_return():
    table = gaps(capacity_of(capacity_row()), draws_of(spread()))["service_gap"]
    assert len(table) == 3 * 2 * 2
    absent = cell(table, "BBB01", "DAY-CH", 2030)
    assert absent["places"] == 0 and absent["gap_to_demand_places"] > 0 and "няма услугата" in absent["remark"]
    silent = cell(table, "AAA01", "ASSIST", 2030)
    assert silent["places"] == 5 and pd.isna(silent["demand_median"]) and "няма прогноза" in silent["remark"]


def test_a_municipality_without_any_return_is_unknown_and_not_empty():
    capacity = capacity_of(capacity_row())
    capacity = capacity[capacity["municipality_code"] != "BBB01"]
    tables = gaps(capacity, draws_of(spread()))
    row = cell(tables["service_gap"], "BBB01", "DAY-CH", 2030)
    assert pd.isna(row["places"]) and pd.isna(row["gap_to_demand_places"]) and row["confidence"] == "D"
    assert "няма отчет" in row["remark"]
    areas = tables["oblast_gap"].query("service_code == 'DAY-CH'").set_index("area_code")
    for area in ("BBB", "BG"):
        unknown = ["places", "gap_to_demand_places", "missing_without_sharing_places", "probability_gap_positive"]
        assert areas.loc[area, unknown].isna().all(axis=None)
    assert (areas.loc["AAA", "places"] == 10).all() and areas.loc["AAA", "probability_gap_positive"].notna().all()


def test_areas_add_draws_and_not_quantiles():
    persons = spread()
    table = gaps(capacity_of(capacity_row(), capacity_row("AAA02", places=30)), draws_of(persons))["oblast_gap"]
    row = table.query("area_code == 'AAA' and service_code == 'DAY-CH' and year == 2030").iloc[0]
    summed = (persons[0, 1] + persons[1, 1]).astype(np.float32)
    assert row["demand_high"] == pytest.approx(np.quantile(summed, 0.9), rel=1e-5)
    assert row["places"] == 40 and row["gap_to_demand_places"] == pytest.approx(np.median(summed) - 40, abs=1e-3)
    alone = np.maximum(persons[0, 1] - 10, 0) + np.maximum(persons[1, 1] - 30, 0)
    assert row["missing_without_sharing_places"] == pytest.approx(np.median(alone), abs=1e-3)


def test_the_latest_return_of_the_municipality_counts():
    older = capacity_row(year=2018, places=50)
    newer = capacity_row(service="ASSIST", year=2019, places=4)
    table = gaps(capacity_of(older, newer), draws_of(spread()))["service_gap"]
    # In 2019 the municipality reported ASSIST only, so its DAY-CH of 2018 no longer exists.
    assert cell(table, "AAA01", "DAY-CH", 2019)["places"] == 0
    assert cell(table, "AAA01", "ASSIST", 2019)["places"] == 4
    assert cell(table, "AAA01", "ASSIST", 2030)["places"] == 5


def test_homes_that_close_have_residents_and_no_gap():
    capacity = capacity_of(capacity_row(service="LEG-PSY", places=60, occupied=55))
    for draws in ([], [draws_of(spread(), "LEG-PSY")]):
        row = cell(gaps(capacity, *draws)["service_gap"], "AAA01", "LEG-PSY", 2030)
        assert row["occupied"] == 55
        assert pd.isna(row["gap_to_demand_places"]) and pd.isna(row["probability_gap_positive"])
        assert "RES-PSY" in row["remark"] and "критерият" not in row["remark"]


def test_what_is_not_loaded_is_empty_and_says_so():
    table = gaps(capacity_of(capacity_row()), draws_of(spread()))["service_gap"]
    row = cell(table, "AAA01", "DAY-CH", 2030)
    empty = [
        "map_number",
        "criterion_maximum",
        "gap_to_map_places",
        "gap_to_criterion_places",
        "staff_needed",
        "yearly_cost",
    ]
    assert row[empty].isna().all()
    for reason in ("критерият не е зареден", "няма стандарт за разход", "няма стандарт за персонал", "по права линия"):
        assert reason in row["remark"]


def test_municipal_services_outside_the_map_wait_for_no_criterion():
    capacity = capacity_of(capacity_row(service="MUN-PATRON"))
    row = cell(gaps(capacity, draws_of(spread(), "MUN-PATRON"))["service_gap"], "AAA01", "MUN-PATRON", 2030)
    assert "критерият не е зареден" not in row["remark"] and "чл. 47" in row["remark"]


def test_cost_of_closing_the_gap_where_a_standard_is_loaded():
    cost = UnitCost(
        service_code="DAY-CH",
        valid_from="2021-01-01",
        price_year=2021,
        amount=100.0,
        currency="BGN",
        per="user_year",
        source="измислен в теста",
    )
    persons = np.full((3, 2, 10), 25.0)
    table = gaps(capacity_of(capacity_row()), draws_of(persons), standards=Standards({"DAY-CH": cost}))["service_gap"]
    leva, euro = (cell(table, "AAA01", "DAY-CH", year) for year in YEARS)
    assert (leva["yearly_cost"], leva["currency"], leva["price_year"]) == (1500.0, "BGN", 2021)
    assert (euro["yearly_cost"], euro["currency"], euro["price_year"]) == (pytest.approx(1500 / 1.95583), "EUR", 2021)


def test_confidence_is_the_width_of_the_range_and_unknown_is_the_least():
    low, middle, high = np.array([[20, 0, 0, 2, 0.0], [40, 40, 40, 40, 0.2], [60, 70, 100, 140, 1.5]])
    assert formulas.confidence(10.0, low, middle, high).tolist() == ["A", "B", "C", "D", "B"]
    assert formulas.confidence(np.nan, low, middle, high).tolist() == ["D"] * 5


@given(st.floats(1, 500), st.floats(0, 300), st.floats(0, 300), st.floats(0, 200))
def test_a_wider_range_is_never_more_certain(middle, below, above, more):
    one, other = (
        str(formulas.confidence(1.0, middle - below, middle, middle + above + wider)) for wider in (0.0, more)
    )
    assert one <= other


def test_sums_over_real_and_demonstration_returns_say_so():
    mixed = capacity_of(capacity_row())
    mixed.loc[mixed["municipality_code"] == "BBB01", "status"] = "demonstration"
    tables = gaps(mixed, draws_of(np.full((3, 2, 10), 40.0)))
    labels = tables["oblast_gap"].drop_duplicates("area_code").set_index("area_code")["data_label"]
    assert labels.to_dict() == {"AAA": "", "BBB": "демонстрационни данни", "BG": "смесени данни"}
    assert set(tables["service_gap"]["status"]) == {"demonstration"}


def test_target_population_is_the_median_of_its_group():
    need = pd.DataFrame(
        {
            "area_level": "municipality",
            "area_code": ["AAA01", "AAA01", "AAA01"],
            "target_group": ["TG-DISCH", "TG-DISCH", "TG-OLD"],
            "year": 2030,
            "scenario": "reference",
            "output_type": ["median", "mean", "median"],
            "persons": [120.0, 125.0, 900.0],
        }
    )
    tables = gap_tables(
        capacity_of(capacity_row()), [draws_of(spread())], SERVICE, MUNICIPALITY, GapSettings(YEARS), need
    )
    assert cell(tables["service_gap"], "AAA01", "DAY-CH", 2030)["target_population"] == 120.0
    assert pd.isna(cell(tables["service_gap"], "AAA01", "DAY-CH", 2019)["target_population"])


def test_draws_in_another_order_give_the_same_gap_and_missing_ones_are_refused():
    persons, capacity = spread(), capacity_of(capacity_row())
    straight = gaps(capacity, draws_of(persons))["service_gap"]
    turned = draws_of(persons[::-1, ::-1], areas=("BBB01", "AAA02", "AAA01"), years=[2030, 2019])
    pd.testing.assert_frame_equal(gaps(capacity, turned)["service_gap"], straight)
    with pytest.raises(OssuError, match="DAY-CH"):
        gaps(capacity, draws_of(persons[:2], areas=("AAA01", "AAA02")))


@hypothesis_settings(max_examples=15, deadline=None)
@given(st.integers(0, 60), st.integers(0, 40), st.integers(0, 2**31))
def test_more_places_never_raise_the_gap(places, more, seed):
    persons = draws_of(spread(seed, 50))
    fewer, richer = (
        gap_tables(
            capacity_of(capacity_row(places=there, occupied=0)), [persons], SERVICE, MUNICIPALITY, GapSettings(YEARS)
        )
        for there in (places, places + more)
    )
    for name in fewer:
        for column in ("gap_to_demand_places", "probability_gap_positive"):
            assert (richer[name][column].dropna() <= fewer[name][column].dropna() + 1e-9).all()
    unshared = "missing_without_sharing_places"
    assert (richer["oblast_gap"][unshared].dropna() <= fewer["oblast_gap"][unshared].dropna() + 1e-4).all()
    positive = fewer["oblast_gap"]["gap_to_demand_places"].clip(lower=0)
    assert (fewer["oblast_gap"][unshared] >= positive - 1e-3)[positive.notna()].all()


def test_way_to_the_nearest_places():
    table = gaps(capacity_of(capacity_row()), draws_of(spread()))["service_gap"]
    assert cell(table, "AAA01", "DAY-CH", 2030)["km_to_nearest"] == 0
    # One degree of longitude at 42 degrees north: 111.2 * cos(42).
    assert cell(table, "AAA02", "DAY-CH", 2030)["km_to_nearest"] == pytest.approx(82.6, abs=0.1)


def residents(**moved):
    rows = capacity_of(capacity_row("AAA02", places=30))[["municipality_code", "service_code", "period_end"]]
    rows = rows.drop_duplicates("municipality_code").assign(service_code="DAY-CH")
    blank = dict.fromkeys(["places_for_others", "places_elsewhere"], 0.0) | {"is_mobile": False}
    table = rows.assign(**blank).set_index("municipality_code")
    for code, (column, value) in moved.items():
        table.loc[code, column] = value
    return table.reset_index()


def test_a_municipality_served_by_its_neighbour_is_not_short_of_those_places():
    table = residents(AAA01=("places_elsewhere", 12.0), AAA02=("places_for_others", 12.0))
    capacity, demand = capacity_of(capacity_row("AAA02", places=30)), draws_of(np.full((3, 2, 50), 20.0))
    settings = GapSettings(YEARS)
    apart = gap_tables(capacity, [demand], SERVICE, MUNICIPALITY, settings)
    shared = gap_tables(capacity, [demand], SERVICE, MUNICIPALITY, settings, residents=table)
    validated(table_class("gap", "service_gap"), shared["service_gap"])
    gap = {name: [cell(one["service_gap"], code, "DAY-CH", 2030)["gap_to_demand_places"] for code in ("AAA01", "AAA02")]
           for name, one in (("apart", apart), ("shared", shared))}  # fmt: skip
    assert gap == {"apart": [20, -10], "shared": [8, 2]}
    row = cell(shared["service_gap"], "AAA01", "DAY-CH", 2030)
    assert row["places"] == 0 and "в други общини" in row["remark"]
    areas = [one["oblast_gap"].query("area_code == 'AAA' and year == 2030 and service_code == 'DAY-CH'").iloc[0]
             for one in (apart, shared)]  # fmt: skip
    assert areas[0]["gap_to_demand_places"] == areas[1]["gap_to_demand_places"] == 10
    assert areas[0]["missing_without_sharing_places"] == 20 and areas[1]["missing_without_sharing_places"] == 10


@hypothesis_settings(deadline=None, max_examples=10)
@given(st.integers(0, 60), st.integers(0, 30), st.floats(0, 20), st.integers(0, 9_999))
def test_places_elsewhere_never_raise_the_gap(places, more, elsewhere, seed):
    demand = draws_of(np.random.default_rng(seed).gamma(4.0, 6.0, (3, 2, 60)))
    found = []
    for own, other in ((places, 0.0), (places + more, elsewhere)):
        table = residents(AAA01=("places_elsewhere", other))
        capacity = capacity_of(capacity_row(places=own))
        made = gap_tables(capacity, [demand], SERVICE, MUNICIPALITY, GapSettings(YEARS), residents=table)
        found.append([cell(made["service_gap"], "AAA01", "DAY-CH", 2030), *made["oblast_gap"].to_dict("records")])
    for less, plenty in zip(*found, strict=True):
        for name in ("gap_to_demand_places", "probability_gap_positive"):
            assert pd.isna(less[name]) or plenty[name] <= less[name] + 1e-4
