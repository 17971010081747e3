"""A table of any hierarchy of areas: what is wrong with it, by row, and what can be used of it.

Belongs here: checking and reshaping the input of `any_hierarchy`. A fault that makes the whole file unreadable is
raised; a fault of an area leaves that area out, and the rest goes on.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK, Fault, FaultsFound, raise_if_any
from ossu_analysis.population.cells import OPEN_AGE, SEXES, Floats, grouped_array
from ossu_analysis.population.hierarchy_suppressed import MARKS, fill_suppressed, not_counts
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.tabular import (
    MOST_PERSONS,
    YEARS,
    cell_faults,
    folded_codes,
    numbers,
    open_frame,
    plain,
    shown,
    unreadable_codes,
)

COLUMNS = ("area_code", "parent_code", "sex", "age_from", "age_to", "year", "persons")
LEAST_YEARS = 3
LONGEST_GAP = 10
"""Years in a row that nobody has: a table with more is two tables, or a year is mistyped."""
_OUTSIDE = {"year": "tabular.year_outside", "persons": "tabular.too_many_persons"}
STEEPEST, SMALL = 10.0, 50
"""A count that grows or shrinks more than so many times is another area or a slip; numbers below are as if this one."""
FIRST_ROW = 2
"""A spreadsheet shows the first row of figures under the header as row 2."""


@dataclass(frozen=True)
class CountedAreas(AreaTree):
    """Areas that can be used, with their counts.

    Attributes
    ----------
    years : tuple of int
        Consecutive, ending with the base year.
    totals : DataFrame
        Persons by area (rows) and year (columns); NaN where there is no count, as in a year that nobody has.
    starts : tuple of int
        First ages of the groups, empty when no area has ages.
    ages : ndarray (areas, T, 2, G)
        Persons by sex and group; NaN where an area has none.
    base_ages : ndarray (areas, 2, G)
        Those of the base year as they were counted, also of areas that once had other parts.
    basis : Series or None
        Census on which the counts of each year rest, by whatever name the table gives it.
    """

    years: tuple[int, ...]
    totals: pd.DataFrame
    starts: tuple[int, ...]
    ages: Floats
    base_ages: Floats
    basis: "pd.Series[str] | None"

    def base_total(self, code: str) -> float:
        """Persons of an area in the base year."""
        return float(self.totals.to_numpy()[self.position[code], -1])

    def family_tree(self, root: str) -> AreaTree:
        """The tree of one root alone."""
        return AreaTree(codes := tuple(self.family(root)), {code: self.parent[code] for code in codes})

    @property
    def census_of(self) -> "pd.Series[int]":
        """Year of the census on which each year rests: the one in its name, else the first year that rests on it."""
        bases = pd.Series(dtype=str) if self.basis is None else self.basis.dropna().sort_index()
        begins = bases.ne(bases.shift()).cumsum()
        named = bases.str.extract(r"((?:18|19|20)\d\d)(?!.*(?:18|19|20)\d\d)", expand=False).astype(float)
        first = bases.index.to_series().groupby(begins).transform("min").astype(float)
        year = named.where(named <= first, first)
        # Two names in the wrong order would turn a later census into an earlier one.
        return (year if year.groupby(begins).first().is_monotonic_increasing else first).astype(int)

    def new_bases(self, years: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Years after the first whose counts rest on another census than those before."""
        bases = pd.Series(dtype=float) if self.basis is None else self.basis.dropna().sort_index()
        new = np.isin(years, bases.index[bases.ne(bases.shift())][1:])
        new[0] = False
        return new


