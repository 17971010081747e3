"""A forecast for any hierarchy of areas, from counts alone: no births, deaths, migration or life tables are needed.

Belongs here: what differs from the Bulgarian chain; ages, shocks and tables are those of `ratios`, `yearly_step`,
`forecast`.

- Totals of the lowest areas come from `totals` as they do for municipalities; upper areas are sums of draws. What an
  area holds beyond its usable children (an area left out, people not assigned) is a child of its own that is not
  shown.
- Ages are split to single years as in `graduation`; ratios are pooled from root to leaf. Children of age 0 are
  measured against women aged 20-39, since births are not known. Old-age mortality declines as it did in the root's
  own ratios when there are at least ten transitions, and stays as it is otherwise.
- A lowest area without ages has its parent's shares, moved to its total, with the spread that shares of sisters with
  ages show; when no sister has ages, that of all areas.
- Without ages anywhere, or with ages of both sexes together only, totals alone are forecast.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.draws import statistics
from ossu_analysis.errors import NOTICE, Fault
from ossu_analysis.population.arrow import unify
from ossu_analysis.population.births import Fertility
from ossu_analysis.population.cells import AGES, BROAD, Floats, sum_groups
from ossu_analysis.population.forecast import GROUPS, area_rows, area_statistics, group_starts
from ossu_analysis.population.graduation import national_single_ages, split_groups
from ossu_analysis.population.hierarchy_input import LEAST_YEARS, AreaTree, read_tree
from ossu_analysis.population.history import prepare_history
from ossu_analysis.population.jump_off import JumpOff, Spreads, residual_spreads
from ossu_analysis.population.mortality import drift_of_hazard
from ossu_analysis.population.ratios import CohortRatios, direct_ratios, pool_ratios, window_years
from ossu_analysis.population.totals import TotalsModel, draw_totals, fit_totals
from ossu_analysis.population.yearly_step import national_paths, simulate_oblast

MOTHERS = slice(20, 40)
REST = "~"
"""Mark of what an area holds beyond its usable children."""
DRIFT_TRANSITIONS = 10
DRAWS, HORIZON = 1000, 10
TOGETHER = 64
"""Areas whose totals are held at once."""


@dataclass(frozen=True)
class _Family:
    """One root with all below it, ready to be simulated."""

    tree: AreaTree
    codes: list[str]
    leaves: list[str]
    jump_off: JumpOff | None
    years: list[int]
    draws: int
    seed: int
    run_id: str


def project_hierarchy(
    frame: pd.DataFrame,
    horizon: int = HORIZON,
    draws: int = DRAWS,
    seed: int = 0,
    run_id: str = "",
    file: str = "",
) -> tuple[pd.DataFrame, list[Fault]]:
    """Forecast every area of a table and say what was wrong with those that could not be used.

    Parameters
    ----------
    frame : DataFrame
        ``area_code, parent_code, sex, age_from, age_to, year, persons`` and optionally ``basis``.
    horizon : int
        Years ahead.
    draws, seed : int
    run_id, file : str
        For the rows and for the messages.

    Returns
    -------
    rows : DataFrame
        Columns of ``population.forecast``; ``area_level`` is ``level_0`` for roots, ``level_1`` below them and so on.
    faults : list of Fault

    Raises
    ------
    FaultsFound
        When a column is missing or no area can be used.
    """
    chunks, faults = hierarchy_chunks(frame, horizon, draws, seed, run_id, file)
    return unify(list(chunks)).to_pandas(), faults


def hierarchy_chunks(
    frame: pd.DataFrame,
    horizon: int = HORIZON,
    draws: int = DRAWS,
    seed: int = 0,
    run_id: str = "",
    file: str = "",
) -> tuple[Iterator[Any], list[Fault]]:
    """Like `project_hierarchy`, with the rows as Arrow tables, a few areas at a time, so that memory is bounded."""
    tree, faults = read_tree(frame, file)
    tree = _with_rests(tree)
    years = range(tree.years[-1] + 1, tree.years[-1] + 1 + horizon)
    if not tree.starts:
        faults.append(Fault("population.input_no_ages", file, severity=NOTICE))
    return _forecast(tree, years, draws, seed, run_id), faults


def _forecast(tree: AreaTree, years: range, draws: int, seed: int, run_id: str) -> Iterator[Any]:
    leaves = [code for code in tree.codes if code not in tree.below]
    model = fit_totals(_history(tree, leaves), years)
    position = {code: at for at, code in enumerate(model.history.members)}
    for root in tree.below[""]:
        codes = _descendants(tree, root)
        own = [code for code in codes if code not in tree.below]
        family = _Family(tree, codes, own, _jump_off(tree, root, codes, own), list(years), draws, seed, run_id)
        yield from _node(family, model, position, root)


def _with_rests(tree: AreaTree) -> AreaTree:
    """Add to every area a child that holds what its children do not."""
    codes, parent = list(tree.codes), dict(tree.parent)
    totals, ages = [tree.totals], [tree.ages]
    at = {code: number for number, code in enumerate(tree.codes)}
    for code, below in tree.below.items():
        if not code:
            continue
        rest = tree.totals.loc[[code, *below]].mul([1, *[-1] * len(below)], axis=0).sum(skipna=False)
        if rest.iloc[-1] > 0.5 and rest.notna().sum() >= LEAST_YEARS and (rest.dropna() > 0).all():
            name = code + REST
            codes.append(name)
            parent[name] = code
            totals.append(rest.to_frame(name).T)
            ages.append(np.maximum(tree.ages[at[code]] - tree.ages[[at[c] for c in below]].sum(axis=0), 0)[None])
    return AreaTree(tuple(codes), parent, tree.years, pd.concat(totals), tree.starts, np.concatenate(ages), tree.basis)


def _history(tree: AreaTree, leaves: list[str]) -> Any:
    long = (
        pd.DataFrame(tree.totals.loc[leaves])
        .rename_axis("area_code")
        .melt(ignore_index=False, var_name="year", value_name="persons")
    )
    long = long.reset_index().assign(area_level="leaf")
    if tree.basis is not None:
        long["basis"] = long["year"].map(tree.basis)
    parents = pd.Series({code: tree.parent[code] or code for code in leaves})
    return prepare_history(long, None, None, None, tree.years[-1], parents, "leaf")


def _descendants(tree: AreaTree, root: str) -> list[str]:
    return [root, *(code for child in tree.below.get(root, []) for code in _descendants(tree, child))]


def _node(
    family: _Family, model: TotalsModel, position: dict[str, int], code: str
) -> Generator[Any, None, NDArray[np.int64]]:
    """Yield the tables of everything below an area and of itself; return the running sums of its draws."""
    below = family.tree.below.get(code, [code])
    leaves = [child for child in below if child in position]
    running = np.zeros(1, dtype=np.int64)
    drawn = _draw_sisters(family, model, [position[leaf] for leaf in leaves], leaves) if leaves else iter(())
    rows = []
    for leaf, part in zip(leaves, drawn, strict=True):
        running = running + part
        if not leaf.endswith(REST):
            rows.append(_rows(family, leaf, part))
        if len(rows) == TOGETHER or (rows and leaf == leaves[-1]):
            yield unify(rows)
            rows = []
    for child in below:
        if child not in position:
            running = running + (yield from _node(family, model, position, child))
    if below != [code]:
        yield _rows(family, code, running)
    return running


def _draw_sisters(family: _Family, model: TotalsModel, members: list[int], leaves: list[str]) -> Iterator[Any]:
    """Running sums over age classes (H, 2 A + 1, draws) of each leaf; totals alone when there are no ages."""
    totals = _drawn_totals(family, model, members)
    if family.jump_off is None:
        yield from (np.rint(persons).astype(np.int64) for persons, _ in totals)
        return
    jump_off = family.jump_off
    group = int(jump_off.oblast_of[jump_off.municipalities.index(leaves[0])])
    national = national_paths(jump_off, family.years, family.draws, family.seed, jump_off.regions[0])
    for area in simulate_oblast(jump_off, group, family.years, totals, group_starts(), national, family.seed):
        yield area.cumulated


def _drawn_totals(family: _Family, model: TotalsModel, members: list[int]) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(members), TOGETHER):
        block = np.array(members[start : start + TOGETHER])
        persons, loss = draw_totals(model, family.draws, family.seed, block)
        yield from ((persons[:, at].T, loss[:, at].T) for at in range(len(block)))


def _groups(tree: AreaTree) -> tuple[tuple[int, int | None], ...]:
    """The published groups that the input's own groups can make, and its open group."""
    inside = {*range(tree.starts[-1] + 1)} if len(tree.starts) > 60 else set(tree.starts)
    estimated = ((0, 17), (18, 64))
    made = [g for g in GROUPS if g in estimated or (g[0] in inside and (g[1] is None or g[1] + 1 in inside))]
    open_group = (tree.starts[-1], None)
    return tuple(made) if open_group in made or open_group[0] not in group_starts() else (*made, open_group)


