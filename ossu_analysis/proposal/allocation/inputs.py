"""What options need to know beside the gap: unit costs, posts, map numbers, ceilings, ways; and what of it is missing.

Nobody publishes all of it. `sourced` reads what has been published or written down with a source; as long as
something is missing, the answer is the list of it (`missing_inputs`). `demonstration` makes up the whole set
from ``data/demo/options.yaml``. Every number has a source beside it (`input_table`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ossu_analysis.texts import number, text

INPUTS = ("unit_cost", "staff_per_user", "smallest_unit", "map_number", "budget", "staff", "reach", "travel")
"""Kinds of numbers that a plan needs beside the gap."""


@dataclass(frozen=True)
class OptionInputs:
    """Everything about money, posts, caps and ways.

    Parameters
    ----------
    unit_cost, staff_per_user, smallest_unit : mapping of str to float
        By service; a service without an entry has no standard. A service opens with one place if no unit is given.
    map_number : DataFrame
        municipality_code, service_code, users, source.
    budget, staff : mapping of str to float
        Ceilings for existing and new places by oblast; ``BG`` for the country when it has one of its own.
    travel : DataFrame or None
        from_code, to_code, minutes; None: kilometres in a straight line.
    reach : float
        Farthest municipality whose residents one may serve, in minutes (kilometres without ``travel``).
    sources : mapping of str to str
        Where each kind of number comes from: by its name (``budget``) or by name and service (``unit_cost ASSIST``).
    """

    unit_cost: Mapping[str, float]
    staff_per_user: Mapping[str, float]
    smallest_unit: Mapping[str, float]
    map_number: pd.DataFrame
    budget: Mapping[str, float]
    staff: Mapping[str, float]
    travel: pd.DataFrame | None
    reach: float
    currency: str
    price_year: int
    status: str
    sources: Mapping[str, str]

    @property
    def unit_of_way(self) -> str:
        """Minutes with a table of travel times, kilometres without one."""
        return text("allocation.km" if self.travel is None else "allocation.minutes")

    def source_of(self, name: str, service_code: str = "") -> str:
        """Where a number comes from.

        Raises
        ------
        KeyError
            When nobody has said it: no number goes into a plan without a source.
        """
        own = f"{name} {service_code}"
        return self.sources[own] if own in self.sources else self.sources[name]

    def ceiling(self, name: str, area_code: str, oblasts: Sequence[str]) -> float:
        """Budget or posts of an area: its own, else the sum of its oblasts; ``inf`` when one of them has none."""
        given: Mapping[str, float] = getattr(self, name)
        return given[area_code] if area_code in given else sum(given.get(code, math.inf) for code in oblasts)

    def with_ceilings(self, area_code: str, budget: float | None, staff: float | None) -> "OptionInputs":
        """The same inputs with the ceilings that somebody asked for in one area."""
        said = text("allocation.source.asked")
        changed: dict[str, Any] = {"sources": dict(self.sources)}
        for name, ceiling in (("budget", budget), ("staff", staff)):
            if ceiling is not None:
                changed[name] = {**getattr(self, name), area_code: ceiling}
                changed["sources"] = {**changed["sources"], f"{name} {area_code}": said}
        return replace(self, **changed)


def missing_inputs(
    inputs: OptionInputs, services: Sequence[str], municipalities: Sequence[str], area_code: str, oblasts: Sequence[str]
) -> list[str]:
    """Bulgarian names of what is missing before options can be made; empty when nothing is."""
    asked = pd.MultiIndex.from_product([municipalities, services])
    given = pd.MultiIndex.from_frame(inputs.map_number[["municipality_code", "service_code"]].astype(str))
    without_map = len(asked.difference(given))
    found = []
    for name, known in (("unit_cost", inputs.unit_cost), ("staffing", inputs.staff_per_user)):
        without = sorted(set(services) - set(known))
        if without:
            found.append(text(f"allocation.missing.{name}", services=", ".join(without)))
    if without_map:
        found.append(text("allocation.missing.map_number", count=number(without_map), of=number(len(asked))))
    if math.isinf(inputs.ceiling("budget", area_code, oblasts)):
        without = [code for code in oblasts if code not in inputs.budget]
        found.append(text("allocation.missing.budget", oblasts=", ".join(without)))
    return found


def input_table(
    inputs: OptionInputs, area_code: str, oblasts: Sequence[str], services: Sequence[str], members: Sequence[str]
) -> pd.DataFrame:
    """Every number that the plans of an area were made from, with unit and source, as ``proposal.allocation_input``.

    Parameters
    ----------
    inputs : OptionInputs
    area_code : str
        Oblast, or ``BG``.
    oblasts, services, members : sequence of str
        Oblasts, services and municipalities of the plan.
    """
    rows = [*_by_service(inputs, services), *_caps(inputs, services, members), *_ceilings(inputs, area_code, oblasts)]
    return pd.DataFrame(rows).assign(area_code=area_code, price_year=inputs.price_year, status=inputs.status)


def _row(
    inputs: OptionInputs, name: str, value: float, source: str, service: str | None = None, town: str | None = None
) -> dict[str, object]:
    unit = text(f"allocation.unit.{name}", currency=inputs.currency, way=inputs.unit_of_way)
    keys = {"input": name, "service_code": service, "municipality_code": town}
    return keys | {"value": value, "unit": unit, "source": source}


def _by_service(inputs: OptionInputs, services: Sequence[str]) -> Iterator[dict[str, object]]:
    for name in ("unit_cost", "staff_per_user", "smallest_unit"):
        given: Mapping[str, float] = getattr(inputs, name)
        for code in services:
            if code in given:
                yield _row(inputs, name, given[code], inputs.source_of(name, code), code)


def _caps(inputs: OptionInputs, services: Sequence[str], members: Sequence[str]) -> Iterator[dict[str, object]]:
    mapped = inputs.map_number
    mapped = mapped[mapped["municipality_code"].isin(members) & mapped["service_code"].isin(services)]
    for town, code, users, source in mapped[["municipality_code", "service_code", "users", "source"]].itertuples(
        index=False
    ):
        yield _row(inputs, "map_number", users, source, code, town)


def _ceilings(inputs: OptionInputs, area_code: str, oblasts: Sequence[str]) -> Iterator[dict[str, object]]:
    for name in ("budget", "staff"):
        value = inputs.ceiling(name, area_code, oblasts)
        if not math.isinf(value):
            own = area_code if area_code in getattr(inputs, name) else oblasts[0]
            yield _row(inputs, name, value, inputs.source_of(name, own))
    yield _row(inputs, "reach", inputs.reach, inputs.source_of("reach"))
