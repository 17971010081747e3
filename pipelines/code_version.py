"""Which code makes a table? A checksum over the modules that its function uses, and those that these use.

Followed are the imports of ``ossu_analysis`` as they are written, also those inside functions, without importing
anything. Tables are declared in one folder for all links, so of ``schemas`` only the link's own file counts; of
the texts the files whose sentences are named. Libraries that compute figures count by their versions.
"""

import hashlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ossu_analysis

ROOT = Path(ossu_analysis.__file__).parent
IMPORT = re.compile(r"^\s*from (ossu_analysis[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
TEXTS = re.compile(r"""["'](\w+)\.[\w.{]+""")
LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "pyarrow", "duckdb")
APART = {ROOT / "schemas", ROOT / "texts"}


def code_version(compute: Callable[..., Any], link: str) -> str:
    """Twelve hexadecimal digits that change when the code behind an asset's function does."""
    body = inspect.getsource(compute)
    files = sorted(_reached(body) | {ROOT / "schemas" / f"{link}.py"})
    files += sorted(ROOT / "texts" / "bg" / f"{stem}.yaml" for stem in _texts(body, files))
    digest = hashlib.sha256("\n".join([body, *_libraries()]).encode())
    for file in files:
        digest.update(_source(file).encode())
    return digest.hexdigest()[:12]


def _reached(source: str) -> set[Path]:
    found, waiting = set[Path](), [*_imported(source)]
    while waiting:
        file = waiting.pop()
        if file not in found and not APART & {file.parent, *file.parents}:
            found.add(file)
            waiting += _used_by(file)
    return found


@cache
def _used_by(file: Path) -> tuple[Path, ...]:
    return tuple(_imported(_source(file)))


def _imported(source: str) -> Iterator[Path]:
    for module, names in IMPORT.findall(source):
        folder = ROOT.parent.joinpath(*module.split("."))
        yield from _module(folder)
        for name in re.findall(r"\w+", names):
            yield from _module(folder / name)


def _module(path: Path) -> list[Path]:
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return [file for file in candidates if file.is_file() and file != ROOT / "__init__.py"]


def _texts(body: str, files: list[Path]) -> set[str]:
    known = {file.stem for file in (ROOT / "texts" / "bg").glob("*.yaml")}
    return known & set(TEXTS.findall(body)).union(*map(_named_in, files))


@cache
def _named_in(file: Path) -> frozenset[str]:
    return frozenset(TEXTS.findall(_source(file)))


@cache
def _source(file: Path) -> str:
    """The code of this process does not change while it runs."""
    return file.read_text(encoding="utf-8")


@cache
def _libraries() -> list[str]:
    return [f"{name} {version(name)}" for name in LIBRARIES]
