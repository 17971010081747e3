"""What is known to be there in a planning year: the latest return of each municipality not after that year.

A municipality's period, not a service's, decides: a service that is missing from the latest return is absent
(0 places), even if an older return had it. A year before the first return takes the first one. A municipality without
any return is unknown (NaN), never zero.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MEASURES = ("places", "occupied", "waiting")


@dataclass(frozen=True)
class Stock:
    """Places, occupied and waiting of one service, float arrays [municipality, year]; NaN is unknown."""

    places: NDArray
    occupied: NDArray
    waiting: NDArray


class Stocks:
    """The stocks of every service over a common grid of municipalities and years.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    codes : sequence of str
        Municipalities in the order of the grid.
    years : sequence of int
        Planning years.
    """

    def __init__(self, capacity: pd.DataFrame, codes: list[str], years: list[int]) -> None:
        self.codes, self.years = codes, years
        self._shape = len(codes), capacity["period_end"].nunique()
        known = capacity[capacity["municipality_code"].isin(codes)]
        period, ends = pd.factorize(known["period_end"], sort=True)
        place = pd.Index(codes).get_indexer(pd.Index(known["municipality_code"]))
        self._rows = known.assign(_municipality=place, _period=period)
        self.period = self._latest(place, period, np.array([int(end[:4]) for end in ends]))

    def services(self) -> list[str]:
        """Services with at least one return, in code order."""
        return sorted(self._rows["service_code"].unique())

    def of(self, service_code: str) -> Stock:
        """Stock of one service; absent from a return means 0 places and nobody served or waiting on record."""
        rows = self._rows[self._rows["service_code"] == service_code]
        places, occupied, waiting = (self._grid(rows, measure) for measure in MEASURES)
        return Stock(places, occupied, waiting)

    def _latest(self, place: NDArray, period: NDArray, period_years: NDArray) -> NDArray:
        """Number of the period that holds for each municipality and year; -1 without any return."""
        reported = np.zeros(self._shape, dtype=bool)
        reported[place, period] = True
        usable = reported[:, None, :] & (period_years[None, None, :] <= np.array(self.years)[None, :, None])
        last = self._shape[1] - 1 - usable[:, :, ::-1].argmax(axis=2)
        first = np.where(reported.any(axis=1), reported.argmax(axis=1), -1)[:, None]
        return np.where(usable.any(axis=2), last, first)

    def _grid(self, rows: pd.DataFrame, measure: str) -> NDArray:
        absent = np.nan if measure == "waiting" else 0.0
        by_period = np.full(self._shape, absent)
        by_period[rows["_municipality"], rows["_period"]] = rows[measure].astype("float64")
        chosen = np.take_along_axis(by_period, np.maximum(self.period, 0), axis=1)
        return np.where(self.period < 0, np.nan, chosen)
