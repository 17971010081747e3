"""Proposal lines: the decision about every service in every area, with its numbers and the sentence that says why.

Parts follow the law: 1, services planned at municipal level (ЗСУ 33(1)); 2, services planned for the whole oblast
(33(2)1) or for the whole country (33(2)2), integrated ones and closing homes among them, from summed draws; 3, services
outside the map, decided by the council (47, 53(3)). A service whose level has not been read in the ordinance stands in
part 2 and says so. ``existing_places + change = proposed_users`` in every line. State money pays no more users than the
map has (43(2)): ``state_funded_users`` are those of the proposal within the map number, and more is said to need a new
map or own money (36, 49(3)).

An expert's own number (``reference.override``) is the decision of its line, with its reason; what the rules alone give
stands beside it (``rule_users``), and a line that would be left out stays when an expert has given a number for it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.gap.formulas import HALF_A_PLACE
from ossu_analysis.gap.standards import Standards
from ossu_analysis.proposal import formulas
from ossu_analysis.proposal.decision import confidence
from ossu_analysis.proposal.hosts import Key
from ossu_analysis.proposal.plan import LEVEL_OF, Plan
from ossu_analysis.proposal.wording import criterion_note, justification, lists_by_area, sources
from ossu_analysis.texts import text

PART_OF_LEVEL = {"municipal": 1, "oblast": 2, "country": 2, "unknown": 2, "legacy": 2, "municipal_budget": 3}


def decided_areas(service_gap: pd.DataFrame, oblast_gap: pd.DataFrame, municipality: pd.DataFrame,
                  years: Collection[int]) -> pd.DataFrame:  # fmt: skip
    """Rows of the gap in the years of the plan, each at the level where its service is decided.

    Parameters
    ----------
    service_gap, oblast_gap : DataFrame
        Tables of the link ``gap``.
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code.
    years : collection of int
    """
    towns = service_gap[service_gap["year"].isin(years)].merge(municipality[["municipality_code", "oblast_code"]])
    levels = towns.drop_duplicates("service_code").set_index("service_code")["planning_level"]
    towns = towns.assign(area_level="municipality", area_code=towns["municipality_code"])
    whole = oblast_gap[oblast_gap["year"].isin(years)]
    whole = whole.assign(oblast_code=whole["area_code"], planning_level=whole["service_code"].map(levels))
    rows = pd.concat([towns, whole], ignore_index=True)
    base = pd.concat([service_gap.rename(columns={"municipality_code": "area_code"}), oblast_gap])
    base = base.loc[base["year"].eq(base["year"].min()), ["area_code", "service_code", "demand_planned"]]
    rows = rows.merge(base.rename(columns={"demand_planned": "demand_planned_base"}), how="left")
    return rows[rows["planning_level"].map(LEVEL_OF).eq(rows["area_level"])].reset_index(drop=True)


@dataclass(frozen=True)
class Reference:
    """Code lists and experts' numbers that lines are written with.

    Attributes
    ----------
    service, unit_size, municipality, override : DataFrame
        Tables of the link ``reference``.
    standards : Standards
        Money and posts for one user, where published.
    """

    service: pd.DataFrame
    unit_size: pd.DataFrame
    municipality: pd.DataFrame
    override: pd.DataFrame
    standards: Standards

    @property
    def town_names(self) -> dict[str, str]:
        """Municipalities for people, by code."""
        return dict(zip(self.municipality["municipality_code"], self.municipality["name_bg"], strict=True))


def line_table(plan: Plan, areas: pd.DataFrame, about: Reference) -> pd.DataFrame:
    """Lines of every area and service, as table ``proposal.line``.

    Parameters
    ----------
    plan : Plan
        The decisions.
    areas : DataFrame
        From `decided_areas`.
    about : Reference

    Returns
    -------
    DataFrame
        Sorted by oblast, part, area and service; lines of nothing (no places, no demand) are left out.
    """
    year = plan.terms.years[-1]
    levels = dict(zip(about.service["service_code"], about.service["planning_level"], strict=True))
    rows = areas[areas["year"].eq(year)]
    rows = pd.concat([rows, _without_gap(plan, rows, levels)], ignore_index=True)
    keys = list(zip(rows["area_code"], rows["service_code"], strict=True))
    made = [plan.decisions[key] for key in keys]
    today = rows["places"].astype("Int64")
    proposed = pd.array([one.places for one in made], dtype="Int64")
    sizes, residents = about.unit_size.set_index("service_code"), _residents(plan)
    costs, staff = about.standards.unit_costs, about.standards.staff
    unit_cost = rows["service_code"].map({code: cost.in_currency_of(year) for code, cost in costs.items()})
    posts = rows["service_code"].map({code: standard.posts_per_user for code, standard in staff.items()})
    lines = rows.assign(
        part=rows["planning_level"].map(PART_OF_LEVEL).astype(int),
        scope=_scope(plan, rows, about.service),
        planning_year=year,
        existing_places=today,
        decision=[one.kind for one in made],
        reason=[one.reason for one in made],
        confidence=[_confidence(plan, key) for key in keys],
        held_by=["; ".join(one.held) for one in made],
        change=formulas.change(proposed, today),
        proposed_users=proposed,
        rule_users=pd.array([plan.by_rules[key].places for key in keys], dtype="Int64"),
        effective_year=pd.array(
            [_effective(one, places) for one, places in zip(made, today, strict=True)], dtype="Int64"
        ),
        host_code=pd.array([_host(plan, key) for key in keys], dtype="str"),
        unit_of_way=plan.unit_of_way,
        needed=pd.array([_needed(plan, key) for key in keys], dtype="Int64"),
        way_to_host=[plan.ways.get(key, np.nan) for key in keys],
        persons_of_others=pd.array([plan.guests.get(key, 0) for key in keys], dtype="Int64"),
        persons_elsewhere=pd.array([_persons_elsewhere(plan, key) for key in keys], dtype="Int64"),
        unit_size_minimum=rows["service_code"].map(sizes["smallest"]).astype("Int64"),
        unit_size_maximum=rows["service_code"].map(sizes["largest"]).astype("Int64"),
        places_by_year=["; ".join(f"{y}: {n}" for y, n in sorted(one.path.items())) for one in made],
        residents_to_move=pd.array([residents.get(key) for key in keys], dtype="Int64"),
        yearly_cost=formulas.yearly_cost(pd.Series(proposed, rows.index).astype("float64"), unit_cost.astype(float)),
        staff_posts=formulas.staff_posts(pd.Series(proposed, rows.index).astype("float64"), posts.astype(float)),
        state_funded_users=formulas.state_funded_users(
            pd.Series(proposed, rows.index).astype("float64"), rows["map_number"].astype("float64")
        ),
        need_by_criterion=rows["criterion_maximum"],
        agreement_reference=np.where(rows["planning_level"].map(PART_OF_LEVEL).eq(2), text("common.fill_in"), ""),
    )
    lines = _with_people(plan, _with_overrides(lines, about.override))
    lines = lines.assign(criterion_note=criterion_note(lines), sources=sources(lines))
    lines = lines[_is_said(lines)].copy()
    lists, names = lists_by_area(lines, about.service), about.town_names
    lines["justification"] = [justification(line, names, lists) for line in lines.to_dict("records")]
    return lines.sort_values(["oblast_code", "part", "area_code", "service_code"], ignore_index=True)


def _with_people(plan: Plan, lines: pd.DataFrame) -> pd.DataFrame:
    """Whom the proposed places are for: own people, people of others, residents of closing homes; the rest is free."""
    last, keys = plan.terms.years[-1], zip(lines["area_code"], lines["service_code"], strict=True)
    situations = [plan.situations.get(key) for key in keys]
    wanted = [max(one.wanted(last), one.registered) if one is not None and one.outlook else 0 for one in situations]
    moving = lines["residents_to_move"].fillna(0).where(lines["decision"].ne("transform"), 0)
    proposed = lines["proposed_users"].fillna(0)
    residents = moving.clip(upper=proposed)
    left = (proposed - residents - lines["persons_of_others"]).clip(lower=0)
    own = np.minimum(pd.Series(wanted, lines.index, dtype="Int64"), left)
    return lines.assign(own_people=own, residents_here=residents, free_places=left - own)


def _is_said(lines: pd.DataFrame) -> "pd.Series[bool]":
    """Lines that say something: there is a service, somebody asks for one, or an expert has a number."""
    asked = (lines["demand_planned"] >= HALF_A_PLACE).fillna(False)
    known = lines["existing_places"].isna() | lines["existing_places"].gt(0).fillna(False)
    return known | asked | lines["residents_to_move"].gt(0).fillna(False) | lines["analyst_users"].notna()


def path_table(plan: Plan, areas: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Places of every line at the end of each year of the plan with the range of demand, as ``proposal.path``."""
    shown = lines[["oblast_code", "area_level", "area_code", "service_code", "decision", "status"]]
    rows = [
        {**line, "year": year, "places": places}
        for line in shown.to_dict("records")
        for year, places in plan.decisions[line["area_code"], line["service_code"]].path.items()
    ]
    columns = [*shown, "year", "places"]
    demand = areas[["area_code", "service_code", "year", "demand_low", "demand_planned", "demand_high"]]
    return pd.DataFrame(rows, columns=columns).merge(demand, on=["area_code", "service_code", "year"], how="left")


