"""Options of the allocation as tables and as sentences in Bulgarian: what, where, what it gives up, what binds it.

Nothing is computed here but counts and differences of what the plans hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.proposal.allocation.conflict import Conflict
from ossu_analysis.proposal.allocation.model import Case, Limits, Plan
from ossu_analysis.proposal.allocation.options import AllocationOption, Binding
from ossu_analysis.texts import money, number, percent, text

LEAST_SAID = {"served": 0.5, "worst": 5e-4, "cost": 1.0, "travel": 0.5}
"""Differences below this print as nothing: half a person, 0.05 percentage points, one euro, half a kilometre."""


MOST_CHANGES = 5
"""Changed decisions that are named one by one."""


@dataclass(frozen=True)
class Wording:
    """What sentences need to know beside the case.

    Parameters
    ----------
    municipality_names, service_names : mapping of str to str
        For people, by code.
    currency : str
        Of the unit costs.
    unit : str
        Of ways, for people: minutes or kilometres.
    """

    municipality_names: Mapping[str, str]
    service_names: Mapping[str, str]
    currency: str
    unit: str


def option_table(options: Sequence[AllocationOption], case: Case, limits: Limits, wording: Wording) -> pd.DataFrame:
    """One row per option: the goals reached, ceilings, optimality gap and three sentences."""
    return pd.DataFrame([_option_row(option, case, limits, wording) for option in options])


def _option_row(option: AllocationOption, case: Case, limits: Limits, wording: Wording) -> dict[str, object]:
    plan = option.plan
    expected = case.expected_demand
    return {
        "option": option.code,
        "title": text(f"allocation.title.{option.code}"),
        "expected_demand": float(expected.sum()),
        "expected_served": plan.scores["served"],
        "worst_share": plan.scores["worst"],
        "worst_municipality_code": case.municipalities[_worst(option, case)],
        "yearly_cost": plan.scores["cost"],
        "existing_cost": case.existing_cost,
        "budget": limits.budget if np.isfinite(limits.budget) else None,
        "currency": wording.currency,
        "staff_posts": _staff(option, case),
        "staff_ceiling": limits.staff if np.isfinite(limits.staff) else None,
        "new_places": int(plan.new_places.sum()),
        "shared_places": int(plan.shared),
        "travel": plan.scores["travel"],
        "travel_unit": wording.unit,
        "optimality_gap": plan.gap,
        "description": describe(option, case, wording),
        "gives_up": says_gives_up(option, wording),
        "binding": says_binding(option, case, wording),
    }


def place_table(options: Sequence[AllocationOption], case: Case) -> pd.DataFrame:
    """Places by option, municipality and service where there are any: existing, new, kept for own people and others."""
    return pd.concat([_places(option, case) for option in options], ignore_index=True)


def _places(option: AllocationOption, case: Case) -> pd.DataFrame:
    plan, shape = option.plan, case.places.shape
    own, others = np.zeros(shape), np.zeros(shape)
    home = plan.guest == plan.host
    np.add.at(own, (plan.host[home], plan.service[home]), plan.kept_places[home])
    np.add.at(others, (plan.host[~home], plan.service[~home]), plan.kept_places[~home])
    at, service = np.nonzero((case.places > 0) | (plan.new_places > 0))
    whole = {"existing_places": case.places, "new_places": plan.new_places, "for_residents": own, "for_others": others}
    table = {name: values[at, service].round().astype(int) for name, values in whole.items()}
    codes = np.array(case.municipalities)[at], np.array(case.services)[service]
    cost = plan.new_places[at, service] * case.unit_cost[service]
    return pd.DataFrame(
        {"option": option.code, "municipality_code": codes[0], "service_code": codes[1], **table, "new_cost": cost}
    )


def sharing_table(options: Sequence[AllocationOption], case: Case) -> pd.DataFrame:
    """Who serves whom: places kept by option, host, guest and service, with the way between them."""
    tables = []
    for option in options:
        plan = option.plan
        away = plan.guest != plan.host
        guest, host, service = plan.guest[away], plan.host[away], plan.service[away]
        codes = np.array(case.municipalities)
        table = {
            "option": option.code,
            "host_code": codes[host],
            "guest_code": codes[guest],
            "service_code": np.array(case.services)[service],
            "places": plan.kept_places[away].astype(int),
            "way": case.distance[guest, host],
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def curve_table(curve: Sequence[tuple[float, Plan]], wording: Wording) -> pd.DataFrame:
    """What each budget buys when it is spent to serve most: one row per budget, rising."""
    reached = [(budget, plan.scores["served"], plan.scores["worst"], plan.scores["cost"], int(plan.new_places.sum()),
                plan.gap) for budget, plan in curve]  # fmt: skip
    names = ["budget", "expected_served", "worst_share", "yearly_cost", "new_places", "optimality_gap"]
    return pd.DataFrame(reached, columns=names).assign(currency=wording.currency)


def describe(option: AllocationOption, case: Case, wording: Wording) -> str:
    """What the option does, in one paragraph."""
    plan, opened = option.plan, option.plan.new_places > 0
    facts = {
        "title": text(f"allocation.title.{option.code}"),
        "new": number(plan.new_places.sum()),
        "hosts": number(opened.any(axis=1).sum()),
        "services": number(opened.any(axis=0).sum()),
        "served": number(plan.scores["served"]),
        "demand": number(case.expected_demand.sum()),
        "share": percent(plan.scores["served"] / max(case.expected_demand.sum(), 1e-9)),
        "worst": wording.municipality_names[case.municipalities[_worst(option, case)]],
        "worst_share": percent(plan.scores["worst"]),
        "cost": money(plan.scores["cost"], wording.currency),
        "new_cost": money(plan.scores["cost"] - case.existing_cost, wording.currency),
        "staff": number(_staff(option, case)),
        "shared": number(plan.shared),
    }
    return text("allocation.description" if opened.any() else "allocation.nothing_new", **facts)


def says_changes(option: AllocationOption, case: Case, decided: NDArray, wording: Wording) -> str:
    """Which decisions of the proposal the option changes, the largest first, at most `MOST_CHANGES` by name."""
    places = case.places + option.plan.new_places
    away = np.abs(places - decided).round()
    order = np.argsort(-away, axis=None, kind="stable")[: int((away > 0).sum())]
    if not len(order):
        return text("allocation.changes_nothing")
    named = [
        text("allocation.change", municipality=wording.municipality_names[case.municipalities[at]],
             service=wording.service_names[case.services[service]], places=number(places[at, service]),
             decided=number(decided[at, service]))
        for at, service in zip(*np.unravel_index(order[:MOST_CHANGES], away.shape), strict=True)
    ]  # fmt: skip
    return text("allocation.changes", count=number(len(order)), list="; ".join(named))


def says_gives_up(option: AllocationOption, wording: Wording) -> str:
    """In which goals another option is better, and by how much."""
    losses = {goal: loss for goal, loss in (option.gives_up or {}).items() if loss >= LEAST_SAID[goal]}
    if not losses:
        return text("allocation.gives_up_nothing")
    said = [
        text(f"allocation.goal.{goal}", amount=_amount(goal, loss, wording), unit=wording.unit)
        for goal, loss in losses.items()
    ]
    return text("allocation.gives_up", list="; ".join(said))


def says_binding(option: AllocationOption, case: Case, wording: Wording) -> str:
    """Which limits bind, what one unit more of each brings, and how good the plan is proved to be."""
    said = [_one_binding(found, option.plan.goal, case, wording) for found in option.binding]
    first = text("allocation.binds", list="; ".join(said)) if said else text("allocation.binds_nothing")
    return f"{first} {text('allocation.gap', gap=percent(option.plan.gap, 2))}"


def _one_binding(found: Binding, goal: str, case: Case, wording: Wording) -> str:
    where = ""
    if found.cell is not None:
        municipality, service = case.municipalities[found.cell[0]], case.services[found.cell[1]]
        where = f"{wording.municipality_names[municipality]}, {wording.service_names[service]}"
    unit = money(found.unit, wording.currency) if found.limit == "budget" else number(found.unit)
    gain = 100 * found.gain if goal == "worst" else found.gain
    amount = number(gain, 2 if gain >= 0.01 else 4)
    said = text(f"allocation.gain.{goal}", amount=amount)
    return text(f"allocation.limit.{found.limit}", unit=unit, gain=said, where=where, way=wording.unit)


def _amount(goal: str, value: float, wording: Wording) -> str:
    if goal == "cost":
        return money(value, wording.currency)
    return number(100 * value, 1) if goal == "worst" else number(value)


def _worst(option: AllocationOption, case: Case) -> int:
    expected = case.expected_demand.sum(axis=1)
    share = np.where(expected > 0, option.plan.served.sum(axis=1) / np.maximum(expected, 1e-12), np.inf)
    return int(share.argmin())


def _staff(option: AllocationOption, case: Case) -> float:
    return case.existing_staff + float((option.plan.new_places * case.staff_per_place).sum())


def says_conflict(conflict: Conflict | None, wording: Wording) -> str:
    """Which limits conflict and by how much each would have to give way."""
    if conflict is None:
        return text("allocation.conflict.not_found")
    helps = {name: move for name, move in conflict.alone.items() if move is not None}
    useless = [text(f"allocation.conflict.name.{name}") for name, move in conflict.alone.items() if move is None]
    parts = [text("allocation.conflict.heading")]
    if helps:
        parts.append(text("allocation.conflict.alone", list=_moves(helps, wording)))
    if useless:
        parts.append(text("allocation.conflict.not_alone", list=", ".join(useless)))
    return " ".join([*parts, text("allocation.conflict.together", list=_moves(conflict.together, wording))])


def _moves(moves: Mapping[str, float], wording: Wording) -> str:
    return "; ".join(
        text(f"allocation.conflict.{name}", amount=_move(name, move, wording)) for name, move in moves.items()
    )


def _move(name: str, move: float, wording: Wording) -> str:
    if name == "budget":
        return money(np.ceil(move), wording.currency)
    # Rounded up: a printed move must be enough.
    return number(np.ceil(1000 * move) / 10, 1) if name == "coverage" else number(np.ceil(10 * move) / 10, 1)


def as_text(tables: Mapping[str, pd.DataFrame]) -> str:
    """The options as paragraphs for the terminal, under the mark of demonstration where they carry it.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``allocation`` and ``allocation_note``.
    """
    options, notes = tables["allocation"], tables["allocation_note"]
    areas = dict.fromkeys([*options["area_code"], *notes["area_code"]])
    return "\n\n".join(_area_as_text(area, options, notes) for area in areas)


def _area_as_text(area: str, options: pd.DataFrame, notes: pd.DataFrame) -> str:
    mine = options[options["area_code"] == area]
    lines = [text("allocation.area", area=area, year=_year(mine, notes), count=len(mine))]
    if "demonstration" in set(mine["status"]):
        lines.append(text("allocation.demonstration"))
    for place, row in enumerate(mine.to_dict("records"), start=1):
        lines += [f"{place}. {row['description']}", *(f"   {row[part]}" for part in ("gives_up", "changes", "binding"))]
    return "\n".join([*lines, *notes.loc[notes["area_code"] == area, "message"]])


def _year(*tables: pd.DataFrame) -> int:
    return int(max(table["planning_year"].max() for table in tables if len(table)))
