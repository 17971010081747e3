"""The report card: averages are those of the scores, a simple method that is better is named, tables can be ordered."""

import re

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.report.run.report_card import FILE, compared, town_rows, town_table, write_report_card
from ossu_analysis.report.run.what_came import came_blocks, came_rows
from ossu_analysis.store import Store

from . import made_up


def scores(errors: dict[str, list[float]], **more) -> pd.DataFrame:
    """Rows of one place from two origins, of 10 and 30 areas."""
    rows = [
        (method, origin, areas, metric, value if metric == "mape" else 0.8)
        for method, values in errors.items()
        for origin, areas, value in zip((2005, 2013), (10, 30), values, strict=True)
        for metric in ("mape", "coverage_80")
        if metric == "mape" or method == "ossu"
    ]
    table = pd.DataFrame(rows, columns=["method", "origin_year", "areas", "metric", "value"])
    place = {"level": "municipality", "age_group": "total", "size_class": "all", "horizon_years": 5}
    return table.assign(**(place | {"crosses_census": False, "is_calibrated": table["origin_year"] == 2013} | more))


def test_mean_weighs_areas_alike_and_the_best_simple_method_is_named() -> None:
    known_total = scores({"ossu_given_country": [0.0, 0.0]}).query("metric == 'mape'")
    score = pd.concat([scores({"ossu": [0.04, 0.02], "naive": [0.09, 0.01], "linexp": [0.01, 0.035]}), known_total])
    row = compared(score, ["horizon_years"]).iloc[0]
    assert row["mape"] == pytest.approx((10 * 0.04 + 30 * 0.02) / 40)
    assert (row["best"], row["best_mape"]) == ("linexp", pytest.approx((10 * 0.01 + 30 * 0.035) / 40))
    assert not row["is_better"] and row["calibrated"] == 0.5
    worse = compared(scores({"ossu": [0.04, 0.03], "naive": [0.02, 0.02]}), ["horizon_years"]).iloc[0]
    assert worse["is_better"]


def test_levels_and_sizes_stand_in_their_order() -> None:
    parts = [scores({"ossu": [0.1, 0.1], "naive": [0.2, 0.2]}, level=name) for name in ("country", "municipality")]
    assert compared(pd.concat(parts), ["level"])["level"].tolist() == ["municipality", "country"]


def test_towns_stand_in_bulgarian_order_and_sort_by_value() -> None:
    rows = town_rows(made_up.report_card(), made_up.regions()[1])
    assert rows["name"].tolist() == ["Бяла (RSE04)", "Бяла (VAR05)", "Варна (VAR06)"]
    assert rows["verdict"].tolist().count("по-точен е простият метод") == 1
    assert town_table(rows).rows()[0][3].startswith("3,00")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    root = tmp_path_factory.mktemp("card")
    store = made_up.store(root)
    made = made_up.score()
    lost = made.query("method == 'naive' and metric == 'mape'").assign(value=0.001, horizon_years=10)
    ages = made.query("metric == 'mape'").assign(age_group="65+", level="oblast", origin_year=2015)
    store.write("evaluation", "score", made_up.complete("evaluation", "score", pd.concat([made, lost, ages])))
    age_score = pd.DataFrame({"test": "hidden_oblast", "base_year": 2018, "age_group": "65+",
                              "method": ["estimate", "region_shares"], "metric": "MAPE",
                              "value": [1.53, 8.15], "status": "estimated"})  # fmt: skip
    store.write("population", "age_score", age_score)
    write_report_card(store, root, made_up.imprint())
    return (root / FILE).read_text(encoding="utf-8")


def test_page_says_where_a_simple_method_was_better(page: str) -> None:
    assert re.search(r"<li>10\sг\., с[^<]*община: по-точен е простият метод „без промяна“", page)
    assert "В 1 от 1 общини прост метод е бил по-точен при хоризонт 5\u00a0години. (с преброяване)" in page
    assert "65 и повече години" in page and "8,15" in page


