"""What the checked returns must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.store import Store


def returns_are_of_known_services(store: Store) -> pd.DataFrame:
    """Rows of a municipality or service that the code lists do not know."""
    return store.sql(
        """select municipality_code as община, service_code as услуга, period_end as период, source_id as източник
        from collection."return" where municipality_code not in (select municipality_code from reference.municipality)
          or service_code not in (select service_code from reference.service)""",
        ("collection", "return"),
        ("reference", "municipality"),
        ("reference", "service"),
    )


def returns_are_sound(store: Store) -> pd.DataFrame:
    """Blocking faults of files in ``data/inbox``: those files were left out."""
    return store.sql(
        """select file as файл, sheet as лист, row as ред, field as колона, found as намерено, message as грешка,
          how_to_fix as "какво да направите" from collection.error where severity = 'блокираща'""",
        ("collection", "error"),
    )
