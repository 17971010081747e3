"""Which documents are made for which territory, and writing them in every format.

The country: its summary. An oblast: summary, monitoring report, mid-term evaluation. A municipality: proposal, yearly
plan, pack for the public discussion. Each as DOCX, XLSX and HTML of the same content.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from ossu_analysis.errors import OssuError
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.content import Document, Paragraph
from ossu_analysis.report.disclosure.asterisk import HIDDEN
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

FOLDER, INTERNAL = "documents", "internal"
"""What is published, and beside it the papers for official use only."""
KEPT_INSIDE = {"predlozhenie", "godishen_plan", "obobshtenie", "monitoring", "ocenka"}
"""Papers that officials work with: where the published one hides a count, a whole one is made beside it."""
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
        Created if need be; files of the same name are replaced. Papers for official use only go beside it.
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
        delayed(_write_area)(public, whole, area, imprint, folder)
        for public, whole in (_both(store, code, imprint) for code in (COUNTRY, *chosen))
        for area in (public.oblast_code, *sorted(public.municipalities["municipality_code"]))
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


def _both(store: Store, code: str, imprint: Imprint) -> tuple[Facts, Facts]:
    """What may be published of a territory, and all of it."""
    whole = read_facts(store, code, imprint.scenario, is_internal=True)
    return whole.released(), whole


def _write_area(
    public: Facts, whole: Facts, area: str, imprint: Imprint, folder: Path
) -> tuple[list[str], list[dict[str, object]]]:
    names, rows = [], []
    for output, build in outputs(public, area).items():
        document = build(public, area, imprint)
        names.append(document.name)
        rows += _written(document, public.oblast_code, area, output, folder, WRITERS)
        if output in KEPT_INSIDE and hides(document):
            complete = build(whole, area, imprint.internal())
            inside = {form: write for form, write in WRITERS.items() if form != "html"}
            rows += _written(complete, public.oblast_code, area, output, folder.with_name(INTERNAL), inside)
    return names, rows


def hides(document: Document) -> bool:
    """Whether a count is hidden in any table or sentence of a document; the list of signs names the asterisk only."""
    said = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    said += [cell for table in document.tables for row in table.rows() for cell in row]
    return any(HIDDEN in one.replace(f"„{HIDDEN}“", "") for one in said)


def _written(
    document: Document,
    oblast_code: str,
    area_code: str,
    output: str,
    folder: Path,
    writers: Mapping[str, Callable[[Document, Path], Path]],
) -> list[dict[str, object]]:
    target = folder / oblast_code
    target.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    for form, write in writers.items():
        file = write(document, target / f"{document.name}.{form}")
        rows.append(
            {
                "oblast_code": oblast_code,
                "area_code": area_code,
                "output": output,
                "format": form,
                "title": document.title,
                "place": document.subtitle,
                "file": f"{INTERNAL if document.imprint.is_internal else FOLDER}/{oblast_code}/{file.name}",
                "is_internal": document.imprint.is_internal,
                "size": file.stat().st_size,
                "tables": len(document.tables),
                "figures": len(document.pictures),
                "status": "demonstration" if document.is_demonstration else "forecast",
            }
        )
    return rows
