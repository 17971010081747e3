"""Real returns beside demonstration returns: which replaces which, and what a sum over both is called."""

from collections.abc import Iterable

import pandas as pd

from ossu_analysis.texts import text


def with_real_returns(demonstration: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    """Real returns, and demonstration rows of the municipalities that handed in none.

    A municipality that hands in one real row loses all its demonstration rows, of every service and year: half a
    municipality made up would be mistaken for real.
    """
    kept = demonstration[~demonstration["municipality_code"].isin(observed["municipality_code"])]
    return pd.concat([kept, observed], ignore_index=True) if len(observed) else kept.reset_index(drop=True)


def with_real_residence(demonstration: pd.DataFrame, observed: pd.DataFrame, reporting: Iterable[str]) -> pd.DataFrame:
    """Real users by address, and demonstration ones between municipalities that handed in nothing.

    Parameters
    ----------
    demonstration, observed : DataFrame
        Rows of ``collection.residence``.
    reporting : iterable of str
        Municipalities with a real return: nobody is made up to be served by them or to live in them.
    """
    real = list({*reporting, *observed["municipality_code"]})
    made_up = ~demonstration["municipality_code"].isin(real) & ~demonstration["home_code"].isin(real)
    kept = demonstration[made_up].reset_index(drop=True)
    return pd.concat([kept, observed], ignore_index=True) if len(observed) else kept


def mixture_label(statuses: Iterable[str]) -> str:
    """What a figure made from several says of itself: „демонстрационни данни“, „смесени данни“ or nothing.

    Examples
    --------
    >>> mixture_label(["observed", "demonstration"])
    'смесени данни'
    >>> mixture_label(["observed", "estimated"])
    ''
    """
    found = set(statuses)
    if "demonstration" not in found:
        return ""
    return text("common.demonstration" if found == {"demonstration"} else "common.mixed")
