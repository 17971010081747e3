"""Arrow columns for large tables: text as dictionaries, repeated along axes without building the rows first."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def along(values: Sequence[Any], axis: int, shape: tuple[int, ...]) -> Any:
    """A column whose value depends on one axis of a table that is an array in C order.

    Parameters
    ----------
    values : sequence
        One value per position along the axis; text (with None for NULL) becomes a dictionary column, integers int32:
        narrow, because tables of draws travel between processes.
    axis : int
    shape : tuple of int
    """
    inner, outer = int(np.prod(shape[axis + 1 :])), int(np.prod(shape[:axis]))
    if all(value is None or isinstance(value, str) for value in values):
        words = list(dict.fromkeys(value for value in values if value is not None))
        codes = np.array([words.index(value) if value is not None else -1 for value in values], dtype=np.int16)
        repeated = np.tile(np.repeat(codes, inner), outer)
        indices = pa.array(repeated, mask=repeated < 0 if -1 in codes else None)
        return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))
    missing = np.array([value is None for value in values])
    whole = np.array([0 if value is None else value for value in values], dtype=np.int32)
    column, mask = (np.tile(np.repeat(part, inner), outer) for part in (whole, missing))
    return pa.array(column, mask=mask if missing.any() else None)


def unify(tables: Sequence[Any]) -> Any:
    """Join Arrow tables of the same columns; their dictionaries become one."""
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
