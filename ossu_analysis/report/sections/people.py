"""Section 3, demographic profile: fan of the total and of 65+, age groups with ranges, pyramid."""

from collections.abc import Sequence

import pandas as pd

from ossu_analysis.report import charts
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table, spoken_interval
from ossu_analysis.report.facts import GROUPS
from ossu_analysis.report.sections.subject import Subject, ratio
from ossu_analysis.texts import interval, number, percent, text


def profile(subject: Subject) -> list[Block]:
    """Fan of the total and of 65+, pyramid, and the table of age groups with ranges."""
    first, last = subject.imprint.base_year, subject.imprint.until_year
    return [
        Heading("profile", text("report.heading.profile")),
        *[Paragraph(said) for said in profile_sentences(subject)],
        _age_table(subject),
        Picture("figure-fan", text("report.caption.fan", place=subject.label), fan_chart(subject)),
        Picture("figure-pyramid", text("report.caption.pyramid", place=subject.label, base=first, horizon=last),
                pyramid_chart(subject)),
        Paragraph(text("report.slot.profile")),
    ]  # fmt: skip


def profile_sentences(subject: Subject) -> list[str]:
    """Two sentences that state total and 65+ now and at the horizon; empty when there is no forecast."""
    first, last = subject.imprint.base_year, subject.imprint.until_year
    now, then = subject.at(0, None, first), subject.at(0, None, last)
    old_now, old_then = subject.at(65, None, first), subject.at(65, None, last)
    if pd.isna(then.get("median")):
        return [text("report.sentence.no_forecast", place=subject.label)]
    total = text(
        "report.sentence.total",
        place=subject.label,
        base=first,
        horizon=last,
        now=number(now["median"]),
        then=number(then["median"]),
        low=number(then["low_80"]),
        high=number(then["high_80"]),
        change=percent(then["median"] / now["median"] - 1 if now["median"] else float("nan")),
    )
    old = text(
        "report.sentence.old",
        base=first,
        horizon=last,
        now=number(old_now["median"]),
        kind=text(f"report.words.base_{subject.level}"),
        share=percent(old_now["median"] / now["median"] if now["median"] else float("nan")),
        then=interval(old_then["median"], old_then["low_80"], old_then["high_80"]),
        share_then=percent(old_then["median"] / then["median"] if then["median"] else float("nan")),
    )
    return [total, old]


def fan_chart(subject: Subject) -> charts.Chart:
    """History and forecast of the total and of 65+ with census breaks."""
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    history = subject.facts.history
    known = history[(history["area_code"] == subject.code) & (history["year"] <= base)].sort_values("year")
    total, old = subject.group(0, None), subject.group(65, None)
    panels = [
        (text("report.words.total"), known[["year", "persons"]].astype(float), _ahead(total, base)),
        (text("report.words.old"), _old_known(subject, known["year"].min()), _ahead(old, base)),
    ]
    now, then = subject.at(0, None, base).get("median"), subject.at(0, None, horizon)
    title = text(
        f"report.finding.{_direction(now, then.get('median'))}",
        now=number(now),
        then=spoken_interval(*(then.get(name, float("nan")) for name in ("median", "low_80", "high_80"))),
        horizon=horizon,
    )
    return charts.fan(
        panels,
        key=f"fan_{subject.code}",
        title=title,
        subtitle=text("report.chart.fan", place=subject.label, base=base),
        breaks=subject.facts.breaks,
        source=text("report.source.population"),
    )


def _ahead(group: pd.DataFrame, base: int) -> pd.DataFrame:
    return (
        group[group["year"] > base].drop(columns=["sex", "age_from", "age_to", "mean"], errors="ignore").astype(float)
    )


def _old_known(subject: Subject, first: int) -> pd.DataFrame:
    """People of 65 and over from ``first`` as published; of a municipality only the estimate for the base year."""
    base, rows = subject.imprint.base_year, subject.facts.old_people
    if len(rows):
        rows = rows[(rows["area_code"] == subject.code) & rows["year"].between(first, base)].sort_values("year")
    if rows.empty:
        old = subject.group(65, None)
        rows = old[old["year"] <= base].rename(columns={"median": "persons"})
    return rows[["year", "persons"]].astype(float)


