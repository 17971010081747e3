"""The proof of a release: the bounds that anybody can work out for each hidden count from everything published.

It knows nothing of how the hidden cells were chosen. Hidden counts are unknown numbers from 1 up (a zero is never
hidden, and whoever reads a release may know that), published counts are known, and every area is the sum of its parts;
a linear programme finds the least and the most that each unknown can be. A cell is open when it is known to be under
the threshold, or to lie within fewer numbers than the few persons themselves do.

Trees do not touch each other, and neither do the parts of a tree that a published sum separates. So one programme
bounds one cell of every such part at a time, all parts side by side, and there are as many rounds as the largest part
has hidden cells.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.report.disclosure.suppression import is_few
from ossu_analysis.texts import day, number, text

LEAST, MOST = 1.0, 1e7
"""Nobody is never hidden; and more persons than any count can hold, for cells that no published sum bounds."""
TOLERANCE = 1e-4
"""Of the solver: a tenth of a thousandth of a person."""
KEYS = ["quantity", "service_code", "period_end"]


@dataclass(frozen=True)
class _System:
    """Hidden cells as unknowns ``x >= 1`` with ``equations @ x = right``; ``part`` numbers what is not connected."""

    equations: "object"
    right: NDArray[np.float64]
    part: NDArray[np.int64]


def bounds(counts: pd.DataFrame) -> pd.DataFrame:
    """The least and the most that each hidden count can be.

    Parameters
    ----------
    counts : DataFrame
        ``quantity, service_code, period_end, area_code, parent_code, persons, is_hidden``; ``parent_code`` is the area
        that a count is added to, and empty for the country. Only ``persons`` of published rows are looked at.

    Returns
    -------
    DataFrame
        The hidden rows with ``low`` and ``high``.

    Raises
    ------
    RuntimeError
        If the published sums contradict each other.
    """
    hidden = counts[counts["is_hidden"]].reset_index(drop=True)
    if hidden.empty:
        return hidden.assign(low=pd.Series(dtype=float), high=pd.Series(dtype=float))
    system = _system(counts, hidden)
    low, high = np.ones(len(hidden)), np.full(len(hidden), MOST)
    place = pd.Series(system.part).groupby(system.part).cumcount().to_numpy()
    for turn in range(int(place.max()) + 1):
        chosen = np.flatnonzero(place == turn)
        inside = np.isin(system.part, system.part[chosen])
        low[chosen] = _extreme(system, inside, chosen, 1.0)
        high[chosen] = _extreme(system, inside, chosen, -1.0)
    return hidden.assign(low=low, high=high)


def opened(counts: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Hidden counts that can be told to be few, or nearly told; empty when the release is safe.

    Parameters
    ----------
    counts : DataFrame
        As for `bounds`.
    threshold : int
        Fewest persons that may be published.
    """
    found = bounds(counts)
    return found[_is_open(found, threshold)]


def _is_open(found: pd.DataFrame, threshold: int) -> "pd.Series[bool]":
    narrow = found["high"] - found["low"] < threshold - 1 - TOLERANCE
    return narrow | (found["high"] < threshold - TOLERANCE)


@dataclass(frozen=True)
class Proof:
    """What the proof of a release found: how many counts it holds, how many are hidden, and the narrowest bounds.

    ``narrowest`` is the least distance between the bounds of a hidden count, in persons; None where none is hidden.
    """

    threshold: int
    counts: int
    hidden: int
    narrowest: float | None


def prove(counts: pd.DataFrame, threshold: int) -> Proof:
    """Prove that a release tells of nobody who is one of few.

    Parameters
    ----------
    counts : DataFrame
        ``report.count``.
    threshold : int
        Fewest persons that may be published.

    Raises
    ------
    OssuError
        ``report.open_count``: a published count is few persons, or a hidden one can be told from what is published.
    """
    from ossu_analysis.errors import OssuError

    found = bounds(counts)
    bare = counts[~counts["is_hidden"].astype(bool) & is_few(counts["persons"].to_numpy(dtype=int), threshold)]
    bare = bare.assign(low=bare["persons"], high=bare["persons"])
    wrong = pd.concat([bare, found[_is_open(found, threshold)]])
    if len(wrong):
        first = wrong.iloc[0]
        what, when = text(f"report.counted.{first['quantity']}"), day(str(first["period_end"]))
        raise OssuError(
            "report.open_count", count=len(wrong), threshold=threshold, area=first["area_code"],
            service=first["service_code"], day=when, what=what,
            low=number(first["low"]), high=number(first["high"]),
        )  # fmt: skip
    narrowest = float((found["high"] - found["low"]).min()) if len(found) else None
    return Proof(threshold, len(counts), len(found), narrowest)


def _system(counts: pd.DataFrame, hidden: pd.DataFrame) -> _System:
    """One equation per area that has parts: the area less its parts is nothing."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    is_sum = counts["parent_code"].ne("")
    owner = counts.assign(equation_area=counts["area_code"], factor=1.0)
    part = counts[is_sum].assign(equation_area=counts.loc[is_sum, "parent_code"], factor=-1.0)
    terms = pd.concat([owner, part], ignore_index=True)
    number = terms.groupby([*KEYS, "equation_area"], sort=False).ngroup().to_numpy()
    # An area without parts is no sum; its own count stands alone in what would be its equation.
    known = np.isin(number, number[len(owner) :])
    terms, number = terms[known], number[known]
    concealed = terms["is_hidden"].to_numpy()
    published = terms["factor"].to_numpy() * terms["persons"].astype(float).to_numpy()
    right = -np.bincount(number[~concealed], weights=published[~concealed], minlength=number.max() + 1)
    position = hidden.reset_index().set_index([*KEYS, "area_code"])["index"]
    names = pd.MultiIndex.from_frame(terms.loc[concealed, [*KEYS, "area_code"]])
    columns = position.reindex(names).to_numpy()
    rows, factors = number[concealed], terms["factor"].to_numpy()[concealed]
    used, rows = np.unique(rows, return_inverse=True)
    matrix = csr_array((factors, (rows, columns)), shape=(len(used), len(hidden)))
    _, labels = connected_components(abs(matrix).T @ abs(matrix), directed=False)
    return _System(matrix, right[used], labels)


def _extreme(system: _System, inside: NDArray[np.bool_], chosen: NDArray[np.int64], sign: float) -> NDArray[np.float64]:
    """Least (``sign`` 1) or most (-1) of one cell in each part, all parts in one programme."""
    from scipy.optimize import linprog

    equations = system.equations[:, inside]  # type: ignore[index]
    used = np.diff(equations.indptr) > 0
    cost = np.zeros(len(inside))
    cost[chosen] = sign
    found = linprog(cost[inside], A_eq=equations[used], b_eq=system.right[used], bounds=(LEAST, MOST), method="highs")
    if found.x is None:
        raise RuntimeError(f"published sums contradict each other: {found.message}")
    solution = np.zeros(len(inside))
    solution[inside] = found.x
    return solution[chosen]
