"""Some oblasts simulated alone: they get the draws that they have in the whole country, in a fraction of its time."""

from collections.abc import Collection, Iterator

from ossu_analysis.population.exposure import ExposureGroups
from ossu_analysis.population.simulation import (
    ALL_OUTPUTS,
    Chunk,
    Population,
    SimulationSettings,
    blocks_of,
    tables_of,
    work_of,
)


def simulate_alone(
    only: Collection[str],
    population: Population,
    settings: SimulationSettings,
    groups: ExposureGroups | None = None,
    outputs: Collection[str] = ALL_OUTPUTS,
) -> Iterator[Chunk]:
    """As `simulate`, of the oblasts named; what holds others too is not shown."""
    work = work_of(population, settings, groups, outputs)
    return tables_of(work, (block for block in blocks_of(work) if block.above in only))
