"""The pack opens in every tool, says what it holds, and hides the same counts as everything else."""

import json

import pandas as pd
import pytest

from ossu_analysis.report.run.open_data import write_open_data
from tests.unit.report import made_up


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


def test_counts_are_hidden_at_every_level_and_shown_elsewhere(tmp_path):
    store = made_up.store(tmp_path)
    counts = store.read("report", "count")
    few = counts["area_code"].isin(["VAR05", "VAR06"]) & counts["quantity"].eq("waiting")
    store.write("report", "count", counts.assign(is_hidden=few))
    write_open_data(store, tmp_path / "open", made_up.imprint())
    shown = pd.read_csv(tmp_path / "open" / "report.count.machine.csv", dtype=str, keep_default_na=False)
    assert (shown["persons"] == "*").tolist() == few.tolist()
    capacity = pd.read_csv(tmp_path / "open" / "capacity.current.machine.csv", dtype=str, keep_default_na=False)
    assist = capacity[capacity["service_code"] == "ASSIST"].drop_duplicates("municipality_code")
    assert dict(zip(assist["municipality_code"], assist["waiting"], strict=True)) == {
        "VAR05": "*", "VAR06": "*", "RSE04": "5"
    }  # fmt: skip
