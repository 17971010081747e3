"""Figures that are possible and yet unlike the others: asked about, never stopped.

The change of a municipality in the newest year is compared with all yearly changes of earlier years, each as distance
from the median of its year. Changes across a census (another ``basis``) and units without a figure are left out. Stocks
are compared by the change of the logarithm; events by the change of twice the square root, whose spread does not depend
on the size when counts are Poisson [1]_.

References
----------
.. [1] Anscombe (1948), The transformation of Poisson, binomial and negative-binomial data, Biometrika 35.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from ossu_analysis.errors import TO_CHECK, Fault
from ossu_analysis.texts import text

RARE = 0.995
"""Share of earlier changes that must be smaller: of 265 municipalities one or two a year are asked about."""


def surprising_changes(table: pd.DataFrame, figure: str) -> list[Fault]:
    """Municipalities whose newest figure moved further than nearly all yearly changes before.

    Parameters
    ----------
    table : DataFrame
        ``sources.population_municipality``, ``births_municipality`` or ``deaths_municipality``.
    figure : str
        ``persons``, ``births`` or ``deaths``.

    Returns
    -------
    list of Fault
        ``sources.surprising_change`` to check, largest change first; empty when there are fewer than two changes.
    """
    wide = _by_year(table, figure)
    scaled = wide.where(wide > 0).transform(np.log) if figure == "persons" else 2 * wide.transform(np.sqrt)
    changes = scaled.diff(axis=1).loc[:, _comparable(table, wide)]
    changes = (changes - changes.median()).abs()
    if changes.shape[1] < 2:
        return []
    newest, earlier = changes.iloc[:, -1].dropna(), changes.iloc[:, :-1].to_numpy()
    bound = np.nanquantile(earlier, RARE)
    ordered = newest[newest > bound].sort_values(ascending=False)
    return [_fault(str(area), wide, int(str(newest.name)), table["source_id"].iloc[-1]) for area in ordered.index]


def _by_year(table: pd.DataFrame, figure: str) -> pd.DataFrame:
    rows = table[(table["area_level"] == "municipality") & (table["sex"] == "T")]
    rows = rows[rows["residence"] == "total"] if "residence" in rows else rows
    return rows.pivot(index="area_code", columns="year", values=figure).astype(float)


def _comparable(table: pd.DataFrame, wide: pd.DataFrame) -> list[int]:
    """Years whose figure rests on the same census as that of the year before."""
    years = [int(year) for year in wide.columns]
    if "basis" not in table:
        return years[1:]
    basis = table.drop_duplicates("year").set_index("year")["basis"]
    return [year for before, year in pairwise(years) if basis[before] == basis[year]]


def _fault(area: str, wide: pd.DataFrame, year: int, source_id: str) -> Fault:
    history = dict(zip(map(int, wide.columns), wide.loc[area].to_numpy(), strict=True))
    now, before = history[year], history[year - 1]
    return Fault(
        "sources.surprising_change",
        file=f"data/raw/{source_id}",
        column=str(year),
        found=f"{area}: {now:.0f}",
        expected=text("sources.form.close_to", before=f"{before:.0f}"),
        severity=TO_CHECK,
        municipality_code=area,
    )
