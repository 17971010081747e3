"""Sections of the consultation pack: what is proposed in short, how to answer, and the forms that keep the record.

Tables for people to fill have empty rows; a row is never invented. Points are referred to by the number that the page
gives them (``#proposal-p2``), which stays the same from run to run.
"""

import pandas as pd

from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Table
from ossu_analysis.report.sections.people import profile_sentences
from ossu_analysis.report.sections.subject import Subject, by_name, status_of
from ossu_analysis.texts import interval, number, text

DAYS = 30
"""Length of the public discussion of the proposal: НПСУ, art. 42(1)-(3)."""
FORMS = {
    "opinion": (("point", 1.2), ("opinion", 4), ("reason", 3), ("person", 2)),
    "register": (("number", 0.6), ("day", 1), ("person", 2), ("point", 1), ("opinion", 3), ("answer", 3)),
    "moved": (("number", 0.6), ("before", 2.5), ("after", 2.5), ("whose", 2), ("reason", 2.5)),
    "attendance": (("number", 0.6), ("person", 3), ("organisation", 3), ("signature", 2)),
}
EMPTY_ROWS = 5


def short(subject: Subject) -> list[Block]:
    """People, services and the proposal in sentences of everyday words."""
    rows = proposed(subject)
    more = rows[rows["proposed"] > rows["places"].fillna(0)]
    said = [text("report.sentence.hearing_kept", count=number(len(rows) - len(more)))]
    said += [
        text(
            "report.sentence.hearing_more",
            service=row["service"],
            places=number(row["places"]),
            proposed=number(row["proposed"]),
            demand=interval(row["demand_median"], row["demand_low"], row["demand_high"]),
            year=int(row["planning_year"]),
        )
        for row in more.to_dict("records")
    ]
    return [
        Heading("short", text("report.heading.short")),
        *[Paragraph(one) for one in profile_sentences(subject)],
        *[Paragraph(one, "bullet") for one in (said if len(rows) else [text("report.sentence.hearing_nothing")])],
        _proposed_table(subject, rows),
    ]


def proposed(subject: Subject) -> pd.DataFrame:
    """Lines of the municipality: places today, demand with its range, proposed users; an expert's number wins."""
    lines = subject.facts.lines
    lines = lines[(lines["area_code"] == subject.code) & (lines["part"] != 2)]
    ranges = subject.gap(subject.planning_year).set_index("service_code")
    rows = lines.assign(
        service=[subject.service(code) for code in lines["service_code"]],
        places=lines["existing_places"].astype("Float64"),
        proposed=lines["analyst_users"].fillna(lines["proposed_users"]).astype("Float64"),
        demand_low=lines["service_code"].map(ranges["demand_low"]),
        demand_high=lines["service_code"].map(ranges["demand_high"]),
    )
    return by_name(rows, "service")


def _proposed_table(subject: Subject, rows: pd.DataFrame) -> Table:
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("places", text("report.column.places"), "count"),
        Column("proposed", text("report.column.maximum_users"), "count", width=1.4),
        Column("demand_median", text("report.column.demand_in", year=subject.planning_year), "interval", 0,
               "demand_low", "demand_high", 2),
    )  # fmt: skip
    return Table("table-proposed", text("report.caption.proposed", place=subject.label), rows, columns,
                 source=text("report.source.demand"), note=text("report.note.proposed"), status=status_of(rows),
                 sheet=text("report.sheet.proposed"))  # fmt: skip


def answer(subject: Subject) -> list[Block]:
    """How, where and until when an opinion is given."""
    steps = [
        text(f"report.hearing.{step}", days=DAYS, place=subject.label) for step in ("when", "how", "point", "after")
    ]
    return [Heading("answer", text("report.heading.answer")), *[Paragraph(step, "bullet") for step in steps]]


def protocol(subject: Subject) -> list[Block]:
    """The protocol of the public discussion, to be filled in."""
    items = [text(f"report.hearing.{item}") for item in ("held", "chaired", "presented", "said", "decided")]
    return [Heading("protocol", text("report.heading.protocol"), new_page=True), *map(Paragraph, items)]


def forms(names: tuple[str, ...]) -> list[Block]:
    """Empty forms, each on its own heading."""
    return [
        block for name in names for block in (Heading(name, text(f"report.heading.{name}"), wide=True), _form(name))
    ]


def _form(name: str) -> Table:
    columns = tuple(Column(key, text(f"report.form.{key}"), width=width) for key, width in FORMS[name])
    empty = pd.DataFrame("", index=range(EMPTY_ROWS), columns=[column.name for column in columns])
    if "number" in empty:
        empty["number"] = [str(row + 1) for row in empty.index]
    return Table(f"table-{name}", text(f"report.caption.form_{name}"), empty, columns,
                 sheet=text(f"report.heading.{name}"))  # fmt: skip
