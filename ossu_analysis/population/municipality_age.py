"""Ages of municipalities: estimated, because only totals by sex and residence are published for them.

Belongs here: the estimate for the years from the first census with ages to the base year, census by census. Cells are
X[unit, residence, sex, age].

1. Census seed: what the years on the census before lead to, or at first the totals of a unit by residence and sex
   times its region's ages, fitted to the ages of the census. It stands a year before the first count on that census.
2. Every year X[x+1] = X[x] R[region, residence, sex, x] R[oblast] / R[region] exp(-(theta - 1) mu / 2), births for
   age 0; theta = deaths of the unit over those expected from its oblast's rates (empirical Bayes).
3. Fitting in turn to the region's residence-sex-age counts, to the oblast's sex-age counts and to the unit's totals;
   the last by X exp(lambda sqrt(g[x])), lambda by Newton, because local gains and losses are mostly ages 15-34. g is
   the slope, over oblasts, of log cohort change on log change of the total (deviations from the country), at most 1/4
   from age 60; its root, because the other margins carry a part of the move already.
4. Students come and leave again: between 14 and 33 the cells are drawn, with weight w, to those of the census seed
   fitted to the year without ageing. w is estimated where ages are known: oblasts hidden inside their planning
   regions.

References
----------
.. [1] Deming and Stephan (1940), Annals of Mathematical Statistics 11: iterative proportional fitting.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.cells import (
    AGES,
    Floats,
    cohort_source,
    group_index,
    smooth_over_age,
    sum_groups,
)
from ossu_analysis.population.mortality import pooled_ratio

PLACE_AGES, PLACE_SHAPE = (14, 18, 26, 33), (0.0, 1.0, 1.0, 0.0)
"""School ends at 18 and first degrees by 26: between them people live where they study (shape of the weight)."""
PLACE_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 0.9)
OLD_AGE, OLD_CAP = 60, 0.25
SWEEPS, LAST_SWEEPS, NEWTON_STEPS = 8, 30, 1
TINY = 1e-9


@dataclass(frozen=True)
class CensusAges:
    """Ages of the units at one census.

    Attributes
    ----------
    first : int
        Position of the first year whose counts rest on it.
    starts : tuple of int
        First ages of its classes.
    persons : ndarray (U, C)
    """

    first: int
    starts: tuple[int, ...]
    persons: Floats


@dataclass(frozen=True)
class AgeMargins:
    """Everything that fixes the ages of the units.

    Attributes
    ----------
    years : int array (T,)
        Consecutive, the first one the first on the first census.
    totals : ndarray (U, T, 2, 2)
        Persons by unit, year, residence (urban, rural) and sex.
    births : ndarray (U, T, 2)
    deaths : ndarray (U, T)
    mu : ndarray (U, 2, 101)
        Death rates of the unit's parent.
    death_years : int array
        Positions of the years whose deaths tell how a unit's mortality differs from its parent's.
    censuses : tuple of CensusAges
        In order.
    region_cells : ndarray (R, T, 2, 2, 101)
        Persons by region, year, residence, sex and age.
    oblast_cells : ndarray (P, T, 2, 101), optional
        Persons by oblast; NaN in years without ages. None when the units stand directly under the regions.
    oblast_ratio : ndarray (U, 2, 101)
        Pooled cohort ratio of the unit's oblast over its region's; ones when there is no oblast between.
    region_of, oblast_of : int array (U,)
    response : ndarray (U, 101) or (1, 101)
        sqrt(g): how strongly each age takes part when a total moves.
    """

    years: NDArray[np.int64]
    totals: Floats
    births: Floats
    deaths: Floats
    mu: Floats
    death_years: NDArray[np.int64]
    censuses: tuple[CensusAges, ...]
    region_cells: Floats
    oblast_cells: Floats | None
    oblast_ratio: Floats
    region_of: NDArray[np.int64]
    oblast_of: NDArray[np.int64]
    response: Floats

    @property
    def parent_of(self) -> NDArray[np.int64]:
        """The area whose death rates a unit shares: its oblast, or its region when nothing stands between."""
        return self.region_of if self.oblast_cells is None else self.oblast_of


def estimate_cells(margins: AgeMargins, place_weight: float) -> tuple[Floats, Floats]:
    """Estimate the cells of every year, first with the parent's mortality and then with the local one.

    Parameters
    ----------
    margins : AgeMargins
    place_weight : float
        w between 18 and 26.

    Returns
    -------
    cells : ndarray (U, T, 2, 2, 101)
        Persons by unit, year, residence, sex and age.
    theta : ndarray (U,)
        Mortality of each unit over that of its parent.
    """
    alike = np.ones(len(margins.totals))
    theta = local_mortality(margins, _through_the_years(margins, alike, place_weight))
    return _through_the_years(margins, theta, place_weight), theta


def local_mortality(margins: AgeMargins, cells: Floats) -> Floats:
    """Deaths of units over those expected from their parent's rates, pooled over some years and towards 1."""
    window = margins.death_years
    expected = (cells[:, window].sum(axis=2) * margins.mu[:, None]).sum(axis=(1, 2, 3))
    observed = margins.deaths[:, window].sum(axis=1)
    parents = int(margins.parent_of.max()) + 1
    level = np.bincount(margins.parent_of, observed, parents) / np.bincount(margins.parent_of, expected, parents)
    return pooled_ratio(observed, expected * level[margins.parent_of])


