"""Draws and the rows made from them: reproducible by service, coherent by draw, ordered quantiles."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

from ossu_analysis.demand.draws import counts_around, demand_draws, draw_demand
from ossu_analysis.demand.forecast import Labels, forecast_chunk, levels
from ossu_analysis.demand.panel import panels
from ossu_analysis.demand.use_rate import UseRate, fit
from ossu_analysis.draws import add_up
from ossu_analysis.evaluation.demand_worlds import Mechanism, make_world

YEARS = np.arange(2021, 2027)


@pytest.fixture(scope="module")
def fitted() -> UseRate:
    world = make_world(Mechanism(), seed=2)
    areas = world.exposed[["area_code", "parent_code"]].drop_duplicates()
    return fit(panels(world.returns, world.exposed, areas)[0])


@pytest.fixture(scope="module")
def exposed(fitted: UseRate) -> np.ndarray:
    rng = np.random.default_rng(0)
    base = fitted.panel.persons[:, -1][:, None, None] * np.exp(rng.normal(0, 0.03, (265, 6, 400)))
    return base.astype(np.float32)


def test_one_service_alone_gives_the_numbers_of_the_whole_run(fitted: UseRate, exposed: np.ndarray) -> None:
    other = replace(fitted, panel=replace(fitted.panel, service_code="DAY-CH"))
    whole = list(demand_draws([other, fitted], lambda code, years: exposed, YEARS, seed=7))
    alone = draw_demand(fitted, exposed, YEARS, seed=7)
    assert (whole[1].persons == alone.persons).all()
    assert not (whole[0].persons == alone.persons).all()
    assert alone.persons.shape == (265, 6, 400)


def test_counts_have_the_mean_and_variance_of_the_negative_binomial(fitted: UseRate) -> None:
    mean = np.full((1, 1, 60_000), 30.0, np.float32)
    drawn = counts_around(mean, 0.05, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(30, rel=0.01)
    assert drawn.var() == pytest.approx(30 + 0.05 * 900, rel=0.05)


@pytest.mark.parametrize("mean", [0.1, 0.3, 1.0, 4.0, 40.0])
def test_counts_have_the_quantiles_of_the_gamma_also_below_one_person(mean: float) -> None:
    drawn = counts_around(np.full((1, 1, 200_000), mean, np.float32), 0.02, np.random.default_rng(2))
    scale = 1 + 0.02 * mean
    expected = gamma.ppf([0.25, 0.5, 0.75, 0.9, 0.975], mean / scale, scale=scale)
    assert np.quantile(drawn, [0.25, 0.5, 0.75, 0.9, 0.975]) == pytest.approx(expected, rel=0.05, abs=0.03)
    assert drawn.mean() == pytest.approx(mean, rel=0.02)


def test_a_last_bit_of_the_mean_moves_a_count_in_its_last_bits() -> None:
    """A sampler that rejects would give other counts from the first differing number on."""
    mean = np.exp(np.random.default_rng(3).normal(1, 1, (4, 5, 500))).astype(np.float32)
    nudged = np.nextafter(mean, np.float32(np.inf))
    first, second = (counts_around(values, 0.05, np.random.default_rng(4)) for values in (mean, nudged))
    assert second == pytest.approx(first, rel=1e-4, abs=1e-4)


def test_rows_add_up_by_draw_and_quantiles_are_in_order(fitted: UseRate, exposed: np.ndarray) -> None:
    drawn = draw_demand(fitted, exposed, YEARS, seed=7)
    parents = fitted.panel.parent_codes[fitted.panel.parents]
    made = levels(drawn.areas, {"oblast": parents, "country": np.full(265, "BG")})
    status = np.full(6, "forecast")
    rows = forecast_chunk(drawn.persons, YEARS, made, Labels("S", "G", "reference", "m", "r"), status).to_pandas()
    means = rows[rows["output_type"] == "mean"].groupby(["area_level", "year"], observed=True)["persons"].sum()
    for level in ("municipality", "oblast"):
        assert means[level].to_numpy() == pytest.approx(means["country"].to_numpy(), rel=1e-6)
    wide = rows[rows["output_type"] == "quantile"].pivot(
        index=["area_level", "area_code", "year"], columns="output_type_id", values="persons"
    )
    assert (np.diff(wide[["0.025", "0.1", "0.25", "0.75", "0.9", "0.975"]].to_numpy(), axis=1) >= 0).all()
    assert len(rows) == (265 + 28 + 1) * 6 * 8


def test_adding_up_keeps_draws_together_whatever_the_order_of_areas() -> None:
    values = np.arange(24.0).reshape(4, 2, 3)
    level = levels(np.array(["D", "B", "C", "A"]), {"parent": np.array(["Y", "X", "Y", "X"])})[1]
    assert level.codes.tolist() == ["X", "Y"]
    assert (add_up(values, level.member)[0] == values[1] + values[3]).all()


def test_more_people_mean_more_demand_in_proportion(fitted: UseRate, exposed: np.ndarray) -> None:
    few, many = (draw_demand(fitted, factor * exposed, YEARS, seed=7).persons.mean() for factor in (1, 2))
    assert many == pytest.approx(2 * few, rel=0.02)


def test_ranges_widen_with_the_horizon(fitted: UseRate, exposed: np.ndarray) -> None:
    country = draw_demand(fitted, exposed, YEARS, seed=7).persons.sum(axis=0)
    spread = pd.DataFrame(country.T).std() / pd.DataFrame(country.T).mean()
    assert spread.iloc[-1] > spread.iloc[1] > 0
