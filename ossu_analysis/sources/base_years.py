"""From which years can a forecast be made? Those with totals of the municipalities and ages of the oblasts."""

from ossu_analysis.errors import OssuError
from ossu_analysis.inputs import read_source_records
from ossu_analysis.store import Store

NEEDED = ("population_municipality", "population_oblast_age")
"""A base year needs both: how many live in each municipality, and of which ages in its oblast."""


def base_years(store: Store) -> range:
    """Years (stock on 31 December) for which the records of `NEEDED` say that figures exist.

    Raises
    ------
    OssuError
        ``sources.no_base_year`` when there is no such year.
    """
    spans = [
        [entry.years for _, record in read_source_records(store)[0] for entry in record.tables if entry.table == table]
        for table in NEEDED
    ]
    if not all(spans):
        raise OssuError("sources.no_base_year", tables=", ".join(NEEDED))
    first = max(min(start for start, _ in span) for span in spans)
    last = min(max(end for _, end in span) for span in spans)
    if first > last:
        raise OssuError("sources.no_base_year", tables=", ".join(NEEDED))
    return range(first, last + 1)
