"""Open data of a run: tables that are safe to publish, each as two CSV, Parquet and a description.

Reported counts of persons stand here as they stand everywhere else in the release: an asterisk wherever `disclosure`
hides one, at every level. Sums over services never exist, since services share their users.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ossu_analysis.report.disclosure.counts import QUANTITIES
from ossu_analysis.report.disclosure.masking import released
from ossu_analysis.report.facts import table_or_empty
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.schemas import all_tables, columns
from ossu_analysis.store import Store
from ossu_analysis.texts import text

FOLDER = "open_data"
CAPACITY = [
    "municipality_code",
    "service_code",
    "period_start",
    "period_end",
    "places",
    *QUANTITIES,
    "funding_type",
    "status",
]
GAP = ["municipality_code", "service_code", "year", "scenario", "places", "demand_median", "demand_low", "demand_high",
       "gap_to_demand_places", "probability_gap_positive", "confidence", "status"]  # fmt: skip
COUNT = ["quantity", "service_code", "period_end", "area_level", "area_code", "parent_code", "persons", "status"]
PROTECTED = {"capacity.current": QUANTITIES, "report.count": ("persons",)}
"""Columns in which an asterisk may stand, by table."""
FORECAST = ["area_level", "area_code", "year", "age_from", "age_to", "scenario", "output_type", "output_type_id",
            "persons", "base_year", "status"]  # fmt: skip
PEOPLE = """sex = 'T' and (output_type in ('mean', 'median') or output_type_id in ('0.1', '0.9'))
    and ((age_from = 0 and (age_to is null or age_to = 17)) or (age_from = 18 and age_to = 64)
         or (age_from in (65, 80) and age_to is null))"""


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
        table.to_parquet(folder / f"{name}.parquet")
    _write(folder / "datapackage.json", _package(made, imprint))
    _write(folder / "dcat.jsonld", _catalogue(made, imprint))
    return list(made)


def _tables(store: Store) -> dict[str, pd.DataFrame]:
    tables = released(
        {
            "services": table_or_empty(store, "reference", "service"),
            "counts": table_or_empty(store, "report", "count"),
            "capacity": table_or_empty(store, "capacity", "current"),
        }
    )
    return {
        "population.forecast": table_or_empty(store, "population", "forecast", PEOPLE)[FORECAST],
        "gap.service_gap": table_or_empty(store, "gap", "service_gap")[GAP],
        "capacity.current": _as_text(tables["capacity"][CAPACITY], "capacity.current"),
        "report.count": _as_text(tables["counts"][COUNT], "report.count"),
    }


def _as_text(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Counts as text, because an asterisk is; empty where nobody reported one."""
    return table.assign(**{column: [_plain(value) for value in table[column]] for column in PROTECTED[name]})


def _plain(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


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
    comment = _declared(name).comment
    return f"{comment}. {text('report.open_data.hidden')}" if name in PROTECTED else comment


def _declared(name: str) -> Any:
    link, table = name.split(".")
    return all_tables()[link, table]


def _fields(name: str, table: pd.DataFrame) -> list[dict[str, str]]:
    """Type, comment and unit of each column; protected counts are text, because an asterisk is."""
    known = {info.name: info for info in columns(_declared(name).schema)}
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
