"""Sections 1, 2 and 9: summary, method and sources, and the notes on quality, glossary and list of sources."""

from typing import Any

import pandas as pd

from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Table
from ossu_analysis.report.sections.groups import unknown, unknown_rows
from ossu_analysis.report.sections.network import gap_rows, gap_sentences
from ossu_analysis.report.sections.people import profile_sentences
from ossu_analysis.report.sections.subject import Subject, ratio
from ossu_analysis.texts import day, text

METHOD = ("population", "ranges", "ages", "groups", "demand", "gap", "criteria")
GLOSSARY = ("need", "demand", "use", "waiting", "places", "map_number", "criterion", "median", "range", "forecast",
            "estimate", "demonstration", "working_age")  # fmt: skip


def summary(subject: Subject) -> list[Block]:
    """One page: key numbers and the sentences that the figures allow."""
    year = subject.planning_year
    rows = gap_rows(subject, year)
    said = [*profile_sentences(subject), *gap_sentences(rows, year), *_what_is_missing(subject, year)]
    return [
        Heading("summary", text("report.heading.summary"), new_page=True),
        _key_numbers(subject),
        *[Paragraph(sentence, "bullet") for sentence in said],
        Paragraph(text("report.slot.summary")),
    ]


def _what_is_missing(subject: Subject, year: int) -> list[str]:
    unknown, rows = len(unknown_rows(subject)), subject.gap(year)
    without = rows.loc[rows["criterion_maximum"].isna(), "service_code"].nunique()
    sentences = []
    if without:
        sentences.append(text("report.sentence.criteria_missing", count=without, of=rows["service_code"].nunique()))
    if unknown:
        sentences.append(text("report.sentence.groups_missing", count=unknown))
    return sentences


def _key_numbers(subject: Subject) -> Table:
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    rows = []
    for first, last in ((0, None), (0, 17), (65, None), (80, None)):
        now, then = subject.at(first, last, base), subject.at(first, last, horizon)
        rows.append(
            {
                "measure": text(f"report.words.ages_{first}_{'open' if last is None else last}"),
                "now": now.get("median"),
                "then": then.get("median"),
                "low": then.get("low_80"),
                "high": then.get("high_80"),
                "change": ratio(then.get("median"), now.get("median")) - 1,
            }
        )
    columns = (
        Column("measure", text("report.column.measure"), width=2),
        Column("now", text("report.column.in_year", year=base), "count"),
        Column("then", text("report.column.forecast_in", year=horizon), "interval", 0, "low", "high", 1.8),
        Column("change", text("report.column.change", base=base, horizon=horizon), "share", width=1.2),
    )
    return Table(
        "table-key",
        text("report.caption.key", place=subject.label),
        pd.DataFrame(rows),
        columns,
        source=text("report.source.population"),
        sheet=text("report.sheet.key"),
    )


def method(subject: Subject) -> list[Block]:
    """How the figures came about, in words, and how sure they are."""
    facts: dict[str, Any] = {
        "base": subject.imprint.base_year,
        "horizon": subject.imprint.until_year,
        "rules": subject.imprint.rules_version,
    }
    return [
        Heading("method", text("report.heading.method"), new_page=True),
        *[Paragraph(text(f"report.method.{step}", **facts)) for step in METHOD],
        Paragraph(text("report.sentence.sources")),
    ]


def notes(subject: Subject) -> list[Block]:
    """Quality notes, glossary and the sources with their vintage and date."""
    blocks: list[Block] = [Heading("notes", text("report.heading.notes"), wide=True)]
    blocks += [Heading("quality", text("report.heading.quality"), 2)]
    blocks += [Paragraph(text(f"report.quality.{note}"), "bullet") for note in _quality(subject)]
    blocks += [Paragraph(text("report.slot.quality"))]
    blocks += unknown(subject)
    blocks += [Heading("glossary", text("report.heading.glossary"), 2), glossary_table()]
    return [*blocks, *sources(subject)]


def sources(subject: Subject) -> list[Block]:
    """List of sources with vintage and date."""
    return [Heading("sources", text("report.heading.sources"), 2), sources_table(subject.facts.sources)]


def words(subject: Subject) -> list[Block]:
    """Signs and glossary alone, for short documents."""
    signs = [Paragraph(text(f"report.quality.{note}"), "bullet") for note in ("rounding", "signs")]
    return [Heading("words", text("report.heading.words"), wide=True), *signs, glossary_table()]


def _quality(subject: Subject) -> list[str]:
    notes = ["medians", "rounding", "census", "signs"]
    if subject.level == "municipality":
        notes.insert(0, "municipal_ages")
    if len(subject.capacity) and (subject.capacity["status"] == "demonstration").any():
        notes.insert(0, "demonstration")
    return notes


def glossary_table() -> Table:
    """Words of the document and what each means; never two quantities under one word."""
    rows = [
        {"word": text(f"report.glossary.{word}.word"), "meaning": text(f"report.glossary.{word}.meaning")}
        for word in GLOSSARY
    ]
    columns = (
        Column("word", text("report.column.word"), width=1.6),
        Column("meaning", text("report.column.meaning"), width=5),
    )
    return Table("table-glossary", text("report.caption.glossary"), pd.DataFrame(rows), columns,
                 sheet=text("report.sheet.glossary"))  # fmt: skip


def sources_table(sources: pd.DataFrame) -> Table:
    """Publisher, dataset, vintage and the day the figures refer to, of every source in the run."""
    rows = sources.sort_values(["publisher_bg", "title_bg"]).reset_index(drop=True)
    # Some codes go on with the publisher's English title after a colon.
    rows["code"] = rows["dataset_code"].str.split(":").str[0]
    rows["taken"] = [day(value) for value in rows["retrieved"]]
    rows["years"] = [f"{first}–{last}" for first, last in zip(rows["first_year"], rows["last_year"], strict=True)]
    columns = (
        Column("publisher_bg", text("report.column.publisher"), width=2.6),
        Column("title_bg", text("report.column.title"), width=3.6),
        Column("code", text("report.column.dataset"), width=1.9),
        Column("years", text("report.column.years"), width=1.1),
        Column("reference_bg", text("report.column.reference"), width=2.3),
        Column("vintage", text("report.column.vintage"), width=1.2),
        Column("taken", text("report.column.retrieved"), width=1.2),
    )
    return Table("table-sources", text("report.caption.sources"), rows, columns, sheet=text("report.sheet.sources"))
