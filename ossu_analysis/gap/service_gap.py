"""Demand against places, municipality by municipality and summed: which numbers stand in a row, and why some do not.

The formulas are in `formulas`: ``gap = demand / occupancy_target - places_for_residents`` and what follows from it. A
municipality whose residents are served by its neighbour is not short of those places (`capacity.cross_boundary`). Draws
are not whole persons, so a tenth of a person is no gap. Areas add draws, never quantiles; beside the sum of gaps they
carry the sum of positive gaps, which is what stays missing when no municipality serves another.

Kept apart and empty until loaded: map number, criterion maximum, gaps to them (`limits`). Yearly cost and staff are
those of closing the median gap, where a standard is published. Homes that must close are shown with their residents
and have no gap: their places are not capacity, their residents stand, oblast by oblast, beside the demand for the
service that replaces them.

Confidence is a letter by the width of the 80 % range (`formulas.confidence`); that a figure is a demonstration is said
by ``status``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.capacity.access import Ways, ways_between
from ossu_analysis.collection import mixture_label
from ossu_analysis.errors import OssuError
from ossu_analysis.gap import formulas
from ossu_analysis.gap.grid import Grid
from ossu_analysis.gap.limits import LegalLimits
from ossu_analysis.gap.standards import Standards
from ossu_analysis.gap.stock import Stock, Stocks
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.reference.services import closing_services
from ossu_analysis.reference.standards import currency_of
from ossu_analysis.status import weakest
from ossu_analysis.texts import text

if TYPE_CHECKING:
    from ossu_analysis.demand.draws import DemandDraws

FEW_USERS = 20
"""Below this many expected users a municipal figure is mostly pooled."""

OUTSIDE_MAP = ("municipal_budget", "legacy")
"""Planning levels for which neither a criterion nor a map number exists (ЗСУ 47, § 33)."""


@dataclass(frozen=True)
class GapSettings:
    """What the comparison needs to know beside the tables.

    Parameters
    ----------
    years : sequence of int
        Planning years, those of the draws.
    occupancy_target : float
        Share of places meant to be occupied; 1.0 unless a sourced one is given in ``data/assumptions``.
    planning_quantile : float
        Quantile of demand that places are planned for.
    terrain_factor : float
        What a straight kilometre counts for where no travel times are given; 1.0 says „по права линия“.
    """

    years: Sequence[int]
    scenario: str = "reference"
    occupancy_target: float = 1.0
    planning_quantile: float = 0.5
    terrain_factor: float = 1.0
    standards: Standards = field(default_factory=Standards)


def gap_tables(
    capacity: pd.DataFrame,
    demand_draws: "Iterable[DemandDraws]",
    service: pd.DataFrame,
    municipality: pd.DataFrame,
    settings: GapSettings,
    need: pd.DataFrame | None = None,
    rules: pd.DataFrame | None = None,
    map_numbers: pd.DataFrame | None = None,
    residents: pd.DataFrame | None = None,
    travel_time: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Gaps per municipality and per area, in one pass over the draws of each service.

    Parameters
    ----------
    capacity : DataFrame
        ``capacity.current``.
    demand_draws : iterable of DemandDraws
        Each service once, from `ossu_analysis.demand`; services without draws get rows without demand.
    service : DataFrame
        ``reference.service``: service_code, target_group, planning_level, closes_on, replaced_by.
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code, seat_lat, seat_lon.
    settings : GapSettings
        Years, scenario, occupancy target, standards.
    need : DataFrame, optional
        ``demand.need_forecast``; its medians become ``target_population`` and the persons of a criterion.
    rules : DataFrame, optional
        ``reference.rule``; a rule without a rate computes nothing.
    map_numbers : DataFrame, optional
        Users by the National Map: municipality_code, service_code, users.
    residents : DataFrame, optional
        ``capacity.by_residence``; without it all places belong to the municipality where they are.
    travel_time : DataFrame, optional
        ``reference.travel_time``; without rows ways are distances.

    Returns
    -------
    dict of str to DataFrame
        ``service_gap`` and ``oblast_gap``, every municipality for every service with a return.
    """
    grid = Grid(municipality, settings.years)
    medians = None if need is None else _medians(need, settings.scenario)
    limits, stocks = LegalLimits(grid, medians, rules, map_numbers), Stocks(capacity, grid.codes, grid.years, residents)
    ways = ways_between(grid.municipality, travel_time, settings.terrain_factor)
    comparison = _Comparison(capacity, service, grid, settings, limits, stocks, ways)
    municipal, areas, seen = [], [], set()
    for simulated in demand_draws:
        # A home that must close has residents to move and no demand of its own.
        persons = None if simulated.service_code in comparison.closing else comparison.ordered(simulated)
        municipal.append(comparison.municipal(simulated.service_code, persons))
        areas.append(comparison.areas(simulated.service_code, persons))
        seen.add(simulated.service_code)
    for code in comparison.stocks.services():
        if code not in seen:
            municipal.append(comparison.municipal(code, None))
            areas.append(comparison.areas(code, None))
    return {
        "service_gap": pd.concat(municipal, ignore_index=True),
        "oblast_gap": pd.concat(areas, ignore_index=True),
    }


