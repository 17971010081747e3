"""Persons exposed to a service, or from whom a target group is drawn: as observed, and as joint draws ahead.

Belongs here: reading ``population.exposure_observed`` and ``population.exposure_draw`` one target group at a time, so
that memory holds one group. The same class reads working tables (Parquet) and frames (tests, notebooks, the command).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.store import Store, connect, quoted

if TYPE_CHECKING:
    import duckdb


def at_rates(persons: Sequence[Any], rates: Sequence[Any]) -> np.ndarray:
    """Persons of a group that others make up: each of them at its own rate, added."""
    return np.sum([people * rate for people, rate in zip(persons, rates, strict=True)], axis=0)


@dataclass
class Exposure:
    """Persons by target group for a fixed list of municipalities.

    Parameters
    ----------
    areas : numpy.ndarray of str, shape (areas,)
    observed, drawn : pandas.DataFrame or str
        Frames ``municipality_code, year, target_group, persons`` and the same with ``draw``, or SQL that yields them.
    rates : pandas.DataFrame, optional
        ``demand.group_rate`` spread to municipalities (`group_rate.by_municipality`): a group named there is the sum
        of its base groups times its rates.
    """

    areas: np.ndarray
    observed: "pd.DataFrame | str"
    drawn: "pd.DataFrame | str"
    rates: pd.DataFrame | None = None
    _kept: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _years: list[np.ndarray] = field(default_factory=list, repr=False)

    @classmethod
    def of_store(cls, store: Store, areas: np.ndarray, rates: pd.DataFrame | None = None) -> "Exposure":
        """Read from the working tables of the link ``population``."""
        paths = (store.path("population", name) for name in ("exposure_observed", "exposure_draw"))
        observed, drawn = (f"select * from read_parquet({quoted(path)})" for path in paths)
        return cls(areas, observed, drawn, rates)

    def years(self) -> tuple[np.ndarray, np.ndarray]:
        """Observed years and years with draws, each in order."""
        if not self._years:
            with connect() as db:
                asked = "select distinct year from ({}) where municipality_code = $area"
                first = {"area": str(self.areas[0])}
                found = [db.execute(asked.format(self._source(db, s)), first).df() for s in self._sources()]
            observed, drawn = (np.sort(frame["year"].to_numpy(int)) for frame in found)
            self._years = [observed, drawn[~np.isin(drawn, observed)]]
        return self._years[0], self._years[1]

    def past(self, group: str, years: np.ndarray) -> np.ndarray:
        """Persons observed, shape (areas, years); after the last observed year the mean of the draws."""
        observed, drawn = self.years()
        early, late = years[years <= observed.max()], years[years > observed.max()]
        parts = [self._sum(group, lambda base: self._observed(base, early))] if len(early) else []
        if len(late):
            parts.append(self.ahead(group, drawn).mean(axis=2)[:, np.searchsorted(drawn, late)])
        return np.concatenate(parts, axis=1)

    def ahead(self, group: str, years: np.ndarray) -> np.ndarray:
        """Draws of persons in years ahead, shape (areas, years, draws), float32."""
        return self._sum(group, lambda base: self._drawn(base, years))

    def path(self, group: str, years: np.ndarray) -> np.ndarray:
        """Draws for any years: an observed year is the same in every draw, shape (areas, years, draws)."""
        observed, _ = self.years()
        early, late = years[years <= observed.max()], years[years > observed.max()]
        ahead = self.ahead(group, late)
        fixed = self._sum(group, lambda base: self._observed(base, early)).astype(np.float32)
        repeated = np.broadcast_to(fixed[:, :, None], (*fixed.shape, ahead.shape[2]))
        return np.concatenate([repeated, ahead], axis=1)

    def keep(self) -> None:
        """Read the draws of every group now, for their file will not stay."""
        self._kept.update(self._drawn_in_order(self.years()[1]))

    def _sum(self, group: str, read: "object") -> np.ndarray:
        rates = self.rates
        if rates is None or group not in set(rates["target_group"]):
            return read(group)  # type: ignore[operator]
        persons, shares = [], []
        for base, rows in rates[rates["target_group"] == group].groupby("base_group"):
            rate = rows.set_index("municipality_code")["rate"].reindex(self.areas).to_numpy(np.float32)
            persons.append(read(base))  # type: ignore[operator]
            shares.append(rate.reshape(-1, *[1] * (persons[-1].ndim - 1)))
        return at_rates(persons, shares)

    def _observed(self, group: str, years: np.ndarray) -> np.ndarray:
        rows = self._rows("observed", group, years, "0 as draw")
        wide = np.full((len(self.areas), len(years)), np.nan)
        wide[rows["area"], rows["year_at"]] = rows["persons"]
        return self._complete(group, wide)

    def _drawn(self, group: str, years: np.ndarray) -> np.ndarray:
        """Draws of the wanted years; what is kept is every year, for the next question may be about others."""
        every = self.years()[1]
        if group not in self._kept:
            self._kept.update(self._all_drawn(group, every))
        kept = self._complete(group, self._kept[group])
        if np.array_equal(years, every):
            return kept
        if not np.isin(years, every).all():
            raise OssuError("demand.no_exposure", group=group, areas=", ".join(map(str, np.setdiff1d(years, every))))
        return kept[:, np.searchsorted(every, years)]

    def _all_drawn(self, group: str, years: np.ndarray) -> dict[str, np.ndarray]:
        """Draws of every group from a file, of one from a frame, whose order is not promised."""
        if isinstance(self.drawn, str):
            return {group: self._empty(years, 1), **self._drawn_in_order(years)}
        rows = self._rows("drawn", group, years, "draw")
        wide = self._empty(years, int(rows["draw"].max(initial=0)) + 1)
        wide[rows["area"], rows["year_at"], rows["draw"]] = rows["persons"]
        return {group: wide}

    def _empty(self, years: np.ndarray, draws: int) -> np.ndarray:
        return np.full((len(self.areas), len(years), draws), np.nan, np.float32)

    def _drawn_in_order(self, years: np.ndarray) -> dict[str, np.ndarray]:
        """Draws of every group from the working table, in which those of one group, area and year follow each other.

        Persons are read alone, in the order of the file: joining keys to every draw would take five times as long, and
        a reading per group as many times as there are groups.
        """
        with connect() as db:
            keys = db.execute(f"select target_group, municipality_code, year from ({self.drawn}) where draw = 0").df()
            persons = db.execute(f"select persons from ({self.drawn})").fetchnumpy()["persons"]
        drawn = np.asarray(persons, np.float32).reshape(len(keys), -1)
        area = pd.Index(self.areas).get_indexer(keys["municipality_code"])
        year = pd.Index(years).get_indexer(keys["year"])
        found = {}
        for group, rows in keys.groupby("target_group").indices.items():
            rows = rows[(area[rows] >= 0) & (year[rows] >= 0)]
            found[str(group)] = self._empty(years, drawn.shape[1])
            found[str(group)][area[rows], year[rows]] = drawn[rows]
        return found

    def _complete(self, group: str, wide: np.ndarray) -> np.ndarray:
        if wide.size and np.isnan(wide).any():
            missing = ", ".join(self.areas[np.isnan(wide).reshape(len(wide), -1).any(axis=1)][:5])
            raise OssuError("demand.no_exposure", group=group, areas=missing)
        return wide

    def _rows(self, which: str, group: str, years: np.ndarray, draw: str) -> dict[str, np.ndarray]:
        """Positions and persons of one group, as integer arrays."""
        at_area = pd.DataFrame({"municipality_code": self.areas, "area": np.arange(len(self.areas))})
        at_year = pd.DataFrame({"year": years, "year_at": np.arange(len(years))})
        with connect() as db:
            db.register("at_area", at_area)
            db.register("at_year", at_year)
            source = self._source(db, self._sources()[which == "drawn"])
            query = (
                f"select area, year_at, {draw}, persons from ({source}) join at_area using (municipality_code) "
                "join at_year using (year) where target_group = $group"
            )
            return {
                name: np.asarray(values) for name, values in db.execute(query, {"group": group}).fetchnumpy().items()
            }

    def _sources(self) -> "tuple[pd.DataFrame | str, pd.DataFrame | str]":
        return self.observed, self.drawn

    @staticmethod
    def _source(db: "duckdb.DuckDBPyConnection", source: "pd.DataFrame | str") -> str:
        if isinstance(source, str):
            return source
        db.register("given", source)
        return "select * from given"
