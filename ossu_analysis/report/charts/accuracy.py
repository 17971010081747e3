"""Charts of how right we were: actual against forecast, coverage against its nominal level, errors beside baselines."""

from functools import partial
from textwrap import fill
from typing import Any, Unpack

import numpy as np
import pandas as pd

from ossu_analysis import texts
from ossu_analysis.report.charts.base import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SKY,
    Chart,
    Head,
    bulgarian_numbers,
    clean,
    empty,
    place,
)


def monitoring_dots(points: pd.DataFrame, **head: Unpack[Head]) -> Chart:
    """Actual as a dot against the forecast range as a bar, one row per area, as % of the forecast median.

    Parameters
    ----------
    points : DataFrame
        ``name, actual, median, low, high``; persons. Areas whose dot lies outside the bar are marked.
    """
    height = 1.2 + 0.19 * max(len(points), 1)
    draw = partial(_draw_dots, points=points, height=height)
    return Chart(points, draw, height, **head)


def _draw_dots(figure: Any, top: float, points: pd.DataFrame, height: float) -> None:
    bottom = place(height, 2)
    # Names stand left of the axes, a hundredth of the width for each letter.
    left = 0.04 + 0.01 * max((len(name) for name in points["name"]), default=20)
    axes = figure.add_axes([left, bottom, 0.97 - left, top - bottom])
    if points.empty:
        return empty(axes)
    share = points[["actual", "low", "high"]].div(points["median"].where(points["median"] > 0), axis=0) * 100 - 100
    rows = np.arange(len(points))
    axes.hlines(rows, share["low"], share["high"], color=SKY, linewidth=5, capstyle="butt")
    axes.axvline(0, color=GREY, linewidth=0.8)
    inside = share["actual"].between(share["low"], share["high"])
    for chosen, colour, marker in ((inside, BLUE, "o"), (~inside, ORANGE, "D")):
        axes.plot(share["actual"][chosen], rows[chosen], marker, color=colour, markersize=4)
    axes.set_yticks(rows, list(points["name"]), size=7)
    axes.set_ylim(len(points) - 0.4, -0.6)
    clean(axes, "x")
    bulgarian_numbers(axes.xaxis, 1)
    figure.text(0.012, 15 / (height * 72), texts.text("report.chart.dots_key"), size=7, color="#48525C")
    return None


def calibration(coverage: pd.DataFrame, **head: Unpack[Head]) -> Chart:
    """Measured against nominal coverage; on the diagonal the ranges were as wide as they claimed.

    Parameters
    ----------
    coverage : DataFrame
        ``name`` (size class or window), ``nominal``, ``measured``; shares between 0 and 1.
    """
    draw = partial(_draw_calibration, coverage=coverage)
    return Chart(coverage, draw, 3.6, **head)


def _draw_calibration(figure: Any, top: float, coverage: pd.DataFrame) -> None:
    bottom = place(3.6, 2)
    axes = figure.add_axes([0.1, bottom, 0.52, top - bottom])
    if coverage.empty:
        return empty(axes)
    clean(axes, "both")
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=0.9, linestyle="--")
    markers = "osD^vPX*"
    for position, (name, group) in enumerate(coverage.groupby("name", sort=False)):
        colour = (BLUE, ORANGE, "#00795C", "#7A5195", INK, SKY)[position % 6]
        axes.plot(group["nominal"] * 100, group["measured"] * 100, marker=markers[position % 8], color=colour,
                  markersize=4, linewidth=1, label=str(name))  # fmt: skip
    axes.set_xlim(40, 100)
    axes.set_ylim(min(40.0, float(coverage["measured"].min()) * 100 - 3), 101)
    axes.set_xlabel(texts.text("report.chart.nominal"), size=7.5)
    axes.set_ylabel(texts.text("report.chart.measured"), size=7.5)
    axes.legend(loc="center left", bbox_to_anchor=(1.03, 0.5), frameon=False, fontsize=7)
    return None


def backtest_bars(errors: pd.DataFrame, ours: str, **head: Unpack[Head]) -> Chart:
    """Error of each method, one panel per window; ours in blue, baselines in grey.

    Parameters
    ----------
    errors : DataFrame
        ``window, method, value``; value is MAPE in percent, smaller is better.
    ours : str
        Value of ``method`` that is ours.
    """
    windows = max(errors["window"].nunique(), 1)
    height = 1.4 + 0.21 * max(errors["method"].nunique(), 2)
    draw = partial(_draw_bars, errors=errors, ours=ours, windows=windows, height=height)
    return Chart(errors, draw, height, **head)


def _draw_bars(figure: Any, top: float, errors: pd.DataFrame, ours: str, windows: int, height: float) -> None:
    bottom = place(height) * 0.75
    if errors.empty:
        return empty(figure.add_axes([0, 0, 1, top]))
    order = errors.groupby("method")["value"].mean().sort_values().index
    largest = float(errors["value"].max()) or 1.0
    for position, (window, group) in enumerate(errors.groupby("window", sort=False)):
        left = 0.27 + position * 0.72 / windows
        axes = figure.add_axes([left, bottom, 0.72 / windows - 0.03, top - bottom - 0.3 / height])
        values = group.set_index("method")["value"].reindex(order).to_numpy(float)
        axes.barh(
            range(len(values)), values, color=[BLUE if name == ours else "#B9C6D3" for name in order], height=0.72
        )
        for row, value in enumerate(values):
            label = texts.number(value, 1) if value == value else texts.text("common.no_data")
            axes.text((value if value == value else 0) + largest * 0.02, row, label, va="center", size=7)
        axes.set_xlim(0, largest * 1.22)
        axes.set_yticks(range(len(order)), list(order) if position == 0 else [], size=7.5)
        axes.set_xticks([])
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.set_title(fill(str(window), 22), size=7.5, linespacing=1.0, loc="left", color=INK, pad=3)
        clean(axes, "")
    return None
