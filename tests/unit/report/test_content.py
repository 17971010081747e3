"""How values are printed: once, in Bulgarian form, and never more certain than the draws allow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.report.content import (
    Column,
    Document,
    Heading,
    Paragraph,
    Table,
    signed,
    spoken_interval,
)
from ossu_analysis.report.facts import wide
from ossu_analysis.report.formats.workbook import sheet_names

from .made_up import imprint, spread

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((120.4, 95.2, 150.4), "120 (95–150)"),
        ((12345.6, 9000.0, 15000.0), f"12{NBSP}346 (9{NBSP}000–15{NBSP}000)"),
        ((-12.0, -30.0, 5.0), "−12 (от −30 до 5)"),
        ((0.2, -0.4, 3.0), "0 (0–3)"),
        ((np.nan, 1.0, 2.0), ".."),
        ((7.0, np.nan, np.nan), "7"),
    ],
)
def test_interval_is_readable_beside_a_minus(values, said):
    assert spoken_interval(*values) == said


def test_change_shows_its_sign_but_no_sign_of_nothing():
    assert [signed(value, 0) for value in (22.4, -3.0, 0.3, 0.0)] == ["+22", "−3", "0", "0"]


def test_missing_number_and_missing_word_have_different_signs():
    frame = pd.DataFrame({"n": pd.array([None, 3], "Int64"), "t": [None, "дума"]})
    assert Column("n", "брой", "count").cells(frame) == ["..", "3"]
    assert Column("t", "дума").cells(frame) == ["–", "дума"]


def test_numeric_column_prints_words_where_there_is_no_number():
    frame = pd.DataFrame({"criterion": ["критерият не е зареден", 12.0]})
    assert Column("criterion", "по критерия", "count").cells(frame) == ["критерият не е зареден", "12"]


def test_empty_table_says_so():
    table = Table("t", "Празна", pd.DataFrame(columns=["a", "b"]), (Column("a", "а"), Column("b", "б")))
    assert table.rows() == [("няма данни", "")]


def test_slots_are_the_only_marked_pieces():
    parts = Paragraph("Изводи: [ДОПЪЛНЕТЕ], и още [ДОПЪЛНЕТЕ]").parts
    assert [piece for piece, slot in parts if slot] == ["[ДОПЪЛНЕТЕ]"] * 2
    assert "".join(piece for piece, _ in parts) == "Изводи: [ДОПЪЛНЕТЕ], и още [ДОПЪЛНЕТЕ]"


def test_banner_needs_only_one_demonstration_table():
    real = Table("a", "А", pd.DataFrame({"x": [1]}), (Column("x", "х", "count"),), status="forecast")
    made_up = Table("b", "Б", pd.DataFrame({"x": [1]}), (Column("x", "х", "count"),), status="mixed")
    assert Document("d", "Д", "", imprint(), (Heading("h", "З"), real)).banner == ""
    assert "демонстрационни" in Document("d", "Д", "", imprint(), (real, made_up)).banner
    assert made_up.title == "Б (смесени данни)"


def test_sheet_names_fit_excel_and_differ():
    columns = (Column("x", "х"),)
    captions = [
        "Недостиг на места по общини и услуги през 2034",
        "Недостиг на места по общини и услуги през 2035",
        "a/b:c",
    ]
    tables = [Table(str(i), said, pd.DataFrame({"x": []}), columns) for i, said in enumerate(captions)]
    names = sheet_names(tables)
    assert len(set(names)) == 3
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, 17, 64])), min_size=1, max_size=8, unique=True))
def test_wide_keeps_every_key_even_open_age_groups(keys):
    frame = pd.DataFrame(keys, columns=["age_from", "age_to"]).astype({"age_to": "Int64"})
    table = wide(spread(frame, np.arange(1.0, len(keys) + 1)), ["age_from", "age_to"])
    assert len(table) == len(keys)
    assert (table["low_80"] < table["median"]).all()
    assert (table["median"] < table["high_80"]).all()


def test_wide_takes_an_observed_value_as_its_own_median():
    rows = pd.DataFrame({"year": [2018], "output_type": ["mean"], "output_type_id": [None], "persons": [10.0]})
    assert wide(rows, ["year"]).loc[0, "median"] == 10.0
