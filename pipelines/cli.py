"""The command ``ossu``: everything that the buttons of the UI do, in Bulgarian, with progress and plain errors.

Commands have a Latin name and a Bulgarian one. Heavy libraries are imported inside the commands, so that help is quick.
"""

import atexit
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="ossu",
    help="ossu_analysis: от официалните числа до прогноза, недостиг и предложение за социални услуги.",
    epilog="Първа стъпка: „ossu run“. После отворете data/runs/latest/index.html.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

BaseYear = Annotated[int, typer.Option("--base-year", help="Последна година с наблюдавано население (31 декември).")]
UntilYear = Annotated[int, typer.Option("--until", help="Последна година на прогнозата.")]
Draws = Annotated[int, typer.Option("--draws", help="Брой симулации (най-малко 200).")]
Seed = Annotated[int, typer.Option("--seed", help="Начално число; същото число дава същите резултати.")]
Jobs = Annotated[int, typer.Option("--jobs", help="Колко неща се смятат едновременно; -1 значи всички ядра.")]
Scenario = Annotated[str, typer.Option("--scenario", help="Име на сценарий от data/assumptions/scenarios.")]
Oblast = Annotated[
    list[str] | None,
    typer.Option("--oblast", "--област", help="Код на област за документите, напр. SML; може повече от веднъж."),
]
AllOblasts = Annotated[bool, typer.Option("--all", "--всички", help="Документи за всички 28 области.")]


def _both(latin: str, bulgarian: str) -> Any:
    """Register a command under its Latin name and, hidden, under its Bulgarian one."""

    def register(function: Any) -> Any:
        app.command(bulgarian, hidden=True)(function)
        return app.command(latin, help=f"[{bulgarian}] {(function.__doc__ or '').strip()}")(function)

    return register


@_both("run", "изчисли")
def run(
    base_year: BaseYear = 2018,
    until_year: UntilYear = 2035,
    draws: Draws = 500,
    seed: Seed = 20181231,
    jobs: Jobs = 2,
    scenario: Scenario = "reference",
    oblast: Oblast = None,
    all_oblasts: AllOblasts = False,
) -> None:
    """Пълен ход: прочита числата, прогнозира, сравнява, пише документите и публикува нов ход в data/runs."""
    settings: dict[str, Any] = {"base_year": base_year, "until_year": until_year, "draws": draws, "seed": seed}
    settings |= {"scenario": scenario, "jobs": jobs, "past_base_year": min(2015, base_year - 1)}
    _run_job("full_refresh", {**_settings(settings), **_documents(oblast, all_oblasts)})


@_both("documents", "документи")
def documents(oblast: Oblast = None, all_oblasts: AllOblasts = False) -> None:
    """Само документите и публикуването, от вече изчислените таблици."""
    _run_job("documents", _documents(oblast, all_oblasts))


@_both("scenarios", "сценарии")
def scenarios(
    demand_scenario: Annotated[
        str,
        typer.Option("--scenario", help="Сценарий, чиито причини да се покажат (data/assumptions/demand_scenarios)."),
    ] = "reference",
    oblast: Oblast = None,
    all_oblasts: AllOblasts = False,
) -> None:
    """Сценарии за търсенето един до друг и защо се променя то; после документите и нов ход."""
    _run_job("scenarios", {**_settings({"demand_scenario": demand_scenario}), **_documents(oblast, all_oblasts)})


