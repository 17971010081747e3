"""Sentences of a proposal line, built from its numbers only: what is there, what will be asked for, what is decided."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from ossu_analysis.gap.formulas import HALF_A_PLACE
from ossu_analysis.gap.service_gap import FEW_USERS
from ossu_analysis.texts import day, number, probability, text

_NUMBERS = ["places", "occupied", "waiting", "demand_median", "demand_low", "demand_high", "demand_planned"]
_NUMBERS += ["gap_to_demand_places", "places_elsewhere", "places_for_others", "map_number", "criterion_maximum"]
_NUMBERS += ["proposed_users", "residents_to_move", "persons_elsewhere", "persons_of_others", "unit_size_minimum"]
_NUMBERS += [
    "km_to_nearest",
    "minutes_to_nearest",
    "way_to_host",
    "rule_users",
    "unit_size_maximum",
    "free_places",
    "needed",
]


def lists_by_area(lines: pd.DataFrame, service: pd.DataFrame) -> dict[str, str]:
    """Services of each area with more people registered than places, and how many more: where unused money may go."""
    short = dict(zip(service["service_code"], service["short_name_bg"], strict=True))
    beyond = lines["occupied"].fillna(0) + lines["waiting"].fillna(0) - lines["existing_places"]
    rows = lines.assign(beyond=beyond)[beyond.gt(0).fillna(False)]
    said: dict[str, list[str]] = {}
    for row in rows.to_dict("records"):
        said.setdefault(row["area_code"], []).append(f"{short[row['service_code']]} ({_said(row['beyond'])})")
    return {area: ", ".join(parts) for area, parts in said.items()}


def justification(line: Mapping[Any, Any], names: Mapping[str, str], lists: Mapping[str, str]) -> str:
    """The sentences behind one line: what is there, what is forecast, what is decided and why, what would turn it.

    Parameters
    ----------
    line : mapping
        A row of the proposal before the sentence.
    names : mapping of str to str
        Municipalities for people, by code.
    lists : mapping of str to str
        From `lists_by_area`.
    """
    facts = _numbers_of(line)
    facts |= {"year": line["planning_year"], "chance": _chance(line["probability_gap_positive"])}
    facts |= {"since": line["effective_year"], "host": names.get(str(line["host_code"]), ""),
              "change": _said(_distance(line)), "path": line["places_by_year"],
              "lists": lists.get(line["area_code"], ""), "analyst_reason": line["analyst_reason"],
              "analyst_by": line["analyst_by"]}  # fmt: skip
    facts |= {"units": _said(_units(line)), "unit_of_way": line.get("unit_of_way", "")}
    parts = [*_what_is(line, facts), *_what_is_decided(line, facts)]
    if line["planning_level"] == "unknown":
        parts.append(text("proposal.level_unknown"))
    return " ".join(parts)


def why(line: Mapping[Any, Any]) -> str:
    """The reason of a decision in one sentence."""
    return text(f"proposal.why.{line['reason']}", **_numbers_of(line))


def _numbers_of(line: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: _said(line.get(name)) for name in _NUMBERS}


def _what_is(line: Mapping[Any, Any], facts: dict[str, Any]) -> list[str]:
    parts = [text(f"proposal.here.{line['area_level']}.{_what_is_there(line)}", **facts)]
    if _known(line["places"]) and line["places"] > 0:
        parts.append(text("proposal.waiting" if _known(line["waiting"]) else "proposal.waiting_unknown", **facts))
    parts += [text(f"proposal.{name}", **facts) for name in ("places_elsewhere", "places_for_others")
              if _positive(line, name)]  # fmt: skip
    if line["decision"] != "transform":
        parts.append(text(f"proposal.demand.{_comparison(line)}", **facts))
    return parts


def _what_is_decided(line: Mapping[Any, Any], facts: dict[str, Any]) -> list[str]:
    named = line["reason"] if line["reason"] == "already_elsewhere" else line["decision"]
    if named == "serve_by_neighbour" and line["area_level"] == "oblast":
        named = "serve_by_oblast"
    parts = [text(f"proposal.decided.{named}", **facts), text(f"proposal.why.{line['reason']}", **facts)]
    said = {
        "lists_here": line["decision"] == "reduce" and facts["lists"],
        "price_of_choice": line["reason"] == "council_choice",
        "residents": _positive(line, "residents_to_move") and line["decision"] != "transform",
        "takes_others": _positive(line, "persons_of_others"),
        "units": line["decision"] in ("open", "expand") and (_units(line) or 0) > 1,
        "path": len(set(_numbers(line["places_by_year"]))) > 1,
        "above_map_number": _above(line, "map_number") and "map" not in line["held_by"],
        "above_criterion_maximum": _above(line, "criterion_maximum"),
    }
    parts += [text(f"proposal.{name}", **facts) for name, holds in said.items() if holds]
    parts += [text(f"proposal.held.{name}", **facts) for name in line["held_by"].split("; ") if name]
    few = line["area_level"] == "municipality" and _known(line["demand_median"]) and line["demand_median"] < FEW_USERS
    if few and line["decision"] in ("open", "expand") and not _positive(line, "persons_of_others"):
        parts.append(text("proposal.few_users", limit=FEW_USERS))
    turns = text(f"proposal.turns.{line['reason']}", **facts)
    return parts if turns.startswith("proposal.") else [*parts, turns]


def _units(line: Mapping[Any, Any]) -> int | None:
    """Fewest units of the largest size that hold the proposed places; None where no largest size is known."""
    if not (_known(line["unit_size_maximum"]) and _known(line["proposed_users"])):
        return None
    return -(-int(line["proposed_users"]) // int(line["unit_size_maximum"]))


def _numbers(path: str) -> list[str]:
    return [part.split(": ")[1] for part in path.split("; ") if part]


def _distance(line: Mapping[Any, Any]) -> float | None:
    return abs(line["change"]) if _known(line["change"]) else None


def _what_is_there(line: Mapping[Any, Any]) -> str:
    if not _known(line["places"]):
        return "unknown"
    if line["places"] > 0:
        return "places"
    if _positive(line, "places_elsewhere"):
        return "nothing_here"
    if _known(line.get("minutes_to_nearest")):
        return "nothing_within"
    return "nothing" if _known(line.get("km_to_nearest")) else "nothing_anywhere"


def _comparison(line: Mapping[Any, Any]) -> str:
    if not _known(line["gap_to_demand_places"]):
        return "unknown"
    if _known(line["demand_median"]) and line["demand_median"] < HALF_A_PLACE:
        return "none"
    return "short" if line["gap_to_demand_places"] >= HALF_A_PLACE else "enough"


def expert_sentence(line: Mapping[Any, Any]) -> str:
    """What an expert says beside the proposed number; empty without an expert's number."""
    if not _known(line["analyst_users"]):
        return ""
    facts = {name: line[f"analyst_{name}"] for name in ("reason", "by")}
    facts |= {"users": _said(line["analyst_users"]), "proposed": _said(line["rule_users"])}
    return text("proposal.expert", date=day(line["analyst_date"]), **facts)


