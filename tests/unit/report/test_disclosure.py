"""No count of few persons can be told from a release, whoever adds and subtracts all that is published."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.errors import OssuError
from ossu_analysis.report.content import Column
from ossu_analysis.report.disclosure.asterisk import HIDDEN, known, starred
from ossu_analysis.report.disclosure.counts import released_counts
from ossu_analysis.report.disclosure.masking import released
from ossu_analysis.report.disclosure.proof import bounds, opened, prove
from ossu_analysis.report.facts import TABLES, empty, read_facts
from ossu_analysis.report.run.publish import publish_run
from ossu_analysis.report.sections.network import network_rows
from ossu_analysis.report.sections.subject import Subject
from ossu_analysis.store import Store
from ossu_analysis.texts import text
from tests.unit.report import made_up

THRESHOLD = 5
PERIOD = "2024-12-31"


def towns_of(sizes) -> pd.DataFrame:
    """Municipalities of oblasts AAA, AAB ..., as many in each as ``sizes`` says."""
    codes = ["AA" + chr(ord("A") + place) if place < 26 else "AB" + chr(ord("A") + place - 26)
             for place in range(len(sizes))]  # fmt: skip
    rows = [(f"{code}{town:02}", code) for code, size in zip(codes, sizes, strict=True) for town in range(1, size + 1)]
    return pd.DataFrame(rows, columns=["municipality_code", "oblast_code"]).assign(name_bg="Проба")


def reported(towns: pd.DataFrame, occupied, service="ASSIST") -> pd.DataFrame:
    return towns[["municipality_code"]].assign(
        service_code=service, period_start="2024-01-01", period_end=PERIOD, places=pd.array([20] * len(towns), "Int64"),
        occupied=pd.array(list(occupied), "Int64"), waiting=pd.array([None] * len(towns), "Int64"),
        status="observed",
    )  # fmt: skip


def planned(sizes, occupied) -> pd.DataFrame:
    towns = towns_of(sizes)
    return released_counts(reported(towns, occupied), towns, THRESHOLD)


def test_a_thousand_small_tables_tell_of_nobody():
    """One release of a thousand services, each in up to four municipalities of two oblasts."""
    rng, towns = np.random.default_rng(20241231), towns_of((2, 2))
    every = []
    for number in range(1000):
        here = rng.random(len(towns)) < 0.8
        counts = rng.poisson(rng.choice([1, 4, 9], size=len(towns)))
        every.append(reported(towns[here], counts[here], f"S{number}"))
    release = released_counts(pd.concat(every, ignore_index=True), towns, THRESHOLD)
    assert prove(release, THRESHOLD).hidden > 2000
    assert not (release["is_hidden"] & (release["persons"] == 0)).any()


@pytest.mark.parametrize("sizes, occupied", [((2, 2), (1, 3, 9, 9)), ((3, 1), (2, 2, 9, 4)), ((1, 1, 2), (3, 7, 8, 2))])
def test_bounds_are_those_of_every_table_that_fits_what_is_published(sizes, occupied):
    """Every table of counts is gone through that has the same published cells: the least and the most of each."""
    release = planned(sizes, occupied).assign(is_hidden=lambda rows: rows["is_hidden"] & rows["area_code"].ne("BG"))
    found = bounds(release).set_index("area_code")
    shown = release[~release["is_hidden"]].set_index("area_code")["persons"].to_dict()
    towns = release[release["area_level"] == "municipality"]
    choices = [[shown[code]] if code in shown else range(1, sum(occupied)) for code in towns["area_code"]]
    counts = np.array(list(itertools.product(*choices)))
    tables = dict(zip(towns["area_code"], counts.T, strict=True)) | {"BG": counts.sum(axis=1)}
    tables |= {code: counts[:, towns["parent_code"] == code].sum(axis=1) for code in set(towns["parent_code"])}
    fits = np.all([tables[code] == persons for code, persons in shown.items()], axis=0)
    assert fits.any()
    for code, row in found.iterrows():
        least_and_most = tables[code][fits].min(), tables[code][fits].max()
        assert least_and_most == (pytest.approx(row["low"]), pytest.approx(row["high"]))


def test_the_proof_opens_what_hiding_few_persons_alone_would_leave():
    release = planned((2, 2), (3, 20, 30, 40))
    alone = release.assign(is_hidden=release["persons"].between(1, THRESHOLD - 1))
    assert opened(alone, THRESHOLD)["area_code"].tolist() == ["AAA01"]
    with pytest.raises(OssuError, match="Нищо не е публикувано"):
        prove(alone, THRESHOLD)
    with pytest.raises(OssuError, match="AAA01"):
        prove(release.assign(is_hidden=False), THRESHOLD)


def test_the_national_table_less_all_that_is_seen_tells_of_nobody():
    """One municipality in the whole country waits behind a hidden oblast: another oblast is hidden beside it."""
    release = planned((1, 2, 2), (2, 10, 11, 12, 13)).set_index("area_code")
    assert release.loc[["AAA01", "AAA"], "is_hidden"].all() and not release.loc["BG", "is_hidden"]
    oblasts = release[release["area_level"] == "oblast"]
    seen = oblasts.loc[~oblasts["is_hidden"], "persons"].sum()
    left = release.loc["BG", "persons"] - seen
    assert oblasts["is_hidden"].sum() >= 2 and left - 1 >= THRESHOLD
    assert opened(release.reset_index(), THRESHOLD).empty


def test_few_persons_in_the_whole_country_hide_the_country():
    release = planned((1, 1), (3, 0)).set_index("area_code")
    assert release.loc[["AAA01", "AAA", "BG"], "is_hidden"].all() and not release.loc["AAB01", "is_hidden"]


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Store:
    """28 oblasts of one to six municipalities, two services, a third of the counts small."""
    rng, sizes = np.random.default_rng(3), [1 + place % 6 for place in range(28)]
    towns = towns_of(sizes)
    towns = towns.assign(category=3, seat_lat=43.0, seat_lon=25.0, area_km2=100.0)
    returns = [reported(towns, rng.poisson(rng.choice([2, 9, 30], size=len(towns))), code) for code in ("ONE", "TWO")]
    capacity = pd.concat(returns, ignore_index=True)
    oblasts = pd.DataFrame({"oblast_code": sorted(set(towns["oblast_code"])), "name_bg": "Проба"})
    frames = {
        ("reference", "oblast"): oblasts.assign(
            nuts3_code=[f"BG{300 + place}" for place in oblasts.index], region_code="BG33"
        ),
        ("reference", "municipality"): towns,
        ("reference", "service"): pd.DataFrame(
            {
                "service_code": ["ONE", "TWO"],
                "short_name_bg": ["Едно", "Две"],
                "planning_level": "municipal",
                "unit": "users",
            }
        ),
        ("capacity", "current"): capacity,
        ("report", "count"): released_counts(capacity, towns, THRESHOLD),
    }
    store = Store(tmp_path_factory.mktemp("country"))
    for (link, table), frame in frames.items():
        store.write(link, table, made_up.complete(link, table, frame))
    return store


def printed(store: Store, code: str) -> list[tuple[str, str, object]]:
    """Area, service and users as the tables of one territory's papers print them: of itself and of its parts."""
    facts = read_facts(store, code, fields=("capacity", "municipalities", "oblasts"))
    areas = [code] if code == "BG" else [code, *facts.municipalities["municipality_code"]]
    rows = [(area, network_rows(Subject(facts, made_up.imprint(), area))) for area in areas]
    return [(area, row["service_code"], row["occupied"]) for area, table in rows for row in table.to_dict("records")]


