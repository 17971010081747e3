"""The command line: Bulgarian help, two names per command, errors in one sentence, exit codes."""

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ossu_analysis.store import Store
from pipelines.cli import app
from pipelines.lock import run_lock
from tests.pipelines.conftest import project_copy
from tests.pipelines.small_runs import environment

PAIRS = [
    ("run", "изчисли"),
    ("documents", "документи"),
    ("check", "проверка"),
    ("lint", "преглед"),
    ("calendar", "календар"),
    ("trace", "следа"),
    ("options", "варианти"),
    ("backtest", "оцени"),
    ("runs", "ходове"),
    ("approve", "одобри"),
    ("ui", "екран"),
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project without anything computed."""
    folder = project_copy(tmp_path)
    monkeypatch.setenv("OSSU_ROOT", str(folder))
    monkeypatch.setenv("DAGSTER_HOME", str(folder / ".dagster_home"))
    return folder


def ossu(*words: str):
    """Call the command in this process."""
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("latin, bulgarian", PAIRS)
def test_both_names_explain_themselves_in_bulgarian(latin, bulgarian):
    explained = [ossu(name, "--help") for name in (latin, bulgarian)]
    assert all(one.exit_code == 0 and re.search("[А-Яа-я]{4}", one.output) for one in explained)
    assert "Traceback" not in "".join(one.output for one in explained)
    options = [set(re.findall(r"--[a-z-]+", one.output)) for one in explained]
    assert options[0] == options[1] >= {"--help"}


def test_help_lists_every_command_once_with_its_bulgarian_name():
    said = ossu("--help").output
    for latin, bulgarian in PAIRS:
        assert re.search(rf"^\s+{latin}\s", said, re.MULTILINE) and f"[{bulgarian}]" in said
        assert not re.search(rf"^\s+{bulgarian}\s", said, re.MULTILINE)


def test_help_waits_for_no_library():
    seen = (
        "import sys; from typer.testing import CliRunner; from pipelines.cli import app; "
        "CliRunner().invoke(app, ['--help']); print({'dagster', 'pandas', 'numpy', 'duckdb'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "set()"


def test_check_of_sound_figures_exits_with_zero(project):
    checked = ossu("check")
    assert checked.exit_code == 0, checked.output
    assert "Блокиращи грешки: 0" in checked.output


def test_check_names_file_row_and_column_and_exits_with_one(project):
    file = max((project / "data" / "raw").glob("nsi_vital/*/births_municipality.csv"))
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[5] = lines[5].replace(",", ",много ", 2)
    file.write_text("".join(lines), encoding="utf-8")
    checked = ossu("проверка")
    assert checked.exit_code == 1
    assert "births_municipality.csv, ред 6" in checked.output and "колона" in checked.output


@pytest.mark.parametrize(
    "words",
    [("trace", "gap", "SML02"), ("approve", "2020-01-01-unknown"), ("documents", "--oblast", "XXX")],
    ids=["trace before any run", "approve an unknown run", "documents before any table"],
)
def test_errors_are_one_bulgarian_sentence_without_a_traceback(project, words):
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words],
        env=environment(project),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert re.search("[а-я]{4}", done.stderr)
    assert not re.search('Traceback|Stack Trace|File "|nanobind', done.stdout + done.stderr)


@pytest.mark.parametrize(
    "words, said",
    [
        (("run", "--drows", "5"), "Няма настройка --drows. Може би: --draws"),
        (("run", "--draws", "много"), "очаква се цяло число"),
        (("run", "--draws"), "иска стойност"),
        (("trace", "gap"), "Липсва КЪДЕ"),
        (("runs", "всички"), "Излишно: всички"),
        (("rum",), "Няма команда „rum“"),
        (("demand", "a.csv", "--exposed", "b.csv", "--horizon", "0"), "очаква се поне 1"),
    ],
)
def test_wrong_words_are_answered_in_bulgarian_and_exit_with_two(words, said):
    answer = ossu(*words)
    assert answer.exit_code == 2
    assert said in answer.output
    assert not re.search(r"Usage|Error|Try|Invalid|Missing|No such|Input", answer.output)


KNOWN = set(
    [
        "ossu",
        "root",
        "gap",
        "proposal",
        "capacity",
        "forecast",
        "need",
        "reference",
        "Parquet",
        "Dagster",
        "Ctrl",
        "sex",
        "year",
        "persons",
        "basis",
        "users",
        "places",
        "waiting",
        "remark",
        "draw",
        "project",
        "demand",
        "template",
        "scenarios",
        "sharing",
    ]
)
"""Names of tables, columns, commands and programs."""


@pytest.mark.parametrize("latin, bulgarian", [*PAIRS, ("", "")])
def test_help_has_no_english_word_but_names(latin, bulgarian):
    said = ossu(*([latin] if latin else []), "--help").output
    names = r"--?[a-z-]+|\[[а-я]+\]|„[^“]*“|\S*[/_.:]\S*|\b[A-Z0-9-]{2,}\b"
    words = set(re.findall(r"\b[A-Za-z]{3,}\b", re.sub(names, " ", said)))
    assert words - KNOWN - {name for pair in PAIRS for name in pair} == set()


@pytest.mark.parametrize(
    "words, said",
    [
        (("run", "--draws", "10"), "настройка draws: .*Намерено: 10. Очаква се: не по-малко от 200"),
        (("run", "--scenario", "няма"), "Няма сценарий „няма“"),
        (("run", "--base-year", "2040"), r"Има от 2013 до 20\d\d"),
        (("run", "--as-of", "утре"), "настройка as_of: .*дата ГГГГ-ММ-ДД"),
        (("documents", "--oblast", "Смолен"), r"Най-близки: Смолян \(SML\)"),
        (("template", "Бяла", "--year", "2026"), r"RSE04 \(Бяла\), VAR05 \(Бяла\)"),
        (("options", "SML", "--coverage", "2"), "не повече от 1"),
    ],
)
def test_impossible_values_are_answered_before_the_lock_is_asked_for(project, words, said):
    with run_lock():
        answer = ossu(*words)
    assert answer.exit_code == 1
    assert re.search(said, answer.output)


def test_runs_of_an_empty_project_are_none(project):
    assert Store(project).existing() == []
    assert ossu("runs").exit_code == 0
