"""What the documents of one oblast are made from: slices of the chain's tables, read once, and wide forms of ranges.

Belongs here: reading, selecting and turning long rows (``output_type``, ``output_type_id``) into columns ``median``,
``low_80`` and so on. Nothing is rounded and nothing is estimated here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from ossu_analysis.demand.scenario import all_scenarios
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.schemas import all_tables, columns
from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.store import Store
from ossu_analysis.texts import text

BOUNDS = {"0.025": "low_95", "0.1": "low_80", "0.25": "low_50", "0.75": "high_50", "0.9": "high_80", "0.975": "high_95"}
"""Column of a wide frame for each published quantile."""
GROUPS = ((0, None), (0, 17), (18, 64), (65, None), (80, None))
"""Age groups that documents print: total, children, adults, 65+, 80+."""


@dataclass(frozen=True)
class Facts:
    """Tables of one oblast: every frame holds only its municipalities, the oblast itself and the country.

    Frames carry the columns of their tables; one that has not been computed is empty. The country is read in the same
    way, without its municipalities one by one.
    """

    oblast_code: str
    oblast_name: str
    municipalities: pd.DataFrame
    forecast: pd.DataFrame
    history: pd.DataFrame
    need: pd.DataFrame
    group_status: pd.DataFrame
    capacity: pd.DataFrame
    demand: pd.DataFrame
    gap: pd.DataFrame
    oblast_gap: pd.DataFrame
    lines: pd.DataFrame
    options: pd.DataFrame
    sources: pd.DataFrame
    service_names: dict[str, str] = field(default_factory=dict)
    breaks: tuple[int, ...] = field(default=())
    driver: pd.DataFrame = field(default_factory=pd.DataFrame)
    gap_change: pd.DataFrame = field(default_factory=pd.DataFrame)
    scenarios: pd.DataFrame = field(default_factory=pd.DataFrame)
    scenario_titles: dict[str, str] = field(default_factory=dict)
    plans: dict[str, pd.DataFrame] = field(default_factory=dict)
    oblasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    old_history: pd.DataFrame = field(default_factory=pd.DataFrame)
    deviation: pd.DataFrame = field(default_factory=pd.DataFrame)
    past: pd.DataFrame = field(default_factory=pd.DataFrame)
    subsidy: pd.DataFrame = field(default_factory=pd.DataFrame)
    differences: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def parts(self) -> dict[str, str]:
        """Names by code of what the territory is divided into: municipalities, or the oblasts of the country."""
        if self.oblast_code == COUNTRY:
            return {} if self.oblasts.empty else dict(self.oblasts[["oblast_code", "name_bg"]].to_numpy())
        return dict(self.municipalities[["municipality_code", "name_bg"]].to_numpy())

    def name(self, code: str) -> str:
        """Name of a part, or of the territory itself."""
        return self.oblast_name if code == self.oblast_code else self.parts.get(code, code)


def read_facts(store: Store, oblast_code: str, scenario: str = "reference") -> Facts:
    """Read what the documents of an oblast need.

    Parameters
    ----------
    store : Store
        Where the working tables are.
    oblast_code : str
        NSI code of three letters, or ``BG`` for the country.
    scenario : str
        Scenario of the forecasts.

    Raises
    ------
    KeyError
        If no such oblast is in ``reference.oblast``.
    """
    is_country = oblast_code == COUNTRY
    oblasts = table_or_empty(store, "reference", "oblast")
    towns = table_or_empty(store, "reference", "municipality", f"oblast_code = '{oblast_code}'")
    codes = sorted(towns["municipality_code"])
    areas = _listed([*(oblasts["oblast_code"] if is_country else codes), oblast_code, COUNTRY])
    chosen = f"area_code in ({areas}) and scenario = '{scenario}'"
    named = f"municipality_code in ({_listed(codes)})"
    here = "true" if is_country else named
    planned = "true" if is_country else f"oblast_code in ('{oblast_code}', '{COUNTRY}')"
    history = _history(store, areas)
    return Facts(
        oblast_code=oblast_code,
        oblast_name=text("report.words.country")
        if is_country
        else str(oblasts.set_index("oblast_code").loc[oblast_code, "name_bg"]),
        municipalities=towns,
        forecast=table_or_empty(store, "population", "forecast", chosen),
        history=history,
        need=table_or_empty(store, "demand", "need_forecast", chosen),
        group_status=table_or_empty(store, "demand", "group_status"),
        capacity=table_or_empty(store, "capacity", "current", here),
        demand=table_or_empty(store, "demand", "demand_forecast", chosen),
        gap=table_or_empty(store, "gap", "service_gap", f"{named} and scenario = '{scenario}'"),
        gap_change=table_or_empty(store, "gap", "change", here),
        oblast_gap=table_or_empty(store, "gap", "oblast_gap", chosen),
        lines=table_or_empty(store, "proposal", "line", planned),
        options=table_or_empty(store, "proposal", "option", planned),
        sources=table_or_empty(store, "reference", "source"),
        service_names=dict(table_or_empty(store, "reference", "service")[["service_code", "short_name_bg"]].to_numpy()),
        breaks=census_years(history),
        driver=table_or_empty(store, "demand", "driver", f"area_code in ({areas})"),
        scenarios=table_or_empty(store, "demand", "scenario_forecast", f"area_code = '{oblast_code}'"),
        plans=_plans(store, oblast_code, here),
        differences=table_or_empty(
            store, "proposal", "consistency", "true" if is_country else f"oblast_code = '{oblast_code}'"
        ),
        scenario_titles={one.id: one.title_bg for one in all_scenarios(store.assumptions / "demand_scenarios")},
        oblasts=oblasts,
        old_history=_old_history(store, areas),
        deviation=table_or_empty(store, "monitoring", "deviation", f"area_code in ({areas})"),
        past=table_or_empty(store, "monitoring", "past_forecast", f"area_code = '{oblast_code}'"),
        subsidy=table_or_empty(store, "proposal", "subsidy_check", named),
    )


def _plans(store: Store, area_code: str, here: str) -> dict[str, pd.DataFrame]:
    """Options of the area under ceilings, and what money says of its municipalities."""
    made = {name: table_or_empty(store, "proposal", name, f"area_code = '{area_code}'") for name in PLAN_TABLES}
    return made | {name: table_or_empty(store, "proposal", name, here) for name in ("subsidy_check", "funding_cliff")}


def _history(store: Store, areas: str) -> pd.DataFrame:
    where = f"area_code in ({areas}) and residence = 'total' and sex = 'T' and persons is not null"
    return table_or_empty(store, "sources", "population_municipality", where)


def _old_history(store: Store, areas: str) -> pd.DataFrame:
    """``area_code, year, persons`` of 65 and over, as published: oblasts and the country only; revised counts win."""
    where = f"area_code in ({areas}) and age_from = 65 and age_to is null and sex in ('F', 'M')"
    rows = table_or_empty(store, "sources", "population_broad_age", where)
    newest = rows.sort_values("is_revised").drop_duplicates(["area_code", "year", "sex"], keep="last")
    return newest.groupby(["area_code", "year"], as_index=False).agg(persons=("persons", "sum"))


def census_years(history: pd.DataFrame) -> tuple[int, ...]:
    """Years in which the count began to rest on another census: differences across them are not growth."""
    known = history.dropna(subset=["basis"]).sort_values("year").drop_duplicates("year")
    return tuple(int(year) for year in known.loc[known["basis"].diff().fillna(0) != 0, "year"])


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes) or "''"


def table_or_empty(store: Store, link: str, table: str, where: str = "") -> pd.DataFrame:
    """Read a working table; a table that has not been made comes back empty, with its declared columns."""
    if store.has(link, table):
        return store.read(link, table, where)
    declared = all_tables().get((link, table))
    kinds = {info.name: info.pandas_type for info in columns(declared.schema)} if declared else {}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def wide(rows: pd.DataFrame, keys: list[str], value: str = "persons") -> pd.DataFrame:
    """One row per key with ``mean``, ``median`` and the bounds as columns.

    Parameters
    ----------
    rows : DataFrame
        Long rows with ``output_type`` and ``output_type_id``.
    keys : list of str
        Columns that identify a row; missing values (an open age group) are kept.

    Returns
    -------
    DataFrame
        ``keys``, then those of ``mean, median, low_95, low_80, low_50, high_50, high_80, high_95`` that exist, sorted
        by ``keys``. An observed figure has the same value as mean and median.
    """
    names = rows["output_type_id"].map(BOUNDS).fillna(rows["output_type"]).astype(str)
    # An open age group has no upper age: a pivot on the keys themselves would drop it.
    number = rows.groupby(keys, dropna=False, observed=True).ngroup()
    values = pd.DataFrame({"number": number, "column": names, "value": rows[value]})
    table = values.pivot_table(index="number", columns="column", values="value", aggfunc="first", observed=True)
    heads = rows[keys].assign(number=number).drop_duplicates("number").set_index("number").sort_index()
    table = heads.join(table).reset_index(drop=True).rename_axis(columns=None)
    mean = table["mean"] if "mean" in table else pd.Series(float("nan"), index=table.index)
    return table.assign(median=table["median"].fillna(mean) if "median" in table else mean)


def age_rows(frame: pd.DataFrame, first: int, last: int | None) -> pd.DataFrame:
    """Rows of one age group; ``last`` None is the open group."""
    upper = frame["age_to"].isna() if last is None else frame["age_to"] == last
    return frame[(frame["age_from"] == first) & upper]
