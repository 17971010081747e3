"""Options under ceilings side by side, what each does and gives up, and what they were made from.

The same blocks stand in the oblast's document and, for every area asked for, on the run's page of options.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.charts import Chart
from ossu_analysis.report.charts.allocation import place_grid, served_against_cost
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.sections.subject import Subject, by_name, named, status_of
from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.texts import day, money, number, percent, sort_key, text


@dataclass(frozen=True)
class Plans:
    """Options of one area as their tables, with the names that people read.

    Parameters
    ----------
    area_code : str
        Oblast, or ``BG``.
    label : str
        Area for people.
    tables : mapping of str to DataFrame
        Tables of ``proposal`` made by the job ``options``, rows of the area only.
    area_names, service_names, oblast_of : mapping of str to str
        By code.
    to_trace : str
        Address of the folder of trace pages, from the page that is written.
    """

    area_code: str
    label: str
    tables: Mapping[str, pd.DataFrame]
    area_names: Mapping[str, str]
    service_names: Mapping[str, str]
    oblast_of: Mapping[str, str]
    to_trace: str = "trace/"

    @property
    def options(self) -> pd.DataFrame:
        """The options, numbered in the order in which they were found."""
        rows = self.tables["allocation"].reset_index(drop=True)
        worst = [self.area_names.get(code, code) for code in rows["worst_municipality_code"]]
        return rows.assign(number=range(1, len(rows) + 1), worst_name=worst)

    @property
    def year(self) -> int:
        """Planning year."""
        return int(max(self.tables[name]["planning_year"].max() for name in ("allocation", "allocation_note")
                       if len(self.tables[name])))  # fmt: skip

    def named(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows with names beside the codes of municipalities and services."""
        found = rows.copy()
        for column, names in (("service_code", self.service_names), *((f"{end}_code", self.area_names) for end in
                              ("municipality", "host", "guest"))):  # fmt: skip
            if column in found:
                found[column.removesuffix("_code")] = [names.get(code, code) for code in found[column]]
        return found


def annex(subject: Subject) -> list[Block]:
    """Options under ceilings in the oblast's document where they were made."""
    facts = subject.facts
    names = dict(facts.municipalities[["municipality_code", "name_bg"]].to_numpy())
    oblasts = dict(facts.municipalities[["municipality_code", "oblast_code"]].to_numpy())
    plans = Plans(
        subject.code,
        subject.label,
        {name: getattr(facts, name) for name in PLAN_TABLES},
        names,
        facts.service_names,
        oblasts,
        "../../trace/",
    )
    made = len(facts.allocation) + len(facts.allocation_note)
    return plans_section(plans, 2, with_places=False) if made else []


def public_money(subject: Subject) -> list[Block]:
    """State subsidy beside users x standard, and project money that ends, of a municipality or of a whole oblast."""
    facts = subject.facts
    names = dict(facts.municipalities[["municipality_code", "name_bg"]].to_numpy())
    checks, cliffs = facts.subsidy_check, facts.funding_cliff
    if subject.level == "municipality":
        checks, cliffs = (rows[rows["municipality_code"].eq(subject.code)] if len(rows) else rows
                          for rows in (checks, cliffs))  # fmt: skip
    return [*subsidy_section(checks, names), *cliff_section(cliffs, names, facts.service_names)]


def plans_section(plans: Plans, level: int = 1, with_places: bool = True) -> list[Block]:
    """Everything about the options of one area; a sentence where there are none.

    Parameters
    ----------
    plans : Plans
    level : int
        Of the first heading.
    with_places : bool
        Whether every option lists its places, host by host.
    """
    key = f"plans-{plans.area_code}"
    notes = [Paragraph(said, "note") for said in plans.tables["allocation_note"]["message"]]
    heading = Heading(key, text("allocation.heading.plans", place=plans.label), level, wide=level == 1)
    if plans.options.empty:
        return [heading, *notes]
    status = status_of(plans.options)
    is_demonstration = status == "demonstration"
    marks = [Paragraph(text("allocation.demonstration"), "warning")] if is_demonstration else []
    blocks: list[Block] = [heading, *marks, Paragraph(text("allocation.lead", year=plans.year)), *notes]
    blocks += [Picture(f"{key}-served", text("allocation.caption.served", place=plans.label), served_chart(plans))]
    blocks += [_comparison(plans, status)]
    blocks += [Picture(f"{key}-places", text("allocation.caption.grid", place=plans.label), grid_chart(plans))]
    for option in plans.options.to_dict("records"):
        blocks += _one_option(plans, option, level + 1, with_places)
    return [*blocks, *_made_from(plans, level + 1)]


