"""A forecast for any hierarchy of areas, from counts alone: no births, deaths, migration or life tables are needed.

Belongs here: from a table of counts to the populations that `simulation` simulates, and its rows. Ages come from
`counts_alone`, totals from `totals`.

- Totals of the lowest areas come from `totals` as they do for municipalities; upper areas are sums of draws. What an
  area holds beyond its usable children (an area left out, people not assigned) is a child of its own that is not
  shown.
- Totals give births and ratios by age the weight of one more method [1]_, and take them along where people move.
- Without ages anywhere, or with ages of both sexes together only, totals alone are forecast.

References
----------
.. [1] Rayer (2008), Population Research and Policy Review 27: averages of methods with equal weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.errors import NOTICE, Fault, OssuError
from ossu_analysis.population.cells import Floats, sum_groups
from ossu_analysis.population.counts_alone import aged_from_groups, jump_off_from_counts
from ossu_analysis.population.forecast import GROUPS, TOTALS_ALONE, BaseYear, Layout, group_starts, in_groups
from ossu_analysis.population.graduation import split_groups
from ossu_analysis.population.hierarchy_breaks import break_notices
from ossu_analysis.population.hierarchy_input import LEAST_YEARS, CountedAreas, read_tree
from ossu_analysis.population.hierarchy_targets import MOVED, target_factors, usable_targets
from ossu_analysis.population.history import TotalsHistory, prepare_history
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.middle_path import log_totals
from ossu_analysis.population.scenario import Scenario, extra_growth, fertility_factors, with_migration
from ossu_analysis.population.simulation import Population, SimulationSettings, TotalsOf, simulate
from ossu_analysis.population.totals import TotalsModel, draw_totals, fit_totals
from ossu_analysis.population.tree import AreaTree
from ossu_analysis.population.tree_ratios import WINDOW, AgedAreas, sound_steps
from ossu_analysis.population.yearly_step import Single

REST = "~"
"""Mark of what an area holds beyond its usable children."""
SAME, MOST_CHANGE = 0.5, 0.2
"""Persons by which sums may differ, and the log change of a remainder in a year beyond which its land has changed."""
RATIO_SHARE = 1 / 4
"""Share of the totals that births and ratios by age give: one of four methods with equal weights [1]_."""


@dataclass(frozen=True)
class HierarchyForecast:
    """A forecast of every area of a table that can be used.

    Attributes
    ----------
    rows : iterator of pyarrow.Table
        Columns of ``population.forecast``, a few areas at a time; ``area_level`` is ``level_0`` for roots, ``level_1``
        below them and so on.
    faults : list of Fault
        What was wrong with areas that could not be used, and what is asked about.
    moved : DataFrame
        How far areas were moved to totals that were given (`hierarchy_targets.MOVED`); empty without any.
    """

    rows: Iterator[Any]
    faults: list[Fault]
    moved: pd.DataFrame


def forecast_hierarchy(
    frame: pd.DataFrame,
    horizon: int,
    draws: int,
    seed: int,
    file: str,
    scenario: Scenario | None = None,
    targets: pd.DataFrame | None = None,
) -> HierarchyForecast:
    """Forecast every area of a table.

    Parameters
    ----------
    frame : DataFrame
        ``area_code, parent_code, sex, age_from, age_to, year, persons`` and optionally ``basis``.
    horizon : int
        Years ahead.
    draws, seed : int
    file : str
        For the messages.
    scenario : Scenario, optional
        What differs from the reference forecast; fertility and migration need ages.
    targets : DataFrame, optional
        ``file, row, area_code, year, persons`` that means are held to (`hierarchy_targets`).

    Raises
    ------
    FaultsFound
        When a column is missing or no area can be used.
    OssuError
        When the scenario needs what the table does not have.
    """
    counted, faults = read_tree(frame, file)
    counted = _with_rests(counted)
    if not counted.starts:
        faults.append(Fault("population.input_no_ages", file, severity=NOTICE))
    faults += [*_age_notices(counted, file), *break_notices(counted, file)]
    first = counted.years[-1] + 1
    model = fit_totals(_history(counted), range(first, first + horizon))
    populations = [_population(counted, root, model, draws, seed, scenario) for root in counted.below[""]]
    moved = [pd.DataFrame(columns=list(MOVED))]
    if targets is not None:
        shown = [code for population in populations for code in population.level]
        targets, wrong = usable_targets(targets, shown, list(model.years))
        held = [_held_to(targets, population, counted) for population in populations]
        populations, moved = [each[0] for each in held], [each[1] for each in held]
        faults += [*wrong, *(fault for each in held for fault in each[2])]
    return HierarchyForecast(_rows(populations, seed, scenario), faults, pd.concat(moved, ignore_index=True))


def _rows(populations: Sequence[Population], seed: int, scenario: Scenario | None) -> Iterator[Any]:
    for population in populations:
        settings = SimulationSettings(seed)
        if scenario is not None:
            factors = () if population.jump_off is None else _fertility(population, population.jump_off, scenario)
            settings = SimulationSettings(seed, scenario.id, fertility_factors=factors)
        for chunk in simulate(population, settings, outputs=["forecast"]):
            yield chunk["forecast"]


def _fertility(population: Population, jump_off: JumpOff, scenario: Scenario) -> tuple[float, ...]:
    """Factors on births; children per woman are those of the root."""
    fertility, women = jump_off.events.fertility, jump_off.persons[:, 0] @ jump_off.events.fertility.schedule
    level = fertility.level * float(np.average(fertility.local, weights=women)) * float(fertility.schedule.sum())
    return tuple(fertility_factors(scenario, level, population.years, population.base.year))


def _held_to(
    targets: pd.DataFrame, population: Population, counted: CountedAreas
) -> tuple[Population, pd.DataFrame, list[Fault]]:
    """A population whose means are the totals given, drawn once for its means and once more when it is simulated."""
    tree, totals_of = population.tree, population.totals
    inside = targets[targets["area_code"].isin(tree.codes)]
    if inside.empty:
        return population, pd.DataFrame(columns=list(MOVED)), []
    mean = {
        leaf: persons.mean(axis=1, dtype=float)
        for sisters in tree.sisters.values()
        for leaf, (persons, _) in zip(sisters, totals_of(sisters), strict=True)
    }

    def beyond(code: str) -> float:
        below = [counted.base_total(child) for child in tree.below.get(code, [])]
        return counted.base_total(code) / max(sum(below), 1.0) if below else 1.0

    factors, moved, faults = target_factors(inside, tree, population.years, mean, beyond)

    def held(codes: Sequence[str]) -> Iterator[tuple[Single, Single]]:
        for code, drawn in zip(codes, totals_of(codes), strict=True):
            factor = factors.get(code, np.ones(1)).astype(np.float32)[:, None]
            yield drawn[0] * factor, drawn[1] * factor

    return replace(population, totals=held), moved, faults


def _population(
    counted: CountedAreas, root: str, model: TotalsModel, draws: int, seed: int, scenario: Scenario | None
) -> Population:
    """One root with all below it."""
    tree, areas = counted.family_tree(root), _aged(counted, root)
    totals = {code: counted.base_total(code) for code in tree.codes}
    jump_off = None if areas is None else jump_off_from_counts(areas, totals)
    layout = TOTALS_ALONE if jump_off is None else Layout(groups=_groups(counted))
    shown = [code for code in tree.codes if not code.endswith(REST)]
    level = {code: f"level_{tree.depth(code)}" for code in shown}
    counts = _base_counts(counted, shown, jump_off, layout)
    status = ["estimated" if group in ((0, 17), (18, 64)) else "observed" for group in layout.groups]
    base = BaseYear(counted.years[-1], counts, dict.fromkeys(level.values(), status))
    years = tuple(int(year) for year in model.years)
    factor = 1.0 if scenario is None else scenario.migration_factor
    growth = _towards_ratios(model, jump_off, factor)
    if scenario is not None:
        _possible(scenario, jump_off)
        growth = growth + extra_growth(scenario, model.history)
        jump_off = None if jump_off is None else with_migration(jump_off, factor)
    totals_of = _totals_of(model, draws, seed, growth, factor)
    remainder = _remainders(counted, tree, jump_off)
    return Population(tree, level, years, draws, totals_of, jump_off, base, layout, remainder)


def _aged(counted: CountedAreas, root: str) -> AgedAreas | None:
    """Ages of one root's areas; None when the root has too few years with them."""
    ages, at = counted.ages, counted.position
    if not counted.starts or not np.isfinite(ages[at[root], -2:]).all():
        return None
    first, tree = _first_known(ages[at[root]]), counted.family_tree(root)
    years = np.array(counted.years[first:])
    groups = {code: ages[at[code], first:] for code in tree.codes if np.isfinite(ages[at[code], first:]).any()}
    return aged_from_groups(tree, years, counted.new_bases(years), counted.starts, groups)


