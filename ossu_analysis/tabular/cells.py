"""What one cell says: an empty cell, a text, a number that its file stores as one, or something that cannot be read.

The rule of numbers, the same for every file: digits may be grouped by spaces or apostrophes; where a comma or a point
occurs more than once, or stands before the other, it groups thousands, in threes; one comma or point divides decimals,
except that one to three digits, a mark and exactly three digits (``1,908``) may be either and are a fault. A number
that a workbook or Parquet stores as a number is taken as it is. A mark of statistics (``:`` ``..`` ``-`` ``x``) is an
unknown value; a letter after a number (``12 b``) is a flag.
"""

import datetime
import math
import re
from dataclasses import dataclass
from functools import lru_cache

from ossu_analysis.texts import text

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009\u2007\u200b\ufeff]+")
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9][0-9.,' ]*)(?P<power>[eE][+-]?[0-9]{1,3})?(?P<flag> ?[a-z]{1,3})?"
)
_GROUPED = re.compile(r"[0-9]{1,3}([ '])[0-9]{3}(?:\1[0-9]{3})*(?:[.,][0-9]+)?")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_WHOLE_CODE = re.compile(r"([0-9]+)\.0+")
FLAGS = re.compile("[bcdefinprsuz]{1,3}")
"""Letters that Eurostat and national offices put after a value: break, provisional, estimated and others."""


@dataclass(frozen=True)
class Unreadable:
    """A cell that holds something nobody can read: not the same as an empty one.

    Attributes
    ----------
    reason : str
        Key of the texts: ``tabular.formula_without_value``, ``tabular.error_value`` or ``tabular.merged_cell``.
    place : str
        The cell as a spreadsheet names it, and what is stored there.
    """

    reason: str
    place: str


Cell = str | int | float | datetime.date | Unreadable


@dataclass(frozen=True)
class Reading:
    """A cell read as a number.

    Attributes
    ----------
    value : float or None
        None where the value is unknown or cannot be read.
    problem : str
        Key of the texts when the cell is no number; empty otherwise.
    flag : str
        Letters that stood after the number.
    """

    value: float | None = None
    problem: str = ""
    flag: str = ""


def plain(value: object) -> Cell:
    r"""A value of a file without odd spaces; not a number is an empty cell, a moment is its day.

    Examples
    --------
    >>> plain(" Дневен\u00a0 център "), plain(None), plain(12.0), plain(11.5)
    ('Дневен център', '', 12, 11.5)
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, Unreadable)):
        return value
    if isinstance(value, float):
        return "" if math.isnan(value) else int(value) if value.is_integer() else value
    if isinstance(value, datetime.date):
        return value.date() if isinstance(value, datetime.datetime) else value
    return _SPACES.sub(" ", str(value)).strip()


def shown(cell: Cell) -> str:
    """A cell as a person reads it.

    Examples
    --------
    >>> shown(1200), shown(datetime.date(2021, 12, 31)), shown("да")
    ('1200', '2021-12-31', 'да')
    """
    if isinstance(cell, Unreadable):
        return cell.place
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


def code(cell: Cell) -> str:
    """A code as text; ``100.0`` is the code ``100``, as spreadsheets and frames write it.

    Examples
    --------
    >>> code("100.0"), code(100), code("SML02")
    ('100', '100', 'SML02')
    """
    said = shown(cell)
    whole = _WHOLE_CODE.fullmatch(said)
    return whole[1] if whole else said


def is_unknown(cell: Cell) -> bool:
    """Whether a cell is empty or holds a mark of statistics for a value that is not there."""
    return isinstance(cell, str) and cell.lower() in _unknown_marks()


@lru_cache(maxsize=1)
def _unknown_marks() -> frozenset[str]:
    return frozenset(["", *text("tabular.unknown_marks").split("|")])


@lru_cache(maxsize=100_000)
def number(cell: Cell) -> Reading:
    """A cell as a number by the rule at the top.

    Examples
    --------
    >>> [number(cell).value for cell in ("1 908", "1.908.000", "1.908,5", "12,5", "0.908", 1.908, "..")]
    [1908.0, 1908000.0, 1908.5, 12.5, 0.908, 1.908, None]
    >>> number("1,908").problem, number("12 b").flag, number("много").problem
    ('tabular.ambiguous_number', 'b', 'tabular.not_a_number')
    """
    if isinstance(cell, Unreadable):
        return Reading(problem=cell.reason)
    if isinstance(cell, (int, float)):
        return Reading(float(cell)) if math.isfinite(cell) else Reading(problem="tabular.not_a_number")
    if isinstance(cell, datetime.date):
        return Reading(problem="tabular.day_for_number")
    if is_unknown(cell):
        return Reading()
    return _written(cell.replace("\u2212", "-").replace("’", "'"))


def _written(said: str) -> Reading:
    parts = _NUMBER.fullmatch(said)
    flag = (parts["flag"] or "").strip() if parts else ""
    if not parts or (flag and not FLAGS.fullmatch(flag)):
        return Reading(problem="tabular.not_a_number")
    digits = parts["digits"].strip()
    if " " in digits or "'" in digits:
        if not _GROUPED.fullmatch(digits):
            return Reading(problem="tabular.not_a_number")
        # The groups are marked already: a comma or point after them can only divide decimals.
        decimal = re.sub("[ ']", "", digits).replace(",", ".")
    elif _AMBIGUOUS.fullmatch(digits):
        return Reading(problem="tabular.ambiguous_number")
    else:
        decimal = _without_groups(digits)
    try:
        value = float(parts["sign"] + decimal + (parts["power"] or ""))
    except ValueError:
        return Reading(problem="tabular.not_a_number")
    return Reading(value, flag=flag) if math.isfinite(value) else Reading(problem="tabular.not_a_number")


def _without_groups(digits: str) -> str:
    """Digits with a decimal point: of two kinds of marks the first groups; what is not grouped in threes stays."""
    marks = [mark for mark in digits if mark in ".,"]
    if len(marks) <= 1:
        return digits.replace(",", ".")
    groups, last = marks[0], marks[-1]
    whole, _, decimals = digits.rpartition(last) if last != groups else (digits, "", "")
    if not re.fullmatch(rf"[0-9]{{1,3}}(?:\{groups}[0-9]{{3}})+", whole):
        return digits
    return whole.replace(groups, "") + (f".{decimals}" if decimals else "")
