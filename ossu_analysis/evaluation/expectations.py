"""What the scores must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.store import Store


def methods_are_judged_alike(store: Store) -> pd.DataFrame:
    """Windows in which methods were scored on different numbers of areas, or that end after the newest figure."""
    return store.sql(
        """select level, origin_year, horizon_years, metric, min(areas) as fewest_areas, max(areas) as most_areas
        from evaluation.score group by level, age_group, origin_year, horizon_years, size_class, metric
        having min(areas) <> max(areas)
          or origin_year + horizon_years > (select max(year) from sources.population_municipality)""",
        ("evaluation", "score"),
        ("sources", "population_municipality"),
    )


def better_than_simple_methods(store: Store) -> pd.DataFrame:
    """Windows in which the mean error over municipalities of a simple method is below ours."""
    return store.sql(
        """with mean as (select method, horizon_years, crosses_census, sum(value * areas) / sum(areas) as mape
          from evaluation.score where level = 'municipality' and size_class = 'all' and metric = 'mape' group by all)
        select simple.method, horizon_years, crosses_census,
          100 * simple.mape as method_error, 100 * ours.mape as our_error from mean as simple
        join mean as ours using (horizon_years, crosses_census)
        where ours.method = 'ossu' and simple.method not like 'ossu%' and simple.mape < ours.mape order by 2, 3""",
        ("evaluation", "score"),
    )
