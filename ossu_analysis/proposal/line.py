"""Proposal lines: how many users to propose, and the sentence that says why.

Rule: ``proposed users = existing places + gap``, where the median gap at the planning year is positive, rounded up, so
that places suffice for the median of demand; a gap below half a place is none. Nothing is taken away from what exists.
The legal maximum is the criterion's, and stays empty („критерият не е зареден“) until its rate is loaded.

Parts follow the law: 1, services planned at municipal level (ЗСУ 33(1)); 2, services planned for the whole oblast
(33(2)1) or for the whole country (33(2)2), integrated ones among them, proposed from summed draws; 3, services outside
the map, decided by the council (47, 53(3)). A service whose level has not been read in the ordinance stands in part 2
and says so. State money pays no more users than the map has (43(2)): ``state_funded_users`` are those of the proposal
within the map number, and more is said to need a new map or own money (36, 49(3)).

An expert's own number (``reference.override``) stands beside the proposed one with its reason; neither changes the
other, and a line that would be left out stays when an expert has given a number for it. Homes that must close get no
line; their residents are named in the line of the service that replaces them, also where nobody has that service yet.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from ossu_analysis.gap.formulas import HALF_A_PLACE
from ossu_analysis.gap.service_gap import FEW_USERS
from ossu_analysis.proposal import formulas
from ossu_analysis.reference.services import closing_services
from ossu_analysis.texts import day, number, probability, text

LAST_YEAR_OF_MAP = 2034
"""Services in the map are to be created by 1 January 2035 (ЗСУ § 32)."""

PART_OF_LEVEL = {"municipal": 1, "oblast": 2, "country": 2, "unknown": 2, "municipal_budget": 3}

_NUMBERS = ["places", "occupied", "waiting", "demand_median", "demand_low", "demand_high"]
_NUMBERS += ["gap_to_demand_places", "places_elsewhere", "places_for_others", "map_number", "criterion_maximum"]

_WAYS = ["km_to_nearest", "minutes_to_nearest"]


def planning_year(years: Sequence[int]) -> int:
    """Year that proposals look to: the last one before the map's deadline of 1 January 2035."""
    return min(max(years), LAST_YEAR_OF_MAP)


def proposal_lines(
    service_gap: pd.DataFrame,
    oblast_gap: pd.DataFrame,
    municipality: pd.DataFrame,
    service: pd.DataFrame,
    overrides: pd.DataFrame,
) -> pd.DataFrame:
    """Lines for every municipality and oblast, as table ``proposal.line``.

    Parameters
    ----------
    service_gap, oblast_gap : DataFrame
        Tables of the link ``gap``.
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code.
    service : DataFrame
        ``reference.service``: which services close, what replaces them, which ones are integrated.
    overrides : DataFrame
        ``reference.override``: an expert's own numbers.

    Returns
    -------
    DataFrame
        Sorted by oblast, part, area and service; lines of nothing (no places, no demand) are left out.
    """
    year = planning_year(service_gap["year"].unique().tolist())
    municipal = service_gap[service_gap["year"].eq(year)].merge(municipality[["municipality_code", "oblast_code"]])
    levels = municipal.drop_duplicates("service_code").set_index("service_code")["planning_level"]
    municipal = municipal.assign(area_level="municipality", area_code=municipal["municipality_code"])
    whole = oblast_gap[oblast_gap["year"].eq(year)]
    whole = whole.assign(
        oblast_code=whole["area_code"], planning_level=whole["service_code"].map(levels), confidence=None
    )
    rows = pd.concat([municipal, whole], ignore_index=True)
    closing = closing_services(service)
    rows = pd.concat([rows, _replacements(rows, closing)], ignore_index=True)
    rows["part"] = rows["planning_level"].map(PART_OF_LEVEL)
    of_country = rows["planning_level"].eq("country")
    level = pd.Series("municipality", rows.index).mask(rows["part"].eq(2), "oblast").mask(of_country, "country")
    fits = rows["area_level"].eq(level)
    rows["residents_to_move"] = _residents_to_move(rows, closing)
    rows["scope"] = _scope(rows, set(service.loc[service["is_integrated"], "service_code"]))
    rows = rows[rows["part"].notna() & fits]
    return _as_lines(_with_overrides(rows, overrides), year)


