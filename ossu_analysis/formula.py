"""A formula that stands once: the run calls its function, the trace finds its inputs by name and says its sentence.

A table with formulas has them in a mapping from column to `Formula`. What is not made by a formula (reported, drawn,
looked up) has none, and the trace says where it comes from.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Formula:
    """How one number of a table is made.

    Parameters
    ----------
    function : callable
        Takes numbers or arrays; its parameters are named after the columns and assumptions that it needs.
    sentence : str
        Key of the text that says it in words.
    """

    function: Callable[..., Any]
    sentence: str

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Columns and assumptions that the function needs, in its order."""
        return tuple(inspect.signature(self.function).parameters)

    def of(self, values: Mapping[str, Any]) -> float | None:
        """The number from its inputs; None where one that the function needs is not known."""
        given = [values.get(name) for name in self.inputs]
        if any(value is None for value in given):
            return None
        made = float(self.function(*given))
        return None if made != made else made
