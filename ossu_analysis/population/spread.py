"""How wrong the forecast can be: spreads of what country, parent and area get wrong, from errors before the origin.

An error is ``log(actual / forecast)``. Its variance over the horizon h is ``drift * h^2 + noise * h``: an expectation
that was off every year, and years that were odd. The width of the 80 % range is read off the errors themselves, by
horizon and by size of the area (a power of the size, and a factor per size class), so it is right on the windows before
the origin whatever their law; what country and parents share is taken out of it, the rest is the area's own. The tails
follow Student's t whose freedom is read off the same errors.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.history import Floats, Ints
from ossu_analysis.population.pooling import NORMAL_80, power_of_size, spread_between_groups

SIZE_LIMITS = (3_000, 6_000, 12_000, 40_000)
"""Size classes in which forecasts of municipalities are judged: below 3, 3-6, 6-12, 12-40, above 40 thousand."""
_FREEDOMS = np.array([2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 30.0])
"""Search range of the freedom of the tails; above 2, so that the variance exists."""


@dataclass(frozen=True)
class Growth:
    """Variance over the horizon: ``drift * h^2 + noise * h``."""

    drift: float
    noise: float

    def sd(self, horizon: int) -> float:
        """Standard deviation at a horizon."""
        return float(np.sqrt(self.drift * horizon**2 + self.noise * horizon))


@dataclass(frozen=True)
class Spread:
    """Spreads of log errors.

    Attributes
    ----------
    country, parent : Growth
        Variances of what all areas share, and of what the areas of a parent share besides.
    area_drift, area_noise : float array (A,)
        The same for the area's own part.
    freedom : float
        Degrees of freedom of the area's own part.
    windows : int
        Windows before the origin behind it; 0 says that it is not calibrated.
    """

    country: Growth
    parent: Growth
    area_drift: Floats
    area_noise: Floats
    freedom: float
    windows: int


def size_class(persons: Floats) -> Ints:
    """Number of the size class of each count, 0 for the smallest."""
    return np.digitize(persons, SIZE_LIMITS)


def measure_spread(errors: Floats, size: Floats, parent: Ints, shared_by_country: bool = True) -> Spread:
    """Measure the spreads on errors of windows before the origin.

    Parameters
    ----------
    errors : float array (windows, A, h)
        NaN where unknown.
    size : float array (A,)
        Persons.
    parent : int array (A,)
    shared_by_country : bool
        False for errors that have their common level taken out already.
    """
    known = np.isfinite(errors)
    if not known.any():
        raise ValueError("a spread cannot be measured without any error")
    country = _country_growth(errors, size, _independent_windows(known)) if shared_by_country else Growth(0.0, 0.0)
    own = errors - np.where(known.any(axis=1, keepdims=True), _row_median(errors), 0.0)
    group = _moments(own, lambda one: spread_between_groups(one, parent) ** 2)
    parents = _growth(group, known)
    freedom = _freedom(own, size)
    total, factor = _total_width(errors, size, freedom)
    shared_drift, shared_noise = country.drift + parents.drift, country.noise + parents.noise
    drift = np.maximum(total.drift * factor**2 - shared_drift, 0.0)
    noise = np.maximum(total.noise * factor**2 - shared_noise, 0.0)
    return Spread(country, parents, drift, noise, freedom, len(errors))


def _independent_windows(known: NDArray[np.bool_]) -> float:
    """How many windows of the longest horizon fit side by side into the years that were tried."""
    horizons = np.any(known, axis=1)
    tried = np.flatnonzero(np.any(horizons, axis=1))
    longest = int(np.flatnonzero(np.any(horizons, axis=0)).max()) + 1
    return max((tried[-1] - tried[0] + 1) / longest, 1.0)


def _country_growth(errors: Floats, size: Floats, windows: float) -> Growth:
    """Variance of the error of the total; few windows tell it, so it has the width of the 80 % range of Student's t."""
    from scipy.stats import t

    weight = np.where(np.isfinite(errors), size[None, :, None], 0.0)
    covered = weight.sum(axis=1)
    national = np.where(
        covered > 0, np.nansum(weight * np.nan_to_num(errors), axis=1) / np.maximum(covered, 1e-9), np.nan
    )
    squares = np.array(
        [np.mean(one[np.isfinite(one)] ** 2) if np.isfinite(one).any() else np.nan for one in national.T]
    )
    widened = squares * (t.ppf(0.9, windows) / NORMAL_80) ** 2
    return _growth(widened, np.isfinite(national)[:, None, :])


