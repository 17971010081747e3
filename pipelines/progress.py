"""Progress on the terminal while a job runs: which link and table, how many are done, how long it took."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from ossu_analysis.texts import number, text, texts_below

LINKS = texts_below("pipelines.progress.link")
STEPS = texts_below("pipelines.progress.step")
"""Words for steps that are not tables."""


class Progress:
    """A line per finished link on any terminal, and a live line beside it where the terminal can show one.

    Steps of several links run in turn, so a link is done when the last of its planned steps is.
    """

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, soft_wrap=True)
        self._status = self._console.status(text("pipelines.progress.starts"))
        self._began = time.monotonic()
        self._left: Counter[str] = Counter()
        self._total = 0
        self._step_began: dict[str, float] = {}
        self._spent: dict[str, float] = defaultdict(float)
        self._failed: set[str] = set()

    def __enter__(self) -> "Progress":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()
        self._console.print(text("pipelines.progress.took", seconds=number(time.monotonic() - self._began)))

    def plan(self, steps: Iterable[str]) -> None:
        """Learn which steps the job has."""
        self._left = Counter(_link(step) for step in steps)
        self._total = self._left.total()

    def on_event(self, event: Any) -> None:
        """Follow one Dagster event."""
        kind, step = event.event_type_value, event.step_key or ""
        if kind == "STEP_START":
            self._step_began[step] = time.monotonic()
            at = f"{self._total - self._left.total() + 1}/{self._total}"
            self._status.update(f"{at} {LINKS.get(_link(step), _link(step))}: {_words(step)} …")
        if kind in {"STEP_SUCCESS", "STEP_FAILURE"} and step in self._step_began:
            self._end(step, kind == "STEP_FAILURE")

    def on_message(self, said: str) -> None:
        """Show what a step says of itself, such as the document that is done."""
        self._status.update(f"{self._total - self._left.total() + 1}/{self._total} {said} …")

    def _end(self, step: str, has_failed: bool) -> None:
        link = _link(step)
        self._left[link] -= 1
        self._spent[link] += time.monotonic() - self._step_began.pop(step)
        took = text("pipelines.progress.seconds", seconds=number(self._spent[link], 1))
        if has_failed:
            self._failed.add(link)
            self._console.print(f"  ✗ {LINKS.get(link, link)}: {_words(step)} {took}")
        elif self._left[link] <= 0 and link not in self._failed:
            self._console.print(f"  ✓ {LINKS.get(link, link)} {took}")


def _link(step: str) -> str:
    return step.partition("__")[0]


def _words(step: str) -> str:
    """A step in words: its own, those of its table, or its name."""
    from ossu_analysis.schemas import REGISTRY

    link, _, table = step.partition("__")
    declared = REGISTRY.get((link, table))
    return STEPS.get(table) or (declared.comment.partition(":")[0] if declared else table.replace("__", " "))
