"""Tables of the backtest: ``evaluation.score`` and ``evaluation.report_card``, from rolling windows.

Scores are kept per origin and horizon, so that windows with and without a census, and years yet to come, can be told
apart; a mean over origins is the reader's (`average`). The report card says for each municipality how wrong we were and
where a simple method was better.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.evaluation.baselines import BASELINES
from ossu_analysis.evaluation.metrics import central_range, draw_scores, over_areas, point_scores
from ossu_analysis.evaluation.windows import OURS, Window, admissible_origins, rolling_windows
from ossu_analysis.population.history import Floats, TotalsHistory

QUICK_ORIGINS = (2005, 2008, 2013, 2018)
"""Origins of the default run: two windows of five years without a census, one with each; `ossu backtest` does all."""
CARD_HORIZON = 5
"""Horizon of the report card: the planning period of the law is five years."""


def backtest(history: TotalsHistory, origins: Sequence[int] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the backtest.

    Parameters
    ----------
    history : TotalsHistory
    origins : sequence of int, optional
        All admissible ones when not given; those that are not admissible are left out.

    Returns
    -------
    score, report_card : DataFrame
        Rows of ``evaluation.score`` and ``evaluation.report_card``.
    """
    admissible = admissible_origins(history)
    chosen = [origin for origin in (origins or admissible) if origin in admissible]
    windows = list(rolling_windows(history, chosen))
    return score_table(windows), report_card(windows)


def score_table(windows: Iterable[Window]) -> pd.DataFrame:
    """Rows of ``evaluation.score``: every metric by method, level, origin, horizon and size class."""
    rows = [row for window in windows for row in _scores(window)]
    if not rows:
        return _empty("score")
    return pd.DataFrame(rows).assign(age_group="total", status="forecast")


def average(
    score: pd.DataFrame, by: Sequence[str] = ("method", "level", "horizon_years", "crosses_census")
) -> pd.DataFrame:
    """Mean of the scores over origins, areas weighing alike: one column per metric."""
    weighted = score.assign(value=score["value"] * score["areas"])
    sums = weighted.groupby([*by, "metric"], observed=True)[["value", "areas"]].sum()
    return (sums["value"] / sums["areas"]).unstack("metric").reset_index()


def report_card(windows: Iterable[Window]) -> pd.DataFrame:
    """Rows of ``evaluation.report_card``: error, bias and coverage of each municipality, and the best simple method."""
    usable = [w for w in windows if w.level == "municipality" and w.actual.shape[1] >= CARD_HORIZON]
    if not usable:
        return _empty("report_card")
    long = pd.concat([_area_errors(window, CARD_HORIZON - 1) for window in usable], ignore_index=True)
    keys = ["municipality_code", "crosses_census"]
    grouped = long.groupby(keys)
    errors = grouped[[OURS, *BASELINES]].mean()
    card = errors[[OURS]].rename(columns={OURS: "mape"})
    card["malpe"], card["coverage_80"] = grouped["bias"].mean(), grouped["inside"].mean()
    card["windows"] = grouped.size()
    card["best_baseline"] = errors[list(BASELINES)].idxmin(axis=1)
    card["best_baseline_mape"] = errors[list(BASELINES)].min(axis=1)
    card["is_baseline_better"] = card["best_baseline_mape"] < card["mape"]
    return card.reset_index().assign(horizon_years=CARD_HORIZON, status="forecast")


def _empty(table: str) -> pd.DataFrame:
    from ossu_analysis.schemas import columns, table_class

    kinds = {info.name: info.pandas_type for info in columns(table_class("evaluation", table))}
    return pd.DataFrame(columns=list(kinds)).astype(kinds)


def _scores(window: Window) -> Iterator[dict[str, Any]]:
    classes = {"all": np.ones(len(window.areas), dtype=bool)}
    if window.level == "municipality":
        sizes = np.array(window.sizes)
        classes |= {str(name): sizes == name for name in np.unique(sizes)}
    for at, crosses in enumerate(window.crosses_census):
        known = np.isfinite(window.actual[:, at]) & (window.actual[:, at] > 0)
        scored = _scores_of_areas(window, at)
        for name, member in classes.items():
            kept = known & member
            if not kept.any():
                continue
            place = {
                "level": window.level,
                "origin_year": window.origin,
                "horizon_years": at + 1,
                "crosses_census": bool(crosses),
                "size_class": name,
                "areas": int(kept.sum()),
                "is_calibrated": bool(window.is_calibrated[at]),
            }
            for (method, metric), scores in scored.items():
                yield place | {"method": method, "metric": metric, "value": over_areas(metric, scores[kept])}


def _scores_of_areas(window: Window, at: int) -> dict[tuple[str, str], Floats]:
    actual = np.where(window.actual[:, at] > 0, window.actual[:, at], np.nan)
    errors = {
        (method, metric): scores
        for method, points in window.points.items()
        for metric, scores in point_scores(points[:, at], actual).items()
    }
    ranges = draw_scores(window.draws[:, :, at].astype(float), actual)
    return errors | {(OURS, metric): scores for metric, scores in ranges.items()}


def _area_errors(window: Window, at: int) -> pd.DataFrame:
    actual = np.where(window.actual[:, at] > 0, window.actual[:, at], np.nan)
    low, high = central_range(window.draws[:, :, at], 80)
    table = {name: np.abs(window.points[name][:, at] / actual - 1) for name in (OURS, *BASELINES)}
    table |= {"bias": window.points[OURS][:, at] / actual - 1, "inside": (low <= actual) & (actual <= high)}
    errors = pd.DataFrame(table).assign(municipality_code=window.areas, crosses_census=bool(window.crosses_census[at]))
    return errors[np.isfinite(actual)]
