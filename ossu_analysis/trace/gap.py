"""Every number of a row of the gap: article, formula in words, what it was made from, and the same number made again.

A municipality's row stands in ``gap.service_gap``, an oblast's in ``gap.oblast_gap``; the formulas are those of
`ossu_analysis.gap.formulas`.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ossu_analysis.errors import OssuError
from ossu_analysis.gap.formulas import (
    AREA_FORMULAS,
    COUNTRY_FORMULAS,
    FORMULAS,
    HIGH,
    LOW,
    MIDDLE,
    planning_quantile,
    sum_of_parts,
)
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.reference.services import closing_services
from ossu_analysis.texts import text
from ossu_analysis.trace import people
from ossu_analysis.trace.row import Input, Origin, TracedRow, value_of, values_of
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step

if TYPE_CHECKING:
    from ossu_analysis.gap.standards import Standards

QUANTILES = {"demand_low": LOW, "demand_median": MIDDLE, "demand_high": HIGH}
OF_PARTS = "town_"
"""Inputs named so are a column of every municipality of the area."""


def gap_numbers(tracer: Tracer, area: str, service: str, year: int) -> tuple[Step, ...]:
    """Every number of the row of one area, service and year.

    Parameters
    ----------
    tracer : Tracer
    area : str
        Municipality or oblast.
    service : str
    year : int

    Raises
    ------
    OssuError
        ``trace.no_row``.
    """
    return gap_row(tracer, area, service, year).steps()


def gap_row(tracer: Tracer, area: str, service: str, year: int) -> "GapRow":
    """The row itself, which gives its numbers one by one."""
    return tracer.once(("gap", area, service, year), lambda: GapRow(tracer, area, service, year))


def anchor_of(table: str, service: str, column: str) -> str:
    """Where a number stands on the page of its area."""
    return f"{table}-{service}-{column}"


def is_municipality(area: str) -> bool:
    """Municipalities have codes of five characters, oblasts of three."""
    return len(area) == 5


class GapRow(TracedRow):
    """A row of the gap."""

    def __init__(self, tracer: Tracer, area: str, service: str, year: int) -> None:
        self.area, self.service, self.year, self.is_local = area, service, year, is_municipality(area)
        table, column = ("service_gap", "municipality_code") if self.is_local else ("oblast_gap", "area_code")
        row = tracer.row_of(f"gap.{table}", **{column: area, "service_code": service, "year": year})
        formulas = FORMULAS if self.is_local else COUNTRY_FORMULAS if area == COUNTRY else AREA_FORMULAS
        super().__init__(tracer, f"gap.{table}", row, f"{area} {service} {year}", f"gap-{service}",
                         article_of(tracer, service), formulas)  # fmt: skip

    def by_formula(self, name: str) -> Origin:
        """As of any row; where nothing is drawn again, a quantile is held against the table of demand."""
        origin = super().by_formula(name)
        if name not in QUANTILES or self.tracer.redraws:
            return origin
        return replace(origin, recomputed=self._published(QUANTILES[name]))

    def _published(self, level: float) -> float | None:
        """A quantile of ``demand.demand_forecast``, which another pass over the draws has written."""
        rows = self.tracer.lookup(
            "demand.demand_forecast", area_code=self.area, service_code=self.service, year=self.year
        )
        kind = ("output_type", "median") if level == MIDDLE else ("output_type_id", str(level))
        return next((float(row["persons"]) for row in rows if row[kind[0]] == kind[1]), None)

    def input(self, name: str, column: str) -> Input:
        """Numbers of the row, of its municipalities or oblasts, draws, assumptions and standards."""
        if name == "parts":
            return self._of_parts(column, self._parts(below_oblasts=False))
        if name in {"draws", "town_draws"}:
            return self._draws(of_towns=name != "draws")
        if name.startswith(OF_PARTS):
            return self._of_parts(name.removeprefix(OF_PARTS), self._parts(below_oblasts=True))
        if name == "planning_quantile":
            return self._quantile()
        if name in {"occupancy_target", "posts_per_user", "unit_cost"}:
            step = {
                "occupancy_target": lambda: assumption(self.tracer, "occupancy_target"),
                "posts_per_user": lambda: standard_of(self.service, "posts", self.tracer),
                "unit_cost": self._unit_cost,
            }[name]()
            return Input(step.value, (step,))
        return super().input(name, column)

    def _quantile(self) -> Input:
        step = assumption(self.tracer, "unserved_to_empty")
        return Input(planning_quantile(float(step.value or 0.0)), (step,))

    def _draws(self, of_towns: bool) -> Input:
        steps = people.users(self.tracer, self.area, self.service, self.year)
        if not self.tracer.redraws:
            return Input(None, steps)
        drawn = self.tracer.drawn(self.tracer.towns_of(self.area), self.service, self.year)
        return Input(drawn if of_towns else drawn.sum(axis=0, dtype=np.float64), steps)

    def _of_parts(self, name: str, parts: list[dict[Any, Any]]) -> Input:
        steps = tuple(
            Step(
                self.tracer.name_of(str(row.get("municipality_code", row.get("area_code")))), value_of(row, name),
                "gap.service_gap" if "municipality_code" in row else "gap.oblast_gap",
                f"{row.get('municipality_code', row.get('area_code'))} {self.service} {self.year}",
                anchor=self._page_of(row, name), said=text("common.no_data"),
            )
            for row in parts
        )  # fmt: skip
        return Input(np.array(values_of(steps)), steps)

    def _parts(self, below_oblasts: bool) -> list[dict[Any, Any]]:
        """Rows of the municipalities of the area; of the oblasts for the country, which adds what they have."""
        if self.area == COUNTRY and not below_oblasts:
            query, where = "select * from gap.oblast_gap where area_level = 'oblast' and", {}
        else:
            query = (
                "select g.* from gap.service_gap g join reference.municipality using (municipality_code) "
                f"where ($area = '{COUNTRY}' or oblast_code = $area) and"
            )
            where = {"area": self.area}
        rows = self.tracer.rows(f"{query} service_code = $service and year = $year order by 1, 2",
                                service=self.service, year=self.year, **where)  # fmt: skip
        return rows.to_dict("records")

    def _page_of(self, row: dict[Any, Any], name: str) -> str:
        """Address of the same number of a part; parts of the country have no page of their own in most runs."""
        if self.area == COUNTRY:
            return ""
        return f"{row['municipality_code']}.html#{anchor_of('gap', self.service, name)}"

    def _unit_cost(self) -> Step:
        """The standard in the currency of the planning year, above the amount of its decision."""
        standard = standard_of(self.service, "cost", self.tracer)
        if standard.value is None:
            return standard
        cost = standards_of(self.tracer).unit_costs[self.service]
        formula = text("trace.formula.unit_cost", currency=self.row["currency"], price_year=cost.price_year)
        return replace(standard, value=cost.in_currency_of(self.year), formula=formula, source="", inputs=(standard,))

    def unknown(self, name: str) -> str:
        """Why a number is not there; a closing home has no gap at all."""
        is_reported = name.startswith(("places", "occupied", "waiting", "target"))
        if self.service in self._closing and not is_reported:
            return text("trace.unknown.closing")
        return super().unknown(name)

    @property
    def _closing(self) -> dict[str, str]:
        return self.tracer.once(
            ("closing",), lambda: closing_services(self.tracer.rows("select * from reference.service"))
        )

    def origin(self, name: str) -> Origin:
        """What was reported, counted, decided or measured."""
        if name in {"places", "occupied", "waiting"}:
            return self._reported(name)
        if name in {"places_for_others", "places_elsewhere"}:
            return self._moved(name)
        found = {"target_population": self._population, "criterion_maximum": self._criterion}
        if name in found:
            return found[name]()
        if name == "residents_to_move":
            steps = tuple(self._homes(home) for home, heir in self._closing.items() if heir == self.service)
            return Origin(text("trace.formula.residents_to_move"), steps, float(sum(one.value or 0 for one in steps)))
        if name == "map_number":
            return Origin(text("trace.formula.map_number"), source=text("trace.map_source"))
        if name in {"km_to_nearest", "minutes_to_nearest"}:
            return Origin(text("trace.formula.km_to_nearest"), (self.number("places"),), source=text("trace.seats"))
        return super().origin(name)

    def _homes(self, service: str) -> Step:
        """Residents of the closing homes of one kind in the area; none where there are none."""
        try:
            return gap_row(self.tracer, self.area, service, self.year).number("occupied")
        except OssuError:
            return Step(service, 0.0, self.table, self.key, source=text("trace.places.none"))

    def _reported(self, name: str) -> Origin:
        step = capacity(self.tracer, self.area, self.service)
        if name == "places":
            return Origin(text("trace.places.formula"), (step,), step.value)
        row = last_capacity(self.tracer, self.area, self.service)
        if row is None:
            return Origin(text("trace.places.none"), (step,), 0.0)
        reported = Step(
            text("trace.reported", period=row["period_end"]), value_of(row, name), "capacity.current",
            f"{self.area} {self.service} {row['period_end']}", source=f"{row['source_id']} ({row['source_class']})",
            status=str(row["status"]), said=text("common.no_data"),
        )  # fmt: skip
        return Origin(text("trace.formula.last_return"), (reported,), reported.value)

    def _moved(self, name: str) -> Origin:
        if "capacity.by_residence" not in self.tracer.tables:
            return super().origin(name)
        rows = self.tracer.lookup("capacity.by_residence", municipality_code=self.area, service_code=self.service)
        newest = max(rows, key=lambda row: str(row["period_end"]), default={name: 0.0})
        said = text("trace.moved.formula")
        ledger = Step(text("trace.moved.label"), value_of(newest, name), "capacity.by_residence",
                      f"{self.area} {self.service}", source=said)  # fmt: skip
        return Origin(said, (ledger,), ledger.value)

    def _population(self) -> Origin:
        group = str(self.row["target_group"])
        rows = self.tracer.lookup("demand.need_forecast", area_code=self.area, target_group=group, year=self.year)
        again = next((float(row["persons"]) for row in rows if row["output_type"] == "median"), None)
        return Origin(text("trace.need.formula"), (people.exposed(self.tracer, self.area, group, self.year),), again)

    def _criterion(self) -> Origin:
        rule = rule_of(self.tracer, self.service)
        said: dict[str, Any] = {
            name: rule.get(name) for name in ("base", "rate", "rate_unit", "indicator", "legal_ref", "version")
        }
        counted = (self.number("target_population"),) if "target_population" in self.row else ()
        return Origin(
            text("trace.formula.criterion", **said), counted, source=text("trace.rule", **said, file=rule.get("file"))
        )


def last_capacity(tracer: Tracer, area: str, service: str) -> dict[str, Any] | None:
    """The newest row of ``capacity.current``; None where nothing was reported."""
    rows = tracer.lookup("capacity.current", municipality_code=area, service_code=service)
    return max(rows, key=lambda row: str(row["period_end"])) if rows else None


def capacity(tracer: Tracer, area: str, service: str) -> Step:
    """Places of the last period, from the returns that were added up."""
    row = last_capacity(tracer, area, service)
    if row is None:
        return Step(text("trace.places.none"), 0.0, "capacity.current", f"{area} {service}", recomputed=0.0)
    codes = {service, *str(row["reported_service_code"]).split("|")}
    returns = tuple(
        Step(
            text("trace.return.label", service=one["service_code"],
                 period=f"{one['period_start']} – {one['period_end']}"),
            float(one["places"]), "collection.return", f"{area} {one['service_code']} {one['period_end']}",
            source=f"{one['source_id']} ({one['source_class']})", status=one["status"],
        )
        for one in tracer.lookup("collection.return", municipality_code=area, period_end=row["period_end"])
        if one["service_code"] in codes
    )  # fmt: skip
    return Step(
        text("trace.places.label"), float(row["places"]), "capacity.current",
        f"{area} {service} {row['period_end']}", text("trace.places.formula"),
        float(sum_of_parts(np.array(values_of(returns)))), status=str(row["status"]), inputs=returns,
    )  # fmt: skip


def assumption(tracer: Tracer, code: str) -> Step:
    """Newest value of one parameter that is not estimated."""
    row = max(tracer.lookup("reference.assumption", assumption_id=code), key=lambda one: str(one["valid_from"]))
    return Step(
        str(row["title_bg"]), float(row["value"]), "reference.assumption", code,
        source=f"{row['source_bg']} ({row['file']})", status=str(row["quality"]),
    )  # fmt: skip


def article_of(tracer: Tracer, service: str) -> str:
    """Article by which the service is planned at its level, and the place of its criterion."""
    levels = tracer.rows("select service_code, planning_level from reference.service")
    known = tracer.once(("levels",), lambda: dict(zip(levels["service_code"], levels["planning_level"], strict=True)))
    rule = rule_of(tracer, service)
    level = text(f"trace.article.{known.get(service, 'unknown')}")
    return f"{level}; {rule['legal_ref']}" if rule else level


def rule_of(tracer: Tracer, service: str) -> dict[str, Any]:
    """The newest rule of a service as it stands in the file, loaded or not; empty without one."""
    rules = tracer.lookup("reference.rule", service_code=service)
    return max(rules, key=lambda rule: str(rule["valid_from"]), default={})


def standards_of(tracer: Tracer) -> "Standards":
    """The newest standard of each service."""
    from ossu_analysis.gap.standards import read_standards
    from ossu_analysis.store import Store

    return tracer.once(("standards",), lambda: read_standards(Store(tracer.root)))


def standard_of(service: str, kind: str, tracer: Tracer) -> Step:
    """The standard that a gap is priced with: ``posts`` for one user or yearly ``cost`` of one."""
    standards = standards_of(tracer)
    posts, cost = standards.staff.get(service), standards.unit_costs.get(service)
    label = text(f"trace.standard.{kind}")
    if kind == "posts" and posts:
        return Step(label, posts.posts_per_user, "data/assumptions/standards/staffing.yaml", service,
                    source=f"{posts.source}; {posts.valid_from}", status="observed")  # fmt: skip
    if kind == "cost" and cost:
        said = f"{cost.decision} ({cost.valid_from}), {cost.currency}, {cost.price_year}: {cost.source}"
        return Step(label, cost.amount, "data/assumptions/standards/unit_costs.yaml", service, source=said,
                    status="observed")  # fmt: skip
    return Step(label, None, "data/assumptions/standards", service, said=text("common.no_standard"))
