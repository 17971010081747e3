"""What the documents of one oblast are made from: slices of the chain's tables, read once, and wide forms of ranges.

Belongs here: reading, selecting and turning long rows (``output_type``, ``output_type_id``) into columns ``median``,
``low_80`` and so on. Nothing is rounded and nothing is estimated here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ossu_analysis.demand.scenario import all_scenarios
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.reference.standards import UnitCost, read_unit_costs
from ossu_analysis.report.disclosure.masking import released
from ossu_analysis.schemas import all_tables, columns
from ossu_analysis.schemas.proposal import PLAN_TABLES
from ossu_analysis.store import Store
from ossu_analysis.texts import text

BOUNDS = {"0.025": "low_95", "0.1": "low_80", "0.25": "low_50", "0.75": "high_50", "0.9": "high_80", "0.975": "high_95"}
"""Column of a wide frame for each published quantile."""
GROUPS = ((0, None), (0, 17), (18, 64), (65, None), (80, None))
"""Age groups that documents print: total, children, adults, 65+, 80+."""


@dataclass(frozen=True)
class Read:
    """Where a field of `Facts` is read from: a working table and an SQL condition.

    The condition names the territory: ``{area}`` its code, ``{areas}`` that code with those of its parts and the
    country, ``{towns}`` its municipalities; ``{here}`` and ``{planned}`` are conditions on the municipality and on the
    oblast of a row that hold everywhere for the country; ``{scenario}`` is the scenario of the run.
    """

    link: str
    table: str
    where: str = ""


OF_SCENARIO = "area_code in ({areas}) and scenario = '{scenario}'"
TABLES: dict[str, Read] = {
    "municipalities": Read("reference", "municipality", "oblast_code = '{area}'"),
    "oblasts": Read("reference", "oblast"),
    "services": Read("reference", "service"),
    "sources": Read("reference", "source"),
    "history": Read("sources", "population_municipality", "area_code in ({areas}) and residence = 'total' and sex = 'T'"
                    " and persons is not null"),
    "old_history": Read("sources", "population_broad_age", "area_code in ({areas}) and age_from = 65 and age_to is null"
                        " and sex in ('F', 'M')"),
    "forecast": Read("population", "forecast", OF_SCENARIO),
    "need": Read("demand", "need_forecast", OF_SCENARIO),
    "group_status": Read("demand", "group_status"),
    "demand": Read("demand", "demand_forecast", OF_SCENARIO),
    "driver": Read("demand", "driver", "area_code in ({areas})"),
    "scenarios": Read("demand", "scenario_forecast", "area_code = '{area}'"),
    "capacity": Read("capacity", "current", "{here}"),
    "counts": Read("report", "count", "{counted}"),
    "gap": Read("gap", "service_gap", "municipality_code in ({towns}) and scenario = '{scenario}'"),
    "gap_change": Read("gap", "change", "{here}"),
    "oblast_gap": Read("gap", "oblast_gap", OF_SCENARIO),
    "lines": Read("proposal", "line", "{planned}"),
    "options": Read("proposal", "option", "{planned}"),
    "differences": Read("proposal", "consistency", "{planned}"),
    "subsidy_check": Read("proposal", "subsidy_check", "{here}"),
    "funding_cliff": Read("proposal", "funding_cliff", "{here}"),
    "deviation": Read("monitoring", "deviation", "area_code in ({areas})"),
    "indicators": Read("monitoring", "indicator", "area_code in ({areas})"),
    "map_update": Read("monitoring", "map_update", "{here}"),
    "groups": Read("reference", "target_group"),
    **{name: Read("proposal", name, "area_code = '{area}'") for name in PLAN_TABLES},
}  # fmt: skip
"""Every table that a document is made from, by the field that holds it; what documents wait for is read off here."""

ALWAYS = ("counts", "services")
"""Fields that say which counts are hidden; nothing is read without them."""


def tables_read() -> tuple[str, ...]:
    """``link.table`` of everything that a document is made from; its footer names the version of ``reference.rule``."""
    return tuple(sorted({"reference.rule", *(f"{one.link}.{one.table}" for one in TABLES.values())}))


class Facts:
    """Tables of one oblast: every frame holds only its municipalities, the oblast itself and the country.

    The country is read in the same way, without its municipalities one by one. A frame is an attribute named in
    `TABLES`, with the columns of its table; one that has not been computed is empty.

    Parameters
    ----------
    oblast_code, oblast_name : str
        Code of three letters, or ``BG``, and the name for people.
    scenario_titles : mapping of str to str
        Scenarios of demand by code.
    unit_costs : sequence of UnitCost
        What one user costs by decision, those with an unseen amount included.
    tables : DataFrame
        By field of `TABLES`; the others are empty.
    """

    def __init__(
        self,
        oblast_code: str,
        oblast_name: str,
        scenario_titles: Mapping[str, str],
        unit_costs: Sequence[UnitCost],
        **tables: pd.DataFrame,
    ) -> None:
        self.oblast_code, self.oblast_name, self.scenario_titles = oblast_code, oblast_name, scenario_titles
        self.unit_costs = unit_costs
        self._tables = tables

    def __getattr__(self, field: str) -> pd.DataFrame:
        if field.startswith("_") or field not in TABLES:
            raise AttributeError(field)
        if field not in self._tables:
            self._tables[field] = empty(TABLES[field].link, TABLES[field].table)
        return self._tables[field]

    def released(self) -> "Facts":
        """The same tables with an asterisk wherever a release hides a count of persons."""
        tables = released(self._tables)
        return Facts(self.oblast_code, self.oblast_name, self.scenario_titles, self.unit_costs, **tables)

    @cached_property
    def parts(self) -> dict[str, str]:
        """Names by code of what the territory is divided into: municipalities, or the oblasts of the country."""
        if self.oblast_code == COUNTRY:
            return dict(self.oblasts[["oblast_code", "name_bg"]].to_numpy())
        return dict(self.municipalities[["municipality_code", "name_bg"]].to_numpy())

    @cached_property
    def service_names(self) -> dict[str, str]:
        """Short names of services by code."""
        return dict(self.services[["service_code", "short_name_bg"]].to_numpy())

    @cached_property
    def breaks(self) -> tuple[int, ...]:
        """Years in which the count began to rest on another census: differences across them are not growth."""
        known = self.history.dropna(subset=["basis"]).sort_values("year").drop_duplicates("year")
        return tuple(int(year) for year in known.loc[known["basis"].diff().fillna(0) != 0, "year"])

    @cached_property
    def old_people(self) -> pd.DataFrame:
        """``area_code, year, persons`` of 65 and over, as published: oblasts and the country; revised counts win."""
        rows = self.old_history.sort_values("is_revised")
        newest = rows.drop_duplicates(["area_code", "year", "sex"], keep="last")
        return newest.groupby(["area_code", "year"], as_index=False).agg(persons=("persons", "sum"))

    def name(self, code: str) -> str:
        """Name of a part, or of the territory itself."""
        return self.oblast_name if code == self.oblast_code else self.parts.get(code, code)


def read_facts(
    store: Store,
    area_code: str,
    scenario: str = "reference",
    fields: Iterable[str] = tuple(TABLES),
    is_internal: bool = False,
) -> Facts:
    """Read what the documents of an oblast need, with an asterisk wherever a release hides a count of persons.

    Parameters
    ----------
    store : Store
        Where the working tables are.
    area_code : str
        NSI code of three letters, or ``BG`` for the country.
    scenario : str
        Scenario of the forecasts.
    fields : iterable of str
        Which of `TABLES` to read; a page that shows little reads little.
    is_internal : bool
        Whether every count is given, for papers that are not published.

    Raises
    ------
    KeyError
        If no such oblast is in ``reference.oblast``.
    """
    is_country = area_code == COUNTRY
    names = table_or_empty(store, "reference", "oblast").set_index("oblast_code")["name_bg"]
    own = table_or_empty(store, "reference", "municipality", f"oblast_code = '{area_code}'")
    towns = sorted(own["municipality_code"])
    here = {
        "area": area_code,
        "areas": _listed([*(names.index if is_country else towns), area_code, COUNTRY]),
        "towns": _listed(towns),
        "here": "true" if is_country else f"municipality_code in ({_listed(towns)})",
        "counted": "true" if is_country else f"area_code in ({_listed([*towns, area_code, COUNTRY])})",
        "planned": "true" if is_country else f"oblast_code in ('{area_code}', '{COUNTRY}')",
        "scenario": scenario,
    }
    tables = {
        field: table_or_empty(store, one.link, one.table, one.where.format(**here))
        for field, one in TABLES.items()
        if field in {*fields, *ALWAYS}
    }
    titles = {one.id: one.title_bg for one in all_scenarios(store.assumptions / "demand_scenarios")}
    name = text("report.words.country") if is_country else str(names.loc[area_code])
    whole = Facts(area_code, name, titles, tuple(read_unit_costs(store)), **tables)
    return whole if is_internal else whole.released()


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes) or "''"


def table_or_empty(store: Store, link: str, table: str, where: str = "") -> pd.DataFrame:
    """Read a working table; a table that has not been made comes back empty, with its declared columns."""
    return store.read(link, table, where) if store.has(link, table) else empty(link, table)


def empty(link: str, table: str) -> pd.DataFrame:
    """No rows, with the declared columns of a table."""
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
