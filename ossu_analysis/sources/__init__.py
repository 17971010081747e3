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
from ossu_analysis.sources.readers import Release, faults_of_release, read_source_table
from ossu_analysis.store import Store

READERS: dict[str, Callable[[Store], pd.DataFrame]] = {
    table: partial(read_source_table, table=table) for table in LAYOUTS
}
"""``READERS[table](store)`` reads ``sources.<table>``; it raises `FaultsFound` when its raw file has faults."""

read_population_municipality = READERS["population_municipality"]
read_births_municipality = READERS["births_municipality"]
read_deaths_municipality = READERS["deaths_municipality"]


def check_sources(store: Store) -> list[Fault]:
    """Every fault of every raw file, blocking ones and notices; an empty list when all is well."""
    areas, faults, seen = read_areas(store), list[Fault](), set[str]()
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
            seen.add(entry.table)
            release = Release(folder, record, entry, layout)
            faults += [*faults_of_release(release, store, areas), *_edited(release, store)]
    return faults + [
        Fault("sources.no_table", file=f"data/raw/{layout.source_id}", expected=table)
        for table, layout in LAYOUTS.items()
        if table not in seen
    ]


def _edited(release: Release, store: Store) -> Iterator[Fault]:
    import hashlib

    if not release.path.exists():
        return
    checksum = hashlib.sha256(release.path.read_bytes()).hexdigest()
    if checksum != release.entry.sha256:
        file = relative(release.path, store.root)
        yield Fault(
            "sources.edited", file=file, found=checksum[:12], expected=release.entry.sha256[:12], severity=NOTICE
        )


__all__ = ["LAYOUTS", "READERS", "Areas", "check_sources", "read_source_table"]
