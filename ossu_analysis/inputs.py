"""Typed YAML that people edit: source records, assumptions, planning rules, names of published services.

Belongs here: one pydantic model per kind of file and its reader. A misspelt key, a value without a source or
overlapping dates are faults that name file and place; all faults of a file are collected before anything is raised.
"""

import datetime
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ossu_analysis.errors import Fault, FaultsFound, OssuError, raise_if_any
from ossu_analysis.status import STATUSES
from ossu_analysis.store import Store
from ossu_analysis.texts import text
from ossu_analysis.yaml_file import read_yaml

Reference = Literal["stock_31_december", "stock_1_january", "stock_1_july", "calendar_year", "period", "day"]
"""What ``year`` means in a raw table: the stock at its end, the stock on the next 1 January, events of the year ..."""

SourceClass = Literal["official", "municipal_study", "context"]


class Strict(BaseModel):
    """Base of every typed input: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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

    @property
    def all_years(self) -> range:
        """The years that the file has."""
        return range(self.years[0], self.years[1] + 1, self.years_step)

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


def parse(model: type[Model], content: Any, file: str) -> Model:
    """Content as a typed object.

    Raises
    ------
    FaultsFound
        With one fault per wrong or missing key: file, place inside it, what stands there.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise FaultsFound(faults_of(error, file)) from error


def parse_file(model: type[Model], path: Path, root: Path) -> Model:
    """One YAML file as a typed object; a missing file, another encoding, broken YAML and wrong keys are faults."""
    file = relative(path, root)
    return parse(model, read_yaml(path, file), file)


def scenario_names(folder: Path) -> list[str]:
    """Names of the scenario files of a folder, the reference first."""
    return sorted((file.stem for file in folder.glob("*.yaml")), key=lambda name: (name != "reference", name))


def parse_scenario(model: type[Model], folder: Path, name: str, unknown: str) -> Model:
    """The scenario ``<name>.yaml`` of a folder; `OssuError` ``unknown`` names those there are when it is none."""
    known = scenario_names(folder)
    if name not in known:
        raise OssuError(unknown, scenario=name, known=", ".join(known) or "–")
    return parse_file(model, folder / f"{name}.yaml", folder)


def faults_of(error: ValidationError, file: str) -> list[Fault]:
    """What pydantic found wrong, one Bulgarian fault for each wrong value."""
    found = []
    for item in error.errors():
        where = ".".join(map(str, item["loc"]))
        shown = "" if isinstance(item["input"], (dict, list)) else repr(item["input"])
        found.append(Fault("reference.bad_entry", file=file, column=where, found=shown, expected=_expected(item)))
    return found


def _expected(item: Any) -> str:
    facts = item.get("ctx", {})
    said = text(f"reference.expected.{item['type']}", **facts)
    return text("reference.expected.other", kind=item["type"]) if said.startswith("reference.") else said


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


def read_source_records(store: Store) -> tuple[list[tuple[Path, SourceRecord]], list[Fault]]:
    """Every folder of ``data/raw`` with its record, and the faults of the records that could not be read."""
    found, faults = [], list[Fault]()
    for folder in source_folders(store):
        try:
            found.append((folder, read_source_record(folder, store)))
        except FaultsFound as error:
            faults += error.faults
    return found, faults


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


class DatedValue(Strict):
    """A value in force from a day on, up to the next one, with its source."""

    valid_from: datetime.date
    value: float
    source_bg: str = Field(min_length=1)


