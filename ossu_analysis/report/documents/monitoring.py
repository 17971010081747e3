"""The monitoring report of an oblast and its mid-term evaluation: which sections, in which order."""

from ossu_analysis.report.content import Block, Document, in_sections
from ossu_analysis.report.documents.municipal import file_name
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import network, notes, outlook, tracking
from ossu_analysis.report.sections.case import Case
from ossu_analysis.texts import text


def monitoring_report(facts: Facts, code: str, imprint: Imprint) -> Document:
    """What was planned, what came, and why otherwise, for any period since the base year.

    Parameters
    ----------
    facts : Facts
        Tables of the oblast.
    code : str
        Code of the oblast.
    imprint : Imprint
        Identity of the run.
    """
    case = Case(facts, imprint, code)
    blocks = [
        *tracking.scope(case),
        *tracking.slot_sections(("priorities",)),
        *tracking.services(case),
        *tracking.money(case),
        *tracking.slot_sections(("visits",)),
        *tracking.people_deviation(case),
        *tracking.risks(case),
        *tracking.slot_sections(("suggestions", "updates")),
        *notes.words(case),
        *notes.sources(case),
    ]
    return _document(case, "monitoring", blocks)


def midterm_evaluation(facts: Facts, code: str, imprint: Imprint) -> Document:
    """What changed since the earlier base year, and which indicators get a new base; the old one stays beside it.

    Parameters
    ----------
    facts : Facts
        Tables of the oblast.
    code : str
        Code of the oblast.
    imprint : Imprint
        Identity of the run.
    """
    case = Case(facts, imprint, code)
    blocks = [
        *tracking.scope(case),
        *tracking.slot_sections(("planned",)),
        *tracking.rebased(case),
        *tracking.services(case),
        *tracking.people_deviation(case),
        *outlook.outlook(case),
        *tracking.slot_sections(("relevance", "effectiveness", "efficiency", "sustainability")),
        *network.gap(case),
        *tracking.slot_sections(("resources", "recommendations")),
        *notes.words(case),
        *notes.sources(case),
    ]
    return _document(case, "ocenka", blocks)


def _document(case: Case, output: str, blocks: list[Block]) -> Document:
    return Document(
        name=file_name(case.facts.oblast_code, case.code, output, case.imprint),
        title=text(f"report.title.{output}"),
        subtitle=case.label,
        imprint=case.imprint,
        blocks=in_sections(blocks),
    )
