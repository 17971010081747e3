"""Where the proposals of municipalities and oblasts and the annual plans do not agree: one row per difference.

The number that a document prints is the expert's own where there is one, else the proposed one. Differences:

- ``plan_above_map``: an annual plan has more users than the National Map (ЗСУ 43(2));
- ``plan_above_proposal``: it has more users than the proposal;
- ``plan_below_users``: it has fewer users than the service serves today;
- ``plan_without_line``: a planned service has no line in the proposal;
- ``line_without_plan``: a service that exists is not in the plan of a municipality that handed one in;
- ``oblast_plans_above``: for a service of oblast level, the plans of the oblast's municipalities together have more
  users than the oblast's line;
- ``expert_above_map``: an expert's own number is above the map;
- ``expert_without_line``: an expert gave a number for an area or level where the service has no line.

Only the last annual plan of each municipality is compared.
"""

import pandas as pd

from ossu_analysis.status import weakest
from ossu_analysis.texts import number, text

_KEY = ["area_code", "service_code"]


def inconsistencies(
    lines: pd.DataFrame, annual_plan: pd.DataFrame, overrides: pd.DataFrame, municipality: pd.DataFrame
) -> pd.DataFrame:
    """Differences between the plans, as table ``proposal.consistency``.

    Parameters
    ----------
    lines : DataFrame
        ``proposal.line``.
    annual_plan : DataFrame
        ``reference.annual_plan``.
    overrides : DataFrame
        ``reference.override``.
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code.
    """
    final = lines["analyst_users"].fillna(lines["proposed_users"])
    lines = lines.assign(final=final.astype("Float64"), map_number=lines["map_number"].astype(float))
    plan = _last_plans(annual_plan).merge(municipality[["municipality_code", "oblast_code"]])
    plan = plan.rename(columns={"municipality_code": "area_code", "users": "planned"})
    beside = lines.merge(plan[[*_KEY, "year", "planned"]], on=_KEY)
    # The second row of the file is its first number.
    numbered = overrides[_KEY].assign(row=range(2, len(overrides) + 2))
    expert = lines[lines["analyst_users"].notna()].merge(numbered, on=_KEY, how="left")
    # What the plan says of a service that the oblast plans as a whole is compared with the oblast's line.
    whole = lines[lines["area_level"].eq("oblast")]
    of_oblast = plan.groupby(["oblast_code", "service_code"])["planned"].sum().reset_index()
    oblast = whole.merge(of_oblast, on=["oblast_code", "service_code"])
    parts = [
        _found("plan_above_map", beside[beside["planned"] > beside["map_number"]], "planned", "map_number"),
        _found("plan_above_proposal", beside[beside["planned"] > beside["final"]], "planned", "final"),
        _found("plan_below_users", beside[beside["planned"] < beside["occupied"]], "planned", "occupied"),
        _found("plan_without_line", _without_line(plan, lines, whole), "planned", None),
        _found("line_without_plan", _without_plan(lines, plan), "final", None),
        _found("oblast_plans_above", oblast[oblast["planned"] > oblast["final"]], "planned", "final"),
        _found("expert_above_map", expert[expert["final"] > expert["map_number"]], "final", "map_number"),
        _found("expert_without_line", _lonely(overrides, lines, municipality), "planned", None),
    ]
    kept = [part for part in parts if len(part)]
    names = ["oblast_code", *_KEY, "rule", "number", "other_number", "message", "status"]
    table = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=names)
    return table[names].sort_values(["oblast_code", *_KEY, "rule"], ignore_index=True)


def _last_plans(annual_plan: pd.DataFrame) -> pd.DataFrame:
    last = annual_plan.groupby("municipality_code")["year"].transform("max")
    return annual_plan[annual_plan["year"].eq(last)]


def _without_line(plan: pd.DataFrame, lines: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Planned services that neither the municipality's nor the oblast's lines have."""
    known = pd.MultiIndex.from_frame(lines[_KEY]).union(
        pd.MultiIndex.from_frame(whole[["oblast_code", "service_code"]])
    )
    own, of_oblast = (pd.MultiIndex.from_frame(plan[[area, "service_code"]]) for area in ("area_code", "oblast_code"))
    return plan[~own.isin(known) & ~of_oblast.isin(known) & plan["planned"].gt(0)]


def _without_plan(lines: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Existing services of municipalities with a plan that does not have them; the council's own ones excepted."""
    planned = pd.MultiIndex.from_frame(plan[_KEY])
    own = lines[lines["area_code"].isin(plan["area_code"]) & lines["existing_places"].gt(0) & lines["part"].eq(1)]
    return own[~pd.MultiIndex.from_frame(own[_KEY]).isin(planned)]


def _lonely(overrides: pd.DataFrame, lines: pd.DataFrame, municipality: pd.DataFrame) -> pd.DataFrame:
    known = pd.MultiIndex.from_frame(lines[_KEY])
    rows = overrides[~pd.MultiIndex.from_frame(overrides[_KEY]).isin(known)]
    oblast = municipality.set_index("municipality_code")["oblast_code"]
    return rows.assign(
        planned=rows["users"], row=rows.index + 2, oblast_code=rows["area_code"].map(oblast).fillna(rows["area_code"])
    )


def _found(rule: str, rows: pd.DataFrame, one: str, other: str | None) -> pd.DataFrame:
    """Rows of one difference with its numbers and its sentence."""
    said = rows.assign(
        rule=rule,
        number=rows[one].astype(float),
        other_number=rows[other].astype(float) if other else float("nan"),
        status=[weakest([status, "observed"]) for status in rows["status"]] if "status" in rows else "observed",
    )
    said["message"] = [
        text(
            f"proposal.differs.{rule}",
            number=number(row["number"]),
            other=number(row["other_number"]),
            row=row.get("row"),
        )
        for row in said.to_dict("records")
    ]
    return said
