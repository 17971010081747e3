"""Charts at their edges: nothing to draw, zeros, one area; and the layout of the tile map."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.report import charts
from ossu_analysis.report.charts.services import classes

NOTHING = pd.DataFrame({"year": [], "persons": []}, dtype=float)
NO_FORECAST = pd.DataFrame({"year": [], "median": [], "low_80": [], "high_80": []}, dtype=float)
COMMON = {"key": "k", "title": "Заглавие", "subtitle": "Подзаглавие"}


def history(values) -> pd.DataFrame:
    return pd.DataFrame({"year": np.arange(2010, 2010 + len(values)), "persons": np.asarray(values, float)})


def forecast(values) -> pd.DataFrame:
    middle = np.asarray(values, float)
    bounds = {"median": middle, "low_80": 0.9 * middle, "high_80": 1.1 * middle}
    return pd.DataFrame({"year": np.arange(2019, 2019 + len(values)), **bounds})


def ages(size: float) -> pd.DataFrame:
    table = pd.DataFrame({"sex": ["F", "M"] * 2, "age_from": [0, 0, 85, 85], "age_to": [4, 4, None, None]})
    return table.assign(persons_base=size, persons_horizon=size)


EDGES = {
    "pyramid of nobody": lambda: charts.pyramid(ages(0.0), 2018, 2035, **COMMON),
    "pyramid without ages": lambda: charts.pyramid(ages(1.0).iloc[:0], 2018, 2035, **COMMON),
    "fan without anything": lambda: charts.fan([("Общо", NOTHING, NO_FORECAST)], **COMMON),
    "fan without history": lambda: charts.fan([("Общо", NOTHING, forecast([5, 4]))], **COMMON),
    "fan of zeros": lambda: charts.fan([("Общо", history([0, 0]), forecast([0, 0]))], breaks=(2011,), **COMMON),
    "no service": lambda: charts.demand_multiples([], **COMMON),
    "service without history and places": lambda: charts.demand_multiples(
        [("Услуга", NOTHING, forecast([1, 2]), float("nan"))], is_demonstration=True, **COMMON
    ),
    "gap all missing": lambda: charts.gap_heatmap(pd.DataFrame({"а": [np.nan]}, index=["Община"]), **COMMON),
    "gap of one municipality": lambda: charts.gap_heatmap(pd.DataFrame({"а": [4.0]}, index=["Община"]), **COMMON),
    "no municipality": lambda: charts.gap_heatmap(pd.DataFrame(), **COMMON),
    "monitoring of nothing": lambda: charts.monitoring_dots(
        pd.DataFrame(columns=["name", "actual", "median", "low", "high"], dtype=float), **COMMON
    ),
    "monitoring of an empty area": lambda: charts.monitoring_dots(
        pd.DataFrame({"name": ["x"], "actual": [0.0], "median": [0.0], "low": [0.0], "high": [0.0]}), **COMMON
    ),
    "no backtest": lambda: charts.backtest_bars(pd.DataFrame(columns=["window", "method", "value"]), "x", **COMMON),
    "no coverage": lambda: charts.calibration(pd.DataFrame(columns=["name", "nominal", "measured"]), **COMMON),
    "one tile without a value": lambda: charts.tile_map(
        pd.DataFrame({"oblast_code": ["A"], "column": [0], "row": [0], "value": [np.nan]}),
        [1],
        ["w", "k"],
        "ab",
        **COMMON,
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_chart_is_drawn_at_its_edge(name):
    chart = EDGES[name]()
    assert chart.png(dpi=50).startswith(b"\x89PNG")
    assert chart.csv().startswith("\ufeff".encode())


def test_svg_says_the_title_and_is_the_same_twice():
    make = lambda: charts.fan([("Общо", history([5, 4]), forecast([4, 3]))], **COMMON)  # noqa: E731
    assert "Заглавие".encode() in make().svg()
    assert make().svg() == make().svg()


def test_data_of_a_fan_holds_history_and_forecast():
    data = charts.fan([("Общо", history([5, 4]), forecast([4, 3]))], **COMMON).data
    assert data["persons"].tolist() == [5, 4, 4, 3]
    assert data["high_80"].iloc[-1] == pytest.approx(3.3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(41.2, 44.2), st.floats(22.4, 28.6)), min_size=1, max_size=40))
def test_every_municipality_gets_a_square_of_its_own(seats):
    table = pd.DataFrame(seats, columns=["lat", "lon"])
    codes = pd.Series([f"M{i}" for i in range(len(table))])
    layout = charts.tile_layout(codes, table["lat"], table["lon"])
    assert layout["municipality_code"].tolist() == codes.tolist()
    assert not layout.duplicated(["column", "row"]).any()


def test_neighbours_on_the_ground_stay_in_order_on_the_map():
    codes, line = pd.Series(list("abcde")), pd.Series([23.0, 23.4, 23.8, 24.2, 24.6])
    layout = charts.tile_layout(codes, pd.Series([42.5] * 5), line)
    assert layout["column"].is_monotonic_increasing


def test_classes_of_a_gap_come_from_positive_values_only():
    assert classes(np.array([-5.0, np.nan, 0.0])).size == 0
    edges = classes(np.array([-5.0, 1.0, 2.0, 3.0, 4.0, 5.0]))
    assert (np.diff(edges) > 0).all()
    assert edges.min() > 0