def _possible(scenario: Scenario, jump_off: JumpOff | None) -> None:
    """What a scenario asks of a table.

    Raises
    ------
    OssuError
        ``population.scenario_of_country`` when it follows a projection of Bulgaria, ``population.scenario_needs_ages``.
    """
    if scenario.constraint:
        raise OssuError("population.scenario_of_country", scenario=scenario.id)
    if jump_off is None and (scenario.fertility or scenario.migration_factor != 1):
        raise OssuError("population.scenario_needs_ages", scenario=scenario.id)


def _totals_of(model: TotalsModel, draws: int, seed: int, growth: Floats, migration_factor: float) -> TotalsOf:
    """Totals drawn when they are asked for, a block of areas at a time."""
    position = {code: at for at, code in enumerate(model.history.members)}

    def of(codes: Sequence[str]) -> Iterator[tuple[Single, Single]]:
        members = np.array([position[code] for code in codes])
        persons, loss = draw_totals(model, draws, seed, members, migration_factor, growth)
        return ((persons[:, at].T, loss[:, at].T) for at in range(len(members)))

    return of


def _towards_ratios(model: TotalsModel, jump_off: JumpOff | None, migration_factor: float) -> Floats:
    """Yearly log growth that gives the totals of births and ratios by age the share of one more method.

    Where migration counts ``migration_factor`` times, the rest of the growth is that of births and deaths.
    """
    growth = np.zeros((len(model.history.areas), len(model.years)))
    if jump_off is not None:
        position = {code: at for at, code in enumerate(model.history.members)}
        units = model.history.member_unit[[position[leaf] for leaf in jump_off.leaves]]
        away = log_totals(jump_off, model.years) - model.drift(1.0, 0.0)[units]
        growth[units] = migration_factor * RATIO_SHARE * np.diff(away, axis=1, prepend=0.0)
        if migration_factor != 1:
            alone = log_totals(with_migration(jump_off, 0.0), model.years)
            start = np.log(np.maximum(jump_off.totals, 1e-9))[:, None]
            growth[units] += (1 - migration_factor) * np.diff(alone, axis=1, prepend=start)
    return growth


