"""How well demand is seen past full services and forecast, beside simpler methods, on worlds whose truth is known.

Belongs here: the methods in one table and their scores. National bias and the error of the mean are against the
expected demand of the last year; coverage of the 80 % range is against the demand that came.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from ossu_analysis.demand.draws import draw_demand
from ossu_analysis.demand.panel import EITHER, FULL, Cells, Panel, panels
from ossu_analysis.demand.use_rate import UseRate, fit
from ossu_analysis.draws import statistics
from ossu_analysis.evaluation.demand_worlds import World

SMALLEST = 20
"""Expected users below which a relative error says little: Poisson noise alone is above a fifth (1 / sqrt(20))."""

MODEL, ORACLE = "censored_pooled", "true_demand_known"


def grade(world: World, seed: int) -> pd.DataFrame:
    """Score every method on one world.

    Parameters
    ----------
    world : World
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``method, national_bias, mape, coverage_80``, and bias and coverage of municipalities whose service was full in
        the last return, ``with_list`` and ``without_list``; a method without ranges has no coverage.
    """
    areas = world.exposed[["area_code", "parent_code"]].drop_duplicates()
    panel = panels(world.returns, world.exposed, areas)[0]
    truth = {name: _wide(world.truth, name, panel.areas) for name in ("demand", "expected_demand")}
    years = np.sort(world.exposed["year"].unique())
    persons = _wide(world.exposed, "persons", panel.areas)
    made: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for method, fitted in _fits(panel, truth["demand"]).items():
        figures = statistics(draw_demand(fitted, persons[:, :, None], years, seed).persons[:, -1])
        made[method] = figures[:, 0], figures[:, 3], figures[:, 6]
    nothing = np.full(len(panel.areas), np.nan)
    made["rate_times_population"] = _rate_times_population(panel, persons), nothing, nothing
    states = _full_last(panel)
    return pd.DataFrame([_scores(method, *figures, truth, states) for method, figures in made.items()])


def _full_last(panel: Panel) -> dict[str, np.ndarray]:
    """Municipalities whose service was full in the last year of returns, with a list of people and without one."""
    full = panel.users[:, -1] >= FULL * panel.places[:, -1]
    listed = panel.waiting[:, -1] > 0
    return {"with_list": full & listed, "without_list": full & ~listed}


def _fits(panel: Panel, demand: np.ndarray) -> dict[str, UseRate]:
    """The model, and the same pooling fed otherwise: capacity ignored, full cells dropped, true demand known."""
    free = panel.users < FULL * panel.places
    seen = replace(
        panel, users=demand[:, : len(panel.years)] + 0 * panel.users, waiting=np.full_like(panel.users, np.nan)
    )
    return {
        MODEL: fit(panel),
        "ignoring_capacity": fit(panel, _all_known(panel, np.isfinite(panel.users))),
        "dropping_full_cells": fit(panel, _all_known(panel, free)),
        ORACLE: fit(seen, _all_known(seen, np.isfinite(panel.users))),
    }


def _all_known(panel: Panel, chosen: np.ndarray) -> Cells:
    """Take the chosen cells at face value."""
    area, year = np.nonzero(chosen & (panel.persons > 0))
    none = np.full(len(panel.areas), np.nan)
    return Cells(
        area=area,
        year=year,
        persons=panel.persons[area, year],
        count=panel.users[area, year],
        waiting=np.zeros(len(area)),
        is_censored=np.zeros(len(area), bool),
        when=np.full(len(area), EITHER),
        top=none,
        window=none,
        stopped=np.zeros(len(panel.areas), bool),
    )


def _rate_times_population(panel: Panel, persons: np.ndarray) -> np.ndarray:
    """Each municipality's last rate of use, or the country's where there is no service, times persons ahead."""
    last = panel.users[:, -1] / panel.persons[:, -1]
    there = np.isfinite(last)
    country = panel.users[there, -1].sum() / panel.persons[there, -1].sum()
    return np.where(there, last, country) * persons[:, -1]


def _scores(
    method: str,
    mean: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    truth: dict[str, np.ndarray],
    states: dict[str, np.ndarray],
) -> dict[str, object]:
    expected, came = truth["expected_demand"][:, -1], truth["demand"][:, -1]
    large = expected >= SMALLEST
    covered = np.where(np.isfinite(low), (low <= came) & (came <= high), np.nan)
    score: dict[str, object] = {
        "method": method,
        "national_bias": mean.sum() / expected.sum() - 1,
        "mape": float(np.mean(np.abs(mean / expected - 1)[large])),
        "coverage_80": float(np.mean(covered)),
    }
    for state, members in states.items():
        some = members.any()
        score[f"bias_{state}"] = mean[members].sum() / expected[members].sum() - 1 if some else np.nan
        score[f"coverage_{state}"] = float(np.mean(covered[members])) if some else np.nan
    return score


def _wide(table: pd.DataFrame, column: str, areas: np.ndarray) -> np.ndarray:
    return table.pivot(index="area_code", columns="year", values=column).loc[areas].to_numpy(float)


def grade_worlds(worlds: "list[tuple[str, Callable[[], World]]]") -> pd.DataFrame:
    """Score every method on many worlds: columns of `grade` with ``world``."""
    return pd.concat([grade(make(), 1).assign(world=name) for name, make in worlds], ignore_index=True)


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Per method: mean and mean absolute national bias, share of worlds within 5 and 10 %, MAPE, coverage."""
    bias = scores["national_bias"]
    frame = scores.assign(absolute=bias.abs(), within_5=bias.abs() <= 0.05, within_10=bias.abs() <= 0.10)
    columns = [name for name in frame if name not in ("world", "method")]
    return frame.groupby("method", sort=False)[columns].mean()
