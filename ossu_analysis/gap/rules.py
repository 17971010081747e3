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
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.errors import raise_if_any
from ossu_analysis.reference.rule_faults import check_rules, is_loaded
from ossu_analysis.texts import text

__all__ = ["check_rules", "criterion_maximum", "is_loaded", "maximum_users", "rules_by_year"]

AREA_LEVEL = {"municipal": "municipality", "oblast": "oblast", "country": "country"}
"""Where a rule of a planning level is applied; other levels have no criterion (ЗСУ 47, § 33)."""

COMPARISONS: dict[str, Callable[[NDArray, float], NDArray]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}
_ROUNDING: dict[str, Callable[[NDArray], NDArray]] = {"up": np.ceil, "down": np.floor, "nearest": np.rint}
_DIGITS = 9
"""Binary noise in a product such as 0.07 * 100 must not push it over a whole number."""


def rules_by_year(rules: pd.DataFrame, service_code: str, years: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The loaded rule of a service that is in force on 31 December of each year; years without one are absent.

    Parameters
    ----------
    rules : DataFrame
        ``reference.rule``; a later ``valid_from`` wins.
    """
    loaded = rules[rules["service_code"].eq(service_code) & is_loaded(rules)].sort_values("valid_from")
    found = {}
    for year in years:
        day = f"{year}-12-31"
        valid = loaded[(loaded["valid_from"] <= day) & (loaded["valid_to"].isna() | (loaded["valid_to"] >= day))]
        if len(valid):
            found[int(year)] = {str(name): value for name, value in valid.iloc[-1].items()}
    return found


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