def test_the_papers_of_28_oblasts_put_together_tell_of_nobody(country):
    whole = country.read("report", "count")
    oblasts = sorted(set(whole.loc[whole["area_level"] == "oblast", "area_code"]))
    assert len(oblasts) == 28
    seen = pd.DataFrame([one for code in ["BG", *oblasts] for one in printed(country, code)],
                        columns=["area_code", "service_code", "seen"])  # fmt: skip
    both = whole.merge(seen, on=["area_code", "service_code"], validate="one_to_one")
    assert len(both) == len(whole)
    told = both[both["seen"] != HIDDEN]
    assert (told["seen"].astype(int) == told["persons"]).all()
    attacked = both.assign(is_hidden=both["seen"] == HIDDEN, persons=known(both["seen"]))
    assert attacked["is_hidden"].sum() > 50 and opened(attacked, THRESHOLD).empty


def test_the_country_hides_the_counts_of_every_municipality(country):
    shown = read_facts(country, "BG", fields=("capacity",)).capacity
    few = country.read("capacity", "current")["occupied"].lt(THRESHOLD).to_numpy(dtype=bool)
    assert few.sum() > 10 and shown["occupied"][few].isin([HIDDEN, 0]).all()


def test_an_internal_paper_holds_every_count(country):
    whole = read_facts(country, "AAF", fields=("capacity",), is_internal=True)
    assert not whole.capacity["occupied"].eq(HIDDEN).any() and (whole.capacity["occupied"] < THRESHOLD).any()


