"""Section 6, second part: why demand moves, cause by cause, and two scenarios side by side.

Both rest on tables of the job ``scenarios`` (``demand.driver``, ``demand.scenario_forecast``). Without them one
sentence says how to make them. Scenarios are compared for the oblast, the lowest level for which they are computed.
"""

from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.facts import wide
from ossu_analysis.report.sections.case import Case, by_name, status_of
from ossu_analysis.texts import text

CAUSES = ("population_size", "age_structure", "rate_trend", "released_unmet", "policy")
SHOWN_PANELS = 6
"""Services drawn as small multiples: those with the largest demand at the target."""
REFERENCE, BESIDE = "reference", "status_quo"
"""Scenarios compared unless the split of the change was asked for another one."""


def outlook(case: Case) -> list[Block]:
    """Why demand moves and two scenarios, each when its table has been made."""
    heading = Heading("demand-why", text("report.heading.demand_why"), 2)
    blocks = [*_drivers(case), *_scenarios(case)]
    return [heading, *(blocks or [Paragraph(text("report.sentence.no_outlook"), "note")])]


def _drivers(case: Case) -> list[Block]:
    rows = case.facts.driver
    rows = rows[rows["area_code"] == case.code] if len(rows) else rows
    if rows.empty:
        return []
    facts: dict[str, Any] = {"base": int(rows["base_year"].iloc[0]), "target": int(rows["target_year"].iloc[0])}
    scenario = case.facts.scenario_titles.get(str(rows["scenario"].iloc[0]), str(rows["scenario"].iloc[0]))
    # Under the reference scenario policy moves nothing: a column of zeros would say nothing.
    causes = [cause for cause in CAUSES if cause != "policy" or (rows["scenario"] != REFERENCE).any()]
    caption = text("report.caption.drivers_chart", place=case.label, **facts)
    return [
        Paragraph(text("report.sentence.drivers", scenario=scenario, **facts)),
        Picture("figure-drivers", caption, drivers_chart(case, rows, causes)),
        _drivers_table(case, rows, causes),
    ]


def drivers_chart(case: Case, rows: pd.DataFrame, causes: list[str]) -> charts.Chart:
    """Waterfalls of the services with the largest demand.

    Parameters
    ----------
    case : Case
    rows : DataFrame
        ``demand.driver`` of the territory, one row per service.
    causes : list of str
        Columns to draw.
    """
    base, target = int(rows["base_year"].iloc[0]), int(rows["target_year"].iloc[0])
    steps = ["use_today", *causes, "demand_then"]
    names = [text(f"report.cause.{step}", base=base, target=target) for step in steps]
    is_total = [step not in causes for step in steps]
    shown = rows.nlargest(SHOWN_PANELS, "demand_then")
    panels = [
        (case.service(row["service_code"]), pd.DataFrame({"step": names, "persons": values, "is_total": is_total}))
        for row, values in zip(shown.to_dict("records"), shown[steps].to_numpy(float), strict=True)
    ]
    return charts.waterfalls(
        panels,
        key=f"drivers_{case.code}",
        title=_leading_cause(rows, causes),
        subtitle=text("report.chart.drivers", place=case.label),
        source=text("report.source.demand"),
        is_demonstration=status_of(rows) in {"demonstration", "mixed"},
    )


def _leading_cause(rows: pd.DataFrame, causes: list[str]) -> str:
    """Cause that moves most services most; services are counted, not summed, for they share their users."""
    largest = rows[causes].abs().idxmax(axis=1).value_counts()
    cause = text(f"report.cause.{largest.index[0]}").lower()
    return text("report.finding.drivers", cause=cause, count=int(largest.iloc[0]), of=len(rows))


def _drivers_table(case: Case, rows: pd.DataFrame, causes: list[str]) -> Table:
    base, target = int(rows["base_year"].iloc[0]), int(rows["target_year"].iloc[0])
    table = rows.assign(service=[case.service(code, True) for code in rows["service_code"]])
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("use_today", text("report.cause.use_today", base=base), "count", width=1.1),
        *(Column(cause, text(f"report.cause.{cause}"), "change", width=1.1) for cause in causes),
        Column("demand_then", text("report.cause.demand_then", target=target), "count", width=1.1),
    )
    return Table(
        "table-drivers",
        text("report.caption.drivers", place=case.label, base=base, target=target),
        by_name(table, "service"),
        columns,
        source=text("report.source.demand"),
        note=text("report.note.drivers"),
        status=status_of(rows),
        sheet=text("report.sheet.drivers"),
    )


