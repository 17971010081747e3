"""What an analyst may get wrong in the inputs of decisions: each is explained in Bulgarian with its file and row."""

import shutil
from pathlib import Path

import pytest

from ossu_analysis.errors import FaultsFound, OssuError
from ossu_analysis.proposal.decision import Terms
from ossu_analysis.proposal.hosts import Network
from ossu_analysis.proposal.plan import Known, make_plan
from ossu_analysis.reference import READERS
from ossu_analysis.store import Store

DATA = Path(__file__).parents[3] / "data"
ENTRY = (
    "  - {{service_code: {service}, smallest: {smallest}, largest: {largest}, lead_years: {lead}, is_mobile: false, "
)
ENTRY += 'quality: observed, source_bg: "проба"}}\n'


def store(tmp_path, file=None, content=""):
    shutil.copytree(DATA / "reference", tmp_path / "data" / "reference")
    (tmp_path / "data" / "assumptions").mkdir()
    if file:
        (tmp_path / "data" / file).write_text(content, encoding="utf-8")
    return Store(tmp_path)


def faults(tmp_path, table, file, content):
    with pytest.raises(FaultsFound) as found:
        READERS[table](store(tmp_path, file, content))
    return str(found.value)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"smallest": 30, "largest": 15, "lead": 1}, ("unit_sizes.yaml", "unit_sizes.DAY-CH.smallest", "30", "≤ 15")),
        ({"smallest": 8, "largest": 15, "lead": -1}, ("unit_sizes.yaml", "lead_years", "-1")),
        ({"smallest": 0, "largest": 15, "lead": 1}, ("unit_sizes.yaml", "smallest", "0")),
    ],
)
def test_sizes_that_contradict_and_negative_lead_times(tmp_path, entry, words):
    content = "unit_sizes:\n" + ENTRY.format(service="DAY-CH", **entry)
    said = faults(tmp_path, "unit_size", "assumptions/unit_sizes.yaml", content)
    assert all(word in said for word in words), said


def test_a_host_that_does_not_exist(tmp_path):
    content = "municipality_code,service_code,host_code,reason,by,date\nSML02,DAY-CH,SML99,Договор,И. И.,2026-11-01\n"
    said = faults(tmp_path, "host", "assumptions/hosts.csv", content)
    assert all(word in said for word in ("hosts.csv", "2", "host_code", "SML99")), said


def test_hosts_are_read_as_they_are_given(tmp_path):
    content = "municipality_code,service_code,host_code,reason,by,date\nSML02,DAY-CH,SML31,Договор,И. И.,2026-11-01\n"
    table = READERS["host"](store(tmp_path, "assumptions/hosts.csv", content))
    assert table[["municipality_code", "host_code"]].to_numpy().tolist() == [["SML02", "SML31"]]


def test_a_reach_of_nothing():
    with pytest.raises(OssuError, match=r"general\.yaml: обхватът"):
        make_plan(None, None, Known(), None, Network([], [], None, 0.0, "км"), {}, [], Terms((2027,), 0.05), 1.0)