class Assumption(Strict):
    """One parameter that is not estimated from data: unit, dated values with sources, how good it is."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title_bg: str
    unit: str = Field(min_length=1)
    quality: Literal["law", "observed", "convention", "weak"]
    values: list[DatedValue] = Field(min_length=1)
    note_bg: str = ""

    @model_validator(mode="after")
    def _days_are_different(self) -> "Assumption":
        days = [entry.valid_from for entry in self.values]
        if len(set(days)) < len(days):
            raise ValueError(text("reference.rule.same_day", name=self.id))
        return self


class UnitSize(Strict):
    """How small and how large one unit of a service may be, and how long it takes until it opens."""

    service_code: str
    smallest: int = Field(ge=1)
    largest: int | None = Field(ge=1)
    lead_years: int = Field(ge=0)
    is_mobile: bool
    quality: Literal["observed", "convention", "no_unit"]
    source_bg: str = Field(min_length=1)


class AssumptionFile(Strict):
    """One file of ``data/assumptions``."""

    assumptions: list[Assumption] = []
    unit_sizes: list[UnitSize] = []


class RuleCondition(Strict):
    """The rule plans users only where this holds; elsewhere it plans none."""

    indicator: str
    comparison: Literal[">=", ">", "<=", "<", "=="]
    value: float


class RuleStep(Strict):
    """One line of a table: from this value of the indicator on, so many users."""

    at_least: float = Field(ge=0)
    users: int = Field(ge=0)


class Rule(Strict):
    """The planning criterion of one service; an empty ``rate`` means that it has not been loaded.

    ``base`` says what the rate multiplies: ``count`` a fixed number, ``share`` a share of the indicator, ``per_n`` a
    number for every ``per`` of the indicator; ``table`` reads the users from ``steps`` instead. The indicator is a
    target group. ``smallest_unit`` and ``unit_size``: fewest and most users of one service.
    """

    service_code: str
    level: Literal["municipal", "oblast", "country", "municipal_budget", "legacy", "unknown"]
    legal_ref: str = Field(min_length=1)
    indicator: str | None = None
    condition: RuleCondition | None = None
    base: Literal["count", "share", "per_n", "table"] | None = None
    rate: float | None = Field(None, ge=0)
    rate_unit: str | None = None
    steps: list[RuleStep] = []
    per: float | None = Field(None, gt=0)
    minimum: int | None = Field(None, ge=0)
    maximum: int | None = Field(None, ge=0)
    smallest_unit: int | None = Field(None, gt=0)
    unit_size: int | None = Field(None, gt=0)
    rounding: Literal["up", "down", "nearest"] | None = None
    valid_from: datetime.date
    valid_to: datetime.date | None = None
    verified_by: str | None = None
    verified_on: datetime.date | None = None
    note_bg: str = ""

    @property
    def is_loaded(self) -> bool:
        """Whether a criterion can be computed."""
        return self.rate is not None or bool(self.steps)

    @model_validator(mode="after")
    def _is_complete(self) -> "Rule":
        if not self.is_loaded:
            return self
        needed = ["base", "verified_by", "verified_on"]
        needed += ["indicator"] if self.base in {"share", "per_n", "table"} else []
        needed += [] if self.base == "table" else ["rate", "rate_unit", "rounding"]
        needed += ["per"] if self.base == "per_n" else []
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(text("reference.rule.incomplete", name=self.service_code, missing=", ".join(missing)))
        return self

    @model_validator(mode="after")
    def _unit_and_steps_fit_the_base(self) -> "Rule":
        expected = rate_units().get(self.base or "")
        if self.rate_unit is not None and self.rate_unit != expected:
            raise ValueError(text("reference.rule.unit", name=self.service_code, base=self.base, unit=expected))
        if bool(self.steps) != (self.base == "table" and self.is_loaded):
            raise ValueError(text("reference.rule.steps_of_table", name=self.service_code))
        starts = [step.at_least for step in self.steps]
        if starts != sorted(set(starts)):
            raise ValueError(text("reference.rule.steps_rise", name=self.service_code))
        return self

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> "Rule":
        for low, high in (("minimum", "maximum"), ("smallest_unit", "unit_size"), ("valid_from", "valid_to")):
            first, last = getattr(self, low), getattr(self, high)
            if first is not None and last is not None and first > last:
                facts = {"low": low, "first": first, "high": high, "last": last}
                raise ValueError(text("reference.rule.bounds", name=self.service_code, **facts))
        return self


def rate_units() -> dict[str, str]:
    """What the rate of a rule counts, by its ``base``."""
    return {base: text(f"reference.rate_unit.{base}") for base in ("count", "share", "per_n")}


class RuleFile(Strict):
    """One file of ``data/rules``: a version of an ordinance's criteria."""

    version: str = Field(min_length=1)
    ordinance_bg: str
    rules: list[Rule]


def read_assumptions(store: Store) -> dict[str, tuple[Assumption, str]]:
    """Assumptions and their files by id, from the files directly in ``data/assumptions``.

    Raises
    ------
    FaultsFound
        Every wrong entry of every file, and ids that occur twice.
    """
    files = parse_files(AssumptionFile, store.assumptions, store.root)
    entries = [(entry, file) for file, content in files.items() for entry in content.assumptions]
    raise_if_any(_repeated([(entry.id, file) for entry, file in entries], "id"))
    return {entry.id: (entry, file) for entry, file in entries}


def read_unit_sizes(store: Store) -> dict[str, tuple[UnitSize, str]]:
    """Sizes of units and their files by service, from the files directly in ``data/assumptions``.

    Raises
    ------
    FaultsFound
        Every wrong entry of every file, services that occur twice, and units smaller at most than at least.
    """
    files = parse_files(AssumptionFile, store.assumptions, store.root)
    entries = [(entry, file) for file, content in files.items() for entry in content.unit_sizes]
    contradictory = (
        Fault("reference.smallest_above_largest", file=file, column=f"unit_sizes.{entry.service_code}.smallest",
              found=str(entry.smallest), expected=f"≤ {entry.largest}")
        for entry, file in entries
        if entry.largest is not None and entry.smallest > entry.largest
    )  # fmt: skip
    raise_if_any([*_repeated([(entry.service_code, file) for entry, file in entries], "service_code"), *contradictory])
    return {entry.service_code: (entry, file) for entry, file in entries}


def read_rules(store: Store) -> dict[str, RuleFile]:
    """Planning rules by file, from ``data/rules``.

    Raises
    ------
    FaultsFound
        Every wrong entry of every file, and rules of one service in one version whose dates overlap.
    """
    files = parse_files(RuleFile, store.rules, store.root)
    raise_if_any(fault for file, content in files.items() for fault in _overlapping(content.rules, file))
    return files


def parse_files(model: type[Model], folder: Path, root: Path) -> dict[str, Model]:
    """Every YAML file directly in a folder by its path below the root; the faults of all of them are raised at once."""
    found, faults = {}, list[Fault]()
    for path in sorted(folder.glob("*.yaml")):
        try:
            found[relative(path, root)] = parse_file(model, path, root)
        except FaultsFound as error:
            faults += error.faults
    raise_if_any(faults)
    return found


def _repeated(ids: list[tuple[str, str]], column: str) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, file in ids:
        if name in seen:
            yield Fault("reference.repeated_entry", file=file, column=column, found=name, expected=seen[name])
        seen[name] = file


def _overlapping(rules: list[Rule], file: str) -> Iterator[Fault]:
    ordered = sorted(rules, key=lambda rule: (rule.service_code, rule.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.service_code == later.service_code and (earlier.valid_to or datetime.date.max) >= later.valid_from:
            found = f"{later.service_code}, {later.valid_from.isoformat()}"
            ends = earlier.valid_to.isoformat() if earlier.valid_to else text("reference.rule.end_of_former")
            expected = f"> {ends}"
            yield Fault("reference.overlapping_rules", file=file, column="valid_from", found=found, expected=expected)
