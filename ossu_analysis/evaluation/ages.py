"""Scores of age groups: oblasts, planning regions and the country forecast from earlier years, beside simple methods.

Ages of municipalities are published in census years only and cannot be scored here; those of oblasts are known from
2013 on. A year for which only the regions have ages is scored for them and the country. From each base year the whole
age model runs on the figures up to it; its totals are moved to those that our forecast of totals gives (medians of
municipalities, summed). Beside it stand: no change; constant shares of the same totals; a line per sex and age group
through the first and the last year known; cohort-change ratios of the years known, as they are (Hamilton and Perry
1962).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ossu_analysis.evaluation.metrics import over_areas, point_scores
from ossu_analysis.evaluation.windows import OURS
from ossu_analysis.population.age_structure import AgeStructure, estimate_age_structure
from ossu_analysis.population.cells import cohort_source
from ossu_analysis.population.history import Floats, history_of
from ossu_analysis.population.inputs import AgeInputs, age_inputs
from ossu_analysis.population.middle_path import project_oblasts
from ossu_analysis.population.ratios import direct_ratios
from ossu_analysis.population.totals import fit_totals

AGE_ORIGINS = tuple(range(2013, 2022))
"""Base years with oblast ages behind and ahead of them."""
AGE_GROUPS = {"0-17": (0, 18), "15-64": (15, 65), "18-64": (18, 65), "65+": (65, 101), "80+": (80, 101)}
"""First age, and the age after the last one, of the groups in which services plan."""
LEVELS = ("oblast", "region", "country")
OBLAST_AGES = ("population_oblast_age", "population_oblast_residence_age")


def age_scores(tables: Mapping[str, pd.DataFrame], origins: Sequence[int] = AGE_ORIGINS) -> pd.DataFrame:
    """Rows of ``evaluation.score`` by age group.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables that the age model reads (`ossu_analysis.population.tables_read`), under their names.
    origins : sequence of int
    """
    last = max(int(year) for name in OBLAST_AGES for year in tables[name]["year"].unique())
    newest = age_inputs(tables, last)
    rows = [row for origin in origins if origin < last for row in _origin_scores(tables, origin, newest)]
    return pd.DataFrame(rows).assign(size_class="all", is_calibrated=False, status="forecast")


def _origin_scores(tables: Mapping[str, pd.DataFrame], origin: int, newest: AgeInputs) -> Iterator[dict[str, Any]]:
    structure = estimate_age_structure(age_inputs(tables, origin))
    years = range(origin + 1, newest.base_year + 1)
    order = [newest.oblasts.index(code) for code in structure.inputs.oblasts]
    ahead = [int(np.flatnonzero(newest.years == year)[0]) for year in years]
    region, regions = structure.inputs.region_of_oblast, newest.region_cells[:, ahead].sum(axis=(2, 3))
    known = {"oblast": newest.oblast_cells[order][:, ahead].sum(axis=2), "region": regions}
    known["country"] = regions.sum(axis=0, keepdims=True)
    on_later = newest.basis[ahead] != structure.inputs.basis[-1]
    for method, forecast in _forecasts(structure, _expected_totals(tables, structure, years), years).items():
        guess = {
            "oblast": forecast,
            "region": _summed(forecast, region),
            "country": forecast.sum(axis=0, keepdims=True),
        }
        for level in LEVELS:
            place = {"method": method, "level": level, "origin_year": origin}
            yield from (place | row for row in _scores(guess[level], known[level], on_later))


def _expected_totals(tables: Mapping[str, pd.DataFrame], structure: AgeStructure, years: range) -> Floats:
    """Medians of our forecast of municipal totals, summed to oblasts (P, H)."""
    history = history_of(tables, years[0] - 1)
    persons = np.exp(fit_totals(history, years).median())
    parents = np.array(history.parents)
    return np.stack([persons[parents == code].sum(axis=0) for code in structure.inputs.oblasts])


def _forecasts(structure: AgeStructure, totals: Floats, years: range) -> dict[str, Floats]:
    """Persons by oblast, year and age (P, H, 101), by method."""
    known = structure.inputs.oblast_cells[:, structure.inputs.oblast_years].sum(axis=2)
    last, steps = known[:, -1], np.arange(1, len(years) + 1)
    yearly = (last - known[:, 0]) / max(known.shape[1] - 1, 1)
    shares = last / last.sum(axis=-1, keepdims=True)
    methods = {
        OURS: project_oblasts(structure, years, totals).sum(axis=2),
        "naive": np.repeat(last[:, None], len(years), axis=1),
        "constant_share": totals[..., None] * shares[:, None],
        "linear": np.maximum(last[:, None] + yearly[:, None] * steps[:, None], 0.0),
    }
    if known.shape[1] > 1:
        methods["direct_ratios"] = _direct(structure, len(years))
    return methods


def _direct(structure: AgeStructure, horizon: int) -> Floats:
    """Ratios of the years known, unpooled and lasting; births as in the last year."""
    inputs = structure.inputs
    persons, births = inputs.oblast_cells[:, inputs.oblast_years], inputs.oblast_births()[:, inputs.oblast_years]
    ratio, _ = direct_ratios(persons, births)
    now, path = persons[:, -1], []
    for _ in range(horizon):
        now = cohort_source(now, births[:, -1]) * ratio
        path.append(now.sum(axis=1))
    return np.stack(path, axis=1)


def _scores(guess: Floats, actual: Floats, on_later: Any) -> Iterator[dict[str, Any]]:
    """Scores of the areas of a level (A, H, 101) by group and year, years without ages left out."""
    for at in np.flatnonzero(np.isfinite(actual).all(axis=(0, 2))):
        for group, (low, high) in AGE_GROUPS.items():
            ours, true = (values[:, at, low:high].sum(axis=-1) for values in (guess, actual))
            place = {"age_group": group, "horizon_years": int(at) + 1, "crosses_census": bool(on_later[at])}
            for metric, scores in point_scores(ours, true).items():
                yield place | {"metric": metric, "value": over_areas(metric, scores), "areas": len(scores)}


def _summed(values: Floats, owner: Any) -> Floats:
    return np.stack([values[owner == one].sum(axis=0) for one in range(int(owner.max()) + 1)])
