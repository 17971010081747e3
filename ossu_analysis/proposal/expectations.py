"""What the proposal lines must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.store import Store


def proposed_is_places_and_gap(store: Store) -> pd.DataFrame:
    """Lines that propose fewer users than there are places, or not the gap of the same area, service and year.

    The gap is the one of ``gap.service_gap`` or, for an oblast, ``gap.oblast_gap``; it is rounded up to whole places.
    """
    return store.sql(
        """with missing as (
          select municipality_code as area_code, service_code, year, gap_to_demand_places as gap from gap.service_gap
          union all select area_code, service_code, year, gap_to_demand_places from gap.oblast_gap)
        select area_code as код, service_code as услуга, existing_places as места, gap as недостиг,
          proposed_users as предложени
        from proposal.line join missing using (area_code, service_code) where missing.year = planning_year
          and (proposed_users < existing_places or proposed_users - existing_places >= greatest(gap, 0) + 1
            or (proposed_users > existing_places and proposed_users - existing_places < gap - 1e-6))""",
        ("proposal", "line"),
        ("gap", "service_gap"),
        ("gap", "oblast_gap"),
    )


def changed_by_hand_with_a_reason(store: Store) -> pd.DataFrame:
    """Lines where an expert's number stands without a reason."""
    return store.sql(
        """select area_code as код, service_code as услуга, proposed_users as предложени,
          analyst_users as "число на експерта"
        from proposal.line where analyst_users is not null and coalesce(trim(analyst_reason), '') = ''""",
        ("proposal", "line"),
    )


def new_places_beside_free_ones(store: Store) -> pd.DataFrame:
    """Lines that add places where today's are not full and nobody waits: a council will ask why."""
    return store.sql(
        """select area_code as код, service_code as услуга, existing_places as места, occupied as заети,
          proposed_users as предложени, demand_median as "търсене, медиана"
        from proposal.line where proposed_users > existing_places and occupied < existing_places
          and coalesce(waiting, 0) = 0 order by proposed_users - existing_places desc""",
        ("proposal", "line"),
    )


def plans_agree(store: Store) -> pd.DataFrame:
    """Differences between the proposals of municipalities and oblasts and the annual plans."""
    return store.sql(
        """select area_code as код, service_code as услуга, number as число, other_number as "спрямо",
          message as разлика
        from proposal.consistency order by oblast_code, area_code, service_code""",
        ("proposal", "consistency"),
    )
