"""Need: how many persons belong to each target group that has a real rate, with the error of rate and population.

Belongs here: population draws x drawn rates. Need is not demand (who would come) and not use (who is served).
A national rate says nothing of differences between municipalities; the ranges do not hold them, and `method` says so.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.forecast import Labels, Level, forecast_chunk
from ossu_analysis.draws import normals, stream
from ossu_analysis.texts import text

if TYPE_CHECKING:
    import pyarrow as pyarrow_types


def need_chunks(
    rates: pd.DataFrame,
    exposure: Exposure,
    years: np.ndarray,
    all_levels: Sequence[Level],
    seed: int,
    run_id: str,
    scenario: str = "reference",
) -> "Iterator[pyarrow_types.Table]":
    """Yield the rows of ``demand.need_forecast``, a target group at a time.

    Parameters
    ----------
    rates : pandas.DataFrame
        ``demand.group_rate`` spread by `group_rate.by_municipality`.
    exposure : Exposure
        Without rates of its own: base groups only.
    years : numpy.ndarray of int
        The base year and the years ahead.
    all_levels : sequence of Level
    seed : int
    run_id, scenario : str
    """
    observed, _ = exposure.years()
    status = np.where(years <= observed.max(), "estimated", "forecast")
    for group in sorted(rates["target_group"].unique()):
        persons = draw_need(group, rates, exposure, years, seed)
        method = text("demand.method.need", rate=rates.loc[rates["target_group"] == group, "note_bg"].iloc[0])
        yield forecast_chunk(persons, years, all_levels, Labels(None, group, scenario, method, run_id), status)


def draw_need(group: str, rates: pd.DataFrame, exposure: Exposure, years: np.ndarray, seed: int) -> np.ndarray:
    """Draws of the persons of one group, shape (areas, years, draws), float32."""
    total: np.ndarray | None = None
    for base, rows in rates[rates["target_group"] == group].groupby("base_group"):
        people = exposure.path(str(base), years)
        own = rows.set_index("municipality_code").reindex(exposure.areas)
        # The parts of one group share the stream of their base, so TG-DIS is exactly the sum of its two classes.
        rate = _draw_rates(own, years, people.shape[2], stream(seed, f"rate of {base} {own['rate'].iloc[0]:.6f}"))
        part = people * rate
        total = part if total is None else total + part
    if total is None:
        raise KeyError(group)
    return total


def _draw_rates(own: pd.DataFrame, years: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of the rate of each municipality (its oblast's or the country's): (areas, years, draws) or (.., 1, 1)."""
    rate = own["rate"].to_numpy(np.float32)[:, None, None]
    if not (own["standard_error"] > 0).any():
        return rate
    _, source = np.unique(own["error_of"].to_numpy(str), return_inverse=True)
    error = normals(rng, (source.max() + 1, 1, draws)) * own["standard_error"].iloc[0]
    moved = _movement(own, years, source.max() + 1, draws, rng)
    return rate * np.exp(error + moved).astype(np.float32)[source]


def _movement(own: pd.DataFrame, years: np.ndarray, sources: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Random walk of the log rates away from the year of the survey, partly common to all areas."""
    yearly, common = own["yearly_sd"].iloc[0], own["common_share"].iloc[0]
    if not yearly > 0:
        return np.zeros((1, 1, 1))
    reference = int(own["reference_date"].iloc[0][:4])
    span = np.arange(min(years.min(), reference), max(years.max(), reference) + 1)
    shared, separate = (normals(rng, (n, len(span), draws)) for n in (1, sources))
    steps = yearly * (np.sqrt(common) * shared + np.sqrt(1 - common) * separate)
    walk = np.cumsum(steps, axis=1)
    walk -= walk[:, [reference - span[0]]]
    return walk[:, years - span[0]]
