"""A forecast for any hierarchy of areas, from counts alone: no births, deaths, migration or life tables are needed.

Belongs here: what differs from the Bulgarian chain; ages, shocks and tables are those of `ratios`, `yearly_step`,
`forecast`.

- Totals of the lowest areas come from `totals` as they do for municipalities; upper areas are sums of draws. What an
  area holds beyond its usable children (an area left out, people not assigned) is a child of its own that is not
  shown.
- Ages are split to single years as in `graduation`; ratios are pooled from root to leaf. Children of age 0 are
  measured against women aged 20-39, since births are not known. Old-age mortality declines as it did in the root's
  own ratios, drawn to what is usual when they are few.
- A lowest area without ages has its parent's shares, moved to its total, with the spread that shares of sisters with
  ages show; when no sister has ages, that of all areas.
- Totals give births and ratios by age the weight of one more method, and take them along where people move.
- Without ages anywhere, or with ages of both sexes together only, totals alone are forecast.

References
----------
.. [1] Rayer (2008), Population Research and Policy Review 27: averages of methods with equal weights.
.. [2] Kannisto, Lauritsen, Thatcher and Vaupel (1994), Population and Development Review 20.
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.draws import statistics
from ossu_analysis.errors import NOTICE, Fault
from ossu_analysis.population.arrow import unify
from ossu_analysis.population.births import Fertility
from ossu_analysis.population.cells import AGES, BROAD, Floats, cohort_source, sum_groups
from ossu_analysis.population.forecast import GROUPS, area_rows, area_statistics, group_starts
from ossu_analysis.population.graduation import national_single_ages, split_groups
from ossu_analysis.population.hierarchy_input import LEAST_YEARS, AreaTree, read_tree
from ossu_analysis.population.history import prepare_history
from ossu_analysis.population.jump_off import JumpOff, Spreads, residual_spreads
from ossu_analysis.population.mortality import DRIFT_FROM, DRIFT_TO, MortalityDrift, drift_of_hazard
from ossu_analysis.population.municipality_age import OLD_AGE, OLD_CAP, age_response
from ossu_analysis.population.ratios import WINDOW, CohortRatios, direct_ratios, pool_ratios
from ossu_analysis.population.totals import TotalsModel, draw_totals, fit_totals
from ossu_analysis.population.yearly_step import national_paths, simulate_oblast

MOTHERS = slice(20, 40)
REST = "~"
"""Mark of what an area holds beyond its usable children."""
DECLINE, DECLINE_SD = 0.0125, 0.005
"""Yearly decline of old-age mortality where counts are too few to tell: mostly 0.5-2 % in 27 countries [2]_."""
LEAST_LEVELS, LEAST_AREAS = 4, 5
"""Years and areas from which a slope is worth estimating: its error needs two more."""
DRAWS, HORIZON = 1000, 10
RATIO_SHARE = 1 / 4
"""Share of the totals that births and ratios by age give: equal to that of each method of `combination` [1]_."""
OLD_SLOPE, LEAST_HAZARD = 15, 1e-3
"""Ages before the open group that tell how mortality grows in it, and the least hazard that has a logarithm."""
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
    growth: Floats
    """Yearly log growth of each unit of the totals beside their own median path, (units, H)."""


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
    faults += _age_notices(tree, file)
    return _forecast(tree, years, draws, seed, run_id), faults


def _forecast(tree: AreaTree, years: range, draws: int, seed: int, run_id: str) -> Iterator[Any]:
    leaves = [code for code in tree.codes if code not in tree.below]
    model = fit_totals(_history(tree, leaves), years)
    position = {code: at for at, code in enumerate(model.history.members)}
    for root in tree.below[""]:
        codes = _descendants(tree, root)
        own = [code for code in codes if code not in tree.below]
        jump_off = _jump_off(tree, root, codes, own)
        growth = _towards_ratios(model, position, jump_off)
        family = _Family(tree, codes, own, jump_off, list(years), draws, seed, run_id, growth)
        yield from _node(family, model, position, root)


def _towards_ratios(model: TotalsModel, position: dict[str, int], jump_off: JumpOff | None) -> Floats:
    """Yearly log growth that gives the totals of births and ratios by age the share of one more method."""
    growth = np.zeros((len(model.history.areas), len(model.years)))
    if jump_off is not None:
        units = model.history.member_unit[[position[leaf] for leaf in jump_off.municipalities]]
        away = _ratio_growth(jump_off, model.years) - model.combination.paths["combined"][units]
        growth[units] = RATIO_SHARE * np.diff(away, axis=1, prepend=0.0)
    return growth


def _ratio_growth(jump_off: JumpOff, years: Iterable[int]) -> Floats:
    """Log totals of the lowest areas when ages move by their ratios and births alone, (areas, H)."""
    persons, fertility, path = jump_off.persons, jump_off.fertility, []
    sexes = np.array([1 - fertility.boys_share, fertility.boys_share])
    for year in years:
        born = fertility.level * fertility.local * (persons[:, 0] @ fertility.schedule)
        ratios = jump_off.ratios.in_year(int(year))[jump_off.oblast_of] * jump_off.local
        persons = cohort_source(persons, born[:, None] * sexes) * ratios
        path.append(persons.sum(axis=(1, 2)))
    return np.log(np.maximum(np.stack(path, axis=1), 1e-9))


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
        persons, loss = draw_totals(model, family.draws, family.seed, block, extra_growth=family.growth)
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
    # Rounded, so that a published count is printed as it was.
    return np.round(both[None] * everybody / both[2, groups.index((0, None))], 6)


def _jump_off(tree: AreaTree, root: str, codes: list[str], leaves: list[str]) -> JumpOff | None:
    """Ages, ratios and spreads of one root's areas; None when the root has too few years with ages."""
    at = {code: number for number, code in enumerate(tree.codes)}
    if not tree.starts or not np.isfinite(tree.ages[at[root], -2:]).all():
        return None
    first = _first_known(tree.ages[at[root]])
    years = np.array(tree.years[first:])
    new = _new_bases(tree, years)
    bases = np.split(tree.ages[at[root], first:], np.flatnonzero(new))
    whole = np.concatenate([national_single_ages(base, tree.starts) for base in bases])
    persons = {root: whole}
    sound = _sound_steps(new)
    pooled = sound[-WINDOW:]
    for code in codes[1:]:
        since = max(_first_known(tree.ages[at[code]]), first)
        if since <= len(tree.years) - 1 + pooled[0]:
            persons[code] = split_groups(tree.ages[at[code], since:], tree.starts, whole[since - first :])
    ratios, fertility = _ratios(tree, root, codes, persons, pooled)
    drift = _drift(whole, sound)
    spread = _spreads(persons, whole, drift.sigma, sound)
    sisters = sorted({tree.parent[leaf] or leaf for leaf in leaves})
    base, start = _leaf_ages(tree, leaves, persons, whole)
    local = np.stack([ratios[leaf] / ratios[tree.parent[leaf] or leaf] for leaf in leaves])
    group = np.array([sisters.index(tree.parent[leaf] or leaf) for leaf in leaves])
    parents = np.stack([ratios[sister] for sister in sisters])
    response = _response(persons, codes)
    middle = float(years[pooled].mean())
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
        response=response,
        loss_response=response,
        spread=spread[0],
        start_spread=start,
    )


