"""Official rates of target groups: who of the people belongs to a group, where a real rate exists, and where none does.

Belongs here: from published figures to ``demand.group_rate`` and ``demand.group_status``.

- Age groups are counts of the population forecast: rate 1.
- Recognised disability (census 2021): two published counts, under 16 and from 16. Children are counted per person of
  their age; from 16 on per person of the same sex and age with a long-standing illness (EU-SILC), of which only the
  shape is used. So the group has its published size at its date and moves as the ages do; the census of 2011 counted
  otherwise (a voluntary question) and never enters the same series.
- At risk of poverty (EU-SILC, by oblast): share of all residents.
- Unemployed (Labour Force Survey, by oblast): unemployed persons per person aged 15-64 = ``e * u / (1 - u)`` with e
  the employment rate of 15-64 (mean of the quarters) and u the unemployment rate: unemployed = u * labour force, and
  labour force = employed / (1 - u).

Survey rates of small oblasts jump. Each oblast's log rate is a random walk seen with survey error; both variances are
estimated from the changes of all oblasts over one year, two years and so on; the rate is the filtered level of the last
year (exponential smoothing with the gain that follows). What is common to the oblasts' yearly movements is kept apart,
so that ranges of the country are sums of draws that move together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ossu_analysis.demand.pooling import pooled_levels
from ossu_analysis.population.exposure import ILL
from ossu_analysis.texts import text

SOURCES = (
    "national_count",
    "at_risk_of_poverty",
    "unemployment_rate",
    "employment_rate",
    "census_labour",
    "census_age",
)
"""Tables of the publishers that the rates come from."""

AGE_GROUPS = ("TG-POP", "TG-CHILD", "TG-CH07", "TG-ADULT", "TG-WA", "TG-OLD", "TG-65", "TG-80")
"""Target groups that are ages: the population forecast counts them."""

DISABILITY_YEAR = 2021


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
    tables: Mapping[str, pd.DataFrame],
    municipality: pd.DataFrame,
    persons_at_count: Mapping[str, float],
    base_year: int,
) -> pd.DataFrame:
    """Return ``demand.group_rate``.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Of the link ``sources``: `SOURCES`.
    municipality : pandas.DataFrame
        ``municipality_code, oblast_code``.
    persons_at_count : mapping of str to float
        Persons of the groups that disability is counted in, in the country on the day of that count.
    base_year : int
        Last year of observed population: the date of the groups that are ages. Later surveys and censuses do not
        enter; the count of disability does, whatever the base year, for there is no other.

    Returns
    -------
    pandas.DataFrame
        One row per target group, area and base group.
    """
    poverty, unemployment = tables["at_risk_of_poverty"], tables["unemployment_rate"]
    unemployed = _survey_rows(
        "TG-UNEMP", "AGE-15-64", _unemployed(unemployment, tables["employment_rate"]), base_year, unemployment
    )
    if (tables["census_labour"]["census_year"] < base_year).any():
        unemployed = inside_oblasts(unemployed, tables["census_labour"], tables["census_age"], municipality)
    parts = [
        _age_rows(base_year),
        _disability_rows(tables["national_count"], persons_at_count),
        _survey_rows("TG-POV", "TG-POP", _poverty(poverty), base_year, poverty),
        unemployed,
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


def _disability_rows(national_count: pd.DataFrame, persons_at_count: Mapping[str, float]) -> pd.DataFrame:
    figures = national_count.query("indicator == 'recognised_disability' and category == 'all' and unit == 'persons'")
    figures = figures[figures["reference_date"].str.startswith(str(DISABILITY_YEAR))].dropna(subset="age_from")
    by_age = figures[~((figures["age_from"] == 0) & figures["age_to"].isna())].set_index("age_from")
    made = []
    for group, age_from, base in (
        ("TG-DIS-U16", 0, "AGE-0-15"),
        ("TG-DIS-16P", 16, ILL),
        ("TG-DIS", 0, "AGE-0-15"),
        ("TG-DIS", 16, ILL),
    ):
        figure = by_age.loc[age_from]
        count = float(str(figure["value"]))
        made.append(
            _rows(
                target_group=[group],
                base_group=base,
                rate=count / persons_at_count[base],
                published_persons=count,
                standard_error=1 / np.sqrt(count),
                reference_date=figure["reference_date"],
                source_id=figure.get("source_id", "national_counts"),
                source_class="official",
                note_bg=text(f"demand.rate.disability.{base}"),
            )
        )
    return pd.concat(made, ignore_index=True)


def inside_oblasts(
    rates: pd.DataFrame, labour: pd.DataFrame, ages: pd.DataFrame, municipality: pd.DataFrame
) -> pd.DataFrame:
    """Unemployment of municipalities: the survey's rate of the oblast, spread as the census found it inside.

    Parameters
    ----------
    rates : pandas.DataFrame
        Rows by oblast, of the survey of the labour force.
    labour : pandas.DataFrame
        ``sources.census_labour``: activity and unemployment of persons of 15 and over, in percent.
    ages : pandas.DataFrame
        ``sources.census_age``: persons.
    municipality : pandas.DataFrame
        ``municipality_code, oblast_code``.

    Returns
    -------
    pandas.DataFrame
        A row per municipality; weighted by persons of 15 and over, those of an oblast have its rate. Levels of
        municipalities are pooled towards their oblast by gamma-Poisson empirical Bayes (`pooling`).
    """
    share = labour.pivot(index="area_code", columns="rate", values="rate_percent") / 100
    adults = ages[ages["age_from"] >= 15].groupby("area_code")["persons"].sum()
    place = municipality.set_index("municipality_code")["oblast_code"]
    found = pd.DataFrame({"oblast": place, "adults": adults.reindex(place.index)}).join(share)
    found = found.dropna().astype({"adults": float})
    unemployed = found["adults"] * found["activity_rate"] * found["unemployment_rate"]
    _, parents = np.unique(found["oblast"], return_inverse=True)
    found["level"] = pooled_levels(unemployed.to_numpy(), found["adults"].to_numpy(), parents)
    of_oblast = found.assign(total=found["level"] * found["adults"]).groupby("oblast")[["total", "adults"]].sum()
    relative = found["level"] / found["oblast"].map(of_oblast["total"] / of_oblast["adults"])
    spread = rates.merge(relative.rename("relative").reset_index().assign(area_code=found["oblast"].to_numpy()))
    spread = spread.assign(
        rate=(spread["rate"] * spread["relative"]).clip(upper=1.0),
        area_level="municipality",
        area_code=spread["municipality_code"],
        note_bg=text("demand.rate.TG-UNEMP-census"),
    )
    return spread[rates.columns]


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
    defaults |= {"published_persons": np.nan, "yearly_sd": np.nan, "common_share": np.nan, "status": "estimated"}
    order = [
        *("target_group", "area_level", "area_code", "sex", "base_group", "rate", "published_rate"),
        *(
            "published_persons",
            "standard_error",
            "yearly_sd",
            "common_share",
            "reference_date",
            "source_id",
            "source_class",
        ),
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
        The columns of `rates` with ``municipality_code`` added: one row per group, base group and municipality; and
        ``error_of``, the area whose survey error the rate has.
    """
    places = municipality[["municipality_code", "oblast_code"]]
    country = rates[rates["area_level"] == "country"].merge(places, how="cross")
    oblast = rates[rates["area_level"] == "oblast"].merge(places, left_on="area_code", right_on="oblast_code")
    own = rates[rates["area_level"] == "municipality"].merge(places, left_on="area_code", right_on="municipality_code")
    spread = pd.concat([country, oblast, own], ignore_index=True)
    return spread.assign(error_of=np.where(spread["area_level"] == "country", "BG", spread["oblast_code"]))


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
