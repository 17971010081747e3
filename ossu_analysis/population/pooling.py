"""Borrowing strength: shrinking noisy values of small areas to their group, with every constant estimated.

Method: empirical Bayes with a moment estimate of the variance between areas (DerSimonian and Laird 1986; Fay and
Herriot 1979): ``shrunk = group + tau^2 / (tau^2 + variance) * (value - group)``.
"""

import numpy as np

from ossu_analysis.population.history import Floats, Ints

NORMAL_80, NORMAL_MEDIAN = 1.2815515655446004, 0.6744897501960817
"""Half width of the central 80 % and 50 % of a standard normal."""


def shrink_to_groups(value: Floats, variance: Floats, group: Ints) -> Floats:
    """Shrink each value to the precision-weighted mean of its group.

    Parameters
    ----------
    value, variance : float array (A,)
        Estimates and their sampling variances (positive).
    group : int array (A,)
        Group of each value, numbered from 0.
    """
    precision = 1.0 / variance
    mean = (np.bincount(group, precision * value) / np.bincount(group, precision))[group]
    freedom = max(len(value) - len(np.unique(group)), 1)
    between = max(float(np.sum((value - mean) ** 2) - np.sum(variance)) / freedom, 0.0)
    return mean + between / (between + variance) * (value - mean)


def scale_by_size(deviation: Floats, size: Floats) -> Floats:
    """Typical absolute size of yearly deviations of each area, as a power of its population fitted to all areas.

    Parameters
    ----------
    deviation : float array (A, T)
        Deviations from each area's own centre; NaN allowed.
    size : float array (A,)

    Returns
    -------
    float array (A,)
        Standard deviation that a normal law with the same mean absolute deviation has.
    """
    count = np.isfinite(deviation).sum(axis=1)
    typical = np.nansum(np.abs(deviation), axis=1) / np.maximum(count, 1)
    known = (typical > 0) & np.isfinite(size)
    if not known.any():
        return np.full(len(size), 1e-6)
    exponent, level = power_of_size(typical[known], size[known])
    return np.exp(level + exponent * np.log(size)) * np.sqrt(np.pi / 2)


def power_of_size(positive: Floats, size: Floats) -> tuple[float, float]:
    """Exponent and constant of ``log(positive) = constant + exponent * log(size)``; exponent 0 when sizes are equal."""
    logs, sizes = np.log(positive), np.log(size)
    if np.ptp(sizes) < 1e-9:
        return 0.0, float(logs.mean())
    exponent, level = np.polyfit(sizes, logs, 1)
    return float(exponent), float(level)


def spread_between_groups(value: Floats, group: Ints) -> float:
    """Standard deviation of what the areas of a group share, net of the noise of its mean; robust to single areas."""
    groups = [value[(group == one) & np.isfinite(value)] for one in range(int(group.max()) + 1)]
    groups = [one for one in groups if len(one) >= 2]
    if len(groups) < 3:
        return 0.0
    centres = np.array([np.median(one) for one in groups])
    within = np.median(np.concatenate([np.abs(one - np.median(one)) for one in groups])) / NORMAL_MEDIAN
    observed = np.median(np.abs(centres - np.median(centres))) / NORMAL_MEDIAN
    # pi / 2: a median is that much less efficient than a mean under a normal law.
    noise = within**2 * np.pi / 2 * np.mean([1 / len(one) for one in groups])
    return float(np.sqrt(max(observed**2 - noise, 0.0)))
