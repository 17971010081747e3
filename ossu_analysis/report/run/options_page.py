"""The run's ``options.html``: options under ceilings of every area that was asked for, and what money says beside them.

Belongs here: which areas and tables the page shows. The blocks stand in `sections.allocation` and are the same in the
oblast's document.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.content import Block, Document
from ossu_analysis.report.disclosure.masking import released
from ossu_analysis.report.facts import TABLES, table_or_empty
from ossu_analysis.report.formats.page import write_html
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections.allocation import Plans, cliff_section, plans_section, subsidy_section
from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.store import Store
from ossu_analysis.texts import text

PAGE = "options.html"


def read_plans(store: Store) -> list[Plans]:
    """Options of every area in the working tables; empty when none were made."""
    tables = {name: table_or_empty(store, "proposal", name) for name in PLAN_TABLES}
    towns, oblasts, services = (
        table_or_empty(store, "reference", name) for name in ("municipality", "oblast", "service")
    )
    names = _names(towns, "municipality_code") | _names(oblasts, "oblast_code")
    asked = dict.fromkeys([*tables["allocation"]["area_code"], *tables["allocation_note"]["area_code"]])
    return [
        Plans(
            area,
            text("report.words.country")
            if area == COUNTRY
            else text("report.label.oblast", name=names[area], code=area),
            {name: rows[rows["area_code"] == area] for name, rows in tables.items()},
            names,
            dict(zip(services["service_code"], services["short_name_bg"], strict=True)),
            dict(zip(towns["municipality_code"], towns["oblast_code"], strict=True)),
        )
        for area in asked
    ]


def _names(rows: pd.DataFrame, key: str) -> dict[str, str]:
    return dict(zip(rows[key], rows["name_bg"], strict=True))


def write_options_page(store: Store, folder: Path, imprint: Imprint) -> Path | None:
    """Write ``options.html`` into the folder of a run; None when no options were made.

    Parameters
    ----------
    store : Store
        The working tables.
    folder : Path
        Folder of the run.
    imprint : Imprint
        Identity of the run.
    """
    found = read_plans(store)
    if not found:
        return None
    blocks: list[Block] = [block for plans in found for block in plans_section(plans)]
    blocks += money_sections(store, found)
    subtitle = "; ".join(plans.label for plans in found)
    return write_html(
        Document("options", text("allocation.page.title"), subtitle, imprint, tuple(blocks)), folder / PAGE
    )


def money_sections(store: Store, found: Iterable[Plans]) -> list[Block]:
    """The subsidy beside known costs, and project money that ends, for the oblasts that were asked for."""
    areas = {plans.area_code: plans for plans in found}
    names: Mapping[str, str] = next(iter(areas.values())).area_names
    services = next(iter(areas.values())).service_names
    wanted = ("counts", "services", "subsidy_check", "funding_cliff")
    shown = released({name: table_or_empty(store, TABLES[name].link, TABLES[name].table) for name in wanted})
    checks, cliffs = shown["subsidy_check"], shown["funding_cliff"]
    oblasts = "|".join(code for code in areas if code != COUNTRY) or "$^"
    checks, cliffs = (rows[rows["municipality_code"].str.match(oblasts)] for rows in (checks, cliffs))
    return [*subsidy_section(checks, names, 1), *cliff_section(cliffs, names, services, 1)]
