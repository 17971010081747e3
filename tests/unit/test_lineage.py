"""What a table was made from: its version is its content, and it is outdated as soon as an input is another."""

import pandas as pd
import pytest

from ossu_analysis import lineage
from ossu_analysis.lineage import Recipe
from ossu_analysis.store import Store

REGION, OBLAST, SOURCE = ("reference", "region"), ("reference", "oblast"), ("reference", "source")


def write(store, name, rows):
    """A table in the place of a declared one; lineage looks at the file, not at the class."""
    file = store.path(*name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_suffix(".json").unlink(missing_ok=True)
    pd.DataFrame(rows).to_parquet(file)


@pytest.fixture
def store(tmp_path):
    """A region, and an oblast made from it and from one file."""
    made = Store(tmp_path)
    (made.data / "reference").mkdir(parents=True)
    (made.data / "reference" / "oblast.csv").write_text("SML")
    write(made, REGION, {"code": ["BG42"], "run_id": ["a"]})
    lineage.record(made, REGION, Recipe())
    write(made, OBLAST, {"code": ["SML"]})
    lineage.record(made, OBLAST, recipe(made))
    write(made, SOURCE, {"code": ["s"]})
    lineage.record(made, SOURCE, lineage.recipe_of(made, "v1", {}, [OBLAST], []))
    return made


def recipe(store, code="v1", **settings):
    return lineage.recipe_of(store, code, settings, [REGION], ["reference/*.csv"])


def test_same_recipe_is_recognised(store):
    assert lineage.is_made_of(store, OBLAST, recipe(store))


def test_other_code_setting_file_or_input_is_another_recipe(store):
    assert not lineage.is_made_of(store, OBLAST, recipe(store, "v2"))
    assert not lineage.is_made_of(store, OBLAST, recipe(store, draws=500))
    (store.data / "reference" / "oblast.csv").write_text("SML;RSE")
    assert not lineage.is_made_of(store, OBLAST, recipe(store))
    (store.data / "reference" / "oblast.csv").write_text("SML")
    assert lineage.is_made_of(store, OBLAST, recipe(store))
    write(store, REGION, {"code": ["BG41"], "run_id": ["a"]})
    assert not lineage.is_made_of(store, OBLAST, recipe(store))


def test_version_is_the_content_and_not_who_made_it_or_in_which_order(store):
    before = lineage.version(store, REGION)
    write(store, REGION, {"code": ["BG42"], "run_id": ["another"]})
    assert lineage.content_version(store, REGION) == before
    write(store, REGION, {"code": ["BG42", "BG41"], "run_id": ["a", "b"]})
    two = lineage.content_version(store, REGION)
    write(store, REGION, {"code": ["BG41", "BG42"], "run_id": ["b", "a"]})
    assert lineage.content_version(store, REGION) == two != before


def test_a_changed_input_makes_outdated_whatever_rests_on_it_and_the_same_content_nothing(store):
    assert lineage.outdated(store) == []
    write(store, REGION, {"code": ["BG42"], "run_id": ["refreshed"]})
    lineage.record(store, REGION, Recipe())
    assert lineage.outdated(store) == []
    write(store, REGION, {"code": ["BG41"], "run_id": ["a"]})
    lineage.record(store, REGION, Recipe())
    assert lineage.outdated(store) == [OBLAST, SOURCE]
    store.path(*REGION).unlink()
    assert lineage.outdated(store) == [OBLAST, SOURCE]


def test_what_is_outdated_can_count_as_not_made(store):
    write(store, REGION, {"code": ["BG41"], "run_id": ["a"]})
    lineage.record(store, REGION, Recipe())
    left = Store(store.root, without=lineage.outdated(store))
    assert left.existing() == [REGION] and not left.has(*OBLAST)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"version": 1}'])
def test_a_record_that_nobody_can_read_is_none(store, note):
    store.path(*OBLAST).with_suffix(".json").write_text(note)
    assert not lineage.is_made_of(store, OBLAST, recipe(store))
    assert lineage.outdated(store) == []


def test_a_table_written_by_the_way_has_no_record(store, tmp_path):
    store.path(*OBLAST).write_bytes(b"PAR1 cut")
    assert not lineage.is_made_of(store, OBLAST, recipe(store))
