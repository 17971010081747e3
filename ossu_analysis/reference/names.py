"""Which area does somebody mean? Names and codes as people write them, and the nearest ones when nothing fits."""

from collections.abc import Collection
from difflib import get_close_matches

from ossu_analysis.errors import OssuError
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.reference.tables import read_reference_table
from ossu_analysis.store import Store
from ossu_analysis.texts import text

LEVELS = ("country", "oblast", "municipality")
NEAREST = 3


def area_code(store: Store, typed: str, levels: Collection[str] = LEVELS) -> str:
    """Code of an area from its code or its Bulgarian name, in any case.

    Parameters
    ----------
    store : Store
        Whose code lists are read.
    typed : str
        What somebody typed: ``sml02``, ``Баните``, ``област Смолян``.
    levels : collection of str
        Which of `LEVELS` are meant.

    Raises
    ------
    OssuError
        ``common.which_area`` when several areas have that name; ``common.no_area`` when none has.
    """
    known = _named(store, levels)
    wanted = typed.strip().casefold()
    for prefix in (text("reference.prefix.oblast"), text("reference.prefix.municipality")):
        wanted = wanted.removeprefix(f"{prefix} ")
    codes = [code for code, name in known if wanted in (code.casefold(), name.casefold())]
    if len(codes) == 1:
        return codes[0]
    if codes:
        listed = ", ".join(f"{code} ({name})" for code, name in known if code in codes)
        raise OssuError("common.which_area", said=typed, listed=listed)
    names = {name.casefold(): f"{name} ({code})" for code, name in known} | {code.casefold(): code for code, _ in known}
    near = get_close_matches(wanted, names, NEAREST, cutoff=0.5)
    raise OssuError("common.no_area", said=typed, nearest=", ".join(names[one] for one in near) or "–")


def _named(store: Store, levels: Collection[str]) -> list[tuple[str, str]]:
    named = [(COUNTRY, text("report.words.country"))] if "country" in levels else []
    for level in ("oblast", "municipality"):
        if level in levels:
            rows = read_reference_table(store, level)
            named += [(str(code), str(name)) for code, name in rows[[f"{level}_code", "name_bg"]].to_numpy()]
    return named
