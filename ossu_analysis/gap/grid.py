"""The grid that a comparison runs on: municipalities in oblast order, the areas above them, planning years.

Every array of the link is ``[municipality, year]`` or ``[area, year]`` on this grid, draws have a third axis. The last
area is the country.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.draws import add_up
from ossu_analysis.reference.areas import COUNTRY


class Grid:
    """Municipalities, areas and years in fixed order.

    Parameters
    ----------
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code, seat_lat, seat_lon.
    years : sequence of int
        Planning years.
    """

    def __init__(self, municipality: pd.DataFrame, years: Sequence[int]) -> None:
        ordered = municipality.sort_values(["oblast_code", "municipality_code"])
        self.codes: list[str] = ordered["municipality_code"].tolist()
        self.oblasts = ordered["oblast_code"].to_numpy(dtype=str)
        self.municipality = ordered
        self.years = [int(year) for year in years]
        self.areas: list[str] = [*dict.fromkeys(self.oblasts.tolist()), COUNTRY]

    @cached_property
    def inside(self) -> list[NDArray]:
        """Which municipalities lie in each area."""
        return [(self.oblasts == area) | (area == COUNTRY) for area in self.areas]

    def unknown(self, areas: Sequence[str] | None = None) -> NDArray:
        """Array of NaN over some areas (the municipalities by default) and the years."""
        return np.full((len(self.codes if areas is None else areas), len(self.years)), np.nan)

    def over_areas(self, function: Callable[..., NDArray], *values: NDArray) -> NDArray:
        """A formula over the municipalities of each area in turn, ``[area, year]``."""
        return np.stack([function(*(value[inside] for value in values)) for inside in self.inside])

    def add_up(self, draws: NDArray) -> NDArray:
        """Draws added over the municipalities of each area: shape (areas, years, draws)."""
        oblasts = add_up(draws, np.unique(self.oblasts, return_inverse=True)[1])
        return np.concatenate([oblasts, add_up(oblasts, np.zeros(len(oblasts), dtype=int))])

    def wide(self, rows: pd.DataFrame, values: str, areas: Sequence[str]) -> NDArray:
        """A long table with ``area_code`` and ``year`` as an array over some areas and the years; NaN where absent."""
        table = rows.pivot_table(index="area_code", columns="year", values=values)
        return table.reindex(index=list(areas), columns=self.years).to_numpy(dtype=float)
