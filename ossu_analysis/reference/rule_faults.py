"""What may be wrong with a table of planning rules: dates, overlaps, units, indicators without values.

Misspelt keys and missing fields of one rule are found while its file is read (`inputs.Rule`); here are the faults that
only the whole table shows. The rules are applied in `gap.rules`.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pandas as pd

from ossu_analysis.errors import Fault
from ossu_analysis.inputs import rate_units
from ossu_analysis.texts import text


def is_loaded(rules: pd.DataFrame) -> "pd.Series[bool]":
    """Rules by which something can be computed: with a rate, or with the steps of a table."""
    steps = rules["steps"] if "steps" in rules else pd.Series(None, index=rules.index, dtype=object)
    return rules["rate"].notna() | steps.notna()


def check_rules(rules: pd.DataFrame, known_indicators: Collection[str] | None = None) -> list[Fault]:
    """Everything that is wrong with a table of rules, each with its file and service.

    Parameters
    ----------
    rules : DataFrame
        ``reference.rule``.
    known_indicators : collection of str, optional
        Indicators that have values; a loaded rule that asks for another one is a fault.
    """
    loaded = rules[is_loaded(rules)]
    faults = [*_overlaps(loaded), *_bad_dates(rules), *_without_unit(loaded)]
    if known_indicators is not None:
        faults += _unknown(loaded, set(known_indicators))
    return faults


def _fault(code: str, rule: Mapping[Any, Any], column: str, found: str, expected: str = "") -> Fault:
    where = f"{rule['service_code']}: {found}"
    return Fault(f"rules.{code}", file=str(rule.get("file") or ""), column=column, found=where, expected=expected)


def _overlaps(rules: pd.DataFrame) -> Iterator[Fault]:
    ordered = rules.sort_values(["service_code", "valid_from"]).to_dict("records")
    for earlier, later in pairwise(ordered):
        end = earlier["valid_to"]
        if earlier["service_code"] == later["service_code"] and (pd.isna(end) or end >= later["valid_from"]):
            expected = text("rules.closed_before", day=later["valid_from"], version=earlier["version"])
            yield _fault("overlap", later, "valid_from", later["valid_from"], expected)


def _bad_dates(rules: pd.DataFrame) -> Iterator[Fault]:
    for column in ("valid_from", "valid_to"):
        known = rules[rules[column].notna()]
        readable = pd.to_datetime(known[column], format="%Y-%m-%d", errors="coerce").notna()
        for rule in known[~readable].to_dict("records"):
            yield _fault("bad_date", rule, column, rule[column])
    for rule in rules[rules["valid_to"].notna() & (rules["valid_to"] < rules["valid_from"])].to_dict("records"):
        yield _fault("backward", rule, "valid_to", rule["valid_to"], f"≥ {rule['valid_from']}")


def _without_unit(rules: pd.DataFrame) -> Iterator[Fault]:
    for rule in rules[rules["rate"].notna()].to_dict("records"):
        expected = rate_units().get(rule["base"], "")
        if rule.get("rate_unit") != expected:
            shown = "" if pd.isna(rule.get("rate_unit")) else str(rule["rate_unit"])
            yield _fault("no_unit", rule, "rate_unit", f"{rule['rate']:g} {shown}".strip(), expected)


def _unknown(rules: pd.DataFrame, known: set[str]) -> Iterator[Fault]:
    for rule in rules.to_dict("records"):
        for column in ("indicator", "condition_indicator"):
            name = rule.get(column)
            if not pd.isna(name) and name not in known:
                yield _fault("unknown_indicator", rule, column, str(name), ", ".join(sorted(known)))
