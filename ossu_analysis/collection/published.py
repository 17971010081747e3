"""Sums of the returns beside the published totals of the country, cell by cell.

Cells can only be compared while every row is a demonstration row: a real return takes out all made-up rows of its
municipality, also those of services that it does not have, and need not add up to what was published earlier.
"""

import pandas as pd

MEASURES = {
    "users": lambda rows: rows["users"].sum(),
    "places": lambda rows: rows["places"].sum(),
    "quota": lambda rows: rows["places"].sum(),
    "free_places": lambda rows: rows["places"].sum() - rows["users"].sum(),
    "waiting": lambda rows: rows["waiting"].sum(),
    "services": lambda rows: rows["services_count"].sum(),
    "municipalities_with_service": lambda rows: rows["municipality_code"].nunique(),
    "municipalities_with_waiting": lambda rows: rows.loc[rows["waiting"] > 0, "municipality_code"].nunique(),
}


def published_beside_returns(
    returns: pd.DataFrame, service_total: pd.DataFrame, municipality: pd.DataFrame
) -> pd.DataFrame:
    """Each comparable cell of the country: service_code, year, measure, published, returned, difference.

    Parameters
    ----------
    returns : DataFrame
        ``collection.return``.
    service_total : DataFrame
        ``sources.service_total``.
    municipality : DataFrame
        ``reference.municipality``.
    """
    names = ["service_code", "year", "measure", "published", "returned", "difference"]
    if not returns["status"].eq("demonstration").all():
        return pd.DataFrame(columns=names)
    cells = service_total[service_total["area_level"].eq("country") & service_total["service_code"].notna()]
    year_of = returns["period_end"].str[:4].astype(int)
    rows = []
    fields = ["service_code", "reference_date", "measure", "value"]
    for service_code, day, measure, value in cells[fields].itertuples(index=False, name=None):
        year = int(day[:4])
        same = returns[returns["service_code"].eq(service_code) & year_of.eq(year)]
        returned = None if same.empty else _returned(measure, same, len(municipality))
        if returned is not None:
            rows.append((service_code, year, measure, int(value), returned, returned - int(value)))
    return pd.DataFrame(rows, columns=names)


def _returned(measure: str, rows: pd.DataFrame, municipalities: int) -> int | None:
    if measure == "municipalities_without_service":
        return municipalities - int(rows["municipality_code"].nunique())
    summed = MEASURES.get(measure)
    return None if summed is None else int(summed(rows))
