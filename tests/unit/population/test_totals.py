"""Laws of the totals: nothing after the origin is used, parts alone equal the whole, draws add up and calibrate."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.population import totals
from ossu_analysis.population.history import Census, TotalsHistory, known_censuses, prepare_history
from ossu_analysis.population.spread import Growth
from ossu_analysis.population.totals import draw_chunks, draw_totals, fit_totals, forecast_totals
from ossu_analysis.schemas import columns, table_class

CENSUSES = (1992, 2001, 2011)
HELD = tuple(Census(year, year + 1.0, year) for year in CENSUSES)


def made_up_history(areas: int = 30, last: int = 2014, seed: int = 5) -> TotalsHistory:
    """Counts that drift, lose three per cent at a census, and jump now and then; births and deaths known."""
    generator = np.random.default_rng(seed)
    years = np.arange(2000, last + 1)
    size = np.exp(generator.normal(9, 1, areas))
    drift = generator.normal(-0.005, 0.006, areas)
    growth = drift[:, None] + 0.004 * generator.standard_t(4, (areas, len(years)))
    growth[:, np.isin(years, CENSUSES)] -= 0.03 + 0.02 * generator.standard_normal((areas, 2))
    population = np.round(size[:, None] * np.exp(np.cumsum(growth, axis=1)))
    births = np.round(0.009 * population)
    deaths = np.round(0.015 * population)
    names = tuple(f"{('AAA', 'BBB', 'CCC')[3 * number // areas]}{number:03d}" for number in range(areas))
    parents = tuple(name[:3] for name in names)
    numbered = np.arange(areas)
    unknown, censuses = np.full_like(births, np.nan), known_censuses(HELD, last)
    return TotalsHistory(
        names, parents, years, population, births, deaths, unknown, censuses, names, numbered, np.ones(areas)
    )


HISTORY = made_up_history()


def as_tables(history: TotalsHistory, until: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The source tables a history came from, rows after ``until`` removed."""
    tables = []
    for name, values in (("persons", history.population), ("births", history.births), ("deaths", history.deaths)):
        wide = pd.DataFrame(values, index=list(history.areas), columns=history.years).rename_axis("area_code")
        long = wide.melt(ignore_index=False, var_name="year", value_name=name).reset_index()
        tables.append(long[long["year"] <= until].assign(area_level="municipality"))
    tables[0]["basis"] = np.array(CENSUSES)[np.searchsorted(CENSUSES, tables[0]["year"].to_numpy(int), "right") - 1]
    return tables[0], tables[1], tables[2]


def prepared(until: int, base_year: int) -> TotalsHistory:
    """The history to a base year from tables that reach until some year."""
    population, births, deaths = as_tables(HISTORY, until)
    return prepare_history(population, base_year, births, deaths)


@pytest.mark.parametrize("origin", [2004, 2009, 2012])
def test_a_forecast_is_the_same_whether_later_figures_exist_or_not(origin: int) -> None:
    full, cut = prepared(2014, 2014).until(origin), prepared(origin, origin)
    known_later = replace(HISTORY, population=np.where(HISTORY.years > origin, 1.0, HISTORY.population)).until(origin)
    years = range(origin + 1, origin + 11)
    reference = forecast_totals(cut, years, 50, seed=1)
    for history in (full, known_later):
        again = forecast_totals(history, years, 50, seed=1)
        np.testing.assert_array_equal(again.persons, reference.persons)
        np.testing.assert_array_equal(again.hidden_loss, reference.hidden_loss)


def test_constants_and_calibration_too_come_from_before_the_origin() -> None:
    cut, full = (fit_totals(prepared(until, 2010), range(2011, 2016)) for until in (2010, 2014))
    assert cut.trials.memory == full.trials.memory
    assert cut.drift_spread.shape == full.drift_spread.shape
    assert cut.drift_spread.area == full.drift_spread.area
    np.testing.assert_array_equal(cut.drift_spread.scale, full.drift_spread.scale)
    np.testing.assert_array_equal(cut.steps.residuals, full.steps.residuals)


def test_some_areas_alone_have_the_draws_they_have_in_the_whole() -> None:
    model = fit_totals(HISTORY, range(2015, 2025))
    whole, loss = draw_totals(model, 40, seed=3)
    some = np.array([7, 2, 19])
    alone, alone_loss = draw_totals(model, 40, seed=3, members=some)
    np.testing.assert_array_equal(alone, whole[:, some])
    np.testing.assert_array_equal(alone_loss, loss[:, some])


def test_another_seed_gives_other_draws_and_the_same_middle() -> None:
    model = fit_totals(HISTORY, range(2015, 2020))
    one, other = (draw_totals(model, 2000, seed)[0] for seed in (1, 2))
    assert not np.allclose(one, other)
    np.testing.assert_allclose(np.median(one, axis=0), np.exp(model.median()), rtol=0.03)


def test_hidden_loss_is_what_the_census_year_lost_and_nothing_elsewhere() -> None:
    found = forecast_totals(HISTORY, range(2015, 2025), 500, seed=1)
    at_census = found.years == 2021
    assert not found.hidden_loss[:, :, ~at_census].any()
    before = found.persons[:, :, at_census] - found.hidden_loss[:, :, at_census]
    assert (before > 0).all()
    lost = found.hidden_loss[:, :, at_census].sum() / before.sum()
    assert -0.06 < lost < -0.01


