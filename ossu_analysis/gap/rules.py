"""The rules engine: most users of a service by its planning rule, from structured fields that are never run as code.

- ``count``: the rate itself; ``share``: rate x indicator; ``per_n``: rate x indicator / per; ``table``: the users of
  the last step whose ``at_least`` the indicator reaches (0 below the first);
- rounded up, down or to the nearest whole number, then not below ``minimum`` nor above ``maximum``;
- a condition that does not hold plans 0 users; ``unit_size`` only says into how many services the users divide.

A rule without a rate yields nothing („критерият не е зареден“), an unknown indicator yields nothing for that area.
Rules come as rows of ``reference.rule`` and each result names their version.
"""

import datetime
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.errors import Fault, raise_if_any
from ossu_analysis.texts import text

AREA_LEVEL = {"municipal": "municipality", "oblast": "oblast", "country": "country"}
"""Where a rule of a planning level is applied; other levels have no criterion (ЗСУ 47, § 33)."""

COMPARISONS: dict[str, Callable[[NDArray, float], NDArray]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}
UNITS = {"count": "потребители", "share": "потребители/лице", "per_n": "потребители/per лица"}
_ROUNDING: dict[str, Callable[[NDArray], NDArray]] = {"up": np.ceil, "down": np.floor, "nearest": np.rint}
_DIGITS = 9
"""Binary noise in a product such as 0.07 * 100 must not push it over a whole number."""


def is_loaded(rules: pd.DataFrame) -> "pd.Series[bool]":
    """Rules by which something can be computed: with a rate, or with the steps of a table."""
    steps = rules["steps"] if "steps" in rules else pd.Series(None, index=rules.index, dtype=object)
    return rules["rate"].notna() | steps.notna()


def maximum_users(rule: Mapping[str, Any], indicator: NDArray, condition: NDArray | None = None) -> NDArray:
    """Most users by one loaded rule.

    Parameters
    ----------
    rule : mapping
        A row of ``reference.rule``.
    indicator : ndarray
        Persons of the rule's indicator, by area; NaN is unknown.
    condition : ndarray, optional
        Values of the condition's indicator, same shape; needed when the rule has a condition.

    Returns
    -------
    ndarray
        Users; NaN where a needed value is unknown.
    """
    users = _ROUNDING[rule.get("rounding") or "nearest"](np.round(_unrounded(rule, indicator), _DIGITS))
    low, high = rule.get("minimum"), rule.get("maximum")
    users = np.clip(users, None if pd.isna(low) else float(low), None if pd.isna(high) else float(high))
    if pd.isna(rule.get("condition_indicator")):
        return users
    asked = np.full(np.shape(indicator), np.nan) if condition is None else np.asarray(condition, dtype=float)
    holds = COMPARISONS[rule["condition_comparison"]](asked, float(rule["condition_value"]))
    return np.where(np.isnan(asked), np.nan, np.where(holds, users, 0.0))


def _unrounded(rule: Mapping[str, Any], indicator: NDArray) -> NDArray:
    if rule["base"] == "table":
        return _by_steps(str(rule["steps"]), indicator)
    rate = float(rule["rate"])
    if rule["base"] == "count":
        return np.full(np.shape(indicator), rate)
    return rate * indicator / (float(rule["per"]) if rule["base"] == "per_n" else 1.0)


def _by_steps(steps: str, indicator: NDArray) -> NDArray:
    pairs = [step.split(":") for step in steps.split(";")]
    starts = np.array([float(start) for start, _ in pairs])
    users = np.array([0.0, *(float(users) for _, users in pairs)])
    found = users[np.searchsorted(starts, indicator, side="right")]
    return np.where(np.isnan(indicator), np.nan, found)


