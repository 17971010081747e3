"""What a document is about: a municipality or an oblast with its figures, as every section reads them."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.report.disclosure.counts import QUANTITIES
from ossu_analysis.report.facts import GROUPS, Facts, age_rows, wide
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.status import weakest
from ossu_analysis.texts import sort_key, text


@dataclass(frozen=True)
class Subject:
    """The territory a document is about, with its figures.

    Parameters
    ----------
    facts : Facts
        Tables of the oblast.
    imprint : Imprint
        Base year, horizon and the rest of what the document says of itself.
    code : str
        Municipality or oblast code.
    """

    facts: Facts
    imprint: Imprint
    code: str

    @property
    def level(self) -> str:
        """``municipality``, ``oblast`` or ``country``."""
        if self.code == COUNTRY:
            return "country"
        return "oblast" if self.code == self.facts.oblast_code else "municipality"

    @property
    def label(self) -> str:
        """„община Смолян (SML31)“; „област Смолян (SML)“."""
        return text(f"report.label.{self.level}", name=self.facts.name(self.code), code=self.code)

    @property
    def parts(self) -> list[str]:
        """Codes of the municipalities, or of the country's oblasts, in the order of the Bulgarian alphabet."""
        return sorted(self.facts.parts, key=lambda code: sort_key(self.facts.parts[code]))

    @property
    def planning_year(self) -> int:
        """Year that the proposal plans for; the horizon where there is no proposal."""
        years = self.facts.lines["planning_year"]
        return int(years.max()) if len(years) else self.imprint.until_year

    @cached_property
    def people(self) -> pd.DataFrame:
        """Wide population of the territory: ``year, sex, age_from, age_to, median, low_80 ...``."""
        rows = self.facts.forecast
        return wide(rows[rows["area_code"] == self.code], ["year", "sex", "age_from", "age_to"])

    @cached_property
    def _groups(self) -> dict[tuple[int, int | None], pd.DataFrame]:
        people = self.people[self.people["sex"] == "T"].sort_values("year")
        return {group: age_rows(people, *group).reset_index(drop=True) for group in GROUPS}

    def group(self, first: int, last: int | None) -> pd.DataFrame:
        """Both sexes of one of the printed age groups by year, base year first."""
        return self._groups[first, last]

    def at(self, first: int, last: int | None, year: int) -> dict[str, float]:
        """One printed age group in one year: ``median``, ``low_80`` ...; empty when the year has not been computed."""
        rows = self.group(first, last)
        found = rows[rows["year"] == year].to_dict("records")
        return {str(name): value for name, value in found[0].items()} if found else {}

    @cached_property
    def demand(self) -> pd.DataFrame:
        """Wide demand of the territory: ``service_code, year, median, low_80 ...``."""
        rows = self.facts.demand
        return wide(rows[rows["area_code"] == self.code], ["service_code", "year"])

    @property
    def demand_status(self) -> str:
        """Weakest status of the territory's demand, or ``mixed``."""
        rows = self.facts.demand
        return status_of(rows[rows["area_code"] == self.code])

    def service(self, code: str, with_code: bool = False) -> str:
        """Short name of a service, e.g. „Асистентска подкрепа (ASSIST)“."""
        name = self.facts.service_names.get(code, code)
        return f"{name} ({code})" if with_code and name != code else name

    @cached_property
    def capacity(self) -> pd.DataFrame:
        """Newest period of each service of the municipality."""
        rows = self.facts.capacity
        rows = rows[rows["municipality_code"] == self.code] if self.level == "municipality" else rows
        return rows[rows["period_end"] == rows.groupby("service_code")["period_end"].transform("max")]

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Persons served and waiting by ``service_code, period_end``: ``occupied, waiting``; an asterisk is hidden."""
        rows = self.facts.counts
        rows = rows[rows["area_code"] == self.code]
        table = rows.pivot(index=["service_code", "period_end"], columns="quantity", values="persons")
        return table.reindex(columns=list(QUANTITIES)).astype(object)

    def municipal_gap(self, year: int) -> pd.DataFrame:
        """Gap rows of the municipality, or of every municipality of the oblast, in one year."""
        rows = self.facts.gap
        rows = rows[rows["year"] == year]
        return rows[rows["municipality_code"] == self.code] if self.level == "municipality" else rows

    def part_gap(self, year: int) -> pd.DataFrame:
        """Gap rows of every part of the territory in one year, with the part's code as ``area_code``."""
        if self.level == "country":
            rows = self.facts.oblast_gap
            return rows[(rows["area_level"] == "oblast") & (rows["year"] == year)]
        return self.municipal_gap(year).rename(columns={"municipality_code": "area_code"})

    def gap(self, year: int) -> pd.DataFrame:
        """Gap rows of the territory itself in one year; an oblast's come from summed draws, not from summed medians."""
        if self.level == "municipality":
            return self.municipal_gap(year)
        rows = self.facts.oblast_gap
        return rows[(rows["area_code"] == self.code) & (rows["year"] == year)]


def area_name(subject: Subject, code: str) -> str:
    """``Бяла (VAR05)``: the name alone does not identify a municipality."""
    if code == subject.facts.oblast_code:
        return Subject(subject.facts, subject.imprint, code).label
    return f"{subject.facts.name(code)} ({code})"


def named(key: str, code: object) -> str:
    """Bulgarian name of a code of the texts, „–“ when there is no code, the code itself when it has no name."""
    if not isinstance(code, str) or not code:
        return "–"
    name = text(f"{key}.{code}")
    return code if name == f"{key}.{code}" else name


def source_name(facts: Facts, source_id: str) -> str:
    """Publisher of a source; several are joined by „|“; groups by age alone rest on the population forecast."""
    publishers = facts.sources.drop_duplicates("source_id").set_index("source_id")["publisher_bg"]
    return "; ".join(str(publishers.get(one, named("report.source", one))) for one in source_id.split("|"))


def status_of(frame: pd.DataFrame) -> str:
    """Weakest status of a frame; ``mixed`` when demonstration and real returns stand in it together."""
    if frame.empty or "status" not in frame:
        return ""
    statuses = set(frame["status"])
    real = statuses - {"demonstration"}
    return "mixed" if "demonstration" in statuses and real else weakest(statuses)


def is_demonstration(frame: pd.DataFrame) -> bool:
    """Whether any row rests on demonstration returns: what is drawn from it carries the mark."""
    return status_of(frame) in {"demonstration", "mixed"}


def ratio(part: float | None, whole: float | None) -> float:
    """Part of a whole; missing when either is, or when the whole is zero."""
    if part is None or whole is None or pd.isna(part) or pd.isna(whole) or not whole:
        return float("nan")
    return float(part) / float(whole)


def by_name(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows in the order of the Bulgarian alphabet of one column."""
    order = frame[column].map(sort_key)
    return frame.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
