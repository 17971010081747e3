"""How wrong were we, how wrong are others: rolling origins, scores, report card. Reads every link, feeds none."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ossu_analysis.evaluation.backtest import CARD_HORIZON, QUICK_ORIGINS, average, backtest

if TYPE_CHECKING:
    import pandas as pd

    from ossu_analysis.store import Store


def backtest_from_store(store: "Store") -> "pd.DataFrame":
    """Rows of ``evaluation.score`` from the project's raw figures: all admissible origins, totals and ages."""
    import pandas as pd

    from ossu_analysis.evaluation.ages import AGE_ORIGINS, age_scores
    from ossu_analysis.population.history import history_from_store
    from ossu_analysis.reference import READERS as REFERENCE
    from ossu_analysis.sources import READERS as SOURCES

    readers = {"sources": SOURCES, "reference": REFERENCE}
    tables = _read(lambda link, name: readers[link][name](store))
    return pd.concat([backtest(history_from_store(store))[0], age_scores(tables, AGE_ORIGINS)], ignore_index=True)


def quick_backtest(store: "Store", base_year: int) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Rows of ``evaluation.score`` and ``evaluation.report_card`` from the working tables, as in the default run.

    Totals from the quick origins; ages from three years before the base year, or from the first year that has them.
    """
    import pandas as pd

    from ossu_analysis.evaluation.ages import AGE_ORIGINS, age_scores
    from ossu_analysis.population.history import history_of

    tables = _until(_read(store.read), base_year)
    score, card = backtest(history_of(tables, base_year), QUICK_ORIGINS)
    if base_year > AGE_ORIGINS[0]:
        ages = age_scores(tables, [max(base_year - 3, AGE_ORIGINS[0])])
        score = pd.concat([score, ages], ignore_index=True)
    return score, card


def _read(read: "Callable[[str, str], pd.DataFrame]") -> "dict[str, pd.DataFrame]":
    """Tables of the models of totals and ages by name; ``read`` takes a link and a table."""
    from ossu_analysis.population.tables_read import AGES_AND_TOTALS

    return {name: read(link, name) for name, link in AGES_AND_TOTALS.items()}


def _until(tables: "dict[str, pd.DataFrame]", base_year: int) -> "dict[str, pd.DataFrame]":
    return {name: table[table["year"] <= base_year] if "year" in table else table for name, table in tables.items()}


SUMMARY_HORIZONS = (1, 3, 5, 10)
"""Years ahead whose scores are told."""


def summary_text(score: "pd.DataFrame") -> str:
    """The main scores as Bulgarian lines: ours beside the simple methods, with and without a census."""
    from ossu_analysis.texts import percent, text

    if score.empty:
        return text("evaluation.summary.none")
    municipal = score[(score["level"] == "municipality") & (score["size_class"] == "all")]
    lines = [text("evaluation.summary")]
    for (horizon, crosses), of_kind in municipal.groupby(["horizon_years", "crosses_census"]):
        if horizon not in SUMMARY_HORIZONS:
            continue
        means = average(of_kind, ["method"]).set_index("method").sort_values("mape")
        scores = "; ".join(
            f"{text(f'evaluation.method.{method}')} {percent(row['mape'])} ({percent(row['within_10'], 0)})"
            for method, row in means.iterrows()
        )
        census = text("evaluation.census_with" if crosses else "evaluation.census_without")
        lines.append("- " + text("evaluation.summary.row", horizon=horizon, census=census, scores=scores))
        calibrated = of_kind.loc[of_kind["metric"] == "coverage_80", "is_calibrated"].mean()
        remark = "" if calibrated == 1 else f" ({text('evaluation.uncalibrated', share=percent(1 - calibrated, 0))})"
        coverage = percent(float(means["coverage_80"]["ossu"]))
        lines.append("  " + text("evaluation.summary.coverage", coverage=coverage, remark=remark))
    return "\n".join([*lines, *_came_lines(municipal), *_age_lines(score)])


def _came_lines(municipal: "pd.DataFrame") -> "Iterator[str]":
    """The last forecast of a planning period that has passed against what came, every method by its error."""
    from ossu_analysis.texts import percent, text

    scored = municipal[municipal["metric"] == "mape"]
    passed = scored.loc[scored["horizon_years"] == CARD_HORIZON, "origin_year"]
    if passed.empty:
        return
    origin = int(passed.max())
    yield text("evaluation.summary.came", origin=origin)
    for horizon, rows in scored[scored["origin_year"] == origin].groupby("horizon_years"):
        named = rows.sort_values("value")[["method", "value"]].to_numpy()
        scores = "; ".join(f"{text(f'evaluation.method.{method}')} {percent(float(value))}" for method, value in named)
        yield "- " + text("evaluation.summary.came_row", target=origin + int(str(horizon)), scores=scores)


def _age_lines(score: "pd.DataFrame") -> "Iterator[str]":
    """Errors of oblast ages at the longest horizon of each origin."""
    from ossu_analysis.texts import percent, text

    ages = score[(score["age_group"] != "total") & (score["level"] == "oblast") & (score["metric"] == "mape")]
    ages = ages[ages["horizon_years"] == ages.groupby("origin_year")["horizon_years"].transform("max")]
    if len(ages):
        yield text("evaluation.summary.ages")
    for place, rows in ages.groupby(["age_group", "origin_year", "horizon_years"], sort=False):
        group, origin, horizon = (str(one) for one in place)
        named = rows.sort_values("value")[["method", "value"]].to_numpy()
        scores = "; ".join(f"{text(f'evaluation.method.{method}')} {percent(float(value))}" for method, value in named)
        name, target = text(f"evaluation.age_group.{group}"), int(origin) + int(horizon)
        yield "- " + text("evaluation.summary.age_row", group=name, origin=origin, target=target, scores=scores)


__all__ = [
    "QUICK_ORIGINS",
    "average",
    "backtest",
    "backtest_from_store",
    "quick_backtest",
    "summary_text",
]
