"""From which years can a forecast be made? Those with totals of the municipalities and ages of the oblasts."""

from ossu_analysis.errors import OssuError
from ossu_analysis.inputs import read_source_records
from ossu_analysis.store import Store

NEEDED = (("population_municipality",), ("population_oblast_age", "population_oblast_residence_age"))
"""A base year needs both: how many live in each municipality, and of which ages in its oblast (either table)."""


def base_years(store: Store) -> tuple[int, ...]:
    """Years (stock on 31 December) for which the records of `NEEDED` say that figures exist, in order.

    Raises
    ------
    OssuError
        ``sources.no_base_year`` when there is no such year.
    """
    records = [record for _, record in read_source_records(store)[0]]
    totals, ages = (
        {year for record in records for entry in record.tables if entry.table in tables for year in entry.all_years}
        for tables in NEEDED
    )
    if not totals & ages:
        raise OssuError("sources.no_base_year", tables=", ".join(name for tables in NEEDED for name in tables))
    return tuple(sorted(totals & ages))
