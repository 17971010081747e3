"""What was known then: the one way in which a plan of an earlier year is kept from seeing later figures.

A plan with base year Y is made in year Y + 1, when the figures of 31 December Y stand published. It knows events and
stocks up to Y, on the censuses that the yearly series had taken in by then, and editions of projections and schedules
that were out. Vintages say when we took a figure, not when it became known: they do not cut.
"""

from collections.abc import Mapping

import pandas as pd


def known_by(tables: Mapping[str, pd.DataFrame], base_year: int) -> dict[str, pd.DataFrame]:
    """Cut tables of the link ``sources`` at a base year.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By table name; ``population_municipality``, which tells when each census entered the series, is among them.
    base_year : int

    Returns
    -------
    dict of str to DataFrame
        Rows with ``year`` or ``period_to`` after the base year are gone (a projection keeps its years), and so are
        counts on a census that the series had not taken in. Of several editions the newest one is left.
    """
    newest = _census_taken_in(tables["population_municipality"], base_year)
    return {name: _cut(table, base_year, newest) for name, table in tables.items()}


def newest_edition(table: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """Rows of the edition that was newest when a plan with this base year was made.

    When none was out yet, as for a plan of years before our oldest edition, that one is taken.
    """
    year = table["published"].str[:4].astype(int)
    out = table[year <= base_year + 1]
    chosen = out["published"].max() if len(out) else table["published"].min()
    return table[table["published"] == chosen]


def _census_taken_in(population: pd.DataFrame, base_year: int) -> int:
    """The last census on which the yearly series rested at the base year."""
    return int(population.loc[population["year"] <= base_year, "basis"].max())


def _cut(table: pd.DataFrame, base_year: int, newest_census: int) -> pd.DataFrame:
    rows = newest_edition(table, base_year) if "published" in table else table
    for date in ("year", "period_to"):
        if date in rows:
            rows = rows[(rows[date] <= base_year) | (rows["status"] == "forecast")]
    for census in ("basis", "census_year"):
        if census in rows:
            rows = rows[rows[census].isna() | (rows[census] <= newest_census)]
    return rows
