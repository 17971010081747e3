"""From the tables of the gap to decisions: which services are decided where, closing homes by year, hosts of the small.

Services of the municipal level and of the council's budget are decided in each municipality, those of the oblast level
in the oblast, the country's in the country. The rules are in `decision`, who serves the small in `hosts`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.proposal.decision import Decision, Outlook, Situation, Terms, decide
from ossu_analysis.proposal.hosts import Hosting, Key, Network
from ossu_analysis.reference.services import closing_services

LAST_YEAR_OF_MAP = 2034
"""Services in the map are to be created, and homes to be closed, by 1 January 2035 (ЗСУ § 32-34)."""

LEVEL_OF = {
    "municipal": "municipality", "municipal_budget": "municipality", "oblast": "oblast", "unknown": "oblast",
    "legacy": "oblast", "country": "country",
}  # fmt: skip
"""Where a service of each planning level is decided; a level that has not been read in the ordinance, in the oblast."""


@dataclass(frozen=True)
class Plan:
    """Decisions by area and service, with what they were made from.

    Attributes
    ----------
    terms : Terms
    situations : mapping of Key to Situation
    by_rules, decisions : mapping of Key to Decision
        Before and after the small have found their hosts and experts have spoken.
    hosts : mapping of Key to str
        Municipality that serves the people of an area without a service of its own.
    ways : mapping of Key to float
        How far that is, in kilometres or minutes.
    guests : mapping of Key to int
        People of other areas that a host takes.
    homes : DataFrame
        Closing homes: municipality_code, oblast_code, service_code, replaced_by, residents, places, year.
    seats : mapping of (oblast, service) to str
        Municipality that each service of an oblast is in, or would be.
    groups : DataFrame
        How good each grouping is proved to be, as table ``proposal.cluster`` without its status.
    unit_of_way : str
        Of ``ways``, for people.
    """

    terms: Terms
    situations: Mapping[Key, Situation]
    by_rules: Mapping[Key, Decision]
    decisions: Mapping[Key, Decision]
    hosts: Mapping[Key, str]
    ways: Mapping[Key, float]
    guests: Mapping[Key, int]
    homes: pd.DataFrame
    seats: Mapping[Key, str]
    groups: pd.DataFrame
    unit_of_way: str


def planning_year(years: Sequence[int]) -> int:
    """Year that proposals look to: the last one before the map's deadline of 1 January 2035."""
    return min(max(years), LAST_YEAR_OF_MAP)


def plan_years(years: Sequence[int], next_year: int) -> tuple[int, ...]:
    """Years of a plan: the next one, the third from it and the horizon, as far as they are ahead of the base year.

    Parameters
    ----------
    years : sequence of int
        Years of the gap; the first one is the base year.
    next_year : int
        Year of the next yearly plan.
    """
    horizon = planning_year(years)
    first = min(max(next_year, min(years) + 1), horizon)
    return tuple(sorted({first, min(first + 2, horizon), horizon}))


def closing_homes(capacity: pd.DataFrame, service: pd.DataFrame, oblast_of: Mapping[str, str], terms: Terms,
                  lead_years: Mapping[str, int]) -> pd.DataFrame:  # fmt: skip
    """Homes that must close, each with the year by whose end its residents have moved.

    Smaller homes first, spread over the years in which the replacement can be open; the last one moves in the last year
    before the deadline.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    service : DataFrame
        ``reference.service``.
    oblast_of : mapping of str to str
        Oblast of each municipality.
    terms : Terms
    lead_years : mapping of str to int
        Of the services that replace.
    """
    closing = closing_services(service)
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    homes = capacity[capacity["period_end"].eq(last) & capacity["service_code"].isin(list(closing))]
    homes = homes.assign(
        oblast_code=homes["municipality_code"].map(oblast_of),
        replaced_by=homes["service_code"].map(closing),
        residents=homes["occupied"].fillna(homes["places"]).astype(int),
        places=homes["places"].fillna(0).astype(int),
    ).sort_values(["oblast_code", "replaced_by", "residents", "municipality_code"])
    grouped = homes.groupby(["oblast_code", "replaced_by"])["municipality_code"]
    rank, count = grouped.cumcount() + 1, grouped.transform("size")
    lead = homes["replaced_by"].map(lead_years).astype(float).fillna(1.0)
    first = np.minimum(terms.years[0] + lead - 1, terms.years[-1])
    year = (first + np.ceil((terms.years[-1] - first) * rank / count)).astype(int)
    kept = ["municipality_code", "oblast_code", "service_code", "replaced_by", "residents", "places", "status"]
    return homes[kept].assign(year=year).reset_index(drop=True)


