"""The path of a rate over time: the project's own against statsmodels, out of sample.

python -m benchmarks.rate_paths            all series; the fits of the worlds take a few minutes
python -m benchmarks.rate_paths quick      without the worlds

Three kinds of yearly log rates, forecast five years ahead from six, eight or twelve years:

- `made`: 20 series of each of seven mechanisms (level, trend, trend that fades, random walk, reform, missing years,
  reform on a trend), the truth being the rate without its shock;
- `registered`: births and deaths per person in 28 oblasts, eight years to 2008 and twelve to 2013, beside what was
  registered;
- `worlds`: year effects that the model fits on fictitious countries, beside the country's true rate.

Scores of the log rate five years on: bias, mean absolute error, CRPS (all in percent), how often the 80 % range holds.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ossu_analysis.demand.panel import panels
from ossu_analysis.demand.rate_path import draw_rate_path
from ossu_analysis.demand.use_rate import fit
from ossu_analysis.evaluation.demand_mechanisms import MECHANISMS
from ossu_analysis.evaluation.demand_worlds import make_world, standard_mechanisms
from ossu_analysis.evaluation.metrics import central_range, crps

AHEAD, DRAWS = 5, 400
PERCENT = 100
"""Logs are handed to statsmodels in percent: its optimiser stops early on variances of a ten-thousandth."""


@dataclass(frozen=True)
class Series:
    """Yearly log rates with their error, and what the rate was five years on."""

    kind: str
    effects: np.ndarray
    covariance: np.ndarray
    truth: float


def made(each: int = 20) -> Iterator[Series]:
    """Series by mechanism."""
    rng = np.random.default_rng(7)
    for name in ("level", "trend", "fading", "walk", "reform", "missing", "reform on a trend"):
        for number in range(each):
            years = (6, 8, 12)[number % 3]
            t = np.arange(years + AHEAD)
            slope, break_at = rng.normal(0, 0.03), int(rng.integers(2, years - 1))
            jump = rng.choice([-1, 1]) * rng.uniform(0.15, 0.5) * (t >= break_at)
            path = {
                "level": 0 * t,
                "trend": slope * t,
                "fading": slope * np.cumsum(0.85**t),
                "walk": np.cumsum(rng.normal(0, 0.025, len(t))),
                "reform": jump,
                "missing": slope * t,
                "reform on a trend": slope * t + jump,
            }[name]
            error = rng.uniform(0.005, 0.03)
            seen = path + rng.normal(0, np.hypot(error, rng.choice([0.0, 0.01, 0.02])), len(t))
            if name == "missing":
                seen[rng.choice(np.arange(1, years - 1), 2, replace=False)] = np.nan
            yield Series(f"made: {name}", seen[:years], np.eye(years) * error**2, float(path[-1]))


def registered() -> Iterator[Series]:
    """Births and deaths per person of the oblasts."""
    people = _raw("nsi_population/*/population_municipality.csv").query("residence == 'total'")
    for event in ("births", "deaths"):
        both = _raw(f"nsi_vital/*/{event}_municipality.csv").merge(
            people, on=["area_code", "year"], suffixes=("", "_p")
        )
        both = both[both["area_code"].str.fullmatch("[A-Z]{3}")]
        count, persons = (both.pivot(index="area_code", columns="year", values=name) for name in ("T", "T_p"))
        for end, length in ((2008, 8), (2013, 12)):
            years = np.arange(end - length + 1, end + 1)
            logs, errors = (count / persons).map(np.log), 1 / count[years].to_numpy(float)
            for effects, error, truth in zip(logs[years].to_numpy(), errors, logs[end + AHEAD], strict=True):
                yield Series(f"registered: {event}", effects, np.diag(error), float(truth))


def _raw(pattern: str) -> pd.DataFrame:
    tables = [pd.read_csv(path) for path in sorted(Path("data/raw").glob(pattern))]
    every = pd.concat(tables)
    every["T"] = pd.to_numeric(every["T"], errors="coerce")
    return every.drop_duplicates([name for name in ("area_code", "year", "residence") if name in every])


def of_worlds() -> Iterator[Series]:
    """Year effects of fitted countries; the truth is the growth of expected demand per exposed person."""
    worlds = [(f"by law {n}", make_world(law, n)) for n, law in enumerate(standard_mechanisms())]
    worlds += [(name, make(seed)) for name, make in MECHANISMS.items() for seed in (1, 2, 3)]
    for name, world in worlds:
        panel = panels(world.returns, world.exposed, world.exposed[["area_code", "parent_code"]].drop_duplicates())[0]
        fitted = fit(panel)
        last = _at_levels(world, panel.areas, fitted.levels.mean(), int(panel.years[-1]) + AHEAD)
        kind = f"worlds: {'by law' if name.startswith('by law') else 'by mechanism'}"
        yield Series(kind, fitted.year_effects, fitted.covariance, last)


def _at_levels(world: object, areas: np.ndarray, level: np.ndarray, year: int) -> float:
    """Log rate of a year with which the persons exposed at their levels give the demand that is expected."""
    truth, exposed = (
        table[table["year"] == year].set_index("area_code")
        for table in (world.truth, world.exposed)  # type: ignore[attr-defined]
    )
    return float(np.log(truth["expected_demand"].sum() / (exposed.loc[areas, "persons"] * level).sum()))


Method = Callable[[Series, np.random.Generator], np.ndarray]


def own(series: Series, rng: np.random.Generator) -> np.ndarray:
    """The project's path."""
    years = np.arange(len(series.effects))
    return draw_rate_path(years, series.effects, series.covariance, years[-1:] + AHEAD, DRAWS, rng, True)[0]