def criterion_maximum(rules: pd.DataFrame, indicators: pd.DataFrame, on_date: datetime.date | str) -> pd.DataFrame:
    """Legal maximum of every service in every area that its rule speaks of, on one day.

    Parameters
    ----------
    rules : DataFrame
        ``reference.rule``.
    indicators : DataFrame
        area_level (municipality, oblast, country), area_code, indicator, value; one row per area and indicator.
    on_date : date or ISO string
        The rule in force on that day counts.

    Returns
    -------
    DataFrame
        area_level, area_code, service_code, indicator, indicator_value, criterion_maximum, units, reason, legal_ref,
        rules_version. ``reason`` says why ``criterion_maximum`` is NULL or 0, and is empty otherwise; ``units`` is the
        least number of services of at most ``unit_size`` users. Services of levels without a criterion are absent.

    Raises
    ------
    FaultsFound
        When the rules contradict themselves; see `check_rules`.
    """
    day = str(on_date)[:10]
    raise_if_any(check_rules(rules, indicators["indicator"].unique()))
    valid = rules[(rules["valid_from"] <= day) & (rules["valid_to"].isna() | (rules["valid_to"] >= day))]
    # Of several versions the later one counts, but an empty version does not take a loaded one away.
    ordered = valid.assign(_loaded=is_loaded(valid)).sort_values(["_loaded", "valid_from"])
    newest = ordered.drop_duplicates("service_code", keep="last").sort_values("service_code")
    values = indicators.set_index(["area_level", "indicator", "area_code"])["value"].sort_index()
    areas = indicators.groupby("area_level")["area_code"].unique()
    tables = [
        _applied({str(name): value for name, value in rule.items()}, values, areas.get(AREA_LEVEL[rule["level"]], []))
        for rule in newest.to_dict("records")
        if rule["level"] in AREA_LEVEL
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_COLUMNS)


_COLUMNS = ["area_level", "area_code", "service_code", "indicator", "indicator_value", "criterion_maximum", "units"]
_COLUMNS += ["reason", "legal_ref", "rules_version"]


def _applied(rule: dict[str, Any], values: "pd.Series[float]", codes: Collection[str]) -> pd.DataFrame:
    level, codes = AREA_LEVEL[rule["level"]], sorted(codes)
    indicator = _values(values, level, rule["indicator"], codes)
    users = np.full(len(codes), np.nan)
    if rule["_loaded"]:
        users = maximum_users(rule, indicator, _values(values, level, rule.get("condition_indicator"), codes))
    size = rule.get("unit_size")
    units = np.full(len(codes), np.nan) if pd.isna(size) else np.ceil(users / float(size))
    table = {
        "area_level": level,
        "area_code": codes,
        "service_code": rule["service_code"],
        "indicator": rule["indicator"],
        "indicator_value": indicator,
        "criterion_maximum": users,
        "units": pd.array(units, dtype="Int64"),
        "reason": _reason(rule, users),
        "legal_ref": rule["legal_ref"],
        "rules_version": rule["version"],
    }
    return pd.DataFrame(table)


def _values(values: "pd.Series[float]", level: str, indicator: Any, codes: list[str]) -> NDArray:
    if pd.isna(indicator) or (level, indicator) not in values.index:
        return np.full(len(codes), np.nan)
    return values.loc[level, indicator].reindex(codes).to_numpy(dtype=float)


def _reason(rule: dict[str, Any], users: NDArray) -> NDArray:
    if not rule["_loaded"]:
        return np.full(len(users), text("common.no_criterion"), dtype=object)
    unmet = not pd.isna(rule.get("condition_indicator"))
    return np.select(
        [np.isnan(users), (users == 0) & unmet],
        [text("rules.no_indicator", indicator=rule["indicator"]), text("rules.condition_unmet")],
        default="",
    ).astype(object)


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
    found = [*_overlaps(loaded), *_bad_dates(rules), *_without_unit(loaded)]
    if known_indicators is not None:
        found += _unknown(loaded, set(known_indicators))
    return found


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
        expected = UNITS.get(rule["base"], "")
        if rule.get("rate_unit") != expected:
            shown = "" if pd.isna(rule.get("rate_unit")) else str(rule["rate_unit"])
            yield _fault("no_unit", rule, "rate_unit", f"{rule['rate']:g} {shown}".strip(), expected)


def _unknown(rules: pd.DataFrame, known: set[str]) -> Iterator[Fault]:
    for rule in rules.to_dict("records"):
        for column in ("indicator", "condition_indicator"):
            name = rule.get(column)
            if not pd.isna(name) and name not in known:
                yield _fault("unknown_indicator", rule, column, str(name), ", ".join(sorted(known)))
