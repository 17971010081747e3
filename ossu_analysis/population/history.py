"""The history of totals that the forecast of totals reads: areas of constant geography, years, events, censuses.

Belongs here: building `TotalsHistory` from the source tables, merging areas that were split or renamed, splitting
forecasts back to the areas of today, cutting a history at an origin. No estimation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ossu_analysis.store import Store

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_EU_CENSUS, EU_CENSUS_STEP = 2011, 10
"""Regulation (EC) No 763/2008, Article 5: first reference year 2011, then one in every decade's beginning."""


@dataclass(frozen=True)
class TotalsHistory:
    """Totals of the lowest level by year, at constant geography.

    Attributes
    ----------
    areas, parents : tuple of str, length A
        Unit of estimation and the parent it belongs to (one parent for all when there is no level between).
    years : int array (T,)
        Consecutive calendar years; counts are as at 31 December.
    population, births, deaths : float array (A, T)
        Persons; NaN where the publisher has no figure. Births and deaths may be NaN throughout.
    census_years : tuple of int
        Years, past and coming, whose count is the first to rest on a new census.
    members : tuple of str, length M
        Areas of today, in output order; ``member_unit[m]`` is the unit of each and ``member_share[m]`` its part.
    """

    areas: tuple[str, ...]
    parents: tuple[str, ...]
    years: Ints
    population: Floats
    births: Floats
    deaths: Floats
    census_years: tuple[int, ...]
    members: tuple[str, ...]
    member_unit: Ints
    member_share: Floats

    @property
    def origin(self) -> int:
        """The last year with counts."""
        return int(self.years[-1])

    @property
    def parent_index(self) -> Ints:
        """Position of each area's parent among the sorted distinct parents."""
        return np.unique(np.asarray(self.parents), return_inverse=True)[1].astype(np.int64)

    def until(self, origin: int) -> "TotalsHistory":
        """The history as it was known at the end of ``origin``; its members are the units themselves."""
        keep, units = self.years <= origin, np.arange(len(self.areas))
        return replace(
            self,
            years=self.years[keep],
            population=self.population[:, keep],
            births=self.births[:, keep],
            deaths=self.deaths[:, keep],
            members=self.areas,
            member_unit=units,
            member_share=np.ones(len(units)),
        )

    def filled(self) -> "TotalsHistory":
        """Gaps inside a series by straight lines in the logarithm; missing last years by the median growth of all.

        Leading gaps stay missing: an area without a past is not given one.
        """
        if np.isfinite(self.population).all():
            return self
        counts = np.log(np.maximum(self.population, 0.5))
        for row in counts:
            known = np.flatnonzero(np.isfinite(row))
            if len(known):
                inside = np.arange(known[0], known[-1] + 1)
                row[inside] = np.interp(inside, known, row[known])
        for at in range(1, counts.shape[1]):
            grown = counts[:, at] - counts[:, at - 1]
            usual = np.nanmedian(grown) if np.isfinite(grown).any() else 0.0
            missing = np.isnan(counts[:, at]) & np.isfinite(counts[:, at - 1])
            counts[missing, at] = counts[missing, at - 1] + usual
        return replace(self, population=np.where(np.isfinite(self.population), self.population, np.exp(counts)))

    def select(self, units: Ints) -> "TotalsHistory":
        """The history of some units only (members follow)."""
        kept = np.isin(self.member_unit, units)
        position = {int(unit): at for at, unit in enumerate(units)}
        return replace(
            self,
            areas=tuple(self.areas[u] for u in units),
            parents=tuple(self.parents[u] for u in units),
            population=self.population[units],
            births=self.births[units],
            deaths=self.deaths[units],
            members=tuple(m for m, k in zip(self.members, kept, strict=True) if k),
            member_unit=np.array([position[int(u)] for u in self.member_unit[kept]], dtype=np.int64),
            member_share=self.member_share[kept],
        )


