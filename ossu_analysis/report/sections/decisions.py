"""The answer first: what is proposed for a municipality, why, what it costs and how sure that is, on one page.

Belongs here: choosing and wording what stands before everything else. Decisions are made in `ossu_analysis.proposal`;
the full lines with their justification stand in the section of the proposal.
"""

import datetime
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ossu_analysis.proposal.money import priced, unit_costs_on
from ossu_analysis.proposal.wording import why
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Table, trace_address
from ossu_analysis.report.sections.subject import Subject, area_name, by_name, status_of
from ossu_analysis.texts import money, number, probability, text

UNCHANGED = ("keep", "study", "not_proposed")
"""Decisions after which nothing moves: named in one sentence each."""
ELSEWHERE = ("serve_by_neighbour", "mobile_team")
"""Decisions by which another municipality serves the residents."""


def decisions(subject: Subject) -> list[Block]:
    """What moves, line by line, then what stays, what is studied and what is not proposed, each in one sentence."""
    lines = own_lines(subject)
    moved = lines[~lines["decision"].isin(UNCHANGED)]
    said = "moved" if len(moved) else "nothing_moves" if len(lines) else "no_lines"
    blocks: list[Block] = [Heading("decisions", text("report.heading.decisions"))]
    blocks += [Paragraph(text(f"report.decisions.{said}", place=subject.label, count=number(len(moved))))]
    blocks += [_table(subject, moved)] if len(moved) else []
    return [*blocks, *_unchanged(subject, lines)]


def own_lines(subject: Subject) -> pd.DataFrame:
    """Lines of the municipality itself; those of its oblast stand in the oblast's papers."""
    lines = subject.facts.lines
    return lines[lines["area_code"] == subject.code]


def _unchanged(subject: Subject, lines: pd.DataFrame) -> list[Block]:
    found = []
    for decision in UNCHANGED:
        names = sorted(subject.service(code) for code in lines.loc[lines["decision"] == decision, "service_code"])
        if names:
            facts = {"count": number(len(names)), "services": ", ".join(names)}
            found.append(Paragraph(text(f"report.decisions.{decision}", **facts), "bullet"))
    return found


def _table(subject: Subject, lines: pd.DataFrame) -> Table:
    rows = decision_rows(subject, lines)
    columns = (
        Column("service", text("report.column.service"), width=2.4),
        Column("decision", text("report.column.decision"), width=1.5),
        Column("places", text("report.column.places_from_to"), width=1.6, origin="proposed_users"),
        Column("since", text("report.column.since"), "year", width=1.1, origin="effective_year"),
        Column("why", text("report.column.why"), width=3.6),
        Column("cost", text("report.column.cost_of_change"), width=2.3),
        Column("sure", text("report.column.how_sure"), width=1.9, origin="probability_gap_positive"),
    )
    return Table("table-decisions", text("report.caption.decisions", place=subject.label), rows, columns,
                 note=_note(subject, lines), status=status_of(lines),
                 sheet=text("report.sheet.decisions"))  # fmt: skip


def decision_rows(subject: Subject, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines as a reader decides on them: ``service, decision, places, since, why, cost, sure``, in Bulgarian order."""
    records = lines.to_dict("records")
    table = pd.DataFrame(
        {
            "service": [subject.service(code) for code in lines["service_code"]],
            "trace": [trace_address(subject.code, "line", code, "") for code in lines["service_code"]],
            "decision": [text(f"proposal.decision.{kind}") for kind in lines["decision"]],
            "places": [_from_to(subject, line) for line in records],
            "since": lines["effective_year"].astype("Float64").to_numpy(),
            "why": [why(line) for line in records],
            "cost": _costs(subject, lines),
            "sure": [_sure(line) for line in records],
        }
    )
    return by_name(table, "service")


def _from_to(subject: Subject, line: Mapping[Any, Any]) -> str:
    if line["decision"] in ELSEWHERE:
        if pd.isna(line["host_code"]) or not line["host_code"]:
            return text("report.decisions.already_elsewhere")
        host = area_name(subject, line["host_code"])
        return text("report.decisions.elsewhere", persons=number(line["persons_elsewhere"]), host=host)
    chosen = line["proposed_users"] if pd.isna(line["analyst_users"]) else line["analyst_users"]
    ends = (None if pd.isna(value) else value for value in (line["existing_places"], chosen))
    first, then = map(number, ends)
    return text("report.decisions.from_to", first=first, then=then)


def _costs(subject: Subject, lines: pd.DataFrame) -> list[str]:
    """Yearly cost of the places that come or go, in words where the standard is not loaded."""
    chosen = lines["analyst_users"].fillna(lines["proposed_users"]).astype("Float64")
    change = chosen - lines["existing_places"].astype("Float64")
    rows = priced(lines[["service_code", "decision"]].assign(users=change), _standards(subject, lines))
    return [_cost(row) for row in rows.to_dict("records")]


def _cost(row: Mapping[str, Any]) -> str:
    if row["decision"] in ELSEWHERE:
        return text("report.decisions.paid_by_host")
    if pd.isna(row["yearly_cost"]):
        return text("common.no_standard")
    said = money(row["yearly_cost"], row["currency"])
    return text("report.decisions.cost", amount=said, year=int(row["price_year"]))


def _note(subject: Subject, lines: pd.DataFrame) -> str:
    """What the columns mean; a decision on money whose amount nobody has seen is named once for all its services."""
    unseen = _standards(subject, lines)["unseen"]
    named = [
        text("report.decisions.unseen", decision=decision, count=int((unseen == decision).sum()))
        for decision in sorted(set(unseen) - {""})
    ]
    return " ".join([text("report.note.decisions"), *named])


def _standards(subject: Subject, lines: pd.DataFrame) -> pd.DataFrame:
    """Standards of money in force on the day of the document, for the services of the lines."""
    day = datetime.date.fromisoformat(subject.imprint.made_on)
    return unit_costs_on(subject.facts.unit_costs, day, sorted(set(lines["service_code"])))


def _sure(line: Mapping[Any, Any]) -> str:
    chance, letter = line["probability_gap_positive"], line["confidence"]
    known = "unknown" if pd.isna(chance) else "known"
    said = text(f"report.decisions.sure_{known}", chance="" if pd.isna(chance) else probability(float(chance)))
    return "; ".join([said, *([text("report.decisions.confidence", letter=letter)] if isinstance(letter, str) else [])])
