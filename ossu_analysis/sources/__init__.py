"""What do the publishers say? Readers of ``data/raw`` that keep figures unchanged, and the checks before they do.

`READERS` has one function per table; `check_sources` looks at every raw file and returns all faults of all files.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd

from ossu_analysis.errors import NOTICE, TO_CHECK, Fault, FaultsFound
from ossu_analysis.inputs import read_source_record, relative, source_folders
from ossu_analysis.reference.areas import Areas, read_areas
from ossu_analysis.sources.layouts import LAYOUTS
from ossu_analysis.sources.readers import Release, faults_between, faults_of_release, read_source_table
from ossu_analysis.store import Store
from ossu_analysis.text_table import checksum

READERS: dict[str, Callable[[Store], pd.DataFrame]] = {
    table: partial(read_source_table, table=table) for table in LAYOUTS
}
"""``READERS[table](store)`` reads ``sources.<table>``; it raises `FaultsFound` when its raw file has faults."""


def check_sources(store: Store) -> list[Fault]:
    """Every fault of every raw file, blocking ones and notices; an empty list when all is well."""
    areas, faults, seen = read_areas(store), list[Fault](), dict[str, list[Release]]()
    for folder in source_folders(store):
        try:
            record = read_source_record(folder, store)
        except FaultsFound as found:
            faults += found.faults
            continue
        for entry in record.tables:
            layout = LAYOUTS.get(entry.table)
            if layout is None or layout.source_id != record.source_id:
                file = relative(folder / "source.yaml", store.root)
                faults.append(Fault("sources.unlisted_table", file=file, found=entry.table, severity=TO_CHECK))
                continue
            release = Release(store, folder, record, entry, layout)
            seen.setdefault(entry.table, []).append(release)
            faults += [*faults_of_release(release, areas), *_edited(release)]
    faults += [fault for found in seen.values() for fault in faults_between(found)]
    return faults + [
        Fault("sources.no_table", file=f"data/raw/{layout.source_id}", expected=table)
        for table, layout in LAYOUTS.items()
        if table not in seen
    ]


def _edited(release: Release) -> Iterator[Fault]:
    now, then = checksum(release.path), release.entry.sha256
    if now not in {"", then}:
        yield Fault("sources.edited", file=release.file, found=now[:12], expected=then[:12], severity=NOTICE)


__all__ = ["LAYOUTS", "READERS", "Areas", "check_sources", "read_source_table"]
