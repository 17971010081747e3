"""From the tables of the gap to decisions: which services are decided where, closing homes by year, hosts of the small.

Services of the municipal level and of the council's budget are decided in each municipality, those of the oblast level
in the oblast, the country's in the country. The rules are in `decision`, the grouping of small needs in `clusters`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.capacity.access import Ways
from ossu_analysis.errors import OssuError
from ossu_analysis.proposal.clusters import group
from ossu_analysis.proposal.decision import Decision, Outlook, Situation, Terms, decide, with_guests
from ossu_analysis.reference.services import closing_services

LAST_YEAR_OF_MAP = 2034
"""Services in the map are to be created, and homes to be closed, by 1 January 2035 (ЗСУ § 32-34)."""

LEVEL_OF = {
    "municipal": "municipality", "municipal_budget": "municipality", "oblast": "oblast", "unknown": "oblast",
    "legacy": "oblast", "country": "country",
}  # fmt: skip
"""Where a service of each planning level is decided; a level that has not been read in the ordinance, in the oblast."""

Key = tuple[str, str]
"""Area and service."""


@dataclass(frozen=True)
class Plan:
    """Decisions by area and service, with what they were made from.

    Attributes
    ----------
    terms : Terms
    situations, decisions : mapping of (area, service)
    hosts : mapping of (municipality, service) to str
        Who serves the people of a municipality that has no service of its own.
    guests : mapping of (municipality, service) to int
        People of other municipalities that a host takes.
    homes : DataFrame
        Closing homes: municipality_code, oblast_code, service_code, replaced_by, residents, places, year.
    gap : float
        The largest distance of a grouping from its bound.
    """

    terms: Terms
    situations: Mapping[Key, Situation]
    decisions: Mapping[Key, Decision]
    hosts: Mapping[Key, str]
    guests: Mapping[Key, int]
    homes: pd.DataFrame
    gap: float


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


def make_plan(
    areas: pd.DataFrame,
    homes: pd.DataFrame,
    empty_months: Mapping[Key, int],
    unit_size: pd.DataFrame,
    ways: Ways,
    reach: float,
    codes: Sequence[str],
    overrides: Mapping[Key, int],
    terms: Terms,
    occupancy_target: float,
) -> Plan:
    """Decide every service in every area.

    Parameters
    ----------
    areas : DataFrame
        Rows of the gap in the years of the plan, each at the level where its service is decided: area_code,
        oblast_code, service_code, planning_level, year and the numbers of the gap.
    homes : DataFrame
        From `closing_homes`.
    empty_months : mapping
        Months without users by municipality and service, where known.
    unit_size : DataFrame
        ``reference.unit_size``.
    ways : Ways
        Between municipalities in the order of ``codes``.
    reach : float
        Farthest way to a host.
    overrides : mapping
        Experts' own numbers by area and service: such a service is there, and nobody decides its place again.
    terms : Terms
    occupancy_target : float

    Raises
    ------
    OssuError
        ``proposal.reach_not_positive``.
    """
    if reach <= 0:
        raise OssuError("proposal.reach_not_positive", reach=reach)
    sizes = {str(row["service_code"]): _named(row) for row in unit_size.to_dict("records")}
    moving: dict[Key, dict[int, int]] = {
        (str(key[0]), str(key[1])): {
            year: int(rows.loc[rows["year"] <= year, "residents"].sum()) for year in terms.years
        }
        for key, rows in homes.groupby(["oblast_code", "replaced_by"])
    }
    situations = {
        (area, service): _situation(rows, sizes.get(service, {}), moving.get((area, service), {}),
                                    empty_months.get((area, service)), occupancy_target)
        for (area, service), rows in _by_key(areas)
    }  # fmt: skip
    # What must replace a home may not be there at all yet.
    for key, people in moving.items():
        if key not in situations:
            nobody = dict.fromkeys(terms.years, Outlook(0.0, 0.0))
            situations[key] = Situation(nobody, moving=people, **_unit(sizes.get(key[1], {})))
    made = {key: decide(about, terms) for key, about in situations.items()}
    made |= _closing_paths(homes, terms)
    grouped = _Grouped(situations, made, areas, sizes, ways.way, reach, list(codes), overrides, terms)
    return Plan(terms, situations, grouped.decisions, grouped.hosts, grouped.guests, homes, grouped.gap)


def _by_key(areas: pd.DataFrame) -> Iterator[tuple[Key, list[dict[str, Any]]]]:
    rows: dict[Key, list[dict[str, Any]]] = {}
    for record in areas.to_dict("records"):
        row = _named(record)
        rows.setdefault((row["area_code"], row["service_code"]), []).append(row)
    yield from rows.items()


def _situation(
    rows: list[dict[str, Any]], unit: Mapping[str, Any], moving: Mapping[int, int], empty_months: int | None,
    target: float,
) -> Situation:  # fmt: skip
    last = max(rows, key=lambda row: row["year"])
    known = not pd.isna(last["places"]) and not pd.isna(last["demand_planned"])
    return Situation(
        outlook={row["year"]: _outlook(row, target) for row in rows} if known else {},
        elsewhere=_float(last.get("places_elsewhere")),
        places=None if pd.isna(last["places"]) else int(last["places"]),
        occupied=_count(last["occupied"]), waiting=_count(last["waiting"]), empty_months=empty_months,
        criterion=None if pd.isna(last["criterion_maximum"]) else float(last["criterion_maximum"]),
        moving=moving, is_council_choice=last["planning_level"] == "municipal_budget",
        must_close=last["planning_level"] == "legacy", **_unit(unit),
    )  # fmt: skip


def _unit(unit: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(unit[name]) for name in ("smallest", "lead_years") if name in unit}


def _outlook(row: Mapping[str, Any], target: float) -> Outlook:
    """Demand as places in the area itself: those that residents have elsewhere are not needed, those of guests are."""
    elsewhere = float(row["places_for_residents"]) - float(row["places"])
    planned, high = (float(row[name]) / target - elsewhere for name in ("demand_planned", "demand_high"))
    base = float(row["demand_planned_base"])
    return Outlook(planned, high, float(row["demand_planned"]) / base if base > 0 else 1.0)


def _named(record: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in record.items()}


def _float(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)


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


class _Grouped:
    """Decisions after the small ones have found their hosts, oblast by oblast and service by service."""

    def __init__(
        self,
        situations: Mapping[Key, Situation],
        decisions: Mapping[Key, Decision],
        areas: pd.DataFrame,
        sizes: Mapping[str, Mapping[str, Any]],
        way: np.ndarray,
        reach: float,
        codes: list[str],
        overrides: Mapping[Key, int],
        terms: Terms,
    ) -> None:
        self.situations, self.decisions, self.terms = situations, dict(decisions), terms
        self.way, self.reach, self.place = way, reach, {code: at for at, code in enumerate(codes)}
        self.overrides = overrides
        self.hosts: dict[Key, str] = {}
        self.guests: dict[Key, int] = {}
        self.gap = 0.0
        for key, one in decisions.items():
            if one.kind == "pending" and key[0] not in self.place:
                self.decisions[key] = replace(one, kind="not_proposed")
        local = areas[areas["planning_level"].map(LEVEL_OF).eq("municipality")]
        for (_, service), rows in local.groupby(["oblast_code", "service_code"]):
            self._settle(str(service), sorted(rows["area_code"].unique()), sizes.get(str(service), {}))

    def _settle(self, service: str, towns: list[str], unit: Mapping[str, Any]) -> None:
        made = [self.decisions[town, service] for town in towns]
        persons = [
            self._people(town, service) if one.kind == "pending" else 0 for town, one in zip(towns, made, strict=True)
        ]
        if not any(one.kind == "pending" for one in made):
            return
        there = [(one.places or 0) > 0 or self.overrides.get((town, service), 0) > 0
                 for town, one in zip(towns, made, strict=True)]  # fmt: skip
        at = [self.place[town] for town in towns]
        ways = self.way[np.ix_(at, at)]
        grouping = group(persons, there, ways, self.reach, int(unit.get("smallest", 1)))
        self.gap = max(self.gap, grouping.gap)
        taken = np.zeros(len(towns), dtype=int)
        np.add.at(taken, grouping.host[grouping.host >= 0], np.array(persons)[grouping.host >= 0])
        for number, town in enumerate(towns):
            if made[number].kind == "pending":
                self._place(town, service, towns, int(grouping.host[number]), ways[number], there, unit)
        for number in np.flatnonzero(taken).tolist():
            self._host(towns[number], service, int(taken[number]), persons[number], bool(grouping.opens[number]))

    def _people(self, town: str, service: str) -> int:
        if (town, service) in self.overrides:
            return 0
        return self.situations[town, service].needed(self.terms.years[-1])

    def _place(
        self, town: str, service: str, towns: list[str], host: int, ways: np.ndarray, there: list[bool],
        unit: Mapping[str, Any],
    ) -> None:  # fmt: skip
        none = dict.fromkeys(self.terms.years, 0)
        if host >= 0:
            self.hosts[town, service] = towns[host]
            self.decisions[town, service] = Decision("serve_by_neighbour", none, "too_few")
            return
        nearest = int(np.where(there, ways, np.inf).argmin()) if any(there) else -1
        if unit.get("is_mobile") and nearest >= 0:
            self.hosts[town, service] = towns[nearest]
            self.decisions[town, service] = Decision("mobile_team", none, "out_of_reach")
        else:
            self.decisions[town, service] = Decision("not_proposed", none, "nobody_near")

    def _host(self, town: str, service: str, taken: int, own: int, opens: bool) -> None:
        about = self.situations[town, service]
        made = self.decisions[town, service]
        if opens:
            self.hosts.pop((town, service), None)
            made = Decision("open", dict.fromkeys(self.terms.years, 0), "joint_unit")
            path = {year: max(taken, about.smallest) if self.terms.can_open(year, about.lead_years) else 0
                    for year in self.terms.years}  # fmt: skip
            self.decisions[town, service] = replace(made, path=path)
        elif made.path:
            self.decisions[town, service] = with_guests(about, made, taken, self.terms)
        if taken > own:
            self.guests[town, service] = taken - own


def host_of_oblast(rows: pd.DataFrame, homes: pd.DataFrame) -> str | None:
    """The municipality that an oblast's service is in: most places today, else most residents to move, else demand.

    Parameters
    ----------
    rows : DataFrame
        ``gap.service_gap`` of one service in the oblast's municipalities in one year.
    homes : DataFrame
        Closing homes of the oblast that the service replaces.
    """
    if len(rows) and rows["places"].max() > 0:
        return str(
            rows.sort_values(["places", "municipality_code"], ascending=[False, True])["municipality_code"].iloc[0]
        )
    if len(homes):
        return str(homes.sort_values("residents")["municipality_code"].iloc[-1])
    asked = rows.dropna(subset=["demand_planned"]) if len(rows) else rows
    return None if asked.empty else str(asked.sort_values("demand_planned")["municipality_code"].iloc[-1])


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
