"""What a hand may type into a name or a reason: every format opens, says the text, and computes nothing from it."""

import docx
import openpyxl
import pandas as pd
import pytest

from ossu_analysis.report.content import Column, Document, Heading, Paragraph, Table
from ossu_analysis.report.formats.page import write_html
from ossu_analysis.report.formats.word import write_docx
from ossu_analysis.report.formats.workbook import write_xlsx
from tests.unit.report import made_up

TYPED = ["a & b", "<b>x</b>", 'Дом „Надежда“ "2"', "пре\x0bлом\x00 и \x1f звук", "=1+1", "=HYPERLINK(1)"]


def document(rows: list[str]) -> Document:
    frame = pd.DataFrame({"said": rows, "then": 12.4, "now": 10.6}, index=range(len(rows)))
    columns = (Column("said", "Какво"), Column("then", "Тогава", "count"),
               Column("then", "Разлика", "change", minus="now"))  # fmt: skip
    table = Table("table-one", "Таблица \x0b", frame, columns)
    blocks = (Heading("one", "Глава \x07 & <i>"), *map(Paragraph, rows), table)
    return Document("name", "Заглавие \x00", "Място & <кв>", made_up.imprint(), blocks)


@pytest.mark.parametrize("rows", [TYPED, []], ids=["typed", "no rows"])
def test_whatever_was_typed_is_printed_as_text(rows, tmp_path):
    made = document(rows)
    word = docx.Document(str(write_docx(made, tmp_path / "made.docx")))
    book = openpyxl.load_workbook(write_xlsx(made, tmp_path / "made.xlsx"))
    page = write_html(made, tmp_path / "made.html").read_text(encoding="utf-8")
    sheet = book[book.sheetnames[1]]
    plain = [row[0].value for row in sheet.iter_rows(min_row=5)]
    cells = [row.cells[0].text for row in word.tables[-1].rows]
    for said in (row.replace("\x0b", "").replace("\x00", "").replace("\x1f", "") for row in rows):
        assert said in plain and said in cells
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert "<b>x</b>" not in page and page.rstrip().endswith("</html>")
    assert rows or ("няма данни" in page and "няма данни" in cells)


def test_a_difference_is_one_of_what_is_printed():
    """12,4 and 10,6 are printed as 12 and 11: their difference is 1, not 2."""
    assert document(TYPED).tables[0].rows()[0][1:] == ("12", "+1")