def _rows(family: _Family, code: str, draws: Any) -> Any:
    tree = family.tree
    groups: tuple[tuple[int, int | None], ...]
    sexes: tuple[str, ...]
    facts = {"scenario": "reference", "base_year": tree.years[-1], "run_id": family.run_id}
    level, at = f"level_{tree.depth(code)}", tree.codes.index(code)
    everybody = tree.base_total(code)
    if family.jump_off is None:
        base = np.array([[[everybody]]])
        groups, sexes = ((0, None),), ("T",)
        made = statistics(draws)[None, :, None, None]
    else:
        groups, sexes = _groups(tree), ("F", "M", "T")
        made = area_statistics(draws, group_starts(), groups)[None]
        base = _base(tree, at, family.jump_off, code, groups, everybody)
    return area_rows(level, code, tree.years[-1], family.years, groups, sexes, base, made, facts)


def _base(tree: AreaTree, at: int, jump_off: JumpOff, code: str, groups: Any, everybody: float) -> Floats:
    """Counts of the base year by sex and group; single years inside the input's groups are estimated."""
    if np.isfinite(tree.ages[at, -1]).all():
        single = split_groups(tree.ages[at, -1], tree.starts, jump_off.persons.sum(axis=0))
    elif code in jump_off.municipalities:
        single = jump_off.persons[jump_off.municipalities.index(code)]
    else:
        single = jump_off.persons.sum(axis=0)
    counts = np.stack([single[:, low : None if high is None else high + 1].sum(axis=1) for low, high in groups], axis=1)
    both = np.concatenate([counts, counts.sum(axis=0, keepdims=True)])
    return both[None] * everybody / both[2, groups.index((0, None))]


