"""The middle path of ages without draws: what ratios and births alone say, moved to given totals when there are any.

Belongs here: the deterministic projection, for backtests of ages and for what ages say of totals.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.population.age_structure import AgeStructure
from ossu_analysis.population.births import Fertility, estimate_fertility, single_age_schedule
from ossu_analysis.population.cells import Floats, cohort_source
from ossu_analysis.population.jump_off import JumpOff
from ossu_analysis.population.municipality_age import tilt_to_totals


def next_year(persons: Floats, fertility: Fertility, ratios: Floats) -> Floats:
    """Persons (A, 2, 101) a year later by births and ratios (A, 2, 101) alone."""
    born = fertility.level * fertility.local * (persons[:, 0] @ fertility.schedule)
    by_sex = born[:, None] * np.array([1 - fertility.boys_share, fertility.boys_share])
    return cohort_source(persons, by_sex) * ratios


def log_totals(jump_off: JumpOff, years: NDArray[np.int64]) -> Floats:
    """Log totals of the lowest areas when ages move by their ratios and births alone, (areas, H)."""
    persons, path = jump_off.persons, []
    for year in years:
        ratios = jump_off.ratios.in_year(int(year))[jump_off.group_of] * jump_off.local
        persons = next_year(persons, jump_off.events.fertility, ratios)
        path.append(persons.sum(axis=(1, 2)))
    return np.log(np.maximum(np.stack(path, axis=1), 1e-9))


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
    return np.stack(list(_years_of_oblasts(structure, years, totals)), axis=1)


def _years_of_oblasts(structure: AgeStructure, years: Sequence[int], totals: Floats | None) -> Iterator[Floats]:
    persons, fertility = structure.inputs.oblast_cells[:, -1], _oblast_fertility(structure)
    for at, year in enumerate(years):
        persons = next_year(persons, fertility, structure.ratios.in_year(year))
        if totals is not None:
            persons = move_to_totals(persons, totals[:, at], structure.response)
        yield persons


def _oblast_fertility(structure: AgeStructure) -> Fertility:
    inputs = structure.inputs
    births, last = inputs.oblast_births(), len(inputs.years) - 1
    # The years before the base year that have ages without a gap; the base year alone stands for the year before.
    known = [year for at, year in enumerate(reversed(inputs.oblast_years)) if year == last - at][::-1]
    known = known if len(known) > 1 else [last, last]
    return estimate_fertility(
        women=inputs.oblast_cells[:, known, 0],
        births=births[:, known],
        national_women=inputs.national[known, 0],
        national_births=births[:, known].sum(axis=0),
        schedule=single_age_schedule(inputs.schedule_shares, inputs.schedule_starts),
        crude=inputs.crude_births,
    )


def move_to_totals(persons: Floats, totals: Floats, response: Floats) -> Floats:
    """Move areas (A, 2, 101) to totals (A,) of both sexes, most at the ages that move."""
    flat = tilt_to_totals(persons.reshape(len(persons), -1), totals, np.tile(response, persons.shape[1]))
    return flat.reshape(persons.shape)
