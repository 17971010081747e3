"""Every number of one row: by its formula, whose inputs are found by name, or by where the table has it from.

Belongs here: walking a registry of `ossu_analysis.formula.Formula`. A table's own class (`trace.gap`, `trace.proposal`)
says what the inputs are that do not stand in the row, and where numbers without a formula come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ossu_analysis.formula import Formula
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.texts import text
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step

NAMES = {"year", "planning_year", "price_year"}
"""Whole numbers that name a row or a price level and are no figures of it."""


@dataclass(frozen=True)
class Origin:
    """How a number came to be: in words, from which steps, the same number made again, or its source."""

    sentence: str = ""
    inputs: tuple[Step, ...] = ()
    recomputed: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Input:
    """What a formula is given under one name, and the steps that show it."""

    value: Any
    steps: tuple[Step, ...]


class TracedRow:
    """The numbers of one row of a table.

    Parameters
    ----------
    tracer : Tracer
    table : str
        ``link.table``.
    row : mapping
        The row.
    key : str
        What names the row, for people.
    anchor : str
        Beginning of the address of its numbers on the trace page of its area.
    article : str
        Act and article by which the row matters.
    formulas : mapping of str to Formula
        Of the columns that are made by one.
    """

    def __init__(
        self,
        tracer: Tracer,
        table: str,
        row: Mapping[str, Any],
        key: str,
        anchor: str,
        article: str,
        formulas: Mapping[str, Formula],
    ) -> None:
        self.tracer, self.table, self.row, self.key = tracer, table, row, key
        self.anchor, self.article, self.formulas = anchor, article, formulas
        self.columns = {info.name: info for info in columns(table_class(*table.split("."))) if info.name in row}

    def steps(self) -> tuple[Step, ...]:
        """One step per number of the row, in the order of the columns."""
        return tuple(self.number(name) for name, info in self.columns.items() if info.unit and name not in NAMES)

    def number(self, name: str) -> Step:
        """One number with everything below it."""
        return self.tracer.once((self.table, self.anchor, self.key, name), lambda: self._number(name))

    def _number(self, name: str) -> Step:
        value = value_of(self.row, name)
        if value is None:
            return self._step(name, None, Origin(), self.unknown(name))
        return self._step(name, value, self.by_formula(name) if name in self.formulas else self.origin(name))

    def _step(self, name: str, value: float | None, origin: Origin, said: str = "") -> Step:
        return Step(
            self.label(name), value, self.table, self.key, origin.sentence, origin.recomputed, origin.source,
            str(self.row["status"]), origin.inputs, f"{self.anchor}-{name}", self.article, said,
        )  # fmt: skip

    def label(self, name: str) -> str:
        """What a column is, without what its empty cells mean: a number that is not known says that itself."""
        return self.columns[name].comment.split("; NULL")[0]

    def by_formula(self, name: str) -> Origin:
        """The formula of a column with its inputs, and what it gives."""
        formula = self.formulas[name]
        given = {one: self.input(one, name) for one in formula.inputs}
        steps = tuple(step for one in given.values() for step in one.steps)
        again = formula.of({one: found.value for one, found in given.items()})
        return Origin(text(formula.sentence, **self.facts()), steps, again)

    def input(self, name: str, column: str) -> Input:
        """An input of the formula of a column: another number of the row, unless the table knows better."""
        step = self.number(name)
        return Input(step.value, (step,))

    def facts(self) -> dict[str, Any]:
        """What sentences of the formulas may name."""
        return {"draws": self.tracer.settings["draws"], "seed": self.tracer.settings["seed"], **self.row}

    def origin(self, name: str) -> Origin:
        """Where a number without a formula comes from."""
        return Origin(source=text("trace.by_program"))

    def unknown(self, name: str) -> str:
        """Why a number is not there."""
        key = f"trace.unknown.{name}"
        said = text(key)
        return text("common.no_data") if said == key else said


def value_of(row: Mapping[str, Any], name: str) -> float | None:
    """A cell as a number; None where it is not known or not there."""
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def values_of(steps: Sequence[Step]) -> list[float]:
    """Values of some steps, NaN where one is not known."""
    return [float("nan") if step.value is None else step.value for step in steps]
