"""Demonstration returns of all municipalities: made up, seeded, and equal to every figure that is published.

A table of service use for all municipalities is not public, so the chain is shown on returns that nobody handed in.
Every row says ``status = demonstration``. Per service, with the mechanics of `mechanics`:

1. a cross-section at the anchor year: which municipalities have the service, demand, places, use, waiting, staff;
2. where totals are published, each quantity is shared out again by `apportion`, so that totals, numbers of
   municipalities and named municipalities equal the published cells exactly;
3. a path over the years: units open one by one (published numbers of services are met in their year), demand moves by
   a trend and noise, use stays inside what places and staff allow. The path passes through the cross-section.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.collection.administration import with_administration
from ossu_analysis.collection.apportion import apportion
from ossu_analysis.collection.mechanics import (
    Variation,
    demand_mean,
    latent_demand,
    limited_use,
    staffed_share,
)
from ossu_analysis.collection.settings import DEMONSTRATION, DemonstrationSettings, ServiceMechanics
from ossu_analysis.draws import stream
from ossu_analysis.texts import text

_AGES = {"all": (0, 200), "children": (0, 19), "adults": (20, 200), "older": (60, 200)}
_YEARLY_NOISE = 0.04
_SPREAD_OF_PLACES = 0.12
_VARIATION = Variation()


@dataclass(frozen=True)
class Country:
    """Municipalities in fixed order, with their oblast number and exposed persons by group of ages."""

    codes: tuple[str, ...]
    oblast: NDArray
    exposed: dict[str, NDArray]

    def positions(self, cells: dict[str, int]) -> tuple[list[int], list[int]]:
        """Indices and values of named municipalities."""
        return [self.codes.index(code) for code in cells], list(cells.values())


@dataclass(frozen=True)
class Published:
    """Published cells of one service: ``country[year, measure]`` and ``named[year, measure][municipality]``."""

    service_code: str
    country: dict[tuple[int, str], int] = field(default_factory=dict)
    named: dict[tuple[int, str], dict[str, int]] = field(default_factory=dict)

    def what(self, year: int, measure: str) -> str:
        """Name of a published cell for an error."""
        return f"{self.service_code}, {measure}, {year}"

    def total(self, year: int, measure: str) -> int | None:
        """National total of a measure, or None when nobody published it."""
        return self.country.get((year, measure))

    def cells(self, year: int, measure: str) -> dict[str, int]:
        """Named municipalities of a measure."""
        return self.named.get((year, measure), {})


@dataclass
class CrossSection:
    """Whole numbers by municipality in the anchor year."""

    services: NDArray
    places: NDArray
    users: NDArray
    waiting: NDArray
    staffed: NDArray


def demonstration_returns(
    municipality: pd.DataFrame,
    population_municipality: pd.DataFrame,
    census_profile: pd.DataFrame,
    service_total: pd.DataFrame,
    settings: DemonstrationSettings,
) -> pd.DataFrame:
    """Made-up returns of all municipalities, as table ``collection.return``.

    Parameters
    ----------
    municipality : DataFrame
        ``reference.municipality``: municipality_code, oblast_code.
    population_municipality : DataFrame
        ``sources.population_municipality``; the last year not after ``settings.last_year`` is used.
    census_profile : DataFrame
        ``sources.census_profile``: shares by age, which make demand follow age.
    service_total : DataFrame
        ``sources.service_total``: service_code, area_level, area_code, reference_date, measure, value.
    settings : DemonstrationSettings
        Mechanics and seed, from ``data/demo/returns.yaml``.

    Returns
    -------
    DataFrame
        One row per municipality, service and year with the service; no row means no service.

    Raises
    ------
    OssuError
        ``collection.infeasible_total`` if published cells contradict each other.
    """
    country = country_of(municipality, population_municipality, census_profile, settings.last_year)
    published = published_cells(service_total, settings)
    parts = [
        _service_rows(code, service, country, published[code], settings) for code, service in settings.services.items()
    ]
    return pd.concat([with_administration(part, settings, municipality) for part in parts], ignore_index=True)


def country_of(municipality: pd.DataFrame, population: pd.DataFrame, profile: pd.DataFrame, last_year: int) -> Country:
    """Municipalities in code order with exposed persons; a municipality newer than the census takes the mean shares."""
    ordered = municipality.sort_values("municipality_code")
    codes = ordered["municipality_code"].tolist()
    persons = newest_persons(population, last_year).reindex(codes).fillna(0.0).to_numpy(dtype=float)
    exposed = {group: persons * _share(profile, codes, *ages) for group, ages in _AGES.items()}
    return Country(tuple(codes), pd.factorize(ordered["oblast_code"])[0], exposed)


def newest_persons(population: pd.DataFrame, last_year: int) -> "pd.Series[float]":
    """Inhabitants by municipality in the last year with figures that is not after ``last_year``."""
    rows = population.query("area_level == 'municipality' and sex == 'T' and residence == 'total'")
    rows = rows[(rows["year"] <= last_year) & rows["persons"].notna()]
    return rows[rows["year"] == rows["year"].max()].set_index("area_code")["persons"].astype(float)


def _share(profile: pd.DataFrame, codes: list[str], first: int, last: int) -> NDArray:
    inside = profile[(profile["age_from"] >= first) & (profile["age_from"] <= last)]
    shares = inside.groupby("municipality_code")["share"].sum().reindex(codes)
    return shares.fillna(shares.mean()).to_numpy(dtype=float)


def published_cells(service_total: pd.DataFrame, settings: DemonstrationSettings) -> dict[str, Published]:
    """Published cells by service; several homes of one municipality add up."""
    found = {code: Published(code) for code in settings.services}
    rows = service_total[service_total["service_code"].isin(found)]
    # The quota of assistant support is what its places are: a number of users that money was allotted for.
    measures = rows["measure"].replace("quota", "places")
    years = rows["reference_date"].str[:4].astype(int)
    cells = zip(
        rows["service_code"], rows["area_level"], rows["area_code"], years, measures, rows["value"], strict=True
    )
    for code, level, area, year, measure, value in cells:
        if level == "country":
            found[code].country[year, measure] = int(value)
        else:
            named = found[code].named.setdefault((year, measure), {})
            named[area] = named.get(area, 0) + int(value)
    return found


def _service_rows(
    code: str, service: ServiceMechanics, country: Country, published: Published, settings: DemonstrationSettings
) -> pd.DataFrame:
    rng = stream(settings.seed, code)
    if not service.published_total:
        published = Published(code)
    anchor = _cross_section(service, country, published, rng)
    years = np.arange(settings.first_year, settings.last_year + 1)
    path = _path(service, anchor, years, published, rng)
    return _as_rows(code, service, country, years, path, published)


def _cross_section(
    service: ServiceMechanics, country: Country, published: Published, rng: np.random.Generator
) -> CrossSection:
    year, exposed = service.anchor_year, country.exposed[service.exposed]
    present = _with_service(service, country, published, rng)
    mean = demand_mean(exposed * present, country.oblast, service.per_thousand / 1000, _VARIATION, rng)
    users_total, waiting_total = published.total(year, "users"), published.total(year, "waiting")
    if users_total:
        mean = _level_of_published(mean, users_total + (waiting_total or 0), country, published.cells(year, "users"))
    places = _places(service, country, published, present, mean, rng)
    services = _services(service, published, present, places)
    staffed = staffed_share(len(exposed), service.short_of_staff, service.vacancy, rng)
    users, waiting = limited_use(latent_demand(mean, _VARIATION, rng), places, staffed, service.reported or 0.0)
    if users_total:
        low, high = _bounds(country, published.cells(year, "users"), present.astype(int), places)
        high = _below_biggest(service, country, published, "users", high)
        users = apportion(users_total, users, low, high, published.what(year, "users"))
    if waiting_total:
        waiting = _shared_waiting(service, country, published, present, waiting, rng)
    # A queue beside free places means that posts are not filled.
    staffed = np.where(waiting > 0, users / np.maximum(places, 1), staffed)
    return CrossSection(services, places, users, waiting, staffed)


def _level_of_published(mean: NDArray, total: int, country: Country, cells: dict[str, int]) -> NDArray:
    """Expected demand at the published level: named municipalities as published, the others share the rest."""
    where, values = country.positions(cells)
    rest = mean.copy()
    rest[where] = 0.0
    level = rest * (total - sum(values)) / rest.sum()
    level[where] = values
    return level


def _with_service(
    service: ServiceMechanics, country: Country, published: Published, rng: np.random.Generator
) -> NDArray:
    """Which municipalities have the service: named ones always, then larger ones more often."""
    year, n = service.anchor_year, len(country.codes)
    without = published.total(year, "municipalities_without_service")
    wanted = published.total(year, "municipalities_with_service") or service.municipalities
    wanted = min(n, n - without if without is not None else wanted)
    score = np.log(country.exposed[service.exposed] + 1.0) + rng.normal(0.0, 0.9, n)
    for (named_year, _), cells in published.named.items():
        if named_year == year:
            score[country.positions(cells)[0]] = np.inf
    present = np.zeros(n, dtype=bool)
    present[np.argsort(-score, kind="stable")[:wanted]] = True
    return present


def _places(
    service: ServiceMechanics,
    country: Country,
    published: Published,
    present: NDArray,
    mean: NDArray,
    rng: np.random.Generator,
) -> NDArray:
    year = service.anchor_year
    wanted = service.coverage * mean * np.exp(rng.normal(0.0, _SPREAD_OF_PLACES, len(mean)))
    least = np.where(present, service.least_places, 0)
    served = country.positions(published.cells(year, "users"))
    least[served[0]] = np.maximum(least[served[0]], served[1])
    total, free, users = (published.total(year, measure) for measure in ("places", "free_places", "users"))
    if total is None and users is not None:
        total = users + free if free is not None else round(max(service.coverage, 1.0) * users)
    if total is None:
        return np.where(present, np.maximum(least, 5 * np.rint(wanted / 5)), 0).astype(np.int64)
    low, high = _bounds(country, published.cells(year, "places"), least, np.where(present, total, 0))
    return apportion(total, wanted, low, high, published.what(year, "places"))


def _services(service: ServiceMechanics, published: Published, present: NDArray, places: NDArray) -> NDArray:
    total = published.total(service.anchor_year, "services")
    if total is None:
        return np.ceil(places / service.unit_size).astype(np.int64)
    what = published.what(service.anchor_year, "services")
    return apportion(total, places, present.astype(int), np.where(present, total, 0), what)


def _shared_waiting(
    service: ServiceMechanics,
    country: Country,
    published: Published,
    present: NDArray,
    waiting: NDArray,
    rng: np.random.Generator,
) -> NDArray:
    """Published waiting persons, shared among as many municipalities as are published to have a list."""
    year = service.anchor_year
    total = published.total(year, "waiting") or 0
    cells = published.cells(year, "waiting")
    high = _below_biggest(service, country, published, "waiting", np.where(present, total, 0))
    low = np.zeros_like(high)
    lists = published.total(year, "municipalities_with_waiting")
    if lists is not None:
        score = np.where(present, waiting + rng.random(len(waiting)), -1.0)
        score[country.positions(cells)[0]] = np.inf
        chosen = np.argsort(-score, kind="stable")[:lists]
        low[chosen] = 1
        high = np.where(low == 1, high, 0)
    low, high = _bounds(country, cells, low, high)
    return apportion(total, waiting + 0.5, low, high, published.what(year, "waiting"))


def _bounds(country: Country, cells: dict[str, int], low: NDArray, high: NDArray) -> tuple[NDArray, NDArray]:
    """Bounds in which named municipalities are fixed at their published figure."""
    low, high = low.copy(), high.copy()
    where, values = country.positions(cells)
    low[where] = high[where] = values
    return low, high


def _below_biggest(
    service: ServiceMechanics, country: Country, published: Published, measure: str, high: NDArray
) -> NDArray:
    """Where a publisher names the largest municipality, the others stay below it."""
    biggest = service.biggest.get(measure)
    largest = published.cells(service.anchor_year, measure).get(biggest or "")
    if largest is None:
        return high
    others = np.array([code != biggest for code in country.codes])
    return np.where(others, np.minimum(high, largest - 1), high)


def _path(
    service: ServiceMechanics,
    anchor: CrossSection,
    years: NDArray,
    published: Published,
    rng: np.random.Generator,
) -> dict[str, NDArray]:
    """Whole numbers by municipality and year; the column of the anchor year equals the cross-section."""
    services = _openings(service, anchor.services, years, published, rng)
    share = services / np.maximum(anchor.services, 1)[:, None]
    places = np.rint(anchor.places[:, None] * share).astype(np.int64)
    steps = (years - service.anchor_year)[None, :]
    noise = rng.normal(0.0, _YEARLY_NOISE, places.shape) * np.sqrt(np.abs(steps))
    reported = service.reported or 1.0
    asked = (anchor.users + anchor.waiting / reported)[:, None] * np.exp(service.trend * steps + noise)
    ceiling = np.where(anchor.waiting > 0, anchor.staffed, 1.0)[:, None]
    users = np.minimum(np.floor(ceiling * places + 1e-9), np.rint(asked)).astype(np.int64)
    waiting = np.where(places > 0, np.rint(reported * np.maximum(asked - users, 0.0)), 0).astype(np.int64)
    posts = np.ceil(service.staff_per_place * places - 1e-9).astype(np.int64)
    busy = np.ceil(posts * users / np.maximum(places, 1) - 1e-9)
    filled = np.clip(np.rint(posts * anchor.staffed[:, None]), busy, posts).astype(np.int64)
    return {
        "services_count": services,
        "places": places,
        "users": users,
        "waiting": waiting,
        "staff_posts": posts,
        "staff_filled": filled,
    }


def _openings(
    service: ServiceMechanics, units: NDArray, years: NDArray, published: Published, rng: np.random.Generator
) -> NDArray:
    """Units open in each year: published numbers of services in their year, a straight line between."""
    total = int(units.sum())
    known = {int(years[0]): round(service.first_share * total), int(years[-1]): total, service.anchor_year: total}
    known |= {year: value for (year, measure), value in published.country.items() if measure == "services"}
    points = sorted(known)
    open_units = np.rint(np.interp(years, points, [known[year] for year in points])).astype(int)
    owners = rng.permutation(np.repeat(np.arange(len(units)), units))
    counts = [np.bincount(owners[:n], minlength=len(units)) for n in open_units]
    return np.stack(counts, axis=1)


def _as_rows(
    code: str,
    service: ServiceMechanics,
    country: Country,
    years: NDArray,
    path: dict[str, NDArray],
    published: Published,
) -> pd.DataFrame:
    where, when = np.nonzero(path["places"] > 0)
    rows = pd.DataFrame({name: values[where, when] for name, values in path.items()}).astype("Int64")
    year = pd.Series(years[when])
    if service.reported is None:
        rows["waiting"] = pd.NA
    known = {cell_year for cell_year, measure in published.country if measure != "services"}
    total = year.isin(known)
    project = year <= service.project_until
    rows.insert(0, "municipality_code", np.array(country.codes)[where])
    rows.insert(1, "service_code", code)
    rows.insert(2, "period_start", year.astype("str") + "-01-01")
    rows.insert(3, "period_end", year.astype("str") + "-12-31")
    return rows.assign(
        funding_type=np.where(project, "project", service.funding),
        source_id=DEMONSTRATION,
        source_class="demonstration",
        published_total=total,
        status="demonstration",
        note=np.where(total, text("collection.note_calibrated"), text("collection.note_uncalibrated")),
    )
