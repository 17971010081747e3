"""The declared tables refuse what would mislead a reader."""

import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from ossu_analysis.capacity import current_capacity
from ossu_analysis.schemas import table_class, validated
from tests.unit.capacity.made_up import services


@pytest.fixture
def capacity(returns) -> pd.DataFrame:
    return validated(table_class("capacity", "current"), current_capacity(returns.head(200), services()))


def refused(link: str, table: str, frame: pd.DataFrame) -> str:
    with pytest.raises(SchemaErrors) as found:
        validated(table_class(link, table), frame)
    return str(found.value)


def test_the_same_capacity_twice(capacity):
    assert "DUPLICATES" in refused("capacity", "current", pd.concat([capacity, capacity.head(1)]))


def test_free_places_in_a_closing_home(capacity):
    wrong = capacity.assign(is_closing=True, free_places=3)
    assert "closing_homes_have_no_free_places" in refused("capacity", "current", wrong)


def test_negative_waiting_unknown_status_and_free_text_periods(returns):
    for wrong in (
        returns.head(5).assign(waiting=-1),
        returns.head(5).assign(status="guessed"),
        returns.head(5).assign(period_end="2021"),
        returns.head(5).assign(municipality_code="Смолян"),
    ):
        refused("collection", "return", wrong)


def test_more_users_than_places_without_a_remark(returns):
    wrong = returns.head(5).assign(users=returns.head(5)["places"] + 1, note=None)
    assert "places_hold_users" in refused("collection", "return", wrong)
    validated(table_class("collection", "return"), wrong.assign(note="приети временно"))
