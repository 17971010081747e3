"""Worlds with a known truth: what they promise, and that the model beats simpler readings of the same returns."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.evaluation.demand_score import MODEL, ORACLE, grade, summary
from ossu_analysis.evaluation.demand_worlds import Mechanism, World, make_world, standard_mechanisms


@pytest.fixture(scope="module")
def merged() -> pd.DataFrame:
    world = make_world(Mechanism(full_share=0.5, waiting_known=0.5, duplicate_share=0.2), seed=1)
    keys = ["area_code", "parent_code", "service_code", "year"]
    return world.returns.merge(world.truth, on=keys)


def test_use_never_passes_demand_or_places(merged: pd.DataFrame) -> None:
    assert (merged["users"] <= merged["demand"]).all()
    assert (merged["users"] <= merged["places"]).all()


def test_a_list_with_double_entries_is_longer_than_those_who_wait(merged: pd.DataFrame) -> None:
    listed = merged.dropna(subset="waiting")
    unmet = (listed["demand"] - listed["users"]).sum()
    assert listed["waiting"].sum() == pytest.approx(unmet / 0.8, rel=0.02)


def test_the_wished_share_of_cells_is_full(merged: pd.DataFrame) -> None:
    assert (merged["demand"] > merged["users"]).mean() == pytest.approx(0.5, abs=0.12)


def test_the_same_seed_gives_the_same_country_and_another_seed_another() -> None:
    first, again, other = (make_world(Mechanism(), seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.returns, again.returns)
    assert not first.returns["users"].equals(other.returns["users"])


def test_services_are_absent_or_open_midway() -> None:
    world = make_world(Mechanism(absent=0.2, opens_midway=0.3), seed=6)
    years = world.returns.groupby("area_code")["year"].agg(["min", "count"])
    assert 265 * 0.65 < len(years) < 265 * 0.95
    assert (years["min"] > 2014).mean() == pytest.approx(0.3, abs=0.1)


def test_slips_of_the_pen_stand_in_the_returns_only() -> None:
    law = Mechanism(faults=0.05)
    clean, faulty = (make_world(m, seed=8) for m in (replace(law, faults=0.0), law))
    assert (faulty.returns["users"] > faulty.returns["places"]).any()
    assert (clean.returns["users"] <= clean.returns["places"]).all()
    assert (faulty.truth["demand"] <= 3 * clean.truth["expected_demand"].max()).all()


def test_standard_mechanisms_differ_in_what_they_hide() -> None:
    laws = standard_mechanisms()
    assert len({law.full_share for law in laws}) == len(laws) == 20
    assert {law.level_shape for law in laws} == {"lognormal", "gamma", "two_humps"}
    assert min(law.ceiling for law in laws) < 0.97 and max(law.duplicate_share for law in laws) > 0


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    laws = standard_mechanisms()
    worlds: list[World] = [make_world(laws[i], i) for i in (6, 13)]
    return summary(pd.concat([grade(world, 1) for world in worlds]))


def test_the_model_sees_what_capacity_hides(scores: pd.DataFrame) -> None:
    model = scores.loc[MODEL]
    assert model["absolute"] <= 0.06
    assert model["mape"] <= 0.13
    for simple in ("rate_times_population", "ignoring_capacity", "dropping_full_cells"):
        assert model["absolute"] < scores.loc[simple, "absolute"]
        assert model["mape"] < scores.loc[simple, "mape"]
    assert scores.loc[ORACLE, "mape"] < model["mape"] * 1.1, "nothing beats knowing the truth by much"


def test_ranges_cover_as_often_as_they_say(scores: pd.DataFrame) -> None:
    assert 0.72 <= scores.loc[MODEL, "coverage_80"] <= 0.88
    assert np.isnan(scores.loc["rate_times_population", "coverage_80"])
