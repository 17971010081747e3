"""What the publishers' tables must hold among themselves, and what is worth asking: each function returns rows."""

import pandas as pd

from ossu_analysis.errors import Fault
from ossu_analysis.sources.surprise import surprising_changes
from ossu_analysis.store import Store
from ossu_analysis.texts import text


def municipalities_make_the_country(store: Store) -> pd.DataFrame:
    """Years in which the totals of oblasts or of municipalities do not add up to the published country."""
    return store.sql(
        """select year, sex, sum(persons) filter (area_level = 'country') as country,
          sum(persons) filter (area_level = 'oblast') as oblast_sum,
          sum(persons) filter (area_level = 'municipality') as municipality_sum
        from sources.population_municipality where residence = 'total' group by all
        having country <> oblast_sum or country <> municipality_sum order by 1, 2""",
        ("sources", "population_municipality"),
    )


def population_moved_as_before(store: Store) -> pd.DataFrame:
    """Municipalities whose newest population moved further than nearly all yearly changes before."""
    return _asked(surprising_changes(store.read("sources", "population_municipality"), "persons"))


def births_moved_as_before(store: Store) -> pd.DataFrame:
    """The same of births."""
    return _asked(surprising_changes(store.read("sources", "births_municipality"), "births"))


def deaths_moved_as_before(store: Store) -> pd.DataFrame:
    """The same of deaths."""
    return _asked(surprising_changes(store.read("sources", "deaths_municipality"), "deaths"))


def _asked(faults: list[Fault]) -> pd.DataFrame:
    rows = [(one.file, one.column, one.found, one.expected, text(f"{one.code}.todo")) for one in faults]
    return pd.DataFrame(rows, columns=["file", "year", "found", "expected", "todo"])
