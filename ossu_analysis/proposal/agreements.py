"""Whom each host serves, the drafts of agreements that follow from it, and how municipalities add up to their oblast.

Belongs here: persons by municipality of residence, and nothing that decides. The law asks for an agreement of the
municipalities for services of the whole oblast (ЗСУ 33(3)), of the Agency with the municipalities for the whole country
(33(4)), and for a municipality that serves others (56).
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ossu_analysis.collection.apportion import apportion
from ossu_analysis.proposal.plan import Plan
from ossu_analysis.texts import text

NEAR = ("serve_by_neighbour", "mobile_team")
"""Decisions that send people to a host."""
AGREED = (
    "kind", "service_code", "host_code", "host_oblast_code", "legal_ref", "target_group", "municipalities", "persons",
    "places", "effective_year", "people_by_municipality", "status",
)  # fmt: skip
"""Columns of ``proposal.agreement``."""


def served_table(
    plan: Plan, lines: pd.DataFrame, service_gap: pd.DataFrame, municipality: pd.DataFrame
) -> pd.DataFrame:
    """Whom each host serves: persons by municipality of residence, as ``proposal.served``.

    Municipalities with a host by decision; for services of an oblast the people planned for, shared among its
    municipalities by their demand, so that they add up to the line.

    Parameters
    ----------
    plan : Plan
    lines : DataFrame
        ``proposal.line``.
    service_gap, municipality : DataFrame
        ``gap.service_gap``, ``reference.municipality``.
    """
    year = plan.terms.years[-1]
    near = lines[lines["decision"].isin(NEAR) & lines["host_code"].notna()]
    near = near.assign(persons=near["persons_elsewhere"], kind=near["decision"])
    whole = lines[lines["area_level"].eq("oblast") & lines["proposed_users"].gt(0) & lines["decision"].ne("transform")]
    whole = whole.assign(persons=whole["own_people"], kind="oblast")
    of_towns = near[near["area_level"].eq("municipality")].assign(municipality_code=near["area_code"])
    of_oblasts = pd.concat([near[near["area_level"].eq("oblast")].assign(kind="country"), whole])
    towns = service_gap[service_gap["year"].eq(year)].merge(municipality[["municipality_code", "oblast_code"]])
    names = ["oblast_code", "municipality_code", "service_code", "host_code", "kind", "persons", "status"]
    table = pd.concat([of_towns[names], _shared(of_oblasts, towns)[names]], ignore_index=True).assign(year=year)
    table["persons"] = table["persons"].astype("Int64")
    return table[table["persons"].gt(0)].reset_index(drop=True)


def _shared(lines: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """People of a line of an oblast by municipality."""
    demand = towns[["oblast_code", "municipality_code", "service_code", "demand_planned"]]
    names = ["oblast_code", "service_code", "host_code", "kind", "persons", "status"]
    rows = lines[names].merge(demand, on=["oblast_code", "service_code"])
    rows["persons"] = rows["persons"].astype(int)
    for _, part in rows.groupby(["oblast_code", "service_code"]):
        weight = part["demand_planned"].fillna(0.0)
        rows.loc[part.index, "persons"] = apportion(int(part["persons"].iloc[0]), weight)
    return rows


def agreement_table(
    served: pd.DataFrame, lines: pd.DataFrame, service: pd.DataFrame, names: Mapping[str, str]
) -> pd.DataFrame:
    """Draft agreements as data: one row per host, service and kind, as ``proposal.agreement``.

    Parameters
    ----------
    served : DataFrame
        From `served_table`.
    lines : DataFrame
        ``proposal.line``: places and first year of the host.
    service : DataFrame
        ``reference.service``: names, target groups, which services are integrated.
    names : mapping of str to str
        Municipalities for people, by code.
    """
    about = {row["service_code"]: row for row in service.to_dict("records")}
    hosts, drafts = _hosts(lines), dict[tuple[str, str, str], list[dict[str, Any]]]()
    for row in served.dropna(subset=["host_code"]).sort_values("municipality_code").to_dict("records"):
        drafts.setdefault((row["kind"], row["service_code"], row["host_code"]), []).append(
            {str(name): value for name, value in row.items()}
        )
    rows = [
        {
            "kind": kind, "service_code": code, "host_code": host,
            "host_oblast_code": host[:3],
            "legal_ref": text(f"proposal.agreement.{'integrated' if about[code]['is_integrated'] else kind}"),
            "target_group": about[code]["target_group"],
            "municipalities": len(guests), "persons": sum(int(guest["persons"]) for guest in guests),
            "places": hosts.get((host, code), {}).get("proposed_users"),
            "effective_year": hosts.get((host, code), {}).get("effective_year"),
            "people_by_municipality": "; ".join(
                f"{names[guest['municipality_code']]}: {guest['persons']}" for guest in guests
            ),
            "status": guests[0]["status"],
        }
        for (kind, code, host), guests in sorted(drafts.items())
        # A host needs no agreement with itself.
        if any(guest["municipality_code"] != host for guest in guests)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(AGREED))
    return table.astype({"places": "Int64", "effective_year": "Int64"})


def _hosts(lines: pd.DataFrame) -> dict[tuple[str, str], dict[Any, Any]]:
    """The line of each host: of the municipality, or of the oblast whose service is in it."""
    rows = lines[lines["proposed_users"].gt(0).fillna(False)]
    return {
        (str(row["host_code"] if row["area_level"] == "oblast" else row["area_code"]), str(row["service_code"])): row
        for row in rows.to_dict("records")
    }


def balance_table(lines: pd.DataFrame, service_gap: pd.DataFrame, oblast_gap: pd.DataFrame) -> pd.DataFrame:
    """How municipalities add up to their oblast, item by item, as ``proposal.balance``.

    Places: for the areas' own people, for people of others, for residents of closing homes, and free ones. Demand that
    is planned for: the sum over municipalities, and what summed draws differ from it, since the middle of a sum is not
    the sum of middles.

    Parameters
    ----------
    lines : DataFrame
        ``proposal.line``.
    service_gap, oblast_gap : DataFrame
        Tables of the link ``gap``.
    """
    key = ["oblast_code", "service_code"]
    known = lines[lines["proposed_users"].notna() & lines["decision"].ne("transform")]
    items = {"own_people": "own_people", "persons_of_others": "persons_of_others", "residents": "residents_here",
             "free_places": "free_places", "total": "proposed_users"}  # fmt: skip
    places = (
        known.groupby(key)[list(items.values())].sum().rename(columns={value: name for name, value in items.items()})
    )
    towns = lines.loc[lines["area_level"].eq("municipality"), key].drop_duplicates()
    year, oblast_of = int(lines["planning_year"].max()), lines.drop_duplicates("area_code").set_index("area_code")
    local = service_gap[service_gap["year"].eq(year)]
    local = local.assign(oblast_code=local["municipality_code"].map(oblast_of["oblast_code"]))
    whole = oblast_gap[oblast_gap["year"].eq(year)].rename(columns={"area_code": "oblast_code"})
    total = towns.merge(whole[[*key, "demand_planned"]]).set_index(key)["demand_planned"]
    parts = local.groupby(key)["demand_planned"].sum(min_count=1).reindex(total.index)
    demand = pd.DataFrame({"municipalities": parts, "together": total - parts, "total": total}).dropna()
    tables = [
        table.astype(float).reset_index().melt(key, var_name="item", value_name="value").assign(quantity=quantity)
        for quantity, table in (("places", places), ("demand", demand))
    ]
    status = lines.groupby(key)["status"].first().reset_index()
    names = [*key, "quantity", "item", "value", "status"]
    return pd.concat(tables, ignore_index=True).merge(status, on=key)[names]
