"""Three simple options per oblast, service by service: what each covers and what it gives up.

- ``keep_places``: today's places stay;
- ``cover_waiting``: each municipality gets the places that its waiting list lacks, ``max(occupied + waiting - places,
  0)``: a list beside free places is not answered by new places, and is named;
- ``cover_demand``: each municipality gets its positive median gap at the planning year, rounded up
  (below half a place there is none).

Covered persons are ``min(median demand, places)`` in each municipality, or in the oblast as a whole for services
planned at oblast level. No budget binds here; nothing is optimised. Money is in the currency of the planning year, euro
from 2026; the amount and currency of the decision stand beside it.
"""

import numpy as np
import pandas as pd

from ossu_analysis.gap.standards import Standards
from ossu_analysis.proposal.formulas import missing_places
from ossu_analysis.proposal.line import PART_OF_LEVEL
from ossu_analysis.proposal.plan import planning_year
from ossu_analysis.reference.standards import currency_of
from ossu_analysis.schemas.proposal import OPTIONS
from ossu_analysis.texts import number, text


def proposal_options(service_gap: pd.DataFrame, municipality: pd.DataFrame, standards: Standards) -> pd.DataFrame:
    """Options of every oblast, as table ``proposal.option``.

    Parameters
    ----------
    service_gap : DataFrame
        ``gap.service_gap``.
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code.
    standards : Standards
        Unit costs; a service without one costs „няма стандарт“.
    """
    year = planning_year(service_gap["year"].unique().tolist())
    rows = service_gap[service_gap["year"].eq(year)].merge(municipality[["municipality_code", "oblast_code"]])
    rows = rows[rows["planning_level"].isin(PART_OF_LEVEL)]
    units = _deciding_units(rows)
    return pd.concat([_option(units, option, standards, year) for option in OPTIONS], ignore_index=True)


def _deciding_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Municipalities for municipal services; one row per oblast where the oblast plans as a whole."""
    whole = rows["planning_level"].map(PART_OF_LEVEL).eq(2)
    unit = rows["municipality_code"].where(~whole, rows["oblast_code"])
    measures = ["places", "occupied", "waiting", "demand_median"]
    known = rows.assign(unit=unit, **{name: rows[name].astype("float64") for name in measures})
    known["waiting"] = known["waiting"].fillna(0.0)
    grouped = known.groupby(["oblast_code", "service_code", "unit"], sort=True)
    summed = grouped[measures].sum(min_count=1)
    return summed.assign(status=grouped["status"].first()).reset_index()


def _option(units: pd.DataFrame, option: str, standards: Standards, year: int) -> pd.DataFrame:
    added = _places_added(units, option)
    places = units["places"] + added
    covered = np.minimum(units["demand_median"], places)
    chosen = units.assign(
        places=places,
        places_added=added,
        persons_covered=covered,
        persons_not_covered=units["demand_median"] - covered,
        queue_beside_free=np.minimum(units["waiting"], (units["places"] - units["occupied"]).clip(lower=0)),
    )
    grouped = chosen.groupby(["oblast_code", "service_code"])
    sums = ["places", "places_added", "demand_median", "persons_covered", "persons_not_covered", "queue_beside_free"]
    table = grouped[sums].sum(min_count=1).assign(status=grouped["status"].first()).reset_index()
    costs = table["service_code"].map(standards.unit_costs)
    table = table.assign(
        option=option,
        planning_year=year,
        places=table["places"].round().astype("Int64"),
        places_added=table["places_added"].round().astype("Int64"),
        unit_cost=costs.map(lambda cost: cost.in_currency_of(year), na_action="ignore").astype("float64"),
        currency=costs.map(lambda cost: currency_of(year), na_action="ignore"),
        original_amount=costs.map(lambda cost: cost.amount, na_action="ignore").astype("float64"),
        original_currency=costs.map(lambda cost: cost.currency, na_action="ignore"),
        price_year=costs.map(lambda cost: cost.price_year, na_action="ignore").astype("Int64"),
        cost_note=pd.Series(text("common.no_standard"), index=table.index).mask(costs.notna()),
    )
    table["yearly_cost"] = table["places_added"].astype("float64") * table["unit_cost"]
    table["gives_up"] = [_gives_up(option, row) for row in table.to_dict("records")]
    return table


def _places_added(units: pd.DataFrame, option: str) -> "pd.Series[float]":
    if option == "keep_places":
        return units["places"] * 0
    wanted = units["occupied"] + units["waiting"] if option == "cover_waiting" else units["demand_median"]
    return pd.Series(missing_places(wanted - units["places"]), index=units.index)


def _gives_up(option: str, row: dict) -> str:
    facts = {name: number(row[name]) for name in ("persons_not_covered", "queue_beside_free")}
    facts |= {
        "added": number(None if pd.isna(row["places_added"]) else row["places_added"]),
        "year": row["planning_year"],
    }
    said = text(f"proposal.gives_up.{option}", **facts)
    if option != "cover_demand" and row["queue_beside_free"] >= 1:
        said += " " + text("proposal.gives_up.queue_beside_free", **facts)
    return said
