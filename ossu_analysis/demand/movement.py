"""How far the level of a municipality moves away from the country's over the years: old returns count for less.

Belongs here: the variance of that movement and what follows from it. The log level is a random walk seen with chance:
two known years of one municipality that lie h years apart differ by chance and by ``h * movement``. The slope of their
mean square difference over h (a variogram) is the movement; its first lag is left out, for a good or bad year that
lingers is not yet another level. The estimate has an error, and movement is never negative: with an exponential prior
of mean `PRIOR` its posterior is a truncated normal, and draws use all of it.
"""

from dataclasses import dataclass

import numpy as np

from ossu_analysis.demand.rate_path import DRIFT
from ossu_analysis.draws import mirrored_normals, paired_chances

PRIOR = DRIFT**2
"""Prior mean of a year's movement (variance of a log): that of the drift of the country's rate."""

FEWEST = 20
"""Municipalities with known years far enough apart from which movement is estimated; with fewer the prior stays."""


@dataclass(frozen=True)
class Movement:
    """Posterior of the yearly variance of log levels: normal with these two numbers, kept above zero."""

    middle: float
    error: float

    def mean(self) -> float:
        """Posterior mean of the variance."""
        from scipy.stats import truncnorm

        return float(truncnorm.mean(-self.middle / self.error, np.inf, self.middle, self.error))

    def draw(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Variances drawn from the posterior, shape (draws,)."""
        from scipy.stats import truncnorm

        lowest = -self.middle / self.error
        return np.asarray(truncnorm.ppf(paired_chances(rng, draws), lowest, np.inf, self.middle, self.error))


def estimate(relative: np.ndarray, chance: np.ndarray, dispersion: float) -> Movement:
    """Movement from the known years of a service.

    Parameters
    ----------
    relative : numpy.ndarray, shape (areas, years)
        Known demand over its mean at an unmoved level, less one; NaN where demand is not known.
    chance : numpy.ndarray, shape (areas, years)
        Poisson variance of `relative`: one over the mean.
    dispersion : float
        Of the counts.

    Returns
    -------
    Movement
        The error is clustered by area (Liang and Zeger 1986), as pairs of years of one area are not independent.
    """
    years = relative.shape[1]
    normal, right = np.zeros((len(relative), 2, 2)), np.zeros((len(relative), 2))
    for lag in range(1 if years < 5 else 2, years):
        noise = chance[:, lag:] + chance[:, :-lag]
        square = (relative[:, lag:] - relative[:, :-lag]) ** 2 - noise
        weight = np.where(np.isfinite(square), 1 / (noise + 2 * dispersion + PRIOR) ** 2, 0.0).sum(axis=1)
        height = (np.nan_to_num(square) / (np.nan_to_num(noise) + 2 * dispersion + PRIOR) ** 2).sum(axis=1)
        normal += weight[:, None, None] * np.outer([1, lag], [1, lag])
        right += height[:, None] * np.array([1, lag])
    total = normal.sum(axis=0)
    if (normal[:, 0, 0] > 0).sum() < FEWEST or np.linalg.cond(total) > 1e12:
        return Movement(0.0, PRIOR)
    inverse = np.linalg.inv(total)
    found = inverse @ right.sum(axis=0)
    score = right - normal @ found
    error = float(np.sqrt((inverse @ (score.T @ score) @ inverse)[1, 1]))
    return Movement(float(found[1]) - error**2 / PRIOR, error)


def memory(movement: float, variance: np.ndarray) -> np.ndarray:
    """Weight that a return keeps from one year to the next: one less the steady gain of the filter of a random walk.

    Parameters
    ----------
    movement : float
    variance : numpy.ndarray
        Of one year's chance, relative to the mean.

    Returns
    -------
    numpy.ndarray
        Discounting evidence so gives the filter's own mean and variance (Harvey 1989, section 4.1).
    """
    ratio = movement / variance
    ahead = (ratio + np.sqrt(ratio**2 + 4 * ratio)) / 2
    return np.asarray(1 / (1 + ahead))


def walk(movement: Movement, ahead: np.ndarray, areas: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Factors of mean one by which levels move in the years ahead, shape (areas, years, draws), float32.

    Parameters
    ----------
    movement : Movement
    ahead : numpy.ndarray of int, shape (years,)
        Years after the last return, in order; 0 and below do not move.
    """
    spans = np.diff(np.maximum(ahead, 0), prepend=0).astype(np.float32)
    variance = movement.draw(rng, draws).astype(np.float32)
    steps = mirrored_normals(rng, (areas, len(ahead), draws))
    steps *= np.sqrt(spans[:, None] * variance)
    steps -= spans[:, None] * variance / 2
    return np.exp(np.cumsum(steps, axis=1, out=steps), out=steps)
