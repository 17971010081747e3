"""How the house is built: imports point down the chain, never in a circle; the shell never computes; nothing is idle.

Files are read as syntax trees, nothing is run.
"""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHAIN = ["reference", "collection", "sources", "population", "capacity", "demand", "gap", "proposal", "monitoring"]
READS_EVERYTHING = {"evaluation", "trace", "report"}
BELOW_ALL = {"errors", "funding", "status", "texts"}
"""What declarations of tables may use beside each other: they say what a column holds and read nothing."""
CYRILLIC = re.compile("[А-Яа-я]")


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def files_of(*packages: str) -> list[Path]:
    return sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))


def nodes(parent: ast.AST) -> Iterator[ast.AST]:
    """Everything below a node that runs; imports for the type checker alone do not."""
    for node in ast.iter_child_nodes(parent):
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from nodes(node)


def imported_modules(file: Path) -> set[str]:
    found = set()
    for node in nodes(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("file", files_of("ossu_analysis"), ids=named)
def test_core_never_imports_the_orchestrator(file):
    assert not {name for name in imported_modules(file) if name.split(".")[0] in {"dagster", "pipelines"}}


def forbidden(link: str) -> set[str]:
    if link in CHAIN:
        return set(CHAIN[CHAIN.index(link) + 1 :]) | READS_EVERYTHING
    return {"trace": {"evaluation", "report"}, "evaluation": {"trace", "report"}}[link]


@pytest.mark.parametrize("link", [*CHAIN, "trace", "evaluation"])
def test_imports_point_down_the_chain(link):
    names = {f"ossu_analysis.{name}." for name in forbidden(link)}
    for file in files_of(f"ossu_analysis/{link}"):
        assert not {name for name in imported_modules(file) if f"{name}.".startswith(tuple(names))}, named(file)


def test_declarations_of_tables_read_nothing():
    known = BELOW_ALL | {"schemas"}
    for file in files_of("ossu_analysis/schemas"):
        ours = {name.split(".")[1] for name in imported_modules(file) if name.startswith("ossu_analysis.")}
        assert ours <= known, (named(file), ours - known)


def test_no_module_imports_itself_in_a_circle():
    def module(file: Path) -> str:
        return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")

    def uses(file: Path) -> set[str]:
        # ``from a.b import c`` needs a.b.c where that is a module, and a.b where it is not.
        found = imported_modules(file) & known
        return {name for name in found if not any(other.startswith(f"{name}.") for other in found)}

    known = {module(file) for file in files_of("ossu_analysis", "pipelines")}
    graph = {module(file): uses(file) - {module(file)} for file in files_of("ossu_analysis", "pipelines")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_shell_holds_no_arithmetic():
    for file in files_of("pipelines"):
        packages = {name.split(".")[0] for name in imported_modules(file)}
        assert not packages & {"numpy", "scipy", "statsmodels"}, named(file)


def test_every_module_says_what_belongs_in_it():
    assert not [named(file) for file in files_of("ossu_analysis") if not ast.get_docstring(tree(file))]


def test_project_reads_nothing_outside_itself():
    for file in files_of("ossu_analysis", "pipelines"):
        content = file.read_text(encoding="utf-8")
        assert "../shared" not in content and "/work/" not in content, named(file)


def test_what_an_analyst_reads_stands_in_the_texts():
    """Bulgarian stands in ``texts`` and in the comments of tables; a docstring may name a term."""
    assert not {named(file): found for file in files_of("ossu_analysis", "pipelines") if (found := literals(file))}


def literals(file: Path) -> list[str]:
    """Bulgarian texts of a file that are no docstrings; a text that stands alone is one."""
    if {"texts", "schemas"} & set(file.parts):
        return []
    alone = {id(node.value) for node in nodes(tree(file)) if isinstance(node, ast.Expr)}
    texts = [node for node in nodes(tree(file)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node.value for node in texts if id(node) not in alone and CYRILLIC.search(node.value)]


def test_every_default_is_changed_by_somebody():
    """A parameter that only tests pass is a constant: the product never shows that it works."""
    given = calls()
    idle = {
        f"{named(file)}:{function.name}({name})"
        for file in files_of("ossu_analysis")
        for function, owner in functions(tree(file))
        for name, place in defaulted(function, owner)
        if not any(gives(call, name, place) for call in given[caller_name(function, owner)])
    }
    assert not idle


Call = tuple[list[ast.expr], list[ast.keyword]]


def functions(parent: ast.AST, owner: str = "") -> Iterator[tuple[ast.FunctionDef, str]]:
    """Functions and the class that each is a method of."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.FunctionDef):
            yield node, owner
        yield from functions(node, node.name if isinstance(node, ast.ClassDef) else "")


def caller_name(function: ast.FunctionDef, owner: str) -> str:
    return owner if function.name == "__init__" else function.name


def defaulted(function: ast.FunctionDef, owner: str) -> Iterator[tuple[str, int | None]]:
    """Parameters with a default and their place in a call; None for those that are passed by name only."""
    given = function.args
    static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in function.decorator_list)
    listed = (given.posonlyargs + given.args)[1 if owner and not static else 0 :]
    for place, parameter in enumerate(listed):
        if place >= len(listed) - len(given.defaults):
            yield parameter.arg, place
    for parameter, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if default is not None:
            yield parameter.arg, None


def gives(call: Call, name: str, place: int | None) -> bool:
    listed, by_name = call
    if any(keyword.arg in (name, None) for keyword in by_name):
        return True
    return place is not None and (len(listed) > place or any(isinstance(entry, ast.Starred) for entry in listed))


def calls() -> dict[str, list[Call]]:
    """Arguments of every call of the product by the called name; ``partial(f, x)`` and ``delayed(f)(x)`` call ``f``."""
    found = defaultdict(list)
    for parsed in [*map(tree, files_of("ossu_analysis", "pipelines", "benchmarks")), *cells_of_notebooks()]:
        for node in ast.walk(parsed):
            if not isinstance(node, ast.Call):
                continue
            found[last_name(node.func)].append((node.args, node.keywords))
            if last_name(node.func) == "partial" and node.args:
                found[last_name(node.args[0])].append((node.args[1:], node.keywords))
            if isinstance(node.func, ast.Call) and last_name(node.func.func) == "delayed":
                found[last_name(node.func.args[0])].append((node.args, node.keywords))
    return found


def last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def cells_of_notebooks() -> Iterator[ast.Module]:
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield ast.parse("".join(line for line in cell["source"] if not line.startswith(("%", "!"))))


def test_every_named_mutant_stands_in_the_code():
    mutants = yaml.safe_load((ROOT / "tests" / "mutants.yaml").read_text(encoding="utf-8"))
    stands = {
        name: (ROOT / about["file"]).read_text(encoding="utf-8").count(about["old"]) for name, about in mutants.items()
    }
    assert {name: times for name, times in stands.items() if times != 1} == {}
