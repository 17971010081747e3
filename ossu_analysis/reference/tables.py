"""Code lists of ``data/reference``: one CSV per table of the link ``reference``, read in the types of its class."""

from collections.abc import Sequence

import pandas as pd

from ossu_analysis.errors import Fault, FaultsFound
from ossu_analysis.inputs import relative
from ossu_analysis.schemas.base import ColumnInfo, columns
from ossu_analysis.store import Store
from ossu_analysis.tabular import ROW, number, read_texts

_NUMBERS = {"int64", "Int64", "float64"}
_TRUTH = {"true": True, "false": False}


def read_reference_table(store: Store, table: str, skip: Sequence[str] = ()) -> pd.DataFrame:
    """Read one code list with the columns and types of its class in ``schemas/reference.py``.

    Columns in ``skip`` are not in the file: they are computed.

    Raises
    ------
    FaultsFound
        Missing file or column, a text where a number is expected, an empty cell where there must be something.
    """
    from ossu_analysis.schemas import table_class

    path = store.reference / f"{table}.csv"
    file = relative(path, store.root)
    infos = [info for info in columns(table_class("reference", table)) if info.name not in skip]
    texts = read_texts(path, [info.name for info in infos], file)
    faults = [fault for info in infos for fault in _faults(texts, info, file)]
    if faults:
        raise FaultsFound(faults)
    return pd.DataFrame({info.name: _typed(texts[info.name], info) for info in infos})


def _faults(texts: pd.DataFrame, info: ColumnInfo, file: str) -> list[Fault]:
    cells, empty = texts[info.name], texts[info.name] == ""
    wrong = {} if info.nullable else {"reference.empty_cell": empty}
    if info.pandas_type in _NUMBERS:
        problems = cells.map(lambda cell: number(cell).problem)
        wrong |= {problem: problems == problem for problem in sorted(set(problems) - {""})}
    if info.pandas_type == "bool":
        wrong["reference.not_true_or_false"] = ~cells.isin(list(_TRUTH))
    return [
        Fault(code, file=file, row=int(row), column=info.name, found=found)
        for code, where in wrong.items()
        if where.any()
        for row, found in texts.loc[where, [ROW, info.name]].itertuples(index=False)
    ]


def _typed(cells: pd.Series, info: ColumnInfo) -> pd.Series:
    if info.pandas_type == "bool":
        return cells.map(_TRUTH).astype(bool)
    if info.pandas_type in _NUMBERS:
        return cells.map(lambda cell: number(cell).value).astype(pd.api.types.pandas_dtype(info.pandas_type))
    return cells.where(cells != "") if info.nullable else cells
