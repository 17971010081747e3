"""Table ``report.count``: every published count of persons at every level, with the mark of what a release hides.

Counts of persons are those served and those waiting, as municipalities reported them. Forecasts and everything drawn
from a model are estimates and no counts; places, posts and money count no persons.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.disclosure.proof import KEYS
from ossu_analysis.report.disclosure.suppression import Tree, is_few, suppress
from ossu_analysis.status import STATUSES

QUANTITIES = ("occupied", "waiting")
"""Columns of ``capacity.current`` that count persons."""
COLUMNS = [*KEYS, "area_level", "area_code", "parent_code", "persons", "is_hidden", "status"]


def released_counts(capacity: pd.DataFrame, municipality: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Counts of municipalities with the sums of oblasts and the country, and which of them are hidden.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    municipality : DataFrame
        ``reference.municipality``: to which oblast a count is added.
    threshold : int
        Fewest persons that may be published; 1 hides nothing.

    Returns
    -------
    DataFrame
        Table ``report.count``. A count that nobody reported has no row, and is in no sum.
    """
    oblast_of = dict(zip(municipality["municipality_code"], municipality["oblast_code"], strict=True))
    towns = _reported(capacity, oblast_of, threshold)
    oblasts, country = _summed(towns, "parent_code"), _summed(towns.assign(country=COUNTRY), "country")
    levels = {"municipality": towns, "oblast": oblasts.assign(parent_code=COUNTRY), "country": country}
    hidden = _hidden(towns, oblasts, threshold)
    marked = [
        rows.assign(area_level=level, is_hidden=is_hidden)
        for (level, rows), is_hidden in zip(levels.items(), hidden, strict=True)
    ]
    return pd.concat(marked, ignore_index=True)[COLUMNS]


def _is_told(rows: pd.DataFrame, capacity: pd.DataFrame, threshold: int) -> "pd.Series[bool]":
    """Users of a service for which few wait beyond its places.

    A proposal then plans for all who are registered, so users that are shown would tell how many wait.
    """
    waiting = capacity["waiting"].fillna(0)
    beyond = capacity["occupied"] + waiting > capacity["places"]
    few = is_few(waiting.to_numpy(dtype=int), threshold) & beyond.fillna(False).to_numpy(dtype=bool)
    keys = ["service_code", "period_end", "municipality_code"]
    full = pd.MultiIndex.from_frame(capacity.loc[few, keys])
    mine = pd.MultiIndex.from_frame(rows[["service_code", "period_end", "area_code"]])
    return rows["quantity"].eq("occupied") & mine.isin(full)


def _reported(capacity: pd.DataFrame, oblast_of: dict[str, str], threshold: int) -> pd.DataFrame:
    """One row per known count of a municipality, tree after tree, and oblast after oblast in each."""
    kept = ["municipality_code", "service_code", "period_end", "status"]
    rows = capacity.melt(kept, list(QUANTITIES), "quantity", "persons").dropna(subset=["persons"])
    rows = rows.groupby([*KEYS, "municipality_code"], as_index=False).agg({"persons": "sum", "status": "first"})
    rows = rows.rename(columns={"municipality_code": "area_code"}).astype({"persons": "int64"})
    rows["parent_code"] = rows["area_code"].map(oblast_of)
    rows["is_told"] = _is_told(rows, capacity, threshold)
    return rows.sort_values([*KEYS, "parent_code", "area_code"], ignore_index=True)


def _summed(towns: pd.DataFrame, area: str) -> pd.DataFrame:
    """Sums over municipalities, in the order of the trees; a sum has the weakest status of its counts."""
    groups = towns.assign(rank=towns["status"].map(STATUSES.index)).groupby([*KEYS, area], sort=True)
    sums = groups.agg(persons=("persons", "sum"), rank=("rank", "max")).reset_index()
    status = sums["rank"].map(dict(enumerate(STATUSES)))
    return sums.rename(columns={area: "area_code"}).assign(status=status, parent_code="").drop(columns="rank")


def _hidden(
    towns: pd.DataFrame, oblasts: pd.DataFrame, threshold: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """What is hidden of municipalities, oblasts and the country, tree after tree."""
    tree = towns.groupby(KEYS, sort=True).ngroup().to_numpy()
    oblast = towns.groupby([*KEYS, "parent_code"], sort=True).ngroup().to_numpy()
    concealed = np.zeros(len(towns), bool), np.zeros(len(oblasts), bool), np.zeros(len(np.unique(tree)), bool)
    for number, rows in enumerate(np.split(np.arange(len(towns)), np.flatnonzero(np.diff(tree)) + 1)):
        if len(rows):
            first = oblast[rows[0]]
            one = Tree(towns["persons"].to_numpy()[rows], oblast[rows] - first)
            found = suppress(one, threshold, towns["is_told"].to_numpy()[rows])
            concealed[0][rows], concealed[2][number] = found.municipalities, found.country
            concealed[1][first : first + len(found.oblasts)] = found.oblasts
    return concealed
