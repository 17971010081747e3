"""The plan linter: what a plan says against itself, with place, reason and a suggestion; it judges form, not policy.

Each rule is a generator over the paper; a wrong word list is mended in ``texts/bg/lint.yaml``.
"""

import pandas as pd

from ossu_analysis.monitoring.lint import contents, dates, sums
from ossu_analysis.monitoring.lint.paper import Paper, read_paper
from ossu_analysis.monitoring.lint.reading import Finding
from ossu_analysis.texts import text

__all__ = ["Finding", "as_text", "findings", "read_paper"]

RULES = (
    *(dates.stages, dates.backwards, dates.outside, dates.events),
    *(sums.tables, sums.prose, sums.shares, sums.ranges),
    *(contents.indicators, contents.targets, contents.money),
)


def findings(paper: Paper, legacy: pd.DataFrame, services: pd.DataFrame) -> list[Finding]:
    """Everything worth looking at in a plan.

    Parameters
    ----------
    paper : Paper
    legacy, services : DataFrame
        ``reference.legacy_service`` and ``reference.service``.
    """
    found = [one for rule in RULES for one in rule(paper)]
    return [*found, *contents.old_names(paper, legacy, services)]


def as_text(paper: Paper, found: list[Finding]) -> str:
    """The findings as numbered lines."""
    said = [] if paper.grids else [text("lint.no_tables", file=paper.name)]
    if not found:
        return "\n".join([*said, text("lint.clean", file=paper.name, prose=len(paper.prose), tables=len(paper.grids))])
    lines = [_line(number, one) for number, one in enumerate(found, 1)]
    return "\n".join([*said, text("lint.title", file=paper.name, count=len(found)), *lines])


def _line(number: int, one: Finding) -> str:
    quote = text("lint.quote", said=one.quote)
    return text("lint.line", number=number, place=one.place, quote=quote, why=one.why, todo=one.todo)
