"""Lineage that is true: what every asset reads while it computes is what it declares, tables, files and settings."""

from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from pipelines.assets import DECLARED
from tests.pipelines.recorded import Recorder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chain")]

NOT_ALWAYS = {
    "collection.user_profile": "only where returns give ages",
}
"""Declared because some returns, settings or choices need it, though not those of this run."""


def differences(recorder: Recorder, graph) -> Iterator[str]:
    """One line per table, file or setting that is read without being declared, and per table the other way round."""
    for key in sorted(graph.materializable_asset_keys):
        name = ".".join(key.path)
        if name not in recorder.tables and name not in recorder.files and name not in recorder.settings:
            continue
        declared = graph.get(key).metadata[DECLARED].data
        tables, read = {*declared["tables"], *declared["if_made"]}, recorder.tables[name]
        yield from (f"{name} reads {table} undeclared" for table in sorted(read - tables))
        yield from (f"{name} never reads {table}" for table in sorted({*declared["tables"]} - read - {*NOT_ALWAYS}))
        for file in sorted(recorder.files[name]):
            if not any(fnmatch(file, pattern) for pattern in declared["files"]):
                yield f"{name} opens {file} undeclared"
        undeclared = recorder.settings[name] - {*declared["settings"], "jobs"}
        yield from (f"{name} looks at the setting {setting} undeclared" for setting in sorted(undeclared))
