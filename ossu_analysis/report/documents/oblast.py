"""The oblast summary: the oblast as a whole and the territorial breakdown by municipality."""

from ossu_analysis.report.content import Document, in_sections
from ossu_analysis.report.documents.municipal import file_name
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import allocation, breakdown, groups, network, notes, outlook, people, proposal
from ossu_analysis.report.sections.subject import Subject
from ossu_analysis.texts import text


def oblast_summary(facts: Facts, imprint: Imprint) -> Document:
    """Build the summary of the oblast that ``facts`` are about.

    Parameters
    ----------
    facts : Facts
        Tables of the oblast.
    imprint : Imprint
        Identity of the run.
    """
    subject = Subject(facts, imprint, facts.oblast_code)
    blocks = [
        *notes.summary(subject),
        *notes.method(subject),
        *people.profile(subject),
        *breakdown.parts(subject),
        *groups.groups(subject),
        *network.network(subject),
        *network.demand(subject),
        *outlook.outlook(subject),
        *network.gap(subject),
        *outlook.gap_causes(subject),
        *breakdown.heat(subject),
        *breakdown.breakdown(subject),
        *proposal.agreement(subject),
        *proposal.options(subject),
        *allocation.annex(subject),
        *allocation.public_money(subject),
        *notes.notes(subject),
    ]
    return Document(
        name=file_name(facts.oblast_code, facts.oblast_code, "obobshtenie", imprint),
        title=text("report.title.oblast"),
        subtitle=subject.label,
        imprint=imprint,
        blocks=in_sections(blocks),
    )
