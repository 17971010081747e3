"""Which documents are made for which territory, and writing them in every format.

The country: its summary. An oblast: summary, monitoring report, mid-term evaluation. A municipality: proposal, yearly
plan, pack for the public discussion. Each as DOCX, XLSX and HTML of the same content.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.content import Document
from ossu_analysis.report.documents.consultation import consultation_pack
from ossu_analysis.report.documents.country import country_summary
from ossu_analysis.report.documents.monitoring import midterm_evaluation, monitoring_report
from ossu_analysis.report.documents.municipal import municipal_proposal
from ossu_analysis.report.documents.oblast import oblast_summary
from ossu_analysis.report.documents.yearly import yearly_plan
from ossu_analysis.report.facts import Facts, read_facts
from ossu_analysis.report.formats.page import write_html
from ossu_analysis.report.formats.word import write_docx
from ossu_analysis.report.formats.workbook import write_xlsx
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import Store

FOLDER = "documents"
Builder = Callable[[Facts, str, Imprint], Document]
WRITERS: dict[str, Callable[[Document, Path], Path]] = {"docx": write_docx, "xlsx": write_xlsx, "html": write_html}


def write_documents(
    store: Store,
    oblasts: Iterable[str],
    imprint: Imprint,
    folder: Path,
    told: Callable[[str], None] = lambda said: None,
    jobs: int = 1,
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
    jobs : int
        Processes that write side by side; -1 means one per core.

    Returns
    -------
    DataFrame
        Table ``report.document``.

    Raises
    ------
    OssuError
        ``report.unknown_oblast`` when a code is not in ``reference.oblast``.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    rows: list[dict[str, object]] = []
    known = all_oblasts(store)
    chosen = list(oblasts)
    for code in chosen:
        if code not in known:
            raise OssuError("report.unknown_oblast", oblast=code, known=", ".join(known))
    # One sequence for all, so that an oblast is read while the country's document is drawn.
    tasks = (
        delayed(_write_area)(facts, area, imprint, folder)
        for facts in (read_facts(store, code, imprint.scenario) for code in (COUNTRY, *chosen))
        for area in (facts.oblast_code, *sorted(facts.municipalities["municipality_code"]))
    )
    for names, written in Parallel(n_jobs=jobs, return_as="generator")(tasks):
        rows += written
        for name in names:
            told(name)
    if jobs != 1:
        get_reusable_executor().shutdown()
    return pd.DataFrame(rows, columns=[info.name for info in columns(table_class("report", "document"))])


def all_oblasts(store: Store) -> list[str]:
    """Codes of the 28 oblasts."""
    return sorted(store.read("reference", "oblast")["oblast_code"])


def outputs(facts: Facts, area: str) -> dict[str, Builder]:
    """What is made for a territory: kind of document by its name in the file, with the function that builds it."""
    if area == COUNTRY:
        return {"obobshtenie": lambda facts, area, imprint: country_summary(facts, imprint)}
    if area == facts.oblast_code:
        return {
            "obobshtenie": lambda facts, area, imprint: oblast_summary(facts, imprint),
            "monitoring": monitoring_report,
            "ocenka": midterm_evaluation,
        }
    return {
        "predlozhenie": municipal_proposal,
        "godishen_plan": yearly_plan,
        "obsazhdane": consultation_pack,
    }


def _write_area(facts: Facts, area: str, imprint: Imprint, folder: Path) -> tuple[list[str], list[dict[str, object]]]:
    names, rows = [], []
    for output, build in outputs(facts, area).items():
        document = build(facts, area, imprint)
        names.append(document.name)
        rows += _written(document, facts.oblast_code, area, output, folder)
    return names, rows


def _written(
    document: Document, oblast_code: str, area_code: str, output: str, folder: Path
) -> list[dict[str, object]]:
    target = folder / oblast_code
    target.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    for form, write in WRITERS.items():
        file = write(document, target / f"{document.name}.{form}")
        rows.append(
            {
                "oblast_code": oblast_code,
                "area_code": area_code,
                "output": output,
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
