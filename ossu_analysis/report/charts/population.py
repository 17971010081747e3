"""Charts of people: the pyramid of ages now and at the horizon, and the fan of a total with history and census breaks.

Inputs are small tidy frames, one row per point; a chart knows nothing of tables and stores.
"""

from collections.abc import Sequence
from functools import partial
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
    room,
    whole_years,
)

BANDS = (("low_95", "high_95", 0.16), ("low_80", "high_80", 0.22), ("low_50", "high_50", 0.32))
"""Columns of a fan and the opacity each band adds."""


def pyramid(ages: pd.DataFrame, base_year: int, horizon: int, **head: Unpack[Head]) -> Chart:
    """Population by sex and age: bars for the base year, outline for the horizon.

    Parameters
    ----------
    ages : DataFrame
        ``sex`` (F, M), ``age_from``, ``age_to`` (missing = open), ``persons_base``, ``persons_horizon``; persons.
    """
    draw = partial(_draw_pyramid, ages=ages.sort_values("age_from"), base_year=base_year, horizon=horizon)
    return Chart(ages, draw, 4.0, **head)


def _draw_pyramid(figure: Any, top: float, ages: pd.DataFrame, base_year: int, horizon: int) -> None:
    bottom = place(4.0, 2)
    largest = float(np.nanmax(ages[["persons_base", "persons_horizon"]].to_numpy(float), initial=1.0))
    boxes = {"M": [0.02, bottom, 0.43, top - bottom - 0.055], "F": [0.55, bottom, 0.43, top - bottom - 0.055]}
    for sex, box in boxes.items():
        axes, one = figure.add_axes(box), ages[ages["sex"] == sex]
        _draw_side(axes, one, SKY if sex == "F" else "#B9C6D3", largest)
        axes.set_xlim((largest * 1.04, 0) if sex == "M" else (0, largest * 1.04))
        axes.set_title(texts.text(f"report.words.sex.{sex}"), size=8, color=INK, pad=3)
    _age_labels(figure, ages[ages["sex"] == "F"], boxes["F"])
    figure.text(0.5, 16 / (4.0 * 72), texts.text("report.chart.pyramid_key", base=base_year, horizon=horizon),
                ha="center", size=7, color="#48525C")  # fmt: skip


def _draw_side(axes: Any, one: pd.DataFrame, colour: str, largest: float) -> None:
    rows = range(len(one))
    axes.barh(rows, one["persons_base"], height=0.86, color=colour)
    axes.barh(rows, one["persons_horizon"], height=0.86, fill=False, edgecolor=ORANGE, linewidth=1.2)
    axes.set_yticks([])
    axes.set_ylim(-0.6, max(len(one), 1) - 0.4)
    clean(axes, "x")
    bulgarian_numbers(axes.xaxis)


def _age_labels(figure: Any, one: pd.DataFrame, box: list[float]) -> None:
    step = box[3] / max(len(one), 1)
    for place_, (first, last) in enumerate(zip(one["age_from"], one["age_to"], strict=True)):
        figure.text(0.5, box[1] + (place_ + 0.5) * step, age_name(first, last), ha="center", va="center", size=7)


def age_name(first: int, last: Any) -> str:
    """``20–24`` or ``90+``."""
    return f"{first}+" if pd.isna(last) else f"{first}–{int(last)}"


def fan(
    panels: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]],
    breaks: Sequence[int] = (),
    **head: Unpack[Head],
) -> Chart:
    """History and forecast with bands, one panel per quantity, census years marked.

    Parameters
    ----------
    panels : sequence of (name, history, forecast)
        ``history``: ``year, persons``, observed. ``forecast``: ``year, median`` and ``low_50 ... high_95`` where known.
    breaks : sequence of int
        Years in which a census changed the count: differences across them are not growth.
    """
    data = pd.concat([_fan_data(*panel) for panel in panels], ignore_index=True)
    draw = partial(_draw_fan, panels=panels, breaks=breaks)
    return Chart(data, draw, 3.1, **head)


def _fan_data(name: str, history: pd.DataFrame, forecast: pd.DataFrame) -> pd.DataFrame:
    rows = [history.assign(panel=name), forecast.rename(columns={"median": "persons"}).assign(panel=name)]
    return pd.concat(rows, ignore_index=True)


