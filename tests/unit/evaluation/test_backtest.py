"""The backtest: windows end at their origin, scores are those of a hand count, the card says who was better."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.evaluation import average, backtest, summary_text
from ossu_analysis.evaluation.baselines import BASELINES, constant_share, linear, linexp, naive
from ossu_analysis.evaluation.windows import OURS, SIZE_NAMES, admissible_origins, rolling_windows
from ossu_analysis.population.history import Census, TotalsHistory, known_censuses
from ossu_analysis.schemas import table_class, validated


@pytest.fixture(scope="module")
def history() -> TotalsHistory:
    generator = np.random.default_rng(8)
    years, areas = np.arange(2000, 2016), 40
    growth = generator.normal(-0.008, 0.008, areas)[:, None] + generator.normal(0, 0.004, (areas, len(years)))
    growth[:, np.isin(years, (2001, 2011))] -= 0.03
    population = np.exp(generator.normal(9, 1.2, areas))[:, None] * np.exp(np.cumsum(growth, axis=1))
    names = tuple(f"{('AAA', 'BBB')[number // 20]}{number:02d}" for number in range(areas))
    none = np.full_like(population, np.nan)
    parents, units = tuple(name[:3] for name in names), np.arange(areas)
    held = tuple(Census(year, year + 1.0, year) for year in (1992, 2001, 2011))
    censuses = known_censuses(held, 2015)
    return TotalsHistory(names, parents, years, population, none, none, none, censuses, names, units, np.ones(areas))


@pytest.fixture(scope="module")
def tables(history: TotalsHistory) -> tuple[pd.DataFrame, pd.DataFrame]:
    return backtest(history, [2006, 2009, 2013])


def test_tables_are_what_the_schemas_declare(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    score, card = tables
    validated(table_class("evaluation", "score"), score)
    validated(table_class("evaluation", "report_card"), card)
    keys = ["method", "level", "age_group", "origin_year", "horizon_years", "size_class", "metric"]
    assert not score.duplicated(keys).any()
    assert set(score["method"]) == {OURS, "ossu_given_country", "ossu_constant_step", *BASELINES}
    assert set(score["level"]) == {"municipality", "oblast", "country"}


def test_scores_of_a_baseline_are_those_of_a_hand_count(history: TotalsHistory, tables) -> None:  # type: ignore[no-untyped-def]
    score = tables[0].set_index(["method", "level", "origin_year", "horizon_years", "size_class", "metric"])["value"]
    last, later = history.population[:, 9], history.population[:, 12]
    assert score["naive", "municipality", 2009, 3, "all", "mape"] == pytest.approx(np.mean(np.abs(last / later - 1)))
    country = abs(last.sum() / later.sum() - 1)
    assert score["naive", "country", 2009, 3, "all", "mape"] == pytest.approx(country)
    pit = [score[OURS, "municipality", 2009, 3, "all", f"pit_{at}"] for at in range(1, 11)]
    assert sum(pit) == pytest.approx(1)


def test_a_window_crosses_a_census_from_the_year_it_takes_place(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    score = tables[0]
    crossing = score[score["origin_year"] == 2009].groupby("horizon_years")["crosses_census"].agg(["min", "max"])
    assert crossing["max"].tolist() == crossing["min"].tolist() == [False, True, True, True, True, True]


def test_ranges_across_a_census_are_uncalibrated_until_an_earlier_window_held_one(tables) -> None:  # type: ignore[no-untyped-def]
    crossing = tables[0][tables[0]["crosses_census"]]
    assert not crossing["is_calibrated"].any()
    assert tables[0].loc[(tables[0]["origin_year"] == 2013), "is_calibrated"].any()


def test_size_classes_add_up_to_all(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    score = tables[0]
    one = score[(score["level"] == "municipality") & (score["metric"] == "mape") & (score["method"] == OURS)]
    one = one[(one["origin_year"] == 2009) & (one["horizon_years"] == 2)].set_index("size_class")
    classes = one.drop("all")
    assert set(classes.index) <= set(SIZE_NAMES)
    assert classes["areas"].sum() == one.at["all", "areas"] == 40
    assert np.average(classes["value"], weights=classes["areas"]) == pytest.approx(one.at["all", "value"])


def test_the_card_says_where_a_simple_method_was_better(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    card = tables[1]
    assert set(card["municipality_code"].str[:3]) == {"AAA", "BBB"}
    better = card["best_baseline_mape"] < card["mape"]
    assert (card["is_baseline_better"] == better).all()
    assert card["is_baseline_better"].any()
    assert not card["is_baseline_better"].all()


def test_the_summary_is_bulgarian_and_names_every_method(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    said = summary_text(tables[0])
    assert "наша прогноза" in said
    assert "несверени" in said
    assert "evaluation." not in said
    assert "nan" not in said
    assert summary_text(tables[0].iloc[:0])


def test_admissible_origins_leave_a_history_before_and_a_count_after(history: TotalsHistory) -> None:
    origins = admissible_origins(history)
    assert origins[0] == 2002
    assert origins[-1] == 2014
    short = history.until(2002)
    assert admissible_origins(short) == []
    score, card = backtest(short)
    assert validated(table_class("evaluation", "score"), score).empty
    assert validated(table_class("evaluation", "report_card"), card).empty


def test_upper_levels_are_sums_of_the_same_draws(history: TotalsHistory) -> None:
    municipal, oblast, country = rolling_windows(history, [2012])
    np.testing.assert_allclose(oblast.draws[:, 1], municipal.draws[:, 20:].sum(axis=1))
    np.testing.assert_allclose(country.draws[:, 0], municipal.draws.sum(axis=1))
    given = oblast.points["ossu_given_country"].sum(axis=0)
    ours = oblast.points[OURS].sum(axis=0)
    scale = municipal.actual.sum(axis=0) / municipal.points[OURS].sum(axis=0)
    np.testing.assert_allclose(given, ours * scale)


def test_average_weighs_areas_alike() -> None:
    rows = pd.DataFrame({"method": "a", "metric": "mape", "value": [0.1, 0.4], "areas": [30, 10]})
    assert average(rows, ["method"]).loc[0, "mape"] == pytest.approx(0.175)


def test_baselines_by_hand() -> None:
    population = np.array([[100.0, 90.0, 81.0], [100.0, 110.0, 120.0]])
    none, names = np.full_like(population, np.nan), ("AAA01", "AAA02")
    years = np.arange(2000, 2003)
    history = TotalsHistory(names, ("A", "A"), years, population, none, none, none, (), names, np.arange(2), np.ones(2))
    np.testing.assert_allclose(naive(history, 2), [[81, 81], [120, 120]])
    np.testing.assert_allclose(linear(history, 2), [[71.5, 62], [130, 140]])
    np.testing.assert_allclose(linexp(history, 2), [[72.9, 65.61], [130, 140]])
    np.testing.assert_allclose(constant_share(history, 1), np.array([[81.0], [120.0]]) / 201 * 201.5)
