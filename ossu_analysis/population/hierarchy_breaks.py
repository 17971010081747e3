"""Breaks in a table that does not say on which census its counts rest: years in which all areas jump at once.

Belongs here: noticing them, so that the user is asked. Nothing is corrected: a jump may be true, as a wave of refugees
is.
"""

import numpy as np

from ossu_analysis.errors import NOTICE, Fault
from ossu_analysis.population.cells import Floats
from ossu_analysis.population.hierarchy_input import CountedAreas
from ossu_analysis.texts import percent

NEIGHBOURS, LEAST_STEPS = 3, 4
LEAST, LEAST_OF_FEW, FEW = 0.004, 0.03, 5
"""Log step of the whole that is worth asking about, the same where it has fewer than so many areas."""
TIMES, AREAS = 4.0, 0.6
"""How many times the usual deviation the step must be, and the share of areas that must move in its direction."""


def break_notices(counted: CountedAreas, file: str) -> list[Fault]:
    """A notice for every year in which a root and most of its areas leave their course; none where basis is given."""
    if counted.basis is not None:
        return []
    notices = []
    for root in counted.below[""]:
        leaves = [code for code in counted.family(root) if code not in counted.below]
        growth = np.diff(np.log(counted.totals.loc[leaves].to_numpy(float)), axis=1)
        whole = np.diff(np.log(counted.totals.loc[root].to_numpy(float)))
        away, apart = _away(whole[None])[0], _away(growth)
        for at in np.flatnonzero(np.abs(np.nan_to_num(away)) > _limit(away, len(leaves))).tolist():
            same = np.sign(apart[:, at]) == np.sign(away[at])
            if same[np.isfinite(apart[:, at])].mean() >= AREAS:
                found = f"{root}, {counted.years[at + 1]}: {percent(float(np.expm1(away[at])))}"
                notices.append(Fault("population.input_break", file, found=found, severity=NOTICE))
    return notices


def _limit(away: Floats, areas: int) -> float:
    known = np.abs(away[np.isfinite(away)])
    if len(known) < LEAST_STEPS:
        return np.inf
    return max(LEAST if areas >= FEW else LEAST_OF_FEW, TIMES * float(np.median(known)))


def _away(growth: Floats) -> Floats:
    """Growth of every year beside the median of its neighbours."""
    years = growth.shape[1]
    away = np.full_like(growth, np.nan)
    for at in range(years):
        near = [k for k in range(max(at - NEIGHBOURS, 0), min(at + NEIGHBOURS + 1, years)) if k != at]
        known = np.isfinite(growth[:, near]).any(axis=1) & np.isfinite(growth[:, at])
        away[known, at] = growth[known, at] - np.nanmedian(growth[known][:, near], axis=1)
    return away
