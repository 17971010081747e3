"""Documents of the short run on the real figures: what a reader would stumble over is not in them."""

import html
import re
import zipfile

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chain")]

LATIN = re.compile(r"\b[A-Za-z]*[a-z][A-Za-z]+\b")
LEFT_OVER = re.compile(r"[{}]|\b(?:None|nan|NaN|NaT|NA)\b|\b(?:report|common|gap|evaluation)\.[a-z_]+")
NOT_WORDS = {"mxM", "mxF", "sexRatio", "popM", "popF", "percentASFR", "UNdata", "demo", "ossu", "duckdb", "csv", "yaml",
             "data", "raw", "reference", "assumptions", "standards", "rules", "inbox"}  # fmt: skip
"""Names of the publishers' series and of files: they are looked up by these letters."""
OUTPUTS = {"predlozhenie", "godishen_plan", "obsazhdane", "obobshtenie", "monitoring", "ocenka"}


def visible(path) -> str:
    """What a reader of an HTML file sees."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", path.read_text(encoding="utf-8"), flags=re.S)
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


@pytest.fixture(scope="module")
def pages(finished):
    files = sorted((finished / "documents").rglob("*.html"))
    assert {path.name.split("_", 2)[2].rsplit("_", 2)[0] for path in files} == OUTPUTS
    return {path.name: visible(path) for path in files}


def test_no_foreign_word_in_any_document(pages):
    found = {name: sorted(set(LATIN.findall(seen)) - NOT_WORDS) for name, seen in pages.items()}
    assert not {name: words for name, words in found.items() if words}


def test_nothing_of_the_program_is_left_in_any_document(pages):
    found = {name: LEFT_OVER.findall(seen) for name, seen in pages.items()}
    assert not {name: left for name, left in found.items() if left}


def test_word_files_hold_no_key_and_no_missing_value(finished):
    for path in (finished / "documents").rglob("*.docx"):
        with zipfile.ZipFile(path) as parts:
            said = " ".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", parts.read("word/document.xml").decode()))
        assert not LEFT_OVER.findall(said), path.name


def test_every_table_with_numbers_and_every_chart_names_its_source(project):
    from ossu_analysis.report.asset_view import _imprint
    from ossu_analysis.report.documents.writing import outputs
    from ossu_analysis.report.facts import read_facts
    from ossu_analysis.store import Store

    store = Store(project)
    for code, areas in (("BG", ["BG"]), ("SML", ["SML", "SML31"])):
        facts = read_facts(store, code)
        for area in areas:
            for build in outputs(facts, area).values():
                document = build(facts, area, _imprint(store))
                unsourced = [
                    table.key
                    for table in document.tables
                    if not table.source and any(column.is_numeric for column in table.columns)
                ]
                assert not unsourced, document.name
                assert all(picture.chart.source for picture in document.pictures), document.name


def test_every_link_of_the_start_page_leads_somewhere(finished):
    for name in ("index.html", "report_card.html"):
        page = (finished / name).read_text(encoding="utf-8")
        anchors = set(re.findall(r'\bid="([^"]+)"', page))
        links = {link for link in re.findall(r'(?:href|src)="([^"]+)"', page) if not link.startswith("data:")}
        assert {link[1:] for link in links if link.startswith("#")} <= anchors
        files = {link.partition("#")[0] for link in links if not link.startswith(("#", "http"))}
        assert not {link for link in files if not (finished / link).exists()}


def test_every_address_in_every_page_leads_to_its_place(finished):
    pages = {file.resolve(): file.read_text(encoding="utf-8") for file in finished.rglob("*.html")}
    places = {file: set(re.findall(r'\bid="([^"]+)"', page)) for file, page in pages.items()}
    nowhere = []
    for file, page in pages.items():
        for link in re.findall(r'href="([^"]+)"', page):
            path, _, place = link.partition("#")
            target = (file.parent / path).resolve() if path else file
            if not link.startswith(("http", "data:", "mailto:")):
                is_there = target.exists() and (not place or place in places.get(target, ()))
                nowhere += [] if is_there else [(file.name, link)]
    assert len(pages) > 20
    assert nowhere == []
