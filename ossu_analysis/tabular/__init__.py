"""Every table that a person hands in is read here: CSV, workbook or Parquet, by one set of rules.

Belongs here: from a file to cells with their places (`sheets`, and one module per kind of file), what a cell says
(`cells`), and a whole table as a frame (`frame`). What the columns mean is known to those who ask for them.
"""

from ossu_analysis.tabular.cells import Cell, Reading, Unreadable, number, shown
from ossu_analysis.tabular.frame import cell_faults, folded_codes, numbers, open_frame, unreadable_codes
from ossu_analysis.tabular.sheets import Sheet, folded, open_sheets

__all__ = [
    "Cell",
    "Reading",
    "Sheet",
    "Unreadable",
    "cell_faults",
    "folded",
    "folded_codes",
    "number",
    "numbers",
    "open_frame",
    "open_sheets",
    "shown",
    "unreadable_codes",
]
