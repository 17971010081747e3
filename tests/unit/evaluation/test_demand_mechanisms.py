"""Worlds by mechanism: what they hold, and that the model sees what their lists leave out."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.demand.panel import FULL, panels
from ossu_analysis.demand.use_rate import FEWEST_LISTS, ListWorth, fit, fit_all
from ossu_analysis.evaluation.demand_mechanisms import MECHANISMS, homes_world, queue_world
from ossu_analysis.evaluation.demand_worlds import World


def panel_of(world: World):
    return panels(world.returns, world.exposed, world.exposed[["area_code", "parent_code"]].drop_duplicates())[0]


@pytest.mark.parametrize("mechanism", sorted(MECHANISMS))
def test_a_world_is_made_again_by_its_seed_and_hides_demand(mechanism: str) -> None:
    first, again, other = (MECHANISMS[mechanism](seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.returns, again.returns)
    assert not first.truth["demand"].equals(other.truth["demand"])
    both = first.returns.merge(first.truth, on=["area_code", "year"])
    assert both["users"].sum() < 0.99 * both["demand"].sum()
    assert first.truth["expected_demand"].sum() == pytest.approx(first.truth["demand"].sum(), rel=0.02)


def test_people_who_queue_leave_a_list_shorter_than_what_is_missing() -> None:
    both = queue_world(3).returns.merge(queue_world(3).truth, on=["area_code", "year"])
    listed = both[both["waiting"] > 0]
    assert listed["waiting"].sum() < 0.8 * (listed["demand"] - listed["users"]).sum()
    assert (both["users"] <= both["places"]).all()


def test_demand_behind_a_short_list_is_seen() -> None:
    world = queue_world(3)
    panel = panel_of(world)
    fitted = fit(panel)
    full = (panel.users[:, -1] >= FULL * panel.places[:, -1]) & (panel.waiting[:, -1] > 0)
    predicted = panel.persons[:, -1] * np.exp(fitted.year_effects[-1]) * fitted.levels.mean()
    last = world.truth[world.truth["year"] == panel.years[-1]].set_index("area_code")["expected_demand"]
    expected = last.loc[panel.areas].to_numpy()
    taken_as_said = panel.users[:, -1] + panel.waiting[:, -1]
    assert fitted.validity > 1.3
    assert predicted[full].sum() == pytest.approx(expected[full].sum(), rel=0.08)
    assert taken_as_said[full].sum() < 0.9 * expected[full].sum()


def test_a_service_with_few_lists_takes_the_worth_of_others() -> None:
    many = panel_of(queue_world(3))
    few = panel_of(homes_world(2))
    kept = np.zeros(len(few.areas), bool)
    kept[np.flatnonzero((few.waiting > 0).any(axis=1))[:2]] = True
    few = type(few)(**(vars(few) | {"waiting": np.where(kept[:, None], few.waiting, np.nan)}))
    assert (few.waiting > 0).sum() < FEWEST_LISTS
    alone = fit(few).validity
    told, beside = fit_all([few, many])
    assert alone == pytest.approx(np.exp(ListWorth().middle), abs=0.35)
    assert told.validity > alone + 0.1
    assert beside.validity == fit(many).validity