def served_chart(plans: Plans) -> Chart:
    """Persons served against money with the budget curve, and the worst-off municipality of each option."""
    options, curve = plans.options, plans.tables["budget_curve"]
    best = options.iloc[int(options["expected_served"].argmax())]
    cheapest = options.iloc[int(options["yearly_cost"].argmin())]
    title = text(
        "allocation.chart.title_served",
        more=number(best["expected_served"] - cheapest["expected_served"]),
        money=money(best["yearly_cost"] - cheapest["yearly_cost"], best["currency"]),
    )
    return served_against_cost(
        options[["number", "title", "yearly_cost", "expected_served", "worst_share", "worst_name", "currency"]],
        curve[["yearly_cost", "expected_served"]],
        key=f"plans_{plans.area_code}",
        title=title,
        subtitle=text("allocation.chart.subtitle_served", place=plans.label, year=plans.year),
        source=text("allocation.chart.source"),
        is_demonstration=status_of(options) in {"demonstration", "mixed"},
    )


def grid_chart(plans: Plans) -> Chart:
    """New places by municipality and option; by oblast for the country."""
    rows = plans.tables["allocation_place"]
    places = grid(plans)
    most = places.iloc[:, 0].idxmax() if places.size else "–"
    return place_grid(
        places,
        key=f"plans_{plans.area_code}_places",
        title=text("allocation.chart.title_grid", place=most),
        subtitle=text("allocation.chart.subtitle_grid", place=plans.label, year=plans.year),
        source=text("allocation.chart.source"),
        is_demonstration=status_of(rows) in {"demonstration", "mixed"},
    )


def grid(plans: Plans) -> pd.DataFrame:
    """New places: areas in the order of the alphabet by options in their own order."""
    rows = plans.tables["allocation_place"]
    codes = rows["municipality_code"]
    codes = codes.map(plans.oblast_of) if plans.area_code == COUNTRY else codes
    named_rows = rows.assign(area=[plans.area_names.get(code, code) for code in codes])
    wide = named_rows.pivot_table(index="area", columns="option", values="new_places", aggfunc="sum", fill_value=0)
    titles = dict(zip(plans.options["option"], plans.options["title"], strict=True))
    order = sorted(wide.index, key=sort_key)
    return wide.reindex(index=order, columns=list(titles), fill_value=0).rename(columns=titles)


def _comparison(plans: Plans, status: str) -> Table:
    rows = plans.options
    currency = str(rows["currency"].iloc[0])
    rows = rows.assign(
        name=[f"{row['number']}. {row['title']}" for row in rows.to_dict("records")],
        share=rows["expected_served"] / rows["expected_demand"],
        new_cost=rows["yearly_cost"] - rows["existing_cost"],
        worst=[f"{row['worst_name']}: {percent(row['worst_share'], 0)}" for row in rows.to_dict("records")],
        gap=[percent(gap, 2) for gap in rows["optimality_gap"]],
        trace=[f"{plans.to_trace}{plans.area_code}.html#plan-{plans.area_code}-{code}-" for code in rows["option"]],
    )
    columns = (
        Column("name", text("allocation.column.option"), width=3),
        Column("expected_served", text("allocation.column.served"), "count", width=1.2),
        Column("share", text("allocation.column.share"), "share", width=1.1, origin=""),
        Column("worst", text("allocation.column.worst"), width=2, origin="worst_share"),
        Column("yearly_cost", text("allocation.column.cost", currency=currency), "count", width=1.6),
        Column("new_cost", text("allocation.column.new_cost", currency=currency), "count", width=1.5, origin=""),
        Column("new_places", text("allocation.column.new_places"), "count"),
        Column("staff_posts", text("allocation.column.staff"), "count"),
        Column("shared_places", text("allocation.column.shared"), "count", width=1.2),
        Column("travel", text("allocation.column.travel", unit=rows["travel_unit"].iloc[0]), "count", width=1.1),
        Column("gap", text("allocation.column.gap"), width=1, origin="optimality_gap"),
    )
    first = rows.iloc[0]
    note = text(
        "allocation.note.comparison",
        demand=number(first["expected_demand"]),
        existing=money(first["existing_cost"], currency),
        budget=text("allocation.no_ceiling") if pd.isna(first["budget"]) else money(first["budget"], currency),
        staff=text("allocation.no_ceiling") if pd.isna(first["staff_ceiling"]) else number(first["staff_ceiling"]),
    )
    caption = text("allocation.caption.comparison", place=plans.label, year=plans.year)
    return Table(f"table-plans-{plans.area_code}", caption, rows, columns, source=text("allocation.chart.source"),
                 note=note, status=status, sheet=text("allocation.sheet.comparison"))  # fmt: skip


