"""How each raw file is laid out and what must add up in it: one declaration per table.

A raw file is a CSV whose ``keys`` name a row and whose ``values`` hold figures, often one column per sex or per age.
The tidy table (``schemas/sources.py``) has one figure per row. Marks of the publisher stand in the cells as printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SEXES = ("F", "M", "T")
NSI_MARKS: Mapping[str, float | None] = {"x": None, "-": 0.0}
"""NSI: ``x`` suppressed or no such unit in that year, ``-`` no cases, which is a zero."""

AREA_YEAR_AGE = ("area_code", "year", "age")
WPP_AGES = ("0", "1-4", *(f"{age}-{age + 4}" for age in range(5, 100, 5)), "100+")
AREAS, SEX, RESIDENCE, AGES = "areas", "sexes", "residences", "ages"


@dataclass(frozen=True)
class Layout:
    """One raw file.

    Parameters
    ----------
    table, source_id : str
        Name of the file without ``.csv`` and of the folder under ``data/raw``.
    keys : tuple of str
        Columns that name a row; no two rows may agree in all of them.
    values : tuple of str
        Columns that hold figures.
    figure : str
        Name of the figure in the tidy table.
    across : str
        Tidy column whose values are the headers of ``values``; empty when there is one figure per row.
    texts, counts : tuple of str
        Columns carried over as text and as whole numbers.
    whole : bool
        Whether the figure is a count; then a fraction is a fault.
    minimum, maximum : float or None
        Bounds of the figure.
    marks : mapping
        Text of the publisher in place of a figure, and the figure it stands for.
    sums : tuple of str
        What must add up: ``areas``, ``sexes``, ``residences``, ``ages``. With ``ages`` the file has a row ``total``,
        which serves the check only and is not carried over.
    adds_to : float or None
        Sum of the figures of a row, within 0.1 %: 1 for shares, 100 for percent.
    """

    table: str
    source_id: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    figure: str
    across: str = ""
    texts: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    whole: bool = True
    minimum: float | None = 0
    maximum: float | None = None
    marks: Mapping[str, float | None] = field(default_factory=dict)
    sums: tuple[str, ...] = ()
    adds_to: float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the file must have."""
        return (*self.keys, *self.counts, *self.texts, *self.values)

    @property
    def cell_keys(self) -> tuple[str, ...]:
        """Columns that name one figure in the long form."""
        return (*self.keys, self.across) if self.across else self.keys


def _by_sex(table: str, source_id: str, keys: tuple[str, ...], figure: str, *sums: str, **more: object) -> Layout:
    return Layout(table, source_id, keys, SEXES, figure, across="sex", sums=(SEX, *sums), **more)  # type: ignore[arg-type]


LAYOUTS = {
    layout.table: layout
    for layout in (
        _by_sex(
            "population_municipality",
            "nsi_population",
            ("area_code", "year", "residence"),
            "persons",
            RESIDENCE,
            AREAS,
            marks=NSI_MARKS,
        ),
        _by_sex("births_municipality", "nsi_vital", ("area_code", "year"), "births", AREAS, marks=NSI_MARKS),
        _by_sex("deaths_municipality", "nsi_vital", ("area_code", "year"), "deaths", AREAS, marks=NSI_MARKS),
        _by_sex("population_oblast_age", "eurostat_population", AREA_YEAR_AGE, "persons", AGES, AREAS),
        _by_sex("population_broad_age", "eurostat_population", AREA_YEAR_AGE, "persons", AREAS),
        _by_sex("population_total_long", "eurostat_population", ("area_code", "year"), "persons", AREAS),
        _by_sex("deaths_oblast_age", "eurostat_deaths", AREA_YEAR_AGE, "deaths", AGES, AREAS),
        Layout(
            "vital_events_long",
            "eurostat_deaths",
            ("area_code", "year"),
            ("births", "deaths"),
            "persons",
            across="event",
        ),
        _by_sex(
            "population_region_residence_age",
            "nsi_population_region",
            ("area_code", "year", "residence", "age"),
            "persons",
            RESIDENCE,
            AGES,
            AREAS,
            marks=NSI_MARKS,
        ),
        Layout(
            "life_expectancy_region",
            "eurostat_life_expectancy",
            ("area_code", "year", "sex"),
            (*map(str, range(85)), "85+"),
            "life_expectancy",
            across="age",
            whole=False,
            marks={":": None},
        ),
        Layout(
            "census_profile",
            "nsi_census_2011",
            ("municipality_code",),
            ("0-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+"),
            "share",
            across="age",
            counts=("population",),
            whole=False,
            maximum=1,
            adds_to=1,
        ),
        _by_sex("population_single_age", "undata_population", ("year", "age"), "persons", AGES),
        Layout(
            "fertility_schedule",
            "un_wpp2019",
            ("period",),
            ("15-19", "20-24", "25-29", "30-34", "35-39", "40-44", "45-49"),
            "percent",
            across="age",
            whole=False,
            maximum=100,
            adds_to=100,
        ),
        Layout("mortality_schedule", "un_wpp2019", ("period", "sex"), WPP_AGES, "mx", across="age", whole=False),
        Layout("sex_ratio_at_birth", "un_wpp2019", ("period",), ("male_per_female",), "male_per_female", whole=False),
        Layout(
            "official_projection",
            "un_wpp2019",
            ("variant", "year", "sex", "age"),
            ("persons_thousand",),
            "persons_thousand",
            whole=False,
        ),
        Layout(
            "at_risk_of_poverty",
            "nsi_poverty",
            ("area_code", "year", "sex", "age"),
            ("rate_percent",),
            "rate_percent",
            whole=False,
            maximum=100,
        ),
        Layout(
            "unemployment_rate",
            "nsi_labour",
            ("area_code", "year", "sex"),
            ("rate_percent",),
            "rate_percent",
            texts=("mark",),
            whole=False,
            maximum=100,
        ),
        Layout(
            "employment_rate",
            "nsi_labour",
            ("area_code", "year", "quarter"),
            SEXES,
            "rate_percent",
            across="sex",
            whole=False,
            maximum=100,
        ),
        Layout(
            "national_count",
            "national_counts",
            ("indicator", "category", "age", "reference_date", "unit"),
            ("value",),
            "value",
            texts=("title_bg", "publisher_bg", "read_from", "note_bg"),
        ),
        Layout(
            "service_total",
            "service_totals",
            ("published_name_bg", "area_level", "area_code", "facility", "reference_date", "measure"),
            ("value",),
            "value",
            texts=("unit", "publisher_bg", "read_from", "note_bg"),
        ),
        Layout(
            "subsidy_social",
            "state_subsidy",
            ("municipality_code", "year"),
            ("social_services", "all_delegated"),
            "amount_thousand",
            across="function",
            texts=("currency", "legal_reference"),
            whole=False,
        ),
    )
}
