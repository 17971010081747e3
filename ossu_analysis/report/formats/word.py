"""DOCX of a document: Word heading styles, real captions, repeated table headers, a contents field, bg-BG, A4.

Belongs here: Word only. Tables are written as XML at once, because python-docx addresses cells one by one and that is a
hundred times slower.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ossu_analysis import texts
from ossu_analysis.report.content import Block, Column, Document, Heading, Paragraph, Picture, Table

FONT = "Arial"
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 11906, 16838, 1134  # A4 and 2 cm, in twentieths of a point
BESIDE_PICTURE = 1700  # a heading above a picture and a caption of two lines below it, likewise
UPRIGHT = 2100
"""Height of a header row with upright headings, in twentieths of a point."""
INK, SHADE, RULE = "1A1A1A", "E8EDF2", "9AA5B1"


def write_docx(document: Document, path: Path) -> Path:
    """Write ``document`` to ``path``.

    Parameters
    ----------
    document : Document
        What to print.
    path : Path
        File to write; its folder exists.
    """
    import docx

    word = docx.Document(io.BytesIO(_template()))
    _describe(word, document)
    labelled = _laid_out(list(document.numbered()))
    _title(word, document)
    for label, block in labelled[: len(document.front)]:
        _add(word, label, block)
    _imprint(word, document)
    for label, block in labelled[len(document.front) :]:
        _add(word, label, block)
    _foot(word, document)
    word.save(str(path))
    return path


def _laid_out(labelled: list[tuple[str, Block]]) -> list[tuple[str, Block]]:
    """A section of words alone lies as the one before it, so that no page turns for a line or two."""
    starts = [at for at, (_, block) in enumerate(labelled) if isinstance(block, Heading) and block.level == 1]
    is_wide = False
    for start, end in zip(starts, [*starts[1:], len(labelled)], strict=True):
        label, heading = labelled[start]
        assert isinstance(heading, Heading)
        has_width = any(isinstance(block, Table | Picture) for _, block in labelled[start:end])
        is_wide = heading.wide if has_width else is_wide
        labelled[start] = label, replace(heading, wide=is_wide)
    return labelled


def _add(word: Any, label: str, block: Block) -> None:
    if isinstance(block, Heading):
        _heading(word, block)
    elif isinstance(block, Paragraph):
        style = {"bullet": "ListBullet", "note": "Source", "warning": "Warning"}.get(block.kind, "Normal")
        _runs(_paragraph(word, style), block)
    elif isinstance(block, Table):
        _table(word, label, block)
    else:
        _picture(word, label, block)


def _paragraph(word: Any, style_id: str, said: str = "") -> Any:
    """A paragraph with a style by its id; looking styles up by name takes most of python-docx's time."""
    paragraph = word.add_paragraph(said)
    paragraph._p.style = style_id
    return paragraph


@cache
def _template() -> bytes:
    """The empty document: page, fonts, styles and language, made once per process."""
    import docx
    from docx.shared import Pt, RGBColor

    word = docx.Document()
    _page(word.sections[0])
    _language(word)
    sizes = {"Normal": 10.5, "Title": 20, "Subtitle": 13, "Heading 1": 15, "Heading 2": 12, "Heading 3": 11}
    sizes |= {"Caption": 9.5, "List Bullet": 10.5, "Header": 8.5, "Footer": 8}
    for name, size in sizes.items():
        _font(word.styles[name], size, bold=name.startswith("Heading") or name in {"Title", "Caption"})
    for name, size, base in (("Source", 8.5, "Normal"), ("Warning", 10.5, "Normal"), ("TableText", 8.5, "Normal")):
        _font(word.styles.add_style(name, 1), size)
        word.styles[name].base_style = word.styles[base]
    _spacing(word.styles)
    word.styles["Warning"].font.color.rgb = RGBColor.from_string("7A3E00")
    word.styles["Heading 1"].paragraph_format.space_before = Pt(18)
    stream = io.BytesIO()
    word.save(stream)
    return stream.getvalue()


def _is_wide(word: Any) -> bool:
    section = word.sections[-1]
    return bool(section.page_width > section.page_height)


def _page(section: Any, wide: bool = False) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Twips

    width, height = (PAGE_HEIGHT, PAGE_WIDTH) if wide else (PAGE_WIDTH, PAGE_HEIGHT)
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Twips(width), Twips(height)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Twips(MARGIN)