def service_table(service: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Every service of the code list with how many lines decide about it, or why none can, as ``proposal.service``."""
    counts = lines.pivot_table(index="service_code", columns="decision", values="part", aggfunc="size", fill_value=0)
    moved = service.set_index("service_code")["counted_as"]
    rows = []
    for code in service["service_code"]:
        mine = counts.loc[code] if code in counts.index else pd.Series(dtype=int)
        said = "; ".join(f"{text(f'proposal.decision.{kind}')}: {count}" for kind, count in mine.items() if count)
        reason = "" if said else text("proposal.no_lines")
        if not pd.isna(moved[code]):
            reason = text("proposal.counted_as", service=moved[code])
        rows.append({"service_code": code, "lines": int(mine.sum()), "decisions": said, "reason": reason})
    return pd.DataFrame(rows)


def _without_gap(plan: Plan, rows: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    """Services that must replace closing homes in oblasts where nobody has reported them yet."""
    known = set(zip(rows["area_code"], rows["service_code"], strict=True))
    new = [
        {
            "area_level": "oblast", "area_code": area, "oblast_code": area, "service_code": code, "places": 0,
            "occupied": 0, "planning_level": levels[code],
            "status": plan.homes.loc[plan.homes["replaced_by"].eq(code), "status"].iloc[0],
        }
        for area, code in plan.decisions
        if (area, code) not in known
    ]  # fmt: skip
    return pd.DataFrame(new)


def _effective(made: Any, places: Any) -> int | None:
    return None if pd.isna(places) else made.effective_year(int(places))


def _confidence(plan: Plan, key: Key) -> str:
    """Confidence in what the rules say, before hosts are found; what only replaces a home hangs on no forecast."""
    about = plan.situations.get(key)
    return "A" if about is None else confidence(about, plan.by_rules[key], plan.terms)


def _host(plan: Plan, key: Key) -> str | None:
    """Municipality that serves an area without a service of its own, or that the service of an oblast is in."""
    if key in plan.hosts or key not in plan.seats:
        return plan.hosts.get(key)
    return plan.seats[key] if (plan.decisions[key].places or 0) > 0 else None


def _persons_elsewhere(plan: Plan, key: tuple[str, str]) -> int:
    """People for whom the decision finds a place in another municipality."""
    return _needed(plan, key) if key in plan.hosts else 0


def _needed(plan: Plan, key: tuple[str, str]) -> int:
    """Places that the rules plan for at the horizon; none where demand is unknown."""
    about = plan.situations.get(key)
    return about.needed(plan.terms.years[-1]) if about is not None and about.outlook else 0


def _residents(plan: Plan) -> dict[tuple[str, str], int]:
    """Residents of closing homes, under the code of the home and under that of the service that replaces it."""
    sums: dict[tuple[str, str], int] = {}
    for home in plan.homes.to_dict("records"):
        for code in (home["service_code"], home["replaced_by"]):
            key = home["oblast_code"], code
            sums[key] = sums.get(key, 0) + int(home["residents"])
    return sums


def _with_overrides(lines: pd.DataFrame, overrides: pd.DataFrame) -> pd.DataFrame:
    """An expert's number, reason, name and day beside the lines that they speak of."""
    named = {"users": "analyst_users", "reason": "analyst_reason", "by": "analyst_by", "date": "analyst_date"}
    if overrides.empty:
        return lines.assign(**dict.fromkeys(named.values())).astype({"analyst_users": "Int64"})
    merged = lines.merge(overrides.rename(columns=named), on=["area_code", "service_code"], how="left")
    return merged.astype({"analyst_users": "Int64"})


def _scope(plan: Plan, rows: pd.DataFrame, service: pd.DataFrame) -> "pd.Series[str]":
    """For whom the service is planned: municipality, oblast, country, integrated, closing, or outside the map."""
    named = {"municipal": "municipality", "unknown": "oblast", "legacy": "closing"}
    integrated = service.loc[service["is_integrated"], "service_code"]
    keys = zip(rows["area_code"], rows["service_code"], strict=True)
    across = rows["area_level"].eq("oblast") & np.array([key in plan.hosts or key in plan.guests for key in keys])
    scope = rows["planning_level"].replace(named).mask(across, "country")
    return scope.mask(rows["service_code"].isin(integrated), "integrated")
