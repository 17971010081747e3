"""Our exceptions and the fault record: what, where, found, expected, what to do next.

Belongs here: the classes. The sentences live in ``texts/bg/*.yaml`` (key ``<link>.<code>``). A reader of many rows
collects a list of `Fault` and raises one `FaultsFound` at the end, so that an analyst meets all faults at once.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_LONG_NUMBER = re.compile(r"[0-9]{9,}")
BLOCKING, TO_CHECK, NOTICE = "блокираща", "за проверка", "сведение"


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

    def __post_init__(self) -> None:
        """Digits as long as a personal number are never repeated, whatever was wrong with their cell."""
        object.__setattr__(self, "found", _LONG_NUMBER.sub("…", self.found))

    def sentence(self) -> str:
        """One Bulgarian line: place, what is wrong, found, expected, what to do."""
        from ossu_analysis.texts import text

        places = [self.file, self.sheet and f"лист „{self.sheet}“", self.row and f"ред {self.row}"]
        places.append(self.column and f"колона „{self.column}“")
        where = ", ".join(str(place) for place in places if place)
        said = text(self.code)
        found = f" Намерено: {self.found}." if self.found else ""
        expected = f" Очаква се: {self.expected}." if self.expected else ""
        return f"{where}: {said}{found}{expected} {text(self.code + '.todo')}".strip()


class OssuError(Exception):
    """Base of every error an analyst can act on; ``code`` is the text key and ``facts`` fill the sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        from ossu_analysis.texts import text

        self.code, self.facts = code, facts
        super().__init__(text(code, **facts))


class FaultsFound(OssuError):
    """Several faults at once; ``faults`` holds them and the message prints one line each."""

    def __init__(self, faults: Iterable[Fault], heading: str = "common.faults_found") -> None:
        self.faults: Sequence[Fault] = tuple(faults)
        super().__init__(heading, count=len(self.faults))

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"- {fault.sentence()}" for fault in self.faults)])


def raise_if_any(faults: Iterable[Fault]) -> None:
    """Raise `FaultsFound` when at least one fault blocks; otherwise return."""
    blocking = [fault for fault in faults if fault.severity == BLOCKING]
    if blocking:
        raise FaultsFound(blocking)
