"""Series that break: a step in the count of services or places that the users do not share.

Belongs here: finding and naming the year; what the step means (another way of counting, a new act, a closure) is for
the analyst. Between 2020 and 2021 the published number of children's services fell from 634 to 339 while users stayed
as they were: that is a change of counting, not of help.
"""

import numpy as np
import pandas as pd

UNUSUAL = 4.0
"""Robust standard deviations (1.4826 x median absolute deviation) of the other years beyond which a step is unusual."""

LEAST_STEP = np.log(1.25)
"""Steps below a quarter are never called a break, however quiet the other years are."""


def series_breaks(totals: pd.DataFrame, measures: tuple[str, ...] = ("services_count", "places")) -> pd.DataFrame:
    """Years in which a measure steps away from the users of its service.

    Parameters
    ----------
    totals : pandas.DataFrame
        ``service_code, year, users`` and the measures: sums of the country by year.
    measures : tuple of str

    Returns
    -------
    pandas.DataFrame
        ``service_code, measure, year, before, after, users_before, users_after``; `year` is the first after the step.
    """
    found = []
    for service, rows in totals.sort_values("year").groupby("service_code"):
        for measure in measures:
            kept = rows[(rows[measure] > 0) & (rows["users"] > 0)].reset_index(drop=True)
            found += [_named(str(service), measure, kept, step) for step in _steps(kept[measure], kept["users"])]
    columns = ["service_code", "measure", "year", "before", "after", "users_before", "users_after"]
    return pd.DataFrame(found, columns=columns)


def _steps(measure: "pd.Series[float]", users: "pd.Series[float]") -> list[int]:
    """Positions after an unusual step of the log of measure per user."""
    steps = np.diff(np.log(measure.to_numpy(float) / users.to_numpy(float)))
    if len(steps) < 3:
        return []
    unusual = []
    for at, step in enumerate(steps):
        others = np.delete(steps, at)
        usual = np.median(others)
        spread = 1.4826 * np.median(np.abs(others - usual))
        if abs(step - usual) > max(UNUSUAL * spread, LEAST_STEP):
            unusual.append(at + 1)
    return unusual


def _named(service: str, measure: str, rows: pd.DataFrame, at: int) -> tuple[object, ...]:
    before, after = rows.iloc[at - 1], rows.iloc[at]
    return service, measure, int(after["year"]), before[measure], after[measure], before["users"], after["users"]
