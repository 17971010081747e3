"""The source tables as arrays up to the base year: the only door through which figures reach the ages.

Belongs here: choosing rows, cutting after the base year, splitting municipalities that were one before, saying what
is missing. Nothing is estimated but single years of age (`graduation`). Because everything behind this door is cut
at the base year, no estimate can look ahead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.errors import OssuError
from ossu_analysis.population.cells import (
    OPEN_AGE,
    RESIDENCES,
    SEXES,
    Floats,
    age_groups,
    cohort_source,
    grouped_array,
    table_array,
)
from ossu_analysis.population.epidemic import Epidemics, epidemics, usual_deaths
from ossu_analysis.population.graduation import agree_with_whole, births_tilt, national_single_ages, split_groups
from ossu_analysis.population.municipality_age import CensusAges
from ossu_analysis.population.tables_read import SOURCE_TABLES
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.sources.known import known_by

Ints = NDArray[np.int64]
RECENT = 5
"""Years that tell the present level of mortality: more would be old, fewer leave small areas to chance."""


@dataclass(frozen=True)
class AgeInputs:
    """Figures up to the base year, as arrays.

    Attributes
    ----------
    municipalities, oblasts, regions : tuple of str
        Sorted by region, oblast, code: municipalities of an oblast stand together.
    oblast_of, region_of_oblast : int array
        Oblast of each municipality, region of each oblast.
    years : int array (T,)
        From the first year on the first census with ages of municipalities up to the base year.
    basis : int array (T,)
        Census on which the counts of each year rest.
    exceptional : bool array (T,)
        Years of an epidemic, by which no trend and no ratio is measured.
    epidemics : Epidemics
    totals : ndarray (M, T, 2, 2)
        Persons by municipality, year, residence, sex.
    births : ndarray (M, T, 2);  deaths : ndarray (M, T)
    censuses : tuple of CensusAges
        Of the municipalities, those that the series had taken in by the base year.
    national : ndarray (T, 2, 101)
    region_cells : ndarray (R, T, 2, 2, 101)
    oblast_cells : ndarray (P, T, 2, 101)
        NaN in years without oblast ages.
    death_groups, person_groups : ndarray (1 + P, 2, G)
        Deaths by age, and person-years of the same years, of the country and the oblasts; no exceptional years.
    death_starts : tuple of int
    before_census : ndarray (2, 101), optional
        The country by sex and age a year before the first year, on the base of the census before.
    expectancy : ndarray (Y, 2, 86)
        Remaining years of the country's life tables; no exceptional years.
    crude_births : ndarray
        National births per inhabitant by year; NaN where the population base changes.
    schedule_starts, schedule_shares
        National fertility by five-year age, the latest period that ended by the base year.
    """

    municipalities: tuple[str, ...]
    oblasts: tuple[str, ...]
    regions: tuple[str, ...]
    oblast_of: Ints
    region_of_oblast: Ints
    years: Ints
    basis: Ints
    exceptional: NDArray[np.bool_]
    epidemics: Epidemics
    totals: Floats
    births: Floats
    deaths: Floats
    censuses: tuple[CensusAges, ...]
    national: Floats
    before_census: Floats | None
    region_cells: Floats
    oblast_cells: Floats
    death_groups: Floats
    person_groups: Floats
    death_starts: tuple[int, ...]
    expectancy: Floats
    crude_births: Floats
    schedule_starts: tuple[int, ...]
    schedule_shares: Floats

    @property
    def base_year(self) -> int:
        """The last year of every array."""
        return int(self.years[-1])

    @property
    def region_of(self) -> Ints:
        """Region of each municipality."""
        return self.region_of_oblast[self.oblast_of]

    @property
    def oblast_years(self) -> Ints:
        """Positions of the years in which the oblasts have ages."""
        return np.flatnonzero(np.isfinite(self.oblast_cells).all(axis=(0, 2, 3)))

    @property
    def new_base(self) -> NDArray[np.bool_]:
        """Whether a year rests on another census than the year before."""
        return np.append(False, self.basis[1:] != self.basis[:-1])

    @property
    def unsound(self) -> NDArray[np.bool_]:
        """Whether the step to a year is none to learn from: to another census, or through an exceptional year."""
        return self.new_base | self.exceptional

    @property
    def recent_years(self) -> Ints:
        """Positions of the last years that are not exceptional."""
        return np.flatnonzero(~self.exceptional)[-RECENT:]

    @property
    def recent_steps(self) -> Ints:
        """Numbers of the last steps to learn from; number 0 leads from the first year to the second."""
        return np.flatnonzero(~self.unsound[1:])[-RECENT:]

    @property
    def on_last_census(self) -> slice:
        """Positions of the years on the base year's census, or all years while it has no step of its own."""
        first = int(np.flatnonzero(self.basis == self.basis[-1])[0])
        return slice(first if len(self.years) - first > 1 else 0, None)

    @property
    def nearest_with_ages(self) -> Ints:
        """For each year the position of the nearest one in which the oblasts have ages, on its own census if any."""
        known = self.oblast_years

        def nearest(year: int) -> int:
            return int(min(known, key=lambda one: (self.basis[one] != self.basis[year], abs(one - year))))

        return np.array([nearest(year) for year in range(len(self.years))])

    def across_census(self) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Ages and births of the country from the year before the first census, if known, and breaks."""
        births = self.births.sum(axis=0)
        if self.before_census is None:
            return self.national, births, self.new_base
        national = np.concatenate([self.before_census[None], self.national])
        births = np.concatenate([np.full((1, len(SEXES)), np.nan), births])
        return national, births, np.concatenate([[False, True], self.new_base[1:]])

    def tree(self) -> AreaTree:
        """Country, planning regions, oblasts, municipalities."""
        parent = {COUNTRY: "", **dict.fromkeys(self.regions, COUNTRY)}
        parent |= {code: self.regions[at] for code, at in zip(self.oblasts, self.region_of_oblast, strict=True)}
        parent |= {code: self.oblasts[at] for code, at in zip(self.municipalities, self.oblast_of, strict=True)}
        return AreaTree.in_order(parent)

    def oblast_births(self) -> Floats:
        """Births by oblast, year and sex."""
        return self._by_oblast(self.births)

    def oblast_deaths(self) -> Floats:
        """Deaths by oblast and year."""
        return self._by_oblast(self.deaths)

    def _by_oblast(self, values: Floats) -> Floats:
        return np.stack([values[self.oblast_of == o].sum(axis=0) for o in range(len(self.oblasts))])


def age_inputs(tables: Mapping[str, pd.DataFrame], base_year: int) -> AgeInputs:
    """Build the arrays from the tables of the links sources and reference.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By table name: those of `tables_read.SOURCE_TABLES` and `tables_read.REFERENCE_TABLES`.
    base_year : int

    Raises
    ------
    OssuError
        ``population.no_ages`` when regions or oblasts have no ages for the base year.
    """
    known = known_by({name: tables[name] for name in SOURCE_TABLES}, base_year)
    _require(tables, base_year)
    years, basis = _years_and_basis(known["population_municipality"], _municipal_censuses(known))
    years_of_deaths, yearly = _national_deaths(known["deaths_municipality"])
    epidemic = years_of_deaths[~usual_deaths(yearly)]
    exceptional = np.isin(years, epidemic)
    today = known["population_municipality"].query(
        "area_level == 'municipality' and year == @base_year and persons > 0"
    )
    areas = tables["municipality"].merge(tables["oblast"], on="oblast_code", suffixes=("", "_oblast"))
    areas = areas[areas["municipality_code"].isin(today["area_code"])]
    areas = areas.sort_values(["region_code", "oblast_code", "municipality_code"])
    oblasts = areas.drop_duplicates("oblast_code")
    codes, oblast_codes = list(areas["municipality_code"]), list(oblasts["oblast_code"])
    regions = sorted(set(oblasts["region_code"]))
    national, region_of_oblast = (
        _national_ages(known, years, basis),
        np.array([regions.index(c) for c in oblasts["region_code"]]),
    )
    region_cells, oblast_cells = _territory_ages(known, regions, oblast_codes, region_of_oblast, years, national)
    changes = _changes(tables["area_change"], codes, int(years[0]))
    totals = _municipal(known["population_municipality"], "persons", codes, years, True)
    births = _municipal(known["births_municipality"], "births", codes, years, False)
    deaths = _municipal(known["deaths_municipality"], "deaths", codes, years, False)
    censuses = _censuses(known, codes, basis)
    for old, new, year in changes:
        _split(old, new, year - int(years[0]), totals, births, deaths, censuses)
    death_starts, death_years = tuple(age_groups(known["deaths_oblast_age"])), _death_years(known, years[~exceptional])
    starts, shares = _schedule(known["fertility_schedule"])
    return AgeInputs(
        municipalities=tuple(codes),
        oblasts=tuple(oblast_codes),
        regions=tuple(regions),
        oblast_of=np.array([oblast_codes.index(code) for code in areas["oblast_code"]]),
        region_of_oblast=region_of_oblast,
        years=years,
        basis=basis,
        exceptional=exceptional,
        epidemics=epidemics(yearly, base_year),
        totals=np.nan_to_num(totals),
        births=np.nan_to_num(births),
        deaths=np.nan_to_num(deaths.sum(axis=-1)),
        censuses=censuses,
        national=national,
        before_census=_before_census(known, int(years[0]) - 1),
        region_cells=region_cells,
        oblast_cells=oblast_cells,
        death_groups=_area_groups(known["deaths_oblast_age"], "deaths", oblast_codes, death_years, death_starts),
        person_groups=_area_groups(known["population_oblast_age"], "persons", oblast_codes, death_years, death_starts),
        death_starts=death_starts,
        expectancy=_expectancy(known["life_expectancy_region"], epidemic),
        crude_births=_crude_births(known),
        schedule_starts=starts,
        schedule_shares=shares,
    )


def _municipal_censuses(known: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """``census, area_code, age_from, persons``: ages of municipalities at each census that is known by classes."""
    profile, counts = known["census_profile"], known["census_age"].query("area_level == 'municipality'")
    shares = pd.DataFrame(
        {
            "census": profile["basis"],
            "area_code": profile["municipality_code"],
            "age_from": profile["age_from"],
            "persons": profile["share"].astype(float) * profile["population"].astype(float),
        }
    )
    return pd.concat([shares, counts.rename(columns={"census_year": "census"})[list(shares)]])


def _years_and_basis(population: pd.DataFrame, censuses: pd.DataFrame) -> tuple[Ints, Ints]:
    """Years from the first one on a census with ages of municipalities, and the census of each."""
    basis = population.groupby("year")["basis"].max().astype(int)
    first = int(basis.index[basis.isin(censuses["census"])].min())
    kept = basis.loc[first:]
    return np.asarray(kept.index, dtype=np.int64), np.asarray(kept, dtype=np.int64)


def _censuses(known: Mapping[str, pd.DataFrame], codes: list[str], basis: Ints) -> tuple[CensusAges, ...]:
    found = []
    for census, rows in _municipal_censuses(known).groupby("census"):
        starts = tuple(sorted(set(rows["age_from"])))
        persons = table_array(rows, "persons", area_code=codes, age_from=starts)
        found.append(CensusAges(int(np.flatnonzero(basis == census)[0]), starts, persons))
    return tuple(found)


def _require(tables: Mapping[str, pd.DataFrame], base_year: int) -> None:
    """Ages of the base year and deaths by age of some year up to it."""
    oblast = [name for name in SOURCE_TABLES if name.startswith("population_oblast")]
    for names in (oblast, ["population_region_residence_age"]):
        years = sorted({year for name in names for year in tables[name]["year"]})
        if base_year not in years:
            raise OssuError("population.no_ages", table=", ".join(names), year=base_year, years=_span(years))
    years = sorted(set(tables["deaths_oblast_age"]["year"]))
    if base_year < years[0]:
        raise OssuError("population.no_ages", table="deaths_oblast_age", year=base_year, years=_span(years))


def _span(years: list[int]) -> str:
    """Years as runs: 2013–2021, 2024."""
    starts = [year for year in years if year - 1 not in years]
    ends = [year for year in years if year + 1 not in years]
    return ", ".join(
        f"{first}–{last}" if last > first else str(first) for first, last in zip(starts, ends, strict=True)
    )


def _national_ages(known: Mapping[str, pd.DataFrame], years: Ints, basis: Ints) -> Floats:
    """Single ages of the country; the first year on a later census keeps the proportions of cohorts inside groups."""
    table = known["population_region_residence_age"]
    starts = age_groups(table)
    whole = table[(table["area_code"] == COUNTRY) & (table["residence"] == "total")]
    groups = grouped_array(whole, "persons", starts, year=years, sex=SEXES)
    single, found = _single_ages(known["population_single_age"], years), list[Floats]()
    for census in dict.fromkeys(basis):
        inside = basis == census
        if found:
            cohorts = cohort_source(found[-1][-1], np.ones(len(SEXES)))
            single[inside.argmax()] = split_groups(groups[inside][0], starts, cohorts)
        published = single[inside] if np.isfinite(single[inside]).any() else None
        found.append(national_single_ages(groups[inside], starts, published))
    return np.concatenate(found)


def _before_census(known: Mapping[str, pd.DataFrame], year: int) -> Floats | None:
    table = known["population_region_residence_age"]
    whole = table[(table["area_code"] == COUNTRY) & (table["residence"] == "total")]
    if year not in set(whole["year"]):
        return None
    starts = age_groups(table)
    groups = grouped_array(whole, "persons", starts, year=[year], sex=SEXES)
    return national_single_ages(groups, starts)[0]


def _territory_ages(
    known: Mapping[str, pd.DataFrame],
    regions: list[str],
    oblasts: list[str],
    owner: Ints,
    years: Ints,
    national: Floats,
) -> tuple[Floats, Floats]:
    """Single ages of regions by residence and of oblasts, that add up: oblasts to regions, regions to the country.

    Inside a group they have the country's proportions, tilted by local births where a cohort's births are known.
    """
    residence = known["population_region_residence_age"]
    starts = age_groups(residence)
    axes: dict[str, Any] = {"area_code": regions, "year": years, "residence": RESIDENCES, "sex": SEXES}
    groups = np.nan_to_num(grouped_array(residence, "persons", starts, **axes))
    tilt = _births_tilt(known["births_municipality"], oblasts, years)
    region_tilt = np.stack([tilt[owner == region].mean(axis=0) for region in range(len(regions))])
    whole = split_groups(groups.sum(axis=2), starts, national * region_tilt[:, :, None])
    whole = agree_with_whole(whole, starts, national)
    cells = split_groups(groups, starts, whole[:, :, None])
    cells = agree_with_whole(cells.swapaxes(0, 2), starts, whole.swapaxes(0, 1)).swapaxes(0, 2)
    coarse, fine = (
        _oblast_cells(ages, oblasts, owner, years, national * tilt[:, :, None], whole)
        for ages in (
            known["population_oblast_age"],
            known["population_oblast_residence_age"].query("residence == 'total'"),
        )
    )
    return cells, np.where(np.isfinite(fine), fine, coarse)


def _oblast_cells(
    ages: pd.DataFrame, oblasts: list[str], owner: Ints, years: Ints, shape: Floats, regions: Floats
) -> Floats:
    """Single ages of the oblasts in the years that a table has, NaN in the others."""
    cells, starts = np.full(shape.shape, np.nan), age_groups(ages)
    known = np.flatnonzero(np.isin(years, ages["year"]))
    if len(known):
        groups = grouped_array(ages, "persons", starts, area_code=oblasts, year=years[known], sex=SEXES)
        cells[:, known] = split_groups(groups, starts, shape[:, known])
        for region, whole in enumerate(regions):
            inside = np.ix_(owner == region, known)
            cells[inside] = agree_with_whole(cells[inside], starts, whole[known])
    return cells


def _births_tilt(births: pd.DataFrame, oblasts: list[str], years: Ints) -> Floats:
    both = births[births["sex"] == "T"]
    born_in = np.arange(int(both["year"].min()) + 1, int(years[-1]) + 1)
    local = table_array(both, "births", area_code=oblasts, year=born_in)
    whole = table_array(both, "births", area_code=[COUNTRY], year=born_in)[0]
    return births_tilt(local, whole, int(born_in[0]), years)


def _single_ages(table: pd.DataFrame, years: Ints) -> Floats:
    """Published single ages by year, with the open group of the cells; NaN in years that have none."""
    closed = table.assign(age=table["age"].clip(upper=OPEN_AGE))
    summed = closed.groupby(["year", "sex", "age"])[["persons"]].sum().reset_index()
    return table_array(summed, "persons", year=years, sex=SEXES, age=range(OPEN_AGE + 1))


def _municipal(table: pd.DataFrame, value: str, codes: list[str], years: Ints, residence: bool) -> Floats:
    if not residence:
        return table_array(table, value, area_code=codes, year=years, sex=SEXES)
    return table_array(table, value, area_code=codes, year=years, residence=RESIDENCES, sex=SEXES)


def _changes(area_change: pd.DataFrame, codes: list[str], first_year: int) -> list[tuple[int, int, int]]:
    """Splits after the first year between two municipalities that both exist today."""
    wanted = area_change[area_change["year"] > first_year]
    wanted = wanted[wanted["old_code"].isin(codes) & wanted["new_code"].isin(codes)]
    rows = zip(wanted["old_code"], wanted["new_code"], wanted["year"], strict=True)
    return [(codes.index(old), codes.index(new), int(year)) for old, new, year in rows]


def _split(
    old: int, new: int, at: int, totals: Floats, births: Floats, deaths: Floats, censuses: tuple[CensusAges, ...]
) -> None:
    """Give a municipality that was split off its part of the earlier years, by the parts of its first year."""
    for counts in (totals, births, deaths):
        apart = counts[[old, new], at:].sum(axis=1)
        part = np.divide(apart[1], apart.sum(axis=0), out=np.zeros_like(apart[1]), where=apart.sum(axis=0) > 0)
        together = counts[old, :at].copy()
        counts[new, :at], counts[old, :at] = together * part, together * (1 - part)
    part = totals[new, at].sum() / totals[[old, new], at].sum()
    for census in censuses:
        if census.first < at:
            together = census.persons[old].copy()
            census.persons[new], census.persons[old] = together * part, together * (1 - part)


def _area_groups(table: pd.DataFrame, value: str, codes: list[str], years: Ints, starts: tuple[int, ...]) -> Floats:
    """Sums over the years, of the country and each oblast."""
    return grouped_array(table, value, starts, area_code=[COUNTRY, *codes], year=years, sex=SEXES).sum(axis=1)


def _death_years(known: Mapping[str, pd.DataFrame], years: Ints) -> Ints:
    """Those of the years that have deaths by age and persons by age."""
    with_ages = (known[name]["year"].unique() for name in ("deaths_oblast_age", "population_oblast_age"))
    return years[np.logical_and(*(np.isin(years, some) for some in with_ages))]


def _national_deaths(deaths: pd.DataFrame) -> tuple[Ints, Floats]:
    """Years, and the deaths of the country in each."""
    whole = deaths[(deaths["area_code"] == COUNTRY) & (deaths["sex"] == "T")].groupby("year")["deaths"].sum()
    return np.asarray(whole.index, dtype=np.int64), np.asarray(whole, dtype=np.float64)


def _expectancy(table: pd.DataFrame, epidemic: Ints) -> Floats:
    whole = table[(table["area_code"] == COUNTRY) & ~table["year"].isin(epidemic)]
    years = sorted(set(whole["year"]))
    return table_array(whole, "life_expectancy", year=years, sex=SEXES, age=range(int(whole["age"].max()) + 1))


def _crude_births(known: Mapping[str, pd.DataFrame]) -> Floats:
    population = known["population_municipality"].query(
        "area_level == 'country' and sex == 'T' and residence == 'total'"
    )
    persons = population.set_index("year")["persons"].astype(float).sort_index()
    basis = population.set_index("year")["basis"].sort_index()
    births = known["births_municipality"].query("area_level == 'country' and sex == 'T'")
    crude = births.set_index("year")["births"].astype(float).reindex(persons.index) / persons
    return np.asarray(crude.where((basis == basis.shift()) | (basis.index == basis.index[0])), dtype=float)


def _schedule(table: pd.DataFrame) -> tuple[tuple[int, ...], Floats]:
    rows = table[table["period_to"] == table["period_to"].max()].sort_values("age_from")
    return tuple(int(age) for age in rows["age_from"]), rows["percent"].to_numpy(float)
