"""The oblast summary: the oblast as a whole and the territorial breakdown by municipality."""

from ossu_analysis.report.content import Document, in_sections
from ossu_analysis.report.documents.municipal import file_name
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import allocation, breakdown, groups, network, notes, outlook, people, proposal
from ossu_analysis.report.sections.case import Case
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
    case = Case(facts, imprint, facts.oblast_code)
    blocks = [
        *notes.summary(case),
        *notes.method(case),
        *people.profile(case),
        *breakdown.parts(case),
        *groups.groups(case),
        *network.network(case),
        *network.demand(case),
        *outlook.outlook(case),
        *network.gap(case),
        *outlook.gap_causes(case),
        *breakdown.heat(case),
        *breakdown.breakdown(case),
        *proposal.agreement(case),
        *proposal.options(case),
        *allocation.annex(case),
        *allocation.public_money(case),
        *notes.notes(case),
    ]
    return Document(
        name=file_name(facts.oblast_code, facts.oblast_code, "obobshtenie", imprint),
        title=text("report.title.oblast"),
        subtitle=case.label,
        imprint=imprint,
        blocks=in_sections(blocks),
    )
