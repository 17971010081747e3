"""Charts of the whole country, for the run's index and for the asset pages: fan, maps, accuracy, monitoring.

Each function takes tables of the chain and returns a `Chart` (or, where a section needs them, the rows it draws).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.charts.base import SEQUENTIAL
from ossu_analysis.report.charts.boundaries import Outlines, outline_map
from ossu_analysis.report.facts import age_rows, wide
from ossu_analysis.report.sections.subject import is_demonstration
from ossu_analysis.texts import number, percent, sort_key, text

OURS = "ossu"
CHANGE_COLOURS = (*SEQUENTIAL[:0:-1], "#FDE0C2")
"""Dark to light blue for losses, a light orange for growth."""
LIKELY = 0.5
"""Probability of a gap from which a service counts on the gap map."""


def population_change(forecast: pd.DataFrame, base_year: int, year: int) -> pd.DataFrame:
    """Change of the total of every municipality.

    Parameters
    ----------
    forecast : DataFrame
        Rows of ``population.forecast``; municipalities, both sexes, total.

    Returns
    -------
    DataFrame
        ``municipality_code, now, then, value``; value is the change as a share of the base year.
    """
    rows = forecast[(forecast["area_level"] == "municipality") & (forecast["sex"] == "T")]
    rows = age_rows(rows, 0, None)
    table = wide(rows[rows["year"].isin([base_year, year])], ["area_code", "year"])
    middle = table.pivot(index="area_code", columns="year", values="median").reindex(columns=[base_year, year])
    change = middle[year] / middle[base_year].where(middle[base_year] > 0) - 1
    named = {"municipality_code": middle.index, "now": middle[base_year], "then": middle[year], "value": change}
    return pd.DataFrame(named).reset_index(drop=True)


def tiles(municipalities: pd.DataFrame) -> pd.DataFrame:
    """Squares of the tile maps: ``municipality_code, column, row, oblast_code``, from ``reference.municipality``."""
    seats = municipalities[["municipality_code", "seat_lat", "seat_lon"]]
    layout = charts.tile_layout(*(seats[column] for column in seats))
    return layout.merge(municipalities[["municipality_code", "oblast_code"]], on="municipality_code")


def change_map(
    change: pd.DataFrame, squares: pd.DataFrame, base_year: int, year: int, outlines: Outlines | None = None
) -> charts.Chart:
    """Map of the change of population, five classes: four of losses by size and one of growth."""
    known = change["value"].dropna()
    losses = known[known < 0]
    edges = np.unique([*np.round(np.quantile(losses, (0.25, 0.5, 0.75)), 2), 0.0]) if len(losses) else np.array([0.0])
    return _map(
        squares.merge(change, on="municipality_code", how="left"),
        outlines,
        edges,
        CHANGE_COLOURS[-len(edges) - 1 :],
        _labels([percent(edge, 0) for edge in edges]),
        key="map_change",
        title=text("report.finding.map_change", falls=int((known < 0).sum()), all=len(known), horizon=year),
        subtitle=text("report.chart.map_change", base=base_year, horizon=year),
        source=text("report.source.population"),
    )


def gap_map(
    service_gap: pd.DataFrame, squares: pd.DataFrame, year: int, outlines: Outlines | None = None
) -> charts.Chart:
    """Map of how many services probably lack places; services are counted, because their places never add up."""
    rows = service_gap[service_gap["year"] == year].dropna(subset=["probability_gap_positive"])
    likely = rows.assign(value=(rows["probability_gap_positive"] > LIKELY).astype(float))
    counts = likely.groupby("municipality_code", as_index=False)["value"].sum()
    values = counts["value"].to_numpy()
    edges = np.unique(np.maximum(np.round(np.quantile(values, (0.2, 0.4, 0.6, 0.8))), 1)) if len(values) else np.ones(1)
    return _map(
        squares.merge(counts, on="municipality_code", how="left"),
        outlines,
        edges,
        SEQUENTIAL[-len(edges) - 1 :],
        _count_labels(edges),
        key="map_gap",
        title=text("report.finding.map_gap", count=number(np.median(values) if len(values) else None), horizon=year),
        subtitle=text("report.chart.map_gap", horizon=year),
        source=text("report.source.demand"),
        is_demonstration=is_demonstration(rows),
    )


def _map(values: pd.DataFrame, outlines: Outlines | None, *classes: Any, **said: Any) -> charts.Chart:
    """Boundaries of the user where there are any, tiles elsewhere."""
    return outline_map(values, outlines, *classes, **said) if outlines else charts.tile_map(values, *classes, **said)


def _labels(edges: Sequence[str]) -> list[str]:
    between = [text("report.chart.between", low=low, high=high) for low, high in pairwise(edges)]
    return [text("report.chart.under", value=edges[0]), *between, text("report.chart.at_least", value=edges[-1])]


def _count_labels(edges: np.ndarray) -> list[str]:
    """Classes of whole numbers: „1–3“ where the next class starts at 4."""
    between = [number(low) if low == high - 1 else f"{number(low)}–{number(high - 1)}" for low, high in pairwise(edges)]
    under = number(0) if edges[0] == 1 else f"{number(0)}–{number(edges[0] - 1)}"
    return [under, *between, text("report.chart.at_least", value=number(edges[-1]))]


# --- how right the forecasts were


def backtest_rows(score: pd.DataFrame, metric: str = "mape") -> pd.DataFrame:
    """Mean over origins of one metric of municipal totals, by method and window.

    Parameters
    ----------
    score : DataFrame
        Table ``evaluation.score``.

    Returns
    -------
    DataFrame
        ``horizon_years, crosses_census, window, method, name, value``; windows of 5 and 10 years where they exist.
    """
    rows = score[(score["level"] == "municipality") & (score["size_class"] == "all") & (score["age_group"] == "total")]
    rows = rows[(rows["metric"] == metric) & rows["horizon_years"].isin([5, 10])]
    weighted = rows.assign(value=rows["value"] * rows["areas"])
    keys = ["horizon_years", "crosses_census", "method"]
    sums = weighted.groupby(keys, as_index=False)[["value", "areas"]].sum()
    sums["value"] = sums["value"] / sums["areas"]
    sums["name"] = [text(f"evaluation.method.{method}") for method in sums["method"]]
    sums["window"] = [
        text("report.window", years=years, census=text(f"report.census.{bool(crosses)}"))
        for years, crosses in zip(sums["horizon_years"], sums["crosses_census"], strict=True)
    ]
    return sums[["horizon_years", "crosses_census", "window", "method", "name", "value"]]


def backtest_chart(score: pd.DataFrame) -> charts.Chart:
    """Mean absolute percentage error of ours beside the simple methods."""
    rows = backtest_rows(score)
    rows = rows[rows["method"] != "ossu_given_country"]
    best = rows.loc[rows.groupby("window")["value"].idxmin(), "method"] if len(rows) else rows["method"]
    errors = rows.assign(method=rows["name"], value=rows["value"] * 100)[["window", "method", "value"]]
    return charts.backtest_bars(
        errors,
        text(f"evaluation.method.{OURS}"),
        key="backtest",
        title=text("report.finding.backtest", count=int((best == OURS).sum()), all=len(best)),
        subtitle=text("report.chart.backtest"),
        source=text("report.source.backtest"),
    )


def calibration_chart(score: pd.DataFrame) -> charts.Chart:
    """Measured coverage of our ranges against what they claimed, by window."""
    parts = [backtest_rows(score, f"coverage_{level}").assign(nominal=level / 100) for level in (50, 80, 95)]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["method"] == OURS].sort_values(["crosses_census", "horizon_years", "nominal"])
    middle = rows.loc[rows["nominal"] == 0.8, "value"]
    coverage = rows.rename(columns={"value": "measured"}).assign(name=rows["window"])
    return charts.calibration(
        coverage[["name", "nominal", "measured"]],
        key="calibration",
        title=text("report.finding.calibration", low=percent(middle.min(), 0), high=percent(middle.max(), 0)),
        subtitle=text("report.chart.calibration"),
        source=text("report.source.backtest"),
    )


# --- the earlier forecast against what happened


def monitoring_rows(deviation: pd.DataFrame, oblasts: pd.DataFrame) -> pd.DataFrame:
    """Oblasts in the last year that both the earlier forecast and the publisher know, with their names."""
    rows = deviation[deviation["area_level"] == "oblast"]
    rows = rows[rows["year"] == rows["year"].max()]
    names = oblasts.set_index("oblast_code")["name_bg"]
    rows = rows.assign(name=[f"{names.get(code, code)} ({code})" for code in rows["area_code"]])
    return rows.sort_values("name", key=lambda column: column.map(sort_key)).reset_index(drop=True)


def monitoring_chart(deviation: pd.DataFrame, oblasts: pd.DataFrame) -> charts.Chart:
    """Actual of each oblast inside or outside the 80 % range of the earlier forecast."""
    rows = monitoring_rows(deviation, oblasts)
    names = {"forecast_median": "median", "forecast_low": "low", "forecast_high": "high"}
    year, base = (int(rows[column].max()) if len(rows) else 0 for column in ("year", "base_year"))
    return charts.monitoring_dots(
        rows.rename(columns=names)[["name", "actual", "median", "low", "high"]],
        key="monitoring",
        title=text("report.finding.monitoring", inside=int(rows["is_inside_80"].sum()), all=len(rows), year=year),
        subtitle=text("report.chart.monitoring", year=year, base=base),
        source=text("report.source.population"),
    )
