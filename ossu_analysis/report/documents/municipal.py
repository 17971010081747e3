"""The municipal proposal: which sections, in which order, under which title and file name."""

from collections.abc import Sequence

from ossu_analysis.report.content import Block, Document, in_sections
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import allocation, decisions, groups, network, notes, outlook, people, proposal
from ossu_analysis.report.sections.subject import Subject
from ossu_analysis.texts import text


def municipal_proposal(facts: Facts, municipality_code: str, imprint: Imprint) -> Document:
    """Build the proposal of one municipality.

    Parameters
    ----------
    facts : Facts
        Tables of its oblast.
    municipality_code : str
        NSI code, e.g. ``SML31``.
    imprint : Imprint
        Identity of the run.
    """
    subject = Subject(facts, imprint, municipality_code)
    blocks = [
        *notes.summary(subject),
        *notes.method(subject),
        *people.profile(subject),
        *groups.groups(subject),
        *network.network(subject),
        *network.demand(subject),
        *outlook.outlook(subject),
        *network.gap(subject),
        *outlook.gap_causes(subject),
        *proposal.proposal(subject),
        *proposal.agreement(subject),
        *allocation.public_money(subject),
        *notes.notes(subject),
    ]
    front = decisions.decisions(subject)
    return municipal_document(subject, "predlozhenie", text("report.title.municipal"), blocks, front)


def municipal_document(
    subject: Subject, output: str, title: str, blocks: list[Block], front: Sequence[Block] = ()
) -> Document:
    """A document of a municipality under its title, with the oblast beside its name."""
    facts, imprint = subject.facts, subject.imprint
    return Document(
        name=file_name(facts.oblast_code, subject.code, output, imprint),
        title=title,
        subtitle=text(
            "report.label.subtitle", place=subject.label, oblast=facts.oblast_name, oblast_code=facts.oblast_code
        ),
        imprint=imprint,
        blocks=in_sections(blocks),
        front=tuple(front),
    )


def file_name(oblast_code: str, area_code: str, output: str, imprint: Imprint) -> str:
    """``<oblast>_<area>_<output>_<round>_<run>``: ASCII, without an ending."""
    return f"{oblast_code}_{area_code}_{output}_{imprint.round_name}_{imprint.run_id}"
