"""Exposed persons weighted by the sex and age of users, for services whose returns give them.

Belongs here: from ``collection.user_profile`` and the ages of the population to factors on exposed persons, by
municipality and year. A factor is the mean relative rate of use (`profile.relative_rates`, the function of ``ossu
demand``) of the persons whom a service is measured against: a municipality whose group grows older expects more users
at unchanged rates. Five-year bands count as evenly filled, in every year alike. Ahead, ages inside a group are those of
the mean forecast; how many persons the group has comes from the draws.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ossu_analysis.demand.profile import relative_rates
from ossu_analysis.population.cells import AGES, SEXES
from ossu_analysis.population.exposure import ExposureGroups, exposure_groups

KINDS = ("sex", "age_from")
OPEN_BAND = 90
BANDS = f"""
    select municipality_code as area_code, year, sex, least(age // 5 * 5, {OPEN_BAND}) as age_from,
           sum(persons) as persons
    from population.municipality_age group by all
    union all
    select area_code, year, sex, age_from, persons from population.forecast
    where area_level = 'municipality' and output_type = 'mean' and sex in ('F', 'M') and year > base_year
      and (age_to = age_from + 4 or (age_to is null and age_from = {OPEN_BAND}))"""
"""Persons by five-year band: as estimated up to the base year, the mean forecast after it."""

Ask = Callable[..., pd.DataFrame]
"""Answers SQL over tables called ``link.table``; the tables that it reads follow the query."""


@dataclass(frozen=True)
class Ages:
    """Persons of every municipality by year, sex and single age.

    Parameters
    ----------
    areas : numpy.ndarray of str, shape (areas,)
    years : numpy.ndarray of int, shape (years,)
    persons : numpy.ndarray, shape (areas, years, 2, 101)
    """

    areas: np.ndarray
    years: np.ndarray
    persons: np.ndarray


@dataclass(frozen=True)
class AgeWeights:
    """Factors on the exposed persons of one service, shape (areas, years)."""

    years: np.ndarray
    factors: np.ndarray

    def of_years(self, years: np.ndarray) -> np.ndarray:
        """Factors of some of the years, shape (areas, years)."""
        return self.factors[:, np.searchsorted(self.years, years)]


def read_weights(
    ask: Ask, areas: np.ndarray, rates: pd.DataFrame, exposed_group: Mapping[str, str]
) -> dict[str, AgeWeights]:
    """Weights by service code, of the services that have rows in ``collection.user_profile``.

    Parameters
    ----------
    ask : callable
    areas : numpy.ndarray of str
    rates : pandas.DataFrame
        Of `group_rate.by_municipality`.
    exposed_group : mapping of str to str
        Group that each service is measured against, by service code.
    """
    profile = ask("select * from collection.user_profile", ("collection", "user_profile"))
    users = {code: profile[profile["service_code"] == code] for code in profile["service_code"].unique()}
    known = {code: group for code, group in exposed_group.items() if code in users}
    if not known:
        return {}
    ages = ages_of(ask(BANDS, ("population", "municipality_age"), ("population", "forecast")), areas)
    target_group, retirement_age = (
        ask(f"select * from reference.{name}", ("reference", name)) for name in ("target_group", "retirement_age")
    )
    illness = ask(
        "select * from sources.longstanding_illness where year <= (select max(year) from population.municipality_age)",
        ("sources", "longstanding_illness"),
        ("population", "municipality_age"),
    )
    groups = exposure_groups(target_group, retirement_age, illness, ages.years.tolist())
    return {
        code: service_weights(users[code], ages, members(group, ages, groups, rates)) for code, group in known.items()
    }


def ages_of(bands: pd.DataFrame, areas: np.ndarray) -> Ages:
    """Persons by single age from five-year bands ``area_code, year, sex, age_from, persons``, evenly filled."""
    years, first = np.unique(bands["year"].to_numpy(int)), np.arange(0, OPEN_BAND + 1, 5)
    wide = np.zeros((len(areas), len(years), len(SEXES), len(first)))
    at = [pd.Index(axis).get_indexer(pd.Index(bands[name])) for axis, name in ((areas, "area_code"), (years, "year"))]
    at += [pd.Index(axis).get_indexer(pd.Index(bands[name])) for axis, name in ((SEXES, "sex"), (first, "age_from"))]
    known = np.all([place >= 0 for place in at], axis=0)
    wide[tuple(place[known] for place in at)] = bands["persons"].to_numpy(float)[known]
    band = np.searchsorted(first, AGES, side="right") - 1
    return Ages(areas, years, wide[..., band] / np.bincount(band)[band])


def members(group: str, ages: Ages, groups: ExposureGroups, rates: pd.DataFrame) -> np.ndarray:
    """Persons of a target group by age, shape (areas, years, 2, 101): those of its ages, times its rates."""
    total = np.zeros_like(ages.persons)
    for base, rows in rates[rates["target_group"] == group].groupby("base_group"):
        rate = rows.set_index("municipality_code")["rate"].reindex(ages.areas).to_numpy(float)
        total += rate[:, None, None, None] * ages.persons * groups.weights[groups.codes.index(str(base))]
    return np.nan_to_num(total)


def service_weights(profile: pd.DataFrame, ages: Ages, people: np.ndarray) -> AgeWeights:
    """Factors of one service from its users by sex and age.

    Parameters
    ----------
    profile : pandas.DataFrame
        ``municipality_code, period_end, sex, age_from, age_to, users``; ages that a municipality and year leaves out
        have no users.
    ages : Ages
    people : numpy.ndarray, shape (areas, years, 2, 101)
        Of `members`.
    """
    starts = common_classes(profile)
    users = _users(profile, ages, starts)
    reported = users[["area_code", "year"]].drop_duplicates()
    weight = relative_rates(users, _persons(people, ages, reported, starts), KINDS)
    of_kind = np.ones((len(SEXES), len(starts)))
    of_kind[pd.Index(SEXES).get_indexer(pd.Index(weight["sex"])), np.searchsorted(starts, weight["age_from"])] = weight[
        "weight"
    ]
    by_age = of_kind[:, np.searchsorted(starts, AGES, side="right") - 1]
    whole = people.sum(axis=(2, 3))
    factors = np.divide((people * by_age).sum(axis=(2, 3)), whole, out=np.ones(whole.shape), where=whole > 0)
    return AgeWeights(ages.years, factors)


def common_classes(profile: pd.DataFrame) -> np.ndarray:
    """First ages of the finest classes that no reported class straddles; returns may cut ages differently."""
    first = profile["age_from"].to_numpy(int)
    last = profile["age_to"].astype("Float64").fillna(float(AGES[-1])).to_numpy(float)
    cuts = np.unique(np.concatenate([[0], first, last[last < AGES[-1]] + 1])).astype(int)
    straddled = ((first < cuts[:, None]) & (cuts[:, None] <= last)).any(axis=1)
    return cuts[~straddled]


def _users(profile: pd.DataFrame, ages: Ages, starts: np.ndarray) -> pd.DataFrame:
    """Users by municipality, year and kind; zero in the kinds that a return does not list."""
    rows = profile.assign(
        area_code=profile["municipality_code"],
        year=profile["period_end"].str[:4].astype(int),
        age_from=starts[np.searchsorted(starts, profile["age_from"].to_numpy(int), side="right") - 1],
    )
    rows = rows[rows["area_code"].isin(ages.areas) & rows["year"].isin(ages.years)]
    summed = rows.groupby(["area_code", "year", *KINDS])["users"].sum().astype(float)
    kinds = pd.MultiIndex.from_product([SEXES, starts], names=list(KINDS)).to_frame(index=False)
    every = rows[["area_code", "year"]].drop_duplicates().merge(kinds, how="cross")
    return every.join(summed, on=["area_code", "year", *KINDS]).fillna({"users": 0.0})


def _persons(people: np.ndarray, ages: Ages, reported: pd.DataFrame, starts: np.ndarray) -> pd.DataFrame:
    """Persons of the group by kind in the municipalities and years that reported."""
    at = pd.Index(ages.areas).get_indexer(reported["area_code"]), np.searchsorted(ages.years, reported["year"])
    summed = np.add.reduceat(people[at], starts, axis=2)
    axes = [range(len(reported)), SEXES, starts]
    rows = pd.MultiIndex.from_product(axes, names=["at", *KINDS]).to_frame(index=False)
    keys = reported.reset_index(drop=True).loc[rows["at"]].reset_index(drop=True)
    return rows.drop(columns="at").assign(**keys, persons=summed.ravel())
