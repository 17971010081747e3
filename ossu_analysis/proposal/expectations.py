"""What the proposal lines must hold, and what is worth asking: each function returns the rows that fail."""

import pandas as pd

from ossu_analysis.proposal.decision import DECISIONS
from ossu_analysis.store import Store


def _failing(store: Store, query: str, *tables: str) -> pd.DataFrame:
    """Rows of a query over the gap and the proposal."""
    return store.sql(query, *(("gap" if name.endswith("_gap") else "proposal", name) for name in tables))


def proposed_is_places_and_change(store: Store) -> pd.DataFrame:
    """Lines whose places and change are not what they propose, or whose places are not those of the gap."""
    return _failing(
        store,
        """with there as (
          select municipality_code as area_code, service_code, year, places from gap.service_gap
          union all select area_code, service_code, year, places from gap.oblast_gap)
        select area_code, service_code, existing_places, change, proposed_users
        from proposal.line join there using (area_code, service_code) where there.year = planning_year
          and (existing_places + change <> proposed_users or existing_places <> there.places)""",
        *("line", "service_gap", "oblast_gap"),
    )


def residents_of_homes_have_places(store: Store) -> pd.DataFrame:
    """Oblasts whose replacing services have, at the horizon, fewer places than residents who must move."""
    return _failing(
        store,
        """with last as (select * from proposal.path where year = (select max(year) from proposal.path))
        select line.area_code, line.service_code, residents_to_move, last.places as proposed_users
        from proposal.line left join last using (area_code, service_code)
        where line.decision <> 'transform' and residents_to_move > coalesce(last.places, 0)""",
        *("line", "path"),
    )


_UPPER = """with upper as (
          select area_code, service_code, ceil(max(demand_high - coalesce(places_elsewhere, 0)
            + coalesce(places_for_others, 0))) as upper
          from (select municipality_code as area_code, service_code, year, demand_high, places_elsewhere,
                  places_for_others from gap.service_gap
                union all select area_code, service_code, year, demand_high, places_for_residents - places, 0
                  from gap.oblast_gap)
          where year in (select distinct year from proposal.path) group by all)
        select line.area_code, line.service_code, existing_places, proposed_users, upper, reason
        from proposal.line join upper using (area_code, service_code)"""
"""Lines beside the most places that demand may need in any year of the plan."""


def no_surplus_without_a_reason(store: Store) -> pd.DataFrame:
    """Lines that keep places above the upper bound of demand, the list and the smallest unit, without a reason."""
    return _failing(
        store,
        f"""{_UPPER} where line.decision = 'keep' and reason not in ('council_choice', 'expert', 'guests')
          and existing_places - greatest(upper, occupied + coalesce(waiting, 0), unit_size_minimum)
            - coalesce(residents_to_move, 0) >= greatest(1, 0.05 * existing_places)""",
        *("line", "path", "service_gap", "oblast_gap"),
    )


def nothing_above_the_upper_bound_without_a_reason(store: Store) -> pd.DataFrame:
    """Lines that propose more than is there and more than the upper bound of demand, without guests or residents."""
    return _failing(
        store,
        f"""{_UPPER} where proposed_users > greatest(existing_places, upper)
          and reason not in ('residents', 'guests', 'joint_unit', 'expert')""",
        *("line", "path", "service_gap", "oblast_gap"),
    )


def who_is_sent_is_received(store: Store) -> pd.DataFrame:
    """Services whose lines send another number of people to hosts than the hosts take."""
    return _failing(
        store,
        """select service_code, sum(persons_elsewhere) as sent, sum(persons_of_others) as received
        from proposal.line group by service_code having sent <> received""",
        "line",
    )


def decisions_of_all_kinds_occur(store: Store) -> pd.DataFrame:
    """Kinds of decisions that no line has: in a whole country a rule that never decides is asked about."""
    missing = sorted(set(DECISIONS) - set(store.read("proposal", "line")["decision"]))
    return pd.DataFrame({"decision": missing})


def changed_by_hand_with_a_reason(store: Store) -> pd.DataFrame:
    """Lines where an expert's number stands without a reason."""
    return _failing(
        store,
        """select area_code, service_code, proposed_users, analyst_users
        from proposal.line where analyst_users is not null and coalesce(trim(analyst_reason), '') = ''""",
        "line",
    )


def new_places_beside_free_ones(store: Store) -> pd.DataFrame:
    """Lines that add places where today's are not full and nobody waits: a council will ask why."""
    return _failing(
        store,
        """select area_code, service_code, existing_places, occupied, proposed_users, demand_median
        from proposal.line where proposed_users > existing_places and occupied < existing_places
          and coalesce(waiting, 0) = 0 and reason not in ('guests', 'residents')
        order by proposed_users - existing_places desc""",
        "line",
    )


def plans_agree(store: Store) -> pd.DataFrame:
    """Differences between the proposals of municipalities and oblasts and the annual plans."""
    return _failing(
        store,
        """select area_code, service_code, number, other_number, message
        from proposal.consistency order by oblast_code, area_code, service_code""",
        "consistency",
    )
