"""What the law allows beside what is there: criterion maximum and map number, per municipality and per area.

A rule of municipal level is applied in each municipality and its maxima are added up; a rule of oblast or country level
speaks of that area only. What is not loaded is NaN and gives its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.gap.formulas import sum_of_parts
from ossu_analysis.gap.grid import Grid
from ossu_analysis.gap.rules import maximum_users, rules_by_year
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.texts import text


@dataclass(frozen=True, eq=False)
class LegalLimits:
    """Rules, map numbers and the persons that rules count.

    Parameters
    ----------
    grid : Grid
        Municipalities, areas, years.
    need : DataFrame or None
        Medians of ``demand.need_forecast`` in one scenario.
    rules : DataFrame or None
        ``reference.rule``.
    map_numbers : DataFrame or None
        municipality_code, service_code, users.
    """

    grid: Grid
    need: pd.DataFrame | None
    rules: pd.DataFrame | None
    map_numbers: pd.DataFrame | None

    def persons(self, group: str | None, level: str, areas: list[str]) -> NDArray:
        """Median persons of a target group in some areas of one level; NaN is unknown."""
        if self.need is None or group is None:
            return self.grid.unknown(areas)
        rows = self.need[self.need["target_group"].eq(group) & self.need["area_level"].eq(level)]
        return self.grid.wide(rows, "persons", areas)

    def mapped(self, service_code: str) -> NDArray:
        """Users by the National Map, ``[municipality, year]``."""
        values = self.grid.unknown()
        if self.map_numbers is not None:
            rows = self.map_numbers[self.map_numbers["service_code"].eq(service_code)]
            users = rows.set_index("municipality_code")["users"].reindex(self.grid.codes)
            values[:] = users.to_numpy(dtype=float)[:, None]
        return values

    def allowed(self, service_code: str) -> NDArray:
        """Legal maximum of each municipality by the rule of municipal level."""
        return self._of_level(service_code, "municipal", "municipality", self.grid.codes)

    def allowed_in_areas(self, service_code: str) -> NDArray:
        """Legal maximum of each oblast and the country: by their own rule, or the sum of the maxima below them."""
        oblasts = self._of_level(service_code, "oblast", "oblast", self.grid.areas[:-1])
        country = self._of_level(service_code, "country", "country", [COUNTRY])
        own = np.vstack([oblasts, np.where(np.isnan(country), sum_of_parts(oblasts), country)])
        return np.where(np.isnan(own), self.grid.over_areas(sum_of_parts, self.allowed(service_code)), own)

    def versions(self, service_code: str) -> NDArray:
        """Version of the rule in force in each year; None where none is loaded."""
        rules = self._rules(service_code)
        versions = [rules[year]["version"] if year in rules else None for year in self.grid.years]
        return np.array(versions, dtype=object)

    def reasons(self, service_code: str, allowed: NDArray, mapped: NDArray) -> Iterator[tuple[str, NDArray]]:
        """Sentences for what is missing, and where each holds."""
        rules = self._rules(service_code)
        levels = [rules[year]["level"] if year in rules else "" for year in self.grid.years]
        local = np.array([level == "municipal" for level in levels])
        of_area = np.array([level in ("oblast", "country") for level in levels])
        yield text("common.no_criterion"), ~(local | of_area)
        yield text("gap.criterion_of_area"), of_area
        yield text("gap.criterion_without_persons"), local & np.isnan(allowed)
        yield text("gap.no_map_number"), np.isnan(mapped)

    def _of_level(self, service_code: str, level: str, area_level: str, areas: list[str]) -> NDArray:
        values = self.grid.unknown(areas)
        for year, rule in self._rules(service_code).items():
            if rule["level"] == level:
                column = self.grid.years.index(year)
                persons = self.persons(rule["indicator"], area_level, areas)
                asked = self.persons(rule.get("condition_indicator"), area_level, areas)
                values[:, column] = maximum_users(rule, persons[:, column], asked[:, column])
        return values

    @cache  # noqa: B019 - lives as long as one comparison
    def _rules(self, service_code: str) -> dict[int, dict[str, Any]]:
        return {} if self.rules is None else rules_by_year(self.rules, service_code, self.grid.years)
