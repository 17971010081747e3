"""What the population forecast must hold, and what is worth asking: each function returns the rows that fail.

Laws [1]_ hold for every mean, because the draws themselves add up: births - deaths + migration + hidden loss is the
change of the total; municipalities add up to oblasts, regions and the country; women and men add up to the total. The
base year is the published figure. Quantiles are not added.

References
----------
.. [1] Preston, Heuveline, Guillot (2001), Demography, section 1.1, the balancing equation.
"""

import pandas as pd

from ossu_analysis.store import Store

PERSON = 1e-6
"""Persons by which sums of floating-point numbers may differ."""
RARE = 0.995
"""Share of the observed yearly changes above which a forecast change is asked about, as in `sources.surprise`."""
_TOTAL = "sex = 'T' and age_from = 0 and age_to is null and output_type = 'mean'"


def people_are_conserved(store: Store) -> pd.DataFrame:
    """Areas and years whose mean changes by something else than the four components."""
    return store.sql(
        f"""with total as (select area_code, year, scenario, persons from population.forecast where {_TOTAL})
        select now.area_code, now.year, now.persons - former.persons as change,
          births - deaths + net_migration + hidden_loss as components
        from total as now
        join total as former on now.area_code = former.area_code and now.year = former.year + 1
        join population.component as part
          on now.area_code = part.area_code and now.year = part.year and now.scenario = part.scenario
        where part.output_type = 'mean' and abs(change - components) > {PERSON}
        order by abs(change - components) desc""",
        ("population", "forecast"),
        ("population", "component"),
    )


def areas_add_up(store: Store) -> pd.DataFrame:
    """Years, sexes and ages in which the lower levels do not add up to the country; of the base year, the totals.

    Ages of municipalities in the base year are estimated and those of oblasts published, so they agree only as far as
    the fit of the one to the other was carried; from the first forecast year on there is one set of draws.
    """
    return store.sql(
        f"""select year, sex, age_from, age_to,
          sum(persons) filter (area_level = 'municipality') as municipality_sum,
          sum(persons) filter (area_level = 'oblast') as oblast_sum,
          sum(persons) filter (area_level = 'region') as region_sum,
          sum(persons) filter (area_level = 'country') as country
        from population.forecast
        where output_type = 'mean' and (year > base_year or (age_from = 0 and age_to is null))
        group by year, sex, age_from, age_to, scenario
        having greatest(abs(municipality_sum - country), abs(oblast_sum - country), abs(region_sum - country))
          > {PERSON}
        order by 1, 2, 3""",
        ("population", "forecast"),
    )


def sexes_add_up(store: Store) -> pd.DataFrame:
    """Rows of both sexes that are not women and men."""
    return store.sql(
        f"""select area_code, year, age_from, age_to,
          sum(persons) filter (sex = 'T') as both_sexes, sum(persons) filter (sex <> 'T') as women_and_men
        from population.forecast where output_type = 'mean'
        group by area_code, year, age_from, age_to, scenario having abs(both_sexes - women_and_men) > {PERSON}""",
        ("population", "forecast"),
    )


def base_year_is_published(store: Store) -> pd.DataFrame:
    """Areas and sexes whose base year is missing or is not the published figure."""
    return store.sql(
        f"""with base as (select area_code, sex, year, persons from population.forecast
          where year = base_year and age_from = 0 and age_to is null and output_type = 'mean')
        select source.area_code, sex, year, source.persons as published, base.persons as in_forecast
        from sources.population_municipality as source left join base using (area_code, sex, year)
        where residence = 'total' and year = (select any_value(base_year) from population.forecast)
          and source.persons is not null
          and (base.persons is null or abs(base.persons - source.persons) > {PERSON})""",
        ("population", "forecast"),
        ("sources", "population_municipality"),
    )


def changes_are_like_observed(store: Store) -> pd.DataFrame:
    """Municipalities whose mean moves more in a forecast year than nearly all observed yearly changes did.

    Observed changes across a census (another ``basis``) are left out.
    """
    return store.sql(
        f"""with seen as (
          select abs(ln(persons / lag(persons) over past)) as change, basis = lag(basis) over past as is_same_basis
          from sources.population_municipality
          where area_level = 'municipality' and residence = 'total' and sex = 'T' and persons > 0
          window past as (partition by area_code order by year)),
        ahead as (
          select area_code, year, persons, lag(persons) over path as former from population.forecast
          where {_TOTAL} and area_level = 'municipality'
          window path as (partition by area_code, scenario order by year))
        select area_code as municipality_code, year, former, persons as forecast_mean,
          100 * (persons / former - 1) as change_percent
        from ahead where former > 0 and persons > 0 and abs(ln(persons / former)) >
          (select quantile_cont(change, {RARE}) from seen where is_same_basis)
        order by abs(ln(persons / former)) desc""",
        ("population", "forecast"),
        ("sources", "population_municipality"),
    )
