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
REFERENCE_TABLES = ("municipality", "oblast", "area_change")
HISTORY_TABLES = {
    "population_municipality": "sources",
    "births_municipality": "sources",
    "deaths_municipality": "sources",
    "registered_migration": "sources",
    "area_change": "reference",
    "census": "reference",
}
"""Tables that the history of municipal totals is built from, and the link of each."""
AGES_AND_TOTALS = (
    dict.fromkeys(SOURCE_TABLES, "sources") | dict.fromkeys(REFERENCE_TABLES, "reference") | HISTORY_TABLES
)
"""Tables that the models of ages and totals are learnt from, and the link of each."""
TOTALS_TABLES = HISTORY_TABLES | {"official_projection": "sources"}
"""Tables that the totals rest on, and the link of each."""
