"""Cohort-change ratios of all areas of a tree, pooled from the root to the lowest areas that have ages.

Belongs here: ages by area over common years (`AgedAreas`), which of their transitions may be pooled, and the order in
which `ratios` pools them. A transition to a count that rests on another census is none; an area is measured on the
transitions for which it and its parent have ages, and has its parent's ratios where there are none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.cells import OPEN_AGE, Floats
from ossu_analysis.population.old_age import level_that_leads_to, survivors
from ossu_analysis.population.ratios import direct_ratios, pool_ratios, with_mortality
from ossu_analysis.population.tree import AreaTree

WINDOW = 5
"""Transitions pooled, or as many as there are on sound bases."""


@dataclass(frozen=True)
class AgedAreas:
    """Ages of the areas of a tree at the ends of consecutive years.

    Attributes
    ----------
    tree : AreaTree
    years : int array (T,)
    new_base : bool array (T,)
        Whether a year's count is the first to rest on another census than the year before.
    epidemic : bool array (T,)
        Whether a year's deaths were far above the usual (`epidemic`).
    cells : mapping of str to ndarray (T, 2, 101)
        Persons by area, NaN in years without ages; areas that never have ages are absent.
    entrants : mapping of str to ndarray (T, 2)
        Whom persons aged 0 are measured against: births of the year by sex, or the mothers who could have them.
    mortality : mapping of str to float
        Mortality over that of the root, where deaths are registered.
    open_age : int
        First age of the open group in which ages were counted.
    """

    tree: AreaTree
    years: NDArray[np.int64]
    new_base: NDArray[np.bool_]
    epidemic: NDArray[np.bool_]
    cells: Mapping[str, Floats]
    entrants: Mapping[str, Floats]
    mortality: Mapping[str, float]
    open_age: int = OPEN_AGE

    @property
    def sound_steps(self) -> NDArray[np.int64]:
        """Transitions to learn from: within one census base, not through an epidemic; 0 leads to the second year."""
        return sound_steps(self.new_base | self.epidemic)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Transitions that are pooled."""
        return self.sound_steps[-WINDOW:]

    @property
    def middle(self) -> float:
        """Mean calendar year in which the pooled transitions ended."""
        return float(self.years[self.steps + 1].mean())

    def known_steps(self, code: str) -> NDArray[np.int64]:
        """Pooled transitions for which an area has ages at both ends."""
        if code not in self.cells:
            return np.zeros(0, dtype=np.int64)
        known = np.asarray(np.isfinite(self.cells[code]).all(axis=(1, 2)))
        return self.steps[known[self.steps] & known[self.steps + 1]]


def sound_steps(unsound: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Numbers of the transitions that do not lead to an unsound year; the last one where there is none."""
    sound = np.flatnonzero(~unsound[1:])
    return sound if len(sound) else np.array([len(unsound) - 2])


def pool_over_tree(areas: AgedAreas) -> dict[str, Floats]:
    """Pooled ratios of every area of the tree, each level drawn to the one above.

    Deaths say more of an area's old-age mortality than its ratios do, so a parent's ratios are first given the
    mortality of the area where deaths are registered.

    Returns
    -------
    dict of str to ndarray (2, 101)
    """
    root = areas.tree.codes[0]
    pooled = {root: _direct(areas, root, areas.known_steps(root))[0]}
    levels: dict[int, list[str]] = {}
    for code in areas.tree.codes[1:]:
        levels.setdefault(areas.tree.depth(code), []).append(code)
    for depth in sorted(levels):
        pooled |= _pool_level(areas, levels[depth], pooled)
    return pooled


def _pool_level(areas: AgedAreas, codes: list[str], pooled: dict[str, Floats]) -> dict[str, Floats]:
    parents = [areas.tree.parent[code] for code in codes]
    relative = np.array(
        [
            areas.mortality.get(code, 1.0) / areas.mortality.get(above, 1.0)
            for code, above in zip(codes, parents, strict=True)
        ]
    )
    level = with_mortality(np.stack([pooled[above] for above in parents]), relative)
    steps = [np.intersect1d(areas.known_steps(c), areas.known_steps(p)) for c, p in zip(codes, parents, strict=True)]
    known = [at for at, own in enumerate(steps) if len(own)]
    if known:
        own, reached = (
            np.stack(part) for part in zip(*(_direct(areas, codes[at], steps[at]) for at in known), strict=True)
        )
        seen: dict[tuple[str, bytes], Floats] = {}
        for at in known:
            key = parents[at], steps[at].tobytes()
            if key not in seen:
                seen[key] = _direct(areas, parents[at], steps[at])[0]
        alike = np.stack([seen[parents[at], steps[at].tobytes()] for at in known])
        level[known] = pool_ratios(own, reached, with_mortality(alike, relative[known]), level[known])
    return dict(zip(codes, level, strict=True))


def _direct(areas: AgedAreas, code: str, steps: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Ratios of one area and their numerators, (2, 101) each."""
    ratio, reached = (part[0] for part in direct_ratios(areas.cells[code][None], areas.entrants[code][None], steps))
    return np.stack([_old_ratios(*sex, areas.open_age) for sex in zip(ratio, reached, strict=True)]), reached


def _old_ratios(ratio: Floats, reached: Floats, open_age: int) -> Floats:
    """Ratios of one sex with those into and inside the open group by a law of mortality that leads to those counted.

    Single ages there are a split of one count, and their own ratios may be anything.
    """
    if open_age == OPEN_AGE:
        return ratio
    source = reached[open_age:] / ratio[open_age:]
    level = level_that_leads_to(float(reached[open_age:].sum()), source, open_age)
    return np.append(ratio[:open_age], survivors(level, np.ones_like(source), open_age))