def prepare_history(
    population: pd.DataFrame,
    births: pd.DataFrame | None,
    deaths: pd.DataFrame | None,
    area_change: pd.DataFrame | None,
    base_year: int,
    parents: "pd.Series[str] | None" = None,
    area_level: str = "municipality",
) -> TotalsHistory:
    """Build the history of totals at constant geography from the source tables.

    Parameters
    ----------
    population : DataFrame
        ``area_level, area_code, year, persons`` and, if known, ``basis`` (census a count rests on), ``sex`` and
        ``residence`` (rows ``T`` and ``total`` are used).
    births, deaths : DataFrame or None
        The same with the columns ``births`` and ``deaths``.
    area_change : DataFrame or None
        Dated crosswalk ``old_code, new_code, year, share``: areas that were ever one are estimated as one.
    base_year : int
        Last year used.
    parents : Series, optional
        Parent code by area code; the first three characters (the oblast) when it is not given.

    Returns
    -------
    TotalsHistory
        Units are named after their first member that exists in ``base_year``.
    """
    counts = _wide(population, "persons", area_level, base_year)
    years = np.arange(counts.columns.min(), base_year + 1)
    unit_of = _constant_geography(list(counts.index), area_change)
    today = [code for code in counts.index if np.isfinite(float(counts[base_year][code]))]
    unit_names = {unit_of[code]: code for code in reversed(today)}
    units = sorted({unit_of[code] for code in today}, key=lambda unit: unit_names[unit])
    position = {unit: at for at, unit in enumerate(units)}

    def merged(frame: pd.DataFrame | None, name: str) -> Floats:
        if frame is None:
            return np.full((len(units), len(years)), np.nan)
        wide = _wide(frame, name, area_level, base_year)
        summed = wide.groupby(wide.index.map(unit_of)).sum(min_count=1)
        return summed.reindex(index=units, columns=years).to_numpy(float)

    areas = tuple(unit_names[unit] for unit in units)
    latest = counts.loc[today, base_year].to_numpy(float)
    member_unit = np.array([position[unit_of[code]] for code in today], dtype=np.int64)
    unit_total = np.bincount(member_unit, weights=latest, minlength=len(units))[member_unit]
    return TotalsHistory(
        areas=areas,
        parents=tuple(parents_of(areas, parents)),
        years=years,
        population=merged(population, "persons"),
        births=merged(births, "births"),
        deaths=merged(deaths, "deaths"),
        census_years=census_years(population, base_year),
        members=tuple(today),
        member_unit=member_unit,
        member_share=np.divide(latest, unit_total, out=np.ones_like(latest), where=unit_total > 0),
    )


def history_from_store(store: "Store", base_year: int | None = None) -> TotalsHistory:
    """Read the source tables of a project (not its working tables) and prepare the history of municipalities."""
    from ossu_analysis.reference import READERS as REFERENCE
    from ossu_analysis.sources import READERS as SOURCES

    names = ("population_municipality", "births_municipality", "deaths_municipality")
    population, births, deaths = (SOURCES[name](store) for name in names)
    last = int(population.loc[population["persons"].notna(), "year"].max())
    return prepare_history(population, births, deaths, REFERENCE["area_change"](store), base_year or last)


def parents_of(areas: Sequence[str], parents: "pd.Series[str] | None") -> list[str]:
    """Parent code of each area: given, or the oblast in the first three characters of a municipality's code."""
    return [area[:3] if parents is None else str(parents[area]) for area in areas]


def census_years(population: pd.DataFrame, base_year: int, decades_ahead: int = 6) -> tuple[int, ...]:
    """Years whose count is the first on a new census: read from ``basis`` up to the base year, by law after it.

    The census on which the first count rests comes first, although its year lies before the history.
    """
    if "basis" not in population:
        return ()
    known = population[population["year"] <= base_year].dropna(subset="basis").groupby("year")["basis"].max()
    years, bases = known.index.to_numpy(int), known.to_numpy(int)
    seen = [*bases[:1].tolist(), *years[1:][np.diff(bases) > 0].tolist()]
    by_law = [FIRST_EU_CENSUS + EU_CENSUS_STEP * decade for decade in range(decades_ahead)]
    return (*seen, *(year for year in by_law if year > base_year))


def _wide(frame: pd.DataFrame, value: str, area_level: str, base_year: int) -> pd.DataFrame:
    wanted = frame["year"] <= base_year
    for name, kept in (("area_level", area_level), ("sex", "T"), ("residence", "total")):
        if name in frame:
            wanted &= frame[name] == kept
    return frame[wanted].pivot(index="area_code", columns="year", values=value).astype(float)


def _constant_geography(codes: list[str], area_change: pd.DataFrame | None) -> dict[str, str]:
    """Group codes that were ever one area: the smallest sets closed under the crosswalk, named by one of the codes."""
    unit_of = {code: code for code in codes}
    if area_change is None:
        return unit_of
    for old, new in zip(area_change["old_code"], area_change["new_code"], strict=True):
        if old in unit_of and new in unit_of:
            keep, drop = unit_of[old], unit_of[new]
            unit_of = {code: keep if unit == drop else unit for code, unit in unit_of.items()}
    return unit_of
