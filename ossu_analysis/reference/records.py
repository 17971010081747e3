"""Tables made from typed YAML: sources, assumptions, planning rules, and services with what the rules say of them."""

import pandas as pd

from ossu_analysis.errors import Fault, OssuError, raise_if_any
from ossu_analysis.inputs import (
    Rule,
    RuleFile,
    SourceRecord,
    SourceTable,
    read_assumptions,
    read_rules,
    read_source_records,
    read_unit_sizes,
    relative,
)
from ossu_analysis.reference.tables import read_reference_table
from ossu_analysis.store import Store
from ossu_analysis.text_table import checksum


def read_sources(store: Store) -> pd.DataFrame:
    """``reference.source``: one row per raw file and vintage.

    Raises
    ------
    FaultsFound
        Every wrong entry of every ``source.yaml``.
    """
    records, faults = read_source_records(store)
    raise_if_any(faults)
    return pd.DataFrame(_source_row(record, entry, store) for _, record in records for entry in record.tables)


def _source_row(record: SourceRecord, entry: SourceTable, store: Store) -> dict[str, object]:
    path = store.raw / record.source_id / record.vintage / f"{entry.table}.csv"
    return {
        **record.model_dump(include={"source_id", "vintage", "publisher", "publisher_bg", "source_class"}),
        **record.model_dump(include={"licence", "landing_page", "published"}),
        **entry.model_dump(include={"title_bg", "reference_bg", "status", "sha256"}),
        "row_count": entry.rows,
        "table_name": entry.table,
        "dataset_code": entry.dataset_code or None,
        "first_year": entry.years[0],
        "last_year": entry.years[1],
        "read_from": entry.read_from or None,
        "retrieved": record.retrieved.isoformat(),
        "file": relative(path, store.root),
        "is_edited": checksum(path) != entry.sha256,
        "caveats_bg": " ".join(entry.caveats_bg) or None,
        "checks_bg": " ".join(entry.checks_bg) or None,
    }


def read_assumption_table(store: Store) -> pd.DataFrame:
    """``reference.assumption``: one row per dated value, in the order of the files."""
    return pd.DataFrame(
        {
            "assumption_id": entry.id,
            **entry.model_dump(include={"title_bg", "unit", "quality"}),
            "valid_from": dated.valid_from.isoformat(),
            "value": dated.value,
            "source_bg": dated.source_bg,
            "note_bg": entry.note_bg or None,
            "file": file,
        }
        for entry, file in read_assumptions(store).values()
        for dated in entry.values
    )


def read_unit_size_table(store: Store) -> pd.DataFrame:
    """``reference.unit_size``: one row per service that has units.

    Raises
    ------
    FaultsFound
        Wrong entries, contradictory sizes, services that do not exist.
    """
    sizes = read_unit_sizes(store)
    known = set(read_reference_table(store, "service", skip=("criterion_loaded",))["service_code"])
    raise_if_any(
        Fault("reference.unknown_code", file=file, column="unit_sizes.service_code", found=code)
        for code, (_, file) in sizes.items()
        if code not in known
    )
    frame = pd.DataFrame({**entry.model_dump(), "file": file} for entry, file in sizes.values())
    return frame.astype({"largest": "Int64"})


def assumed(assumption: pd.DataFrame, code: str) -> float:
    """Newest value of one parameter of ``reference.assumption``.

    Raises
    ------
    OssuError
        ``reference.no_assumption`` when nobody has declared it.
    """
    rows = assumption[assumption["assumption_id"].eq(code)].sort_values("valid_from")
    if rows.empty:
        raise OssuError("reference.no_assumption", name=code)
    return float(rows["value"].iloc[-1])


def read_rule_table(store: Store) -> pd.DataFrame:
    """``reference.rule``: one row per rule; an empty rate stays NULL.

    Raises
    ------
    FaultsFound
        When a rule speaks of a service or of a target group that does not exist.
    """
    files = read_rules(store)
    raise_if_any(_unknown_codes(files, store))
    rows = [_rule_row(rule, content.version, file) for file, content in files.items() for rule in content.rules]
    frame = pd.DataFrame(rows)
    whole = dict.fromkeys(("minimum", "maximum", "smallest_unit", "unit_size"), "Int64")
    return frame.astype({"rate": float, "per": float, "condition_value": float, **whole})


def _rule_row(rule: Rule, version: str, file: str) -> dict[str, object]:
    row = rule.model_dump(exclude={"condition", "steps"})
    row |= {name: day.isoformat() if (day := getattr(rule, name)) else None for name in _DAYS}
    for name in ("indicator", "comparison", "value"):
        row[f"condition_{name}"] = rule.condition and getattr(rule.condition, name)
    row["steps"] = "; ".join(f"{step.at_least:g}: {step.users}" for step in rule.steps) or None
    return {**row, "note_bg": rule.note_bg or None, "version": version, "file": file}


_DAYS = ("valid_from", "valid_to", "verified_on")


def _unknown_codes(files: dict[str, RuleFile], store: Store) -> list[Fault]:
    services = set(read_reference_table(store, "service", skip=("criterion_loaded",))["service_code"])
    groups = set(read_reference_table(store, "target_group")["target_group"])
    faults = []
    for file, content in files.items():
        for rule in content.rules:
            for column, code, known in (
                ("service_code", rule.service_code, services),
                ("indicator", rule.indicator, groups),
                ("condition.indicator", rule.condition.indicator if rule.condition else None, groups),
            ):
                if code is not None and code not in known:
                    faults.append(Fault("reference.unknown_code", file=file, column=column, found=code))
    return faults


def read_services(store: Store) -> pd.DataFrame:
    """``reference.service``: the code list, and whether a criterion has been loaded for each service."""
    services = read_reference_table(store, "service", skip=("criterion_loaded",))
    loaded = {rule.service_code for content in read_rules(store).values() for rule in content.rules if rule.is_loaded}
    return services.assign(criterion_loaded=services["service_code"].isin(list(loaded)))
