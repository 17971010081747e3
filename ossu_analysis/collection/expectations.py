"""What the checked returns must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.errors import BLOCKING
from ossu_analysis.store import Store


def returns_are_of_known_services(store: Store) -> pd.DataFrame:
    """Rows of a municipality or service that the code lists do not know."""
    return store.sql(
        """select municipality_code, service_code, period_end, source_id
        from collection."return" where municipality_code not in (select municipality_code from reference.municipality)
          or service_code not in (select service_code from reference.service)""",
        ("collection", "return"),
        ("reference", "municipality"),
        ("reference", "service"),
    )


def returns_are_sound(store: Store) -> pd.DataFrame:
    """Blocking faults of files in ``data/inbox``: those files were left out."""
    return store.sql(
        f"""select file, sheet, row, field as "column", found, message as fault, how_to_fix as todo
        from collection.error where severity = '{BLOCKING}'""",
        ("collection", "error"),
    )
