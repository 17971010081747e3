"""Named scenarios of demand: small dated files that say what differs from the reference, and by whose word.

Belongs here: reading ``data/assumptions/demand_scenarios/<id>.yaml`` and what a scenario does to rates and to services.
It may hold rates at their last level, take them as certain, let low coverage rise to that of a reference oblast, move
residents of homes that must close to the service that replaces them, move a share of one service's demand to another,
move shares by age to older ages, and rest on another scenario of the population. What nobody has published is named in
the file (``missing_bg``), and the scenario then refuses to run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from ossu_analysis.demand.draws import DemandDraws
from ossu_analysis.demand.use_rate import UseRate
from ossu_analysis.errors import OssuError
from ossu_analysis.inputs import Strict, parse_file, parse_scenario, scenario_names

HIGHEST = "highest"
"""Reference oblast of a convergence: the one whose rate of the service is highest."""


class Convergence(Strict):
    """Rates below those of a reference oblast rise to it, linearly from the last return to a year."""

    oblast: str = Field(description="oblast code, or `highest`")
    by_year: int


class Closing(Strict):
    """Residents of homes that close become demand of another service, linearly from the last return to a year."""

    services: dict[str, str] = Field(description="closing service -> service that replaces it")
    by_year: int


class Shift(Strict):
    """A share of the demand of one service asks for another instead, linearly from the last return to a year."""

    from_service: str
    to_service: str
    share: float | None = Field(ge=0, le=1, description="null: nobody has published it; `missing_bg` says so")
    by_year: int


class AgeShare(Strict):
    """Share of the people of an age, from `age_from` up to the next entry, that a scenario is about."""

    age_from: int = Field(ge=0, le=110)
    share: float = Field(ge=0, le=1)


class AgeShift(Strict):
    """Shares by age move to older ages as life grows longer (constant disability).

    After `gain` years of longer life people of an age have the share of those as many years younger. What moves is the
    demand of the services named, in proportion to the persons who have the share.
    """

    services: tuple[str, ...]
    shares: tuple[AgeShare, ...] = Field(description="by age, from the youngest on; empty: nobody has published them")
    yearly_gain: float | None = Field(ge=0, le=1, description="years of life gained in a year")


class DemandScenario(Strict):
    """One scenario file."""

    id: str
    title_bg: str
    meaning_bg: str
    dated: str
    source_bg: str
    trend: bool = True
    rates_certain: bool = False
    convergence: Convergence | None = None
    closing: Closing | None = None
    shift: Shift | None = None
    age_shift: AgeShift | None = None
    population_scenario: str = Field("", description="of data/assumptions/scenarios; empty: that of the run")
    missing_bg: str = Field("", description="figures without which the scenario cannot be computed; empty: none")

    @model_validator(mode="after")
    def _an_empty_number_is_named(self) -> "DemandScenario":
        if self.shift and self.shift.share is None and not self.missing_bg:
            raise ValueError("shift.share: null -> missing_bg")
        if self.age_shift and not (self.age_shift.shares and self.age_shift.yearly_gain) and not self.missing_bg:
            raise ValueError("age_shift.shares, age_shift.yearly_gain -> missing_bg")
        return self


def read_scenario(folder: Path, name: str) -> DemandScenario:
    """Read one scenario by name from ``data/assumptions/demand_scenarios``.

    Raises
    ------
    OssuError
        ``demand.no_scenario`` names those there are; ``demand.scenario_without_number`` when a number is not known.
    FaultsFound
        A key that does not exist or a value of the wrong kind, with its place.
    """
    scenario = parse_scenario(DemandScenario, folder, name, "demand.no_scenario")
    if scenario.missing_bg:
        raise OssuError("demand.scenario_without_number", scenario=scenario.title_bg, missing=scenario.missing_bg)
    return scenario


def all_scenarios(folder: Path) -> list[DemandScenario]:
    """Every scenario file, those that cannot be computed among them; the reference first."""
    return [parse_file(DemandScenario, folder / f"{name}.yaml", folder) for name in scenario_names(folder)]


def runnable(folder: Path) -> list[str]:
    """Names of the scenarios whose numbers are all known."""
    return [scenario.id for scenario in all_scenarios(folder) if not scenario.missing_bg]


def change_rates(
    scenario: DemandScenario, fitted: UseRate, path: np.ndarray, level: np.ndarray, years: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Log rate path (years, draws) and levels (areas, years, draws) as the scenario has them.

    Parameters
    ----------
    path : numpy.ndarray, shape (years, draws)
    level : numpy.ndarray, shape (areas, years, draws)
    """
    last = int(fitted.panel.years[-1])
    if not scenario.trend:
        at_last = np.argmin(np.abs(years - last))
        path = np.where((years > last)[:, None], path[at_last], path)
        level = np.where((years > last)[:, None], level[:, [at_last]], level)
    if scenario.rates_certain:
        path = np.repeat(np.log(np.exp(path).mean(axis=1, keepdims=True)), path.shape[1], axis=1)
        level = np.broadcast_to(fitted.levels.mean().astype(np.float32)[:, None, None], level.shape)
    if scenario.convergence:
        share = _share_by(years, last, scenario.convergence.by_year)[None, :, None].astype(np.float32)
        level = level + share * np.maximum(_reference_level(scenario.convergence, fitted) - level, 0.0)
    return path, level


