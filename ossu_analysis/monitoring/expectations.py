"""What the comparison with an earlier forecast must hold, and what is worth asking: each returns the rows that fail."""

import pandas as pd

from ossu_analysis.store import Store


def actual_is_published(store: Store) -> pd.DataFrame:
    """Rows whose actual count is not the published one, or that stand at or before the forecast's own base year."""
    return store.sql(
        """select area_code, year, actual as in_table, persons as published
        from monitoring.deviation left join (select area_code, year, persons from sources.population_municipality
          where residence = 'total' and sex = 'T') using (area_code, year)
        where persons is null or abs(actual - persons) > 1e-6 or year <= base_year""",
        ("monitoring", "deviation"),
        ("sources", "population_municipality"),
    )


def range_was_honest(store: Store) -> pd.DataFrame:
    """Years in which the 80 % ranges held too few or too many municipalities."""
    return store.sql(
        """select year, 100 * avg(is_inside_80::int) as inside_percent
        from monitoring.deviation where area_level = 'municipality' group by 1
        having avg(is_inside_80::int) not between 0.7 and 0.9 order by 1""",
        ("monitoring", "deviation"),
    )
