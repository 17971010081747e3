"""Options of oblasts or the country from working tables: what an asset calls. Arithmetic is in the modules beside this.

An `OptionRequest` says for which areas, on which inputs and under which limits. What cannot be planned is said in
``proposal.allocation_note``: what is missing, which limits conflict, who is left out.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from ossu_analysis.config import RunSettings
from ossu_analysis.errors import OssuError, raise_if_any
from ossu_analysis.inputs import Strict, parse
from ossu_analysis.proposal.allocation.case import Framed, check_limits, decided_places, draws_of_year, frame_case
from ossu_analysis.proposal.allocation.conflict import explain_conflict
from ossu_analysis.proposal.allocation.country import inside_oblasts, solve_country
from ossu_analysis.proposal.allocation.demonstration import demonstration_inputs, read_demonstration_options
from ossu_analysis.proposal.allocation.inputs import OptionInputs, input_table, missing_inputs
from ossu_analysis.proposal.allocation.model import RELATIVE_GAP, Plan, budget_curve, solve
from ossu_analysis.proposal.allocation.options import allocation_options
from ossu_analysis.proposal.allocation.sourced import real_inputs
from ossu_analysis.proposal.allocation.words import (
    Wording,
    curve_table,
    option_table,
    place_table,
    says_changes,
    says_conflict,
    sharing_table,
)
from ossu_analysis.proposal.line import PART_OF_LEVEL
from ossu_analysis.proposal.plan import planning_year
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.store import Store
from ossu_analysis.texts import text

TABLES = ("allocation", "allocation_place", "allocation_sharing", "allocation_input", "allocation_note", "budget_curve")
CURVE = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
"""Budgets of the curve, in shares of the money that the ceiling leaves for new places."""


class OptionRequest(Strict):
    """What options are asked for; without figures of its own the ceilings are those of the inputs."""

    areas: tuple[str, ...] = Field(("SML",), min_length=1)
    inputs: Literal["demonstration", "real"] = "demonstration"
    budget: float | None = Field(None, gt=0)
    staff: float | None = Field(None, gt=0)
    shared_places: int | None = Field(None, ge=0)
    least_coverage: float = Field(0.0, ge=0, le=1)

    def limits(self) -> dict[str, float]:
        """Limits beside the ceilings, as `ossu_analysis.proposal.allocation.model.Limits` names them."""
        shared = {} if self.shared_places is None else {"shared_places": float(self.shared_places)}
        return shared | {"least_coverage": self.least_coverage}


def read_request(content: Mapping[str, Any]) -> OptionRequest:
    """A request from settings that somebody typed.

    Raises
    ------
    FaultsFound
        With every value that is out of range.
    """
    return parse(OptionRequest, dict(content), text("allocation.request"))


@dataclass(frozen=True)
class AreaOptions:
    """Options of one area as tables by name (see `TABLES`); ``notes`` says what could not be planned, and why."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def options(self) -> pd.DataFrame:
        """One row per option; empty when there is none."""
        return self.tables.get("allocation", pd.DataFrame())

    @property
    def message(self) -> str:
        """The notes as one text."""
        return " ".join(said for _, said in self.notes)


def make_options(
    store: Store, settings: RunSettings, asked: OptionRequest, today: datetime.date
) -> dict[str, pd.DataFrame]:
    """Options of some areas, as the tables of `TABLES`.

    Parameters
    ----------
    store : Store
        With ``gap.service_gap``, ``proposal.line``, the tables of demand, ``reference.municipality`` and ``service``.
    settings : RunSettings
        Of the run whose demand is drawn.
    asked : OptionRequest
    today : date
        Standards in force then.

    Returns
    -------
    dict of str to DataFrame
        A table without rows has its declared columns.

    Raises
    ------
    OssuError
        ``allocation.unknown_area``, ``allocation.one_area``.
    FaultsFound
        Ceilings below what exists; travel times with missing pairs.
    """
    tables = {name: store.read("reference", name) for name in ("municipality", "service")}
    _check(asked, tables["municipality"])
    gap = store.read("gap", "service_gap")
    year = planning_year(gap["year"].unique().tolist())
    gap = gap[gap["year"].eq(year) & gap["demand_median"].notna()]
    gap = gap.assign(decided=decided_places(gap, store.read("proposal", "line")))
    inputs, services = _inputs(store, asked, gap, tables, today)

    @cache
    def draws() -> dict[str, NDArray]:
        from ossu_analysis.demand.chain import DemandModel

        codes = tables["municipality"]["municipality_code"].tolist()
        return draws_of_year(DemandModel.of_store(store).draws(settings), year, services, codes)

    found = {area: area_options(area, gap, services, draws, tables, inputs, **asked.limits()) for area in asked.areas}
    return {name: _joined(name, found, year) for name in TABLES}


def _check(asked: OptionRequest, municipality: pd.DataFrame) -> None:
    known = [COUNTRY, *sorted(municipality["oblast_code"].unique())]
    for area in asked.areas:
        if area not in known:
            raise OssuError("allocation.unknown_area", area=area, known=", ".join(known))
    if len(asked.areas) > 1 and (asked.budget is not None or asked.staff is not None):
        raise OssuError("allocation.one_area")


def _inputs(
    store: Store, asked: OptionRequest, gap: pd.DataFrame, tables: Mapping[str, pd.DataFrame], today: datetime.date
) -> tuple[OptionInputs, list[str]]:
    """Inputs with the ceilings asked for, and the services to plan."""
    planned = set(gap["service_code"]) & set(_mapped(tables["service"]))
    if asked.inputs == "real":
        inputs = real_inputs(store, today, sorted(planned))
    else:
        made_up = read_demonstration_options(store)
        planned &= set(made_up.services)
        inputs = demonstration_inputs(made_up, gap, tables["municipality"])
    return inputs.with_ceilings(asked.areas[0], asked.budget, asked.staff), sorted(planned)