def read_tree(frame: pd.DataFrame, file: str = "") -> tuple[CountedAreas, list[Fault]]:
    """Check a table and reshape what can be used.

    Parameters
    ----------
    frame : DataFrame
        ``area_code, parent_code, sex, age_from, age_to, year, persons`` and optionally ``basis``; an empty ``age_to``
        is an open group, ``parent_code`` empty is a root.
    file : str
        Name for the messages.

    Returns
    -------
    CountedAreas, list of Fault
        Faults of areas that were left out, and notices.

    Raises
    ------
    FaultsFound
        When a column is missing or no area can be used.
    """
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise FaultsFound([Fault("population.input_column", file, column=name, severity=BLOCKING) for name in missing])
    typed = _typed(frame)
    nameless = typed[typed["area_code"].eq("") & ~_blank(typed)]
    rows, hidden = fill_suppressed(typed[typed["area_code"].ne("")], file)
    faults = [_fault("population.input_no_code", file, row, "area_code", "") for row in nameless.to_dict("records")]
    faults += [*_row_faults(rows, file), *_overlap_faults(rows, file), *(f for f in hidden if f.severity != NOTICE)]
    # An area that changed its parent stands under the last one.
    last = rows.sort_values("year", kind="stable").drop_duplicates("area_code", keep="last")
    parent: dict[str, str] = dict(zip(last["area_code"], last["parent_code"], strict=True))
    rows, parent, summed = _with_sums(rows, parent, file)
    rows = rows[~rows["area_code"].isin({fault.municipality_code for fault in faults})]
    if rows.empty:
        raise FaultsFound(faults or [Fault("population.input_empty", file)])
    totals = _totals(rows)
    raise_if_any(_impossible(totals, file))
    # A year that nobody has stays a year without counts, so that no step from year to year leads over it.
    totals = totals.reindex(columns=range(int(totals.columns.min()), int(totals.columns.max()) + 1))
    dropped = [*_year_faults(rows, totals, file), *_parent_faults(rows, parent, file)]
    left_out = {fault.municipality_code for fault in (*faults, *dropped)}
    ordered = AreaTree.in_order({code: parent[code] for code in sorted(parent)})
    codes = [code for code in ordered.codes if code not in left_out]
    if not codes:
        raise FaultsFound([*faults, *dropped] or [Fault("population.input_empty", file)])
    known = {code: _nearest(parent, code, set(codes)) for code in codes}
    totals = totals.loc[codes]
    starts, ages = _ages(rows, codes, [int(year) for year in totals.columns])
    basis = _basis(rows)
    tree = CountedAreas(
        tuple(codes), known, tuple(int(y) for y in totals.columns), totals, starts, ages, ages[:, -1], basis
    )
    return tree, [*faults, *dropped, *summed, *(f for f in hidden if f.severity == NOTICE), *_sum_notices(tree, file)]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame.reset_index(drop=True)
    numbers = {
        name: pd.to_numeric(rows[name], errors="coerce").astype(float)
        for name in ("age_from", "age_to", "year", "persons")
    }
    texts = {
        name: rows[name].astype("object").where(rows[name].notna(), "").astype(str).str.strip() for name in COLUMNS[:3]
    }
    said = rows["persons"].astype("object").where(rows["persons"].notna(), "").astype(str)
    return rows.assign(**numbers, **texts, count=said, row=rows.get("row", rows.index + FIRST_ROW))


def _basis(rows: pd.DataFrame) -> "pd.Series[str] | None":
    """The name of the census by year: that of most rows."""
    if "basis" not in rows:
        return None
    named = (
        rows["basis"].astype("object").where(rows["basis"].notna(), "").astype(str).str.removesuffix(".0").str.strip()
    )
    counted = named[named.ne("")].groupby(rows["year"]).agg(lambda names: Counter(names).most_common(1)[0][0])
    return counted if len(counted) else None