def _one_option(plans: Plans, option: dict, level: int, with_places: bool) -> list[Block]:
    key = f"plans-{plans.area_code}-{option['option']}"
    blocks: list[Block] = [Heading(key, f"{option['number']}. {option['title']}", level)]
    blocks += [Paragraph(str(option[part])) for part in ("description", "gives_up", "binding")]
    if plans.area_code == COUNTRY or not with_places:
        return blocks
    places = plans.named(_of(plans.tables["allocation_place"], option))
    places = by_name(places[(places["new_places"] > 0) | (places["for_others"] > 0)], "municipality")
    sharing = by_name(plans.named(_of(plans.tables["allocation_sharing"], option)), "host")
    columns = (
        Column("municipality", text("allocation.column.municipality"), width=2),
        Column("service", text("report.column.service"), width=3),
        Column("existing_places", text("report.column.places"), "count"),
        Column("new_places", text("report.column.places_added"), "change"),
        Column("for_residents", text("allocation.column.residents"), "count", width=1.3),
        Column("for_others", text("allocation.column.shared"), "count", width=1.3),
        Column("new_cost", text("allocation.column.new_cost", currency=option["currency"]), "count", width=1.5),
    )
    ways = (
        Column("host", text("allocation.column.host"), width=2),
        Column("guest", text("allocation.column.guest"), width=2),
        Column("service", text("report.column.service"), width=3),
        Column("places", text("report.column.places"), "count"),
        Column("way", text("allocation.column.way", unit=option["travel_unit"]), "count", width=1.2),
    )
    caption, sheet = (text(f"allocation.{word}.places", option=option["title"]) for word in ("caption", "sheet"))
    status = status_of(places)
    source, sheet = text("allocation.chart.source"), f"{sheet} {option['number']}"
    blocks.append(Table(f"table-{key}", caption, places, columns, source=source, status=status, sheet=sheet))
    if len(sharing) > 0:
        caption, sheet = (text(f"allocation.{word}.sharing", option=option["title"]) for word in ("caption", "sheet"))
        note, sheet = text("allocation.note.sharing"), f"{sheet} {option['number']}"
        blocks.append(
            Table(f"table-{key}-sharing", caption, sharing, ways, source=source, note=note, status=status, sheet=sheet)
        )
    return blocks


def _of(rows: pd.DataFrame, option: dict) -> pd.DataFrame:
    return rows[rows["option"] == option["option"]]


