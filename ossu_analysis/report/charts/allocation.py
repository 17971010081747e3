"""Charts of the options under ceilings: persons served against money, the worst-off municipality, who gets places."""

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
    SEQUENTIAL,
    SKY,
    Chart,
    Head,
    bulgarian_numbers,
    clean,
    empty,
    place,
)

ROW = 0.2
"""Inches for a row of the grid of places."""
MILLION = 1e6


def served_against_cost(options: pd.DataFrame, curve: pd.DataFrame, **head: Unpack[Head]) -> Chart:
    """Left, what each option serves for its money, over what every budget buys; right, its worst-off municipality.

    Parameters
    ----------
    options : DataFrame
        ``number, title, yearly_cost, expected_served, worst_share, worst_name, currency``, one row per option.
    curve : DataFrame
        ``yearly_cost, expected_served`` of the budget curve; may be empty.
    """
    height = 3.9
    data = pd.concat([options, curve.assign(title=texts.text("allocation.chart.curve"))], ignore_index=True)
    return Chart(data, partial(_draw_served, options=options, curve=curve, height=height), height, **head)


def _draw_served(figure: Any, top: float, options: pd.DataFrame, curve: pd.DataFrame, height: float) -> None:
    if options.empty:
        return empty(figure.add_axes([0, 0, 1, top]))
    bottom = place(height, 2) + 0.03
    left = figure.add_axes([0.09, bottom, 0.42, top - bottom - 0.02])
    clean(left, "both")
    left.plot(curve["yearly_cost"] / MILLION, curve["expected_served"], color=SKY, linewidth=1.6, marker="o",
              markersize=3, zorder=1)  # fmt: skip
    left.scatter(options["yearly_cost"] / MILLION, options["expected_served"], color=ORANGE, s=28, zorder=2)
    for cost, served, numbers in _clusters(options):
        left.annotate(numbers, (cost / MILLION, served), (5, -9), textcoords="offset points", size=7.5, color=INK,
                      weight="bold")  # fmt: skip
    left.margins(0.12, 0.14)
    bulgarian_numbers(left.xaxis, 1)
    bulgarian_numbers(left.yaxis)
    left.set_xlabel(texts.text("allocation.chart.cost", currency=options["currency"].iloc[0]), size=7.5)
    left.set_ylabel(texts.text("allocation.chart.served"), size=7.5)
    _draw_worst(figure.add_axes([0.73, bottom, 0.22, top - bottom - 0.1]), options)
    return None


def _clusters(options: pd.DataFrame) -> list[tuple[float, float, str]]:
    """Points with the numbers of the options that fall together on the chart, joined."""
    found: list[tuple[float, float, str]] = []
    near = {name: 0.06 * max(float(np.ptp(options[name])), 1.0) for name in ("yearly_cost", "expected_served")}
    for row in options.to_dict("records"):
        cost, served = float(row["yearly_cost"]), float(row["expected_served"])
        for at, (x, y, said) in enumerate(found):
            if abs(x - cost) <= near["yearly_cost"] and abs(y - served) <= near["expected_served"]:
                found[at] = (x, min(y, served), f"{said}, {row['number']}")
                break
        else:
            found.append((cost, served, str(row["number"])))
    return found


def _draw_worst(axes: Any, options: pd.DataFrame) -> None:
    clean(axes, "")
    rows = np.arange(len(options))
    axes.barh(rows, options["worst_share"] * 100, height=0.55, color=BLUE)
    for row, option in zip(rows, options.to_dict("records"), strict=True):
        said = f" {texts.percent(option['worst_share'], 0)} {option['worst_name']}"
        axes.text(0, row + 0.43, said, size=6.3, va="center", color=INK)
    names = [fill(f"{option['number']}. {option['title']}", 24) for option in options.to_dict("records")]
    axes.set_yticks(rows, names, size=6.8, linespacing=0.95)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(options) - 0.35, -0.6)
    axes.set_xticks([])
    axes.axvline(100, color=GREY, linewidth=0.6)
    axes.set_title(texts.text("allocation.chart.worst"), size=7.2, loc="left", color=INK, x=-0.95, pad=4)


def place_grid(places: pd.DataFrame, **head: Unpack[Head]) -> Chart:
    """New places by municipality (or oblast) and option, darker where there are more; an empty cell means none.

    Parameters
    ----------
    places : DataFrame
        Index names of areas, columns titles of options, values new places.
    """
    height = 1.35 + ROW * max(len(places), 1)
    draw = partial(_draw_grid, places=places, height=height)
    return Chart(places.rename_axis("area").reset_index(), draw, height, **head)


def _draw_grid(figure: Any, top: float, places: pd.DataFrame, height: float) -> None:
    from matplotlib.patches import Rectangle

    if places.empty:
        return empty(figure.add_axes([0, 0, 1, top]))
    bottom, head = 0.3 / height, 0.5 / height
    axes = figure.add_axes([0.24, bottom, 0.74, top - bottom - head])
    clean(axes, "")
    values = places.to_numpy(float)
    most = max(float(values.max()), 1.0)
    for (row, column), value in np.ndenumerate(values):
        level = int(np.ceil(value / most * len(SEQUENTIAL))) - 1
        colour = SEQUENTIAL[max(level, 0)] if value > 0 else "#F7F7F7"
        axes.add_patch(Rectangle((column + 0.02, row + 0.04), 0.96, 0.92, linewidth=0, facecolor=colour))
        if value > 0:
            ink = "white" if level >= 3 else INK
            axes.text(column + 0.5, row + 0.54, texts.number(value), size=6.8, ha="center", va="center", color=ink)
    axes.set_xlim(0, len(places.columns))
    axes.set_ylim(len(places), 0)
    axes.set_yticks(np.arange(len(places)) + 0.5, list(places.index), size=7)
    axes.xaxis.tick_top()
    wide = max(int(76 / len(places.columns)), 10)
    names = [fill(str(name), wide) for name in places.columns]
    axes.set_xticks(np.arange(len(names)) + 0.5, names, size=6.6, linespacing=0.95)
    return None
