"""What is there in a planning year, and what the law allows beside it."""

import numpy as np
import pandas as pd
import pytest

from ossu_analysis.gap.grid import Grid
from ossu_analysis.gap.limits import LegalLimits
from ossu_analysis.gap.stock import Stocks

CODES, YEARS = ["AAA01", "AAA02", "BBB01"], [2017, 2020, 2030]
MUNICIPALITY = pd.DataFrame({"municipality_code": CODES, "oblast_code": ["AAA", "AAA", "BBB"]})


def capacity(*rows):
    names = ["municipality_code", "service_code", "period_end", "places", "occupied", "waiting"]
    return pd.DataFrame(rows, columns=names).astype({"places": "Int64", "occupied": "Int64", "waiting": "Int64"})


def test_each_year_takes_the_latest_return_not_after_it_and_the_first_before_any():
    rows = capacity(("AAA01", "S", "2018-12-31", 10, 9, None), ("AAA01", "S", "2020-12-31", 14, 12, 2),
                    ("AAA02", "T", "2020-12-31", 5, 5, 0))  # fmt: skip
    stock = Stocks(rows, CODES, YEARS).of("S")
    np.testing.assert_array_equal(stock.places[0], [10, 14, 14])
    np.testing.assert_array_equal(stock.occupied[0], [9, 12, 12])
    np.testing.assert_array_equal(stock.waiting[0], [np.nan, 2, 2])
    # Reported, but not this service: none is there, and whether anybody waits is not on record.
    np.testing.assert_array_equal(stock.places[1], [0, 0, 0])
    assert np.isnan(stock.waiting[1]).all()
    # Never reported: unknown.
    assert np.isnan(stock.places[2]).all() and np.isnan(stock.for_residents[2]).all()
    assert Stocks(rows, CODES, YEARS).services() == ["S", "T"]


def test_residents_have_the_places_that_the_ledger_gives_them():
    rows = capacity(("AAA01", "S", "2020-12-31", 10, 9, 0), ("AAA02", "S", "2020-12-31", 0, 0, 0))
    moved = pd.DataFrame({"municipality_code": ["AAA01", "AAA02"], "service_code": "S", "period_end": "2020-12-31",
                          "places_for_others": [4.0, 0.0], "places_elsewhere": [0.0, 4.0],
                          "is_mobile": [False, True]})  # fmt: skip
    stock = Stocks(rows, CODES, YEARS, moved).of("S")
    assert stock.for_residents[:2, 2].tolist() == [6, 4] and stock.mobile[:2, 2].tolist() == [0, 1]


def limits(rules=None, mapped=None):
    persons = {"AAA01": 100.0, "AAA02": 155.0, "AAA": 255.0}
    need = pd.DataFrame({"target_group": "G", "area_code": list(persons), "year": 2030, "persons": persons.values(),
                         "area_level": ["municipality", "municipality", "oblast"]})  # fmt: skip
    return LegalLimits(Grid(MUNICIPALITY, YEARS), need, rules, mapped)


def rule(level):
    fields = {"service_code": "S", "level": level, "base": "share", "rate": 0.1, "indicator": "G", "rounding": "up"}
    return pd.DataFrame([fields | {"per": None, "minimum": None, "maximum": None, "condition_indicator": None,
                                   "valid_from": "2021-01-01", "valid_to": None, "version": "1"}])  # fmt: skip


def test_a_map_number_holds_in_every_year_and_only_where_it_is_given():
    mapped = limits(mapped=pd.DataFrame({"municipality_code": ["AAA02"], "service_code": "S", "users": [35]}))
    np.testing.assert_array_equal(mapped.mapped("S"), [[np.nan] * 3, [35] * 3, [np.nan] * 3])
    assert np.isnan(mapped.mapped("T")).all()


@pytest.mark.parametrize(("level", "towns", "oblast"), [("municipal", [10, 16], 26), ("oblast", [np.nan] * 2, 26)])
def test_a_rule_speaks_of_its_level_and_year_and_municipal_maxima_add_up(level, towns, oblast):
    found = limits(rule(level))
    np.testing.assert_array_equal(found.allowed("S")[:2, 2], towns)
    assert found.allowed_in_areas("S")[0, 2] == oblast
    # In force from 2021: nothing is allowed or forbidden before; persons of 2020 are not known anyway.
    assert np.isnan(found.allowed("S")[:, :2]).all() and found.versions("S").tolist() == [None, None, "1"]


def test_without_a_rule_the_reason_is_that_none_is_loaded():
    said = dict(limits().reasons("S", np.full((3, 3), np.nan), np.full((3, 3), np.nan)))
    assert np.all(said["критерият не е зареден"]) and not np.any(
        said["критерият е за областта или страната, а не за общината"]
    )
