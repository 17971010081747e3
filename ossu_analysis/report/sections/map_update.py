"""Grounds to update the National Map, told apart: a census, a criterion, an indicator, an unforeseen event."""

from typing import Any

from ossu_analysis.monitoring.map_update import MAP_BASE_YEAR
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Table
from ossu_analysis.report.sections.subject import Subject, area_name, status_of
from ossu_analysis.texts import day, number, text


def grounds(subject: Subject) -> list[Block]:
    """One sentence per ground, and the municipalities and groups whose indicator has changed."""
    rows = subject.facts.map_update
    heading = Heading("map-update", text("monitoring.map.heading"), wide=True)
    event = Paragraph(text("monitoring.map.event"))
    if rows.empty:
        return [heading, Paragraph(text("common.no_data")), event]
    census, criterion, indicator = (rows[rows["ground"] == one] for one in ("census", "criterion", "indicator"))
    found = indicator[indicator["qualifies"].fillna(False)]
    facts: dict[str, Any] = {"base": MAP_BASE_YEAR, "since": day(census["since"].max()) if len(census) else ""}
    facts |= {"listed": ", ".join(subject.service(code, True) for code in sorted(set(criterion["subject"])))}
    facts |= {"rows": number(len(found)), "towns": number(found["municipality_code"].nunique())}
    facts |= {"all": number(rows["municipality_code"].nunique()), "place": subject.label}
    judged = indicator["qualifies"].notna().any()
    said = [
        text(f"monitoring.map.{'census' if len(census) else 'no_census'}", **facts),
        text(f"monitoring.map.{'criterion' if len(criterion) else 'no_criterion'}", **facts),
        text(f"monitoring.map.{'indicator' if judged else 'not_judged'}", **facts),
    ]
    if found.empty:
        return [heading, *map(Paragraph, said), event]
    names = dict(subject.facts.groups[["target_group", "name_bg"]].to_numpy())
    found = found.assign(
        town=[area_name(subject, code) for code in found["municipality_code"]],
        group=[names.get(code, code) for code in found["subject"]],
        middle=(found["expected_low"] + found["expected_high"]) / 2,
    )
    order = {code: at for at, code in enumerate(subject.parts)}
    found = found.sort_values("municipality_code", key=lambda codes: codes.map(order), kind="stable")
    year = found["since"].max()[:4]
    columns = (
        Column("town", text("monitoring.map.column.town"), width=2),
        Column("group", text("monitoring.map.column.group"), width=2.4),
        Column("base", text("monitoring.map.column.base", base=MAP_BASE_YEAR), "count"),
        Column("now", text("monitoring.map.column.now", year=year), "count"),
        Column("middle", text("monitoring.map.column.expected"), "interval", 0, "expected_low", "expected_high", 2),
        Column("change_share", text("monitoring.map.column.share"), "share"),
    )
    table = Table("table-map-update", text("monitoring.map.caption", **facts), found, columns,
                  source=text("monitoring.map.source"), note=text("monitoring.map.note"), status=status_of(found),
                  sheet=text("monitoring.map.sheet"))  # fmt: skip
    return [heading, *map(Paragraph, said), table, event]
