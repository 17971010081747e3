"""Code lists, crosswalks, sources, assumptions and rules that every link reads.

`READERS` has one function per table of the link.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from ossu_analysis.reference.areas import COUNTRY, Areas, read_areas
from ossu_analysis.reference.tables import read_reference_table
from ossu_analysis.store import Store

CODE_LISTS = ("region", "oblast", "municipality", "area_change")
"""Tables that are a CSV of ``data/reference``."""

READERS: dict[str, Callable[[Store], pd.DataFrame]] = {
    table: partial(read_reference_table, table=table) for table in CODE_LISTS
}
"""``READERS[table](store)`` reads ``reference.<table>``."""

__all__ = ["CODE_LISTS", "COUNTRY", "READERS", "Areas", "read_areas", "read_reference_table"]
