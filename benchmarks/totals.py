"""Totals of municipalities: our engine beside Nixtla statsforecast AutoETS and AutoTheta on the same series.

Prints three tables: time for draws (ours) and for points with two ranges (theirs); accuracy from the origins that the
targets name, with the ratio of errors; time and peak memory against the number of areas. Run when idle:
``python -m benchmarks.totals``. Without statsforecast (``uv sync --group bench``) it says that the peers are missing.

``python -m benchmarks.totals TABLE`` judges other countries instead: TABLE is a Parquet of Eurostat's demo_r_pjanaggr3
(columns ``geo, nuts_level, sex, age, year, value``), of which every country with eight regions of NUTS 3 or more is
forecast alone, without births and deaths, from each of `EU_ORIGINS`.
"""

import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.evaluation.baselines import BASELINES
from ossu_analysis.population.history import TotalsHistory, history_from_store, prepare_history
from ossu_analysis.population.totals import draw_totals, fit_totals
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[1]
PEERS = ("AutoTheta", "AutoETS")
WINDOWS = {
    "no census, 5 years": [(2005, 5), (2013, 5)],
    "census inside, 5 years": [(origin, 5) for origin in range(2006, 2011)],
    "census inside, 10 years": [(origin, 10) for origin in range(2006, 2009)],
    "census of 2022 inside, to 2023": [(origin, 2023 - origin) for origin in range(2018, 2022)],
    "after it, 2022 to 2023 and 2024": [(2022, 1), (2022, 2)],
}
SIZES = (28, 265, 1_500, 10_000)
EU_ORIGINS, EU_HORIZONS, EU_FEWEST = range(2005, 2014), (1, 3, 5, 10), 8
DRAWS, YEARS, AREAS_AT_ONCE = 1_000, 17, 256

LEVELS = (80, 95)
Forecast = tuple[NDArray[np.float64], dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]]


def main() -> None:
    """Print the three tables."""
    warnings.simplefilter("ignore")
    history = history_from_store(Store(ROOT))
    if not find_spec("statsforecast"):
        print("statsforecast is not installed: the peers are missing")
    print(f"\n{len(history.areas)} areas, {DRAWS} draws, {YEARS} years ahead of {history.origin}, seconds")
    print(pd.Series(dict(times(history))).round(2).to_string())
    print("\nMAPE, %; ratio of ours to each; share of actual values in the 80 and the 95 % range, %")
    print(accuracy(history).round(2).to_string())
    print(f"\nareas against seconds and peak memory (MB), {DRAWS} draws, {AREAS_AT_ONCE} areas drawn at once")
    print(pd.DataFrame(scaling(), columns=["areas", "fit_s", "draw_s", "peak_mb"]).to_string(index=False))


def times(history: TotalsHistory) -> Iterator[tuple[str, float]]:
    """Seconds of ours and of each peer."""
    ahead = range(history.origin + 1, history.origin + 1 + YEARS)
    fit_totals(history.select(np.arange(30)), ahead)  # imports are not what is measured
    started = time.perf_counter()
    model = fit_totals(history, ahead)
    yield "ours: learn", time.perf_counter() - started
    started = time.perf_counter()
    draw_totals(model, DRAWS, seed=0)
    yield "ours: draw", time.perf_counter() - started
    for name in peers():
        peer(name, history.select(np.arange(5)), YEARS)
        started = time.perf_counter()
        peer(name, history, YEARS)
        yield f"statsforecast {name}", time.perf_counter() - started


def accuracy(history: TotalsHistory) -> pd.DataFrame:
    """Mean errors over the windows of each kind, by method."""
    forecasts: dict[str, Callable[[TotalsHistory, int], Forecast]] = {"ours": ours}
    forecasts |= {name: lambda h, years, method=method: (method(h, years), {}) for name, method in BASELINES.items()}
    forecasts |= {name: lambda h, years, name=name: peer(name, h, years) for name in peers()}
    rows = {}
    for kind, windows in WINDOWS.items():
        scores = {
            name: np.mean([_score(history, *w, make) for w in windows], axis=0) for name, make in forecasts.items()
        }
        for name, (mape, *inside) in scores.items():
            shares = {f"in {level} %": share for level, share in zip(LEVELS, inside, strict=True)}
            rows[name, kind] = {"mape": mape, "ours / it": scores["ours"][0] / mape} | shares
    return pd.DataFrame(rows).T.unstack(0).swaplevel(axis=1).sort_index(axis=1).T


def ours(history: TotalsHistory, years: int) -> Forecast:
    """Median and both ranges of our draws."""
    model = fit_totals(history, range(history.origin + 1, history.origin + 1 + years))
    ends = np.quantile(draw_totals(model, DRAWS, seed=0)[0], (0.5, 0.1, 0.9, 0.025, 0.975), axis=0)
    return ends[0], {80: (ends[1], ends[2]), 95: (ends[3], ends[4])}


def peer(name: str, history: TotalsHistory, years: int) -> Forecast:
    """Points and both ranges of a statsforecast model, series by series, as its users run it."""
    from statsforecast import models

    found = [_one_series(getattr(models, name), series, years) for series in history.population]
    values = {key: np.array([one[key] for one in found]) for key in found[0]}
    return values["mean"], {level: (values[f"lo-{level}"], values[f"hi-{level}"]) for level in LEVELS}


