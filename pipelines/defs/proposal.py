"""Assets of ``proposal``: proposal lines, options for each oblast, and the state subsidy beside known costs."""

from typing import Any

import dagster as dg
import pandas as pd
from pydantic import Field

from ossu_analysis.proposal.chain import REFERENCE
from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.texts import text
from pipelines.assets import MAIN, Step, table_asset
from pipelines.checks import link_checks
from pipelines.defs.demand import MODEL_READ
from pipelines.defs.gap import STANDARDS

DECIDED = ("line", "path", "served", "agreement", "balance", "cluster", "service")


@table_asset(
    "proposal",
    *DECIDED,
    name="decisions",
    deps=(
        "capacity.current",
        "gap.service_gap",
        "gap.oblast_gap",
        "sources.subsidy_social",
        *(f"reference.{table}" for table in REFERENCE),
    ),
    files=STANDARDS,
)
def decisions(step: Step) -> dict[str, pd.DataFrame]:
    """What each municipality and oblast could propose, with the sentence behind it."""
    from ossu_analysis.proposal.chain import propose

    return propose(step.store)


@table_asset(
    "proposal",
    "consistency",
    reads={
        "lines": "proposal.line",
        "annual_plan": "reference.annual_plan",
        "overrides": "reference.override",
        "municipality": "reference.municipality",
    },
)
def consistency(
    lines: pd.DataFrame, annual_plan: pd.DataFrame, overrides: pd.DataFrame, municipality: pd.DataFrame
) -> pd.DataFrame:
    """Where municipal, oblast and annual plans differ."""
    from ossu_analysis.proposal import inconsistencies

    return inconsistencies(lines, annual_plan, overrides, municipality)


@table_asset("proposal", "option", reads={"lines": "proposal.line"}, files=STANDARDS)
def option(step: Step, lines: pd.DataFrame) -> pd.DataFrame:
    """Simple options of every oblast, what each gives up and which decisions it changes."""
    from ossu_analysis.gap import read_standards
    from ossu_analysis.proposal import proposal_options

    return proposal_options(lines, read_standards(step.store))


@table_asset(
    "proposal",
    "subsidy_check",
    reads={"capacity": "capacity.current", "subsidy_social": "sources.subsidy_social"},
    files=STANDARDS,
)
def subsidy(step: Step, capacity: pd.DataFrame, subsidy_social: pd.DataFrame) -> pd.DataFrame:
    """State subsidy of each municipality beside the cost that published standards explain."""
    from ossu_analysis.proposal import subsidy_table
    from ossu_analysis.reference.standards import read_unit_costs

    return subsidy_table(capacity, subsidy_social, read_unit_costs(step.store))


@table_asset("proposal", "funding_cliff", reads={"capacity": "capacity.current"}, settings=("as_of",))
def funding_cliff(step: Step, capacity: pd.DataFrame) -> pd.DataFrame:
    """Where project money ends, and until when delegation can be asked for."""
    from ossu_analysis.proposal import funding_cliff_table

    return funding_cliff_table(capacity, step.settings.as_of)


def _choice(name: str, default: Any) -> Any:
    return Field(default=default, description=text(f"pipelines.choice.{name}"))


class OptionChoice(dg.Config):
    """За кои области, по кои данни и под кои ограничения да се съставят варианти."""

    areas: list[str] = _choice("areas", ["SML"])
    inputs: str = _choice("inputs", "demonstration")
    budget: float | None = _choice("budget", None)
    staff: float | None = _choice("staff", None)
    shared_places: int | None = _choice("shared_places", None)
    least_coverage: float = _choice("least_coverage", 0.0)


@table_asset(
    "proposal",
    *PLAN_TABLES,
    name="allocation",
    deps=("gap.service_gap", "proposal.line", *MODEL_READ),
    files=(*STANDARDS, "demo/options.yaml", "reference/*.csv"),
    settings=(*MAIN, "as_of"),
    config=OptionChoice,
)
def allocation(step: Step) -> dict[str, pd.DataFrame]:
    """Options under ceilings for the chosen areas."""
    from ossu_analysis.proposal.allocation.chain import make_options, read_request
    from ossu_analysis.reference.names import area_code

    areas = [area_code(step.store, area, ("country", "oblast")) for area in step.config["areas"]]
    return make_options(step.store, step.settings, read_request({**step.config, "areas": areas}), step.settings.as_of)


proposal_checks = link_checks(
    "proposal",
    must={
        "line": (
            "proposed_is_places_and_change",
            "changed_by_hand_with_a_reason",
            "no_surplus_without_a_reason",
            "nothing_above_the_upper_bound_without_a_reason",
            "who_is_sent_is_received",
        ),
        "path": ("residents_of_homes_have_places",),
    },
    asks={"line": ("new_places_beside_free_ones", "decisions_of_all_kinds_occur"), "consistency": ("plans_agree",)},
)
