"""A map of tiles: one equal square per municipality, laid out by us from rounded coordinates of the seats.

Method: seats are put on a plane (longitude times the cosine of the middle latitude), the size of a square is chosen so
that the squares near some seat are just enough, and the assignment of municipalities to squares that moves them
least (sum of squared distances, `scipy.optimize.linear_sum_assignment`) is the layout. Municipalities that share a seat
(Ямбол and Тунджа, for one) get neighbouring squares. No boundary is shipped or needed.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np
import pandas as pd

from ossu_analysis import texts
from ossu_analysis.report.charts.base import HATCH_MISSING, INK, Chart, Head, empty

REACH = 0.2
"""A square may belong to the country when a seat lies within this many degrees of latitude (22 km) of its centre."""


def tile_layout(codes: "pd.Series[str]", latitude: "pd.Series[float]", longitude: "pd.Series[float]") -> pd.DataFrame:
    """Assign every municipality to a square of a grid that keeps the shape of the country.

    Parameters
    ----------
    codes, latitude, longitude : Series
        Municipality codes and coordinates of the seats in degrees; at least one, equal length.

    Returns
    -------
    DataFrame
        ``municipality_code, column, row`` (rows count from the north), one row per code, in the order given.
    """
    from scipy.optimize import linear_sum_assignment

    seats = np.column_stack([longitude * np.cos(np.deg2rad(latitude.mean())), latitude]).astype(float)
    side, cells = _grid(seats)
    distance = ((seats[:, None, :] - (cells * side)[None, :, :]) ** 2).sum(axis=2)
    _, chosen = linear_sum_assignment(distance)
    column, row = cells[chosen].T
    layout = {"municipality_code": codes.to_numpy(), "column": column - column.min(), "row": row.max() - row}
    return pd.DataFrame(layout).astype({"column": int, "row": int})


def _grid(seats: np.ndarray) -> tuple[float, np.ndarray]:
    """The largest square that still gives every seat one, and as many squares (in whole sides) as there are seats."""
    from scipy.spatial import cKDTree

    nearest_seat = cKDTree(seats)
    for side in np.geomspace(0.6, 0.02, 120):
        first, last = np.floor(seats.min(axis=0) / side) - 2, np.ceil(seats.max(axis=0) / side) + 2
        cells = np.array(np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(first, last, strict=True)))).reshape(2, -1).T
        distance, _ = nearest_seat.query(cells * side)
        inside = _filled(cells, distance <= max(REACH, 0.5 * side))
        if inside.sum() >= len(seats):
            return float(side), _peeled(cells[inside], distance[inside], len(seats))
    raise ValueError(f"{len(seats)} seats need squares smaller than 0.02 degrees")


def _filled(cells: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Mountains without a seat belong to the country too: fill what is surrounded on three sides."""
    kept = {tuple(cell) for cell in cells[inside].astype(int).tolist()}
    around = [sum(other in kept for other in _neighbours((int(c), int(r)))) >= 3 for c, r in cells]
    return inside | np.array(around)


def _peeled(cells: np.ndarray, distance: np.ndarray, wanted: int) -> np.ndarray:
    """Take squares away from the edge, the farthest from any seat first, so that no hole opens inside."""
    kept = {(int(column), int(row)): far for (column, row), far in zip(cells, distance, strict=True)}
    while len(kept) > wanted:
        edge = [cell for cell in kept if any(other not in kept for other in _neighbours(cell))]
        del kept[max(edge, key=lambda cell: (kept[cell], cell))]
    return np.array(sorted(kept))


def _neighbours(cell: tuple[int, int]) -> list[tuple[int, int]]:
    column, row = cell
    return [(column - 1, row), (column + 1, row), (column, row - 1), (column, row + 1)]


