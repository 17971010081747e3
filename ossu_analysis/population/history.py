"""The history of totals that the forecast of totals reads: areas of constant geography, years, events, censuses.

Belongs here: building `TotalsHistory` from the source tables, merging areas that were split or renamed, splitting
forecasts back to the areas of today, cutting a history at an origin. No estimation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.population.tables_read import HISTORY_TABLES

if TYPE_CHECKING:
    from ossu_analysis.store import Store

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_EU_CENSUS, EU_CENSUS_STEP = 2011, 10
"""Regulation (EC) No 763/2008, Article 5: first reference year 2011, then one in every decade's beginning."""
_DECADES_AHEAD = 6


@dataclass(frozen=True)
class Census:
    """A census and the count that first rests on it.

    Attributes
    ----------
    held : int
        Its year.
    time : float
        Its day in years; the middle of its year while the day is not known, the end where days are never given.
    enters : int
        Year at whose end the count first rests on it; for one to come, the later of the two that are possible.
    sooner : float
        Probability that it enters a year before ``enters``; 0 once that is known.
    """

    held: int
    time: float
    enters: int
    sooner: float = 0.0

    @property
    def likeliest(self) -> int:
        """The likeliest year in which it enters."""
        return self.enters - (self.sooner > 0.5)


@dataclass(frozen=True)
class TotalsHistory:
    """Totals of the lowest level by year, at constant geography.

    Attributes
    ----------
    areas, parents : tuple of str, length A
        Unit of estimation and the parent it belongs to (one parent for all when there is no level between).
    years : int array (T,)
        Consecutive calendar years; counts are as at 31 December.
    population, births, deaths, registered : float array (A, T)
        Persons; NaN where the publisher has no figure. Registered net migration is published for the years that take
        in a census; all but the population may be NaN throughout.
    censuses : tuple of Census
        Past and coming ones in order; the first is that on which the first count rests.
    members : tuple of str, length M
        Areas of today, in output order; ``member_unit[m]`` is the unit of each and ``member_share[m]`` its part.
    """

    areas: tuple[str, ...]
    parents: tuple[str, ...]
    years: Ints
    population: Floats
    births: Floats
    deaths: Floats
    registered: Floats
    censuses: tuple[Census, ...]
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

    @property
    def census_years(self) -> tuple[int, ...]:
        """Years, past and coming, whose count is the first to rest on a new census (the likeliest, for one to come)."""
        return tuple(census.likeliest for census in self.censuses)

    def until(self, origin: int) -> "TotalsHistory":
        """The history as it was known at the end of ``origin``; its members are the units themselves.

        When a census would enter was not known before: those to come are expected as `known_censuses` says.
        """
        keep, units = self.years <= origin, np.arange(len(self.areas))
        return replace(
            self,
            years=self.years[keep],
            population=self.population[:, keep],
            births=self.births[:, keep],
            deaths=self.deaths[:, keep],
            registered=self.registered[:, keep],
            censuses=known_censuses(self.censuses, origin),
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
            registered=self.registered[units],
            members=tuple(m for m, k in zip(self.members, kept, strict=True) if k),
            member_unit=np.array([position[int(u)] for u in self.member_unit[kept]], dtype=np.int64),
            member_share=self.member_share[kept],
        )


