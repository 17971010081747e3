"""How a document lies on paper."""

import docx
import pandas as pd
from docx.enum.section import WD_ORIENT

from ossu_analysis.report.content import Column, Document, Heading, Paragraph, Table
from ossu_analysis.report.formats.word import write_docx
from tests.unit.report import made_up


def test_no_page_turns_for_a_section_of_words_alone(tmp_path):
    table = Table("table", "Таблица", pd.DataFrame({"said": ["а"]}), (Column("said", "Какво"),))
    blocks = (
        *(Heading("broad", "Широка", wide=True), table),
        *(Heading("visits", "Посещения"), Paragraph("Попълва се на място.")),
        *(Heading("again", "Пак широка", wide=True), table),
        *(Heading("upright", "Изправена"), table),
    )
    word = docx.Document(
        str(write_docx(Document("n", "Заглавие", "Място", made_up.imprint(), blocks), tmp_path / "a.docx"))
    )
    upright, broad = WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE
    assert [section.orientation for section in word.sections] == [upright, broad, upright]
