"""Waiting by the flow model against people who queue one by one, and the stay that returns tell of."""

import numpy as np
import pytest

from ossu_analysis.demand.draws import draw_demand
from ossu_analysis.demand.panel import panels
from ossu_analysis.demand.service import Service
from ossu_analysis.demand.use_rate import UseRate, fit
from ossu_analysis.demand.waiting import MORE_PLACES, mean_stay, places_for, wait_years, waiting_rows
from ossu_analysis.evaluation.demand_mechanisms import queue_world, serve
from ossu_analysis.schemas import table_class, validated


@pytest.fixture(scope="module")
def fitted() -> UseRate:
    world = queue_world(3)
    areas = world.exposed[["area_code", "parent_code"]].drop_duplicates()
    return fit(panels(world.returns, world.exposed, areas)[0])


@pytest.mark.parametrize(("places", "patience"), [(50, 1.0), (60, 2.0), (70, 0.7)])
def test_the_wait_is_that_of_people_who_queue(places: int, patience: float) -> None:
    """Demand of 100 persons who stay three years; what an entry is worth is taken from the queue itself."""
    rng = np.random.default_rng(1)
    coming, stay = np.full(40, 100 / 3.0), 3.0
    runs = [serve(rng, coming, np.full(40, float(places)), stay, patience, 0.0) for _ in range(12)]
    queue, waited = np.mean([run[1][-20:] for run in runs]), np.mean([run[3] for run in runs])
    validity = (100 - places) / queue
    made = wait_years(np.array([100.0]), np.array([float(places)]), stay, validity)[0]
    assert made == pytest.approx(waited, rel=0.15)


@pytest.mark.parametrize("target", [0.25, 0.5])
def test_with_the_places_for_a_wait_people_who_queue_wait_no_longer(target: float) -> None:
    """The worth of an entry is read from the queue at fifty places; the places that follow are then tried out."""
    rng = np.random.default_rng(2)
    coming, stay = np.full(40, 100 / 3.0), 3.0
    today = [serve(rng, coming, np.full(40, 50.0), stay, 1.0, 0.0) for _ in range(12)]
    validity = 50 / np.mean([run[1][-20:] for run in today])
    places = np.ceil(places_for(np.array([100.0]), target, stay, validity)[0])
    then = [serve(rng, coming, np.full(40, places), stay, 1.0, 0.0) for _ in range(12)]
    waited = np.mean([run[3] for run in then])
    assert np.mean([run[3] for run in today]) > 1.2 * target
    assert 0.5 * target < waited < 1.15 * target


def test_places_for_a_wait_give_that_wait_and_more_places_never_a_longer_one() -> None:
    demand = np.array([40.0, 90.0])
    for target in (0.25, 1.0):
        places = places_for(demand, target, 3.0, 1.4)
        assert wait_years(demand, places, 3.0, 1.4) == pytest.approx(target)
    assert wait_years(demand, demand + 1, 3.0, 1.4).max() == 0
    assert np.isinf(wait_years(demand, np.zeros(2), 3.0, 1.4)).all()


def test_the_stay_is_read_from_counts_that_are_not_full() -> None:
    long, short = (mean_stay(_free(stay)) for stay in (6.0, 0.8))
    assert long > 2 * short


def _free(stay: float) -> UseRate:
    """A service that is never full, of people who stay as long as given."""
    world = queue_world(3)
    areas = world.exposed[["area_code", "parent_code"]].drop_duplicates()
    panel = panels(world.returns, world.exposed, areas)[0]
    rng = np.random.default_rng(5)
    runs = [serve(rng, np.full(30, 30 / stay), np.full(30, 1e6), stay, 1.0, 0.0)[0][-8:] for _ in panel.areas]
    users, persons = np.array(runs), np.full(panel.persons.shape, 3000.0)
    changed = {"users": users, "places": users + 40, "waiting": np.full_like(users, np.nan), "persons": persons}
    return fit(type(panel)(**(vars(panel) | changed)))


def test_rows_fit_their_table_and_more_places_shorten_the_wait(fitted: UseRate) -> None:
    panel = fitted.panel
    places = np.nan_to_num(panel.places[:, -1])
    drawn = draw_demand(fitted, panel.persons[:, -1:, None], panel.years[-1:], 1)
    drawn = type(drawn)(
        drawn.service_code, np.array([f"SML{i % 100:02d}" for i in range(265)]), *list(vars(drawn).values())[2:]
    )
    rows = waiting_rows(drawn, fitted, Service("MUN-PATRON", "TG-65", "demonstration"), places)
    assert len(rows) == len(MORE_PLACES) * (places > 0).sum()
    by_added = np.stack([rows.loc[rows["added_places"] == more, "wait_years"] for more in MORE_PLACES])
    assert (np.diff(by_added, axis=0) <= 0).all()
    one = rows.drop_duplicates(["municipality_code", "service_code", "added_places"])
    validated(table_class("demand", "waiting_time"), one)
