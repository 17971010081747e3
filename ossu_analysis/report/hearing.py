"""The consultation pack of a municipality: a page for citizens, and the forms that leave a record (PRODUCT O10)."""

from ossu_analysis.report.content import Document, Imprint, in_sections
from ossu_analysis.report.facts import Facts
from ossu_analysis.report.municipal import file_name
from ossu_analysis.report.sections import hearing, notes
from ossu_analysis.report.sections.case import Case
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
    case = Case(facts, imprint, municipality_code)
    blocks = [
        *hearing.short(case),
        *hearing.answer(case),
        *hearing.forms(("opinion", "register", "moved")),
        *hearing.protocol(case),
        *hearing.forms(("attendance",)),
        *notes.words(case),
    ]
    return Document(
        name=file_name(facts.oblast_code, municipality_code, "obsazhdane", imprint),
        title=text("report.title.obsazhdane"),
        subtitle=text(
            "report.label.subtitle", place=case.label, oblast=facts.oblast_name, oblast_code=facts.oblast_code
        ),
        imprint=imprint,
        blocks=in_sections(blocks),
    )