def age_factors(shift: AgeShift, ages: np.ndarray, persons: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
    """Factor on demand when shares by age are those of people as many years younger as life has grown longer.

    Parameters
    ----------
    shift : AgeShift
    ages : numpy.ndarray, shape (bands,)
        Middle age of each band.
    persons : numpy.ndarray, shape (areas, years, bands)
    elapsed : numpy.ndarray, shape (years,)
        Years after the last return; before it nothing has moved.

    Returns
    -------
    numpy.ndarray, shape (areas, years)
    """
    starts, shares = (np.array([getattr(entry, name) for entry in shift.shares]) for name in ("age_from", "share"))
    middles = np.append((starts[:-1] + starts[1:]) / 2, starts[-1] + 5.0)
    gained = (shift.yearly_gain or 0.0) * np.maximum(elapsed, 0)
    moved, kept = (np.interp(ages[None, :] - years[:, None], middles, shares) for years in (gained, 0 * gained))
    have = (persons * kept).sum(axis=2)
    return np.divide((persons * moved).sum(axis=2), have, out=np.ones(have.shape), where=have > 0)


def _reference_level(convergence: Convergence, fitted: UseRate) -> float:
    """Mean level of the municipalities of the reference oblast."""
    panel = fitted.panel
    if convergence.oblast == HIGHEST:
        return float(fitted.parent_levels.max())
    codes = panel.parent_codes.tolist()
    if convergence.oblast not in codes:
        raise OssuError("demand.no_reference_oblast", oblast=convergence.oblast)
    return float(fitted.parent_levels[codes.index(convergence.oblast)])


def _share_by(years: np.ndarray, start: int, by_year: int) -> np.ndarray:
    """From 0 at the start to 1 at the end of `by_year`, linearly."""
    return np.clip((years - start) / max(by_year - start, 1), 0.0, 1.0)


def with_moves(
    scenario: DemandScenario, simulated: Iterator[DemandDraws], residents: Mapping[str, pd.Series], last_year: int
) -> Iterator[DemandDraws]:
    """Add to each service what the scenario moves to it, and take away what it moves elsewhere.

    Parameters
    ----------
    simulated : iterator of DemandDraws
        A shift needs its first service before its second; both are held while it waits.
    residents : mapping of str to pandas.Series
        Residents of closing homes by service, indexed by municipality.
    last_year : int
        Year of the last returns, from which moves begin.
    """
    moved: np.ndarray | None = None
    waiting: DemandDraws | None = None
    for drawn in simulated:
        made = _with_residents(scenario, drawn, residents, last_year)
        shift = scenario.shift
        if shift and drawn.service_code == shift.from_service:
            part = (shift.share or 0.0) * _share_by(drawn.years, last_year, shift.by_year)[None, :, None]
            moved = (made.persons * part).astype(np.float32)
            yield replace(made, persons=made.persons - moved)
            if waiting is not None:
                yield replace(waiting, persons=waiting.persons + moved)
                waiting = None
        elif shift and drawn.service_code == shift.to_service and moved is None:
            waiting = made
        elif shift and drawn.service_code == shift.to_service and moved is not None:
            yield replace(made, persons=made.persons + moved)
        else:
            yield made
    if waiting is not None:
        yield waiting


def _with_residents(
    scenario: DemandScenario, drawn: DemandDraws, residents: Mapping[str, pd.Series], last_year: int
) -> DemandDraws:
    """Residents of closing homes, at the municipality of the home, as demand for the service that replaces it."""
    if scenario.closing is None:
        return drawn
    closing = [home for home, service in scenario.closing.services.items() if service == drawn.service_code]
    share = _share_by(drawn.years, last_year, scenario.closing.by_year).astype(np.float32)
    extra = np.zeros(len(drawn.areas))
    for home in closing:
        if home in residents:
            extra += residents[home].reindex(drawn.areas).fillna(0.0).to_numpy(float)
    if not extra.any():
        return drawn
    return replace(drawn, persons=drawn.persons + (extra[:, None] * share[None, :]).astype(np.float32)[:, :, None])
