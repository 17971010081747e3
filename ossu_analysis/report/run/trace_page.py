"""Pages that say where every number of a gap and a proposal comes from: ``trace/<area>.html`` and their list.

Belongs here: which numbers stand on the page of an area, in which order, and where a link to one leads. What a number
says of itself is made in `ossu_analysis.trace`; the look stands in ``templates/trace.html``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ossu_analysis.config import RunSettings
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.reference.services import closing_services
from ossu_analysis.report.disclosure.asterisk import HIDDEN
from ossu_analysis.report.disclosure.counts import QUANTITIES
from ossu_analysis.report.disclosure.masking import Hidden
from ossu_analysis.report.facts import table_or_empty
from ossu_analysis.report.formats.page import render
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.schemas.proposal import OPTIONS
from ossu_analysis.store import Store, connect
from ossu_analysis.texts import text
from ossu_analysis.trace.gap import gap_numbers, is_municipality
from ossu_analysis.trace.proposal import line_numbers, option_numbers, plan_numbers
from ossu_analysis.trace.run import Tracer
from ossu_analysis.trace.step import Step, shown

FOLDER, INDEX = "trace", "index.html"


@dataclass(frozen=True)
class Row:
    """One number as the page prints it."""

    anchor: str
    label: str
    value: str
    formula: str
    inputs: list[tuple[str, str]]
    where: list[str]
    check: str
    is_same: bool


class Concealed:
    """Which numbers of the pages are hidden, because a count of persons is or they were made from one.

    Parameters
    ----------
    hidden : Hidden
    homes : mapping of str to str
        Closing homes, each with the service that replaces it.
    year : int
        Of the pages.
    """

    def __init__(self, hidden: Hidden, homes: Mapping[str, str], year: int) -> None:
        self._hidden, self._homes, self._year = hidden, homes, year

    def hides(self, step: Step) -> bool:
        """Whether the value of a number may not be published."""
        kind, _, name = step.anchor.partition("#")[2 if "#" in step.anchor else 0].rpartition("-")
        if kind.startswith("option-cover_waiting-"):
            area, _, service = step.key.split()
            return self._hidden.any_part(area, service, self._year)
        if name in QUANTITIES:
            return self._hidden.at_last(name, *step.key.split()[:2], self._year)
        if name == "residents_to_move":
            area, service = step.key.split()[:2]
            homes = [home for home, instead in self._homes.items() if instead == service]
            return any(self._hidden.at_last("occupied", area, one, self._year) for one in (service, *homes))
        return False


@dataclass
class TracePage:
    """Numbers of one area by service, and the inputs that they share."""

    area: str
    title: str
    groups: list[tuple[str, str, str, list[Row]]] = field(default_factory=list)
    shared: list[Row] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    is_demonstration: bool = False


def write_trace_pages(store: Store, folder: Path, imprint: Imprint, settings: RunSettings) -> list[Path]:
    """Write a page for every area that has documents, and their list.

    Parameters
    ----------
    store : Store
        The working tables.
    folder : Path
        Folder of the run.
    imprint : Imprint
        Identity of the run.
    settings : RunSettings
        Of the run; its draws and seed are named.

    Returns
    -------
    list of Path
        The pages; empty where there is no proposal or no document.
    """
    documents, lines = (table_or_empty(store, *name) for name in (("report", "document"), ("proposal", "line")))
    areas = list(dict.fromkeys(documents["area_code"]))
    if not areas or lines.empty:
        return []
    # Documents of an oblast hold what is planned for the whole country too.
    areas = list(dict.fromkeys([*areas, COUNTRY]))
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    year, written, listed = int(lines["planning_year"].max()), [], []
    titles = {
        COUNTRY: text("report.words.country"),
        **dict(zip(documents["area_code"], documents["place"], strict=True)),
    }
    homes = closing_services(table_or_empty(store, "reference", "service"))
    concealed = Concealed(Hidden(table_or_empty(store, "report", "count")), homes, year)
    with working_tables(store, areas, year, settings) as tracer:
        for area in areas:
            page = trace_page(tracer, area, year, titles[area], concealed)
            listed.append((f"{area}.html", titles[area], page.counts))
            written.append(folder / FOLDER / f"{area}.html")
            written[-1].write_text(render("trace.html", page=page, imprint=imprint, year=year), encoding="utf-8")
    html = render("trace_index.html", pages=listed, imprint=imprint)
    (folder / FOLDER / INDEX).write_text(html, encoding="utf-8")
    return written


@contextmanager
def working_tables(store: Store, areas: Sequence[str], year: int, settings: RunSettings) -> Iterator[Tracer]:
    """A tracer over the working tables; the large ones hold only these areas, their oblasts and one year."""
    oblasts = sorted({area[:3] for area in areas} | {COUNTRY})
    towns = store.read("reference", "municipality")
    members = towns.loc[towns["oblast_code"].isin(oblasts), "municipality_code"].tolist()
    listed = ", ".join(f"'{code}'" for code in [*members, *oblasts])
    here, there = f"area_code in ({listed})", f"municipality_code in ({listed})"
    of_year = {
        ("gap", "service_gap"): f"{there} and year = {year}",
        ("gap", "oblast_gap"): f"year = {year}",
        ("demand", "demand_forecast"): f"{here} and year = {year}",
        ("demand", "need_forecast"): f"{here} and year = {year}",
        ("population", "exposure_draw"): f"{there} and year = {year}",
        ("population", "forecast"): f"{here} and sex = 'T' and age_from = 0",
        ("population", "component"): f"{here} and output_type = 'mean'",
        ("sources", "population_municipality"): f"{here} and year = {settings.base_year}",
        ("collection", "return"): there,
        ("capacity", "current"): there,
    }
    with connect(":memory:") as db:
        for link, table in store.existing():
            db.execute(f'create schema if not exists "{link}"')
            source = store.source(link, table)
            where = of_year.get((link, table))
            kind, condition = ("table", f" where {where}") if where else ("view", "")
            db.execute(f'create {kind} "{link}"."{table}" as select * from {source}{condition}')
        yield Tracer(db, store.root, settings.model_dump(), redraws=False)


def trace_page(tracer: Tracer, area: str, year: int, title: str, concealed: Concealed) -> TracePage:
    """Every number of the gap and the proposal of an area; of an oblast also its options."""
    page, anchors = TracePage(area, title), _Anchors(concealed)
    for heading, key, steps in _groups(tracer, area, year):
        if steps:
            page.groups.append((heading, key, steps[0].article, [anchors.row(step) for step in steps]))
            _count(page, steps)
    page.shared = anchors.shared_rows()
    return page


def _groups(tracer: Tracer, area: str, year: int) -> Iterator[tuple[str, str, Sequence[Step]]]:
    names = dict(tracer.rows("select service_code, short_name_bg from reference.service").to_numpy().tolist())
    lines = tracer.rows("select service_code from proposal.line where area_code = $area", area=area)
    table, column = ("service_gap", "municipality_code") if is_municipality(area) else ("oblast_gap", "area_code")
    gaps = tracer.rows(f"select service_code from gap.{table} where {column} = $area and year = $year", area=area,
                       year=year)  # fmt: skip
    proposed, compared = set(lines["service_code"]), set(gaps["service_code"])
    for service in sorted(proposed | compared):
        name = f"{names.get(service, service)} ({service})"
        if service in proposed:
            yield f"{name}: {text('trace.page.line')}", f"line-{service}", line_numbers(tracer, area, service)
        if service in compared:
            yield f"{name}: {text('trace.page.gap')}", f"gap-{service}", gap_numbers(tracer, area, service, year)
    if not is_municipality(area):
        yield from _options(tracer, area, names)


def _options(tracer: Tracer, area: str, names: dict[str, str]) -> Iterator[tuple[str, str, Sequence[Step]]]:
    if "proposal.option" in tracer.tables:
        found = tracer.rows("select distinct service_code from proposal.option where oblast_code = $area", area=area)
        for service in sorted(found["service_code"]):
            for option in OPTIONS:
                name = text("trace.page.option", name=text(f"proposal.option.{option}"))
                steps = option_numbers(tracer, area, service, option)
                yield f"{names.get(service, service)} ({service}): {name}", f"option-{option}-{service}", steps
    if "proposal.allocation" in tracer.tables:
        made = tracer.rows("select option, title from proposal.allocation where area_code = $area", area=area)
        for option, title in made.itertuples(index=False):
            name = text("trace.page.option", name=title)
            yield name, f"plan-{area}-{option}", plan_numbers(tracer, area, str(option))


def _count(page: TracePage, steps: Sequence[Step]) -> None:
    kinds = {"count": len(steps), "same": sum(step.is_confirmed is True for step in steps),
             "differs": sum(step.is_confirmed is False for step in steps),
             "unknown": sum(step.value is None for step in steps)}  # fmt: skip
    page.counts = {name: page.counts.get(name, 0) + count for name, count in kinds.items()}
    page.is_demonstration |= any(step.status == "demonstration" for step in steps)


class _Anchors:
    """Gives every input without a place of its own one among the shared numbers, once."""

    def __init__(self, concealed: Concealed) -> None:
        self._concealed = concealed
        self._shared: dict[tuple[str, str, str, float | None], tuple[str, Step, bool]] = {}

    def of(self, step: Step, is_hidden: bool) -> str:
        """Address of a step on the page; what a hidden count was read from is hidden with it."""
        if step.anchor:
            return step.anchor if "#" in step.anchor else f"#{step.anchor}"
        name = step.table, step.key, step.label, step.value
        anchor, _, before = self._shared.get(name, (f"base-{len(self._shared) + 1}", step, False))
        self._shared[name] = anchor, step, before or is_hidden
        return f"#{anchor}"

    def row(self, step: Step, anchor: str = "", is_input_of_hidden: bool = False) -> Row:
        """A step as the page prints it."""
        is_hidden = is_input_of_hidden or self._concealed.hides(step)
        words = {True: "same", False: "differs"}
        verdict = "" if step.is_confirmed is None or is_hidden else text(f"trace.words.{words[step.is_confirmed]}")
        status = text(f"common.status.{step.status}") if step.status else ""
        where = [f"{step.table} {step.key}".strip(), step.source]
        where.append(status if not status.startswith("common.") else step.status)
        inputs = [(one, is_hidden or self._concealed.hides(one)) for one in step.inputs]
        return Row(
            anchor or step.anchor, step.label, HIDDEN if is_hidden else step.printed, step.formula,
            [(self.of(one, hidden), f"{one.label}: {HIDDEN if hidden else one.printed}") for one, hidden in inputs],
            [said for said in where if said], f"{shown(step.recomputed)} ({verdict})" if verdict else "",
            step.is_confirmed is not False,
        )  # fmt: skip

    def shared_rows(self) -> list[Row]:
        """Inputs and what they in turn were made from; the list grows while it is read."""
        rows, done = [], 0
        while done < len(self._shared):
            anchor, step, is_hidden = list(self._shared.values())[done]
            rows.append(self.row(step, anchor, is_hidden))
            done += 1
        return rows
