"""How a figure came to be: observed, estimated, imputed, forecast or demonstration, and which of them wins.

A figure computed from others carries the weakest status of its inputs; demonstration is the weakest of all, so that
nothing made from demonstration returns can pass for real.
"""

from collections.abc import Iterable

STATUSES = ("observed", "estimated", "imputed", "forecast", "demonstration")
"""From the strongest to the weakest."""


def weakest(statuses: Iterable[str]) -> str:
    """Return the weakest of several statuses.

    Raises
    ------
    ValueError
        If one of them is unknown, or there is none.
    """
    return STATUSES[max(STATUSES.index(status) for status in statuses)]