def tile_map(
    values: pd.DataFrame,
    edges: np.ndarray,
    colours: Sequence[str],
    labels: Sequence[str],
    **head: Unpack[Head],
) -> Chart:
    """Squares coloured by class, oblasts outlined and named by their code.

    Parameters
    ----------
    values : DataFrame
        ``municipality_code, oblast_code, column, row, value``; a missing value is hatched.
    edges : ndarray of shape (n - 1,)
        Edges between the ``n`` classes, increasing.
    colours, labels : sequence of str
        One of each per class.
    """
    draw = partial(_draw_tiles, values=values, edges=np.asarray(edges), colours=colours, labels=labels)
    return Chart(values, draw, 4.6, **head)


def _draw_tiles(figure: Any, top: float, values: pd.DataFrame, edges: np.ndarray, colours: Any, labels: Any) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    axes = figure.add_axes([0.01, 0.125, 0.98, top - 0.135])
    if values.empty:
        return empty(axes)
    known = values["value"].notna()
    where = zip(values["column"], values["row"], strict=True)
    squares = [Rectangle((column + 0.04, row + 0.04), 0.92, 0.92) for column, row in where]
    shades = [colours[int(np.searchsorted(edges, value, side="right"))] for value in values.loc[known, "value"]]
    drawn = [square for square, has in zip(squares, known, strict=True) if has]
    axes.add_collection(PatchCollection(drawn, facecolors=shades, edgecolors="none"))
    missing = [square for square, has in zip(squares, known, strict=True) if not has]
    axes.add_collection(PatchCollection(missing, facecolors="white", edgecolors="#888888", hatch=HATCH_MISSING))
    _outline_oblasts(axes, values)
    axes.set_xlim(values["column"].min() - 0.3, values["column"].max() + 1.3)
    axes.set_ylim(values["row"].max() + 1.3, values["row"].min() - 0.3)
    axes.set_aspect("equal")
    axes.set_axis_off()
    class_legend(figure, colours, labels, bool(len(missing)))
    return None


def _outline_oblasts(axes: Any, values: pd.DataFrame) -> None:
    """Draw a line between neighbouring squares of different oblasts, and the code near the middle of each oblast."""
    from matplotlib.collections import LineCollection

    owner = {(c, r): o for c, r, o in values[["column", "row", "oblast_code"]].itertuples(index=False)}
    lines = []
    for (column, row), oblast in owner.items():
        if owner.get((column + 1, row)) != oblast:
            lines.append([(column + 1, row), (column + 1, row + 1)])
        if owner.get((column, row + 1)) != oblast:
            lines.append([(column, row + 1), (column + 1, row + 1)])
        if (column - 1, row) not in owner:
            lines.append([(column, row), (column, row + 1)])
        if (column, row - 1) not in owner:
            lines.append([(column, row), (column + 1, row)])
    axes.add_collection(LineCollection(lines, colors=INK, linewidths=0.9))
    for code, group in values.groupby("oblast_code"):
        across, up = group[["column", "row"]].mean() + 0.5
        oblast_name(axes, across, up, str(code))


def oblast_name(axes: Any, across: float, up: float, code: str) -> None:
    """Code of an oblast on a map, legible on any colour."""
    axes.text(across, up, code, size=6.3, ha="center", va="center", color=INK, weight="bold",
              bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8})  # fmt: skip


def class_legend(figure: Any, colours: Sequence[str], labels: Sequence[str], has_missing: bool) -> None:
    """Classes of a map under it, and „няма данни“ where some municipality has none."""
    from matplotlib.patches import Patch

    named = zip(colours, labels, strict=True)
    patches = [Patch(facecolor=colour, edgecolor="#AAAAAA", label=label) for colour, label in named]
    if has_missing:
        no_data = texts.text("common.no_data")
        patches.append(Patch(facecolor="white", hatch=HATCH_MISSING, edgecolor="#888888", label=no_data))
    figure.legend(handles=patches, loc="lower center", bbox_to_anchor=(0.5, 0.045), ncols=len(patches), frameon=False,
                  fontsize=7, handlelength=1.2, columnspacing=1.0)  # fmt: skip
