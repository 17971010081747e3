"""One class per table, in one file per link: columns, units, keys, comments and rules across columns."""

from importlib import import_module
from pkgutil import iter_modules

from ossu_analysis.schemas.base import (
    REGISTRY,
    ColumnInfo,
    Declared,
    Table,
    column,
    columns,
    declare,
    status_column,
    validated,
)

__all__ = [
    "REGISTRY",
    "ColumnInfo",
    "Declared",
    "Table",
    "all_tables",
    "column",
    "columns",
    "declare",
    "status_column",
    "table_class",
    "validated",
]


def all_tables() -> dict[tuple[str, str], Declared]:
    """Every declared table by ``(link, table)``, found by importing the files beside this one."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return dict(REGISTRY)


def table_class(link: str, table: str) -> type[Table]:
    """The class that declares ``link.table``.

    Raises
    ------
    KeyError
        If no such table is declared.
    """
    import_module(f"{__name__}.{link}")
    return REGISTRY[link, table].schema
