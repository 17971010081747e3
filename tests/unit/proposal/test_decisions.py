"""Worked cases that an official can read, and what every decision must hold whatever the numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ossu_analysis.proposal.clusters import GAP, Small, group, lower_bound
from ossu_analysis.proposal.decision import Outlook, Situation, Terms, confidence, decide, whole_units, with_guests
from ossu_analysis.proposal.plan import closing_homes, months_without_users, plan_years
from tests.unit.capacity.made_up import services

FOLDER = Path(__file__).parents[2] / "data" / "decisions"
YEARS = (2027, 2029, 2034)
TERMS = Terms(YEARS, smallest_change=0.05)


def cases(*names):
    read = [case for name in names for case in yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))]
    return [pytest.param(case, id=case["situation"]) for case in read]


def by_year(value):
    return dict(zip(YEARS, value if isinstance(value, list) else [value] * len(YEARS), strict=True))


def situation(planned=None, high=None, growth=1.0, moving=0, **facts):
    planned, high, growth, moving = (by_year(value) for value in (planned, high, growth, moving))
    outlook = {y: Outlook(planned[y], high[y], growth[y]) for y in YEARS if planned[y] is not None}
    return Situation(outlook, moving=moving, **facts)


def test_there_are_cases_enough():
    assert sum(len(cases(file.stem)) for file in FOLDER.glob("*.yaml")) >= 40


@pytest.mark.parametrize("case", cases("existing", "no_service", "homes"))
def test_a_case_is_decided_as_an_official_would(case):
    made = decide(situation(**case["facts"]), TERMS)
    assert (made.kind, made.reason) == (case["decision"], case["reason"])
    assert [made.path[year] for year in sorted(made.path)] == case["path"]
    assert list(made.held) == case.get("held", list(made.held))


@pytest.mark.parametrize("case", cases("groups"))
def test_too_few_join_a_neighbour_or_nobody(case):
    made = group(Small(np.array(case["persons"]), np.array(case["service"]), np.array(case["km"], dtype=float), 32.0,
                       case["smallest"]))  # fmt: skip
    assert made.host.tolist() == case["host"] and np.flatnonzero(made.opens).tolist() == case["opens"]
    assert made.gap <= GAP


counts = st.integers(0, 120)


@st.composite
def situations(draw):
    places, occupied = draw(counts), draw(counts)
    planned = draw(st.floats(0, 150))
    return situation(
        planned, planned + draw(st.floats(0, 80)), draw(st.floats(0.5, 1.5)),
        sorted(draw(st.lists(counts, min_size=3, max_size=3))),
        places=places, occupied=occupied if places else 0, waiting=draw(counts) if places else 0,
        smallest=draw(st.integers(1, 30)), lead_years=draw(st.integers(1, 4)),
        map_number=draw(st.none() | st.floats(0, 150)), staffed=draw(st.none() | counts),
        money=draw(st.none() | st.floats(0, 150)), empty_months=draw(st.none() | st.integers(0, 24)),
    )  # fmt: skip


@hypothesis_settings(max_examples=200, deadline=None)
@given(situations())
def test_every_decision_holds_what_it_says(about):
    made = decide(about, TERMS)
    path, places = [made.path[year] for year in YEARS], about.places
    moving = about.moving[YEARS[-1]]
    if made.kind in ("keep", "study"):
        assert path == [places] * 3
    if made.kind == "expand":
        assert path == sorted(path) and path[-1] > places
        assert path[-1] <= max(about.upper(y) for y in YEARS) + moving
    if made.kind == "reduce":
        assert about.registered <= path[-1] < places and path[-1] >= about.smallest
        assert all(about.upper(year) + about.moving[year] <= path[-1] for year in YEARS)
    if made.kind == "open":
        assert path[-1] >= about.smallest and all(number in {0, *range(about.smallest, 1000)} for number in path)
    if made.kind == "close":
        assert about.registered == 0 and about.empty_months >= 3 and path == [0, 0, 0]
    # Whoever must leave a home has a place.
    if moving and made.kind != "study":
        assert path[-1] >= moving
    # Nothing opens before it can be built.
    if about.lead_years > 1:
        assert path[0] <= places or made.kind == "keep"


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.floats(0, 60), st.integers(0, 40))
def test_a_person_more_on_the_list_never_takes_a_place_away(planned, waiting):
    def at(waiting):
        return decide(situation(planned, planned + 20, places=30, occupied=28, waiting=waiting), TERMS).places

    assert at(waiting + 1) >= at(waiting)


def test_a_host_fills_its_free_places_before_it_grows():
    about = situation(20, 30, places=30, occupied=20, smallest=8)
    kept = decide(about, TERMS)
    assert with_guests(about, kept, 8, TERMS) == kept
    grown = with_guests(about, kept, 15, TERMS)
    assert (grown.kind, grown.places, grown.reason) == ("expand", 35, "guests")


def test_a_host_that_would_shrink_keeps_places_for_its_guests():
    about = situation(2, 6, places=15, occupied=2, smallest=8, lead_years=3)
    less = decide(about, TERMS)
    assert (less.kind, less.places) == ("reduce", 8)
    some, all_of_them = with_guests(about, less, 8, TERMS), with_guests(about, less, 13, TERMS)
    assert (some.kind, list(some.path.values())) == ("reduce", [10, 10, 10])
    assert (all_of_them.kind, list(all_of_them.path.values())) == ("keep", [15, 15, 15])


def test_groups_of_an_oblast_are_joined_as_a_whole_and_the_bound_is_kept():
    rng = np.random.default_rng(5)
    at = rng.uniform(0, 60, (12, 2))
    km = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1))
    persons, there = rng.integers(0, 8, 12), rng.random(12) < 0.2
    persons[there] = 0
    small = Small(persons, there, km, 32.0, 8)
    made = group(small)
    served = np.flatnonzero(made.host >= 0)
    assert lower_bound(small) <= made.bound * (1 + 1e-9) and made.bound <= made.cost * (1 + 1e-9)
    assert made.gap <= GAP and (km[served, made.host[served]] <= 32).all()
    for host in set(made.host[served]) - set(np.flatnonzero(there)):
        assert made.opens[host] and made.host[host] == host and persons[made.host == host].sum() >= 8
    # Nobody who could go to a service within reach is left without one.
    assert not [i for i in np.flatnonzero(persons) if made.host[i] < 0 and (km[i, there] <= 32).any()]


def test_years_of_a_plan_are_the_next_the_third_and_the_horizon():
    assert plan_years(range(2018, 2036), 2027) == (2027, 2029, 2034)
    assert plan_years(range(2015, 2024), 2027) == (2023,)
    assert plan_years(range(2030, 2036), 2027) == (2031, 2033, 2034)


def home(town, service, occupied, places=60, end="2021-12-31"):
    return {"municipality_code": town, "service_code": service, "occupied": occupied, "places": places,
            "period_end": end, "is_empty": occupied == 0, "empty_months": None, "status": "observed"}  # fmt: skip


def test_homes_close_one_by_one_the_smaller_first_and_all_before_the_deadline():
    capacity = pd.DataFrame([home("A1", "LEG-PSY", 50), home("A2", "LEG-PSY", 20), home("A3", "LEG-DEM", 9)])
    found = closing_homes(capacity, services(), dict.fromkeys(("A1", "A2", "A3"), "A"), TERMS, {"RES-PSY": 3})
    order = {(row.municipality_code, row.replaced_by): row.year for row in found.itertuples()}
    assert order == {("A2", "RES-PSY"): 2032, ("A1", "RES-PSY"): 2034, ("A3", "RES-DEM"): 2034}


def test_two_empty_ends_of_a_period_in_a_row_are_a_year_and_one_says_nothing():
    rows = [
        home("A1", "S", 0),
        home("A1", "S", 0, end="2020-12-31"),
        home("A1", "S", 3, end="2019-12-31"),
        home("A2", "S", 0),
        home("A2", "S", 4, end="2020-12-31"),
        home("A3", "S", 0) | {"empty_months": 5},
    ]

    assert months_without_users(pd.DataFrame(rows)) == {("A1", "S"): 12, ("A3", "S"): 5}


@given(st.integers(0, 200), st.integers(0, 100), st.integers(1, 30), st.integers(0, 20), st.integers(0, 80))
def test_whole_units_are_neither_too_small_nor_too_large(wanted, places, smallest, wider, above):
    largest = smallest + wider
    made = whole_units(wanted, places, smallest, largest, most=wanted + above)
    if wanted <= places:
        assert made == wanted
    else:
        room, added = -places % largest, made - places
        assert added >= 0
        # Some number of new units, none smaller than allowed, with the old ones filled up at most, holds what is added.
        assert any(new * smallest <= added <= new * largest + room for new in range(added // smallest + 1))
        assert made <= max(wanted, wanted + above)
    assert whole_units(wanted, places, smallest, largest, most=0, least=wanted) >= wanted


def test_confidence_is_what_the_ends_of_the_range_would_decide():
    def letter(planned, low, high, **facts):
        about = Situation({year: Outlook(planned, high, 1.0, low) for year in YEARS}, **facts)
        return confidence(about, decide(about, TERMS), TERMS)

    # Forty are registered and full: none would close a place at the low end, more only with growth.
    assert letter(20, 15, 18, places=40, occupied=10, smallest=8) == "A"
    assert letter(10, 2, 30, places=0, smallest=8, lead_years=1) == "C"
    assert letter(5, 1, 9, places=0, smallest=8, lead_years=1) == "C"
    assert letter(5, 1, 7, places=0, smallest=8, lead_years=1) == "A"
    assert confidence(Situation({}, places=None), decide(Situation({}, places=None), TERMS), TERMS) == "D"