def test_page_stands_alone_and_has_no_key_in_place_of_a_sentence(page: str) -> None:
    shown = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)
    assert not re.findall(r"[{}]{2}|\bNone\b|\bnan\b|(?:report|evaluation)\.\w+", shown)
    assert not re.findall(r'(?:src|href)="https?:', page) and "<script src" not in page
    assert set(re.findall(r'src="([^"]+)"', page)) == {"charts/backtest.png", "charts/calibration.png"}
    assert page.count("<ul>") == page.count("</ul>")


def test_every_cell_can_be_ordered(page: str) -> None:
    body = re.search(r'<table id="towns">.*?<tbody>(.*?)</tbody>', page, re.S)
    assert body is not None
    rows = re.findall(r"<tr data-census.*?</tr>", body[1], re.S)
    orders = np.array([[int(place) for place in re.findall(r'data-order="(\d+)"', row)] for row in rows])
    assert orders.shape == (3, 9)
    assert (orders[:, 0] == sorted(orders[:, 0])).all() and orders[:, 7].tolist() == [3, 1, 2]


def test_page_of_a_run_without_scores_says_so(tmp_path) -> None:
    write_report_card(Store(tmp_path), tmp_path, made_up.imprint())
    page = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "Няма година, от която прогнозата да може да се провери" in page and "няма данни" in page


def totals_from(origin: int, errors: dict[str, list[float]]) -> pd.DataFrame:
    """Municipal errors one to five years ahead by method, with the bias of the country, and our ranges."""
    rows = [
        (level, method, at + 1, metric, value)
        for method, values in errors.items()
        for at, error in enumerate(values)
        for level, metric, value in (
            ("municipality", "mape", error),
            ("municipality", "within_10", 0.9),
            ("country", "malpe", -error / 2),
            *([("municipality", "coverage_80", 0.66)] if method == "ossu" else []),
        )
    ]
    table = pd.DataFrame(rows, columns=["level", "method", "horizon_years", "metric", "value"])
    return table.assign(origin_year=origin, age_group="total", size_class="all", areas=265)


def words(blocks: list) -> list[str]:
    return [block.text for block in blocks if hasattr(block, "text")]


def test_the_forecast_beside_what_came_names_every_better_simple_method() -> None:
    ours = {"ossu": [0.01, 0.02, 0.03, 0.04, 0.05]}
    rivals = {"naive": [0.02, 0.03, 0.04, 0.05, 0.06], "linexp": [0.02, 0.03, 0.04, 0.05, 0.048]}
    known_total = {"ossu_given_country": [0.0] * 5}
    earlier = totals_from(2013, ours | {"naive": [0.001] * 5})
    score = pd.concat([totals_from(2018, ours | rivals | known_total), earlier])
    blocks = list(came_blocks(score))
    said = [one for one in words(blocks) if "по-точен от нашата прогноза" in one]
    assert said == ["2023\u00a0г.: по-точен от нашата прогноза (5,00\u00a0%) е „LINEXP“ 4,80\u00a0%."]
    rows = came_rows(score, 2018)
    assert rows.loc[rows["year"] == 2023, "method"].tolist() == ["linexp", "ossu", "naive"]
    last = rows[(rows["year"] == 2023) & (rows["method"] == "ossu")].iloc[0]
    assert last[["mape", "sum_bias", "within_10", "coverage_80"]].tolist() == [0.05, -0.025, 0.9, 0.66]
    assert rows.loc[rows["method"] != "ossu", "coverage_80"].isna().all()
    assert any("7.9.2021" in one for one in words(blocks))


def test_the_forecast_beside_what_came_says_when_none_was_better_and_nothing_when_none_has_passed() -> None:
    best = totals_from(2013, {"ossu": [0.01] * 5, "naive": [0.02] * 5})
    blocks = list(came_blocks(best))
    assert "В нито една от тези години прост метод не е бил по-точен от нашата прогноза." in words(blocks)
    assert not any("7.9.2021" in one for one in words(blocks))
    assert not list(came_blocks(best[best["horizon_years"] < 5]))
