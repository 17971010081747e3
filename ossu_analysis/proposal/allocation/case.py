"""From tables to a case of the allocation model: one set of municipalities, one planning year, the draws of demand.

A municipality whose places are unknown is left out and named: nothing can be proposed on top of an unknown number. The
criterion is no cap where it is not loaded. Plans start from the decisions of the proposal (`decided_places`): places
that a decision takes away are not there, and own people get none beyond what was decided; ceilings bend the rest.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.capacity.access import seat_distances_km, travel_minutes
from ossu_analysis.errors import Fault
from ossu_analysis.proposal.allocation.inputs import OptionInputs
from ossu_analysis.proposal.allocation.model import Case, Limits
from ossu_analysis.status import weakest
from ossu_analysis.texts import money, number, text

if TYPE_CHECKING:
    from ossu_analysis.demand.draws import DemandDraws

MOST_DRAWS = 200
"""Draws that enter the model, evenly spaced over those there are."""


@dataclass(frozen=True)
class Framed:
    """A case with its limits, and what is said about it beside the numbers."""

    case: Case
    limits: Limits
    left_out: tuple[str, ...]
    status: str
    decided: NDArray


def decided_places(gap: pd.DataFrame, lines: pd.DataFrame) -> "pd.Series[float]":
    """Places that the proposal decides on, for each row of the gap; a service of an oblast changes where its seat is.

    Parameters
    ----------
    gap : DataFrame
        ``gap.service_gap`` of one year.
    lines : DataFrame
        ``proposal.line``.
    """
    local = lines["area_level"].eq("municipality")
    change = lines.assign(municipality_code=lines["area_code"].where(local, lines["host_code"]))
    change = change.dropna(subset=["municipality_code", "change"])
    sums = change.groupby(["municipality_code", "service_code"])["change"].sum().astype(float).rename("moved")
    moved = gap.join(sums, on=["municipality_code", "service_code"])["moved"].fillna(0.0)
    return (gap["places"].astype(float) + moved).clip(lower=0.0)


def draws_of_year(
    demand_draws: "Iterable[DemandDraws]", year: int, services: Collection[str], codes: Sequence[str]
) -> dict[str, NDArray]:
    """Draws of one year by service, ``[draw, municipality]`` in the order of ``codes``, thinned to `MOST_DRAWS`."""
    by_service = {}
    for simulated in demand_draws:
        if simulated.service_code in services:
            place = pd.Index(simulated.areas).get_indexer(pd.Index(codes))
            of_year = simulated.persons[place, simulated.years.tolist().index(year)]
            by_service[simulated.service_code] = thinned(of_year)
    return by_service


def thinned(draws: NDArray) -> NDArray:
    """Evenly spaced `MOST_DRAWS` of the draws: ``[municipality, draw]`` becomes ``[draw, municipality]``."""
    chosen = np.linspace(0, draws.shape[1] - 1, min(MOST_DRAWS, draws.shape[1])).round().astype(int)
    return draws[:, chosen].T.astype(float)


def frame_case(
    gap: pd.DataFrame,
    draws: Mapping[str, NDArray],
    codes: Sequence[str],
    municipality: pd.DataFrame,
    service: pd.DataFrame,
    inputs: OptionInputs,
    area_code: str = "",
    **limits: Any,
) -> Framed:
    """Case and limits for the municipalities of one or more oblasts.

    Parameters
    ----------
    gap : DataFrame
        ``gap.service_gap`` of one planning year: municipality_code, service_code, places, occupied, criterion_maximum,
        decided (`decided_places`), status; only the municipalities wanted.
    draws : mapping of str to ndarray
        From `draws_of_year`, municipalities in the order of ``codes``.
    codes : sequence of str
        Municipalities of ``draws``.
    municipality, service : DataFrame
        ``reference.municipality``, ``reference.service``.
    inputs : OptionInputs
        Money, posts, caps, ways.
    area_code : str
        Whose ceilings hold where the area has its own; else those of its oblasts together.
    **limits : float
        Further limits of `Limits`, such as ``least_coverage`` or ``shared_places``.

    Raises
    ------
    FaultsFound
        When the table of travel times lacks pairs of one oblast.
    """
    services = [code for code in sorted(draws) if code in inputs.unit_cost]
    wanted = gap[gap["service_code"].isin(services)]
    unknown = set(wanted.loc[wanted["places"].isna(), "municipality_code"])
    members = sorted(set(wanted["municipality_code"]) - unknown)
    decided = _grid(wanted, "decided", members, services, 0.0)
    places = np.minimum(_grid(wanted, "places", members, services, 0.0), decided)
    seats = municipality.set_index("municipality_code").loc[members]
    oblast, names = pd.factorize(seats["oblast_code"])
    at = pd.Index(codes).get_indexer(pd.Index(members))
    case = Case(
        municipalities=members,
        services=services,
        demand=np.stack([draws[code][:, at] for code in services], axis=2),
        places=places,
        occupied=_grid(wanted, "occupied", members, services, 0.0),
        unit_cost=np.array([inputs.unit_cost[code] for code in services]),
        staff_per_place=np.array([inputs.staff_per_user.get(code, 0.0) for code in services]),
        smallest_unit=np.array([float(inputs.smallest_unit.get(code, 1)) for code in services]),
        map_number=_grid(inputs.map_number, "users", members, services, np.inf),
        criterion=np.minimum(_grid(wanted, "criterion_maximum", members, services, np.inf), decided),
        distance=_ways(seats, members, oblast, inputs),
        serves_oblast=service.set_index("service_code").loc[services, "planning_level"].eq("oblast").to_numpy(),
        oblast=oblast,
    )
    budget, staff = (inputs.ceiling(name, area_code, [str(code) for code in names]) for name in ("budget", "staff"))
    bounds = replace(Limits(budget=budget, staff=staff, reach=inputs.reach), **limits)
    status = weakest([inputs.status, *wanted["status"].unique()])
    return Framed(case, bounds, tuple(sorted(unknown)), status, decided)


def _grid(rows: pd.DataFrame, value: str, members: list[str], services: list[str], absent: float) -> NDArray:
    """One number per municipality and service; what is not there or not loaded takes ``absent``."""
    known = rows.set_index(["municipality_code", "service_code"])[value].astype("float64").unstack()
    return known.reindex(index=members, columns=services).fillna(absent).to_numpy(dtype=float)


def _ways(seats: pd.DataFrame, members: list[str], oblast: NDArray, inputs: OptionInputs) -> NDArray:
    if inputs.travel is None:
        return seat_distances_km(seats["seat_lat"].to_numpy(dtype=float), seats["seat_lon"].to_numpy(dtype=float))
    inside = inputs.travel[inputs.travel["from_code"].isin(members) & inputs.travel["to_code"].isin(members)]
    return travel_minutes(inside, members, required=oblast[:, None] == oblast[None, :])


def check_limits(case: Case, limits: Limits, currency: str) -> list[Fault]:
    """Limits that even the existing places break, with what they lack, and ways that are not numbers."""
    found = []
    if limits.budget < case.existing_cost - 1e-6:
        amounts = [money(value, currency) for value in (limits.budget, case.existing_cost)]
        lacking = money(case.existing_cost - limits.budget, currency)
        found.append(_below_existing("budget", amounts, lacking))
    if limits.staff < case.existing_staff - 1e-6:
        posts = [number(value, 1) for value in (limits.staff, case.existing_staff)]
        found.append(_below_existing("staff", posts, number(case.existing_staff - limits.staff, 1)))
    for i, j in np.argwhere(np.isnan(np.triu(case.distance))):
        found.append(Fault("allocation.no_way", found=f"{case.municipalities[i]} – {case.municipalities[j]}"))
    return found


def _below_existing(name: str, amounts: Sequence[str], lacking: str) -> Fault:
    expected = text("allocation.at_least", amount=amounts[1], lacking=lacking)
    return Fault(
        f"allocation.{name}_below_existing", file=text("allocation.ceilings"), found=amounts[0], expected=expected
    )
