"""The territory as code needs it: level and parent of every area code, and the years in which a code existed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ossu_analysis.reference.tables import read_reference_table
from ossu_analysis.store import Store

COUNTRY = "BG"
_ALWAYS = (0, 9999)
_LISTS = ("region", "oblast", "municipality", "area_change")


@dataclass(frozen=True)
class Areas:
    """Levels, parents and spans of life by area code.

    Parameters
    ----------
    levels : mapping
        ``country``, ``region``, ``oblast`` or ``municipality`` of every code that was ever in use.
    parents : mapping
        Municipality to oblast, oblast to region, region to country.
    spans : mapping
        First and last year in which a code was in use, for the codes that were not always.
    """

    levels: Mapping[str, str]
    parents: Mapping[str, str]
    spans: Mapping[str, tuple[int, int]]

    def parents_in(self, table: pd.DataFrame) -> dict[str, str]:
        """Parent of each area of a table, skipping the levels that the table does not have.

        Empty for a table without ``area_code``.
        """
        if "area_code" not in table:
            return {}
        present = set(table["area_code"])
        ancestors = {area: self._ancestor_in(area, present) for area in present if area in self.levels}
        return {area: parent for area, parent in ancestors.items() if parent}

    def _ancestor_in(self, area: str, present: set[str]) -> str:
        parent = self.parents.get(area, "")
        while parent and parent not in present:
            parent = self.parents.get(parent, "")
        return parent


def read_areas(store: Store) -> Areas:
    """The territory from ``data/reference``: region, oblast, municipality and the former codes of area_change."""
    files = [store.reference / f"{name}.csv" for name in _LISTS]
    return _areas(store.root, tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files))


@lru_cache(maxsize=4)
def _areas(root: Path, changed: tuple[int, ...]) -> Areas:
    """Read once for as long as the files stay unchanged: every reader of a source asks for it."""
    store = Store(root)
    region, oblast, municipality, change = (read_reference_table(store, name) for name in _LISTS)
    former = change.loc[~change["old_code"].isin(municipality["municipality_code"])].drop_duplicates("old_code")
    levels = {
        COUNTRY: "country",
        **dict.fromkeys(region["region_code"], "region"),
        **dict.fromkeys(oblast["oblast_code"], "oblast"),
        **dict.fromkeys(municipality["municipality_code"], "municipality"),
        **dict.fromkeys(former["old_code"], "municipality"),
    }
    parents = {
        **dict.fromkeys(region["region_code"], COUNTRY),
        **dict(zip(oblast["oblast_code"], oblast["region_code"], strict=True)),
        **dict(zip(municipality["municipality_code"], municipality["oblast_code"], strict=True)),
        **{code: code[:3] for code in former["old_code"]},
    }
    spans = {code: (0, int(year) - 1) for code, year in zip(former["old_code"], former["year"], strict=True)}
    return Areas(levels, parents, spans | _spans(municipality))


def _spans(municipality: pd.DataFrame) -> dict[str, tuple[int, int]]:
    dated = municipality[["municipality_code", "valid_from", "valid_to"]].dropna(
        how="all", subset=["valid_from", "valid_to"]
    )
    return {
        code: (_ALWAYS[0] if pd.isna(first) else int(first), _ALWAYS[1] if pd.isna(last) else int(last))
        for code, first, last in dated.itertuples(index=False)
    }
