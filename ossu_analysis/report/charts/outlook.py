"""Charts of why demand moves and of what else may happen: waterfalls by cause, and all scenarios in the same panels.

Belongs here: drawing only. Causes and scenarios come in as small tidy frames, one row per point, with printed names.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import ceil
from textwrap import fill
from typing import Any, Unpack

import numpy as np
import pandas as pd

from ossu_analysis import texts
from ossu_analysis.report.charts.base import BLUE, GREEN, GREY, INK, ORANGE, Chart, Head, clean, empty

ACROSS = 3
"""Panels side by side."""
LABELS = 0.22
"""Share of the width that the names of causes or scenarios take, left of the first panel of a row."""
HEAD = 0.42
"""Inches above a panel for a name of two lines."""
BAR = 0.165
"""Inches for a bar of a waterfall, or a scenario."""


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
    draw = partial(_draw_panels, panels=drawn, height=height, tall=tall, draw_one=_draw_waterfall)
    return Chart(data, draw, height, **head)


def _with_edges(steps: pd.DataFrame) -> pd.DataFrame:
    """Steps with the ends of their bars: totals stand on zero, a change begins where the one before it ended."""
    totals = steps["is_total"].to_numpy(bool)
    after = np.where(totals, steps["persons"], 0.0)
    after = np.where(totals, after, after[0] + np.cumsum(np.where(totals, 0.0, steps["persons"])))
    before = np.where(totals, 0.0, after - steps["persons"])
    return steps.assign(before=before, after=after)


def _draw_panels(
    figure: Any,
    top: float,
    panels: Sequence[tuple[str, pd.DataFrame]],
    height: float,
    tall: float,
    draw_one: Callable[[Any, pd.DataFrame, bool], None],
) -> None:
    """Panels of equal lines, `ACROSS` in a row; the names of the lines stand left of the first."""
    if not panels:
        return empty(figure.add_axes([0, 0, 1, top]))
    wide = (0.99 - LABELS) / ACROSS
    for position, (name, lines) in enumerate(panels):
        row, column = divmod(position, ACROSS)
        low = top - (row + 1) * tall / height
        axes = figure.add_axes([LABELS + wide * column, low, wide - 0.035, BAR * len(lines) / height])
        axes.set_title(fill(name, 22), size=7, color=INK, loc="left", pad=3, linespacing=1.0)
        draw_one(axes, lines, column == 0)
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


def scenario_ranges(panels: Sequence[tuple[str, pd.DataFrame]], **head: Unpack[Head]) -> Chart:
    """One panel per service with a line per scenario: the median as a dot, the 80 % range as a bar.

    Parameters
    ----------
    panels : sequence of (name, scenarios)
        ``scenario`` (printed name), ``median, low_80, high_80``; the first is the reference. All panels have the same.
    """
    data = pd.concat([one.assign(panel=name) for name, one in panels]) if panels else pd.DataFrame()
    tall = HEAD + BAR * (len(panels[0][1]) if panels else 1)
    height = 1.3 + tall * max(ceil(len(panels) / ACROSS), 1)
    draw = partial(_draw_panels, panels=panels, height=height, tall=tall, draw_one=_draw_ranges)
    return Chart(data, draw, height, **head)


def _draw_ranges(axes: Any, scenarios: pd.DataFrame, labelled: bool) -> None:
    clean(axes, "")
    rows, first = np.arange(len(scenarios)), scenarios.iloc[0]
    axes.axvline(first["median"], color=GREY, linewidth=0.6, linestyle=":")
    colours = [INK, *[BLUE] * (len(scenarios) - 1)]
    axes.hlines(rows, scenarios["low_80"], scenarios["high_80"], color=colours, linewidth=3, alpha=0.35)
    axes.scatter(scenarios["median"], rows, color=colours, s=13, zorder=3)
    ends = scenarios["high_80"]
    for row, end, persons in zip(rows, ends, scenarios["median"], strict=True):
        axes.text(end, row, f"  {texts.number(persons)}", size=6.3, va="center", color=INK)
    axes.set_xlim(0, max(float(ends.max()), 1.0) * 1.35)
    axes.set_ylim(len(scenarios) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks(rows, list(scenarios["scenario"]) if labelled else [""] * len(rows), size=6.8)
