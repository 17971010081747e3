"""Single years of age out of age groups, so that every later step can be annual.

Belongs here: splitting published groups; nothing is forecast. Country: one quadratic programme per sex over all years
at once. With N[t, x] persons and r[x] a smooth cohort ratio,

    minimise  sum_t,x (N[t+1, x+1] - r[x+1] N[t, x])^2 + sum_t,x (second difference of N[t] over age)^2 / 100

subject to every published group (and to published single ages where a year has them): a group's change from year to
year tells which cohort entered and which left, so consecutive years of five-year groups determine single cohorts that
one year alone cannot. r comes from a monotone spline (PCHIP) of the cumulated groups, smoothed over age. Areas:
national shares inside each group, tilted by local births where the cohort's births are known. An open group below
100 is one age in the programme; its single ages follow a law of mortality (`old_age`).

References
----------
.. [1] Fritsch and Carlson (1980), SIAM J. Numer. Anal. 17 (PCHIP).
.. [2] Preston, Heuveline and Guillot (2001), Demography, chapter 6.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.cells import (
    AGES,
    OPEN_AGE,
    Floats,
    cohort_source,
    group_index,
    smooth_over_age,
    sum_groups,
)
from ossu_analysis.population.old_age import USUAL, open_shares, spread_open_group

SWEEPS = 20
"""Turns of iterative proportional fitting, after which parts and whole agree to less than a person."""
ROUGHNESS = 0.01
"""Weight of smoothness over age beside cohort continuity: only decides what the data leave open."""


def spline_single_ages(groups: Floats, starts: Sequence[int]) -> Floats:
    """Split groups into single ages by a monotone spline of the cumulated counts.

    Parameters
    ----------
    groups : ndarray (..., G)
        Persons by group; the last group is open.
    starts : sequence of int, length G
        First age of each group, beginning with 0.

    Returns
    -------
    ndarray (..., 101)
        Persons by single age; groups add up to those given.
    """
    from scipy.interpolate import PchipInterpolator

    knots = np.append(np.asarray(starts, float), OPEN_AGE + 1.0)
    cumulated = np.concatenate([np.zeros((*groups.shape[:-1], 1)), np.cumsum(groups, axis=-1)], axis=-1)
    curve = PchipInterpolator(knots, cumulated, axis=-1)
    single = np.diff(curve(np.arange(OPEN_AGE + 2.0)), axis=-1)
    if starts[-1] < OPEN_AGE:
        single[..., starts[-1] :] = groups[..., -1:] * open_shares(USUAL, 0.0, starts[-1])
    return single


def national_single_ages(groups: Floats, starts: Sequence[int], known: Floats | None = None) -> Floats:
    """Single ages of one area over consecutive years that respect groups and cohorts at once.

    Parameters
    ----------
    groups : ndarray (T, S, G)
        Persons by year, sex and group, of one census base.
    starts : sequence of int
        First ages of the groups; the last group starts at 100 or below.
    known : ndarray (T, S, 101), optional
        Published single ages, NaN where there are none.

    Returns
    -------
    ndarray (T, S, 101)
    """
    first = spline_single_ages(groups, starts)
    if groups.shape[0] == 1 and known is None:
        return first
    solved = np.empty_like(first)
    for sex in range(groups.shape[1]):
        given = None if known is None else known[:, sex]
        solved[:, sex] = _one_sex(groups[:, sex], starts, first[:, sex], given)
    return _where_possible(solved, groups, starts, first)


def _one_sex(groups: Floats, starts: Sequence[int], first: Floats, known: Floats | None) -> Floats:
    """Single ages below the open group at once, then the open group by the law of mortality."""
    last = starts[-1]
    if last == OPEN_AGE or known is not None:
        return _cohort_consistent(groups, starts, first, known)
    closed = _cohort_consistent(groups, starts, np.append(first[:, :last], groups[:, -1:], axis=1), None)[:, :last]
    return np.append(closed, spread_open_group(groups[:, -1], np.maximum(closed[:, -1], 0.0), last), axis=1)


def _where_possible(found: Floats, groups: Floats, starts: Sequence[int], first: Floats) -> Floats:
    """The solution, but the spline in groups where it has negative ages.

    Cut at zero, a whole group would fall on the one age that is left.
    """
    sound = sum_groups((found < 0).astype(float), starts)[..., group_index(starts)] == 0
    return split_groups(groups, starts, np.where(sound, found, first))


def _cohort_consistent(groups: Floats, starts: Sequence[int], first: Floats, known: Floats | None) -> Floats:
    """Solve the quadratic programme of one sex by its Karush-Kuhn-Tucker equations."""
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    years, ages = first.shape
    aim = sparse.csr_array(_cohort_rows(years, _smooth_ratio(first)))
    rough = sparse.csr_array(np.kron(np.eye(years), np.sqrt(ROUGHNESS) * np.diff(np.eye(ages), 2, axis=0)[:-1]))
    within, levels = _constraints(groups, starts, known, ages)
    rules = sparse.csr_array(within)
    curvature = aim.T @ aim + rough.T @ rough + 1e-9 * sparse.eye_array(years * ages)
    system = sparse.block_array([[curvature, rules.T], [rules, None]], format="csc")
    solution = spsolve(system, np.concatenate([np.zeros(years * ages), levels]))
    return solution[: years * ages].reshape(years, ages)


def _smooth_ratio(first: Floats) -> Floats:
    source, reached = cohort_source(first[:-1]), first[1:]
    ratio = reached.sum(axis=0) / np.maximum(source.sum(axis=0), 1e-9)
    ratio[0] = 1.0
    smooth = smooth_over_age(ratio, np.ones_like(ratio), 2.0)
    # The open group is older than a neighbour of the age before it.
    return (
        smooth
        if len(ratio) == len(AGES)
        else np.append(smooth_over_age(ratio[:-1], np.ones(len(ratio) - 1), 2.0), ratio[-1])
    )


def _cohort_rows(years: int, ratio: Floats) -> Floats:
    ages = len(ratio)
    step = np.zeros((ages - 1, ages))
    step[np.arange(ages - 1), np.arange(ages - 1)] = -ratio[1:]
    step[-1, -1] = -ratio[-1]
    reach = np.eye(ages)[1:]
    rows = np.zeros(((years - 1) * (ages - 1), years * ages))
    for year in range(years - 1):
        block = slice(year * (ages - 1), (year + 1) * (ages - 1))
        rows[block, year * ages : (year + 1) * ages] = step
        rows[block, (year + 1) * ages : (year + 2) * ages] = reach
    return rows


def _constraints(groups: Floats, starts: Sequence[int], known: Floats | None, ages: int) -> tuple[Floats, Floats]:
    """Rows that say what the published figures fix: single ages where a year has them, its groups otherwise."""
    membership = (group_index(starts, AGES[:ages])[None, :] == np.arange(len(starts))[:, None]).astype(float)
    rows, levels = [], []
    for year, counts in enumerate(groups):
        single = known is not None and np.isfinite(known[year]).all()
        pattern = np.eye(ages) if single else membership
        wide = np.zeros((len(pattern), groups.shape[0] * ages))
        wide[:, year * ages : (year + 1) * ages] = pattern
        rows.append(wide)
        levels.append(known[year] if single and known is not None else counts)
    return np.concatenate(rows), np.concatenate(levels)


def split_groups(groups: Floats, starts: Sequence[int], shape: Floats) -> Floats:
    """Split groups into single ages in the proportions of ``shape``; groups add up to those given.

    Parameters
    ----------
    groups : ndarray (..., G)
    starts : sequence of int
    shape : ndarray (..., 101)
        Non-negative; broadcast against ``groups``. A group without shape is spread evenly.
    """
    positive = np.maximum(shape, 1e-9)
    inside = positive / sum_groups(positive, starts)[..., group_index(starts)]
    return groups[..., group_index(starts)] * inside


def agree_with_whole(parts: Floats, starts: Sequence[int], whole: Floats) -> Floats:
    """Move single ages of parts so that they add up to the whole's, leaving the groups of every part as they are.

    Parameters
    ----------
    parts : ndarray (P, ..., 101)
        Their groups must add up to those of the whole.
    starts : sequence of int
    whole : ndarray (..., 101)
    """
    groups = sum_groups(parts, starts)
    for _ in range(SWEEPS):
        parts = parts * (whole / np.maximum(parts.sum(axis=0), 1e-9))
        parts = split_groups(groups, starts, parts)
    return parts


def births_tilt(local: Floats, national: Floats, first_year: int, years: NDArray[np.int64]) -> Floats:
    """Local births over national births of the cohort that has each age, 1 where births are not known.

    Parameters
    ----------
    local : ndarray (A, B)
        Births by area and calendar year from ``first_year``.
    national : ndarray (B,)
    first_year : int
    years : int array (T,)
        Years (31 December) for which ages are wanted.

    Returns
    -------
    ndarray (A, T, 101)
    """
    born = years[:, None] - AGES[None, :] - first_year
    inside = (born >= 0) & (born < local.shape[1])
    share = local / np.maximum(national, 1.0)
    share = share / share.mean(axis=1, keepdims=True)
    return np.where(inside[None], share[:, np.clip(born, 0, local.shape[1] - 1)], 1.0)
