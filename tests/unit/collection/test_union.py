"""A real return replaces everything that was made up for its municipality."""

from ossu_analysis.collection import mixture_label, with_real_returns


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