def _age_notices(tree: AreaTree, file: str) -> list[Fault]:
    """Areas whose ages cannot be used: a root without them in the last two years, others with gaps since then."""
    notices, at = [], {code: number for number, code in enumerate(tree.codes)}
    for root in tree.below[""] if tree.starts else ():
        if not np.isfinite(tree.ages[at[root], -2:]).all():
            notices.append(Fault("population.input_root_ages", file, found=root, severity=NOTICE))
            continue
        years = np.array(tree.years[_first_known(tree.ages[at[root]]) :])
        window = _sound_steps(_new_bases(tree, years))[-WINDOW:][0] - 1
        for code in _descendants(tree, root):
            known = np.isfinite(tree.ages[at[code], window:]).all(axis=(1, 2))
            if known.any() and not known.all():
                found = f"{code}: {known.sum()} / {-window}"
                notices.append(
                    Fault("population.input_some_ages", file, found=found, severity=NOTICE, municipality_code=code)
                )
    return notices


def _first_known(ages: Floats) -> int:
    """Position of the first of the last consecutive years with ages."""
    missing = np.flatnonzero(~np.isfinite(ages).all(axis=(1, 2)))
    return int(missing[-1]) + 1 if len(missing) else 0


def _new_bases(tree: AreaTree, years: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Years after the first whose counts rest on another census than those before."""
    bases = pd.Series(dtype=float) if tree.basis is None else tree.basis.dropna().sort_index()
    new = np.isin(years, bases.index[bases.ne(bases.shift())][1:])
    new[0] = False
    return new


def _sound_steps(new: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Transitions that stay on one census base, counted from the end: -1 leads to the base year."""
    sound = np.flatnonzero(~new[1:]) + 1 - len(new)
    return sound if len(sound) else np.array([-1])


def _ratios(
    tree: AreaTree, root: str, codes: list[str], persons: dict[str, Floats], steps: NDArray[np.int64]
) -> tuple[dict[str, Floats], dict[str, float]]:
    """Pooled ratios of every area, level by level, and children of age 0 per woman in the same way."""
    direct: dict[str, tuple[Floats, Floats]] = {}
    for code, cells in persons.items():
        mothers = np.zeros(cells.shape[:2])
        mothers[1:] = cells[:-1, 0, MOTHERS].sum(axis=1)[:, None]
        ratio, reached = (part[0] for part in direct_ratios(cells[None], mothers[None], steps))
        direct[code] = (
            np.stack([_old_ratios(*sex, tree.starts[-1]) for sex in zip(ratio, reached, strict=True)]),
            reached,
        )
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


def _old_ratios(ratio: Floats, reached: Floats, open_age: int) -> Floats:
    """Ratios of one sex with those inside the open group made from a hazard that grows with age as before it.

    Single ages there are a split of one count, and their own ratios may be anything; the hazard's level is the one
    that leads to the persons counted.
    """
    from scipy.optimize import brentq

    before, inside = np.arange(open_age - OLD_SLOPE, open_age), np.arange(open_age + 1, len(ratio))
    if not len(inside) or before[0] < DRIFT_FROM:
        return ratio
    hazards = np.log(np.maximum(-np.log(ratio[before]), LEAST_HAZARD))
    growth, level = np.polyfit(before - open_age, hazards, 1)
    line = np.maximum(growth, 0.0) * (inside - open_age)
    source, counted = reached[inside] / ratio[inside], reached[inside].sum()

    def too_many(at: float) -> float:
        return float(source @ np.exp(-np.exp(at + line)) - counted)

    low, high = level - 1.0, level + 1.0
    level = brentq(too_many, low, high) if too_many(low) > 0 > too_many(high) else level
    return np.concatenate([ratio[: open_age + 1], np.exp(-np.exp(level + line))])


def _response(persons: dict[str, Floats], codes: list[str]) -> Floats:
    """How much each age takes part when a total moves: as areas differed, or all alike under 60 and less from there."""
    lowest = [persons[code] for code in codes if code in persons]
    span = min(min(len(cells) for cells in lowest) - 1, WINDOW)
    if len(lowest) <= LEAST_AREAS or span < 1:
        return np.where(AGES < OLD_AGE, 1.0, OLD_CAP)
    cells = np.stack([cells[[-1 - span, -1]] for cells in lowest[1:]])
    return age_response(cells[:, 0], cells[:, 1], span)


def _drift(whole: Floats, steps: NDArray[np.int64]) -> MortalityDrift:
    """Decline of the root's old-age mortality: slope of its log level by year, drawn to `DECLINE` by its own error.

    The level is who was lost over who would be at the mean hazard of each age, ages 60-84, so that waves of cohorts
    do not look like a trend.
    """
    source = whole[:-1, :, DRIFT_FROM:DRIFT_TO][steps]
    reached = whole[1:, :, DRIFT_FROM + 1 : DRIFT_TO + 1][steps]
    lost = 1 - reached.sum(axis=0) / source.sum(axis=0)
    level = (source - reached).sum(axis=(1, 2)) / (source * lost).sum(axis=(1, 2))
    usable, logs = steps[level > 0], np.log(level[level > 0])
    if len(logs) < LEAST_LEVELS:
        return MortalityDrift(DECLINE, 0.0)
    (slope, _), covariance = np.polyfit(usable, logs, 1, cov="unscaled")
    error = (
        covariance[0, 0] * np.var(logs - np.polyval(np.polyfit(usable, logs, 1), usable)) * len(logs) / (len(logs) - 2)
    )
    weight = DECLINE_SD**2 / (DECLINE_SD**2 + error)
    return MortalityDrift(float(DECLINE - weight * (DECLINE + slope)), drift_of_hazard(logs).sigma)


def _spreads(
    persons: dict[str, Floats], whole: Floats, mortality: float, steps: NDArray[np.int64]
) -> tuple[Spreads, float]:
    cells = np.stack([own for own in persons.values() if len(own) == len(whole)])
    mothers = np.zeros(cells.shape[:3])
    mothers[:, 1:] = cells[:, :-1, 0, MOTHERS].sum(axis=2)[..., None]
    ages = residual_spreads(cells, mothers, np.zeros(len(BROAD)), steps)
    level = np.diff(np.log(whole[1:, :, 0].sum(axis=1) / whole[:-1, 0, MOTHERS].sum(axis=1))[steps])
    fertility = float(level.std(ddof=1)) if len(level) > 1 else 0.0
    return Spreads((fertility, 0.0, 0.0), (mortality, 0.0, 0.0), ages), fertility


def _leaf_ages(tree: AreaTree, leaves: list[str], persons: dict[str, Floats], whole: Floats) -> tuple[Floats, Floats]:
    """Base-year cells of the leaves and the sd of their log error: counted ages, or the shares of the area above."""
    found, spread = [], np.zeros((len(leaves), len(BROAD)))
    unknown, place = _sister_spread(tree, persons), {code: at for at, code in enumerate(tree.codes)}
    for at, leaf in enumerate(leaves):
        everybody, counted = tree.base_total(leaf), tree.ages[place[leaf], -1]
        above = leaf
        while above not in persons:
            above = tree.parent[above]
        cells = persons[above][-1]
        if np.isfinite(counted).all():
            cells = split_groups(counted, tree.starts, whole[-1])
        elif above != leaf:
            spread[at] = unknown
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
