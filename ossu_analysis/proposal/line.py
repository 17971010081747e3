"""Proposal lines: the decision about every service in every area, with its numbers and the sentence that says why.

Parts follow the law: 1, services planned at municipal level (ЗСУ 33(1)); 2, services planned for the whole oblast
(33(2)1) or for the whole country (33(2)2), integrated ones and closing homes among them, from summed draws; 3, services
outside the map, decided by the council (47, 53(3)). A service whose level has not been read in the ordinance stands in
part 2 and says so. ``existing_places + change = proposed_users`` in every line. State money pays no more users than the
map has (43(2)): ``state_funded_users`` are those of the proposal within the map number, and more is said to need a new
map or own money (36, 49(3)).

An expert's own number (``reference.override``) stands beside the proposed one with its reason; neither changes the
other, and a line that would be left out stays when an expert has given a number for it.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.gap.formulas import HALF_A_PLACE
from ossu_analysis.proposal import formulas
from ossu_analysis.proposal.plan import LEVEL_OF, Plan, host_of_oblast
from ossu_analysis.proposal.wording import criterion_note, justification, sources
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


def line_table(
    plan: Plan, areas: pd.DataFrame, service_gap: pd.DataFrame, service: pd.DataFrame, unit_size: pd.DataFrame,
    municipality: pd.DataFrame, overrides: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Lines of every area and service, as table ``proposal.line``.

    Parameters
    ----------
    plan : Plan
        The decisions.
    areas : DataFrame
        From `decided_areas`.
    service_gap, service, unit_size, municipality, overrides : DataFrame
        ``gap.service_gap`` and tables of the link ``reference``.

    Returns
    -------
    DataFrame
        Sorted by oblast, part, area and service; lines of nothing (no places, no demand) are left out.
    """
    year = plan.terms.years[-1]
    levels = dict(zip(service["service_code"], service["planning_level"], strict=True))
    rows = areas[areas["year"].eq(year)]
    rows = pd.concat([rows, _without_gap(plan, rows, levels)], ignore_index=True)
    keys = list(zip(rows["area_code"], rows["service_code"], strict=True))
    made = [plan.decisions[key] for key in keys]
    today = rows["places"].astype("Int64")
    proposed = pd.array([one.places for one in made], dtype="Int64")
    residents, hosts = _residents(plan), _hosts(plan, service_gap[service_gap["year"].eq(year)], municipality)
    smallest = dict(zip(unit_size["service_code"], unit_size["smallest"], strict=True))
    lines = rows.assign(
        part=rows["planning_level"].map(PART_OF_LEVEL).astype(int),
        scope=_scope(rows, service),
        planning_year=year,
        existing_places=today,
        decision=[one.kind for one in made],
        reason=[one.reason for one in made],
        change=formulas.change(proposed, today),
        proposed_users=proposed,
        effective_year=pd.array(
            [_effective(one, places) for one, places in zip(made, today, strict=True)], dtype="Int64"
        ),
        host_code=pd.array([hosts.get(key) for key in keys], dtype="str"),
        persons_of_others=pd.array([plan.guests.get(key, 0) for key in keys], dtype="Int64"),
        persons_elsewhere=pd.array([_persons_elsewhere(plan, key) for key in keys], dtype="Int64"),
        unit_size_minimum=rows["service_code"].map(smallest).astype("Int64"),
        places_by_year=["; ".join(f"{y}: {n}" for y, n in sorted(one.path.items())) for one in made],
        residents_to_move=pd.array([residents.get(key) for key in keys], dtype="Int64"),
        state_funded_users=formulas.state_funded_users(
            pd.Series(proposed, rows.index).astype("float64"), rows["map_number"].astype("float64")
        ),
        need_by_criterion=rows["criterion_maximum"],
        agreement_reference=np.where(rows["planning_level"].map(PART_OF_LEVEL).eq(2), text("common.fill_in"), ""),
    )
    lines = _with_overrides(lines, overrides)
    lines = lines.assign(criterion_note=criterion_note(lines), sources=sources(lines))
    lines = lines[_is_said(lines)].copy()
    names = dict(zip(municipality["municipality_code"], municipality["name_bg"], strict=True))
    lines["justification"] = [justification(line, names) for line in lines.to_dict("records")]
    return lines.sort_values(["oblast_code", "part", "area_code", "service_code"], ignore_index=True)


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


def served_table(
    plan: Plan, lines: pd.DataFrame, service_gap: pd.DataFrame, municipality: pd.DataFrame
) -> pd.DataFrame:
    """Whom each host serves: persons by municipality of residence, as ``proposal.served``.

    Municipalities with a host by decision, and, for services of the oblast, the demand of each of its municipalities.
    """
    year = plan.terms.years[-1]
    towns = service_gap[service_gap["year"].eq(year)].merge(municipality[["municipality_code", "oblast_code"]])
    near = lines[lines["decision"].isin(("serve_by_neighbour", "mobile_team"))]
    near = near.assign(municipality_code=near["area_code"], kind=near["decision"], persons=near["persons_elsewhere"])
    whole = lines[lines["area_level"].eq("oblast") & lines["proposed_users"].gt(0) & lines["decision"].ne("transform")]
    whole = whole[["oblast_code", "service_code", "host_code"]].merge(
        towns[["oblast_code", "municipality_code", "service_code", "demand_planned", "status"]],
        on=["oblast_code", "service_code"],
    )
    whole = whole.assign(kind="oblast", persons=whole["demand_planned"].round().astype("Int64"))
    names = ["oblast_code", "municipality_code", "service_code", "host_code", "kind", "persons", "status"]
    table = pd.concat([near[names], whole[names]], ignore_index=True).assign(year=year)
    return table[table["persons"].gt(0)].reset_index(drop=True)


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


def _hosts(plan: Plan, towns: pd.DataFrame, municipality: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Hosts of municipalities by decision, and the municipality that each service of an oblast is in."""
    hosts = dict(plan.hosts)
    homes = dict(list(plan.homes.groupby(["oblast_code", "replaced_by"])))
    rows = towns.merge(municipality[["municipality_code", "oblast_code"]])
    local = dict(list(rows.groupby(["oblast_code", "service_code"])))
    for key, made in plan.decisions.items():
        if (key in local or key in homes) and made.kind in ("open", "expand", "keep", "reduce"):
            host = host_of_oblast(local.get(key, rows[:0]), homes.get(key, plan.homes[:0]))
            hosts |= {} if host is None else {key: host}
    return hosts


def _persons_elsewhere(plan: Plan, key: tuple[str, str]) -> int:
    """People for whom the decision finds a place in another municipality."""
    return plan.situations[key].needed(plan.terms.years[-1]) if key in plan.hosts else 0


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


def _scope(rows: pd.DataFrame, service: pd.DataFrame) -> "pd.Series[str]":
    """For whom the service is planned: municipality, oblast, country, integrated, closing, or outside the map."""
    named = {"municipal": "municipality", "unknown": "oblast", "legacy": "closing"}
    integrated = service.loc[service["is_integrated"], "service_code"]
    return rows["planning_level"].replace(named).mask(rows["service_code"].isin(integrated), "integrated")
