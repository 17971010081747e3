"""The legal maximum of a service by its planning rule, where the rule's rate has been loaded.

``count``: the rate itself; ``share``: rate times persons; ``per_n``: rate for every ``per`` persons. Then the rounding
of the rule, and its minimum and maximum. The persons are those of the rule's indicator (a target group), in the area
that the rule speaks of: municipality, oblast or country. A rule without a rate yields nothing at all („критерият не е
зареден“); so does an indicator whose persons are not known. Fields are read, never evaluated as code.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_ROUNDING: dict[str, Callable[[NDArray], NDArray]] = {"up": np.ceil, "down": np.floor, "nearest": np.rint}
_DIGITS = 9
"""Binary noise in a product such as 0.07 * 100 must not push it over a whole number."""


def criterion_maximum(rule: dict[str, Any], persons: NDArray) -> NDArray:
    """Most users by one rule.

    Parameters
    ----------
    rule : dict
        A row of ``reference.rule`` with a rate.
    persons : ndarray
        Persons of the indicator; NaN is unknown.

    Returns
    -------
    ndarray
        Of the shape of ``persons``; NaN where a needed number of persons is unknown.
    """
    rate = float(rule["rate"])
    raw = {
        "count": lambda: np.full(persons.shape, rate),
        "share": lambda: rate * persons,
        "per_n": lambda: rate * persons / float(rule["per"]),
    }[rule["base"]]()
    rounded = _ROUNDING[rule["rounding"]](np.round(raw, _DIGITS))
    low, high = rule["minimum"], rule["maximum"]
    return np.clip(rounded, None if pd.isna(low) else float(low), None if pd.isna(high) else float(high))


def rules_by_year(rules: pd.DataFrame, service_code: str, years: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The loaded rule of a service that is in force on 31 December of each year; years without one are absent.

    Parameters
    ----------
    rules : DataFrame
        ``reference.rule``; a later ``valid_from`` wins.
    """
    loaded = rules[rules["service_code"].eq(service_code) & rules["rate"].notna()].sort_values("valid_from")
    found = {}
    for year in years:
        day = f"{year}-12-31"
        valid = loaded[(loaded["valid_from"] <= day) & (loaded["valid_to"].isna() | (loaded["valid_to"] >= day))]
        if len(valid):
            found[int(year)] = {str(name): value for name, value in valid.iloc[-1].items()}
    return found
