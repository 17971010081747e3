"""Assets of ``collection``: checked returns, real ones replacing demonstration ones, and the faults found in them."""

from typing import TYPE_CHECKING

import pandas as pd

from pipelines.assets import Step, table_asset
from pipelines.checks import link_checks

if TYPE_CHECKING:
    from ossu_analysis.collection.inbox import Inbox

INBOX = ("inbox/*", "reference/*", "rules/*.yaml")
DEMONSTRATION = "demo/returns.yaml"


@table_asset(
    "collection",
    "return",
    reads={
        "municipality": "reference.municipality",
        "population_municipality": "sources.population_municipality",
        "census_profile": "sources.census_profile",
        "service_total": "sources.service_total",
    },
    files=(*INBOX, DEMONSTRATION),
)
def returns(
    step: Step,
    municipality: pd.DataFrame,
    population_municipality: pd.DataFrame,
    census_profile: pd.DataFrame,
    service_total: pd.DataFrame,
) -> pd.DataFrame:
    """Demonstration returns with every real one in their place."""
    from ossu_analysis import collection

    settings = collection.read_settings(step.store.data / "demo" / "returns.yaml")
    made_up = collection.demonstration_returns(
        municipality, population_municipality, census_profile, service_total, settings
    )
    return collection.with_real_returns(made_up, _inbox(step).returns)


@table_asset(
    "collection",
    "residence",
    reads={
        "returns": "collection.return",
        "municipality": "reference.municipality",
        "population_municipality": "sources.population_municipality",
    },
    files=(*INBOX, DEMONSTRATION),
)
def residence(
    step: Step, returns: pd.DataFrame, municipality: pd.DataFrame, population_municipality: pd.DataFrame
) -> pd.DataFrame:
    """Who is served where, by municipality of address."""
    from ossu_analysis import collection

    settings = collection.read_settings(step.store.data / "demo" / "returns.yaml")
    made_up, real = returns[returns["status"].eq("demonstration")], returns[returns["status"].ne("demonstration")]
    persons = collection.newest_persons(population_municipality, settings.last_year)
    made_up = collection.demonstration_residence(made_up, municipality, persons, settings)
    observed = _inbox(step).residence
    return collection.with_real_residence(made_up, observed, real["municipality_code"].unique())


@table_asset(
    "collection",
    "user_profile",
    files=INBOX,
)
def user_profile(step: Step) -> pd.DataFrame:
    """Users by sex and age, where a return gives them."""
    return _inbox(step).profile


@table_asset("collection", "error", files=INBOX)
def error(step: Step) -> pd.DataFrame:
    """Faults of the files in ``data/inbox``."""
    from ossu_analysis.collection import error_table

    return error_table(_inbox(step).faults)


def _inbox(step: Step) -> "Inbox":
    from ossu_analysis.collection import read_code_lists, read_inbox

    return read_inbox(step.store, read_code_lists(step.store))


collection_checks = link_checks(
    "collection", must={"return": ("returns_are_of_known_services",)}, asks={"error": ("returns_are_sound",)}
)