def _through_the_years(margins: AgeMargins, theta: Floats, place_weight: float) -> Floats:
    local = margins.oblast_ratio * np.exp(-0.5 * (theta[:, None, None] - 1) * margins.mu)
    ends = [census.first for census in margins.censuses[1:]] + [len(margins.years)]
    cells: list[Floats] = []
    for census, end in zip(margins.censuses, ends, strict=True):
        seed = _census_seed(margins, census, cells[-1] if cells else None)
        cells.append(_fit(margins, census.first, _aged(margins, census.first, seed, local, True), LAST_SWEEPS))
        for year in range(census.first + 1, end):
            aged = _fit(margins, year, _aged(margins, year, cells[-1], local, False), SWEEPS)
            placed = _fit(margins, year, seed, SWEEPS)
            sweeps = LAST_SWEEPS if year == end - 1 else SWEEPS
            cells.append(_fit(margins, year, _mix(aged, placed, place_weight), sweeps))
    return np.stack(cells, axis=1)


def age_response(first: Floats, last: Floats, years: int) -> Floats:
    """Estimate g: how much of a change of the total each age takes part in, relative to proportional change.

    Parameters
    ----------
    first, last : ndarray (A, 2, 101)
        Persons of areas ``years`` apart.

    Returns
    -------
    ndarray (101,)
        1 everywhere would mean proportional change. A slope is drawn to 1 by its own error.
    """
    before, after = first.sum(axis=1), last.sum(axis=1)
    change = np.zeros_like(after)
    change[:, years:-1] = np.log(after[:, years:-1] / before[:, : -years - 1])
    change[:, :years], change[:, -1] = change[:, [years]], change[:, -2]
    change -= change.mean(axis=0)
    total = np.log(after.sum(axis=1) / before.sum(axis=1))
    total -= total.mean()
    slope = total @ change / (total @ total)
    residual = change - total[:, None] * slope
    error = (residual**2).sum(axis=0) / max(len(total) - 2, 1) / (total @ total)
    pooled = 1 + (slope - 1) * _shrink((slope - 1) ** 2, error)
    smooth = smooth_over_age(pooled, np.ones_like(pooled), 3.0)
    response = np.maximum(smooth, 0.01)
    response[OLD_AGE:] = np.minimum(response[OLD_AGE:], OLD_CAP)
    return response


def _shrink(signal: Floats, error: Floats) -> Floats:
    between = max(float((signal - error).mean()), 0.0)
    return between / (between + error + TINY)


def _census_seed(margins: AgeMargins, census: CensusAges, before: Floats | None) -> Floats:
    """Cells at a census: its ages, and inside them those of the year before or, at first, of the region.

    Parameters
    ----------
    margins : AgeMargins
    census : CensusAges
    before : ndarray (U, 2, 2, 101), optional
        Cells of the last year on the census before.
    """
    totals = margins.totals[:, census.first]
    counted = _ratio(census.persons.sum(axis=1), totals.sum(axis=(1, 2)))
    rows = totals * counted[:, None, None]
    seed = (totals[..., None] * _region_shares(margins, census.first) if before is None else before) + TINY
    group = group_index(census.starts)
    for _ in range(LAST_SWEEPS):
        by_age = sum_groups(seed.sum(axis=(1, 2)), census.starts)
        seed *= _ratio(census.persons, by_age)[:, None, None, group]
        seed *= _ratio(rows, seed.sum(axis=-1))[..., None]
    return seed


