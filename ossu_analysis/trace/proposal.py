"""Every number of a proposal: lines, the simple options of an oblast, and options under ceilings.

A line repeats numbers of the gap and adds its own; each leads to the step of the gap that it was made from. Simple
options are made again from the rows of the gap that the run has. Options under ceilings are judged again from their
stored places: the plan itself comes from a search, and its distance from the best one is what the search has proved.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ossu_analysis.errors import OssuError
from ossu_analysis.gap.formulas import sum_of_parts
from ossu_analysis.proposal.formulas import FORMULAS
from ossu_analysis.texts import text
from ossu_analysis.trace.gap import article_of, gap_row, standard_of, standards_of
from ossu_analysis.trace.row import Input, Origin, TracedRow, value_of, values_of
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step

if TYPE_CHECKING:
    import pandas as pd

FROM_GAP = {
    "existing_places": "places",
    "need_by_criterion": "criterion_maximum",
    **{name: name for name in ("occupied", "waiting", "demand_median", "demand_low", "demand_high", "demand_planned")},
    "probability_gap_positive": "probability_gap_positive",
    "map_number": "map_number",
}
"""Numbers of a line that are those of the gap, with their names there."""
DECIDED = {
    "change", "rule_users", "effective_year", "needed", "way_to_host", "persons_elsewhere", "persons_of_others",
    "own_people", "residents_here", "free_places", "unit_size_minimum", "unit_size_maximum",
}  # fmt: skip
"""Numbers that a decision sets."""
SEEN = ("places", "occupied", "waiting", "demand_planned", "demand_high")
"""Numbers of the gap that decisions rest on."""
BY_SERVICE = {"yearly_cost": "unit_cost", "existing_cost": "unit_cost", "staff_posts": "staff_per_user"}
"""Numbers of an option under ceilings that are places times an input of each service."""
CEILINGS = {"budget": "budget", "staff_ceiling": "staff"}


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
    return LineRow(tracer, area, service).steps()


def line_number(tracer: Tracer, area: str, service: str) -> Step:
    """What the line proposes, with everything below it."""
    return LineRow(tracer, area, service).number("proposed_users")


class LineRow(TracedRow):
    """A row of ``proposal.line``."""

    def __init__(self, tracer: Tracer, area: str, service: str) -> None:
        row = tracer.row_of("proposal.line", area_code=area, service_code=service)
        self.area, self.service, self.year = area, service, int(row["planning_year"])
        super().__init__(tracer, "proposal.line", row, f"{area} {service} {self.year}", f"line-{service}",
                         article_of(tracer, service), FORMULAS)  # fmt: skip

    def of_gap(self, name: str, service: str = "") -> Step | None:
        """A number of the gap; None where the gap has no such row."""
        try:
            return gap_row(self.tracer, self.area, service or self.service, self.year).number(name)
        except OssuError as error:
            if error.code != "trace.no_row":
                raise
            return None

    def input(self, name: str, column: str) -> Input:
        """A number of the line or, what a line does not repeat, of the gap."""
        if name in {"unit_cost", "posts_per_user"}:
            step: Step | None = standard_of(self.service, "cost" if name == "unit_cost" else "posts", self.tracer)
            cost = standards_of(self.tracer).unit_costs.get(self.service)
            value = cost.in_currency_of(self.year) if cost and name == "unit_cost" else step.value if step else None
            return Input(value, (step,) if step else ())
        step = self.number(name) if name in self.columns else self.of_gap(name)
        return Input(None, ()) if step is None else Input(step.value, (step,))

    def origin(self, name: str) -> Origin:
        """The same number in the gap, the residents of the homes that the service replaces, or an expert's own."""
        if name == "residents_to_move":
            homes = self.tracer.lookup("reference.service", replaced_by=self.service) or [dict(self.row)]
            steps = [step for home in homes if (step := self.of_gap("occupied", str(home["service_code"])))]
            residents = sum_of_parts(np.array(values_of(steps)))
            return Origin(text("trace.formula.residents_to_move"), tuple(steps), float(residents))
        if name in DECIDED:
            seen = [step for one in SEEN if (step := self.of_gap(one))]
            why = text(f"proposal.decision.{self.row['decision']}")
            return Origin(text("trace.formula.decided", decision=why), tuple(seen), source=text("trace.decision"))
        if name == "existing_places" and self.of_gap("places") is None:
            return Origin(text("trace.formula.replacement"), source=text("trace.decision"))
        step = self.of_gap(FROM_GAP[name]) if name in FROM_GAP else None
        if step is None:
            return Origin(source=text("trace.expert", reason=self.row.get("analyst_reason")))
        return Origin(text("trace.formula.of_gap", year=self.year), (step,), step.value)


