"""Section 8, the proposal in the structure of the municipal proposal: part 1 municipal level, part 2 oblast level.

Beside it, where proposal, annual plan, map and experts' numbers do not agree.
"""

import pandas as pd

from ossu_analysis.proposal.wording import expert_sentence
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.content import SLOT, Block, Column, Heading, Paragraph, Table, trace_address
from ossu_analysis.report.sections.network import said
from ossu_analysis.report.sections.subject import Subject, area_name, by_name, named, status_of
from ossu_analysis.texts import number, text

PARTS = (1, 2, 3)


def proposal(subject: Subject) -> list[Block]:
    """Part 1 municipal level, part 2 oblast level, part 3 outside the map; a part without lines says so."""
    lines = subject.facts.lines
    here, whole = (
        lines[lines["area_code"] == subject.code],
        lines[lines["area_code"].isin([subject.facts.oblast_code, COUNTRY])],
    )
    blocks: list[Block] = [
        Heading("proposal", text("report.heading.proposal"), wide=True),
        Paragraph(text("report.sentence.proposal")),
    ]
    for part in PARTS:
        chosen = whole if part == 2 else here
        chosen = chosen[chosen["part"] == part].reset_index(drop=True)
        blocks += [Heading(f"proposal-{part}", text(f"report.heading.part_{part}"), 2), _part(subject, part, chosen)]
    return [*blocks, Paragraph(text("report.slot.proposal"))]


def _part(subject: Subject, part: int, lines: pd.DataFrame) -> Table:
    # One source for all rows is said once, below the table.
    shared = str(lines["sources"].iloc[0]) if lines["sources"].nunique() == 1 else ""
    columns = (
        Column("service", text("report.column.service"), width=2.3),
        *([Column("scope", text("report.column.scope"), width=1.4)] if part == 2 else []),
        Column("year", text("report.column.planning_year"), "year", width=0.9),
        Column("existing_places", text("report.column.places"), "count", width=0.8),
        Column("decision", text("report.column.decision"), width=1.3),
        Column("since", text("report.column.since"), "year", width=0.8),
        Column("maximum_users", text("report.column.maximum_users"), "count", width=1.4, origin="proposed_users"),
        Column("criterion", text("report.column.criterion_need"), "count", width=1.6, origin="need_by_criterion"),
        Column("justification", text("report.column.justification"), width=5.4),
        *([] if shared else [Column("sources", text("report.column.source"), width=2)]),
        Column("agreement", text("report.column.agreement"), width=1.7),
    )
    place = (
        subject.label
        if part != 2
        else text("report.label.oblast", name=subject.facts.oblast_name, code=subject.facts.oblast_code)
    )
    return Table(
        f"table-proposal-{part}",
        text(f"report.caption.proposal_{part}", place=place),
        proposal_rows(subject, lines),
        columns,
        source=shared,
        note=text("report.note.proposal"),
        status=status_of(lines),
        sheet=text(f"report.sheet.proposal_{part}"),
    )


def proposal_rows(subject: Subject, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines as printed: names for codes, the missing criterion in words, an empty agreement as a slot to fill.

    An expert's own number stands instead of the proposed one; the sentence after the justification says both.
    """
    chosen = lines["analyst_users"].fillna(lines["proposed_users"])
    expert = [expert_sentence(line) for line in lines.to_dict("records")]
    return pd.DataFrame(
        {
            "service": [subject.service(code, True) for code in lines["service_code"]],
            "scope": [text(f"proposal.scope.{scope}") for scope in lines["scope"]],
            "trace": [
                trace_address(area, "line", code, "")
                for area, code in zip(lines["area_code"], lines["service_code"], strict=True)
            ],
            "year": lines["planning_year"],
            "decision": [text(f"proposal.decision.{kind}") for kind in lines["decision"]],
            "since": lines["effective_year"],
            "existing_places": lines["existing_places"],
            "maximum_users": said(chosen, "common.fill_in"),
            "criterion": said(lines["need_by_criterion"], "common.no_criterion"),
            "justification": [
                f"{why} {reason}".strip() for why, reason in zip(lines["justification"], expert, strict=True)
            ],
            "sources": lines["sources"],
            "agreement": lines["agreement_reference"].fillna("").replace("", SLOT),
        }
    )


def options(subject: Subject) -> list[Block]:
    """What the simple choices mean for each service of the oblast, side by side, with what each gives up."""
    rows = subject.facts.options
    rows = rows.assign(service=[subject.service(code, True) for code in rows["service_code"]])
    rows = by_name(rows, "service")
    rows["choice"] = [named("report.option", option) for option in rows["option"]]
    rows["cost"] = said(rows["yearly_cost"], "common.no_standard")
    rows["trace"] = [
        trace_address(subject.code, f"option-{option}", code, "")
        for option, code in zip(rows["option"], rows["service_code"], strict=True)
    ]
    columns = (
        Column("service", text("report.column.service"), width=2.6),
        Column("choice", text("report.column.option"), width=2),
        Column("places", text("report.column.places"), "count", width=0.9),
        Column("places_added", text("report.column.places_added"), "change", width=1),
        Column("persons_covered", text("report.column.covered"), "count", width=1.2),
        Column("persons_not_covered", text("report.column.not_covered"), "count", width=1.3),
        Column("cost", text("report.column.cost"), "count", width=1.3, origin="yearly_cost"),
        Column("gives_up", text("report.column.gives_up"), width=3.6),
    )
    table = Table(
        "table-options",
        text("report.caption.options", place=subject.label),
        rows,
        columns,
        source=text("report.source.demand"),
        note=text("report.note.options"),
        status=status_of(rows),
        sheet=text("report.sheet.options"),
    )
    return [Heading("options", text("report.heading.options"), 2), table]


def agreement(subject: Subject) -> list[Block]:
    """Differences between proposal, annual plan, map and experts' numbers; a sentence where there is none.

    A municipality reads its own and those of its oblast's lines, an oblast those of all its municipalities.
    """
    rows = subject.facts.differences
    if subject.level == "municipality":
        rows = rows[rows["area_code"].isin([subject.code, subject.facts.oblast_code])] if len(rows) else rows
    heading = Heading("agreement", text("report.heading.agreement"), 2)
    if rows.empty:
        return [heading, Paragraph(text("report.sentence.agreement_none"))]
    rows = rows.assign(
        area=[area_name(subject, code) for code in rows["area_code"]],
        service=[subject.service(code, True) for code in rows["service_code"]],
    )
    columns = (
        Column("area", text("report.column.area"), width=2.4),
        Column("service", text("report.column.service"), width=2.8),
        Column("message", text("report.column.difference_said"), width=6),
    )
    table = Table(
        "table-agreement",
        text("report.caption.agreement", place=subject.label),
        by_name(by_name(rows, "service"), "area"),
        columns,
        source=text("report.source.agreement"),
        note=text("report.note.agreement"),
        status=status_of(rows),
        sheet=text("report.sheet.agreement"),
    )
    return [heading, Paragraph(text("report.sentence.agreement", count=number(len(rows)))), table]