def _moments(errors: Floats, moment: Callable[[Floats], float]) -> Floats:
    """Mean of a moment of the areas' errors over the windows, by horizon."""
    found = np.full(errors.shape[2], np.nan)
    for h in range(errors.shape[2]):
        each = [moment(one) for one in errors[:, :, h] if np.isfinite(one).sum() > 2]
        found[h] = np.mean(each) if each else np.nan
    return found


def _growth(variance: Floats, known: Floats) -> Growth:
    """Fit ``drift * h^2 + noise * h`` to variances by horizon, with non-negative parts and relative errors."""
    from scipy.optimize import nnls

    steps = np.arange(1, len(variance) + 1, dtype=float)
    usable = np.isfinite(variance) & (variance > 0)
    if not usable.any():
        return Growth(0.0, 0.0)
    if usable.sum() == 1:
        # One horizon cannot tell drift from noise; taken as drift, ranges do not come out too narrow further ahead.
        return Growth(float(variance[usable][0] / steps[usable][0] ** 2), 0.0)
    weight = np.sqrt(known.any(axis=1).sum(axis=0)[usable]) / variance[usable]
    design = np.column_stack([steps**2, steps])[usable]
    (drift, noise), _ = nnls(design * weight[:, None], variance[usable] * weight)
    return Growth(float(drift), float(noise))


def _standardised(errors: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Errors divided by the area's power of size, and that power (mean 1 in the logarithm)."""
    count = np.isfinite(errors).sum(axis=(0, 2))
    typical = np.nansum(np.abs(errors), axis=(0, 2)) / np.maximum(count, 1)
    known = typical > 0
    exponent = power_of_size(typical[known], size[known])[0] if known.sum() > 2 else 0.0
    power = np.exp(exponent * (np.log(size) - np.log(size).mean()))
    return errors / power[None, :, None], power


def _total_width(errors: Floats, size: Floats, freedom: float) -> tuple[Growth, Floats]:
    """Variance of the standardised error by horizon, and each area's factor, both from the width of the 80 % range."""
    from scipy.stats import t

    # The width is turned into a variance as that of a t of this freedom, since draws will be scaled back so.
    half = t.ppf(0.9, freedom)
    standard, power = _standardised(errors, size)
    width = np.array([_quantile(standard[:, :, h]) for h in range(errors.shape[2])])
    total = _growth((width / half) ** 2, np.isfinite(errors))
    steps = np.arange(1, errors.shape[2] + 1)
    expected = np.maximum(np.sqrt(total.drift * steps**2 + total.noise * steps) * half, 1e-9)
    return total, power * _class_factors(standard / expected, size_class(size))


def _class_factors(ratios: Floats, classes: Ints) -> Floats:
    """Factor per area that makes the 80 % range of its size class right."""
    factors = np.ones(len(classes))
    for one in np.unique(classes):
        width = _quantile(ratios[:, classes == one])
        # A class without any error of its own, or with none at all, keeps the width of all.
        factors[classes == one] = width if width > 0 else 1.0
    return factors


def _freedom(own: Floats, size: Floats) -> float:
    """Freedom whose ratio of 95 % to 80 % quantile is nearest to that of the areas' own errors."""
    from scipy.stats import t

    standard, _ = _standardised(own, size)
    scale = np.array([_quantile(standard[:, :, h]) for h in range(own.shape[2])])
    absolute = np.abs(standard / np.maximum(scale, 1e-9))
    absolute = absolute[np.isfinite(absolute)]
    if len(absolute) < 20 or not absolute.any():
        return float(_FREEDOMS[3])
    ratio = np.quantile(absolute, 0.95) / np.quantile(absolute, 0.8)
    candidates = t.ppf(0.975, _FREEDOMS) / t.ppf(0.9, _FREEDOMS)
    return float(_FREEDOMS[np.argmin(np.abs(candidates - ratio))])


def _quantile(values: Floats) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(np.quantile(known, 0.8)) if len(known) else np.nan


def _row_median(errors: Floats) -> Floats:
    centre = np.full((errors.shape[0], 1, errors.shape[2]), np.nan)
    for window, h in zip(*np.nonzero(np.isfinite(errors).any(axis=1)), strict=True):
        centre[window, 0, h] = np.nanmedian(errors[window, :, h])
    return centre
