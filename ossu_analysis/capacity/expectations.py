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
        """select municipality_code, service_code, period_end, places
        from capacity.current where is_empty and places > 0 order by 3 desc, 1, 2""",
        ("capacity", "current"),
    )


def places_are_divided_not_made(store: Store) -> pd.DataFrame:
    """Services and periods whose places or users by residence are not those by service."""
    return store.sql(
        """with here as (select service_code, period_end, sum(places) as places, sum(occupied) as users
            from capacity.current group by all),
          theirs as (select service_code, period_end, sum(places) as places, sum(occupied) as users
            from capacity.by_residence group by all)
        select service_code, period_end, here.places, theirs.places as places_by_residents,
          here.users, theirs.users as users_by_residents
        from here full join theirs using (service_code, period_end)
        where abs(coalesce(here.places, 0) - coalesce(theirs.places, 0)) > 1e-6
          or abs(coalesce(here.users, 0) - coalesce(theirs.users, 0)) > 1e-6""",
        ("capacity", "current"),
        ("capacity", "by_residence"),
    )


def state_money_within_the_map(store: Store) -> pd.DataFrame:
    """Users on state money beyond the map number of the last return (ЗСУ 43(2)): the state does not pay for them."""
    from ossu_analysis.capacity.current import PAID_BY_STATE, map_numbers

    capacity = store.read("capacity", "current")
    mapped = map_numbers(capacity, store.read("reference", "map_number"))
    last = capacity.groupby("municipality_code")["period_end"].transform("max")
    paid = capacity["funding_type"].fillna("").str.contains(PAID_BY_STATE)
    rows = capacity[capacity["period_end"].eq(last) & paid].merge(mapped, on=["municipality_code", "service_code"])
    over = rows[rows["occupied"].astype(float) > rows["users"]]
    shown = over[["municipality_code", "service_code", "occupied", "users"]]
    return shown.rename(columns={"occupied": "users", "users": "on_map"})


def project_money_has_an_end(store: Store) -> pd.DataFrame:
    """Services on project money without a last day: nobody can say until when delegation can be asked for."""
    return store.sql(
        """select municipality_code, service_code, occupied as users, period_end
        from capacity.current
        where list_contains(string_split(funding_type, '|'), 'project') and funding_end is null""",
        ("capacity", "current"),
    )


def travel_times_are_complete(store: Store) -> pd.DataFrame:
    """Pairs of municipalities that a given table of travel times lacks; none while no table is given."""
    return store.sql(
        """with given as (select least(from_code, to_code) as one, greatest(from_code, to_code) as other
            from reference.travel_time)
        select a.municipality_code, b.municipality_code as other_municipality
        from reference.municipality as a join reference.municipality as b on a.municipality_code < b.municipality_code
          anti join given on given.one = a.municipality_code and given.other = b.municipality_code
        where exists (from reference.travel_time) order by 1, 2""",
        ("reference", "municipality"),
        ("reference", "travel_time"),
    )
