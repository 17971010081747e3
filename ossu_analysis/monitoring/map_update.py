"""Grounds to update the National Map (ЗСУ, art. 36), by municipality: census, criterion, indicator.

Belongs here: the indicators of the map's base beside today's, and which ground each row is. The act does not say how
much an indicator must change; a change counts as one where today's figure lies outside the 80 % range that was to be
expected from the map's base (``monitoring.indicator`` of that base year), so ordinary growth and decline are no ground.
The fourth ground, an unforeseen event, is in no table: people say it.
"""

import pandas as pd

MAP_BASE_YEAR = 2021
"""The first map rests on the census of 2021 (ЗСУ § 31(1), in force since 17.02.2021)."""
MAP_ADOPTED = "2024-08-08"
"""Decision 574 of the Council of Ministers; criteria that are in force later have changed since."""
GROUNDS = ("census", "criterion", "indicator")


def map_update_table(
    observed: pd.DataFrame, indicators: pd.DataFrame, census: pd.DataFrame, rules: pd.DataFrame
) -> pd.DataFrame:
    """Rows of ``monitoring.map_update``.

    Parameters
    ----------
    observed : DataFrame
        ``population.exposure_observed``: persons by municipality, year and target group.
    indicators : DataFrame
        ``monitoring.indicator``; judged are the groups of municipalities when its plan is of `MAP_BASE_YEAR`.
    census : DataFrame
        ``reference.census``.
    rules : DataFrame
        ``reference.rule``.

    Returns
    -------
    DataFrame
        A row per municipality and target group that ages define, and one per municipality for every census and every
        criterion since the map; ``qualifies`` is missing where nobody could expect anything from the map's base.
    """
    groups = _groups(observed, _expected(indicators))
    everywhere = pd.DataFrame({"municipality_code": groups["municipality_code"].unique()})
    newer = census[census["year"] > MAP_BASE_YEAR]
    loaded = rules[rules["rate"].notna() & (rules["valid_from"] > MAP_ADOPTED)]
    found = [("census", str(row["day"]), "") for row in newer.to_dict("records")]
    found += [("criterion", str(row["valid_from"]), str(row["service_code"])) for row in loaded.to_dict("records")]
    others = [everywhere.assign(ground=ground, since=since, subject=of, qualifies=True) for ground, since, of in found]
    table = pd.concat([*others, groups], ignore_index=True)
    return table.astype({"qualifies": "boolean"}).assign(status="estimated")


def _groups(observed: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """Every group in the base year of the map and in the newest year."""
    year = int(observed["year"].max())
    key = ["municipality_code", "target_group"]
    ends = {
        name: observed[observed["year"] == at].set_index(key)["persons"].rename(name)
        for name, at in (("base", MAP_BASE_YEAR), ("now", year))
    }
    both = pd.concat(ends.values(), axis=1, join="inner").join(expected).reset_index()
    both = both[both["target_group"].str.startswith("TG-")]
    change = both["now"] - both["base"]
    return both.rename(columns={"target_group": "subject"}).assign(
        ground="indicator",
        since=f"{year}-12-31",
        change=change,
        change_share=change / both["base"].where(both["base"] > 0),
        qualifies=lambda table: ~table["is_inside_80"].astype("boolean"),
    )


def _expected(indicators: pd.DataFrame) -> pd.DataFrame:
    """Range of each group as it was to be expected from the map's base."""
    rows = indicators[
        indicators["area_level"].eq("municipality")
        & indicators["kind"].eq("group")
        & indicators["base_year"].eq(MAP_BASE_YEAR)
    ]
    names = {"area_code": "municipality_code", "indicator_code": "target_group"}
    kept = [*names, "expected_low", "expected_high", "is_inside_80"]
    return rows[kept].rename(columns=names).set_index(["municipality_code", "target_group"])
