"""Obligations of a round as days of the calendar: due by law or practice, moved off weekends and holidays; cliffs too.

Belongs here: from ``data/reference/obligation.yaml`` and ``proposal.funding_cliff`` to entries, and their files. A day
that falls on a weekend or a Bulgarian holiday moves to the next working day; the day of the rule stays beside it.
"""

import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from ossu_analysis.errors import FaultsFound, OssuError
from ossu_analysis.inputs import faults_of
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.store import Store
from ossu_analysis.texts import day, text

FILE = "obligation.yaml"
REMIND_DAYS = 14
"""An entry is announced so many days before it is due."""
COLUMNS = ("due", "by_rule", "what", "who", "where", "legal_ref", "confidence")
Confidence = Literal["verified", "secondary", "inferred", "recalled"]


class Obligation(BaseModel):
    """One duty: ``due`` is a day of every year (``03-31``), a month of every year (``08``), or one date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    what_bg: str
    who_bg: str
    due: str
    legal_ref: str
    confidence: Confidence

    @field_validator("due", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> str:
        said = value.isoformat() if isinstance(value, datetime.date) else str(value)
        last_day(said, 2000)
        return said


class Shift(BaseModel):
    """By which rule a day moves off a holiday."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    legal_ref: str
    confidence: Confidence


