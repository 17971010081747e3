"""Why demand and the gap move, cause by cause, and all scenarios side by side.

All rest on tables of the job ``scenarios`` (``demand.driver``, ``demand.scenario_forecast``, ``gap.change``). Without
them one sentence says how to make them. Scenarios are compared for the oblast, the lowest level for which
they are computed.
"""

from typing import Any

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
REFERENCE = "reference"


def outlook(subject: Subject) -> list[Block]:
    """Why demand moves and what else may happen, each when its table has been made."""
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
                **{name: number(abs(row[name])) for name in ("rise", "by_group", "released_unmet")},
                rate=_rate_said(float(row["rate_trend"])),
                **facts,
            ),
            "note",
        )
        for row in against.to_dict("records")
    ]


def _rate_said(persons: float) -> str:
    """What the share of those who ask adds or takes; less than half a person is nothing."""
    if round(persons) == 0:
        return text("report.sentence.rate_stays")
    return text(f"report.sentence.rate_{'adds' if persons > 0 else 'takes'}", persons=number(abs(persons)))


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
    rows, chart = scenario_rows(subject), scenarios_chart(subject)
    if chart is None:
        return []
    facts: dict[str, Any] = {"year": int(rows["year"].iloc[0]), "place": _of_oblast(subject).label}
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column(REFERENCE, _titles(subject, rows)[REFERENCE], "interval", 0, "low_80", "high_80", 1.7),
        *(
            Column(name, title, "count", width=1.1)
            for name, title in _titles(subject, rows).items()
            if name != REFERENCE
        ),
    )
    return [
        Paragraph(text("report.sentence.scenarios", **facts)),
        Picture("figure-scenarios", text("report.caption.scenarios_chart", **facts), chart),
        Table(
            "table-scenarios",
            text("report.caption.scenarios", **facts),
            _scenarios_table(subject, rows),
            columns,
            source=text("report.source.demand"),
            note=text("report.note.scenarios"),
            status=status_of(rows),
            sheet=text("report.sheet.scenarios"),
        ),
    ]


def scenario_rows(subject: Subject) -> pd.DataFrame:
    """Median and 80 % range in the last year of every service and scenario of the oblast; empty if not made."""
    rows = subject.facts.scenarios
    rows = rows[rows["area_code"] == subject.facts.oblast_code] if len(rows) else rows
    if rows.empty or not {REFERENCE} < set(rows["scenario"]):
        return rows.iloc[:0]
    last = rows[rows["year"] == rows["year"].max()]
    return wide(last, ["service_code", "scenario", "year"]).assign(status=status_of(last))


def _of_oblast(subject: Subject) -> Subject:
    return Subject(subject.facts, subject.imprint, subject.facts.oblast_code)


def _titles(subject: Subject, rows: pd.DataFrame) -> dict[str, str]:
    """Printed names of the scenarios, the reference first."""
    names = [REFERENCE, *sorted(set(rows["scenario"]) - {REFERENCE})]
    return {name: subject.facts.scenario_titles.get(name, name) for name in names}


def _scenarios_table(subject: Subject, rows: pd.DataFrame) -> pd.DataFrame:
    """One row per service: the median of every scenario, and the 80 % range of the reference."""
    medians = rows.pivot(index="service_code", columns="scenario", values="median")
    reference = rows[rows["scenario"] == REFERENCE].set_index("service_code")[["low_80", "high_80"]]
    table = medians.join(reference).reset_index()
    return by_name(table.assign(service=[subject.service(code, True) for code in table["service_code"]]), "service")


def scenarios_chart(subject: Subject) -> charts.Chart | None:
    """Every scenario of the services with the largest demand, in the same panels; None where there is one or none."""
    rows = scenario_rows(subject)
    if rows.empty:
        return None
    titles = _titles(subject, rows)
    largest = rows[rows["scenario"] == REFERENCE].nlargest(SHOWN_PANELS, "median")["service_code"]
    ordered = rows.set_index(["service_code", "scenario"]).sort_index()
    panels = []
    for code in largest:
        one = ordered.loc[code].reindex(list(titles)).reset_index().replace({"scenario": titles})
        panels.append((subject.service(code), one[["scenario", "median", "low_80", "high_80"]]))
    return charts.scenario_ranges(
        panels,
        key=f"scenarios_{subject.code}",
        title=_farthest(subject, rows),
        subtitle=text("report.chart.scenarios", place=_of_oblast(subject).label, year=int(rows["year"].iloc[0])),
        source=text("report.source.demand"),
        is_demonstration=is_demonstration(rows),
    )


def _farthest(subject: Subject, rows: pd.DataFrame) -> str:
    """Which scenario moves services farthest from the reference on average, and in how many of them which way."""
    medians = rows.pivot(index="service_code", columns="scenario", values="median").round()
    apart = medians.sub(medians[REFERENCE], axis=0)
    name = str(apart.div(medians[REFERENCE].clip(lower=1), axis=0).abs().mean().idxmax())
    facts: dict[str, Any] = {
        "lower": int((apart[name] < 0).sum()),
        "higher": int((apart[name] > 0).sum()),
        "of": len(apart),
    }
    titles, year = _titles(subject, rows), int(rows["year"].iloc[0])
    return text("report.finding.scenarios", first=titles[REFERENCE], second=titles[name], year=year, **facts)
