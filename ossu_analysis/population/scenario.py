"""Named scenarios: small dated files that say what differs from the reference forecast, and by whose word.

Belongs here: reading ``data/assumptions/scenarios/<id>.yaml`` and turning it into what totals and ages take. A
scenario moves these things and nothing else:

- ``fertility``: children per woman added to the level of the origin, in steps of years after the base year;
- ``migration_factor``: expected migration and hidden loss times this; in cohort ratios R = S (R / S)^factor, S
  survival;
- ``growth``: yearly net migration as in the worst or the best five recorded years in a row before the base year,
  instead of the last five: d = extreme mean - last mean of (change - births + deaths) / population of the country, no
  census year among them;
- ``constraint``: the country's mean total follows this variant of the official projection (`constraint`).
"""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from ossu_analysis.errors import OssuError
from ossu_analysis.inputs import Strict, parse_scenario
from ossu_analysis.population.cells import Floats
from ossu_analysis.population.history import TotalsHistory
from ossu_analysis.population.jump_off import JumpOff

WINDOW = 5


class FertilityStep(Strict):
    """Children per woman added from a number of years after the base year on."""

    years_after_base: int
    children: float


class Scenario(Strict):
    """One scenario file."""

    id: str
    title_bg: str
    meaning_bg: str
    dated: datetime.date
    source_bg: str
    fertility: tuple[FertilityStep, ...] = ()
    migration_factor: float = 1.0
    growth: Literal["reference", "worst_five_years", "best_five_years"] = "reference"
    constraint: str = ""


def read_scenario(folder: Path, name: str) -> Scenario:
    """Read one scenario by name.

    Parameters
    ----------
    folder : Path
        ``data/assumptions/scenarios``.
    name : str

    Raises
    ------
    OssuError
        ``population.no_scenario`` names those there are.
    FaultsFound
        A key that does not exist or a value of the wrong kind, with its place.
    """
    return parse_scenario(Scenario, folder, name, "population.no_scenario")


def fertility_factors(scenario: Scenario, level: float, years: Sequence[int], base_year: int) -> Floats:
    """Factor on births by forecast year, from children added to ``level`` children per woman; never below 0."""
    added = np.zeros(len(years))
    for step in sorted(scenario.fertility, key=lambda step: step.years_after_base):
        added[np.asarray(years) - base_year >= step.years_after_base] = step.children
    return np.maximum(1 + added / level, 0.0)


def extra_growth(scenario: Scenario, history: TotalsHistory) -> float:
    """Yearly log growth that the scenario adds to every area.

    Years in which a census enters tell no migration and are left out: the years beside them count as one row.

    Raises
    ------
    OssuError
        ``population.no_migration_record`` when fewer than five years are recorded.
    """
    if scenario.growth == "reference":
        return 0.0
    population, births, deaths = (
        np.nansum(part, axis=0) for part in (history.population, history.births, history.deaths)
    )
    rate = (np.diff(population) - births[1:] + deaths[1:]) / population[:-1]
    recorded = rate[~np.isin(history.years[1:], history.census_years) & np.isfinite(rate)]
    if len(recorded) < WINDOW:
        raise OssuError("population.no_migration_record", scenario=scenario.id, year=history.origin)
    means = np.convolve(recorded, np.ones(WINDOW) / WINDOW, mode="valid")
    extreme = means.min() if scenario.growth == "worst_five_years" else means.max()
    return float(extreme - means[-1])


def with_migration(jump_off: JumpOff, factor: float) -> JumpOff:
    """The jump-off with the migration part of its cohort ratios taken ``factor`` times; 0 leaves survival alone."""
    if factor == 1.0:
        return jump_off
    ratios, survival = jump_off.ratios.ratio, np.ones_like(jump_off.ratios.ratio)
    survival[..., 1:] = np.exp(-jump_off.events.mu[..., :-1])
    moved = survival * (ratios / survival) ** factor
    usual = survival * (jump_off.ratios.usual / survival) ** factor
    return replace(jump_off, ratios=replace(jump_off.ratios, ratio=moved, usual=usual), local=jump_off.local**factor)
