"""Groups that municipalities counted themselves: pooled towards the oblast, never spread, never mixed."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.local_rate import local_group_rates
from ossu_analysis.demand.pooling import pooled_levels, pooled_posterior
from ossu_analysis.errors import FaultsFound
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.texts import text

MUNICIPALITIES = pd.DataFrame(
    [(f"{oblast}{n:02d}", oblast) for oblast in ("BGS", "SML", "VID") for n in range(1, 9)],
    columns=["municipality_code", "oblast_code"],
)
AREAS = MUNICIPALITIES["municipality_code"].to_numpy(str)
SERVICE = pd.DataFrame(
    {"target_group": ["TG-OLDUNABLE", "TG-OLDUNABLE", "TG-ID"], "exposed_group": ["TG-OLD", "TG-OLD", None]}
)


def exposure() -> Exposure:
    axes = [AREAS, [2017, 2018], ["TG-OLD", "TG-POP"]]
    rows = pd.MultiIndex.from_product(axes, names=["municipality_code", "year", "target_group"]).to_frame(index=False)
    observed = rows.assign(persons=np.where(rows["target_group"] == "TG-OLD", 1000.0, 5000.0))
    drawn = pd.concat([observed.assign(year=observed["year"] + 2, draw=draw) for draw in range(2)])
    return Exposure(AREAS, observed, drawn)


def counts(*rows: tuple[str, str, int], as_of: str = "2018-10-01") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["municipality_code", "target_group", "persons"])
    table = table.astype({"municipality_code": "str", "target_group": "str", "persons": "int64"})
    return table.assign(as_of=as_of, source="обход на общината")


def made(given: pd.DataFrame) -> pd.DataFrame:
    rates = local_group_rates(given, exposure(), MUNICIPALITIES, SERVICE)
    return validated(table_class("demand", "local_group_rate"), rates)


def test_without_counts_the_table_is_empty() -> None:
    assert made(counts()).empty


def test_a_count_is_a_municipal_study_with_a_date_and_stays_where_it_was_made() -> None:
    rows = made(counts(("SML01", "TG-OLDUNABLE", 50), ("VID01", "TG-ID", 10)))
    assert set(rows["municipality_code"]) == {"SML01", "VID01"}
    assert (rows["source_class"] == "municipal_study").all()
    assert (rows["reference_date"] == "2018-10-01").all()
    by_group = rows.set_index("target_group")
    assert by_group["base_group"].to_dict() == {"TG-OLDUNABLE": "TG-OLD", "TG-ID": "TG-POP"}
    assert by_group["direct_rate"].to_dict() == pytest.approx({"TG-OLDUNABLE": 0.05, "TG-ID": 0.002})


def test_rates_are_drawn_towards_their_oblast_and_less_where_more_was_counted() -> None:
    rng = np.random.default_rng(4)
    level = {"BGS": 20, "SML": 60, "VID": 40}
    given = [(code, "TG-OLDUNABLE", int(rng.poisson(level[code[:3]]))) for code in AREAS]
    rows = made(counts(*given)).assign(oblast=lambda t: t["municipality_code"].str[:3])
    middle = rows.groupby("oblast")["direct_rate"].transform("mean")
    assert ((rows["rate"] - middle).abs() <= (rows["direct_rate"] - middle).abs() + 0.003).all()
    means = rows.groupby("oblast")["rate"].mean()
    assert means["BGS"] < means["VID"] < means["SML"]
    assert ((rows["rate_low"] < rows["rate"]) & (rows["rate"] < rows["rate_high"])).all()


def test_the_posterior_holds_the_truth_as_often_as_it_says() -> None:
    rng, inside = np.random.default_rng(8), []
    for _ in range(20):
        truth = rng.gamma(10, 1 / 10, 60)
        observed, expected = rng.poisson(30 * truth).astype(float), np.full(60, 30.0)
        mean, shape = pooled_posterior(observed, expected, np.repeat(np.arange(6), 10))
        assert (mean == pooled_levels(observed, expected, np.repeat(np.arange(6), 10))).all()
        low, high = (gamma.ppf(p, shape, scale=mean / shape) for p in (0.1, 0.9))
        inside.append(((low <= truth) & (truth <= high)).mean())
    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)


def test_impossible_counts_are_named_together() -> None:
    given = [counts(("SML01", "TG-OLDUNABLE", 1001)), counts(("SML02", "TG-OLDUNABLE", 5), as_of="1990-01-01")]
    with pytest.raises(FaultsFound) as raised:
        made(pd.concat(given, ignore_index=True))
    codes = {fault.code for fault in raised.value.faults}
    assert codes == {"demand.count_above_population", "demand.count_without_population"}
    assert all(text(code) != code and text(f"{code}.todo") for code in codes)
