"""Assets of ``capacity``: places, use, waiting lists and staff."""

import pandas as pd

from pipelines.assets import table_asset
from pipelines.checks import link_checks


@table_asset("capacity", "current", reads={"returns": "collection.return"})
def current(returns: pd.DataFrame) -> pd.DataFrame:
    """What is there, from what was reported."""
    from ossu_analysis.capacity import current_capacity

    return current_capacity(returns)


capacity_checks = link_checks(
    "capacity", must={"current": ("published_totals_hold",)}, asks={"current": ("nobody_left_out",)}
)
