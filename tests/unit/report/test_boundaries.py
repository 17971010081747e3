"""Boundaries that a user brings: drawn when every municipality has one, else said and replaced by tiles."""

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from ossu_analysis.report.charts import Chart
from ossu_analysis.report.charts.boundaries import NAMED, _oblast_borders, outline_map, read_outlines
from ossu_analysis.report.run.index import write_index

from . import made_up

CODES = ["VAR05", "VAR06", "RSE04"]
COMMON = {"key": "map_change", "title": "Заглавие", "subtitle": "Подзаглавие"}


def square(west: float, south: float = 43.0) -> list[list[list[float]]]:
    east, north = west + 0.2, south + 0.2
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(code: str, at: int, name: str = "municipality_code", **geometry) -> dict:
    shape = {"type": "Polygon", "coordinates": square(27.0 + 0.2 * at)} | geometry
    return {"type": "Feature", "properties": {"name": "Бяла", name: code}, "geometry": shape}


def write(folder, features, name: str = NAMED) -> None:
    content = {"type": "FeatureCollection", "features": features}
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(("name", "form"), [("code", "{}"), ("LAU_ID", "{}"), ("GISCO_ID", "BG_{}"), ("nuts", "{} ")])
def test_codes_are_found_whatever_the_property_is_called(tmp_path, name, form) -> None:
    write(tmp_path, [feature(form.format(code), at, name) for at, code in enumerate(CODES)], "any.geojson")
    outlines, faults = read_outlines(tmp_path, CODES)
    assert not faults and outlines is not None and set(outlines) == set(CODES)
    width, height = np.ptp(outlines["VAR05"][0], axis=0)
    assert width / height == pytest.approx(np.cos(np.deg2rad(43.1)), rel=0.01)


def test_parts_and_holes_of_one_municipality_stay_together(tmp_path) -> None:
    island = {"type": "MultiPolygon", "coordinates": [square(27.0), [*square(28.0), *square(28.05, 43.05)]]}
    write(tmp_path, [feature("VAR05", 0, **island), feature("VAR05", 9)])
    outlines, _ = read_outlines(tmp_path, ["VAR05"])
    assert outlines is not None and len(outlines["VAR05"]) == 4


def test_no_file_is_no_fault(tmp_path) -> None:
    assert read_outlines(tmp_path, CODES) == (None, [])


BROKEN = {
    "not json": "{",
    "no features": '{"type": "Polygon"}',
    "a list": "[]",
    "points": json.dumps({"features": [feature("VAR05", 0, type="Point", coordinates=[1, 2])]}),
    "no geometry": json.dumps({"features": [feature("VAR05", 0) | {"geometry": None}]}),
    "short ring": json.dumps({"features": [feature("VAR05", 0, coordinates=[[[1, 2], [2, 3], [1, 2]]])]}),
    "words": json.dumps({"features": [feature("VAR05", 0, coordinates=[[["a", "b"]] * 4])]}),
    "not bytes of text": None,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_is_said(tmp_path, name) -> None:
    content = BROKEN[name]
    (tmp_path / NAMED).write_bytes(b"\xff\xfe\x00{" if content is None else content.encode())
    outlines, (fault,) = read_outlines(tmp_path, CODES)
    assert outlines is None and fault.code == "boundaries.unreadable"
    assert NAMED in fault.sentence() and "карта" in fault.sentence() and "GeoJSON" in fault.sentence()


def test_missing_codes_are_counted_and_named(tmp_path) -> None:
    write(tmp_path, [feature("VAR05", 0), feature("XYZ99", 1)])
    outlines, (fault,) = read_outlines(tmp_path, CODES)
    assert outlines is None and fault.found == "2: RSE04, VAR06"
    write(tmp_path, [])
    assert read_outlines(tmp_path, CODES)[1][0].found.startswith("3:")


def test_of_several_files_the_named_one_is_read(tmp_path) -> None:
    whole = [feature(code, at) for at, code in enumerate(CODES)]
    write(tmp_path, whole, "a.geojson")
    write(tmp_path, whole, "b.geojson")
    assert read_outlines(tmp_path, CODES)[1][0].code == "boundaries.several"
    write(tmp_path, whole)
    assert read_outlines(tmp_path, CODES)[0] is not None


def values() -> pd.DataFrame:
    oblasts = ["VAR", "VAR", "RSE"]
    return pd.DataFrame({"municipality_code": CODES, "oblast_code": oblasts, "value": [-0.1, 0.1, np.nan]})


def test_only_borders_of_oblasts_are_lines(tmp_path) -> None:
    write(tmp_path, [feature(code, at) for at, code in enumerate(CODES)])
    outlines, _ = read_outlines(tmp_path, CODES)
    # Three squares in a row: 8 outer sides, the border VAR|RSE once for each; the border inside VAR is none.
    assert len(_oblast_borders(values(), outlines)) == 10


def test_municipalities_get_the_colour_of_their_class_and_unknown_ones_none(tmp_path) -> None:
    write(tmp_path, [feature(code, at) for at, code in enumerate(CODES)])
    chart = outline_map(values(), read_outlines(tmp_path, CODES)[0], [0.0], ["#000001", "#000002"], "ab", **COMMON)
    figure = Figure()
    chart.draw(figure, 0.9)
    drawn, missing, _ = figure.axes[0].collections
    assert [to_hex(shade) for shade in drawn.get_facecolor()] == ["#000001", "#000002"]
    assert len(missing.get_paths()) == 1
    assert chart.png(dpi=50).startswith(b"\x89PNG")
    outline_map(values().iloc[:0], {}, [0.0], ["w", "k"], "ab", **COMMON).png(dpi=50)


@pytest.mark.parametrize("codes", [CODES, CODES[:2]])
def test_run_draws_boundaries_or_says_why_not(tmp_path, monkeypatch, codes) -> None:
    monkeypatch.setattr(Chart, "_saved", lambda chart, form, **options: form.encode())
    store = made_up.store(tmp_path)
    store.reference.mkdir(parents=True, exist_ok=True)
    write(store.reference, [feature(code, at) for at, code in enumerate(codes)])
    write_index(store, tmp_path, made_up.imprint(), "r", [], {}, None)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    is_whole = codes == CODES
    assert ("границите са от файла" in page) == is_whole
    assert ("един квадрат е една община" in page) != is_whole
    assert ("липсват общини по код" in page) != is_whole