def _jump_off(tree: AreaTree, root: str, codes: list[str], leaves: list[str]) -> JumpOff | None:
    """Ages, ratios and spreads of one root's areas; None when the root has too few years with ages."""
    at = {code: number for number, code in enumerate(tree.codes)}
    if not tree.starts or not np.isfinite(tree.ages[at[root], -2:]).all():
        return None
    first = _first_known(tree.ages[at[root]])
    whole = national_single_ages(tree.ages[at[root], first:], tree.starts)
    persons = {root: whole}
    for code in codes[1:]:
        if np.isfinite(tree.ages[at[code], first:]).all():
            persons[code] = split_groups(tree.ages[at[code], first:], tree.starts, whole)
    years = np.array(tree.years[first:])
    ratios, fertility = _ratios(tree, root, codes, persons, years)
    drift = _drift(whole, ratios[root])
    spread = _spreads(persons, whole, drift.sigma)
    sisters = sorted({tree.parent[leaf] or leaf for leaf in leaves})
    base, start = _leaf_ages(tree, leaves, persons)
    local = np.stack([ratios[leaf] / ratios[tree.parent[leaf] or leaf] for leaf in leaves])
    group = np.array([sisters.index(tree.parent[leaf] or leaf) for leaf in leaves])
    parents = np.stack([ratios[sister] for sister in sisters])
    middle = float(years[window_years(years)][1:].mean())
    return JumpOff(
        base_year=tree.years[-1],
        municipalities=tuple(leaves),
        oblasts=tuple(f"{sister}/" for sister in sisters),
        regions=(root,),
        oblast_of=group,
        region_of_oblast=np.zeros(len(sisters), dtype=np.int64),
        persons=base,
        oblast_persons=np.stack([base[group == g].sum(axis=0) for g in range(len(sisters))]),
        totals=base.sum(axis=2),
        ratios=CohortRatios(parents, middle, drift.rho),
        local=local,
        mu=np.maximum(-np.log(parents), 0.0),
        theta=np.ones(len(leaves)),
        mu_year=middle,
        fertility=Fertility(
            np.isin(AGES, np.arange(MOTHERS.start, MOTHERS.stop)) / 1.0,
            1.0,
            np.array([fertility[leaf] for leaf in leaves]),
            spread[1],
            float(whole[-1, 1, 0] / whole[-1, :, 0].sum()),
        ),
        response=np.ones(len(AGES)),
        spread=spread[0],
        start_spread=start,
    )


