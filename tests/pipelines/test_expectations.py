"""Each law and question finds the row that breaks it: tables made whole, then spoiled in one place."""

import pandas as pd
import pytest

from ossu_analysis.demand import expectations as demand
from ossu_analysis.population import expectations as population
from ossu_analysis.report import expectations as report
from ossu_analysis.store import Store

AREAS = {"BG": "country", "BG42": "region", "SML": "oblast", "SML02": "municipality"}


def forecast() -> pd.DataFrame:
    """One municipality that is its oblast, region and country: 100 people, then 98."""
    rows = [
        (level, code, year, sex, 0, pd.NA, "reference", "mean", None, persons * share, 2018, "r", "forecast")
        for code, level in AREAS.items()
        for year, persons in ((2018, 100.0), (2019, 98.0))
        for sex, share in (("T", 1.0), ("F", 0.6), ("M", 0.4))
    ]
    names = "area_level area_code year sex age_from age_to scenario output_type output_type_id persons base_year run_id"
    return pd.DataFrame(rows, columns=[*names.split(), "status"]).astype({"age_to": "Int64"})


def component() -> pd.DataFrame:
    rows = [(level, code, 2019, "reference", "mean", None, 1.0, 2.0, -0.5, -0.5) for code, level in AREAS.items()]
    names = "area_level area_code year scenario output_type output_type_id births deaths net_migration hidden_loss"
    return pd.DataFrame(rows, columns=names.split()).assign(base_year=2018, run_id="r", status="forecast")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.write("population", "forecast", forecast())
    store.write("population", "component", component())
    return store


def spoil(store: Store, where: str, by: float) -> None:
    frame = store.read("population", "forecast")
    frame.loc[frame.query(where).index, "persons"] += by
    store.write("population", "forecast", frame)


LAWS = [population.people_are_conserved, population.areas_add_up, population.sexes_add_up]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_whole_tables_break_no_law(store, law):
    assert law(store).empty


def test_people_who_appear_from_nowhere_are_found(store):
    spoil(store, "year == 2019", 0.5)
    assert set(population.people_are_conserved(store)["area_code"]) == set(AREAS)


def test_municipality_outside_its_oblast_is_found(store):
    spoil(store, "year == 2019 and area_level == 'municipality'", 2e-6)
    assert population.areas_add_up(store)["year"].unique().tolist() == [2019]


def test_women_counted_twice_are_found(store):
    spoil(store, "year == 2019 and area_code == 'SML02' and sex == 'F'", 1)
    assert population.sexes_add_up(store)["area_code"].tolist() == ["SML02"]


def test_use_above_demand_and_places_is_found(tmp_path):
    store = Store(tmp_path)
    row = {
        "area_level": "municipality", "area_code": "SML02", "service_code": "ASSIST", "target_group": "TG-65",
        "year": 2020, "scenario": "reference", "output_type": "mean", "output_type_id": None, "persons": 10.0,
        "method": "m", "run_id": "r", "status": "demonstration",
    }  # fmt: skip
    above = {"municipality_code": "SML02", "service_code": "ASSIST", "year": 2020, "scenario": "reference"}
    above |= {"places": 10.0, "probability": 0.5, "status": "demonstration"}
    store.write("demand", "above_places", pd.DataFrame([above]))
    for name, persons in (("demand_forecast", 10.0), ("use_forecast", 10.0)):
        store.write("demand", name, pd.DataFrame([row | {"persons": persons}]))
    assert demand.use_is_within_demand(store).empty and demand.use_is_within_places(store).empty
    store.write("demand", "use_forecast", pd.DataFrame([row | {"persons": 10.1}]))
    assert demand.use_is_within_demand(store)["area_code"].tolist() == ["SML02"]
    assert demand.use_is_within_places(store)["municipality_code"].tolist() == ["SML02"]


@pytest.mark.parametrize(
    "content, fault", [(None, True), (b"", True), (b"<html>cut", True), (b"<html></html>\n", False)]
)
def test_documents_that_are_missing_or_cut_are_found(tmp_path, content, fault):
    store = Store(tmp_path)
    row = {
        "oblast_code": "SML", "area_code": "SML02", "output": "predlozhenie", "format": "html", "title": "t",
        "place": "p", "file": "documents/a.html", "size": 1, "tables": 0, "figures": 0, "status": "demonstration",
        "is_internal": False,
    }  # fmt: skip
    store.write("report", "document", pd.DataFrame([row]))
    if content is not None:
        (store.tables / "report" / "documents").mkdir(parents=True)
        (store.tables / "report" / "documents" / "a.html").write_bytes(content)
    assert report.documents_open(store).empty != fault


def test_first_run_has_nothing_to_be_near_to(store):
    assert report.near_the_last_run(store).empty
