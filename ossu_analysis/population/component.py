"""The table ``population.component``: births, deaths, net migration and hidden loss per area and year.

Belongs here: statistics of the simulated components. In every draw births - deaths + net migration + hidden loss is
the change of the population, so it holds for means too; it does not hold for quantiles.
"""

from collections.abc import Sequence
from typing import Any

from ossu_analysis.draws import OUTPUTS
from ossu_analysis.population.arrow import along
from ossu_analysis.population.cells import Floats

COMPONENTS = ("births", "deaths", "net_migration", "hidden_loss")


def carried_forward(base: float, births: float, deaths: float, net_migration: float, hidden_loss: float) -> float:
    """Population after some years from the one before them and the components between (hidden loss is negative)."""
    return base + births - deaths + net_migration + hidden_loss


def component_table(
    level: str,
    codes: Sequence[str],
    years: Sequence[int],
    values: Floats,
    facts: dict[str, Any],
) -> Any:
    """Rows of one level.

    Parameters
    ----------
    level : str
    codes, years : sequence
    values : ndarray (4, areas, years, 8)
        From `statistics`, in the order of `COMPONENTS`.
    facts : dict
        ``scenario, base_year, run_id``.

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow as pa

    shape, size = values.shape[1:], values[0].size
    return pa.table(
        {
            "area_level": along([level], 0, (1, size)),
            "area_code": along(codes, 0, shape),
            "year": along(list(years), 1, shape),
            "scenario": along([facts["scenario"]], 0, (1, size)),
            "output_type": along([kind for kind, _ in OUTPUTS], 2, shape),
            "output_type_id": along([name for _, name in OUTPUTS], 2, shape),
            **{name: pa.array(part.ravel()) for name, part in zip(COMPONENTS, values, strict=True)},
            "base_year": along([facts["base_year"]], 0, (1, size)),
            "run_id": along([facts["run_id"]], 0, (1, size)),
            "status": along(["forecast"], 0, (1, size)),
        }
    )