def _scenarios(case: Case) -> list[Block]:
    rows = case.facts.scenarios
    rows = rows[rows["area_code"] == case.facts.oblast_code] if len(rows) else rows
    names = compared(case, rows)
    if len(names) < 2:
        return []
    table, year = _side_by_side(case, rows, names), int(rows["year"].max())
    titles = [case.facts.scenario_titles.get(name, name) for name in names]
    place = text("report.label.oblast", name=case.facts.oblast_name, code=case.facts.oblast_code)
    facts: dict[str, Any] = {"first": titles[0], "second": titles[1], "year": year, "place": place}
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("median_1", f"{titles[0]} (80 %)", "interval", 0, "low_80_1", "high_80_1", 1.7),
        Column("median_2", f"{titles[1]} (80 %)", "interval", 0, "low_80_2", "high_80_2", 1.7),
        Column("difference", text("report.column.difference"), "change", width=1),
    )
    return [
        Paragraph(text("report.sentence.scenarios", **facts)),
        Picture("figure-scenarios", text("report.caption.scenarios_chart", **facts), _chart(case, rows, names, facts)),
        Table(
            "table-scenarios",
            text("report.caption.scenarios", **facts),
            table,
            columns,
            source=text("report.source.demand"),
            note=text("report.note.scenarios"),
            status=status_of(rows),
            sheet=text("report.sheet.scenarios"),
        ),
    ]


def compared(case: Case, rows: pd.DataFrame) -> list[str]:
    """The reference and the scenario that the split was asked for; unchanged rates beside the reference otherwise."""
    known = set(rows["scenario"]) if len(rows) else set()
    asked = set(case.facts.driver["scenario"]) if len(case.facts.driver) else set()
    beside = next((name for name in sorted(asked - {REFERENCE}) if name in known), BESIDE)
    return [name for name in (REFERENCE, beside) if name in known]


def _side_by_side(case: Case, rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """One row per service in the last year: median and 80 % range of both scenarios, and the difference of medians."""
    last = wide(rows[rows["year"] == rows["year"].max()], ["service_code", "scenario"]).set_index("service_code")
    both = [
        last[last["scenario"] == name].drop(columns="scenario").add_suffix(f"_{at}") for at, name in enumerate(names, 1)
    ]
    table = both[0].join(both[1], how="outer").reset_index()
    table["difference"] = table["median_2"] - table["median_1"]
    return by_name(table.assign(service=[case.service(code, True) for code in table["service_code"]]), "service")


def _chart(case: Case, rows: pd.DataFrame, names: list[str], facts: dict[str, Any]) -> charts.Chart:
    paths = wide(rows[rows["scenario"].isin(names)], ["service_code", "scenario", "year"])
    last = paths[(paths["year"] == facts["year"]) & (paths["scenario"] == names[0])]
    shown = last.nlargest(SHOWN_PANELS, "median")["service_code"]
    panels = []
    for code in shown:
        one = paths[paths["service_code"] == code]
        panels.append((case.service(code), *(one[one["scenario"] == name].drop(columns="scenario") for name in names)))
    at_end = paths[paths["year"] == facts["year"]].pivot(index="service_code", columns="scenario", values="median")
    lower = int((np.round(at_end[names[1]]) < np.round(at_end[names[0]])).sum())
    higher = int((np.round(at_end[names[1]]) > np.round(at_end[names[0]])).sum())
    return charts.scenario_multiples(
        panels,
        key=f"scenarios_{case.code}",
        title=text("report.finding.scenarios", lower=lower, higher=higher, of=len(at_end), **facts),
        subtitle=text("report.chart.scenarios", **facts),
        source=text("report.source.demand"),
        is_demonstration=status_of(rows) in {"demonstration", "mixed"},
    )
