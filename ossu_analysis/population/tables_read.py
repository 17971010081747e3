"""Which tables the population link reads: names only, so that the asset graph is drawn without loading the model."""

SOURCE_TABLES = (
    "population_municipality",
    "births_municipality",
    "deaths_municipality",
    "population_oblast_age",
    "population_oblast_residence_age",
    "deaths_oblast_age",
    "population_region_residence_age",
    "life_expectancy_region",
    "census_profile",
    "census_age",
    "population_single_age",
    "fertility_schedule",
)
REFERENCE_TABLES = ("municipality", "oblast", "area_change", "exceptional_year")
TOTALS_TABLES = {
    "population_municipality": "sources",
    "births_municipality": "sources",
    "deaths_municipality": "sources",
    "area_change": "reference",
    "official_projection": "sources",
}
"""Tables that the totals rest on, and the link of each."""
