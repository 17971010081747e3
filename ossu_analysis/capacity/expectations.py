"""What the capacity of services must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.store import Store


def published_totals_hold(store: Store) -> pd.DataFrame:
    """Sums of the returns that are not the published cell of the country; a real return takes its service out."""
    from ossu_analysis.collection.published import published_beside_returns

    tables = (("collection", "return"), ("sources", "service_total"), ("reference", "municipality"))
    beside = published_beside_returns(*(store.read(*name) for name in tables))
    return beside[beside["difference"] != 0]


def nobody_left_out(store: Store) -> pd.DataFrame:
    """Services with places and without users."""
    return store.sql(
        """select municipality_code as община, service_code as услуга, period_end as период, places as места
        from capacity.current where is_empty and places > 0 order by 3 desc, 1, 2""",
        ("capacity", "current"),
    )
