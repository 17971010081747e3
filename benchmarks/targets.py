"""The figures that the targets of the forecast name: totals by window, ranges by origin and size, ages after 2018.

``python -m benchmarks.targets [totals|ranges|entry|ages|dependency|epidemics]``, all in turn without a word. Every
forecast is made from its origin with what was known then; `docs/totals.md` and `docs/population.md` quote what is
printed here.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ossu_analysis.evaluation.windows import SIZE_NAMES
from ossu_analysis.population.age_structure import AgeStructure, estimate_age_structure
from ossu_analysis.population.any_hierarchy import forecast_hierarchy
from ossu_analysis.population.arrow import unify
from ossu_analysis.population.bulgaria import bulgarian_population
from ossu_analysis.population.cells import Floats, age_groups
from ossu_analysis.population.epidemic import Epidemics
from ossu_analysis.population.history import TotalsHistory, history_from_store, history_of
from ossu_analysis.population.inputs import AgeInputs, age_inputs
from ossu_analysis.population.middle_path import project_oblasts
from ossu_analysis.population.registered_events import prepare_jump_off
from ossu_analysis.population.simulation import SimulationSettings, simulate
from ossu_analysis.population.spread import size_class
from ossu_analysis.population.tables_read import AGES_AND_TOTALS
from ossu_analysis.population.totals import TotalDraws, TotalsModel, draw_totals, fit_totals
from ossu_analysis.reference import READERS as REFERENCE
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[1]
DRAWS, AGE_DRAWS, REGION_DRAWS = 1_000, 400, 300
WINDOWS = ((2018, 2021), (2018, 2023), (2012, 2022), (2013, 2022), (2014, 2022), (2021, 2022), (2022, 2024))
WITHOUT_CENSUS, WITH_CENSUS = ((2005, 2010), (2013, 2018)), tuple((origin, origin + 5) for origin in range(2006, 2011))
ORIGINS, HORIZONS = range(2005, 2024), 5
SCORED = ((2020, 2021), (2022, 2023), (2022, 2024))
AGES = {"0-19": (0, 20), "65+": (65, 101), "80+": (80, 101)}
EPIDEMICS: dict[str, Callable[[Epidemics], Epidemics]] = {
    "no epidemic": lambda known: replace(known, chance=0.0),
    "as the record says": lambda known: known,
    "one in ten years": lambda known: replace(known, chance=0.1),
    "one in five years": lambda known: replace(known, chance=0.2),
    "one in ten years, as in 2020 and 2021": lambda known: replace(known, chance=0.1, courses=((0.15, 0.38),)),
    "one in five years, as in 2020 and 2021": lambda known: replace(known, chance=0.2, courses=((0.15, 0.38),)),
}
"""What may be believed of epidemics in 2018; 15 and 38 % more deaths than usual are what came."""


def main() -> None:
    """Print all tables, or those named on the command line."""
    warnings.simplefilter("ignore")
    tables = {
        "totals": totals,
        "ranges": ranges,
        "entry": entry,
        "ages": ages,
        "dependency": dependency,
        "epidemics": epidemics,
    }
    wanted = [name for name in sys.argv[1:] if name in tables] or list(tables)
    for name in wanted:
        print(f"\n-- {name}")
        tables[name]()


def totals() -> None:
    """MAPE, bias of the sum and mean error of the smallest and largest, of the middle path."""
    history = history_from_store(Store(ROOT))
    rows = {window: _point_scores(history, *window) for window in (*WINDOWS, *WITHOUT_CENSUS, *WITH_CENSUS)}
    print(pd.DataFrame(rows).T.round(2).to_string())
    for name, windows in (("no census", WITHOUT_CENSUS), ("census of 2011 inside", WITH_CENSUS)):
        print(f"{name}: mean MAPE {np.mean([rows[window]['mape'] for window in windows]):.2f}")


def _point_scores(history: TotalsHistory, origin: int, year: int) -> dict[str, float]:
    model, past, actual = _model(history, origin, year)
    forecast = np.exp(model.median()[:, -1])
    off, size = 100 * (forecast / actual[:, -1] - 1), size_class(past.population[:, -1])
    return {
        "mape": float(np.abs(off).mean()),
        "sum": 100 * float(forecast.sum() / actual[:, -1].sum() - 1),
        "mean below 3,000": float(off[size == 0].mean()),
        "its standard error": float(off[size == 0].std(ddof=1) / np.sqrt((size == 0).sum())),
        "mean above 40,000": float(off[size == size.max()].mean()),
    }


def _model(history: TotalsHistory, origin: int, last: int) -> tuple[TotalsModel, TotalsHistory, Floats]:
    past = history.until(origin)
    present = np.flatnonzero(np.isfinite(past.population[:, -1]))
    past, years = past.select(present), range(origin + 1, last + 1)
    return fit_totals(past, years), past, history.population[present][:, np.isin(history.years, years)]


def ranges() -> None:
    """Share inside the 80 % range by origin, horizon and size, and interval scores."""
    history = history_from_store(Store(ROOT))
    found = pd.concat([_range_scores(history, origin) for origin in ORIGINS], ignore_index=True)
    print(found.pivot_table(index="origin", columns="horizon", values="inside", margins=True).round(0).to_string())
    windows = found.groupby(["origin", "horizon"])["inside"].mean()
    print(f"mean of {len(windows)} windows: {windows.mean():.1f}")
    print(found.groupby("size")["inside"].mean().round(1).to_string())
    for origin, year in SCORED:
        at = found[(found["origin"] == origin) & (found["horizon"] == year - origin)]
        print(f"interval score {origin} -> {year}: {at['score'].mean():.2f}")


def _range_scores(history: TotalsHistory, origin: int) -> pd.DataFrame:
    model, past, actual = _model(history, origin, min(origin + HORIZONS, history.origin))
    low, high = np.quantile(draw_totals(model, DRAWS, 0)[0], (0.1, 0.9), axis=0)
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    areas, horizons = actual.shape
    return pd.DataFrame(
        {
            "origin": origin,
            "horizon": np.tile(np.arange(1, horizons + 1), areas),
            "size": np.repeat(np.array(SIZE_NAMES)[size_class(past.population[:, -1])], horizons),
            "inside": 100.0 * (missed == 0).ravel(),
            "score": (100 * (high - low + missed * 2 / 0.2) / actual).ravel(),
        }
    )


def entry() -> None:
    """Five years from 2006-2010 as the entry of the census of 2011 is expected, and if its year had been known."""
    history = history_from_store(Store(ROOT))
    for name, known in (("as expected", False), ("its year known", True)):
        errors = []
        for origin, year in WITH_CENSUS:
            past = history.until(origin)
            if known:
                censuses = [replace(c, enters=2011, sooner=0.0) if c.held == 2011 else c for c in past.censuses]
                past = replace(past, censuses=tuple(censuses))
            model = fit_totals(past, range(origin + 1, year + 1))
            actual = history.population[:, history.years == year][:, 0]
            errors.append(100 * float(np.abs(np.exp(model.median()[:, -1]) / actual - 1).mean()))
        print(f"{name}: {', '.join(f'{error:.2f}' for error in errors)}; mean {np.mean(errors):.2f}")


def _tables() -> dict[str, pd.DataFrame]:
    store, readers = Store(ROOT), {"sources": SOURCES, "reference": REFERENCE}
    return {name: readers[link][name](store) for name, link in AGES_AND_TOTALS.items()}


def ages() -> None:
    """Ages of oblasts from 2018 and 2021, and of planning regions from 2022 by the forecast of any hierarchy."""
    tables = _tables()
    newest = age_inputs(tables, int(tables["population_oblast_residence_age"]["year"].max()))
    for origin, year in ((2018, 2021), (2021, 2024)):
        structure = estimate_age_structure(age_inputs(tables, origin))
        years = range(origin + 1, year + 1)
        model = fit_totals(history_of(tables, origin), years)
        parents, persons = np.array(model.history.parents), np.exp(model.median())
        oblasts = structure.inputs.oblasts
        expected = np.stack([persons[parents == code].sum(axis=0) for code in oblasts])
        guess = project_oblasts(structure, years, expected)[:, -1].sum(axis=1)
        actual = _oblast_ages(newest, oblasts, year)
        print(f"oblasts {origin} -> {year}:", *(f"{n} {_mape(guess, actual, *span):.2f}" for n, span in AGES.items()))
    _regions(tables)


def _oblast_ages(newest: AgeInputs, codes: Sequence[str], year: int) -> Floats:
    at = int(np.flatnonzero(newest.years == year)[0])
    return np.stack([newest.oblast_cells[newest.oblasts.index(code), at].sum(axis=0) for code in codes])


def _mape(guess: Floats, actual: Floats, low: int, high: int) -> float:
    return 100 * float(np.abs(guess[:, low:high].sum(axis=1) / actual[:, low:high].sum(axis=1) - 1).mean())


def _regions(tables: dict[str, pd.DataFrame]) -> None:
    rows = tables["population_region_residence_age"].query("residence == 'total'")
    basis = tables["population_municipality"].groupby("year")["basis"].max()
    rows = rows.assign(parent_code=np.where(rows["area_code"] == "BG", "", "BG"), basis=rows["year"].map(basis))
    made = forecast_hierarchy(rows[rows["year"] <= 2022], 2, REGION_DRAWS, 0, "")
    found = unify(list(made.rows)).to_pandas()
    finest = rows[(rows["sex"] == "T") & rows["age_from"].isin(age_groups(rows))]
    finest = finest[~((finest["age_from"] == 0) & finest["age_to"].isna())]
    for first in (65, 80):
        actual = finest[(finest["year"] == 2024) & (finest["age_from"] >= first)].groupby("area_code")["persons"].sum()
        low, middle, high = _ranges_of(found, 2024, first)
        regions = [code for code in middle.index if code != "BG"]
        counted = actual[regions].astype(float)
        off = 100 * (middle[regions] / counted - 1)
        inside = (low[regions] <= counted) & (counted <= high[regions])
        said = f"{off.abs().mean():.2f}, mean error {off.mean():.2f}, in 80 % range {100 * inside.mean():.0f}"
        print(f"regions 2022 -> 2024, {first}+: {said}")


def _ranges_of(
    rows: pd.DataFrame, year: int, first: int, level: str = "", tail: str = "0.1"
) -> "list[pd.Series[float]]":
    """Lower end of a range, median and upper end of everybody from an age on, by area."""
    at = (rows["year"] == year) & (rows["sex"] == "T") & (rows["age_from"] == first) & rows["age_to"].isna()
    kept = rows[at & (rows["area_level"] == level)] if level else rows[at]
    wanted = (("quantile", tail), ("median", None), ("quantile", f"{1 - float(tail):g}"))
    found = []
    for kind, rank in wanted:
        one = kept[(kept["output_type"] == kind) & (rank is None or kept["output_type_id"] == rank)]
        found.append(one.set_index(one["area_code"].astype(str))["persons"].astype(float))
    return found


def dependency() -> None:
    """Persons from 65 per 100 aged 15-64 from the newest base, and what of it comes from where."""
    tables = _tables()
    origin = int(tables["population_oblast_residence_age"]["year"].max())
    structure, years = estimate_age_structure(age_inputs(tables, origin)), range(origin + 1, 2046)
    model, ratios = fit_totals(history_of(tables, origin), years), structure.ratios
    parents, oblasts = np.array(model.history.parents), structure.inputs.oblasts
    persons, drift = np.exp(model.median()), np.exp(model.drift(1.0, 0.0))
    with_steps, without = (np.stack([each[parents == c].sum(axis=0) for c in oblasts]) for each in (persons, drift))
    survival = np.ones_like(ratios.ratio)
    survival[..., 1:] = np.exp(-structure.mu[..., :-1])
    lasting, natural = replace(ratios, usual=ratios.ratio), replace(ratios, ratio=survival, usual=survival)
    for name, chosen, totals in (
        ("forecast", ratios, with_steps),
        ("older migrants of today keep coming", lasting, with_steps),
        ("no step at the censuses to come", ratios, without),
        ("no totals: ratios and births alone", ratios, None),
        ("no migration at all", natural, None),
    ):
        path = project_oblasts(replace(structure, ratios=chosen), years, totals)
        said = [f"{year}: {_old_age_dependency(path[:, year - years[0]].sum(axis=0)):.1f}" for year in (2030, 2045)]
        highest = {code: _old_age_dependency(own[-1]) for code, own in zip(oblasts, path, strict=True)}
        most = max(highest, key=lambda code: highest[code])
        print(f"{name}: {', '.join(said)}; highest of oblasts in 2045 {most} {highest[most]:.0f}")


def _old_age_dependency(cells: Floats) -> float:
    return 100 * float(cells[:, 65:].sum() / cells[:, 15:65].sum())


def epidemics() -> None:
    """Oblast ages of 2019-2021 inside the 80 and 95 % range from 2018, in %, by what is believed of epidemics."""
    tables, origin, last = _tables(), 2018, 2021
    newest = age_inputs(tables, last)
    structure = estimate_age_structure(age_inputs(tables, origin))
    model = fit_totals(history_of(tables, origin), range(origin + 1, last + 1))
    for name, believed in EPIDEMICS.items():
        rows = _simulated(structure, model, believed(model.epidemics))
        for year in range(origin + 1, last + 1):
            shares = ", ".join(f"{first}+ {_inside(rows, newest, year, first)}" for first in (65, 80))
            print(f"{name}: {year} {shares}")


def _simulated(structure: AgeStructure, model: TotalsModel, believed: Epidemics) -> pd.DataFrame:
    persons, loss = draw_totals(replace(model, epidemics=believed), AGE_DRAWS, 1)
    population = bulgarian_population(structure, TotalDraws(model.history.members, model.years, persons, loss))
    jump_off = prepare_jump_off(structure)
    jump_off = replace(jump_off, events=replace(jump_off.events, epidemics=believed))
    chunks = simulate(replace(population, jump_off=jump_off), SimulationSettings(1), outputs=("forecast",))
    return unify([chunk["forecast"] for chunk in chunks]).to_pandas()


def _inside(rows: pd.DataFrame, newest: AgeInputs, year: int, first: int) -> str:
    shares = []
    for tail in ("0.1", "0.025"):
        low, _, high = _ranges_of(rows, year, first, "oblast", tail)
        actual = _oblast_ages(newest, list(low.index), year)[:, first:].sum(axis=1)
        shares.append(f"{100 * float(((low <= actual) & (actual <= high)).mean()):.0f}")
    return " / ".join(shares)


if __name__ == "__main__":
    main()
