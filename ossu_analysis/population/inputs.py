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
    CENSUS_STARTS,
    OPEN_AGE,
    RESIDENCES,
    SEXES,
    Floats,
    age_groups,
    grouped_array,
    table_array,
)
from ossu_analysis.population.graduation import agree_with_whole, births_tilt, national_single_ages, split_groups
from ossu_analysis.population.tables_read import SOURCE_TABLES
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.sources.known import newest_edition

Ints = NDArray[np.int64]


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
        From the first year end on the census whose ages are the seed up to the base year.
    totals : ndarray (M, T, 2, 2)
        Persons by municipality, year, residence, sex.
    births : ndarray (M, T, 2);  deaths : ndarray (M, T)
    census : ndarray (M, 7)
    national : ndarray (T, 2, 101)
    region_cells : ndarray (R, T, 2, 2, 101)
    oblast_cells : ndarray (P, T, 2, 101)
        NaN in years without oblast ages.
    death_groups, person_groups : ndarray (1 + P, 2, G)
        Deaths, and person-years of the same years, of the country and the oblasts.
    death_starts : tuple of int
    before_census : ndarray (2, 101), optional
        The country by sex and age a year before the first year, on the base of the census before.
    expectancy : ndarray (Y, 2, 86)
        Remaining years of the country's life tables.
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
    totals: Floats
    births: Floats
    deaths: Floats
    census: Floats
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
        """No year rests on another census than the year before: the years are those of one base."""
        return np.zeros(len(self.years), dtype=bool)

    def across_census(self) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Ages and births of the country from the year before the last census, where its ages are known, and breaks."""
        births = self.births.sum(axis=0)
        if self.before_census is None:
            return self.national, births, self.new_base
        national = np.concatenate([self.before_census[None], self.national])
        births = np.concatenate([np.full((1, len(SEXES)), np.nan), births])
        return national, births, np.arange(len(national)) == 1

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
    known = {name: _until(tables[name], base_year) for name in SOURCE_TABLES}
    _require(tables, base_year)
    years = _years_of_base(known["population_municipality"], base_year)
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
        _national_ages(known, years),
        np.array([regions.index(c) for c in oblasts["region_code"]]),
    )
    region_cells, oblast_cells = _territory_ages(known, regions, oblast_codes, region_of_oblast, years, national)
    changes = _changes(tables["area_change"], codes, int(years[0]))
    totals = _municipal(known["population_municipality"], "persons", codes, years, True)
    births = _municipal(known["births_municipality"], "births", codes, years, False)
    deaths = _municipal(known["deaths_municipality"], "deaths", codes, years, False)
    census = _census(known["census_profile"], codes, _basis_of(known["population_municipality"], base_year))
    for old, new, year in changes:
        _split(old, new, year - int(years[0]), totals, births, deaths, census)
    death_starts = tuple(age_groups(known["deaths_oblast_age"]))
    starts, shares = _schedule(tables["fertility_schedule"], base_year)
    return AgeInputs(
        municipalities=tuple(codes),
        oblasts=tuple(oblast_codes),
        regions=tuple(regions),
        oblast_of=np.array([oblast_codes.index(code) for code in areas["oblast_code"]]),
        region_of_oblast=region_of_oblast,
        years=years,
        totals=np.nan_to_num(totals),
        births=np.nan_to_num(births),
        deaths=np.nan_to_num(deaths.sum(axis=-1)),
        census=census,
        national=national,
        before_census=_before_census(known, int(years[0]) - 1),
        region_cells=region_cells,
        oblast_cells=oblast_cells,
        death_groups=_area_groups(known["deaths_oblast_age"], "deaths", oblast_codes, years, death_starts),
        person_groups=_area_groups(known["population_oblast_age"], "persons", oblast_codes, years, death_starts),
        death_starts=death_starts,
        expectancy=_expectancy(known["life_expectancy_region"]),
        crude_births=_crude_births(known),
        schedule_starts=starts,
        schedule_shares=shares,
    )


def _until(table: pd.DataFrame, base_year: int) -> pd.DataFrame:
    return table[table["year"] <= base_year] if "year" in table else table


def _basis_of(population: pd.DataFrame, year: int) -> int:
    """Census on which the counts of a year rest."""
    return int(population.loc[population["year"] == year, "basis"].max())


def _years_of_base(population: pd.DataFrame, base_year: int) -> Ints:
    """Years whose counts rest on the same census as those of the base year."""
    same = population.loc[population["basis"] == _basis_of(population, base_year), "year"]
    return np.arange(int(same.min()), base_year + 1)


def _require(tables: Mapping[str, pd.DataFrame], base_year: int) -> None:
    for name in ("population_oblast_age", "population_region_residence_age", "deaths_oblast_age"):
        years = sorted(set(tables[name]["year"]))
        if base_year not in years:
            raise OssuError("population.no_ages", table=name, year=base_year, years=_span(years))


def _span(years: list[int]) -> str:
    return f"{years[0]}–{years[-1]}" if years else "няма данни"


def _national_ages(known: Mapping[str, pd.DataFrame], years: Ints) -> Floats:
    table = known["population_region_residence_age"]
    starts = age_groups(table)
    whole = table[(table["area_code"] == COUNTRY) & (table["residence"] == "total")]
    groups = grouped_array(whole, "persons", starts, year=years, sex=SEXES)
    return national_single_ages(groups, starts, _single_ages(known["population_single_age"], years))


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
    residence, ages = known["population_region_residence_age"], known["population_oblast_age"]
    starts, oblast_starts = age_groups(residence), age_groups(ages)
    axes: dict[str, Any] = {"area_code": regions, "year": years, "residence": RESIDENCES, "sex": SEXES}
    groups = np.nan_to_num(grouped_array(residence, "persons", starts, **axes))
    tilt = _births_tilt(known["births_municipality"], oblasts, years)
    region_tilt = np.stack([tilt[owner == region].mean(axis=0) for region in range(len(regions))])
    whole = split_groups(groups.sum(axis=2), starts, national * region_tilt[:, :, None])
    whole = agree_with_whole(whole, starts, national)
    cells = split_groups(groups, starts, whole[:, :, None])
    cells = agree_with_whole(cells.swapaxes(0, 2), starts, whole.swapaxes(0, 1)).swapaxes(0, 2)
    oblast_groups = grouped_array(ages, "persons", oblast_starts, area_code=oblasts, year=years, sex=SEXES)
    oblast_cells = split_groups(oblast_groups, oblast_starts, national * tilt[:, :, None])
    for region in range(len(regions)):
        inside = owner == region
        oblast_cells[inside] = agree_with_whole(oblast_cells[inside], oblast_starts, whole[region])
    return cells, oblast_cells


def _births_tilt(births: pd.DataFrame, oblasts: list[str], years: Ints) -> Floats:
    both = births[births["sex"] == "T"]
    born_in = np.arange(int(both["year"].min()) + 1, int(years[-1]) + 1)
    local = table_array(both, "births", area_code=oblasts, year=born_in)
    whole = table_array(both, "births", area_code=[COUNTRY], year=born_in)[0]
    return births_tilt(local, whole, int(born_in[0]), years)


def _single_ages(table: pd.DataFrame, years: Ints) -> Floats | None:
    """Published single ages by year, with the open group of the cells; None when no year has them."""
    if not table["year"].isin(years).any():
        return None
    closed = table.assign(age=table["age"].clip(upper=OPEN_AGE))
    summed = closed.groupby(["year", "sex", "age"])[["persons"]].sum().reset_index()
    return table_array(summed, "persons", year=years, sex=SEXES, age=range(OPEN_AGE + 1))


def _municipal(table: pd.DataFrame, value: str, codes: list[str], years: Ints, residence: bool) -> Floats:
    if not residence:
        return table_array(table, value, area_code=codes, year=years, sex=SEXES)
    return table_array(table, value, area_code=codes, year=years, residence=RESIDENCES, sex=SEXES)


def _census(table: pd.DataFrame, codes: list[str], basis: int) -> Floats:
    table = table[table["basis"] == basis]
    persons = table.assign(persons=table["share"].astype(float) * table["population"].astype(float))
    return table_array(persons, "persons", municipality_code=codes, age_from=CENSUS_STARTS)


def _changes(area_change: pd.DataFrame, codes: list[str], first_year: int) -> list[tuple[int, int, int]]:
    """Splits after the first year between two municipalities that both exist today."""
    wanted = area_change[area_change["year"] > first_year]
    wanted = wanted[wanted["old_code"].isin(codes) & wanted["new_code"].isin(codes)]
    rows = zip(wanted["old_code"], wanted["new_code"], wanted["year"], strict=True)
    return [(codes.index(old), codes.index(new), int(year)) for old, new, year in rows]


def _split(old: int, new: int, at: int, totals: Floats, births: Floats, deaths: Floats, census: Floats) -> None:
    """Give a municipality that was split off its part of the earlier years, by the parts of its first year."""
    for counts in (totals, births, deaths):
        apart = counts[[old, new], at:].sum(axis=1)
        part = np.divide(apart[1], apart.sum(axis=0), out=np.zeros_like(apart[1]), where=apart.sum(axis=0) > 0)
        together = counts[old, :at].copy()
        counts[new, :at], counts[old, :at] = together * part, together * (1 - part)
    part = totals[new, at].sum() / totals[[old, new], at].sum()
    together_census = census[old].copy()
    census[new], census[old] = together_census * part, together_census * (1 - part)


def _area_groups(table: pd.DataFrame, value: str, codes: list[str], years: Ints, starts: tuple[int, ...]) -> Floats:
    """Sums over the years that have ages, of the country and each oblast."""
    counts = grouped_array(table, value, starts, area_code=[COUNTRY, *codes], year=years, sex=SEXES)
    return np.nansum(counts, axis=1)


def _expectancy(table: pd.DataFrame) -> Floats:
    whole = table[table["area_code"] == COUNTRY]
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


def _schedule(editions: pd.DataFrame, base_year: int) -> tuple[tuple[int, ...], Floats]:
    table = newest_edition(editions, base_year)
    latest = table[table["period_to"] <= base_year]["period_to"].max()
    rows = table[table["period_to"] == latest].sort_values("age_from")
    return tuple(int(age) for age in rows["age_from"]), rows["percent"].to_numpy(float)