def test_scenarios_without_migration_neither_move_nor_lose_at_the_census() -> None:
    model = fit_totals(HISTORY, range(2015, 2025))
    still = model.drift(0.0, 0.0)
    np.testing.assert_allclose(np.diff(still, axis=1), np.repeat(still[:, 1:2] - still[:, :1], 9, axis=1), atol=1e-9)
    _, hidden_loss = draw_totals(model, 20, 1, migration_factor=0.0)
    assert not hidden_loss.any()
    _, taken = draw_totals(model, 20, 1)
    assert taken.any()


def test_what_all_areas_share_is_in_the_range_of_the_country() -> None:
    model = fit_totals(HISTORY, range(2015, 2020))
    wide = replace(model.drift_spread, country=Growth(drift=0.02**2))
    none = replace(model.drift_spread, country=Growth())
    spread = [
        np.log(draw_totals(replace(model, drift_spread=one), 1_000, 1)[0].sum(axis=1)).std(axis=0)[-1]
        for one in (wide, none)
    ]
    assert spread[0] == pytest.approx(np.hypot(5 * 0.02, spread[1]), rel=0.1)
    assert spread[1] < 0.05


def test_the_year_in_which_a_census_enters_is_drawn_and_steps_come_once() -> None:
    model = fit_totals(HISTORY, range(2015, 2025))
    likely = replace(model.steps, censuses=(replace(model.steps.censuses[0], enters=2022, sooner=0.25),))
    loss = draw_totals(replace(model, steps=likely), 2_000, 1)[1][:, 0] != 0
    assert (loss.sum(axis=1) == 1).all()
    assert loss[:, model.years == 2021].mean() == pytest.approx(0.25, abs=0.04)
    assert loss[:, model.years == 2022].mean() == pytest.approx(0.75, abs=0.04)


def test_extra_growth_adds_up_over_the_years() -> None:
    model = fit_totals(HISTORY, range(2015, 2020))
    plain, more = draw_totals(model, 20, 1)[0], draw_totals(model, 20, 1, extra_growth=0.01)[0]
    np.testing.assert_allclose(np.log(more / plain)[0, 0], 0.01 * np.arange(1, 6), atol=1e-5)


def test_an_area_that_was_split_is_estimated_whole_and_given_back_by_its_latest_shares() -> None:
    population, births, deaths = as_tables(HISTORY, 2014)
    new = population["area_code"].eq("AAA000") & (population["year"] >= 2012)
    child = population[new].assign(area_code="AAA999", persons=population.loc[new, "persons"] // 4)
    population.loc[new, "persons"] -= child["persons"].to_numpy()
    change = pd.DataFrame({"old_code": ["AAA000"], "new_code": ["AAA999"], "year": [2012], "share": [0.25]})
    history = prepare_history(pd.concat([population, child]), 2014, births, deaths, area_change=change)
    assert len(history.members) == len(history.areas) + 1
    np.testing.assert_array_equal(history.population.sum(axis=0), HISTORY.population.sum(axis=0))
    found = forecast_totals(history, range(2015, 2017), 10, 1)
    parts = found.persons[:, [found.areas.index("AAA000"), found.areas.index("AAA999")]]
    np.testing.assert_allclose(
        parts[:, 1] / parts.sum(axis=1), history.member_share[found.areas.index("AAA999")], rtol=1e-5
    )


@pytest.mark.parametrize("kind", ["no_events", "three_years", "one_area", "gap", "late_area", "last_missing", "zero"])
def test_odd_histories_still_get_finite_positive_draws(kind: str) -> None:
    history = HISTORY
    population = history.population.copy()
    if kind == "no_events":
        none = np.full_like(history.births, np.nan)
        history = replace(history, births=none, deaths=none, censuses=())
    elif kind == "three_years":
        history = replace(history.select(np.arange(8)), censuses=()).until(2002)
    elif kind == "one_area":
        history = history.select(np.array([4]))
    else:
        rows = {"gap": np.s_[3, 4:7], "late_area": np.s_[3, :6], "last_missing": np.s_[3, -2:], "zero": np.s_[3, -1]}
        population[rows[kind]] = 0.0 if kind == "zero" else np.nan
        history = replace(history, population=population)
    origin = history.origin
    found = forecast_totals(history, range(origin + 1, origin + 9), 30, seed=1)
    assert np.isfinite(found.persons).all()
    assert (found.persons >= 0).all()


def test_years_must_follow_the_history() -> None:
    with pytest.raises(ValueError, match="must follow"):
        fit_totals(HISTORY, range(2016, 2020))


def test_tables_are_what_the_schemas_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "AREAS_PER_CHUNK", 7)
    found = forecast_totals(HISTORY, range(2015, 2018), 12, seed=1)
    chunks = [chunk.to_pandas() for chunk in draw_chunks(found)]
    rows = pd.concat(chunks, ignore_index=True)
    assert list(rows) == [info.name for info in columns(table_class("population", "total_draw"))]
    assert len(rows) == found.persons.size
    one = rows[(rows["municipality_code"] == "BBB011") & (rows["year"] == 2016)].sort_values("draw")
    np.testing.assert_array_equal(one["persons"], found.persons[:, found.areas.index("BBB011"), 1])
    np.testing.assert_array_equal(rows["draw"].to_numpy()[:12], np.arange(12))


def test_ranges_hold_what_they_promise_in_a_world_that_goes_on_as_before() -> None:
    full = made_up_history(areas=200, last=2019)
    found = forecast_totals(full.until(2014), range(2015, 2020), 300, seed=1)
    actual = full.population[:, -5:]
    low, high = np.quantile(found.persons, (0.1, 0.9), axis=0)
    inside = ((low <= actual) & (actual <= high)).mean()
    assert 0.72 < inside < 0.9
