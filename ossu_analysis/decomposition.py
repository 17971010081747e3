"""Why a figure moved: an order-free split of a change among its causes that adds up exactly (Shapley value).

A figure is a function of several factors (population, rate, places ...). Replacing the factors of today by those of
another moment one after the other attributes the whole change, but depends on the order. The Shapley value is the mean
over all orders [1]_, [2]_:

``phi_i = sum over S not containing i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))``

with ``v(S)`` the figure when the factors in ``S`` have their new value and the others the old one. The parts add up to
``v(all) - v(none)`` for any function, no interaction is left over, and a factor that does not move gets nothing.
The cost is 2^n evaluations of the function; those may be whole arrays.

References
----------
.. [1] Shapley (1953), A value for n-person games, Contributions to the Theory of Games II.
.. [2] Shorrocks (2013), Decomposition procedures for distributional analysis: a unified framework based on the
   Shapley value, Journal of Economic Inequality 11.
"""

from collections.abc import Callable, Mapping
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_FACTORS = 12
"""2^12 evaluations; beyond that group the factors."""


def shapley_split(
    value_function: Callable[[dict[str, Any]], NDArray],
    factors_then: Mapping[str, Any],
    factors_now: Mapping[str, Any],
) -> dict[str, NDArray]:
    """Parts of ``value(then) - value(now)`` by factor, independent of any order.

    Parameters
    ----------
    value_function : callable
        Takes a dict with a value for every factor and returns the figure: a number or an array of any one shape.
    factors_then, factors_now : mapping of str to object
        The factors at the target moment and today; the same names in both.

    Returns
    -------
    dict of str to ndarray
        One part per factor, in the order of ``factors_now``; they add up to the change within rounding.

    Raises
    ------
    ValueError
        If the two name different factors, or more than `MOST_FACTORS`.

    Examples
    --------
    >>> parts = shapley_split(lambda f: f["persons"] * f["rate"], {"persons": 90, "rate": 0.2},
    ...                       {"persons": 100, "rate": 0.1})
    >>> {cause: round(float(part), 6) for cause, part in parts.items()}
    {'persons': -1.5, 'rate': 9.5}
    """
    names = list(factors_now)
    if set(names) != set(factors_then) or len(names) > MOST_FACTORS:
        raise ValueError(f"factors differ or are too many: {names} and {list(factors_then)}")
    values = [
        np.asarray(value_function(_mixed(names, coalition, factors_then, factors_now)), dtype=float)
        for coalition in range(2 ** len(names))
    ]
    return {name: _part(position, len(names), values) for position, name in enumerate(names)}


def _mixed(names: list[str], coalition: int, then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Factors whose bit is set in ``coalition`` as they will be, the others as they are."""
    return {name: (then if coalition >> bit & 1 else now)[name] for bit, name in enumerate(names)}


def _part(position: int, count: int, values: list[NDArray]) -> NDArray:
    part = np.zeros_like(values[0])
    for coalition, value in enumerate(values):
        if not coalition >> position & 1:
            size = coalition.bit_count()
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            part = part + weight * (values[coalition | 1 << position] - value)
    return part
