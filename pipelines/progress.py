"""Progress on the terminal while a job runs: which link and table, how many are done, how long it took."""

import time
from typing import Any

LINKS = {
    "reference": "номенклатури",
    "sources": "изходни числа",
    "population": "население",
    "collection": "отчети",
    "capacity": "капацитет",
    "demand": "търсене",
    "gap": "недостиг",
    "proposal": "предложения",
    "monitoring": "мониторинг",
    "evaluation": "оценка на точността",
    "report": "документи",
}


class Progress:
    """A line per finished link on any terminal, and a live line beside it where the terminal can show one."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, soft_wrap=True)
        self._status = self._console.status("Подготовка …")
        self._started = time.monotonic()
        self._steps: dict[str, float] = {}
        self._current = ""

    def __enter__(self) -> "Progress":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._close_link()
        self._status.stop()
        self._console.print(f"Общо време: {time.monotonic() - self._started:.0f} с")

    def on_event(self, event: Any) -> None:
        """Follow one Dagster event."""
        kind, step = event.event_type_value, event.step_key or ""
        link, _, table = step.partition("__")
        if kind == "STEP_START":
            if link in LINKS and link != self._current:
                self._close_link()
                self._current = link
            self._steps.setdefault(link, time.monotonic())
            self._status.update(f"{LINKS.get(link, link)}: {table.replace('__', ' ')} …")
        if kind == "STEP_FAILURE":
            self._console.print(f"  ✗ {step}")

    def _close_link(self) -> None:
        if self._current:
            took = time.monotonic() - self._steps.pop(self._current)
            self._console.print(f"  ✓ {LINKS[self._current]} ({took:.1f} с)")
            self._current = ""
