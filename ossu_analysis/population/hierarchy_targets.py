"""Official totals that a forecast of any hierarchy is held to, and how far each area was moved.

Belongs here: the table of totals (`read_targets`), what it means for the lowest areas (`target_factors`), and what is
said of it. Every draw of an area is multiplied so that the mean of the area is the given total; spread, ages and the
shares between areas stay ours. Areas further down keep totals of their own, and the others below share what is left.
Between the base year and a given year, and between given years, factors go in a straight line; after the last one they
stay.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.errors import TO_CHECK, Fault, raise_if_any
from ossu_analysis.population.cells import Floats
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.tabular import cell_faults, folded_codes, numbers, open_frame

COLUMNS = ("area_code", "year", "persons")
MOVED = ("area_code", "year", "persons_before", "persons", "factor")
MOST_MOVED = 3.0
"""Times by which an area may be moved; beyond that the totals given contradict each other or the counts."""


def read_targets(path: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """Read ``area_code, year, persons`` from any kind of table, with what was passed over.

    Raises
    ------
    FaultsFound
        With every cell that cannot be read.
    """
    table, faults = open_frame(path, path.name, COLUMNS, ())
    raise_if_any(faults)
    read: dict[str, pd.Series[Any]] = {"area_code": folded_codes(table["area_code"], {})}
    for name in COLUMNS[1:]:
        read[name], problem, flags = numbers(table, name, path.name)
        faults += [*flags, *cell_faults(table, name, problem, path.name)]
    raise_if_any(faults)
    return pd.DataFrame({"file": path.name, "row": table["row"], **read}), faults


def usable_targets(
    targets: pd.DataFrame, codes: Sequence[str], years: Sequence[int]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Totals of areas and years that are forecast, each once, and a fault for every other row."""
    wrong = {
        "population.target_area": ~targets["area_code"].isin(codes),
        "population.target_year": ~targets["year"].isin(years),
        "population.target_persons": ~(targets["persons"] > 0),
        "population.target_twice": targets.duplicated(["area_code", "year"]),
    }
    faults = [
        _fault(code, row, f"{row['area_code']}, {row['year']:g}")
        for code, where in wrong.items()
        for row in targets[where].to_dict("records")
    ]
    return targets[~np.logical_or.reduce(list(wrong.values()))], faults


def target_factors(
    targets: pd.DataFrame,
    tree: AreaTree,
    years: Sequence[int],
    mean: Mapping[str, Floats],
    beyond: Callable[[str], float],
) -> tuple[dict[str, Floats], pd.DataFrame, list[Fault]]:
    """Factors of the lowest areas that make means meet totals.

    Parameters
    ----------
    targets : DataFrame
        From `usable_targets`.
    tree : AreaTree
    years : sequence of int, length H
        Consecutive forecast years.
    mean : mapping of str to ndarray (H,)
        Mean of every lowest area.
    beyond : callable
        An area's own count over the sum of those below it.

    Returns
    -------
    factors : dict of str to ndarray (H,)
    moved : DataFrame
        `MOVED`: the mean before, the total that it meets now, and their ratio.
    faults : list of Fault
        Totals that contradict those further down, or that are out of proportion; they are not followed.
    """
    given = {code: rows.to_dict("records") for code, rows in targets.groupby("area_code")}
    at = {leaf: np.full(len(years), np.nan) for leaf in tree.leaves}
    moved, faults = [], []
    for code in (code for code in reversed(tree.codes) if code in given):
        inside = [leaf for leaf in tree.family(code) if leaf in at]
        for row in given[code]:
            year, wanted = int(row["year"]), float(row["persons"])
            step = years.index(year)
            free = [leaf for leaf in inside if np.isnan(at[leaf][step])]
            held = sum(mean[leaf][step] * at[leaf][step] for leaf in inside if leaf not in free)
            loose = sum(mean[leaf][step] for leaf in free)
            factor = (wanted / beyond(code) - held) / loose if free else 1.0
            if not 1 / MOST_MOVED < factor < MOST_MOVED:
                faults.append(_fault("population.target_conflict", row, f"{code}, {year}: {wanted:.0f}"))
                continue
            before = beyond(code) * sum(mean[leaf][step] for leaf in inside)
            reached = wanted if free else beyond(code) * held
            moved.append((code, year, before, reached, reached / before))
            for leaf in free:
                at[leaf][step] = factor
    factors = {leaf: _through(own) for leaf, own in at.items() if np.isfinite(own).any()}
    return factors, pd.DataFrame(moved, columns=list(MOVED)), faults


def _fault(code: str, row: Any, found: str) -> Fault:
    return Fault(code, str(row["file"]), "", int(row["row"]), found=found, severity=TO_CHECK)


def _through(given: Floats) -> Floats:
    """Factors of all years: a straight line from one in the base year through those given, the last one after them."""
    known = np.flatnonzero(np.isfinite(given))
    return np.interp(np.arange(len(given)) + 1.0, [0.0, *(known + 1.0)], [1.0, *given[known]])
