"""Scores of age groups: oblasts, planning regions and the country forecast from earlier years, beside simple methods.

Ages of municipalities are published in census years only and cannot be scored here; those of oblasts are known from
2013 on. From each base year the whole age model runs on the figures up to it; its totals are moved to those that our
forecast of totals gives (medians of municipalities, summed). Beside it stand: no change; constant shares of the same
totals; a line per sex and age group through the first and the last year known; cohort-change ratios of the years known,
as they are (Hamilton and Perry 1962).
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

AGE_ORIGINS = (2013, 2014, 2015, 2016, 2017)
"""Base years with oblast ages behind and ahead of them."""
AGE_GROUPS = {"0-17": (0, 18), "15-64": (15, 65), "18-64": (18, 65), "65+": (65, 101), "80+": (80, 101)}
"""First age, and the age after the last one, of the groups in which services plan."""
LEVELS = ("oblast", "region", "country")


def age_scores(tables: Mapping[str, pd.DataFrame], origins: Sequence[int] = AGE_ORIGINS) -> pd.DataFrame:
    """Rows of ``evaluation.score`` by age group.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables that the age model reads (`ossu_analysis.population.tables_read`), under their names.
    origins : sequence of int
    """
    last = int(tables["population_oblast_age"]["year"].max())
    newest = age_inputs(tables, last)
    rows = [row for origin in origins if origin < last for row in _origin_scores(tables, origin, newest)]
    return pd.DataFrame(rows).assign(size_class="all", crosses_census=False, is_calibrated=False, status="forecast")


def _origin_scores(tables: Mapping[str, pd.DataFrame], origin: int, newest: AgeInputs) -> Iterator[dict[str, Any]]:
    structure = estimate_age_structure(age_inputs(tables, origin))
    years = range(origin + 1, newest.base_year + 1)
    order = [newest.oblasts.index(code) for code in structure.inputs.oblasts]
    ahead = [int(np.flatnonzero(newest.years == year)[0]) for year in years]
    actual = newest.oblast_cells[order][:, ahead].sum(axis=2)
    for method, forecast in _forecasts(structure, _expected_totals(tables, structure, years), years).items():
        yield from _scores(method, origin, forecast, actual, structure.inputs.region_of_oblast)


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
    found = {
        OURS: project_oblasts(structure, years, totals).sum(axis=2),
        "naive": np.repeat(last[:, None], len(years), axis=1),
        "constant_share": totals[..., None] * shares[:, None],
        "linear": np.maximum(last[:, None] + yearly[:, None] * steps[:, None], 0.0),
    }
    if known.shape[1] > 1:
        found["direct_ratios"] = _direct(structure, len(years))
    return found


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


def _scores(method: str, origin: int, forecast: Floats, actual: Floats, region: Any) -> Iterator[dict[str, Any]]:
    for level in LEVELS:
        owner = {"oblast": np.arange(len(region)), "region": region, "country": np.zeros_like(region)}[level]
        guess, truth = (_summed(values, owner) for values in (forecast, actual))
        for group, (low, high) in AGE_GROUPS.items():
            for at in range(actual.shape[1]):
                ours, true = (values[:, at, low:high].sum(axis=-1) for values in (guess, truth))
                place = {"method": method, "level": level, "age_group": group, "origin_year": origin}
                for metric, scores in point_scores(ours, true).items():
                    value = over_areas(metric, scores)
                    yield place | {"horizon_years": at + 1, "metric": metric, "value": value, "areas": len(scores)}


def _summed(values: Floats, owner: Any) -> Floats:
    return np.stack([values[owner == one].sum(axis=0) for one in range(int(owner.max()) + 1)])
