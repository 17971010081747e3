"""Section 8, the proposal in the structure of the municipal proposal: part 1 municipal level, part 2 oblast level."""

import pandas as pd

from ossu_analysis.report.content import SLOT, Block, Column, Heading, Paragraph, Table
from ossu_analysis.report.sections.case import Case, named, service_name, status_of
from ossu_analysis.report.sections.network import said
from ossu_analysis.texts import text


def proposal(case: Case) -> list[Block]:
    """Both parts; a part without lines says so."""
    lines = case.facts.lines
    lines = lines[lines["municipality_code"] == case.code]
    blocks: list[Block] = [
        Heading("proposal", text("report.heading.proposal"), wide=True),
        Paragraph(text("report.sentence.proposal")),
    ]
    for part in (1, 2):
        chosen = lines[lines["part"] == part].reset_index(drop=True)
        blocks += [Heading(f"proposal-{part}", text(f"report.heading.part_{part}"), 2), _part(case, part, chosen)]
    return [*blocks, Paragraph(text("report.slot.proposal"))]


def _part(case: Case, part: int, lines: pd.DataFrame) -> Table:
    columns = (
        Column("service", text("report.column.service"), width=2.6),
        Column("scope", text("report.column.scope"), width=1.4),
        Column("maximum_users", text("report.column.maximum_users"), "count", width=1.2),
        Column("criterion", text("report.column.criterion_need"), "count", width=1.5),
        Column("justification", text("report.column.justification"), width=5),
        Column("source", text("report.column.source"), width=2),
        Column("agreement", text("report.column.agreement"), width=1.5),
    )
    return Table(
        f"table-proposal-{part}",
        text(f"report.caption.proposal_{part}", place=case.label),
        proposal_rows(lines),
        columns,
        note=text("report.note.proposal"),
        status=status_of(lines),
        sheet=text(f"report.sheet.proposal_{part}"),
    )


def proposal_rows(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines as printed: names for codes, the missing criterion in words, an empty agreement as a slot to fill."""
    return pd.DataFrame(
        {
            "service": [f"{service_name(code)} ({code})" for code in lines["service_code"]],
            "scope": [named("report.scope", scope) for scope in lines["scope"]],
            "maximum_users": said(lines["maximum_users"], "common.fill_in"),
            "criterion": said(lines["criterion_maximum"], "common.no_criterion"),
            "justification": lines["justification"],
            "source": lines["source"],
            "agreement": lines["agreement_reference"].fillna("").replace("", SLOT),
        }
    )
