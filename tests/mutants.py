"""Mutants: a seeded sample of small changes of the code, each run against the tests of its room; who survives is named.

Operators are those of `cosmic_ray`. A place of the code is drawn first and one change of it second, the same number of
places in every room, so that long modules weigh no more than their share of their room. Everything happens in a copy.

``python -m tests.mutants --each 16 --seed 1`` prints the table of ``docs/tests.md``; ``--named`` runs the named ones.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TESTS = {
    "population": "tests/unit/population tests/property/test_age_steps.py tests/property/test_hierarchy_faults.py",
    "demand": "tests/unit/demand tests/property/test_pooling.py",
    "gap": "tests/unit/gap tests/data/test_rules.py",
    "proposal": "tests/unit/proposal tests/property/test_allocation.py",
    "trace": "tests/unit/trace",
}
SECONDS = 900
"""A mutant that takes longer than any run of its room's tests hangs, and somebody would notice."""
_SAME_MEANING = re.compile("BitOr|BitAnd|Variable|_Is_(?!IsNot)|_IsNot_(?!Is$)|Invert|RemoveDecorator|UAdd")
"""Changes of annotations and of ``is None``, decorators, and those that need settings."""


@dataclass(frozen=True)
class Mutant:
    """One changed file and the tests that should notice."""

    room: str
    file: str
    line: int
    change: str
    code: str


def sampled(room: str, each: int, seed: int) -> list[Mutant]:
    """Places of a room drawn at random, each with one change of it drawn at random."""
    places: dict[tuple[Path, tuple[int, int]], list[tuple[str, int]]] = {}
    for file in sorted((ROOT / "ossu_analysis" / room).rglob("*.py")):
        for name, position, occurrence in changes(file):
            places.setdefault((file, position), []).append((name, occurrence))
    drawn = random.Random(f"{seed}/{room}").sample(sorted(places), min(each, len(places)))
    mutants = []
    for file, position in drawn:
        name, occurrence = random.Random(f"{seed}/{file.name}{position}").choice(places[file, position])
        mutants.append(mutant(room, file, position[0], name, occurrence))
    return mutants


def changes(file: Path) -> Iterator[tuple[str, tuple[int, int], int]]:
    """Operator, place and number of every change of a file."""
    from cosmic_ray.ast import Visitor, get_ast_from_path
    from cosmic_ray.plugins import get_operator, operator_names

    class Places(Visitor):
        def __init__(self, operator: object) -> None:
            self.operator, self.found = operator, []

        def visit(self, node):
            self.found += [start for start, _ in self.operator.mutation_positions(node)]
            return node

    tree = get_ast_from_path(file)
    for name in sorted(operator_names()):
        if not _SAME_MEANING.search(name):
            places = Places(get_operator(name)())
            places.walk(tree)
            yield from ((name, place, at) for place, at in zip(places.found, count(), strict=False))


def mutant(room: str, file: Path, line: int, name: str, occurrence: int) -> Mutant:
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    code = mutate_code(file.read_text(encoding="utf-8"), get_operator(name)(), occurrence)
    assert code is not None
    return Mutant(room, file.relative_to(ROOT).as_posix(), line, name.removeprefix("core/"), code)


def named() -> list[Mutant]:
    """The mutants of ``mutants.yaml``: each replaces one text of one file that stands there once."""
    found = []
    for name, about in yaml.safe_load((ROOT / "tests" / "mutants.yaml").read_text(encoding="utf-8")).items():
        code = (ROOT / about["file"]).read_text(encoding="utf-8")
        assert code.count(about["old"]) == 1, f"{name}: „{about['old']}“ stands {code.count(about['old'])} times"
        line = code[: code.index(about["old"])].count("\n") + 1
        room = about["file"].split("/")[1]
        found.append(Mutant(room, about["file"], line, name, code.replace(about["old"], about["new"])))
    return found


def is_killed(mutant: Mutant) -> bool:
    """Whether a test of the room fails on the changed code; tests of the changed module come first."""
    with tempfile.TemporaryDirectory(prefix="mutant") as folder:
        copy = Path(folder)
        for name in ("ossu_analysis", "tests", "pipelines"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        (copy / "data").symlink_to(ROOT / "data")
        (copy / mutant.file).write_text(mutant.code, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        environment = os.environ | {"PYTHONPATH": folder, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        try:
            outcome = subprocess.run(
                [*command, *tests_of(mutant)], cwd=copy, env=environment, capture_output=True, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return True
        return outcome.returncode == 1 or outcome.returncode == 2


def tests_of(mutant: Mutant) -> list[str]:
    module = mutant.file.removesuffix(".py").replace("/", ".")
    files = [
        file
        for entry in TESTS[mutant.room].split()
        for file in (sorted((ROOT / entry).glob("test_*.py")) if (ROOT / entry).is_dir() else [ROOT / entry])
    ]
    files.sort(key=lambda file: module not in file.read_text(encoding="utf-8"))
    return [file.relative_to(ROOT).as_posix() for file in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=16, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rooms", nargs="*", default=list(TESTS))
    parser.add_argument("--named", action="store_true", help="the named mutants instead of a sample")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    mutants = named() if chosen.named else [m for room in chosen.rooms for m in sampled(room, chosen.each, chosen.seed)]
    killed: dict[str, list[bool]] = {}
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for one, is_dead in zip(mutants, pool.map(is_killed, mutants), strict=True):
            killed.setdefault(one.room, []).append(is_dead)
            print(f"{'killed  ' if is_dead else 'SURVIVED'} {one.file}:{one.line} {one.change}", flush=True)
    print("\n| room | mutants | killed | share |\n|---|---|---|---|")
    killed["all"] = [one for dead in killed.values() for one in dead]
    for room, dead in killed.items():
        print(f"| {room} | {len(dead)} | {sum(dead)} | {sum(dead) / len(dead):.0%} |")


if __name__ == "__main__":
    main()
