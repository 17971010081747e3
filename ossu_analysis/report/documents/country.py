"""The country's summary: the same sections as an oblast's, with oblasts where that has municipalities.

It asks nobody to fill anything in: a proposal is made by municipalities and agreed in oblasts, so slots are left out.
"""

from ossu_analysis.report.content import SLOT, Document, Heading, Paragraph, in_sections
from ossu_analysis.report.documents.municipal import file_name
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import breakdown, groups, network, notes, outlook, people
from ossu_analysis.report.sections.subject import Subject
from ossu_analysis.texts import text


def country_summary(facts: Facts, imprint: Imprint) -> Document:
    """Build the summary of the whole country.

    Parameters
    ----------
    facts : Facts
        Tables of the country, from ``read_facts(store, "BG")``.
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
        Heading("heat", text("report.heading.heat")),
        *breakdown.heat(subject),
        *notes.notes(subject),
    ]
    return Document(
        name=file_name(facts.oblast_code, facts.oblast_code, "obobshtenie", imprint),
        title=text("report.title.country"),
        subtitle=subject.label,
        imprint=imprint,
        blocks=in_sections(block for block in blocks if not (isinstance(block, Paragraph) and SLOT in block.text)),
    )
