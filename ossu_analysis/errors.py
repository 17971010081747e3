"""Our exceptions and the fault record: what, where, found, expected, what to do next.

Belongs here: the classes. The sentences live in ``texts/bg/*.yaml`` (key ``<link>.<code>``). A reader of many rows
collects a list of `Fault` and raises one `FaultsFound` at the end, so that an analyst meets all faults at once.
"""

import errno
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ossu_analysis.texts import text

_LONG_NUMBER = re.compile(r"[0-9]{9,}")
NAMED = 5
"""Rows, and values, of one cause that are named; the others are counted."""
BLOCKING, TO_CHECK, NOTICE = text("common.severity").split("|")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one place of one file.

    Parameters
    ----------
    code : str
        Key of the sentences in the texts: ``<link>.<code>`` says what is wrong, ``<link>.<code>.todo`` what to do.
    file, sheet, row, column : str or int
        Where: path below the project's root, sheet name, 1-based row as a spreadsheet shows it, column name.
    found, expected : str
        What stands there, and what should.
    severity : str
        ``BLOCKING`` stops publication, ``TO_CHECK`` asks, ``NOTICE`` informs.
    municipality_code : str
        Empty when the fault is not about one municipality.
    times : int
        So many places of the same column have it; the one named is the first.
    """

    code: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    found: str = ""
    expected: str = ""
    severity: str = BLOCKING
    municipality_code: str = ""
    times: int = 1

    def __post_init__(self) -> None:
        """Digits as long as a personal number are never repeated, whatever was wrong with their cell."""
        object.__setattr__(self, "found", _LONG_NUMBER.sub("…", self.found))

    def sentence(self) -> str:
        """One Bulgarian line: place, what is wrong, found, expected, what to do, and how many more there are."""
        return _sentence([self])


def _sentence(alike: "Sequence[Fault]") -> str:
    """One line for faults of one cause: the first rows, values and limits, and how many there are."""
    first, times = alike[0], sum(fault.times for fault in alike)
    rows = _first([str(fault.row) for fault in alike if fault.row is not None], ", ")
    places = {"sheet": first.sheet, "row" if len(alike) == 1 else "rows": rows, "column": first.column}
    said = [first.file, *(text(f"common.fault.{key}", value=value) for key, value in places.items() if value)]
    counted = text("common.fault.times", count=times) if times > 1 else ""
    where = ", ".join(filter(None, [*said, counted]))
    parts = [where and f"{where}: ", text(first.code)]
    for name in ("found", "expected"):
        value = _first([getattr(fault, name) for fault in alike], "; ")
        parts.append(value and text(f"common.fault.{name}", value=value))
    return "".join(parts).strip() + f" {text(first.code + '.todo')}".rstrip()


def _first(said: Iterable[str], between: str) -> str:
    """The first different texts, and a mark when there are more."""
    different = list(dict.fromkeys(filter(None, said)))
    return between.join(different[:NAMED]) + (" …" if len(different) > NAMED else "")


def told(faults: "Iterable[Fault]") -> list[str]:
    """One sentence per cause: faults that differ in row, value and municipality only are one, with their count."""
    causes: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        causes.setdefault((fault.code, fault.file, fault.sheet, fault.column, fault.severity), []).append(fault)
    return [_sentence(alike) for alike in causes.values()]


class OssuError(Exception):
    """Base of every error an analyst can act on; ``code`` is the text key and ``facts`` fill the sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(text(code, **facts))


class FaultsFound(OssuError):
    """Several faults at once; ``faults`` holds them and the message prints one line each."""

    def __init__(self, faults: Iterable[Fault], heading: str = "common.faults_found") -> None:
        self.faults: Sequence[Fault] = tuple(faults)
        blocking = [fault for fault in self.faults if fault.severity == BLOCKING]
        super().__init__(heading, count=sum(fault.times for fault in blocking or self.faults))

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"- {sentence}" for sentence in told(self.faults))])


def raise_if_any(faults: Iterable[Fault]) -> None:
    """Raise `FaultsFound` when at least one fault blocks; otherwise return."""
    blocking = [fault for fault in faults if fault.severity == BLOCKING]
    if blocking:
        raise FaultsFound(blocking)


def place_fault(error: BaseException) -> OssuError | None:
    """What the machine refuses (disk, folder, damaged file, memory) as a sentence with a remedy; None for the rest.

    Libraries wrap what the system says in exceptions of their own, so the cause behind an error is looked at too, and
    where it carries no number, its words.
    """
    seen: BaseException | None = error
    while seen is not None:
        found = _of_the_place(seen)
        if found is not None:
            return found
        seen = seen.__cause__ or seen.__context__
    return None


def _of_the_place(error: BaseException) -> OssuError | None:
    if isinstance(error, OssuError):
        return error
    said = str(error)
    number = error.errno if isinstance(error, OSError) else None
    file = str(getattr(error, "filename", None) or _quoted_path(said) or "data")
    if number in _FULL or _SAYS_FULL.search(said):
        return OssuError("common.disk_full", file=file)
    if number in _LOCKED or _SAYS_LOCKED.search(said):
        return OssuError("common.not_writable", file=file)
    if isinstance(error, MemoryError):
        return OssuError("common.no_memory")
    is_of_library = type(error).__module__.split(".")[0] in {"duckdb", "_duckdb", "pyarrow", "sqlite3", "sqlalchemy"}
    if is_of_library and _SAYS_DAMAGED.search(said):
        return OssuError("common.damaged_file", file=file)
    return OssuError("common.place", file=file, said=said) if number is not None else None


def _quoted_path(said: str) -> str:
    found = re.search(r"[\"']((?:/|[A-Za-z]:)[^\"']+)[\"']", said)
    return found.group(1) if found else ""


_FULL = {errno.ENOSPC, errno.EDQUOT}
_LOCKED = {errno.EACCES, errno.EPERM, errno.EROFS}
_SAYS_FULL = re.compile(r"No space left|disk is full|database or disk is full", re.IGNORECASE)
_SAYS_LOCKED = re.compile(
    r"Permission denied|Read-only file system|readonly database|unable to open database file", re.IGNORECASE
)
_SAYS_DAMAGED = re.compile(
    r"not a valid DuckDB|magic bytes|malformed|not a database|Invalid Input|TProtocolException|corrupt|"
    r"footer|too small to be a Parquet|Snappy|ZSTD|checksum",
    re.IGNORECASE,
)
