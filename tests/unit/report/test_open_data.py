"""No protected count can be found again, whoever knows the rule and the sums; the pack opens in every tool."""

import itertools
import json
from collections import defaultdict

import pandas as pd
import pytest

from ossu_analysis.report.run.open_data import FEWEST, HIDDEN, alone_in_oblast, protected, write_open_data
from tests.unit.report import made_up

OBLAST_OF = dict.fromkeys(("AAA01", "AAA02", "AAA03"), "AAA")


def counts(values) -> pd.DataFrame:
    """One service of one oblast in one period."""
    frame = pd.DataFrame({"municipality_code": list(OBLAST_OF)[: len(values)], "occupied": pd.array(values, "Int64")})
    return frame.assign(service_code="ASSIST", period_end="2021-12-31")


@pytest.mark.parametrize("towns", [2, 3])
def test_every_hidden_small_count_could_be_another(towns):
    """All tables of counts 0-6, sorted by what an attacker sees: shown counts, asterisks and the sum of the oblast."""
    seen_as = defaultdict(set)
    for values in itertools.product(range(7), repeat=towns):
        hidden = protected(counts(values), "occupied", OBLAST_OF)
        view = tuple(HIDDEN if hide else value for value, hide in zip(values, hidden, strict=True))
        seen_as[view, sum(values)].add(values)
    for (view, _), tables in seen_as.items():
        for place in (at for at, shown in enumerate(view) if shown == HIDDEN):
            assert len({table[place] for table in tables}) > 1, (view, tables)


@pytest.mark.parametrize("values", [(1, 5, 9), (0, 0, 2), (2, 2, 8), (1, None, None)])
def test_no_count_below_three_is_shown(values):
    rows = counts(values)
    shown = rows.loc[~protected(rows, "occupied", OBLAST_OF), "occupied"].dropna()
    assert not shown.between(1, FEWEST - 1).any()


def test_sum_of_an_oblast_with_one_town_is_named_as_not_to_be_published():
    rows = counts((1, None, None))
    hidden = protected(rows, "occupied", OBLAST_OF)
    sums = alone_in_oblast(rows, "occupied", hidden, OBLAST_OF)
    assert sums.to_dict("records") == [
        {"oblast_code": "AAA", "service_code": "ASSIST", "period_end": "2021-12-31", "column": "occupied"}
    ]
    enough = counts((1, 5, 9))
    assert alone_in_oblast(enough, "occupied", protected(enough, "occupied", OBLAST_OF), OBLAST_OF).empty


def test_services_and_periods_do_not_hide_each_other():
    rows = pd.concat([counts((1, 5, 9)), counts((7, 8, 9)).assign(service_code="RES-OLD")], ignore_index=True)
    assert protected(rows, "occupied", OBLAST_OF).tolist() == [True, True, False, False, False, False]


def test_pack_says_of_itself_what_it_holds(tmp_path):
    store = made_up.store(tmp_path)
    names = write_open_data(store, tmp_path / "open", made_up.imprint())
    package = json.loads((tmp_path / "open" / "datapackage.json").read_text(encoding="utf-8"))
    assert [resource["path"] for resource in package["resources"]] == [f"{name}.machine.csv" for name in names]
    for resource in package["resources"]:
        table = pd.read_csv(tmp_path / "open" / resource["path"], nrows=5)
        assert [field["name"] for field in resource["schema"]["fields"]] == list(table.columns)
    catalogue = json.loads((tmp_path / "open" / "dcat.jsonld").read_text(encoding="utf-8"))
    files = [form["dcat:downloadURL"] for data in catalogue["dcat:dataset"] for form in data["dcat:distribution"]]
    assert all((tmp_path / "open" / file).exists() for file in files)


def test_three_forms_of_a_table_hold_the_same_rows(tmp_path):
    write_open_data(made_up.store(tmp_path), tmp_path / "open", made_up.imprint())
    folder = tmp_path / "open"
    assert (folder / "gap.service_gap.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    people = pd.read_csv(folder / "gap.service_gap.csv", sep=";", decimal=",", encoding="utf-8-sig")
    machine = pd.read_csv(folder / "gap.service_gap.machine.csv")
    stored = pd.read_parquet(folder / "gap.service_gap.parquet")
    pd.testing.assert_frame_equal(people, machine)
    assert people["demand_median"].tolist() == pytest.approx(
        stored["demand_median"].astype(float).tolist(), nan_ok=True
    )
