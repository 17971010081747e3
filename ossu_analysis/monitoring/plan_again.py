"""The earlier plan made again, people and services, from what was known in its base year; beside it, what is known now.

Belongs here: which table gives which side of the comparison. Returns of periods that end after the plan's base year
are not known to it; ages of users are not either, for no return of that time gave them. The two counts of disability
of 2021 are newer on purpose: no earlier count of the same kind exists (see `ossu_analysis.demand.group_rate`).
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ossu_analysis.config import RunSettings
from ossu_analysis.demand.chain import DemandModel, planning_years, rates_known_at
from ossu_analysis.demand.draws import DemandDraws
from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.group_rate import DISABILITY_YEAR, by_municipality
from ossu_analysis.demand.need import draw_need
from ossu_analysis.demand.service import fit_services, latest_places, services_of, simulate_services
from ossu_analysis.monitoring.indicator import Compared, Side, indicator_rows
from ossu_analysis.population.age_structure import municipality_age_table
from ossu_analysis.population.bulgaria import age_structure, groups_of_years, write_exposure
from ossu_analysis.population.exposure import exposure_observed
from ossu_analysis.store import Store, quoted

PLAN_YEARS = 5
"""Targets are looked at so many years after the newest base: the length of the plans that this chain serves."""
EVERYBODY = "TG-POP"


@dataclass(frozen=True)
class Plan:
    """A plan's people and demand: draws of persons, and of demand by service, with the places that it knew."""

    exposure: Exposure
    demand: dict[str, DemandDraws]
    places: dict[str, np.ndarray]
    rates: pd.DataFrame


def horizon_of(settings: RunSettings) -> int:
    """Year of the targets that are compared."""
    return min(settings.base_year + PLAN_YEARS, settings.until_year)


def indicator_table(store: Store, model: DemandModel, settings: RunSettings, run_id: str) -> pd.DataFrame:
    """``monitoring.indicator``: every target group and service of the plan of ``past_base_year``.

    Parameters
    ----------
    store : Store
    model : DemandModel
        Of the working tables.
    settings : RunSettings
    run_id : str
    """
    past = settings.past().model_copy(update={"until_year": horizon_of(settings)})
    plan = plan_of(store, model, past)
    rows = [indicator_rows(one, model.levels) for one in _compared(model, plan, settings)]
    table = pd.concat(rows, ignore_index=True)
    return table.assign(base_year=past.base_year, horizon_year=past.until_year, run_id=run_id)


def plan_of(store: Store, model: DemandModel, past: RunSettings) -> Plan:
    """The plan as it would have been made in its base year.

    Parameters
    ----------
    store : Store
    model : DemandModel
        Gives areas and code lists; of its returns only those up to the base year are used.
    past : RunSettings
        With the earlier base year.
    """
    exposure, rates = _people(store, model, past)
    returns = model.returns[model.returns["year"] <= past.base_year]
    if returns.empty:
        return Plan(exposure, {}, {}, rates)
    services = services_of(returns, store.read("reference", "service"))
    fits = fit_services(services, returns, exposure, model.municipality)
    drawn = simulate_services(services, fits, exposure, planning_years(past), past.seed)
    places = {one.code: latest_places(returns, one.code, exposure.areas) for one in services}
    return Plan(exposure, {one.service_code: one for one in drawn}, places, rates)


def _people(store: Store, model: DemandModel, past: RunSettings) -> tuple[Exposure, pd.DataFrame]:
    """Persons of every group as seen from the base year, and the rates by which some groups are counted."""
    ages = municipality_age_table(age_structure(store, past.base_year))
    years = ages["year"].unique()
    observed = exposure_observed(ages, groups_of_years(store, years, past.base_year))
    areas = model.exposure.areas
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/exposure_draw.parquet"
        write_exposure(store, past, path)
        bare = Exposure(areas, observed, f"select * from read_parquet({quoted(path)})")
        bare.keep()
    year = np.array([max(DISABILITY_YEAR, past.base_year)])
    persons = {group: float(bare.past(group, year).sum()) for group in observed["target_group"].unique()}
    rates = by_municipality(rates_known_at(store, past.base_year, persons), model.municipality)
    bare.rates = rates
    return bare, rates