def option_numbers(tracer: Tracer, oblast: str, service: str, option: str) -> tuple[Step, ...]:
    """Numbers of one simple choice for one service of an oblast (``proposal.option``)."""
    return OptionRow(tracer, oblast, service, option).steps()


class OptionRow(TracedRow):
    """A row of ``proposal.option``, made again by the function of the run from the gap that the run has."""

    def __init__(self, tracer: Tracer, oblast: str, service: str, option: str) -> None:
        row = tracer.row_of("proposal.option", oblast_code=oblast, service_code=service, option=option)
        self.oblast, self.service, self.option = oblast, service, option
        super().__init__(tracer, "proposal.option", row, f"{oblast} {option} {service}", f"option-{option}-{service}",
                         article_of(tracer, service), {})  # fmt: skip

    def origin(self, name: str) -> Origin:
        """Made again; the row's own numbers are made from each other, money from the standard."""
        if name in {"unit_cost", "original_amount"}:
            step = standard_of(self.service, "cost", self.tracer)
            facts = {"currency": self.row["currency"], "price_year": self.row["price_year"]}
            return Origin(text("trace.formula.unit_cost", **facts), (step,), value_of(self._again, name))
        kind = f"{name}_{self.option}" if name == "places_added" else name
        below = {"places": ("places_added",), "yearly_cost": ("places_added", "unit_cost")}.get(name, ())
        steps = tuple(self.number(one) for one in below) or (self._towns,)
        return Origin(text(f"trace.formula.option_{kind}"), steps, value_of(self._again, name))

    @cached_property
    def _again(self) -> dict[str, Any]:
        table = self.tracer.once(("options", self.oblast), self._made_again)
        mine = table["service_code"].eq(self.service) & table["option"].eq(self.option)
        return {str(name): value for name, value in table[mine].iloc[0].items()}

    def _made_again(self) -> "pd.DataFrame":
        from ossu_analysis.proposal.option import proposal_options

        lines = self.tracer.rows("select * from proposal.line where oblast_code = $area", area=self.oblast)
        return proposal_options(lines, standards_of(self.tracer))

    @property
    def _towns(self) -> Step:
        key = f"{self.oblast} {self.service} {self.row['planning_year']}"
        return Step(text("trace.towns"), None, "gap.service_gap", key, said=text("trace.formula.sum_of_towns"),
                    source=text("trace.formula.sum_of_towns"))  # fmt: skip

    def unknown(self, name: str) -> str:
        """Why a number is not there."""
        return str(self.row["cost_note"]) if name == "yearly_cost" else text("common.no_data")


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
    if "proposal.allocation" not in tracer.tables:
        raise OssuError("trace.no_options", area=area)
    return PlanRow(tracer, area, option).steps()


