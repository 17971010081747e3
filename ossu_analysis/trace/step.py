"""One number on its way from the publisher's row to a proposal, and how a chain of them reads on a terminal."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ossu_analysis.texts import number, text

TOLERANCE = 1e-6
WORDS = ("formula", "recomputed", "same", "differs", "source", "table", "article")


@dataclass(frozen=True)
class Step:
    """One number on the way, with what it was made from.

    Attributes
    ----------
    label, formula : str
        In Bulgarian.
    value : float or None
        As the table says.
    recomputed : float or None
        From the inputs; None when this is an input itself.
    table, key : str
        Where the number stands.
    source, status : str
        Publisher, dataset, vintage, date and row; how the number came to be.
    inputs : tuple of Step
    anchor : str
        Where the number stands on the trace page; empty for a number with no place of its own.
    article : str
        Act and article by which the number matters; empty where none does.
    said : str
        What stands in the place of a number that is not known, or is not a number.
    """

    label: str
    value: float | None
    table: str = ""
    key: str = ""
    formula: str = ""
    recomputed: float | None = None
    source: str = ""
    status: str = ""
    inputs: tuple["Step", ...] = field(default=())
    anchor: str = ""
    article: str = ""
    said: str = ""

    @property
    def is_confirmed(self) -> bool | None:
        """Whether the number recomputed equals the number in the table; None when there is nothing to recompute."""
        if self.recomputed is None or self.value is None:
            return None
        return abs(self.recomputed - self.value) <= TOLERANCE * max(1.0, abs(self.value))

    @property
    def has_origin(self) -> bool:
        """Whether the number says where it comes from: a source, inputs, or that it is not known and why."""
        return bool(self.source or self.inputs or (self.value is None and self.said))

    @property
    def printed(self) -> str:
        """The number as it is printed, or what stands in its place."""
        if self.value is None:
            return self.said or shown(None)
        return f"{self.value:.0f}" if self.anchor.endswith("_year") else shown(self.value)

    def walk(self) -> Iterator["Step"]:
        """Yield this step and every one below it."""
        yield self
        for step in self.inputs:
            yield from step.walk()


def as_text(step: Step, depth: int = 0, deepest: int = 99) -> str:
    """The tree as indented lines for the terminal, down to a depth."""
    pad = "  " * depth
    words = {key: text(f"trace.words.{key}") for key in WORDS}
    lines = [
        f"{pad}{'└ ' if depth else ''}{step.label}: {step.printed}" + (f" [{_status(step)}]" if step.status else "")
    ]
    if step.table:
        lines.append(f"{pad}    {words['table']}: {step.table} {step.key}".rstrip())
    if step.formula:
        lines.append(f"{pad}    {words['formula']}: {step.formula}")
    if step.is_confirmed is not None:
        verdict = words["same"] if step.is_confirmed else words["differs"]
        lines.append(f"{pad}    {words['recomputed']}: {shown(step.recomputed)} ({verdict})")
    if step.article and depth == 0:
        lines.append(f"{pad}    {words['article']}: {step.article}")
    if step.source:
        lines.append(f"{pad}    {words['source']}: {step.source}")
    inputs = step.inputs if depth < deepest else ()
    return "\n".join([*lines, *(as_text(below, depth + 1, deepest) for below in inputs)])


def shown(value: float | None) -> str:
    """A traced number with as many digits as it needs to be recognised."""
    if value is None:
        return number(None)
    digits = 0 if float(value).is_integer() else 4 if abs(value) < 1 else 2
    return number(value, digits)


def _status(step: Step) -> str:
    return (
        text(f"common.status.{step.status}")
        if text(f"common.status.{step.status}") != f"common.status.{step.status}"
        else step.status
    )
