"""A map with the boundaries that a user brings: a GeoJSON in ``data/reference/`` in place of the map of tiles.

Belongs here: reading the file (RFC 7946: polygons in degrees, or in metres of one projection) and drawing it. No
boundary is shipped. A feature belongs to the municipality whose code stands in one of its properties; whatever the
property is called, it is the one with the most known codes. A file that cannot be used is said, with what is wrong.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.errors import TO_CHECK, Fault
from ossu_analysis.report.charts.base import HATCH_MISSING, INK, Chart, Head, empty
from ossu_analysis.report.charts.tiles import class_legend, oblast_name

Rings = list[NDArray[np.float64]]
Outlines = dict[str, Rings]
"""Rings (n, 2) by municipality code, on one plane; holes and islands are rings like the others."""
NAMED = "municipalities.geojson"
FINENESS = 2000
"""Points that fall on the same of so many steps across the map cannot be told apart in print and are one."""
NAMES_SHOWN = 8


def read_outlines(folder: Path, codes: Collection[str]) -> tuple[Outlines | None, list[Fault]]:
    """Outlines of the municipalities from the GeoJSON in a folder.

    Parameters
    ----------
    folder : Path
        ``municipalities.geojson``, else the only ``*.geojson`` in it, is read.
    codes : collection of str
        Codes of the municipalities, each of which must have an outline.

    Returns
    -------
    dict of str to list of ndarray, or None
        None when there is no file, or none that can be used.
    list of Fault
        What is wrong with the file.
    """
    files = sorted(folder.glob("*.geojson"))
    named = [file for file in files if file.name == NAMED] or files
    if not named:
        return None, []
    if len(named) > 1:
        return None, [_fault("boundaries.several", folder, ", ".join(file.name for file in named), NAMED)]
    try:
        features = json.loads(named[0].read_text(encoding="utf-8-sig"))["features"]
        properties = [_values(feature) for feature in features]
        shapes = [_rings(feature["geometry"]) for feature in features]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return None, [_fault("boundaries.unreadable", named[0], f"{type(error).__name__}: {error}", "GeoJSON")]
    outlines = _by_code(properties, shapes, set(codes))
    missing = sorted(set(codes) - set(outlines))
    if missing:
        shown = ", ".join(missing[:NAMES_SHOWN]) + (" ..." if len(missing) > NAMES_SHOWN else "")
        return None, [_fault("boundaries.missing", named[0], f"{len(missing)}: {shown}", f"{len(codes)}")]
    return _on_a_plane(outlines), []


def _fault(code: str, file: Path, found: str, expected: str) -> Fault:
    return Fault(
        code, f"data/reference/{file.name}" if file.suffix else file.name, "", None, "", found, expected, TO_CHECK
    )


def _values(feature: Mapping[str, Any]) -> dict[str, str]:
    """Properties of a feature, and its id, as codes are written; Eurostat's ``BG_SML02`` is ``SML02``."""
    found = {"id": feature.get("id"), **(feature.get("properties") or {})}
    return {name: str(value).strip().upper().removeprefix("BG_") for name, value in found.items()}


def _rings(geometry: Mapping[str, Any]) -> Rings:
    nested = {"Polygon": lambda g: [g], "MultiPolygon": lambda g: g}[geometry["type"]](geometry["coordinates"])
    rings = [np.array([point[:2] for point in ring], dtype=float) for polygon in nested for ring in polygon]
    if not rings or any(len(ring) < 4 or not np.isfinite(ring).all() for ring in rings):
        raise ValueError("ring")
    return rings


def _by_code(properties: Sequence[dict[str, str]], shapes: Sequence[Rings], codes: set[str]) -> Outlines:
    names = {name for values in properties for name in values}
    known = {name: sum(values.get(name) in codes for values in properties) for name in sorted(names)}
    chosen = max(known, key=lambda name: known[name], default="")
    outlines: Outlines = {}
    for values, rings in zip(properties, shapes, strict=True):
        if values.get(chosen) in codes:
            outlines.setdefault(values[chosen], []).extend(rings)
    return outlines


