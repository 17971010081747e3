"""The store: declared types survive, a failed write leaves the former table, missing tables say what to do."""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pandera.errors import SchemaErrors

from ossu_analysis.errors import OssuError
from ossu_analysis.store import Store, project_root


def forecast_rows(persons=(7_000_039.0, 100.0)):
    return pd.DataFrame(
        {
            "area_level": "country",
            "area_code": "BG",
            "year": [2018, 2019],
            "sex": "T",
            "age_from": 0,
            "age_to": pd.array([pd.NA, 4], dtype="Int64"),
            "scenario": "reference",
            "output_type": ["mean", "quantile"],
            "output_type_id": [None, "0.1"],
            "persons": persons,
            "base_year": 2018,
            "run_id": "r",
            "status": ["observed", "forecast"],
        }
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_types_and_missing_values_survive(store):
    store.write("population", "forecast", forecast_rows())
    read = store.read("population", "forecast")
    assert read["persons"].tolist() == [7_000_039.0, 100.0]
    assert read["age_to"].isna().tolist() == [True, False]
    assert str(read["age_to"].dtype) == "Int64"
    assert read["output_type_id"].isna().tolist() == [True, False]


def test_refused_table_leaves_the_former(store):
    store.write("population", "forecast", forecast_rows())
    with pytest.raises(SchemaErrors) as refused:
        store.write("population", "forecast", forecast_rows(persons=(-1.0, -2.0)))
    assert len(refused.value.failure_cases) == 2, "all faults at once"
    assert store.read("population", "forecast")["persons"].min() == 100.0


def test_killed_chunk_writer_leaves_the_former(store):
    store.write("population", "forecast", forecast_rows())
    before = store.path("population", "forecast").read_bytes()

    def chunks():
        yield pa.table({"persons": [1.0]})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write_chunks("population", "forecast", chunks())
    assert store.path("population", "forecast").read_bytes() == before
    assert [file.name for file in (store.tables / "population").iterdir()] == ["forecast.parquet"]


def test_missing_table_says_what_to_do(store):
    with pytest.raises(OssuError, match="ossu run"):
        store.read("gap", "service_gap")


def test_catalogue_sees_the_current_state(store):
    store.write("population", "forecast", forecast_rows())
    catalogue = store.write_catalogue()
    store.write("population", "forecast", forecast_rows(persons=(5.0, 6.0)))
    with duckdb.connect(str(catalogue), read_only=True) as db:
        assert db.sql("select sum(persons) from population.forecast").fetchall() == [(11.0,)]


def test_a_command_given_from_any_folder_finds_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OSSU_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert (project_root() / "data" / "reference" / "service.csv").exists()
