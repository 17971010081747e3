"""Where services stop: shares of stops by occupancy, and the odds that a municipality stands at its own stop."""

import numpy as np
import pytest

from ossu_analysis.demand import ceiling
from ossu_analysis.demand.panel import EITHER, Cells


def cells(top: list[float], stopped: list[bool] | None = None, window: float = 0.02) -> Cells:
    """Municipalities with a highest occupancy below full; one known cell each."""
    areas = len(top)
    return Cells(
        area=np.arange(areas),
        year=np.zeros(areas, int),
        persons=np.full(areas, 1000.0),
        count=np.full(areas, 20.0),
        waiting=np.zeros(areas),
        is_censored=np.zeros(areas, bool),
        when=np.full(areas, EITHER),
        top=np.array(top),
        window=np.full(areas, window),
        stopped=np.array(stopped or [False] * areas),
    )


def test_before_anything_is_seen_most_services_stop_at_their_places() -> None:
    assert ceiling.start().sum() == pytest.approx(1.0)
    assert ceiling.start()[-1] > 0.5


def test_where_no_question_arises_nobody_has_stopped() -> None:
    odds = ceiling.log_odds(cells([np.nan, 0.9]), ceiling.start())
    assert odds[0] == -np.inf and np.isfinite(odds[1])


def test_a_list_at_the_top_proves_the_stop() -> None:
    assert ceiling.log_odds(cells([0.9], [True]), ceiling.start())[0] > 20


def test_stops_that_many_share_make_the_next_one_there_likely() -> None:
    together = cells([0.92] * 40)
    learnt = ceiling.shares(together, ceiling.start(), np.ones(40))
    assert learnt.sum() == pytest.approx(1.0)
    before, after = (ceiling.log_odds(cells([0.92]), shares)[0] for shares in (ceiling.start(), learnt))
    assert after > before + 1
    elsewhere = ceiling.log_odds(cells([0.80]), learnt)[0]
    assert after > elsewhere + 1


def test_one_that_never_stopped_only_shows_that_its_stop_lies_above_its_top() -> None:
    learnt = ceiling.shares(cells([0.9] * 40), ceiling.start(), np.zeros(40))
    below = ceiling.EDGES[1:] <= 0.9
    assert learnt[:-1][below].sum() < ceiling.start()[:-1][below].sum()
    assert learnt[-1] > ceiling.start()[-1]