def test_nothing_is_published_when_a_count_opens(tmp_path, settings_2018):
    store = made_up.store(tmp_path)
    counts = store.read("report", "count")
    store.write("report", "count", counts.assign(persons=counts["persons"].where(counts["area_code"] != "VAR05", 2)))
    with pytest.raises(OssuError, match="VAR05"):
        publish_run(store, "one", settings_2018, tmp_path / "documents")
    assert not list(store.runs.glob("*"))


@pytest.fixture
def settings_2018():
    from ossu_analysis.config import RunSettings

    return RunSettings(base_year=made_up.BASE, until_year=made_up.HORIZON)


def masked(**tables) -> dict[str, pd.DataFrame]:
    """Tables of one municipality whose count of two users is hidden."""
    towns = towns_of((2,))
    counts = released_counts(reported(towns, (2, 9)), towns, THRESHOLD)
    services = empty("reference", "service")
    return released({"counts": counts, "services": services, **tables})


def test_the_sentences_of_a_proposal_lose_their_hidden_counts():
    there = text("proposal.here.municipality.places", places="20", occupied="2")
    line = {"area_level": "municipality", "area_code": "AAA01", "service_code": "ASSIST", "planning_year": 2030,
            "existing_places": 20, "occupied": 2, "waiting": None, "residents_to_move": None, "residents_here": 0,
            "justification": f"{there} {text('proposal.waiting_unknown')}"}  # fmt: skip
    row = masked(lines=pd.DataFrame([line]))["lines"].iloc[0]
    assert row["occupied"] == HIDDEN
    assert row["justification"] == f"{text('proposal.here.municipality.places', places='20', occupied=HIDDEN)} " + text(
        "proposal.waiting_unknown"
    )


def test_what_is_made_from_a_hidden_count_is_hidden_with_it():
    checks = pd.DataFrame([{"municipality_code": "AAA01", "period_end": PERIOD, "priced_users": 2.0, "subsidy": 100.0,
                            "users_times_standard": 8.0, "users_without_standard": 0.0, "difference": 92.0,
                            "explained_share": 0.08}])  # fmt: skip
    row = masked(subsidy_check=checks)["subsidy_check"]
    assert row[["priced_users", "users_times_standard", "difference"]].eq(HIDDEN).all(axis=None)
    assert Column("subsidy", "", "change", minus="users_times_standard").cells(row) == [HIDDEN]
    assert starred(known(row["priced_users"]) * 2, row["priced_users"]).tolist() == [HIDDEN]


def test_every_table_with_a_count_of_persons_has_a_mask():
    """A table of the documents that gains users or persons waiting is protected, or this fails."""
    from ossu_analysis.report.disclosure.masking import _MASKS

    counted = {name for name, read in TABLES.items() if {"occupied", "waiting", "users", "residents_to_move"}
               & set(empty(read.link, read.table))}  # fmt: skip
    assert counted - {"gap_change"} <= {*_MASKS, "lines"}


def test_users_are_hidden_where_the_proposal_would_tell_how_few_wait():
    """36 users of 36 places and 3 waiting: 39 are proposed, so 36 may not be shown."""
    towns = towns_of((3,))
    rows = reported(towns, (36, 40, 12)).assign(places=pd.array([36, 50, 12], "Int64"),
                                                waiting=pd.array([3, 4, 0], "Int64"))  # fmt: skip
    release = released_counts(rows, towns, THRESHOLD).set_index(["quantity", "area_code"])["is_hidden"]
    assert release["occupied", "AAA01"] and release["waiting", "AAA01"] and release["waiting", "AAA02"]
    assert release["occupied"].sum() >= 2 and not release["occupied", "BG"]
