"""What a working table was made from, so that what did not change is not computed again and what is old is known.

Beside ``data/tables/<link>/<table>.parquet`` stands ``<table>.json``: the version of the table (its content, whoever
made it) and its `Recipe` (code, settings, and every table and file that it read, each by its version). A table whose
recipe is still the same need not be computed; one whose inputs have other versions by now is outdated.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ossu_analysis.store import Store, connect, readable

ABSENT = "absent"
NOT_CONTENT = {"run_id"}
"""Columns that tell who made a row, not what it says."""
Name = tuple[str, str]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a table holds: another recipe may give another table, the same one cannot.

    Attributes
    ----------
    code : str
        Version of the code that makes it.
    settings : dict
        Settings of the run that it reads.
    inputs : dict of str to str
        Version of every table (``link.table``) and file (path below the project) that it reads.
    """

    code: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)


def recipe_of(
    store: Store, code: str, settings: dict[str, Any], tables: Iterable[Name], files: Sequence[str]
) -> Recipe:
    """The recipe of a table that is to be made now.

    Parameters
    ----------
    tables : iterable of (link, table)
        What it reads; one that does not exist counts as absent.
    files : sequence of str
        Patterns below ``data/``.
    """
    inputs = {".".join(name): version(store, name) if store.has(*name) else ABSENT for name in tables}
    return Recipe(code, settings, inputs | file_versions(store, files))


def file_versions(store: Store, patterns: Sequence[str]) -> dict[str, str]:
    """Checksum of every file that matches one of the patterns below ``data/``, by its path below the project."""
    found = sorted({path for pattern in patterns for path in store.data.glob(pattern) if path.is_file()})
    return {path.relative_to(store.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def record(store: Store, name: Name, recipe: Recipe) -> str:
    """Write down what a table just written was made from; returns its version."""
    version, file = content_version(store, name), store.path(*name)
    note = {"version": version, "size": file.stat().st_size, **asdict(recipe)}
    target = file.with_suffix(".json")
    building = target.with_name(f".{target.name}.new")
    building.write_text(json.dumps(note, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    os.replace(building, target)
    return version


def is_made_of(store: Store, name: Name, recipe: Recipe) -> bool:
    """Whether the table exists and was made by this recipe."""
    note = _note(store, name)
    return note is not None and all(note[key] == value for key, value in _plain(recipe).items())


def has_inputs(store: Store, name: Name, recipe: Recipe) -> bool:
    """Whether the table was made by the same code from the same inputs, whatever was chosen otherwise."""
    note = _note(store, name)
    return note is not None and (note["code"], note["inputs"]) == (recipe.code, recipe.inputs)


def version(store: Store, name: Name) -> str:
    """Version of a table that exists: as recorded, or of its content when nobody has recorded it."""
    note = _note(store, name)
    return content_version(store, name) if note is None else str(note["version"])


def content_version(store: Store, name: Name) -> str:
    """Number of rows and a sum of their hashes: the same for the same rows in any order, whichever run made them."""
    file = str(store.made(*name))
    with connect() as db, readable(file):
        described = db.execute("describe select * from read_parquet(?)", [file]).fetchall()
        columns = ", ".join(f'"{column}"' for column, *_ in described if column not in NOT_CONTENT)
        counted = f"select count(*), coalesce(sum(hash({columns})::hugeint), 0) from read_parquet(?)"
        (row,) = db.execute(counted, [file]).fetchall()
    return f"{row[0]}-{row[1]:x}"


def outdated(store: Store) -> list[Name]:
    """Tables whose inputs, or the inputs of those, have changed since; one without a record is taken as it is."""
    known: dict[Name, bool] = {}
    return [name for name in store.existing() if _is_outdated(store, name, known)]


def _is_outdated(store: Store, name: Any, known: dict[Name, bool]) -> bool:
    if name not in known:
        note = _note(store, name)
        tables = {(*key.split("."),): then for key, then in note["inputs"].items() if "/" not in key} if note else {}
        known[name] = any(_has_moved(store, table, then, known) for table, then in tables.items())
    return known[name]


def _has_moved(store: Store, name: Any, then: str, known: dict[Name, bool]) -> bool:
    if not store.has(*name):
        return then != ABSENT
    return version(store, name) != then or _is_outdated(store, name, known)


def _note(store: Store, name: Name) -> dict[str, Any] | None:
    """The record of a table; None when there is none, it cannot be read, or the file has another size by now."""
    file = store.path(*name)
    try:
        note: dict[str, Any] = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        return note if note["size"] == file.stat().st_size else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _plain(recipe: Recipe) -> dict[str, Any]:
    """As it reads after a turn through JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(recipe), default=str))
    return plain
