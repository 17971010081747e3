"""How old are the figures, and which are newer than a run takes for known? Both by what the source records say."""

import datetime

import pandas as pd

from ossu_analysis.store import Store

LATE_AFTER_DAYS = 400
"""Publishers give a new vintage once a year; a table whose newest one is older than this is late."""


def late_vintages(store: Store, day: datetime.date) -> pd.DataFrame:
    """Tables whose newest vintage is old, whenever they were read again: table, publisher, vintage, days."""
    newest = _newest(store)
    days = (pd.Timestamp(day) - pd.to_datetime(newest["vintage"])).dt.days
    shown = newest.assign(days=days)[["table_name", "publisher_bg", "vintage", "days"]]
    return shown[days > LATE_AFTER_DAYS]


def newer_than(store: Store, base_year: int) -> pd.DataFrame:
    """Tables with figures after the base year, which serve monitoring and what is in force today, not the forecast."""
    newest = _newest(store)
    rows = newest[newest["last_year"] > base_year]
    return rows[["table_name", "publisher_bg", "last_year"]]


def _newest(store: Store) -> pd.DataFrame:
    rows = store.read("reference", "source").sort_values("vintage")
    return rows.drop_duplicates("table_name", keep="last").sort_values("table_name")
