"""Age and sex in returns: a national profile of use turns persons of many kinds into comparable exposed persons.

Belongs here: indirect standardisation. Users by kind (sex, age) are Poisson with the log of persons as offset, an
effect for each kind and one for each year (statsmodels GLM, on national sums, which hold all that the effects need).
Rates of kinds with few users are drawn towards the common one (`pooling.pooled_levels`): a return of twenty users says
little of the ages of all. Persons then count by the relative rate of their kind: a municipality that ages expects more
users at unchanged rates.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ossu_analysis.demand.pooling import pooled_levels


def kinds_in(returns: pd.DataFrame, exposed: pd.DataFrame, grouping: Sequence[str]) -> list[str]:
    """Columns of sex and age that both tables carry."""
    return [name for name in grouping if name in returns and name in exposed]


def standardised(
    returns: pd.DataFrame, exposed: pd.DataFrame, kinds: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns summed over kinds, and exposed persons weighted by the relative rate of their kind.

    Parameters
    ----------
    returns, exposed : pandas.DataFrame
        As handed in; ``places`` and ``waiting`` that repeat in every kind of a service are counted once.
    kinds : sequence of str
        Columns such as ``sex, age_from, age_to``; empty returns both tables as they are.
    """
    if not kinds:
        return returns, exposed
    keys = ["area_code", "service_code", "year"]
    weighted = []
    for service, people in exposed.groupby("service_code"):
        weight = relative_rates(returns[returns["service_code"] == service], people, kinds)
        joined = people.merge(weight, on=list(kinds), how="left")
        weighted.append(joined.assign(persons=joined["persons"] * joined["weight"].fillna(1.0)))
    every = pd.concat(weighted, ignore_index=True)
    by = [*keys, *(name for name in ("draw", "parent_code") if name in every)]
    summed = every.groupby(by, dropna=False)["persons"].sum().reset_index()
    return _summed_returns(returns, keys), summed


def relative_rates(returns: pd.DataFrame, people: pd.DataFrame, kinds: Sequence[str]) -> pd.DataFrame:
    """Rate of each kind over the mean rate of one service, pooled: columns ``kinds`` and ``weight``."""
    keys = ["area_code", "year", *kinds]
    mean = people.groupby(keys, as_index=False, dropna=False)["persons"].mean()
    cells = returns.dropna(subset="users").merge(mean, on=keys)
    sums = cells.groupby([*kinds, "year"], as_index=False, dropna=False)[["users", "persons"]].sum()
    sums = sums[sums["persons"] > 0].reset_index(drop=True)
    if sums.empty:
        return pd.DataFrame(columns=[*kinds, "weight"])
    sums = sums.assign(expected=sums["persons"] * _year_effects(sums, kinds))
    found = sums.groupby(list(kinds), as_index=False, dropna=False)[["users", "persons", "expected"]].sum()
    level = pooled_levels(found["users"].to_numpy(), found["expected"].to_numpy(), np.zeros(len(found), int))
    return found[list(kinds)].assign(weight=level / np.average(level, weights=found["persons"]))


def _year_effects(sums: pd.DataFrame, kinds: Sequence[str]) -> np.ndarray:
    """Rate of each row's year over that of the first year, at the same kinds."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    years = pd.get_dummies(sums["year"]).iloc[:, 1:].to_numpy(float)
    if years.shape[1] == 0:
        return np.ones(len(sums))
    kind = sums.groupby(list(kinds), dropna=False).ngroup()  # the oldest group is open: its age_to is missing
    design = np.column_stack([pd.get_dummies(kind), years])
    fitted = GLM(sums["users"].to_numpy() + 0.5, design.astype(float), Poisson(), offset=np.log(sums["persons"])).fit()
    return np.asarray(np.exp(years @ fitted.params[-years.shape[1] :]))


def _summed_returns(returns: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    grouped = returns.groupby(keys)
    parent = grouped["parent_code"].first() if "parent_code" in returns else None
    made = {"users": grouped["users"].sum(min_count=1)}
    for name in ("places", "waiting"):
        repeated = (grouped[name].nunique(dropna=True) <= 1) & (grouped[name].size() > 1)
        made[name] = grouped[name].sum(min_count=1).where(~repeated, grouped[name].first())
    table = pd.DataFrame(made)
    if parent is not None:
        table["parent_code"] = parent
    return table.reset_index()
