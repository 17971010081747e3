"""What need, demand and use must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.store import Store
from ossu_analysis.texts import text

FAR = 2.0
"""Times above or below the oblast's rate from which a municipality's whole 80 % range is asked about."""
_QUANTITIES = ("need_forecast", "demand_forecast", "use_forecast")


def persons_are_counts(store: Store) -> pd.DataFrame:
    """Rows of need, demand or use that are negative or not a number."""
    parts = [
        f"""select '{table}' as table_name, area_code, coalesce(service_code, target_group) as service_or_group,
          year, persons from demand.{table} where not (persons >= 0 and isfinite(persons))"""
        for table in _QUANTITIES
    ]
    return store.sql(" union all ".join(parts), *(("demand", table) for table in _QUANTITIES))


def use_is_within_demand(store: Store) -> pd.DataFrame:
    """Mean use above the mean demand of the same area, service and year."""
    return store.sql(
        """select area_code, service_code, year, used.persons as use_mean, demand.persons as demand_mean
        from demand.use_forecast as used
        join demand.demand_forecast as demand using (area_code, service_code, year, scenario, output_type)
        where output_type = 'mean' and used.persons > demand.persons * (1 + 1e-6) + 1e-6""",
        ("demand", "use_forecast"),
        ("demand", "demand_forecast"),
    )


def use_is_within_places(store: Store) -> pd.DataFrame:
    """Mean use of a municipality above its places."""
    return store.sql(
        """select municipality_code, service_code, year, persons as use_mean, places
        from demand.use_forecast join demand.above_places as above using (service_code, year, scenario)
        where area_code = municipality_code and output_type = 'mean' and persons > places * (1 + 1e-6) + 1e-6""",
        ("demand", "use_forecast"),
        ("demand", "above_places"),
    )


def municipalities_add_up(store: Store) -> pd.DataFrame:
    """Services and years in which mean demand of municipalities or oblasts is not that of the country."""
    return store.sql(
        """select service_code, year,
          sum(persons) filter (area_level = 'municipality') as municipality_sum,
          sum(persons) filter (area_level = 'oblast') as oblast_sum,
          sum(persons) filter (area_level = 'country') as country
        from demand.demand_forecast where output_type = 'mean' group by service_code, year, scenario
        having greatest(abs(municipality_sum - country), abs(oblast_sum - country)) > 1e-6 * greatest(country, 1)""",
        ("demand", "demand_forecast"),
    )


def services_have_a_real_group(store: Store) -> pd.DataFrame:
    """Services with rates of use whose exposed group has no figure of a publisher."""
    return store.sql(
        """select distinct service_code, exposed_group from demand.use_rate
        where exposed_group not in (select target_group from demand.group_status where has_rate)""",
        ("demand", "use_rate"),
        ("demand", "group_status"),
    )


def rates_are_near_the_oblast(store: Store) -> pd.DataFrame:
    """Municipalities whose 80 % range of the rate lies wholly above twice, or below half, the oblast's rate."""
    return store.sql(
        f"""select municipality_code, service_code, 1000 * rate as per_1000, 1000 * rate_low as per_1000_low,
          1000 * rate_high as per_1000_high, 1000 * parent_rate as per_1000_oblast
        from demand.use_rate where rate_low > {FAR} * parent_rate or rate_high < parent_rate / {FAR}
        order by abs(ln(rate / parent_rate)) desc""",
        ("demand", "use_rate"),
    )


def rises_follow_their_group(store: Store) -> pd.DataFrame:
    """Services of the country and of oblasts whose demand rises while the group that may ask falls."""
    from ossu_analysis.demand.driver import against_the_group

    found = against_the_group(store.read("demand", "driver", "area_level in ('country', 'oblast')"))
    found = found.sort_values("rise", ascending=False)
    return found[["area_code", "service_code", "rise", "by_group", "rate_trend", "released_unmet"]]


def figures_are_not_newer_than_the_base(store: Store) -> pd.DataFrame:
    """Figures dated after the base year that enter on purpose: the count of disability, and returns."""
    return store.sql(
        f"""with base as (select max(year) as year from population.exposure_observed)
        select distinct source_id, target_group as service_or_group, reference_date
        from demand.group_rate, base
        where reference_date > base.year || '-12-31'
        union all
        select '{text("demand.newer.returns")}', service_code, max(period_end) from capacity.by_residence, base
        where period_end > base.year || '-12-31' group by service_code order by all""",
        ("population", "exposure_observed"),
        ("demand", "group_rate"),
        ("capacity", "by_residence"),
    )


def series_are_unbroken(store: Store) -> pd.DataFrame:
    """Years in which services or places of the country step away from the users: another count, not another help."""
    from ossu_analysis.demand.breaks import series_breaks

    totals = store.sql(
        """select service_code, year(period_end::date) as year, sum(users) as users,
          sum(services_count) as services_count, sum(places) as places
        from collection."return" group by all""",
        ("collection", "return"),
    )
    names = {"services_count": text("demand.measure.services_count"), "places": text("demand.measure.places")}
    found = series_breaks(totals.astype({"users": float, "services_count": float, "places": float}))
    found = found.assign(
        measure=found["measure"].map(names),
        year_after=found["year"],
        users_change=found["users_after"] / found["users_before"] - 1,
    )
    return found[["service_code", "measure", "year_before", "year_after", "before", "after", "users_change"]]


def every_scenario_has_its_figures(store: Store) -> pd.DataFrame:
    """Scenarios that are not computed because somebody has yet to publish what they need."""
    from ossu_analysis.demand.scenario import all_scenarios

    waiting = [one for one in all_scenarios(store.assumptions / "demand_scenarios") if one.missing_bg]
    rows = [(one.id, one.title_bg, one.missing_bg) for one in waiting]
    return pd.DataFrame(rows, columns=["scenario", "name", "missing"])
