"""What an earlier plan expected of every target group and service, what came, why otherwise, and the target made new.

With G the persons of the exposed group, an indicator of a municipality is a product of factors,

    figure = base * population growth * change of age structure * use * served

where ``base`` are the persons exposed in the plan's base year, the two growths run from there to the compared year,
``use`` is demand per person exposed and ``served`` the share of demand that places admit. A target group is people:
``served`` is 1, and ``use`` the movement of the rate at which a survey counts them (1 where ages alone do). The plan's
factors are means over its draws; those of what came are observed. The deviation is split by the Shapley value
(`ossu_analysis.decomposition`): exact, favouring no order. The causes:

- ``definition``: the base is counted otherwise today than when the plan was made (census, method, source);
- ``population``, ``age_structure``, ``use``, ``places``: the other factors;
- ``rest``: what use and places moved together where waiting is not reported, for then nobody knows which of them did.

Parts of oblasts and of the country are sums of the parts of their municipalities; ranges come from summed draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ossu_analysis.decomposition import shapley_split
from ossu_analysis.demand.forecast import Level

CAUSES = ("population", "age_structure", "use", "places", "definition", "rest")
FACTORS = ("definition", "population", "age_structure", "use", "places")


@dataclass(frozen=True)
class Side:
    """One side of the comparison, arrays of shape (areas,).

    Attributes
    ----------
    population, exposed : numpy.ndarray
        All people and the exposed group in the compared year.
    population_base, exposed_base : numpy.ndarray
        The same in the plan's base year.
    demand, figure : numpy.ndarray
        Who asks, and the indicator itself: who is served. For a target group both are the exposed persons. Demand is
        NaN where nobody reports who waits.
    """

    population: np.ndarray
    exposed: np.ndarray
    population_base: np.ndarray
    exposed_base: np.ndarray
    demand: np.ndarray
    figure: np.ndarray

    def factors(self) -> dict[str, np.ndarray]:
        """Factors whose product is the indicator."""
        growth = _ratio(self.population, self.population_base)
        return {
            "definition": self.exposed_base,
            "population": growth,
            "age_structure": _ratio(_ratio(self.exposed, self.exposed_base), growth),
            "use": _ratio(self.demand, self.exposed),
            "places": _ratio(self.figure, self.demand),
        }


def causes_of(expected: Side, came: Side) -> dict[str, np.ndarray]:
    """Parts of ``came.figure - expected.figure`` by cause; they add up within rounding.

    Parameters
    ----------
    expected, came : Side
        Of the plan, and of what is known today.

    Returns
    -------
    dict of str to numpy.ndarray
        One array (areas,) for each of `CAUSES`; NaN where nobody reported what came.
    """
    then, now = came.factors(), expected.factors()
    unknown = ~np.isfinite(came.demand)
    for name in ("use", "places"):
        then[name] = np.where(unknown, now[name], then[name])
    parts = shapley_split(lambda f: np.prod([f[name] for name in FACTORS], axis=0), then, now)
    deviation = came.figure - expected.figure
    parts["rest"] = deviation - np.sum(list(parts.values()), axis=0)
    return {name: np.where(np.isfinite(deviation), parts[name], np.nan) for name in CAUSES}


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=~(below == 0), dtype=float)


@dataclass(frozen=True)
class Compared:
    """One indicator on both sides: what the split needs, and the draws of both targets.

    Attributes
    ----------
    kind, code, status : str
    year : int
        Of the comparison.
    expected, came : Side
    drawn, old_target, new_target : numpy.ndarray, shape (areas, draws)
        The plan's draws in the compared year and at the horizon, and today's at the horizon.
    old_base, old_base_now : numpy.ndarray, shape (areas,)
        The indicator in the plan's base year as known then and as known now.
    """

    kind: str
    code: str
    status: str
    year: int
    expected: Side
    came: Side
    drawn: np.ndarray
    old_target: np.ndarray
    new_target: np.ndarray
    old_base: np.ndarray
    old_base_now: np.ndarray


def indicator_rows(one: Compared, levels: Sequence[Level]) -> pd.DataFrame:
    """Rows of ``monitoring.indicator`` of one indicator, for every area, but for base year, horizon and run."""
    parts = causes_of(one.expected, one.came)
    return pd.concat([_of_level(one, parts, level) for level in levels], ignore_index=True)


def _of_level(one: Compared, parts: dict[str, np.ndarray], level: Level) -> pd.DataFrame:
    def summed(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(level.member, values, len(level.codes)))

    drawn, old, new = (_sum_draws(draws, level) for draws in (one.drawn, one.old_target, one.new_target))
    actual, expected = summed(one.came.figure), summed(one.expected.figure)
    low, high = np.quantile(drawn, [0.1, 0.9], axis=1)
    table = pd.DataFrame(
        {
            "area_level": level.name,
            "area_code": level.codes,
            "kind": one.kind,
            "indicator_code": one.code,
            "year": one.year,
            "old_base": summed(one.old_base),
            "old_base_now": summed(one.old_base_now),
            "expected_mean": expected,
            "expected_median": np.median(drawn, axis=1),
            "expected_low": low,
            "expected_high": high,
            "actual": actual,
            "deviation": actual - expected,
            **{f"cause_{cause}": summed(values) for cause, values in parts.items()},
            **_target("old_target", old),
            **_target("new_target", new),
            "status": one.status,
        }
    )
    inside = table["actual"].between(low, high).astype("boolean").mask(table["actual"].isna())
    moved = ~table["new_target"].between(table["old_target_low"], table["old_target_high"])
    return table.assign(is_inside_80=inside, is_moved=moved)


def _target(name: str, draws: np.ndarray) -> dict[str, np.ndarray]:
    low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9], axis=1)
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _sum_draws(draws: np.ndarray, level: Level) -> np.ndarray:
    total = np.zeros((len(level.codes), draws.shape[1]))
    np.add.at(total, level.member, draws)
    return total
