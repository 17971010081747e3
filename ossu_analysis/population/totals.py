"""Joint draws of the totals of all areas of the lowest level: the entry point of the forecast of totals.

Draws are summed to upper levels, never quantiles. Published counts step at a census and drift between two.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.population.history import Floats, Ints, TotalsHistory

Draws = NDArray[np.float32]


@dataclass(frozen=True)
class TotalDraws:
    """Joint draws of totals.

    Attributes
    ----------
    areas : tuple of str, length M
        Areas of today, in the order of ``history.members``.
    years : int array (H,)
    persons, hidden_loss : float32 array (draws, M, H)
        Persons on 31 December; change of the year's count that a census brings and the running estimate did not
        record (zero outside census years, negative is loss). It is part of the change of ``persons``.
    method : DataFrame
        Median path by method: ``area_code, year, method, persons``.
    """

    areas: tuple[str, ...]
    years: Ints
    persons: Draws
    hidden_loss: Draws
    method: pd.DataFrame = field(repr=False)


def forecast_totals(history: TotalsHistory, years: range, draws: int, seed: int) -> TotalDraws:
    """Forecast the totals of every area as joint draws.

    Parameters
    ----------
    history : TotalsHistory
    years : range
        Consecutive forecast years, from the year after the history's last one.
    draws : int
    seed : int

    Returns
    -------
    TotalDraws
    """
    rate, spread = _drift(history)
    generator = np.random.default_rng(seed)
    steps = np.arange(1, len(years) + 1)
    shock = generator.standard_normal((draws, 1, 1)) * 0.3 + generator.standard_normal((draws, len(rate), 1))
    growth = rate[None, :, None] * steps + shock * spread[None, :, None] * steps
    units = history.population[:, -1][None, :, None] * np.exp(growth)
    persons = (units[:, history.member_unit] * history.member_share[None, :, None]).astype(np.float32)
    method = pd.DataFrame({"area_code": [], "year": [], "method": [], "persons": []})
    return TotalDraws(history.members, np.array(years), persons, np.zeros_like(persons), method)


def _drift(history: TotalsHistory) -> tuple[Floats, Floats]:
    change = np.diff(np.log(history.population), axis=1)
    change[:, np.isin(history.years[1:], history.census_years)] = np.nan
    return np.nanmean(change[:, -5:], axis=1), np.nanstd(change, axis=1)
