"""Demand from any returns: the core of ``ossu demand RETURNS --exposed EXPOSED --horizon 5 --out OUT``.

Belongs here: from two tables that anyone hands in to the contract columns of ``demand.demand_forecast``, by the same
fit and the same draws as the assets. Areas need not be Bulgarian: their levels are then level_2 (areas), level_1
(parents) and level_0 (all together).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ossu_analysis.demand.draws import draw_demand
from ossu_analysis.demand.forecast import Labels, Level, forecast_chunk, levels
from ossu_analysis.demand.panel import Panel, grid
from ossu_analysis.demand.profile import kinds_in, standardised
from ossu_analysis.demand.returns_input import GROUPING, Handed
from ossu_analysis.demand.use_rate import UseRate, fit_all
from ossu_analysis.errors import Fault, FaultsFound
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.schemas.base import MUNICIPALITY, OBLAST
from ossu_analysis.texts import text

if TYPE_CHECKING:
    import pyarrow as pyarrow_types

WHOLE = "ALL"


def forecast_handed(handed: Handed, horizon: int, seed: int) -> "Iterator[pyarrow_types.Table]":
    """Yield contract rows of ``demand.demand_forecast``, a service at a time.

    Parameters
    ----------
    handed : Handed
        Of `returns_input.read_handed`.
    horizon : int
        Years after the last return of each service; the year of that return is given too.
    seed : int

    Raises
    ------
    FaultsFound
        When exposed persons end before the horizon, or no row of returns is left.
    """
    kinds = kinds_in(handed.returns, handed.exposed, GROUPING)
    returns, exposed = standardised(handed.returns, handed.exposed, kinds)
    areas = _areas(handed)
    asked = [_Asked.of(str(code), rows, exposed, areas, horizon) for code, rows in returns.groupby("service_code")]
    faults = [*([] if asked else [Fault("demand.no_rows")]), *(fault for one in asked for fault in one.faults())]
    if faults:
        raise FaultsFound(faults)
    for one, fitted in zip(asked, fit_all([one.panel for one in asked]), strict=True):
        yield one.forecast(fitted, seed)


def _areas(handed: Handed) -> pd.DataFrame:
    """Every area of both tables with its parent, in order of parent and code."""
    columns = [t[[n for n in ("area_code", "parent_code") if n in t]] for t in (handed.returns, handed.exposed)]
    every = pd.concat(columns, ignore_index=True)
    if "parent_code" not in every:
        every["parent_code"] = ""
    every["parent_code"] = every["parent_code"].fillna("")
    known = every.sort_values("parent_code", ascending=False, kind="stable").drop_duplicates("area_code")
    return _parents_by_prefix(known).sort_values(["parent_code", "area_code"]).reset_index(drop=True)


def _parents_by_prefix(areas: pd.DataFrame) -> pd.DataFrame:
    """Where every known parent is the first three letters of its areas' codes, so is that of an area never served."""
    known, prefix = areas["parent_code"] != "", areas["area_code"].str[:3]
    if not known.any() or (areas["parent_code"] != prefix)[known].any():
        return areas
    return areas.assign(parent_code=areas["parent_code"].where(known, prefix))


@dataclass(frozen=True)
class _Asked:
    """One service: its returns as a panel, its areas with their parents, and persons (areas, years ahead, draws)."""

    panel: Panel
    areas: pd.DataFrame
    ahead: np.ndarray
    people: np.ndarray

    @classmethod
    def of(
        cls, service: str, returns: pd.DataFrame, exposed: pd.DataFrame, every_area: pd.DataFrame, horizon: int
    ) -> "_Asked":
        """Put the rows of one service in order; what is missing stays NaN."""
        exposed = exposed[exposed["service_code"] == service]
        areas = every_area[every_area["area_code"].isin(exposed["area_code"])]
        codes = areas["area_code"].to_numpy(str)
        parent_codes, parents = np.unique(areas["parent_code"].to_numpy(str), return_inverse=True)
        years = np.arange(returns["year"].min(), returns["year"].max() + 1)
        ahead = np.arange(years[-1], years[-1] + horizon + 1)
        mean = exposed.groupby(["area_code", "year"])["persons"].mean().reset_index()
        figures = {name: grid(returns, name, codes, years) for name in ("users", "places", "waiting")}
        panel = Panel(service, codes, parents, parent_codes, years, grid(mean, "persons", codes, years), **figures)
        return cls(panel, areas, ahead, _draws(exposed, codes, ahead))

    def faults(self) -> Iterator[Fault]:
        """Years ahead, areas and draws without persons: a forecast of fewer areas would look like one of all."""
        unknown = ~np.isfinite(self.people)
        never = self.ahead[unknown.all(axis=(0, 2))]
        if len(never):
            service, last = self.panel.service_code, str(self.ahead[-1])
            yield Fault("demand.exposed_too_short", column="year", found=f"{service}: {never[0]}", expected=last)
            return
        for at, year_at in np.argwhere(unknown.any(axis=2)):
            found = f"{self.panel.areas[at]}, {self.panel.service_code}, {self.ahead[year_at]}"
            draws = int(unknown[at, year_at].sum()) if self.people.shape[2] > 1 else 0
            missing = text("demand.draws_missing", count=draws) if draws else ""
            yield Fault("demand.exposed_missing", column="persons", found=f"{found} {missing}".strip())

    def forecast(self, fitted: UseRate, seed: int) -> "pyarrow_types.Table":
        """Contract rows."""
        simulated = draw_demand(fitted, self.people, self.ahead, seed)
        every = levels_of(self.panel.areas, self.areas["parent_code"].to_numpy(str))
        labels = Labels(self.panel.service_code, None, "reference", text("demand.method.demand"), "")
        return forecast_chunk(simulated.persons, self.ahead, every, labels, np.full(len(self.ahead), "forecast"))


def _draws(exposed: pd.DataFrame, areas: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Exposed persons (areas, years, draws); one draw where the population is given without."""
    if "draw" not in exposed:
        return grid(exposed, "persons", areas, years)[:, :, None].astype(np.float32)
    numbers, at_draw = np.unique(exposed["draw"].to_numpy(), return_inverse=True)
    wide = np.full((len(areas), len(years), len(numbers)), np.nan, np.float32)
    at = pd.Index(areas).get_indexer(exposed["area_code"])
    when = exposed["year"].to_numpy() - years[0]
    inside = (at >= 0) & (when >= 0) & (when < len(years))
    wide[at[inside], when[inside], at_draw[inside]] = exposed["persons"].to_numpy(np.float32)[inside]
    return wide


def levels_of(areas: np.ndarray, parents: np.ndarray) -> list[Level]:
    """Municipality, oblast and country where the codes are Bulgarian; otherwise level_2, level_1 and level_0."""
    known = pd.Series(parents[parents != ""])
    bulgarian = pd.Series(areas).str.fullmatch(MUNICIPALITY).all() and known.str.fullmatch(OBLAST).all()
    names = ("municipality", "oblast", "country") if bulgarian else ("level_2", "level_1", "level_0")
    above = {names[2]: np.full(len(areas), COUNTRY if bulgarian else WHOLE)}
    if (parents != "").all():
        above = {names[1]: parents, **above}
    return levels(areas, above, lowest=names[0])
