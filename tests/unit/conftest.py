"""Published tables of this repository and the demonstration returns made from them, read once."""

from pathlib import Path

import pandas as pd
import pytest

from ossu_analysis.collection import demonstration_returns, read_settings
from ossu_analysis.collection.settings import DemonstrationSettings
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def published_tables() -> tuple[pd.DataFrame, ...]:
    store = Store(ROOT)
    municipality = REFERENCE["municipality"](store)
    return municipality, *(
        SOURCES[table](store) for table in ("population_municipality", "census_profile", "service_total")
    )


@pytest.fixture(scope="session")
def demonstration_settings() -> DemonstrationSettings:
    return read_settings(ROOT / "data" / "demo" / "returns.yaml")


@pytest.fixture(scope="session")
def returns(published_tables: tuple[pd.DataFrame, ...], demonstration_settings: DemonstrationSettings) -> pd.DataFrame:
    return validated(
        table_class("collection", "return"), demonstration_returns(*published_tables, demonstration_settings)
    )
