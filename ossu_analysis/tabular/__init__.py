"""Every table that a person hands in is read here: CSV, workbook or Parquet, by one set of rules.

Belongs here: from a file to cells with their places (`sheets`, and one module per kind of file), what a cell says
(`cells`), and a whole table as a frame (`frame`). What the columns mean is known to those who ask for them.
"""

from ossu_analysis.tabular.cells import Cell, Reading, Unreadable, code, number, plain, shown
from ossu_analysis.tabular.frame import (
    MOST_PERSONS,
    ROW,
    YEARS,
    cell_faults,
    folded_codes,
    future_years,
    numbers,
    open_frame,
    read_texts,
    unreadable_codes,
)
from ossu_analysis.tabular.sheets import Sheet, folded, open_sheets

__all__ = [
    "MOST_PERSONS",
    "ROW",
    "YEARS",
    "Cell",
    "Reading",
    "Sheet",
    "Unreadable",
    "cell_faults",
    "code",
    "folded",
    "folded_codes",
    "future_years",
    "number",
    "numbers",
    "open_frame",
    "open_sheets",
    "plain",
    "read_texts",
    "shown",
    "unreadable_codes",
]