@dataclass(frozen=True)
class Known:
    """What decisions rest on beside the gap, by area and service; absent where it is not known.

    Attributes
    ----------
    empty_months : mapping
        Months without users.
    staffed : mapping
        Places that the filled posts can serve.
    money : mapping
        Users that the money of the area pays.
    own : mapping
        Experts' own numbers.
    agreed : mapping
        Municipality that an expert names as host.
    """

    empty_months: Mapping[Key, int] = field(default_factory=dict)
    staffed: Mapping[Key, int] = field(default_factory=dict)
    money: Mapping[Key, float] = field(default_factory=dict)
    own: Mapping[Key, int] = field(default_factory=dict)
    agreed: Mapping[Key, str] = field(default_factory=dict)


def make_plan(
    areas: pd.DataFrame, homes: pd.DataFrame, known: Known, unit_size: pd.DataFrame, network: Network,
    seats: Mapping[Key, str], lived_in: Collection[str], terms: Terms, occupancy_target: float,
) -> Plan:  # fmt: skip
    """Decide every service in every area.

    Parameters
    ----------
    areas : DataFrame
        Rows of the gap in the years of the plan, each at the level where its service is decided: area_code,
        oblast_code, service_code, planning_level, year and the numbers of the gap.
    homes : DataFrame
        From `closing_homes`.
    known : Known
    unit_size : DataFrame
        ``reference.unit_size``.
    network : Network
    seats : mapping of (oblast, service) to str
        Municipality that each service of an oblast is in, or would be.
    lived_in : collection of str
        Services in which people live: nobody travels to them every day, so that an oblast may join another.
    terms : Terms
    occupancy_target : float

    Raises
    ------
    OssuError
        ``proposal.reach_not_positive``.
    """
    if not network.reach > 0:
        raise OssuError("proposal.reach_not_positive", reach=network.reach)
    sizes = {row["service_code"]: _named(row) for row in unit_size.to_dict("records")}
    moving = {
        (str(oblast), str(service)): {
            year: int(rows.loc[rows["year"] <= year, "residents"].sum()) for year in terms.years
        }
        for (oblast, service), rows in homes.groupby(["oblast_code", "replaced_by"])
    }
    situations = {
        key: _situation(key, rows, sizes.get(key[1], {}), moving.get(key, {}), known, occupancy_target)
        for key, rows in _by_key(areas)
    }
    # What must replace a home may not be there at all yet.
    for key, people in moving.items():
        if key not in situations:
            nobody = dict.fromkeys(terms.years, Outlook(0.0, 0.0))
            situations[key] = Situation(nobody, moving=people, **_unit(sizes.get(key[1], {})))
    by_rules = {key: decide(about, terms) for key, about in situations.items()} | _closing_paths(homes, terms)
    hosting = Hosting(situations, dict(by_rules), sizes, known.own, known.agreed, terms)
    local = areas["planning_level"].map(LEVEL_OF).eq("municipality")
    hosting.municipalities(sorted(areas.loc[local, "service_code"].unique()), network)
    hosting.oblasts(sorted(set(areas.loc[~local, "service_code"]) & set(lived_in)), seats, network)
    hosting.leave()
    return Plan(terms, situations, by_rules, hosting.decisions, hosting.hosts, hosting.ways, hosting.guests, homes,
                seats, pd.DataFrame(hosting.groups), network.unit)  # fmt: skip


def _by_key(areas: pd.DataFrame) -> Iterator[tuple[Key, list[dict[str, Any]]]]:
    rows: dict[Key, list[dict[str, Any]]] = {}
    for record in areas.to_dict("records"):
        row = _named(record)
        rows.setdefault((row["area_code"], row["service_code"]), []).append(row)
    yield from rows.items()


def _situation(
    key: Key, rows: list[dict[str, Any]], unit: Mapping[str, Any], moving: Mapping[int, int], known: Known,
    target: float,
) -> Situation:  # fmt: skip
    last = max(rows, key=lambda row: row["year"])
    is_known = not pd.isna(last["places"]) and not pd.isna(last["demand_planned"])
    return Situation(
        outlook={row["year"]: _outlook(row, target) for row in rows} if is_known else {},
        elsewhere=_float(last.get("places_elsewhere")) or 0.0,
        places=None if pd.isna(last["places"]) else int(last["places"]),
        occupied=_count(last["occupied"]), waiting=_count(last["waiting"]), empty_months=known.empty_months.get(key),
        criterion=_float(last["criterion_maximum"]), map_number=_float(last["map_number"]),
        money=known.money.get(key), staffed=known.staffed.get(key),
        moving=moving, is_council_choice=last["planning_level"] == "municipal_budget",
        must_close=last["planning_level"] == "legacy", **_unit(unit),
    )  # fmt: skip


