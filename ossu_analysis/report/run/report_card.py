"""The run's ``report_card.html``: how wrong earlier forecasts were, and where a simple method was better.

Belongs here: choosing, averaging and wording scores of ``evaluation.score``, ``evaluation.report_card`` and
``population.age_score``. Scores themselves are made in `ossu_analysis.evaluation`; the look, with filter and order of
the municipalities, stands in ``templates/report_card.html``. Means are over origins and areas, areas weighing alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ossu_analysis.evaluation.backtest import average
from ossu_analysis.report.content import Block, Column, Heading, Paragraph, Picture, Table
from ossu_analysis.report.facts import table_or_empty
from ossu_analysis.report.formats.page import render
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.run import overview
from ossu_analysis.report.run.what_came import GIVEN, came_blocks
from ossu_analysis.store import Store
from ossu_analysis.texts import number, percent, sort_key, text

FILE = "report_card.html"
ORDER: dict[str, tuple[Any, ...]] = {
    "level": ("municipality", "oblast", "region", "country"),
    "size_class": ("0-3000", "3000-6000", "6000-12000", "12000-40000", "40000-"),
    "age_group": ("0-17", "15-64", "18-64", "65+", "80+"),
}
NAMES = {"level": "evaluation.level", "size_class": "evaluation.size", "age_group": "evaluation.age_group"}
MAIN_HORIZONS = (5, 10)
"""The planning period of the law, and the longest horizon tried."""


@dataclass(frozen=True)
class CardPage:
    """What the template prints; ``towns`` has a row per municipality and kind of window."""

    imprint: Imprint
    blocks: list[Block]
    towns: Table
    orders: list[list[float]]
    marks: list[tuple[bool, bool]]


def write_report_card(store: Store, folder: Path, imprint: Imprint) -> None:
    """Write ``report_card.html``; its charts are those of the index, in the folder ``charts`` beside it.

    Parameters
    ----------
    store : Store
        Tables that have not been made are said to be missing.
    folder : Path
        Folder of the run.
    imprint : Imprint
        Identity of the run.
    """
    score = table_or_empty(store, "evaluation", "score")
    card = table_or_empty(store, "evaluation", "report_card")
    hidden = table_or_empty(store, "population", "age_score")
    rows = town_rows(card, table_or_empty(store, "reference", "municipality"))
    marks = list(zip(rows["crosses_census"].astype(bool), rows["is_baseline_better"].astype(bool), strict=True))
    table = town_table(rows)
    page = CardPage(imprint, [*_blocks(score, card), *_hidden_ages(hidden)], table, _orders(table), marks)
    (folder / FILE).write_text(render(FILE, page=page), encoding="utf-8")


def backtest_table(score: pd.DataFrame) -> Table:
    """Error by method and window, ours first, with the share of municipalities within 10 %."""
    errors, within = overview.backtest_rows(score), overview.backtest_rows(score, "within_10")
    keys = ["horizon_years", "crosses_census", "window", "method", "name"]
    rows = errors.merge(within.rename(columns={"value": "within"}), on=keys, how="left")
    rows = rows.sort_values(["crosses_census", "horizon_years", "value"]).reset_index(drop=True)
    columns = (
        Column("window", text("report.column.window"), width=2),
        Column("name", text("report.column.method"), width=2),
        Column("value", text("evaluation.metric.mape"), "share"),
        Column("within", text("evaluation.metric.within_10"), "share"),
    )
    return Table(
        "table-backtest", text("report.caption.backtest_table"), rows, columns, source=text("report.source.backtest")
    )


def compared(score: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Our error, bias and coverage beside the simple method with the smallest error.

    Parameters
    ----------
    score : DataFrame
        Rows of ``evaluation.score`` that are to be averaged over what is not in ``keys``.
    keys : sequence of str

    Returns
    -------
    DataFrame
        ``keys, mape, malpe, coverage_80, best, best_mape, is_better, calibrated``: shares; ``is_better`` says that the
        simple method was; ``calibrated`` is the share of origins whose ranges were checked on an earlier window.
    """
    shown = ["mape", "malpe", "coverage_80"]
    rows = score[score["metric"].isin(shown) & (score["method"] != GIVEN)]
    means = average(rows, [*keys, "method"]).reindex(columns=[*keys, "method", *shown])
    ours = means[means["method"] == overview.OURS].set_index(list(keys))[shown]
    simple = means[means["method"] != overview.OURS].dropna(subset=["mape"])
    best = simple.loc[simple.groupby(list(keys))["mape"].idxmin()].set_index(list(keys))
    ranges = rows[(rows["metric"] == "coverage_80") & (rows["method"] == overview.OURS)]
    table = ours.assign(
        best=best["method"],
        best_mape=best["mape"],
        is_better=best["mape"].reindex(ours.index) < ours["mape"],
        calibrated=ranges.groupby(list(keys))["is_calibrated"].mean(),
    ).reset_index()
    rank = {name: {value: at for at, value in enumerate(order)} for name, order in ORDER.items()}
    return table.sort_values(
        list(keys), key=lambda column: column.map(rank[column.name]) if column.name in rank else column
    ).reset_index(drop=True)


