"""The chain's direction: imports point down the links, the core never knows Dagster, the shell never computes."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAIN = ["reference", "collection", "sources", "population", "capacity", "demand", "gap", "proposal", "monitoring"]
READS_EVERYTHING = {"evaluation", "report"}


def imported_modules(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def core_files() -> list[Path]:
    return sorted((ROOT / "ossu_analysis").rglob("*.py"))


@pytest.mark.parametrize("file", core_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_core_never_imports_the_orchestrator(file):
    assert not {name for name in imported_modules(file) if name.split(".")[0] in {"dagster", "pipelines"}}


@pytest.mark.parametrize("link", CHAIN)
def test_imports_point_down_the_chain(link):
    below = set(CHAIN[: CHAIN.index(link) + 1])
    forbidden = {f"ossu_analysis.{name}" for name in (set(CHAIN) - below) | READS_EVERYTHING}
    for file in (ROOT / "ossu_analysis" / link).rglob("*.py"):
        hits = {name for name in imported_modules(file) if any((name + ".").startswith(f + ".") for f in forbidden)}
        assert not hits, f"{file.name} imports {hits}"


def test_shell_holds_no_arithmetic():
    for file in (ROOT / "pipelines").rglob("*.py"):
        named = {name.split(".")[0] for name in imported_modules(file)}
        assert not named & {"numpy", "scipy", "statsmodels"}, file


def test_every_module_says_what_belongs_in_it():
    silent = [file for file in core_files() if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    assert not [str(file.relative_to(ROOT)) for file in silent]


def test_project_reads_nothing_outside_itself():
    for folder in ("ossu_analysis", "pipelines"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            assert "../shared" not in text and "/work/" not in text, file
