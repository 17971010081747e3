"""Columns of a return: our names, the labels that municipalities write, and which kind of sheet has which.

Files are opened in `tabular`; what a row means is read in `rows`.
"""

from functools import cache

from ossu_analysis.tabular import Sheet, folded
from ossu_analysis.texts import text

COLUMNS = (
    "municipality_code",
    "service_code",
    "year",
    "services_count",
    "places",
    "users",
    "waiting",
    "approved",
    "map_number",
    "staff_posts",
    "staff_filled",
    "funding_type",
    "funding_end",
    "mobile_to",
    "empty_since",
    "note",
)
REQUIRED = ("municipality_code", "service_code", "year", "users")
HOME = "home_code"
"""A sheet with this column lists users by the municipality of their address, not services."""
PROFILE = ("sex", "age_from", "age_to")
"""A sheet with one of these columns lists users by sex and age."""
LEAST = 3
"""So many known labels make a header."""


def is_residence(sheet: Sheet) -> bool:
    """Whether the rows are users by municipality of address."""
    return any(column_of(label) == HOME for label in sheet.header)


def is_profile(sheet: Sheet) -> bool:
    """Whether the rows are users by sex and age."""
    return not is_residence(sheet) and any(column_of(label) in PROFILE for label in sheet.header)


def required(sheet: Sheet) -> tuple[str, ...]:
    """Columns that the sheet must have."""
    return (*REQUIRED, *((HOME,) if is_residence(sheet) else PROFILE if is_profile(sheet) else ()))


def column_of(label: str) -> str | None:
    """Our name of a column from its label in the file, or None."""
    return _labels().get(folded(label))


@cache
def _labels() -> dict[str, str]:
    known: dict[str, str] = {}
    for column in (*COLUMNS, HOME, *PROFILE):
        written = [column, text(f"collection.column.{column}"), *text(f"collection.alias.{column}").split("|")]
        known |= {folded(label): column for label in written}
    return known
