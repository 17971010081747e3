"""Returns of one made-up service, for the tests of capacity."""

from pathlib import Path

import pandas as pd

from ossu_analysis.reference import READERS
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.store import Store


def services() -> pd.DataFrame:
    """``reference.service`` as shipped."""
    return READERS["service"](Store(Path(__file__).parents[3]))


def returned(*rows: dict) -> pd.DataFrame:
    """Table ``collection.return``; each row says in what it differs from a full return of a day centre."""
    common = {
        "municipality_code": "SML02",
        "service_code": "DAY-CH",
        "period_start": "2021-01-01",
        "period_end": "2021-12-31",
        "services_count": 1,
        "places": 30,
        "users": 24,
        "waiting": 3,
        "approved": None,
        "map_number": None,
        "staff_posts": 12,
        "staff_filled": 11,
        "funding_type": "state_delegated",
        "funding_end": None,
        "mobile_to": None,
        "empty_since": None,
        "source_id": "a.csv",
        "source_class": "official",
        "published_total": False,
        "status": "observed",
        "note": None,
    }
    return validated(table_class("collection", "return"), pd.DataFrame([common | row for row in rows]))
