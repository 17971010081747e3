"""The asterisk that stands for a hidden count, and arithmetic beside it.

An asterisk is text: a sum or a difference made from one fails instead of passing for a number. Whoever computes takes
the counts that are `known` and marks the result with `starred`.
"""

from typing import Any

import pandas as pd

HIDDEN = "*"


def known(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Counts as numbers; hidden ones and those that nobody reported are missing."""
    return pd.to_numeric(values, errors="coerce").astype("Float64")


def starred(result: "pd.Series[Any]", *sources: "pd.Series[Any]") -> "pd.Series[Any]":
    """What was computed from counts, with an asterisk wherever one of them is hidden."""
    hidden = pd.concat([source.astype(object).eq(HIDDEN) for source in sources], axis=1).any(axis=1)
    return result.astype(object).mask(hidden, HIDDEN) if hidden.any() else result
