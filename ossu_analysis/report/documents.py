"""Which documents are made for which oblast, and writing them in every format.

For each oblast: a municipal proposal per municipality and the oblast summary, each as DOCX, XLSX and HTML of the same
content.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.report.content import Document, Imprint
from ossu_analysis.report.facts import Facts, read_facts
from ossu_analysis.report.municipal import municipal_proposal
from ossu_analysis.report.oblast import oblast_summary
from ossu_analysis.report.page import write_html
from ossu_analysis.report.word import write_docx
from ossu_analysis.report.workbook import write_xlsx
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import Store

FOLDER = "documents"
WRITERS: dict[str, Callable[[Document, Path], Path]] = {"docx": write_docx, "xlsx": write_xlsx, "html": write_html}


def write_documents(
    store: Store,
    oblasts: Iterable[str],
    imprint: Imprint,
    folder: Path,
    told: Callable[[str], None] = lambda said: None,
) -> pd.DataFrame:
    """Write all documents of some oblasts into ``folder``, one folder below it per oblast.

    Parameters
    ----------
    store : Store
        Where the working tables are.
    oblasts : iterable of str
        Codes of oblasts (``SML``); see `all_oblasts`.
    imprint : Imprint
        Identity of the run.
    folder : Path
        Created if need be; files of the same name are replaced.
    told : callable
        Receives the name of each document when it is done.

    Returns
    -------
    DataFrame
        Table ``report.document``.

    Raises
    ------
    OssuError
        ``report.unknown_oblast`` when a code is not in ``reference.oblast``.
    """
    rows: list[dict[str, object]] = []
    known = all_oblasts(store)
    for code in oblasts:
        if code not in known:
            raise OssuError("report.unknown_oblast", oblast=code, known=", ".join(known))
        facts = read_facts(store, code, imprint.scenario)
        for area_code, document in _documents(facts, imprint):
            rows += _written(document, facts.oblast_code, area_code, folder)
            told(document.name)
    return pd.DataFrame(rows, columns=[info.name for info in columns(table_class("report", "document"))])


def all_oblasts(store: Store) -> list[str]:
    """Codes of the 28 oblasts."""
    return sorted(store.read("reference", "oblast")["oblast_code"])


def _documents(facts: Facts, imprint: Imprint) -> Iterator[tuple[str, Document]]:
    yield facts.oblast_code, oblast_summary(facts, imprint)
    for code in sorted(facts.municipalities["municipality_code"]):
        yield code, municipal_proposal(facts, code, imprint)


def _written(document: Document, oblast_code: str, area_code: str, folder: Path) -> list[dict[str, object]]:
    target = folder / oblast_code
    target.mkdir(parents=True, exist_ok=True)
    rows = []
    for form, write in WRITERS.items():
        file = write(document, target / f"{document.name}.{form}")
        rows.append(
            {
                "oblast_code": oblast_code,
                "area_code": area_code,
                "output": "obobshtenie" if area_code == oblast_code else "predlozhenie",
                "format": form,
                "title": document.title,
                "place": document.subtitle,
                "file": f"{FOLDER}/{oblast_code}/{file.name}",
                "size": file.stat().st_size,
                "tables": len(document.tables),
                "figures": len(document.pictures),
                "status": "demonstration" if document.banner else "forecast",
            }
        )
    return rows
