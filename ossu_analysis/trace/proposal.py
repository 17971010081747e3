"""Every number of a proposal: lines, the simple options of an oblast, and options under ceilings.

A line repeats numbers of the gap and adds its own; each leads to the step of the gap that it was made from. Options
under ceilings are judged again from their stored places: the plan itself comes from a search, and its distance from the
best one is what the search has proved.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.texts import text
from ossu_analysis.trace.gap import HALF_A_PLACE, anchor_of, article_of, gap_number, label_of, standard_of, value_of
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step

FROM_GAP = {
    "existing_places": "places",
    "need_by_criterion": "criterion_maximum",
    **{name: name for name in ("occupied", "waiting", "demand_median", "demand_low", "demand_high")},
    "probability_gap_positive": "probability_gap_positive",
    "map_number": "map_number",
}
"""Numbers of a line that are those of the gap, with their names there."""
NO_FIGURES = {"planning_year", "price_year"}


def line_numbers(tracer: Tracer, area: str, service: str) -> tuple[Step, ...]:
    """Every number of the line of one area and service.

    Parameters
    ----------
    tracer : Tracer
    area : str
        Municipality, or oblast for services planned at its level.
    service : str

    Raises
    ------
    OssuError
        ``trace.no_row``.
    """
    row = tracer.row_of("proposal.line", {"area_code": area, "service_code": service})
    infos = {info.name: info for info in columns(table_class("proposal", "line")) if info.name in row}
    names = [name for name, info in infos.items() if info.unit and name not in NO_FIGURES]
    return tuple(_line_step(tracer, row, name, label_of(infos[name].comment)) for name in names)


def line_number(tracer: Tracer, area: str, service: str) -> Step:
    """What the line proposes, with everything below it."""
    wanted = anchor_of("line", service, "proposed_users")
    return next(step for step in line_numbers(tracer, area, service) if step.anchor == wanted)


def _line_step(tracer: Tracer, row: Any, name: str, label: str) -> Step:
    area, service, year = str(row["area_code"]), str(row["service_code"]), int(row["planning_year"])
    value, source = value_of(row, name), ""
    formula: str = ""
    again: float | None = None
    inputs: tuple[Step, ...] = ()
    if name in FROM_GAP and value is not None:
        step = gap_number(tracer, area, service, year, FROM_GAP[name])
        formula, again, inputs = text("trace.formula.of_gap", year=year), step.value, (step,)
    elif name == "proposed_users" and value is not None:
        formula, again, inputs = _proposed(tracer, row, area, service, year)
    elif name == "residents_to_move" and value is not None:
        formula, again, inputs = _residents(tracer, area, service, year)
    elif name == "state_funded_users" and value is not None:
        formula, again, inputs = _within_map(tracer, row, area, service, year)
    elif value is not None:
        source = text("trace.expert", reason=row.get("analyst_reason"))
    unknown = text(f"trace.unknown.{name}")
    return Step(
        label, value, "proposal.line", f"{area} {service} {year}", formula, again, source=source,
        status=str(row["status"]), inputs=inputs, anchor=anchor_of("line", service, name),
        article=article_of(tracer, service),
        said="" if value is not None else text("common.no_data") if unknown.startswith("trace.") else unknown,
    )  # fmt: skip


Origin = tuple[str, float | None, tuple[Step, ...]]


def _proposed(tracer: Tracer, row: Any, area: str, service: str, year: int) -> Origin:
    """Existing places and the gap rounded up; a new service that replaces closing homes has no row of the gap."""
    places = _known_in_gap(tracer, area, service, year, "places")
    gap = _known_in_gap(tracer, area, service, year, "gap_to_demand_places")
    if places is None or gap is None:
        return text("trace.formula.replacement"), value_of(row, "existing_places"), ()
    missing = gap.value if gap.value is not None and gap.value >= HALF_A_PLACE else 0.0
    again = None if places.value is None else places.value + math.ceil(missing - 1e-9)
    return text("proposal.rule"), again, (places, gap)


def _within_map(tracer: Tracer, row: Any, area: str, service: str, year: int) -> Origin:
    """The lesser of what is proposed and the number of the map."""
    _, proposed, below = _proposed(tracer, row, area, service, year)
    in_map = _known_in_gap(tracer, area, service, year, "map_number")
    if in_map is None or in_map.value is None or proposed is None:
        return text("trace.formula.state_funded_users"), None, below
    return text("trace.formula.state_funded_users"), min(proposed, in_map.value), (*below, in_map)


def _known_in_gap(tracer: Tracer, area: str, service: str, year: int, column: str) -> Step | None:
    """A number of the gap; None where the gap has no such row."""
    try:
        return gap_number(tracer, area, service, year, column)
    except OssuError as error:
        if error.code != "trace.no_row":
            raise
        return None


def _residents(tracer: Tracer, area: str, service: str, year: int) -> Origin:
    step = _known_in_gap(tracer, area, service.replace("RES-", "LEG-"), year, "occupied")
    return text("trace.formula.residents_to_move"), None if step is None else step.value, (step,) if step else ()


def option_numbers(tracer: Tracer, oblast: str, service: str, option: str) -> tuple[Step, ...]:
    """Numbers of one simple choice for one service of an oblast (``proposal.option``)."""
    row = tracer.one(
        "proposal.option", "oblast_code = $area and service_code = $service and option = $option",
        area=oblast, service=service, option=option,
    )  # fmt: skip
    infos = {info.name: info for info in columns(table_class("proposal", "option")) if info.name in row.index}

    def ref(name: str) -> Step:
        return Step(
            label_of(infos[name].comment), value_of(row, name), "proposal.option", f"{oblast} {option} {service}",
            anchor=anchor_of(f"option-{option}", service, name), said=text("common.no_data"),
        )  # fmt: skip

    towns = {name: _municipal_sum(tracer, row, name) for name in ("places", "demand_median")}
    cost = _unit_cost(tracer, row, service, ref("unit_cost"))
    added, covered = value_of(row, "places_added"), value_of(row, "persons_covered")
    asked, short = value_of(row, "demand_median"), value_of(row, "persons_not_covered")
    today = towns["places"].value
    made: dict[str, Origin] = {
        "places": (text("trace.formula.option_places"), _total(today, added), (towns["places"], ref("places_added"))),
        "places_added": (text(f"trace.formula.option_added_{option}"), _total(value_of(row, "places"), _minus(today)),
                         (ref("places"), towns["places"])),
        "demand_median": (text("trace.formula.option_demand"), towns["demand_median"].value, (towns["demand_median"],)),
        "persons_covered": (text("trace.formula.option_covered"), _total(asked, _minus(short)),
                            (ref("demand_median"), ref("places"))),
        "persons_not_covered": (text("trace.formula.option_short"), _total(asked, _minus(covered)),
                                (ref("demand_median"), ref("persons_covered"))),
        "yearly_cost": (text("trace.formula.option_cost"), _times(added, cost.value), (ref("places_added"), cost)),
    }  # fmt: skip
    return tuple(
        Step(
            label_of(infos[name].comment), value_of(row, name), "proposal.option", f"{oblast} {option} {service}",
            formula, again,
            status=str(row["status"]), inputs=inputs, anchor=anchor_of(f"option-{option}", service, name),
            article=article_of(tracer, service), said=_why_unknown(row, name),
        )
        for name, (formula, again, inputs) in made.items()
    )  # fmt: skip


def _unit_cost(tracer: Tracer, row: Any, service: str, unit_cost: Step) -> Step:
    """The standard in the currency of the planning year, with the amount of its decision."""
    from ossu_analysis.reference.standards import converted

    standard = standard_of(service, "cost", tracer)
    if unit_cost.value is None or standard.value is None:
        return replace(unit_cost, anchor="", said=text("common.no_standard"), inputs=(standard,))
    again = converted(standard.value, str(row["original_currency"]), str(row["currency"]))
    formula = text("trace.formula.unit_cost", currency=row["currency"], price_year=row["price_year"])
    return replace(unit_cost, anchor="", formula=formula, recomputed=again, inputs=(standard,))


def _why_unknown(row: Any, name: str) -> str:
    if value_of(row, name) is not None:
        return ""
    return str(row["cost_note"]) if name == "yearly_cost" else text("common.no_data")


def _municipal_sum(tracer: Tracer, row: Any, name: str) -> Step:
    """Sum over the municipalities of the oblast of a number of the gap, the basis of a simple choice."""
    found = tracer.rows(
        f"select sum({name}) as total from gap.service_gap join reference.municipality using (municipality_code) "
        "where oblast_code = $area and service_code = $service and year = $year",
        area=row["oblast_code"], service=row["service_code"], year=int(row["planning_year"]),
    ).iloc[0]  # fmt: skip
    key = f"{row['oblast_code']} {row['service_code']} {row['planning_year']}"
    return Step(text(f"trace.sum.{name}"), value_of(found, "total"), "gap.service_gap", key,
                source=text("trace.formula.sum_of_towns"), said=text("common.no_data"))  # fmt: skip


def _total(*values: float | None) -> float | None:
    return None if any(value is None for value in values) else math.fsum(value for value in values if value is not None)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _times(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first * second


def plan_numbers(tracer: Tracer, area: str, option: str) -> tuple[Step, ...]:
    """Numbers of one option under ceilings, judged again from its stored places and inputs.

    Parameters
    ----------
    tracer : Tracer
    area : str
        Oblast or ``BG``.
    option : str
        ``most_served``, ``fairest``, ``between``, ``half_money`` or ``near_home``.

    Raises
    ------
    OssuError
        ``trace.no_options`` when the run has none, ``trace.no_row``.
    """
    from ossu_analysis.errors import OssuError

    if "proposal.allocation" not in tracer.tables:
        raise OssuError("trace.no_options", area=area)
    row = tracer.one("proposal.allocation", "area_code = $area and option = $service", area=area, service=option)
    judged = _Judged(tracer, area, option)
    infos = {info.name: info for info in columns(table_class("proposal", "allocation"))}
    names = [name for name, info in infos.items() if info.unit and name not in NO_FIGURES]
    return tuple(
        Step(
            label_of(infos[name].comment), value_of(row, name), "proposal.allocation", f"{area} {option}",
            text(f"trace.plan.{name}"), judged.of(name), status=str(row["status"]), inputs=judged.inputs(name),
            source=text("trace.solver") if name == "optimality_gap" else "",
            anchor=f"plan-{area}-{option}-{name}", article=text("trace.article.plan"),
            said="" if value_of(row, name) is not None else text("allocation.no_ceiling"),
        )
        for name in names
    )  # fmt: skip


class _Judged:
    """A stored plan with what it was made from."""

    def __init__(self, tracer: Tracer, area: str, option: str) -> None:
        self.tracer, self.area, self.option = tracer, area, option
        asked = {"area": area, "option": option}
        where = "where area_code = $area and option = $option"
        self.places = tracer.rows(f"select * from proposal.allocation_place {where}", **asked)
        self.sharing = tracer.rows(f"select * from proposal.allocation_sharing {where}", **asked)
        self.used = tracer.rows("select * from proposal.allocation_input where area_code = $area", area=area)

    def by_service(self, name: str) -> "pd.Series[float]":
        """An input by service."""
        return self.used[self.used["input"] == name].set_index("service_code")["value"]

    def of(self, name: str) -> float | None:
        """The number made again; None for what only the search knows, or what needs draws on a page without them."""
        places, every = self.places, self.places["existing_places"] + self.places["new_places"]
        ceilings = {"budget": "budget", "staff_ceiling": "staff"}
        if name in ceilings:
            known = self.used.loc[self.used["input"] == ceilings[name], "value"]
            return float(known.iloc[0]) if len(known) else None
        made: dict[str, Callable[[], float]] = {
            "yearly_cost": lambda: float((every * places["service_code"].map(self.by_service("unit_cost"))).sum()),
            "existing_cost": lambda: float(
                (places["existing_places"] * places["service_code"].map(self.by_service("unit_cost"))).sum()
            ),
            "staff_posts": lambda: float((every * places["service_code"].map(self.by_service("staff_per_user"))).sum()),
            "new_places": lambda: float(places["new_places"].sum()),
            "shared_places": lambda: float(self.sharing["places"].sum()),
            "travel": lambda: float((self.sharing["places"] * self.sharing["way"]).sum()),
        }
        if name in made:
            return made[name]()
        return self._from_draws().get(name) if self.tracer.redraws else None

    def _from_draws(self) -> dict[str, float]:
        return self.tracer.once(("judged", self.area, self.option), self._judge)

    def _judge(self) -> dict[str, float]:
        """Expected demand, persons served and the worst-off share, from draws made again."""
        import numpy as np

        from ossu_analysis.proposal.allocation.case import MOST_DRAWS

        own = self.places.set_index(["municipality_code", "service_code"])["for_residents"]
        others = self.sharing.groupby(["guest_code", "service_code"])["places"].sum()
        kept = own.add(others.rename_axis(own.index.names), fill_value=0.0)
        year = int(self.places["planning_year"].iloc[0])
        towns = sorted(set(self.used["municipality_code"].dropna()))
        served, asked = dict.fromkeys(towns, 0.0), dict.fromkeys(towns, 0.0)
        for service in self.by_service("unit_cost").index:
            for town in towns:
                draws = self.tracer.drawn([town], str(service), year).astype(float)
                chosen = np.linspace(0, len(draws) - 1, min(MOST_DRAWS, len(draws))).round().astype(int)
                served[town] += float(np.minimum(draws[chosen], kept.get((town, service), 0.0)).mean())
                asked[town] += float(draws[chosen].mean())
        shares = [served[town] / asked[town] for town in towns if asked[town] > 0]
        return {"expected_served": sum(served.values()), "expected_demand": sum(asked.values()),
                "worst_share": min(shares)}  # fmt: skip

    def inputs(self, name: str) -> tuple[Step, ...]:
        """What a number was made from: prices and posts by service, ceilings, places of the plan."""
        kinds = {"yearly_cost": "unit_cost", "existing_cost": "unit_cost", "staff_posts": "staff_per_user"}
        kinds |= {"budget": "budget", "staff_ceiling": "staff", "shared_places": "reach", "travel": "reach"}
        found = [
            Step(
                f"{text('allocation.input.' + str(one['input']))} {one['service_code'] or ''}".strip(),
                float(one["value"]),
                "proposal.allocation_input", f"{self.area} {one['input']}", source=f"{one['source']} ({one['unit']})",
                status=str(one["status"]),
            )
            for one in self.used[self.used["input"] == kinds.get(name)].to_dict("records")
        ]  # fmt: skip
        if name in {"budget", "staff_ceiling"}:
            return tuple(found)
        kept = float(self.places[["for_residents", "for_others"]].to_numpy().sum())
        label = text("trace.plan.kept")
        plan = Step(label, kept, "proposal.allocation_place", f"{self.area} {self.option}", source=text("trace.solver"))
        return (plan, *found)
