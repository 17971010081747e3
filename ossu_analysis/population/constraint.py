"""Totals of somebody else as a constraint: every draw of an area is multiplied so that the mean is the given total.

Belongs here: reading an official projection as totals on 31 December, the adjustment and its size. Spread, shares
between areas and ages stay ours; how far each year was moved is returned, since a constraint also judges our
forecast.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.population.cells import Floats
from ossu_analysis.population.history import TotalsHistory
from ossu_analysis.population.totals import TotalDraws
from ossu_analysis.reference.areas import COUNTRY

YEAR_PART = {"01-01": 0.0, "07-01": 0.5, "12-31": 1.0}
"""Days to which projections refer, as parts of the year."""
COMPARED = "medium"
"""Variant that the forecast is held against when no scenario follows one."""
MOVED = ("area_level", "area_code", "year", "persons_before", "persons", "factor")


def official_totals(
    official_projection: pd.DataFrame, variant: str, years: Sequence[int], base_year: int, base_persons: float
) -> Floats:
    """National totals of a projection on 31 December of each year.

    Parameters
    ----------
    official_projection : DataFrame
        ``variant, year, sex, persons_thousand, reference_date`` of one edition, for some years.
    variant : str
        ``medium``, ``high`` or ``low``.
    years : sequence of int
    base_year : int
    base_persons : float
        Published total at the end of the base year, from which the line to the first projected year begins. A
        projection that has this day itself is moved to it: what it says is the change, not the count.

    Returns
    -------
    ndarray (H,)
        Linear between the projected dates.

    Raises
    ------
    OssuError
        ``population.no_projection`` when the variant is unknown or does not reach the last year.
    """
    rows = official_projection[official_projection["variant"] == variant]
    rows = rows.assign(date=rows["year"] + rows["reference_date"].str[5:].map(YEAR_PART).astype(float))
    by_date = rows.groupby("date")["persons_thousand"].sum().sort_index() * 1000
    start = base_year + 1.0
    if start in by_date.index:
        by_date *= base_persons / by_date[start]
    by_date = by_date[by_date.index > start]
    if by_date.empty or by_date.index[-1] < max(years):
        known = ", ".join(sorted(set(official_projection["variant"])))
        raise OssuError("population.no_projection", variant=variant, year=max(years), known=known)
    dates = np.concatenate([[start], by_date.index.to_numpy(float)])
    persons = np.concatenate([[base_persons], by_date.to_numpy(float)])
    return np.interp(np.asarray(years, float) + 1, dates, persons)


def constrain(
    totals: TotalDraws, targets: dict[str, Floats], owner: Sequence[str], level: str
) -> tuple[TotalDraws, pd.DataFrame]:
    """Move the draws of all areas of each owner so that the mean of their sum is the target.

    Parameters
    ----------
    totals : TotalDraws
    targets : dict of str to ndarray (H,)
        By code of the country or of oblasts; areas of an owner without a target stay.
    owner : sequence of str
        Owner of each area of ``totals``.
    level : str
        ``country`` or ``oblast``, for the table.

    Returns
    -------
    totals : TotalDraws
        Hidden loss is moved by the same factor.
    adjustment : DataFrame
        ``area_level, area_code, year, persons_before, persons, factor``: mean before, target and their ratio.
    """
    persons, loss = totals.persons.copy(), totals.hidden_loss.copy()
    rows = []
    for code, target in targets.items():
        inside = np.flatnonzero(np.asarray(owner) == code)
        mean = persons[:, inside].sum(axis=1, dtype=float).mean(axis=0)
        factor = (target / mean).astype(np.float32)
        persons[:, inside] *= factor
        loss[:, inside] *= factor
        rows += [(level, code, int(y), m, t, t / m) for y, m, t in zip(totals.years, mean, target, strict=True)]
    return replace(totals, persons=persons, hidden_loss=loss), pd.DataFrame(rows, columns=list(MOVED))


def reaches(official_projection: pd.DataFrame, variant: str, year: int) -> bool:
    """Whether the projection has a date after the end of a year."""
    return bool((official_projection.loc[official_projection["variant"] == variant, "year"] >= year).any())


def adjustment_table(
    moved: pd.DataFrame | list[Any], scenario: str, variant: str, applied: bool, source: str
) -> pd.DataFrame:
    """Rows of ``population.adjustment`` from what `constrain` says; none when nothing could be compared."""
    table = pd.DataFrame(moved, columns=list(MOVED))
    said: dict[str, Any] = {
        "scenario": scenario,
        "variant": variant,
        "applied": applied,
        "source_id": source,
        "status": "forecast",
    }
    return table.assign(**said)


def constrained_to_official(
    totals: TotalDraws, official_projection: pd.DataFrame, variant: str, history: TotalsHistory
) -> tuple[TotalDraws, pd.DataFrame]:
    """Draws whose national mean is an official projection, and how far each year was moved."""
    years, persons = [int(year) for year in totals.years], float(history.population[:, -1].sum())
    target = official_totals(official_projection, variant, years, history.origin, persons)
    return constrain(totals, {COUNTRY: target}, [COUNTRY] * len(totals.areas), "country")