def criterion_note(lines: pd.DataFrame) -> "pd.Series[str]":
    """Which version of the rules gave the need, or why there is none."""
    note = lines["rules_version"].map(lambda version: text("proposal.by_rules", version=version), na_action="ignore")
    note = note.where(lines["criterion_maximum"].notna(), text("common.no_criterion"))
    return note.mask(lines["part"].eq(3) | lines["planning_level"].eq("legacy"), text("gap.outside_map")).astype("str")


def sources(lines: pd.DataFrame) -> "pd.Series[str]":
    """Where the numbers of a line come from, by its status."""
    said = {
        status: text("proposal.sources", returns=text(f"proposal.returns.{status}")) for status in set(lines["status"])
    }
    return lines["status"].map(said)


def _chance(share: Any) -> str:
    return probability(float(share)) if _known(share) else ".."


def _positive(line: Mapping[Any, Any], name: str) -> bool:
    value = line.get(name)
    return value is not None and _known(value) and float(value) >= HALF_A_PLACE


def _above(line: Mapping[Any, Any], limit: str) -> bool:
    """Whether more is proposed than a known limit allows."""
    most, proposed = line.get(limit), line["proposed_users"]
    return _known(most) and _known(proposed) and proposed > most


def _known(value: Any) -> bool:
    return not pd.isna(value)


def _said(value: Any) -> str:
    # A release has written an asterisk for a hidden count.
    if isinstance(value, str):
        return value
    return _number(float(value)) if _known(value) else _number(None)


_number = lru_cache(maxsize=None)(number)
