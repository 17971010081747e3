"""Why demand and the gap move, cause by cause, and two scenarios side by side.

All rest on tables of the job ``scenarios`` (``demand.driver``, ``demand.scenario_forecast``, ``gap.change``). Without
them one sentence says how to make them. Scenarios are compared for the oblast, the lowest level for which
they are computed.
"""

from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.demand.driver import against_the_group
from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.facts import wide
from ossu_analysis.report.sections.subject import Subject, by_name, is_demonstration, status_of
from ossu_analysis.texts import number, text

CAUSES = ("population_size", "age_structure", "rate_trend", "released_unmet", "policy")
GAP_CAUSES = ("population", "age_structure", "rate", "waiting", "policy", "closures", "openings")
MOVED_BY_FEW = ("policy", "closures", "openings")
"""Causes left out of a chart where they move less than half a place: most territories have none of them."""
SHOWN_PANELS = 6
"""Services drawn as small multiples: those with the largest demand at the target."""
REFERENCE, BESIDE = "reference", "status_quo"
"""Scenarios compared unless the split of the change was asked for another one."""


def outlook(subject: Subject) -> list[Block]:
    """Why demand moves and two scenarios, each when its table has been made."""
    heading = Heading("demand-why", text("report.heading.demand_why"), 2)
    blocks = [*_drivers(subject), *_scenarios(subject)]
    return [heading, *(blocks or [Paragraph(text("report.sentence.no_outlook"), "note")])]


def _drivers(subject: Subject) -> list[Block]:
    rows, chart = driver_rows(subject), drivers_chart(subject)
    if chart is None:
        return []
    facts: dict[str, Any] = {"base": int(rows["base_year"].iloc[0]), "target": int(rows["target_year"].iloc[0])}
    scenario = subject.facts.scenario_titles.get(str(rows["scenario"].iloc[0]), str(rows["scenario"].iloc[0]))
    caption = text("report.caption.drivers_chart", place=subject.label, **facts)
    return [
        Paragraph(text("report.sentence.drivers", scenario=scenario, **facts)),
        *_against_the_group(subject, rows, facts),
        Picture("figure-drivers", caption, chart),
        _drivers_table(subject, rows, _causes(rows)),
    ]


def _against_the_group(subject: Subject, rows: pd.DataFrame, facts: dict[str, Any]) -> list[Block]:
    """What rises although its group falls, in words, the largest rises first."""
    against = against_the_group(rows).nlargest(SHOWN_PANELS, "rise")
    return [
        Paragraph(
            text(
                "report.sentence.against_the_group",
                service=subject.service(row["service_code"]),
                **{name: number(abs(row[name])) for name in ("rise", "by_group", "released_unmet", "rate_trend")},
                way=text("report.sentence.rate_adds" if row["rate_trend"] >= 0 else "report.sentence.rate_takes"),
                **facts,
            ),
            "note",
        )
        for row in against.to_dict("records")
    ]


def driver_rows(subject: Subject) -> pd.DataFrame:
    """``demand.driver`` of the territory, one row per service."""
    rows = subject.facts.driver
    return rows[rows["area_code"] == subject.code] if len(rows) else rows


def _causes(rows: pd.DataFrame) -> list[str]:
    """Under the reference scenario policy moves nothing: a column of zeros would say nothing."""
    return [cause for cause in CAUSES if cause != "policy" or (rows["scenario"] != REFERENCE).any()]


def gap_causes(subject: Subject) -> list[Block]:
    """Why the gap moves: what is missing today, what each cause brings, what is missing then."""
    rows, chart = gap_change_rows(subject), gap_change_chart(subject)
    if chart is None:
        return []
    facts: dict[str, Any] = {"base": int(rows["base_year"].iloc[0]), "target": int(rows["target_year"].iloc[0])}
    caption = text("report.caption.gap_change_chart", place=subject.label, **facts)
    return [
        Heading("gap-why", text("report.heading.gap_why"), 2),
        Paragraph(text(f"report.sentence.gap_change_{subject.level}", **facts)),
        Picture("figure-gap-change", caption, chart),
    ]


def gap_change_rows(subject: Subject) -> pd.DataFrame:
    """``gap.change`` of the territory, one row per service; means add up, so municipalities are summed."""
    rows = subject.facts.gap_change
    if rows.empty:
        return rows
    rows = rows[rows["municipality_code"] == subject.code] if subject.level == "municipality" else rows
    keys = ["service_code", "base_year", "target_year", "scenario"]
    summed = rows.groupby(keys, as_index=False)[["gap_now", *GAP_CAUSES, "gap_then"]].sum()
    return summed.assign(status=status_of(rows))


