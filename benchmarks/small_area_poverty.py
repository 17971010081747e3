"""Whether the census of 2021 says where poverty is: oblasts left out one by one.

python -m benchmarks.small_area_poverty

The survey gives a rate of poverty by oblast and none by municipality. A rate of the census could spread it inside an
oblast only if it tells oblasts apart: the root mean square error of log rates (2020-2024) left out is printed for the
mean alone and for the best regressions on one, two and three rates of the census.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    poverty, census = survey(), rates_of_census()
    census = census.loc[poverty.index]
    print(f"mean alone: {left_out(poverty, census[[]]):.3f}")
    for count in (1, 2, 3):
        tried = [
            (left_out(poverty, census[list(names)]), ", ".join(names))
            for names in combinations(map(str, census), count)
        ]
        print(f"{count}: {min(tried)[0]:.3f} ({min(tried)[1]}), best of {len(tried)}")


def survey() -> pd.Series:
    """Log of the mean rate of at-risk-of-poverty by oblast."""
    (path,) = Path("data/raw/nsi_poverty").glob("*/at_risk_of_poverty.csv")
    table = pd.read_csv(path).query("sex == 'T' and age == 'total' and year >= 2020")
    rows = table[table["area_code"].str.fullmatch("[A-Z]{3}")]
    return np.log(rows.assign(rate=rows["rate_percent"].astype(float)).groupby("area_code")["rate"].mean())


def rates_of_census() -> pd.DataFrame:
    """Logs of education, labour and age by area."""
    education, labour, ages = (
        pd.concat(map(pd.read_csv, Path("data/raw/nsi_census").glob(f"*/census_{name}.csv"))).set_index("area_code")
        for name in ("education", "labour", "age")
    )
    schooled = education.drop(columns="census_year")
    shares = schooled.div(schooled.sum(axis=1), axis=0)
    rates = {
        "primary or lower": shares["primary_or_lower"],
        "lower secondary or less": shares["primary_or_lower"] + shares["lower_secondary"],
        "tertiary": shares["tertiary"],
        "employment": labour["employment_rate"],
        "unemployment": labour["unemployment_rate"],
        "65 and over": ages["65+"] / ages["total"],
    }
    return pd.DataFrame(rates).map(np.log)


def left_out(poverty: pd.Series, covariates: pd.DataFrame) -> float:
    """Root mean square error of every oblast predicted from the others by least squares."""
    design = np.column_stack([np.ones(len(poverty)), covariates.to_numpy()])
    hat = design @ np.linalg.pinv(design)
    return float(np.sqrt(np.mean(((poverty - hat @ poverty) / (1 - np.diag(hat))) ** 2)))


if __name__ == "__main__":
    main()
