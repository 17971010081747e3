"""The tables of a release with an asterisk wherever a count of persons is hidden, or computed from a hidden one.

Documents and pages are made from tables that went through `released`, unless they are internal.
What is computed from hidden counts is hidden with them, so it adds nothing to what the sums over areas tell: occupancy,
free places, residents of closing homes, users priced by a standard, places for those who wait.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.reference.services import closing_services
from ossu_analysis.report.disclosure.asterisk import HIDDEN, starred
from ossu_analysis.report.disclosure.counts import QUANTITIES
from ossu_analysis.texts import number, text

Frames = Mapping[str, pd.DataFrame]


class Hidden:
    """Which counts of a release are hidden, asked by quantity, area, service and period.

    Parameters
    ----------
    counts : DataFrame
        ``report.count`` of the areas in question. A count without a row was not reported: nobody there is known.
    """

    def __init__(self, counts: pd.DataFrame) -> None:
        concealed = counts[counts["is_hidden"].astype(bool)]
        keys = ["quantity", "area_code", "service_code", "period_end"]
        self._hidden = set(concealed[keys].itertuples(index=False, name=None))
        self._of_towns = set(concealed[["quantity", "area_code", "period_end"]].itertuples(index=False, name=None))
        self._areas = set(concealed["area_code"])
        towns = counts[counts["area_level"] == "municipality"]
        self._periods = towns.groupby("area_code")["period_end"].agg(lambda ends: sorted(set(ends))).to_dict()
        self._parts = towns.groupby("parent_code")["area_code"].agg(lambda codes: sorted(set(codes))).to_dict()

    def is_hidden(self, quantity: str, area: str, service: str, period: str) -> bool:
        """Whether a count is hidden in one period."""
        return (quantity, area, service, period) in self._hidden

    def at_last(self, quantity: str, area: str, service: str, year: int) -> bool:
        """Whether a count of the last return not after a year is hidden.

        The sum of an area whose municipalities have last reported in different periods belongs to no period: it is
        hidden as soon as one of its counts is, and what is known of no period is hidden.
        """
        periods = self._last_periods(area, year)
        if not periods:
            return True
        if len(set(periods.values())) == 1:
            return self.is_hidden(quantity, area, service, next(iter(periods.values())))
        return any(self.is_hidden(quantity, town, service, period) for town, period in periods.items())

    def any_part(self, area: str, service: str, year: int) -> bool:
        """Whether a count of persons of any municipality of an area is hidden in its last return."""
        periods = self._last_periods(area, year).items()
        return not periods or any(
            self.is_hidden(quantity, town, service, end) for quantity in QUANTITIES for town, end in periods
        )

    def any_service(self, quantity: str, area: str, period: Any) -> bool:
        """Whether a count of any service of an area is hidden in a period."""
        return (quantity, area, period) in self._of_towns

    def any_of(self, area: str) -> bool:
        """Whether any count of an area is hidden, in whatever service and period."""
        return area in self._areas

    def _last_periods(self, area: str, year: int) -> dict[str, str]:
        towns = [area] if area in self._periods else self._parts.get(area, [])
        towns = list(self._periods) if area == COUNTRY else towns
        found = {town: [end for end in self._periods[town] if int(end[:4]) <= year] for town in towns}
        return {town: (ends or self._periods[town])[-1 if ends else 0] for town, ends in found.items()}


def released(tables: Frames) -> dict[str, pd.DataFrame]:
    """The tables of one territory as a release may show them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By field of `ossu_analysis.report.facts.TABLES`; ``counts`` says what is hidden, ``services`` which homes close.
    """
    hidden = Hidden(tables["counts"])
    shown = {field: _MASKS[field](rows, hidden) if field in _MASKS else rows for field, rows in tables.items()}
    if "lines" in shown:
        shown["lines"] = _lines(tables["lines"], hidden, closing_services(tables["services"]))
    return shown


def _counts(rows: pd.DataFrame, hidden: Hidden) -> pd.DataFrame:
    return rows.assign(persons=rows["persons"].astype(object).mask(rows["is_hidden"].astype(bool), HIDDEN))


def _capacity(rows: pd.DataFrame, hidden: Hidden) -> pd.DataFrame:
    """Own counts by period; free places are the places less the occupied."""
    masked = _with_asterisks(rows, _each(rows, "municipality_code", "period_end", hidden.is_hidden))
    return masked.assign(free_places=starred(masked["free_places"], masked["occupied"]))


def _gap(area: str) -> Callable[[pd.DataFrame, Hidden], pd.DataFrame]:
    return lambda rows, hidden: _with_asterisks(rows, _each(rows, area, "year", hidden.at_last))


def _lines(rows: pd.DataFrame, hidden: Hidden, replaced_by: Mapping[str, str]) -> pd.DataFrame:
    """Counts of a proposal, the sentences that say them, and the persons who live in closing homes."""
    concealed = _each(rows, "area_code", "planning_year", hidden.at_last)
    homes: dict[str, list[str]] = {}
    for home, service in replaced_by.items():
        homes.setdefault(service, []).append(home)
    keys = zip(rows["area_code"], rows["service_code"], rows["planning_year"], strict=True)
    moved = [
        any(hidden.at_last("occupied", area, one, year) for one in [service, *homes.get(service, [])])
        for area, service, year in keys
    ]
    concealed["residents_to_move"] = pd.Series(moved, index=rows.index, dtype=bool) & rows["residents_to_move"].notna()
    said = [
        _unsaid(line, [name for name, where in concealed.items() if where.iloc[place]], hidden)
        for place, line in enumerate(rows.to_dict("records"))
    ]
    concealed["residents_here"] = concealed["residents_to_move"] & rows["residents_here"].notna()
    return _with_asterisks(rows.assign(justification=pd.Series(said, index=rows.index, dtype="str")), concealed)


def _unsaid(line: Mapping[Any, Any], concealed: list[str], hidden: Hidden) -> str:
    """The justification without its hidden counts; it is made of these sentences by `proposal.wording`."""
    there = {"places": _said(line["existing_places"])}
    sentences = {
        "occupied": ((f"proposal.here.{line['area_level']}.places", there),),
        "waiting": (("proposal.waiting", {}),),
        "residents_to_move": (("proposal.residents", {}), ("proposal.decided.transform", {})),
    }
    said = str(line["justification"])
    for name in concealed:
        for key, facts in sentences[name]:
            whole, shown = (text(key, **facts, **{name: value}) for value in (_said(line[name]), HIDDEN))
            said = said.replace(whole, shown)
    if hidden.any_of(line["area_code"]):
        said = _without(said, "proposal.lists_here", "lists", r"[^.]+")
    return said


def _without(said: str, key: str, name: str, kind: str) -> str:
    """A text whose sentence ``key`` says something of a ``kind`` (regular expression), with an asterisk for it."""
    before, after = (re.escape(part) for part in text(key, **{name: "|"}).split("|"))
    return re.sub(f"{before}{kind}{after}", text(key, **{name: HIDDEN}), said)


def _said(value: Any) -> str:
    return number(None) if pd.isna(value) else number(float(value))


def _subsidy(rows: pd.DataFrame, hidden: Hidden) -> pd.DataFrame:
    """Users with and without a standard are sums over services: hidden as soon as one of the services is."""
    where = [
        hidden.any_service("occupied", *key) for key in zip(rows["municipality_code"], rows["period_end"], strict=True)
    ]
    names = ("priced_users", "users_times_standard", "users_without_standard", "difference", "explained_share")
    concealed = pd.Series(where, index=rows.index, dtype=bool)
    return _with_asterisks(rows, {name: concealed & rows[name].notna() for name in names})


def _cliffs(rows: pd.DataFrame, hidden: Hidden) -> pd.DataFrame:
    keys = zip(rows["municipality_code"], rows["service_code"], strict=True)
    where = pd.Series([hidden.at_last("occupied", *key, 9999) for key in keys], index=rows.index, dtype=bool)
    return _with_asterisks(rows, {"users": where & rows["users"].notna()})


def _options(rows: pd.DataFrame, hidden: Hidden) -> pd.DataFrame:
    """Places for those who wait, added up over municipalities, and those who wait beside free places."""
    keys = zip(rows["oblast_code"], rows["service_code"], rows["planning_year"], strict=True)
    some = pd.Series([hidden.any_part(*key) for key in keys], index=rows.index, dtype=bool)
    waits = some & rows["option"].eq("cover_waiting")
    names = ("places", "places_added", "persons_covered", "persons_not_covered", "yearly_cost")
    queue = "proposal.gives_up.queue_beside_free", "queue_beside_free", r"[\d\s]+"
    told = [_without(str(one), *queue) if hides else one for one, hides in zip(rows["gives_up"], some, strict=True)]
    gives_up = pd.Series(told, index=rows.index, dtype="str").mask(waits, HIDDEN)
    return _with_asterisks(rows.assign(gives_up=gives_up), {name: waits & rows[name].notna() for name in names})


def _differences(rows: pd.DataFrame, hidden: Hidden) -> pd.DataFrame:
    """A plan below the users of today says how many they are."""
    told = rows["rule"].eq("plan_below_users")
    keys = zip(rows["area_code"], rows["service_code"], strict=True)
    where = told & pd.Series([hidden.at_last("occupied", *key, 9999) for key in keys], index=rows.index, dtype=bool)
    said = [
        text("proposal.differs.plan_below_users", number=number(planned), other=HIDDEN) for planned in rows["number"]
    ]
    message = rows["message"].mask(where, pd.Series(said, index=rows.index, dtype="str"))
    return _with_asterisks(rows.assign(message=message), {"other_number": where})


def _indicators(rows: pd.DataFrame, hidden: Hidden) -> pd.DataFrame:
    """Services of which a count of either compared year is hidden are left out: parts and differences would tell it."""
    ends = rows[["area_code", "indicator_code", "base_year", "year"]].itertuples(index=False, name=None)
    told = [
        any(hidden.at_last(quantity, area, code, year) for quantity in QUANTITIES for year in years)
        for area, code, *years in ends
    ]
    return rows[~(pd.Series(told, index=rows.index, dtype=bool) & rows["kind"].eq("service"))]


def _each(
    rows: pd.DataFrame, area: str, when: str, asked: Callable[[str, str, str, Any], bool]
) -> dict[str, "pd.Series[bool]"]:
    """Which counts of each row are hidden, by quantity; a count that nobody reported hides nothing."""
    keys = list(zip(rows[area], rows["service_code"], rows[when], strict=True))
    return {
        quantity: pd.Series([asked(quantity, *key) for key in keys], index=rows.index, dtype=bool)
        & rows[quantity].notna()
        for quantity in QUANTITIES
    }


def _with_asterisks(rows: pd.DataFrame, concealed: Mapping[str, "pd.Series[bool]"]) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].astype(object).mask(where, HIDDEN) for name, where in concealed.items()})


_MASKS: dict[str, Callable[[pd.DataFrame, Hidden], pd.DataFrame]] = {
    "counts": _counts,
    "capacity": _capacity,
    "gap": _gap("municipality_code"),
    "oblast_gap": _gap("area_code"),
    "subsidy_check": _subsidy,
    "funding_cliff": _cliffs,
    "options": _options,
    "indicators": _indicators,
    "differences": _differences,
}