def _blank(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Rows in which nothing is said, as a spreadsheet leaves them between tables."""
    said, numbers = rows[["sex", "parent_code", "count"]] != "", rows[["year", "age_from", "age_to"]].notna()
    return ~(said.any(axis=1) | numbers.any(axis=1))


def _row_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    key = ["area_code", "sex", "age_from", "age_to", "year"]
    counts = rows["persons"]
    wrong = {
        ("population.input_sex", "sex", "F, M, T"): ~rows["sex"].isin(["F", "M", "T"]),
        ("population.input_year", "year", "YYYY"): rows["year"].isna() | (rows["year"] % 1 != 0),
        ("population.input_age", "age_from", "0-120"): rows["age_from"].isna() | ~rows["age_from"].between(0, 120),
        ("population.input_age", "age_to", ">= age_from"): rows["age_to"] < rows["age_from"],
        ("population.input_count", "count", "1, 2, 3 ... x"): not_counts(rows["count"], counts),
        ("population.input_negative", "persons", ">= 0"): counts < 0,
        ("population.input_fraction", "persons", "1, 2, 3 ..."): counts.notna() & (counts % 1 != 0),
        ("population.input_duplicate", "area_code", "1"): rows.duplicated(key, keep="first"),
        ("population.input_two_parents", "parent_code", "1"): _has_other_parent(rows),
    }
    return [
        _fault(code, file, found, column, shown(plain(found[column])), expected)
        for (code, column, expected), where in wrong.items()
        for found in _by_area(rows[where])
    ]


def _has_other_parent(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Rows whose parent is not the one that the first row of their area and year names."""
    first = rows.groupby(["area_code", "year"])["parent_code"].transform("first")
    return first.notna() & rows["parent_code"].ne(first)


def _by_area(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    """The first row of each area, and in ``times`` how many there are: an area is left out once, whatever its rows."""
    times = rows.groupby("area_code")["row"].transform("size")
    return rows.assign(times=times).drop_duplicates("area_code").to_dict("records")


def _fault(code: str, file: str, row: Any, column: str, found: str, expected: str = "") -> Fault:
    """A fault of one area, which is left out."""
    area, times = row["area_code"], int(row.get("times", 1))
    return Fault(code, file, "", int(row["row"]), column, found, expected, TO_CHECK, area, times)


def _overlap_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Areas whose finest age groups overlap or leave holes in a year; wider groups beside them are allowed."""
    aged = rows[(rows["age_from"] > 0) | rows["age_to"].notna()].assign(last=lambda r: r["age_to"].fillna(np.inf))
    keys = ["area_code", "year", "sex"]
    finest = aged.sort_values([*keys, "age_from", "last"]).drop_duplicates([*keys, "age_from"])
    following = finest.groupby(keys)["age_from"].shift(-1)
    closed = finest["last"] < np.inf
    covered = aged["last"].eq(np.inf).groupby([aged[key] for key in keys]).any()
    ends_open = covered.reindex(pd.MultiIndex.from_frame(finest[keys])).to_numpy()
    overlap = following.notna() & (finest["last"] >= following) & closed
    hole = (following.notna() & (finest["last"] + 1 < following)) | (following.isna() & closed & ~ends_open)
    return [
        _fault(code, file, found, "age_to", f"{found['age_from']:.0f}-{found['last']:.0f}")
        for code, where in (("population.input_overlap", overlap), ("population.input_hole", hole))
        for found in _by_area(finest[where])
    ]


def _totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Persons by area and year: the total of both sexes where there is one, the sum of sexes and ages elsewhere."""
    everybody = rows[(rows["age_from"] == 0) & rows["age_to"].isna()]
    by_sex = everybody.pivot_table(index=["area_code", "year"], columns="sex", values="persons", aggfunc="first")
    by_sex = by_sex.reindex(columns=["F", "M", "T"])
    given = by_sex["T"].fillna(by_sex["F"] + by_sex["M"])
    return (given if len(given) else _summed(rows)).combine_first(_summed(rows)).unstack("year").sort_index(axis=1)


def _summed(rows: pd.DataFrame) -> "pd.Series[float]":
    width = (rows["age_to"] - rows["age_from"]).fillna(np.inf)
    aged = rows.assign(width=width)[(rows["age_from"] > 0) | rows["age_to"].notna()]
    finest = aged.sort_values("width").drop_duplicates(["area_code", "year", "sex", "age_from"])
    by_sex = finest.groupby(["area_code", "year", "sex"])["persons"].agg(lambda p: p.sum(skipna=False)).unstack("sex")
    by_sex = by_sex.reindex(columns=["F", "M", "T"]).astype(float)
    return by_sex["T"].fillna(by_sex["F"] + by_sex["M"])


def _impossible(totals: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Years that cannot belong to one table, and more people than there are."""
    years = totals.columns.to_numpy()
    for before, after in pairwise(years):
        if after - before > LONGEST_GAP + 1:
            found = f"{before:.0f}, {after:.0f}"
            yield Fault("population.input_gap", file, column="year", found=found, expected=f"≤ {LONGEST_GAP}")
    for area in totals.index[(totals > MOST_PERSONS).any(axis=1)]:
        found = f"{area}: {totals.loc[area].max():.3g}"
        yield Fault("tabular.too_many_persons", file, column="persons", found=found, expected=f"≤ {MOST_PERSONS:.3g}")


def _year_faults(rows: pd.DataFrame, totals: pd.DataFrame, file: str) -> list[Fault]:
    """Areas with fewer than three counts, without one in the last year, or with nobody."""
    first = rows.drop_duplicates("area_code").set_index("area_code", drop=False).to_dict("index")
    known = totals.notna().sum(axis=1)
    wrong = {
        "population.input_few_years": known < LEAST_YEARS,
        "population.input_no_base": totals.iloc[:, -1].isna() & (known >= LEAST_YEARS),
        "population.input_all_zero": (totals.fillna(0) == 0).all(axis=1),
        "population.input_nobody": (totals == 0).any(axis=1) & (totals > 0).any(axis=1),
        "population.input_other_area": (_steepest(totals) > STEEPEST),
    }
    return [
        _fault(code, file, first[area], "year", f"{area}: {known[area]}")
        for code, where in wrong.items()
        for area in totals.index[where]
    ]


def _steepest(totals: pd.DataFrame) -> "pd.Series[float]":
    """How many times the count of each area has grown or shrunk between two counts; small numbers are as if larger."""
    known = np.log(totals.clip(lower=SMALL).astype(float)).ffill(axis=1)
    return np.exp(known.diff(axis=1).abs().max(axis=1))


def _parent_faults(rows: pd.DataFrame, parent: dict[str, str], file: str) -> list[Fault]:
    """Areas whose parent has no rows, or that are below themselves."""
    first = rows.drop_duplicates("area_code").set_index("area_code", drop=False).to_dict("index")
    faults = []
    for code in set(parent) & set(first):
        above, seen = parent[code], {code}
        while above in parent and above not in seen:
            seen.add(above)
            above = parent[above]
        if above:
            name = "population.input_cycle" if above in seen else "population.input_parent"
            faults.append(_fault(name, file, first[code], "parent_code", above))
    return sorted(faults, key=lambda fault: fault.row or 0)


def _with_sums(
    rows: pd.DataFrame, parent: dict[str, str], file: str
) -> tuple[pd.DataFrame, dict[str, str], list[Fault]]:
    """Add parents that have no rows as sums of the areas below them, where a table leaves parents out.

    One parent alone that is missing, of one area, is taken for a slip of the pen.
    """
    missing = pd.Series(parent)[lambda above: above.ne("") & ~above.isin(parent)]
    if not missing.duplicated().any():
        return rows, parent, []
    below = rows[rows["area_code"].isin(missing.index)].assign(area_code=lambda own: own["area_code"].map(missing))
    cell = ["area_code", "sex", "age_from", "age_to", "year"]
    grouped = below.groupby(cell, dropna=False, sort=False)
    first, persons = grouped.first(), grouped["persons"].agg(lambda counts: counts.sum(skipna=False))
    whole = grouped.size() == missing.value_counts().reindex(first.index.get_level_values(0)).to_numpy()
    sums = first.assign(persons=persons, parent_code="")[whole].reset_index()
    notices = [Fault("population.input_sums", file, found=code, severity=NOTICE) for code in sums["area_code"].unique()]
    return pd.concat([rows, sums], ignore_index=True), parent | dict.fromkeys(missing, ""), notices


def _nearest(parent: dict[str, str], code: str, kept: set[str]) -> str:
    """The nearest area above that can be used; empty when there is none."""
    above = parent[code]
    while above and above not in kept:
        above = parent[above]
    return above


def _ages(rows: pd.DataFrame, codes: Sequence[str], years: Sequence[int]) -> tuple[tuple[int, ...], Floats]:
    """Ages by sex in the groups that most areas have; NaN for areas that have others or none."""
    inside = rows[rows["area_code"].isin(codes) & rows["sex"].isin(SEXES) & rows["persons"].notna()]
    aged = _up_to_open_age(inside[(inside["age_from"] > 0) | inside["age_to"].notna()])
    if aged.empty:
        return (), np.full((len(codes), len(years), 2, 0), np.nan)
    pattern = {area: tuple(sorted({int(age) for age in ages})) for area, ages in aged.groupby("area_code")["age_from"]}
    starts = Counter(pattern.values()).most_common(1)[0][0]
    same = aged[aged["area_code"].isin([area for area, own in pattern.items() if own == starts])]
    return starts, grouped_array(same, "persons", starts, area_code=codes, year=years, sex=SEXES)


def _up_to_open_age(aged: pd.DataFrame) -> pd.DataFrame:
    """Ages from 100 on as one open group, where a table goes further."""
    if not (aged["age_from"] > OPEN_AGE).any():
        return aged
    keys = ["area_code", "year", "sex"]
    finest = aged.assign(width=(aged["age_to"] - aged["age_from"]).fillna(np.inf)).sort_values("width", kind="stable")
    oldest = finest[finest["age_from"] >= OPEN_AGE].drop_duplicates([*keys, "age_from"])
    together = oldest.groupby(keys)["persons"].agg(lambda persons: persons.sum(skipna=False)).reset_index()
    return pd.concat([aged[aged["age_from"] < OPEN_AGE], together.assign(age_from=float(OPEN_AGE))], ignore_index=True)


def _sum_notices(tree: CountedAreas, file: str) -> list[Fault]:
    notices = []
    base = tree.totals.iloc[:, -1]
    for code in tree.codes:
        below = tree.below.get(code)
        if below and abs(base[below].sum() - base[code]) > 0.5:
            found = f"{code}: {base[below].sum():.0f} / {base[code]:.0f}"
            notices.append(Fault("population.input_sum", file, found=found, severity=NOTICE, municipality_code=code))
    return notices


def read_counts(path: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """Read a table of counts of any kind of file, with what was passed over; codes such as ``NA`` stay text.

    Numbers of persons are read where they are numbers; a mark of suppression stays as it is written.

    Raises
    ------
    FaultsFound
        With every cell that cannot be read.
    """
    table, faults = open_frame(path, path.name, COLUMNS, ("basis",))
    raise_if_any(faults)
    faults += unreadable_codes(table, COLUMNS[:3], path.name)
    spelling: dict[str, str] = {}
    read = {name: folded_codes(table[name], spelling) for name in COLUMNS[:2]}
    read["sex"] = folded_codes(table["sex"], {}).str.upper()
    if "basis" in table:
        # A census may have any name.
        read["basis"] = folded_codes(table["basis"], {})
    for name in ("age_from", "age_to", "year", "persons"):
        value, problem, flags = numbers(table, name, path.name)
        is_mark = (name == "persons") & table[name].map(shown).str.strip().str.lower().isin(MARKS)
        outside = {"year": ~value.between(*YEARS), "persons": value > MOST_PERSONS}.get(name, value.isna())
        problem = problem.mask(outside & value.notna(), _OUTSIDE.get(name, ""))
        faults += [*flags, *cell_faults(table, name, problem.where(~is_mark, ""), path.name)]
        read[name] = value.astype(object).where(value.notna(), table[name].map(shown) if name == "persons" else None)
    raise_if_any(faults)
    return pd.DataFrame({"row": table["row"], **read}), faults
