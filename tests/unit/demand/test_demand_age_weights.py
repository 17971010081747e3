"""Users by sex and age weigh the persons of a service; without them nothing changes."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossu_analysis.demand.age_weights import Ages, ages_of, common_classes, members, read_weights, service_weights
from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.service import Service, service_panel, simulate_services, use_rate_table
from ossu_analysis.demand.use_rate import fit
from ossu_analysis.population.exposure import exposure_groups
from ossu_analysis.texts import text

AREAS = np.array(["SML01", "SML02", "SML31"])
MUNICIPALITIES = pd.DataFrame({"municipality_code": AREAS, "oblast_code": "SML"})
YEARS = np.arange(2015, 2024)
BASE_YEAR = 2018
GROUP = "TG-65"


def profile(*rows: tuple[str, int, str, int, int | None, int], service: str = "ASSIST") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["municipality_code", "year", "sex", "age_from", "age_to", "users"])
    table = table.assign(service_code=service, period_end=table["year"].astype(str) + "-12-31")
    return table.astype({"age_to": "Int64", "users": "Int64"})


def bands() -> pd.DataFrame:
    """The first municipality grows older within 65+, the others stay."""
    axes = [AREAS, YEARS, ["F", "M"], np.arange(0, 91, 5)]
    rows = pd.MultiIndex.from_product(axes, names=["area_code", "year", "sex", "age_from"]).to_frame(index=False)
    older = (rows["area_code"] == "SML01") & (rows["age_from"] >= 80)
    return rows.assign(persons=100.0 + 20.0 * older * (rows["year"] - YEARS[0]))


def reference() -> tuple[pd.DataFrame, pd.DataFrame]:
    codes = ["TG-POP", "TG-CHILD", "TG-CH07", "TG-ADULT", "TG-65", "TG-80", "AGE-0-15", "AGE-16-PLUS", "AGE-15-64"]
    first = [0, 0, 0, 18, 65, 80, 0, 16, 15]
    last = [None, 17, 7, None, None, None, 15, None, 64]
    groups = pd.DataFrame({"target_group": [*codes, "TG-WA"], "age_from": [*first, 16], "age_to": [*last, None]})
    thresholds = [(year, sex, 60 + (sex == "M"), 0) for year in YEARS for sex in "FM"]
    return groups, pd.DataFrame(thresholds, columns=["year", "sex", "years", "months"]), illness()


def illness() -> pd.DataFrame:
    rows = [(2018, sex, age, float(rate)) for sex in "FM" for age, rate in ((16, 5), (45, 20), (65, 40), (85, 70))]
    return pd.DataFrame(rows, columns=["year", "sex", "age_from", "rate_percent"])


def ask(given_profile: pd.DataFrame):
    """Answers questions about a project of three municipalities, as the store does."""
    db = duckdb.connect()
    groups, thresholds, ill = reference()
    past = bands().query("year <= @BASE_YEAR").rename(columns={"area_code": "municipality_code", "age_from": "age"})
    ahead = bands().assign(
        area_level="municipality", output_type="mean", base_year=BASE_YEAR, age_to=lambda t: t["age_from"] + 4
    )
    ahead["age_to"] = ahead["age_to"].where(ahead["age_from"] < 90).astype("Int64")
    tables = {
        "collection.user_profile": given_profile,
        "population.municipality_age": past,
        "population.forecast": ahead,
        "reference.target_group": groups,
        "reference.retirement_age": thresholds,
        "sources.longstanding_illness": ill,
    }
    for name, frame in tables.items():
        db.execute(f"create schema if not exists {name.partition('.')[0]}")
        db.register("frame", frame)
        db.execute(f"create table {name} as select * from frame")
    return lambda query, *_: db.sql(query).df()


def rates() -> pd.DataFrame:
    return MUNICIPALITIES.assign(target_group=GROUP, base_group=GROUP, rate=1.0)


def exposure() -> Exposure:
    """Persons of 65+, as the bands have them; in the years ahead every draw a tenth more than the one before."""
    summed = bands().query("age_from >= 65").groupby(["area_code", "year"], as_index=False)["persons"].sum()
    rows = summed.rename(columns={"area_code": "municipality_code"}).assign(target_group=GROUP)
    drawn = [rows.assign(draw=d, persons=rows["persons"] * (1 + d / 10)) for d in range(3)]
    return Exposure(AREAS, rows.query("year <= @BASE_YEAR"), pd.concat(drawn).query("year > @BASE_YEAR"))


def returns() -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([AREAS, [2016, 2017, 2018]], names=["area_code", "year"]).to_frame(index=False)
    return keys.assign(service_code="ASSIST", users=40.0, places=90.0, waiting=np.nan, status="observed")


MOSTLY_OLD = profile(
    ("SML02", 2018, "F", 65, 79, 4), ("SML02", 2018, "F", 80, None, 30),
    ("SML02", 2018, "M", 65, 79, 2), ("SML02", 2018, "M", 80, None, 4),
)  # fmt: skip


@pytest.mark.parametrize("given_profile", [MOSTLY_OLD[:0], MOSTLY_OLD.assign(service_code="DAY-CH")])
def test_without_ages_of_the_service_its_persons_are_those_of_the_group_to_the_last_bit(given_profile) -> None:
    service = Service("ASSIST", GROUP, "observed")
    assert read_weights(ask(given_profile), AREAS, rates(), {"ASSIST": GROUP}) == {}
    people = exposure().path(GROUP, YEARS)
    assert service.weighted(people, YEARS) is people


def test_ages_of_users_move_exposed_persons_and_demand_where_a_group_grows_older() -> None:
    plain = Service("ASSIST", GROUP, "observed")
    weights = read_weights(ask(MOSTLY_OLD), AREAS, rates(), {"ASSIST": GROUP})["ASSIST"]
    by_age = Service("ASSIST", GROUP, "observed", weights)
    factors = weights.of_years(np.array([2015, 2023]))
    assert factors[0, 1] > factors[0, 0] * 1.1, "the group of SML01 grows older"
    assert factors[1, 1] == pytest.approx(factors[1, 0]) == pytest.approx(factors[2, 0])
    made = []
    for service in (plain, by_age):
        panel = service_panel(service, returns(), exposure(), MUNICIPALITIES)
        (drawn,) = simulate_services([service], [fit(panel)], exposure(), YEARS[3:], seed=1)
        made.append((panel, drawn.persons.mean(axis=2)))
    (panel, persons), (weighted, more) = made
    assert (weighted.persons == panel.persons * weights.of_years(panel.years)).all()
    assert more[0, -1] / more[0, 0] > persons[0, -1] / persons[0, 0] * 1.05


def test_rates_by_age_are_named_in_the_method_of_the_table() -> None:
    plain = Service("ASSIST", GROUP, "observed")
    by_age = Service(
        "ASSIST", GROUP, "observed", read_weights(ask(MOSTLY_OLD), AREAS, rates(), {"ASSIST": GROUP})["ASSIST"]
    )
    said = [
        use_rate_table([fit(service_panel(one, returns(), exposure(), MUNICIPALITIES))], [one])["method"].unique()
        for one in (plain, by_age)
    ]
    assert [list(one) for one in said] == [[text("demand.method.use_rate")], [text("demand.method.use_rate_by_age")]]


def test_users_spread_as_the_persons_are_weigh_nothing() -> None:
    ages = ages_of(bands().query("area_code != 'SML01'"), AREAS[1:])
    groups = exposure_groups(*reference(), YEARS.tolist())
    people = members(GROUP, ages, groups, rates())
    even = profile(*(("SML02", 2018, sex, age, age + 4, 50) for sex in "FM" for age in range(65, 90, 5)),
                   *(("SML02", 2018, sex, 90, None, 50) for sex in "FM"))  # fmt: skip
    assert service_weights(even, ages, people).factors == pytest.approx(1.0, abs=0.01)


def test_persons_by_age_are_the_bands_and_a_group_is_its_ages_times_its_rate() -> None:
    ages = ages_of(bands(), AREAS)
    summed = bands().groupby(["area_code", "year"])["persons"].sum().unstack().to_numpy()
    assert ages.persons.sum(axis=(2, 3)) == pytest.approx(summed)
    groups = exposure_groups(*reference(), YEARS.tolist())
    half = members(GROUP, ages, groups, rates().assign(rate=0.5))
    assert half.sum(axis=(2, 3)) == pytest.approx(exposure_of_bands() / 2)
    assert half[..., :65].sum() == 0


def exposure_of_bands() -> np.ndarray:
    old = bands().query("age_from >= 65")
    return old.groupby(["area_code", "year"])["persons"].sum().unstack().to_numpy()


def test_few_users_say_little() -> None:
    """Two users of whom both are over 80 move persons far less than two hundred."""
    ages = Ages(AREAS, YEARS, ages_of(bands(), AREAS).persons)
    people = members(GROUP, ages, exposure_groups(*reference(), YEARS.tolist()), rates())
    spread = []
    for users in (2, 200):
        rows = profile(("SML02", 2018, "F", 65, 79, users // 10), ("SML02", 2018, "F", 80, None, users))
        spread.append(np.ptp(service_weights(rows, ages, people).factors))
    assert spread[0] < spread[1] / 2


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 40)), min_size=1, max_size=12))
def test_no_reported_class_straddles_a_common_one(spans: list[tuple[int, int]]) -> None:
    rows = profile(*(("SML02", 2018, "F", first, min(first + wide, 100), 1) for first, wide in spans))
    starts = common_classes(rows)
    assert starts[0] == 0 and (np.diff(starts) > 0).all()
    for first, last in rows[["age_from", "age_to"]].astype(int).to_numpy():
        assert not ((first < starts) & (starts <= last)).any()


def test_classes_that_all_returns_share_are_kept() -> None:
    rows = profile(("SML01", 2018, "F", 65, 79, 1), ("SML01", 2018, "F", 80, None, 1), ("SML02", 2018, "M", 65, 69, 1))
    assert common_classes(rows).tolist() == [0, 65, 80]
