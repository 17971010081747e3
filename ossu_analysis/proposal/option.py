"""Four simple options per oblast, service by service: what each covers, what it gives up, which decisions it changes.

- ``decisions``: the proposal as it stands;
- ``keep_places``: today's places stay, whatever was decided;
- ``cover_waiting``: the decisions, and a place for everybody who is registered, bounds or not: a list beside free
  places is not answered by new places, and is named;
- ``cover_demand``: the decisions, and a place for everybody whom the median expects.

Covered persons are ``min(median demand with guests and residents of closing homes, places)`` in each area where the
service is decided. No budget binds here; nothing is optimised. Money is in the currency of the planning year, euro from
2026; the amount and currency of the decision stand beside it.
"""

import numpy as np
import pandas as pd

from ossu_analysis.gap.standards import Standards
from ossu_analysis.proposal.formulas import missing_places
from ossu_analysis.reference.standards import currency_of
from ossu_analysis.schemas.proposal import OPTIONS
from ossu_analysis.texts import number, text


def proposal_options(lines: pd.DataFrame, standards: Standards) -> pd.DataFrame:
    """Options of every oblast, as table ``proposal.option``.

    Parameters
    ----------
    lines : DataFrame
        ``proposal.line``; closing homes have no options, their residents are in those of what replaces them.
    standards : Standards
        Unit costs; a service without one costs „няма стандарт“.
    """
    decided = lines[lines["decision"].ne("transform") & lines["area_level"].ne("country")]
    measures = ["existing_places", "proposed_users", "occupied", "waiting", "demand_median", "persons_elsewhere",
                "persons_of_others", "residents_to_move"]  # fmt: skip
    units = decided.assign(**{name: decided[name].astype("float64") for name in measures})
    for name in ("waiting", "residents_to_move"):
        units[name] = units[name].fillna(0.0)
    year = int(lines["planning_year"].max())
    return pd.concat([_option(units, option, standards, year) for option in OPTIONS], ignore_index=True)


def _option(units: pd.DataFrame, option: str, standards: Standards, year: int) -> pd.DataFrame:
    places = _places(units, option)
    asked = units["demand_median"] + units["residents_to_move"]
    if option != "keep_places":
        asked = (asked - units["persons_elsewhere"] + units["persons_of_others"]).clip(lower=0)
    covered = np.minimum(asked, places)
    chosen = units.assign(
        places=places,
        places_added=places - units["existing_places"],
        demand_median=asked,
        persons_covered=covered,
        persons_not_covered=asked - covered,
        queue_beside_free=np.minimum(units["waiting"], (units["existing_places"] - units["occupied"]).clip(lower=0)),
        decisions_changed=(places - units["proposed_users"]).abs().ge(1).astype(int),
    )
    grouped = chosen.groupby(["oblast_code", "service_code"])
    sums = ["places", "places_added", "demand_median", "persons_covered", "persons_not_covered", "queue_beside_free",
            "decisions_changed"]  # fmt: skip
    table = grouped[sums].sum(min_count=1).assign(status=grouped["status"].first()).reset_index()
    costs = table["service_code"].map(standards.unit_costs)
    table = table.assign(
        option=option,
        planning_year=year,
        places=table["places"].round().astype("Int64"),
        places_added=table["places_added"].round().astype("Int64"),
        decisions_changed=table["decisions_changed"].astype(int),
        unit_cost=costs.map(lambda cost: cost.in_currency_of(year), na_action="ignore").astype("float64"),
        currency=costs.map(lambda cost: currency_of(year), na_action="ignore"),
        original_amount=costs.map(lambda cost: cost.amount, na_action="ignore").astype("float64"),
        original_currency=costs.map(lambda cost: cost.currency, na_action="ignore"),
        price_year=costs.map(lambda cost: cost.price_year, na_action="ignore").astype("Int64"),
        cost_note=pd.Series(text("common.no_standard"), index=table.index).mask(costs.notna()),
    )
    table["yearly_cost"] = table["places_added"].astype("float64").clip(lower=0) * table["unit_cost"]
    table["gives_up"] = [_gives_up(option, row) for row in table.to_dict("records")]
    return table


def _places(units: pd.DataFrame, option: str) -> "pd.Series[float]":
    if option == "keep_places":
        return units["existing_places"]
    if option == "decisions":
        return units["proposed_users"]
    registered = units["occupied"] + units["waiting"]
    expected = units["demand_median"] - units["persons_elsewhere"] + units["persons_of_others"]
    wanted = (registered if option == "cover_waiting" else expected) + units["residents_to_move"]
    return units["proposed_users"] + missing_places(wanted - units["proposed_users"])


def _gives_up(option: str, row: dict) -> str:
    facts = {name: number(row[name]) for name in ("persons_not_covered", "queue_beside_free", "decisions_changed")}
    facts |= {
        "added": number(None if pd.isna(row["places_added"]) else row["places_added"]),
        "year": row["planning_year"],
    }
    said = [text(f"proposal.gives_up.{option}", **facts)]
    if option != "cover_demand" and row["queue_beside_free"] >= 1:
        said.append(text("proposal.gives_up.queue_beside_free", **facts))
    if row["decisions_changed"]:
        said.append(text("proposal.gives_up.decisions_changed", **facts))
    return " ".join(said)