def _unit(unit: Mapping[str, Any]) -> dict[str, Any]:
    sizes = ("smallest", "largest", "lead_years")
    return {name: int(unit[name]) for name in sizes if name in unit and not pd.isna(unit[name])}


def _outlook(row: Mapping[str, Any], target: float) -> Outlook:
    """Demand as places in the area itself: those that residents have elsewhere are not needed, those of guests are."""
    elsewhere = float(row["places_for_residents"]) - float(row["places"])
    planned, high, low = (float(row[f"demand_{name}"]) / target - elsewhere for name in ("planned", "high", "low"))
    base = float(row["demand_planned_base"])
    return Outlook(planned, high, float(row["demand_planned"]) / base if base > 0 else 1.0, low)


def _named(record: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in record.items()}


def _float(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _count(value: Any) -> int:
    return 0 if pd.isna(value) else int(value)


def _closing_paths(homes: pd.DataFrame, terms: Terms) -> dict[Key, Decision]:
    """Places of closing homes that are left at the end of each year of the plan."""
    return {
        (str(oblast), str(service)): Decision(
            "transform", {year: int(rows.loc[rows["year"] > year, "places"].sum()) for year in terms.years},
            "closing_home",
        )
        for (oblast, service), rows in homes.groupby(["oblast_code", "service_code"])
    }  # fmt: skip


def seats_of_oblasts(service_gap: pd.DataFrame, homes: pd.DataFrame, municipality: pd.DataFrame) -> dict[Key, str]:
    """The municipality that a service of each oblast is in: most places today, else residents to move, else demand.

    Parameters
    ----------
    service_gap : DataFrame
        ``gap.service_gap`` of one year.
    homes : DataFrame
        From `closing_homes`.
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code.
    """
    towns = service_gap.merge(municipality[["municipality_code", "oblast_code"]])
    there = towns[towns["places"].gt(0)].rename(columns={"places": "weight"}).assign(rank=0)
    old = homes.assign(service_code=homes["replaced_by"], weight=homes["residents"], rank=1)
    asked = towns.dropna(subset=["demand_planned"]).rename(columns={"demand_planned": "weight"}).assign(rank=2)
    names = ["oblast_code", "service_code", "municipality_code", "rank", "weight"]
    every = pd.concat([rows[names].astype({"weight": float}) for rows in (there, old, asked)], ignore_index=True)
    order = every.sort_values(["rank", "weight", "municipality_code"], ascending=[True, False, True])
    first = order.drop_duplicates(["oblast_code", "service_code"])
    keys = zip(first["oblast_code"], first["service_code"], strict=True)
    return dict(zip(keys, first["municipality_code"], strict=True))


def staffed_places(capacity: pd.DataFrame, oblast_of: Mapping[str, str]) -> dict[Key, int]:
    """Places that the filled posts can serve, by municipality and service and summed by oblast; absent without posts.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    oblast_of : mapping of str to str
        Oblast of each municipality.
    """
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    rows = capacity[capacity["period_end"].eq(last) & capacity["staff_posts"].gt(0) & capacity["places"].notna()]
    share = (rows["staff_filled"].astype(float) / rows["staff_posts"].astype(float)).clip(upper=1.0)
    usable = np.floor(rows["places"].astype(float) * share + 1e-9)
    # A full service is staffed, whatever its posts say.
    rows = rows.assign(staffed=np.maximum(usable, rows["occupied"].astype(float).fillna(0.0)))
    rows = rows.dropna(subset=["staffed"]).assign(oblast_code=rows["municipality_code"].map(oblast_of))
    places = dict[Key, int]()
    for area in ("municipality_code", "oblast_code"):
        sums = rows.groupby([area, "service_code"])["staffed"].sum().reset_index()
        places |= {(row[area], row["service_code"]): int(row["staffed"]) for row in sums.to_dict("records")}
    return places


def months_without_users(capacity: pd.DataFrame) -> dict[Key, int]:
    """Months without users by municipality and service of the last period; absent where it has users.

    As the return says; else the time between the ends of the periods in a row that end without users. One such end
    alone says nothing of how long, and stays absent.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    """
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    months: dict[Key, int] = {}
    empty = capacity[capacity["is_empty"] & capacity["period_end"].eq(last)]
    histories = capacity.merge(empty[["municipality_code", "service_code"]]).sort_values("period_end", ascending=False)
    for (town, service), rows in histories.groupby(["municipality_code", "service_code"], sort=False):
        said, in_a_row = rows["empty_months"].iloc[0], int(rows["is_empty"].cumprod().sum())
        if not pd.isna(said):
            months[str(town), str(service)] = int(said)
        elif in_a_row > 1:
            ends = pd.to_datetime(rows["period_end"])
            months[str(town), str(service)] = round((ends.iloc[0] - ends.iloc[in_a_row - 1]).days / 30.44)
    return months
