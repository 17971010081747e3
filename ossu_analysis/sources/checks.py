"""What must hold in a raw file before anything is made from it: codes, figures, years, and sums that add up.

`cells_of` turns the text table into one row per figure; the checks look at those rows and return `Fault` records
with the row and column of the file. Nothing is corrected.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from ossu_analysis.errors import Fault
from ossu_analysis.inputs import SourceTable
from ossu_analysis.schemas.sources import AGES, AREAS, RESIDENCE, SEX, Layout
from ossu_analysis.text_table import ROW
from ossu_analysis.texts import text

TEXT, FIGURE, MARK, HEADER, BAD = "_text", "_figure", "_mark", "_header", "_bad"
TOTAL_AGE = "total"
PLAIN_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
"""No thousands separator, no decimal comma and no exponent: ``7,00E+06`` is what a spreadsheet leaves of 7 000 039."""

FORMS = {
    "year": r"^(?:19|20|21)[0-9][0-9]$",
    "census_year": r"^(?:19|20|21)[0-9][0-9]$",
    "age": r"^(?:total|[0-9]{1,3}|[0-9]{1,3}-[0-9]{1,3}|[0-9]{1,3}\+)$",
    "period": r"^[0-9]{4}-[0-9]{4}$",
    "reference_date": r"^[0-9]{4}(?:-[0-9][0-9]-[0-9][0-9]|/[0-9]{4})?$",
}
"""Pattern of the keys that are not from a list; the texts under ``sources.form`` show each to a person."""
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "sex": ("F", "M", "T"),
    "residence": ("total", "urban", "rural"),
    "quarter": ("1", "2", "3", "4"),
    "variant": ("medium", "high", "low", "low_80", "high_80", "low_95", "high_95"),
    "area_level": ("country", "municipality", "facility"),
    "unit": ("persons", "households", "per_1000"),
    "measure": (
        "users",
        "waiting",
        "places",
        "free_places",
        "planned_places",
        "quota",
        "services",
        "municipalities_with_service",
        "municipalities_without_service",
        "municipalities_with_waiting",
    ),
}
_MOST = 20
"""Faults of one kind that a file prints; the rest are counted in the last one."""


def cells_of(raw: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """One row per figure of a raw table.

    Returns
    -------
    DataFrame
        The layout's ``cell_keys``, ``counts`` and ``texts``, ``row``, ``_header`` (column of the file), ``_text`` as
        printed, ``_figure`` (float, NaN when missing or wrong), ``_mark`` and ``_bad`` (neither figure nor mark).
    """
    kept = [ROW, *layout.keys, *layout.counts, *layout.texts]
    cells = raw.melt(id_vars=kept, value_vars=list(layout.values), var_name=HEADER, value_name=TEXT)
    if layout.across:
        cells[layout.across] = cells[HEADER]
    plain = cells[TEXT].where(cells[TEXT].str.fullmatch(PLAIN_NUMBER))
    figures = pd.to_numeric(plain).to_numpy(dtype=float, copy=True)
    cells[MARK] = cells[TEXT].where(cells[TEXT].isin(list(layout.marks)))
    for mark, meaning in layout.marks.items():
        figures[(cells[TEXT] == mark).to_numpy()] = np.nan if meaning is None else meaning
    cells[FIGURE] = figures
    cells[BAD] = np.isnan(figures) & cells[MARK].isna()
    return cells


def faults_of_cells(cells: pd.DataFrame, layout: Layout, file: str) -> Iterator[Fault]:
    """Cells that are not figures, and figures that are negative, fractional or out of bounds."""
    figures, texts = cells[FIGURE], cells[TEXT]
    empty = cells[BAD] & (texts == "")
    yield from _each("sources.missing_figure", cells[empty], file, _marks_allowed(layout))
    yield from _each("sources.not_a_number", cells[cells[BAD] & ~empty], file, _number_form(layout))
    least, most = layout.bounds
    if least is not None:
        yield from _each("sources.too_small", cells[figures < least], file, f"≥ {least:g}")
    if most is not None:
        yield from _each("sources.too_large", cells[figures > most], file, f"≤ {most:g}")
    if layout.is_count:
        yield from _each(
            "sources.fraction", cells[figures.notna() & (figures % 1 != 0)], file, text("sources.form.whole")
        )


def _number_form(layout: Layout) -> str:
    return text("sources.form.whole" if layout.is_count else "sources.form.decimal")


def _marks_allowed(layout: Layout) -> str:
    return ", ".join([_number_form(layout), *(f"„{mark}“" for mark in layout.marks)])


def _each(code: str, cells: pd.DataFrame, file: str, expected: str) -> Iterator[Fault]:
    if cells.empty:
        return
    for row, header, found in cells[[ROW, HEADER, TEXT]].head(_MOST).itertuples(index=False):
        yield Fault(code, file=file, row=int(row), column=header, found=found, expected=expected)
    yield from _rest(len(cells), code, file)


def _rest(count: int, code: str, file: str) -> Iterator[Fault]:
    if count > _MOST:
        yield Fault("sources.and_more", file=file, found=str(count - _MOST), expected=code)


def faults_of_keys(raw: pd.DataFrame, layout: Layout, file: str, areas: Mapping[str, str]) -> Iterator[Fault]:
    """Unknown areas, years and ages that are none, sexes and residences outside the list, repeated rows.

    Parameters
    ----------
    areas : mapping
        Every known area code and its level.
    """
    for key in layout.keys:
        texts = raw[key]
        if key in {"area_code", "municipality_code"}:
            yield from _unlike(
                "sources.unknown_area", raw[~texts.isin(list(areas))], key, file, text("sources.form.area")
            )
        elif key in ALLOWED:
            yield from faults_of_list("sources.unknown_value", raw, key, ALLOWED[key], file)
        elif key in FORMS:
            form = text(f"sources.form.{key}")
            yield from _unlike("sources.unknown_value", raw[~texts.str.match(FORMS[key])], key, file, form)
    for name in layout.counts:
        wrong = raw[~raw[name].str.match(r"^[0-9]+$")]
        yield from _unlike("sources.not_a_number", wrong, name, file, text("sources.form.whole"))
    yield from _repeated(raw, layout, file)


def faults_of_list(code: str, raw: pd.DataFrame, column: str, allowed: Sequence[str], file: str) -> Iterator[Fault]:
    """Rows whose text in a column is outside a list."""
    yield from _unlike(code, raw[~raw[column].isin(allowed)], column, file, ", ".join(allowed))


def _unlike(code: str, rows: pd.DataFrame, key: str, file: str, expected: str) -> Iterator[Fault]:
    for row, found in rows[[ROW, key]].head(_MOST).itertuples(index=False):
        yield Fault(
            code, file=file, row=int(row), column=key, found=found or text("sources.form.empty"), expected=expected
        )
    yield from _rest(len(rows), code, file)


def _repeated(raw: pd.DataFrame, layout: Layout, file: str) -> Iterator[Fault]:
    keys = list(layout.keys)
    again = raw[raw.duplicated(keys)]
    first = raw.drop_duplicates(keys).set_index(keys)[ROW]
    for record in again.head(_MOST).itertuples(index=False):
        key = tuple(getattr(record, name) for name in keys)
        earlier = first.loc[key if len(keys) > 1 else key[0]]
        expected = text("sources.form.one_row", row=earlier)
        yield Fault(
            "sources.repeated_row", file=file, row=int(str(record.row)), found=" · ".join(key), expected=expected
        )
    yield from _rest(len(again), "sources.repeated_row", file)


def faults_of_coverage(
    raw: pd.DataFrame, entry: SourceTable, file: str, areas: Mapping[str, str], spans: Mapping[str, tuple[int, int]]
) -> Iterator[Fault]:
    """Areas that the file should have and has not, and years that an area should have.

    Parameters
    ----------
    areas, spans : mapping
        Level of every area code, and first and last year in which it existed where that is not always.
    """
    if "facility" in raw:
        return
    yield from _missing_areas(raw, entry, file, areas, spans)
    yield from _missing_years_of_areas(raw, entry, file, areas, spans)


def _missing_areas(
    raw: pd.DataFrame, entry: SourceTable, file: str, areas: Mapping[str, str], spans: Mapping[str, tuple[int, int]]
) -> Iterator[Fault]:
    column = "municipality_code" if "municipality_code" in raw else "area_code"
    if column not in raw:
        return
    present = set(raw[column])
    levels = {areas[area] for area in present if area in areas}
    for area, level in areas.items():
        first, last = spans.get(area, (0, 9999))
        if level in levels and area not in present and first <= entry.years[1] and last >= entry.years[0]:
            yield Fault("sources.missing_area", file=file, column=column, expected=area)


def _missing_years_of_areas(
    raw: pd.DataFrame, entry: SourceTable, file: str, areas: Mapping[str, str], spans: Mapping[str, tuple[int, int]]
) -> Iterator[Fault]:
    if not {"area_code", "year"} <= set(raw):
        yield from _missing_years(raw, entry, file)
        return
    numbers = pd.to_numeric(raw["year"], errors="coerce")
    present = numbers.groupby(raw["area_code"]).agg(set)
    for area, have in present.items():
        first, last = spans.get(str(area), (0, 9999))
        gaps = entry.gaps.get(areas.get(str(area), ""), [])
        wanted = (year for year in entry.all_years if first <= year <= last and year not in gaps)
        for year in wanted:
            if year not in have:
                yield Fault("sources.missing_year", file=file, column="year", found=str(area), expected=str(year))


def _missing_years(raw: pd.DataFrame, entry: SourceTable, file: str) -> Iterator[Fault]:
    if "year" not in raw:
        return
    have = set(raw["year"])
    for year in entry.all_years:
        if str(year) not in have:
            yield Fault("sources.missing_year", file=file, column="year", expected=str(year))


def faults_of_sums(cells: pd.DataFrame, layout: Layout, file: str, parents: Mapping[str, str]) -> Iterator[Fault]:
    """Totals that differ from the sum of their parts.

    Parameters
    ----------
    parents : mapping
        Parent of each area: municipality to oblast, oblast to region (or to the country where a file has no regions).
    """
    relations: dict[str, tuple[str, Mapping[str, str]]] = {
        SEX: ("sex", {"F": "T", "M": "T"}),
        RESIDENCE: ("residence", {"urban": "total", "rural": "total"}),
        AGES: ("age", {age: TOTAL_AGE for age in _ages(cells) if age != TOTAL_AGE}),
        AREAS: ("area_code", parents),
    }
    if layout.adds_to is not None:
        yield from _unequal_rows(cells, layout, layout.adds_to, file)
    for name in layout.sums:
        column, parent_of = relations[name]
        yield from _unequal_sums(cells, layout, column, parent_of, f"sources.{name}_do_not_add", file)


def _unequal_rows(cells: pd.DataFrame, layout: Layout, whole: float, file: str) -> Iterator[Fault]:
    rows = cells.groupby(ROW).agg(_sum=(FIGURE, "sum"), _bad=(BAD, "any"))
    wrong = rows[~rows["_bad"] & ((rows["_sum"] - whole).abs() > whole / 1000)]
    for row, found in wrong["_sum"].items():
        yield Fault(
            "sources.row_does_not_add", file=file, row=int(str(row)), found=f"{found:.6g}", expected=f"{whole:g}"
        )


def _ages(cells: pd.DataFrame) -> list[str]:
    return [str(age) for age in cells["age"].unique()] if "age" in cells else []


def _unequal_sums(
    cells: pd.DataFrame, layout: Layout, column: str, parent_of: Mapping[str, str], code: str, file: str
) -> Iterator[Fault]:
    keys = list(layout.cell_keys)
    parts = cells[cells[column].isin(list(parent_of))]
    parts = parts.assign(**{column: parts[column].map(parent_of)})
    sums = parts.groupby(keys, sort=False).agg(_sum=(FIGURE, "sum"), _bad_part=(BAD, "any")).reset_index()
    totals = cells[cells[FIGURE].notna()].merge(sums, on=keys)
    wrong = totals[~totals["_bad_part"] & ((totals[FIGURE] - totals["_sum"]).abs() > 1e-6)]
    for record in wrong.head(_MOST).to_dict("records"):
        key = " · ".join(str(record[name]) for name in layout.keys)
        found = f"{record[TEXT]} ({key})"
        expected = f"{record['_sum']:.10g}"
        yield Fault(code, file=file, row=int(record[ROW]), column=record[HEADER], found=found, expected=expected)
    yield from _rest(len(wrong), code, file)
