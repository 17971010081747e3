"""From working tables to demand tables: what the assets, the gap and the notebooks call.

Belongs here: which table feeds which step and the order of the services. Arithmetic is in the modules named.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.config import RunSettings
from ossu_analysis.demand.age_weights import Ask, read_weights
from ossu_analysis.demand.draws import DemandDraws
from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.forecast import Level, bulgarian_levels
from ossu_analysis.demand.group_rate import DISABILITY_YEAR, SOURCES, by_municipality, group_rates
from ossu_analysis.demand.need import need_chunks
from ossu_analysis.demand.service import (
    Service,
    fit_services,
    forecast_service,
    latest_places,
    ordered_areas,
    services_of,
    simulate_services,
    yearly_returns,
)
from ossu_analysis.demand.use_rate import UseRate
from ossu_analysis.demand.waiting import waiting_rows
from ossu_analysis.store import Store

_READ = (
    "reference.municipality",
    "reference.oblast",
    "reference.service",
    "demand.group_rate",
    "capacity.by_residence",
)


@dataclass
class DemandModel:
    """Everything that the demand of services is computed from, read once.

    Attributes
    ----------
    municipality, oblast, returns : DataFrame
        Code lists, and ``capacity.by_residence`` as returns by year.
    rates : DataFrame
        ``demand.group_rate`` spread to municipalities.
    exposure : Exposure
        Persons exposed, observed and drawn.
    services : list of Service
    """

    municipality: pd.DataFrame
    oblast: pd.DataFrame
    returns: pd.DataFrame
    rates: pd.DataFrame
    exposure: Exposure
    services: list[Service]

    @classmethod
    def of_store(cls, store: Store) -> "DemandModel":
        """Read the working tables of a project."""
        municipality, oblast = store.read("reference", "municipality"), store.read("reference", "oblast")
        rates = by_municipality(store.read("demand", "group_rate"), municipality)
        returns = yearly_returns(store.read("capacity", "by_residence"))
        exposure = Exposure.of_store(store, ordered_areas(municipality), rates)
        services = services_of(returns, store.read("reference", "service"))
        if store.has("collection", "user_profile"):
            services = _by_age(store.sql, exposure.areas, rates, services)
        return cls(municipality, oblast, returns, rates, exposure, services)

    @classmethod
    def of_warehouse(cls, db: Any, service_code: str) -> "DemandModel":
        """Read one service from the ``ossu.duckdb`` of a finished run, already open as ``db``."""
        table = {name: db.sql(f"select * from {name}").df() for name in _READ}
        municipality, service = table["reference.municipality"], table["reference.service"]
        rates = by_municipality(table["demand.group_rate"], municipality)
        returns = yearly_returns(table["capacity.by_residence"])
        services = [one for one in services_of(returns, service) if one.code == service_code]
        groups = {one.exposed_group for one in services}
        groups |= set(rates.loc[rates["target_group"].isin(groups), "base_group"])
        observed, drawn = (
            db.execute(
                f"select * from population.{name} where list_contains($groups, target_group)", {"groups": list(groups)}
            ).df()
            for name in ("exposure_observed", "exposure_draw")
        )
        exposure = Exposure(ordered_areas(municipality), observed, drawn, rates)
        # Runs made before returns could give ages have no such table.
        if db.sql("select 1 from duckdb_tables() where table_name = 'user_profile'").fetchall():
            services = _by_age(lambda query, *_: db.sql(query).df(), exposure.areas, rates, services)
        return cls(municipality, table["reference.oblast"], returns, rates, exposure, services)

    @cached_property
    def fits(self) -> list[UseRate]:
        """Rates of use of every service."""
        return fit_services(self.services, self.returns, self.exposure, self.municipality)

    @property
    def levels(self) -> list[Level]:
        """Municipality, oblast, region, country."""
        return bulgarian_levels(self.exposure.areas, self.municipality, self.oblast)

    def draws(self, settings: RunSettings) -> Iterator[DemandDraws]:
        """Joint draws of demand, one service at a time, for the base year and the years ahead."""
        return simulate_services(self.services, self.fits, self.exposure, planning_years(settings), settings.seed)


def _by_age(ask: Ask, areas: np.ndarray, rates: pd.DataFrame, services: list[Service]) -> list[Service]:
    """Services with the weights of their users' ages, where returns give those."""
    weights = read_weights(ask, areas, rates, {service.code: service.exposed_group for service in services})
    return [replace(service, weights=weights.get(service.code)) for service in services]


