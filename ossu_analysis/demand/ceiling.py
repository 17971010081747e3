"""Where services stop in practice: the occupancy at which a municipality's service takes nobody more.

Belongs here: one distribution per service. A stop is anywhere between `LOWEST_TOP` and `FULL` of the places, or at the
places themselves. A municipality whose use never passed its own top either stops there or simply has no more demand.
The share of stops at each occupancy is estimated from all municipalities (Turnbull 1976: one that never stopped only
shows that its stop lies above its top), together with the rates.
"""

import numpy as np

from ossu_analysis.demand.panel import FULL, LOWEST_TOP, Cells

BINS = 8
EDGES = np.linspace(LOWEST_TOP, FULL, BINS + 1)
PSEUDO = 0.5
"""Pseudo-counts of each bin (Jeffreys), so that a few municipalities do not decide."""


def start() -> np.ndarray:
    """Shares of stops in each bin and, last, at the places themselves, before anything is seen."""
    return np.append(np.full(BINS, 0.3 / BINS), 0.7)


def log_odds(cells: Cells, shares: np.ndarray) -> np.ndarray:
    """Prior log odds that each area stops at its own top against not having reached its stop; shape (areas,).

    Minus infinity where the question does not arise.
    """
    inside = np.isfinite(cells.top)
    bin_ = _bin(cells.top)
    width = EDGES[1] - EDGES[0]
    here = shares[bin_] * np.minimum(cells.window / width, 1.0)
    odds = np.full(len(cells.top), -np.inf)
    odds[inside] = np.log(here[inside] / _above(shares, cells.top)[inside])
    odds[cells.stopped & inside] = 50.0
    return odds


def shares(cells: Cells, before: np.ndarray, stopped: np.ndarray) -> np.ndarray:
    """Better shares of stops, from the probability that each area stops at its own top; shape (BINS + 1,)."""
    inside = np.isfinite(cells.top)
    bin_ = _bin(cells.top)
    found = np.append(np.bincount(bin_[inside], stopped[inside], BINS), 0.0)
    beyond = np.arange(BINS + 1)[None, :] > bin_[inside][:, None]
    spread = beyond * before
    found += ((1 - stopped[inside])[:, None] * spread / spread.sum(axis=1, keepdims=True)).sum(axis=0)
    filled = np.unique(cells.area[cells.is_censored & (cells.when < 0)])
    found[-1] += len(filled)
    found += PSEUDO
    return found / found.sum()


def _bin(top: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(EDGES, np.nan_to_num(top, nan=LOWEST_TOP), side="right") - 1, 0, BINS - 1)


def _above(shares_: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Share of stops above each top, the rest of its own bin included in proportion."""
    bin_ = _bin(top)
    tail = np.append(np.cumsum(shares_[::-1])[::-1], 0.0)
    rest = (EDGES[bin_ + 1] - np.nan_to_num(top, nan=LOWEST_TOP)) / (EDGES[1] - EDGES[0])
    return tail[bin_ + 1] + np.clip(rest, 0, 1) * shares_[bin_]
