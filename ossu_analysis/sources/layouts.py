"""How each raw file is laid out and what must add up in it: one declaration per table.

A raw file is a CSV whose ``keys`` name a row and whose ``values`` hold figures, often one column per sex or per age.
The tidy table (``schemas/sources.py``) has one figure per row. Marks of the publisher stand in the cells as printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SEXES = ("F", "M", "T")
NSI_MARKS: Mapping[str, float | None] = {"x": None, "-": 0.0}
"""NSI: ``x`` suppressed or no such unit in that year, ``-`` no cases, which is a zero."""

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
    texts : tuple of str
        Columns carried over as text.
    whole : bool
        Whether the figure is a count; then a fraction is a fault.
    minimum, maximum : float or None
        Bounds of the figure.
    marks : mapping
        Text of the publisher in place of a figure, and the figure it stands for.
    sums : tuple of str
        What must add up: ``areas``, ``sexes``, ``residences``, ``ages``.
    """

    table: str
    source_id: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    figure: str
    across: str = ""
    texts: tuple[str, ...] = ()
    whole: bool = True
    minimum: float | None = 0
    maximum: float | None = None
    marks: Mapping[str, float | None] = field(default_factory=dict)
    sums: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the file must have."""
        return (*self.keys, *self.texts, *self.values)

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
    )
}
