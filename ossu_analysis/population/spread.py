"""How wrong the forecast can be: spreads of country, size, parent and area, from errors before the origin.

An error is ``log(actual / forecast) = country + score * slope + scale * (parent + own)``. The country's part is the
error of its total. The slope is what large areas get wrong against small ones in one window (towns grow or empty
together). ``scale`` is a law of size and a factor of the size class. Every part grows over the horizon as `Growth`
says; the width of the 80 % range is read off the errors themselves, so it is right on the windows before the origin
whatever their law. What all areas share was seen in few windows and has the width of Student's t. The area's own part
is normal inverse Gaussian (Barndorff-Nielsen 1997, Scandinavian Journal of Statistics 24): the long tails of the
errors, and yet a mean in persons.

Years are unequal: registrations come in waves that move all classes and parents at once. How unequal, is drawn from
past windows: for each, how much wider its errors were than a spread measured before it said (`unequal_windows`).
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.draws import inverse_gaussian
from ossu_analysis.population.history import Floats, Ints
from ossu_analysis.population.pooling import NORMAL_80, NORMAL_MEDIAN, shrink_to_groups, spread_between_groups

Reals = NDArray[np.floating[Any]]
SIZE_LIMITS = (3_000, 6_000, 12_000, 40_000)
"""Size classes in which forecasts of municipalities are judged: below 3, 3-6, 6-12, 12-40, above 40 thousand."""
_SHAPES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Search range of the shape of the tails, to nearly normal; a mean in persons exists for spreads below its root."""
_ROUNDS = 20
"""Of the iterated fit of variances; it has settled long before."""
_FEWEST = 3
"""Areas that a median or a spread of several needs at least."""


@dataclass(frozen=True)
class Growth:
    """Variance over the horizon: ``drift * h^2 + noise * (h + h^2 / known) + turn * h(h+1)(2h+1)/6``.

    An expectation that was off every year; odd years, which also entered the expectation when it was read from
    ``known`` years (Hyndman and Athanasopoulos 2021, Forecasting, section 5.5); growth that itself walks at random, as
    in a local linear trend (Harvey 1989, Forecasting, Structural Time Series Models and the Kalman Filter, ch. 4).
    """

    drift: float = 0.0
    noise: float = 0.0
    turn: float = 0.0
    known: float = np.inf

    @property
    def slope(self) -> float:
        """Standard deviation per year of the part that is off in the same direction every year."""
        return float(np.sqrt(self.drift + self.noise / self.known))

    def sd(self, steps: Floats | float) -> Floats:
        """Standard deviation at each horizon."""
        return np.sqrt((self.slope * steps) ** 2 + self.noise * steps + self.turn * _turned(steps))


@dataclass(frozen=True)
class Spread:
    """Spreads of log errors.

    Attributes
    ----------
    country, slope : Growth
        Variances of what all areas share, and of what large ones get wrong against small ones per unit of ``score``.
    score : float array (A,)
        Normal score of the rank of size, see `size_score`, about its mean over persons.
    area : Growth
        Variance of the parts of parent and area together, for an area whose ``scale`` is one: that of a normal law with
        the same width of the 80 % range.
    scale : float array (A,)
    common : float
        Share of the area's variance that belongs to the parent.
    shape : float
        Shape of the inverse Gaussian law from which the variance of the area's own part is drawn.
    unequal : float array (n,)
        Factors on the parts of size, parent and area, as likely as each other: see `unequal_windows`.
    """

    country: Growth
    slope: Growth
    score: Floats
    area: Growth
    scale: Floats
    common: float
    shape: float
    unequal: Floats

    def volatility(self, generator: np.random.Generator, draws: int) -> Floats:
        """The factor of each draw, (draws, 1): what all areas share of how unequal years are."""
        return self.unequal[(generator.random((draws, 1)) * len(self.unequal)).astype(int)]

    def own_part(self, parent: Reals, area: Reals, generator: np.random.Generator) -> Reals:
        """Normal paths of parent and area (draws, h) put together, with the tails of the area's."""
        variance = inverse_gaussian(generator, self.shape, (len(area), 1))
        # Both parts are scaled by the width of their 80 % range, since that is what was measured.
        width = NORMAL_80 / tailed_quantile(0.9, self.shape)
        return np.sqrt(self.common) * parent + np.sqrt((1 - self.common) * variance) * width * area