def peers() -> tuple[str, ...]:
    """The peers that are installed."""
    return PEERS if find_spec("statsforecast") else ()


def _one_series(model: Any, series: NDArray[np.float64], years: int) -> dict[str, NDArray[np.float64]]:
    try:
        return dict(model(season_length=1).forecast(y=series, h=years, level=list(LEVELS)))
    except NotImplementedError:  # AutoETS refuses very short series
        missing = np.full(years, np.nan)
        return {"mean": missing} | {f"{end}-{level}": missing for end in ("lo", "hi") for level in LEVELS}


def _score(
    history: TotalsHistory, origin: int, years: int, make: Callable[[TotalsHistory, int], Forecast]
) -> tuple[float, ...]:
    actual = history.population[:, history.years == origin + years][:, 0]
    middle, ends = make(history.until(origin), years)
    inside = [
        100 * float(np.mean((ends[level][0][:, -1] <= actual) & (actual <= ends[level][1][:, -1]))) if ends else np.nan
        for level in LEVELS
    ]
    return 100 * float(np.mean(np.abs(middle[:, -1] / actual - 1))), *inside


def countries(table: Path) -> pd.DataFrame:
    """MAPE of ours and of the baselines, and the share inside the 80 % range, mean of the countries, by horizon."""
    figures = pd.read_parquet(table)
    figures = figures[(figures["sex"] == "T") & (figures["age"] == "TOTAL") & (figures["nuts_level"] == 3)]
    wide = figures.astype({"geo": str}).pivot_table(index="geo", columns="year", values="value")
    wide = wide[~wide.index.str.contains("XX|ZZ") & wide.loc[:, EU_ORIGINS[0] :].notna().all(axis=1)]
    rows = [row for code, regions in wide.groupby(wide.index.str[:2]) for row in _country(str(code), regions)]
    scores = pd.DataFrame(rows).groupby(["horizon", "country"]).mean()
    return scores.groupby("horizon").mean().assign(countries=scores.groupby("horizon").size())


def _country(code: str, regions: pd.DataFrame) -> Iterator[dict[str, Any]]:
    # The longest run of years up to the last in which every region has a figure.
    known = regions.notna().all()
    regions = regions.loc[:, known[::-1].cummin()[::-1]]
    if len(regions) < EU_FEWEST:
        return
    long = regions.rename_axis("area_code").melt(ignore_index=False, var_name="year", value_name="persons")
    # A count of 1 January is that of 31 December before.
    long = long.reset_index().assign(area_level="leaf", year=lambda rows: rows["year"].astype(int) - 1)
    parents = pd.Series({area: area[:4] for area in regions.index})
    history = prepare_history(long, int(long["year"].max()), parents=parents, area_level="leaf")
    methods: dict[str, Callable[[TotalsHistory, int], Forecast]] = {"ours": ours}
    methods |= {name: lambda h, n, method=method: (method(h, n), {}) for name, method in BASELINES.items()}
    for origin in EU_ORIGINS:
        if (history.years <= origin).sum() < EU_HORIZONS[-2]:
            continue
        for horizon in (h for h in EU_HORIZONS if origin + h <= history.origin):
            scores = {name: _score(history, origin, horizon, method) for name, method in methods.items()}
            inside = scores["ours"][1]
            yield {"country": code, "horizon": horizon} | {k: v[0] for k, v in scores.items()} | {"in_80": inside}


def scaling() -> list[list[float]]:
    """Seconds and memory by number of areas, each in a process of its own so that its peak is its own."""
    found = []
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.totals", str(size)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        found.append([size, *(float(number) for number in printed.split())])
    return found


def one_size(areas: int) -> None:
    """Learn and draw for made-up areas (real series drawn again, with noise); print seconds and peak memory."""
    history = resampled(history_from_store(Store(ROOT)), areas)
    ahead = range(history.origin + 1, history.origin + 1 + YEARS)
    fit_totals(history.select(np.arange(28)), ahead)
    started = time.perf_counter()
    model = fit_totals(history, ahead)
    learnt = time.perf_counter()
    for start in range(0, areas, AREAS_AT_ONCE):
        draw_totals(model, DRAWS, 0, np.arange(start, min(start + AREAS_AT_ONCE, areas)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(round(learnt - started, 2), round(time.perf_counter() - learnt, 2), round(peak))


def resampled(history: TotalsHistory, areas: int) -> TotalsHistory:
    """A country of as many areas as wanted, made of real series with some noise."""
    generator = np.random.default_rng(0)
    made = history.select(np.arange(len(history.areas)))
    picked = generator.integers(len(history.areas), size=areas)
    noise = np.exp(np.cumsum(generator.normal(0, 0.002, (areas, len(history.years))), axis=1))
    names = tuple(f"{number:05d}" for number in range(areas))
    parents = tuple(f"P{number // 10:04d}" for number in range(areas))
    units = np.arange(areas)
    return TotalsHistory(
        names,
        parents,
        made.years,
        made.population[picked] * noise,
        made.births[picked],
        made.deaths[picked],
        made.registered[picked],
        made.censuses,
        names,
        units,
        np.ones(areas),
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        main()
    elif sys.argv[1].isdigit():
        one_size(int(sys.argv[1]))
    else:
        warnings.simplefilter("ignore")
        print(countries(Path(sys.argv[1])).round(2).to_string())