@_both("options", "варианти")
def options(
    area: Annotated[
        list[str] | None,
        typer.Argument(metavar="ОБЛАСТ", help="Кодове на области; BG е страната под общ таван. Без код: SML."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", "--бюджет", help="Таван на годишния разход за местата, в евро.")
    ] = None,
    staff: Annotated[float | None, typer.Option("--staff", "--щат", help="Таван на щатните бройки.")] = None,
    sharing: Annotated[
        bool, typer.Option("--sharing/--no-sharing", help="Дали общините приемат и чужди жители.")
    ] = True,
    shared_places: Annotated[
        int | None, typer.Option("--shared-places", help="Най-много места за чужди жители.", show_default=False)
    ] = None,
    coverage: Annotated[
        float, typer.Option("--coverage", "--покритие", help="Най-малък дял обслужени във всяка община, от 0 до 1.")
    ] = 0.0,
    real: Annotated[
        bool, typer.Option("--real", "--действителни", help="Само данни с източник; каквото липсва, се назовава.")
    ] = False,
    with_documents: Annotated[
        bool, typer.Option("--documents", "--документи", help="И документите наново, с вариантите в тях.")
    ] = False,
) -> None:
    """Варианти под бюджет и щат: кого обслужва всеки, от какво се отказва, какво го спира; по демонстрационни данни."""
    import dagster as dg

    from ossu_analysis.proposal.allocation.words import as_text
    from ossu_analysis.schemas.proposal import PLAN_TABLES
    from ossu_analysis.store import Store, project_root

    areas = [code.upper() for code in area or ["SML"]]
    chosen: dict[str, Any] = {"areas": areas, "budget": budget, "staff": staff, "least_coverage": coverage}
    chosen |= {"inputs": "real" if real else "demonstration", "shared_places": shared_places if sharing else 0}
    ops = _documents([code for code in areas if code != "BG"] or None, False)["ops"] if with_documents else {}
    ops["proposal__allocation"] = {"config": {name: value for name, value in chosen.items() if value is not None}}
    asked = [("proposal", table) for table in PLAN_TABLES] + [("report", "published_run")]
    selection = None if with_documents else [dg.AssetKey(key) for key in asked]
    _run_job("options", {**_settings_of_latest(), "ops": ops}, selection)
    store = Store(project_root())
    typer.echo(as_text({name: store.read("proposal", name) for name in ("allocation", "allocation_note")}))


@_both("check", "проверка")
def check() -> None:
    """Проверява data/raw и отчетите в data/inbox, без да изчислява; казва файл, ред, колона и какво да се направи."""
    from ossu_analysis.collection import read_code_lists, read_inbox
    from ossu_analysis.errors import BLOCKING
    from ossu_analysis.sources import check_sources
    from ossu_analysis.store import Store, project_root

    store = Store(project_root())
    faults = [*check_sources(store), *read_inbox(store, read_code_lists(store)).faults]
    for fault in faults:
        typer.echo(f"[{fault.severity}] {fault.sentence()}")
    blocking = sum(fault.severity == BLOCKING for fault in faults)
    typer.echo(f"Блокиращи грешки: {blocking}; други бележки: {len(faults) - blocking}.")
    raise typer.Exit(1 if blocking else 0)


@_both("template", "образец")
def template(
    municipality: Annotated[str, typer.Argument(help="Код на община, напр. SML02.")],
    year: Annotated[int, typer.Option("--year", "--година", help="Отчетна година (към 31 декември).")],
    out: Annotated[Path | None, typer.Option("--out", help="Файл XLSX; без него: out/<община>.xlsx.")] = None,
) -> None:
    """Образец за отчета на една община: жълти клетки за попълване, падащи списъци, последният отчет за сравнение."""
    from ossu_analysis.collection import read_code_lists, write_template
    from ossu_analysis.store import Store, project_root

    store = Store(project_root())
    returns = store.read("collection", "return") if store.has("collection", "return") else None
    path = out or Path("out") / f"{municipality}.xlsx"
    typer.echo(f"Образец: {write_template(path, municipality, year, read_code_lists(store), returns)}")


@_both("trace", "следа")
def trace(
    table: Annotated[
        str, typer.Argument(help="gap, proposal, options, demand, capacity, forecast или need (група вместо услуга).")
    ],
    area: Annotated[str, typer.Argument(help="Код на община, напр. SML02, или на област за gap, proposal, options.")],
    service: Annotated[
        str | None,
        typer.Option("--service", "--услуга", help="Код на услуга; без него: ASSIST, а за options вариантите с таван."),
    ] = None,
    year: Annotated[int | None, typer.Option("--year", "--година", help="Година; без нея: последната.")] = None,
    run_folder: Annotated[
        Path | None, typer.Option("--run", help="Папка на ход; без нея: data/runs/latest.", show_default=False)
    ] = None,
) -> None:
    """Откъде идва едно число: таблица, формула с думи, входни числа с източник и дата, и повторно изчисление."""
    from ossu_analysis.store import project_root
    from ossu_analysis.trace import as_text, trace_row

    run = run_folder or project_root() / "data" / "runs" / "latest"
    asked = service or ("" if table == "options" else "ASSIST")
    found = trace_row(run, table, area.upper(), asked, year)
    # The first numbers go down to the publisher's row; the others of the row name what they were made from.
    whole = 2 if table == "proposal" else 1
    typer.echo("\n".join(as_text(step, 0, 99 if at < whole else 1) for at, step in enumerate(found)))
    typer.echo(f"Ход: {run.resolve().name}")


@_both("backtest", "оцени")
def backtest(
    out: Annotated[Path, typer.Option("--out", help="CSV с оценките.")] = Path("out/backtest.csv"),
) -> None:
    """Прогнози от минали години срещу това, което се е случило; до простите методи, за всички допустими години."""
    from ossu_analysis.evaluation import backtest_from_store, summary_text
    from ossu_analysis.store import Store, project_root

    scores = backtest_from_store(Store(project_root()))
    out.parent.mkdir(parents=True, exist_ok=True)
    scores.to_csv(out, index=False)
    typer.echo(summary_text(scores))
    typer.echo(f"Всички оценки: {out}")


@_both("project", "прогноза")
def project(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="ТАБЛИЦА",
            help="CSV, XLSX или Parquet: area_code, parent_code, sex, age_from, age_to, year, persons; може и basis "
            "(преброяването, на което стои броят). Потиснато (<5, c) значи 0-4; „-“, „x“, „..“ и „:“ са неизвестни. "
            "Най-долното ниво може да е без възрасти; години може да липсват.",
        ),
    ],
    horizon: Annotated[int, typer.Option("--horizon", "--хоризонт", help="Години напред.")] = 10,
    out: Annotated[
        Path, typer.Option("--out", help="Папка или файл .parquet/.csv; колоните са на population.forecast.")
    ] = Path("out"),
    draws: Draws = 1000,
    seed: Seed = 20181231,
) -> None:
    """Прогноза за всяка йерархия от територии, не само България; негодните се казват и не спират другите."""
    from ossu_analysis.population.any_hierarchy import hierarchy_chunks
    from ossu_analysis.population.hierarchy_input import read_counts
    from ossu_analysis.store import write_out

    counts, noticed = read_counts(source)
    chunks, faults = hierarchy_chunks(counts, horizon, draws, seed, file=source.name)
    for fault in (*noticed, *faults):
        typer.echo(f"[{fault.severity}] {fault.sentence()}")
    target, rows = write_out(_counted(chunks), out, "forecast")
    typer.echo(f"Записано: {target} ({rows} реда: медиана, средно и граници 50, 80 и 95 % за {horizon} години)")


