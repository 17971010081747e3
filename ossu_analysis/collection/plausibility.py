"""What is possible and unlike the rest is asked about: a return beside the one before it, the people and today.

A slip of the pen (20 places become 1,025) is a number like any other, so that only its neighbours can show it.
"""

import datetime
from collections.abc import Hashable, Iterator, Mapping

import pandas as pd

from ossu_analysis.errors import TO_CHECK, Fault
from ossu_analysis.texts import text

_KEY = ["municipality_code", "service_code"]
STEEP, LEAST = 3.0, 20
"""A number that grows or shrinks more than so many times, by at least so many, from one return to the next."""


def is_steep(value: "pd.Series[float]", last: "pd.Series[float]") -> "pd.Series[bool]":
    """Whether numbers are unlike the ones before them; an unknown number is like any."""
    high, low = value.combine(last, max), value.combine(last, min)
    return (high - low >= LEAST) & (high > STEEP * low) & last.notna() & value.notna()


def doubts(
    returns: pd.DataFrame, former: pd.DataFrame, persons: "pd.Series[float]", today: datetime.date
) -> list[Fault]:
    """Rows of sound returns that an analyst should look at.

    Parameters
    ----------
    returns : DataFrame
        ``collection.return`` as handed in.
    former : DataFrame
        ``collection.return`` of the run before; its observed rows are compared with what is handed in now.
    persons : Series
        Inhabitants by municipality.
    today : date
        A return of a later day is of the future.
    """
    return [*_of_the_future(returns, today), *_steep(returns, former), *_above_persons(returns, persons)]


def _of_the_future(returns: pd.DataFrame, today: datetime.date) -> Iterator[Fault]:
    later = returns[returns["period_end"] > today.isoformat()]
    for file, rows in later.groupby("source_id", sort=False):
        years = ", ".join(sorted(set(rows["period_end"].str[:4])))
        found = text("collection.rows_of_years", years=years, count=len(rows))
        yield Fault("collection.future_year", str(file), found=found, expected=f"≤ {today}", severity=TO_CHECK)


def _steep(returns: pd.DataFrame, former: pd.DataFrame) -> Iterator[Fault]:
    keys = [*_KEY, "period_end"]
    before = former[former["status"].eq("observed") & ~_keyed(former, keys).isin(_keyed(returns, keys))]
    every = pd.concat([before.assign(is_new=False), returns.assign(is_new=True)]).sort_values(keys)
    for measure in ("places", "users", "waiting"):
        value = every[measure].astype(float)
        last = value.groupby([every[key] for key in _KEY]).shift()
        steep = is_steep(value, last) & every["is_new"]
        for row, was in zip(every[steep].to_dict("records"), last[steep], strict=True):
            yield _fault("collection.steep_change", row, measure, expected=f"≈ {was:.0f}")


def _keyed(rows: pd.DataFrame, keys: list[str]) -> "pd.Series[str]":
    return rows[keys].astype(str).agg("|".join, axis=1) if len(rows) else pd.Series(dtype=str)


def _above_persons(returns: pd.DataFrame, persons: "pd.Series[float]") -> Iterator[Fault]:
    living = returns["municipality_code"].map(persons)
    for measure in ("users", "waiting"):
        above = returns[measure].astype(float) > living
        for row, people in zip(returns[above].to_dict("records"), living[above], strict=True):
            yield _fault("collection.above_persons", row, measure, expected=f"≤ {people:.0f}")


def _fault(code: str, row: Mapping[Hashable, object], measure: str, expected: str) -> Fault:
    found = f"{row['service_code']}, {str(row['period_end'])[:4]}: {row[measure]}"
    label = text(f"collection.column.{measure}")
    return Fault(code, str(row["source_id"]), "", None, label, found, expected, TO_CHECK, str(row["municipality_code"]))


def accepted(returns: pd.DataFrame, former: pd.DataFrame) -> Iterator[str]:
    """What was read, by file: municipalities, rows and years, and users beside the return before."""
    before = former[former["status"].eq("observed")]
    for file, rows in returns.groupby("source_id", sort=False):
        codes, last = rows["municipality_code"].unique(), rows["period_end"].max()
        own = before[before["municipality_code"].isin(codes) & before["period_end"].lt(last)]
        newest = own[own["period_end"].eq(own["period_end"].max())]
        facts: dict[str, object] = {"file": file, "rows": len(rows), "municipalities": ", ".join(codes[:5])}
        facts |= {"years": "–".join(sorted({rows["period_end"].min()[:4], last[:4]}))}
        facts |= {"users": rows.loc[rows["period_end"].eq(last), "users"].sum()}
        facts |= {"before": newest["users"].sum() if len(newest) else ".."}
        yield text("collection.accepted", **facts)
