"""The consultation pack of a municipality: a page for citizens, and the forms that leave a record."""

from ossu_analysis.report.content import Document
from ossu_analysis.report.documents.municipal import municipal_document
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.report.sections import hearing, notes
from ossu_analysis.report.sections.subject import Subject
from ossu_analysis.texts import text


def consultation_pack(facts: Facts, municipality_code: str, imprint: Imprint) -> Document:
    """Build the pack for the public discussion of one municipality's proposal.

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
        *hearing.short(subject),
        *hearing.answer(subject),
        *hearing.forms(("opinion", "register", "moved")),
        *hearing.protocol(subject),
        *hearing.forms(("attendance",)),
        *notes.words(subject),
    ]
    return municipal_document(subject, "obsazhdane", text("report.title.obsazhdane"), blocks)
