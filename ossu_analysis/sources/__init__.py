"""What do the publishers say? Readers of ``data/raw`` that keep figures unchanged, and the checks before they do.

`READERS` has one function per table; `check_sources` looks at every raw file and returns all faults of all files.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from ossu_analysis.errors import NOTICE, TO_CHECK, Fault, FaultsFound
from ossu_analysis.inputs import SourceRecord, read_published_names, read_source_records, relative
from ossu_analysis.reference.areas import Areas, read_areas
from ossu_analysis.schemas.sources import LAYOUTS
from ossu_analysis.sources.readers import Release, faults_between, faults_of_release, read_source_table
from ossu_analysis.store import Store
from ossu_analysis.text_table import checksum

READERS: dict[str, Callable[..., pd.DataFrame]] = {
    table: partial(read_source_table, table=table, as_of="") for table in LAYOUTS
}
"""``READERS[table](store)`` reads ``sources.<table>``; it raises `FaultsFound` when its raw files have faults.

``as_of="2027-06-30"`` leaves newer vintages out."""


def check_sources(store: Store) -> list[Fault]:
    """Every fault of every raw file, blocking ones and notices; an empty list when all is well.

    Code lists come first: without them no figure can be judged, and only their faults are returned.
    """
    try:
        areas, _ = read_areas(store), read_published_names(store)
    except FaultsFound as found:
        return list(found.faults)
    seen: dict[str, list[Release]] = {}
    records, faults = read_source_records(store)
    faults += _folders_without_record(store)
    for folder, record in records:
        faults += _unlisted_files(folder, record, store)
        for entry in record.tables:
            layout = LAYOUTS.get(entry.table)
            if layout is None or record.source_id not in layout.sources:
                file = relative(folder / "source.yaml", store.root)
                faults.append(Fault("sources.unlisted_table", file=file, found=entry.table, severity=TO_CHECK))
                continue
            release = Release(store, folder, record, entry, layout)
            seen.setdefault(entry.table, []).append(release)
            faults += [*faults_of_release(release, areas), *_edited(release)]
    faults += [fault for releases in seen.values() for fault in faults_between(releases)]
    return faults + [
        Fault("sources.no_table", file=f"data/raw/{layout.sources[0]}", expected=table)
        for table, layout in LAYOUTS.items()
        if table not in seen
    ]


def _folders_without_record(store: Store) -> Iterator[Fault]:
    for folder in sorted(path for path in store.raw.glob("*/*") if path.is_dir()):
        if not (folder / "source.yaml").exists():
            yield Fault("sources.no_record", file=relative(folder, store.root), expected="source.yaml")


def _unlisted_files(folder: Path, record: SourceRecord, store: Store) -> list[Fault]:
    paths = sorted(path for path in folder.glob("*.csv") if record.table(path.stem) is None)
    return [Fault("sources.unlisted_file", file=relative(path, store.root), severity=TO_CHECK) for path in paths]


def _edited(release: Release) -> Iterator[Fault]:
    now, then = checksum(release.path), release.entry.sha256
    if now not in {"", then}:
        yield Fault("sources.edited", file=release.file, found=now[:12], expected=then[:12], severity=NOTICE)


__all__ = ["LAYOUTS", "READERS", "Areas", "check_sources", "read_source_table"]
