"""Official rates of groups, need, and what has no rate."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.forecast import levels
from ossu_analysis.demand.group_rate import AGE_GROUPS, by_municipality, filtered, group_rates, group_status
from ossu_analysis.demand.need import draw_need, need_chunks
from ossu_analysis.errors import OssuError
from ossu_analysis.population.cells import AGES, SEXES
from ossu_analysis.population.exposure import ILL, exposure_groups
from ossu_analysis.reference import READERS
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.sources import READERS as SOURCES
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]
OBLASTS = ["SML", "VID", "BGS"]
MUNICIPALITIES = pd.DataFrame(
    {"municipality_code": ["BGS01", "SML01", "SML02", "VID01"], "oblast_code": ["BGS", "SML", "SML", "VID"]}
)
AREAS = MUNICIPALITIES["municipality_code"].to_numpy(str)
YEARS = np.array([2018, 2019, 2020])


def national_count() -> pd.DataFrame:
    rows = [
        (0, None, "2021-09-07", 654547.0), (0, 15, "2021-09-07", 22248.0), (16, None, "2021-09-07", 632299.0),
        (16, None, "2011-02-01", 465228.0),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["age_from", "age_to", "reference_date", "value"])
    return table.assign(indicator="recognised_disability", category="all", unit="persons", source_id="national_counts")


COUNTED = {"AGE-0-15": 1_000_000.0, ILL: 1_500_000.0}
"""Persons of the whole country on the day of the count."""


def labour(*rows: tuple[str, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["area_code", "activity_rate", "unemployment_rate"])
    return table.melt("area_code", var_name="rate", value_name="rate_percent").assign(census_year=2021)


def adults(**persons: float) -> pd.DataFrame:
    return pd.DataFrame({"area_code": persons.keys(), "persons": persons.values(), "age_from": 15, "census_year": 2021})


def rates_of(poverty: pd.DataFrame, unemployment: pd.DataFrame, employment: pd.DataFrame, base_year: int):
    census = [("SML01", 50.0, 20.0), ("SML02", 50.0, 5.0), ("VID01", 40.0, 10.0), ("BGS01", 40.0, 10.0)]
    tables = {
        "national_count": national_count(),
        "at_risk_of_poverty": poverty,
        "unemployment_rate": unemployment,
        "employment_rate": employment,
        "census_labour": labour(*census),
        "census_age": adults(SML01=10_000.0, SML02=30_000.0, VID01=8_000.0, BGS01=9_000.0),
    }
    return group_rates(tables, MUNICIPALITIES, COUNTED, base_year)


def survey(low: float, high: float, **more: object) -> pd.DataFrame:
    years = range(2010, 2025)
    rng = np.random.default_rng(3)
    rows = [(code, year, rng.uniform(low, high)) for code in [*OBLASTS, "BG"] for year in years]
    table = pd.DataFrame(rows, columns=["area_code", "year", "rate_percent"])
    return table.assign(sex="T", source_id="survey", **more)


@pytest.fixture(scope="module")
def rates() -> pd.DataFrame:
    employment = pd.concat([survey(50, 60, quarter=q) for q in range(1, 5)])
    poverty = survey(15, 25, age_from=0, age_to=None)
    return rates_of(poverty, survey(4, 8), employment, 2018)


def exposure() -> Exposure:
    groups = ["TG-POP", "TG-CHILD", "TG-CH07", "TG-ADULT", "TG-WA", "TG-OLD", "TG-65", "TG-80"]
    keys = pd.MultiIndex.from_product(
        [AREAS, [2017, 2018], [*groups, "AGE-0-15", ILL, "AGE-15-64"]],
        names=["municipality_code", "year", "target_group"],
    )
    observed = keys.to_frame(index=False).assign(persons=1000.0)
    drawn = pd.concat([observed.assign(year=observed["year"] + 2, draw=d, persons=1000.0 + 10 * d) for d in range(300)])
    return Exposure(AREAS, observed, drawn)


def test_rates_fit_their_table_and_never_mix_two_counts_of_disability(rates: pd.DataFrame) -> None:
    validated(table_class("demand", "group_rate"), rates)
    disability = rates[rates["target_group"].str.startswith("TG-DIS")]
    assert disability["reference_date"].str.startswith("2021").all()
    assert sorted(disability["rate"].unique()) == pytest.approx([22248 / 1e6, 632299 / 1.5e6])
    assert disability["base_group"].tolist() == ["AGE-0-15", ILL] * 2


def test_disability_has_its_published_size_on_the_day_of_the_count(rates: pd.DataFrame) -> None:
    both = rates[rates["target_group"] == "TG-DIS"]
    assert (both["rate"] * both["base_group"].map(COUNTED)).sum() == pytest.approx(654547)
    assert both["published_persons"].sum() == 654547


def test_unemployment_inside_an_oblast_is_spread_as_the_census_found_it_and_keeps_the_rate_of_the_oblast() -> None:
    quarters = pd.concat([survey(50, 60, quarter=q) for q in range(1, 5)])
    surveys = survey(15, 25, age_from=0, age_to=None), survey(4, 8), quarters
    before, after = (rates_of(*surveys, year).query("target_group == 'TG-UNEMP'") for year in (2021, 2022))
    assert before["area_level"].unique().tolist() == ["oblast"], "the census was not known yet"
    assert after["area_level"].unique().tolist() == ["municipality"]
    own = after.set_index("area_code")["rate"]
    assert own["SML01"] / own["SML02"] == pytest.approx(4, rel=0.05), "20 against 5 percent, at equal activity"
    until = tuple(table[table["year"] <= 2021] for table in surveys)
    known = rates_of(*until, 2022).query("target_group == 'TG-UNEMP'").set_index("area_code")["rate"]
    of_oblast = before.set_index("area_code")["rate"]
    assert (known["SML01"] * 10_000 + known["SML02"] * 30_000) / 40_000 == pytest.approx(of_oblast["SML"])
    assert known["VID01"] == pytest.approx(of_oblast["VID"])


def test_every_rate_has_a_source_of_a_class_and_a_date(rates: pd.DataFrame) -> None:
    assert (rates["source_class"] == "official").all() and (rates["source_id"] != "").all()
    assert rates["reference_date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert set(rates.loc[rates["target_group"].isin(AGE_GROUPS), "reference_date"]) == {"2018-12-31"}
    assert (rates.groupby("target_group")["source_id"].nunique() == 1).all(), "one source in one series"


def test_unemployed_per_person_follow_the_stated_formula() -> None:
    employment = pd.concat([survey(60, 60, quarter=q) for q in range(1, 5)])
    made = rates_of(survey(15, 25, age_from=0, age_to=None), survey(10, 10), employment, 2018)
    unemployed = made.loc[made["target_group"] == "TG-UNEMP", "rate"]
    assert unemployed.to_numpy() == pytest.approx(0.6 * 0.1 / 0.9)


def test_survey_error_and_movement_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(0, 0.05, (28, 16)), axis=1) + rng.normal(0, 0.15, (28, 16))
    found = filtered(pd.DataFrame(0.2 * np.exp(walk)))
    assert found.yearly_sd == pytest.approx(0.05, rel=0.5)
    assert found.standard_error < 0.15, "the filtered level is surer than one survey"
    assert found.common_share < 0.5


def test_surveys_after_the_given_year_are_not_used() -> None:
    quarters = pd.concat([survey(50, 60, quarter=q) for q in range(1, 5)])
    arguments = (survey(15, 25, age_from=0, age_to=None), survey(4, 8), quarters)
    made = rates_of(*arguments, 2018)
    pd.testing.assert_frame_equal(made, rates_of(*(table[table["year"] <= 2018] for table in arguments), 2018))
    assert made.loc[made["target_group"] == "TG-POV", "reference_date"].unique().tolist() == ["2018-12-31"]


def test_a_group_without_a_rate_is_listed_not_guessed(rates: pd.DataFrame) -> None:
    groups = pd.DataFrame(
        {
            "target_group": ["TG-DIS", "TG-OLDUNABLE", "AGE-0-15"],
            "name_bg": ["а", "б", "в"],
            "official_source": ["НСИ", "ДСП", "НСИ"],
            "missing_note_bg": [None, "Би го дал отчет.", None],
        }
    )
    none = pd.DataFrame({"target_group": pd.Series(dtype="str")})
    table = validated(table_class("demand", "group_status"), group_status(rates, groups, none))
    assert table["has_rate"].tolist() == [True, False]
    assert table["remark_bg"].iloc[1].startswith("няма данни")
    counted = group_status(rates, groups, pd.DataFrame({"target_group": ["TG-OLDUNABLE"] * 3}))
    assert counted["has_rate"].tolist() == [True, False], "a count of three municipalities is no rate of the country"
    assert counted["remark_bg"].iloc[1].startswith("няма данни") and "проучвания: 3" in counted["remark_bg"].iloc[1]


def test_need_of_all_disability_is_the_sum_of_its_two_classes_in_every_draw(rates: pd.DataFrame) -> None:
    spread, people = by_municipality(rates, MUNICIPALITIES), exposure()
    whole, young, adult = (draw_need(g, spread, people, YEARS, 1) for g in ("TG-DIS", "TG-DIS-U16", "TG-DIS-16P"))
    assert whole == pytest.approx(young + adult, rel=1e-5)


def test_municipalities_of_an_oblast_share_its_survey_error(rates: pd.DataFrame) -> None:
    poor = draw_need("TG-POV", by_municipality(rates, MUNICIPALITIES), exposure(), YEARS, 1)
    assert np.corrcoef(poor[1, 0], poor[2, 0])[0, 1] == pytest.approx(1.0, abs=1e-4)
    assert abs(np.corrcoef(poor[1, 0], poor[3, 0])[0, 1]) < 0.99


def test_need_rows_are_observed_people_in_the_base_year_and_fit_the_contract(rates: pd.DataFrame) -> None:
    above = {"oblast": MUNICIPALITIES["oblast_code"].to_numpy(str), "country": np.full(4, "BG")}
    spread = by_municipality(rates, MUNICIPALITIES)
    chunks = list(need_chunks(spread, exposure(), YEARS, levels(AREAS, above), 1, "run"))
    rows = pd.concat([validated(table_class("demand", "need_forecast"), chunk.to_pandas()) for chunk in chunks])
    base = rows.query("year == 2018 and target_group == 'TG-OLD' and area_level == 'country'")
    assert (base["persons"] == 4000.0).all()
    assert rows["service_code"].isna().all()
    assert set(rows["target_group"]) == set(rates["target_group"])


def test_missing_people_are_named() -> None:
    with pytest.raises(OssuError, match="TG-NONE"):
        exposure().path("TG-NONE", YEARS)


def test_a_question_about_other_years_is_not_answered_with_those_asked_before() -> None:
    people = exposure()
    people.drawn = people.drawn.assign(persons=people.drawn["persons"] + 1e5 * (people.drawn["year"] == 2020))
    whole = people.path("TG-OLD", YEARS)
    alone = people.path("TG-OLD", np.array([2018, 2020]))
    assert (alone == whole[:, [0, 2]]).all()
    with pytest.raises(OssuError, match="2099"):
        people.path("TG-OLD", np.array([2018, 2099]))


@pytest.mark.parametrize("group", ["TG-POV", "TG-UNEMP", "TG-DIS-16P"])
def test_need_carries_the_uncertainty_of_the_rate_and_of_the_population(rates: pd.DataFrame, group: str) -> None:
    """With both it is no narrower than with either; without both it is one number."""
    spread, people = by_municipality(rates, MUNICIPALITIES), exposure()
    certain_rate = spread.assign(standard_error=0.0, yearly_sd=np.nan)
    mean = people.drawn.groupby(["municipality_code", "year", "target_group"])["persons"].transform("mean")
    certain_people = Exposure(AREAS, people.observed, people.drawn.assign(persons=mean))

    def width(rate: pd.DataFrame, persons: Exposure) -> float:
        low, high = np.quantile(draw_need(group, rate, persons, YEARS, 1)[:, -1].sum(axis=0), [0.1, 0.9])
        return float(high - low)

    both, of_rate, of_people = (
        width(spread, people),
        width(spread, certain_people),
        width(certain_rate, people),
    )
    assert min(of_rate, of_people) > 0
    assert both >= 0.97 * max(of_rate, of_people), "up to the chance of 300 draws"
    assert width(certain_rate, certain_people) == pytest.approx(0.0, abs=1e-2)


def test_people_above_working_age_follow_the_law_year_by_year_and_sex_by_sex() -> None:
    """Of those at the age in which the threshold falls, the months after it; the file itself, not a formula."""
    store = Store(ROOT)
    law, groups = READERS["retirement_age"](store), READERS["target_group"](store)
    ill = SOURCES["longstanding_illness"](store)
    made = exposure_groups(groups, law, ill, sorted(law["year"].unique().tolist()))
    above, working = (made.weights[made.codes.index(code)] for code in ("TG-OLD", "TG-WA"))
    for row in law.itertuples():
        at = made.years.index(row.year), SEXES.index(row.sex)
        years_above = above[at].sum() - (len(AGES) - 1 - row.years)
        assert years_above == pytest.approx(1 - row.months / 12), (row.year, row.sex)
        assert (above[at] + working[at])[16:] == pytest.approx(1.0)
    assert (np.diff(above.sum(axis=2), axis=0) <= 1e-12).all(), "the threshold only rises"


@pytest.mark.parametrize(("share", "together"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_what_oblasts_have_in_common_moves_them_together(rates: pd.DataFrame, share: float, together: float) -> None:
    """Without it ranges of the country would be those of oblasts that have nothing to do with each other."""
    moving = rates.assign(
        common_share=rates["common_share"].where(rates["common_share"].isna(), share),
        standard_error=rates["standard_error"].where(rates["target_group"] != "TG-POV", 1e-9),
    )
    drawn = draw_need("TG-POV", by_municipality(moving, MUNICIPALITIES), exposure(), YEARS, 1)
    steps = np.log(drawn[:, 2] / drawn[:, 1])
    assert np.corrcoef(steps[0], steps[3])[0, 1] == pytest.approx(together, abs=0.2)
