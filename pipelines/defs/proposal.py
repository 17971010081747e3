"""Assets of ``proposal``: proposal lines, options for each oblast, and the state subsidy beside known costs."""

import datetime
from collections.abc import Iterator

import dagster as dg
import pandas as pd
from pydantic import Field

from ossu_analysis.schemas.proposal import PLAN_TABLES
from pipelines.assets import speaking_errors, table_asset, table_spec
from pipelines.checks import link_checks
from pipelines.defs.demand import READS
from pipelines.resources import Settings, Workspace


@table_asset(
    "proposal",
    "line",
    reads={
        "service_gap": "gap.service_gap",
        "oblast_gap": "gap.oblast_gap",
        "municipality": "reference.municipality",
        "service": "reference.service",
        "overrides": "reference.override",
    },
)
def line(
    service_gap: pd.DataFrame,
    oblast_gap: pd.DataFrame,
    municipality: pd.DataFrame,
    service: pd.DataFrame,
    overrides: pd.DataFrame,
) -> pd.DataFrame:
    """What each municipality and oblast could propose, with the sentence behind it."""
    from ossu_analysis.proposal import proposal_lines

    return proposal_lines(service_gap, oblast_gap, municipality, service, overrides)


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


@table_asset("proposal", "funding_cliff", reads={"capacity": "capacity.current"})
def funding_cliff(capacity: pd.DataFrame) -> pd.DataFrame:
    """Where project money ends, and until when delegation can be asked for."""
    from ossu_analysis.proposal import funding_cliff_table

    return funding_cliff_table(capacity, datetime.date.today())


class OptionChoice(dg.Config):
    """За кои области, по кои данни и под кои ограничения да се съставят варианти."""

    areas: list[str] = Field(
        default=["SML"], description="Кодове на области, напр. SML, RSE, или BG за страната под общ таван (минути)"
    )
    inputs: str = Field(
        default="demonstration",
        description="demonstration: измислените пари, щат и път от data/demo; real: само въведените с източник",
    )
    budget: float | None = Field(default=None, description="Таван на годишния разход; празно: от входните данни")
    staff: float | None = Field(default=None, description="Таван на щатните бройки; празно: от входните данни")
    shared_places: int | None = Field(
        default=None, description="Най-много места за жители на други общини; 0 без споделяне, празно: без таван"
    )
    least_coverage: float = Field(default=0.0, description="Най-малък дял на обслужените във всяка община, между 0 и 1")


@dg.multi_asset(
    name="proposal__allocation",
    specs=[table_spec("proposal", table, ("gap.service_gap", "reference.rule", *READS)) for table in PLAN_TABLES],
    can_subset=True,
)
@speaking_errors
def allocation(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings, config: OptionChoice
) -> Iterator[dg.MaterializeResult]:
    """Options under ceilings for the chosen areas."""
    from ossu_analysis.proposal.allocation.chain import make_options, read_request
    from pipelines.pages import table_page

    store = workspace.store
    made = make_options(store, settings.run_settings(), read_request(config.model_dump()), datetime.date.today())
    chosen = [table for table in PLAN_TABLES if dg.AssetKey(["proposal", table]) in context.selected_asset_keys]
    for table in chosen:
        store.write("proposal", table, made[table])
    # The pages show charts of several of these tables.
    for table in chosen:
        yield dg.MaterializeResult(asset_key=["proposal", table], metadata=table_page(store, "proposal", table))


proposal_checks = link_checks(
    "proposal",
    must={"line": ("proposed_is_places_and_gap", "changed_by_hand_with_a_reason")},
    asks={"line": ("new_places_beside_free_ones",), "consistency": ("plans_agree",)},
)