def _with_rests(counted: CountedAreas) -> CountedAreas:
    """Add to every area a child that holds what its children do not, where that was somebody in every year."""
    codes, parent = list(counted.codes), dict(counted.parent)
    totals, ages, at = [counted.totals], [counted.ages], counted.position
    for code, below in counted.below.items():
        if not code:
            continue
        rest = counted.totals.loc[[code, *below]].mul([1, *[-1] * len(below)], axis=0).sum(skipna=False)
        if rest.iloc[-1] > SAME and rest.notna().sum() >= LEAST_YEARS and (rest.dropna() > 0).all() and _steady(rest):
            name = code + REST
            codes.append(name)
            parent[name] = code
            totals.append(rest.to_frame(name).T)
            ages.append(np.maximum(counted.ages[at[code]] - counted.ages[[at[c] for c in below]].sum(axis=0), 0)[None])
    tree = AreaTree.in_order({code: parent[code] for code in codes})
    place = {code: at for at, code in enumerate(codes)}
    order = [place[code] for code in tree.codes]
    every, cells = pd.concat(totals).iloc[order], np.concatenate(ages)[order]
    grown = CountedAreas(
        tree.codes, parent, counted.years, every, counted.starts, cells, cells[:, -1].copy(), counted.basis
    )
    return replace(grown, ages=_constant_geography(grown))


def _steady(rest: "pd.Series[float]") -> bool:
    """Whether a remainder is the same people from year to year; land that comes or goes is not."""
    known = rest.dropna().to_numpy(float)
    return bool(np.abs(np.diff(np.log(known))).max(initial=0.0) < MOST_CHANGE)


def _constant_geography(counted: CountedAreas) -> Floats:
    """Ages of areas that once had other parts: those of their present children, where all of these have ages.

    An area that changed its parent, or land that came and went, is no migration of anybody.
    """
    ages, at = counted.ages.copy(), counted.position
    for code in reversed(counted.codes):
        if code in counted.below:
            below = counted.below[code]
            apart = (counted.totals.loc[code] - counted.totals.loc[below].sum(skipna=False)).abs()
            summed = ages[[at[child] for child in below]].sum(axis=0)
            if (apart > SAME).any() and np.isfinite(summed[-2:]).all():
                ages[at[code]] = summed
    return ages


