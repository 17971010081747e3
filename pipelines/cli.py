"""The command ``ossu``: everything that the buttons of the UI do, in Bulgarian, with progress and plain errors.

Commands have a Latin name and a Bulgarian one. Heavy libraries are imported inside the commands, so that help is
quick; a wrong option is answered before anything is locked or computed.
"""

import atexit
import contextlib
import datetime
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ossu_analysis.config import DEFAULTS, RunSettings
from ossu_analysis.texts import text, texts_below
from pipelines.cli_words import Command, Commands

YEARS, LONGEST = (1900, 2150), 100
"""Years that a table may speak of, and years ahead for which somebody may ask."""

app = typer.Typer(
    cls=Commands,
    name="ossu",
    help=text("cli.about"),
    epilog=text("cli.first_step"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _option(key: str, flag: str, **more: Any) -> Any:
    """An option by its Latin name and, where the texts have one, its Bulgarian name."""
    bulgarian = texts_below("cli.flag").get(key)
    return typer.Option(*filter(None, (flag, bulgarian)), help=text(f"cli.option.{key}"), **more)


def _argument(key: str) -> Any:
    return typer.Argument(help=text(f"cli.option.{key}"), metavar=text(f"cli.metavar.{key}"))


def _setting(name: str, flag: str, **bounds: int) -> Any:
    return typer.Option(flag, help=RunSettings.model_fields[name].description, **bounds)


NO_MIGRATION, LARGEST = "zero_migration", 12
"""The scenario that a flag stands for, and how many of the totals that were moved are said."""
BaseYear = Annotated[int | None, _setting("base_year", "--base-year")]
UntilYear = Annotated[int, _setting("until_year", "--until")]
Draws = Annotated[int, _setting("draws", "--draws")]
Seed = Annotated[int, _setting("seed", "--seed")]
HandedDraws = Annotated[int, _setting("draws", "--draws", min=200, max=20_000)]
HandedSeed = Annotated[int, _setting("seed", "--seed", min=0)]
Year = Annotated[int | None, _option("year", "--year", min=YEARS[0], max=YEARS[1])]
Jobs = Annotated[int, _setting("jobs", "--jobs")]
Scenario = Annotated[str, _setting("scenario", "--scenario")]
DemandScenario = Annotated[str, _setting("demand_scenario", "--demand-scenario")]
AsOf = Annotated[str | None, _setting("as_of", "--as-of")]
PastBaseYear = Annotated[int | None, _setting("past_base_year", "--past-base-year")]
Force = Annotated[bool, _option("force", "--force")]
Oblast = Annotated[list[str] | None, _option("oblast", "--oblast")]
AllOblasts = Annotated[bool, _option("all_oblasts", "--all")]


def _both(latin: str) -> Any:
    """Register a command under its Latin name and, hidden, under its Bulgarian one."""
    bulgarian, explained = text(f"cli.{latin}.name"), text(f"cli.{latin}")

    def register(function: Any) -> Any:
        app.command(bulgarian, cls=Command, hidden=True, help=explained)(function)
        return app.command(latin, cls=Command, help=f"[{bulgarian}] {explained}")(function)

    return register


@_both("run")
def run(
    base_year: BaseYear = DEFAULTS["base_year"],
    until_year: UntilYear = DEFAULTS["until_year"],
    draws: Draws = DEFAULTS["draws"],
    seed: Seed = DEFAULTS["seed"],
    jobs: Jobs = DEFAULTS["jobs"],
    scenario: Scenario = DEFAULTS["scenario"],
    as_of: AsOf = DEFAULTS["as_of"],
    past_base_year: PastBaseYear = DEFAULTS["past_base_year"],
    oblast: Oblast = None,
    all_oblasts: AllOblasts = False,
    force: Force = False,
) -> None:
    """Everything, from the publishers' figures to a finished run."""
    chosen: dict[str, Any] = {
        "base_year": base_year,
        "until_year": until_year,
        "draws": draws,
        "seed": seed,
        "jobs": jobs,
    }
    chosen |= {"scenario": scenario, "as_of": as_of, "past_base_year": past_base_year}
    _run_job("full_refresh", {**_settings(chosen, force), **_documents(oblast, all_oblasts)})


@_both("documents")
def documents(oblast: Oblast = None, all_oblasts: AllOblasts = False, force: Force = False) -> None:
    """Documents of the tables that stand, with the settings that made them."""
    _run_job("documents", {**_settings(_of_latest(), force), **_documents(oblast, all_oblasts)})


@_both("scenarios")
def scenarios(
    demand_scenario: Annotated[str, _option("demand_scenario", "--scenario")] = DEFAULTS["demand_scenario"],
    oblast: Oblast = None,
    all_oblasts: AllOblasts = False,
    force: Force = False,
) -> None:
    """Demand under every scenario, beside the run that stands."""
    settings = _settings(_of_latest() | {"demand_scenario": demand_scenario}, force)
    _run_job("scenarios", {**settings, **_documents(oblast, all_oblasts)})


@_both("options")
def options(
    area: Annotated[list[str] | None, _argument("areas")] = None,
    budget: Annotated[float | None, _option("budget", "--budget")] = None,
    staff: Annotated[float | None, _option("staff", "--staff")] = None,
    sharing: Annotated[bool, _option("sharing", "--sharing/--no-sharing")] = True,
    shared_places: Annotated[int | None, _option("shared_places", "--shared-places", show_default=False)] = None,
    coverage: Annotated[float, _option("coverage", "--coverage")] = 0.0,
    real: Annotated[bool, _option("real", "--real")] = False,
    with_documents: Annotated[bool, _option("with_documents", "--documents")] = False,
) -> None:
    """Options under ceilings, drawn with the settings of the run that stands."""
    import dagster as dg

    from ossu_analysis.proposal.allocation.chain import read_request
    from ossu_analysis.proposal.allocation.words import as_text
    from ossu_analysis.schemas.proposal import PLAN_TABLES

    store = _store()
    areas = _codes(area or ["SML"], ("country", "oblast"))
    chosen: dict[str, Any] = {"areas": areas, "budget": budget, "staff": staff, "least_coverage": coverage}
    chosen |= {"inputs": "real" if real else "demonstration", "shared_places": shared_places if sharing else 0}
    read_request(chosen)
    ops = _documents([code for code in areas if code != "BG"] or None, False)["ops"] if with_documents else {}
    ops["proposal__allocation"] = {"config": {name: value for name, value in chosen.items() if value is not None}}
    asked = [("proposal", table) for table in PLAN_TABLES] + [("report", "published_run")]
    selection = None if with_documents else [dg.AssetKey(key) for key in asked]
    _run_job("options", {**_settings(_of_latest(), False), "ops": ops}, selection)
    typer.echo(as_text({name: store.read("proposal", name) for name in ("allocation", "allocation_note")}))


@_both("check")
def check() -> None:
    """Faults of the raw figures and the returns, without computing."""
    from ossu_analysis.collection import accepted, doubts, newest_persons, read_code_lists, read_inbox
    from ossu_analysis.errors import BLOCKING, FaultsFound
    from ossu_analysis.sources import READERS, check_sources

    store = _store()
    inbox, today = read_inbox(store, read_code_lists(store)), datetime.date.today()
    faults = [*check_sources(store), *inbox.faults]
    if len(inbox.returns):
        former = store.read("collection", "return") if store.has("collection", "return") else inbox.returns[:0]
        with contextlib.suppress(FaultsFound):  # faults of the figures are among those above
            persons = newest_persons(READERS["population_municipality"](store), today.year)
            faults += doubts(inbox.returns, former, persons, today)
        for line in accepted(inbox.returns, former):
            typer.echo(line)
    _tell(faults)
    blocking = sum(fault.times for fault in faults if fault.severity == BLOCKING)
    typer.echo(text("cli.check.counted", blocking=blocking, others=sum(fault.times for fault in faults) - blocking))
    raise typer.Exit(1 if blocking else 0)


@_both("lint")
def lint(plan: Annotated[Path, _argument("plan")]) -> None:
    """What a plan says against itself; ends with 1 where there is something to look at."""
    from ossu_analysis.monitoring.lint import as_text, findings, read_paper
    from ossu_analysis.reference import READERS

    store = _store()
    paper = read_paper(plan)
    found = findings(paper, READERS["legacy_service"](store), READERS["service"](store))
    typer.echo(as_text(paper, found))
    raise typer.Exit(1 if found else 0)


@_both("calendar")
def calendar(
    year: Annotated[int, _option("calendar_year", "--year")],
    area: Annotated[str, _option("calendar_area", "--area")] = "BG",
    out: Annotated[Path, _option("calendar_out", "--out")] = Path("out/calendar"),
) -> None:
    """What is due in a year, on screen and as files for Excel and for calendars."""
    from ossu_analysis.monitoring import calendar as dates

    store = _store()
    (code,) = _codes([area])
    known = dates.read_obligations(store)
    rows = dates.entries(known, dates.cliffs_of(store, code), datetime.date(year, 1, 1), datetime.date(year, 12, 31))
    typer.echo(dates.as_text(rows))
    for write, ending in ((dates.write_ics, "ics"), (dates.write_xlsx, "xlsx")):
        typer.echo(text("calendar.done", file=write(rows, out / f"calendar_{code}_{year}.{ending}", known)))


@_both("template")
def template(
    municipality: Annotated[str, _argument("municipality")],
    year: Annotated[int, _option("report_year", "--year", min=YEARS[0], max=YEARS[1])],
    out: Annotated[Path | None, _option("template_out", "--out")] = None,
    force: Annotated[bool, _option("overwrite", "--force")] = False,
) -> None:
    """The workbook that a municipality fills."""
    from ossu_analysis.collection import read_code_lists, write_template
    from ossu_analysis.errors import OssuError

    store = _store()
    (code,) = _codes([municipality], ("municipality",))
    returns = store.read("collection", "return") if store.has("collection", "return") else None
    path = out or Path("out") / f"{code}_{year}.xlsx"
    if path.exists() and not force:
        raise OssuError("collection.already_written", file=path)
    typer.echo(text("cli.template.done", file=write_template(path, code, year, read_code_lists(store), returns)))


@_both("trace")
def trace(
    table: Annotated[str, _argument("trace_table")],
    area: Annotated[str, _argument("trace_area")],
    service: Annotated[str | None, _option("service", "--service")] = None,
    year: Year = None,
    run_folder: Annotated[Path | None, _option("run_folder", "--run", show_default=False)] = None,
) -> None:
    """Where one number comes from."""
    from ossu_analysis.report.run.registry import latest_run
    from ossu_analysis.trace import as_text, trace_row

    store = _store()
    run = run_folder or latest_run(store) or store.runs / "latest"
    asked = service or ("" if table == "options" else "ASSIST")
    (code,) = _codes([area])
    found = trace_row(run, table, code, asked, year)
    # The first numbers go down to the publisher's row; the others of the row name what they were made from.
    whole = 2 if table == "proposal" else 1
    typer.echo("\n".join(as_text(step, 0, 99 if at < whole else 1) for at, step in enumerate(found)))
    typer.echo(text("cli.trace.run", name=run.resolve().name))


@_both("backtest")
def backtest(out: Annotated[Path, _option("scores", "--out")] = Path("out/backtest.csv")) -> None:
    """Forecasts from past years against what happened."""
    from ossu_analysis.evaluation import backtest_from_store, summary_text

    scores = backtest_from_store(_store())
    out.parent.mkdir(parents=True, exist_ok=True)
    scores.to_csv(out, index=False)
    typer.echo(summary_text(scores))
    typer.echo(text("cli.backtest.done", file=out))


@_both("project")
def project(
    source: Annotated[Path, _argument("counts")],
    horizon: Annotated[int, _option("horizon", "--horizon", min=1, max=LONGEST)] = 10,
    out: Annotated[Path, _option("forecast_out", "--out")] = Path("out"),
    constraint: Annotated[Path | None, _option("targets", "--constraint")] = None,
    no_migration: Annotated[bool, _option("no_migration", "--no-migration")] = False,
    scenario: Annotated[str, _option("project_scenario", "--scenario")] = DEFAULTS["scenario"],
    draws: HandedDraws = 1000,
    seed: HandedSeed = DEFAULTS["seed"],
) -> None:
    """Forecast of any hierarchy of areas."""
    from ossu_analysis.population.any_hierarchy import forecast_hierarchy
    from ossu_analysis.population.hierarchy_input import read_counts
    from ossu_analysis.population.hierarchy_targets import read_targets
    from ossu_analysis.population.scenario import read_scenario
    from ossu_analysis.store import write_out
    from ossu_analysis.tabular import future_years

    chosen = read_scenario(_store().assumptions / "scenarios", scenario)
    if no_migration:
        name = NO_MIGRATION if scenario == DEFAULTS["scenario"] else f"{scenario}+{NO_MIGRATION}"
        chosen = chosen.model_copy(update={"id": name, "migration_factor": 0.0})
    counts, noticed = read_counts(source)
    targets, passed_over = (None, []) if constraint is None else read_targets(constraint)
    made = forecast_hierarchy(counts, horizon, draws, seed, source.name, chosen, targets)
    _tell([*noticed, *passed_over, *made.faults, *future_years(counts, source.name, datetime.date.today())])
    target, rows = write_out(_counted(made.rows), out, "forecast")
    typer.echo(text("cli.project.done", file=target, rows=rows, years=horizon))
    _say_moved(made.moved, target.with_name(f"{target.stem}_moved.csv"))


@_both("demand")
def demand(
    returns: Annotated[Path, _argument("returns")],
    exposed: Annotated[Path, _option("exposed", "--exposed")],
    horizon: Annotated[int, _option("demand_horizon", "--horizon", min=1, max=LONGEST)] = 5,
    out: Annotated[Path, _option("demand_out", "--out")] = Path("out"),
    seed: HandedSeed = DEFAULTS["seed"],
) -> None:
    """Demand for services from any returns."""
    from ossu_analysis.demand.external import forecast_handed
    from ossu_analysis.demand.returns_input import read_handed
    from ossu_analysis.reference import READERS
    from ossu_analysis.reference.names import spellings
    from ossu_analysis.store import write_out
    from ossu_analysis.tabular import future_years

    store = _store()
    legacy, groups = (READERS[name](store) for name in ("legacy_service", "target_group"))
    handed = read_handed(returns, exposed, legacy, spellings(store, ["service"]), groups["target_group"].tolist())
    _tell([*handed.faults, *future_years(handed.returns, returns.name, datetime.date.today())])
    codes = sorted(handed.returns["service_code"].unique())
    chunks = _said(forecast_handed(handed, horizon, seed), codes)
    target, rows = write_out(chunks, out, "demand_forecast")
    typer.echo(text("cli.demand.done", file=target, rows=rows))


def _say_moved(moved: Any, file: Path) -> None:
    """Write how far every total was moved, and say the largest of them."""
    from ossu_analysis.texts import number, percent

    if moved.empty:
        return
    moved.to_csv(file, index=False)
    typer.echo(text("cli.project.moved_all", rows=len(moved), file=file))
    largest = moved.assign(away=(moved["factor"] - 1).abs()).nlargest(LARGEST, "away", keep="first")
    for row in largest.itertuples():
        before, persons = (number(round(value)) for value in (row.persons_before, row.persons))
        change = percent(row.factor - 1)
        typer.echo(
            text("cli.project.moved", area=row.area_code, year=row.year, before=before, persons=persons, change=change)
        )


def _tell(faults: Sequence[Any]) -> None:
    """One line per cause, what blocks first."""
    from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK, told

    for severity in (BLOCKING, TO_CHECK, NOTICE):
        for sentence in told(fault for fault in faults if fault.severity == severity):
            typer.echo(f"[{severity}] {sentence}")


def _counted(chunks: Iterable[Any]) -> Iterator[Any]:
    """Say how many areas are done as they come; on the error stream too."""
    done = 0
    for chunk in chunks:
        done += len(chunk["area_code"].unique())
        typer.echo(text("cli.project.counted", done=done), err=True)
        yield chunk


def _said(chunks: Iterable[Any], names: Sequence[str]) -> Iterator[Any]:
    """Say which part is done as the parts come; on the error stream, so that what is asked for stays alone."""
    for number, (chunk, name) in enumerate(zip(chunks, names, strict=True), 1):
        typer.echo(text("cli.demand.counted", service=name, number=number, all=len(names)), err=True)
        yield chunk


@_both("runs")
def runs() -> None:
    """The finished runs."""
    from ossu_analysis.report.run.registry import finished_runs

    for line in finished_runs(_store()):
        typer.echo(line)


@_both("approve")
def approve(run_id: Annotated[str, _argument("run_name")]) -> None:
    """Mark one run as approved."""
    from ossu_analysis.report.run.registry import approve_run

    typer.echo(approve_run(_store(), run_id))


@_both("ui")
def ui(port: Annotated[int, _option("port", "--port")] = 3000) -> None:
    """The Dagster UI on this machine."""
    from pipelines.screen import serve

    raise typer.Exit(serve(port))


def _store() -> Any:
    from ossu_analysis.store import Store, project_root

    return Store(project_root())


def _settings(chosen: dict[str, Any], force: bool) -> dict[str, Any]:
    """Run config of the settings, once they have been found to be possible."""
    from ossu_analysis.config import run_settings

    run_settings(_store(), **chosen)
    config = {name: value for name, value in chosen.items() if value is not None}
    return {"resources": {"settings": {"config": config | {"force": force}}}}


def _of_latest() -> dict[str, Any]:
    """Settings of the newest run, whose tables are the working ones: what is drawn again must be the same."""
    from ossu_analysis.report.run.registry import latest_run, read_manifest

    run = latest_run(_store())
    kept = set(RunSettings.model_fields) - {"as_of"}
    return {name: value for name, value in read_manifest(run)["settings"].items() if name in kept} if run else {}


def _codes(areas: Sequence[str], levels: Sequence[str] = ("country", "oblast", "municipality")) -> list[str]:
    from ossu_analysis.reference.names import area_code

    return [area_code(_store(), area, levels) for area in areas]


def _documents(oblast: list[str] | None, all_oblasts: bool) -> dict[str, Any]:
    chosen = {"oblasts": _codes(oblast or ["SML"], ("oblast",)), "all_oblasts": all_oblasts}
    return {"ops": {"report__document": {"config": chosen}}}


def _run_job(name: str, run_config: dict[str, Any], selection: Any = None) -> None:
    from pipelines.execute import run_job
    from pipelines.progress import Progress

    with Progress() as progress:
        outcome = run_job(name, run_config, progress.on_event, selection, progress.plan, progress.on_message)
    for warning in outcome.warnings:
        typer.echo(text("cli.warning", said=warning))
    for failure in outcome.failures:
        typer.echo(text("cli.failure", said=failure), err=True)
    if not outcome.success:
        typer.echo(text("cli.not_finished"), err=True)
        raise typer.Exit(1)
    if outcome.unchanged:
        typer.echo(text("cli.unchanged", unchanged=outcome.unchanged, all=outcome.tables))
    typer.echo(text("cli.nothing_new" if outcome.unchanged == outcome.tables else "cli.finished"))


def _silence() -> None:
    """Close the error stream last of all: at the end of Python duckdb's binding lists what it calls leaks."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def main() -> None:
    """Run the command line, in UTF-8 whatever the terminal says that it can print."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    atexit.register(_silence)
    app()


if __name__ == "__main__":
    main()