def _first_known(ages: Floats) -> int:
    """Position of the first of the last consecutive years with ages."""
    missing = np.flatnonzero(~np.isfinite(ages).all(axis=(1, 2)))
    return int(missing[-1]) + 1 if len(missing) else 0


def _ratios(
    tree: AreaTree, root: str, codes: list[str], persons: dict[str, Floats], years: Any
) -> tuple[dict[str, Floats], dict[str, float]]:
    """Pooled ratios of every area, level by level, and children of age 0 per woman in the same way."""
    window = window_years(years)
    direct: dict[str, tuple[Floats, Floats]] = {}
    for code, cells in persons.items():
        mothers = np.zeros(cells.shape[:2])
        mothers[1:] = cells[:-1, 0, MOTHERS].sum(axis=1)[:, None]
        ratio, reached = direct_ratios(cells[None, window], mothers[None, window])
        direct[code] = ratio[0], reached[0]
    pooled = {root: direct[root][0]}
    for depth in range(1, 1 + max(tree.depth(code) for code in codes)):
        level = [code for code in codes if tree.depth(code) == depth]
        known = [code for code in level if code in direct and tree.parent[code] in direct]
        above = [tree.parent[code] for code in known]
        pooled |= {code: pooled[tree.parent[code]] for code in level}
        if known:
            own, reached, parent = (np.stack(part) for part in (
                [direct[c][0] for c in known], [direct[c][1] for c in known], [direct[a][0] for a in above]
            ))  # fmt: skip
            moved = pool_ratios(own, reached, parent, np.stack([pooled[a] for a in above]))
            pooled |= dict(zip(known, moved, strict=True))
    fertility = {code: float(ratio[:, 0].sum()) for code, ratio in pooled.items()}
    alone = {code: np.concatenate([np.ones((2, 1)), ratio[:, 1:]], axis=1) for code, ratio in pooled.items()}
    return alone, fertility


def _drift(whole: Floats, ratio: Floats) -> Any:
    """Decline of the root's old-age hazard, from its own ratios when there are enough of them."""
    hazard = -np.log(np.maximum(whole[1:, :, 61:86].sum(axis=(1, 2)) / whole[:-1, :, 60:85].sum(axis=(1, 2)), 1e-6))
    usable = hazard[hazard > 0]
    enough = len(usable) >= DRIFT_TRANSITIONS
    return drift_of_hazard(np.log(usable), with_drift=enough)


def _spreads(persons: dict[str, Floats], whole: Floats, mortality: float) -> tuple[Spreads, float]:
    cells = np.stack([own for own in persons.values() if len(own) == len(whole)])
    mothers = np.zeros(cells.shape[:3])
    mothers[:, 1:] = cells[:, :-1, 0, MOTHERS].sum(axis=2)[..., None]
    ages = residual_spreads(cells, mothers, np.zeros(len(BROAD)))
    level = np.diff(np.log(whole[1:, :, 0].sum(axis=1) / whole[:-1, 0, MOTHERS].sum(axis=1)))
    fertility = float(level.std(ddof=1)) if len(level) > 1 else 0.0
    return Spreads((fertility, 0.0, 0.0), (mortality, 0.0, 0.0), ages), fertility


def _leaf_ages(tree: AreaTree, leaves: list[str], persons: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Base-year cells of the leaves and the sd of their log error: counted ages, or the shares of the area above."""
    found, spread = [], np.zeros((len(leaves), len(BROAD)))
    unknown = _sister_spread(tree, persons)
    for at, leaf in enumerate(leaves):
        everybody = tree.base_total(leaf)
        above = leaf
        while above not in persons:
            above, spread[at] = tree.parent[above], unknown
        cells = persons[above][-1]
        found.append(cells * everybody / max(cells.sum(), 1e-9))
    return np.stack(found), spread


def _sister_spread(tree: AreaTree, persons: dict[str, Floats]) -> Floats:
    """Sd, over areas with ages, of the log share of each broad age beside the parent's."""
    away = []
    for code, cells in persons.items():
        if tree.parent.get(code) in persons:
            own, above = (sum_groups(each[-1].sum(axis=0), BROAD) for each in (cells, persons[tree.parent[code]]))
            away.append(np.log(np.maximum(own, 1) / own.sum()) - np.log(np.maximum(above, 1) / above.sum()))
    return np.std(away, axis=0) if len(away) > 1 else np.zeros(len(BROAD))
