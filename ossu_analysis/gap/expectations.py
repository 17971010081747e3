"""What the gap must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.gap.chain import unexplained
from ossu_analysis.store import Store


def every_municipality_for_every_service(store: Store) -> pd.DataFrame:
    """Services and years in which a municipality is missing."""
    return store.sql(
        """select service_code, year, count(distinct municipality_code) as municipalities
        from gap.service_gap group by all having municipalities <> (select count(*) from reference.municipality)""",
        ("gap", "service_gap"),
        ("reference", "municipality"),
    )


def gap_is_demand_minus_places(store: Store) -> pd.DataFrame:
    """Rows whose gap cannot be recomputed from the columns beside it."""
    return unexplained(store)


def free_places_beside_a_gap(store: Store) -> pd.DataFrame:
    """Base-year rows that lack places for the model while the return shows free places and nobody waiting."""
    return store.sql(
        """select municipality_code, service_code, places, occupied, demand_median, gap_to_demand_places
        from gap.service_gap where year = (select min(year) from gap.service_gap)
          and gap_to_demand_places >= 1 and occupied < places and coalesce(waiting, 0) = 0
        order by gap_to_demand_places desc""",
        ("gap", "service_gap"),
    )
