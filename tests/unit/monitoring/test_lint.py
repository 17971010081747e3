"""The plan linter on small plans with planted faults: recall and false alarms, place, reason and advice."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossu_analysis.errors import OssuError
from ossu_analysis.monitoring.lint import as_text, findings, read_paper
from ossu_analysis.monitoring.lint.paper import Grid, Paper, Prose, Row
from ossu_analysis.monitoring.lint.reading import moments, plain_number, sentences
from ossu_analysis.monitoring.lint.sums import tables
from ossu_analysis.reference import READERS
from ossu_analysis.store import Store, project_root
from tests.unit.monitoring.plan_files import plans, write_plan


@pytest.fixture(scope="module")
def names():
    store = Store(project_root())
    return READERS["legacy_service"](store), READERS["service"](store)


def split(plan, folder, names):
    """Planted faults that were found, those that were missed, and findings that nobody planted."""
    left = findings(read_paper(write_plan(plan, folder)), *names)
    found, missed = [], []
    for fault in plan["faults"]:
        at = [one for one in left if one.kind.removesuffix("_sum") == fault["kind"] and fault["at"] in one.quote]
        if at:
            left.remove(at[0])
        (found if at else missed).append(fault)
    return found, missed, left


def test_there_are_enough_plans():
    faulty = [*plans("development"), *plans("held_out")]
    assert len(faulty) >= 60 and all(plan["faults"] for plan in faulty)
    assert len(plans("clean")) == 10
    assert {plan["format"] for plan in faulty} == {"docx", "xlsx", "pdf"}


@pytest.mark.parametrize("part", ["development", "held_out"])
def test_planted_faults_are_found(part, tmp_path, names):
    found = missed = 0
    for plan in plans(part):
        hits, misses, false = split(plan, tmp_path, names)
        found, missed = found + len(hits), missed + len(misses)
        assert len(false) <= 1, (plan["name"], false)
    assert found / (found + missed) >= 0.95


@pytest.mark.parametrize("plan", plans("clean"), ids=lambda plan: plan["name"])
def test_clean_plans_are_left_alone(plan, tmp_path, names):
    paper = read_paper(write_plan(plan, tmp_path))
    found = findings(paper, *names)
    assert not found, as_text(paper, found)


def test_each_finding_says_where_why_and_what_to_do(tmp_path, names):
    plan = plans("development")[0]
    paper = read_paper(write_plan(plan, tmp_path))
    said = as_text(paper, findings(paper, *names))
    assert "абзац 3, в „Етапи на изпълнение“" in said
    assert "Обещани са 2 етапа, а са описани 4." in said
    assert said.count("Предложение: ") == len(plan["faults"])
    assert "в документа няма таблици" in said


def test_a_document_without_tables_is_explained(tmp_path, names):
    plan = next(plan for plan in plans("clean") if plan["name"] == "c09_no_tables")
    paper = read_paper(write_plan(plan, tmp_path))
    assert as_text(paper, findings(paper, *names)).startswith("c09_no_tables.docx: в документа няма таблици")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("план.doc", b"x", "очаква се DOCX, XLSX или PDF"),
        ("план.docx", b"not a package", "файлът не се чете"),
        ("план.xlsx", b"not a package", "план.xlsx"),
        ("план.pdf", b"%PDF-1.4 broken", "файлът не се чете"),
        ("няма.docx", None, "няма такъв файл"),
    ],
)
def test_what_is_no_plan_is_a_sentence(name, content, said, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(OssuError) as error:
        read_paper(tmp_path / name)
    assert said in str(error.value)


def test_a_scanned_pdf_is_named(tmp_path):
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.output(str(tmp_path / "скан.pdf"))
    with pytest.raises(OssuError) as error:
        read_paper(tmp_path / "скан.pdf")
    assert "няма текст" in str(error.value)


def test_dates_and_periods_of_a_sentence():
    said = "От януари до юни 2016 г., после 01.07.2016 – 30.06.2017 г. и накрая 2018 г.; 2 000 лв. и 2020 лица не са."
    assert [(one.start, one.end) for one in moments(said)] == [
        (datetime.date(2016, 1, 1), datetime.date(2016, 6, 30)),
        (datetime.date(2016, 7, 1), datetime.date(2017, 6, 30)),
        (datetime.date(2018, 1, 1), datetime.date(2018, 12, 31)),
    ]


def test_abbreviations_do_not_end_a_sentence():
    said = "По чл. 59 от наредбата, в т.ч. Приложение 1, срокът е до 2026 г. Планът се обсъжда."
    assert len(sentences(said)) == 2


def grid(rows):
    lines = [Row(tuple(map(str, row)), "таблица 1") for row in rows]
    return Paper("план", (Grid(lines[0], tuple(lines[1:]), ""),))


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=8), st.integers(-50, 50))
def test_only_a_wrong_total_is_found(parts, error):
    rows = [("Община", "Места"), *((f"Община {at}", part) for at, part in enumerate(parts))]
    found = list(tables(grid([*rows, ("Общо", sum(parts) + error)])))
    assert bool(found) == bool(error)


@given(st.integers(0, 10**9))
def test_numbers_are_read_as_they_are_printed(value):
    from ossu_analysis.texts import number

    assert plain_number(number(value)) == value


@settings(deadline=None, max_examples=40)
@given(said=st.text(max_size=80))
def test_any_text_can_be_read(said, names):
    for one in findings(Paper("план", (Prose(said, "абзац 1"),)), *names):
        assert one.why and one.todo
