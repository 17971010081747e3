"""What each step of a run really reads: tables through the store, files below ``data/``, settings of the run.

An audit hook sees every file that Python opens; it cannot be taken away, so it asks whether anybody is recording.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ossu_analysis.config import RunSettings
from ossu_analysis.store import Store
from pipelines import assets
from pipelines.resources import Models

_listening: list["Recorder"] = []
READERS = ("raw", "reference", "assumptions", "rules", "demo", "inbox")


class Recorder:
    """Reads of every asset function, by the name of its step."""

    def __init__(self, project: Path) -> None:
        self.data, self.step = project / "data", ""
        self.chosen: Any = None
        self.tables: dict[str, set[str]] = defaultdict(set)
        self.files: dict[str, set[str]] = defaultdict(set)
        self.settings: dict[str, set[str]] = defaultdict(set)

    def opened(self, path: Any) -> None:
        """A file was opened by Python."""
        file = Path(path) if isinstance(path, str) else None
        if self.step and file and file.is_relative_to(self.data):
            below = file.relative_to(self.data)
            if below.parts[0] in READERS:
                self.files[self.step].add(below.as_posix())


@contextmanager
def recording(project: Path) -> Iterator[Recorder]:
    """Record while asset functions compute; what their pages show afterwards is not lineage."""
    recorder = Recorder(project)
    made, compute, get, demand = Store.made, assets._make, RunSettings.__getattribute__, Models.demand
    shared: set[str] = set()

    def recorded_demand(models: Models, store: Store) -> Any:
        """What the first step reads for the model, every step that uses it has read."""
        before, recorder.tables[recorder.step] = recorder.tables[recorder.step], set()
        model = demand(models, store)
        shared.update(recorder.tables[recorder.step])
        recorder.tables[recorder.step] = before | shared
        return model

    def recorded_made(store: Store, link: str, table: str) -> Path:
        recorder.tables[recorder.step].add(f"{link}.{table}")
        return made(store, link, table)

    def recorded_compute(declared: Any, step: Any) -> None:
        recorder.step, recorder.chosen = f"{declared.link}.{declared.tables[0]}", step.settings
        try:
            compute(declared, step)
        finally:
            recorder.step = ""

    def recorded_get(settings: RunSettings, name: str) -> Any:
        if settings is recorder.chosen and name in RunSettings.model_fields:
            recorder.settings[recorder.step].add(name)
        return get(settings, name)

    _listening.append(recorder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "made", recorded_made)
        patch.setattr(assets, "_make", recorded_compute)
        patch.setattr(Models, "demand", recorded_demand)
        patch.setattr(RunSettings, "__getattribute__", recorded_get, raising=False)
        yield recorder
    _listening.remove(recorder)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and _listening:
        for recorder in _listening:
            recorder.opened(args[0])


sys.addaudithook(_hook)