def _on_a_plane(outlines: Outlines) -> Outlines:
    """Degrees become lengths by the cosine of the middle latitude; the fineness of print is kept, no more."""
    points = np.concatenate([ring for rings in outlines.values() for ring in rings])
    is_degrees = (np.abs(points) <= (180, 90)).all()
    middle = (points[:, 1].min() + points[:, 1].max()) / 2
    scale = np.array([np.cos(np.deg2rad(middle)) if is_degrees else 1.0, 1.0])
    step = float(np.ptp(points * scale, axis=0).max()) / FINENESS or 1.0
    return {code: [_thinned(np.round(ring * scale / step)) for ring in rings] for code, rings in outlines.items()}


def _thinned(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    moves = np.ones(len(ring), dtype=bool)
    moves[1:] = (np.diff(ring, axis=0) != 0).any(axis=1)
    return ring[moves]


def outline_map(
    values: pd.DataFrame,
    outlines: Outlines,
    edges: NDArray[np.float64],
    colours: Sequence[str],
    labels: Sequence[str],
    **head: Unpack[Head],
) -> Chart:
    """Municipalities in their boundaries, coloured by class; oblasts outlined and named by their code.

    Parameters
    ----------
    values : DataFrame
        ``municipality_code, oblast_code, value``; a missing value is hatched.
    outlines : dict of str to list of ndarray
        From `read_outlines`, with every code of ``values``.
    edges : ndarray of shape (n - 1,)
        Edges between the ``n`` classes, increasing.
    colours, labels : sequence of str
        One of each per class.
    """
    classes = (np.asarray(edges), colours, labels)
    draw = partial(_draw, values=values, outlines=outlines, classes=classes)
    return Chart(values, draw, 4.6, **head)


def _draw(figure: Any, top: float, values: pd.DataFrame, outlines: Outlines, classes: tuple[Any, Any, Any]) -> None:
    from matplotlib.collections import LineCollection, PathCollection

    edges, colours, labels = classes
    axes = figure.add_axes([0.01, 0.125, 0.98, top - 0.135])
    if values.empty:
        return empty(axes)
    known = values["value"].notna().to_numpy()
    shapes = [_path(outlines[code]) for code in values["municipality_code"]]
    shades = [colours[int(np.searchsorted(edges, value, side="right"))] for value in values["value"][known]]
    drawn = [shape for shape, has in zip(shapes, known, strict=True) if has]
    missing = [shape for shape, has in zip(shapes, known, strict=True) if not has]
    axes.add_collection(PathCollection(drawn, facecolors=shades, edgecolors="white", linewidths=0.3))
    axes.add_collection(PathCollection(missing, facecolors="white", edgecolors="#888888", hatch=HATCH_MISSING))
    axes.add_collection(LineCollection(list(_oblast_borders(values, outlines)), colors=INK, linewidths=0.8))
    for oblast, codes in values.groupby("oblast_code")["municipality_code"]:
        across, up = np.mean([outlines[code][0].mean(axis=0) for code in codes], axis=0)
        oblast_name(axes, across, up, str(oblast))
    axes.autoscale_view()
    axes.set_aspect("equal")
    axes.set_axis_off()
    class_legend(figure, colours, labels, bool(missing))
    return None


def _path(rings: Rings) -> Any:
    from matplotlib.path import Path as Shape

    return Shape.make_compound_path(*(Shape(ring, closed=True) for ring in rings))


def _oblast_borders(values: pd.DataFrame, outlines: Outlines) -> NDArray[np.float64]:
    """Sides (m, 2, 2) that two municipalities of one oblast do not share."""
    oblast_of = dict(zip(values["municipality_code"], pd.factorize(values["oblast_code"])[0], strict=True))
    sides, owners = [], []
    for code, oblast in oblast_of.items():
        for ring in outlines[code]:
            ends = np.stack([ring[:-1], ring[1:]], axis=1)
            backwards = (ends[:, 0, 0] > ends[:, 1, 0]) | (
                (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
            )
            sides.append(np.where(backwards[:, None, None], ends[:, ::-1], ends).reshape(-1, 4))
            owners.append(np.full(len(ends), oblast))
    owned = np.column_stack([np.concatenate(sides), np.concatenate(owners)])
    once, times = np.unique(owned, axis=0, return_counts=True)
    return once[times == 1][:, :4].reshape(-1, 2, 2)