def _turned(steps: Floats | float) -> Floats | float:
    return steps * (steps + 1) * (2 * steps + 1) / 6


def size_class(persons: Floats) -> Ints:
    """Number of the size class of each count, 0 for the smallest."""
    return np.digitize(persons, SIZE_LIMITS)


def size_score(size: Floats) -> Floats:
    """Normal score of the rank of each size: 0 in the middle, 2.3 for the largest of a hundred, a capital no more."""
    from scipy.stats import norm, rankdata

    return np.asarray(norm.ppf(rankdata(size) / (len(size) + 1)))


def measure_spread(
    errors: Floats, size: Floats, parent: Ints, years_known: Floats, shared_by_country: bool = True
) -> Spread:
    """Measure the spreads on errors of windows before the origin.

    Parameters
    ----------
    errors : float array (windows, A, h)
        NaN where unknown.
    size : float array (A,)
        Persons.
    parent : int array (A,)
    years_known : float array (windows + 1,)
        Years of the past from which each window read its expectation, and, last, from which the forecast reads its
        own, so that windows that knew little are not taken for what a longer history can do.
    shared_by_country : bool
        False for errors that have their common level taken out already.
    """
    if not np.isfinite(errors).any():
        raise ValueError("a spread cannot be measured without any error")
    score = size_score(size)
    level = _national(errors, size) if shared_by_country else np.zeros_like(errors[:, 0])
    slope, noise = _slopes(errors, score)
    own = errors - _row_median(errors) - np.nan_to_num(slope)[:, None] * score[:, None]
    area, scale, standard = _areas_own(own, size, years_known)
    return Spread(
        country=_shared_growth(level**2, np.zeros_like(level), years_known),
        slope=_shared_growth(slope**2, noise, years_known),
        # What large areas gain small ones lose: the error of the total is the country's part.
        score=score - np.average(score, weights=size),
        area=area,
        scale=scale,
        common=_common(standard, parent),
        shape=_shape(standard),
        unequal=np.ones(1),
    )


def unequal_windows(errors: Floats, size: Floats, parent: Ints, years_known: Floats, origins: Ints) -> Floats:
    """How much wider the errors of each window were than the windows before its origin said, at its worst horizon.

    Parameters
    ----------
    errors, size, parent, years_known
        As for `measure_spread`.
    origins : int array (windows,)
        Year from which each window starts, in order.

    Returns
    -------
    float array (n,)
        Ratio of the widths of the 80 % range of the areas' own errors; one where no window has another before it.
    """
    horizons, found = np.arange(1, errors.shape[2] + 1), []
    for at in range(1, len(errors)):
        ended = origins[:at, None] + horizons <= origins[at]
        before = np.where(ended[:, None], errors[:at], np.nan)
        if np.isfinite(before).any():
            spread = measure_spread(before, size, parent, years_known[: at + 1])
            found.append(_widest(errors[at], spread, horizons))
    return np.array(found) if found else np.ones(1)


def _widest(errors: Floats, spread: Spread, horizons: Ints) -> float:
    """Largest ratio over the horizons of the width that errors (A, h) have to that of a spread."""
    known = np.isfinite(errors).any(axis=0)
    standard = errors[:, known] - np.nanmedian(errors[:, known], axis=0)
    width = np.nanquantile(np.abs(standard / spread.scale[:, None]), 0.8, axis=0) / NORMAL_80
    # A window that was narrower at every horizon was lucky: what it says is in the spread already.
    return float(max(1.0, *(width / np.maximum(spread.area.sd(horizons[known].astype(float)), 1e-9))))


def _independent_windows(known: NDArray[np.bool_]) -> Floats:
    """How many windows of each horizon fit side by side into the years that were tried, (h,); known is (windows, h)."""
    horizons = np.arange(1, known.shape[1] + 1)
    return np.maximum((known.sum(axis=0) + horizons - 1) / horizons, 1.0)


