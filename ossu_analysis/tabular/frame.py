"""A table that a person hands in as a frame: columns by our names, the row of each, numbers with what cannot be read.

Belongs here: reading for those who work on whole columns (`ossu project`, `ossu demand`, code lists that are given).
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ossu_analysis.errors import BLOCKING, NAMED, NOTICE, TO_CHECK, Fault, raise_if_any
from ossu_analysis.tabular.cells import Unreadable, code, number, shown
from ossu_analysis.tabular.personal import personal_data
from ossu_analysis.tabular.sheets import Sheet, folded, open_sheets
from ossu_analysis.texts import text

ROW = "row"
YEARS, MOST_PERSONS = (1900, 2150), 1.5e9
"""Years that a table may speak of; more persons than the largest country has, so that all draws fit into 32 bits."""


def open_frame(
    path: Path, file: str, required: Sequence[str], optional: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[Fault]]:
    """The one table of a file: its known columns as cells, and ``row``.

    Parameters
    ----------
    path : Path
        CSV, XLSX or Parquet.
    file : str
        How faults name it.
    required, optional : sequence of str
        Columns by our names; a label is compared without case and odd spaces.

    Returns
    -------
    table : DataFrame
        Object columns of `Cell`; empty when a fault blocks.
    faults : list of Fault
        Blocking ones, and notices about what was passed over.
    """
    known = {folded(name): name for name in (*required, *optional)}
    known |= {folded(name.replace("_", " ")): name for name in (*required, *optional)}
    sheets, faults = open_sheets(path, file, lambda label: known.get(folded(label)), min(2, len(required)))
    if not sheets and not any(fault.severity == BLOCKING for fault in faults):
        faults.append(Fault("tabular.no_header", file, expected=", ".join(required)))
    if len(sheets) > 1:
        faults.append(Fault("tabular.several_tables", file, found=", ".join(sheet.name for sheet in sheets)))
    for sheet in sheets[:1]:
        faults += [*_header_faults(sheet, known, required), *personal_data(sheet, _codes(sheet, known))]
        if not sheet.rows:
            faults.append(Fault("tabular.no_rows", file, sheet.name, sheet.header_row))
    if any(fault.severity == BLOCKING for fault in faults):
        return pd.DataFrame(columns=[ROW, *required]), faults
    return _as_frame(sheets[0], known), faults


def read_texts(path: Path, columns: Sequence[str], file: str) -> pd.DataFrame:
    """A table all of whose columns are needed, every cell as text, with ``row``.

    Raises
    ------
    FaultsFound
        With everything that prevents reading it.
    """
    table, faults = open_frame(path, file, columns)
    raise_if_any([*faults, *unreadable_codes(table, columns, file)])
    return pd.DataFrame({ROW: table[ROW], **{name: table[name].map(shown).astype("str") for name in columns}})


def _header_faults(sheet: Sheet, known: Mapping[str, str], required: Sequence[str]) -> list[Fault]:
    names = [known.get(folded(label)) for label in sheet.header]
    place = sheet.file, sheet.name, sheet.header_row
    missing = [name for name in required if name not in names]
    twice = [name for name, times in Counter(filter(None, names)).items() if times > 1]
    unknown = [label for label, name in zip(sheet.header, names, strict=True) if name is None and label]
    return [
        *(Fault("tabular.missing_column", *place, name, ", ".join(sheet.header)) for name in missing),
        *(Fault("tabular.repeated_column", *place, name) for name in twice),
        *(Fault("tabular.unknown_column", *place, label, severity=NOTICE) for label in unknown),
    ]


def _as_frame(sheet: Sheet, known: Mapping[str, str]) -> pd.DataFrame:
    places = {name: at for at, label in enumerate(sheet.header) if (name := known.get(folded(label)))}
    columns = {
        name: pd.Series([cells[at] if at < len(cells) else "" for _, cells in sheet.rows], dtype=object)
        for name, at in places.items()
    }
    return pd.DataFrame({ROW: [number for number, _ in sheet.rows], **columns})


def _codes(sheet: Sheet, known: Mapping[str, str]) -> list[str]:
    return [label for label in sheet.header if known.get(folded(label), "").endswith("_code")]


def folded_codes(cells: "pd.Series[Any]", spelling: dict[str, str]) -> "pd.Series[str]":
    """Codes as text: ``100.0`` is ``100``, and spellings that differ in case only are the first of them.

    Parameters
    ----------
    cells : Series of Cell
    spelling : dict
        First spelling by the folded one; grows, so that several columns and tables share their spellings.

    Examples
    --------
    >>> folded_codes(pd.Series(["SML02", "sml02", 100, "100.0"], dtype=object), {}).tolist()
    ['SML02', 'SML02', '100', '100']
    """
    spelt = {cell: code(cell) for cell in cells.unique()}
    return cells.map({cell: spelling.setdefault(said.casefold(), said) for cell, said in spelt.items()}).astype("str")


def numbers(table: pd.DataFrame, name: str, file: str) -> tuple["pd.Series[float]", "pd.Series[str]", list[Fault]]:
    """A column as numbers; NaN where it is unknown or cannot be read.

    Parameters
    ----------
    table : DataFrame
        Of `open_frame`.
    name : str
        Column.
    file : str
        How faults name the file.

    Returns
    -------
    value : Series of float
    problem : Series of str
        Key of the texts where a cell is no number; empty elsewhere.
    faults : list of Fault
        A notice when numbers carry flags.
    """
    readings = {cell: number(cell) for cell in table[name].unique()}
    value = table[name].map({cell: reading.value for cell, reading in readings.items()}).astype(float)
    problem = table[name].map({cell: reading.problem for cell, reading in readings.items()}).astype("str")
    flags = sorted({reading.flag for reading in readings.values() if reading.flag})
    flagged = table[name].map({cell: bool(reading.flag) for cell, reading in readings.items()}).astype(bool)
    if not flags:
        return value, problem, []
    found = text("tabular.flagged", flags=", ".join(flags), count=int(flagged.sum()))
    return value, problem, [Fault("tabular.flags", file, column=name, found=found, severity=NOTICE)]


def cell_faults(table: pd.DataFrame, name: str, problem: "pd.Series[str]", file: str) -> list[Fault]:
    """The cells of a column that are no numbers: the first of each kind; the last of them stands for the rest too."""
    faults = []
    for key, rows in table[problem != ""].groupby(problem[problem != ""], sort=False):
        places = list(rows[[ROW, name]].head(NAMED).itertuples(index=False))
        for at, (row, cell) in enumerate(places, 1):
            times = 1 + (len(rows) - at if at == len(places) else 0)
            faults.append(Fault(str(key), file, row=int(row), column=name, found=shown(cell), times=times))
    return faults


def future_years(table: pd.DataFrame, file: str, today: datetime.date) -> list[Fault]:
    """Asks about counts of years that have not come."""
    later = table[table["year"].astype(float) > today.year]
    if later.empty:
        return []
    years = ", ".join(sorted({f"{year:.0f}" for year in later["year"].astype(float)})[:NAMED])
    place = {"row": int(later[ROW].iloc[0]), "column": "year", "times": len(later)}
    return [Fault("tabular.future_year", file, **place, found=years, expected=f"≤ {today.year}", severity=TO_CHECK)]


def unreadable_codes(table: pd.DataFrame, names: Sequence[str], file: str) -> list[Fault]:
    """Cells of columns of text that hold a formula without a value, an error or a merge."""
    faults = []
    for name in names:
        problem = table[name].map(lambda cell: cell.reason if isinstance(cell, Unreadable) else "").astype("str")
        faults += cell_faults(table, name, problem, file)
    return faults
