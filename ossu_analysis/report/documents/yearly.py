"""The yearly plan of a municipality in its two mandatory parts, НПСУ art. 59 and ЗСУ art. 38."""

import datetime

import pandas as pd

from ossu_analysis.report.content import Block, Column, Document, Heading, Paragraph, Table
from ossu_analysis.report.documents.municipal import municipal_document
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import notes
from ossu_analysis.report.sections.network import said
from ossu_analysis.report.sections.subject import Subject, by_name, named, status_of
from ossu_analysis.texts import text

MONTHS = 12


def yearly_plan(facts: Facts, municipality_code: str, imprint: Imprint) -> Document:
    """Build the draft plan of one municipality for the calendar year after the one in which the run is made.

    Parameters
    ----------
    facts : Facts
        Tables of its oblast.
    municipality_code : str
        NSI code, e.g. ``SML31``.
    imprint : Imprint
        Identity of the run.
    """
    subject = Subject(facts, imprint, municipality_code)
    year = datetime.date.fromisoformat(imprint.made_on).year + 1
    rows = plan_rows(subject)
    blocks: list[Block] = [Heading("start", text("report.heading.yearly_start"))]
    blocks += [Paragraph(text(f"report.yearly.{one}", year=year, place=subject.label)) for one in ("what", "numbers")]
    for part in ("map", "budget"):
        chosen = rows[rows["part"] == part].reset_index(drop=True)
        blocks += [
            Heading(f"part-{part}", text(f"report.heading.yearly_{part}"), wide=True),
            _table(subject, part, chosen, year),
        ]
    blocks += [Heading("changes", text("report.heading.yearly_changes"), wide=True), _changes(subject, year)]
    blocks += [Paragraph(text("report.slot.yearly")), *notes.words(subject)]
    return municipal_document(subject, "godishen_plan", text("report.title.godishen_plan", year=year), blocks)


def plan_rows(subject: Subject) -> pd.DataFrame:
    """Services that the municipality has, newest period, with the part of the plan each belongs to.

    Returns
    -------
    DataFrame
        ``part`` (``map`` or ``budget``), ``service, users, funding, standard, amount, months, remark, status``. Amounts
        are left to the decision that sets the standards of the year; nothing stands for them.
    """
    rows = subject.capacity
    closing = rows["is_closing"].astype("boolean").fillna(False).astype(bool)
    municipal = rows["funding_type"] == "municipal"
    remarks = [text("report.yearly.closing") if ends else text("report.yearly.project") if kind == "project" else "–"
               for ends, kind in zip(closing, rows["funding_type"], strict=True)]  # fmt: skip
    table = pd.DataFrame(
        {
            "part": ["budget" if own else "map" for own in municipal],
            "service": [subject.service(code, True) for code in rows["service_code"]],
            "users": said(rows["places"].astype("Float64"), "common.fill_in"),
            "funding": [named("report.funding", kind) for kind in rows["funding_type"]],
            "standard": text("common.no_standard"),
            "amount": text("common.fill_in"),
            "months": MONTHS,
            "remark": remarks,
            "status": rows["status"].to_numpy(),
        }
    )
    return by_name(table, "service")


def _table(subject: Subject, part: str, rows: pd.DataFrame, year: int) -> Table:
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("users", text("report.column.maximum_users"), "count", width=1.2),
        Column("funding", text("report.column.funding"), width=1.6),
        Column("standard", text("report.column.standard"), width=1.4),
        Column("amount", text("report.column.amount"), width=1.4),
        Column("months", text("report.column.months"), "count", width=0.9),
        Column("remark", text("report.column.remark"), width=2.6),
    )
    return Table(f"table-{part}", text(f"report.caption.yearly_{part}", place=subject.label, year=year), rows, columns,
                 source=text("report.source.returns"), note=text("report.note.yearly"), status=status_of(rows),
                 sheet=text(f"report.sheet.yearly_{part}"))  # fmt: skip


def _changes(subject: Subject, year: int) -> Table:
    """Lines of the proposal that add places, with demand and missing places of the plan's own year beside them."""
    lines = subject.facts.lines
    lines = lines[(lines["area_code"] == subject.code) & (lines["proposed_users"] > lines["existing_places"].fillna(0))]
    of_year = subject.gap(year).set_index("service_code").reindex(lines["service_code"]).reset_index(drop=True)
    wanted = ["demand_median", "demand_low", "demand_high", "gap_to_demand_places"]
    rows = pd.DataFrame(
        {
            "service": [subject.service(code, True) for code in lines["service_code"]],
            **{name: of_year[name].to_numpy() for name in wanted},
            "places": lines["existing_places"].astype("Float64"),
            "proposed": lines["analyst_users"].fillna(lines["proposed_users"]).astype("Float64"),
            "by": lines["planning_year"].astype("Float64"),
            "this_year": text("common.fill_in"),
            "status": lines["status"],
        }
    )
    demand = text("report.column.demand_in", year=year)
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("places", text("report.column.places"), "count"),
        Column("demand_median", demand, "interval", 0, "demand_low", "demand_high", 1.8),
        Column("gap_to_demand_places", text("report.column.gap_in", year=year), "change", width=1.2),
        Column("proposed", text("report.column.maximum_users"), "count", width=1.4),
        Column("by", text("report.column.by_year"), "year"),
        Column("this_year", text("report.column.places_this_year"), width=2),
    )
    return Table("table-changes", text("report.caption.yearly_changes", place=subject.label), by_name(rows, "service"),
                 columns, source=text("report.source.demand"), status=status_of(rows),
                 sheet=text("report.sheet.yearly_changes"))  # fmt: skip