@_both("demand", "търсене")
def demand(
    returns: Annotated[
        Path,
        typer.Argument(
            metavar="ОТЧЕТИ",
            help="CSV, XLSX или Parquet: area_code, parent_code, service_code, year, users, places, waiting; по "
            "желание sex, age_from, age_to, remark. Празно waiting или places значи неизвестно.",
        ),
    ],
    exposed: Annotated[
        Path,
        typer.Option(
            "--exposed",
            "--лица",
            help="CSV, XLSX или Parquet: area_code, service_code, year, persons, и за бъдещите години; по желание "
            "draw, sex, age_from, age_to.",
        ),
    ],
    horizon: Annotated[int, typer.Option("--horizon", "--хоризонт", min=1, help="Години след последния отчет.")] = 5,
    out: Annotated[
        Path, typer.Option("--out", help="Папка или файл .parquet/.csv; колоните са на demand.demand_forecast.")
    ] = Path("out"),
    seed: Seed = 20181231,
) -> None:
    """Търсене на услуги от всякакви отчети: пълна услуга показва места, не нужда; липсващ ред значи липсваща услуга."""
    from ossu_analysis.demand.external import forecast_handed
    from ossu_analysis.demand.returns_input import read_handed
    from ossu_analysis.reference import READERS
    from ossu_analysis.store import Store, project_root, write_out

    store = Store(project_root())
    legacy, services, groups = (READERS[name](store) for name in ("legacy_service", "service", "target_group"))
    known = services["service_code"].tolist(), groups["target_group"].tolist()
    handed = read_handed(returns, exposed, legacy, *known)
    for fault in handed.faults:
        typer.echo(f"[{fault.severity}] {fault.sentence()}")
    codes = sorted(handed.returns["service_code"].unique())
    chunks = _said(forecast_handed(handed, horizon, seed), codes)
    target, rows = write_out(chunks, out, "demand_forecast")
    typer.echo(f"{target}: {rows} реда")


