"""What the page of a main table shows first: the rows that an analyst looks for, and one chart.

`PREVIEWS` holds a question in SQL per table (the table itself is ``shown``; its columns have headings in the texts),
`CHARTS` a function of the store that returns a `Chart` drawn by `overview` and the sections of the documents.
"""

from collections.abc import Callable
from typing import Any

from ossu_analysis.config import RunSettings
from ossu_analysis.report.charts import Chart
from ossu_analysis.report.facts import read_facts
from ossu_analysis.report.imprint import Imprint, imprint_of
from ossu_analysis.store import Store

OBLAST = "SML"
"""The oblast whose documents are made when none is chosen."""
WIDTH_OF_PAGE = 80
"""Dots per inch at which a chart is as wide as the column of an asset page, about 500 px."""

PREVIEWS = {
    ("population", "forecast"): """
        select year as year_end, max(persons) filter (output_type = 'mean') as country_mean,
          max(persons) filter (output_type_id = '0.1') as low_80,
          max(persons) filter (output_type_id = '0.9') as high_80, max(status) as status
        from shown where area_code = 'BG' and sex = 'T' and age_from = 0 and age_to is null
          and (year - base_year) % 4 in (0, 1) group by 1 order by 1""",
    ("population", "component"): """
        select year, births, deaths, net_migration, hidden_loss
        from shown where area_code = 'BG' and output_type = 'mean' order by 1 limit 10""",
    ("capacity", "current"): """
        select service_code, period_end, count(*) as municipalities, sum(places)::bigint as places,
          sum(occupied)::bigint as occupied, sum(waiting)::bigint as waiting,
          string_agg(distinct status, ', ') as status
        from shown where period_end = (select max(period_end) from shown) group by 1, 2 order by 1""",
    ("demand", "demand_forecast"): """
        select service_code, year as year_end, max(persons) filter (output_type = 'median') as demand_median,
          max(persons) filter (output_type_id = '0.1') as low_80,
          max(persons) filter (output_type_id = '0.9') as high_80, max(status) as status
        from shown where area_code = 'BG' and year = (select max(year) from shown) group by 1, 2 order by 1""",
    ("demand", "driver"): """
        select service_code, use_today, population_size, age_structure, rate_trend, released_unmet, policy,
          demand_then, target_year
        from shown where area_code = 'BG' order by demand_then desc""",
    ("demand", "scenario_forecast"): """
        select scenario, count(distinct service_code) as services, max(year) as year,
          count(*) filter (area_level = 'oblast') > 0 as is_by_oblast, any_value(status) as status
        from shown group by 1 order by 1""",
    ("gap", "change"): """
        select service_code, sum(gap_now) as gap_now, sum(population) as population_size,
          sum(age_structure) as age_structure, sum(rate) as rate_trend, sum(waiting) as released_unmet,
          sum(closures) as closures, sum(openings) as openings, sum(gap_then) as gap_then
        from shown group by 1 order by 9 desc""",
    ("gap", "service_gap"): """
        select municipality_code, service_code, year, places, waiting, demand_median, gap_to_demand_places,
          probability_gap_positive, status
        from shown where year = (select max(year) from shown) order by gap_to_demand_places desc nulls last limit 10""",
    ("gap", "oblast_gap"): """
        select service_code, year, places, waiting, demand_median, demand_low as low_80, demand_high as high_80,
          gap_to_demand_places, status
        from shown where area_code = 'BG' and year = (select max(year) from shown) order by 1""",
    ("proposal", "line"): f"""
        select area_code, service_code, existing_places, waiting, demand_median, proposed_users, criterion_note, status
        from shown where oblast_code = '{OBLAST}' order by part, proposed_users - existing_places desc limit 10""",
    ("proposal", "allocation"): """
        select area_code, title as option_title, expected_served, worst_share, yearly_cost, currency, new_places,
          travel, status from shown""",
    ("evaluation", "score"): """
        select method, horizon_years, crosses_census, 100 * sum(value * areas) / sum(areas) as mean_error
        from shown where level = 'municipality' and size_class = 'all' and metric = 'mape'
          and horizon_years in (5, 10) group by all order by 2, 3, 4""",
    ("monitoring", "deviation"): """
        select area_code, year, actual, forecast_mean, deviation, cause_births, cause_deaths, cause_migration,
          is_inside_80
        from shown where area_level <> 'municipality' and year = (select max(year) from shown)
        order by abs(deviation) desc limit 10""",
    ("report", "headline"): "select label, value, status from shown",
    ("report", "document"): """
        select place, title, string_agg(format, ', ') as formats, status
        from shown group by all order by 1""",
}


