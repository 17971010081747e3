"""How wrong were we, how wrong are others: rolling origins, scores, report card. Reads every link, feeds none."""

from typing import TYPE_CHECKING

from ossu_analysis.evaluation.backtest import QUICK_ORIGINS, average, backtest

if TYPE_CHECKING:
    import pandas as pd

    from ossu_analysis.store import Store


def backtest_from_store(store: "Store", base_year: int | None = None, quick: bool = False) -> "pd.DataFrame":
    """Rows of ``evaluation.score`` from the project's raw figures: all admissible origins, or the quick ones."""
    from ossu_analysis.population.history import history_from_store

    history = history_from_store(store, base_year)
    return backtest(history, QUICK_ORIGINS if quick else None)[0]


def summary_text(score: "pd.DataFrame", horizons: tuple[int, ...] = (1, 3, 5, 10)) -> str:
    """The main scores as Bulgarian lines: ours beside the simple methods, with and without a census."""
    from ossu_analysis.texts import percent, text

    if score.empty:
        return text("evaluation.summary.none")
    municipal = score[(score["level"] == "municipality") & (score["size_class"] == "all")]
    lines = [text("evaluation.summary")]
    for (horizon, crosses), of_kind in municipal.groupby(["horizon_years", "crosses_census"]):
        if horizon not in horizons:
            continue
        means = average(of_kind, ["method"]).set_index("method").sort_values("mape")
        scores = "; ".join(
            f"{text(f'evaluation.method.{method}')} {percent(row['mape'])} ({percent(row['within_10'], 0)})"
            for method, row in means.iterrows()
        )
        census = text("evaluation.census_with" if crosses else "evaluation.census_without")
        lines.append("- " + text("evaluation.summary.row", horizon=horizon, census=census, scores=scores))
        calibrated = of_kind.loc[of_kind["metric"] == "coverage_80", "is_calibrated"].all()
        remark = "" if calibrated else f" ({text('evaluation.uncalibrated')})"
        coverage = percent(float(means["coverage_80"]["ossu"]))
        lines.append("  " + text("evaluation.summary.coverage", coverage=coverage, remark=remark))
    return "\n".join(lines)


__all__ = ["QUICK_ORIGINS", "average", "backtest", "backtest_from_store", "summary_text"]