def _draw_fan(figure: Any, top: float, panels: Sequence[Any], breaks: Sequence[int]) -> None:
    slot, bottom = 1 / max(len(panels), 1), place(3.1, 1)
    for position, (name, history, forecast) in enumerate(panels):
        label = room(max_of(history, forecast), 7.5)
        box = [slot * position + label + 0.005, bottom, slot - 2 * label - 0.02, top - bottom - 0.075]
        axes = figure.add_axes(box)
        axes.set_title(name, size=8, color=INK, loc="left", pad=4)
        draw_bands(axes, history, forecast, breaks)


def max_of(*frames: pd.DataFrame) -> float:
    """Largest value of a panel: tick and end labels need room for it."""
    values = np.concatenate(
        [frame.drop(columns="year").select_dtypes("number").to_numpy(float).ravel() for frame in frames]
    )
    return float(np.nanmax(values, initial=0.0))


def draw_bands(
    axes: Any, history: pd.DataFrame, forecast: pd.DataFrame, breaks: Sequence[int] = (), joined: bool = True
) -> None:
    """Draw one fan on given axes: observations, median and bands, break marks, last values as labels.

    Two quantities (users and demand) are not ``joined``: no line leads from the one to the other.
    """
    if history.empty and forecast.empty:
        return empty(axes)
    clean(axes)
    ahead = _joined(history, forecast) if joined else forecast
    for low, high, opacity in BANDS:
        if low in ahead:
            axes.fill_between(ahead["year"], ahead[low], ahead[high], color=BLUE, alpha=opacity, linewidth=0)
    axes.plot(history["year"], history["persons"], color=INK, linewidth=1.4, marker="" if joined else "o", markersize=2)
    axes.plot(ahead["year"], ahead["median"], color=BLUE, linewidth=1.6, linestyle=(0, (5, 2)))
    _limits(axes, history, ahead)
    _mark_breaks(axes, history, breaks)
    _mark_ends(axes, history, forecast)
    bulgarian_numbers(axes.yaxis)
    whole_years(axes.xaxis)
    return None


def _joined(history: pd.DataFrame, forecast: pd.DataFrame) -> pd.DataFrame:
    """The forecast starting from the last observation, so that the fan grows out of a point."""
    if history.empty or forecast.empty:
        return forecast
    last = history.iloc[-1]
    start = {name: last["persons"] for name in forecast.columns if name != "year"}
    return pd.concat([pd.DataFrame([{"year": last["year"], **start}]), forecast], ignore_index=True)


def _limits(axes: Any, history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    values = pd.concat([history["persons"], forecast.drop(columns="year").stack()]).dropna()
    numbers = values.to_numpy(float)
    low, high = (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)
    # A fan is read by its slope and width: zero is kept only where it does not flatten both.
    base = 0.0 if low < 0.4 * high else low - 0.12 * (high - low)
    axes.set_ylim(base, high + 0.12 * max(high - base, 1.0))


def _mark_breaks(axes: Any, history: pd.DataFrame, breaks: Sequence[int]) -> None:
    known = set(history["year"]) if len(history) else set()
    for year in (year for year in breaks if year in known):
        axes.axvline(year, color=GREY, linewidth=0.8, linestyle=":")
        axes.text(year, axes.get_ylim()[0], texts.text("report.chart.census", year=year), size=6.3, color="#5B6670",
                  rotation=90, ha="right", va="bottom")  # fmt: skip


def _mark_ends(axes: Any, history: pd.DataFrame, forecast: pd.DataFrame) -> None:
    if len(history):
        year, persons = history.iloc[-1][["year", "persons"]]
        axes.plot([year], [persons], "o", color=INK, markersize=3.2)
        # To the right of the point, on the side that the forecast leaves free.
        rises = len(forecast) > 0 and forecast["median"].iloc[-1] > persons
        axes.annotate(texts.number(persons), (year, persons), (3, -10 if rises else 5), size=7,
                      textcoords="offset points", color=INK)  # fmt: skip
    if len(forecast):
        year, persons = forecast.iloc[-1][["year", "median"]]
        axes.annotate(texts.number(persons), (year, persons), (3, 0), textcoords="offset points", size=7,
                      va="center", color=BLUE, annotation_clip=False)  # fmt: skip
