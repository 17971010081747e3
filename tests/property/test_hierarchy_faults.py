"""Any hierarchy: whatever row is broken, it is named by its number, its area is left out, and the others stay."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.population.any_hierarchy import forecast_hierarchy
from ossu_analysis.population.arrow import unify
from ossu_analysis.population.hierarchy_input import FIRST_ROW, read_counts, read_tree

YEARS = range(2015, 2020)
STARTS = (0, 20, 40, 65)
PARENTS = {"W": "", "WA": "W", "WAA": "WA", "WAAA": "WAA", "WAAB": "WAA", "WB": "W", "WBA": "WB"}
"""Four levels; two branches end at different depths."""
LEAVES = ("WAAA", "WAAB", "WBA")
KEYS = ["area_code", "sex", "age_from", "year"]


def table(starts: tuple[int, ...] = STARTS, years: range = YEARS) -> pd.DataFrame:
    """Counts by sex and age group that add up over the levels."""
    weights = np.exp(-np.asarray(starts) / 60.0)
    rows = []
    for code, parent in PARENTS.items():
        below = [at for at, leaf in enumerate(LEAVES) if leaf.startswith(code)]
        for year in years:
            for sex in "FM":
                counts = sum(np.rint((900 + 400 * at) * 0.99 ** (year - 2015) * weights) for at in below)
                ends = [*(start - 1 for start in starts[1:]), None]
                rows += [(code, parent, sex, *bounds, year, n) for *bounds, n in zip(starts, ends, counts, strict=True)]
    names = ["area_code", "parent_code", "sex", "age_from", "age_to", "year", "persons"]
    return pd.DataFrame(rows, columns=names)


WHOLE = table()
BREAKS = {
    "negative": lambda frame, at: frame.assign(persons=frame["persons"].mask(frame.index == at, -1.0)),
    "fraction": lambda frame, at: frame.assign(persons=frame["persons"].mask(frame.index == at, 10.25)),
    "sex": lambda frame, at: frame.assign(sex=frame["sex"].mask(frame.index == at, "X")),
    "year": lambda frame, at: frame.assign(year=frame["year"].astype(float).mask(frame.index == at, 2016.5)),
    "age": lambda frame, at: frame.assign(age_from=frame["age_from"].mask(frame.index == at, 130)),
    "duplicate": lambda frame, at: pd.concat([frame.loc[:at], frame.loc[at:]], ignore_index=True),
    "overlap": lambda frame, at: frame.assign(age_to=frame["age_to"].mask(frame.index == at, frame["age_to"] + 5)),
    "hole": lambda frame, at: frame.assign(age_to=frame["age_to"].mask(frame.index == at, frame["age_to"] - 5)),
}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(BREAKS)), st.integers(0, len(WHOLE) - 1))
def test_a_broken_row_is_named_and_only_its_area_goes(kind: str, at: int) -> None:
    if kind in {"overlap", "hole"} and pd.isna(WHOLE["age_to"][at]):
        at -= 1
    tree, faults = read_tree(BREAKS[kind](WHOLE, at), "areas.csv")
    area = WHOLE["area_code"][at]
    row = at + FIRST_ROW + (kind == "duplicate")
    found = [fault for fault in faults if fault.code == f"population.input_{kind}"]
    assert {(fault.row, fault.municipality_code) for fault in found} == {(row, area)}
    assert f"ред {row}," in found[0].sentence()
    assert set(tree.codes) == set(PARENTS) - {area}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(PARENTS)), st.sampled_from(YEARS[:-1])), max_size=8))
def test_gaps_are_left_open_until_fewer_than_three_years_remain(gaps: list[tuple[str, int]]) -> None:
    pairs = pd.MultiIndex.from_frame(WHOLE[["area_code", "year"]])
    frame = WHOLE[~pairs.isin(gaps)].reset_index(drop=True)
    tree, faults = read_tree(frame)
    left = {code: len(YEARS) - len({year for area, year in gaps if area == code}) for code in PARENTS}
    few = {code for code, years in left.items() if years < 3}
    named = {f.municipality_code: f.row for f in faults if f.code == "population.input_few_years"}
    assert set(named) == few and set(tree.codes) == set(PARENTS) - few
    assert all(frame["area_code"][row - FIRST_ROW] == code for code, row in named.items() if row is not None)
    for code, year in gaps:
        assert code in few or year not in tree.totals or np.isnan(tree.totals.loc[code, year])


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(random) -> None:
    order = list(WHOLE.index)
    random.shuffle(order)
    whole, shuffled = read_tree(WHOLE)[0], read_tree(WHOLE.loc[order])[0]
    assert whole.codes == shuffled.codes and whole.parent == shuffled.parent
    np.testing.assert_array_equal(whole.ages, shuffled.ages)


def test_several_faults_at_once_are_all_named() -> None:
    frame = BREAKS["negative"](BREAKS["fraction"](WHOLE, 3), 50)
    frame = frame[~((frame["area_code"] == "WBA") & (frame["year"] < 2018))].reset_index(drop=True)
    codes = {fault.code.rsplit("_", 1)[-1] for fault in read_tree(frame)[1]}
    assert {"negative", "fraction", "years"} <= codes


@pytest.mark.parametrize("parent", ["ZZ", "WBA"])
def test_a_parent_that_is_missing_or_below_is_named_at_the_first_row(parent: str) -> None:
    frame = WHOLE.assign(parent_code=WHOLE["parent_code"].mask(WHOLE["area_code"] == "WB", parent))
    tree, faults = read_tree(frame, "areas.csv")
    (fault,) = [fault for fault in faults if fault.municipality_code == "WB"]
    assert fault.row == WHOLE.index[WHOLE["area_code"] == "WB"][0] + FIRST_ROW and fault.found in {parent, "WB"}
    assert "WB" not in tree.codes and {"W", *LEAVES[:2]} <= set(tree.codes)


def test_single_ages_four_levels_and_a_gap_are_forecast() -> None:
    frame = table(tuple(range(86)))
    frame = frame[~((frame["area_code"] == "WAAB") & (frame["year"] == 2016))]
    made = forecast_hierarchy(frame, 2, 40, 1, "")
    rows = unify(list(made.rows)).to_pandas()
    said = {(fault.code, fault.municipality_code) for fault in made.faults if fault.code != "population.input_sum"}
    assert said == {("population.input_some_ages", "WAAB")}
    assert set(rows["area_code"]) == set(PARENTS)
    assert set(rows["area_level"]) == {"level_0", "level_1", "level_2", "level_3"}
    means = rows[(rows["output_type"] == "mean") & (rows["year"] == 2021) & (rows["sex"] == "T")]
    total = means[(means["age_from"] == 0) & means["age_to"].isna()].set_index("area_code")["persons"]
    assert total["W"] == pytest.approx(total[list(LEAVES)].sum(), rel=1e-6)


def test_codes_that_look_like_numbers_or_nothing_stay_text(tmp_path) -> None:
    named = WHOLE.replace({"area_code": {"WBA": "NA", "WB": "007"}, "parent_code": {"WB": "007"}})
    named.to_csv(tmp_path / "areas.csv", index=False)
    tree, faults = read_tree(read_counts(tmp_path / "areas.csv")[0])
    assert {"NA", "007"} <= set(tree.codes) and tree.parent["NA"] == "007" and not faults
