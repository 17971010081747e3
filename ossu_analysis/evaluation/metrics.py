"""Scores of forecasts against what happened, per area, and their means over areas.

``F`` is the median, ``A`` the actual value, all in persons. MAPE, MedAPE: mean and median of ``|F - A| / A``; MALPE:
mean of ``(F - A) / A``; WIS: weighted interval score over the 50, 80 and 95 % ranges and the median (Bracher 2021);
CRPS from draws (Gneiting and Raftery 2007). WIS and CRPS are divided by ``A``, so that a village counts like a city.
Both are a few lines here because importing `scoringrules` compiles for seconds; the tests hold them to it.
"""

import numpy as np

from ossu_analysis.population.history import Floats

RANGES = (50, 80, 95)
"""Central ranges that are published, in per cent."""
PIT_BINS = 10


def point_scores(forecast: Floats, actual: Floats) -> dict[str, Floats]:
    """Error of each area by metric; the mean over areas is the score (the median for MedAPE).

    Parameters
    ----------
    forecast, actual : float array (n,)
        Actual values above zero.
    """
    off = (forecast - actual) / actual
    absolute = np.abs(off)
    return {"mape": absolute, "medape": absolute, "malpe": off, "within_10": (absolute <= 0.1).astype(float)}


def draw_scores(draws: Floats, actual: Floats) -> dict[str, Floats]:
    """WIS, CRPS, coverage of the ranges, and in which tenth of the draws the outcome lies, of each area by metric.

    Parameters
    ----------
    draws : float array (R, n)
    actual : float array (n,)
    """
    ordered = np.sort(draws, axis=0)
    scores = {"wis": interval_score(ordered, actual) / actual, "crps": crps(ordered, actual) / actual}
    for percent in RANGES:
        low, high = central_range(ordered, percent)
        scores[f"coverage_{percent}"] = ((low <= actual) & (actual <= high)).astype(float)
    tenth = np.minimum((ordered < actual).mean(axis=0) * PIT_BINS, PIT_BINS - 1).astype(int)
    return scores | {f"pit_{at + 1}": (tenth == at).astype(float) for at in range(PIT_BINS)}


def over_areas(metric: str, scores: Floats) -> float:
    """The score of several areas: the mean, or the median for MedAPE."""
    return float(np.median(scores) if metric == "medape" else scores.mean())


def central_range(draws: Floats, percent: int) -> tuple[Floats, Floats]:
    """Lower and upper end of the central range of the draws, (n,) each."""
    tail = (1 - percent / 100) / 2
    low, high = np.quantile(draws, (tail, 1 - tail), axis=0)
    return low, high


def crps(ordered: Floats, actual: Floats) -> Floats:
    """Continuous ranked probability score of sorted draws (R, n), in persons, by its quantile decomposition."""
    count = len(ordered)
    rank = np.arange(count)[:, None] + 0.5
    return 2 / count**2 * np.sum((ordered - actual) * (count * (actual < ordered) - rank), axis=0)


def interval_score(ordered: Floats, actual: Floats) -> Floats:
    """Weighted interval score of draws (R, n), in persons: ``(|A - median| / 2 + sum alpha / 2 * IS) / (K + 1/2)``."""
    total = np.abs(actual - np.median(ordered, axis=0)) / 2
    for percent in RANGES:
        alpha = 1 - percent / 100
        low, high = central_range(ordered, percent)
        missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
        total = total + alpha / 2 * (high - low) + missed
    return total / (len(RANGES) + 0.5)
