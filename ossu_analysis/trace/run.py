"""Where a number comes from: its formula in words, its inputs down to the publisher's row, and the number recomputed.

A `Tracer` asks the tables of one run and builds trees of `Step`. Every step that is arithmetic is
recomputed from the inputs below it, never copied from the table: a median of draws by drawing again from the run's own
input tables and seed. The publisher's line number is looked up in ``data/raw`` where that file is present.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ossu_analysis.errors import OssuError
from ossu_analysis.texts import number, text
from ossu_analysis.trace.step import Step

if TYPE_CHECKING:
    import pandas as pd

    from ossu_analysis.demand.draws import DemandDraws

Found = TypeVar("Found")

SUMMED = ("births", "deaths", "net_migration", "hidden_loss")


class Tracer:
    """Questions to the tables of one run; what was asked once is remembered.

    With ``redraws`` a median is drawn again from the run's own inputs; without it, as on the pages that every run
    writes, a number of the gap is held against the table of demand, which another pass over the draws has written.
    """

    def __init__(self, db: Any, root: Path, settings: dict[str, Any], redraws: bool = True) -> None:
        self.db, self.root, self.settings, self.redraws = db, root, settings, redraws
        self.base_year, self.last_year = self.settings["base_year"], self.settings["until_year"]
        self._known: dict[tuple[Any, ...], Any] = {}

    def once(self, key: tuple[Any, ...], find: Callable[[], Found]) -> Found:
        """What ``find`` says, asked once for each key."""
        if key not in self._known:
            self._known[key] = find()
        found: Found = self._known[key]
        return found

    @cached_property
    def tables(self) -> set[str]:
        """Tables that the run has."""
        found = self.rows("select table_schema || '.' || table_name as name from information_schema.tables")
        return set(found["name"])

    def rows(self, query: str, **facts: Any) -> "pd.DataFrame":
        """Answer of a query; the same question is asked once."""
        asked = tuple((name, str(value)) for name, value in facts.items())
        return self.once(("rows", query, *asked), lambda: self.db.execute(query, facts or None).df())

    def lookup(self, table: str, **keys: Any) -> list[dict[str, Any]]:
        """Rows of a table under these keys; pages ask for thousands, so there a table is read once and indexed."""
        if self.redraws:
            where = " and ".join(f"{name} = ${name}" for name in keys)
            return _records(self.rows(f"select * from {table} where {where}", **keys))
        index = self.once(("index", table, *keys), lambda: self._index(table, list(keys)))
        return index.get(tuple(keys.values()), [])

    def _index(self, table: str, keys: list[str]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
        found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in _records(self.rows(f"select * from {table}")):
            found.setdefault(tuple(row[key] for key in keys), []).append(row)
        return found

    def row_of(self, table: str, keys: dict[str, Any]) -> dict[str, Any]:
        """The only row under these keys: area, service and, where the table has one, year.

        Raises
        ------
        OssuError
            ``trace.no_row``.
        """
        found = self.lookup(table, **keys)
        if not found:
            area, service, *year = (str(value) for value in keys.values())
            years = f"{self.base_year}–{self.last_year}"
            raise OssuError("trace.no_row", table=table, years=years, area=area, service=service, year="".join(year))
        return found[0]

    def one(self, table: str, where: str, **facts: Any) -> Any:
        """The only row of a table under a condition."""
        found = self.rows(f"select * from {table} where {where}", **facts)
        if found.empty:
            asked = {"service": "", **facts, "years": f"{self.base_year}–{self.last_year}"}
            raise OssuError("trace.no_row", table=table, **asked)
        return found.iloc[0]

    def gap(self, area: str, service: str, year: int) -> Step:
        """The gap to demand of a municipality, with everything below it."""
        row = self.one(
            "gap.service_gap",
            "municipality_code = $area and service_code = $service and year = $year",
            area=area, service=service, year=year,
        )  # fmt: skip
        demand, places = self.demand(area, service, year), self.capacity(area, service, year)
        goal = self.target()
        moved = self.moved(area, service, row)
        theirs = (places.recomputed or 0.0) + (moved.recomputed or 0.0)
        asked = demand.value if demand.recomputed is None else demand.recomputed
        again = (asked or 0.0) / float(goal.value or 1.0) - theirs
        return Step(
            text("trace.gap.label", service=service, area=self.name_of(area), year=year),
            float(row["gap_to_demand_places"]), "gap.service_gap", f"{area} {service} {year}",
            text("trace.gap.formula"), again, status=str(row["status"]), inputs=(demand, goal, places, moved),
        )  # fmt: skip

    def moved(self, area: str, service: str, row: Any) -> Step:
        """Places that the residents have in other municipalities, less those that guests have here."""
        found = self.rows(
            "select * from capacity.by_residence where municipality_code = $area and service_code = $service "
            "order by period_end desc limit 1",
            area=area, service=service,
        )  # fmt: skip
        again = 0.0 if found.empty else float(found["places_elsewhere"].iloc[0] - found["places_for_others"].iloc[0])
        return Step(
            text("trace.moved.label"), float(row["places_elsewhere"] - row["places_for_others"]),
            "capacity.by_residence", f"{area} {service}", text("trace.moved.formula"), again,
            status=str(row["status"] if found.empty else found["status"].iloc[0]),
        )  # fmt: skip

    def target(self) -> Step:
        """Share of places meant to be occupied."""
        found = self.rows(
            "select * from reference.assumption where assumption_id = 'occupancy_target' order by valid_from"
        ).iloc[-1]
        return Step(
            text("trace.target.label"), float(found["value"]), "reference.assumption", "occupancy_target",
            source=f"{found['source_bg']} ({found['file']})", status=str(found["quality"]),
        )  # fmt: skip

    def last_capacity(self, area: str, service: str) -> dict[str, Any] | None:
        """The newest row of ``capacity.current``; None where nothing was reported."""
        found = self.lookup("capacity.current", municipality_code=area, service_code=service)
        return max(found, key=lambda row: str(row["period_end"])) if found else None

    def capacity(self, area: str, service: str, year: int) -> Step:
        """Places of the last period, from the returns that were added up."""
        row = self.last_capacity(area, service)
        if row is None:
            return Step(text("trace.places.none"), 0.0, "capacity.current", f"{area} {service}", recomputed=0.0)
        codes = {service, *str(row["reported_service_code"]).split("|")}
        returns = [
            one
            for one in self.lookup("collection.return", municipality_code=area, period_end=row["period_end"])
            if one["service_code"] in codes
        ]
        inputs = tuple(
            Step(
                text("trace.return.label", service=one["service_code"], period=_period(one)),
                float(one["places"]), "collection.return", f"{area} {one['service_code']} {one['period_end']}",
                source=f"{one['source_id']} ({one['source_class']})", status=one["status"],
            )
            for one in returns
        )  # fmt: skip
        return Step(
            text("trace.places.label"), float(row["places"]), "capacity.current",
            f"{area} {service} {row['period_end']}",
            text("trace.places.formula"), sum(step.value or 0.0 for step in inputs), status=str(row["status"]),
            inputs=inputs,
        )  # fmt: skip

    def demand(self, area: str, service: str, year: int) -> Step:
        """Median demand of a municipality, from its people and their rate of use."""
        row = self.one(
            "demand.demand_forecast",
            "area_code = $area and service_code = $service and year = $year and output_type = 'median'",
            area=area, service=service, year=year,
        )  # fmt: skip
        rate = self.rows(
            "select * from demand.use_rate where municipality_code = $area and service_code = $service",
            area=area, service=service,
        ).iloc[0]  # fmt: skip
        said = {"parent": number(rate["parent_rate"], 4), "direct": number(rate["direct_rate"], 4)}
        share = Step(
            text("trace.rate.label", group=row["target_group"]), float(rate["rate"]), "demand.use_rate",
            f"{area} {service}", text("trace.rate.formula", **said), status=str(rate["status"]),
        )  # fmt: skip
        exposed = self.exposed(area, str(row["target_group"]), year)
        return Step(
            text("trace.demand.label", draws=self.settings["draws"], service=service, area=area, year=year),
            float(row["persons"]), "demand.demand_forecast", f"{area} {service} {year} median",
            text("trace.demand.formula", seed=self.settings["seed"]), self.drawn_again(area, service, year),
            status=str(row["status"]), inputs=(exposed, share),
        )  # fmt: skip

    def drawn_again(self, area: str, service: str, year: int) -> float | None:
        """The median of the service's draws, drawn again from the run's tables."""
        import numpy as np

        return float(np.median(self.drawn([area], service, year))) if self.redraws else None

    def drawn(self, areas: list[str], service: str, year: int) -> Any:
        """Draws of one service and year, summed over municipalities."""
        import numpy as np

        made = self.once(("draws", service), lambda: self._draw(service))
        at = np.flatnonzero(np.isin(made.areas, areas))
        return made.persons[at, int(np.flatnonzero(made.years == year)[0])].sum(axis=0)

    def _draw(self, service: str) -> "DemandDraws":
        from ossu_analysis.config import RunSettings
        from ossu_analysis.demand.chain import DemandModel

        model = DemandModel.of_warehouse(self.db, service)
        return next(iter(model.draws(RunSettings(**self.settings))))

    def exposed(self, area: str, group: str, year: int) -> Step:
        """Persons of a target group in a municipality, mean of the draws, with the rates that make them."""
        return self.once(("exposed", area, group, year), lambda: self._exposed(area, group, year))

    def _exposed(self, area: str, group: str, year: int) -> Step:
        shares = self.rows(
            "select r.* from demand.group_rate r left join reference.municipality m on m.municipality_code = $area "
            "where target_group = $group and r.area_code in ('BG', m.oblast_code)",
            area=area, group=group,
        )  # fmt: skip
        inputs, total = [], 0.0
        for share in shares.to_dict("records"):
            base = share["base_group"]
            people = self._mean_exposure(area, base, year)
            total += people * share["rate"]
            if base == group:
                continue
            inputs.append(Step(text("trace.exposed.label", group=base, year=year), people, "population.exposure_draw"))
            inputs.append(
                Step(
                    text("trace.group_rate.label", group=group, base=base), share["rate"],
                    "demand.group_rate", f"{group} {share['area_code']}", text("trace.group_rate.formula"),
                    source=f"{self.source_of(share['source_id'])}, {share['reference_date']}", status=share["status"],
                )
            )  # fmt: skip
        kind = "exposed_rate" if inputs else "exposed"
        return Step(
            text(f"trace.{kind}.label", group=group, year=year), total, "population.exposure_draw",
            f"{area} {group} {year}", text(f"trace.{kind}.formula"), total if inputs else None,
            inputs=(*inputs, self.forecast(area, "", year)),
        )  # fmt: skip

    def _mean_exposure(self, area: str, group: str, year: int) -> float:
        table = "exposure_observed" if year <= self.base_year else "exposure_draw"
        found = self.rows(
            f"select avg(persons) as persons from population.{table} "
            "where municipality_code = $area and target_group = $group and year = $year",
            area=area, group=group, year=year,
        )  # fmt: skip
        return float(found["persons"].iloc[0])

    def forecast(self, area: str, service: str, year: int) -> Step:
        """Population of an area, with the components that lead to it from the last published one."""
        return self.once(("forecast", area, year), lambda: self._forecast(area, year))

    def _forecast(self, area: str, year: int) -> Step:
        total = "area_code = $area and sex = 'T' and age_from = 0 and age_to is null and output_type = 'mean'"
        row = self.one(
            "population.forecast", f"{total} and year = $year", area=area, year=year,
        )  # fmt: skip
        base = self.base_population(area)
        if year <= self.base_year:
            return base
        sums = self.rows(
            f"select {', '.join(f'sum({name}) as {name}' for name in SUMMED)} from population.component "
            "where area_code = $area and output_type = 'mean' and year > $base and year <= $year",
            area=area, base=self.base_year, year=year,
        ).iloc[0]  # fmt: skip
        parts = tuple(
            Step(
                text("trace.component.label", name=text(f"trace.{name}"), first=self.base_year + 1, year=year),
                float(sums[name]), "population.component", f"{area} {name}", status="forecast",
            )
            for name in SUMMED
        )  # fmt: skip
        births, deaths, migration, loss = (float(step.value or 0.0) for step in parts)
        again = float(base.value or 0.0) + births - deaths + migration + loss
        return Step(
            text("trace.forecast.label", area=self.name_of(area), year=year), float(row["persons"]),
            "population.forecast", f"{area} {year} mean", text("trace.forecast.formula", year=year), again,
            status=str(row["status"]), inputs=(base, *parts),
        )  # fmt: skip

    def base_population(self, area: str) -> Step:
        """The last published population, down to the row of the publisher's file."""
        row = self.rows(
            "select * from sources.population_municipality where area_code = $area and year = $year and sex = 'T' "
            "and residence = 'total'",
            area=area, year=self.base_year,
        ).iloc[0]  # fmt: skip
        record = self.rows(
            "select * from reference.source where table_name = 'population_municipality' and vintage = $vintage",
            vintage=row["vintage"],
        ).iloc[0]  # fmt: skip
        return Step(
            text("trace.base.label", area=self.name_of(area), year=self.base_year), float(row["persons"]),
            "sources.population_municipality", f"{area} {self.base_year} T total",
            source=f"{self.source_of(row['source_id'])}{self._line(str(record['file']), area)}",
            status=str(row["status"]),
        )  # fmt: skip

    def need(self, area: str, group: str, year: int) -> Step:
        """Mean need of a target group in a municipality."""
        row = self.one(
            "demand.need_forecast",
            "area_code = $area and target_group = $service and year = $year and output_type = 'mean'",
            area=area, service=group, year=year,
        )  # fmt: skip
        exposed = self.exposed(area, group, year)
        return Step(
            text("trace.need.label", group=group, area=self.name_of(area), year=year), float(row["persons"]),
            "demand.need_forecast", f"{area} {group} {year} mean", text("trace.need.formula"),
            status=str(row["status"]), inputs=(exposed,),
        )  # fmt: skip

    def source_of(self, source_id: str) -> str:
        """Publisher, dataset and vintage of a source."""
        return self.once(("source", source_id), lambda: self._source_of(source_id))

    def _source_of(self, source_id: str) -> str:
        import pandas as pd

        found = self.rows("select * from reference.source where source_id = $id order by vintage desc", id=source_id)
        if found.empty:
            return source_id
        row = found.iloc[0]
        named = [row["publisher_bg"], row["dataset_code"], f"издание {row['vintage']}"]
        return ", ".join(str(part) for part in named if pd.notna(part))

    def name_of(self, area: str) -> str:
        """Name and code of a municipality or an oblast."""
        found = self.rows(
            "select municipality_code as code, name_bg from reference.municipality "
            "union all select oblast_code, name_bg from reference.oblast"
        )  # fmt: skip
        names = self.once(("names",), lambda: dict(found.to_numpy().tolist()))
        return f"{names[area]} ({area})" if area in names else area

    def _line(self, file: str, area: str) -> str:
        """Place of the publisher's figure in the raw file, where that file is at hand."""
        path = self.root / file
        if not path.exists():
            return f", {file}"
        with path.open(encoding="utf-8") as lines:
            for at, line in enumerate(lines, start=1):
                if area in line.split(",") and str(self.base_year) in line.split(","):
                    return f", {file}, {text('trace.words.row')} {at}"
        return f", {file}"


def _records(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _period(row: dict[Any, Any]) -> str:
    return f"{row['period_start']} – {row['period_end']}"