def _language(word: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    defaults = word.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    language = OxmlElement("w:lang")
    for part in ("val", "eastAsia", "bidi"):
        language.set(qn(f"w:{part}"), "bg-BG")
    defaults.append(language)
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    word.settings.element.append(update)


def _font(style: Any, size: float, bold: bool = False) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size, style.font.bold, style.font.italic = FONT, Pt(size), bold, False
    style.font.color.rgb = RGBColor.from_string(INK)
    fonts = style.element.rPr.rFonts
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for part in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{part}"), FONT)


def _spacing(styles: Any) -> None:
    from docx.shared import Pt

    after = {"Normal": 6, "List Bullet": 3, "Source": 3, "TableText": 0, "Caption": 3, "Warning": 6, "Title": 4}
    for name, points in after.items():
        styles[name].paragraph_format.space_after = Pt(points)
        styles[name].paragraph_format.space_before = Pt(0)
    styles["Caption"].paragraph_format.space_before = Pt(8)
    styles["Normal"].paragraph_format.line_spacing = 1.1
    styles["TableText"].paragraph_format.line_spacing = 1.0
    styles["Source"].paragraph_format.space_before = Pt(2)
    for spacing in styles["Subtitle"].element.xpath(".//w:rPr/w:spacing"):
        spacing.getparent().remove(spacing)
    for border in styles["Title"].element.xpath(".//w:pBdr"):
        border.getparent().remove(border)


def _describe(word: Any, document: Document) -> None:
    properties = word.core_properties
    properties.title, properties.subject = document.title, document.subtitle
    properties.author, properties.comments = texts.text("report.words.author"), document.imprint.footer()
    properties.language = "bg-BG"


def _title(word: Any, document: Document) -> None:
    _paragraph(word, "Title", document.title)
    _paragraph(word, "Subtitle", document.subtitle)
    if document.banner:
        _paragraph(word, "Warning", document.banner)


def _imprint(word: Any, document: Document) -> None:
    """What made the document, and its contents; on a page of their own where the answer stands on the first."""
    if document.front:
        _paragraph(word, "Normal").paragraph_format.page_break_before = True
    lines = [(f"{label}:", value) for label, value in document.imprint.lines()]
    _append(word, _table_xml([], lines, [1.0, 2.2], [False, False]))
    _paragraph(word, "Subtitle", texts.text("report.words.contents")).paragraph_format.space_before = 12 * 12700
    _contents(word, [heading for heading in document.headings if heading.level <= 2])


def _contents(word: Any, headings: list[Heading]) -> None:
    """The contents field with linked entries already in it, so a reader that updates nothing still sees them."""
    from docx.shared import Twips

    for position, heading in enumerate(headings):
        paragraph = word.add_paragraph()
        paragraph.paragraph_format.space_after = 0
        paragraph.paragraph_format.left_indent = Twips(300 * (heading.level - 1))
        if position == 0:
            _field_mark(paragraph, "begin")
            _instruction(paragraph, 'TOC \\o "1-2" \\h \\z \\u')
            _field_mark(paragraph, "separate")
        _link(paragraph, heading)
        if position == len(headings) - 1:
            _field_mark(paragraph, "end")


def _link(paragraph: Any, heading: Heading) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), _bookmark(heading))
    link.append(paragraph.add_run(heading.text)._r)
    paragraph._p.append(link)


def _bookmark(heading: Heading) -> str:
    return f"_Toc_{heading.key}".replace("-", "_")


def _heading(word: Any, heading: Heading) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    turns = heading.level == 1 and heading.wide != _is_wide(word)
    if turns:
        _page(word.add_section(), heading.wide)
    paragraph = word.add_heading(heading.text, level=heading.level)
    paragraph.paragraph_format.page_break_before = heading.new_page and not turns
    number = str(len(word.element.xpath(".//w:bookmarkStart")))
    for kind, place in (("w:bookmarkStart", 1), ("w:bookmarkEnd", None)):
        mark = OxmlElement(kind)
        mark.set(qn("w:id"), number)
        if place:
            mark.set(qn("w:name"), _bookmark(heading))
            paragraph._p.insert(place, mark)
        else:
            paragraph._p.append(mark)


def _runs(paragraph: Any, block: Paragraph) -> None:
    from docx.enum.text import WD_COLOR_INDEX

    for piece, is_slot in block.parts:
        run = paragraph.add_run(piece)
        if is_slot:
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _caption(word: Any, label: str, caption: str, keep_with_next: bool) -> None:
    paragraph = _paragraph(word, "Caption")
    paragraph.paragraph_format.keep_with_next = keep_with_next
    noun, number = label.rsplit(" ", 1)
    paragraph.add_run(f"{noun} ")
    _field(paragraph, f"SEQ {noun} \\* ARABIC", number)
    paragraph.add_run(f". {caption}")


def _table(word: Any, label: str, table: Table) -> None:
    _caption(word, label, table.title, keep_with_next=True)
    widths = [column.width for column in table.columns]
    numeric = [column.is_numeric for column in table.columns]
    _append(word, _table_xml(table.columns, table.rows(), widths, numeric, _is_wide(word)))
    for line in (table.source and f"{texts.text('report.words.source')}: {table.source}", table.note):
        if line:
            _runs(_paragraph(word, "Source"), Paragraph(line))
    if not (table.source or table.note):
        _paragraph(word, "Source")


