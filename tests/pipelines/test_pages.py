"""The page of a table: numbers in Bulgarian form, statuses in words, nothing that breaks the markdown."""

import pandas as pd
import pytest

from pipelines.pages import markdown_table, printed

NBSP = "\u00a0"


@pytest.mark.parametrize(
    "value, said",
    [
        (7000039, f"7{NBSP}000{NBSP}039"),
        (2035, "2035"),
        (0.25, "0,25"),
        (float("nan"), ".."),
        (pd.NA, ".."),
        (None, ".."),
        (True, "да"),
        ("TG-65|TG-80", "TG-65·TG-80"),
        ("два\nреда", "два реда"),
    ],
)
def test_cells_read_as_in_bulgarian(value, said):
    assert printed(value) == said


def test_decimals_follow_the_size_of_the_column():
    rows = pd.DataFrame({"лица": [1234.56, 2.0], "дял": [0.12345, 1.0], "км": [12.34, 5.0]})
    assert [cell.strip() for cell in markdown_table(rows).value.splitlines()[2].split("|")[1:4]] == [
        f"1{NBSP}235",
        "0,123",
        "12,3",
    ]


def test_empty_table_keeps_its_head():
    assert "община" in markdown_table(pd.DataFrame({"община": []})).value