def _compared(model: DemandModel, plan: Plan, settings: RunSettings) -> Iterator[Compared]:
    year, base, horizon = settings.base_year, settings.past_base_year, horizon_of(settings)
    for group in sorted(set(plan.rates["target_group"]) & set(model.rates["target_group"])):
        yield _group(model, plan, group, (base, year, horizon), settings.seed)
    reported = model.returns.loc[model.returns["year"] <= year, "year"].max()
    if plan.demand and reported > base:
        now = planning_years(settings)[[0, horizon - year]]
        drawn = simulate_services(model.services, model.fits, model.exposure, now, settings.seed)
        for one in drawn:
            if one.service_code in plan.demand:
                yield _service(model, plan, one, (base, int(reported), horizon))


def _group(model: DemandModel, plan: Plan, group: str, years: tuple[int, int, int], seed: int) -> Compared:
    base, year, horizon = years
    # Both sides count the people at the plan's rates, so that what a survey found since is a cause of its own.
    today = replace(model.exposure, rates=plan.rates) if _of_survey(plan.rates, group) else model.exposure
    expected, came = _sides(plan.exposure, today, group, base, year)
    now = model.exposure.past(group, np.array([year]))[:, 0].astype(float)
    came = replace(came, demand=now, figure=now)
    drawn = draw_need(group, plan.rates, plan.exposure, np.array([year, horizon]), seed)
    expected = replace(expected, demand=drawn[:, 0].mean(axis=1), figure=drawn[:, 0].mean(axis=1))
    new = draw_need(group, model.rates, model.exposure, np.array([horizon]), seed)[:, 0]
    bases = expected.exposed_base, came.exposed_base
    return Compared("group", group, "estimated", year, expected, came, drawn[:, 0], drawn[:, 1], new, *bases)


def _of_survey(rates: pd.DataFrame, group: str) -> bool:
    return bool((rates.loc[rates["target_group"] == group, "standard_error"] > 0).any())


def _service(model: DemandModel, plan: Plan, ahead: DemandDraws, years: tuple[int, int, int]) -> Compared:
    base, year, horizon = years
    code = ahead.service_code
    service = next(one for one in model.services if one.code == code)
    then = plan.demand[code]
    at = {int(one): position for position, one in enumerate(then.years)}
    served = np.minimum(then.persons, plan.places[code].astype(np.float32)[:, None, None])
    expected, came = _sides(plan.exposure, model.exposure, service.exposed_group, base, year)
    users, waiting = (_reported(model.returns, code, year, name, model.exposure.areas) for name in ("users", "waiting"))
    asked, used = (draws[:, at[year]].mean(axis=1).astype(float) for draws in (then.persons, served))
    expected, came = replace(expected, demand=asked, figure=used), replace(came, demand=users + waiting, figure=users)
    places = latest_places(model.returns, code, model.exposure.areas).astype(np.float32)
    new = np.minimum(ahead.persons[:, -1], places[:, None])
    old_base = _reported(model.returns, code, base, "users", model.exposure.areas)
    draws = served[:, at[year]], served[:, at[horizon]], new
    return Compared("service", code, service.status, year, expected, came, *draws, old_base, old_base)


def _sides(then: Exposure, now: Exposure, group: str, base: int, year: int) -> tuple[Side, Side]:
    """People on both sides; as indicator, the persons of the group."""
    years = np.array([base, year])
    sides = []
    for exposure in (then, now):
        population, exposed = (exposure.past(one, years).astype(float) for one in (EVERYBODY, group))
        sides.append(
            Side(population[:, 1], exposed[:, 1], population[:, 0], exposed[:, 0], exposed[:, 1], exposed[:, 1])
        )
    return sides[0], sides[1]


def _reported(returns: pd.DataFrame, code: str, year: int, name: str, areas: np.ndarray) -> np.ndarray:
    """A figure of the returns of one year: 0 without the service, NaN where it is not reported."""
    rows = returns[returns["service_code"].eq(code) & returns["year"].eq(year)].set_index("area_code")
    return np.where(pd.Index(areas).isin(rows.index), rows[name].reindex(areas), 0.0).astype(float)
