"""Official rates of target groups: who of the people belongs to a group, where a real rate exists, and where none does.

Belongs here: from published figures to ``demand.group_rate`` and ``demand.group_status``.

- Age groups are counts of the population forecast: rate 1.
- Recognised disability (census 2021): two published rates per 1,000, under 16 and from 16. Their error is that of
  rounding to a whole per mille; how they move is not known, so they stay. The census of 2011 counted otherwise (a
  voluntary question) and never enters the same series.
- At risk of poverty (EU-SILC, by oblast): share of all residents.
- Unemployed (Labour Force Survey, by oblast): unemployed persons per person aged 15-64 = ``e * u / (1 - u)`` with e
  the employment rate of 15-64 (mean of the quarters) and u the unemployment rate: unemployed = u * labour force, and
  labour force = employed / (1 - u).

Survey rates of small oblasts jump. Each oblast's log rate is a random walk seen with survey error; both variances are
estimated from the changes of all oblasts over one year, two years and so on; the rate is the filtered level of the last
year (exponential smoothing with the gain that follows). What is common to the oblasts' yearly movements is kept apart,
so that ranges of the country are sums of draws that move together.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ossu_analysis.texts import text

AGE_GROUPS = ("TG-POP", "TG-CHILD", "TG-CH07", "TG-ADULT", "TG-WA", "TG-OLD", "TG-65", "TG-80")
"""Target groups that are ages: the population forecast counts them."""

DISABILITY_YEAR = 2021
ROUNDED_TO_PER_MILLE = 0.001 / np.sqrt(12)
"""Standard deviation of the error of a rate printed in whole per mille."""


@dataclass(frozen=True)
class SurveyRates:
    """Filtered survey rates of a set of areas.

    Parameters
    ----------
    rate, published : pandas.Series
        Filtered and published rate of the last year, by area.
    standard_error : float
        Of the filtered log rate.
    yearly_sd : float
        Standard deviation of a year's change of the true log rate.
    common_share : float
        Share of that change's variance that all areas have in common.
    """

    rate: "pd.Series[float]"
    published: "pd.Series[float]"
    standard_error: float
    yearly_sd: float
    common_share: float


def group_rates(
    national_count: pd.DataFrame,
    at_risk_of_poverty: pd.DataFrame,
    unemployment_rate: pd.DataFrame,
    employment_rate: pd.DataFrame,
    base_year: int,
) -> pd.DataFrame:
    """Return ``demand.group_rate``.

    Parameters
    ----------
    national_count : pandas.DataFrame
        ``indicator, category, age_from, age_to, reference_date, unit, value, source_id``.
    at_risk_of_poverty, unemployment_rate : pandas.DataFrame
        ``area_code, year, sex, rate_percent, source_id`` (the first also ``age_from, age_to``).
    employment_rate : pandas.DataFrame
        ``area_code, year, quarter, sex, rate_percent, source_id``.
    base_year : int
        Last year of observed population: the date of the groups that are ages. Later surveys do not enter.

    Returns
    -------
    pandas.DataFrame
        One row per target group, area and base group.
    """
    parts = [
        _age_rows(base_year),
        _disability_rows(national_count),
        _survey_rows("TG-POV", "TG-POP", _poverty(at_risk_of_poverty), base_year, at_risk_of_poverty),
        _survey_rows(
            "TG-UNEMP", "AGE-15-64", _unemployed(unemployment_rate, employment_rate), base_year, unemployment_rate
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def filtered(wide: pd.DataFrame) -> SurveyRates:
    """Separate survey error from movement in rates of areas (rows) over consecutive years (columns).

    Variance of a change over h years is ``2 * error + h * movement`` in logs; both come from lags up to half the
    series (rates that return to their mean move less over long lags), pooled over areas, for the areas' own changes and
    for the change that they have in common.
    """
    logs = np.log(wide.to_numpy(float))
    own_error, own_move = _error_and_movement(logs - np.nanmean(logs, axis=0))
    steps = np.diff(np.nanmean(logs, axis=0))
    common_move = max(float(np.var(steps)) - (2 * own_error + own_move) / len(logs), 0.0)
    movement = own_move + common_move
    gain = _gain(movement / max(own_error, 1e-9))
    level = logs[:, 0]
    for column in logs.T[1:]:
        level = np.where(np.isnan(column), level, np.where(np.isnan(level), column, level + gain * (column - level)))
    return SurveyRates(
        pd.Series(np.exp(level), wide.index),
        wide.iloc[:, -1],
        float(np.sqrt(gain * own_error)),
        float(np.sqrt(movement)),
        common_move / movement if movement else 0.0,
    )


def _error_and_movement(logs: np.ndarray) -> tuple[float, float]:
    """Survey error and yearly movement (variances) from the mean square change over lags up to half the series."""
    lags = np.arange(1, max(logs.shape[1] // 2, 1) + 1)
    squares = [np.nanmean((logs[:, lag:] - logs[:, :-lag]) ** 2) for lag in lags]
    movement, twice_error = np.polyfit(lags, squares, 1) if len(lags) > 1 else (0.0, squares[0])
    return max(float(twice_error) / 2, 1e-6), max(float(movement), 0.0)


def _gain(ratio: float) -> float:
    """Steady gain of the filter of a random walk seen with error, from movement / error variance."""
    predicted = (ratio + np.sqrt(ratio**2 + 4 * ratio)) / 2
    return float(np.clip(predicted / (predicted + 1), 0.05, 1.0))


def _age_rows(base_year: int) -> pd.DataFrame:
    return _rows(
        target_group=list(AGE_GROUPS),
        base_group=list(AGE_GROUPS),
        rate=1.0,
        standard_error=0.0,
        reference_date=f"{base_year}-12-31",
        source_id="population_forecast",
        source_class="official",
        note_bg=text("demand.rate.age"),
    )


def _disability_rows(national_count: pd.DataFrame) -> pd.DataFrame:
    figures = national_count.query("indicator == 'recognised_disability' and category == 'all' and unit == 'per_1000'")
    figures = figures[figures["reference_date"].str.startswith(str(DISABILITY_YEAR))]
    by_age = figures.set_index("age_from")
    made = []
    for group, age_from, base in (
        ("TG-DIS-U16", 0, "AGE-0-15"),
        ("TG-DIS-16P", 16, "AGE-16-PLUS"),
        ("TG-DIS", 0, "AGE-0-15"),
        ("TG-DIS", 16, "AGE-16-PLUS"),
    ):
        figure = by_age.loc[age_from]
        rate = float(str(figure["value"])) / 1000
        made.append(
            _rows(
                target_group=[group],
                base_group=base,
                rate=rate,
                published_rate=rate,
                standard_error=ROUNDED_TO_PER_MILLE / rate,
                reference_date=figure["reference_date"],
                source_id=figure.get("source_id", "national_counts"),
                source_class="official",
                note_bg=text("demand.rate.disability"),
            )
        )
    return pd.concat(made, ignore_index=True)


def _poverty(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[(table["sex"] == "T") & (table["age_from"] == 0) & table["age_to"].isna()]
    return rows.assign(rate=rows["rate_percent"] / 100)[["area_code", "year", "rate"]]


def _unemployed(unemployment: pd.DataFrame, employment: pd.DataFrame) -> pd.DataFrame:
    employed = employment[employment["sex"] == "T"].groupby(["area_code", "year"])["rate_percent"]
    whole = employed.mean()[employed.count() == 4].rename("employed")
    rows = unemployment[unemployment["sex"] == "T"].join(whole, on=["area_code", "year"], how="inner")
    share = rows["rate_percent"] / 100
    return rows.assign(rate=rows["employed"] / 100 * share / (1 - share))[["area_code", "year", "rate"]]


def _survey_rows(group: str, base: str, rates: pd.DataFrame, base_year: int, source: pd.DataFrame) -> pd.DataFrame:
    """Rows of one survey group by oblast (three-letter codes), and its country rate for reading."""
    inside = rates[rates["area_code"].str.fullmatch(r"[A-Z]{3}") & (rates["year"] <= base_year)]
    wide = inside.pivot(index="area_code", columns="year", values="rate").sort_index()
    wide = wide.reindex(columns=range(int(inside["year"].min()), int(inside["year"].max()) + 1))
    found = filtered(wide.astype(float))
    return _rows(
        target_group=[group] * len(wide),
        area_level="oblast",
        area_code=wide.index.tolist(),
        base_group=base,
        rate=found.rate.to_numpy(),
        published_rate=found.published.to_numpy(),
        standard_error=found.standard_error,
        yearly_sd=found.yearly_sd,
        common_share=found.common_share,
        reference_date=f"{int(wide.columns[-1])}-12-31",
        source_id=str(source["source_id"].iloc[0]) if "source_id" in source else "",
        source_class="official",
        note_bg=text(f"demand.rate.{group}"),
    )


def _rows(**columns: object) -> pd.DataFrame:
    defaults = {"area_level": "country", "area_code": "BG", "sex": "T", "published_rate": np.nan}
    defaults |= {"yearly_sd": np.nan, "common_share": np.nan, "status": "estimated"}
    order = [
        *("target_group", "area_level", "area_code", "sex", "base_group", "rate", "published_rate"),
        *("standard_error", "yearly_sd", "common_share", "reference_date", "source_id", "source_class"),
        *("note_bg", "status"),
    ]
    return pd.DataFrame({**defaults, **columns})[order]


def by_municipality(rates: pd.DataFrame, municipality: pd.DataFrame) -> pd.DataFrame:
    """Spread rates of oblasts and of the country to their municipalities.

    Parameters
    ----------
    rates : pandas.DataFrame
        ``demand.group_rate``.
    municipality : pandas.DataFrame
        ``municipality_code, oblast_code``.

    Returns
    -------
    pandas.DataFrame
        The columns of `rates` with ``municipality_code`` added: one row per group, base group and municipality.
    """
    places = municipality[["municipality_code", "oblast_code"]]
    country = rates[rates["area_level"] == "country"].merge(places, how="cross")
    oblast = rates[rates["area_level"] == "oblast"].merge(places, left_on="area_code", right_on="oblast_code")
    return pd.concat([country, oblast], ignore_index=True)


def group_status(rates: pd.DataFrame, target_group: pd.DataFrame, local: pd.DataFrame) -> pd.DataFrame:
    """Which target groups have a real rate, and for the others which return would supply one (``demand.group_status``).

    Parameters
    ----------
    rates : pandas.DataFrame
        ``demand.group_rate``.
    target_group : pandas.DataFrame
        ``reference.target_group``: ``target_group, name_bg, official_source, missing_note_bg``. Technical ages
        (``AGE-...``) are not groups of the law and are left out.
    local : pandas.DataFrame
        ``demand.local_group_rate``: how many municipalities counted a group is added to its remark.
    """
    target_group = target_group[~target_group["target_group"].str.startswith("AGE-")].reset_index(drop=True)
    first = rates.drop_duplicates("target_group").set_index("target_group")
    known = target_group["target_group"].isin(first.index)
    facts = first.reindex(target_group["target_group"]).reset_index(drop=True)
    supply = [
        text("demand.rate.would_supply", note=note, source=source)
        for note, source in zip(target_group["missing_note_bg"], target_group["official_source"], strict=True)
    ]
    remark = np.where(known, facts["note_bg"], supply)
    counted = target_group["target_group"].map(local["target_group"].value_counts()).fillna(0)
    added = [text("demand.rate.counted", count=int(n)) if n > 0 else "" for n in counted]
    remark = np.array([f"{before} {more}".strip() for before, more in zip(remark, added, strict=True)])
    return pd.DataFrame(
        {
            "target_group": target_group["target_group"].to_numpy(),
            "name_bg": target_group["name_bg"].to_numpy(),
            "has_rate": known.to_numpy(),
            "area_level": facts["area_level"].to_numpy(),
            "base_group": facts["base_group"].to_numpy(),
            "reference_date": facts["reference_date"].to_numpy(),
            "source_id": facts["source_id"].to_numpy(),
            "source_class": facts["source_class"].to_numpy(),
            "remark_bg": remark,
            "status": np.where(known, "estimated", "observed"),
        }
    )
