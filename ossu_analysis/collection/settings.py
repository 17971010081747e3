"""Typed reading of ``data/demo/returns.yaml``: what the demonstration returns look like, service by service."""

import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from ossu_analysis.funding import FundingType
from ossu_analysis.inputs import Strict, parse_file

DEMONSTRATION = "demonstration_returns"
"""Source of every row that nobody handed in."""


class Range(Strict):
    """A lower and an upper bound."""

    low: float = Field(gt=0)
    high: float = Field(gt=0)


class Project(Strict):
    """Which share of a service's municipalities lives on project money in the last year, and until when."""

    share: float = Field(gt=0, le=1)
    funding_end: datetime.date


class ServiceMechanics(Strict):
    """Made-up parameters of one service; the YAML file explains each."""

    exposed: Literal["all", "children", "adults", "older"]
    published_total: bool = False
    anchor_year: int = 2021
    per_thousand: float = Field(gt=0)
    municipalities: int = Field(ge=1)
    first_share: float = Field(gt=0, le=1)
    unit_size: int = Field(ge=1)
    least_places: int = Field(ge=1)
    coverage: float = Field(gt=0)
    trend: float
    staff_per_place: float = Field(gt=0)
    short_of_staff: float = Field(ge=0, le=1)
    vacancy: float = Field(gt=0, lt=1)
    reported: float | None = Field(gt=0, le=1)
    funding: FundingType
    project_until: int = 0
    project: Project | None = None
    in_map: bool = True
    from_outside: float = Field(0.0, ge=0, lt=1)
    mobile: float = Field(0.0, ge=0, le=1)
    biggest: dict[str, str] = Field({})


class DemonstrationSettings(Strict):
    """The whole file."""

    status: Literal["demonstration"]
    seed: int = Field(ge=0)
    first_year: int
    last_year: int
    map_number: Range
    services: dict[str, ServiceMechanics]


def read_settings(file: Path) -> DemonstrationSettings:
    """Read and check the YAML file.

    Raises
    ------
    FaultsFound
        With every misspelt key and every value that is out of range.
    """
    return parse_file(DemonstrationSettings, file, file.parents[2])