class _Comparison:
    """The grid of municipalities and years, and everything about it that all services share."""

    def __init__(
        self,
        capacity: pd.DataFrame,
        service: pd.DataFrame,
        grid: Grid,
        settings: GapSettings,
        limits: LegalLimits,
        stocks: Stocks,
        ways: Ways,
    ) -> None:
        self.grid, self.settings, self.limits, self.stocks, self.ways = grid, settings, limits, stocks, ways
        self.service, self.closing = service.set_index("service_code"), closing_services(service)
        self.statuses = capacity.groupby("municipality_code")["status"].agg(weakest).reindex(grid.codes)
        self.label = mixture_label(capacity["status"].unique())
        self.demand_status = weakest(["forecast", *capacity["status"].unique()])

    def ordered(self, simulated: "DemandDraws") -> NDArray:
        """Draws ``[municipality, year, draw]`` in the order of the grid; a copy only when the order differs."""
        place = pd.Index(simulated.areas).get_indexer(pd.Index(self.grid.codes))
        when = pd.Index(simulated.years).get_indexer(pd.Index(self.grid.years))
        if (place < 0).any() or (when < 0).any():
            raise OssuError("gap.draws_incomplete", service=simulated.service_code)
        persons = simulated.persons
        if not (place == np.arange(persons.shape[0])).all():
            persons = persons[place]
        return persons if (when == np.arange(persons.shape[1])).all() else persons[:, when]

    def municipal(self, code: str, draws: NDArray | None) -> pd.DataFrame:
        """Rows of ``gap.service_gap`` of one service."""
        stock, target, closing = self.stocks.of(code), self.settings.occupancy_target, code in self.closing
        nothing = self.grid.unknown()
        low, middle, high = formulas.demand_range(draws) if draws is not None else (nothing,) * 3
        chance = nothing if draws is None else formulas.probability_gap_positive(draws, stock.for_residents, target)
        planned = nothing if draws is None else formulas.demand_planned(draws, self.settings.planning_quantile)
        gap = formulas.gap_to_demand_places(middle, stock.for_residents, target)
        cost, posts = self.settings.standards.unit_costs.get(code), self.settings.standards.staff.get(code)
        km, minutes = (nothing, nothing) if closing else self._ways_to_nearest(stock)
        allowed, mapped = self.limits.allowed(code), self.limits.mapped(code)
        cells = {
            "target_population": self.limits.persons(
                self.service["target_group"].get(code), "municipality", self.grid.codes
            ),
            "places": stock.places,
            "occupied": stock.occupied,
            "waiting": stock.waiting,
            "places_for_others": stock.places_for_others,
            "places_elsewhere": stock.places_elsewhere,
            "places_for_residents": stock.for_residents,
            "map_number": mapped,
            "criterion_maximum": allowed,
            "demand_median": middle,
            "demand_low": low,
            "demand_high": high,
            "demand_planned": planned,
            "gap_to_demand_places": gap,
            "gap_to_map_places": formulas.gap_to_map_places(mapped, stock.places),
            "gap_to_criterion_places": formulas.gap_to_criterion_places(allowed, stock.places),
            "probability_gap_positive": chance,
            "km_to_nearest": km,
            "minutes_to_nearest": minutes,
            "staff_needed": formulas.staff_needed(gap, posts.posts_per_user) if posts else nothing,
            "yearly_cost": formulas.yearly_cost(gap, [cost.in_currency_of(year) for year in self.grid.years])
            if cost
            else nothing,
        }
        keys = self._keys(code)
        values = pd.DataFrame({name: grid.ravel() for name, grid in cells.items()})
        about = pd.DataFrame(
            {
                "currency": np.tile([currency_of(year) for year in self.grid.years], len(self.grid.codes))
                if cost
                else None,
                "price_year": cost.price_year if cost else pd.NA,
                "rules_version": np.tile(self.limits.versions(code), len(self.grid.codes)),
                "confidence": formulas.confidence(stock.places, low, middle, high).ravel(),
                "remark": self._remark(code, stock, middle, allowed, mapped).ravel(),
                "status": self._status(draws is not None),
            },
            index=keys.index,
        )
        return pd.concat([keys, values, about], axis=1)

    def areas(self, code: str, draws: NDArray | None) -> pd.DataFrame:
        """Rows of ``gap.oblast_gap`` of one service: each oblast and the country, from summed draws."""
        grid, stock, target = self.grid, self.stocks.of(code), self.settings.occupancy_target
        areas, shape = grid.areas, (len(grid.areas), len(grid.years))
        places, occupied, theirs = (
            grid.over_areas(formulas.sum_of_parts, part) for part in (stock.places, stock.occupied, stock.for_residents)
        )
        with_service = grid.over_areas(formulas.municipalities_with_service, stock.places)
        own_map = self.limits.mapped(code)
        waiting, mapped, to_map = (
            grid.over_areas(formulas.sum_of_known_parts, part)
            for part in (stock.waiting, own_map, formulas.gap_to_map_places(own_map, stock.places))
        )
        allowed, moving = self.limits.allowed_in_areas(code), self._residents_to_move(code)
        low = middle = high = planned = chance = unshared = np.full(shape, np.nan)
        if draws is not None:
            asked = grid.add_up(draws)
            low, middle, high = formulas.demand_range(asked)
            planned = formulas.demand_planned(asked, self.settings.planning_quantile)
            chance = formulas.chance_with_residents(asked, moving, theirs, target)
            unshared = grid.over_areas(
                partial(formulas.missing_without_sharing_places, occupancy_target=target), draws, stock.for_residents
            )
        labels = [self._label_of(inside) for inside in grid.inside]
        return pd.DataFrame(
            {
                "area_level": np.repeat(["country" if area == COUNTRY else "oblast" for area in areas], shape[1]),
                "area_code": np.repeat(areas, shape[1]),
                "service_code": code,
                "year": np.tile(grid.years, shape[0]),
                "scenario": self.settings.scenario,
                "municipalities_with_service": with_service.ravel(),
                "places": places.ravel(),
                "occupied": occupied.ravel(),
                "waiting": waiting.ravel(),
                "places_for_residents": theirs.ravel(),
                "map_number": mapped.ravel(),
                "criterion_maximum": allowed.ravel(),
                "demand_median": middle.ravel(),
                "demand_low": low.ravel(),
                "demand_high": high.ravel(),
                "demand_planned": planned.ravel(),
                "residents_to_move": moving.ravel(),
                "gap_to_demand_places": formulas.gap_with_residents(middle, moving, theirs, target).ravel(),
                "gap_to_map_places": to_map.ravel(),
                "gap_to_criterion_places": formulas.gap_to_criterion_places(allowed, places).ravel(),
                "missing_without_sharing_places": unshared.ravel(),
                "probability_gap_positive": chance.ravel(),
                "confidence": formulas.confidence(places, low, middle, high).ravel(),
                "rules_version": np.tile(self.limits.versions(code), shape[0]),
                "data_label": np.repeat(labels, shape[1]),
                "status": self._status(draws is not None),
            }
        )

    def _residents_to_move(self, code: str) -> NDArray:
        """Residents, in each area and year, of the closing homes that a service replaces."""
        homes = [self.stocks.of(home).occupied for home, heir in self.closing.items() if heir == code]
        return self.grid.over_areas(
            formulas.sum_of_known_parts, np.nan_to_num(sum(homes, np.zeros_like(self.grid.unknown())))
        )

    def _keys(self, code: str) -> pd.DataFrame:
        known = self.service.loc[code] if code in self.service.index else None
        return pd.DataFrame(
            {
                "municipality_code": np.repeat(self.grid.codes, len(self.grid.years)),
                "service_code": code,
                "target_group": None if known is None else known["target_group"],
                "year": np.tile(self.grid.years, len(self.grid.codes)),
                "scenario": self.settings.scenario,
                "planning_level": None if known is None else known["planning_level"],
            }
        )

    def _label_of(self, inside: NDArray) -> str:
        return mixture_label(self.statuses[inside].dropna())

    def _status(self, has_demand: bool) -> str:
        return self.demand_status if has_demand else weakest(self.statuses.dropna())

    def _is_planned_by_map(self, code: str) -> bool:
        level = self.service["planning_level"].get(code, "")
        return level not in OUTSIDE_MAP

    def _ways_to_nearest(self, stock: Stock) -> tuple[NDArray, NDArray]:
        """Kilometres and minutes to the nearest municipality with places; 0 where a mobile team comes."""
        by_places: dict[bytes, NDArray] = {}
        has = stock.places > 0
        for column in has.T:
            by_places.setdefault(column.tobytes(), np.stack(self.ways.to_nearest(column)[:2]))
        both = np.stack([by_places[column.tobytes()] for column in has.T], axis=2)
        km, minutes = np.where(stock.mobile > 0, both * 0.0, both)
        return km, minutes

    def _remark(self, code: str, stock: Stock, middle: NDArray, allowed: NDArray, mapped: NDArray) -> NDArray:
        """Reasons that hold for a cell, joined; few combinations occur, so each is joined once."""
        reasons = list(self._reasons(code, stock, middle, allowed, mapped))
        number = sum(np.broadcast_to(holds, middle.shape).astype(int) << bit for bit, (_, holds) in enumerate(reasons))
        sentences = {
            int(which): "; ".join(reason for bit, (reason, _) in enumerate(reasons) if which >> bit & 1)
            for which in np.unique(number)
        }
        return np.vectorize(sentences.__getitem__, otypes=[object])(number)

    def _reasons(
        self, code: str, stock: Stock, middle: NDArray, allowed: NDArray, mapped: NDArray
    ) -> Iterator[tuple[str, NDArray | bool]]:
        standards = self.settings.standards
        is_open = code not in self.closing
        if not is_open:
            yield text("gap.closing", replacement=self.closing[code]), True
        if self.label:
            yield self.label, True
        yield text("gap.no_return"), np.isnan(stock.places)
        yield text("gap.no_service_here"), stock.places == 0
        yield text("gap.no_demand"), np.isnan(middle) & is_open
        yield text("gap.few_users", limit=FEW_USERS), middle < FEW_USERS
        if self._is_planned_by_map(code):
            yield from self.limits.reasons(code, allowed, mapped)
        elif is_open:
            yield text("gap.outside_map"), True
        yield text("gap.no_cost_standard"), code not in standards.unit_costs
        yield text("gap.no_staff_standard"), code not in standards.staff
        yield text("gap.places_for_others"), stock.places_for_others > 0
        yield text("gap.places_elsewhere"), stock.places_elsewhere > 0
        yield text("gap.mobile"), stock.mobile > 0
        yield self.ways.how_measured, bool(self.ways.how_measured) and is_open


def _medians(need: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Medians of the need forecast in one scenario."""
    return need[need["output_type"].eq("median") & need["scenario"].eq(scenario)]
