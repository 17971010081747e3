"""HTML of a document: one self-contained file that reads well on a phone, on paper and with a screen reader.

Belongs here: HTML only; the look stands in ``templates/``. Anchors come from the keys of the content model, so a link
to a table or paragraph stays valid from run to run.
"""

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from ossu_analysis import texts
from ossu_analysis.report.charts import Chart
from ossu_analysis.report.content import Document, Heading, Paragraph, Picture, Table

TEMPLATES = Path(__file__).parent / "templates"


def write_html(document: Document, path: Path) -> Path:
    """Write ``document`` to ``path``.

    Parameters
    ----------
    document : Document
        What to print.
    path : Path
        File to write; its folder exists.
    """
    labelled, first = list(document.numbered()), len(document.front)
    page = render("document.html", document=document, front=labelled[:first], blocks=labelled[first:])
    path.write_text(page, encoding="utf-8")
    return path


def render(template: str, **facts: Any) -> str:
    """Fill a template of this folder; everything in ``facts`` is escaped."""
    return _environment().get_template(template).render(**facts)


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda said: (
            texts.printable(said) if isinstance(said, str) and not hasattr(said, "__html__") else said
        ),
    )
    environment.globals.update(text=texts.text, data_uri=data_uri, kind_of=_kind_of)
    return environment


def _printed(said: Any) -> Any:
    """Plain text as it is printed; what is HTML already stays."""
    return texts.printable(said) if type(said) is str else said


def data_uri(content: bytes, media_type: str) -> str:
    """``data:`` address that holds a small file inside the page."""
    return f"data:{media_type};base64,{b64encode(content).decode('ascii')}"


def _kind_of(block: object) -> str:
    kinds = {Heading: "heading", Paragraph: "paragraph", Table: "table", Picture: "picture", Chart: "chart"}
    return kinds[type(block)]
