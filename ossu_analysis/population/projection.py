"""The middle path of ages without draws: what ratios and births alone say, for areas whose ages are known.

Belongs here: the deterministic projection of oblasts, moved to given totals when there are any, for backtests of
ages.
"""

from collections.abc import Sequence

import numpy as np

from ossu_analysis.population.age_structure import AgeStructure
from ossu_analysis.population.births import estimate_fertility, single_age_schedule
from ossu_analysis.population.cells import Floats, cohort_source
from ossu_analysis.population.municipality_age import tilt_to_totals


def project_oblasts(structure: AgeStructure, years: Sequence[int], totals: Floats | None = None) -> Floats:
    """Project the ages of the oblasts year by year.

    Parameters
    ----------
    structure : AgeStructure
        Its ratios and last published ages.
    years : sequence of int, length H
        Consecutive, from the year after the base year.
    totals : ndarray (P, H), optional
        Totals to move each year to; without them ratios alone decide.

    Returns
    -------
    ndarray (P, H, 2, 101)
    """
    inputs = structure.inputs
    persons, births, known = inputs.oblast_cells[:, -1], inputs.oblast_births(), inputs.oblast_years
    known = known if len(known) > 1 else np.repeat(known, 2)
    fertility = estimate_fertility(
        women=inputs.oblast_cells[:, known, 0],
        births=births[:, known],
        national_women=inputs.national[known, 0],
        national_births=births[:, known].sum(axis=0),
        schedule=single_age_schedule(inputs.schedule_shares, inputs.schedule_starts),
        crude=inputs.crude_births,
    )
    path = []
    for at, year in enumerate(years):
        born = fertility.level * fertility.local * (persons[:, 0] @ fertility.schedule)
        by_sex = born[:, None] * np.array([1 - fertility.boys_share, fertility.boys_share])
        persons = cohort_source(persons, by_sex) * structure.ratios.in_year(year)
        if totals is not None:
            persons = move_to_totals(persons, totals[:, at], structure.response)
        path.append(persons)
    return np.stack(path, axis=1)


def move_to_totals(persons: Floats, totals: Floats, response: Floats) -> Floats:
    """Move areas (A, 2, 101) to totals (A,) of both sexes, most at the ages that move."""
    flat = tilt_to_totals(persons.reshape(len(persons), -1), totals, np.tile(response, persons.shape[1]))
    return flat.reshape(persons.shape)