def _worded(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows with the columns in words: window, names of codes, verdict, whether ranges are calibrated."""
    worded = rows.copy()
    for name in NAMES.keys() & set(rows):
        worded[f"{name}_name"] = [text(f"{NAMES[name]}.{value}") for value in rows[name]]
    worded["window"] = [
        text("evaluation.card.window", years=years, census=text(f"report.census.{bool(crosses)}"))
        for years, crosses in zip(rows["horizon_years"], rows["crosses_census"], strict=True)
    ]
    worded["best_name"] = _methods(rows["best"])
    worded["verdict"] = [text(f"evaluation.card.better_{bool(better)}") for better in rows["is_better"]]
    worded["ranges"] = [_ranges(share) for share in rows["calibrated"]]
    return worded


def _methods(codes: "pd.Series[str]") -> list[str]:
    return [text("common.no_data") if pd.isna(code) else text(f"evaluation.method.{code}") for code in codes]


def _ranges(share: float) -> str:
    if pd.isna(share):
        return text("evaluation.card.no_ranges")
    if share in (0, 1):
        return text("evaluation.card.calibrated" if share else "evaluation.card.uncalibrated")
    return text("evaluation.card.calibrated_share", share=percent(share, 0))


def _blocks(score: pd.DataFrame, card: pd.DataFrame) -> list[Block]:
    if score.empty:
        return [Paragraph(text("evaluation.summary.none"))]
    totals = score[(score["age_group"] == "total") & (score["size_class"] == "all")]
    tables = {
        "level": compared(
            totals[totals["horizon_years"].isin(MAIN_HORIZONS)], ["crosses_census", "horizon_years", "level"]
        ),
        "horizon": compared(totals[totals["level"] == "municipality"], ["crosses_census", "horizon_years"]),
        "size": compared(_of_sizes(score), ["crosses_census", "horizon_years", "size_class"]),
        "ages": compared(_of_ages(score), ["crosses_census", "level", "age_group", "horizon_years"]),
    }
    blocks: list[Block] = [Heading("baselines", text("evaluation.card.baselines")), *_lost(tables, card)]
    blocks += came_blocks(score)
    blocks += [
        Heading("windows", text("evaluation.card.windows")),
        Picture("backtest", text("report.caption.backtest"), overview.backtest_chart(score)),
        backtest_table(score),
        Picture("calibration", text("report.caption.calibration"), overview.calibration_chart(score)),
    ]
    for name, rows in tables.items():
        blocks += [Heading(f"by-{name}", text(f"evaluation.card.by_{name}")), *_comparison(name, rows)]
    return blocks


def _of_sizes(score: pd.DataFrame) -> pd.DataFrame:
    of_level = score[(score["level"] == "municipality") & (score["age_group"] == "total")]
    return of_level[of_level["size_class"].ne("all") & of_level["horizon_years"].isin(MAIN_HORIZONS)]


def _of_ages(score: pd.DataFrame) -> pd.DataFrame:
    """Ages at the longest horizon of each origin."""
    ages = score[score["age_group"] != "total"]
    return ages[ages["horizon_years"] == ages.groupby("origin_year")["horizon_years"].transform("max")]


def _comparison(name: str, rows: pd.DataFrame) -> list[Block]:
    if rows.empty:
        return [Paragraph(text(f"evaluation.card.none_{name}" if name == "ages" else "common.no_data"))]
    labels = [Column(f"{key}_name", text(f"evaluation.card.column.{key}"), width=2) for key in NAMES if key in rows]
    with_ranges = rows["coverage_80"].notna().any()
    columns = (
        Column("window", text("report.column.window"), width=2),
        *labels,
        Column("mape", text("evaluation.metric.mape"), "share", 2),
        Column("malpe", text("evaluation.metric.malpe"), "share", 2),
        *([Column("coverage_80", text("evaluation.metric.coverage_80"), "share", 0)] if with_ranges else []),
        *([Column("ranges", text("evaluation.card.column.ranges"), width=2)] if with_ranges else []),
        Column("best_name", text("evaluation.card.column.best"), width=2),
        Column("best_mape", text("evaluation.card.column.best_mape"), "share", 2),
        Column("verdict", text("evaluation.card.column.verdict"), width=2),
    )
    caption = text(f"evaluation.card.caption_{name}")
    source = text("report.source.backtest")
    return [Table(f"table-{name}", caption, _worded(rows), columns, source, text(f"evaluation.card.note_{name}"))]


def _lost(tables: Mapping[str, pd.DataFrame], card: pd.DataFrame) -> Iterator[Block]:
    """Every place where a simple method was better, as a sentence; and in how many municipalities one was."""
    yield Paragraph(text("evaluation.lead"))
    lost = 0
    for rows in tables.values():
        for row in _worded(rows[rows["is_better"]]).to_dict("records"):
            lost += 1
            place = ", ".join([row["window"], *(row[f"{key}_name"] for key in NAMES if key in rows)])
            errors = {"ours": percent(row["mape"], 2), "baseline": percent(row["best_mape"], 2)}
            said = text("evaluation.baseline_better", method=row["best_name"], **errors)
            yield Paragraph(f"{place}: {said}.", "bullet")
    if not lost:
        yield Paragraph(text("evaluation.card.none_lost"))
    for crosses, group in card.groupby("crosses_census"):
        worse, total, horizon = int(group["is_baseline_better"].sum()), len(group), int(group["horizon_years"].max())
        said = text("evaluation.summary.card", worse=number(worse), all=number(total), horizon=horizon)
        yield Paragraph(f"{said} ({text(f'report.census.{bool(crosses)}')})", "bullet")


def _hidden_ages(hidden: pd.DataFrame) -> list[Block]:
    """How wrong estimated ages are, measured where the true ones are known."""
    heading = Heading("hidden-ages", text("evaluation.card.hidden"))
    if hidden.empty:
        return [heading, Paragraph(text("common.no_data"))]
    return [heading, *(_hidden_table(test, hidden[hidden["test"] == test]) for test in sorted(set(hidden["test"])))]


def _hidden_table(test: str, scores: pd.DataFrame) -> Table:
    wide = scores.pivot(index=["base_year", "age_group", "metric"], columns="method", values="value").div(100)
    rows = wide.reset_index().rename_axis(columns=None)
    rows["group"] = rows["age_group"].where(rows["age_group"] != "cells", text("evaluation.card.cells"))
    rows["measure"] = [text(f"evaluation.metric.{metric.lower()}") for metric in rows["metric"]]
    methods = [name for name in ("estimate", "region_shares", "oblast_shares") if name in rows]
    columns = (
        Column("group", text("evaluation.card.column.age_group"), width=3),
        Column("measure", text("evaluation.card.column.metric"), width=2),
        *(Column(name, text(f"evaluation.card.{name}"), "share", 2) for name in methods),
    )
    caption = text(f"evaluation.card.caption_{test}", year=int(rows["base_year"].max()))
    return Table(f"table-{test.replace('_', '-')}", caption, rows, columns, note=text(f"evaluation.card.note_{test}"))


# --- municipalities


def town_rows(card: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``evaluation.report_card`` with names and words, in the order of Bulgarian names.

    Parameters
    ----------
    card : DataFrame
        Table ``evaluation.report_card``.
    towns : DataFrame
        Table ``reference.municipality``; a code that is not in it stands for itself.
    """
    names = towns.set_index("municipality_code")["name_bg"]
    rows = card.rename(columns={"best_baseline": "best", "best_baseline_mape": "best_mape"})
    rows = rows.assign(is_better=rows["is_baseline_better"].astype(bool))
    rows["name"] = [f"{names.get(code, code)} ({code})" for code in rows["municipality_code"]]
    rows["census"] = [text(f"report.census.{bool(crosses)}") for crosses in rows["crosses_census"]]
    rows["best_name"] = _methods(rows["best"])
    rows["verdict"] = [text(f"evaluation.card.better_{bool(better)}") for better in rows["is_better"]]
    rows = rows.sort_values("crosses_census", kind="stable")
    return rows.sort_values("name", kind="stable", key=lambda column: column.map(sort_key)).reset_index(drop=True)


def town_table(rows: pd.DataFrame) -> Table:
    """The rows of `town_rows` as a table."""
    columns = (
        Column("name", text("report.column.municipality"), width=3),
        Column("census", text("report.column.window"), width=2),
        Column("windows", text("evaluation.card.column.forecasts"), "count"),
        Column("mape", text("evaluation.metric.mape"), "share", 2),
        Column("malpe", text("evaluation.metric.malpe"), "share", 2),
        Column("coverage_80", text("evaluation.metric.coverage_80"), "share", 0),
        Column("best_name", text("evaluation.card.column.best"), width=2),
        Column("best_mape", text("evaluation.card.column.best_mape"), "share", 2),
        Column("verdict", text("evaluation.card.column.verdict"), width=2),
    )
    horizon = int(rows["horizon_years"].max()) if len(rows) else 0
    caption = text("report.caption.report_card", horizon=horizon)
    note = text("evaluation.card.note_towns")
    return Table("towns", caption, rows, columns, text("report.source.backtest"), note)


def _orders(table: Table) -> list[list[float]]:
    """For every row the place of each cell in the order of its column: numbers by size, words by collation."""
    ranks = []
    for column in table.columns:
        values = table.frame[column.name]
        if not column.is_numeric:
            known = {word: at for at, word in enumerate(sorted(set(values), key=sort_key))}
            values = values.map(known)
        ranks.append(values.rank(method="min").fillna(0).astype(int))
    return pd.concat(ranks, axis=1).to_numpy().tolist() if len(table.frame) else []