def _region_shares(margins: AgeMargins, year: int) -> Floats:
    """Ages of each unit's region a year before, as shares, by residence and sex."""
    older = margins.region_cells[:, year]
    pattern = np.empty_like(older)
    region_mu = np.stack([margins.mu[margins.region_of == r].mean(axis=0) for r in range(len(margins.region_cells))])
    pattern[..., :-1] = older[..., 1:] * np.exp(region_mu[:, None, :, :-1])
    pattern[..., -1] = pattern[..., -2] * 0.5
    return (pattern / pattern.sum(axis=-1, keepdims=True))[margins.region_of]


def _aged(margins: AgeMargins, year: int, cells: Floats, local: Floats, from_census: bool) -> Floats:
    """Cells a year later by the region's ratios, the oblast's difference from it and local mortality.

    From a census to the first count on it there are no ratios: deaths alone.
    """
    region_now = margins.region_cells[:, year]
    ratio = np.ones_like(region_now)
    if not from_census:
        ratio = _ratio(region_now, cohort_source(margins.region_cells[:, year - 1]))
    aged = cohort_source(cells) * ratio[margins.region_of] * local[:, None]
    if from_census:
        aged[..., 1:] *= np.exp(-margins.mu)[:, None, :, 1:]
    women = cells[:, :, 0, 20:35].sum(axis=-1)
    by_residence = _ratio(women, women.sum(axis=1)[:, None])
    aged[..., 0] = margins.births[:, year, None, :] * by_residence[:, :, None]
    return aged


def _mix(aged: Floats, placed: Floats, weight: float) -> Floats:
    """Geometric mean of aged and place-bound cells over the student ages."""
    w = weight * np.interp(AGES, PLACE_AGES, PLACE_SHAPE)
    return np.exp(w * np.log(placed + TINY) + (1 - w) * np.log(aged + TINY))


def _fit(margins: AgeMargins, year: int, cells: Floats, sweeps: int) -> Floats:
    """Fit cells in turn to regions, oblasts and the units' totals by residence and sex."""
    totals, fitted = margins.totals[:, year], np.maximum(cells, TINY)
    fitted = fitted * (totals > 0)[..., None]
    region = margins.region_cells[:, year]
    oblast = None if margins.oblast_cells is None else margins.oblast_cells[:, year]
    oblast = None if oblast is None or not np.isfinite(oblast).all() else oblast
    for _ in range(sweeps):
        fitted *= _ratio(region, _sum_by(fitted, margins.region_of, len(region)))[margins.region_of]
        if oblast is not None:
            by_oblast = _sum_by(fitted.sum(axis=1), margins.oblast_of, len(oblast))
            fitted *= _ratio(oblast, by_oblast)[margins.oblast_of][:, None]
        fitted = tilt_to_totals(fitted, totals, margins.response[:, None, None])
    return fitted


def tilt_to_totals(cells: Floats, totals: Floats, response: Floats) -> Floats:
    """Move rows of cells to given totals by ``cells * exp(lambda * response)``, lambda by Newton.

    Parameters
    ----------
    cells : ndarray (..., 101)
    totals : ndarray (...)
    response : ndarray, broadcast against ``cells``

    Returns
    -------
    ndarray
        Rows add up to ``totals`` (a last proportional step takes what Newton left); empty rows stay empty.
    """
    moved = cells
    for _ in range(NEWTON_STEPS):
        step = np.clip(_ratio(totals - moved.sum(axis=-1), (moved * response).sum(axis=-1)), -1.0, 1.0)
        moved = moved * np.exp(step[..., None] * response)
    return moved * _ratio(totals, moved.sum(axis=-1))[..., None]


def _sum_by(values: Floats, owner: NDArray[np.int64], owners: int) -> Floats:
    belongs = (np.arange(owners)[:, None] == owner[None, :]).astype(float)
    return (belongs @ values.reshape(len(values), -1)).reshape(owners, *values.shape[1:])


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator > 0)
