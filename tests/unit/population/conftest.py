"""The official figures of this repository as arrays, once per session, and a small simulation made from them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.population.age_structure import AgeStructure, estimate_age_structure
from ossu_analysis.population.bulgaria import bulgarian_population
from ossu_analysis.population.exposure import ExposureGroups, exposure_groups
from ossu_analysis.population.inputs import AgeInputs, age_inputs
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.registered_events import prepare_jump_off
from ossu_analysis.population.simulation import Population, SimulationSettings, simulate
from ossu_analysis.population.tables_read import AGES_AND_TOTALS
from ossu_analysis.population.totals import TotalDraws
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]
YEARS = np.arange(2019, 2023)
DRAWS = 40


@pytest.fixture(scope="session")
def official_tables() -> dict[str, pd.DataFrame]:
    store = Store(ROOT)
    readers = {"sources": SOURCES, "reference": REFERENCE}
    return {name: readers[link][name](store) for name, link in AGES_AND_TOTALS.items()}


@pytest.fixture(scope="session")
def inputs(official_tables: dict[str, pd.DataFrame]) -> AgeInputs:
    return age_inputs(official_tables, 2018)


@pytest.fixture(scope="session")
def structure(inputs: AgeInputs) -> AgeStructure:
    return estimate_age_structure(inputs)


@pytest.fixture(scope="session")
def jump_off(structure: AgeStructure) -> JumpOff:
    return prepare_jump_off(structure)


@pytest.fixture(scope="session")
def groups() -> ExposureGroups:
    store = Store(ROOT)
    tables = REFERENCE["target_group"](store), REFERENCE["retirement_age"](store)
    return exposure_groups(*tables, SOURCES["longstanding_illness"](store), range(2011, 2023))


@pytest.fixture(scope="session")
def totals(jump_off: JumpOff) -> TotalDraws:
    """Made-up totals that shrink at random, with a census step in the third year."""
    generator = np.random.default_rng(7)
    shape = (DRAWS, len(jump_off.leaves), len(YEARS))
    walk = np.cumsum(generator.normal(-0.01, 0.02, shape), axis=2)
    persons = (jump_off.totals[None, :, None] * np.exp(walk)).astype(np.float32)
    loss = np.zeros(shape, dtype=np.float32)
    loss[:, :, 2] = -0.01 * persons[:, :, 2]
    return TotalDraws(jump_off.leaves, YEARS, persons, loss)


@pytest.fixture(scope="session")
def population(structure: AgeStructure, totals: TotalDraws) -> Population:
    return bulgarian_population(structure, totals)


@pytest.fixture(scope="session")
def chunks(population: Population, groups: ExposureGroups) -> list[dict[str, Any]]:
    return list(simulate(population, SimulationSettings(seed=5, run_id="test"), groups))


@pytest.fixture(scope="session")
def tables(chunks: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    names = ("forecast", "component", "exposure_draw")
    return {
        name: pd.concat([chunk[name].to_pandas() for chunk in chunks if name in chunk], ignore_index=True)
        for name in names
    }