def _made_from(plans: Plans, level: int) -> list[Block]:
    """Numbers beside the gap: one row per service, and a sentence per ceiling; map numbers stand in ``ossu.duckdb``."""
    used = plans.named(plans.tables["allocation_input"])
    by_service = used[used["service_code"].notna() & used["municipality_code"].isna()]
    table = by_service.pivot_table(index="service", columns="input", values="value", aggfunc="first").reset_index()
    table["source"] = table["service"].map(by_service.groupby("service")["source"].agg(_once))
    currency = str(plans.options["currency"].iloc[0])
    columns = (
        Column("service", text("report.column.service"), width=2.5),
        Column("unit_cost", text("allocation.column.unit_cost", currency=currency), "count", 2, width=1.4),
        Column("staff_per_user", text("allocation.column.staff_per_user"), "count", 2, width=1.2),
        Column("smallest_unit", text("allocation.column.smallest_unit"), "count", width=1.2),
        Column("source", text("report.column.source"), width=5),
    )
    area_wide = used[used["service_code"].isna()].to_dict("records")
    said = [f"{named('allocation.input', row['input'])}: {number(row['value'])} {row['unit']} ({row['source']})"
            for row in area_wide]  # fmt: skip
    mapped = used[used["input"] == "map_number"]
    note = text("allocation.note.map_numbers", count=number(len(mapped)), users=number(mapped["value"].sum()),
                source=_once(mapped["source"]))  # fmt: skip
    caption = text("allocation.caption.inputs", place=plans.label)
    shown = tuple(column for column in columns if column.name in table)
    return [
        Heading(f"plans-{plans.area_code}-inputs", text("allocation.heading.inputs"), level),
        *(Paragraph(sentence, "bullet") for sentence in said),
        Table(f"table-plans-{plans.area_code}-inputs", caption, table, shown, source=text("allocation.chart.source"),
              note=note, status=status_of(used), sheet=text("allocation.sheet.inputs")),
    ]  # fmt: skip


def _once(sources: "pd.Series[str]") -> str:
    return "; ".join(dict.fromkeys(sources)) or "–"


def subsidy_section(checks: pd.DataFrame, area_names: Mapping[str, str], level: int = 2) -> list[Block]:
    """State subsidy beside users x standard by municipality and year; ``checks`` are rows of ``subsidy_check``."""
    if checks.empty:
        return []
    rows = checks.assign(municipality=[area_names.get(code, code) for code in checks["municipality_code"]])
    rows = by_name(rows.sort_values("year", kind="stable"), "municipality")
    columns = (
        Column("municipality", text("allocation.column.municipality"), width=2),
        Column("year", text("allocation.column.year"), "year", width=0.8),
        Column("subsidy", text("allocation.column.subsidy"), "count", width=1.4),
        Column("currency", text("allocation.column.currency"), width=0.9),
        Column("users_times_standard", text("allocation.column.explained"), "count", width=1.5),
        Column("subsidy", text("allocation.column.difference"), "change", width=1.4, minus="users_times_standard"),
        Column("priced_users", text("allocation.column.priced_users"), "count", width=1.2),
        Column("users_without_standard", text("allocation.column.unpriced_users"), "count", width=1.3),
        Column("note", text("allocation.column.note"), width=4),
    )
    return [
        Heading("subsidy", text("allocation.heading.subsidy"), level),
        Paragraph(text("allocation.lead_subsidy")),
        Table("table-subsidy", text("allocation.caption.subsidy"), rows, columns,
              source=text("allocation.source_subsidy"), status=status_of(rows),
              sheet=text("allocation.sheet.subsidy")),
    ]  # fmt: skip


def cliff_section(
    cliffs: pd.DataFrame, area_names: Mapping[str, str], service_names: Mapping[str, str], level: int = 2
) -> list[Block]:
    """Services on project money: end, users, last month to apply; ``cliffs`` are rows of ``funding_cliff``."""
    if cliffs.empty:
        return []
    rows = cliffs.assign(
        municipality=[area_names.get(code, code) for code in cliffs["municipality_code"]],
        service=[service_names.get(code, code) for code in cliffs["service_code"]],
        end=["–" if pd.isna(end) else day(str(end)) for end in cliffs["funding_end"]],
    )
    columns = (
        Column("municipality", text("allocation.column.municipality"), width=2),
        Column("service", text("report.column.service"), width=2.5),
        Column("end", text("allocation.column.end"), width=1.4),
        Column("users", text("allocation.column.users"), "count"),
        Column("last_month_to_apply", text("allocation.column.apply"), width=1.4),
        Column("remark", text("allocation.column.note"), width=4),
    )
    return [
        Heading("cliffs", text("allocation.heading.cliffs"), level),
        Table("table-cliffs", text("allocation.caption.cliffs"), rows, columns,
              source=text("allocation.source_cliffs"), status=status_of(rows), sheet=text("allocation.sheet.cliffs")),
    ]  # fmt: skip
