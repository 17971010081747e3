"""From a checked raw file to its tidy table: one figure per row, codes of ours, source and vintage beside it.

A table is read from every vintage folder of its sources that lists it; where two vintages of a source give the same
figure, the newer wins, so a new release may hold one more year only or the whole series again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ossu_analysis.errors import Fault, FaultsFound, OssuError, raise_if_any
from ossu_analysis.inputs import (
    SourceRecord,
    SourceTable,
    read_published_names,
    read_source_record,
    relative,
    source_folders,
)
from ossu_analysis.reference.areas import Areas, read_areas
from ossu_analysis.schemas.sources import AGES, LAYOUTS, Layout
from ossu_analysis.sources.checks import (
    FIGURE,
    MARK,
    TOTAL_AGE,
    cells_of,
    faults_of_cells,
    faults_of_coverage,
    faults_of_keys,
    faults_of_list,
    faults_of_sums,
)
from ossu_analysis.store import Store
from ossu_analysis.text_table import open_text_table

NUMBERS = {"year", "census_year", "quarter"}


@dataclass(frozen=True)
class Release:
    """One raw file of one vintage with its record."""

    store: Store
    folder: Path
    record: SourceRecord
    entry: SourceTable
    layout: Layout

    @property
    def path(self) -> Path:
        """The CSV file."""
        return self.folder / f"{self.layout.table}.csv"

    @property
    def file(self) -> str:
        """How faults name it."""
        return relative(self.path, self.store.root)


def read_source_table(store: Store, table: str, as_of: str) -> pd.DataFrame:
    """Read one table of the link ``sources`` in its declared columns.

    Parameters
    ----------
    store : Store
    table : str
        Key of `LAYOUTS`.
    as_of : str
        Use only vintages up to this day (ISO date), to repeat a run with the figures that it had; empty: all. What a
        plan of an earlier year could know is another question: see `ossu_analysis.sources.known`.

    Raises
    ------
    OssuError
        ``sources.no_release`` when no vintage holds the table.
    FaultsFound
        When its raw files have faults: all of them.
    """
    layout, areas = LAYOUTS[table], read_areas(store)
    checked = [_checked(release, areas) for release in releases(store, layout, as_of)]
    if not checked:
        raise OssuError("sources.no_release", table=table, folder=f"data/raw/{layout.sources[0]}")
    raise_if_any(fault for _, _, faults in checked for fault in faults)
    raise_if_any(faults_between([release for release, _, _ in checked]))
    tidy = [_tidy(cells, release, areas) for release, cells, _ in checked]
    return pd.concat(tidy).drop_duplicates(layout.tidy_keys, keep="last", ignore_index=True)


def releases(store: Store, layout: Layout, as_of: str) -> Iterator[Release]:
    """The vintages that list a table, source by source, oldest first; with ``as_of`` none that is newer."""
    for source in layout.sources:
        for folder in source_folders(store, source):
            record = read_source_record(folder, store)
            entry = record.table(layout.table)
            if entry is not None and (not as_of or record.vintage <= as_of):
                yield Release(store, folder, record, entry, layout)


def faults_between(known: Sequence[Release]) -> Iterator[Fault]:
    """Years that fall between two vintages of one source."""
    for source in dict.fromkeys(release.record.source_id for release in known):
        same = [release for release in known if release.record.source_id == source]
        spans = sorted(release.entry.years for release in same)
        reached = spans[0][1]
        for first, last in spans[1:]:
            if first > reached + 1:
                years = f"{reached + 1}-{first - 1}"
                yield Fault("sources.gap_between_vintages", file=same[-1].file, column="year", expected=years)
            reached = max(reached, last)


def faults_of_release(release: Release, areas: Areas) -> list[Fault]:
    """Every fault of one raw file."""
    return _checked(release, areas)[2]


def _checked(release: Release, areas: Areas) -> tuple[Release, pd.DataFrame, list[Fault]]:
    layout, file = release.layout, release.file
    try:
        raw = open_text_table(release.path, layout.columns, file)
    except FaultsFound as found:
        return release, pd.DataFrame(), list(found.faults)
    cells = cells_of(raw, layout)
    faults = [
        *_unknown_services(raw, release),
        *faults_of_keys(raw, layout, file, areas.levels),
        *faults_of_cells(cells, layout, file),
        *faults_of_coverage(raw, release.entry, file, areas.levels, areas.spans),
        *faults_of_sums(cells, layout, file, areas.parents_in(raw)),
    ]
    return release, cells, faults


def _unknown_services(raw: pd.DataFrame, release: Release) -> Iterator[Fault]:
    if "published_name_bg" in raw:
        known = read_published_names(release.store)
        yield from faults_of_list("sources.unknown_service", raw, "published_name_bg", list(known), release.file)


def _tidy(cells: pd.DataFrame, release: Release, areas: Areas) -> pd.DataFrame:
    kept = cells[cells["age"] != TOTAL_AGE] if AGES in release.layout.sums else cells
    columns = {name: _column(name, kept, release, areas) for name in release.layout.tidy_columns}
    return pd.DataFrame(columns, index=kept.index)


def _column(name: str, cells: pd.DataFrame, release: Release, areas: Areas) -> "pd.Series | str | None":
    if name == release.layout.figure:
        return cells[FIGURE].astype("Int64") if release.layout.is_count else cells[FIGURE]
    if name in cells and name != "age":
        is_number = name in NUMBERS or name in release.layout.counts
        return pd.to_numeric(cells[name]) if is_number else cells[name].where(cells[name] != "")
    return DERIVED[name](cells, release, areas)


def _age_from(cells: pd.DataFrame, release: Release, areas: Areas) -> pd.Series:
    """First age of the group; 0 for ``total``."""
    return cells["age"].str.extract(r"^(\d+)")[0].astype("Int64").fillna(0).astype(int)


def _age_to(cells: pd.DataFrame, release: Release, areas: Areas) -> pd.Series:
    """Last age of the group: the age itself for a single year, NULL for ``90+``."""
    return cells["age"].str.extract(r"(\d+)$")[0].astype("Int64")


def _by_year(cells: pd.DataFrame, meaning: Callable[[int], object]) -> pd.Series:
    years = {year: meaning(int(year)) for year in cells["year"].unique()}
    return cells["year"].map(years)


def _reference_date(cells: pd.DataFrame, release: Release, areas: Areas) -> pd.Series:
    """Day of the stock as the publisher gives it."""
    shift, day = {"stock_1_january": (1, "01-01"), "stock_1_july": (0, "07-01")}.get(
        release.entry.reference, (0, "12-31")
    )
    return _by_year(cells, lambda year: f"{year + shift}-{day}")


def _basis(cells: pd.DataFrame, release: Release, areas: Areas) -> pd.Series:
    if "year" in cells:
        return _by_year(cells, release.entry.census_of).astype("Int64")
    return pd.Series(release.entry.census_of(release.entry.years[0]), index=cells.index, dtype="Int64")


def _is_revised(cells: pd.DataFrame, release: Release, areas: Areas) -> pd.Series:
    return _by_year(cells, release.entry.is_revised).astype(bool)


DERIVED: dict[str, Callable[[pd.DataFrame, Release, Areas], "pd.Series | str | None"]] = {
    "area_level": lambda cells, release, areas: cells["area_code"].map(areas.levels),
    "age": _age_from,
    "is_open": lambda cells, release, areas: cells["age"].str.endswith("+"),
    "age_from": _age_from,
    "age_to": _age_to,
    "reference_date": _reference_date,
    "basis": _basis,
    "is_revised": _is_revised,
    "period_from": lambda cells, release, areas: pd.to_numeric(cells["period"].str[:4]),
    "period_to": lambda cells, release, areas: pd.to_numeric(cells["period"].str[5:]),
    "is_low_reliability": lambda cells, release, areas: cells["mark"] == "u",
    "service_code": lambda cells, release, areas: cells["published_name_bg"].map(read_published_names(release.store)),
    "note": lambda cells, release, areas: cells[MARK],
    "published": lambda cells, release, areas: release.record.published,
    "source_id": lambda cells, release, areas: release.record.source_id,
    "vintage": lambda cells, release, areas: release.record.vintage,
    "status": lambda cells, release, areas: release.entry.status,
}
"""How the columns that the raw file does not have are made."""
