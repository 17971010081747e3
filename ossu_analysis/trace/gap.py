"""Every number of a row of the gap: article, formula in words, what it was made from, and the same number made again.

A municipality's row stands in ``gap.service_gap``, an oblast's in ``gap.oblast_gap``. Labels are the comments of the
declared columns. A number that is not known says why.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ossu_analysis.gap.formulas import HALF_A_PLACE
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.texts import number, text
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step

if TYPE_CHECKING:
    from ossu_analysis.gap.standards import Standards

KEYS = {"year", "price_year"}
"""Whole numbers that name a row or a price level and are no figures of it."""
QUANTILES = {"demand_low": 0.1, "demand_median": 0.5, "demand_high": 0.9}


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
    return tracer.once(("gap", area, service, year), lambda: _Row.of(tracer, area, service, year).steps())


def gap_number(tracer: Tracer, area: str, service: str, year: int, column: str) -> Step:
    """One of them, by its column."""
    wanted = anchor_of("gap", service, column)
    return next(step for step in gap_numbers(tracer, area, service, year) if step.anchor == wanted)


def anchor_of(table: str, service: str, column: str) -> str:
    """Where a number stands on the page of its area."""
    return f"{table}-{service}-{column}"


def label_of(comment: str) -> str:
    """What a column is, without what its empty cells mean: a number that is not known says that itself."""
    return comment.split("; NULL")[0]


def is_municipality(area: str) -> bool:
    """Municipalities have codes of five characters, oblasts of three."""
    return len(area) == 5


def value_of(row: Any, name: str) -> float | None:
    """A cell as a number; None where it is not known or not there."""
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


@dataclass(frozen=True)
class _Made:
    """How one number was made."""

    formula: str = ""
    recomputed: float | None = None
    inputs: tuple[Step, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class _Row:
    tracer: Tracer
    area: str
    service: str
    year: int
    table: str
    row: Any
    article: str

    @classmethod
    def of(cls, tracer: Tracer, area: str, service: str, year: int) -> "_Row":
        table, column = ("service_gap", "municipality_code") if is_municipality(area) else ("oblast_gap", "area_code")
        keys = {column: area, "service_code": service, "year": year}
        row = tracer.row_of(f"gap.{table}", keys)
        return cls(tracer, area, service, year, table, row, article_of(tracer, service))

    def steps(self) -> tuple[Step, ...]:
        """One step per number of the row, in the order of the columns."""
        infos = [info for info in columns(table_class("gap", self.table)) if info.name in self.row]
        wanted = [info for info in infos if info.unit and info.name not in KEYS]
        return tuple(self._step(info.name, label_of(info.comment)) for info in wanted)

    def _step(self, name: str, label: str) -> Step:
        value = value_of(self.row, name)
        made = self._made(name) if value is not None else _Made()
        return Step(
            label, value, f"gap.{self.table}", f"{self.area} {self.service} {self.year}", made.formula, made.recomputed,
            source=made.source, status=str(self.row["status"]), inputs=made.inputs,
            anchor=anchor_of("gap", self.service, name), article=self.article,
            said="" if value is not None else self._unknown(name),
        )  # fmt: skip

    def _unknown(self, name: str) -> str:
        """Why a number is not there."""
        closing = self.service.startswith("LEG-") and self.service != "LEG-OLD"
        if closing and not name.startswith(("places", "occupied", "waiting", "target")):
            return text("trace.unknown.closing")
        key = f"trace.unknown.{name}"
        said = text(key)
        return text("common.no_data") if said == key else said

    def _made(self, name: str) -> _Made:
        if name in QUANTILES or name in SHARES:
            return self._from_draws(name)
        if not is_municipality(self.area) and name in SUMMED_OVER_TOWNS:
            return self._sum_of_towns(name)
        return MADE[name](self) if name in MADE else _Made(source=text("trace.by_program"))

    def _ref(self, name: str, label: str = "") -> Step:
        """Another number of the same row, as an input; its own step tells the rest."""
        infos = {info.name: label_of(info.comment) for info in columns(table_class("gap", self.table))}
        return Step(
            label or infos[name], value_of(self.row, name), f"gap.{self.table}",
            f"{self.area} {self.service} {self.year}", anchor=anchor_of("gap", self.service, name),
            said=text("common.no_data"),
        )  # fmt: skip

    def _from_draws(self, name: str) -> _Made:
        """Quantiles and shares of the draws: drawn again, or held against the table of demand."""
        facts = {"draws": self.tracer.settings["draws"], "seed": self.tracer.settings["seed"]}
        inputs = (self._people(), *([self._rate()] if is_municipality(self.area) else []))
        formula = text(f"trace.formula.{name}", **facts)
        if name in QUANTILES:
            return _Made(formula, self._quantile(QUANTILES[name]), inputs)
        return _Made(formula, self._share_short(name), (self._ref("demand_median"), self._ref("places"),
                                                        self.tracer.target()))  # fmt: skip

    def _quantile(self, level: float) -> float | None:
        if self.tracer.redraws:
            return float(pd.Series(self._draws()).quantile(level))
        made = self.tracer.lookup(
            "demand.demand_forecast", area_code=self.area, service_code=self.service, year=self.year
        )
        kind = ("output_type", "median") if level == 0.5 else ("output_type_id", str(level))
        return next((float(row["persons"]) for row in made if row[kind[0]] == kind[1]), None)

    def _share_short(self, name: str) -> float | None:
        places = self._places_of_residents()
        if not self.tracer.redraws or places is None or name != "probability_gap_positive":
            return None
        target = float(self.tracer.target().value or 1.0)
        return float((self._draws() >= (places + HALF_A_PLACE) * target).mean())

    def _draws(self) -> Any:
        towns = [self.area] if is_municipality(self.area) else towns_of(self.tracer, self.area)
        return self.tracer.drawn(towns, self.service, self.year)

    def _places_of_residents(self) -> float | None:
        whole = value_of(self.row, "places_for_residents")
        if whole is not None:
            return whole
        places = value_of(self.row, "places")
        moved = [value_of(self.row, name) or 0.0 for name in ("places_elsewhere", "places_for_others")]
        return None if places is None else places + moved[0] - moved[1]

    def _use_rate(self) -> Any:
        """Row of ``demand.use_rate``; None where there is none."""
        found = self.tracer.lookup("demand.use_rate", municipality_code=self.area, service_code=self.service)
        return found[0] if found else None

    def _people(self) -> Step:
        rate = self._use_rate() if is_municipality(self.area) else None
        if rate is None:
            return self.tracer.forecast(self.area, "", self.year)
        return self.tracer.exposed(self.area, str(rate["exposed_group"]), self.year)

    def _rate(self) -> Step:
        rate, key = self._use_rate(), f"{self.area} {self.service}"
        if rate is None:
            return Step(text("trace.rate.none"), None, "demand.use_rate", key, said=text("common.no_data"))
        said = {"parent": number(rate["parent_rate"], 4), "direct": number(rate["direct_rate"], 4)}
        return Step(
            text("trace.rate.label", group=rate["exposed_group"]), float(rate["rate"]), "demand.use_rate", key,
            text("trace.rate.formula", **said), status=str(rate["status"]), source=text("trace.rate.source"),
        )  # fmt: skip

    def _sum_of_towns(self, name: str) -> _Made:
        inputs = tuple(
            Step(
                text("trace.town", name=self.tracer.name_of(town)), value,
                f"gap.{'service_gap' if is_municipality(town) else 'oblast_gap'}",
                f"{town} {self.service} {self.year}", anchor=self._page_of(town, name),
                said=text("common.no_data"),
            )
            for town, value in town_values(self.tracer, self.area, self.service, self.year, name).items()
        )  # fmt: skip
        known = [step.value for step in inputs if step.value is not None]
        return _Made(text("trace.formula.sum_of_towns"), math.fsum(known), inputs)

    def _page_of(self, part: str, name: str) -> str:
        """Address of the same number of a part; parts of the country have no page of their own in most runs."""
        return "" if self.area == COUNTRY else f"{part}.html#{anchor_of('gap', self.service, name)}"

    def _with_service(self) -> _Made:
        if self.area == COUNTRY:
            return self._sum_of_towns("municipalities_with_service")
        values = town_values(self.tracer, self.area, self.service, self.year, "places")
        found = self._sum_of_towns("places").inputs
        return _Made(
            text("trace.formula.with_service"), float(sum((value or 0) > 0 for value in values.values())), found
        )

    def _reported(self, name: str) -> _Made:
        step = self.tracer.capacity(self.area, self.service, self.year)
        if name == "places":
            return _Made(text("trace.places.formula"), step.recomputed, (step,))
        row = self.tracer.last_capacity(self.area, self.service)
        if row is None:
            return _Made(text("trace.places.none"), 0.0, (step,))
        reported = Step(
            text("trace.reported", period=row["period_end"]), value_of(row, name), "capacity.current",
            f"{self.area} {self.service} {row['period_end']}", source=f"{row['source_id']} ({row['source_class']})",
            status=str(row["status"]), said=text("common.no_data"),
        )  # fmt: skip
        return _Made(text("trace.formula.last_return"), reported.value, (reported,))

    def _moved(self, name: str) -> _Made:
        if "capacity.by_residence" not in self.tracer.tables:
            return _Made(source=text("trace.by_program"))
        found = self.tracer.lookup("capacity.by_residence", municipality_code=self.area, service_code=self.service)
        newest = max(found, key=lambda row: str(row["period_end"]), default={})
        again = value_of(newest, name) if newest else 0.0
        ledger = Step(text("trace.moved.label"), again, "capacity.by_residence", f"{self.area} {self.service}",
                      source=text("trace.moved.formula"))  # fmt: skip
        return _Made(text("trace.moved.formula"), again, (ledger,))

    def _gap(self) -> _Made:
        demand, places, target = self._ref("demand_median"), self._places_of_residents(), self.tracer.target()
        names = [name for name in ("places", "places_for_others", "places_elsewhere", "places_for_residents")
                 if name in self.row]  # fmt: skip
        again = None if demand.value is None or places is None else demand.value / float(target.value or 1.0) - places
        return _Made(text("trace.gap.formula"), again, (demand, target, *(self._ref(name) for name in names)))

    def _less_places(self, name: str) -> _Made:
        whole, places = self._ref(name), self._ref("places")
        again = None if whole.value is None or places.value is None else whole.value - places.value
        return _Made(text(f"trace.formula.less_places_{name}"), again, (whole, places))

    def _population(self) -> _Made:
        group = str(self.row["target_group"])
        made = self.tracer.lookup("demand.need_forecast", area_code=self.area, target_group=group, year=self.year)
        again = next((float(row["persons"]) for row in made if row["output_type"] == "median"), None)
        return _Made(text("trace.need.formula"), again, (self.tracer.exposed(self.area, group, self.year),))

    def _criterion(self) -> _Made:
        rule = rule_of(self.tracer, self.service)
        said: dict[str, Any] = {
            name: rule.get(name) for name in ("base", "rate", "rate_unit", "indicator", "legal_ref", "version")
        }
        return _Made(
            text("trace.formula.criterion", **said),
            inputs=(self._ref("target_population"),) if "target_population" in self.row else (),
            source=text("trace.rule", **said, file=rule.get("file")),
        )

    def _map(self) -> _Made:
        return _Made(text("trace.formula.map_number"), source=text("trace.map_source"))

    def _nearest(self) -> _Made:
        return _Made(text("trace.formula.km_to_nearest"), source=text("trace.seats"), inputs=(self._ref("places"),))

    def _priced(self, name: str) -> _Made:
        kind = "posts" if name == "staff_needed" else "cost"
        missing = max(value_of(self.row, "gap_to_demand_places") or 0.0, 0.0)
        standard = standard_of(self.service, kind, self.tracer)
        if kind == "cost" and standard.value is not None:
            standard = self._in_currency_of_year(standard)
        again = None if standard.value is None else missing * standard.value
        return _Made(text(f"trace.formula.{name}"), again, (self._ref("gap_to_demand_places"), standard))

    def _in_currency_of_year(self, standard: Step) -> Step:
        """The standard in the currency of the planning year, above the amount of its decision."""
        cost = standards_of(self.tracer).unit_costs[self.service]
        formula = text("trace.formula.unit_cost", currency=self.row["currency"], price_year=cost.price_year)
        value = cost.in_currency_of(int(self.row["year"]))
        return replace(standard, value=value, formula=formula, source="", inputs=(standard,))


MADE: dict[str, Callable[[_Row], _Made]] = {
    "places": lambda row: row._reported("places"),
    "occupied": lambda row: row._reported("occupied"),
    "waiting": lambda row: row._reported("waiting"),
    "places_for_others": lambda row: row._moved("places_for_others"),
    "places_elsewhere": lambda row: row._moved("places_elsewhere"),
    "target_population": _Row._population,
    "map_number": _Row._map,
    "criterion_maximum": _Row._criterion,
    "municipalities_with_service": _Row._with_service,
    "gap_to_demand_places": _Row._gap,
    "gap_to_map_places": lambda row: row._less_places("map_number"),
    "gap_to_criterion_places": lambda row: row._less_places("criterion_maximum"),
    "km_to_nearest": _Row._nearest,
    "minutes_to_nearest": _Row._nearest,
    "staff_needed": lambda row: row._priced("staff_needed"),
    "yearly_cost": lambda row: row._priced("yearly_cost"),
}
SUMMED_OVER_TOWNS = {"places", "occupied", "waiting", "map_number"}
SHARES = {"probability_gap_positive", "missing_without_sharing_places"}


def article_of(tracer: Tracer, service: str) -> str:
    """Article by which the service is planned at its level, and the place of its criterion."""
    return tracer.once(("article", service), lambda: _article_of(tracer, service))


def _article_of(tracer: Tracer, service: str) -> str:
    levels = tracer.rows("select service_code, planning_level from reference.service")
    known = dict(zip(levels["service_code"], levels["planning_level"], strict=True))
    rule = rule_of(tracer, service)
    level = text(f"trace.article.{known.get(service, 'unknown')}")
    return f"{level}; {rule['legal_ref']}" if rule else level


def rule_of(tracer: Tracer, service: str) -> dict[str, Any]:
    """The newest rule of a service as it stands in the file, loaded or not; empty without one."""
    rules = tracer.rows("select * from reference.rule order by valid_from")
    mine = rules[rules["service_code"] == service]
    return {str(name): value for name, value in mine.iloc[-1].items()} if len(mine) else {}


def towns_of(tracer: Tracer, oblast: str) -> list[str]:
    """Municipalities of an oblast or of the country."""
    found = tracer.rows("select municipality_code, oblast_code from reference.municipality")
    inside = found["oblast_code"].eq(oblast) | (oblast == COUNTRY)
    return sorted(found.loc[inside, "municipality_code"])


def town_values(tracer: Tracer, oblast: str, service: str, year: int, name: str) -> dict[str, float | None]:
    """One column of the gap of every municipality of an oblast, or of every oblast of the country."""
    if oblast == COUNTRY:
        parts = tracer.rows(
            "select * from gap.oblast_gap where area_level = 'oblast' and service_code = $service and year = $year "
            "order by area_code",
            service=service, year=year,
        )  # fmt: skip
        return {str(row["area_code"]): value_of(row, name) for row in parts.to_dict("records")}
    found = tracer.rows(
        "select g.* from gap.service_gap g join reference.municipality using (municipality_code) "
        "where oblast_code = $area and service_code = $service and year = $year order by municipality_code",
        area=oblast, service=service, year=year,
    )  # fmt: skip
    return {str(row["municipality_code"]): value_of(row, name) for row in found.to_dict("records")}


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
