"""What a plan of an earlier year may see: years, censuses and editions that came later are gone."""

from pathlib import Path

import pandas as pd
import pytest

from ossu_analysis.sources import READERS
from ossu_analysis.sources.known import known_by, newest_edition
from ossu_analysis.store import Store

STORE = Store(Path(__file__).parents[3])
NAMES = ("population_municipality", "population_broad_age", "census_age", "fertility_schedule", "official_projection")


@pytest.fixture(scope="module")
def tables():
    return {name: READERS[name](STORE) for name in NAMES}


def test_no_later_year_and_no_later_census(tables):
    for base_year in (2005, 2010, 2018, 2021):
        known = known_by(tables, base_year)
        persons, broad = known["population_municipality"], known["population_broad_age"]
        assert persons["year"].max() == base_year
        pd.testing.assert_frame_equal(persons, tables["population_municipality"].query("year <= @base_year"))
        assert broad["basis"].max() <= persons["basis"].max()
        assert known["census_age"].empty, "the series took the census of 2021 in at the end of 2022"
    assert known_by(tables, 2022)["census_age"].equals(tables["census_age"])


def test_years_revised_from_a_later_census_were_not_known(tables):
    assert 2005 not in set(known_by(tables, 2008)["population_broad_age"]["year"])
    assert 2005 in set(known_by(tables, 2011)["population_broad_age"]["year"])


@pytest.mark.parametrize(("base_year", "edition"), [(2015, "2019-06"), (2018, "2019-06"), (2023, "2024-07")])
def test_the_newest_edition_of_its_time_is_taken(tables, base_year, edition):
    """A plan of 2018 is made in 2019; of years before the oldest edition, that one is taken."""
    for name in ("fertility_schedule", "official_projection"):
        assert set(newest_edition(tables[name], base_year)["published"]) == {edition}
    known = known_by(tables, base_year)
    assert known["fertility_schedule"]["period_to"].max() <= base_year
    assert known["official_projection"]["year"].max() == 2100