def _direction(now: float | None, then: float | None) -> str:
    """``falls``, ``grows`` or ``holds`` (a change under half a percent), or ``unknown``."""
    if now is None or then is None or pd.isna(now) or pd.isna(then):
        return "unknown"
    change = then - now
    return "holds" if abs(change) < 0.005 * max(now, 1) else "falls" if change < 0 else "grows"


def pyramid_chart(subject: Subject) -> charts.Chart:
    """Five-year ages by sex, base year and horizon."""
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    people = subject.people
    sexes = people[people["sex"].isin(["F", "M"]) & _is_five_year(people)]
    middle = "median"
    keys = ["sex", "age_from", "age_to"]
    now, then = (sexes.loc[sexes["year"] == year, [*keys, middle]] for year in (base, horizon))
    ages = now.merge(then, on=keys, suffixes=("_base", "_horizon"))
    ages = ages.rename(columns={f"{middle}_base": "persons_base", f"{middle}_horizon": "persons_horizon"})
    shares = [_share_old(subject, year) for year in (base, horizon)]
    title = text(
        "report.finding.old_share", now=percent(shares[0]), then=percent(shares[1]), base=base, horizon=horizon
    )
    return charts.pyramid(
        ages,
        base,
        horizon,
        key=f"pyramid_{subject.code}",
        title=title,
        subtitle=text("report.chart.pyramid", place=subject.label, base=base, horizon=horizon),
        source=text("report.source.population"),
    )


def _is_five_year(people: pd.DataFrame) -> "pd.Series[bool]":
    width = people["age_to"].astype("Float64") - people["age_from"] + 1
    closed = (width == 5).fillna(False).astype(bool)
    # The open group of the pyramid is the one that continues the five-year ages.
    oldest = people.loc[closed, "age_to"].max()
    return closed | (people["age_to"].isna() & (people["age_from"] == oldest + 1))


def _share_old(subject: Subject, year: int) -> float:
    total, old = subject.at(0, None, year).get("median"), subject.at(65, None, year).get("median")
    return float(old) / float(total) if total and pd.notna(total) and pd.notna(old) else float("nan")


def _age_table(subject: Subject) -> Table:
    base, horizon = subject.imprint.base_year, subject.imprint.until_year
    middle_year = (base + horizon + 1) // 2
    rows = [_age_row(subject, first, last, (base, middle_year, horizon)) for first, last in GROUPS]
    columns = (
        Column("group", text("report.column.age_group"), width=2.2),
        Column("now", text("report.column.in_year", year=base), "count"),
        Column("share_now", text("report.column.share_in", year=base), "share"),
        Column("mid", text("report.column.forecast_in", year=middle_year), "interval", 0, "mid_low", "mid_high", 2.4),
        Column("then", text("report.column.forecast_in", year=horizon), "interval", 0, "then_low", "then_high", 2.4),
        Column("share_then", text("report.column.share_in", year=horizon), "share"),
        Column("change", text("report.column.change", base=base, horizon=horizon), "share", width=1.4),
    )
    return Table(
        "table-ages",
        text("report.caption.ages", place=subject.label),
        pd.DataFrame(rows),
        columns,
        source=text("report.source.population"),
        note=text(f"report.note.ages_{subject.level}"),
        sheet=text("report.sheet.ages"),
    )


def _age_row(subject: Subject, first: int, last: int | None, years: Sequence[int]) -> dict[str, object]:
    now, middle, then = (subject.at(first, last, year) for year in years)
    total_now, total_then = (subject.at(0, None, year).get("median") for year in (years[0], years[2]))
    return {
        "group": text(f"report.words.ages_{first}_{'open' if last is None else last}"),
        "now": now.get("median"),
        "share_now": ratio(now.get("median"), total_now),
        "mid": middle.get("median"),
        "mid_low": middle.get("low_80"),
        "mid_high": middle.get("high_80"),
        "then": then.get("median"),
        "then_low": then.get("low_80"),
        "then_high": then.get("high_80"),
        "share_then": ratio(then.get("median"), total_then),
        "change": ratio(then.get("median"), now.get("median")) - 1,
    }
