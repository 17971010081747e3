"""From the tables of the chain to forecasts of every service: the one way that assets, notebooks and the gap call.

Belongs here: which table gives what, status and wording of the result. No estimation.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ossu_analysis.demand.age_weights import AgeWeights
from ossu_analysis.demand.draws import DemandDraws, demand_draws
from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.forecast import Labels, Level, forecast_chunk
from ossu_analysis.demand.panel import Panel, grid
from ossu_analysis.demand.use_rate import UseRate, fit_all, fit_table
from ossu_analysis.status import weakest
from ossu_analysis.texts import text

if TYPE_CHECKING:
    import pyarrow as pyarrow_types

FEW = 20.0
"""Expected users below which a rate is mainly the oblast's, and is flagged so: a count has noise above a fifth."""


@dataclass(frozen=True)
class Service:
    """One service with returns: what its use is measured against, and what its figures are."""

    code: str
    exposed_group: str
    status: str
    weights: AgeWeights | None = field(default=None, compare=False, repr=False)

    def weighted(self, persons: np.ndarray, years: np.ndarray) -> np.ndarray:
        """Exposed persons (areas, years) or (areas, years, draws) by the ages of users, where returns give those."""
        if self.weights is None:
            return persons
        factors = self.weights.of_years(years).astype(persons.dtype)
        return persons * factors.reshape(*factors.shape, *[1] * (persons.ndim - 2))


def ordered_areas(municipality: pd.DataFrame) -> np.ndarray:
    """Municipality codes in the order of every array of this link: by oblast, then code."""
    return municipality.sort_values(["oblast_code", "municipality_code"])["municipality_code"].to_numpy(str)


def yearly_returns(capacity: pd.DataFrame) -> pd.DataFrame:
    """``capacity.by_residence`` as returns by year: the last period that ends in a year stands for it.

    Residents who are served elsewhere while their municipality has no service of its own say nothing of demand:
    municipalities of whom nobody is served are not in the ledger, and a rate learnt from the others alone would be too
    high. Their places stay, their users are unknown. Places without staff serve nobody: where posts and filled posts
    are reported, `places` are those that staff allows.
    """
    rows = capacity.assign(year=capacity["period_end"].str[:4].astype(int)).sort_values("period_end")
    rows = rows.drop_duplicates(["municipality_code", "service_code", "year"], keep="last")
    figures = {name: rows[name].astype(float) for name in ("places", "occupied", "waiting")}
    staffed = (rows["staff_filled"].astype(float) / rows["staff_posts"].astype(float)).clip(upper=1.0).fillna(1.0)
    figures["occupied"] = figures["occupied"].where(rows["has_service"])
    usable = np.maximum(np.floor(figures["places"] * staffed + 1e-9), figures["occupied"].clip(upper=figures["places"]))
    return pd.DataFrame(
        {
            "area_code": rows["municipality_code"],
            "service_code": rows["service_code"],
            "year": rows["year"],
            "users": figures["occupied"],
            "places": usable,
            "nominal_places": figures["places"],
            "waiting": figures["waiting"],
            "status": rows["status"],
        }
    ).reset_index(drop=True)


def services_of(returns: pd.DataFrame, service: pd.DataFrame) -> list[Service]:
    """Services that have returns and a group to be measured against, ordered by that group (its draws are read once).

    Parameters
    ----------
    returns : pandas.DataFrame
        Of `yearly_returns`.
    service : pandas.DataFrame
        ``reference.service``: ``service_code, exposed_group``.
    """
    group = service.dropna(subset="exposed_group").set_index("service_code")["exposed_group"]
    found = []
    for code, rows in returns.groupby("service_code"):
        if code in group.index:
            found.append(Service(str(code), str(group[code]), weakest([*rows["status"].unique(), "forecast"])))
    return sorted(found, key=lambda one: (one.exposed_group, one.code))


def service_panel(service: Service, returns: pd.DataFrame, exposure: Exposure, municipality: pd.DataFrame) -> Panel:
    """Panel of one service over all municipalities and the years of its returns."""
    rows = returns[returns["service_code"] == service.code]
    years = np.arange(rows["year"].min(), rows["year"].max() + 1)
    oblast = municipality.set_index("municipality_code")["oblast_code"].reindex(exposure.areas).to_numpy(str)
    parent_codes, parents = np.unique(oblast, return_inverse=True)
    persons = service.weighted(exposure.past(service.exposed_group, years), years)
    figures = {name: grid(rows, name, exposure.areas, years) for name in ("users", "places", "waiting")}
    return Panel(service.code, exposure.areas, parents, parent_codes, years, persons, **figures)


