"""Typed YAML that people edit: source records, assumptions, planning rules, names of published services.

Belongs here: one pydantic model per kind of file and its reader. A misspelt key, a value without a source or
overlapping dates are faults that name file and place; all faults of a file are collected before anything is raised.
"""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ossu_analysis.errors import Fault, FaultsFound, raise_if_any
from ossu_analysis.status import STATUSES
from ossu_analysis.store import Store

Reference = Literal["stock_31_december", "stock_1_january", "stock_1_july", "calendar_year", "period", "day"]
"""What ``year`` means in a raw table: the stock at its end, the stock on the next 1 January, events of the year ..."""

SourceClass = Literal["official", "municipal_study", "context"]


class Strict(BaseModel):
    """Base of every typed input: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceTable(Strict):
    """One raw file of a source: what it holds, how it was checked, what is known to be wrong with it."""

    table: str
    dataset_code: str = ""
    title_bg: str
    reference: Reference
    reference_bg: str
    years: tuple[int, int]
    years_step: int = Field(1, ge=1)
    gaps: dict[str, list[int]] = {}
    basis: dict[int, int] = {}
    revised_years: tuple[int, int] | None = None
    status: str = Field("observed", pattern=f"^({'|'.join(STATUSES)})$")
    read_from: str = ""
    caveats_bg: list[str] = []
    checks_bg: list[str] = []
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    rows: int = Field(ge=1)

    def census_of(self, year: int) -> int | None:
        """Census on which the stock of a year rests; None when it is not known."""
        starts = [start for start in self.basis if start <= year]
        return self.basis[max(starts)] if starts else None

    def is_revised(self, year: int) -> bool:
        """Whether the publisher has revised that year back from a later census."""
        return self.revised_years is not None and self.revised_years[0] <= year <= self.revised_years[1]


class SourceRecord(Strict):
    """``source.yaml``: who published, under which terms, when it was taken, and the files beside it."""

    source_id: str
    vintage: str
    publisher: str
    publisher_bg: str
    source_class: SourceClass
    landing_page: str | None
    licence: str
    published: str | None = Field(description="date of publication; null when it is not known")
    retrieved: datetime.date
    tables: list[SourceTable]

    def table(self, name: str) -> SourceTable | None:
        """The entry of one table, or None."""
        return next((entry for entry in self.tables if entry.table == name), None)


Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> Any:
    """Content of a YAML file with the fast loader where libyaml is present."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=loader)


def parse(model: type[Model], content: Any, file: str, place: str = "") -> Model:
    """Content as a typed object.

    Raises
    ------
    FaultsFound
        With one fault per wrong or missing key: file, place inside it, what stands there.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise FaultsFound(_faults_of(error, file, place)) from error


def parse_file(model: type[Model], path: Path, root: Path) -> Model:
    """One YAML file as a typed object; broken YAML and wrong keys are faults."""
    file = relative(path, root)
    try:
        content = read_yaml(path)
    except UnicodeDecodeError as error:
        raise FaultsFound(
            [Fault("sources.wrong_encoding", file=file, found=f"{error.object[error.start]:#x}")]
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        raise FaultsFound(
            [Fault("reference.broken_yaml", file=file, row=row, found=str(error).split("\n")[0])]
        ) from error
    return parse(model, content, file)


def _faults_of(error: ValidationError, file: str, place: str) -> list[Fault]:
    found = []
    for item in error.errors():
        where = ".".join([place, *map(str, item["loc"])]).strip(".")
        shown = "" if isinstance(item["input"], (dict, list)) else repr(item["input"])
        found.append(Fault("reference.bad_entry", file=file, column=where, found=shown, expected=_expected(item)))
    return found


def _expected(item: Any) -> str:
    from ossu_analysis.texts import text

    said = text(f"reference.expected.{item['type']}")
    return item["msg"] if said.startswith("reference.") else said


def relative(path: Path, root: Path) -> str:
    """Path below the project's root, with forward slashes, as faults print it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def source_folders(store: Store, source_id: str = "*") -> list[Path]:
    """Folders ``data/raw/<source>/<vintage>`` that hold a ``source.yaml``, oldest vintage first."""
    return sorted(file.parent for file in store.raw.glob(f"{source_id}/*/source.yaml"))


def read_source_record(folder: Path, store: Store) -> SourceRecord:
    """The record of one vintage; its id and vintage must be the names of its folders.

    Raises
    ------
    FaultsFound
        When a key is wrong or missing, or the record speaks of another source or vintage.
    """
    record = parse_file(SourceRecord, folder / "source.yaml", store.root)
    raise_if_any(_misplaced(record, folder, store))
    return record


def _misplaced(record: SourceRecord, folder: Path, store: Store) -> Iterator[Fault]:
    file = relative(folder / "source.yaml", store.root)
    for key, found, expected in (
        ("source_id", record.source_id, folder.parent.name),
        ("vintage", record.vintage, folder.name),
    ):
        if found != expected:
            yield Fault("sources.misplaced_record", file=file, column=key, found=found, expected=expected)


class PublishedName(Strict):
    """A service as some publisher calls it, and the service of ours that it is, where it is exactly one."""

    published_name_bg: str
    service_code: str | None
    certainty: Literal["verified", "secondary", "inferred"]
    note_bg: str = ""


class PublishedNames(Strict):
    """``data/reference/published_service_names.yaml``."""

    names: list[PublishedName]


def read_published_names(store: Store) -> dict[str, str | None]:
    """Our service code by published name; None where a name is not one service."""
    found = parse_file(PublishedNames, store.reference / "published_service_names.yaml", store.root)
    return {entry.published_name_bg: entry.service_code for entry in found.names}
