"""Which counts of a release are hidden: few persons, and what else must go so that no sum gives them back.

A release is everything that is published together: pages, papers, national and oblast tables, open data. Its counts
are known at three levels, and the only sums that bind them run over the areas: an oblast is the sum of its
municipalities, the country of its oblasts. (Services share their users, so nothing is summed over services; what is
computed from a hidden count is hidden with it, see `masking`.) Every quantity of one service and period is therefore a
tree of its own, and the release is one mixed-integer programme that falls into a block per tree.

In a tree, cells hidden under one published sum can only be told apart by that sum. Whoever knows that nobody's count
is never hidden knows that each is at least 1, and at most the sum less 1 for each of the others. So a cell is safe when
at least two are hidden beside each other under the nearest published sum, and the persons hidden below it, less one per
hidden municipality, are as many as the threshold less one: each count may then be few, and may be the threshold or
more. The programme hides the cells
that cost least: a cell costs the bits that its number takes, times the municipalities that it speaks of, so that sums
are kept where they can be. `proof` then
finds the bounds again without these rules.

The method is cell suppression for hierarchical tables (Hundepool et al., Statistical Disclosure Control, 2012,
chapter 4); the solver is HiGHS, through SciPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_HIDDEN = 2
"""Cells under one published sum that are hidden together at least; one alone would be the sum less the others."""
GAP = 0.01
"""Distance from the cheapest pattern that is good enough: any pattern that the programme allows is equally safe."""


@dataclass(frozen=True)
class Tree:
    """Counts of one quantity, service and period: municipalities, the oblasts that they add up to, and the country.

    Parameters
    ----------
    counts : array of int
        Persons by municipality that reported them.
    oblasts : array of int
        Position of the oblast of each municipality, counted from zero without gaps.
    """

    counts: NDArray[np.int64]
    oblasts: NDArray[np.int64]

    @property
    def sums(self) -> NDArray[np.int64]:
        """Persons by oblast."""
        return np.bincount(self.oblasts, weights=self.counts).astype(np.int64)


@dataclass(frozen=True)
class Pattern:
    """Which cells of a tree are hidden, level by level."""

    municipalities: NDArray[np.bool_]
    oblasts: NDArray[np.bool_]
    country: bool


def is_few(counts: NDArray[np.int64], threshold: int) -> NDArray[np.bool_]:
    """Counts of at least one person and fewer than ``threshold``; nobody is nobody's secret."""
    return (counts > 0) & (counts < threshold)


def suppress(tree: Tree, threshold: int, told: NDArray[np.bool_] | None = None) -> Pattern:
    """The cheapest pattern that hides every few persons of a tree so that no published sum gives them back.

    Parameters
    ----------
    tree : Tree
        At least one municipality.
    threshold : int
        Fewest persons that may be published.
    told : array of bool, optional
        Municipalities whose count would tell another one that is few: hidden whatever it is, unless it is nobody.

    Raises
    ------
    RuntimeError
        If the solver finds no pattern; hiding everything is one, so this is a defect.
    """
    towns, sums = is_few(tree.counts, threshold), is_few(tree.sums, threshold)
    towns = towns if told is None else towns | (told & (tree.counts > 0))
    total = int(tree.counts.sum())
    if not (towns.any() or sums.any() or is_few(np.array([total]), threshold)[0]):
        return Pattern(towns, sums, False)
    chosen = _solved(tree, threshold, np.concatenate([towns, sums, is_few(np.array([total]), threshold)]))
    many, few = len(tree.counts), len(tree.sums)
    return Pattern(chosen[:many], chosen[many : many + few], bool(chosen[many + few]))


def _solved(tree: Tree, threshold: int, must: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Values of the programme's first variables: municipalities, oblasts, country.

    Variables, each 0 or 1: a municipality is hidden; an oblast is; the country is; a municipality is hidden below an
    oblast that is hidden too.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    towns, oblasts = len(tree.counts), len(tree.sums)
    size = 2 * towns + oblasts + 1
    rules = _Rules(size)
    _under_oblasts(rules, tree, threshold)
    _under_the_country(rules, tree, threshold)
    values = np.concatenate([tree.counts, tree.sums, [tree.counts.sum()]])
    speaks_of = np.concatenate([np.ones(towns), np.bincount(tree.oblasts), [towns]])
    cost = np.concatenate([np.log2(2.0 + values) * speaks_of, np.zeros(towns)])
    matrix = csr_array((rules.factors, (rules.rows, rules.columns)), shape=(rules.count, size))
    lower = np.concatenate([must.astype(float), np.zeros(towns)])
    found = milp(cost, integrality=np.ones(size), bounds=Bounds(lower, 1.0),
                 constraints=LinearConstraint(matrix, lb=0.0), options={"mip_rel_gap": GAP})  # fmt: skip
    if found.x is None:
        raise RuntimeError(f"no suppression pattern: {found.message}")
    return np.asarray(found.x[: towns + oblasts + 1]) > 0.5


class _Rules:
    """Rows of a programme, each a weighted sum of variables that may not be negative."""

    def __init__(self, size: int) -> None:
        self.size, self.count = size, 0
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.factors: list[float] = []

    def add(
        self, *terms: tuple[Sequence[int] | NDArray[np.int64], Sequence[float] | NDArray[np.int64] | float]
    ) -> None:
        """One rule: variables and their factors."""
        for columns, factors in terms:
            self.columns += list(columns)
            self.factors += list(np.broadcast_to(np.asarray(factors, dtype=float), len(columns)))
            self.rows += [self.count] * len(columns)
        self.count += 1


def _under_oblasts(rules: _Rules, tree: Tree, threshold: int) -> None:
    """Below a published oblast, a hidden municipality has another beside it and enough persons among them."""
    first_oblast = len(tree.counts)
    for oblast in range(len(tree.sums)):
        members = np.flatnonzero(tree.oblasts == oblast)
        hides = first_oblast + oblast
        beyond_one = tree.counts[members] - 1
        rules.add((members, 1.0), ([hides], -1.0))
        for town in members.tolist():
            rules.add((members, 1.0), ([town], -FEWEST_HIDDEN), ([hides], FEWEST_HIDDEN))
            rules.add((members, beyond_one), ([town], 1 - threshold), ([hides], threshold - 1))


def _under_the_country(rules: _Rules, tree: Tree, threshold: int) -> None:
    """The same below the published country: two hidden oblasts, and enough persons hidden in municipalities there."""
    towns, oblasts = len(tree.counts), len(tree.sums)
    every, country = np.arange(towns, towns + oblasts), towns + oblasts
    below = np.arange(country + 1, country + 1 + towns)
    rules.add((every, 1.0), ([country], -1.0))
    for town in range(towns):
        rules.add(([town], 1.0), ([below[town]], -1.0))
        rules.add(([towns + tree.oblasts[town]], 1.0), ([below[town]], -1.0))
    for oblast in every.tolist():
        rules.add((every, 1.0), ([oblast], -FEWEST_HIDDEN), ([country], FEWEST_HIDDEN))
        rules.add((below, tree.counts - 1), ([oblast], 1 - threshold), ([country], threshold - 1))
