"""Codes of one list that another one does not have are found, in the row where they stand."""

from pathlib import Path

import pytest

from ossu_analysis.reference import READERS
from ossu_analysis.reference.expectations import codes_are_known
from ossu_analysis.reference.services import closing_services, counted_as
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]
TABLES = ("municipality", "oblast", "service", "target_group", "rule")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    for table in TABLES:
        store.write("reference", table, READERS[table](Store(ROOT)))
    return store


def test_shipped_lists_know_each_other(store):
    assert codes_are_known(store).empty


@pytest.mark.parametrize(
    ("service", "column"), [("LEG-PSY", "replaced_by"), ("LEG-OLD", "counted_as"), ("ASSIST", "exposed_group")]
)
def test_a_code_that_no_list_has_is_found(store, service, column):
    rows = store.read("reference", "service")
    rows.loc[rows["service_code"] == service, column] = "NO-SUCH"
    store.write("reference", "service", rows)
    assert codes_are_known(store).iloc[:, 1:].to_numpy().tolist() == [[service, "NO-SUCH"]]


def test_closing_homes_name_what_replaces_them():
    service = READERS["service"](Store(ROOT))
    closing = closing_services(service)
    assert closing["LEG-PSY"] == "RES-PSY" and len(closing) == 5
    assert set(closing) == set(service.loc[~service["is_capacity"], "service_code"])
    assert counted_as(service) == {"LEG-OLD": "RES-OLD"}