def _remainders(counted: CountedAreas, tree: AreaTree, jump_off: JumpOff | None) -> dict[str, Floats]:
    """Factors of areas whose last count is not the sum of those below them, by sex and class of age.

    What an area has more or fewer than its children so stays with it, from its own last count on.
    """
    single = {} if jump_off is None else dict(zip(jump_off.leaves, jump_off.persons, strict=True))
    whole = None if jump_off is None else jump_off.persons.sum(axis=0)
    factors = {}
    for code in reversed(tree.codes):
        if code not in tree.below:
            continue
        own, below = counted.base_total(code), tree.below[code]
        sum_below = sum(counted.base_total(child) for child in below)
        if whole is None:
            if abs(own - sum_below) > SAME:
                factors[code] = np.array([own / max(sum_below, 1.0)])
            continue
        summed = sum(single[child] for child in below)
        single[code] = _own_ages(counted, code, summed, whole)
        if abs(own - sum_below) > SAME:
            mine, theirs = (sum_groups(each, group_starts()).ravel() for each in (single[code], summed))
            factors[code] = np.divide(mine, theirs, out=np.ones_like(mine), where=theirs > 0)
    return factors


def _own_ages(counted: CountedAreas, code: str, summed: Floats, whole: Floats) -> Floats:
    """Single ages of an area in the base year, its own where it has them, scaled to its total."""
    groups = counted.base_ages[counted.position[code]]
    cells = split_groups(groups, counted.starts, whole) if np.isfinite(groups).all() else summed
    return cells * counted.base_total(code) / max(cells.sum(), 1e-9)


def _history(tree: CountedAreas) -> TotalsHistory:
    leaves = list(tree.leaves)
    long = (
        pd.DataFrame(tree.totals.loc[leaves])
        .rename_axis("area_code")
        .melt(ignore_index=False, var_name="year", value_name="persons")
    )
    long = long.reset_index().assign(area_level="leaf")
    if tree.basis is not None:
        long["basis"] = long["year"].map(tree.census_of)
    parents = pd.Series({code: tree.parent[code] or code for code in leaves})
    return prepare_history(long, tree.years[-1], parents=parents, area_level="leaf")


def _groups(tree: CountedAreas) -> tuple[tuple[int, int | None], ...]:
    """The published groups that the input's own groups can make, and its open group."""
    inside = {*range(tree.starts[-1] + 1)} if len(tree.starts) > 60 else set(tree.starts)
    estimated = ((0, 17), (18, 64))
    made = [g for g in GROUPS if g in estimated or (g[0] in inside and (g[1] is None or g[1] + 1 in inside))]
    open_group = (tree.starts[-1], None)
    return tuple(made) if open_group in made or open_group[0] not in group_starts() else (*made, open_group)


def _base_counts(
    counted: CountedAreas, codes: list[str], jump_off: JumpOff | None, layout: Layout
) -> dict[str, Floats]:
    """Counts of the base year by sex and group; single years inside the input's groups are estimated."""
    if jump_off is None:
        return {code: np.array([[counted.base_total(code)]]) for code in codes}
    everybody, whole = layout.groups.index((0, None)), jump_off.persons.sum(axis=0)
    leaves, counts = dict(zip(jump_off.leaves, jump_off.persons, strict=True)), {}
    for code in codes:
        ages = counted.base_ages[counted.position[code]]
        known = np.isfinite(ages).all()
        grouped = in_groups(
            split_groups(ages, counted.starts, whole) if known else leaves.get(code, whole), layout.groups
        )
        # Rounded, so that a published count is printed as it was.
        counts[code] = np.round(grouped * counted.base_total(code) / grouped[2, everybody], 6)
    return counts


def _age_notices(tree: CountedAreas, file: str) -> list[Fault]:
    """Areas whose ages cannot be used: a root without them in the last two years, others with gaps since then."""
    notices, at = [], tree.position
    for root in tree.below[""] if tree.starts else ():
        if not np.isfinite(tree.ages[at[root], -2:]).all():
            notices.append(Fault("population.input_root_ages", file, found=root, severity=NOTICE))
            continue
        years = np.array(tree.years[_first_known(tree.ages[at[root]]) :])
        window = sound_steps(tree.new_bases(years))[-WINDOW:][0] - len(years)
        for code in tree.family(root):
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