def _replacements(rows: pd.DataFrame, closing: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the services that must replace closing homes in oblasts where nobody has reported them yet."""
    homes = rows[rows["service_code"].isin(list(closing)) & rows["area_level"].eq("oblast") & (rows["occupied"] > 0)]
    wanted = homes.assign(service_code=homes["service_code"].map(closing), planning_level="oblast")
    known = set(zip(rows["area_code"], rows["service_code"], strict=True))
    new = [key not in known for key in zip(wanted["area_code"], wanted["service_code"], strict=True)]
    return wanted[new].assign(places=0, occupied=0, waiting=np.nan, map_number=np.nan)


def _residents_to_move(rows: pd.DataFrame, closing: Mapping[str, str]) -> "pd.Series[int]":
    """Residents of homes that must close, beside the service that replaces them, per area."""
    homes = rows[rows["service_code"].isin(list(closing))]
    replaced = homes["service_code"].map(closing)
    residents = homes.groupby([homes["area_code"], replaced.rename("service_code")])["occupied"].sum()
    return rows[["area_code", "service_code"]].merge(residents.reset_index(), how="left")["occupied"].astype("Int64")


def _with_overrides(rows: pd.DataFrame, overrides: pd.DataFrame) -> pd.DataFrame:
    """An expert's number, reason, name and day beside the rows that they speak of."""
    named = {"users": "analyst_users", "reason": "analyst_reason", "by": "analyst_by", "date": "analyst_date"}
    if overrides.empty:
        return rows.assign(**dict.fromkeys(named.values()))
    return rows.merge(overrides.rename(columns=named), on=["area_code", "service_code"], how="left")


def _as_lines(rows: pd.DataFrame, year: int) -> pd.DataFrame:
    proposed = formulas.proposed_users(*(rows[name].astype(float) for name in ("places", "gap_to_demand_places")))
    funded = formulas.state_funded_users(proposed, rows["map_number"].astype(float))
    lines = rows.assign(
        part=rows["part"].astype(int),
        planning_year=year,
        existing_places=rows["places"],
        proposed_users=pd.array(proposed, dtype="Int64"),
        analyst_users=rows["analyst_users"].astype("Int64"),
        state_funded_users=funded,
        need_by_criterion=rows["criterion_maximum"],
        criterion_note=_criterion_note(rows),
        agreement_reference=np.where(rows["part"].eq(2), text("common.fill_in"), ""),
        sources=_sources(rows),
    )
    chosen = (lines["proposed_users"] > 0).fillna(True) | (lines["residents_to_move"] > 0).fillna(False)
    lines = lines[chosen | lines["analyst_users"].notna()]
    lines["justification"] = [justification(line) for line in lines.to_dict("records")]
    return lines.sort_values(["oblast_code", "part", "area_code", "service_code"], ignore_index=True)


def _scope(rows: pd.DataFrame, integrated: Collection[str]) -> "pd.Series[str]":
    """For whom the service is planned: municipality, oblast, country, integrated, or outside the map."""
    level = rows["planning_level"].replace({"municipal": "municipality", "unknown": "oblast"})
    return level.mask(rows["service_code"].isin(integrated), "integrated")


def _criterion_note(rows: pd.DataFrame) -> "pd.Series[str]":
    """Which version of the rules gave the need, or why there is none."""
    note = rows["rules_version"].map(lambda version: text("proposal.by_rules", version=version), na_action="ignore")
    note = note.where(rows["criterion_maximum"].notna(), text("common.no_criterion"))
    return note.mask(rows["part"].eq(3), text("gap.outside_map")).astype("str")


def _sources(rows: pd.DataFrame) -> "pd.Series[str]":
    said = {
        status: text("proposal.sources", returns=text(f"proposal.returns.{status}")) for status in set(rows["status"])
    }
    return rows["status"].map(said)


def justification(line: dict) -> str:
    """The sentence behind one line, built from its numbers only.

    Parameters
    ----------
    line : dict
        A row of the proposal before the sentence: places, occupied, waiting, demand and its range, probability.
    """
    facts = {name: _said(line.get(name)) for name in [*_NUMBERS, "proposed_users", "residents_to_move", *_WAYS]}
    facts |= {"year": line["planning_year"], "chance": _chance(line["probability_gap_positive"])}
    here = f"proposal.here.{line['area_level']}"
    parts = [text(f"{here}.{_what_is_there(line)}", **facts)]
    if _known(line["places"]) and line["places"] > 0:
        parts.append(text("proposal.waiting" if _known(line["waiting"]) else "proposal.waiting_unknown", **facts))
    parts += [
        text(f"proposal.{name}", **facts) for name in ("places_elsewhere", "places_for_others") if _positive(line, name)
    ]
    parts.append(text(f"proposal.demand.{_comparison(line)}", **facts))
    parts += [
        text(f"proposal.above_{limit}", **facts) for limit in ("map_number", "criterion_maximum") if _above(line, limit)
    ]
    if line["area_level"] == "municipality" and _known(line["demand_median"]) and line["demand_median"] < FEW_USERS:
        parts.append(text("proposal.few_users", limit=FEW_USERS))
    if _known(line["residents_to_move"]) and line["residents_to_move"] > 0:
        parts.append(text("proposal.residents", **facts))
    if line["planning_level"] == "unknown":
        parts.append(text("proposal.level_unknown"))
    return " ".join(parts)


def _what_is_there(line: dict) -> str:
    if not _known(line["places"]):
        return "unknown"
    if line["places"] > 0:
        return "places"
    if _positive(line, "places_elsewhere"):
        return "nothing_here"
    if _known(line.get("minutes_to_nearest")):
        return "nothing_within"
    return "nothing" if _known(line.get("km_to_nearest")) else "nothing_anywhere"


def _comparison(line: dict) -> str:
    if not _known(line["gap_to_demand_places"]):
        return "unknown"
    if line["gap_to_demand_places"] < HALF_A_PLACE:
        return "enough" if line["places"] > 0 else "none"
    return "short"


def expert_sentence(line: dict) -> str:
    """What an expert says beside the proposed number; empty without an expert's number."""
    if not _known(line["analyst_users"]):
        return ""
    facts = {name: line[f"analyst_{name}"] for name in ("reason", "by")}
    facts |= {"users": _said(line["analyst_users"]), "proposed": _said(line["proposed_users"])}
    return text("proposal.expert", date=day(line["analyst_date"]), **facts)


def _chance(share: object) -> str:
    return probability(float(share)) if _known(share) else ".."  # type: ignore[arg-type]


def _positive(line: dict, name: str) -> bool:
    value = line.get(name)
    return _known(value) and float(value) >= HALF_A_PLACE  # type: ignore[arg-type]


def _above(line: dict, limit: str) -> bool:
    """Whether more is proposed than a known limit allows."""
    most, proposed = line.get(limit), line["proposed_users"]
    return _known(most) and _known(proposed) and proposed > most


def _known(value: object) -> bool:
    return not pd.isna(value)  # type: ignore[call-overload]


def _float(value: object) -> float | None:
    return float(value) if _known(value) else None  # type: ignore[arg-type]


def _said(value: object) -> str:
    return _number(_float(value))


_number = lru_cache(maxsize=None)(number)
