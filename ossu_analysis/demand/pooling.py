"""Small-area rates by gamma-Poisson empirical Bayes, for known counts and for counts that are right-censored.

Belongs here: arithmetic on arrays. Method: Clayton and Kaldor (1987), Biometrics 43; with censored counts, the
posterior of a municipality's level is the same prior times negative-binomial tail probabilities, summed on a grid of
its own.
"""

from dataclasses import dataclass

import numpy as np

from ossu_analysis.draws import mirrored_chances

NODES = 25
WIDTH = 5.0
"""Nodes of a municipality's grid, and its half-width in posterior standard deviations."""

SMALLEST = 1e-290
"""Probability taken for one that underflows."""


def pooled_levels(observed: np.ndarray, expected: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """Level of each area (observed / expected, pooled): area towards parent, parent towards the whole.

    Parameters
    ----------
    observed, expected : numpy.ndarray, shape (areas,)
        Counts, and counts if every area had the common rate. An area with nothing expected gets its parent's level.
    parents : numpy.ndarray of int, shape (areas,)

    Returns
    -------
    numpy.ndarray
        ``(observed + k * parent) / (expected + k)``, with k from the variance between areas beyond chance.
    """
    return pooled_posterior(observed, expected, parents)[0]


def pooled_posterior(observed: np.ndarray, expected: np.ndarray, parents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and shape of the gamma posterior of each area's level; arguments as of `pooled_levels`."""
    n = parents.max() + 1
    if not (expected.sum() > 0 and observed.sum() > 0):
        return np.ones(len(expected)), np.full(len(expected), 1.0)
    total = observed.sum() / expected.sum()
    above_observed, above_expected = (np.bincount(parents, x, n) for x in (observed, total * expected))
    own = _spread(observed, total * expected)
    above = _shrunk(above_observed, above_expected, np.ones(n), _spread_of_sums(above_observed, above_expected, own))
    mean = _shrunk(observed, total * expected, above[parents], own)
    return total * mean, mean * (total * expected + 1 / max(own, 1e-6))


def _shrunk(observed: np.ndarray, expected: np.ndarray, target: np.ndarray, variance: float) -> np.ndarray:
    """Posterior mean of a level whose prior has mean `target` and relative variance `variance`."""
    k = 1 / max(variance, 1e-6)
    return (observed + k * target) / (expected + k)


def _spread(observed: np.ndarray, expected: np.ndarray) -> float:
    """Relative variance between areas beyond Poisson chance, by moments; at least a thousandth."""
    beyond = np.sum((observed - expected) ** 2 - observed)
    return float(max(beyond / np.sum(expected**2), 1e-3))


def _spread_of_sums(observed: np.ndarray, expected: np.ndarray, within: float) -> float:
    """Relative variance between parents; `within` is a bound, for parents differ less than areas do."""
    return min(_spread(observed, expected), within)


@dataclass(frozen=True)
class Levels:
    """Posterior of the log level of each area on its own grid.

    Parameters
    ----------
    nodes, weights : numpy.ndarray, shape (areas, NODES)
        Log levels and their probabilities (rows of `weights` add up to 1).
    """

    nodes: np.ndarray
    weights: np.ndarray

    def mean(self) -> np.ndarray:
        """Posterior mean of the level (not of its log)."""
        return (self.weights * np.exp(self.nodes)).sum(axis=1)

    def log_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Posterior mean and standard deviation of the log level."""
        middle = (self.weights * self.nodes).sum(axis=1)
        spread = (self.weights * (self.nodes - middle[:, None]) ** 2).sum(axis=1)
        return middle, np.sqrt(spread)

    def draw(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Levels drawn from the posterior, shape (areas, draws), by inverting its piecewise linear distribution."""
        areas, nodes = self.nodes.shape
        edge = np.cumsum(self.weights, axis=1) - self.weights / 2
        edge = np.maximum.accumulate(edge + 1e-12 * np.arange(nodes), axis=1)
        rows = np.arange(areas)[:, None]
        chance = np.clip(mirrored_chances(rng, (areas, draws)), edge[:, :1], edge[:, -1:])
        found = np.searchsorted((edge + 2 * rows).ravel(), (chance + 2 * rows).ravel()).reshape(areas, draws)
        right = np.clip(found - rows * nodes, 1, nodes - 1)
        low, high = edge[rows, right - 1], edge[rows, right]
        share = (chance - low) / (high - low)
        return np.exp(self.nodes[rows, right - 1] * (1 - share) + self.nodes[rows, right] * share)


def own_grids(middle: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Nodes around each area's middle, `WIDTH` spreads to each side, shape (areas, NODES)."""
    return middle[:, None] + WIDTH * spread[:, None] * np.linspace(-1, 1, NODES)[None, :]


def log_prior(nodes: np.ndarray, mean: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Log density of the log level when the level is gamma with a mean and relative variance 1 / shape by area."""
    relative = nodes - np.log(mean)[:, None]
    return shape[:, None] * (relative - np.exp(relative))


def log_known(count: np.ndarray, mean: np.ndarray, dispersion: float) -> np.ndarray:
    """Negative-binomial log probability of a known count .

    ``count`` has shape (cells,), ``mean`` (cells, NODES). Variance = mean + dispersion * mean^2.
    """
    from scipy.special import gammaln

    r, c = 1 / dispersion, count[:, None]
    constant = gammaln(c + r) - gammaln(r) + r * np.log(r) - gammaln(c + 1)
    return constant + c * np.log(mean) - (c + r) * np.log(r + mean)


def log_censored(least: np.ndarray, mean: np.ndarray, dispersion: float) -> np.ndarray:
    """Log probability that the count reaches a right-censored one.

    ``P(D >= c) = I_p(c, r)`` with r = 1 / dispersion and p = mean / (mean + r); I is the regularised incomplete beta
    function. A censored zero says nothing.
    """
    from scipy.special import betainc

    r, c = 1 / dispersion, least[:, None]
    tail = np.where(c > 0, betainc(np.maximum(c, 1e-9), r, mean / (mean + r)), 1.0)
    return np.log(np.maximum(tail, SMALLEST))


def expected_above(least: np.ndarray, mean: np.ndarray, dispersion: float, log_tail: np.ndarray) -> np.ndarray:
    """Expected count given that it reaches the least: ``mean * I_p(c - 1, r + 1) / I_p(c, r)``."""
    from scipy.special import betainc

    r, c = 1 / dispersion, least[:, None]
    above = np.where(c > 1, betainc(np.maximum(c - 1, 1e-9), r + 1, mean / (mean + r)), 1.0)
    tail = np.exp(log_tail)
    return np.maximum(np.where(tail > SMALLEST, mean * above / np.maximum(tail, SMALLEST), c), c)
