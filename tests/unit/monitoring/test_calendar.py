"""Obligations as days: moved off weekends and holidays, cliffs among them, files that office programs read."""

import datetime

import icalendar
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.errors import FaultsFound, OssuError
from ossu_analysis.monitoring.calendar import (
    as_text,
    entries,
    last_day,
    read_obligations,
    working_day,
    write_ics,
    write_xlsx,
)
from ossu_analysis.store import Store, project_root

YEAR = datetime.date(2027, 1, 1), datetime.date(2027, 12, 31)


@pytest.fixture(scope="module")
def known():
    return read_obligations(Store(project_root()))


def cliffs():
    row = {"municipality_code": "SML02", "service_code": "DAY-AD", "users": 12}
    return pd.DataFrame([row | {"funding_end": "2027-06-30", "last_month_to_apply": "2026-08"}])


@pytest.mark.parametrize(
    ("by_rule", "moved"),
    [
        ((2027, 3, 31), (2027, 3, 31)),
        ((2027, 4, 30), (2027, 5, 5)),  # Good Friday, Easter, Labour Day and its day in lieu
        ((2026, 1, 1), (2026, 1, 5)),  # New Year, a day off by decision, a weekend
        ((2026, 5, 24), (2026, 5, 26)),  # a holiday on Sunday, with Monday in lieu
        ((2028, 12, 31), (2029, 1, 2)),
    ],
)
def test_a_day_moves_to_the_next_working_day(by_rule, moved):
    assert working_day(datetime.date(*by_rule)) == datetime.date(*moved)


@settings(deadline=None, max_examples=30)
@given(st.dates(datetime.date(2020, 1, 1), datetime.date(2035, 12, 31)))
def test_moving_twice_is_moving_once_and_never_back(moment):
    moved = working_day(moment)
    assert moved >= moment and working_day(moved) == moved and moved.weekday() < 5


@given(st.integers(2000, 2100), st.integers(1, 12))
def test_a_month_ends_on_its_last_day(year, month):
    end = last_day(f"{month:02}", year)
    assert end.month == month and (end + datetime.timedelta(days=1)).day == 1


def test_the_year_of_a_round_holds_duties_and_cliffs(known):
    rows = entries(known, cliffs(), *YEAR)
    assert rows["due"].is_monotonic_increasing and rows["due"].between(*YEAR).all()
    said = as_text(rows)
    assert "05.05.2027 г.  Анализ на състоянието" in said and "ЗСУ, чл. 113" in said
    assert "30.06.2027 г.  DAY-AD: свършват парите от проекта, 12 потребители" in said
    # The month to apply was in the year before.
    assert "включване" not in said
    assert "включване" in as_text(entries(known, cliffs(), datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)))


def test_calendar_file_is_read_back_and_the_same_twice(known, tmp_path):
    rows = entries(known, cliffs(), *YEAR)
    first, second = (write_ics(rows, tmp_path / name, known).read_bytes() for name in ("a.ics", "b.ics"))
    assert first == second
    events = icalendar.Calendar.from_ical(first).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == rows["due"].tolist()
    assert len({event["uid"] for event in events}) == len(rows)


def test_sheet_says_ground_and_how_sure(known, tmp_path):
    rows = entries(known, cliffs(), *YEAR)
    sheet = openpyxl.load_workbook(write_xlsx(rows, tmp_path / "a.xlsx", known)).active
    cells = [[cell.value for cell in line] for line in sheet]
    assert cells[0][:3] == ["срок", "по правилото", "какво"] and len(cells) == len(rows) + 3
    assert "видяно в източника" in {line[6] for line in cells} and "по памет" in cells[-1][0]


def test_what_is_wrong_is_a_sentence(known, tmp_path):
    with pytest.raises(OssuError, match="преди да е започнал"):
        entries(known, pd.DataFrame(), YEAR[1], YEAR[0])
    assert as_text(entries(known, pd.DataFrame(), YEAR[0], YEAR[0])).strip()
    folder = tmp_path / "data" / "reference"
    folder.mkdir(parents=True)
    with pytest.raises(OssuError, match="Няма файл"):
        read_obligations(Store(tmp_path))
    lines = (project_root() / "data/reference/obligation.yaml").read_text(encoding="utf-8")
    (folder / "obligation.yaml").write_text(lines.replace('due: "03-31"', 'due: "03-41"'), encoding="utf-8")
    with pytest.raises(FaultsFound, match="03-41"):
        read_obligations(Store(tmp_path))