def _imprint(store: Store) -> Imprint:
    """Years and scenario of the forecast that stands in the working tables."""
    made = store.sql(
        "select max(base_year) as base, max(year) as horizon, any_value(scenario) as scenario from population.forecast",
        ("population", "forecast"),
    ).iloc[0]
    base, horizon = int(made["base"]), int(made["horizon"])
    return imprint_of(store, RunSettings(base_year=base, until_year=horizon, scenario=str(made["scenario"])), "")


def _country(store: Store) -> Any:
    from ossu_analysis.report.run.index import country_subject

    return country_subject(store, _imprint(store))


def _fan(store: Store) -> Chart:
    from ossu_analysis.report.sections.people import fan_chart

    return fan_chart(_country(store))


def _demand(store: Store) -> Chart:
    from ossu_analysis.report.sections.network import demand_chart

    return demand_chart(_country(store))


def _drivers(store: Store) -> Chart | None:
    from ossu_analysis.report.sections.outlook import drivers_chart

    return drivers_chart(_country(store))


def _scenarios(store: Store) -> Chart | None:
    from ossu_analysis.report.sections.outlook import scenarios_chart

    return scenarios_chart(_country(store))


def _gap_change(store: Store) -> Chart | None:
    from ossu_analysis.report.sections.outlook import gap_change_chart

    return gap_change_chart(_country(store))


def _country_heat(store: Store) -> Chart:
    from ossu_analysis.report.sections.breakdown import heat_chart

    return heat_chart(_country(store))


def _heat(store: Store) -> Chart:
    from ossu_analysis.report.sections.breakdown import heat_chart
    from ossu_analysis.report.sections.subject import Subject

    return heat_chart(Subject(read_facts(store, OBLAST), _imprint(store), OBLAST))


def _backtest(store: Store) -> Chart:
    from ossu_analysis.report.run.overview import backtest_chart

    return backtest_chart(store.read("evaluation", "score"))


def _monitoring(store: Store) -> Chart:
    from ossu_analysis.report.run.overview import monitoring_chart

    return monitoring_chart(store.read("monitoring", "deviation"), store.read("reference", "oblast"))


def _plans(store: Store) -> Chart | None:
    from ossu_analysis.report.run.options_page import read_plans
    from ossu_analysis.report.sections.allocation import served_chart

    return next((served_chart(plans) for plans in read_plans(store) if len(plans.options)), None)


def _plan_places(store: Store) -> Chart | None:
    from ossu_analysis.report.run.options_page import read_plans
    from ossu_analysis.report.sections.allocation import grid_chart

    return next((grid_chart(plans) for plans in read_plans(store) if len(plans.options)), None)


CHARTS: dict[tuple[str, str], Callable[[Store], Chart | None]] = {
    ("population", "forecast"): _fan,
    ("demand", "demand_forecast"): _demand,
    ("demand", "driver"): _drivers,
    ("demand", "scenario_forecast"): _scenarios,
    ("gap", "change"): _gap_change,
    ("gap", "oblast_gap"): _country_heat,
    ("gap", "service_gap"): _heat,
    ("proposal", "allocation"): _plans,
    ("proposal", "allocation_place"): _plan_places,
    ("evaluation", "score"): _backtest,
    ("monitoring", "deviation"): _monitoring,
}


def chart_of(store: Store, link: str, table: str) -> tuple[bytes, str] | None:
    """PNG as wide as an asset page, and what it shows in words; None for a table without a chart."""
    draw = CHARTS.get((link, table))
    chart = draw(store) if draw else None
    if chart is None:
        return None
    return chart.png(WIDTH_OF_PAGE), chart.description
