"""A page for every municipality of a run, whatever documents were asked for: people, proposal and gap.

Belongs here: what these public pages show and how the start page finds them. They hold no reported counts of users or
of people waiting, which are protected where they are published.
"""

from dataclasses import replace
from pathlib import Path

from ossu_analysis.report.content import Block, Column, Document, Heading, Table, in_sections
from ossu_analysis.report.facts import Facts, read_facts
from ossu_analysis.report.formats.page import write_html
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import decisions, hearing
from ossu_analysis.report.sections.network import gap_rows
from ossu_analysis.report.sections.subject import Subject, status_of
from ossu_analysis.store import Store
from ossu_analysis.texts import sort_key, text

FOLDER = "municipalities"
FIELDS = ("municipalities", "services", "forecast", "gap", "lines")


Found = tuple[str, str, str]
"""Address, name and services: what the start page lists and searches."""


def write_municipality_pages(store: Store, folder: Path, imprint: Imprint, jobs: int) -> list[Found]:
    """Write ``municipalities/<code>.html`` for every municipality that has a proposal.

    Parameters
    ----------
    store : Store
        The working tables.
    folder : Path
        Folder of the run.
    imprint : Imprint
        Identity of the run.
    jobs : int
        Processes that write oblasts side by side; -1 means one per core.

    Returns
    -------
    list of (address, name, services)
        In the order of Bulgarian names; empty where nothing is proposed.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    if not (store.has("proposal", "line") and store.has("reference", "oblast")):
        return []
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    oblasts = sorted(store.read("reference", "oblast")["oblast_code"])
    written = Parallel(n_jobs=jobs)(delayed(_write_oblast)(store, oblast, folder, imprint) for oblast in oblasts)
    if jobs != 1:
        get_reusable_executor().shutdown()
    return sorted((row for rows in written for row in rows), key=lambda row: sort_key(row[1]))


def _write_oblast(store: Store, oblast: str, folder: Path, imprint: Imprint) -> list[Found]:
    facts = read_facts(store, oblast, imprint.scenario, FIELDS)
    proposed = set(facts.lines["area_code"])
    return [_write(facts, code, folder, imprint) for code in facts.parts if code in proposed]


def _write(facts: Facts, code: str, folder: Path, imprint: Imprint) -> Found:
    subject = Subject(facts, imprint, code)
    address = f"{FOLDER}/{code}.html"
    place = text("report.label.subtitle", place=subject.label, oblast=facts.oblast_name, oblast_code=facts.oblast_code)
    write_html(page(subject, place), folder / address)
    lines = facts.lines[facts.lines["area_code"] == code]
    return address, place, ", ".join(subject.service(one, True) for one in lines["service_code"])


def page(subject: Subject, place: str) -> Document:
    """What is proposed and why, then where places will be missing in the planning year."""
    blocks: list[Block] = [*hearing.short(subject), Heading("gap", text("report.heading.gap")), _gap_table(subject)]
    blocks, front = ([_alone(block) for block in part] for part in (blocks, decisions.decisions(subject)))
    title = text("report.title.municipality_page")
    return Document(subject.code, title, place, subject.imprint, in_sections(blocks), tuple(front))


def _alone(block: Block) -> Block:
    """A table without the addresses of trace pages, which are no part of these pages."""
    return (
        replace(block, frame=block.frame.drop(columns="trace", errors="ignore")) if isinstance(block, Table) else block
    )


def _gap_table(subject: Subject) -> Table:
    year = subject.planning_year
    rows = gap_rows(subject, year).drop(columns="trace")
    columns = (
        Column("service", text("report.column.service"), width=3),
        Column("places", text("report.column.places"), "count"),
        Column("demand_median", text("report.column.demand_in", year=year), "interval", 0, "demand_low", "demand_high"),
        Column("gap_to_demand_places", text("report.column.gap"), "change"),
        Column("probability_gap_positive", text("report.column.probability"), "probability"),
        Column("confidence", text("report.column.confidence")),
    )
    return Table("table-gap", text("report.caption.gap", place=subject.label, year=year), rows, columns,
                 source=text("report.source.demand"), note=text("report.note.gap_municipality"),
                 status=status_of(rows))  # fmt: skip