def own_level(series: Series, rng: np.random.Generator) -> np.ndarray:
    """The project's path for series too poor to show a trend: level, steps and chance."""
    years = np.arange(len(series.effects))
    return draw_rate_path(years, series.effects, series.covariance, years[-1:] + AHEAD, DRAWS, rng, False)[0]


def last_value(series: Series, rng: np.random.Generator) -> np.ndarray:
    """The rate stays where it was last seen."""
    return np.full(DRAWS, series.effects[np.isfinite(series.effects)][-1])


def unobserved(*levels: str) -> Method:
    """statsmodels `UnobservedComponents`: the forms given, with no step and with one at any year, the best by AICc."""

    def forecast(series: Series, rng: np.random.Generator) -> np.ndarray:
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        n, fits = len(series.effects), []
        for form in levels:
            for at in (None, *range(2, n - 1)):
                steps = None if at is None else (np.arange(n + AHEAD) >= at).astype(float)[:, None]
                model = UnobservedComponents(PERCENT * series.effects, form, exog=None if steps is None else steps[:n])
                found = model.fit(disp=0, maxiter=100)
                fits.append((found, None if steps is None else steps[n:]))
        best, later = min(fits, key=lambda one: one[0].aicc)
        ahead = best.get_forecast(AHEAD, exog=later)
        sd = np.sqrt(max(float(ahead.var_pred_mean[-1]), 0.0))
        return (float(ahead.predicted_mean[-1]) + sd * rng.standard_normal(DRAWS)) / PERCENT

    return forecast


def exponential(*forms: tuple[bool, bool]) -> Method:
    """statsmodels `ETSModel` with additive error, (trend, damped) as given, the best by AICc; gaps are interpolated."""

    def forecast(series: Series, rng: np.random.Generator) -> np.ndarray:
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        whole, fits = pd.Series(PERCENT * series.effects).interpolate().bfill(), []
        for trend, damped in forms:
            model = ETSModel(whole, error="add", trend="add" if trend else None, damped_trend=damped)
            fits.append(model.fit(disp=False))
        drawn = min(fits, key=lambda one: one.aicc).simulate(AHEAD, anchor="end", repetitions=DRAWS, rng=rng)
        return np.asarray(drawn)[-1] / PERCENT

    return forecast


METHODS: dict[str, Method] = {
    "own": own,
    "own, level only": own_level,
    "last value": last_value,
    "UnobservedComponents, local level": unobserved("llevel"),
    "UnobservedComponents, level or trend": unobserved("llevel", "lldtrend", "lltrend"),
    "ETSModel, damped": exponential((True, True)),
    "ETSModel, level or damped": exponential((False, False), (True, True)),
}


def score(series: list[Series]) -> pd.DataFrame:
    """One row per series and method."""
    rows = []
    for name, method in METHODS.items():
        rng = np.random.default_rng(3)
        for one in series:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                drawn = method(one, rng)
            low, high = central_range(drawn[:, None], 80)
            rows.append(
                {
                    "kind": one.kind,
                    "method": name,
                    "bias": 100 * (drawn.mean() - one.truth),
                    "MAE": 100 * abs(drawn.mean() - one.truth),
                    "CRPS": 100 * float(crps(np.sort(drawn)[:, None], np.array([one.truth]))[0]),
                    "holds": 100 * float(low[0] <= one.truth <= high[0]),
                }
            )
    return pd.DataFrame(rows)


def main(part: str = "") -> None:
    series = [*made(), *registered(), *([] if part == "quick" else of_worlds())]
    scores = score(series)
    for measure in ("bias", "MAE", "CRPS", "holds"):
        print(f"\n{measure}\n{scores.pivot_table(index='kind', columns='method', values=measure).round(1).to_string()}")
    scores["group"] = scores["kind"].str.split(":").str[0]
    print(f"\n{scores.groupby(['group', 'method'], sort=False)[['bias', 'MAE', 'CRPS', 'holds']].mean().round(1)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
