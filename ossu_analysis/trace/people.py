"""Where people and their demand come from: population, exposed group, rate of use and need, down to the publisher.

Belongs here: steps of the links before the gap. The arithmetic is the links' own; here it is called with the inputs
that the tables of the run hold.
"""

from typing import Any

from ossu_analysis.demand.exposure import at_rates
from ossu_analysis.gap.formulas import demand_median
from ossu_analysis.population.component import COMPONENTS, carried_forward
from ossu_analysis.texts import number, text
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step


def demand(tracer: Tracer, area: str, service: str, year: int) -> Step:
    """Median demand of a municipality, from its people and their rate of use."""
    row = tracer.row_of("demand.demand_forecast", area_code=area, service_code=service, year=year, output_type="median")
    again = float(demand_median(tracer.drawn([area], service, year)[0])) if tracer.redraws else None
    return Step(
        text("trace.demand.label", draws=tracer.settings["draws"], service=service, area=area, year=year),
        float(row["persons"]), "demand.demand_forecast", f"{area} {service} {year} median",
        text("trace.demand.formula", seed=tracer.settings["seed"]), again, status=str(row["status"]),
        inputs=users(tracer, area, service, year),
    )  # fmt: skip


def users(tracer: Tracer, area: str, service: str, year: int) -> tuple[Step, ...]:
    """What the draws of demand are made from: the people exposed and, in a municipality, how many of them ask."""
    rates = tracer.lookup("demand.use_rate", municipality_code=area, service_code=service)
    if not rates:
        return (population(tracer, area, year),)
    rate = rates[0]
    said = {"parent": number(rate["parent_rate"], 4), "direct": number(rate["direct_rate"], 4)}
    share = Step(
        text("trace.rate.label", group=rate["exposed_group"]), float(rate["rate"]), "demand.use_rate",
        f"{area} {service}", text("trace.rate.formula", **said), status=str(rate["status"]),
        source=text("trace.rate.source"),
    )  # fmt: skip
    return exposed(tracer, area, str(rate["exposed_group"]), year), share


def need(tracer: Tracer, area: str, group: str, year: int) -> Step:
    """Mean need of a target group in a municipality."""
    row = tracer.row_of("demand.need_forecast", area_code=area, target_group=group, year=year, output_type="mean")
    return Step(
        text("trace.need.label", group=group, area=tracer.name_of(area), year=year), float(row["persons"]),
        "demand.need_forecast", f"{area} {group} {year} mean", text("trace.need.formula"), status=str(row["status"]),
        inputs=(exposed(tracer, area, group, year),),
    )  # fmt: skip


def exposed(tracer: Tracer, area: str, group: str, year: int) -> Step:
    """Persons of a target group in a municipality, mean of the draws, with the rates that make them."""
    return tracer.once(("exposed", area, group, year), lambda: _exposed(tracer, area, group, year))


def _exposed(tracer: Tracer, area: str, group: str, year: int) -> Step:
    shares = tracer.rows(
        "select r.* from demand.group_rate r left join reference.municipality m on m.municipality_code = $area "
        "where target_group = $group and r.area_code in ('BG', m.oblast_code, $area)",
        area=area, group=group,
    ).to_dict("records")  # fmt: skip
    people = [_mean_exposure(tracer, area, share["base_group"], year) for share in shares]
    total = float(at_rates(people, [share["rate"] for share in shares]))
    inputs = [
        step
        for share, persons in zip(shares, people, strict=True)
        if share["base_group"] != group
        for step in _at_rate(tracer, share, persons, year)
    ]
    kind = "exposed_rate" if inputs else "exposed"
    return Step(
        text(f"trace.{kind}.label", group=group, year=year), total, "population.exposure_draw",
        f"{area} {group} {year}", text(f"trace.{kind}.formula"), total if inputs else None,
        inputs=(*inputs, population(tracer, area, year)),
    )  # fmt: skip


def _at_rate(tracer: Tracer, share: dict[Any, Any], persons: float, year: int) -> tuple[Step, Step]:
    group, base = share["target_group"], share["base_group"]
    return (
        Step(text("trace.exposed.label", group=base, year=year), persons, "population.exposure_draw"),
        Step(
            text("trace.group_rate.label", group=group, base=base), share["rate"],
            "demand.group_rate", f"{group} {share['area_code']}", text("trace.group_rate.formula"),
            source=f"{tracer.source_of(share['source_id'])}, {share['reference_date']}", status=share["status"],
        ),
    )  # fmt: skip


def _mean_exposure(tracer: Tracer, area: str, group: str, year: int) -> float:
    table = "exposure_observed" if year <= tracer.base_year else "exposure_draw"
    mean = tracer.rows(
        f"select avg(persons) as persons from population.{table} "
        "where municipality_code = $area and target_group = $group and year = $year",
        area=area, group=group, year=year,
    )  # fmt: skip
    return float(mean["persons"].iloc[0])


def population(tracer: Tracer, area: str, year: int) -> Step:
    """Population of an area, with the components that lead to it from the last published one."""
    if year <= tracer.base_year:
        return base_population(tracer, area)
    return tracer.once(("population", area, year), lambda: _population(tracer, area, year))


def _population(tracer: Tracer, area: str, year: int) -> Step:
    row = tracer.only_row(
        "population.forecast",
        "area_code = $area and year = $year and sex = 'T' and age_from = 0 and age_to is null and output_type = 'mean'",
        area=area, year=year,
    )  # fmt: skip
    sums = tracer.rows(
        f"select {', '.join(f'sum({name}) as {name}' for name in COMPONENTS)} from population.component "
        "where area_code = $area and output_type = 'mean' and year > $base and year <= $year",
        area=area, base=tracer.base_year, year=year,
    ).iloc[0]  # fmt: skip
    base = base_population(tracer, area)
    parts = tuple(
        Step(
            text("trace.component.label", name=text(f"trace.{name}"), first=tracer.base_year + 1, year=year),
            float(sums[name]), "population.component", f"{area} {name}", status="forecast",
        )
        for name in COMPONENTS
    )  # fmt: skip
    return Step(
        text("trace.forecast.label", area=tracer.name_of(area), year=year), float(row["persons"]),
        "population.forecast", f"{area} {year} mean", text("trace.forecast.formula", year=year),
        carried_forward(float(base.value or 0.0), *(float(sums[name]) for name in COMPONENTS)),
        status=str(row["status"]), inputs=(base, *parts),
    )  # fmt: skip


def base_population(tracer: Tracer, area: str) -> Step:
    """The last published population, down to the row of the publisher's file."""
    year = tracer.base_year
    row = tracer.row_of("sources.population_municipality", area_code=area, year=year, sex="T", residence="total")
    record = tracer.row_of("reference.source", table_name="population_municipality", vintage=row["vintage"])
    return Step(
        text("trace.base.label", area=tracer.name_of(area), year=year), float(row["persons"]),
        "sources.population_municipality", f"{area} {year} T total",
        source=f"{tracer.source_of(row['source_id'])}{_line(tracer, str(record['file']), area)}",
        status=str(row["status"]),
    )  # fmt: skip


def _line(tracer: Tracer, file: str, area: str) -> str:
    """Place of the publisher's figure in the raw file, where that file is at hand."""
    path = tracer.root / file
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            for at, line in enumerate(lines, start=1):
                if area in line.split(",") and str(tracer.base_year) in line.split(","):
                    return f", {file}, {text('trace.words.row')} {at}"
    return f", {file}"
