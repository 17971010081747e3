"""Laws of the additive checks: a table that adds up has no fault; any one changed cell is found, in its row."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.schemas.sources import AREAS, RESIDENCE, SEX, Layout
from ossu_analysis.sources.checks import cells_of, faults_of_cells, faults_of_sums

LAYOUT = Layout(
    "made_up",
    ("nobody",),
    "измислена таблица",
    ("area_code", "residence"),
    "persons",
    ("F", "M", "T"),
    across="sex",
    sums=(SEX, RESIDENCE, AREAS),
    marks={"x": None},
)
PARENTS = {"SML01": "SML", "SML02": "SML", "VAR05": "VAR", "SML": "BG", "VAR": "BG"}
ORDER = ("VAR05", "SML01", "SML02", "VAR", "SML", "BG")
"""Children before their parents, so that one pass adds everything up."""


def consistent(counts):
    """A raw table that adds up, from counts of six cells of each municipality."""
    people = {}
    for at, area in enumerate(ORDER[:3]):
        for residence in ("urban", "rural"):
            for sex in ("F", "M"):
                people[area, residence, sex] = counts[4 * at + 2 * (residence == "rural") + (sex == "M")]
    for area in ORDER[3:]:
        children = [child for child, parent in PARENTS.items() if parent == area]
        for residence in ("urban", "rural"):
            for sex in ("F", "M"):
                people[area, residence, sex] = sum(people[child, residence, sex] for child in children)
    rows = []
    for area in ORDER:
        women, men = ({r: people[area, r, sex] for r in ("urban", "rural")} for sex in ("F", "M"))
        for residence in ("total", "urban", "rural"):
            f, m = (sum(part.values()) if residence == "total" else part[residence] for part in (women, men))
            rows.append((area, residence, str(f), str(m), str(f + m)))
    raw = pd.DataFrame(rows, columns=["area_code", "residence", "F", "M", "T"])
    raw.insert(0, "row", range(2, len(raw) + 2))
    return raw


def faults(raw):
    cells = cells_of(raw, LAYOUT)
    return [*faults_of_cells(cells, LAYOUT, "f"), *faults_of_sums(cells, LAYOUT, "f", PARENTS)]


COUNTS = st.lists(st.integers(0, 10**6), min_size=12, max_size=12)


@settings(max_examples=12, deadline=None)
@given(COUNTS)
def test_a_table_that_adds_up_has_no_fault(counts):
    assert faults(consistent(counts)) == []


@settings(max_examples=20, deadline=None)
@given(COUNTS, st.integers(0, 17), st.sampled_from(["F", "M", "T"]), st.integers(1, 10**6))
def test_any_changed_cell_is_found_in_its_row_or_in_its_total(counts, at, column, more):
    raw = consistent(counts)
    raw.loc[at, column] = str(int(raw.loc[at, column]) + more)
    found = faults(raw)
    area = raw.loc[at, "area_code"]
    touched = {area, PARENTS.get(area)}
    assert raw.loc[at, "row"] in {fault.row for fault in found if fault.code == "sources.sexes_do_not_add"}
    areas = dict(zip(raw["row"], raw["area_code"], strict=True))
    assert {areas[fault.row] for fault in found} <= touched, "nothing else is accused"


@settings(max_examples=12, deadline=None)
@given(
    COUNTS,
    st.integers(0, 17),
    st.sampled_from(["F", "M", "T"]),
    st.sampled_from(["", "x1", "1 000", "1,5", "١٢", "1e3"]),
)
def test_a_cell_that_is_no_number_is_the_only_fault(counts, at, column, text):
    raw = consistent(counts)
    raw.loc[at, column] = text
    (fault,) = faults(raw)
    assert (fault.row, fault.column, fault.found) == (raw.loc[at, "row"], column, text)


@settings(max_examples=12, deadline=None)
@given(COUNTS, st.integers(-(10**6), -1))
def test_a_negative_count_is_found_even_when_the_sums_close(counts, negative):
    counts = [negative, *counts[1:]]
    codes = {fault.code for fault in faults(consistent(counts))}
    assert "sources.too_small" in codes
    assert not any(code.endswith("do_not_add") for code in codes)
