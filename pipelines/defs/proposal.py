"""Assets of ``proposal``: proposal lines, options for each oblast, and the state subsidy beside known costs."""

import pandas as pd

from pipelines.assets import table_asset
from pipelines.checks import link_checks
from pipelines.resources import Workspace


@table_asset(
    "proposal",
    "line",
    reads={
        "service_gap": "gap.service_gap",
        "oblast_gap": "gap.oblast_gap",
        "municipality": "reference.municipality",
    },
)
def line(service_gap: pd.DataFrame, oblast_gap: pd.DataFrame, municipality: pd.DataFrame) -> pd.DataFrame:
    """What each municipality and oblast could propose, with the sentence behind it."""
    from ossu_analysis.proposal import proposal_lines

    return proposal_lines(service_gap, oblast_gap, municipality)


@table_asset("proposal", "option", reads={"service_gap": "gap.service_gap", "municipality": "reference.municipality"})
def option(workspace: Workspace, service_gap: pd.DataFrame, municipality: pd.DataFrame) -> pd.DataFrame:
    """Simple options of every oblast, and what each gives up."""
    from ossu_analysis.gap import read_standards
    from ossu_analysis.proposal import proposal_options

    return proposal_options(service_gap, municipality, read_standards(workspace.store))


@table_asset(
    "proposal", "subsidy_check", reads={"capacity": "capacity.current", "subsidy_social": "sources.subsidy_social"}
)
def subsidy(workspace: Workspace, capacity: pd.DataFrame, subsidy_social: pd.DataFrame) -> pd.DataFrame:
    """State subsidy of each municipality beside the cost that published standards explain."""
    from ossu_analysis.proposal import subsidy_table
    from ossu_analysis.reference.standards import read_unit_costs

    return subsidy_table(capacity, subsidy_social, read_unit_costs(workspace.store))


proposal_checks = link_checks(
    "proposal",
    must={"line": ("proposed_is_places_and_gap", "changed_by_hand_with_a_reason")},
    asks={"line": ("new_places_beside_free_ones",)},
)