class Obligations(BaseModel):
    """The file: when it was looked up, the rule of shifting, the duties."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: datetime.date
    shift: Shift
    obligations: tuple[Obligation, ...]


def read_obligations(store: Store) -> Obligations:
    """Read ``data/reference/obligation.yaml``.

    Raises
    ------
    FaultsFound
        Where a duty is not as declared or its day is no day.
    """
    import yaml

    path = store.reference / FILE
    if not path.is_file():
        raise OssuError("calendar.missing", file=path)
    try:
        return Obligations(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise FaultsFound(faults_of(error, FILE)) from error


def last_day(due: str, year: int) -> datetime.date:
    """Day on which a duty of a year ends, before it is moved off holidays.

    Examples
    --------
    >>> last_day("03-31", 2027), last_day("02", 2028), last_day("2035-01-01", 2027)
    (datetime.date(2027, 3, 31), datetime.date(2028, 2, 29), datetime.date(2035, 1, 1))
    """
    if len(due) > 5:
        return datetime.date.fromisoformat(due)
    if len(due) == 2:
        return (datetime.date(year, int(due), 28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(1)
    return datetime.date.fromisoformat(f"{year}-{due}")


def working_day(moment: datetime.date) -> datetime.date:
    """The day itself, or the first one after it that is neither weekend nor a Bulgarian holiday.

    Examples
    --------
    >>> working_day(datetime.date(2027, 5, 1))  # Holy Saturday and Labour Day; Easter Monday and a day in lieu follow
    datetime.date(2027, 5, 5)
    """
    import holidays

    free = holidays.country_holidays("BG")
    while moment.weekday() >= 5 or moment in free:
        moment += datetime.timedelta(days=1)
    return moment


def cliffs_of(store: Store, area_code: str) -> pd.DataFrame:
    """``proposal.funding_cliff`` of the country, an oblast or a municipality; empty where it has not been made."""
    if not store.has("proposal", "funding_cliff"):
        return pd.DataFrame()
    here = "true" if area_code == COUNTRY else f"starts_with(municipality_code, '{area_code}')"
    return store.read("proposal", "funding_cliff", here)


def entries(known: Obligations, cliffs: pd.DataFrame, first: datetime.date, last: datetime.date) -> pd.DataFrame:
    """Everything that is due in a period, the soonest first.

    Parameters
    ----------
    known : Obligations
    cliffs : DataFrame
        ``proposal.funding_cliff``, of the municipalities that are wanted.
    first, last : date
        Both days belong to the period.

    Returns
    -------
    DataFrame
        `COLUMNS`: the working day, the day of the rule (dates), what, who, where (empty: everywhere), ground, mark.

    Raises
    ------
    OssuError
        When the period runs backwards.
    """
    if last < first:
        raise OssuError("calendar.backwards", first=day(first), last=day(last))
    rows = pd.DataFrame([*_duties(known, first, last), *_cliffs(cliffs)], columns=list(COLUMNS))
    inside = [first <= one <= last for one in rows["due"]]
    return rows[inside].sort_values(["due", "what", "where"], kind="stable", ignore_index=True)


def _duties(known: Obligations, first: datetime.date, last: datetime.date) -> Iterator[tuple[object, ...]]:
    for one in known.obligations:
        # A day of the last December may move into the period.
        years = range(first.year - 1, last.year + 1) if len(one.due) < 6 else (first.year,)
        for year in years:
            by_rule = last_day(one.due, year)
            yield working_day(by_rule), by_rule, one.what_bg, one.who_bg, "", one.legal_ref, one.confidence


def _cliffs(cliffs: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    for row in cliffs.to_dict("records"):
        facts = {"service": row["service_code"], "users": row["users"], "end": day(row["funding_end"])}
        where, ground = row["municipality_code"], text("calendar.cliff.ground")
        end = datetime.date.fromisoformat(row["funding_end"])
        year, month = map(int, str(row["last_month_to_apply"]).split("-"))
        apply = last_day(f"{month:02}", year)
        who = text("calendar.cliff.who")
        yield working_day(apply), apply, text("calendar.cliff.apply", **facts), who, where, ground, "inferred"
        yield end, end, text("calendar.cliff.end", **facts), who, where, ground, "verified"


def write_ics(rows: pd.DataFrame, path: Path, known: Obligations) -> Path:
    """Write the entries as a calendar that any office program reads; the same entries give the same file."""
    from icalendar import Alarm, Calendar, Event

    made = Calendar()
    made.add("prodid", "-//ossu_analysis//calendar//BG")
    made.add("version", "2.0")
    for row in records(rows):
        event = Event()
        event.add("uid", f"{row['by_rule']}-{_stable(row['what'], row['where'])}@ossu-analysis")
        event.add("dtstamp", datetime.datetime.combine(known.as_of, datetime.time(), datetime.UTC))
        event.add("dtstart", row["due"])
        event.add("summary", text("calendar.summary", **row))
        event.add("description", text("calendar.description", **row | {"by_rule": day(row["by_rule"])}))
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", row["what"])
        alarm.add("trigger", datetime.timedelta(days=-REMIND_DAYS))
        event.add_component(alarm)
        made.add_component(event)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.to_ical())
    return path


def _stable(*words: str) -> str:
    """Short stable name of an entry, so that a calendar read again replaces its entries."""
    import hashlib

    return hashlib.sha256("|".join(words).encode()).hexdigest()[:16]


def write_xlsx(rows: pd.DataFrame, path: Path, known: Obligations) -> Path:
    """Write the entries as a sheet, with the rule of shifting below them."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = text("calendar.sheet")
    for line in _lines(rows, known):
        sheet.append(line)
    for letter, width in zip("ABCDEFG", (14, 14, 70, 20, 12, 50, 14), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _lines(rows: pd.DataFrame, known: Obligations) -> Iterable[list[object]]:
    yield [text(f"calendar.column.{name}") for name in COLUMNS]
    for row in rows.to_dict("records"):
        yield [*(row[name] for name in COLUMNS[:-1]), text(f"calendar.confidence.{row['confidence']}")]
    yield []
    mark = text(f"calendar.confidence.{known.shift.confidence}")
    yield [text("calendar.shift", legal_ref=known.shift.legal_ref, mark=mark, as_of=day(known.as_of))]


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Entries one by one, each by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def as_text(rows: pd.DataFrame) -> str:
    """One line per entry."""
    if rows.empty:
        return text("calendar.nothing")
    lines = [text("calendar.line", **row | {"due": day(row["due"])}) for row in records(rows)]
    return "\n".join(lines)
