"""Rates of target groups from local counts: what a municipality counted itself, smoothed towards its oblast.

Belongs here: from ``reference.group_count`` to ``demand.local_group_rate``. Method: gamma-Poisson empirical Bayes
(`pooling`), municipality towards oblast towards all that counted. A local count is a municipal study: it never enters
``demand.group_rate``, whose series are official, and says nothing of municipalities that did not count.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ossu_analysis.demand.exposure import Exposure
from ossu_analysis.demand.pooling import pooled_posterior
from ossu_analysis.errors import Fault, raise_if_any
from ossu_analysis.texts import text

EVERYBODY = "TG-POP"


def local_group_rates(
    counts: pd.DataFrame, exposure: Exposure, municipality: pd.DataFrame, service: pd.DataFrame
) -> pd.DataFrame:
    """Return ``demand.local_group_rate``: one row per count, none where nobody counted.

    Parameters
    ----------
    counts : pandas.DataFrame
        ``reference.group_count``.
    exposure : Exposure
        With the official rates, for groups that are measured against one.
    municipality : pandas.DataFrame
        ``municipality_code, oblast_code``.
    service : pandas.DataFrame
        ``target_group, exposed_group``: the group that the services of a target group are measured against is its base;
        all residents where no service names one.

    Raises
    ------
    FaultsFound
        Counts of a year without a population, and counts above the persons of the base group.
    """
    from scipy.stats import gamma

    counts = with_base(counts, exposure, service)
    raise_if_any(_faults(counts))
    oblast = municipality.set_index("municipality_code")["oblast_code"]
    made = []
    for _, rows in counts.groupby("target_group"):
        _, parents = np.unique(oblast.loc[rows["municipality_code"]].to_numpy(str), return_inverse=True)
        persons, base = rows["persons"].to_numpy(float), rows["base_persons"].to_numpy(float)
        common = persons.sum() / base.sum()
        level, shape = pooled_posterior(persons, common * base, parents)
        low, high = (gamma.ppf(p, shape, scale=level / shape) for p in (0.1, 0.9))
        rates = {"rate": level, "rate_low": low, "rate_high": high}
        made.append(rows.assign(**{name: np.minimum(common * value, 1.0) for name, value in rates.items()}))
    table = pd.concat(made, ignore_index=True) if made else counts.assign(rate=0.0, rate_low=0.0, rate_high=0.0)
    return table.assign(
        counted=table["persons"],
        direct_rate=table["persons"] / table["base_persons"],
        reference_date=table["as_of"],
        source_class="municipal_study",
        note_bg=text("demand.rate.local"),
        status="estimated",
    )


def with_base(counts: pd.DataFrame, exposure: Exposure, service: pd.DataFrame) -> pd.DataFrame:
    """Counts with their base group and its persons in the year of the count; NaN in a year without a population."""
    used = service.dropna(subset=["exposed_group"]).groupby("target_group")["exposed_group"]
    base = used.agg(lambda groups: groups.mode().iloc[0])
    rows = counts.assign(base_group=counts["target_group"].map(base).fillna(EVERYBODY))
    year = rows["as_of"].str[:4].astype(int)
    known = year.isin(np.concatenate(exposure.years())) if len(rows) else year.astype(bool)
    rows = rows.assign(base_persons=np.nan)
    for (group, when), part in rows[known].groupby(["base_group", year[known]]):
        persons = exposure.past(str(group), np.array([when]))[:, 0]
        rows.loc[part.index, "base_persons"] = pd.Series(persons, exposure.areas).loc[part["municipality_code"]].values
    return rows


def _faults(rows: pd.DataFrame) -> Iterator[Fault]:
    file = "data/reference/group_counts.csv"
    for row in rows[rows["base_persons"].isna()].itertuples():
        found = f"{row.municipality_code}, {row.target_group}, {row.as_of}"
        yield Fault("demand.count_without_population", file, column="as_of", found=found)
    for row in rows[rows["persons"] > rows["base_persons"]].itertuples():
        found, limit = f"{row.municipality_code}, {row.target_group}: {row.persons}", f"≤ {row.base_persons:.0f}"
        yield Fault("demand.count_above_population", file, column="persons", found=found, expected=limit)
