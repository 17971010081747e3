"""Opening a CSV that people edit: a text table with row numbers, through DuckDB, or the faults that prevent it.

Every cell stays text here, so that ``00151`` keeps its zeros and ``NA`` is a text, and nothing is guessed.
"""

import csv
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ossu_analysis.errors import Fault, FaultsFound
from ossu_analysis.store import connect_to

ROW = "row"


def open_text_table(path: Path, columns: Sequence[str], file: str) -> pd.DataFrame:
    """Read a CSV as text.

    Parameters
    ----------
    path : Path
        The CSV file: UTF-8, comma, one row of headers.
    columns : sequence of str
        Which columns it must have, in any order.
    file : str
        How faults name the file.

    Returns
    -------
    DataFrame
        Those columns as text (an empty cell is ``""``) and ``row``, the row of the file (2 is the first below the
        headers).

    Raises
    ------
    FaultsFound
        Missing file, bytes that are not UTF-8, missing or unknown columns, a row of another length, no rows.
    """
    text = read_text(path, file)
    if not text.strip():
        raise FaultsFound([_no_rows(file)])
    header = next(csv.reader([text.split("\n", 1)[0].rstrip("\r")]), [])
    faults = [*_header_faults(header, columns, file), *_blank_rows(text, file)]
    if faults:
        raise FaultsFound(faults)
    cells = _cells(path, header, file)
    if cells.empty:
        raise FaultsFound([_no_rows(file)])
    return cells[[ROW, *columns]]


def checksum(path: Path) -> str:
    """SHA-256 of a text file, whatever its line ends; empty when the file is missing."""
    if not path.exists():
        return ""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def read_text(path: Path, file: str) -> str:
    """Text of a file that must exist and be UTF-8; otherwise one fault with the row as Windows-1251 would show it."""
    if not path.exists():
        raise FaultsFound([Fault("reference.missing_file", file=file, expected=path.name)])
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        begin = max(content.rfind(b"\n", 0, error.start) + 1, error.start - 20)
        found = content[begin : begin + 40].splitlines()[0].decode("cp1251", "replace")
        raise FaultsFound([Fault("reference.wrong_encoding", file=file, row=row, found=f"„{found}“")]) from error


def _no_rows(file: str) -> Fault:
    return Fault("reference.empty_file", file=file, row=2)


def _header_faults(header: list[str], columns: Sequence[str], file: str) -> list[Fault]:
    if len(header) == 1 and ";" in header[0]:
        return [Fault("reference.wrong_delimiter", file=file, row=1, found=header[0], expected=",".join(columns))]
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    twice = sorted({name for name in header if header.count(name) > 1})
    shown = ", ".join(unknown) or ", ".join(header)
    faults = [Fault("reference.missing_column", file=file, row=1, column=name, found=shown) for name in missing]
    if unknown and not missing:
        expected = ", ".join(columns)
        faults += [Fault("reference.unknown_column", file=file, row=1, column=n, expected=expected) for n in unknown]
    return faults + [Fault("reference.repeated_column", file=file, row=1, column=name) for name in twice]


def _blank_rows(text: str, file: str) -> list[Fault]:
    lines = text.rstrip("\r\n").split("\n")
    return [Fault("reference.blank_row", file=file, row=n) for n, line in enumerate(lines, 1) if not line.strip("\r,")]


def _cells(path: Path, header: list[str], file: str) -> pd.DataFrame:
    import duckdb

    with connect_to(path) as db:
        try:
            frame = db.execute(
                "select row_number() over () + 1 as row, * from read_csv(?, columns = ?, auto_detect = false,"
                " header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', parallel = false)",
                [str(path), dict.fromkeys(header, "VARCHAR")],
            ).df()
        except duckdb.Error as error:
            raise FaultsFound([_broken_row(str(error), file)]) from error
    return frame.fillna("")


def _broken_row(message: str, file: str) -> Fault:
    line = re.search(r"CSV Error on Line: (\d+)", message)
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    found, expected = (counts.group(2), counts.group(1)) if counts else (message.split("\n")[0], "")
    return Fault(
        "reference.broken_row", file=file, row=int(line.group(1)) if line else None, found=found, expected=expected
    )
