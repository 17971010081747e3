"""The demonstration set of the options: money, posts, caps and ways that nobody has measured or decided.

Made from ``data/demo/options.yaml`` with a seed of its own, so that it fits the gaps of a planning year; everything
made from it carries the status ``demonstration``.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ossu_analysis.capacity.access import seat_distances_km
from ossu_analysis.draws import stream
from ossu_analysis.inputs import Strict, parse_file
from ossu_analysis.proposal.allocation.inputs import INPUTS, OptionInputs
from ossu_analysis.store import Store
from ossu_analysis.texts import number, percent, text

MINUTES_OF_HOUR = 60


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
        ``gap.service_gap`` of one year: municipality_code, service_code, places, demand_median, map_number.
    municipality : DataFrame
        ``reference.municipality``.
    """
    costs = {code: service.unit_cost for code, service in settings.services.items()}
    staff = {code: service.staff for code, service in settings.services.items()}
    rows = gap[gap["service_code"].isin(costs)].merge(municipality[["municipality_code", "oblast_code"]])
    rows = rows.sort_values(["service_code", "municipality_code"], ignore_index=True)
    places, demand = (rows[name].astype("float64").fillna(0.0) for name in ("places", "demand_median"))
    rows = rows.assign(places=places, missing=(demand - places).clip(lower=0), wanted=demand)
    sources = _made_up_sources(settings)
    return OptionInputs(
        unit_cost=costs,
        staff_per_user=staff,
        smallest_unit={code: service.smallest_unit for code, service in settings.services.items()},
        map_number=_map_numbers(settings, rows, sources["map_number"]),
        budget=_ceilings(rows, costs, settings.budget_share),
        staff=_ceilings(rows, staff, settings.staff_share),
        travel=_travel(settings, municipality),
        reach=settings.reach_minutes,
        currency=settings.currency,
        price_year=settings.price_year,
        status=settings.status,
        sources=sources,
    )


def _made_up_sources(settings: DemonstrationOptions) -> dict[str, str]:
    facts: dict[str, Any] = {
        "seed": settings.seed,
        "low": number(settings.map_number.low, 2),
        "high": number(settings.map_number.high, 2),
        "budget_share": percent(settings.budget_share, 0),
        "staff_share": percent(settings.staff_share, 0),
        "terrain": number(settings.travel.terrain_factor, 1),
        "speed": number(settings.travel.speed_kmh),
    }
    return {name: text(f"allocation.source.demonstration.{name}", **facts) for name in INPUTS}


def _map_numbers(settings: DemonstrationOptions, rows: pd.DataFrame, made_up: str) -> pd.DataFrame:
    """The gap's own map number where it has one, so that a run has one number of the map; a made-up one elsewhere."""
    found = []
    for code, service in rows.groupby("service_code"):
        factor = stream(settings.seed, f"map {code}").uniform(
            settings.map_number.low, settings.map_number.high, len(service)
        )
        users = np.maximum(np.rint(service["wanted"] * factor), service["places"])
        known = service["map_number"].astype("float64")
        found.append(
            service[["municipality_code", "service_code"]].assign(
                users=known.fillna(users),
                source=np.where(known.notna(), text("allocation.source.map_number_of_gap"), made_up),
            )
        )
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
