"""Code lists, crosswalks, sources, assumptions and rules that every link reads.

`READERS` has one function per table of the link.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from ossu_analysis.reference.areas import COUNTRY, Areas, read_areas
from ossu_analysis.reference.given import GIVEN, given_reader
from ossu_analysis.reference.records import (
    read_assumption_table,
    read_rule_table,
    read_services,
    read_sources,
    read_unit_size_table,
)
from ossu_analysis.reference.tables import read_reference_table
from ossu_analysis.store import Store

CODE_LISTS = (
    "region",
    "oblast",
    "municipality",
    "area_change",
    "census",
    "target_group",
    "retirement_age",
    "legacy_service",
    "budget_activity",
    "legal_deadline",
)
"""Tables that are a CSV of ``data/reference``."""

READERS: dict[str, Callable[[Store], pd.DataFrame]] = {
    **{table: partial(read_reference_table, table=table) for table in CODE_LISTS},
    "service": read_services,
    "source": read_sources,
    "assumption": read_assumption_table,
    "rule": read_rule_table,
    "unit_size": read_unit_size_table,
    **{table: given_reader(table) for table in GIVEN},
}
"""``READERS[table](store)`` reads ``reference.<table>``."""

__all__ = ["CODE_LISTS", "COUNTRY", "READERS", "Areas", "read_areas", "read_reference_table"]
