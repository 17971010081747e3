"""What Dagster loads: it resolves, it says in Bulgarian what it is, it starts nothing by itself, and it loads fast."""

import json
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from ossu_analysis.schemas import all_tables
from ossu_analysis.texts import text
from pipelines.definitions import defs
from pipelines.progress import LINKS

STORED = Path(__file__).with_name("asset_keys.json")
CYRILLIC = re.compile("[а-я]{3}")


@pytest.fixture(scope="module")
def graph():
    return defs().resolve_asset_graph()


def checks_of(graph, blocking: bool) -> set[str]:
    """Links that have a check of this kind."""
    specs = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    return {spec.asset_key.path[0] for spec in specs if spec.blocking == blocking}


def test_definitions_resolve():
    dg.Definitions.validate_loadable(defs())


def test_assets_are_those_that_were_agreed(graph):
    """Names are a contract with notebooks and people: changing one means changing the stored list with it."""
    assert sorted("/".join(key.path) for key in graph.materializable_asset_keys) == json.loads(STORED.read_text())


def test_every_declared_table_is_an_asset(graph):
    made = {tuple(key.path) for key in graph.materializable_asset_keys}
    assert set(all_tables()) <= made


@pytest.mark.parametrize("blocking", [True, False], ids=["meaning", "surprise"])
def test_every_link_has_a_check_of_each_kind(graph, blocking):
    assert checks_of(graph, blocking) == set(LINKS)


def test_every_check_says_what_it_means_and_what_to_do(graph):
    for key in graph.asset_check_keys:
        assert CYRILLIC.search(graph.get_check_spec(key).description or ""), key
        table, _, rule = key.name.partition("__")
        assert table == key.asset_key.path[1], key
        if rule != "figures_are_sound":
            said = text(f"pipelines.check.{rule}.said", count="7")
            assert "7" in said and CYRILLIC.search(said), key


def test_every_asset_is_described_in_bulgarian_and_sits_in_its_link(graph):
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert CYRILLIC.search(node.description or ""), key
        assert node.group_name == key.path[0] and node.group_name in LINKS


@pytest.mark.parametrize(
    "name", ["full_refresh", "documents", "forecast", "monitoring_report", "check_figures", "documents_by_oblast"]
)
def test_jobs_start_from_the_button_without_a_line_of_settings(name):
    job = defs().resolve_job_def(name)
    assert CYRILLIC.search(job.description or "")
    assert dg.validate_run_config(job, {}) is not None


def test_settings_are_described_in_bulgarian():
    fields = defs().resolve_job_def("full_refresh").run_config_schema.config_type.fields
    shown = {**fields["resources"].config_type.fields["settings"].config_type.fields["config"].config_type.fields}
    shown |= fields["ops"].config_type.fields["report__document"].config_type.fields["config"].config_type.fields
    assert {"base_year", "until_year", "draws", "seed", "scenario", "oblasts", "all_oblasts"} <= set(shown)
    assert all(CYRILLIC.search(field.description or "") for field in shown.values())


def test_nothing_starts_by_itself():
    repository = defs().get_repository_def()
    assert [one.default_status for one in repository.schedule_defs] == [dg.DefaultScheduleStatus.STOPPED]
    assert [one.default_status for one in repository.sensor_defs if one.name == "returns_changed"] == [
        dg.DefaultSensorStatus.STOPPED
    ]
    assert all(CYRILLIC.search(one.description or "") for one in repository.schedule_defs)


def test_loading_imports_nothing_heavy():
    """Statistics and drawing wait until a step needs them; they would double the time to the first page."""
    seen = (
        "import sys, pipelines.definitions as d; d.defs().get_repository_def(); "
        "print({'statsmodels', 'matplotlib', 'scipy', 'sklearn', 'docx', 'openpyxl', 'hypothesis'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == "set()"