def fit_services(
    services: Sequence[Service], returns: pd.DataFrame, exposure: Exposure, municipality: pd.DataFrame
) -> list[UseRate]:
    """Fit every service, in their order; years of a demonstration show no trend of the rate."""
    fits = fit_all([service_panel(service, returns, exposure, municipality) for service in services])
    return [
        replace(fitted, shows_trend=service.status != "demonstration")
        for service, fitted in zip(services, fits, strict=True)
    ]


def simulate_services(
    services: Sequence[Service],
    fits: Iterable[UseRate],
    exposure: Exposure,
    years: np.ndarray,
    seed: int,
) -> Iterator[DemandDraws]:
    """Joint draws of the demand for every service, one in memory at a time; what the link ``gap`` reads."""
    by_code = {service.code: service for service in services}

    def exposed(code: str, wanted: np.ndarray) -> np.ndarray:
        return by_code[code].weighted(exposure.path(by_code[code].exposed_group, wanted), wanted)

    return demand_draws(fits, exposed, years, seed)


def latest_places(returns: pd.DataFrame, service_code: str, areas: np.ndarray) -> np.ndarray:
    """Places by the last return: 0 without the service, the users where places are not reported."""
    rows = returns[(returns["service_code"] == service_code) & (returns["year"] == returns["year"].max())]
    column = "nominal_places" if "nominal_places" in rows else "places"
    places = rows.set_index("area_code")[column].fillna(rows.set_index("area_code")["users"])
    return places.reindex(areas).fillna(0.0).to_numpy(float)


@dataclass(frozen=True)
class ServiceForecast:
    """What is published of one service: Arrow rows of demand and of use, and the chance that demand is above places."""

    demand: "pyarrow_types.Table"
    use: "pyarrow_types.Table"
    above_places: pd.DataFrame


def forecast_service(
    simulated: DemandDraws,
    service: Service,
    places: np.ndarray,
    all_levels: Sequence[Level],
    run_id: str,
    scenario: str = "reference",
) -> ServiceForecast:
    """Publishable rows of one simulated service.

    Use is ``min(demand, places)`` in every draw, with the places of the last return held; turnover within a year is
    not modelled.
    """
    persons, years = simulated.persons, simulated.years
    status = np.full(len(years), service.status)
    labels = [
        Labels(service.code, service.exposed_group, scenario, text(f"demand.method.{kind}"), run_id)
        for kind in ("demand", "use")
    ]
    served = np.minimum(persons, places.astype(np.float32)[:, None, None])
    above = (persons > places[:, None, None]).mean(axis=2)
    return ServiceForecast(
        forecast_chunk(persons, years, all_levels, labels[0], status),
        forecast_chunk(served, years, all_levels, labels[1], status),
        _above_places(above, places, simulated, scenario, service.status),
    )


def _above_places(
    probability: np.ndarray, places: np.ndarray, simulated: DemandDraws, scenario: str, status: str
) -> pd.DataFrame:
    areas, years = simulated.areas, simulated.years
    return pd.DataFrame(
        {
            "municipality_code": np.repeat(areas, len(years)),
            "service_code": simulated.service_code,
            "year": np.tile(years, len(areas)),
            "scenario": scenario,
            "places": np.repeat(places, len(years)),
            "probability": probability.ravel(),
            "status": status,
        }
    )


def use_rate_table(fits: Sequence[UseRate], services: Sequence[Service]) -> pd.DataFrame:
    """``demand.use_rate`` of all services."""
    by_code = {service.code: service for service in services}
    parts = []
    for fitted in fits:
        service = by_code[fitted.panel.service_code]
        table = fit_table(fitted).rename(columns={"area_code": "municipality_code", "parent_code": "oblast_code"})
        expected = table["rate"] * fitted.panel.persons[:, -1]
        few = (expected < FEW) | (table["known_cells"] + table["censored_cells"] == 0)
        status = "demonstration" if service.status == "demonstration" else "estimated"
        method = text("demand.method.use_rate" if service.weights is None else "demand.method.use_rate_by_age")
        table = table.assign(exposed_group=service.exposed_group, pooled=few, method=method, status=status)
        parts.append(table.drop(columns="shape"))
    return pd.concat(parts, ignore_index=True)
