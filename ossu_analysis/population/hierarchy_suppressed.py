"""Suppressed counts of a table of any hierarchy: an interval from 0 to 4, neither zero nor missing.

Belongs here: which cells are suppressed, and the number put in their place. A suppressed cell by age is drawn from
the Poisson law that its sisters' shares give, cut to the interval, and is then moved within the interval until sex
and year add up to the published total, where there is one. A suppressed total stays unknown, and so do the ages of a
year and sex of which most are missing: an interval of 0 to 4 would be untrue there.
"""

import numpy as np
import pandas as pd

from ossu_analysis.draws import stream
from ossu_analysis.errors import NOTICE, TO_CHECK, Fault
from ossu_analysis.tabular.cells import is_unknown

MARKS = ("c", "<5", "< 5", "&lt;5", "≤4")
"""What offices write for a count from 1 to 4; other marks of statistics are a value that is not there."""
LARGEST = 4
KEYS = ["area_code", "year", "sex"]


def not_counts(text: "pd.Series[str]", number: "pd.Series[float]") -> "pd.Series[bool]":
    """Texts that are neither numbers, nor marks of suppression, nor marks of a value that is not there."""
    return number.isna() & ~is_hidden(text) & ~text.map(is_unknown)


def is_hidden(text: "pd.Series[str]") -> "pd.Series[bool]":
    """Marks of suppression."""
    return text.str.strip().str.lower().isin(MARKS)


def fill_suppressed(rows: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Put whole numbers from 0 to 4 in the place of suppressed cells by age.

    Parameters
    ----------
    rows : DataFrame
        ``area_code, sex, age_from, age_to, year, persons, row``; suppressed and empty counts are NaN.
    file : str
        For the messages.

    Returns
    -------
    rows : DataFrame
    faults : list of Fault
        A notice per area with suppressed cells, and areas whose totals do not allow 0 to 4.
    """
    everybody = (rows["age_from"] == 0) & rows["age_to"].isna()
    width = (rows["age_to"] - rows["age_from"]).fillna(np.inf)
    aged = rows.assign(width=width)[~everybody & rows["age_from"].notna()]
    # Of groups that begin at the same age only the narrowest counts, as everywhere else.
    cells = aged.sort_values("width", kind="stable").drop_duplicates([*KEYS, "age_from"]).sort_index()
    known = cells.groupby(KEYS)["persons"].agg(["sum", "count", "size"])
    of_block = known.reindex(pd.MultiIndex.from_frame(cells[KEYS])).set_axis(cells.index)
    hidden = cells["persons"].isna() & is_hidden(cells["count"])
    hidden &= of_block["count"] * 2 > of_block["size"]
    if not hidden.any():
        return rows, []
    totals = rows[everybody].drop_duplicates(KEYS).set_index(KEYS)["persons"]
    block = cells[hidden].assign(
        mean=np.maximum(_shares(cells, of_block["sum"])[hidden] * of_block["sum"][hidden], 1e-3),
        rest=_of(totals, cells[hidden]) - of_block["sum"][hidden],
    )
    filled, faults = rows.copy(), []
    for area, of_area in block.groupby("area_code"):
        drawn, wrong = _draw(of_area, stream(0, f"suppressed/{area}"))
        filled.loc[drawn.index, "persons"] = drawn
        place = file, "", int(of_area["row"].iloc[0]), "persons"
        faults += [Fault("population.input_hidden_sum", *place, *said, TO_CHECK, str(area)) for said in wrong]
        if len(drawn):
            faults.append(Fault("population.input_suppressed", *place, f"{area}: {len(drawn)}", "", NOTICE, str(area)))
    return filled, faults


def _of(totals: "pd.Series[float]", cells: pd.DataFrame) -> "pd.Series[float]":
    """Published total of the area, year and sex of each cell; NaN where there is none."""
    return totals.reindex(pd.MultiIndex.from_frame(cells[KEYS])).set_axis(cells.index)


def _shares(cells: pd.DataFrame, everybody: "pd.Series[float]") -> "pd.Series[float]":
    """Share of each cell's age in its sex and year, over all areas that have a count there."""
    counted = cells.assign(inside=everybody.where(cells["persons"].notna()))
    sums = counted.groupby(["year", "sex", "age_from"])[["persons", "inside"]].transform("sum")
    return sums["persons"] / np.maximum(sums["inside"], 1.0)


def _draw(of_area: pd.DataFrame, generator: np.random.Generator) -> tuple["pd.Series[float]", list[tuple[str, str]]]:
    """Numbers of the hidden cells of one area, and the years and sexes whose totals do not allow any."""
    drawn, wrong = [], []
    for (year, sex), block in of_area.groupby(["year", "sex"]):
        numbers, rest = np.array([_truncated(generator, one) for one in block["mean"]]), block["rest"].iloc[0]
        if np.isfinite(rest) and not 0 <= rest <= LARGEST * len(block):
            wrong.append((f"{year:.0f} {sex}: {rest:.0f}", f"0-{LARGEST * len(block)}"))
            continue
        if np.isfinite(rest):
            numbers = _moved_to(generator, numbers, round(rest))
        drawn.append(pd.Series(numbers.astype(float), index=block.index))
    return pd.concat(drawn) if drawn else pd.Series(dtype=float), wrong


def _truncated(generator: np.random.Generator, mean: float) -> int:
    """A Poisson number given that it is at most 4."""
    counts = np.arange(LARGEST + 1)
    weight = mean**counts / np.array([1, 1, 2, 6, 24])
    return int(generator.choice(counts, p=weight / weight.sum()))


def _moved_to(generator: np.random.Generator, drawn: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers from 0 to 4 that add up to the total, one person at a time at random cells with room."""
    while drawn.sum() != total:
        step = 1 if drawn.sum() < total else -1
        room = np.flatnonzero((drawn + step >= 0) & (drawn + step <= LARGEST))
        drawn[generator.choice(room)] += step
    return drawn
