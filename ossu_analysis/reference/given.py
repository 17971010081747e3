"""Tables that an analyst may give and nobody has to: map numbers, travel times, annual plans, own numbers and counts.

Each is one CSV, read by the rules of `tabular`; while the file is not there its table is empty, and removing the file
undoes it. Codes (or names that only one has), numbers and days are checked here, all faults at once, so that everything
that reads the tables may trust them.

============== ======================================= ==================================================
table          file                                    columns
============== ======================================= ==================================================
map_number     ``data/reference/map_numbers.csv``      municipality_code, service_code, users, source
travel_time    ``data/reference/travel_times.csv``     from_code, to_code, minutes
annual_plan    ``data/reference/annual_plan.csv``      municipality_code, service_code, year, users, source
override       ``data/assumptions/overrides.csv``      area_code, service_code, users, reason, by, date
host           ``data/assumptions/hosts.csv``          municipality_code, service_code, host_code, reason, by, date
group_count    ``data/reference/group_counts.csv``     municipality_code, target_group, persons, as_of, source
============== ======================================= ==================================================
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import pandas as pd

from ossu_analysis.errors import Fault, raise_if_any
from ossu_analysis.inputs import relative
from ossu_analysis.reference.names import spellings
from ossu_analysis.schemas.base import columns
from ossu_analysis.store import Store
from ossu_analysis.tabular import ROW, code, number, read_texts

MOST = 10_000_000
"""Neither users nor minutes nor persons of a municipality reach it."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Given:
    """How one of these files is checked.

    Parameters
    ----------
    file : str
        Path below ``data``.
    key : tuple of str
        Columns that name a row; twice the same is a fault.
    codes : mapping of str to tuple of str
        Column -> code lists of ``data/reference`` that it may come from.
    whole : tuple of str
        Columns of whole numbers; all numbers are at least 0.
    days : tuple of str
        Columns of ISO days.
    """

    file: str
    key: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]
    numbers: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    days: tuple[str, ...] = field(default=())


_MUNICIPALITY, _SERVICE = ("municipality",), ("service",)
GIVEN = {
    "map_number": Given(
        "reference/map_numbers.csv",
        ("municipality_code", "service_code"),
        {"municipality_code": _MUNICIPALITY, "service_code": _SERVICE},
        whole=("users",),
    ),
    "travel_time": Given(
        "reference/travel_times.csv",
        ("from_code", "to_code"),
        {"from_code": _MUNICIPALITY, "to_code": _MUNICIPALITY},
        numbers=("minutes",),
    ),
    "annual_plan": Given(
        "reference/annual_plan.csv",
        ("municipality_code", "service_code", "year"),
        {"municipality_code": _MUNICIPALITY, "service_code": _SERVICE},
        whole=("year", "users"),
    ),
    "override": Given(
        "assumptions/overrides.csv",
        ("area_code", "service_code"),
        {"area_code": ("municipality", "oblast"), "service_code": _SERVICE},
        whole=("users",),
        days=("date",),
    ),
    "host": Given(
        "assumptions/hosts.csv",
        ("municipality_code", "service_code"),
        {"municipality_code": _MUNICIPALITY, "service_code": _SERVICE, "host_code": _MUNICIPALITY},
        days=("date",),
    ),
    "group_count": Given(
        "reference/group_counts.csv",
        ("municipality_code", "target_group"),
        {"municipality_code": _MUNICIPALITY, "target_group": ("target_group",)},
        whole=("persons",),
        days=("as_of",),
    ),
}


def given_reader(table: str) -> Callable[[Store], pd.DataFrame]:
    """Reader of one of the tables `GIVEN`."""
    return lambda store: read_given(store, table)


def read_given(store: Store, table: str) -> pd.DataFrame:
    """One of the tables `GIVEN` in its declared columns; no rows while its file is not there.

    Raises
    ------
    FaultsFound
        Every empty cell, unknown code, number below 0, unreadable day and repeated row of the file.
    """
    from ossu_analysis.schemas import table_class

    about, infos = GIVEN[table], columns(table_class("reference", table))
    path = store.data / about.file
    if not path.exists():
        return pd.DataFrame({info.name: pd.Series(dtype=info.pandas_type) for info in infos})
    file = relative(path, store.root)
    cells = read_texts(path, [info.name for info in infos], file)
    for name, lists in about.codes.items():
        cells[name] = _as_codes(cells[name], spellings(store, lists))
    raise_if_any([*_unknown_codes(cells, about, file, store), *_faults(cells, about, file)])
    counts = {name: cells[name].map(lambda cell: number(cell).value) for name in (*about.numbers, *about.whole)}
    whole = {name: counts[name].astype("int64") for name in about.whole}
    return cells[[info.name for info in infos]].assign(**(counts | whole))


def _unknown_codes(cells: pd.DataFrame, about: Given, file: str, store: Store) -> Iterator[Fault]:
    """Cells that name nothing, or more than one thing: with what they may mean."""
    for name, lists in about.codes.items():
        known = spellings(store, lists)
        wrong = ~cells[name].isin(list(known.values())) & cells[name].ne("")
        for row, found in cells.loc[wrong, [ROW, name]].itertuples(index=False):
            near = get_close_matches(found.casefold(), known, 3, cutoff=0.7)
            meant = known.get(found.casefold()) or ", ".join(known[one] for one in near)
            yield Fault("reference.unknown_code", file, row=int(row), column=name, found=found, expected=meant)


def _faults(cells: pd.DataFrame, about: Given, file: str) -> Iterator[Fault]:
    wrong: dict[tuple[str, str], pd.Series[bool]] = {}
    for name in cells.columns.drop(ROW):
        wrong["reference.empty_cell", name] = cells[name].eq("")
    for name in (*about.numbers, *about.whole):
        wrong |= _not_counts(cells[name], name, name in about.whole)
    for name in about.days:
        readable = cells[name].str.fullmatch(_DAY) & pd.to_datetime(cells[name], errors="coerce").notna()
        wrong["reference.bad_day", name] = ~readable & cells[name].ne("")
    wrong["reference.repeated_row", about.key[-1]] = cells.duplicated(list(about.key))
    for (fault, name), where in wrong.items():
        for row, found in cells.loc[where, [ROW, name]].itertuples(index=False):
            yield Fault(fault, file=file, row=int(row), column=name, found=found)


def _not_counts(cells: pd.Series, name: str, is_whole: bool) -> dict[tuple[str, str], "pd.Series[bool]"]:
    """Cells that are no number of at least 0, or not a whole one; a mark of statistics says nothing here."""
    readings = cells.map(number)
    problem, value = readings.map(lambda one: one.problem), readings.map(lambda one: one.value).astype(float)
    known = (value >= 0) & (value <= MOST) & ((value % 1 == 0) | (not is_whole))
    fault = "reference.not_a_count" if is_whole else "reference.not_a_number"
    found = {(said, name): problem == said for said in sorted(set(problem) - {""})}
    return found | {(fault, name): ~known & problem.eq("") & cells.ne("")}


def _as_codes(cells: pd.Series, known: Mapping[str, str]) -> pd.Series:
    """Codes as the lists write them, from codes in any case and from names; what is neither stays as it is."""
    single = {said: meant for said, meant in known.items() if "," not in meant}
    return cells.map(lambda cell: single.get(code(cell).casefold(), cell)).astype("str")