def _counted(chunks: Iterable[Any]) -> Iterator[Any]:
    """Say how many areas are done as they come; on the error stream too."""
    done = 0
    for chunk in chunks:
        done += len(chunk["area_code"].unique())
        typer.echo(f"Готови територии: {done}", err=True)
        yield chunk


def _said(chunks: Iterable[Any], names: Sequence[str]) -> Iterator[Any]:
    """Say which part is done as the parts come; on the error stream, so that what is asked for stays alone."""
    for number, (chunk, name) in enumerate(zip(chunks, names, strict=True), 1):
        typer.echo(f"{name}: готово ({number} от {len(names)})", err=True)
        yield chunk


@_both("runs", "ходове")
def runs() -> None:
    """Завършените ходове и кой от тях е последният и кой е одобрен."""
    from ossu_analysis.report.run.registry import finished_runs
    from ossu_analysis.store import Store, project_root

    for line in finished_runs(Store(project_root())):
        typer.echo(line)


@_both("approve", "одобри")
def approve(run_id: Annotated[str, typer.Argument(help="Име на папка в data/runs.")]) -> None:
    """Отбелязва един ход като одобрения; останалите остават непокътнати."""
    from ossu_analysis.report.run.registry import approve_run
    from ossu_analysis.store import Store, project_root

    typer.echo(approve_run(Store(project_root()), run_id))


@_both("ui", "екран")
def ui(port: Annotated[int, typer.Option("--port", help="Порт на 127.0.0.1.")] = 3000) -> None:
    """Отваря екрана на Dagster на 127.0.0.1 (само за тази машина); спира се с Ctrl+C."""
    from pipelines.screen import serve

    raise typer.Exit(serve(port))


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """Run config of the settings; a scenario that no file describes is named here, beside those there are."""
    from ossu_analysis.errors import OssuError
    from ossu_analysis.inputs import scenario_names
    from ossu_analysis.store import Store, project_root

    for key, link, folder in (
        ("scenario", "population", "scenarios"),
        ("demand_scenario", "demand", "demand_scenarios"),
    ):
        known = scenario_names(Store(project_root()).assumptions / folder)
        if config.get(key, "reference") not in known:
            raise OssuError(f"{link}.no_scenario", scenario=config[key], known=", ".join(known))
    return {"resources": {"settings": {"config": config}}}


def _settings_of_latest() -> dict[str, Any]:
    """Settings of the newest run, whose tables are the working ones: what is drawn again must be the same."""
    from ossu_analysis.report.run.registry import latest_run, read_manifest
    from ossu_analysis.store import Store, project_root

    run = latest_run(Store(project_root()))
    return _settings(read_manifest(run)["settings"] if run else {})


def _documents(oblast: list[str] | None, all_oblasts: bool) -> dict[str, Any]:
    chosen = {"oblasts": [code.upper() for code in oblast or ["SML"]], "all_oblasts": all_oblasts}
    return {"ops": {"report__document": {"config": chosen}}}


def _run_job(name: str, run_config: dict[str, Any], selection: Any = None) -> None:
    from pipelines.execute import run_job
    from pipelines.progress import Progress

    with Progress() as progress:
        outcome = run_job(name, run_config, progress.on_event, selection, progress.plan)
    for warning in outcome.warnings:
        typer.echo(f"За проверка: {warning}")
    for failure in outcome.failures:
        typer.echo(f"Грешка: {failure}", err=True)
    if not outcome.success:
        typer.echo("Ходът не завърши; предишният ход и изходните числа са непокътнати.", err=True)
        raise typer.Exit(1)
    typer.echo("Готово. Отворете data/runs/latest/index.html")


def _silence() -> None:
    """Close the error stream last of all: at the end of Python duckdb's binding lists what it calls leaks."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def main() -> None:
    """Run the command line; our own errors print one Bulgarian sentence and no traceback."""
    from ossu_analysis.errors import OssuError

    atexit.register(_silence)
    try:
        app()
    except OssuError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