def gap_change_chart(subject: Subject) -> charts.Chart | None:
    """Waterfalls of the services whose gap moves most; None where the split has not been made."""
    rows = gap_change_rows(subject)
    if rows.empty:
        return None
    causes = [cause for cause in GAP_CAUSES if cause not in MOVED_BY_FEW or rows[cause].abs().max() >= 0.5]
    base, target = int(rows["base_year"].iloc[0]), int(rows["target_year"].iloc[0])
    shown = rows.loc[(rows["gap_then"] - rows["gap_now"]).abs().nlargest(SHOWN_PANELS).index]
    grows = int((rows["gap_then"].round() > rows["gap_now"].round()).sum())
    return charts.waterfalls(
        _panels(subject, shown, ["gap_now", *causes, "gap_then"], {"base": base, "target": target}),
        key=f"gap_change_{subject.code}",
        title=text("report.finding.gap_change", count=grows, of=len(rows), target=target),
        subtitle=text("report.chart.gap_change", place=subject.label),
        source=text("report.source.demand"),
        is_demonstration=is_demonstration(rows),
    )


def _panels(
    subject: Subject, shown: pd.DataFrame, steps: list[str], years: dict[str, Any]
) -> list[tuple[str, pd.DataFrame]]:
    """A waterfall per row: the first and the last step are totals, those between are changes."""
    names = [text(f"report.cause.{step}", **years) for step in steps]
    is_total = [step in (steps[0], steps[-1]) for step in steps]
    return [
        (subject.service(row["service_code"]), pd.DataFrame({"step": names, "persons": values, "is_total": is_total}))
        for row, values in zip(shown.to_dict("records"), shown[steps].to_numpy(float), strict=True)
    ]


def drivers_chart(subject: Subject) -> charts.Chart | None:
    """Waterfalls of the services with the largest demand; None where the split has not been made."""
    rows = driver_rows(subject)
    if rows.empty:
        return None
    causes = _causes(rows)
    base, target = int(rows["base_year"].iloc[0]), int(rows["target_year"].iloc[0])
    shown = rows.nlargest(SHOWN_PANELS, "demand_then")
    return charts.waterfalls(
        _panels(subject, shown, ["use_today", *causes, "demand_then"], {"base": base, "target": target}),
        key=f"drivers_{subject.code}",
        title=_leading_cause(rows, causes),
        subtitle=text("report.chart.drivers", place=subject.label),
        source=text("report.source.demand"),
        is_demonstration=is_demonstration(rows),
    )


def _leading_cause(rows: pd.DataFrame, causes: list[str]) -> str:
    """Cause that moves most services most; services are counted, not summed, for they share their users."""
    largest = rows[causes].abs().idxmax(axis=1).value_counts()
    cause = text(f"report.cause.{largest.index[0]}").lower()
    return text("report.finding.drivers", cause=cause, count=int(largest.iloc[0]), of=len(rows))


def _drivers_table(subject: Subject, rows: pd.DataFrame, causes: list[str]) -> Table:
    base, target = int(rows["base_year"].iloc[0]), int(rows["target_year"].iloc[0])
    table = rows.assign(service=[subject.service(code, True) for code in rows["service_code"]])
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("use_today", text("report.cause.use_today", base=base), "count", width=1.1),
        *(Column(cause, text(f"report.cause.{cause}"), "change", width=1.1) for cause in causes),
        Column("demand_then", text("report.cause.demand_then", target=target), "count", width=1.1),
    )
    return Table(
        "table-drivers",
        text("report.caption.drivers", place=subject.label, base=base, target=target),
        by_name(table, "service"),
        columns,
        source=text("report.source.demand"),
        note=text("report.note.drivers"),
        status=status_of(rows),
        sheet=text("report.sheet.drivers"),
    )


def _scenarios(subject: Subject) -> list[Block]:
    rows, names, facts = side_by_side(subject)
    chart = scenarios_chart(subject)
    if chart is None:
        return []
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("median_1", f"{facts['first']} (80 %)", "interval", 0, "low_80_1", "high_80_1", 1.7),
        Column("median_2", f"{facts['second']} (80 %)", "interval", 0, "low_80_2", "high_80_2", 1.7),
        Column("median_2", text("report.column.difference"), "change", minus="median_1"),
    )
    return [
        Paragraph(text("report.sentence.scenarios", **facts)),
        Picture("figure-scenarios", text("report.caption.scenarios_chart", **facts), chart),
        Table(
            "table-scenarios",
            text("report.caption.scenarios", **facts),
            _side_by_side_table(subject, rows, names),
            columns,
            source=text("report.source.demand"),
            note=text("report.note.scenarios"),
            status=status_of(rows),
            sheet=text("report.sheet.scenarios"),
        ),
        _every_scenario(subject, rows, facts),
    ]


