"""Charts of services: small multiples of demand with places, and the heat map of gaps by municipality and service."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from math import ceil
from textwrap import fill
from typing import Any, Unpack

import numpy as np
import pandas as pd

from ossu_analysis import texts
from ossu_analysis.report.charts.base import (
    GREEN,
    HATCH_MISSING,
    INK,
    SEQUENTIAL,
    Chart,
    Head,
    bulgarian_numbers,
    clean,
    empty,
    place,
    room,
    whole_years,
)
from ossu_analysis.report.charts.population import draw_bands, max_of

ROW = 1.4
"""Inches for a row of small multiples."""


def demand_multiples(
    panels: Sequence[tuple[str, pd.DataFrame, pd.DataFrame, float]],
    **head: Unpack[Head],
) -> Chart:
    """One small fan per service: reported users, forecast demand with bands, existing places as a level line.

    Parameters
    ----------
    panels : sequence of (name, history, forecast, places)
        As in `population.fan`, plus today's places (NaN where unknown).
    """
    frames = [_panel_data(*panel) for panel in panels]
    data = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    height = 0.95 + ROW * max(ceil(len(panels) / 3), 1)
    draw = partial(_draw_multiples, panels=panels, height=height)
    return Chart(data, draw, height, **head)


def _panel_data(name: str, history: pd.DataFrame, forecast: pd.DataFrame, places: float) -> pd.DataFrame:
    both = [frame for frame in (history, forecast.rename(columns={"median": "persons"})) if len(frame)]
    return pd.concat(both, ignore_index=True).assign(panel=name, places=places) if both else pd.DataFrame()


def _draw_multiples(figure: Any, top: float, panels: Sequence[Any], height: float) -> None:
    if not panels:
        return empty(figure.add_axes([0, 0, 1, top]))
    across = min(3, len(panels))
    bottom, down = place(height), ceil(len(panels) / across)
    tall, wide = (top - bottom) / down, 0.985 / across
    for position, (name, history, forecast, places) in enumerate(panels):
        label = room(max_of(history, forecast), 7)
        low = top - tall * (position // across + 1)
        box = [0.01 + wide * (position % across) + label, low + 0.15 * tall, wide - 0.015 - 2 * label, 0.60 * tall]
        axes = figure.add_axes(box)
        axes.set_title(fill(name, 28), size=7, color=INK, loc="left", pad=4, linespacing=1.0)
        draw_bands(axes, history, forecast, joined=False)
        _draw_places(axes, places)
    return None


def _draw_places(axes: Any, places: float) -> None:
    axes.tick_params(labelsize=6.5)
    if not axes.axison:
        return
    low, high = axes.get_ylim()
    if places == places:
        axes.axhline(places, color=GREEN, linewidth=1.3)
        high = max(high, places * 1.08)
    axes.set_ylim(min(low, 0), max(high, 1))
    bulgarian_numbers(axes.yaxis)
    whole_years(axes.xaxis, 4)


def gap_heatmap(gaps: pd.DataFrame, **head: Unpack[Head]) -> Chart:
    """Missing places, municipality by service; five classes by rank, spare places white, no data hatched.

    Parameters
    ----------
    gaps : DataFrame
        Index municipality names, columns service names, values missing places (negative = spare, NaN = no data).
    """
    height = 1.9 + 0.21 * max(len(gaps), 1)
    draw = partial(_draw_heatmap, gaps=gaps, height=height)
    data = gaps.rename_axis("municipality").reset_index()
    return Chart(data, draw, height, **head)


def classes(values: np.ndarray) -> np.ndarray:
    """Edges of five classes of the positive values: quintiles, whole places.

    Parameters
    ----------
    values : ndarray
        Missing places; only those above zero count.

    Returns
    -------
    ndarray
        Upper edges of the first four classes, increasing; empty when nothing is positive.
    """
    positive = values[np.isfinite(values) & (values > 0)]
    return np.unique(np.ceil(np.quantile(positive, (0.2, 0.4, 0.6, 0.8)))) if positive.size else np.array([])


def _draw_heatmap(figure: Any, top: float, gaps: pd.DataFrame, height: float) -> None:
    from matplotlib.patches import Rectangle

    if gaps.empty:
        return empty(figure.add_axes([0, 0, 1, top]))
    head, bottom = 0.95 / height, 0.52 / height
    axes = figure.add_axes([0.21, bottom, 0.69, max(top - bottom - head, 0.1)])
    values, edges = gaps.to_numpy(float), classes(gaps.to_numpy(float))
    for (row, column), value in np.ndenumerate(values):
        look = _cell_look(value, edges)
        axes.add_patch(Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, linewidth=0, **look))
        if np.isfinite(value) and len(gaps.columns) <= 14:
            ink = "white" if look["facecolor"] in SEQUENTIAL[3:] else INK
            axes.text(column + 0.5, row + 0.54, texts.number(value), size=6.5, ha="center", va="center", color=ink)
    _heat_axes(axes, gaps)
    _legend(figure, edges, 0.30 / height)
    return None


def _cell_look(value: float, edges: np.ndarray) -> dict[str, Any]:
    if not np.isfinite(value):
        return {"facecolor": "white", "hatch": HATCH_MISSING, "edgecolor": "#AAAAAA"}
    if round(value) <= 0:
        return {"facecolor": "#F7F7F7"}
    return {"facecolor": SEQUENTIAL[int(np.searchsorted(edges, value)) + 5 - len(edges) - 1]}


def _heat_axes(axes: Any, gaps: pd.DataFrame) -> None:
    axes.set_xlim(0, len(gaps.columns))
    axes.set_ylim(len(gaps), 0)
    clean(axes, "")
    axes.set_yticks(np.arange(len(gaps)) + 0.5, list(gaps.index), size=7)
    labels = [fill(str(name), 24) for name in gaps.columns]
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(len(labels)) + 0.3, labels, rotation=40, ha="left", size=6.3, linespacing=0.95)


def _legend(figure: Any, edges: np.ndarray, level: float) -> None:
    from matplotlib.patches import Patch

    lower = [0.0, *edges]
    # A class holds its upper edge: the next one begins a whole place higher.
    names = [texts.number(b) if a + 1 == b else f"{texts.number(a + 1)}–{texts.number(b)}" for a, b in pairwise(lower)]
    names.append(texts.text("report.chart.over", value=texts.number(lower[-1])))
    colours = SEQUENTIAL[5 - len(names) :]
    patches = [Patch(facecolor="#F7F7F7", edgecolor="#AAAAAA", label=texts.text("report.chart.no_gap"))]
    patches += [Patch(facecolor=colour, label=name) for colour, name in zip(colours, names, strict=True)]
    patches.append(
        Patch(facecolor="white", hatch=HATCH_MISSING, edgecolor="#AAAAAA", label=texts.text("common.no_data"))
    )
    figure.legend(handles=patches, loc="center", bbox_to_anchor=(0.5, level), ncols=len(patches), frameon=False,
                  fontsize=6.5, handlelength=1.2, columnspacing=1.0)  # fmt: skip
