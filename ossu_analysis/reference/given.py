"""Tables that an analyst may give and nobody has to: map numbers, travel times, annual plans, own numbers and counts.

Each is one CSV; while the file is not there its table is empty, and removing the file undoes it. Codes, numbers and
days are checked here, all faults at once, so that everything that reads the tables may trust them.

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

import pandas as pd

from ossu_analysis.errors import Fault, raise_if_any
from ossu_analysis.inputs import relative
from ossu_analysis.reference.tables import read_reference_table
from ossu_analysis.schemas.base import columns
from ossu_analysis.store import Store
from ossu_analysis.text_table import ROW, open_text_table

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
    cells = open_text_table(path, [info.name for info in infos], file)
    raise_if_any(_faults(cells, about, file, store))
    numbers = {name: pd.to_numeric(cells[name]) for name in (*about.numbers, *about.whole)}
    return cells[[info.name for info in infos]].assign(**numbers)


def _faults(cells: pd.DataFrame, about: Given, file: str, store: Store) -> Iterator[Fault]:
    wrong: dict[tuple[str, str], pd.Series[bool]] = {}
    for name in cells.columns.drop(ROW):
        wrong["empty_cell", name] = cells[name].str.strip().eq("")
    for name, lists in about.codes.items():
        wrong["unknown_code", name] = ~cells[name].isin(_codes(store, lists)) & cells[name].ne("")
    for name in (*about.numbers, *about.whole):
        value = pd.to_numeric(cells[name], errors="coerce")
        fits = (value >= 0) & ((value % 1 == 0) | (name in about.numbers))
        wrong["not_a_count" if name in about.whole else "not_a_number", name] = ~fits & cells[name].ne("")
    for name in about.days:
        readable = cells[name].str.fullmatch(_DAY) & pd.to_datetime(cells[name], errors="coerce").notna()
        wrong["bad_day", name] = ~readable & cells[name].ne("")
    wrong["repeated_row", about.key[-1]] = cells.duplicated(list(about.key))
    for (code, name), where in wrong.items():
        for row, found in cells.loc[where, [ROW, name]].itertuples(index=False):
            yield Fault(f"reference.{code}", file=file, row=int(row), column=name, found=found)


def _codes(store: Store, lists: tuple[str, ...]) -> set[str]:
    known = set[str]()
    for table in lists:
        skip = ("criterion_loaded",) if table == "service" else ()
        column = table if table == "target_group" else f"{table}_code"
        known |= set(read_reference_table(store, table, skip=skip)[column])
    return known
