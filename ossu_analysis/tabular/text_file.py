"""A CSV: bytes to text, text to cells. UTF-8 with and without a mark, Windows-1251; semicolon, comma or tab.

UTF-16 is refused by name. Bytes that are mostly UTF-8 and broken somewhere are a fault of their row, not Windows-1251.
"""

import codecs
import csv
import io
import re
from pathlib import Path

from ossu_analysis.errors import NOTICE, Fault
from ossu_analysis.tabular.raw import MOST_COLUMNS, MOST_ROWS, NameOf, RawSheet, cleaned

_UTF8_LETTER = re.compile(rb"[\xd0\xd1][\x80-\xbf]")
_HIGH = re.compile(rb"[\x80-\xff]")
_FIRST_ROWS = 40


def read(path: Path, file: str, name_of: NameOf) -> tuple[list[RawSheet], list[Fault]]:
    """The one table of a CSV, and what was wrong with opening it."""
    content = path.read_bytes()
    said, faults = _decoded(content, file)
    if said is None:
        return [], faults
    if said.count("\n") > MOST_ROWS:
        found = f"{said.count(chr(10))}"
        return [], [Fault("tabular.too_many_rows", file, row=MOST_ROWS + 1, found=found, expected=f"≤ {MOST_ROWS}")]
    reader = csv.reader(io.StringIO(said, newline=""), delimiter=_separator(said, name_of), strict=True)
    try:
        rows = cleaned(enumerate(reader, 1))
    except csv.Error as error:
        return [], [*faults, Fault("tabular.broken_row", file, row=reader.line_num, found=str(error))]
    wide = [number for number, cells in rows if len(cells) > MOST_COLUMNS]
    if wide:
        return [], [*faults, Fault("tabular.too_many_columns", file, row=wide[0], expected=f"≤ {MOST_COLUMNS}")]
    return [RawSheet("", rows, is_text=True)], faults


def _decoded(content: bytes, file: str) -> tuple[str | None, list[Fault]]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in content[:4000]:
        return None, [Fault("tabular.utf16", file)]
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
    if 4 * len(_UTF8_LETTER.findall(content)) >= len(_HIGH.findall(content)):
        return None, [Fault("tabular.broken_utf8", file, row=row)]
    try:
        return content.decode("cp1251"), [Fault("tabular.other_encoding", file, severity=NOTICE)]
    except UnicodeDecodeError:
        return None, [Fault("tabular.unknown_encoding", file, row=row)]


def _separator(said: str, name_of: NameOf) -> str:
    """The mark under which a row of the beginning names most columns; of equals the one that makes the widest row."""
    first = "\n".join(said[:20_000].split("\n")[:_FIRST_ROWS])

    def names(mark: str) -> tuple[int, int]:
        try:
            rows = list(csv.reader(io.StringIO(first, newline=""), delimiter=mark))
        except csv.Error:
            return 0, 0
        known = max((len({name_of(cell.strip()) for cell in row} - {None}) for row in rows), default=0)
        return known, max(map(len, rows), default=0)

    return max((";", "\t", ","), key=names)
