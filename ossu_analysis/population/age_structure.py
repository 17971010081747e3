"""From the arrays of the sources to ages of municipalities and pooled ratios: the steps of the estimate, in order.

Belongs here: which figures feed which step (`municipality_age`, `ratios`, `mortality` hold the methods), the test of
the age estimate one level up, and the table ``population.municipality_age``.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ossu_analysis.population.cells import AGES, SEXES, Floats, sum_groups
from ossu_analysis.population.inputs import AgeInputs
from ossu_analysis.population.mortality import death_rates, mortality_drift, pooled_ratio
from ossu_analysis.population.municipality_age import (
    PLACE_WEIGHTS,
    AgeMargins,
    age_response,
    estimate_cells,
)
from ossu_analysis.population.ratios import CohortRatios, direct_ratios, with_decline
from ossu_analysis.population.tree_ratios import AgedAreas, pool_over_tree
from ossu_analysis.reference.areas import COUNTRY

RESPONSE_YEARS, FIT_SWEEPS = 5, 30
TEST_STARTS = tuple(range(0, 91, 5))
TEST_GROUPS = (
    ("0-14", 0, 15),
    ("15-29", 15, 30),
    ("30-44", 30, 45),
    ("45-64", 45, 65),
    ("65+", 65, 101),
    ("80+", 80, 101),
)


@dataclass(frozen=True)
class AgeStructure:
    """Ages of municipalities up to the base year and what they were estimated with.

    Attributes
    ----------
    inputs : AgeInputs
    areas : AgedAreas
        The country, regions and oblasts with their published ages.
    cells : ndarray (M, T, 2, 101)
        Persons by municipality, year, sex and age.
    ratios : CohortRatios
        Of the oblasts.
    mu : ndarray (P, 2, 101)
        Death rates of the oblasts in the middle of the years with deaths by age.
    theta : ndarray (M,)
        Mortality of a municipality over that of its oblast.
    response : ndarray (101,)
    place_weight : float
    """

    inputs: AgeInputs
    areas: AgedAreas
    cells: Floats
    ratios: CohortRatios
    mu: Floats
    theta: Floats
    response: Floats
    place_weight: float


def estimate_age_structure(inputs: AgeInputs) -> AgeStructure:
    """Estimate ages of municipalities and pooled ratios of oblasts from figures up to the base year."""
    mu = death_rates(inputs.death_groups, inputs.person_groups, inputs.death_starts)
    areas = aged_areas(inputs, mu[0])
    pooled, rho = pool_over_tree(areas), mortality_drift(inputs.expectancy).rho
    region, oblast = (np.stack([pooled[code] for code in codes]) for codes in (inputs.regions, inputs.oblasts))
    weight = best_place_weight(inputs)
    response = response_of(inputs, np.ones(len(inputs.oblasts), dtype=bool))
    margins = municipal_margins(inputs, oblast, region, mu[1:], response)
    cells, theta = estimate_cells(margins, weight)
    usual = usual_ratios(areas, oblast, mu, rho)
    ratios = CohortRatios(oblast, areas.middle, rho, usual, inputs.base_year)
    return AgeStructure(inputs, areas, cells.sum(axis=2), ratios, mu[1:], theta, response, weight)


def usual_ratios(areas: AgedAreas, oblast: Floats, mu: Floats, rho: float) -> Floats:
    """Ratios of the oblasts when their migration is what is usual in the country: that of all sound years on record.

    Parameters
    ----------
    areas : AgedAreas
    oblast : ndarray (P, 2, 101)
        Their present ratios.
    mu : ndarray (1 + P, 2, 101)
        Death rates of the country and the oblasts.
    rho : float
    """
    cells, born, steps = areas.cells[COUNTRY][None], areas.entrants[COUNTRY][None], areas.sound_steps
    on_record = direct_ratios(cells, born, steps)[0][0]
    present = with_decline(on_record, rho * (areas.middle - float(areas.years[steps + 1].mean())))
    usual = oblast.copy()
    usual[..., 1:] = present[:, 1:] * np.exp(mu[:1, :, :-1] - mu[1:, :, :-1])
    return usual


def aged_areas(inputs: AgeInputs, mu: Floats) -> AgedAreas:
    """The country, planning regions and oblasts with their ages, births and mortality, municipalities below them.

    Parameters
    ----------
    inputs : AgeInputs
    mu : ndarray (2, 101)
        Death rates of the country.
    """
    births, deaths, owner = inputs.oblast_births(), inputs.oblast_deaths(), inputs.region_of_oblast
    # Deaths of years without ages of oblasts are held against those of the nearest year that has them.
    regions, oblasts = inputs.region_cells.sum(axis=2), inputs.oblast_cells[:, inputs.nearest_with_ages]
    recent = inputs.recent_years
    region_births, region_deaths = (
        np.stack([events[owner == r].sum(axis=0) for r in range(len(regions))]) for events in (births, deaths)
    )
    named = {
        COUNTRY: (inputs.national, births.sum(axis=0), 1.0),
        **dict(
            zip(
                inputs.regions,
                zip(
                    regions,
                    region_births,
                    relative_mortality(region_deaths[:, recent], regions[:, recent], mu),
                    strict=True,
                ),
                strict=True,
            )
        ),
        **dict(
            zip(
                inputs.oblasts,
                zip(
                    inputs.oblast_cells,
                    births,
                    relative_mortality(deaths[:, recent], oblasts[:, recent], mu),
                    strict=True,
                ),
                strict=True,
            )
        ),
    }
    cells, entrants, mortality = ({code: row[at] for code, row in named.items()} for at in range(3))
    return AgedAreas(inputs.tree(), inputs.years, inputs.new_base, inputs.exceptional, cells, entrants, mortality)


def relative_mortality(deaths: Floats, persons: Floats, mu: Floats) -> Floats:
    """Deaths of areas over those expected from common rates, pooled towards 1.

    Parameters
    ----------
    deaths : ndarray (A, T)
    persons : ndarray (A, T, 2, 101)
    mu : ndarray (2, 101)
    """
    expected, observed = (persons * mu).sum(axis=(1, 2, 3)), deaths.sum(axis=1)
    return pooled_ratio(observed, expected * observed.sum() / expected.sum())


def municipal_margins(inputs: AgeInputs, oblast: Floats, region: Floats, mu: Floats, response: Floats) -> AgeMargins:
    """What fixes the ages of municipalities."""
    return AgeMargins(
        years=inputs.years,
        totals=inputs.totals,
        births=inputs.births,
        deaths=inputs.deaths,
        mu=mu[inputs.oblast_of],
        death_years=inputs.recent_years,
        censuses=inputs.censuses,
        region_cells=inputs.region_cells,
        oblast_cells=inputs.oblast_cells,
        oblast_ratio=(oblast / region[inputs.region_of_oblast])[inputs.oblast_of],
        region_of=inputs.region_of,
        oblast_of=inputs.oblast_of,
        response=np.sqrt(response)[None],
    )


def response_of(inputs: AgeInputs, used: np.ndarray) -> Floats:
    """Response by age from the oblasts in ``used``, or from the regions while oblasts have no two years in a row."""
    persons, run = inputs.oblast_cells[used], _last_steps(inputs.oblast_cells[used], inputs.unsound)
    if not len(run):
        persons = inputs.region_cells[np.unique(inputs.region_of_oblast[used])].sum(axis=2)
        run = _last_steps(persons, inputs.unsound)
    return age_response(persons[:, run[0]], persons[:, run[-1] + 1], len(run))


def _last_steps(persons: Floats, unsound: np.ndarray) -> np.ndarray:
    """Numbers of the last steps in a row that are sound and have ages at both ends, at most `RESPONSE_YEARS`."""
    known = np.asarray(np.isfinite(persons).all(axis=(0, 2, 3)))
    steps = np.flatnonzero(known[:-1] & known[1:] & ~unsound[1:])
    in_a_row = np.arange(len(steps)) + (steps[-1] - len(steps) + 1 if len(steps) else 0)
    return steps[steps == in_a_row][-RESPONSE_YEARS:]


def hidden_oblasts(inputs: AgeInputs) -> AgeMargins:
    """Margins of oblasts as if their ages were unknown: totals, events, census classes and regions only.

    The response of an oblast's region comes from the oblasts of the other regions.
    """
    owner = inputs.oblast_of

    def summed(values: Floats) -> Floats:
        return np.stack([values[owner == o].sum(axis=0) for o in range(len(inputs.oblasts))])

    regions = inputs.region_of_oblast
    response = np.stack([response_of(inputs, regions != region) for region in range(len(inputs.regions))])
    death_groups = np.stack([inputs.death_groups[1:][regions == r].sum(axis=0) for r in range(len(inputs.regions))])
    person_groups = np.stack([inputs.person_groups[1:][regions == r].sum(axis=0) for r in range(len(inputs.regions))])
    mu = death_rates(
        np.concatenate([inputs.death_groups[:1], death_groups]),
        np.concatenate([inputs.person_groups[:1], person_groups]),
        inputs.death_starts,
    )[1:]
    return AgeMargins(
        years=inputs.years,
        totals=summed(inputs.totals),
        births=summed(inputs.births),
        deaths=summed(inputs.deaths),
        mu=mu[regions],
        death_years=inputs.recent_years,
        censuses=tuple(replace(census, persons=summed(census.persons)) for census in inputs.censuses),
        region_cells=inputs.region_cells,
        oblast_cells=None,
        oblast_ratio=np.ones((len(inputs.oblasts), len(SEXES), len(AGES))),
        region_of=regions,
        oblast_of=np.arange(len(inputs.oblasts)),
        response=np.sqrt(response)[regions],
    )


def hidden_error(estimated: Floats, actual: Floats) -> float:
    """Weighted absolute percentage error of sex x five-year cells, in percent."""
    guess, truth = sum_groups(estimated, TEST_STARTS), sum_groups(actual, TEST_STARTS)
    return float(100 * np.abs(guess - truth).sum() / truth.sum())


def best_place_weight(inputs: AgeInputs) -> float:
    """Weight of place-bound ages with the smallest error where ages are known: oblasts hidden in their regions."""
    margins, actual = hidden_oblasts(inputs), inputs.oblast_cells[:, -1]

    def error(weight: float) -> float:
        return hidden_error(estimate_cells(margins, weight)[0][:, -1].sum(axis=1), actual)

    return min(PLACE_WEIGHTS, key=error)


def score_hidden_ages(inputs: AgeInputs) -> pd.DataFrame:
    """Score the age estimate one level up: ages of oblasts hidden inside their planning region, base year.

    Returns
    -------
    DataFrame
        Table ``population.age_score``: MAPE (percent, mean over oblasts and sexes) by age group and WAPE over
        sex x five-year cells, of the estimate and of the region's shares.
    """
    margins, actual = hidden_oblasts(inputs), inputs.oblast_cells[:, -1]
    weight = best_place_weight(inputs)
    region = inputs.region_cells[:, -1].sum(axis=1)[inputs.region_of_oblast]
    shares = region / region.sum(axis=-1, keepdims=True) * margins.totals[:, -1].sum(axis=1)[..., None]
    guesses = {"estimate": estimate_cells(margins, weight)[0][:, -1].sum(axis=1), "region_shares": shares}
    scores = pd.concat([_scores(name, guess, actual) for name, guess in guesses.items()], ignore_index=True)
    return scores.assign(test="hidden_oblast", base_year=inputs.base_year, status="estimated")


def score_at_census(cells: Floats, inputs: AgeInputs) -> pd.DataFrame:
    """Score the ages of municipalities that were carried from one census to the next, at the next.

    Estimated ages of the last year before it, fitted to what is always known (totals of municipalities and ages of
    oblasts), against the ages counted; beside them the shares of the oblast.

    Parameters
    ----------
    cells : ndarray (M, T, 2, 101)
        Of `AgeStructure`.
    inputs : AgeInputs

    Returns
    -------
    DataFrame
        Table ``population.age_score``, MAPE over municipalities by age class of the newest census and WAPE over all;
        no rows while one census alone is known.
    """
    census, owner = inputs.censuses[-1], inputs.oblast_of
    if not census.first:
        return pd.DataFrame(columns=["test", "base_year", "method", "age_group", "metric", "value", "status"])
    counted, totals = census.persons, census.persons.sum(axis=1, keepdims=True)
    oblasts = np.stack([counted[owner == o].sum(axis=0) for o in range(len(inputs.oblasts))])
    carried = sum_groups(cells[:, census.first - 1].sum(axis=1), census.starts)
    for _ in range(FIT_SWEEPS):
        summed = np.stack([carried[owner == o].sum(axis=0) for o in range(len(inputs.oblasts))])
        carried = carried * (oblasts / summed)[owner]
        carried = carried * totals / carried.sum(axis=1, keepdims=True)
    shares = (oblasts / oblasts.sum(axis=1, keepdims=True))[owner] * totals
    ends = [*(f"-{start - 1}" for start in census.starts[1:]), "+"]
    rows = []
    for method, guess in (("estimate", carried), ("oblast_shares", shares)):
        rows.append((method, "cells", "WAPE", 100 * float(np.abs(guess - counted).sum() / counted.sum())))
        errors = 100 * np.abs(guess / np.maximum(counted, 1) - 1).mean(axis=0)
        rows += [
            (method, f"{first}{end}", "MAPE", float(error))
            for first, end, error in zip(census.starts, ends, errors, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["method", "age_group", "metric", "value"])
    return table.assign(test="next_census", base_year=int(inputs.basis[-1]), status="estimated")


def _scores(method: str, guess: Floats, actual: Floats) -> pd.DataFrame:
    rows = [(method, "cells", "WAPE", hidden_error(guess, actual))]
    for name, low, high in TEST_GROUPS:
        error = guess[..., low:high].sum(axis=-1) / actual[..., low:high].sum(axis=-1) - 1
        rows.append((method, name, "MAPE", 100 * float(np.abs(error).mean())))
    return pd.DataFrame(rows, columns=["method", "age_group", "metric", "value"])


def municipality_age_table(structure: AgeStructure) -> pd.DataFrame:
    """The cells of an age structure as the table ``population.municipality_age``."""
    inputs = structure.inputs
    axes = [inputs.municipalities, inputs.years, SEXES, AGES]
    rows = pd.MultiIndex.from_product(axes, names=["municipality_code", "year", "sex", "age"])
    table = pd.DataFrame({"persons": structure.cells.ravel()}, index=rows).reset_index()
    return table.assign(is_open=table["age"] == AGES[-1], status="estimated")