class PlanRow(TracedRow):
    """A row of ``proposal.allocation``, judged by the functions that judge a plan after its search."""

    def __init__(self, tracer: Tracer, area: str, option: str) -> None:
        row = tracer.row_of("proposal.allocation", area_code=area, option=option)
        self.area, self.option = area, option
        super().__init__(tracer, "proposal.allocation", row, f"{area} {option}", f"plan-{area}-{option}",
                         text("trace.article.plan"), {})  # fmt: skip
        asked, where = {"area": area, "option": option}, "where area_code = $area and option = $option"
        self.places = tracer.rows(f"select * from proposal.allocation_place {where}", **asked)
        self.sharing = tracer.rows(f"select * from proposal.allocation_sharing {where}", **asked)
        self.used = tracer.rows("select * from proposal.allocation_input where area_code = $area", area=area)

    def origin(self, name: str) -> Origin:
        """What the stored plan comes to; the search alone knows how far from the best it may be."""
        source = text("trace.solver") if name == "optimality_gap" else ""
        inputs = self._used(BY_SERVICE.get(name) or CEILINGS.get(name, "reach"))
        plan = Step(text("trace.plan.kept"), float(self._kept.sum()), "proposal.allocation_place", self.key,
                    source=text("trace.solver"))  # fmt: skip
        if name in CEILINGS:
            return Origin(text(f"trace.plan.{name}"), inputs, inputs[0].value if inputs else None, source)
        return Origin(text(f"trace.plan.{name}"), (plan, *inputs), self._judged(name), source)

    def unknown(self, name: str) -> str:
        """A ceiling that nobody has set."""
        return text("allocation.no_ceiling")

    def _judged(self, name: str) -> float | None:
        from ossu_analysis.proposal.allocation.model import total, way_total

        existing = self.places["existing_places"].to_numpy(dtype=float)
        every = existing + self.places["new_places"].to_numpy(dtype=float)
        made: dict[str, Callable[[], float]] = {
            "yearly_cost": lambda: total(every, self._each("unit_cost")),
            "existing_cost": lambda: total(existing, self._each("unit_cost")),
            "staff_posts": lambda: total(every, self._each("staff_per_user")),
            "new_places": lambda: float(self.places["new_places"].sum()),
            "shared_places": lambda: float(self.sharing["places"].sum()),
            "travel": lambda: way_total(self.sharing["places"].to_numpy(), self.sharing["way"].to_numpy()),
        }
        if name in made:
            return made[name]()
        return self._from_draws.get(name) if self.tracer.redraws else None

    def _each(self, kind: str) -> Any:
        mine = self.used[self.used["input"] == kind].set_index("service_code")["value"]
        return self.places["service_code"].map(mine).to_numpy(dtype=float)

    @cached_property
    def _kept(self) -> "pd.Series[float]":
        """Places kept for the residents of each municipality by service."""
        own = self.places.set_index(["municipality_code", "service_code"])["for_residents"]
        others = self.sharing.groupby(["guest_code", "service_code"])["places"].sum()
        return own.add(others.rename_axis(own.index.names), fill_value=0.0)

    @cached_property
    def _from_draws(self) -> dict[str, float]:
        """Expected demand, persons served and the worst-off share, from draws made again."""
        from ossu_analysis.proposal.allocation.case import thinned
        from ossu_analysis.proposal.allocation.model import expected_served, worst_share

        year, kept = int(self.row["planning_year"]), self._kept
        towns = sorted(set(self.used["municipality_code"].dropna()))
        services = sorted(set(self.used.loc[self.used["input"] == "unit_cost", "service_code"]))
        drawn = [thinned(self.tracer.drawn(towns, service, year)) for service in services]
        demand = np.stack(drawn, axis=2)
        places = kept.unstack().reindex(index=towns, columns=services).fillna(0.0).to_numpy()
        served, expected = expected_served(demand, places), demand.mean(axis=0)
        return {"expected_served": float(served.sum()), "expected_demand": float(expected.sum()),
                "worst_share": worst_share(served, expected)}  # fmt: skip

    def _used(self, kind: str) -> tuple[Step, ...]:
        """Prices and posts by service, ceilings, reach."""
        return tuple(
            Step(
                f"{text('allocation.input.' + str(one['input']))} {one['service_code'] or ''}".strip(),
                float(one["value"]), "proposal.allocation_input", f"{self.area} {one['input']}",
                source=f"{one['source']} ({one['unit']})", status=str(one["status"]),
            )
            for one in self.used[self.used["input"] == kind].to_dict("records")
        )  # fmt: skip
