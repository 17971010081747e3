"""Posts that users need, where a staffing coefficient has been published: ``posts = coefficient x users``.

Order РД01-864/30.10.2012: 0.4 posts a user in a day centre for children with disabilities, 0.6 with weekly care. Other
coefficients have not been found; those services say „няма стандарт“.
"""

import datetime
from collections.abc import Iterable

import pandas as pd

from ossu_analysis.reference.standards import StaffStandard, in_force
from ossu_analysis.texts import text


def posts_needed(
    lines: pd.DataFrame,
    standards: Iterable[StaffStandard],
    day: datetime.date,
    mode: str = "day",
    users: str = "users",
) -> pd.DataFrame:
    """Lines with ``staff_needed`` and ``staff_note``.

    Parameters
    ----------
    lines : DataFrame
        service_code and the column named by ``users``.
    standards : iterable of StaffStandard
        Coefficients of all services and modes.
    day : date
        The coefficient in force on that day counts.
    mode : str
        ``day`` or ``weekly``; a coefficient without a mode holds for both.

    Returns
    -------
    DataFrame
        The lines; without a coefficient ``staff_needed`` is NaN and ``staff_note`` says „няма стандарт“.
    """
    found = in_force([entry for entry in standards if entry.mode in ("", mode)], day)
    coefficients = {code: entry.posts_per_user for code, entry in found.items()}
    known = lines["service_code"].map(coefficients).astype(float)
    return lines.assign(
        staff_needed=lines[users].astype("float64") * known,
        staff_note=pd.Series(text("common.no_standard"), index=lines.index).mask(known.notna(), ""),
    )