class KeptModel:
    """The model that the tables of one run share, with its fits and draws: read again when a table of it has changed.

    Whoever runs the chain makes one and passes it on; it holds some 200 MB of draws for as long as it lives.
    """

    def __init__(self) -> None:
        self._model: DemandModel | None = None
        self._stamp: object = None

    def of(self, store: Store) -> DemandModel:
        """The model of the store's tables as they are now."""
        names = [*_READ, "population.exposure_observed", "population.exposure_draw"]
        names += ["collection.user_profile"] if store.has("collection", "user_profile") else []
        stamp = store.root, store.stamp(*(name.partition(".")[::2] for name in names))
        if self._model is None or self._stamp != stamp:
            self._model, self._stamp = DemandModel.of_store(store), stamp
        return self._model


def rates_of_groups(store: Store, base_year: int) -> pd.DataFrame:
    """``demand.group_rate`` from working tables."""
    return rates_known_at(store, base_year, _persons_of_country(store, DISABILITY_YEAR))


def rates_known_at(store: Store, base_year: int, persons: Mapping[str, float]) -> pd.DataFrame:
    """Rates of target groups by what was published up to a base year.

    Parameters
    ----------
    store : Store
    base_year : int
    persons : mapping of str to float
        Persons of the country in every group of ages in the year of the disability count.
    """
    tables = {name: store.read("sources", name) for name in SOURCES}
    census = tables["census_age"].query(f"area_code == 'BG' and age_from == 0 and census_year == {DISABILITY_YEAR}")
    total = (
        census.loc[census["age_to"].isna(), "persons"] if base_year > DISABILITY_YEAR else census.iloc[:0]["persons"]
    )
    # Stocks that had not taken the census in count more people than it; once they have, its own total is the measure.
    scale = float(total.sum()) / persons["TG-POP"] if len(total) else 1.0
    counted = {group: scale * count for group, count in persons.items()}
    return group_rates(tables, store.read("reference", "municipality"), counted, base_year)


def _persons_of_country(store: Store, year: int) -> dict[str, float]:
    """Persons of every group in the country in a year, or the last year before it: observed, or the mean of draws."""
    rows = store.sql(
        f"""with every as (
          select year, target_group, sum(persons) as persons from population.exposure_observed group by all
          union all
          select year, target_group, sum(persons) / (max(draw) + 1) from population.exposure_draw group by all)
        select target_group, persons from every
        where year = (select max(year) from every where year <= {year})""",
        ("population", "exposure_observed"),
        ("population", "exposure_draw"),
    )
    return dict(zip(rows["target_group"], rows["persons"].astype(float), strict=True))


def planning_years(settings: RunSettings) -> np.ndarray:
    """The base year and every year ahead."""
    return np.arange(settings.base_year, settings.until_year + 1)


def write_need(store: Store, model: DemandModel, settings: RunSettings, run_id: str) -> None:
    """Replace ``demand.need_forecast``."""
    people, years = replace(model.exposure, rates=None), planning_years(settings)
    chunks = need_chunks(model.rates, people, years, model.levels, settings.seed, run_id, settings.scenario)
    store.write_chunks("demand", "need_forecast", chunks)


def waiting_table(model: DemandModel, settings: RunSettings) -> pd.DataFrame:
    """``demand.waiting_time``: the wait in the base year, of every service whose returns tell how long people stay."""
    year = np.array([settings.base_year])
    drawn = simulate_services(model.services, model.fits, model.exposure, year, settings.seed)
    rows = [
        waiting_rows(one, fitted, service, latest_places(model.returns, service.code, model.exposure.areas))
        for one, fitted, service in zip(drawn, model.fits, model.services, strict=True)
    ]
    return pd.concat(rows, ignore_index=True)


def simulate_into(
    store: Store, model: DemandModel, settings: RunSettings, run_id: str, tables: Collection[str]
) -> None:
    """Write ``demand_forecast``, ``use_forecast`` and ``above_places``, those asked for, in one pass over services."""
    import pyarrow as pa

    from ossu_analysis.store import write_side_by_side

    by_code = {service.code: service for service in model.services}

    def chunks() -> Iterator[dict[str, pa.Table]]:
        for drawn in model.draws(settings):
            places = latest_places(model.returns, drawn.service_code, model.exposure.areas)
            made = forecast_service(drawn, by_code[drawn.service_code], places, model.levels, run_id, settings.scenario)
            tables_of_service = {
                "demand_forecast": made.demand,
                "use_forecast": made.use,
                "above_places": pa.Table.from_pandas(made.above_places, preserve_index=False),
            }
            yield {name: rows for name, rows in tables_of_service.items() if name in tables}

    write_side_by_side(store, "demand", chunks())