def prepare_history(
    population: pd.DataFrame,
    base_year: int,
    births: pd.DataFrame | None = None,
    deaths: pd.DataFrame | None = None,
    registered: pd.DataFrame | None = None,
    area_change: pd.DataFrame | None = None,
    census: pd.DataFrame | None = None,
    parents: "pd.Series[str] | None" = None,
    area_level: str = "municipality",
) -> TotalsHistory:
    """Build the history of totals at constant geography from the source tables.

    Parameters
    ----------
    population : DataFrame
        ``area_level, area_code, year, persons`` and, if known, ``basis`` (census a count rests on), ``sex`` and
        ``residence`` (rows ``T`` and ``total`` are used).
    base_year : int
        Last year used.
    births, deaths : DataFrame, optional
        The same with the columns ``births`` and ``deaths``.
    registered : DataFrame, optional
        ``municipality_code, year, net_migration_per_1000``, per thousand persons at the end of the year.
    area_change : DataFrame, optional
        Dated crosswalk ``old_code, new_code, year, share``: areas that were ever one are estimated as one.
    census : DataFrame, optional
        ``year, day`` of censuses.
    parents : Series, optional
        Parent code by area code; the first three characters (the oblast) when it is not given.
    area_level : str
        Rows of ``population`` that are used.

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

    def merged(wide: pd.DataFrame | None) -> Floats:
        if wide is None:
            return np.full((len(units), len(years)), np.nan)
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
        population=merged(counts),
        births=merged(None if births is None else _wide(births, "births", area_level, base_year)),
        deaths=merged(None if deaths is None else _wide(deaths, "deaths", area_level, base_year)),
        registered=merged(None if registered is None else _registered_persons(registered, counts)),
        censuses=_censuses(population, census, base_year),
        members=tuple(today),
        member_unit=member_unit,
        member_share=np.divide(latest, unit_total, out=np.ones_like(latest), where=unit_total > 0),
    )


def history_of(tables: Mapping[str, pd.DataFrame], base_year: int) -> TotalsHistory:
    """History of the totals of municipalities from `HISTORY_TABLES`, up to the base year."""
    population, births, deaths, registered, area_change, census = (tables[name] for name in HISTORY_TABLES)
    return prepare_history(population, base_year, births, deaths, registered, area_change, census)


def history_from_store(store: "Store") -> TotalsHistory:
    """History of municipalities to their last year, from the project's figures (not its working tables)."""
    from ossu_analysis.reference import READERS as REFERENCE
    from ossu_analysis.sources import READERS as SOURCES

    readers = {"sources": SOURCES, "reference": REFERENCE}
    tables = {name: readers[link][name](store) for name, link in HISTORY_TABLES.items()}
    population = tables["population_municipality"]
    return history_of(tables, int(population.loc[population["persons"].notna(), "year"].max()))


def parents_of(areas: Sequence[str], parents: "pd.Series[str] | None") -> list[str]:
    """Parent code of each area: given, or the oblast in the first three characters of a municipality's code."""
    return [area[:3] if parents is None else str(parents[area]) for area in areas]


def known_censuses(censuses: Sequence[Census], origin: int) -> tuple[Census, ...]:
    """Censuses as they were known at the end of ``origin``: those that entered, and what to expect of those to come.

    A census takes as long to enter as the quickest one before: it enters at the first end of a year that is at least
    that far away. The law sets the year of the next one; until it is held, every day of that year is as likely.
    """
    past = [census for census in censuses if census.enters <= origin]
    if not past:
        return ()
    wait = min((census.enters + 1 - census.time for census in past[1:]), default=0.0)
    days = {census.held: census.time for census in censuses if census.held <= origin}
    by_law = (FIRST_EU_CENSUS + EU_CENSUS_STEP * decade for decade in range(_DECADES_AHEAD))
    coming = []
    for year in (year for year in by_law if year > past[-1].held):
        same_year = 0.0 if year <= origin else min(max(1 - wait, 0.0), 1.0)
        coming.append(Census(year, days.get(year, year + 0.5), max(year, origin) + 1, same_year))
    return (*past, *coming)


def _censuses(population: pd.DataFrame, census: pd.DataFrame | None, base_year: int) -> tuple[Census, ...]:
    """Past censuses from the column ``basis``, those to come by law; none without ``basis``."""
    if "basis" not in population:
        return ()
    counted = population[population["year"] <= base_year].dropna(subset="basis")
    first_year = counted.groupby(counted["basis"].astype(int))["year"].min()
    days = {} if census is None else {int(y): _in_years(d) for y, d in zip(census["year"], census["day"], strict=True)}
    enters = dict(zip(first_year.index.tolist(), first_year.tolist(), strict=True))
    first = min(enters, default=0)
    # A census that is on record as held but not yet in the counts is known by its day alone.
    held = sorted({*enters, *(year for year in days if first < year <= base_year)})
    past = [Census(h, days.get(h, h + 1.0), enters.get(h, base_year + 1) if h > first else h) for h in held]
    return known_censuses(past, base_year)


def _in_years(day: str) -> float:
    """A day as a number of years."""
    at = date.fromisoformat(day)
    return at.year + (at.timetuple().tm_yday - 1) / 365.25


def _registered_persons(registered: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Registered net migration in persons, areas by years; the publisher gives it per thousand at the year's end."""
    known = registered[registered["year"].isin(counts.columns)]
    rates = known.pivot(index="municipality_code", columns="year", values="net_migration_per_1000").astype(float)
    return rates * counts.reindex(index=rates.index, columns=rates.columns) / 1_000


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
