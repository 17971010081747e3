"""A real return replaces everything that was made up for its municipality."""

from ossu_analysis.collection import mixture_label, with_real_returns
from ossu_analysis.collection.published import published_beside_returns


def real_return(returns, municipality):
    row = returns[returns["municipality_code"] == municipality].head(1)
    return row.assign(status="observed", source_id="inbox/sml.csv", source_class="official", users=7)


def test_real_return_replaces_all_rows_of_its_municipality(returns):
    both = with_real_returns(returns, real_return(returns, "SML02"))
    assert both.loc[both["municipality_code"] == "SML02", "status"].tolist() == ["observed"]
    others = returns[returns["municipality_code"] != "SML02"]
    assert len(both) == len(others) + 1


def test_no_real_return_leaves_the_demonstration(returns):
    assert len(with_real_returns(returns, returns.head(0))) == len(returns)


def test_mixture_says_so(returns):
    both = with_real_returns(returns, real_return(returns, "SML02"))
    assert mixture_label(both["status"]) == "смесени данни"
    assert mixture_label(returns["status"]) == "демонстрационни данни"
    assert mixture_label(["observed", "forecast"]) == ""


def test_published_totals_are_compared_until_a_real_return_comes(returns, published_tables):
    municipality, _, _, service_total = published_tables
    beside = published_beside_returns(returns, service_total, municipality)
    assert len(beside) >= 15 and (beside["difference"] == 0).all()
    one_less = returns[~((returns["service_code"] == "LEG-OLD") & (returns["municipality_code"] == "DOB28"))]
    found = published_beside_returns(one_less, service_total, municipality)
    assert -115 in found["difference"].tolist()
    # Dobrich hands in a return without its home: nothing made up is left to compare with the published homes.
    mixed = with_real_returns(returns, real_return(returns, "DOB28"))
    assert published_beside_returns(mixed, service_total, municipality).empty
