"""Blocks of the report card: the last forecast of a planning period that has passed, beside what came since.

Belongs here: every method by year, where a simple method was better, and what the project learnt from that forecast.
"""

from collections.abc import Iterator

import pandas as pd

from ossu_analysis.evaluation.backtest import CARD_HORIZON, average
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Table
from ossu_analysis.report.run.overview import OURS
from ossu_analysis.texts import percent, text, texts_below

GIVEN = "ossu_given_country"
"""Ours with the country's true total known: says where the error lies, and is not a rival."""
LEARNT_FROM = 2018
"""Base of the first plan: what its errors taught is written down for this base only."""


def passed_origin(score: pd.DataFrame) -> int | None:
    """The last base year whose planning period of five years can be scored; none when there is none."""
    passed = score.loc[(score["age_group"] == "total") & (score["horizon_years"] == CARD_HORIZON), "origin_year"]
    return None if passed.empty else int(passed.max())


def came_rows(score: pd.DataFrame, origin: int) -> pd.DataFrame:
    """Scores of the totals of municipalities from one base year, every method by year, the best first.

    Parameters
    ----------
    score : DataFrame
        Table ``evaluation.score``.
    origin : int

    Returns
    -------
    DataFrame
        ``year, method, mape, within_10, coverage_80, sum_bias``: shares; ``sum_bias`` is that of the country's total,
        above zero where more people were forecast than came; unknown stays NaN.
    """
    of_all = score["age_group"].eq("total") & score["size_class"].eq("all") & score["origin_year"].eq(origin)
    rows = score[of_all & score["method"].ne(GIVEN)].assign(year=lambda table: table["horizon_years"] + origin)
    shown = ["mape", "within_10", "coverage_80", "malpe"]
    means = average(rows, ["level", "year", "method"]).reindex(columns=["level", "year", "method", *shown])
    country = means[means["level"] == "country"].rename(columns={"malpe": "sum_bias"})[["year", "method", "sum_bias"]]
    towns = means[means["level"] == "municipality"].drop(columns=["level", "malpe"])
    return towns.merge(country, on=["year", "method"], how="left").sort_values(["year", "mape"], ignore_index=True)


def came_blocks(score: pd.DataFrame) -> Iterator[Block]:
    """The section, or nothing where no planning period has passed."""
    origin = passed_origin(score)
    if origin is None:
        return
    rows = came_rows(score, origin)
    yield Heading("what-came", text("evaluation.came.title", origin=origin))
    yield Paragraph(text("evaluation.came.lead", origin=origin))
    yield _table(rows, origin)
    yield from _better(rows)
    if origin == LEARNT_FROM:
        yield Heading("learnt", text("evaluation.came.learnt"))
        yield Paragraph(text("evaluation.came.learnt_lead"))
        yield from (Paragraph(said, "bullet") for said in texts_below("evaluation.came.lesson").values())


def _table(rows: pd.DataFrame, origin: int) -> Table:
    named = rows.assign(name=[text(f"evaluation.method.{method}") for method in rows["method"]])
    columns = (
        Column("year", text("evaluation.came.year"), "year"),
        Column("name", text("report.column.method"), width=3),
        Column("mape", text("evaluation.metric.mape"), "share", 2),
        Column("sum_bias", text("evaluation.came.sum_bias"), "share", 2),
        Column("within_10", text("evaluation.metric.within_10"), "share"),
        Column("coverage_80", text("evaluation.metric.coverage_80"), "share"),
    )
    caption = text("evaluation.came.caption", origin=origin)
    return Table(
        "table-what-came", caption, named, columns, text("report.source.backtest"), text("evaluation.came.note")
    )


def _better(rows: pd.DataFrame) -> Iterator[Block]:
    """For every year, the methods whose error was smaller than ours; or that none was."""
    ours = rows[rows["method"] == OURS].set_index("year")["mape"]
    better = rows[rows["mape"] < rows["year"].map(ours)]
    if better.empty:
        yield Paragraph(text("evaluation.came.none_better"))
    for year, of_year in better.groupby("year"):
        named = zip(of_year["method"], of_year["mape"], strict=True)
        methods = "; ".join(f"„{text(f'evaluation.method.{method}')}“ {percent(error, 2)}" for method, error in named)
        said = text("evaluation.came.better", year=year, methods=methods, ours=percent(ours[year], 2))
        yield Paragraph(said, "bullet")
