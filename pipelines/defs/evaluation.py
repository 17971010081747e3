"""Assets of ``evaluation``: forecasts from past years against what happened, beside simple methods."""

import pandas as pd

from ossu_analysis.population.tables_read import AGES_AND_TOTALS
from pipelines.assets import Step, table_asset
from pipelines.checks import link_checks

TABLES = ("score", "report_card")
READ = tuple(f"{link}.{table}" for table, link in AGES_AND_TOTALS.items())


@table_asset("evaluation", *TABLES, name="backtest", deps=READ, settings=("base_year",))
def backtest(step: Step) -> dict[str, pd.DataFrame]:
    """Rolling origins up to the base year, and ages from one earlier year."""
    from ossu_analysis.evaluation import quick_backtest

    return dict(zip(TABLES, quick_backtest(step.store, step.settings.base_year), strict=True))


evaluation_checks = link_checks(
    "evaluation", must={"score": ("methods_are_judged_alike",)}, asks={"score": ("better_than_simple_methods",)}
)
