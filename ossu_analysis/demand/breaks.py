"""Series that break: a step in the count of services or places that the users do not share.

Belongs here: finding and naming the year; what the step means (another way of counting, a new act, a closure) is for
the analyst. The fit takes places before a break as unknown (`panel.counted_as_now`), and a step of the rate itself as a
step and not as a trend (`rate_path`). Between 2020 and 2021 the published number of children's services fell from 634
to 339 while users stayed as they were: that is a change of counting, not of help.
"""

import numpy as np
import pandas as pd

UNUSUAL = 4.0
"""Robust standard deviations (1.4826 x median absolute deviation) of the other years beyond which a step is unusual."""

LEAST_STEP = np.log(1.25)
"""Steps below a quarter are never called a break, however quiet the other years are."""


COLUMNS = ["service_code", "measure", "year_before", "year", "before", "after", "users_before", "users_after"]


def series_breaks(totals: pd.DataFrame, measures: tuple[str, ...] = ("services_count", "places")) -> pd.DataFrame:
    """Years in which a measure steps away from the users of its service.

    Parameters
    ----------
    totals : pandas.DataFrame
        ``service_code, year, users`` and the measures: sums of the country by year; years and figures may be missing.
        Users unknown between two known years are taken as growing evenly between them.
    measures : tuple of str

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`; the step lies after `year_before` and up to `year`, which differ by more than one where
        years are missing.
    """
    found = []
    for service, rows in totals.sort_values("year").groupby("service_code"):
        known = rows.assign(users=_filled(rows["year"].to_numpy(float), rows["users"].to_numpy(float)))
        for measure in measures:
            kept = known[(known[measure] > 0) & (known["users"] > 0)].reset_index(drop=True)
            own, shared = np.log(kept[measure].to_numpy(float)), np.log(kept["users"].to_numpy(float))
            steps = _steps(kept["year"].to_numpy(float), own - shared)
            found += [_named(str(service), measure, kept, at) for at in steps if _moved(own, at)]
    return pd.DataFrame(found, columns=COLUMNS)


def _filled(years: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Users with unknown years inside the series filled along the log; none are made up before or after it."""
    known = users > 0
    if not known.any():
        return users
    return np.exp(np.interp(years, years[known], np.log(users[known]), left=np.nan, right=np.nan))


def _steps(years: np.ndarray, logs: np.ndarray) -> list[int]:
    """Positions after an unusual step of the log of measure per user; a step over missing years is taken per year."""
    spans, steps = np.diff(years), np.diff(logs)
    if len(steps) < 3:
        return []
    unusual = []
    for at, (span, step) in enumerate(zip(spans, steps, strict=True)):
        others = np.delete(steps / spans, at)
        usual = np.median(others)
        spread = 1.4826 * np.median(np.abs(others - usual))
        if abs(step - usual * span) > max(UNUSUAL * spread * span, LEAST_STEP):
            unusual.append(at + 1)
    return unusual


def _moved(logs: np.ndarray, at: int) -> bool:
    """Whether the measure itself made the step, and not its users alone."""
    return bool(abs(logs[at] - logs[at - 1]) > LEAST_STEP)


def _named(service: str, measure: str, rows: pd.DataFrame, at: int) -> tuple[object, ...]:
    before, after = rows.iloc[at - 1], rows.iloc[at]
    years = int(before["year"]), int(after["year"])
    return service, measure, *years, before[measure], after[measure], before["users"], after["users"]
