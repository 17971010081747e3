"""Real inputs of the options: standards, rules, map numbers, ceilings and travel times that somebody has written down.

Read from ``data/assumptions/standards`` (unit costs, posts, ceilings), ``data/rules`` (smallest units), real returns
(map numbers) and, where an analyst has put them there, ``data/reference/map_numbers.csv`` and ``travel_times.csv``.
Nothing is filled in: what is not given stays out and is named by `inputs.missing_inputs`.
"""

import datetime
from collections.abc import Sequence
from typing import Literal

import pandas as pd
from pydantic import Field

from ossu_analysis.capacity.current import map_numbers
from ossu_analysis.inputs import Strict, parse_file
from ossu_analysis.proposal.allocation.inputs import OptionInputs
from ossu_analysis.proposal.money import unit_costs_on
from ossu_analysis.reference.given import read_given
from ossu_analysis.reference.standards import (
    FOLDER,
    converted,
    currency_of,
    in_force,
    read_staffing,
    read_unit_costs,
)
from ossu_analysis.store import Store
from ossu_analysis.texts import text


class Ceiling(Strict):
    """Yearly money and posts of an oblast for existing and new places together, as somebody has decided them."""

    oblast_code: str
    valid_from: datetime.date
    yearly_budget: float | None = Field(None, gt=0)
    currency: Literal["BGN", "EUR"] = "EUR"
    posts: float | None = Field(None, gt=0)
    source: str = Field(min_length=1)


class Reach(Strict):
    """Farthest municipality whose residents one may serve: minutes with a table of travel times, else kilometres."""

    value: float = Field(ge=0)
    source: str = Field(min_length=1)


class _CeilingFile(Strict):
    ceilings: tuple[Ceiling, ...]
    reach: Reach | None


def read_ceilings(store: Store) -> tuple[tuple[Ceiling, ...], Reach | None]:
    """Budgets, posts and reach of ``data/assumptions/standards/ceilings.yaml``; nothing when it is not there.

    Raises
    ------
    FaultsFound
        When a key is misspelt, a value is out of range or has no source.
    """
    path = store.assumptions / FOLDER / "ceilings.yaml"
    if not path.exists():
        return (), None
    content = parse_file(_CeilingFile, path, store.root)
    return content.ceilings, content.reach


def real_inputs(store: Store, day: datetime.date, services: Sequence[str]) -> OptionInputs:
    """What is known on a day: standards, rules, map numbers, ceilings and travel times that somebody has written down.

    Parameters
    ----------
    store : Store
        With ``data/assumptions``, ``data/reference`` and, where the rules are loaded, ``reference.rule``.
    day : date
        Standards and ceilings in force then; money in the currency of its year.
    services : sequence of str
        Services to plan.

    Returns
    -------
    OptionInputs
        What nobody has given stays out, so that `missing_inputs` names it.
    """
    costs = unit_costs_on(read_unit_costs(store), day, services).dropna(subset="unit_cost")
    staff = in_force([entry for entry in read_staffing(store) if entry.mode != "weekly"], day)
    mapped, travel = _map_numbers(store), read_given(store, "travel_time")
    ceilings, reach = read_ceilings(store)
    held = {entry.oblast_code: entry for entry in sorted(ceilings, key=_since) if entry.valid_from <= day}
    currency = currency_of(day.year)
    smallest = _smallest_units(store)
    sources = {f"unit_cost {row.service_code}": str(row.decision) for row in costs.itertuples()}
    sources |= {f"staff_per_user {code}": entry.source for code, entry in staff.items()}
    sources |= {f"{name} {code}": entry.source for code, entry in held.items() for name in ("budget", "staff")}
    sources |= {name: text(f"allocation.source.real.{name}") for name in ("travel", "smallest_unit")}
    return OptionInputs(
        unit_cost=dict(zip(costs["service_code"], costs["unit_cost"], strict=True)),
        staff_per_user={code: entry.posts_per_user for code, entry in staff.items()},
        smallest_unit=smallest,
        map_number=mapped,
        budget={
            code: converted(entry.yearly_budget, entry.currency, currency)
            for code, entry in held.items()
            if entry.yearly_budget is not None
        },
        staff={code: entry.posts for code, entry in held.items() if entry.posts is not None},
        travel=None if travel.empty else travel,
        reach=0.0 if reach is None else reach.value,
        currency=currency,
        price_year=day.year,
        status="observed",
        sources=sources | {"reach": text("allocation.source.real.no_reach") if reach is None else reach.source},
    )


def _map_numbers(store: Store) -> pd.DataFrame:
    """Numbers of the map as the gap reads them, those of made-up returns left out; each with its source."""
    given = read_given(store, "map_number")
    if not store.has("capacity", "current"):
        return given
    real = store.read("capacity", "current", "status <> 'demonstration'")
    key = ["municipality_code", "service_code"]
    both = map_numbers(real, given).merge(given[[*key, "source"]], on=key, how="left")
    return both.assign(source=both["source"].fillna(text("allocation.source.map_number_of_gap")))


def _since(entry: Ceiling) -> datetime.date:
    return entry.valid_from


def _smallest_units(store: Store) -> dict[str, float]:
    """Fewest users of one service by the rules that are loaded."""
    if not store.has("reference", "rule"):
        return {}
    rules = store.read("reference", "rule", "smallest_unit is not null")
    return {str(code): float(unit) for code, unit in zip(rules["service_code"], rules["smallest_unit"], strict=True)}
