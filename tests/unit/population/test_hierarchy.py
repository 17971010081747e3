"""Any hierarchy of areas: what is made of it, and what is said of rows that cannot be used."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import Fault, FaultsFound
from ossu_analysis.population.any_hierarchy import _aged, forecast_hierarchy
from ossu_analysis.population.arrow import unify
from ossu_analysis.population.counts_alone import jump_off_from_counts
from ossu_analysis.population.hierarchy_input import read_tree
from ossu_analysis.schemas import table_class
from ossu_analysis.sources import READERS
from ossu_analysis.store import Store, project_root


def project_hierarchy(frame: pd.DataFrame, horizon: int, draws: int, seed: int = 0) -> tuple[pd.DataFrame, list[Fault]]:
    made = forecast_hierarchy(frame, horizon, draws, seed, "")
    return unify(list(made.rows)).to_pandas(), made.faults


STARTS = tuple(range(0, 90, 5))
YEARS = range(2014, 2020)
PARENTS = {"X": "", "XA": "X", "XB": "X", "XA1": "XA", "XA2": "XA", "XB1": "XB", "XB2": "XB"}
LEAVES = ("XA1", "XA2", "XB1", "XB2")


def made_up(with_ages: bool = True, leaf_ages: bool = True) -> pd.DataFrame:
    """Three levels; leaves shrink at different rates, ages are those of a stationary population that moves."""
    rows = []
    shape = np.exp(-((np.arange(2.5, 90, 5) / 78.0) ** 5))
    leaf = {}
    for at, code in enumerate(LEAVES):
        for year in YEARS:
            size = (6000 + 9000 * at) * np.exp(-0.012 * (at + 1) * (year - 2014))
            leaf[code, year] = np.rint(size * np.stack([shape, 0.95 * shape]) / shape.sum() / 1.95)
    for code, parent in PARENTS.items():
        for year in YEARS:
            counts = sum(leaf[name, year] for name in LEAVES if name.startswith(code))
            if with_ages and (leaf_ages or code not in LEAVES):
                for sex, of_sex in zip("FM", counts, strict=True):
                    bounds = zip(STARTS, [*(a - 1 for a in STARTS[1:]), None], of_sex, strict=True)
                    rows += [(code, parent, sex, low, high, year, value) for low, high, value in bounds]
            rows.append((code, parent, "T", 0, None, year, counts.sum()))
    names = ["area_code", "parent_code", "sex", "age_from", "age_to", "year", "persons"]
    return pd.DataFrame(rows, columns=names)


def mean_of(rows: pd.DataFrame, year: int, age_from: int = 0, age_to: float = np.nan) -> "pd.Series[float]":
    chosen = (rows["output_type"] == "mean") & (rows["year"] == year) & (rows["sex"] == "T")
    chosen &= rows["age_from"] == age_from
    chosen &= rows["age_to"].isna() if np.isnan(age_to) else rows["age_to"] == age_to
    return rows[chosen].set_index("area_code")["persons"]


@pytest.fixture(scope="module")
def forecast() -> pd.DataFrame:
    rows, faults = project_hierarchy(made_up(), horizon=4, draws=60, seed=1)
    assert not faults
    return rows


def test_rows_are_the_contract(forecast: pd.DataFrame) -> None:
    assert list(forecast.columns) == list(table_class("population", "forecast").to_schema().columns)
    levels = forecast.drop_duplicates("area_code").astype({"area_code": "str"}).set_index("area_code")["area_level"]
    assert levels.to_dict() == {c: f"level_{len(c) - 1}" for c in PARENTS}
    assert set(forecast["year"]) == {2019, 2020, 2021, 2022, 2023} and (forecast["persons"] >= 0).all()


def test_base_year_is_the_input(forecast: pd.DataFrame) -> None:
    frame = made_up().query("year == 2019")
    given = frame.query("sex == 'T'").set_index("area_code")["persons"]
    base = mean_of(forecast, 2019)
    np.testing.assert_allclose(base[given.index], given, rtol=1e-12)
    old = frame.query("age_from >= 65").groupby("area_code")["persons"].sum()
    np.testing.assert_allclose(mean_of(forecast, 2019, 65)[old.index], old, rtol=1e-9)


@pytest.mark.parametrize("year", [2019, 2023])
def test_levels_add_up(forecast: pd.DataFrame, year: int) -> None:
    for group in ((0, np.nan), (0, 17), (65, np.nan), (85, np.nan), (20, 24)):
        people = mean_of(forecast, year, *group)
        assert people["X"] == pytest.approx(people[list(LEAVES)].sum(), rel=1e-9)
        assert people["XA"] + people["XB"] == pytest.approx(people["X"], rel=1e-9)
    assert (mean_of(forecast, 2023)[list(LEAVES)] < mean_of(forecast, 2019)[list(LEAVES)]).all()


def test_ages_missing_at_the_lowest_level_are_estimated() -> None:
    rows, faults = project_hierarchy(made_up(leaf_ages=False), horizon=2, draws=60, seed=1)
    assert not faults
    old = mean_of(rows, 2020, 65)
    assert old["XA"] == pytest.approx(old[["XA1", "XA2"]].sum(), rel=1e-9) and old["XA1"] > 0


def test_totals_alone_are_forecast_where_there_are_no_ages() -> None:
    rows, faults = project_hierarchy(made_up(with_ages=False), horizon=3, draws=60, seed=1)
    assert [fault.code for fault in faults] == ["population.input_no_ages"]
    assert set(rows["sex"]) == {"T"} and set(rows["age_from"]) == {0}
    people = mean_of(rows, 2022)
    assert people["X"] == pytest.approx(people[list(LEAVES)].sum(), rel=1e-9)


def test_an_area_left_out_stays_in_the_sum_above() -> None:
    frame = made_up()
    frame = frame[~((frame["area_code"] == "XB2") & (frame["year"] < 2018))]
    rows, faults = project_hierarchy(frame, horizon=1, draws=60, seed=1)
    assert {fault.code for fault in faults} == {"population.input_few_years", "population.input_sum"}
    assert "XB2" not in set(rows["area_code"])
    given = made_up().query("area_code == 'XB' and sex == 'T' and year == 2019")["persons"].item()
    assert mean_of(rows, 2019)["XB"] == pytest.approx(given)


def test_the_same_seed_gives_the_same_rows_and_another_does_not(forecast: pd.DataFrame) -> None:
    again, _ = project_hierarchy(made_up().sample(frac=1, random_state=3), horizon=4, draws=60, seed=1)
    other, _ = project_hierarchy(made_up(), horizon=4, draws=60, seed=2)
    np.testing.assert_array_equal(forecast["persons"], again["persons"])
    assert (forecast["persons"] != other["persons"]).any()


def broken(change: str) -> tuple[pd.DataFrame, str]:
    """A table with one thing wrong in XA1, and the area the fault is about."""
    frame = made_up()
    at = frame.index[(frame["area_code"] == "XA1") & (frame["year"] == 2016)][3]
    if change == "negative":
        frame.loc[at, "persons"] = -4
    elif change == "fraction":
        frame.loc[at, "persons"] += 0.5
    elif change == "duplicate":
        frame = pd.concat([frame.loc[:at], frame.loc[[at]], frame.loc[at + 1 :]], ignore_index=True)
    elif change == "overlap":
        frame.loc[at, "age_to"] += 2
    elif change == "hole":
        frame = frame.drop(index=at)
    elif change == "sex":
        frame.loc[at, "sex"] = "Ж"
    elif change == "parent":
        frame.loc[frame["area_code"] == "XA1", "parent_code"] = "XQ"
    elif change == "cycle":
        frame.loc[frame["area_code"] == "XA1", "parent_code"] = "XA1"
    return frame, "XA1"


@pytest.mark.parametrize("change", ["negative", "fraction", "duplicate", "overlap", "hole", "sex", "parent", "cycle"])
def test_each_fault_names_row_and_area_and_stops_nobody_else(change: str) -> None:
    frame, area = broken(change)
    tree, faults = read_tree(frame, "areas.csv")
    found = [fault for fault in faults if fault.code == f"population.input_{change}"]
    assert found and {fault.municipality_code for fault in found} == {area}
    first = frame.index[frame["area_code"] == area][0] + 2
    assert all(fault.row is not None and fault.row >= first for fault in found)
    assert "areas.csv, ред" in found[0].sentence() and found[0].sentence().count(".") >= 2
    assert area not in tree.codes and {"XA2", "XB1", "XB2"} <= set(tree.codes)


def test_a_file_that_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(FaultsFound, match="parent_code"):
        read_tree(made_up().drop(columns=["parent_code", "sex"]))
    with pytest.raises(FaultsFound, match="години"):
        read_tree(made_up().query("year > 2017"))


def test_one_level_alone_is_a_hierarchy_too() -> None:
    flat = made_up()
    flat = flat[flat["area_code"].isin(LEAVES)].assign(parent_code="")
    rows, faults = project_hierarchy(flat, horizon=2, draws=60, seed=1)
    assert not faults and set(rows["area_level"]) == {"level_0"}
    assert set(rows["area_code"]) == set(LEAVES) and set(rows["sex"]) == {"F", "M", "T"}


def test_a_year_that_is_missing_is_not_a_step() -> None:
    frame = made_up()
    whole, gap = (read_tree(part)[0] for part in (frame, frame[frame["year"] != 2016]))
    assert gap.years == whole.years and gap.totals[2016].isna().all() and np.isnan(gap.ages[:, 2]).all()
    rows, faults = project_hierarchy(frame[frame["year"] != 2016], horizon=2, draws=60, seed=1)
    full, _ = project_hierarchy(frame, horizon=2, draws=60, seed=1)
    assert not faults
    np.testing.assert_allclose(mean_of(rows, 2021)["X"], mean_of(full, 2021)["X"], rtol=0.02)


def suppressed(marks: dict[int, str], area: str = "XA1") -> pd.DataFrame:
    """Old ages of one area small, and some of them hidden by a mark; totals by sex stay published."""
    frame = made_up().astype({"persons": object})
    mine = (frame["area_code"] == area) & (frame["age_from"] >= 80) & (frame["sex"] == "F")
    frame.loc[mine, "persons"] = 3
    both = frame[frame["sex"] != "T"]
    totals = both.groupby(["area_code", "parent_code", "sex", "year"])["persons"].sum().reset_index()
    frame = pd.concat([both, totals.assign(age_from=0, age_to=None)], ignore_index=True)
    for year, mark in marks.items():
        frame.loc[(frame["area_code"] == area) & (frame["age_from"] >= 80) & (frame["sex"] == "F")
                  & (frame["year"] == year), "persons"] = mark  # fmt: skip
    return frame


def test_suppressed_cells_are_zero_to_four_and_meet_the_known_totals() -> None:
    tree, faults = read_tree(suppressed({2014: "c", 2016: "≤4", 2017: "<5", 2018: "< 5", 2019: "C"}))
    (notice,) = (fault for fault in faults if fault.code == "population.input_suppressed")
    assert "XA1: 10" in notice.found and notice.row
    at, old = tree.codes.index("XA1"), [tree.starts.index(80), tree.starts.index(85)]
    cells = tree.ages[at][:, 0, old]
    assert ((cells >= 0) & (cells <= 4)).all() and (cells == np.rint(cells)).all()
    np.testing.assert_array_equal(cells.sum(axis=1), 6)


@pytest.mark.parametrize("mark", ["x", "-", "..", ":", None])
def test_a_mark_of_a_value_that_is_not_there_never_becomes_persons(mark: str | None) -> None:
    tree, faults = read_tree(suppressed({2016: mark}))
    assert "population.input_suppressed" not in {fault.code for fault in faults}
    at, old = tree.codes.index("XA1"), [tree.starts.index(80), tree.starts.index(85)]
    assert np.isnan(tree.ages[at][tree.years.index(2016), 0, old]).all()


def test_hidden_cells_that_cannot_be_small_leave_the_area_out() -> None:
    frame = made_up().astype({"persons": object})
    sums = frame[frame["sex"] != "T"].groupby(["area_code", "parent_code", "sex", "year"])["persons"].sum()
    frame = pd.concat([frame[frame["sex"] != "T"], sums.reset_index().assign(age_from=0, age_to=None)])
    frame.loc[(frame["area_code"] == "XA1") & (frame["age_from"] == 5) & (frame["year"] == 2016), "persons"] = "<5"
    _, faults = read_tree(frame)
    assert {f.municipality_code for f in faults if f.code == "population.input_hidden_sum"} == {"XA1"}


def test_a_count_that_is_no_number_is_named_and_an_empty_area_too() -> None:
    frame = made_up().astype({"persons": object})
    frame.loc[(frame["area_code"] == "XA1") & (frame["year"] == 2016) & (frame["age_from"] == 10), "persons"] = "десет"
    frame.loc[frame["area_code"] == "XB1", "persons"] = 0
    _, faults = read_tree(frame)
    assert {(f.code, f.municipality_code) for f in faults} >= {
        ("population.input_count", "XA1"),
        ("population.input_all_zero", "XB1"),
    }


def test_faults_in_every_area_are_said() -> None:
    frame = made_up()
    frame.loc[:, "persons"] += 0.5
    with pytest.raises(FaultsFound, match="Дробен"):
        read_tree(frame)


def test_ages_in_isolated_years_are_said_and_the_others_go_on() -> None:
    frame = made_up()
    aged = (frame["area_code"] == "XA1") & (frame["sex"] != "T") & (frame["year"] != 2016)
    rows, faults = project_hierarchy(frame[~aged], horizon=1, draws=60, seed=1)
    assert [(f.code, f.municipality_code) for f in faults] == [("population.input_some_ages", "XA1")]
    assert mean_of(rows, 2020, 65)["XA1"] > 0
    gone = (frame["area_code"] == "X") & (frame["sex"] != "T") & (frame["year"] == 2019)
    rows, faults = project_hierarchy(frame[~gone], horizon=1, draws=60, seed=1)
    assert [fault.code for fault in faults] == ["population.input_root_ages"] and set(rows["sex"]) == {"T"}


def test_an_empty_cell_that_cannot_be_small_and_an_empty_wider_group_stay_as_they_are() -> None:
    frame = suppressed({})
    wide = frame[(frame["age_from"] == 80) & (frame["sex"] == "F")].assign(age_to=None, persons=None)
    tree, faults = read_tree(pd.concat([frame, wide], ignore_index=True))
    assert {f.code for f in faults} == {"population.input_sum"} and np.isfinite(tree.ages).all()
    gone = (frame["area_code"] == "XA1") & (frame["age_from"] == 5) & (frame["year"] == 2016)
    tree, faults = read_tree(frame.assign(persons=frame["persons"].mask(gone, None)))
    assert {f.code for f in faults} == {"population.input_sum"} and np.isnan(
        tree.ages[tree.codes.index("XA1"), 2]
    ).any()


def test_every_oblast_alone_keeps_its_old_people_few() -> None:
    """Split ages inside an open group once had ratios far above 1: a million of 90+ in Plovdiv."""
    people = READERS["population_oblast_age"](Store(project_root()))
    people = people[people["area_level"].eq("oblast") & people["sex"].isin(["F", "M"]) & people["year"].le(2018)]
    people = people.assign(parent_code=pd.NA)
    made, faults = project_hierarchy(people[made_up().columns], horizon=5, draws=20)
    last = int(people["year"].max())
    assert not faults and made["area_code"].nunique() == 28
    assert (mean_of(made, last + 5) / mean_of(made, last)).between(0.8, 1.1).all()
    assert (mean_of(made, last + 5, 90) / mean_of(made, last, 90)).between(0.5, 3).all()


def hierarchy_ratios(frame: pd.DataFrame) -> np.ndarray:
    tree, _ = read_tree(frame)
    areas = _aged(tree, "X")
    assert areas is not None
    return jump_off_from_counts(areas, {code: tree.base_total(code) for code in tree.codes}).ratios.ratio


def test_a_census_break_is_no_transition_of_ages() -> None:
    """A census takes a fifth of everybody away in 2017; read as a transition it would go on every year."""
    after, before = made_up()["year"] >= 2017, hierarchy_ratios(made_up())
    fewer = made_up().assign(persons=lambda f: f["persons"].mask(after, (f["persons"] * 0.8).round()))
    told = hierarchy_ratios(fewer.assign(basis=np.where(after, 2017, 2011)))
    assert np.abs(told[:, :, 1:80] / before[:, :, 1:80] - 1).max() < 0.015
    assert (hierarchy_ratios(fewer)[:, :, 1:60] / before[:, :, 1:60]).mean() < 0.97


def moved(frame: pd.DataFrame, area: str, year: int, former: str) -> pd.DataFrame:
    """The area stood under another parent before a year, and the sums of both were as it stood."""
    parent = PARENTS[area]
    early = frame["year"] < year
    mine = frame[(frame["area_code"] == area) & early].set_index(["sex", "age_from", "year"])["persons"]
    out = frame.copy()
    out.loc[(out["area_code"] == area) & early, "parent_code"] = former
    for code, sign in ((parent, -1), (former, 1)):
        rows = (out["area_code"] == code) & early
        keys = pd.MultiIndex.from_frame(out.loc[rows, ["sex", "age_from", "year"]])
        out.loc[rows, "persons"] += sign * mine.reindex(keys).to_numpy()
    return out


def test_an_area_stands_under_its_last_parent() -> None:
    rows, faults = project_hierarchy(moved(made_up(), "XB1", 2017, "XA"), horizon=3, draws=60, seed=1)
    plain, _ = project_hierarchy(made_up(), horizon=3, draws=60, seed=1)
    assert not faults
    for year in (2019, 2020, 2022):
        people = mean_of(rows, year)
        assert people["XB"] == pytest.approx(people[["XB1", "XB2"]].sum(), rel=1e-9)
        np.testing.assert_allclose(people, mean_of(plain, year)[people.index], rtol=0.005)


@pytest.mark.parametrize(("factor", "since"), [(0.9, 2014), (0.97, 2019), (1.8, 2017)])
def test_a_parent_goes_on_from_its_own_last_count(factor: float, since: int) -> None:
    frame = made_up().astype({"persons": float})
    rows = (frame["area_code"] == "X") & (frame["year"] >= since)
    frame.loc[rows, "persons"] = (frame.loc[rows, "persons"] * factor).round()
    made, faults = project_hierarchy(frame, horizon=2, draws=60, seed=1)
    assert "population.input_sum" in {fault.code for fault in faults}
    base, ahead, below = mean_of(made, 2019), mean_of(made, 2021), list(LEAVES)
    given = frame.query("area_code == 'X' and sex == 'T' and year == 2019")["persons"].item()
    assert base["X"] == pytest.approx(given)
    assert ahead["X"] / base["X"] == pytest.approx(ahead[below].sum() / base[below].sum(), rel=0.01)
    old = mean_of(made, 2021, 65)
    assert old["X"] / mean_of(made, 2019, 65)["X"] == pytest.approx(
        old[below].sum() / mean_of(made, 2019, 65)[below].sum(), rel=0.03
    )


def test_blank_rows_are_skipped_and_a_row_without_code_is_named() -> None:
    frame = made_up().astype(object)
    frame.loc[7.5] = [None] * 7
    frame = frame.sort_index().reset_index(drop=True)
    tree, faults = read_tree(frame)
    assert not faults and "" not in tree.codes
    frame.loc[20, "area_code"] = " "
    _, faults = read_tree(frame)
    assert [(f.code, f.row) for f in faults if f.code.endswith("no_code")] == [("population.input_no_code", 22)]


def test_a_break_is_asked_about_unless_the_table_says_on_which_census_it_rests() -> None:
    after = made_up()["year"] >= 2017
    areas = made_up().assign(persons=lambda f: f["persons"].mask(after, (f["persons"] * 0.9).round()))
    said = [f.found for f in project_hierarchy(areas, 1, 20)[1] if f.code == "population.input_break"]
    assert len(said) == 1 and said[0].startswith("X, 2017: ") and "10,0" in said[0]
    for names in (("преброяване 2011", "преброяване 2017"), ("стара", "нова"), ("register1987_1990", "c2016")):
        named = areas.assign(basis=np.where(after, names[1], names[0]))
        assert "population.input_break" not in {f.code for f in project_hierarchy(named, 1, 20)[1]}
        tree, _ = read_tree(named)
        np.testing.assert_array_equal(tree.new_bases(np.array(tree.years)), np.array(tree.years) == 2017)
    assert list(read_tree(named)[0].census_of) == [1990] * 3 + [2016] * 3


@pytest.mark.parametrize("open_age", [75, 80, 85, 90, 95, 100, 110])
def test_the_old_age_as_they_did_whatever_the_open_group(open_age: int) -> None:
    """A population of known mortality, seen by age up to an open group: 80+ in five years is what it becomes."""
    ages, shape = np.arange(121), 1000 * np.exp(0.004 * np.arange(121))
    alive = np.exp(-1 / (1 + np.exp(2.6 - 0.11 * (ages - 80.0))))
    alive[:50] = 1.0
    persons = [np.cumprod(np.append(1.0, alive[:-1])) * shape]
    for _ in range(10):
        persons.append(np.append(persons[-1][0] * 0.996, persons[-1][:-1] * alive[:-1]))
    rows = [
        (
            "X",
            "",
            sex,
            age,
            None if age == open_age else age,
            2010 + at,
            float(round(counts[age:].sum() if age == open_age else counts[age])),
        )
        for at, counts in enumerate(persons)
        for sex in "FM"
        for age in range(open_age + 1)
    ]
    frame = pd.DataFrame(rows, columns=["area_code", "parent_code", "sex", "age_from", "age_to", "year", "persons"])
    made, _ = project_hierarchy(frame[frame["year"] <= 2015], horizon=5, draws=60, seed=1)
    group = min(open_age, 80)
    truth = 2 * persons[10][group:].sum()
    assert mean_of(made, 2020, group)["X"] == pytest.approx(truth, rel=0.03)
