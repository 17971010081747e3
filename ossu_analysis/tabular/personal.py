"""Personal numbers in a table: the cell is named, and nothing of what stands there is kept.

An ЕГН is ten digits that begin with a day of birth (months from 21 for those born before 1900, from 41 after 1999), a
mistyped one too; a mobile telephone never does. A workbook that stores an ЕГН as a number may have lost its first zero.
"""

import datetime
import re
from collections.abc import Collection, Iterator

from ossu_analysis.errors import BLOCKING, NAMED, NOTICE, Fault
from ossu_analysis.tabular.cells import Cell
from ossu_analysis.tabular.sheets import Sheet
from ossu_analysis.texts import text

_TEN = re.compile(r"(?<![0-9])[0-9]{10}(?![0-9])")
_PHONE = re.compile(r"(?<![0-9])(?:\+?359|0)[0-9]{8,9}(?![0-9])")
_WEIGHTS = (2, 4, 8, 5, 10, 9, 7, 3, 6)


def is_personal_number(digits: str) -> bool:
    """Whether ten digits are an ЕГН: a day of birth and the right last digit.

    Examples
    --------
    >>> is_personal_number("7501020018"), is_personal_number("0888123456")
    (True, False)
    """
    return _has_birthday(digits) and sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=False)) % 11 % 10 == int(
        digits[9]
    )


def _has_birthday(digits: str) -> bool:
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    century, month = (2000, month - 40) if month > 40 else (1800, month - 20) if month > 20 else (1900, month)
    try:
        datetime.date(century + year, month, day)
    except ValueError:
        return False
    return True


def personal_data(sheet: Sheet, codes: Collection[str]) -> Iterator[Fault]:
    """Personal numbers block the file, each column by its first cells; telephones are only told.

    Parameters
    ----------
    sheet : Sheet
    codes : collection of str
        Labels of columns of codes: a code of ten digits may look like an ЕГН by chance, a column of them does not.
    """
    phones = text("tabular.phone_labels").split("|")
    for at, label in enumerate(sheet.header):
        is_phone = any(mark in label.casefold() for mark in phones)
        filled = [(number, row[at]) for number, row in sheet.rows if at < len(row) and row[at] != ""]
        kinds = {number: kind for number, cell in filled if (kind := _kind(cell, is_phone))}
        persons = [number for number, kind in kinds.items() if kind == "person"]
        if persons and (label not in codes or 2 * len(persons) > len(filled)):
            yield _fault("tabular.personal_data", sheet, label, persons, BLOCKING)
        calls = [number for number, kind in kinds.items() if kind == "phone"]
        if calls and label not in codes:
            yield _fault("tabular.phone", sheet, label, calls, NOTICE)


def _fault(code: str, sheet: Sheet, label: str, rows: list[int], severity: str) -> Fault:
    found = text("tabular.in_rows", rows=", ".join(map(str, rows[:NAMED])), count=len(rows))
    return Fault(code, sheet.file, sheet.name, rows[0], label, found, severity=severity)


def _kind(cell: Cell, is_phone: bool) -> str:
    """``person``, ``phone`` or nothing."""
    said = str(cell) if isinstance(cell, (str, int)) else ""
    if isinstance(cell, int) and len(said) == 9:
        return "person" if is_personal_number(said.zfill(10)) and not is_phone else ""
    if len(said) < 9:
        return ""
    joined = re.sub(r"(?<=[0-9])[ \-/](?=[0-9])", "", said)
    if not is_phone and any(_has_birthday(digits) for digits in _TEN.findall(joined)):
        return "person"
    return "phone" if (is_phone and re.search("[0-9]{8}", joined)) or _PHONE.search(joined) else ""
