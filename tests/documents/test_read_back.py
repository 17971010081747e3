"""Documents are opened again and their numbers compared with the tables they were made from."""

import re
import shutil
import subprocess
import zipfile

import docx
import openpyxl
import pandas as pd
import pytest

from ossu_analysis.errors import OssuError
from ossu_analysis.report.content import Paragraph
from ossu_analysis.report.documents.municipal import municipal_proposal
from ossu_analysis.report.documents.oblast import oblast_summary
from ossu_analysis.report.documents.writing import write_documents
from ossu_analysis.report.facts import read_facts
from ossu_analysis.report.formats.word import write_docx
from ossu_analysis.texts import number
from tests.unit.report import made_up

SLOT = "[ДОПЪЛНЕТЕ]"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Store, table ``report.document`` and folder of the documents of the made-up oblast."""
    root = tmp_path_factory.mktemp("project")
    store, folder = made_up.store(root), root / "made"
    table = write_documents(store, [made_up.OBLAST], made_up.imprint(), folder)
    store.write("report", "document", table)
    return store, table, folder


def file_of(made, area: str, form: str):
    _, table, folder = made
    main = table["output"].isin(["predlozhenie", "obobshtenie"]) & ~table["is_internal"]
    name = table.loc[main & (table["area_code"] == area) & (table["format"] == form), "file"].item()
    return folder / name.removeprefix("documents/")


def words(path) -> str:
    """All text of a DOCX: paragraphs, tables, header and footer."""
    document = docx.Document(str(path))
    parts = [paragraph.text for paragraph in document.element.body.iter(f"{{{docx.oxml.ns.nsmap['w']}}}t")]
    section = document.sections[0]
    return " ".join(
        [*parts, *(p.text for p in section.footer.paragraphs), *(p.text for p in section.header.paragraphs)]
    )


def table_after(document, caption: str) -> list[list[str]]:
    """Cells of the table that follows the caption with these words."""
    blocks = list(document.iter_inner_content())
    place = next(i for i, block in enumerate(blocks) if caption in getattr(block, "text", ""))
    return [[cell.text for cell in row.cells] for row in blocks[place + 1].rows]


def test_every_area_has_every_format(made):
    _, table, _ = made
    assert set(zip(table["area_code"], table["format"], strict=True)) == {
        (area, form) for area in [*made_up.TOWNS, made_up.OBLAST, "BG"] for form in ("docx", "xlsx", "html")
    }
    assert (
        table["file"]
        .str.fullmatch(r"documents/(VAR/VAR|BG/BG)_[A-Z0-9]{2,5}_[a-z_]+_2018_ab12cd\.(docx|xlsx|html)")
        .all()
    )
    assert (table["status"] == "demonstration").all()


def test_ages_in_word_equal_the_forecast(made):
    store, _, _ = made
    rows = table_after(docx.Document(str(file_of(made, "VAR05", "docx"))), "възрастови групи")
    people = store.read(
        "population", "forecast", "area_code = 'VAR05' and sex = 'T' and age_from = 65 and age_to is null"
    )
    at = people.set_index(["year", "output_type", people["output_type_id"].fillna("")])["persons"]
    then = [at[made_up.HORIZON, *key] for key in (("median", ""), ("quantile", "0.1"), ("quantile", "0.9"))]
    shown = next(row for row in rows if row[0].startswith("65"))
    assert shown[1] == number(at[made_up.BASE, "mean", ""])
    assert shown[4] == f"{number(then[0])} ({number(then[1])}–{number(then[2])})"


def test_gap_in_word_and_excel_equal_the_table(made):
    store, _, _ = made
    gap = store.read("gap", "service_gap", f"municipality_code = 'RSE04' and year = {made_up.HORIZON}")
    expected = gap.set_index("service_code")["gap_to_demand_places"]
    word = table_after(docx.Document(str(file_of(made, "RSE04", "docx"))), "Недостиг на места по услуги")
    column = word[0].index("Недостиг, места")
    assist = next(row for row in word if "ASSIST" in row[0])
    assert assist[column] == f"+{number(expected['ASSIST'])}"
    sheet = openpyxl.load_workbook(file_of(made, "RSE04", "xlsx"))["Недостиг"]
    heads = [cell.value for cell in sheet[4]]
    cells = {row[0].value: row for row in sheet.iter_rows(min_row=5) if row[0].value}
    found = next(row for name, row in cells.items() if "ASSIST" in name)
    assert found[heads.index("Недостиг, места")].value == pytest.approx(expected["ASSIST"])


def test_excel_is_ready_to_use(made):
    book = openpyxl.load_workbook(file_of(made, "VAR06", "xlsx"))
    assert "Графики" in book.sheetnames
    assert all(len(name) <= 31 for name in book.sheetnames)
    sheet = book["Възрастови групи"]
    assert sheet.freeze_panes == "B5"
    assert all(isinstance(sheet.cell(5, column).value, int | float) for column in (2, 3, 4))
    assert sheet.cell(5, 2).number_format == "#,##0"
    assert len(book["Графики"]._images) == 3


def test_same_words_in_word_and_html(made):
    page = file_of(made, "VAR05", "html").read_text(encoding="utf-8")
    document = docx.Document(str(file_of(made, "VAR05", "docx")))
    tables = [table for table in document.tables if "Кръг" not in table.cell(0, 0).text]
    cells = {cell.text for table in tables for row in table.rows for cell in row.cells}
    plain = re.sub(r"<[^>]+>", "", page)
    assert not [cell for cell in cells if cell not in plain]


@pytest.mark.parametrize("area", ["VAR05", "RSE04", "VAR"])
def test_no_english_no_braces_no_other_placeholder(made, area):
    said = words(file_of(made, area, "docx"))
    codes_aside = re.sub(r"\b[A-Z]{2,}[-A-Z0-9]*\b", "", said)
    assert not re.findall(r"[A-Za-z]{3,}", codes_aside)
    assert not re.findall(r"[{}]|\bNone\b|\bnan\b|report\.", said)
    assert set(re.findall(r"\[[^\]]*\]", said)) == {SLOT}


def test_two_towns_of_one_name_are_told_apart(made):
    first, second = words(file_of(made, "VAR05", "docx")), words(file_of(made, "RSE04", "docx"))
    assert "община Бяла (VAR05)" in first
    assert "община Бяла (RSE04)" in second
    summary = words(file_of(made, "VAR", "docx"))
    assert "Бяла (VAR05)" in summary
    assert "Бяла (RSE04)" in summary


def test_what_is_missing_is_said(made):
    said = words(file_of(made, "VAR05", "docx"))
    assert "критерият не е зареден" in said
    assert "няма данни" in said
    assert "проучване на общината" in said
    assert "демонстрационни данни" in said


def test_word_is_built_for_word(made):
    with zipfile.ZipFile(file_of(made, "VAR05", "docx")) as parts:
        body, settings, styles = (
            parts.read(f"word/{name}.xml").decode() for name in ("document", "settings", "styles")
        )
    assert "updateFields" in settings
    assert 'w:val="bg-BG"' in styles
    assert "SEQ Таблица" in body
    assert "TOC \\o" in body
    assert body.count("<w:tblHeader/>") == len(docx.Document(str(file_of(made, "VAR05", "docx"))).tables) - 1
    document = docx.Document(str(file_of(made, "VAR05", "docx")))
    assert {p.style.name for p in document.paragraphs if p.text.startswith("1. Резюме")} >= {"Heading 1"}
    assert round(document.sections[0].page_width.cm, 1) == 21.0


def test_slots_are_yellow(made):
    document = docx.Document(str(file_of(made, "VAR05", "docx")))
    runs = [run for paragraph in document.paragraphs for run in paragraph.runs if run.text == SLOT]
    assert runs
    assert all(run.font.highlight_color is not None for run in runs)


def test_html_stands_alone_and_is_accessible(made):
    page = file_of(made, "VAR05", "html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!#|data:|\.\./\.\./trace/)', page)
    assert page.count("<img") == len(re.findall(r'<img src="data:image/png[^>]*alt="[^"]+', page))
    assert '<html lang="bg">' in page
    assert 'name="viewport"' in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_unknown_oblast_names_the_known(made, tmp_path):
    store, _, _ = made
    with pytest.raises(OssuError, match=r"XXX.*VAR"):
        write_documents(store, ["XXX"], made_up.imprint(), tmp_path)


def test_documents_of_a_project_without_services(made, tmp_path):
    """With the population alone the documents still come out and say what they do not know."""
    from ossu_analysis.store import Store

    source, store = made[0], Store(tmp_path)
    for link, table in (("reference", "oblast"), ("reference", "municipality"), ("population", "forecast")):
        store.path(link, table).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source.path(link, table), store.path(link, table))
    facts = read_facts(store, made_up.OBLAST)
    assert facts.gap.empty
    for document in (oblast_summary(facts, made_up.imprint()), municipal_proposal(facts, "VAR05", made_up.imprint())):
        assert not document.banner
        assert "няма данни за услуги" in words(write_docx(document, tmp_path / "made.docx"))


def test_real_return_of_one_municipality_makes_the_sums_mixed():
    """Its own document is no longer a demonstration of the network; sums of the oblast say „смесени данни“."""
    capacity = made_up.capacity()
    capacity["status"] = capacity["status"].where(capacity["municipality_code"] != "VAR05", "observed")
    facts = made_up.facts(capacity=capacity)
    marks = {}
    for document in (oblast_summary(facts, made_up.imprint()), municipal_proposal(facts, "VAR05", made_up.imprint())):
        marks[document.title] = next(table.mark for table in document.tables if table.key == "table-network")
    assert list(marks.values()) == ["смесени данни", ""]


def test_the_answer_stands_on_page_one_and_first_in_every_form(made):
    document = docx.Document(str(file_of(made, "VAR05", "docx")))
    blocks = [getattr(block, "text", "table") for block in document.iter_inner_content()]
    assert blocks.index("Какво се предлага") < blocks.index("Съдържание")
    answer = next(table for table in document.tables if table.cell(0, 0).text == "Услуга")
    cells = [cell.text for cell in answer.rows[1].cells]
    assert cells[1:4] == ["разширява се", "от 40 на 62\u00a0места", "2021"]
    assert cells[4].startswith("Моделът очаква повече") and cells[5] == "няма стандарт" and "над 99" in cells[6]
    page = file_of(made, "VAR05", "html").read_text(encoding="utf-8")
    assert page.index('id="table-decisions"') < page.index('class="imprint"')
    assert openpyxl.load_workbook(file_of(made, "VAR05", "xlsx")).sheetnames[1] == "Какво се предлага"


def test_differences_between_the_plans_are_read_where_they_belong():
    """Each municipality reads its own and the oblast's; without any the document says that there is none."""
    found = pd.DataFrame(
        {"oblast_code": made_up.OBLAST, "area_code": ["VAR05", "VAR06", made_up.OBLAST], "service_code": "ASSIST",
         "rule": "plan_above_map", "number": 9.0, "other_number": 5.0, "message": ["в Бяла", "във Варна", "в областта"],
         "status": "observed"}
    )  # fmt: skip
    told = {}
    for differences in (found, found.head(0)):
        facts = made_up.facts(differences=differences)
        for document in (
            oblast_summary(facts, made_up.imprint()),
            municipal_proposal(facts, "VAR05", made_up.imprint()),
        ):
            rows = [row for table in document.tables if table.key == "table-agreement" for row in table.rows()]
            said = [block.text for block in document.blocks if isinstance(block, Paragraph)]
            told[document.title, differences.empty] = [row[-1] for row in rows]
            assert differences.empty == any("Няма намерени разлики" in sentence for sentence in said)
    assert sorted(map(len, told.values())) == [0, 0, 2, 3]
    assert not any("във Варна" in rows for rows in told.values() if len(rows) == 2)


@pytest.mark.libreoffice
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_both_kinds(made, tmp_path):
    files = [str(file_of(made, area, "docx")) for area in ("VAR05", "VAR")]
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    made_pdf = sorted(tmp_path.glob("*.pdf"))
    assert len(made_pdf) == 2
    assert all(file.read_bytes().startswith(b"%PDF") and file.stat().st_size > 20_000 for file in made_pdf)
