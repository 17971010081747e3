"""Which planning rule is in force in which year, and the legal maximum by it; the arithmetic is in `rules`.

The persons are those of the rule's indicator (a target group), in the area that the rule speaks of: municipality,
oblast or country. A rule that is not loaded yields nothing at all („критерият не е зареден“).
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.gap.rules import is_loaded, maximum_users


def criterion_maximum(rule: dict[str, Any], persons: NDArray, condition_persons: NDArray | None = None) -> NDArray:
    """Most users by one rule; see `ossu_analysis.gap.rules.maximum_users`."""
    return maximum_users(rule, persons, condition_persons)


def rules_by_year(rules: pd.DataFrame, service_code: str, years: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The loaded rule of a service that is in force on 31 December of each year; years without one are absent.

    Parameters
    ----------
    rules : DataFrame
        ``reference.rule``; a later ``valid_from`` wins.
    """
    loaded = rules[rules["service_code"].eq(service_code) & is_loaded(rules)].sort_values("valid_from")
    found = {}
    for year in years:
        day = f"{year}-12-31"
        valid = loaded[(loaded["valid_from"] <= day) & (loaded["valid_to"].isna() | (loaded["valid_to"] >= day))]
        if len(valid):
            found[int(year)] = {str(name): value for name, value in valid.iloc[-1].items()}
    return found