def _mapped(service: pd.DataFrame) -> "pd.Series[str]":
    """Services that the National Map plans: parts 1 and 2 of a proposal."""
    return service.loc[service["planning_level"].map(PART_OF_LEVEL).isin((1, 2)), "service_code"]


def area_options(
    area_code: str,
    gap: pd.DataFrame,
    services: Sequence[str],
    draws: Callable[[], Mapping[str, NDArray]],
    tables: Mapping[str, pd.DataFrame],
    inputs: OptionInputs,
    relative_gap: float = RELATIVE_GAP,
    **limits: Any,
) -> AreaOptions:
    """Options of one oblast or the country in one planning year, or the notes that say why there are none.

    Parameters
    ----------
    area_code : str
        Oblast, whose municipalities alone take part, or ``BG``: all oblasts under one ceiling.
    gap : DataFrame
        ``gap.service_gap`` of the planning year with `decided_places`, all municipalities.
    services : sequence of str
        Services to plan.
    draws : callable
        Gives draws by service, ``[draw, municipality]`` in the order of ``reference.municipality``; called only when
        nothing is missing, because drawing takes longest.
    tables : mapping of str to DataFrame
        ``municipality`` and ``service`` of the link ``reference``.
    inputs : OptionInputs
        Money, posts, caps, ways; where some are missing, the notes name them and nothing is computed.
    relative_gap : float
        When each search ends.
    **limits : float
        Further limits, such as ``least_coverage`` or ``shared_places``.

    Raises
    ------
    FaultsFound
        Ceilings below what exists; travel times with missing pairs.
    """
    municipality, service = tables["municipality"], tables["service"]
    inside = municipality if area_code == COUNTRY else municipality[municipality["oblast_code"].eq(area_code)]
    members, oblasts = inside["municipality_code"].tolist(), sorted(inside["oblast_code"].unique())
    missing = missing_inputs(inputs, services, members, area_code, oblasts)
    if missing:
        return AreaOptions(notes=(("missing", text("allocation.missing.heading", list="; ".join(missing))),))
    rows, codes = gap[gap["municipality_code"].isin(members)], municipality["municipality_code"].tolist()
    framed = frame_case(rows, draws(), codes, municipality, service, inputs, area_code, **limits)
    if area_code == COUNTRY:
        framed = replace(framed, case=inside_oblasts(framed.case))
    raise_if_any(check_limits(framed.case, framed.limits, inputs.currency))
    found = _solved(area_code, framed, wording_of(municipality, service, inputs), relative_gap)
    if not found.tables:
        return found
    used = input_table(inputs, area_code, oblasts, framed.case.services, framed.case.municipalities)
    about: Any = {"area_code": area_code, "price_year": inputs.price_year, "status": framed.status}
    made_tables = {name: table.assign(**about) for name, table in found.tables.items()}
    return AreaOptions(made_tables | {"allocation_input": used}, found.notes)


def _solved(area_code: str, framed: Framed, wording: Wording, relative_gap: float) -> AreaOptions:
    case, limits, is_country = framed.case, framed.limits, area_code == COUNTRY
    options = allocation_options(case, limits, relative_gap, solver=solve_country if is_country else solve)
    if not options:
        return AreaOptions(notes=(("conflict", says_conflict(explain_conflict(case, limits), wording)),))
    left_out = text("allocation.left_out", list=", ".join(framed.left_out))
    curve = [] if is_country else _curve(framed, relative_gap)
    return AreaOptions(
        {
            "allocation": option_table(options, case, limits, wording).assign(
                changes=[says_changes(option, case, framed.decided, wording) for option in options]
            ),
            "allocation_place": place_table(options, case),
            "allocation_sharing": sharing_table(options, case),
            "budget_curve": curve_table(curve, wording),
        },
        (("left_out", left_out),) if framed.left_out else (),
    )


def _curve(framed: Framed, relative_gap: float) -> list[tuple[float, Plan]]:
    """Budgets and the plan that serves most under each; empty without a ceiling."""
    existing, ceiling = framed.case.existing_cost, framed.limits.budget
    if not np.isfinite(ceiling):
        return []
    budgets = [existing + share * (ceiling - existing) for share in CURVE]
    plans = budget_curve(framed.case, framed.limits, budgets, relative_gap)
    return [(budget, plan) for budget, plan in zip(budgets, plans, strict=True) if plan is not None]


def wording_of(municipality: pd.DataFrame, service: pd.DataFrame, inputs: OptionInputs) -> Wording:
    """Names and units for the sentences."""
    return Wording(
        dict(zip(municipality["municipality_code"], municipality["name_bg"], strict=True)),
        dict(zip(service["service_code"], service["short_name_bg"], strict=True)),
        inputs.currency,
        inputs.unit_of_way,
    )


def _joined(name: str, found: Mapping[str, AreaOptions], year: int) -> pd.DataFrame:
    """One table of all areas with its declared columns, whether it has rows or not."""
    from ossu_analysis.schemas import columns, table_class

    if name == "allocation_note":
        rows = [(area, kind, said) for area, options in found.items() for kind, said in options.notes]
        return pd.DataFrame(rows, columns=["area_code", "kind", "message"]).assign(planning_year=year)
    parts = [options.tables[name] for options in found.values() if len(options.tables.get(name, ()))]
    if parts:
        return pd.concat(parts, ignore_index=True).assign(planning_year=year)
    declared = columns(table_class("proposal", name))
    return pd.DataFrame({info.name: pd.Series(dtype=info.pandas_type) for info in declared})
