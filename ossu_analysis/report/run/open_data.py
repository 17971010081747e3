"""Open data of a run: tables that are safe to publish, each as two CSV, Parquet and a description.

Reported counts of persons are protected. Counts of 1 and 2 are hidden: the Statistics Act (chapter six) forbids
information on fewer than three units. A hidden count could be found again from the sum of its oblast, so the smallest
of the others there (all of them, where several are equal) is hidden with it. An asterisk may therefore stand for any
number, zero included; a test goes through every small table and finds a second value behind every asterisk. Where the
oblast has no other municipality with the service, its sum is the count itself: those sums are listed as not to be
published. Sums over services never exist, since services share their users.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ossu_analysis.report.facts import table_or_empty
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.schemas import all_tables, columns
from ossu_analysis.store import Store
from ossu_analysis.texts import text

FOLDER = "open_data"
FEWEST = 3
"""Units below which information is not given: Statistics Act (ДВ 57/1999), chapter six."""
HIDDEN = "*"
SUMS = "capacity.sums_not_to_publish"
COUNTS = ("occupied", "waiting")
CAPACITY = [
    "municipality_code",
    "service_code",
    "period_start",
    "period_end",
    "places",
    *COUNTS,
    "funding_type",
    "status",
]
GAP = ["municipality_code", "service_code", "year", "scenario", "places", "demand_median", "demand_low", "demand_high",
       "gap_to_demand_places", "probability_gap_positive", "confidence", "status"]  # fmt: skip
FORECAST = ["area_level", "area_code", "year", "age_from", "age_to", "scenario", "output_type", "output_type_id",
            "persons", "base_year", "status"]  # fmt: skip
PEOPLE = """sex = 'T' and (output_type in ('mean', 'median') or output_type_id in ('0.1', '0.9'))
    and ((age_from = 0 and (age_to is null or age_to = 17)) or (age_from = 18 and age_to = 64)
         or (age_from in (65, 80) and age_to is null))"""


def protected(rows: pd.DataFrame, value: str, oblast_of: Mapping[str, str]) -> "pd.Series[bool]":
    """Which counts of one column are hidden.

    Parameters
    ----------
    rows : DataFrame
        ``municipality_code, service_code, period_end`` and ``value``, a count of persons; missing counts stay missing.
    value : str
        Column to protect.
    oblast_of : mapping of str to str
        Oblast of every municipality: its sum is known to everyone.

    Returns
    -------
    Series of bool
        True where the count is hidden, in the order of ``rows``.
    """
    counts = rows[value].astype("Float64")
    hidden = counts.between(1, FEWEST - 1).fillna(False).astype(bool)
    groups = [rows["municipality_code"].map(oblast_of), rows["service_code"], rows["period_end"]]
    keys = pd.Series(list(zip(*groups, strict=True)), index=rows.index)
    exposed = keys.isin(set(keys[hidden])) & ~hidden & counts.notna()
    others = counts[exposed].astype(float)
    beside = others.index[others == others.groupby(keys[exposed]).transform("min")]
    return hidden | hidden.index.isin(beside)


def alone_in_oblast(
    rows: pd.DataFrame, value: str, hidden: "pd.Series[bool]", oblast_of: Mapping[str, str]
) -> pd.DataFrame:
    """``oblast_code, service_code, period_end, column`` of the sums that would say a single hidden count."""
    table = rows.loc[hidden, ["municipality_code", "service_code", "period_end"]]
    keys = table.assign(oblast_code=table["municipality_code"].map(oblast_of)).drop(columns="municipality_code")
    count = keys.groupby(["oblast_code", "service_code", "period_end"]).size()
    single = count[count == 1].reset_index().drop(columns=0)
    return single.assign(column=value)


def write_open_data(store: Store, folder: Path, imprint: Imprint) -> list[str]:
    """Write the pack of a run.

    Parameters
    ----------
    store : Store
        Tables that have not been made are left out.
    folder : Path
        Created.
    imprint : Imprint
        Identity of the run.

    Returns
    -------
    list of str
        Names of the tables in the pack.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: table for name, table in _tables(store).items() if len(table)}
    for name, table in made.items():
        table.to_csv(folder / f"{name}.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
        table.to_csv(folder / f"{name}.machine.csv", index=False, encoding="utf-8")
        table.astype({column: "string" for column in COUNTS if column in table}).to_parquet(folder / f"{name}.parquet")
    _write(folder / "datapackage.json", _package(made, imprint))
    _write(folder / "dcat.jsonld", _catalogue(made, imprint))
    return list(made)


def _tables(store: Store) -> dict[str, pd.DataFrame]:
    capacity = table_or_empty(store, "capacity", "current")
    towns = table_or_empty(store, "reference", "municipality")
    safe, sums = _safe_capacity(capacity, dict(zip(towns["municipality_code"], towns["oblast_code"], strict=True)))
    return {
        "population.forecast": table_or_empty(store, "population", "forecast", PEOPLE)[FORECAST],
        "gap.service_gap": table_or_empty(store, "gap", "service_gap")[GAP],
        "capacity.current": safe,
        SUMS: sums,
    }


def _safe_capacity(capacity: pd.DataFrame, oblast_of: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reported services with protected counts as text, and the sums that must not be published beside them."""
    table, sums = capacity[CAPACITY].reset_index(drop=True), []
    for column in COUNTS:
        hidden = protected(table, column, oblast_of)
        sums.append(alone_in_oblast(table, column, hidden, oblast_of))
        printed = table[column].astype("Int64").astype("string")
        table[column] = printed.mask(hidden, HIDDEN).fillna("")
    return table, pd.concat(sums, ignore_index=True)


def _package(made: Mapping[str, pd.DataFrame], imprint: Imprint) -> dict[str, Any]:
    """``datapackage.json``: https://datapackage.org/standard/data-package/."""
    resources = [
        {"name": name.replace(".", "-").replace("_", "-"), "path": f"{name}.machine.csv", "format": "csv",
         "mediatype": "text/csv", "encoding": "utf-8", "description": _said(name),
         "schema": {"fields": _fields(name, table)}}
        for name, table in made.items()
    ]  # fmt: skip
    return {
        "name": f"ossu-{imprint.run_id}",
        "title": text("report.open_data.title"),
        "description": text("report.open_data.description", day=imprint.data_as_of, scenario=imprint.scenario),
        "created": f"{imprint.made_on}T00:00:00Z",
        "version": imprint.software_version,
        "resources": resources,
    }


def _said(name: str) -> str:
    if name == SUMS:
        return text("report.open_data.sums")
    comment = _declared(name).comment
    return f"{comment}. {text('report.open_data.hidden')}" if name == "capacity.current" else comment


def _declared(name: str) -> Any:
    link, table = name.split(".")
    return all_tables()[link, table]


def _fields(name: str, table: pd.DataFrame) -> list[dict[str, str]]:
    """Type, comment and unit of each column; protected counts are text, because an asterisk is."""
    known = {} if name == SUMS else {info.name: info for info in columns(_declared(name).schema)}
    kinds = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
    fields = []
    for column in table:
        kind = kinds.get(getattr(table[column].dtype, "kind", "O"), "string")
        info = known.get(str(column))
        comment = "" if info is None else f"{info.comment} [{info.unit}]" if info.unit else info.comment
        fields.append({"name": str(column), "type": kind, "description": comment})
    return fields


def _catalogue(made: Mapping[str, pd.DataFrame], imprint: Imprint) -> dict[str, Any]:
    """One ``dcat:Dataset`` per table: https://www.w3.org/TR/vocab-dcat-3/."""
    forms = ((".csv", "text/csv"), (".machine.csv", "text/csv"), (".parquet", "application/vnd.apache.parquet"))
    return {
        "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"},
        "@type": "dcat:Catalog",
        "dct:title": text("report.open_data.title"),
        "dct:issued": imprint.made_on,
        "dcat:dataset": [
            {
                "@type": "dcat:Dataset",
                "dct:identifier": f"{imprint.run_id}/{name}",
                "dct:title": _said(name),
                "dct:language": "bg",
                "dcat:distribution": [
                    {"@type": "dcat:Distribution", "dcat:downloadURL": f"{name}{ending}", "dcat:mediaType": kind}
                    for ending, kind in forms
                ],
            }
            for name in made
        ],
    }


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