def _every_scenario(subject: Subject, rows: pd.DataFrame, facts: dict[str, Any]) -> Table:
    """Median demand of every service in the last year under every scenario that was computed."""
    last = rows[(rows["year"] == facts["year"]) & (rows["output_type"] == "median")]
    medians = last.pivot(index="service_code", columns="scenario", values="persons").reset_index()
    names = [REFERENCE, *sorted(set(last["scenario"]) - {REFERENCE})]
    titles = subject.facts.scenario_titles
    return Table(
        "table-every-scenario",
        text("report.caption.every_scenario", **facts),
        by_name(medians.assign(service=[subject.service(code, True) for code in medians["service_code"]]), "service"),
        (
            Column("service", text("report.column.service"), width=3),
            *(Column(name, titles.get(name, name), "count", width=1.1) for name in names),
        ),
        source=text("report.source.demand"),
        note=text("report.note.scenarios"),
        status=status_of(rows),
        sheet=text("report.sheet.every_scenario"),
    )


def side_by_side(subject: Subject) -> tuple[pd.DataFrame, list[str], dict[str, Any]]:
    """Rows of the compared scenarios, their codes, and what the sentences about them name; empty where not made."""
    rows = subject.facts.scenarios
    rows = rows[rows["area_code"] == subject.facts.oblast_code] if len(rows) else rows
    names = compared(subject, rows)
    if len(names) < 2:
        return rows, [], {}
    first, second = (subject.facts.scenario_titles.get(name, name) for name in names)
    place = Subject(subject.facts, subject.imprint, subject.facts.oblast_code).label
    return rows, names, {"first": first, "second": second, "year": int(rows["year"].max()), "place": place}


def compared(subject: Subject, rows: pd.DataFrame) -> list[str]:
    """The reference and the scenario that the split was asked for; unchanged rates beside the reference otherwise."""
    known = set(rows["scenario"]) if len(rows) else set()
    asked = set(subject.facts.driver["scenario"]) if len(subject.facts.driver) else set()
    beside = next((name for name in sorted(asked - {REFERENCE}) if name in known), BESIDE)
    return [name for name in (REFERENCE, beside) if name in known]


def _side_by_side_table(subject: Subject, rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """One row per service in the last year: median and 80 % range of both scenarios,."""
    last = wide(rows[rows["year"] == rows["year"].max()], ["service_code", "scenario"]).set_index("service_code")
    both = [
        last[last["scenario"] == name].drop(columns="scenario").add_suffix(f"_{at}") for at, name in enumerate(names, 1)
    ]
    table = both[0].join(both[1], how="outer").reset_index()
    return by_name(table.assign(service=[subject.service(code, True) for code in table["service_code"]]), "service")


def scenarios_chart(subject: Subject) -> charts.Chart | None:
    """Both scenarios of the services with the largest demand, in the same panels; None where there is one or none."""
    rows, names, facts = side_by_side(subject)
    if not names:
        return None
    paths = wide(rows[rows["scenario"].isin(names)], ["service_code", "scenario", "year"])
    last = paths[(paths["year"] == facts["year"]) & (paths["scenario"] == names[0])]
    shown = last.nlargest(SHOWN_PANELS, "median")["service_code"]
    panels = []
    for code in shown:
        one = paths[paths["service_code"] == code]
        panels.append(
            (subject.service(code), *(one[one["scenario"] == name].drop(columns="scenario") for name in names))
        )
    at_end = paths[paths["year"] == facts["year"]].pivot(index="service_code", columns="scenario", values="median")
    lower = int((np.round(at_end[names[1]]) < np.round(at_end[names[0]])).sum())
    higher = int((np.round(at_end[names[1]]) > np.round(at_end[names[0]])).sum())
    return charts.scenario_multiples(
        panels,
        key=f"scenarios_{subject.code}",
        title=text("report.finding.scenarios", lower=lower, higher=higher, of=len(at_end), **facts),
        subtitle=text("report.chart.scenarios", **facts),
        source=text("report.source.demand"),
        is_demonstration=is_demonstration(rows),
    )
