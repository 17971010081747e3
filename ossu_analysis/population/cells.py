"""Arrays of persons by sex and single year of age: the axes, and the way from a long table to an array.

Belongs here: axis conventions and reshaping, no method. Axes stand in the order area, year, residence, sex, age; sex
is F, M; the last age (100) is the open group. Ages are completed years on 31 December.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Axis = Sequence[Any] | NDArray[Any]

OPEN_AGE = 100
AGES = np.arange(OPEN_AGE + 1)
SEXES = ("F", "M")
RESIDENCES = ("urban", "rural")
BROAD = (0, 15, 30, 45, 65, 80)
"""First ages of the classes in which uncertainty of the age structure is described."""


def table_array(frame: pd.DataFrame, value: str, **axes: Axis) -> Floats:
    """Turn a long table into an array with one axis per keyword, in that order.

    Parameters
    ----------
    frame : DataFrame
        One row per combination of the axes' columns; others are ignored.
    value : str
        Column of numbers.
    **axes : sequence
        Column name and the values wanted along that axis.

    Returns
    -------
    ndarray
        NaN where the table has no row.
    """
    wanted = pd.MultiIndex.from_product(list(axes.values()), names=list(axes))
    keys = frame.set_index(list(axes))[value]
    values = keys.reindex(wanted).to_numpy(float, copy=True, na_value=np.nan)
    return values.reshape([len(v) for v in axes.values()])


def age_groups(frame: pd.DataFrame) -> list[int]:
    """First ages of the finest groups of a table that also carries totals and overlapping groups.

    A group is used when no narrower group of the table starts at the same age.
    """
    width = (frame["age_to"].astype("Float64") - frame["age_from"]).fillna(np.inf)
    pairs = frame.assign(width=width.astype(float))[["age_from", "width"]].drop_duplicates()
    finest = pairs.sort_values(["age_from", "width"]).drop_duplicates("age_from")
    return [int(age) for age in finest["age_from"]]


def grouped_array(frame: pd.DataFrame, value: str, starts: Sequence[int], **axes: Axis) -> Floats:
    """Like `table_array` with a last axis of age groups, the finest that start at each of ``starts``."""
    ordered = frame.assign(width=(frame["age_to"].astype("Float64") - frame["age_from"]).fillna(np.inf))
    keys = [*axes, "age_from"]
    finest = ordered.sort_values("width").drop_duplicates(keys)
    return table_array(finest, value, **axes, age_from=starts)


def group_index(starts: Sequence[int], ages: NDArray[np.int64] = AGES) -> NDArray[np.int64]:
    """Number of the group that holds each single age, for groups given by their first ages."""
    return np.searchsorted(np.asarray(starts), ages, side="right") - 1


def sum_groups(persons: Floats, starts: Sequence[int]) -> Floats:
    """Sum single ages (last axis) to the groups that begin at ``starts``."""
    return np.add.reduceat(persons, np.asarray(starts), axis=-1)


def cohort_source(persons: Floats, births: Floats | None = None) -> Floats:
    """Persons a year earlier who reach each age: births for 0, age x-1 for x, the last two ages for the open group.

    Parameters
    ----------
    persons : ndarray (..., 101)
    births : ndarray (...), optional
        Births of the year; NaN for age 0 when not given.
    """
    source = np.empty_like(persons, dtype=float)
    source[..., 0] = np.nan if births is None else births
    source[..., 1:] = persons[..., :-1]
    source[..., -1] += persons[..., -1]
    return source


def smooth_over_age(values: Floats, weights: Floats, bandwidth: float) -> Floats:
    """Weighted Gaussian kernel smoother over the last axis (Nadaraya-Watson)."""
    ages = np.arange(values.shape[-1])
    kernel = np.exp(-0.5 * ((ages[:, None] - ages[None, :]) / bandwidth) ** 2)
    return (values * weights) @ kernel / np.maximum(weights @ kernel, 1e-300)
