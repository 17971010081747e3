"""Code lists read in their types, tables from YAML, and the territory with levels skipped and codes that ended."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from ossu_analysis.errors import FaultsFound
from ossu_analysis.reference import READERS, read_areas
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path):
    for folder in ("reference", "rules", "assumptions"):
        shutil.copytree(ROOT / "data" / folder, tmp_path / "data" / folder)
    return Store(tmp_path)


def edit(store, table, old, new):
    path = store.reference / f"{table}.csv"
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def test_codes_stay_text(store):
    edit(store, "budget_activity", "524,", "024,")
    assert READERS["budget_activity"](store)["activity_code"].iloc[0] == "024"


@pytest.mark.parametrize(
    ("table", "old", "new", "code", "column"),
    [
        ("municipality", ",SML,", ",,", "reference.empty_cell", "oblast_code"),
        ("retirement_age", "2018,F,61,2", "2018,F,шестдесет,2", "tabular.not_a_number", "years"),
        ("target_group", ",true,", ",да,", "reference.not_true_or_false", "has_rate"),
    ],
)
def test_a_wrong_cell_of_a_code_list_is_named(store, table, old, new, code, column):
    edit(store, table, old, new)
    with pytest.raises(FaultsFound) as raised:
        READERS[table](store)
    (fault,) = raised.value.faults
    assert (fault.code, fault.column, fault.file) == (code, column, f"data/reference/{table}.csv")
    assert fault.row is not None


def test_a_rule_for_a_service_or_group_that_does_not_exist_is_named(store):
    path = store.rules / "npsu_2021.yaml"
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("service_code: GA-INFO", "service_code: GA-INFI"), encoding="utf-8")
    with pytest.raises(FaultsFound, match="GA-INFI"):
        READERS["rule"](store)


def test_a_loaded_rate_shows_in_the_service(store):
    assert not READERS["service"](store)["criterion_loaded"].any()
    path = store.rules / "npsu_2021.yaml"
    loaded = (
        "  - service_code: DAY-OLD\n    level: municipal\n    legal_ref: опит\n    base: count\n"
        "    rate: 30\n    rate_unit: потребители\n    rounding: up\n"
        "    verified_by: опит\n    verified_on: 2026-01-01\n    valid_from: 2021-04-06\n"
    )
    blocks = path.read_text(encoding="utf-8").split("  - service_code: ")
    kept = [block for block in blocks if not block.startswith("DAY-OLD\n")]
    path.write_text("  - service_code: ".join(kept) + loaded, encoding="utf-8")
    services = READERS["service"](store).set_index("service_code")
    assert services.index[services["criterion_loaded"]].tolist() == ["DAY-OLD"]
    rate = READERS["rule"](store).set_index("service_code")["rate"]
    assert rate["DAY-OLD"] == 30
    assert rate.drop("DAY-OLD").isna().all()


def test_areas_know_levels_parents_and_codes_that_ended(store):
    areas = read_areas(store)
    assert [areas.levels[code] for code in ("BG", "BG42", "SML", "SML02", "VRC19")] == [
        "country",
        "region",
        "oblast",
        "municipality",
        "municipality",
    ]
    assert areas.spans["VRC19"] == (0, 2000)
    assert areas.spans["PAZ39"] == (2015, 9999)
    assert "SML02" not in areas.spans


def test_parents_skip_levels_that_a_table_does_not_have(store):
    areas = read_areas(store)
    without_regions = pd.DataFrame({"area_code": ["BG", "SML", "SML02", "??"]})
    assert areas.parents_in(without_regions) == {"SML": "BG", "SML02": "SML"}
    with_regions = pd.DataFrame({"area_code": ["BG", "BG42", "SML"]})
    assert areas.parents_in(with_regions) == {"BG42": "BG", "SML": "BG42"}
    assert areas.parents_in(pd.DataFrame({"period": ["2015-2020"]})) == {}


def test_an_edited_code_list_is_read_again(store):
    assert "SML99" not in read_areas(store).levels
    path = store.reference / "municipality.csv"
    line = next(row for row in path.read_text(encoding="utf-8").splitlines() if row.startswith("SML02"))
    path.write_text(path.read_text(encoding="utf-8") + line.replace("SML02", "SML99") + "\n", encoding="utf-8")
    assert read_areas(store).levels["SML99"] == "municipality"
