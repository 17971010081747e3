"""What is known to be there in a planning year: the latest return of each municipality not after that year.

A municipality's period, not a service's, decides: a service that is missing from the latest return is absent
(0 places), even if an older return had it. A year before the first return takes the first one. A municipality without
any return is unknown (NaN), never zero. Residents who are served in other municipalities are known from the returns of
those (``capacity.by_residence``).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.gap.formulas import places_for_residents

MEASURES = ("places", "occupied", "waiting")
MOVED = ("places_for_others", "places_elsewhere")


@dataclass(frozen=True)
class Stock:
    """One service, float arrays [municipality, year]; NaN is unknown.

    ``places``, ``occupied`` and ``waiting`` are those of the municipality's own service; ``places_for_others`` of them
    belong to residents of other municipalities, ``places_elsewhere`` are places that its residents have there.
    """

    places: NDArray
    occupied: NDArray
    waiting: NDArray
    places_for_others: NDArray
    places_elsewhere: NDArray
    mobile: NDArray

    @cached_property
    def for_residents(self) -> NDArray:
        """Places that the residents have, wherever they are."""
        return places_for_residents(self.places, self.places_for_others, self.places_elsewhere)


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
    residents : DataFrame, optional
        ``capacity.by_residence``; without it every place belongs to where it is.
    """

    def __init__(
        self, capacity: pd.DataFrame, codes: list[str], years: list[int], residents: pd.DataFrame | None = None
    ) -> None:
        self.codes, self.years = codes, years
        self._shape = len(codes), capacity["period_end"].nunique()
        self._ends = sorted(capacity["period_end"].unique())
        self._rows = self._placed(capacity)
        moved = (
            capacity.iloc[:0].assign(**dict.fromkeys(MOVED, 0.0), is_mobile=False) if residents is None else residents
        )
        self._moved = self._placed(moved)
        place, period = self._rows["_municipality"].to_numpy(), self._rows["_period"].to_numpy()
        self.period = self._latest(place, period, np.array([int(end[:4]) for end in self._ends]))

    def services(self) -> list[str]:
        """Services with at least one return, in code order."""
        return sorted(self._rows["service_code"].unique())

    def of(self, service_code: str) -> Stock:
        """Stock of one service; absent from a return means 0 places and nobody served or waiting on record."""
        rows = self._rows[self._rows["service_code"] == service_code]
        moved = self._moved[self._moved["service_code"] == service_code]
        measured = {measure: self._grid(rows, measure) for measure in MEASURES}
        return Stock(
            **measured, **{name: self._grid(moved, name) for name in MOVED}, mobile=self._grid(moved, "is_mobile")
        )

    def _placed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of known municipalities and periods with their positions."""
        rows = rows[rows["municipality_code"].isin(self.codes) & rows["period_end"].isin(self._ends)]
        place = pd.Index(self.codes).get_indexer(pd.Index(rows["municipality_code"]))
        return rows.assign(_municipality=place, _period=pd.Index(self._ends).get_indexer(pd.Index(rows["period_end"])))

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