def _national(errors: Floats, size: Floats) -> Floats:
    """Error of the total, (windows, h)."""
    known = np.isfinite(errors)
    weight = np.where(known, size[None, :, None], 0.0)
    total = weight.sum(axis=1)
    return np.where(total > 0, np.sum(weight * np.where(known, errors, 0.0), axis=1) / np.maximum(total, 1e-9), np.nan)


def _slopes(errors: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Slope of the errors on the score in each window, and its own sampling variance, (windows, h) each.

    The resistant line of Tukey (1977, Exploratory Data Analysis, ch. 5) through the medians of the outer thirds.
    """
    slope, noise = np.full((2, errors.shape[0], errors.shape[2]), np.nan)
    outer = [score <= np.quantile(score, 1 / 3), score >= np.quantile(score, 2 / 3)]
    for window, h in np.ndindex(slope.shape):
        one = errors[window, :, h]
        thirds = [third & np.isfinite(one) for third in outer]
        if min(third.sum() for third in thirds) < _FEWEST or (outer[0] & outer[1]).any():
            continue
        (low, low_noise), (high, high_noise) = (_median_and_variance(one[third]) for third in thirds)
        run = score[thirds[1]].mean() - score[thirds[0]].mean()
        slope[window, h], noise[window, h] = (high - low) / run, (low_noise + high_noise) / run**2
    return slope, noise


def _median_and_variance(values: Floats) -> tuple[float, float]:
    """The median and its sampling variance under a normal law."""
    centre = float(np.median(values))
    sd = float(np.median(np.abs(values - centre))) / NORMAL_MEDIAN
    return centre, sd**2 * np.pi / 2 / len(values)


def _shared_growth(squares: Floats, noise: Floats, years_known: Floats) -> Growth:
    """Variance of what all areas share; few windows tell it, so it has the width of the 80 % range of Student's t."""
    from scipy.stats import t

    widened = (t.ppf(0.9, _independent_windows(np.isfinite(squares))) / NORMAL_80) ** 2
    return _growth(widened * (squares - noise), widened * np.nan_to_num(noise), years_known)


def _growth(variance: Floats, noise: Floats, years_known: Floats) -> Growth:
    """Fit the parts of `Growth` to variances (windows, h)."""
    usable = np.isfinite(variance)
    if not (variance[usable] > 0).any():
        return Growth()
    steps = np.arange(1, variance.shape[1] + 1, dtype=float) + np.zeros((len(variance), 1))
    design = np.stack([steps**2, steps + steps**2 / years_known[:-1, None], _turned(steps)], axis=-1)[usable]
    if usable.any(axis=0).sum() == 1:
        # One horizon cannot tell the parts; taken as drift, ranges do not come out too narrow further ahead.
        design[:, 1:] = 0.0
    share = (_independent_windows(usable) / np.maximum(usable.sum(axis=0), 1) + np.zeros((len(variance), 1)))[usable]
    drift, odd, turn = gamma_fit(design, variance[usable], share, noise[usable]).tolist()
    return Growth(drift, odd, turn, float(years_known[-1]))


def _areas_own(own: Floats, size: Floats, years_known: Floats) -> tuple[Growth, Floats, Floats]:
    """Variance of the areas' own errors by horizon, scale of each area, and the errors in units of both."""
    law = _size_law(own, size)
    standard = own / law[None, :, None]
    width = np.full((own.shape[0], own.shape[2]), np.nan)
    for window, h in np.ndindex(width.shape):
        width[window, h] = _quantile(standard[window, :, h], 0.8) / NORMAL_80
    area = _growth(width**2, np.zeros_like(width), years_known)
    steps = np.arange(1.0, own.shape[2] + 1)
    expected = np.array([replace(area, known=known).sd(steps) for known in years_known[:-1].tolist()])
    standard = standard / np.maximum(expected, 1e-9)[:, None]
    factor = _class_factors(standard, size_class(size))
    return area, law * factor, standard / factor[None, :, None]


def _size_law(own: Floats, size: Floats) -> Floats:
    """What an area of each size gets wrong, mean square 1: ``sqrt(a + b / size)``.

    ``a`` is of places, ``b`` of persons who come and go one by one; errors fall with size to a floor (Tayman, Schafer
    and Carter 1998, Population Research and Policy Review 17).
    """
    known = np.isfinite(own)
    typical = np.sum(np.abs(own), axis=(0, 2), where=known) / np.maximum(known.sum(axis=(0, 2)), 1)
    usable = typical > 0
    if not usable.any():
        return np.ones(len(size))
    design = np.column_stack([np.ones_like(size), size.min() / size])
    variance = design @ gamma_fit(design[usable], typical[usable] ** 2)
    return np.sqrt(variance / variance.mean())


def _class_factors(standard: Floats, classes: Ints) -> Floats:
    """Factor per area that makes the 80 % range of its size class right, shrunk to the mean of all classes.

    How well a class tells its factor is read off its areas: errors of one area in several windows are one witness.
    """
    from scipy.stats import variation

    known = np.isfinite(standard)
    typical = np.sum(np.abs(standard), axis=(0, 2), where=known) / np.maximum(known.sum(axis=(0, 2)), 1)
    members = [(classes == one) & (typical > 0) for one in np.unique(classes)]
    members = [area for area in members if area.sum() >= _FEWEST]
    if not members:
        return np.ones(len(classes))
    width = np.array([_quantile(standard[:, area], 0.8) for area in members]) / NORMAL_80
    noise = np.array([variation(typical[area], ddof=1) ** 2 / area.sum() for area in members])
    shrunk = shrink_to_groups(np.log(width), noise, np.zeros(len(width), dtype=np.int64))
    factor = np.full(len(classes), np.exp(shrunk.mean()))
    for area, of_class in zip(members, shrunk.tolist(), strict=True):
        factor[classes == classes[area][0]] = np.exp(of_class)
    return factor


def _common(standard: Floats, parent: Ints) -> float:
    """Share of the variance of the areas' own errors that the areas of a parent have in common."""
    found = [
        spread_between_groups(standard[window, :, h], parent) ** 2
        for window, h in np.ndindex(standard.shape[0], standard.shape[2])
        if np.isfinite(standard[window, :, h]).sum() > 2
    ]
    return float(np.clip(np.mean(found), 0.0, 1.0)) if found else 0.0


def _shape(standard: Floats) -> float:
    """Shape whose ratio of 95 % to 80 % range is nearest to that of the errors."""
    if np.isfinite(standard).sum() < 20 or not np.nansum(np.abs(standard)):
        return 1.0
    ratio = _quantile(standard, 0.95) / _quantile(standard, 0.8)
    found = [tailed_quantile(0.975, shape) / tailed_quantile(0.9, shape) for shape in _SHAPES]
    return _SHAPES[int(np.argmin(np.abs(np.array(found) - ratio)))]


@cache
def tailed_quantile(probability: float, shape: float) -> float:
    """Quantile of a normal value whose variance is inverse Gaussian with mean one."""
    from scipy.stats import norminvgauss

    return float(norminvgauss.ppf(probability, shape, 0, scale=np.sqrt(shape)))


def _quantile(values: Floats, share: float) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(np.quantile(known, share)) if len(known) else np.nan


def _row_median(errors: Floats) -> Floats:
    centre = np.zeros((errors.shape[0], 1, errors.shape[2]))
    for window, h in zip(*np.nonzero(np.isfinite(errors).any(axis=1)), strict=True):
        centre[window, 0, h] = np.nanmedian(errors[window, :, h])
    return centre


def gamma_fit(design: Floats, variance: Floats, share: Floats | float = 1.0, noise: Floats | float = 0.0) -> Floats:
    """Non-negative parts whose sum ``design @ parts`` is the mean of variances that are off by as much as they are.

    Gamma quasi-likelihood by iterated weights (McCullagh and Nelder 1989, Generalized Linear Models, ch. 8), so that
    one lucky or unlucky value does not carry the others away.
    """
    from scipy.optimize import nnls

    fitted = np.full(len(variance), max(variance.mean(), 0.0))
    for _ in range(_ROUNDS):
        weight = np.sqrt(share) / np.maximum(fitted + noise, 1e-12)
        parts = nnls(design * weight[:, None], variance * weight)[0]
        fitted = design @ parts
    return parts
