"""The few numbers by which a run is known, and their comparison with the former run."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.facts import age_rows, table_or_empty, wide
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import Store
from ossu_analysis.texts import number, percent, text


def headlines(store: Store, base_year: int, until_year: int, scenario: str = "reference") -> pd.DataFrame:
    """Compute the headline numbers from the working tables.

    Parameters
    ----------
    store : Store
        Tables that have not been made give no headline.
    base_year, until_year : int
        Years of the run.

    Returns
    -------
    DataFrame
        Table ``report.headline``.
    """
    rows = [*_people(store, base_year, until_year, scenario), *_gaps(store, until_year, scenario)]
    names = [info.name for info in columns(table_class("report", "headline"))]
    return pd.DataFrame(rows, columns=names).astype({"value": "float64", "digits": "Int64"})


def _people(store: Store, base_year: int, until_year: int, scenario: str) -> list[dict[str, Any]]:
    where = f"area_code = '{COUNTRY}' and sex = 'T' and scenario = '{scenario}' and year in ({base_year}, {until_year})"
    people = table_or_empty(store, "population", "forecast", where)
    if people.empty:
        return []
    table = wide(people, ["year", "age_from", "age_to"])
    total, old = (age_rows(table, *group).set_index("year") for group in ((0, None), (65, None)))
    now, then = (total.loc[year].to_dict() for year in (base_year, until_year))
    old_now, old_then = (old["median"].to_dict()[year] for year in (base_year, until_year))
    return [
        _row("people_base", now["median"], "persons", "observed", year=base_year),
        _row("people_horizon", then["median"], "persons", "forecast", year=until_year),
        _row("people_horizon_low", then["low_80"], "persons", "forecast", year=until_year),
        _row("people_horizon_high", then["high_80"], "persons", "forecast", year=until_year),
        _row("old_share_base", float(old_now) / now["median"], "share", "observed", 1, base_year),
        _row("old_share_horizon", float(old_then) / then["median"], "share", "forecast", 1, until_year),
    ]


def _gaps(store: Store, until_year: int, scenario: str) -> list[dict[str, Any]]:
    rows = table_or_empty(store, "gap", "service_gap", f"year = {until_year} and scenario = '{scenario}'")
    if rows.empty:
        return []
    likely = float((rows["probability_gap_positive"] > 0.5).sum())
    status = "demonstration" if (rows["status"] == "demonstration").any() else "forecast"
    return [
        _row("gap_pairs", likely, "count", status, year=until_year),
        _row("pairs", float(rows["probability_gap_positive"].notna().sum()), "count", status, year=until_year),
        _row("criteria_missing", float(rows.loc[rows["criterion_maximum"].isna(), "service_code"].nunique()), "count",
             "observed", year=until_year),
    ]  # fmt: skip


def _row(key: str, value: float, unit: str, status: str, digits: int = 0, year: int = 0) -> dict[str, Any]:
    label = text(f"report.headline.{key}", year=year)
    return {"key": key, "label": label, "value": value, "unit": unit, "digits": digits, "status": status}


def printed(value: float | None, unit: str, digits: int) -> str:
    """A headline number as people read it."""
    return percent(value, digits) if unit == "share" else number(value, digits)


def compare(now: pd.DataFrame, former: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Put the headlines of two runs side by side.

    Parameters
    ----------
    now : DataFrame
        Table ``report.headline`` of this run.
    former : sequence of mappings
        ``headlines`` of the former run's manifest; empty when there is none.

    Returns
    -------
    DataFrame
        ``label, before, now, change`` as printed text; „–“ where one of the two does not know the number.
    """
    known = {row["key"]: row["value"] for row in former if row["value"] is not None}
    rows = []
    for row in now.to_dict("records"):
        unit, digits, before = row["unit"], int(row["digits"]), known.get(row["key"])
        same_kind = before is not None and pd.notna(row["value"])
        rows.append(
            {
                "label": row["label"],
                "before": printed(before, unit, digits) if before is not None else "–",
                "now": printed(row["value"], unit, digits),
                "change": printed(row["value"] - before, unit, digits) if same_kind else "–",
            }
        )
    return pd.DataFrame(rows, columns=["label", "before", "now", "change"])
