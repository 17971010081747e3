"""Charts of why demand moves and of what else may happen: waterfalls by cause, and two scenarios in the same panels.

Belongs here: drawing only. Causes and scenarios come in as small tidy frames, one row per point, with printed names.
"""

from collections.abc import Sequence
from functools import partial
from math import ceil
from textwrap import fill
from typing import Any, Unpack

import numpy as np
import pandas as pd

from ossu_analysis import texts
from ossu_analysis.report.charts.base import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Chart,
    Head,
    bulgarian_numbers,
    clean,
    empty,
    place,
    room,
    whole_years,
)
from ossu_analysis.report.charts.population import max_of

ACROSS = 3
"""Panels side by side."""
LABELS = 0.2
"""Share of the width that the names of the causes take, left of the first panel of a row."""
HEAD = 0.42
"""Inches above a panel for a name of two lines."""
BAR = 0.165
"""Inches for a bar of a waterfall."""


def waterfalls(
    panels: Sequence[tuple[str, pd.DataFrame]],
    **head: Unpack[Head],
) -> Chart:
    """One small waterfall per service, read from top to bottom: today, what each cause adds or takes, the target.

    Parameters
    ----------
    panels : sequence of (name, steps)
        ``steps``: ``step`` (printed name), ``persons``, ``is_total``; the first and the last row are totals, the rows
        between are changes. All panels have the same steps.
    """
    drawn = [(name, _with_edges(steps)) for name, steps in panels]
    data = pd.concat([steps.assign(panel=name) for name, steps in drawn]) if drawn else pd.DataFrame()
    rows = len(drawn[0][1]) if drawn else 1
    tall = HEAD + BAR * rows
    height = 0.9 + tall * max(ceil(len(drawn) / ACROSS), 1)
    draw = partial(_draw_waterfalls, panels=drawn, height=height, tall=tall)
    return Chart(data, draw, height, **head)


def _with_edges(steps: pd.DataFrame) -> pd.DataFrame:
    """Steps with the ends of their bars: totals stand on zero, a change begins where the one before it ended."""
    totals = steps["is_total"].to_numpy(bool)
    after = np.where(totals, steps["persons"], 0.0)
    after = np.where(totals, after, after[0] + np.cumsum(np.where(totals, 0.0, steps["persons"])))
    before = np.where(totals, 0.0, after - steps["persons"])
    return steps.assign(before=before, after=after)


def _draw_waterfalls(
    figure: Any, top: float, panels: Sequence[tuple[str, pd.DataFrame]], height: float, tall: float
) -> None:
    if not panels:
        return empty(figure.add_axes([0, 0, 1, top]))
    wide = (0.99 - LABELS) / ACROSS
    for position, (name, steps) in enumerate(panels):
        row, column = divmod(position, ACROSS)
        low = top - (row + 1) * tall / height
        axes = figure.add_axes([LABELS + wide * column, low, wide - 0.035, BAR * len(steps) / height])
        axes.set_title(fill(name, 22), size=7, color=INK, loc="left", pad=3, linespacing=1.0)
        _draw_waterfall(axes, steps, labelled=column == 0)
    return None


def _draw_waterfall(axes: Any, steps: pd.DataFrame, labelled: bool) -> None:
    clean(axes, "")
    rows = np.arange(len(steps))
    colours = np.where(steps["is_total"], BLUE, np.where(steps["persons"] >= 0, GREEN, ORANGE))
    axes.barh(rows, steps["after"] - steps["before"], left=steps["before"], height=0.68, color=colours)
    for row, after in zip(rows[:-1], steps["after"].iloc[:-1], strict=True):
        axes.plot([after, after], [row + 0.34, row + 0.66], color=GREY, linewidth=0.6)
    ends = steps[["before", "after"]].max(axis=1)
    for row, end, persons, total in zip(rows, ends, steps["persons"], steps["is_total"], strict=True):
        axes.text(end, row, f" {_said(persons, total)}", size=6.3, va="center", color=INK)
    low = min(float(steps[["before", "after"]].to_numpy().min()), 0.0)
    axes.set_xlim(low, low + (max(float(ends.max()), 1e-9) - low) * 1.32)
    axes.set_ylim(len(steps) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks(rows, list(steps["step"]) if labelled else [""] * len(steps), size=6.8)
    axes.axvline(0, color=GREY, linewidth=0.6)


def _said(persons: float, total: bool) -> str:
    printed = texts.number(persons)
    return f"+{printed}" if not total and round(persons) > 0 else printed


def scenario_multiples(
    panels: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]],
    **head: Unpack[Head],
) -> Chart:
    """One panel per service with two scenarios: medians and 80 % ranges, the first solid, the second dashed.

    Parameters
    ----------
    panels : sequence of (name, first, second)
        Each scenario: ``year, median, low_80, high_80``.
    """
    frames = [
        one.assign(panel=name, scenario=number) for name, *both in panels for number, one in enumerate(both, start=1)
    ]
    data = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    height = 0.95 + 1.4 * max(ceil(len(panels) / ACROSS), 1)
    draw = partial(_draw_scenarios, panels=panels, height=height)
    return Chart(data, draw, height, **head)


def _draw_scenarios(figure: Any, top: float, panels: Sequence[Any], height: float) -> None:
    if not panels:
        return empty(figure.add_axes([0, 0, 1, top]))
    bottom, wide = place(height), 0.985 / ACROSS
    tall = (top - bottom) / ceil(len(panels) / ACROSS)
    for position, (name, first, second) in enumerate(panels):
        row, column = divmod(position, ACROSS)
        low = top - tall * (row + 1)
        label = room(max_of(first, second), 6.5)
        box = [0.01 + wide * column + label, low + 0.15 * tall, wide - 0.03 - label, 0.6 * tall]
        axes = figure.add_axes(box)
        axes.set_title(fill(name, 28), size=7, color=INK, loc="left", pad=4, linespacing=1.0)
        clean(axes)
        for one, colour, style in ((first, BLUE, "-"), (second, ORANGE, "--")):
            axes.fill_between(one["year"], one["low_80"], one["high_80"], color=colour, alpha=0.16, linewidth=0)
            axes.plot(one["year"], one["median"], color=colour, linestyle=style, linewidth=1.4)
        axes.tick_params(labelsize=6.5)
        axes.set_ylim(0, max(axes.get_ylim()[1], 1))
        bulgarian_numbers(axes.yaxis)
        whole_years(axes.xaxis, 4)
    return None
