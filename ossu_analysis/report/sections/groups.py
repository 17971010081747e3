"""Section 4, target groups: the size of each group that has a real rate, and which return would supply the others."""

import pandas as pd

from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Table
from ossu_analysis.report.facts import wide
from ossu_analysis.report.sections.subject import Subject, by_name, ratio, source_name, status_of
from ossu_analysis.texts import day, text


def groups(subject: Subject) -> list[Block]:
    """Groups with figures; those without stand in the notes, where they interrupt nobody."""
    return [
        Heading("groups", text("report.heading.groups")),
        Paragraph(text("report.sentence.groups")),
        _known(subject),
        Paragraph(text("report.slot.groups")),
    ]


def group_name(subject: Subject, code: str) -> str:
    """Official name of a target group; the code where the list has none."""
    names = subject.facts.group_status.set_index("target_group")["name_bg"]
    return str(names.get(code, code))


def _known(subject: Subject) -> Table:
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    columns = (
        Column("group", text("report.column.group"), width=3.2),
        Column("now", text("report.column.in_year", year=base), "count", width=1.1),
        Column("share", text("report.column.share_people"), "share", width=1.4),
        Column("then", text("report.column.forecast_in", year=horizon), "interval", 0, "then_low", "then_high", 2.2),
        Column("change", text("report.column.change", base=base, horizon=horizon), "share", width=1.3),
        Column("source", text("report.column.source"), width=2.2),
    )
    rows = subject.facts.need
    return Table(
        "table-groups",
        text("report.caption.groups", place=subject.label),
        group_rows(subject),
        columns,
        source=text("report.source.groups"),
        note=text("report.note.groups"),
        status=status_of(rows[rows["status"] == "demonstration"]) if len(rows) else "",
        sheet=text("report.sheet.groups"),
    )


def group_rows(subject: Subject) -> pd.DataFrame:
    """One row per target group with figures: base year, horizon with range, share of all people, change, source."""
    need = subject.facts.need
    need = need[need["area_code"] == subject.code]
    table = wide(need, ["target_group", "year"]).set_index("year")
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    now = table[table.index == base].set_index("target_group")
    then = table[table.index == horizon].set_index("target_group")
    everybody = subject.at(0, None, base).get("median")
    status = subject.facts.group_status.set_index("target_group")
    rows = [
        {
            "target_group": code,
            "group": f"{group_name(subject, code)} ({code})",
            "now": now["median"].get(code),
            "share": ratio(now["median"].get(code), everybody),
            "then": then["median"].get(code),
            "then_low": then["low_80"].get(code) if "low_80" in then else float("nan"),
            "then_high": then["high_80"].get(code) if "high_80" in then else float("nan"),
            "change": ratio(then["median"].get(code), now["median"].get(code)) - 1,
            "source": _source(subject, status, code),
        }
        for code in sorted(set(table["target_group"]))
    ]
    names = ["target_group", "group", "now", "share", "then", "then_low", "then_high", "change", "source"]
    return by_name(pd.DataFrame(rows, columns=names), "group")


def _source(subject: Subject, status: pd.DataFrame, code: str) -> str | None:
    """Publisher and the day the rate refers to; a group by age alone rests on the population forecast."""
    source_id = status["source_id"].get(code)
    if not isinstance(source_id, str) or not source_id:
        return None
    source, as_of = source_name(subject.facts, source_id), status["reference_date"].get(code)
    return f"{source}, {day(as_of)}" if isinstance(as_of, str) and len(as_of) >= 10 else source


def unknown(subject: Subject) -> list[Block]:
    """Groups without a figure and the return that would supply each."""
    return [Heading("groups-unknown", text("report.heading.groups_unknown"), 2), _unknown(subject)]


def _unknown(subject: Subject) -> Table:
    columns = (
        Column("group", text("report.column.group"), width=3),
        Column("data", text("report.column.data"), width=0.9),
        Column("needed", text("report.column.needed"), width=4.6),
    )
    return Table(
        "table-groups-unknown",
        text("report.caption.groups_unknown"),
        unknown_rows(subject),
        columns,
        note=text("report.note.groups_unknown"),
        sheet=text("report.sheet.groups_unknown"),
    )


def unknown_rows(subject: Subject) -> pd.DataFrame:
    """Groups without a real rate: name, „няма данни“, what return would supply the figure."""
    status = subject.facts.group_status
    # Groups of the law only: technical age classes have no return of their own.
    status = status[~status["has_rate"].astype(bool) & status["target_group"].str.startswith("TG-")]
    rows = [
        {
            "group": f"{group_name(subject, row['target_group'])} ({row['target_group']})",
            "data": text("common.no_data"),
            "needed": _needed(row["remark_bg"]),
        }
        for row in status.to_dict("records")
    ]
    return by_name(pd.DataFrame(rows, columns=["group", "data", "needed"]), "group")


def _needed(remark: str) -> str:
    """What would supply the figure, without „няма данни“, which stands in a column of its own."""
    missing = text("common.no_data")
    return remark.removeprefix(missing).lstrip(";:. ") if remark.startswith(missing) else remark
