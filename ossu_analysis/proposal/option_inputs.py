"""What options need to know beside the gap: unit costs, posts, map numbers, ceilings, ways; and what of it is missing.

Nobody publishes all of it. On real inputs the answer is the list of what is missing (`missing_inputs`); options are
shown on the demonstration set of ``data/demo/options.yaml``, made by `demonstration_inputs` with a seed of its own.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ossu_analysis.capacity.access import seat_distances_km
from ossu_analysis.draws import stream
from ossu_analysis.inputs import Strict, parse_file
from ossu_analysis.proposal.money import currency_of, unit_costs_on
from ossu_analysis.reference.standards import in_force, read_staffing, read_unit_costs
from ossu_analysis.store import Store
from ossu_analysis.texts import number, text

MINUTES_OF_HOUR = 60


@dataclass(frozen=True)
class OptionInputs:
    """Everything about money, posts, caps and ways.

    Parameters
    ----------
    unit_cost, staff_per_user, smallest_unit : mapping of str to float
        By service; a service without an entry has no standard. A service opens with one place if no unit is given.
    map_number : DataFrame
        municipality_code, service_code, users.
    budget, staff : mapping of str to float
        Ceilings for existing and new places by oblast.
    travel : DataFrame or None
        from_code, to_code, minutes; None: kilometres in a straight line.
    reach : float
        Farthest municipality whose residents one may serve, in minutes (kilometres without ``travel``).
    projects : DataFrame
        Services on project money, as `cliff.funding_cliffs` reads them.
    """

    unit_cost: Mapping[str, float]
    staff_per_user: Mapping[str, float]
    smallest_unit: Mapping[str, float]
    map_number: pd.DataFrame
    budget: Mapping[str, float]
    staff: Mapping[str, float]
    travel: pd.DataFrame | None
    reach: float
    currency: str
    price_year: int
    status: str
    projects: pd.DataFrame = field(default_factory=pd.DataFrame)


class _Service(Strict):
    unit_cost: float = Field(gt=0)
    staff: float = Field(ge=0)
    smallest_unit: int = Field(ge=1)


class _Range(Strict):
    low: float = Field(gt=0)
    high: float = Field(gt=0)


class _Travel(Strict):
    terrain_factor: float = Field(ge=1)
    speed_kmh: float = Field(gt=0)
    noise: float = Field(ge=0, lt=1)


class _Project(Strict):
    share: float = Field(gt=0, le=1)
    funding_end: datetime.date


class DemonstrationOptions(Strict):
    """``data/demo/options.yaml``; the file explains every key."""

    status: Literal["demonstration"]
    seed: int = Field(ge=0)
    currency: Literal["EUR"]
    price_year: int
    services: dict[str, _Service]
    map_number: _Range
    budget_share: float = Field(ge=0)
    staff_share: float = Field(ge=0)
    travel: _Travel
    reach_minutes: float = Field(ge=0)
    projects: dict[str, _Project]


def read_demonstration_options(store: Store) -> DemonstrationOptions:
    """The made-up parameters of the options.

    Raises
    ------
    FaultsFound
        When a key is misspelt or a value is out of range.
    """
    return parse_file(DemonstrationOptions, store.data / "demo" / "options.yaml", store.root)


def demonstration_inputs(settings: DemonstrationOptions, gap: pd.DataFrame, municipality: pd.DataFrame) -> OptionInputs:
    """Made-up inputs that fit the gaps of one planning year; every service has its own random stream.

    Parameters
    ----------
    settings : DemonstrationOptions
        From ``data/demo/options.yaml``.
    gap : DataFrame
        ``gap.service_gap`` of one year: municipality_code, service_code, places, demand_median.
    municipality : DataFrame
        ``reference.municipality``.
    """
    costs = {code: service.unit_cost for code, service in settings.services.items()}
    staff = {code: service.staff for code, service in settings.services.items()}
    rows = gap[gap["service_code"].isin(costs)].merge(municipality[["municipality_code", "oblast_code"]])
    rows = rows.sort_values(["service_code", "municipality_code"], ignore_index=True)
    places, demand = (rows[name].astype("float64").fillna(0.0) for name in ("places", "demand_median"))
    rows = rows.assign(places=places, missing=(demand - places).clip(lower=0), wanted=demand)
    return OptionInputs(
        unit_cost=costs,
        staff_per_user=staff,
        smallest_unit={code: service.smallest_unit for code, service in settings.services.items()},
        map_number=_map_numbers(settings, rows),
        budget=_ceilings(rows, costs, settings.budget_share),
        staff=_ceilings(rows, staff, settings.staff_share),
        travel=_travel(settings, municipality),
        reach=settings.reach_minutes,
        currency=settings.currency,
        price_year=settings.price_year,
        status=settings.status,
        projects=_projects(settings, rows),
    )


def _map_numbers(settings: DemonstrationOptions, rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for code, service in rows.groupby("service_code"):
        factor = stream(settings.seed, f"map {code}").uniform(
            settings.map_number.low, settings.map_number.high, len(service)
        )
        users = np.maximum(np.rint(service["wanted"] * factor), service["places"])
        found.append(service[["municipality_code", "service_code"]].assign(users=users))
    return pd.concat(found, ignore_index=True).assign(status=settings.status)


def _ceilings(rows: pd.DataFrame, per_user: Mapping[str, float], share: float) -> dict[str, float]:
    each = rows["service_code"].map(per_user)
    total = (rows["places"] * each + share * rows["missing"] * each).groupby(rows["oblast_code"]).sum()
    return {str(oblast): float(amount) for oblast, amount in total.items()}


def _travel(settings: DemonstrationOptions, municipality: pd.DataFrame) -> pd.DataFrame:
    """Travel times between all municipalities of each oblast."""
    found = []
    for oblast, members in municipality.sort_values("municipality_code").groupby("oblast_code"):
        codes = members["municipality_code"].to_numpy()
        km = seat_distances_km(
            members["seat_lat"].to_numpy(dtype=float),
            members["seat_lon"].to_numpy(dtype=float),
            settings.travel.terrain_factor,
        )
        first, second = np.triu_indices(len(codes), 1)
        noise = 1 + stream(settings.seed, f"travel {oblast}").uniform(-1, 1, len(first)) * settings.travel.noise
        minutes = np.rint(km[first, second] / settings.travel.speed_kmh * MINUTES_OF_HOUR * noise)
        found.append(pd.DataFrame({"from_code": codes[first], "to_code": codes[second], "minutes": minutes}))
    return pd.concat(found, ignore_index=True).assign(status=settings.status)


def _projects(settings: DemonstrationOptions, rows: pd.DataFrame) -> pd.DataFrame:
    """Services said to live on project money, as `cliff.funding_cliffs` reads them."""
    found = []
    for code, project in settings.projects.items():
        there = rows[rows["service_code"].eq(code) & rows["places"].gt(0)]
        chosen = there[stream(settings.seed, f"project {code}").random(len(there)) < project.share]
        users = chosen["occupied"] if "occupied" in chosen else chosen["places"]
        found.append(
            chosen[["municipality_code", "service_code"]].assign(
                users=users, funding_type="project", funding_end=project.funding_end.isoformat()
            )
        )
    return pd.concat(found, ignore_index=True).assign(status=settings.status)


def real_inputs(store: Store, day: datetime.date, services: list[str]) -> OptionInputs:
    """What is known for certain on a day: published standards, and nothing of map, budget and travel times."""
    costs = unit_costs_on(read_unit_costs(store), day, services).dropna(subset="unit_cost")
    staff = in_force([entry for entry in read_staffing(store) if entry.mode != "weekly"], day)
    return OptionInputs(
        unit_cost=dict(zip(costs["service_code"], costs["unit_cost"], strict=True)),
        staff_per_user={code: entry.posts_per_user for code, entry in staff.items()},
        smallest_unit={},
        map_number=pd.DataFrame({"municipality_code": [], "service_code": [], "users": []}),
        budget={},
        staff={},
        travel=None,
        reach=0.0,
        currency=currency_of(day.year),
        price_year=day.year,
        status="observed",
    )


def missing_inputs(inputs: OptionInputs, services: list[str], municipalities: list[str]) -> list[str]:
    """Bulgarian names of what is missing before options can be made; empty when nothing is."""
    asked = pd.MultiIndex.from_product([municipalities, services])
    given = pd.MultiIndex.from_frame(inputs.map_number[["municipality_code", "service_code"]].astype(str))
    without_map = len(asked.difference(given))
    without_cost = sorted(set(services) - set(inputs.unit_cost))
    without_staff = sorted(set(services) - set(inputs.staff_per_user))
    found = []
    if without_cost:
        found.append(text("allocation.missing.unit_cost", services=", ".join(without_cost)))
    if without_staff:
        found.append(text("allocation.missing.staffing", services=", ".join(without_staff)))
    if without_map:
        found.append(text("allocation.missing.map_number", count=number(without_map)))
    if not inputs.budget:
        found.append(text("allocation.missing.budget"))
    return found
