"""The fit sees past full services, never gives zero, and obeys its laws."""

from dataclasses import replace

import numpy as np
import pytest

from ossu_analysis.demand.panel import Panel, panels
from ossu_analysis.demand.use_rate import fit, fit_table
from ossu_analysis.evaluation.demand_worlds import Mechanism, World, make_world


def panel_of(world: World) -> Panel:
    areas = world.exposed[["area_code", "parent_code"]].drop_duplicates()
    return panels(world.returns, world.exposed, areas)[0]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Mechanism(full_share=0.5, places_follow=0.5), seed=11)


@pytest.fixture(scope="module")
def panel(world: World) -> Panel:
    return panel_of(world)


def expected(world: World, panel: Panel) -> np.ndarray:
    wide = world.truth.pivot(index="area_code", columns="year", values="expected_demand")
    return wide.loc[panel.areas].to_numpy()[:, : len(panel.years)]


def predicted(panel: Panel) -> np.ndarray:
    fitted = fit(panel)
    return panel.persons * np.exp(fitted.year_effects) * fitted.levels.mean()[:, None]


def test_demand_behind_full_services_is_found(world: World, panel: Panel) -> None:
    truth = expected(world, panel)
    assert np.nansum(panel.users) < 0.85 * truth[np.isfinite(panel.users)].sum(), "the world must hide demand"
    assert predicted(panel).sum() == pytest.approx(truth.sum(), rel=0.06)


def test_a_municipality_without_the_service_gets_the_rate_of_its_oblast(panel: Panel) -> None:
    table = fit_table(fit(panel))
    without = table["direct_rate"].isna()
    assert without.any()
    assert (table.loc[without, "rate"] > 0).all()
    ratio = table.loc[without, "rate"] / table.loc[without, "parent_rate"]
    assert ratio.to_numpy() == pytest.approx(1.0, abs=0.1)


def test_twice_the_persons_halve_the_rates_and_leave_demand(panel: Panel) -> None:
    doubled = replace(panel, persons=2 * panel.persons)
    assert predicted(doubled) == pytest.approx(predicted(panel), rel=1e-3)


def test_longer_waiting_lists_never_lower_demand(panel: Panel) -> None:
    full = panel.users >= panel.places
    short, long = (replace(panel, waiting=np.where(full, n, np.nan)) for n in (5.0, 25.0))
    assert predicted(long).sum() > predicted(short).sum()


def test_double_entries_of_waiting_lists_are_found_out() -> None:
    law = Mechanism(full_share=0.6, waiting_known=0.5, duplicate_share=0.3)
    twin = replace(law, duplicate_share=0.0)
    doubled, clean = (fit(panel_of(make_world(m, 5))).validity for m in (law, twin))
    assert doubled < 0.85 < clean * 1.1
    assert doubled < clean


def test_a_list_without_double_entries_is_worth_its_persons_though_services_are_always_full() -> None:
    """Municipalities full in every year say nothing of the worth of an entry; it was once put at 0.9 by them."""
    law = Mechanism(full_share=0.8, waiting_known=0.6, dispersion=0.005, places_follow=0.6)
    worths = [fit(panel_of(make_world(law, seed))).validity for seed in range(3)]
    assert np.mean(worths) == pytest.approx(1.0, abs=0.06)


def test_an_early_stop_common_to_a_service_is_found() -> None:
    world = make_world(Mechanism(full_share=0.6, ceiling=0.9), seed=3)
    made = panel_of(world)
    assert np.nanmax(made.users / np.where(made.places >= 20, made.places, np.nan)) < 0.97
    assert predicted(made).sum() == pytest.approx(expected(world, made).sum(), rel=0.08)


def test_one_year_of_ten_areas_still_gives_rates() -> None:
    rng = np.random.default_rng(1)
    users = rng.poisson(12, (10, 1)).astype(float)
    users[3] = np.nan
    unknown = np.full((10, 1), np.nan)
    codes = np.array([f"A{i}" for i in range(10)])
    made = Panel(
        "S",
        codes,
        np.zeros(10, int),
        np.array(["P"]),
        np.array([2021]),
        np.full((10, 1), 1e3),
        users,
        users + 9,
        unknown,
    )
    fitted = fit(made)
    assert np.isfinite(fitted.levels.mean()).all() and fitted.levels.mean()[3] > 0


def test_towns_that_ask_more_are_not_put_at_the_level_of_villages(panel: Panel) -> None:
    """Rates that rise with size, the larger half always full: what the free half shows of the slope is used."""
    rng, typical = np.random.default_rng(5), np.median(panel.persons)
    mean = 0.02 * panel.persons * (panel.persons / typical) ** 0.3
    demand = rng.poisson(mean * rng.gamma(20, 1 / 20, (len(mean), 1))).astype(float)
    full = rng.random((len(mean), 1)) < np.where(panel.persons[:, :1] > typical, 0.7, 0.2)
    places = np.where(full, np.ceil(0.75 * mean.min(axis=1, keepdims=True)), 3 * demand.max(axis=1, keepdims=True) + 5)
    places = np.broadcast_to(places, demand.shape)
    seen = replace(panel, users=np.minimum(demand, places), places=places, waiting=np.full_like(demand, np.nan))
    fitted = fit(seen)
    assert fitted.size == pytest.approx(0.3, abs=0.1)
    assert predicted(seen).sum() == pytest.approx(mean.sum(), rel=0.08)


def test_places_that_small_municipalities_have_more_of_tell_nothing_of_those_without_the_service() -> None:
    """Rates alike, homes of at least 25 places, a quarter without the service: those are at the rate of the rest."""
    rng, areas = np.random.default_rng(3), 265
    persons = np.exp(rng.normal(7.5, 1.0, areas))
    mean = 0.02 * persons * rng.lognormal(0, 0.3, areas)
    demand = rng.poisson(mean[:, None], (areas, 6)).astype(float)
    places = np.broadcast_to(np.maximum(25, np.round(mean * rng.uniform(0.6, 1.4, areas)))[:, None], demand.shape)
    without = np.broadcast_to(rng.random(areas)[:, None] < 0.25, demand.shape)
    users, places = (np.where(without, np.nan, figure) for figure in (np.minimum(demand, places), places))
    codes = (np.array([f"{letter}{n:03d}" for n in range(count)]) for letter, count in (("A", areas), ("P", 20)))
    area_codes, parent_codes = codes
    unknown, wide = np.full(demand.shape, np.nan), np.repeat(persons[:, None], 6, axis=1)
    made = Panel(
        "S", area_codes, np.arange(areas) % 20, parent_codes, np.arange(2015, 2021), wide, users, places, unknown
    )
    absent = without[:, 0]
    assert fit(made).size == pytest.approx(0.0, abs=0.05)
    assert predicted(made)[absent, -1].sum() == pytest.approx(mean[absent].sum(), rel=0.08)
