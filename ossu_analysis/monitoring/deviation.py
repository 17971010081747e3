"""Actual population against an earlier forecast, split into causes that add up exactly.

With base year b, year t, actual A and forecast mean F, and sums over the years b+1..t:

- ``deviation = A(t) - F(t)``
- ``cause_births    =  sum(births actual - births forecast)``
- ``cause_deaths    = -sum(deaths actual - deaths forecast)``
- ``cause_base      =  A(b) - F(b)``: a base that was corrected after the forecast was made (0 otherwise)
- ``cause_migration =  deviation - the three above``: migration and statistical correction, which the publishers do not
  separate at this level.

The mean is decomposed because means add up; the median and the 80 % range say whether the year was a surprise.
"""

import pandas as pd

_AREA = ["area_level", "area_code"]
_LEVELS = ("country", "oblast", "municipality")
SCENARIO = "reference"
"""What came is held against the forecast itself, not against what somebody assumed."""


def population_deviation(
    forecast: pd.DataFrame,
    component: pd.DataFrame,
    population: pd.DataFrame,
    births: pd.DataFrame,
    deaths: pd.DataFrame,
) -> pd.DataFrame:
    """Deviation of every year that has been observed since the earlier forecast, as ``monitoring.deviation``.

    Parameters
    ----------
    forecast, component : DataFrame
        ``population.forecast`` and ``population.component`` of the earlier run.
    population, births, deaths : DataFrame
        ``sources.population_municipality``, ``births_municipality``, ``deaths_municipality``; all areas and years.

    Returns
    -------
    DataFrame
        Country, oblasts and municipalities, one row per year with both a forecast and an actual; causes are missing
        where births or deaths of any year in between are.
    """
    total = forecast["sex"].eq("T") & forecast["age_from"].eq(0) & forecast["age_to"].isna()
    chosen = forecast[total & forecast["scenario"].eq(SCENARIO) & forecast["area_level"].isin(_LEVELS)]
    base_year = int(chosen["base_year"].iloc[0])
    table = _ranges(chosen, base_year).join(_actual(population, "persons"), how="inner")
    table = table[table["actual"].notna()]
    table["deviation"] = table["actual"] - table["forecast_mean"]
    table = table.join(_causes(component, births, deaths, base_year))
    table = table.reset_index().merge(_base_correction(chosen, population, base_year), on=_AREA, how="left")
    explained = table["cause_births"] + table["cause_deaths"] + table["cause_base"]
    return table.assign(
        base_year=base_year,
        scenario=SCENARIO,
        cause_migration=table["deviation"] - explained,
        deviation_share=table["deviation"] / table["forecast_mean"].where(table["forecast_mean"] > 0),
        is_inside_80=table["actual"].between(table["forecast_low"], table["forecast_high"]),
        run_id=str(chosen["run_id"].iloc[0]),
        status="forecast",
    )


def _ranges(chosen: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """Mean, median and 80 % range side by side, indexed by area and year."""
    later = chosen[chosen["year"] > base_year]
    kind = later["output_type"] + later["output_type_id"].fillna("")
    names = {"mean": "forecast_mean", "median": "forecast_median", "quantile0.1": "forecast_low"}
    names["quantile0.9"] = "forecast_high"
    kept = later.assign(kind=kind.map(names)).dropna(subset="kind")
    return kept.pivot(index=[*_AREA, "year"], columns="kind", values="persons")[list(names.values())]


def _actual(source: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Published totals of both sexes, indexed by area and year."""
    rows = source[source["sex"].eq("T") & source["area_level"].isin(_LEVELS)]
    if "residence" in rows:
        rows = rows[rows["residence"].eq("total")]
    values = rows.set_index([*_AREA, "year"])[measure].astype("float64")
    return values.rename("actual").to_frame()


def _causes(component: pd.DataFrame, births: pd.DataFrame, deaths: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """Births and deaths that came otherwise than forecast, summed from the base year on."""
    mean = component[component["output_type"].eq("mean") & component["scenario"].eq(SCENARIO)]
    expected = mean[mean["year"] > base_year].set_index([*_AREA, "year"])[["births", "deaths"]].sort_index()
    surprise = pd.DataFrame(
        {
            "cause_births": _actual(births, "births")["actual"].reindex(expected.index) - expected["births"],
            "cause_deaths": expected["deaths"] - _actual(deaths, "deaths")["actual"].reindex(expected.index),
        }
    )
    # skipna=False: a year without births or deaths leaves every later sum unknown.
    return surprise.groupby(level=_AREA).cumsum(skipna=False)


def _base_correction(chosen: pd.DataFrame, population: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """What the base year is published as today, less what the forecast started from."""
    base = chosen[chosen["year"].eq(base_year) & chosen["output_type"].eq("mean")]
    started = base.set_index(_AREA)["persons"]
    today = _actual(population, "persons")["actual"].xs(base_year, level="year")
    return (today.reindex(started.index) - started).rename("cause_base").reset_index()
