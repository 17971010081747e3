"""Tables as an enemy would hand them in: each change has its fault or changes nothing, and nothing ever breaks down.

A sound table is changed at a random place in a known way. `EXPECTED` says what must be answered; a change with an empty
answer is harmless, and what is read must then be what was there before. ``OSSU_TABLES`` sets how many are made.
"""

import io
import os
import random
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ossu_analysis.collection import read_inbox
from ossu_analysis.collection.rows import CodeLists
from ossu_analysis.demand.returns_input import read_handed
from ossu_analysis.errors import BLOCKING, FaultsFound
from ossu_analysis.population.hierarchy_input import read_counts
from ossu_analysis.store import Store

MADE = int(os.environ.get("OSSU_TABLES", "150"))
"""Tables of each way in; 2,000 are made with ``OSSU_TABLES=2000``."""

CELLS = {
    "1,908": "ambiguous_number",
    "12.345": "ambiguous_number",
    "19 08": "not_a_number",
    "много": "not_a_number",
    "١٢": "not_a_number",
    "inf": "not_a_number",
    "1e999": "not_a_number",
    "5/6": "not_a_number",
    "99999999999": "too_many_persons",
    "7501020018": "personal_data",
}
"""What is put into a cell of counts, and the fault that must come."""
HARMLESS = {
    "blank row": lambda lines, at: [*lines[:at], "", *lines[at:]],
    "empty cells": lambda lines, at: [*lines[:at], ";" * lines[0].count(";"), *lines[at:]],
    "source below": lambda lines, at: [*lines, "Източник: НСИ, 2021" + ";" * lines[0].count(";")],
    "title above": lambda lines, at: ["Таблица 1", "", *lines],
    "capitals": lambda lines, at: [lines[0].upper(), *lines[1:]],
    "spaces": lambda lines, at: [line.replace(";", " ; ") for line in lines],
    "empty column": lambda lines, at: [line + ";" for line in lines],
    "whole as decimals": lambda lines, at: [lines[0], *(line.replace(";2019;", ";2019.0;") for line in lines[1:])],
}
DAMAGES = {
    "cut in a row": (lambda text, at: text[: text.rindex(";") - 1], "short_row"),
    "open quote": (lambda text, at: text.replace("\n", '\n"', 2).replace('"', "", 1), "broken_row"),
    "nothing": (lambda text, at: "", "empty_file"),
    "no header": (lambda text, at: text.split("\n", 1)[1], "no_header"),
}


def project_table() -> list[str]:
    rows = [f"{area};{parent};{sex};0;;{year};{n + 7 * year % 13}" for year in range(2015, 2020)
            for area, parent, n in (("R", "", 900), ("A", "R", 400), ("B", "R", 500)) for sex in "FM"]  # fmt: skip
    return ["area_code;parent_code;sex;age_from;age_to;year;persons", *rows]


def demand_table() -> list[str]:
    rows = [f"M{m:02d};P;HOME;{year};{10 + m};{20 + m};0" for m in range(10) for year in range(2016, 2021)]
    return ["area_code;parent_code;service_code;year;users;places;waiting", *rows]


def inbox_table() -> list[str]:
    services = ("DAY-CH", "ASSIST", "SP-INFO")
    rows = [f"SML02;{code};{year};30;24;3" for code in services for year in (2019, 2020, 2021)]
    return ["municipality_code;service_code;year;places;users;waiting", *rows]


def exposed(folder: Path) -> Path:
    rows = [f"M{m:02d},HOME,{year},{1000 + m}" for m in range(10) for year in range(2016, 2024)]
    path = folder / "exposed.csv"
    path.write_text("\n".join(["area_code,service_code,year,persons", *rows]), encoding="utf-8")
    return path


def by_project(path: Path):
    table, faults = read_counts(path)
    return table.drop(columns="row"), faults


def by_demand(path: Path):
    read = read_handed(path, exposed(path.parent), services={"home": "HOME"})
    return read.returns.drop(columns="row"), list(read.faults)


def by_inbox(path: Path):
    names = {"municipality_code": ["SML02"], "name_bg": ["Баните"], "oblast_code": ["SML"]}
    codes = ["DAY-CH", "ASSIST", "SP-INFO"]
    service = pd.DataFrame({"service_code": codes, "name_bg": codes, "short_name_bg": codes})
    legacy = pd.DataFrame({"old_name_bg": [], "old_abbreviation": [], "service_code": []}, dtype=str)
    inbox = read_inbox(Store(path.parents[2]), CodeLists(pd.DataFrame(names), service, legacy))
    if any(fault.severity == BLOCKING for fault in inbox.faults):
        raise FaultsFound(inbox.faults)
    return inbox.returns.drop(columns="source_id"), inbox.faults


WAYS = {
    "project": (project_table, by_project, 6),
    "demand": (demand_table, by_demand, 4),
    "inbox": (inbox_table, by_inbox, 4),
}


def answer(way: str, path: Path) -> tuple[pd.DataFrame | None, set[str]]:
    """What is read, and the codes of all faults."""
    try:
        table, faults = WAYS[way][1](path)
    except FaultsFound as error:
        table, faults = None, error.faults
    finally:
        path.unlink()
    assert all(fault.sentence() and "tabular." not in fault.sentence() for fault in faults)
    return table, {fault.code.rpartition(".")[2] for fault in faults}


def as_book(lines: list[str]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        cells = line.split(";")
        book.active.append(
            [int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 5 else cell or None for cell in cells]
        )
    book.save(content)
    return content.getvalue()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    return tmp_path / "data" / "inbox"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("way", WAYS)
def test_every_change_of_a_sound_table_is_answered_or_harmless(way: str, form: str, inbox: Path) -> None:
    make, _, counted = WAYS[way]
    path, rng, seen = inbox / f"table.{form}", random.Random(f"{way}/{form}"), Counter[str]()

    def write(lines: list[str]) -> Path:
        path.write_bytes("\n".join(lines).encode() if form == "csv" else as_book(lines))
        return path

    sound, faults = answer(way, write(make()))
    assert sound is not None and not faults
    for _ in range(MADE if form == "csv" else MADE // 2):
        lines, at = make(), rng.randrange(2, len(make()))
        kind = rng.choice(["cell", "harmless", *(["damage"] if form == "csv" else [])])
        if kind == "cell":
            said = rng.choice(sorted(CELLS))
            cells = lines[at].split(";")
            cells[counted] = said
            lines[at] = ";".join(cells)
            table, found = answer(way, write(lines))
            assert CELLS[said] in found, (way, form, said, found)
            assert table is None or len(table) == len(sound) - 1, "the row is left out or nothing is read"
            seen[said] += 1
        elif kind == "harmless":
            name = rng.choice(sorted(HARMLESS))
            table, found = answer(way, write(HARMLESS[name](lines, at)))
            assert table is not None, (way, form, name, found)
            pd.testing.assert_frame_equal(table, sound, obj=f"{way} {form} {name}")
            seen[name] += 1
        else:
            name = rng.choice(sorted(DAMAGES))
            change, expected = DAMAGES[name]
            path.write_bytes(change("\n".join(lines), at).encode())
            table, found = answer(way, path)
            assert table is None and expected in found, (way, name, found)
            seen[name] += 1
    assert len(seen) > 12
