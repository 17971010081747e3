"""The monitoring report of an oblast and its mid-term evaluation: which sections, in which order."""

from ossu_analysis.report.content import Block, Document, in_sections
from ossu_analysis.report.documents.municipal import file_name
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import map_update, network, notes, outlook, rebase, tracking
from ossu_analysis.report.sections.subject import Subject
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
    subject = Subject(facts, imprint, code)
    blocks = [
        *tracking.scope(subject),
        *tracking.slot_sections(("priorities",)),
        *tracking.services(subject),
        *tracking.money(subject),
        *tracking.slot_sections(("visits",)),
        *tracking.people_deviation(subject),
        *tracking.risks(subject),
        *map_update.grounds(subject),
        *tracking.slot_sections(("suggestions", "updates")),
        *notes.words(subject),
        *notes.sources(subject),
    ]
    return _document(subject, "monitoring", blocks)


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
    subject = Subject(facts, imprint, code)
    blocks = [
        *tracking.scope(subject),
        *tracking.slot_sections(("planned",)),
        *rebase.expected(subject),
        *rebase.causes(subject),
        *rebase.targets(subject),
        *tracking.services(subject),
        *tracking.people_deviation(subject),
        *outlook.outlook(subject),
        *rebase.relevance(subject),
        *tracking.slot_sections(("efficiency", "sustainability")),
        *network.gap(subject),
        *tracking.slot_sections(("resources", "recommendations")),
        *notes.words(subject),
        *notes.sources(subject),
    ]
    return _document(subject, "ocenka", blocks)


def _document(subject: Subject, output: str, blocks: list[Block]) -> Document:
    return Document(
        name=file_name(subject.facts.oblast_code, subject.code, output, subject.imprint),
        title=text(f"report.title.{output}"),
        subtitle=subject.label,
        imprint=subject.imprint,
        blocks=in_sections(blocks),
    )
