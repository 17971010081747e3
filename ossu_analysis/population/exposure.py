"""Persons in the groups that services are measured against: by age, and by the legal age of retirement of the year.

Belongs here: weights by group, year, sex and age, and the tables made with them. Working age is 16 up to the
threshold of the year and sex, above it is what follows; the age in which the threshold falls is split by months, as
birthdays are spread evenly over the year: with threshold y years and m months, 1 - m / 12 of those aged y have
passed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.population.cells import AGES, SEXES, Floats, table_array

BY_AGE = (
    "TG-POP",
    "TG-CHILD",
    "TG-CH07",
    "TG-ADULT",
    "TG-65",
    "TG-80",
    "AGE-0-15",
    "AGE-16-PLUS",
    "AGE-15-64",
)
WORKING, ABOVE_WORKING = "TG-WA", "TG-OLD"
ILL = "AGE-16-ILL"
"""Persons of 16 and over, each counted by the share of those of the same sex and age with a long-standing illness."""

WAVES = 5
"""Last waves of the survey of illness whose mean is taken."""


@dataclass(frozen=True)
class ExposureGroups:
    """Weights of the groups.

    Attributes
    ----------
    codes : tuple of str, length G
        Sorted.
    years : tuple of int, length Y
    weights : ndarray (G, Y, 2, 101)
        Share of the persons of a year, sex and age who belong to the group; NaN in a year without a known threshold.
    """

    codes: tuple[str, ...]
    years: tuple[int, ...]
    weights: Floats

    def of_years(self, years: Sequence[int]) -> "ExposureGroups":
        """The weights of some of the years."""
        kept = [self.years.index(year) for year in years]
        return ExposureGroups(self.codes, tuple(years), self.weights[:, kept])


def exposure_groups(
    target_group: pd.DataFrame, retirement_age: pd.DataFrame, illness: pd.DataFrame, years: Sequence[int]
) -> ExposureGroups:
    """Build the weights of the groups that ages alone define.

    Parameters
    ----------
    target_group : DataFrame
        ``target_group, age_from, age_to`` (NULL = open).
    retirement_age : DataFrame
        ``year, sex, years, months``; a year after the last one has the last threshold, one before the first has none.
    illness : DataFrame
        ``year, sex, age_from, rate_percent``: the last `WAVES` years of it are taken.
    years : sequence of int

    Raises
    ------
    OssuError
        ``population.no_group`` when a group is not in the code list.
    """
    bounds = target_group.set_index("target_group")[["age_from", "age_to"]].astype(float).fillna(np.inf)
    for code in (*BY_AGE, WORKING):
        if code not in bounds.index:
            raise OssuError("population.no_group", group=code)
    limits = {code: (first, last) for code, first, last in bounds.itertuples()}
    shape = (len(years), len(SEXES), len(AGES))
    weights = {code: np.broadcast_to(_between(*limits[code]), shape) for code in BY_AGE}
    above = _above_threshold(retirement_age, years)
    weights[ILL] = np.broadcast_to(_illness_rates(illness), shape)
    weights[WORKING] = _between(limits[WORKING][0], np.inf) * (1 - above)
    weights[ABOVE_WORKING] = above
    codes = tuple(sorted(weights))
    return ExposureGroups(codes, tuple(years), np.stack([weights[code] for code in codes]))


def _between(first: float, last: float) -> Floats:
    return ((first <= AGES) & (last >= AGES)).astype(float)


def _illness_rates(illness: pd.DataFrame) -> Floats:
    """Share with a long-standing illness, shape (2, 101): each survey class evenly, nobody below the first."""
    last = illness[illness["year"] > illness["year"].max() - WAVES]
    mean = last.pivot_table(index="sex", columns="age_from", values="rate_percent").loc[list(SEXES)]
    band = np.searchsorted(mean.columns.to_numpy(), AGES, side="right") - 1
    return np.where(band >= 0, mean.to_numpy(float)[:, np.maximum(band, 0)] / 100, 0.0)


def _above_threshold(retirement_age: pd.DataFrame, years: Sequence[int]) -> Floats:
    months = retirement_age["years"] * 12 + retirement_age["months"]
    threshold = retirement_age.assign(months=months).pivot(index="year", columns="sex", values="months")
    known = threshold.reindex(range(int(threshold.index.min()), max(years) + 1)).ffill().reindex(list(years))
    limits = known[list(SEXES)].to_numpy(float)[..., None] / 12
    return np.clip(AGES + 1 - limits, 0, 1)


def class_bounds(groups: ExposureGroups, starts: Sequence[int]) -> tuple[int, ...]:
    """First ages of the coarsest classes inside which every weight of every year is constant."""
    flat = groups.weights.reshape(-1, len(AGES))
    changes = np.flatnonzero((np.diff(flat, axis=1) != 0).any(axis=0)) + 1
    return tuple(sorted({0, *(int(age) for age in changes), *(s for s in starts if s in AGES)}))


def class_weights(groups: ExposureGroups, bounds: Sequence[int]) -> Floats:
    """Weights by class instead of single age, shape (G, Y, 2, A)."""
    return groups.weights[..., list(bounds)]


def exposure_observed(municipality_age: pd.DataFrame, groups: ExposureGroups) -> pd.DataFrame:
    """Persons in each group in the years up to the base year: the table ``population.exposure_observed``.

    Parameters
    ----------
    municipality_age : DataFrame
        ``municipality_code, year, sex, age, persons``.
    groups : ExposureGroups
        Of the years of that table.
    """
    codes = sorted(set(municipality_age["municipality_code"]))
    cells = table_array(municipality_age, "persons", municipality_code=codes, year=groups.years, sex=SEXES, age=AGES)
    persons = np.einsum("gysa,mysa->gmy", groups.weights, cells)
    rows = pd.MultiIndex.from_product(
        [groups.codes, codes, groups.years], names=["target_group", "municipality_code", "year"]
    )
    table = pd.DataFrame({"persons": persons.ravel()}, index=rows).reset_index().dropna(subset=["persons"])
    status = np.where(table["target_group"] == "TG-POP", "observed", "estimated")
    return table.assign(status=status)[["municipality_code", "year", "target_group", "persons", "status"]]
