"""Lineage that is true: what every asset reads while it computes is what it declares, tables, files and settings."""

from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from pipelines.assets import DECLARED
from pipelines.definitions import defs
from tests.pipelines.recorded import Recorder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chain")]

NOT_ALWAYS = {
    ("demand.local_group_rate", "population.exposure_draw"): "only where a municipality has counted a group",
    ("demand.local_group_rate", "population.exposure_observed"): "only where a municipality has counted a group",
}
"""Declared because some returns, settings or choices need it, though not those of this run."""


def test_every_asset_reads_what_it_declares_and_declares_what_it_reads(recorder):
    assert len(recorder.tables) > 30
    assert list(differences(recorder, defs().resolve_asset_graph())) == []


def differences(recorder: Recorder, graph) -> Iterator[str]:
    """One line per table, file or setting that is read without being declared, and per table the other way round."""
    for key in sorted(graph.materializable_asset_keys):
        name = ".".join(key.path)
        if name not in recorder.tables and name not in recorder.files and name not in recorder.settings:
            continue
        declared = graph.get(key).metadata[DECLARED].data
        tables, read = {*declared["tables"], *declared["if_made"]}, recorder.tables[name]
        yield from (f"{name} reads {table} undeclared" for table in sorted(read - tables))
        yield from (
            f"{name} never reads {table}"
            for table in sorted({*declared["tables"]} - read)
            if (name, table) not in NOT_ALWAYS
        )
        for file in sorted(recorder.files[name]):
            if not any(fnmatch(file, pattern) for pattern in declared["files"]):
                yield f"{name} opens {file} undeclared"
        undeclared = recorder.settings[name] - {*declared["settings"], "jobs"}
        yield from (f"{name} looks at the setting {setting} undeclared" for setting in sorted(undeclared))
