"""The forecasts that ours has to beat: naive, linear, LINEXP, damped trend, constant share of the country.

Each takes a history and a horizon and returns persons (A, horizon). They read the counts as published, census steps
included, as a user of the method would. LINEXP: linear for growing areas, exponential for declining ones, on a ten-year
base (Wilson 2016, Population Research and Policy Review 35).
"""

from collections.abc import Callable

import numpy as np

from ossu_analysis.evaluation.ets import damped_trend
from ossu_analysis.population.component_method import SMALLEST
from ossu_analysis.population.history import Floats, TotalsHistory

BASE_YEARS = 10
"""Length of the base period of LINEXP in its source; what there is, when the history is shorter."""

Baseline = Callable[[TotalsHistory, int], Floats]


def naive(history: TotalsHistory, horizon: int) -> Floats:
    """The last count, for ever."""
    return np.repeat(history.population[:, -1:], horizon, axis=1)


def linear(history: TotalsHistory, horizon: int) -> Floats:
    """The mean yearly change of the base period, continued; never below zero."""
    last, first, span = base_period(history.population)
    return np.maximum(last[:, None] + ((last - first) / span)[:, None] * np.arange(1, horizon + 1), 0.0)


def linexp(history: TotalsHistory, horizon: int) -> Floats:
    """Linear where the area grew over the base period, exponential where it declined."""
    return np.exp(linexp_log(np.log(np.maximum(history.population, SMALLEST)), horizon))


def linexp_log(log_counts: Floats, horizon: int) -> Floats:
    """LINEXP from and to logarithms of persons."""
    last, first, span = base_period(log_counts)
    steps = np.arange(1, horizon + 1)
    yearly = ((np.exp(last) - np.exp(first)) / span)[:, None]
    falling = last[:, None] + ((last - first) / span)[:, None] * steps
    return np.where(
        last[:, None] < first[:, None], falling, np.log(np.exp(last)[:, None] + np.maximum(yearly, 0) * steps)
    )


def damped_ets(history: TotalsHistory, horizon: int) -> Floats:
    """ETS(A,Ad,N) on the logarithm."""
    return np.exp(damped_trend(np.log(np.maximum(history.population, SMALLEST)), horizon))


def constant_share(history: TotalsHistory, horizon: int) -> Floats:
    """The country's LINEXP, split by the shares of the last year."""
    total = history.population.sum(axis=0, keepdims=True)
    last, first, span = base_period(total)
    growth = np.arange(1, horizon + 1) * ((last - first) / span if last >= first else np.log(last / first) / span)
    country = last + growth if last >= first else last * np.exp(growth)
    return history.population[:, -1:] / last * country


BASELINES: dict[str, Baseline] = {
    "naive": naive,
    "linear": linear,
    "linexp": linexp,
    "damped_ets": damped_ets,
    "constant_share": constant_share,
}


def base_period(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Last value, first value of the base period and years between them, per area; NaN at the start is skipped."""
    base = values[:, -BASE_YEARS - 1 :]
    first = np.argmax(np.isfinite(base), axis=1)
    span = np.maximum(base.shape[1] - 1 - first, 1).astype(float)
    return base[:, -1], base[np.arange(len(base)), first], span