def _append(word: Any, xml: str) -> None:
    from docx.oxml import parse_xml

    word.element.body._insert_tbl(parse_xml(xml))


def _table_xml(
    head: Sequence[Column],
    rows: Sequence[tuple[str, ...]],
    widths: list[float],
    numeric: list[bool],
    wide: bool = False,
) -> str:
    from docx.oxml.ns import nsdecls

    available = (PAGE_HEIGHT if wide else PAGE_WIDTH) - 2 * MARGIN
    twips = [round(available * width / sum(widths)) for width in widths]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
    line = f'w:val="single" w:sz="4" w:space="0" w:color="{RULE}"'
    borders = "".join(f"<w:{side} {line}/>" for side in ("top", "bottom", "insideH"))
    sides = {"top": 25, "left": 57, "bottom": 25, "right": 57}
    margins = "".join(f'<w:{side} w:w="{room}" w:type="dxa"/>' for side, room in sides.items())
    body = "".join(_row_xml(row, twips, numeric) for row in rows)
    return (
        f"<w:tbl {nsdecls('w')}><w:tblPr><w:tblW w:w='{sum(twips)}' w:type='dxa'/>"
        f"<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type='fixed'/>"
        f"<w:tblCellMar>{margins}</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"{_head_xml(head, twips)}{body}</w:tbl>"
    )


def _head_xml(head: Sequence[Column], twips: list[int]) -> str:
    """The repeated header row; upright headings need a row high enough for them."""
    if not head:
        return ""
    upright = any(column.upright for column in head)
    height = f'<w:trHeight w:val="{UPRIGHT}" w:hRule="exact"/>' if upright else ""
    cells = "".join(
        _cell_xml(column.heading, width, column.is_numeric and not column.upright, header=True, upright=column.upright)
        for column, width in zip(head, twips, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{height}<w:tblHeader/></w:trPr>{cells}</w:tr>"


def _row_xml(cells: tuple[str, ...], twips: list[int], numeric: list[bool]) -> str:
    parts = zip(cells, twips, numeric, strict=True)
    inside = "".join(_cell_xml(cell, width, right) for cell, width, right in parts)
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{inside}</w:tr>"


def _cell_xml(cell: str, width: int, right: bool, header: bool = False, upright: bool = False) -> str:
    look = f'<w:shd w:val="clear" w:color="auto" w:fill="{SHADE}"/>' if header else ""
    look += '<w:textDirection w:val="btLr"/><w:vAlign w:val="center"/>' if upright else ""
    keep = "<w:keepNext/>" if header else ""
    align = '<w:jc w:val="right"/>' if right else ""
    runs = "".join(_run_xml(piece, slot, header) for piece, slot in Paragraph(cell).parts)
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{look}</w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="TableText"/>{keep}{align}</w:pPr>{runs}</w:p></w:tc>'
    )


def _run_xml(piece: str, slot: bool, header: bool) -> str:
    look = ("<w:b/>" if header else "") + ('<w:highlight w:val="yellow"/>' if slot else "")
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'


def _picture(word: Any, label: str, picture: Picture) -> None:
    from docx.shared import Twips

    paragraph = word.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    tall = (PAGE_WIDTH if _is_wide(word) else PAGE_HEIGHT) - 2 * MARGIN - BESIDE_PICTURE
    width = min(PAGE_WIDTH - 2 * MARGIN, round(tall * picture.chart.width / picture.chart.height))
    shape = paragraph.add_run().add_picture(io.BytesIO(picture.chart.png()), width=Twips(width))
    for side in ("distT", "distB", "distL", "distR"):
        shape._inline.set(side, "0")
    for name, said in (("name", label), ("descr", picture.chart.description), ("title", picture.caption)):
        shape._inline.docPr.set(name, said)
    _caption(word, label, picture.caption, keep_with_next=False)


def _foot(word: Any, document: Document) -> None:
    section = word.sections[0]
    if document.banner:
        section.header.paragraphs[0].text = texts.text("common.demonstration")
    paragraph = section.footer.paragraphs[0]
    paragraph.add_run(f"{document.imprint.footer()} · {texts.text('report.words.page')} ")
    _field(paragraph, "PAGE", "1")
    paragraph.add_run(f" {texts.text('report.words.of')} ")
    _field(paragraph, "NUMPAGES", "1")


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    _field_mark(paragraph, "begin")
    _instruction(paragraph, instruction)
    _field_mark(paragraph, "separate")
    paragraph.add_run(shown)
    _field_mark(paragraph, "end")


def _field_mark(paragraph: Any, kind: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)


def _instruction(paragraph: Any, instruction: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement("w:instrText")
    element.set(qn("xml:space"), "preserve")
    element.text = f" {instruction} "
    paragraph.add_run()._r.append(element)
